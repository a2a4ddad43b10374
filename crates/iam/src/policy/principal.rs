//! The principals of a statement in a resource policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value as Json;

use portcullis_model::{AccountId, Arn};

use crate::trust::is_session_of;

/// One principal, as a resource policy names it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum PrincipalElement {
    /// `"*"` or `{"AWS": "*"}`: anyone, whatever the account.
    Anyone,
    /// The 12-digit id of an account, or the ARN of its root: all of the account.
    Account(AccountId),
    /// The ARN of a user, a role or a session.
    Arn(String),
    /// The unique id that IAM leaves where a user or role was deleted, such as `AROA…`.
    Deleted(String),
    /// A service, such as `ec2.amazonaws.com`.
    Service(String),
    /// A SAML or OIDC provider by ARN, or a web identity provider by name.
    Federated(String),
    /// The canonical id of an account, which only S3 reads.
    CanonicalUser(String),
}

impl PrincipalElement {
    /// The account of an AWS principal.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            PrincipalElement::Account(id) => Some(*id),
            PrincipalElement::Arn(arn) => Arn::parse(arn)?.account_id(),
            _ => None,
        }
    }

    /// Whether this element includes every principal that the other stands for.
    pub(crate) fn includes(&self, other: &PrincipalElement) -> bool {
        match self {
            PrincipalElement::Anyone => true,
            PrincipalElement::Account(id) => other.account() == Some(*id),
            // A role's ARN stands for its sessions too.
            PrincipalElement::Arn(arn) => match other {
                PrincipalElement::Arn(other) => arn == other || is_session_of(other, arn),
                _ => false,
            },
            _ => self == other,
        }
    }

    /// Whether a Deny with `NotPrincipal` spares it. AWS checks the account first, so the list must
    /// name the account too. If the list names principals of the account, only these are spared. It
    /// is not documented whether naming a role spares its sessions; here it does.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub(crate) fn is_spared_by(&self, list: &[PrincipalElement]) -> bool {
        let Some(account) = self.account() else {
            return list.iter().any(|listed| listed.includes(self));
        };
        let names_some = list.iter().any(|listed| {
            matches!(listed, PrincipalElement::Arn(_)) && listed.account() == Some(account)
        });
        let is_named = match self {
            PrincipalElement::Arn(arn) if names_some => {
                arn.contains(":assumed-role/") || list.contains(self)
            }
            _ => !names_some,
        };
        list.contains(&PrincipalElement::Anyone)
            || list.contains(&PrincipalElement::Account(account)) && is_named
    }
}

/// Reads `"*"`, or an object with one id or a list for each type. A list may be empty if another is
/// not, as some tools write it.
pub(super) fn principals(json: Json) -> Result<Vec<PrincipalElement>, String> {
    let types = match json {
        Json::String(text) if text == "*" => return Ok(vec![PrincipalElement::Anyone]),
        Json::Object(types) => types,
        other => {
            return Err(format!("has the principal {other}, which is neither \"*\" nor an object"));
        }
    };
    let mut principals = Vec::new();
    for (kind, ids) in types {
        let make = match kind.as_str() {
            "AWS" => aws,
            "Service" => PrincipalElement::Service,
            "Federated" => PrincipalElement::Federated,
            "CanonicalUser" => PrincipalElement::CanonicalUser,
            _ => return Err(format!("has principals of the unknown type {kind:?}")),
        };
        let ids = if let Json::Array(list) = ids {
            list
        } else {
            vec![ids]
        };
        for id in ids {
            match id {
                Json::String(text) if !text.is_empty() => principals.push(make(text)),
                _ => return Err(format!("has the {kind} principal {id}, which names nobody")),
            }
        }
    }
    if principals.is_empty() {
        return Err("has a principal that names nobody".to_owned());
    }
    Ok(principals)
}

/// Reads an AWS principal. IAM refuses wildcards within an id; should one occur, it stands for
/// anyone.
fn aws(text: String) -> PrincipalElement {
    if text.contains(['*', '?']) {
        return PrincipalElement::Anyone;
    }
    if let Some(id) = AccountId::parse(&text) {
        return PrincipalElement::Account(id);
    }
    let Some(arn) = Arn::parse(&text) else {
        return PrincipalElement::Deleted(text);
    };
    match arn.account_id() {
        Some(id) if arn.is_root() => PrincipalElement::Account(id),
        _ => PrincipalElement::Arn(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_read() {
        let account = |id: &str| PrincipalElement::Account(AccountId::parse(id).unwrap());
        let read = |json: Json| principals(json).unwrap();
        assert_eq!(read(json!("*")), [PrincipalElement::Anyone]);
        assert_eq!(read(json!({"AWS": "*"})), [PrincipalElement::Anyone]);
        assert_eq!(
            read(json!({"AWS": ["111122223333", "*"], "Service": "ec2.amazonaws.com"})),
            [
                account("111122223333"),
                PrincipalElement::Anyone,
                PrincipalElement::Service("ec2.amazonaws.com".to_owned()),
            ]
        );
        let root = "arn:aws-cn:iam::111122223333:root";
        assert_eq!(read(json!({"AWS": root})), [account("111122223333")]);
        let user = "arn:aws:iam::111122223333:user/root";
        assert_eq!(read(json!({"AWS": user})), [PrincipalElement::Arn(user.to_owned())]);
        let deleted = PrincipalElement::Deleted("AIDACKCEVSQ6C2EXAMPLE".to_owned());
        assert_eq!(read(json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})), [deleted]);
        let google = PrincipalElement::Federated("accounts.google.com".to_owned());
        assert_eq!(read(json!({"Federated": "accounts.google.com"})), [google]);
        let beside_nobody = read(json!({"AWS": "111122223333", "Service": []}));
        assert_eq!(beside_nobody, [account("111122223333")]);
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
            json!({"AWS": [], "Service": []}),
            json!({"AWS": ""}),
        ] {
            assert!(principals(hostile.clone()).is_err(), "{hostile}");
        }
    }

    #[test]
    fn an_account_includes_its_principals() {
        let [account, user, other] =
            ["111122223333", "arn:aws:iam::111122223333:user/a", "999988887777"]
                .map(|text| aws(text.to_owned()));
        assert!(account.includes(&user) && account.includes(&account));
        assert!(!account.includes(&other) && !user.includes(&account));
        assert!(PrincipalElement::Anyone.includes(&other));
    }
}
