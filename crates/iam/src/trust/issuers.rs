//! OIDC issuers that are shared by many tenants.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::fixed::fixed;
use crate::condition::Condition;
use crate::pattern::Pattern;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
const LIST: &str = include_str!("../../data/issuers.toml");

static SHARED: LazyLock<Shared> =
    LazyLock::new(|| toml::from_str(LIST).expect("the list is read by a test"));

/// The claims of CI systems that name a branch, an environment, a workflow or a workspace, as
/// claims of their own or within `sub`.
const BRANCH_CLAIMS: [&str; 6] =
    ["environment", "job_workflow_ref", "ref", "workflow", "workflow_ref", "workspace"];

/// Words in `sub` that only introduce a name.
const KINDS: [&str; 10] =
    ["branch", "commit", "heads", "pull", "ref", "refs", "run_phase", "step", "tag", "tags"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    issuer: Vec<Issuer>,
}

/// A shared issuer, and what distinguishes its tenants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issuer {
    name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who keep the list"))]
    source: String,
    /// The forms of values that fix the tenant, by claim or by whole key; one claim suffices. `{}`
    /// is a name. A form is a prefix, unless it ends with a name.
    fixed: HashMap<String, Vec<String>>,
    /// Whether `sub` has names and values in turn, with a colon after each, in an order that the
    /// tenant chooses. A colon within a value is encoded, so a form may begin at any name.
    #[serde(default)]
    pairs: bool,
    /// The prefix of `sub` that fixes owner and project, for CI systems.
    project: Option<String>,
}

/// The name of an OIDC issuer: the URL in the provider's ARN, or the provider itself.
pub(super) fn name_of(provider: &str) -> &str {
    provider
        .split_once(":oidc-provider/")
        .map_or(provider, |(_, url)| url)
}

/// Whether a condition key belongs to another issuer than the provider's. A token only has the keys
/// of its own issuer.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
pub(super) fn is_key_of_another(key: &str, provider: &str) -> bool {
    let Some((issuer, _)) = key
        .rsplit_once(':')
        .filter(|(issuer, _)| issuer.contains('.'))
    else {
        return false;
    };
    // Cognito's keys have the same name in every partition.
    let is_cognito = |name: &str| name.starts_with("cognito-identity");
    let own = name_of(provider).trim_end_matches('/');
    let is_own = issuer.trim_end_matches('/').eq_ignore_ascii_case(own)
        || is_cognito(issuer) && is_cognito(own);
    !is_own
}

/// Whether every token has the key: all have a subject and an audience.
///
/// <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>
pub(super) fn is_key_of_all(key: &str) -> bool {
    let (issuer, claim) = key.rsplit_once(':').unwrap_or_default();
    issuer.contains('.') && ["aud", "sub"].contains(&claim)
}

impl Issuer {
    /// The issuer of a provider, if it is shared.
    pub(super) fn of_provider(provider: &str) -> Option<&'static Issuer> {
        let name = name_of(provider).trim_end_matches('/');
        SHARED
            .issuer
            .iter()
            .find(|issuer| issuer.name.eq_ignore_ascii_case(name))
    }

    /// Whether the condition admits one tenant only.
    pub(super) fn tells_tenant(&self, condition: &Condition) -> bool {
        self.fixed.iter().any(|(claim, forms)| {
            let mut values = condition.values.iter();
            self.demands(condition, claim)
                && values.all(|value| forms.iter().any(|form| self.fixes(form, claim, value)))
        })
    }

    /// Whether the value of a claim has the form.
    fn fixes(&self, form: &str, claim: &str, value: &Pattern) -> bool {
        let mut text = value.literal_prefix();
        loop {
            if rest_after(form, value, text).is_some() {
                return true;
            }
            let mut pair = text.splitn(3, ':');
            let Some(others) = pair.nth(2).filter(|_| self.pairs && claim == "sub") else {
                return false;
            };
            text = others;
        }
    }

    /// Whether its tokens name a branch, an environment or the like.
    pub(super) fn tells_branches(&self) -> bool {
        self.project.is_some()
    }

    /// Whether the condition admits one branch, environment or the like, or some by name.
    pub(super) fn tells_branch(&self, condition: &Condition) -> bool {
        let mut values = condition.values.iter();
        if BRANCH_CLAIMS
            .iter()
            .any(|claim| self.demands(condition, claim))
        {
            return values.all(|value| value.is_literal() || names_some(value.literal_prefix()));
        }
        let Some(project) = &self.project else {
            return false;
        };
        self.demands(condition, "sub")
            && values.all(|value| match rest_after(project, value, value.literal_prefix()) {
                // GitHub's subject for jobs of pull requests names no branch.
                Some(rest) if value.is_literal() => !["", "pull_request"].contains(&rest),
                Some(rest) => rest
                    .split_once([':', '/'])
                    .is_some_and(|(_, rest)| names_some(rest)),
                None => names_branch(value),
            })
    }

    /// Whether the condition demands the claim, which is a key of this issuer or a whole key.
    fn demands(&self, condition: &Condition, claim: &str) -> bool {
        let is_key = if claim.contains(':') {
            condition.key.eq_ignore_ascii_case(claim)
        } else {
            // The key starts with the provider's URL, which may end with a slash.
            condition
                .key
                .rsplit_once(':')
                .is_some_and(|(issuer, name)| {
                    issuer
                        .trim_end_matches('/')
                        .eq_ignore_ascii_case(&self.name)
                        && name.eq_ignore_ascii_case(claim)
                })
        };
        is_key && condition.demands_value() && !condition.values.is_empty()
    }
}

/// Whether the text before a wildcard has a name in it, and not only words that introduce one.
fn names_some(beginning: &str) -> bool {
    beginning
        .split([':', '/'])
        .any(|name| !name.is_empty() && !KINDS.contains(&name))
}

/// Whether a branch, an environment or the like is named after wildcards:
/// `repo:octo/*:environment:prod`.
fn names_branch(value: &Pattern) -> bool {
    let parts: Vec<&str> = value.as_str().split(':').collect();
    parts.windows(2).any(|pair| {
        let name = pair[1].split(['*', '?', '$']).next().unwrap_or_default();
        BRANCH_CLAIMS.contains(&pair[0]) && names_some(name)
    })
}

/// What follows the form in `text`, the end of a value's literal prefix, if that begins with it.
fn rest_after<'v>(form: &str, value: &Pattern, text: &'v str) -> Option<&'v str> {
    let mut rest = text;
    let mut pieces = form.split("{}");
    rest = rest.strip_prefix(pieces.next()?)?;
    for delimiter in pieces {
        if delimiter.is_empty() {
            fixed(value)?;
            return (!rest.is_empty()).then_some("");
        }
        let (name, after) = rest.split_once(delimiter)?;
        if name.is_empty() {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tells(provider: &str, operator: &str, claim: &str, value: &str) -> bool {
        let key = if claim.contains(':') {
            claim.to_owned()
        } else {
            format!("{provider}:{claim}")
        };
        let condition = Condition::new(operator, &key, &[value.to_owned()], true);
        Issuer::of_provider(provider)
            .unwrap()
            .tells_tenant(&condition)
    }

    const GITHUB: &str = "token.actions.githubusercontent.com";

    #[test]
    fn the_name_of_the_owner_must_end_before_a_wildcard() {
        for value in ["repo:octo-org/*", "repo:octo-org/octo-repo:*", "repo:octo-org@*/repo@*:*"] {
            assert!(tells(GITHUB, "StringLike", "sub", value), "{value}");
        }
        for value in [
            "*",
            "r*",
            "repo*",
            "repo:*",
            "repo:*/x",
            "repo:octo-org*",
            "repo:o?to-org/*",
            "environment:prod",
        ] {
            assert!(!tells(GITHUB, "StringLike", "sub", value), "{value}");
        }
        let terraform = "app.terraform.io";
        assert!(tells(terraform, "StringLike", "sub", "organization:acme:project:*"));
        assert!(!tells(terraform, "StringLike", "sub", "organization:acme*:project:p"));
        assert!(tells("gitlab.com", "StringLike", "sub", "project_path:acme/*"));
        assert!(!tells("gitlab.com", "StringLike", "sub", "project_path*"));
    }

    /// "environment:production%3Aeastus:repository_owner:octo-org" is GitHub's own example:
    /// <https://docs.github.com/en/actions/reference/security/oidc>
    #[test]
    fn the_owner_may_come_after_other_claims() {
        for (value, is_fixed) in [
            ("environment:production%3Aeastus:repository_owner:octo-org", true),
            ("environment:prod:repository_owner:octo-org:ref:*", true),
            ("repository:octo-org/octo-repo:environment:*", true),
            ("environment:prod:repository:octo-org/*", true),
            ("environment:prod:repository_owner:octo-*", false),
            ("environment:*:repository_owner:octo-org", false),
            ("environment:repository_owner:octo-org", false),
            ("environment:prod:repository:octo*", false),
        ] {
            assert_eq!(tells(GITHUB, "StringLike", "sub", value), is_fixed, "{value}");
        }
        let terraform = "workspace:w:organization:acme:";
        assert!(!tells("app.terraform.io", "StringLike", "sub", terraform));
    }

    #[test]
    fn the_claim_must_be_the_issuers_and_demanded() {
        assert!(!tells(GITHUB, "StringLike", "aud", "sts.amazonaws.com"));
        assert!(!tells(GITHUB, "StringNotLike", "sub", "repo:octo-org/*"));
        assert!(!tells(GITHUB, "StringLike", "gitlab.com:sub", "repo:octo-org/*"));
        assert!(tells(
            "accounts.google.com",
            "StringEquals",
            "aud",
            "123.apps.googleusercontent.com"
        ));
        assert!(!tells("accounts.google.com", "StringLike", "aud", "*"));
        assert!(!tells("accounts.google.com", "StringEquals", "oaud", "chosen"));
    }

    #[test]
    fn the_list_is_sorted_and_every_row_has_a_source() {
        assert!(SHARED.issuer.is_sorted_by(|a, b| a.name < b.name));
        for Issuer { name, source, fixed, .. } in &SHARED.issuer {
            assert!(source.starts_with("https://"), "{name}");
            assert!(!fixed.is_empty() && fixed.values().all(|forms| !forms.is_empty()), "{name}");
        }
    }
}
