//! What a text is, as far as its form shows.

use jiff::Timestamp;
use portcullis_model::AccountId;

/// Names that Portcullis itself gives to what has none, by where it stands in the credential report.
const SLOTS: [&str; 6] =
    ["key 1", "key 2", "access key 1", "access key 2", "certificate 1", "certificate 2"];

/// Whether a text says nothing about whose it is, wherever it stands: a time, a slot, a wildcard. No user can have
/// such a name.
pub(super) fn is_nobodys(text: &str) -> bool {
    text.is_empty() || text == "*" || SLOTS.contains(&text) || is_time(text)
}

/// What stands for somebody or something in activity that has no name there. Elsewhere, a user may be called so.
pub(super) fn is_unnamed(text: &str) -> bool {
    ["root", "AWS ROOT USER", "AWS Internal", "somebody not named"].contains(&text)
}

/// A service of AWS, which stands where others have an address: `signin.amazonaws.com`. A user may be called so.
pub(super) fn is_service(text: &str) -> bool {
    text.strip_suffix(".amazonaws.com").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// A moment as reports write it.
pub(super) fn is_time(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<Timestamp>().is_ok()
}

/// A unique id of IAM, such as that of an access key: four letters, the first `A`, and more.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(super) fn is_key(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text.bytes().take(4).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A statement of a policy: its number, and its Sid if it has one, which somebody chose.
pub(super) fn statement(text: &str) -> Option<(&str, Option<&str>)> {
    let (number, sid) = match text.split_once(" (") {
        Some((number, rest)) => (number, Some(rest.strip_suffix(')')?)),
        None => (text, None),
    };
    let is_number = (1..5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some((number, sid))
}

/// One word of AWS's or of ours, as an action or an error code is.
pub(super) fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".:_-".contains(&b))
        && AccountId::parse(text).is_none()
        && !is_key(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_by_their_form() {
        assert!(["AKIAIOSFODNN7EXAMPLE", "ACCAFARID22222EXAMPLE"].into_iter().all(is_key));
        assert!(!["AdministratorAccess", "AKIA", "BKIAIOSFODNN7EXAMPLE"].into_iter().any(is_key));
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
