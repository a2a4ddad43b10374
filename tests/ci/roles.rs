//! The roles for CI: they allow what `permissions` prints, no more and no less.

use std::fs;

use crate::support::{Sandbox, repository};

fn role(file: &str) -> String {
    fs::read_to_string(repository(&format!("examples/roles/{file}"))).unwrap()
}

fn permissions(format: &str) -> String {
    let arguments = ["permissions", "--rule-set", "strict", "--format", format];
    Sandbox::new().run(arguments).stdout
}

#[test]
fn terraform() {
    assert!(role("main.tf").contains(&permissions("terraform")));
}

#[test]
fn cloudformation() {
    let role = role("cloudformation.yaml");
    let (_, allowed) = role.split_once("Action:\n").unwrap();
    let allowed: Vec<&str> = allowed
        .lines()
        .map_while(|line| line.trim_start().strip_prefix("- "))
        .collect();
    let policy: serde_json::Value = serde_json::from_str(&permissions("json")).unwrap();
    assert_eq!(policy["Statement"][0]["Action"], serde_json::json!(allowed));
    assert_eq!(role.matches("Effect: Allow").count(), 1);
}
