//! A policy document, as an identity policy and as the trust policy of a role. The order of its statements
//! decides nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::NOW;
use portcullis_iam::{
    Account, Anywhere, Certainty, Context, Decision, Organization, Policy, PolicyDocument,
    PolicyId, Principal, PrincipalKind, Request, Resource, Selection, TrustPolicy, judge,
};
use portcullis_model::{AccountId, PolicyKind};

const ACCOUNT: &str = "123456789012";

fn policy(document: &PolicyDocument) -> Policy {
    Policy {
        id: format!("arn:aws:iam::{ACCOUNT}:policy/p"),
        name: "p".to_owned(),
        kind: PolicyKind::CustomerManaged,
        document: Some(document.clone()),
        other_versions: Vec::new(),
    }
}

/// A user who has the policy, and an administrator whose trust policy it is.
fn account(document: &PolicyDocument) -> Account {
    let everything = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let everything = PolicyDocument::from_text(everything).expect("it follows the grammar");
    let principal = |kind, path: &str, policy| Principal {
        policies: vec![PolicyId::new(policy)],
        ..Principal::new(kind, &format!("arn:aws:iam::{ACCOUNT}:{path}"), "ann")
    };
    let admin = Principal {
        trust: Some(TrustPolicy { document: document.clone() }),
        ..principal(PrincipalKind::Role, "role/ann", 1)
    };
    Account {
        id: AccountId::parse(ACCOUNT),
        partition: "aws".to_owned(),
        organization: Organization::Unknown,
        now: *NOW,
        policies: vec![policy(document), policy(&everything)],
        principals: vec![principal(PrincipalKind::User, "user/ann", 0), admin],
        unlisted: Vec::new(),
        saml_providers: None,
        oidc_providers: None,
    }
}

/// All that is said of the document, but for the numbers of statements.
#[derive(Debug, PartialEq)]
struct Answers {
    decisions: Vec<Decision>,
    allows_everything: bool,
    services: [Vec<String>; 2],
    counts: [usize; 3],
    privileges: Vec<(bool, Vec<(&'static str, Certainty)>)>,
    trustees: Vec<String>,
}

fn ask(document: &PolicyDocument) -> Answers {
    let account = account(document);
    let question = Anywhere {
        action: "iam:passrole",
        resource: "arn:{partition}:iam::{account}:role/{any}",
        in_any_account: true,
        unnamed: &["iam:passedtoservice"],
        at_times_unnamed: &["iam:associatedresourcearn"],
    };
    let mut privileges = Vec::new();
    for generous in [false, true] {
        for principal in judge(&account, generous).principals {
            let ways = principal.ways.iter().map(|way| (way.method, way.certainty)).collect();
            privileges.push((principal.administrator, ways));
        }
    }
    let trust = TrustPolicy { document: document.clone() };
    let mut trustees = Vec::new();
    for trustee in trust.trustees(&account) {
        trustees.push(format!(
            "{:?} {:?} {:?} {:?} {}",
            trustee.who,
            trustee.demands,
            trustee.standing(&account),
            trustee.is_guarded(&account),
            trustee.is_confused_deputy(),
        ));
    }
    trustees.sort();
    Answers {
        decisions: decisions(document, &account),
        allows_everything: document.allows_everything(&account),
        services: [document.whole_services(&account), document.wildcard_services()],
        counts: [
            document.not_action_allows(&account).len(),
            document.allows_anywhere(&account, &question).statements.len(),
            document.ignored_variables(false).len(),
        ],
        privileges,
        trustees,
    }
}

/// The decisions about actions and resources that the document names, in an order of their own.
fn decisions(document: &PolicyDocument, account: &Account) -> Vec<Decision> {
    let mut actions = vec!["iam:passrole", "s3:getobject"];
    let mut resources = vec!["*", "arn:aws:iam::123456789012:role/ann"];
    for statement in &document.statements {
        actions.extend(statement.actions.items().iter().map(|pattern| pattern.as_str()));
        let patterns = statement.resources.iter().flat_map(Selection::items);
        resources.extend(patterns.map(|pattern| pattern.as_str()));
    }
    actions.sort_unstable();
    resources.sort_unstable();
    let principal = account.principals.first();
    let context = Context { account, principal, resource: Resource::Own, brings: &[] };
    let mut decisions = Vec::new();
    for action in actions.into_iter().take(10) {
        for resource in resources.iter().take(10) {
            decisions.push(document.decide(&Request { action, resource, context }));
        }
    }
    decisions
}

fuzz_target!(|text: &str| {
    let Ok(document) = PolicyDocument::from_text(text) else { return };
    let mut other = document.clone();
    other.statements.reverse();
    assert_eq!(ask(&document), ask(&other));
});
