//! The examples, as the README shows them.

use crate::BY_HAND;
use crate::support::{Sandbox, repository};

/// What is said of a credential report that is judged as of its own date.
const BY_ITS_DATE: &str = "note: ages are measured at the date of the credential report \
    (`audit --as-of now` measures them today)\n";

fn audit(example: &str) -> (i32, String) {
    let run = Sandbox::new().run(["audit", &repository(&format!("examples/{example}"))]);
    assert_eq!(run.stderr.replace(BY_HAND, "").replace(BY_ITS_DATE, ""), "");
    (run.status, run.stdout)
}

#[test]
fn leaky_fails() {
    let (status, table) = audit("leaky");
    assert_eq!(status, 1);
    insta::assert_snapshot!(table);
    assert!(table.lines().count() <= 250, "{}", table.lines().count());
}

#[test]
fn a_credential_report_alone_fits_on_two_screens() {
    let (status, table) = audit("leaky/credential-report.json");
    assert_eq!(status, 1);
    assert!(table.lines().count() <= 80, "{table}");
    assert!(table.contains("sources are absent: only a credential report was given."), "{table}");
}

#[test]
fn clean_passes() {
    let (status, table) = audit("clean");
    assert_eq!(status, 0);
    insta::assert_snapshot!(table);
}

#[test]
fn partial_is_incomplete() {
    let (status, table) = audit("partial");
    assert_eq!(status, 3);
    insta::assert_snapshot!(table);
}
