//! The least policy for the calls of an audit.

use serde_json::{Value as Json, json};

use crate::support::{Run, Sandbox};

fn permissions(options: &[&str]) -> Run {
    Sandbox::new().run([&["permissions"], options].concat())
}

fn actions(options: &[&str]) -> Json {
    let run = permissions(options);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let policy: Json = serde_json::from_str(&run.stdout).unwrap();
    policy["Statement"][0]["Action"].clone()
}

/// The password rules apply where a user has a console password, which the credential report tells,
/// and who is a user, the details too.
#[test]
fn a_policy_allows_the_calls_of_the_chosen_rules() {
    let expected = json!([
        "iam:GenerateCredentialReport",
        "iam:GetAccountAuthorizationDetails",
        "iam:GetAccountPasswordPolicy",
        "iam:GetCredentialReport",
        "iam:ListAccountAliases",
    ]);
    assert_eq!(actions(&["--only", "no-password-policy"]), expected);
}

#[test]
fn a_quick_audit_needs_no_calls_per_user() {
    let per_user = ["iam:ListAccessKeys", "iam:ListMFADevices"].map(Json::from);
    let has = |options: &[&str]| {
        let actions = actions(options);
        per_user
            .each_ref()
            .map(|action| actions.as_array().unwrap().contains(action))
    };
    assert_eq!((has(&[]), has(&["--quick"])), ([true, true], [false, false]));
}

/// The policy by which AWS limits such a session, and the resource that it is about:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>
#[test]
fn root_sessions_are_allowed_on_request() {
    let sandbox = Sandbox::new();
    let asked = sandbox.run(["permissions", "--assume-root"]);
    assert_eq!((asked.status, asked.stderr.as_str()), (0, ""));
    let policy: Json = serde_json::from_str(&asked.stdout).unwrap();
    let statement = &policy["Statement"][1];
    assert_eq!(statement["Action"], json!(["sts:AssumeRoot"]));
    assert_eq!(statement["Resource"], "arn:*:iam::*:root");
    let task = &statement["Condition"]["ArnLike"]["sts:TaskPolicyArn"];
    assert_eq!(task, "arn:*:iam::aws:policy/root-task/IAMAuditRootUserCredentials");
    sandbox.write("portcullis.toml", "org = true\nassume_root = true");
    assert_eq!(sandbox.run(["permissions"]).stdout, asked.stdout);
}

/// Every source has a rule that needs it, so this is what `collect` needs too.
#[test]
fn all_rules_need_every_call() {
    assert_eq!(actions(&["--rule-set", "strict"]).as_array().unwrap().len(), 21);
}

#[test]
fn the_configuration_chooses_too() {
    let sandbox = Sandbox::new();
    sandbox.write("portcullis.toml", "only = ['no-password-policy']");
    let chosen = sandbox.run(["permissions"]).stdout;
    assert_eq!(chosen, permissions(&["--only", "no-password-policy"]).stdout);
}

#[test]
fn a_misspelt_rule_is_corrected() {
    let run = permissions(&["--only", "no-pasword-policy"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("did you mean `no-password-policy`?"), "{}", run.stderr);
}

#[test]
fn terraform() {
    let run = permissions(&["--only", "expired-server-certificate", "--format", "terraform"]);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn cloudformation() {
    let run = permissions(&["--only", "expired-server-certificate", "--format", "cloudformation"]);
    insta::assert_snapshot!(run.stdout);
}
