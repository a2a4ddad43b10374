//! The password policy in force.

use portcullis_model::PasswordPolicy;

use super::documents::{self, Problem};
use crate::bundle::Document;
use crate::shapes;

/// Reads the policy in force, either the account's own or AWS's default.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
pub(super) fn read(document: &Document) -> Result<PasswordPolicy, Problem> {
    let answer: shapes::AccountPasswordPolicy = documents::one(document)?;
    match answer.password_policy {
        Some(own) => custom(&own),
        None => Ok(aws_default()),
    }
}

/// The highest values that AWS accepts.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>
const MAX_LENGTH: u32 = 128;
const MAX_AGE: u32 = 1095;
const MAX_REUSE_PREVENTION: u32 = 24;

fn custom(own: &shapes::PasswordPolicy) -> Result<PasswordPolicy, Problem> {
    for (name, value, max) in [
        ("MinimumPasswordLength", own.minimum_password_length, MAX_LENGTH),
        ("MaxPasswordAge", own.max_password_age, MAX_AGE),
        ("PasswordReusePrevention", own.password_reuse_prevention, MAX_REUSE_PREVENTION),
    ] {
        if let Some(value) = value.filter(|value| *value > max) {
            let message = format!("{name} is {value}, and AWS accepts at most {max}");
            return Err(Problem::malformed(message));
        }
    }
    let has_age = own.max_password_age.is_some_and(|days| days > 0);
    if own.expire_passwords != has_age {
        let message = if has_age {
            "ExpirePasswords is false, but MaxPasswordAge is not 0"
        } else {
            "ExpirePasswords is true, but there is no MaxPasswordAge"
        };
        return Err(Problem { code: "Contradictory", message: message.to_owned() });
    }
    // AWS always sends the length, and any default would be a guess.
    let min_length = own
        .minimum_password_length
        .ok_or_else(|| Problem::malformed("PasswordPolicy lacks MinimumPasswordLength"))?;
    Ok(PasswordPolicy {
        custom: true,
        min_length,
        require_uppercase: own.require_uppercase_characters,
        require_lowercase: own.require_lowercase_characters,
        require_numbers: own.require_numbers,
        require_symbols: own.require_symbols,
        users_may_change: Some(own.allow_users_to_change_password),
        max_age_days: own.max_password_age.filter(|_| has_age),
        reuse_prevention: own.password_reuse_prevention.unwrap_or(0),
        hard_expiry: own.hard_expiry.unwrap_or(false),
        changed: None,
    })
}

fn aws_default() -> PasswordPolicy {
    PasswordPolicy {
        custom: false,
        min_length: 8,
        require_uppercase: false,
        require_lowercase: false,
        require_numbers: false,
        require_symbols: false,
        users_may_change: None,
        max_age_days: None,
        reuse_prevention: 0,
        hard_expiry: false,
        changed: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn policy(json: &str) -> Result<PasswordPolicy, Problem> {
        let file = "account-password-policy.json".to_owned();
        read(&Document { file, bytes: json.as_bytes().to_vec() })
    }

    #[test]
    fn null_is_aws_default() {
        let policy = policy(r#"{"PasswordPolicy": null}"#).ok().unwrap();
        assert_eq!(policy, aws_default());
    }

    #[test]
    fn what_does_not_say_null_is_never_the_default() {
        for json in ["{}", r#"{"PasswordPolicy": {}}"#, r#"{"Policy": null}"#, "null", "<html>"] {
            assert_eq!(policy(json).err().map(|problem| problem.code), Some("Malformed"), "{json}");
        }
    }

    #[test]
    fn a_policy_is_read_in_full() {
        let json = r#"{"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireSymbols": true,
            "RequireNumbers": true, "RequireUppercaseCharacters": true,
            "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true,
            "ExpirePasswords": true, "MaxPasswordAge": 90, "PasswordReusePrevention": 24,
            "HardExpiry": true}}"#;
        let expected = PasswordPolicy {
            custom: true,
            min_length: 14,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            users_may_change: Some(true),
            max_age_days: Some(90),
            reuse_prevention: 24,
            hard_expiry: true,
            changed: None,
        };
        assert_eq!(policy(json).ok(), Some(expected));
    }

    /// What AWS sends of a policy that sets nothing but a length.
    fn whole() -> Json {
        json!({
            "MinimumPasswordLength": 6, "RequireSymbols": false, "RequireNumbers": false,
            "RequireUppercaseCharacters": false, "RequireLowercaseCharacters": false,
            "AllowUsersToChangePassword": false, "ExpirePasswords": false,
        })
    }

    fn policy_of(own: &Json) -> Result<PasswordPolicy, Problem> {
        policy(&json!({ "PasswordPolicy": own }).to_string())
    }

    #[test]
    fn an_absent_flag_is_not_false() {
        assert!(policy_of(&whole()).is_ok());
        for name in whole().as_object().unwrap().keys() {
            let mut own = whole();
            own.as_object_mut().unwrap().remove(name);
            let code = policy_of(&own).err().map(|problem| problem.code);
            assert_eq!(code, Some("Malformed"), "{name}");
        }
    }

    #[test]
    fn no_value_is_higher_than_aws_accepts() {
        for (name, max) in [
            ("MinimumPasswordLength", 128),
            ("MaxPasswordAge", 1095),
            ("PasswordReusePrevention", 24),
        ] {
            for (value, is_fine) in [(max, true), (max + 1, false)] {
                let mut own = whole();
                own[name] = value.into();
                own["ExpirePasswords"] = (name == "MaxPasswordAge").into();
                assert_eq!(policy_of(&own).is_ok(), is_fine, "{own}");
            }
        }
    }

    /// "Returns true if MaxPasswordAge contains a value greater than 0. Returns false if
    /// MaxPasswordAge is 0 or not present":
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html>.
    #[test]
    fn passwords_expire_if_and_only_if_there_is_an_age() {
        for (expire, age, expected) in [
            (true, json!(90), Ok(Some(90))),
            (false, json!(null), Ok(None)),
            (false, json!(0), Ok(None)),
            (true, json!(0), Err("Contradictory")),
            (true, json!(null), Err("Contradictory")),
            (false, json!(90), Err("Contradictory")),
        ] {
            let mut own = whole();
            own["ExpirePasswords"] = expire.into();
            own["MaxPasswordAge"] = age;
            let policy = policy_of(&own);
            let age = policy
                .map(|policy| policy.max_age_days)
                .map_err(|problem| problem.code);
            assert_eq!(age, expected, "{own}");
        }
    }
}
