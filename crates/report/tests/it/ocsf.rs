//! OCSF events, by the class's definition.

use std::path::Path;

use crate::support::{decided, hostile, of_size, rendered, report};
use portcullis_model::{BaselineState, Report, Verdict};
use portcullis_report::Format;
use serde_json::{Value as Json, json};

fn events(report: &Report) -> Vec<Json> {
    serde_json::from_str(&rendered(report, Format::Ocsf)).unwrap()
}

/// The event of the first finding, once it was changed.
fn event(change: impl FnOnce(&mut Report)) -> Json {
    let mut report = report();
    change(&mut report);
    events(&report).swap_remove(0)
}

#[test]
fn events_are_valid() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/validation/ocsf-compliance-finding.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [of_size(0), of_size(1), report(), decided(), hostile()] {
        let events = Json::Array(events(&report));
        let errors: Vec<_> =
            validator.iter_errors(&events).map(|e| e.instance_path().to_string()).collect();
        assert_eq!(errors, [""; 0]);
    }
}

#[test]
fn what_the_check_came_to_is_one_thing_and_what_was_decided_another() {
    let said = |event: Json| {
        let number = |of: &Json| of["status_id"].as_u64().unwrap();
        (event["activity_id"].as_u64().unwrap(), number(&event), number(&event["compliance"]))
    };
    for (verdict, expected) in [
        (Verdict::Fail, (1, 1, 3)),
        (Verdict::Unknown, (1, 1, 2)),
        (Verdict::Pass, (3, 4, 1)),
        (Verdict::NotApplicable, (3, 5, 99)),
    ] {
        assert_eq!(said(event(|report| report.findings[0].verdict = verdict)), expected);
    }
    let events = events(&decided());
    let [expired, waived, known, ..] = events.as_slice() else { panic!("there are findings") };
    assert_eq!(said(expired.clone()), (1, 1, 3));
    assert_eq!(said(waived.clone()), (2, 3, 3));
    assert_eq!(said(known.clone()), (2, 2, 3));
}

#[test]
fn a_baseline_alone_makes_no_update() {
    let event = event(|report| {
        report.findings[0].baseline = Some(BaselineState::New);
        report.findings[0].first_seen = Some(report.accounts[0].as_of);
    });
    assert_eq!(event["type_uid"], 200_301);
}

#[test]
fn times_are_in_milliseconds() {
    let first_seen = "2026-10-01T08:00:00.5Z".parse().unwrap();
    let event = event(|report| report.findings[0].first_seen = Some(first_seen));
    // `date -ud 2026-11-02T10:00 +%s` and `date -ud 2026-10-01T08:00 +%s`.
    assert_eq!(event["time"], 1_793_613_600_000_u64);
    assert_eq!(event["finding_info"]["created_time"], 1_790_841_600_500_u64);
}

#[test]
fn controls_and_parameters_are_those_of_the_rule() {
    let controls = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let compliance = event(|report| {
        let frameworks = [
            ("soc2".to_owned(), controls(&["CC6.1"])),
            ("cis-aws-7.0".to_owned(), controls(&["2.4", "2.12"])),
        ];
        report.rules[2].frameworks = frameworks.into();
        report.rules[2].params.insert("names".to_owned(), json!(["a", "b"]));
        report.rules[2].params.insert("word".to_owned(), json!("c"));
    })["compliance"]
        .take();
    assert_eq!(compliance["standards"], json!(["cis-aws-7.0", "soc2"]));
    let requirements = json!(["cis-aws-7.0/2.4", "cis-aws-7.0/2.12", "soc2/CC6.1"]);
    assert_eq!(compliance["requirements"], requirements);
    let parameter = |name, value| json!({"name": name, "value": value});
    let parameters =
        [parameter("limit", "90"), parameter("names", r#"["a","b"]"#), parameter("word", "c")];
    assert_eq!(compliance["control_parameters"], json!(parameters));
}

#[test]
fn a_report_that_was_tampered_with_is_written() {
    let event = event(|report| {
        report.rules.clear();
        report.accounts.clear();
        report.findings[0].account = "?".to_owned();
    });
    assert_eq!(event["finding_info"]["title"], "root-without-lock");
    assert_eq!(event["cloud"]["account"]["uid"], "?");
}
