//! Conditions that really limit who may assume a role.
//!
//! A condition limits if a request must have its key with one of its values: positive operators
//! do, but not with `IfExists` or `ForAllValues`, which let requests without the key pass, nor do
//! negated ones. And each value must say something: `*` does not, nor an ARN of any account.
//! In a Deny it is the negated operators that limit, for everyone else is turned away.

use portcullis_model::Arn;
use portcullis_model::policy::{
    Condition, Effect, Principal, Principals, Statement, is_account_id,
};

/// Keys that tell who asks, or from where. After AWS's meaning of "public", and what the keys hold:
/// tags of principals are missing, since every account sets its own.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>
pub(super) const WHO: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpcsourceip",
    "sts:externalid",
];

/// Keys that another account must meet before it is trusted: a secret, MFA, or an organization.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>
pub(super) const OUTSIDER: [&str; 5] =
    [MFA_AGE, MFA, "aws:principalorgid", "aws:principalorgpaths", "sts:externalid"];

/// Keys that say for whom a service acts.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
pub(super) const SOURCE: [&str; 4] =
    ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

const MFA: &str = "aws:multifactorauthpresent";
const MFA_AGE: &str = "aws:multifactorauthage";

/// Whether an Allow with these conditions is limited by one of the keys.
pub(super) fn limits(conditions: &[Condition], keys: &[&str]) -> bool {
    conditions.iter().any(|condition| {
        keys.contains(&condition.key.as_str())
            && match condition.key.as_str() {
                MFA => condition.demands_a_value() && all(condition, |value| value == "true"),
                MFA_AGE => condition.operator.starts_with("numericless") && !condition.if_exists,
                _ => condition.demands_a_value() && is_specific(condition),
            }
    })
}

/// Whether the statement denies everyone but those whom one of the keys lets through.
pub(super) fn turns_others_away(deny: &Statement, keys: &[&str]) -> bool {
    let everyone = match &deny.principals {
        Some(Principals::Of(list)) => list.contains(&Principal::Anyone),
        _ => false,
    };
    // Services of AWS may be spared too.
    let mut limiting = deny
        .conditions
        .iter()
        .filter(|condition| condition.key != "aws:principalisawsservice")
        .peekable();
    let spares = |condition: &Condition| {
        keys.contains(&condition.key.as_str())
            && match condition.key.as_str() {
                // Without IfExists it spares whoever has no such key: all but short sessions.
                MFA => {
                    condition.operator == "bool"
                        && condition.if_exists
                        && all(condition, |value| value == "false")
                }
                _ => condition.spares_only_values() && is_specific(condition),
            }
    };
    deny.effect == Effect::Deny && everyone && limiting.peek().is_some() && limiting.all(spares)
}

/// The accounts that conditions name as those of who asks.
pub(super) fn accounts(conditions: &[Condition]) -> Vec<&str> {
    let of_value = |condition: &Condition, value: &'_ str| match condition.key.as_str() {
        "aws:principalaccount" => is_account_id(value),
        "aws:principalarn" => Arn::parse(value).is_some_and(|arn| is_account_id(arn.account)),
        _ => false,
    };
    let demanding = conditions.iter().filter(|condition| condition.demands_a_value());
    let pairs = demanding.flat_map(|condition| {
        condition.values.iter().map(move |value| (condition, value.as_str()))
    });
    pairs
        .filter(|(condition, value)| of_value(condition, value))
        .map(|(_, value)| Arn::parse(value).map_or(value, |arn| arn.account))
        .collect()
}

fn all(condition: &Condition, holds: impl Fn(&str) -> bool) -> bool {
    condition.values.iter().all(|value| holds(&value.to_ascii_lowercase()))
}

fn is_specific(condition: &Condition) -> bool {
    condition.values.iter().all(|value| match condition.key.as_str() {
        // The caller's account is then that of the role.
        "aws:principalaccount" if value.eq_ignore_ascii_case("${aws:ResourceAccount}") => true,
        "aws:principalorgid" if value.eq_ignore_ascii_case("${aws:ResourceOrgID}") => true,
        "aws:principalarn" => Arn::parse(value).is_some_and(|arn| is_account_id(arn.account)),
        "aws:sourcearn" => Arn::parse(value).is_some_and(|arn| {
            is_account_id(arn.account) || (arn.account.is_empty() && begins(arn.resource))
        }),
        "aws:sourceip" | "aws:vpcsourceip" => !value.ends_with("/0"),
        _ => begins(value),
    })
}

/// Whether the value begins with plain text.
pub(in super::super) fn begins(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['*', '?']) && !value.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(operator: &str, key: &str, value: &str) -> bool {
        limits(&[Condition::new(operator, key, vec![value.to_owned()])], &WHO)
    }

    #[test]
    fn positive_conditions_with_real_values_limit() {
        assert!(limited("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"));
        assert!(limited("StringEquals", "AWS:principalorgid", "o-a1b2c3d4e5"));
        assert!(limited("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"));
        assert!(limited("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"));
        assert!(limited("StringEquals", "sts:ExternalId", "12345"));
        assert!(limited("IpAddress", "aws:SourceIp", "203.0.113.0/24"));
        assert!(limited("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"));
    }

    #[test]
    fn other_conditions_do_not() {
        assert!(!limited("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"));
        assert!(!limited("StringEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"));
        assert!(!limited("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"));
        assert!(!limited("StringLike", "aws:PrincipalOrgID", "*"));
        assert!(!limited("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deploy"));
        assert!(!limited("StringLike", "aws:PrincipalArn", "*"));
        assert!(!limited("IpAddress", "aws:SourceIp", "0.0.0.0/0"));
        assert!(!limited("StringEquals", "aws:PrincipalTag/team", "red"));
        assert!(!limited("Bool", "aws:SecureTransport", "true"));
        assert!(!limited("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}"));
    }

    #[test]
    fn one_empty_value_spoils_the_others() {
        let values = vec!["o-a1b2c3d4e5".to_owned(), "*".to_owned()];
        assert!(!limits(&[Condition::new("StringLike", "aws:PrincipalOrgID", values)], &WHO));
    }

    #[test]
    fn mfa_must_be_present() {
        let mfa = |operator: &str, value: &str| {
            let condition =
                Condition::new(operator, "aws:MultiFactorAuthPresent", vec![value.to_owned()]);
            limits(&[condition], &OUTSIDER)
        };
        assert!(mfa("Bool", "true"));
        assert!(!mfa("BoolIfExists", "true") && !mfa("Bool", "false"));
        let age = |operator: &str| {
            let condition =
                Condition::new(operator, "aws:MultiFactorAuthAge", vec!["3600".to_owned()]);
            limits(&[condition], &OUTSIDER)
        };
        assert!(age("NumericLessThan") && !age("NumericGreaterThan"));
        assert!(!age("NumericLessThanIfExists"));
    }
}
