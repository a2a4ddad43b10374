//! To let in more never looks better.

use std::collections::BTreeSet;

use portcullis_iam::{Standing, TrustPolicy, Who};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{changes, config, one_of, weaker};
use crate::account::{ORG, OTHER, OWN, account, arn, document};

/// What rules object to.
#[derive(Debug, Default, PartialEq)]
struct Objections {
    open: bool,
    found: BTreeSet<String>,
}

fn objections(statements: &[Json]) -> Objections {
    let account = account(json!({"organization": {"id": ORG, "management": "111122223333"}}));
    let policy = TrustPolicy { document: document(json!(statements)) };
    let mut all = Objections::default();
    for trustee in policy.trustees(&account) {
        match &trustee.who {
            Who::Anyone => all.open = true,
            Who::Owned(owner) if owner.standing(&account) == Standing::External => {
                // Only members of the own organization get in.
                let limits = &trustee.demands.organizations;
                if limits
                    .iter()
                    .any(|it| it.standing(&account) != Standing::Own)
                    || limits.is_empty()
                {
                    all.found.insert("external".to_owned());
                }
                if trustee.is_guarded(&account) != Some(true) {
                    all.found.insert("unguarded".to_owned());
                }
            }
            Who::Service(name) if trustee.is_confused_deputy() => {
                all.found.insert(format!("deputy {name}"));
            }
            Who::Issuer(name) if !trustee.demands.tenant => {
                all.found.insert(format!("any tenant of {name}"));
            }
            Who::Saml(provider) if !trustee.demands.tenant => {
                all.found.insert(format!("any audience of {provider}"));
            }
            _ => {}
        }
    }
    all
}

/// Whether nothing that was objected to is gone; who lets in anyone lets in all others too.
fn is_no_better(before: &Objections, after: &Objections) -> bool {
    let by_anyone = |it: &String| after.open && (it == "external" || it == "unguarded");
    (after.open || !before.open)
        && before
            .found
            .iter()
            .all(|it| after.found.contains(it) || by_anyone(it))
}

const GITHUB: &str = "token.actions.githubusercontent.com";

fn principal() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": OWN}),
        json!({"AWS": OTHER}),
        json!({"AWS": [format!("arn:aws:iam::{OTHER}:role/x"), "111122223333"]}),
        json!({"AWS": arn("user/alice")}),
        json!({"Service": "cloudtrail.amazonaws.com"}),
        json!({"Service": "sns.amazonaws.com", "AWS": OTHER}),
        json!({"Federated": arn(&format!("oidc-provider/{GITHUB}"))}),
        json!({"Federated": arn("saml-provider/idp")}),
    ])
}

/// An operator, with a key and a value.
fn condition() -> impl Strategy<Value = (&'static str, (&'static str, &'static str))> {
    let operator =
        one_of(&["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists"]);
    let key_and_value = prop::sample::select(vec![
        ("aws:PrincipalOrgID", ORG),
        ("aws:PrincipalOrgID", "o-e5d4c3b2a1"),
        ("aws:PrincipalOrgID", "o-*"),
        ("aws:PrincipalAccount", OTHER),
        ("aws:PrincipalArn", "arn:aws:iam::999988887777:role/*"),
        ("sts:ExternalId", "8f3a"),
        ("aws:SourceAccount", OTHER),
        ("aws:SourceVpc", "vpc-1"),
        ("aws:MultiFactorAuthAge", "3600"),
        ("aws:MultiFactorAuthPresent", "false"),
        ("aws:MultiFactorAuthPresent", "true"),
        ("aws:PrincipalTag/team", "red"),
        ("token.actions.githubusercontent.com:sub", "repo:octo-org/*"),
        ("SAML:aud", "https://signin.aws.amazon.com/saml"),
    ]);
    (operator, key_and_value)
}

fn statement() -> impl Strategy<Value = Json> {
    let action = one_of(&["sts:AssumeRole", "sts:*", "sts:AssumeRoleWith*", "sts:TagSession"]);
    let effect = one_of(&["Allow", "Allow", "Deny"]);
    let not = prop::bool::weighted(0.1);
    let conditions = prop::collection::vec(condition(), 0..=2);
    (effect, action, principal(), conditions, not).prop_map(
        |(effect, action, principal, conditions, not)| {
            let mut statement = json!({"Effect": effect, "Action": action});
            statement[if not { "NotPrincipal" } else { "Principal" }] = principal;
            for (operator, (key, value)) in conditions {
                statement["Condition"][operator][key] = json!(value);
            }
            statement
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Json>> {
    prop::collection::vec(statement(), 1..=3)
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn to_let_in_more_never_looks_better(statements in statements()) {
        let before = objections(&statements);
        for more in changes(&statements, weaker) {
            let after = objections(&more);
            prop_assert!(is_no_better(&before, &after), "{before:?} {after:?} {}", json!(more));
        }
    }

    #[test]
    fn order_and_duplicates_change_nothing(statements in statements()) {
        let mut other: Vec<Json> = statements.iter().rev().chain(&statements).cloned().collect();
        for statement in &mut other {
            if let Some(Json::Array(list)) = statement["Principal"].get_mut("AWS") {
                list.reverse();
                list.push(list[0].clone());
            }
        }
        prop_assert_eq!(objections(&statements), objections(&other));
    }
}
