//! Requests, and what is known of their condition keys.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use portcullis_model::PrincipalKind;
use serde::Deserialize;

use crate::account::{Account, Organization, Principal};
use crate::truth::Lack;
use crate::value::Value;

/// A request that policies decide about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The action, in lower case: `iam:passrole`.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for actions without one.
    pub resource: &'a str,
    /// The values of condition keys.
    pub context: Context<'a>,
}

/// The caller and the resource, from which the values of condition keys follow.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The caller's account.
    pub account: &'a Account,
    /// The caller; none: anybody in the account who has the policy.
    pub principal: Option<&'a Principal>,
    /// What the request is about.
    pub resource: Resource<'a>,
    /// The values that the request itself sets, by key in lower case; `aws:requesttag/` stands for
    /// all keys with this prefix.
    pub brings: &'a [(&'a str, Value<'a>)],
}

/// What is known of the resource of a request.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// A user, group or role of the account.
    Principal(&'a Principal),
    /// Some resource of the account, about which no more is known.
    Own,
    /// Any resource of the account: without tags, and with a name that no policy can have meant.
    Any,
    /// Any resource of any account.
    Anywhere,
}

/// The contents of `data/condition_keys.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    taking_tags: BTreeSet<String>,
    of_bounded: BTreeSet<String>,
    of_role_sessions: BTreeSet<String>,
    chosen: Vec<String>,
    chosen_always: BTreeSet<String>,
    of_resources: Vec<String>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let list = include_str!("../data/condition_keys.toml");
    toml::from_str(list).expect("the list is read by tests")
});

/// The services whose condition keys requests may have besides those of the service itself and of
/// identity providers, which have a dot in their names.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_actions-resources-contextkeys.html>
const OF_IDENTITY_REQUESTS: [&str; 4] = ["aws", "iam", "identitystore", "saml"];

/// The services whose requests have no condition keys of other services, except for those above.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>
/// and the pages on the others
const WITH_OWN_KEYS: [&str; 6] = ["cloudtrail", "ec2", "iam", "kms", "lambda", "sts"];

/// The keys that only requests made by an AWS service itself have.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub(crate) const OF_SERVICES: [&str; 6] = [
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

impl<'a> Request<'a> {
    /// The value of a condition key, whose name is in lower case.
    ///
    /// <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>
    /// <https://docs.aws.amazon.com/general/latest/gr/sts.html>
    pub(crate) fn value(&self, key: &str) -> Value<'a> {
        let (service, _) = self.action.split_once(':').unwrap_or_default();
        match key {
            // The endpoints of IAM and STS accept HTTPS only.
            "aws:securetransport" if ["iam", "sts"].contains(&service) => Value::one("true"),
            _ if is_sent(key, self.action) => self.context.value(key),
            _ => Value::Absent,
        }
    }
}

fn begins_with_one(key: &str, beginnings: &[String]) -> bool {
    beginnings
        .iter()
        .any(|beginning| key.starts_with(beginning))
}

/// Whether requests for an action can have a key, given in lower case.
fn is_sent(key: &str, action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or(("", action));
    let is_of_iam = service == "iam";
    if !key.contains(':') {
        return false;
    }
    match key.split_once('/').map_or(key, |(key, _)| key) {
        "aws:requesttag" | "aws:tagkeys" if is_of_iam => {
            name.starts_with("tag") || name.starts_with("untag") || KEYS.taking_tags.contains(name)
        }
        key if KEYS.of_role_sessions.contains(key) => true,
        "iam:associatedresourcearn" | "iam:passedtoservice" => is_of_iam && name == "passrole",
        "iam:awsservicename" => is_of_iam && name == "createservicelinkedrole",
        "iam:servicespecificcredentialagedays" | "iam:servicespecificcredentialservicename" => {
            is_of_iam && name.ends_with("servicespecificcredential")
        }
        "iam:permissionsboundary" => is_of_iam && KEYS.of_bounded.contains(name),
        "iam:policyarn" => is_of_iam && (name.starts_with("attach") || name.starts_with("detach")),
        key => {
            let of = key.split_once(':').map_or(key, |(of, _)| of);
            if WITH_OWN_KEYS.contains(&service) {
                OF_IDENTITY_REQUESTS.contains(&of) || of == service || of.contains('.')
            } else {
                of != "sts"
            }
        }
    }
}

impl<'a> Context<'a> {
    /// The context of a request by anybody in the account, about a resource of the account.
    pub fn new(account: &'a Account, brings: &'a [(&'a str, Value<'a>)]) -> Context<'a> {
        Context { account, principal: None, resource: Resource::Own, brings }
    }

    /// The value of a condition key, whose name is in lower case.
    pub fn value(&self, key: &str) -> Value<'a> {
        for (brought, value) in self.brings {
            if *brought == key || brought.ends_with('/') && key.starts_with(brought) {
                return value.clone();
            }
        }
        if KEYS.chosen_always.contains(key) {
            return Value::Chosen { optional: false };
        }
        if begins_with_one(key, &KEYS.chosen) {
            return Value::Chosen { optional: true };
        }
        match key {
            "aws:currenttime" | "aws:epochtime" => Value::From(self.account.now),
            // The caller can get new temporary credentials; a role has no others.
            "aws:tokenissuetime" => match self.principal {
                Some(role) if role.kind == PrincipalKind::Role => Value::From(self.account.now),
                _ => Value::MaybeFrom(self.account.now),
            },
            "aws:principalisawsservice" => Value::one("false"),
            // Always there, with a value that only the request shows.
            "aws:requestedregion" | "aws:useragent" => Value::Beginning(String::new()),
            "aws:viaawsservice" | "aws:viaawsmcpservice" => Value::Directly(Some("false")),
            "aws:calledvia"
            | "aws:calledviafirst"
            | "aws:calledvialast"
            | "aws:calledviaawsmcp" => Value::Directly(None),
            "iam:permissionsboundary" => self.boundary_of_resource(),
            // A policy that names an account or an organization here is not about any resource.
            "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths"
                if matches!(self.resource, Resource::Anywhere) =>
            {
                Value::Absent
            }
            "aws:principalaccount" | "aws:resourceaccount" => Value::one(self.account.id_text()),
            "aws:principalorgid" | "aws:resourceorgid" => self.organization(),
            "aws:principalorgpaths" | "aws:resourceorgpaths" => match self.organization() {
                Value::One(id) => Value::Beginning(format!("{id}/")),
                other => other,
            },
            _ => match (self.principal, self.resource, key.split_once('/')) {
                (
                    _,
                    Resource::Principal(target),
                    Some(("aws:resourcetag" | "iam:resourcetag", tag)),
                ) => tag_of(target, tag),
                (Some(principal), _, Some(("aws:principaltag", tag))) => tag_of(principal, tag),
                (Some(principal), _, None) => of_principal(principal, key),
                (None, Resource::Any | Resource::Anywhere, None) if key == "aws:principalarn" => {
                    let Account { partition, .. } = self.account;
                    Value::Beginning(format!("arn:{partition}:iam::{}:", self.account.id_text()))
                }
                (None, Resource::Any | Resource::Anywhere, None) if OF_SERVICES.contains(&key) => {
                    Value::Absent
                }
                (_, Resource::Any | Resource::Anywhere, _)
                    if begins_with_one(key, &KEYS.of_resources) =>
                {
                    Value::Absent
                }
                _ => Value::Open,
            },
        }
    }

    fn organization(&self) -> Value<'a> {
        match &self.account.organization {
            Organization::Unknown => Value::Lacking(Lack::Organization),
            Organization::None => Value::Absent,
            Organization::Member { id, .. } => Value::one(id.as_str()),
        }
    }

    fn boundary_of_resource(&self) -> Value<'a> {
        match self.resource {
            Resource::Principal(target) => {
                let boundary = target
                    .boundary
                    .map(|id| self.account.policy(id).id.as_str());
                Value::maybe(boundary)
            }
            Resource::Any | Resource::Anywhere => Value::Absent,
            Resource::Own => Value::Open,
        }
    }
}

/// The value of a tag. Tag keys are compared regardless of case.
fn tag_of<'a>(principal: &'a Principal, tag: &str) -> Value<'a> {
    let Some(tags) = &principal.tags else {
        return Value::Lacking(Lack::Tags);
    };
    let found = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag));
    if principal.chosen_tags.include(tag) {
        return Value::Chosen { optional: found.is_none() };
    }
    Value::maybe(found.map(|(_, value)| value.as_str()))
}

fn of_principal<'a>(principal: &'a Principal, key: &str) -> Value<'a> {
    let is_user = principal.kind != PrincipalKind::Role;
    match (key, &principal.unique_id) {
        ("aws:principalarn", _) => Value::one(principal.arn.as_str()),
        ("aws:username", _) if is_user => Value::one(principal.name.as_str()),
        ("aws:username", _) => Value::Absent,
        _ if OF_SERVICES.contains(&key) || is_user && is_of_session(key) => Value::Absent,
        ("aws:principaltype", _) => Value::one(if is_user { "User" } else { "AssumedRole" }),
        ("aws:userid", Some(id)) if is_user => Value::one(id.as_str()),
        ("aws:userid", Some(id)) => Value::Beginning(format!("{id}:")),
        _ => Value::Open,
    }
}

/// Whether only sessions have the key: it is about a role's credentials, or the identity provider
/// behind them.
fn is_of_session(key: &str) -> bool {
    let (of, _) = key.split_once(':').unwrap_or_default();
    KEYS.of_role_sessions.contains(key) || of == "saml" || of.contains('.')
}
