//! The password policy in force.

use portcullis_model::PasswordPolicy;

use super::documents::{self, Problem};
use crate::bundle::Document;
use crate::shapes;

/// Reads the policy in force: the account's own, or AWS's default.
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
    // AWS always tells the length: a policy without one is not AWS's whole answer, and any length
    // put in its place would be a guess.
    let length = own.minimum_password_length;
    Ok(PasswordPolicy {
        custom: true,
        min_length: length
            .ok_or_else(|| Problem::malformed("PasswordPolicy lacks MinimumPasswordLength"))?,
        require_uppercase: own.require_uppercase_characters,
        require_lowercase: own.require_lowercase_characters,
        require_numbers: own.require_numbers,
        require_symbols: own.require_symbols,
        users_may_change: Some(own.allow_users_to_change_password),
        max_age_days: own.max_password_age.filter(|&days| own.expire_passwords && days > 0),
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

    #[test]
    fn no_value_is_higher_than_aws_accepts() {
        for (name, max) in [
            ("MinimumPasswordLength", 128),
            ("MaxPasswordAge", 1095),
            ("PasswordReusePrevention", 24),
        ] {
            for (value, is_fine) in [(max, true), (max + 1, false)] {
                let mut own = serde_json::json!({"MinimumPasswordLength": 14});
                own[name] = value.into();
                let json = serde_json::json!({ "PasswordPolicy": own }).to_string();
                assert_eq!(policy(&json).is_ok(), is_fine, "{json}");
            }
        }
    }

    #[test]
    fn no_age_no_expiry() {
        for expiry in [
            r#""ExpirePasswords": true, "MaxPasswordAge": 0"#,
            r#""ExpirePasswords": true"#,
            r#""ExpirePasswords": false, "MaxPasswordAge": 90"#,
        ] {
            let json = format!(r#"{{"PasswordPolicy": {{"MinimumPasswordLength": 6, {expiry}}}}}"#);
            assert_eq!(policy(&json).ok().unwrap().max_age_days, None, "{expiry}");
        }
    }
}
