//! Recognises texts by their form.

use portcullis_model::AccountId;

use crate::text::is_time;

/// Portcullis' names for credentials without a name, by their place in the credential report.
const SLOTS: [&str; 6] =
    ["key 1", "key 2", "access key 1", "access key 2", "certificate 1", "certificate 2"];

/// Whether a text cannot identify anybody anywhere, such as a time, a slot or a wildcard, which no user can have as a
/// name.
pub(super) fn is_nobodys(text: &str) -> bool {
    text.is_empty() || text == "*" || SLOTS.contains(&text) || is_time(text)
}

/// Whether a text in activity means somebody without a name. Elsewhere, it may be the name of a user.
pub(super) fn is_unnamed(text: &str) -> bool {
    ["root", "AWS ROOT USER", "AWS Internal", "somebody unnamed"].contains(&text)
}

/// Whether an address is an AWS service, such as `signin.amazonaws.com`. Elsewhere, it may be the name of a user.
pub(super) fn is_service(text: &str) -> bool {
    text.strip_suffix(".amazonaws.com").is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// Whether this is a unique id of IAM, such as an access key id: four letters beginning with `A`, and more.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(super) fn is_key(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text.bytes().take(4).all(|byte| byte.is_ascii_uppercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Parses the number of a policy statement, and its Sid if it has one, which its author chose.
pub(super) fn statement(text: &str) -> Option<(&str, Option<&str>)> {
    let (number, sid) = match text.split_once(" (") {
        Some((number, rest)) => (number, Some(rest.strip_suffix(')')?)),
        None => (text, None),
    };
    let is_number = (1..5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some((number, sid))
}

/// Whether this is a single word, such as an action or an error code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".:_-".contains(&b))
        && AccountId::parse(text).is_none()
        && !is_key(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_by_their_form() {
        assert!(
            ["AKIAIOSFODNN7EXAMPLE", "ACCAFARID22222EXAMPLE"]
                .into_iter()
                .all(is_key)
        );
        assert!(
            !["AdministratorAccess", "AKIA", "BKIAIOSFODNN7EXAMPLE"]
                .into_iter()
                .any(is_key)
        );
    }

    #[test]
    fn statements_have_a_number_and_perhaps_a_sid() {
        assert_eq!(statement("1"), Some(("1", None)));
        assert_eq!(statement("12 (Keep (all))"), Some(("12", Some("Keep (all)"))));
        for text in ["", "x", "x (y)", "1 (y", "123456", "1 y"] {
            assert_eq!(statement(text), None, "{text}");
        }
    }
}
