//! `[[waiver]]` in the configuration, what an audit makes of it, and `waivers check`.

use serde_json::Value;

use crate::support::{Run, Sandbox};
use crate::{BY_HAND, FAILING, PASSING, UNKNOWN, audit, sandbox};

/// A waiver of alice's finding until that day, with more lines.
fn waiver(expires: &str, more: &str) -> String {
    let field = |name: &str, value: &str| {
        if more.contains(&format!("{name} =")) {
            String::new()
        } else {
            format!("{name} = {value}\n")
        }
    };
    [
        "[[waiver]]\n".to_owned(),
        field("rule", &format!("'{FAILING}'")),
        field("resource", "'alice'"),
        field("account", "'111122223333'"),
        field("reason", "'moves to single sign-on'"),
        field("owner", "'it@example.com'"),
        field("expires", expires),
        format!("{more}\n"),
    ]
    .concat()
}

fn configured(text: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("portcullis.toml", text);
    sandbox
}

fn audited(text: &str, more: &[&str]) -> Run {
    configured(text).run(audit(more))
}

/// A sandbox with the report of the audit, too.
fn reported(text: &str) -> Sandbox {
    let sandbox = configured(text);
    sandbox.run(audit(&["-o", "json=report.json"]));
    sandbox
}

fn refused(text: &str, says: &[&str]) {
    for arguments in [audit(&[]), vec!["waivers", "check"]] {
        let run = configured(text).run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        for words in says {
            assert!(run.stderr.contains(words), "`{words}` is not in: {}", run.stderr);
        }
    }
}

#[test]
fn the_day_of_expiry_is_the_last() {
    for (as_of, expires, status) in [
        ("2026-11-01T00:00:00Z", "2026-11-01", 0),
        ("2026-11-01T23:59:59Z", "2026-11-01", 0),
        ("2026-11-02T00:00:00Z", "2026-11-01", 1),
        ("2026-11-02T00:30:00+01:00", "2026-11-01", 0),
        ("2026-11-01T23:30:00-01:00", "2026-11-01", 1),
        ("2028-02-29", "'2028-02-29'", 0),
        ("2028-03-01", "2028-02-29", 1),
    ] {
        let sandbox = configured(&waiver(expires, ""));
        let run = sandbox.run(["audit", "bundle", "--only", FAILING, "--as-of", as_of]);
        assert_eq!(run.status, status, "{as_of} {expires}: {}", run.stdout);
    }
}

#[test]
fn a_waived_finding_is_marked_in_table_and_json() {
    let table = audited(&waiver("2026-12-31", ""), &[]).stdout;
    for shown in [
        "WAIVED: 1 finding\n",
        "  - console-user-without-mfa: alice; waived until 2026-12-31 by it@example.com:\n",
        "    moves to single sign-on\n",
        "apart from 1 waived",
    ] {
        assert!(table.contains(shown), "`{shown}` is not in: {table}");
    }
    let json = audited(&waiver("2026-12-31", ""), &["-o", "json"]).stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["findings"][0]["verdict"], "fail");
    assert_eq!(report["findings"][0]["waiver"]["owner"], "it@example.com");
    assert_eq!(report["accounts"][0]["tallies"][FAILING]["waived"], 1);
    assert_eq!(report["waivers"][0]["days_left"], 60);
}

#[test]
fn an_audit_warns_of_waivers_to_look_at() {
    let warned = |text: &str| audited(text, &[]).stderr.replace(BY_HAND, "");
    assert_eq!(warned(&waiver("2026-11-16", "")), "");
    let soon = "warning: the waiver of it@example.com for console-user-without-mfa on alice in \
        111122223333 ends in 14 days, on 2026-11-15\n";
    assert_eq!(warned(&waiver("2026-11-15", "")), soon);
    let expired = warned(&waiver("2026-10-31", ""));
    assert!(
        expired.ends_with("expired on 2026-10-31; it no longer covers 1 finding\n"),
        "{expired}"
    );
    let unmatched = warned(&waiver("2026-12-31", "resource = 'bob'"));
    assert!(unmatched.ends_with("bob in 111122223333 matches nothing that fails\n"), "{unmatched}");
    for elsewhere in ["account = '444455556666'".to_owned(), format!("rule = '{PASSING}'")] {
        assert_eq!(warned(&waiver("2026-12-31", &elsewhere)), "", "{elsewhere} was not judged");
    }
}

/// Whoever writes a waiver for the wrong resource sees which one the rule fails on.
#[test]
fn a_waiver_that_matches_nothing_shows_what_fails() {
    let check = |text: &str| {
        let run = reported(text).run(["waivers", "check", "report.json"]);
        assert_ne!(run.status, 2, "{}", run.stderr);
        run.stdout
    };
    let unmatched = check(&waiver("2026-12-31", "resource = 'bob'"));
    let says = "  matches  nothing that fails\n  fails on alice\n";
    assert!(unmatched.contains(says), "{unmatched}");
    let matched = check(&waiver("2026-12-31", ""));
    assert!(!matched.contains("fails on"), "{matched}");
    let elsewhere = check(&waiver("2026-12-31", "account = '444455556666'"));
    assert!(!elsewhere.contains("fails on"), "{elsewhere}");
}

#[test]
fn warnings_are_bounded() {
    let many: Vec<_> = (0..30)
        .map(|n| waiver("2026-12-31", &format!("resource = 'nobody-{n}'")))
        .collect();
    let stderr = audited(&many.concat(), &[]).stderr;
    assert_eq!(stderr.replace(BY_HAND, "").lines().count(), 11, "{stderr}");
    assert!(stderr.contains("warning: and 20 more: `portcullis waivers check`"), "{stderr}");
}

#[test]
fn what_could_not_be_judged_is_not_waived() {
    let text = waiver("2026-12-31", &format!("rule = '{UNKNOWN}'\nresource = '*:account'"));
    let run = audited(&text, &["--only", UNKNOWN]);
    assert_eq!((run.status, run.stderr.as_str()), (3, BY_HAND), "{}", run.stdout);
}

#[test]
fn a_saved_report_keeps_its_waivers() {
    let sandbox = reported(&waiver("2026-12-31", ""));
    let table = sandbox.run(audit(&[])).stdout;
    sandbox.write("portcullis.toml", "");
    assert_eq!(sandbox.run(["report", "report.json"]).stdout, table);
}

#[test]
fn every_field_is_required_and_says_something() {
    for name in ["rule", "resource", "account", "reason", "owner", "expires"] {
        let whole = waiver("2026-12-31", "");
        let lines = whole.lines().filter(|line| !line.starts_with(name));
        let without = lines.collect::<Vec<_>>().join("\n");
        refused(&without, &["portcullis.toml:1:1", &format!("`{name}` is missing")]);
        if name != "expires" {
            let blank = format!(
                "{}{}",
                waiver("2026-12-31", ""),
                waiver("2026-12-31", &format!("{name} = ' '"))
            );
            refused(&blank, &["portcullis.toml:15:", &format!("`{name}` is empty")]);
        }
    }
}

#[test]
fn what_is_wrong_with_a_waiver_is_told_with_its_place() {
    let refused = |more: &str, says: &[&str]| refused(&waiver("2026-12-31", more), says);
    refused("ownr = 'x'", &["portcullis.toml:8:1", "`ownr`", "did you mean `owner`?"]);
    refused("owner = 3", &["portcullis.toml:7:9"]);
    let misspelt = "there is no rule `console-user-without-mfaa`";
    refused(&format!("rule = '{FAILING}a'"), &["toml:7:8", misspelt, FAILING]);
    for account in ["", "1111", "11112222333a", "1111222233334", "1111*"] {
        let text = format!("account = '{account}'");
        refused(&text, &["portcullis.toml:7:11"]);
    }
    for day in [
        "2026-13-01",
        "'soon'",
        "2026-12-31T10:00:00Z",
        "'2026-12-31T10:00:00Z'",
        "20261231",
        "2027-02-29",
        "[]",
    ] {
        refused(&format!("expires = {day}"), &["portcullis.toml:7:1"]);
    }
    refused("resource = 'user:alice'", &["toml:7:12", "not an ARN", "*:user/ci/*"]);
}

#[test]
fn a_waiver_for_everything_is_refused() {
    for more in ["rule = '*'", "resource = '*'", "resource = '*:*'", "resource = 'arn:*'"] {
        refused(&waiver("2026-12-31", more), &["add it to `skip`"]);
    }
    let account = "resource = 'arn:aws:iam::111122223333:*'";
    refused(&waiver("2026-12-31", account), &["names every resource", "`skip`"]);
}

#[test]
fn two_waivers_of_the_same_are_refused() {
    let twice = format!("{}{}", waiver("2026-12-31", ""), waiver("2027-12-31", "owner = 'b'"));
    refused(&twice, &["portcullis.toml:9:1", "waiver 1 has the same rule"]);
    let other = format!("{}{}", waiver("2026-12-31", ""), waiver("2027-12-31", "account = '*'"));
    assert_eq!(audited(&other, &[]).status, 0);
}

#[test]
fn a_rule_of_ones_own_can_be_waived() {
    let own = include_str!("../../examples/rules/password-policy-with-expiry.toml");
    let text = waiver("2026-12-31", "rule = 'password-policy-with-expiry'");
    let sandbox = configured(&text);
    sandbox.write("own/password-policy-with-expiry.toml", own);
    assert_eq!(sandbox.run(["waivers", "check"]).status, 2);
    let run = sandbox.run(["waivers", "check", "--rules", "own", "--as-of", "2026-11-01"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn that_there_is_no_configuration_is_said() {
    let run = Sandbox::new().run(["waivers", "check"]);
    let says = "No portcullis.toml was read, so there are no waivers.\n";
    assert_eq!((run.status, run.stdout.as_str()), (0, says), "{}", run.stderr);
}

#[test]
fn check_shows_what_each_waiver_matches() {
    let text = format!(
        "{}{}{}{}",
        waiver("2026-12-31", ""),
        waiver("2026-10-31", "resource = 'al*'"),
        waiver("2026-12-31", "resource = 'bob'"),
        waiver("2026-11-08", "account = '444455556666'"),
    );
    let sandbox = reported(&text);
    let run = sandbox.run(["waivers", "check", "report.json"]);
    assert_eq!((run.status, run.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn check_uses_the_waivers_of_today_and_not_those_of_the_report() {
    let sandbox = reported(&waiver("2026-12-31", ""));
    let check = |more: &[&str]| {
        let arguments = ["waivers", "check", "report.json", "-o", "json"];
        let run = sandbox.run(arguments.iter().chain(more));
        (run.status, serde_json::from_str::<Value>(&run.stdout).unwrap())
    };
    let (status, now) = check(&[]);
    assert_eq!((status, &now[0]["state"], &now[0]["fails"]), (0, &"in_force".into(), &1.into()));
    assert_eq!(now[0]["findings"][0]["resource"]["name"], "alice");
    let (status, then) = check(&["--as-of", "2027-01-01"]);
    assert_eq!(
        (status, &then[0]["state"], &then[0]["days_left"]),
        (1, &"expired".into(), &(-1).into())
    );
    sandbox.write("portcullis.toml", "");
    assert_eq!(check(&[]), (0, Value::Array(Vec::new())));
}

#[test]
fn check_without_a_report_tells_the_days_that_are_left() {
    let sandbox = configured(&waiver("2026-12-31", ""));
    let run = sandbox.run(["waivers", "check", "--as-of", "2026-12-31"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("  ends today, on 2026-12-31\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("matches"), "{}", run.stdout);
    assert_eq!(
        sandbox
            .run(["waivers", "check", "--as-of", "2027-01-01"])
            .status,
        1
    );
    let none = configured("").run(["waivers", "check"]);
    assert_eq!((none.status, none.stdout.as_str()), (0, "0 waivers\n"));
}

#[test]
fn pseudonyms_match_nothing() {
    let sandbox = reported(&waiver("2026-12-31", ""));
    let report = std::fs::read_to_string(sandbox.path("report.json")).unwrap();
    sandbox.write("redacted.json", report.replace("\"redacted\": false", "\"redacted\": true"));
    let run = sandbox.run(["waivers", "check", "redacted.json"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("the report is redacted"), "{}", run.stderr);
}

#[test]
fn hostile_texts_stay_on_their_line() {
    let hostile = waiver("2026-11-02", "reason = \"a\\nb\\u001b[2J\"\nowner = \"x\\u202ey\"");
    let sandbox = configured(&hostile);
    for arguments in [audit(&[]), vec!["waivers", "check"]] {
        let run = sandbox.run(arguments);
        let all = format!("{}{}", run.stdout, run.stderr);
        // However it wraps.
        let words = all.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(r"x\u{202e}y") && words.contains(r"a b\u{1b}[2J"), "{all}");
        assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all}");
    }
}
