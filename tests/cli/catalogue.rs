//! Every rule of `tests/catalogue.txt` exists as it stands there, and no other.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{Sandbox, repository};

/// Severity, rule set and scope, by id.
type Catalogue = BTreeMap<String, String>;

fn expected() -> Catalogue {
    let text = fs::read_to_string(repository("tests/catalogue.txt")).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (id, rest) = line.split_once(' ').unwrap();
        (id.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    lines.map(entry).collect()
}

fn actual() -> Catalogue {
    let run = Sandbox::new().run(["rules", "list", "-o", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let entry = |rule: &Value| {
        let [id, severity, set, scope] =
            ["id", "severity", "rule_set", "scope"].map(|field| rule[field].as_str().unwrap());
        (id.to_owned(), format!("{severity} {set} {scope}"))
    };
    rules.iter().map(entry).collect()
}

#[test]
fn the_rules_are_those_of_the_catalogue() {
    let (expected, actual) = (expected(), actual());
    for (id, facts) in &expected {
        assert_eq!(actual.get(id), Some(facts), "{id}");
    }
    let uncatalogued: Vec<_> = actual
        .keys()
        .filter(|id| !expected.contains_key(*id))
        .collect();
    assert_eq!(uncatalogued, Vec::<&String>::new());
}
