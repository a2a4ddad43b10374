//! Names that try to be more than names.

use crate::{audit, credential_report, sandbox, user};

const HOSTILE: &str = "eve\u{1b}[2J\u{202e}nimda";

#[test]
fn no_control_character_reaches_standard_output() {
    let sandbox = sandbox();
    sandbox.write("bundle/credential-report.csv", credential_report(&[&user(HOSTILE, false)]));
    for format in ["table", "json"] {
        let run = sandbox.run(audit(&["-o", format]));
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert!(run.stdout.contains("nimda"), "{}", run.stdout);
        let raw = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!run.stdout.contains(raw), "{:?}", run.stdout);
    }
    let run = sandbox.run(["facts", "bundle"]);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn no_control_character_reaches_standard_error() {
    let run = sandbox().run(["audit", "no\u{1b}[2Jwhere"]);
    assert_eq!(run.status, 2);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}
