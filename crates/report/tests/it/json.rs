//! The JSON form and its published schema.

use std::path::Path;

use crate::committed::assert_committed;
use crate::support::report;
use portcullis_model::{Gate, Report};
use portcullis_report::{Detail, Format, Style, render, write_json};

fn schema() -> String {
    let mut out = Vec::new();
    write_json(&schemars::schema_for!(Report), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json() -> String {
    let mut out = Vec::new();
    render(
        &report(),
        Format::Json,
        Style { width: 80, color: true, detail: Detail::Usual },
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/report-v1.schema.json");
    assert_committed(path, &schema());
}

#[test]
fn a_report_is_valid_and_read_back_the_same() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = json();
    let value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report());
    assert!(text.ends_with("}\n"));
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let mut value = serde_json::to_value(report()).unwrap();
    value["findings"][0]["verdict"] = "maybe".into();
    assert!(!jsonschema::is_valid(&schema, &value));
}

#[test]
fn older_reports_are_read() {
    let mut value = serde_json::to_value(report()).unwrap();
    let strip = |value: &mut serde_json::Value, names: &[&str]| {
        let object = value.as_object_mut().unwrap();
        assert!(names.iter().all(|name| object.remove(*name).is_some()), "{names:?}");
    };
    strip(&mut value, &["waivers"]);
    strip(&mut value["accounts"][0], &["baseline", "frameworks", "region"]);
    strip(&mut value["options"], &["frameworks", "gate", "redacted"]);
    strip(&mut value["rules"][0], &["family", "hash"]);
    strip(&mut value["findings"][0], &["waiver", "baseline"]);
    strip(&mut value["accounts"][0]["tallies"]["old-key"], &["waived"]);
    let read: Report = serde_json::from_value(value).unwrap();
    assert_eq!((read.accounts[0].frameworks.len(), read.waivers.len()), (0, 0));
    assert_eq!(read.options.gate, Gate::default());
}
