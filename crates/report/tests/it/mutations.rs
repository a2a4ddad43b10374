//! Reports come from files, and files may be edited: whatever still reads as a report is written in
//! every format without a panic, and redacted too.

use crate::support::{HOSTILE, decided, hostile};
use portcullis_model::Report;
use portcullis_report::{Detail, Format, Salt, Style, redact, render};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};

/// Writes the report everywhere; true if it is one.
fn is_written(value: &Json) -> bool {
    let Ok(report) = serde_json::from_value::<Report>(value.clone()) else {
        return false;
    };
    let salt = Salt::new(b"a salt for tests, known to all").unwrap();
    let redacted = redact(Report::clone(&report), &salt).ok();
    for report in [Some(report), redacted].iter().flatten() {
        for &format in Format::ALL {
            let style = Style { width: 80, color: true, detail: Detail::Usual };
            render(report, format, style, &mut std::io::sink()).unwrap();
        }
    }
    true
}

/// The values within a value, itself first.
fn within(value: &Json, path: &str, all: &mut Vec<String>) {
    all.push(path.to_owned());
    match value {
        Json::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(at, v)| within(v, &format!("{path}/{at}"), all));
        }
        Json::Object(fields) => {
            for (name, v) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                within(v, &format!("{path}/{name}"), all);
            }
        }
        _ => {}
    }
}

/// Something else that may stand in the place of a value.
fn other() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<String>().prop_map(Json::from),
        (0..HOSTILE.len()).prop_map(|at| json!(HOSTILE[at])),
        Just(json!("")),
        Just(json!("x".repeat(70_000))),
        Just(json!("arn:aws:iam::111122223333:user/ü/access-key/undated-")),
        Just(json!("arn:::::")),
        Just(json!([])),
        Just(json!({})),
        Just(Json::Null),
        any::<i64>().prop_map(Json::from),
        Just(json!(u32::MAX)),
        Just(json!(i32::MIN)),
        Just(json!("9999-12-30T22:00:00.999999999Z")),
        Just(json!("-009999-01-02T01:59:59Z")),
        Just(json!("0001-01-01")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_reports_are_written(
        edits in prop::collection::vec((any::<Index>(), other(), any::<bool>()), 1..4)
    ) {
        let mut value = serde_json::to_value(decided()).unwrap();
        for (index, other, twice) in edits {
            let mut paths = Vec::new();
            within(&value, "", &mut paths);
            let place = value.pointer_mut(&paths[index.index(paths.len())]).unwrap();
            match place {
                Json::Array(list) if twice => list.extend(list.clone()),
                place => *place = other,
            }
        }
        is_written(&value);
    }
}

/// Each value in turn is replaced by everything else: not by chance, but all of them.
#[test]
fn no_value_is_needed() {
    let whole = serde_json::to_value(decided()).unwrap();
    let mut paths = Vec::new();
    within(&whole, "", &mut paths);
    let mut written = 0;
    for path in &paths {
        for other in [json!(""), json!([]), json!({}), Json::Null, json!("\u{1b}]\"'<&,\n")] {
            let mut value = whole.clone();
            *value.pointer_mut(path).unwrap() = other;
            written += usize::from(is_written(&value));
        }
    }
    assert!(written > paths.len(), "{written} of {}", paths.len());
}

#[test]
fn ids_of_any_length_are_written() {
    let long = "x".repeat(70_000);
    let mut report = decided();
    report.accounts[0].frameworks[0].controls[0]
        .id
        .clone_from(&long);
    report.findings[0].rule.clone_from(&long);
    report.accounts[0].id = long;
    assert!(is_written(&serde_json::to_value(report).unwrap()));
}

#[test]
fn what_refers_to_nothing_is_written() {
    let emptied: [fn(&mut Report); 8] = [
        |report| report.rules.clear(),
        |report| report.accounts.clear(),
        |report| report.accounts[0].tallies.clear(),
        |report| report.findings.clear(),
        |report| report.accounts[0].frameworks[0].controls.clear(),
        |report| {
            for finding in &mut report.findings {
                finding.rule = "?".to_owned();
            }
        },
        |report| {
            for finding in &mut report.findings {
                finding.account = String::new();
            }
        },
        |report| {
            for outcome in &mut report.waivers {
                outcome.days_left = i32::MIN;
            }
        },
    ];
    for edit in emptied {
        for mut report in [decided(), hostile()] {
            edit(&mut report);
            assert!(is_written(&serde_json::to_value(report).unwrap()));
        }
    }
}
