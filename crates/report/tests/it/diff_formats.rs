//! The forms in which a diff is written.

use std::path::Path;

use crate::committed::assert_committed;
use crate::support::history::{
    NEW, OLD, at, fails, key, keys_of, listed_key, of_severity, seen, unknown, user, waived,
};
use crate::support::{HOSTILE, hostile, of_size};
use portcullis_model::{Finding, Report, Severity, Verdict};
use portcullis_report::{Detail, Diff, DiffFormat, Style, render_diff, write_json};
use serde_json::{Value, json};

/// Reports between which each change happens once, and waivers begin, end and expire.
fn old() -> Report {
    let mut left = fails("left");
    "no-rule-now".clone_into(&mut left.rule);
    at(
        OLD,
        [
            seen("2026-01-01T00:00:00Z", fails("fixed")),
            fails("graver"),
            fails("accepted"),
            waived(false, fails("expired")),
            fails("same"),
            unknown("dark"),
            fails("darkened"),
            key("ann", "1"),
            left,
        ],
    )
}

fn new() -> Report {
    let mut new = at(
        NEW,
        [
            fails("appeared"),
            waived(false, fails("accepted at once")),
            of_severity(Severity::Critical, fails("graver")),
            waived(false, fails("accepted")),
            waived(true, fails("expired")),
            fails("same"),
            unknown("dark"),
            unknown("darkened"),
            keys_of("ann"),
        ],
    );
    "0000000000000000".clone_into(&mut new.tool.ruleset);
    new.rules[0].severity = Severity::Critical;
    new
}

fn rendered(old: &Report, new: &Report, format: DiffFormat) -> String {
    let mut out = Vec::new();
    let diff = Diff::between(old, new).unwrap();
    render_diff(&diff, format, Style { width: 80, color: false, detail: Detail::Usual }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn each_form_is_as_it_was() {
    for &format in DiffFormat::ALL {
        let name = format!("diff_{}", format.name());
        insta::assert_snapshot!(name, rendered(&old(), &new(), format));
    }
}

#[test]
fn without_changes_there_is_little_to_say() {
    assert_eq!(rendered(&old(), &old(), DiffFormat::Jsonl), "");
    let text = rendered(&old(), &old(), DiffFormat::Text);
    assert!(
        text.ends_with("\nIn all: nothing has changed (8 unchanged, 1 still unknown)\n"),
        "{text}"
    );
    let text = rendered(&at(OLD, []), &at(NEW, []), DiffFormat::Markdown);
    assert!(text.starts_with("## Portcullis: no findings in either report\n"), "{text}");
}

#[test]
fn each_action_has_its_reason() {
    let lines = rendered(&old(), &new(), DiffFormat::Jsonl);
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut told: Vec<_> = records
        .map(|record| {
            let text = |field: &str| record[field].as_str().unwrap().to_owned();
            let name = record["resource"]["name"]
                .as_str()
                .unwrap()
                .replace("user/", "");
            (name, text("action"), text("reason"), text("as_of"), text("first_seen"))
        })
        .collect();
    told.sort();
    let expected = [
        ("accepted", "resolve", "waived", NEW, OLD),
        ("appeared", "open", "new", NEW, NEW),
        ("expired", "open", "waiver_ended", NEW, OLD),
        ("fixed", "resolve", "fixed", NEW, "2026-01-01T00:00:00Z"),
        ("graver", "update", "changed", NEW, OLD),
    ];
    let expected = expected.map(|(name, action, reason, as_of, seen)| {
        (name.to_owned(), action.to_owned(), reason.to_owned(), as_of.to_owned(), seen.to_owned())
    });
    assert_eq!(told, expected);
}

/// A ticket is found by its fingerprint, so it has to learn the new one.
#[test]
fn a_ticket_hears_of_its_new_fingerprint_first() {
    let key = |rotated| listed_key("dan", "AKIADAN", "2026-01-04T12:00:00Z", rotated);
    let (before, after) = (key("2026-01-04T12:00:00Z"), key("2026-11-02T18:00:00Z"));
    let lines = |old: &Finding, new: &Finding| -> Vec<Value> {
        let (old, new) = (at(OLD, [old.clone()]), at(NEW, [new.clone()]));
        let lines = rendered(&old, &new, DiffFormat::Jsonl);
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let moved = lines(&before, &after);
    assert_eq!(moved.len(), 1);
    assert_eq!((&moved[0]["action"], &moved[0]["reason"]), (&json!("update"), &json!("moved")));
    assert_eq!(moved[0]["fingerprint"], after.fingerprint.as_str());
    assert_eq!(moved[0]["replaces"], before.fingerprint.as_str());
    let accepted = lines(&before, &waived(false, after.clone()));
    let reasons: Vec<_> = accepted.iter().map(|record| &record["reason"]).collect();
    assert_eq!(reasons, ["moved", "waived"]);
    assert_eq!(accepted[1]["fingerprint"], after.fingerprint.as_str());
    assert_eq!(accepted[1].get("replaces"), None);
    let passed = Finding { verdict: Verdict::Pass, ..before };
    assert_eq!(lines(&passed, &after)[0]["reason"], "new", "it had no ticket");
}

fn schema() -> String {
    let mut out = Vec::new();
    write_json(&schemars::schema_for!(Diff<'_>), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/diff-v1.schema.json");
    assert_committed(path, &schema());
}

#[test]
fn json_follows_the_schema() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (old, new) in [(old(), new()), (new(), old()), (at(OLD, []), hostile())] {
        let value = serde_json::from_str(&rendered(&old, &new, DiffFormat::Json)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, [""; 0]);
    }
}

#[test]
fn no_text_moves_cursors_or_hides_in_any_form() {
    let mut later = hostile();
    for rule in &mut later.rules {
        (rule.id, rule.title) = (HOSTILE.concat(), HOSTILE.concat());
    }
    later.accounts[0].id = HOSTILE.concat();
    for finding in later.findings.iter_mut().step_by(2) {
        finding.verdict = Verdict::Fail;
        finding.severity = Severity::Info;
        finding.account = HOSTILE.concat();
    }
    for &format in DiffFormat::ALL {
        for (old, new) in [(hostile(), later.clone()), (later.clone(), hostile())] {
            let text = rendered(&old, &new, format);
            let raw =
                |c: char| c.is_control() && c != '\n' || "\u{202e}\u{fffe}\u{fdd0}".contains(c);
            assert_eq!(text.find(raw), None, "{}", format.name());
        }
    }
}

/// Outside of code, no character is left that GitHub could make something of.
#[test]
fn markdown_shows_names_as_code() {
    let names = HOSTILE
        .iter()
        .map(|name| user(name, Verdict::Fail, &format!("user {name}")));
    let text = rendered(&at(OLD, []), &at(NEW, names), DiffFormat::Markdown);
    let mut plain = String::new();
    let is_item = |line: &&str| line.starts_with("- ") && !line.starts_with("- **");
    assert_eq!(text.lines().filter(is_item).count(), HOSTILE.len());
    for line in text.lines().filter(is_item) {
        // Spans are fenced by a run that does not occur within them.
        let mut rest = &line["- ".len()..];
        while let Some(start) = rest.find('`') {
            plain.push_str(&rest[..start]);
            let fence = rest[start..].chars().take_while(|c| *c == '`').count();
            let inner = &rest[start + fence..];
            let end = inner
                .match_indices(&"`".repeat(fence))
                .map(|(at, _)| at)
                .find(|at| !inner[..*at].ends_with('`') && !inner[at + fence..].starts_with('`'));
            rest = &inner[end.unwrap() + fence..];
        }
        plain.push_str(rest);
    }
    let harmless = |c: char| !c.is_ascii() || c.is_alphanumeric() || " ():.,;-/'\"!%".contains(c);
    assert_eq!(plain.chars().find(|c| !harmless(*c)), None, "{plain}");
}

#[test]
fn markdown_fits_a_comment_and_says_what_it_leaves_out() {
    let text = rendered(&at(OLD, []), &of_size(10_000), DiffFormat::Markdown);
    assert!(text.len() < 65_536, "{}", text.len());
    let listed = text
        .lines()
        .filter(|line| line.starts_with("- access key "))
        .count();
    let rest = format!("\n**Findings left out here: {}.**", 10_000 - listed);
    assert!(text.contains(&rest), "{listed} are listed");
}
