//! Ways from one account into another, in an audit of both and in the join of their reports.

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox};

const RULE: &str = "escalation-across-accounts";
const A: &str = "111122223333";
const B: &str = "444455556666";
const C: &str = "777788889999";

fn allow(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn role_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

/// A role with that inline policy, which lets in a principal or an account.
fn role(account: &str, name: &str, may: &Json, lets_in: &str) -> Json {
    let trust =
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": lets_in}});
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Path": "/", "Arn": role_arn(account, name),
        "CreateDate": "2026-01-01T00:00:00Z", "InstanceProfileList": [], "AttachedManagedPolicies": [],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [{
            "PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]},
        }],
        "Tags": [], "RoleLastUsed": {},
    })
}

fn write(sandbox: &Sandbox, account: &str, roles: &[Json]) {
    let details = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
    });
    write_source(sandbox, account, "account-authorization-details", &details);
    write_caller(sandbox, account);
}

fn write_caller(sandbox: &Sandbox, account: &str) {
    let arn = format!("arn:aws:iam::{account}:user/audit");
    let caller = json!({"UserId": "AIDAEXAMPLE", "Account": account, "Arn": arn});
    write_source(sandbox, account, "caller-identity", &caller);
    write_source(sandbox, account, "organization", &json!({"Organization": null}));
}

fn write_source(sandbox: &Sandbox, account: &str, name: &str, content: &Json) {
    sandbox.write(&format!("{account}/{name}.json"), content.to_string());
}

/// The role deploy of A may assume the administrator of B, whose role hop may assume that of C; ci of A may assume
/// hop, and dev of A deploy.
fn three_accounts() -> Sandbox {
    let sandbox = Sandbox::new();
    let everything = allow("*", "*");
    let into = |account, name| allow("sts:AssumeRole", &role_arn(account, name));
    write(
        &sandbox,
        A,
        &[
            role(A, "ci", &into(B, "hop"), A),
            role(A, "deploy", &into(B, "admin"), A),
            role(A, "dev", &into(A, "deploy"), A),
            role(A, "reader", &into(B, "reader"), A),
        ],
    );
    write(
        &sandbox,
        B,
        &[
            role(B, "admin", &everything, A),
            role(B, "hop", &into(C, "admin"), A),
            role(B, "reader", &allow("s3:Get*", "*"), A),
        ],
    );
    write(&sandbox, C, &[role(C, "admin", &everything, &role_arn(B, "hop"))]);
    sandbox
}

fn audit(sandbox: &Sandbox, accounts: &[&str], options: &[&str]) -> Run {
    let own = ["audit", "--as-of", "2026-11-18T12:00:00Z", "--only", RULE];
    sandbox.run([&own[..], accounts, options].concat())
}

fn report(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap()
}

/// Verdict and name of each finding.
fn verdicts(report: &Json) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap();
    let mut verdicts = Vec::new();
    for finding in findings {
        let name = finding["resource"]["name"].as_str().unwrap();
        verdicts.push((finding["verdict"].as_str().unwrap(), name));
    }
    verdicts
}

#[test]
fn what_no_account_shows_by_itself_is_found_in_an_audit_of_several() {
    let sandbox = three_accounts();
    let run = audit(&sandbox, &[A, B, C], &["-o", "json", "--include", "pass"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    let report = report(&run);
    let of_a = [("fail", "ci"), ("fail", "deploy"), ("fail", "dev"), ("pass", "reader")];
    assert_eq!(verdicts(&report), [&of_a[..], &[("fail", "hop")]].concat());
    let finding = &report["findings"][0];
    assert_eq!((&finding["account"], &finding["severity"]), (&json!(A), &json!("high")));
    let way = &finding["evidence"]["crossing.roles"][0];
    assert_eq!(way["arn"], role_arn(C, "admin"));
    assert_eq!(way["via"], json!([role_arn(B, "hop")]));
    let through = &report["findings"][2]["evidence"]["crossing.roles"][0];
    assert_eq!(through["via"], json!([role_arn(A, "deploy")]));
    assert_eq!(report["accounts"][0]["tallies"][RULE]["fail"], 3);
    assert_eq!(report["accounts"][0]["tallies"][RULE]["pass"], 1);
    assert_eq!(report["accounts"][2]["tallies"][RULE]["fail"], 0);
}

#[test]
fn a_way_that_depends_on_something_is_less_severe() {
    let sandbox = Sandbox::new();
    let may = allow("sts:AssumeRole", &role_arn(B, "admin"));
    write(&sandbox, A, &[role(A, "deploy", &may, A)]);
    let mut admin = role(B, "admin", &allow("*", "*"), A);
    admin["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
        json!({"StringEquals": {"sts:ExternalId": "x"}});
    write(&sandbox, B, &[admin]);
    let report = report(&audit(&sandbox, &[A, B], &["-o", "json"]));
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "medium");
    let way = &finding["evidence"]["crossing.roles"][0];
    assert_eq!(way["certainty"], "conditional");
    assert_eq!(way["conditions"], json!(["sts:ExternalId"]));
}

#[test]
fn an_account_alone_has_no_ways_into_others() {
    let sandbox = three_accounts();
    let run = audit(&sandbox, &[A], &["-o", "json", "--include", "pass,not_applicable"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(verdicts(&report(&run)), []);
}

/// Whatever shares the accounts were judged in, and with waivers, a baseline and unknowns that are allowed.
#[test]
fn joined_shares_are_what_one_audit_would_have_written() {
    let sandbox = three_accounts();
    let waiver = "allow_unknown = [\"escalation-across-accounts\"]\n\n[[waiver]]\nrule = \"escalation-across-accounts\"\nresource = \"deploy\"\n\
        account = \"*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n";
    sandbox.write("waivers.toml", waiver);
    let severity = "[rules.escalation-across-accounts]\nseverity = \"low\"\n";
    sandbox.write("severity.toml", severity);
    for options in [
        &["--include", "pass"][..],
        &["--config", "waivers.toml"],
        &["--config", "severity.toml"],
        &["--fail-on", "critical"],
    ] {
        let whole = audit(&sandbox, &[A, B, C], &[options, &["-o", "json"]].concat());
        assert!(!report(&whole)["findings"].as_array().unwrap().is_empty(), "{}", whole.stderr);
        for shares in [&[&[A][..], &[B], &[C]][..], &[&[A, C], &[B]], &[&[C], &[B, A]]] {
            let mut names = vec!["merge".to_owned()];
            for (number, share) in shares.iter().enumerate() {
                let name = format!("{number}.json");
                let output = format!("json={name}");
                audit(&sandbox, share, &[options, &["-o", &output]].concat());
                names.push(name);
            }
            let joined = sandbox.run(&names);
            assert_eq!((joined.status, joined.stderr.as_str()), (0, ""));
            assert_eq!(joined.stdout, whole.stdout, "{options:?} {shares:?}");
        }
    }
}

#[test]
fn what_is_not_known_of_an_account_leaves_ways_into_it_unknown() {
    let sandbox = three_accounts();
    sandbox.write("denied/manifest.json", {
        let manifest = json!({
            "schema": "portcullis/bundle/v1", "tool": "portcullis", "account": B,
            "partition": "aws", "caller": null, "unreached": "denied", "files": {}, "gaps": [],
            "collected_from": "2026-11-18T11:00:00Z", "collected_to": "2026-11-18T11:00:00Z",
        });
        manifest.to_string()
    });
    write_caller(&sandbox, "incomplete");
    let caller =
        json!({"UserId": "A", "Account": B, "Arn": format!("arn:aws:iam::{B}:user/audit")});
    write_source(&sandbox, "incomplete", "caller-identity", &caller);
    let unknown = ["ci", "deploy", "dev", "reader"].map(|name| ("unknown", name));
    let denied = audit(&sandbox, &[A, "denied"], &["-o", "json"]);
    assert_eq!(verdicts(&report(&denied)), unknown, "{}", denied.stderr);
    let incomplete = audit(&sandbox, &[A, "incomplete"], &["-o", "json"]);
    let expected = [&unknown[..], &[("unknown", B)]].concat();
    let incomplete = report(&incomplete);
    assert_eq!(verdicts(&incomplete), expected);
    let says = format!("not judged: the policies of {B} could not be read");
    assert_eq!(incomplete["findings"][0]["message"], says);
}

#[test]
fn a_redacted_report_names_nobody_and_says_what_its_join_cannot_know() {
    let sandbox = three_accounts().env("PORTCULLIS_SALT", "0123456789abcdef0123456789abcdef");
    let whole = audit(&sandbox, &[A, B, C], &["--redact", "-o", "json"]);
    assert_eq!(verdicts(&report(&whole)).len(), 4, "{}", whole.stderr);
    for name in [A, B, C, "deploy", "hop", "border"] {
        assert!(!whole.stdout.contains(name), "{name}");
    }
    for (account, name) in [(A, "a"), (B, "b")] {
        audit(&sandbox, &[account], &["--redact", "-o", &format!("json={name}.json")]);
    }
    let joined = sandbox.run(["merge", "a.json", "b.json"]);
    let says = "paths from one account into another were judged only within each report";
    assert!(joined.stderr.contains(says), "{}", joined.stderr);
    assert_eq!(report(&joined)["run"]["loosened"][0]["kind"], "separate_reports");
    assert_eq!(verdicts(&report(&joined)), []);
}

#[test]
fn a_way_into_an_account_that_is_not_audited_any_more_is_not_fixed() {
    let sandbox = three_accounts();
    audit(&sandbox, &[A, B, C], &["-o", "json=old.json"]);
    audit(&sandbox, &[A, C], &["-o", "json=new.json"]);
    let run = sandbox.run(["diff", "old.json", "new.json", "-o", "json"]);
    let diff = report(&run);
    assert_eq!(diff["counts"]["fixed"], 0, "{}", run.stdout);
}
