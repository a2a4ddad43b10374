//! The command line, on the real binary.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[cfg(unix)]
mod by_hand;
mod catalogue;
mod completions;
mod config;
mod crossings;
mod diff;
mod doctor;
mod evidence;
mod examples;
mod fleet;
mod formats;
mod frameworks;
mod help;
mod hostile;
mod layers;
mod live;
mod loosened;
mod man;
mod merge;
mod output;
mod permissions;
mod redact;
mod rules;
mod signins;
mod usage;
mod verdicts;
mod waivers;

#[path = "../support/mod.rs"]
mod support;

use support::Sandbox;

/// What is said of a bundle that was made by hand.
const BY_HAND: &str = "note: the evidence has no manifest, so it is not verified\n";

/// A credential report with a root that is well kept, and the given rows.
fn credential_report(rows: &[&str]) -> String {
    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
        password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
        access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
        access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
        cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const ROOT: &str = "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00Z,true,\
        no_information,2020-01-01T00:00:00Z,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,\
        N/A,N/A,false,N/A,false,N/A";
    [HEADER, ROOT]
        .iter()
        .chain(rows)
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

/// A user with a console password, with or without MFA, and no keys.
fn user(name: &str, mfa: bool) -> String {
    format!(
        "{name},arn:aws:iam::111122223333:user/{name},2026-01-01T00:00:00Z,true,\
        2026-10-30T00:00:00Z,2026-01-01T00:00:00Z,N/A,{mfa},false,N/A,N/A,N/A,N/A,false,N/A,N/A,\
        N/A,N/A,false,N/A,false,N/A"
    )
}

/// A sandbox with `report.csv` and, beside other files, `bundle`: alice has no MFA, bob has.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let report = credential_report(&[&user("alice", false), &user("bob", true)]);
    sandbox.write("report.csv", &report);
    sandbox.write("bundle/credential-report.csv", &report);
    sandbox.write("bundle/account-aliases.json", r#"{"AccountAliases": []}"#);
    sandbox
}

/// Audits that bundle with one rule that it decides, and more arguments.
fn audit<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["audit", "bundle", "--as-of", "2026-11-01"];
    let one_rule: &[&str] = if more.contains(&"--only") {
        &[]
    } else {
        &["--only", FAILING]
    };
    fixed.iter().chain(one_rule).chain(more).copied().collect()
}

/// A rule that alice fails and bob passes.
const FAILING: &str = "console-user-without-mfa";
/// A rule that has nothing to judge here.
const PASSING: &str = "user-signing-certificate";
/// A rule that needs more than a credential report.
const UNKNOWN: &str = "no-password-policy";
