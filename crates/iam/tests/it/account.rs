//! Small accounts from JSON.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_iam::{
    Account, Certainty, Organization, Policy, PolicyDocument, PolicyId, Principal, PrincipalId,
    PrincipalKind, Privileges, TrustPolicy, judge,
};
use portcullis_model::{AccountId, PolicyKind};
use serde_json::{Value as Json, json};

pub(crate) const OWN: &str = "123456789012";
pub(crate) const OTHER: &str = "999988887777";
pub(crate) const ORG: &str = "o-a1b2c3d4e5";
pub(crate) const NOW: &str = "2026-01-01T00:00:00Z";

pub(crate) fn allow(action: impl Into<Json>, resource: impl Into<Json>) -> Json {
    json!({"Effect": "Allow", "Action": action.into(), "Resource": resource.into()})
}

pub(crate) fn deny(action: impl Into<Json>, resource: impl Into<Json>) -> Json {
    json!({"Effect": "Deny", "Action": action.into(), "Resource": resource.into()})
}

pub(crate) fn everything() -> Json {
    allow("*", "*")
}

/// The statement under a condition.
pub(crate) fn when(mut statement: Json, condition: Json) -> Json {
    statement["Condition"] = condition;
    statement
}

pub(crate) fn trusts(principal: Json) -> Json {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

/// Trust in the own account, whose principals then need a permission.
pub(crate) fn trusts_account() -> Json {
    trusts(json!({"AWS": OWN}))
}

pub(crate) fn trusts_service(name: &str) -> Json {
    trusts(json!({"Service": name}))
}

pub(crate) fn arn(kind_and_name: &str) -> String {
    format!("arn:aws:iam::{OWN}:{kind_and_name}")
}

/// The document of those statements; without any it says nothing, though IAM takes no such document.
pub(crate) fn document(statements: Json) -> PolicyDocument {
    if statements == json!([]) {
        return PolicyDocument::default();
    }
    let json = json!({"Version": "2012-10-17", "Statement": statements});
    PolicyDocument::from_json(&json).unwrap()
}

/// An account from lists by name:
/// - `users`, `groups`, `roles`: each with `may` (the statements of the inline policy `own`), `inline` (others by
///   name), `attached` (names of `policies`, or `aws:NAME`), `boundary`, `groups`, `tags`, `path`, `trust`,
///   `profile`, `password` (whether there is one), `mfa` (likewise), `keys` (how many);
/// - `policies`: the statements of customer managed policies, or `versions`, of which the first is in force;
/// - `saml_providers`, `oidc_providers`: names of those that exist, or null; if it is not there, all have one of the
///   host `idp.example.com`;
/// - `organization`: its id, and `management`; `id`: the account's own.
pub(crate) fn account(json: Json) -> Account {
    let id = json["id"].as_str().unwrap_or(OWN);
    let mut account = Account {
        id: AccountId::parse(id),
        partition: "aws".to_owned(),
        organization: organization(&json),
        now: NOW.parse().unwrap(),
        policies: Vec::new(),
        principals: Vec::new(),
        unlisted: Vec::new(),
        saml_providers: providers(&json, "saml"),
        oidc_providers: providers(&json, "oidc"),
    };
    let mut managed = BTreeMap::new();
    for (name, policy) in of(&json, "policies") {
        let id = arn_in(&account, &format!("policy/{name}"));
        let Some(versions) = policy["versions"].as_array() else {
            managed.insert(name.clone(), add(&mut account, id, name, policy));
            continue;
        };
        let ids: Vec<PolicyId> = versions
            .iter()
            .map(|it| add(&mut account, id.clone(), name, it))
            .collect();
        account.policies[ids[0].place()].other_versions = ids[1..].to_vec();
        managed.insert(name.clone(), ids[0]);
    }
    let mut groups = BTreeMap::new();
    for (list, kind) in [
        ("groups", PrincipalKind::Group),
        ("users", PrincipalKind::User),
        ("roles", PrincipalKind::Role),
    ] {
        for (name, spec) in of(&json, list) {
            let principal = principal(&mut account, kind, name, spec, &managed, &groups);
            if kind == PrincipalKind::Group {
                groups.insert(name.clone(), PrincipalId::new(account.principals.len()));
            }
            account.principals.push(principal);
        }
    }
    account
}

fn providers(json: &Json, kind: &str) -> Option<BTreeSet<String>> {
    let default = json!(["idp.example.com"]);
    let names = json
        .get(format!("{kind}_providers"))
        .unwrap_or(&default)
        .as_array()?;
    let arn = |name: &Json| arn(&format!("{kind}-provider/{}", name.as_str().unwrap()));
    Some(names.iter().map(arn).collect())
}

fn arn_in(account: &Account, kind_and_name: &str) -> String {
    format!("arn:aws:iam::{}:{kind_and_name}", account.id_text())
}

fn organization(json: &Json) -> Organization {
    match &json["organization"] {
        Json::Null => Organization::None,
        Json::String(unknown) if unknown == "unknown" => Organization::Unknown,
        Json::String(id) => Organization::Member { id: id.clone(), management: None },
        other => Organization::Member {
            id: other["id"].as_str().unwrap_or(ORG).to_owned(),
            management: other["management"].as_str().and_then(AccountId::parse),
        },
    }
}

fn of<'j>(json: &'j Json, list: &str) -> impl Iterator<Item = (&'j String, &'j Json)> {
    json[list].as_object().into_iter().flatten()
}

fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
}

/// Adds a policy; null: one that could not be read.
fn add(account: &mut Account, id: String, name: &str, statements: &Json) -> PolicyId {
    let kind = match &id {
        id if id.contains(":iam::aws:") => PolicyKind::AwsManaged,
        id if id.contains(":policy/") => PolicyKind::CustomerManaged,
        _ => PolicyKind::Inline,
    };
    let document = (!statements.is_null()).then(|| document(statements.clone()));
    let name = name.to_owned();
    account
        .policies
        .push(Policy { id, name, kind, document, other_versions: Vec::new() });
    PolicyId::new(account.policies.len() - 1)
}

fn principal(
    account: &mut Account,
    kind: PrincipalKind,
    name: &str,
    spec: &Json,
    managed: &BTreeMap<String, PolicyId>,
    groups: &BTreeMap<String, PrincipalId>,
) -> Principal {
    let word = match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
        PrincipalKind::Role => "role",
    };
    let path = spec["path"].as_str().unwrap_or("/");
    let mut principal =
        Principal::new(kind, &arn_in(account, &format!("{word}{path}{name}")), name);
    let own = spec.get("may").map(|may| ("own".to_owned(), may));
    let inline = of(spec, "inline").map(|(name, it)| (name.clone(), it));
    for (name, statements) in own.into_iter().chain(inline) {
        let id = format!("{}/policy/{name}", principal.arn);
        principal.policies.push(add(account, id, &name, statements));
    }
    for name in texts(&spec["attached"]) {
        let id = match name.strip_prefix("aws:") {
            None => managed[name],
            Some(name) => {
                add(account, format!("arn:aws:iam::aws:policy/{name}"), name, &everything())
            }
        };
        principal.policies.push(id);
    }
    principal.boundary = spec["boundary"].as_str().map(|name| managed[name]);
    principal.groups = texts(&spec["groups"]).map(|name| groups[name]).collect();
    let tags = of(spec, "tags").map(|(key, it)| (key.clone(), it.as_str().unwrap().to_owned()));
    principal.tags = Some(tags.collect());
    principal.unique_id = spec["id"].as_str().map(str::to_owned);
    principal.trust = spec
        .get("trust")
        .filter(|it| !it.is_null())
        .map(|trust| TrustPolicy { document: document(trust.clone()) });
    principal.has_password = spec["password"].as_bool();
    principal.has_mfa = spec["mfa"].as_bool();
    principal.access_keys = spec["keys"].as_u64().and_then(|keys| keys.try_into().ok());
    if spec["profile"] == true {
        principal.instance_profiles = vec![arn_in(account, &format!("instance-profile/{name}"))];
    }
    principal.service_linked = path.starts_with("/aws-service-role/");
    principal
}

/// What a principal can do and become; what was not read is taken to say nothing.
pub(crate) fn privileges(account: &Account, name: &str) -> Privileges {
    let place = account
        .principals
        .iter()
        .position(|it| it.name == name)
        .unwrap();
    judge(account, false).principals.swap_remove(place)
}

/// The methods by which a principal can become an administrator.
pub(crate) fn ways(account: &Account, name: &str) -> Vec<(&'static str, Certainty)> {
    privileges(account, name)
        .ways
        .iter()
        .map(|way| (way.method, way.certainty))
        .collect()
}
