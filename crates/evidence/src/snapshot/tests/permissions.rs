//! Groups, roles and policies: an account in the making, for the tests of permissions.
#![allow(clippy::needless_pass_by_value)] // JSON made in place reads best.

mod account;
mod attachments;
mod escalations;
mod policies;
mod trust;

use portcullis_model::{Escalation, Fact, Group, Policy, Role, Snapshot, Source};
use serde_json::{Value as Json, json};

use super::bundles::{CREATED, Fixture, detail};

const DETAILS: Source = Source::AccountAuthorizationDetails;
const OWN: &str = "arn:aws:iam::123456789012";
const FULL: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn allow(action: Json, resource: Json) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: Json, resource: Json) -> Json {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn everything() -> Json {
    allow(json!("*"), json!("*"))
}

/// A document of those statements; without any, of one that decides nothing: IAM takes none that is
/// empty.
fn document(statements: Json) -> Json {
    let statements = if statements == json!([]) {
        deny(json!("a:b"), json!("*"))
    } else {
        statements
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(name: &str, statements: Json) -> Json {
    json!({"PolicyName": name, "PolicyDocument": document(statements)})
}

fn managed(arn: &str, statements: Json) -> Json {
    json!({
        "PolicyName": arn.rsplit('/').next(), "Arn": arn, "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements)},
        ],
    })
}

fn attached(arn: &str) -> Json {
    json!([{"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn}])
}

fn user(name: &str, statements: Json) -> Json {
    let mut user = detail(name);
    user["UserPolicyList"] = json!([inline("own", statements)]);
    user
}

fn group(name: &str, statements: Json) -> Json {
    json!({
        "GroupName": name, "Arn": format!("{OWN}:group/{name}"),
        "GroupPolicyList": [inline("own", statements)],
    })
}

fn role(name: &str, trust: Json, statements: Json) -> Json {
    json!({
        "RoleName": name, "Arn": format!("{OWN}:role/{name}"), "CreateDate": CREATED,
        "RoleLastUsed": {}, "AssumeRolePolicyDocument": document(if trust == json!([]) { nobody() } else { trust }),
        "RolePolicyList": [inline("own", statements)],
    })
}

fn trusts(principal: Json) -> Json {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

/// What lets nobody in.
fn nobody() -> Json {
    json!({"Effect": "Deny", "Principal": "*", "Action": "a:b"})
}

fn with(mut json: Json, field: &str, value: Json) -> Json {
    json[field] = value;
    json
}

fn account(lists: Json) -> Snapshot {
    Fixture::new().details(&lists).snapshot()
}

fn known<T>(fact: Fact<T>) -> T {
    fact.known().unwrap()
}

fn policy(snapshot: &Snapshot, name: &str) -> Policy {
    let policies = known(snapshot.policies.clone());
    policies
        .into_iter()
        .find(|policy| policy.name == name)
        .unwrap()
}

fn the_role(snapshot: &Snapshot, name: &str) -> Role {
    known(snapshot.roles.clone())
        .into_iter()
        .find(|role| role.name == name)
        .unwrap()
}

fn the_group(snapshot: &Snapshot, name: &str) -> Group {
    known(snapshot.groups.clone())
        .into_iter()
        .find(|group| group.name == name)
        .unwrap()
}

fn ids(escalations: &Fact<Vec<Escalation>>) -> Vec<String> {
    let known = escalations.as_ref().known().unwrap();
    known.iter().map(|one| one.method.clone()).collect()
}
