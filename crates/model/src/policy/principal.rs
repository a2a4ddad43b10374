//! Who a statement of a resource policy is about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value as Json;

/// The principals of a statement of a resource policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principals {
    /// `Principal`: these.
    Of(Vec<Principal>),
    /// `NotPrincipal`: all but these.
    AllBut(Vec<Principal>),
}

/// One principal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    /// `"*"` or `{"AWS": "*"}`: anyone, whatever the account.
    Anyone,
    /// An ARN, the 12-digit id of an account, or the unique id of a principal that is gone.
    Aws(String),
    /// A service, such as `ec2.amazonaws.com`.
    Service(String),
    /// A SAML or OIDC provider by ARN, or a web identity provider by name.
    Federated(String),
    /// The canonical id of an account, which only S3 reads.
    CanonicalUser(String),
}

impl Principal {
    /// The 12-digit id of the account that an AWS principal is, or is of.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let Principal::Aws(text) = self else { return None };
        let account = match text.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "iam" | "sts", "", account, _, ..] => account,
            _ => text,
        };
        is_account_id(account).then_some(account)
    }

    /// Whether it stands for a whole account: its id, or the ARN of its root.
    #[must_use]
    pub fn is_account(&self) -> bool {
        let Principal::Aws(text) = self else { return false };
        is_account_id(text) || (self.account().is_some() && text.split(':').nth(5) == Some("root"))
    }
}

/// Whether this is the 12-digit id of an account.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads `"*"`, or an object of types, each with one id or a list.
pub(super) fn principals(json: &Json) -> Result<Vec<Principal>, String> {
    match json {
        Json::String(text) if text == "*" => Ok(vec![Principal::Anyone]),
        Json::Object(types) => {
            let lists = types.iter().map(|(kind, ids)| of_kind(kind, ids));
            Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
        }
        other => Err(format!("has the principal {other}, which is neither \"*\" nor an object")),
    }
}

fn of_kind(kind: &str, ids: &Json) -> Result<Vec<Principal>, String> {
    let make = match kind {
        "AWS" => aws,
        "Service" => Principal::Service,
        "Federated" => Principal::Federated,
        "CanonicalUser" => Principal::CanonicalUser,
        _ => return Err(format!("has principals of the unknown type {kind:?}")),
    };
    let ids = if let Json::Array(list) = ids { list.as_slice() } else { std::slice::from_ref(ids) };
    ids.iter()
        .map(|id| match id {
            Json::String(text) => Ok(make(text.clone())),
            other => Err(format!("has the {kind} principal {other}, which is no text")),
        })
        .collect()
}

/// IAM takes no wildcard within an id; should one get by, it stands for anyone.
fn aws(text: String) -> Principal {
    if text.contains(['*', '?']) { Principal::Anyone } else { Principal::Aws(text) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_read() {
        let aws = |text: &str| Principal::Aws(text.to_owned());
        assert_eq!(principals(&json!("*")), Ok(vec![Principal::Anyone]));
        assert_eq!(principals(&json!({"AWS": "*"})), Ok(vec![Principal::Anyone]));
        assert_eq!(
            principals(&json!({"AWS": ["111122223333", "*"], "Service": "ec2.amazonaws.com"})),
            Ok(vec![
                aws("111122223333"),
                Principal::Anyone,
                Principal::Service("ec2.amazonaws.com".to_owned()),
            ])
        );
        let google = Principal::Federated("accounts.google.com".to_owned());
        assert_eq!(principals(&json!({"Federated": "accounts.google.com"})), Ok(vec![google]));
        assert_eq!(principals(&json!({"AWS": []})), Ok(vec![]));
    }

    #[test]
    fn other_forms_are_errors() {
        for hostile in [
            json!("123456789012"),
            json!(["*"]),
            json!(null),
            json!(7),
            json!({"AWS": 123_456_789_012_u64}),
            json!({"AWS": {"AWS": "*"}}),
            json!({"AWS": [["*"]]}),
            json!({"aws": "*"}),
        ] {
            assert!(principals(&hostile).is_err(), "{hostile}");
        }
    }

    #[test]
    fn accounts_are_exact() {
        let account = |text: &str| Principal::Aws(text.to_owned()).account().map(str::to_owned);
        let id = Some("111122223333".to_owned());
        assert_eq!(account("111122223333"), id);
        assert_eq!(account("arn:aws:iam::111122223333:root"), id);
        assert_eq!(account("arn:aws-cn:iam::111122223333:role/a/b"), id);
        assert_eq!(account("arn:aws:sts::111122223333:assumed-role/a/b"), id);
        assert_eq!(account("1111222233334"), None);
        assert_eq!(account("AIDACKCEVSQ6C2EXAMPLE"), None);
        assert_eq!(account("arn:aws:iam::aws:policy/x"), None);
        let whole = |text: &str| Principal::Aws(text.to_owned()).is_account();
        assert!(whole("111122223333") && whole("arn:aws:iam::111122223333:root"));
        assert!(!whole("arn:aws:iam::111122223333:user/root"));
        assert!(!whole("arn:aws:iam::111122223333:user/x:root"));
    }
}
