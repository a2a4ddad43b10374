//! Texts that authors of rules and frameworks wrote for everybody.

use portcullis_model::AccountId;

use super::names::Names;
use super::{arn, form};

/// The text without ARNs, ids of accounts and keys, and email addresses, should it hold some.
pub(super) fn without_ids(text: &str, names: &Names<'_>) -> String {
    text.split_inclusive(char::is_whitespace).map(|word| without_id(word, names)).collect()
}

/// A word, with the marks and the space around it.
fn without_id(text: &str, names: &Names<'_>) -> String {
    let word = text.trim_matches(|c: char| c.is_whitespace() || "()[]<>\"'`,.;:?!".contains(c));
    let is_address = word.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let is_template = word.contains('{');
    if !is_template && (arn::parse(word).is_some() || form::is_key(word) || is_address) {
        return text.replace(word, &names.text(word));
    }
    without_accounts(text, names)
}

/// The text with each run of twelve digits replaced, whatever is around it.
fn without_accounts(text: &str, names: &Names<'_>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = &rest[start..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        clean.push_str(&rest[..start]);
        let run = &digits[..end];
        let is_account = AccountId::parse(run).is_some();
        clean.push_str(&if is_account { names.account(run) } else { run.to_owned() });
        rest = &digits[end..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::super::Salt;
    use super::*;

    #[test]
    fn ids_go_and_words_stay() {
        let salt = Salt::new(b"0123456789abcdef").unwrap();
        let names = Names::new(&salt);
        let clean = |text: &str| without_ids(text, &names);
        for stays in [
            "aws iam delete-user --user-name {user.name}\n  see arn:aws:iam::aws:policy/ReadOnlyAccess.",
            "after 90 days, at 1234567890123 or 2026-01-01",
            "",
        ] {
            assert_eq!(clean(stays), stays);
        }
        let account = salt.account("111122223333");
        assert_eq!(clean("trust 111122223333."), format!("trust {account}."));
        let role = "(arn:aws:iam::111122223333:role/{role.name})";
        assert_eq!(clean(role), role.replace("111122223333", &account));
        for id in ["AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::111122223333:role/ci", "me@example.com"] {
            let text = clean(&format!("ask <{id}>, then go"));
            assert!(text.starts_with("ask <") && text.ends_with(">, then go"), "{text}");
            assert!(!text.contains(id), "{text}");
        }
    }
}
