//! ARNs, as far as identities need them.

/// The parts of an ARN that matter here.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    /// Empty in the ARNs of services without regions.
    pub(super) region: &'a str,
    /// Empty or a word such as `aws` in ARNs that belong to no account.
    pub(super) account: &'a str,
    /// All after the fifth colon.
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let (scheme, partition) = (parts.next()?, parts.next()?);
        let (_service, region) = (parts.next()?, parts.next()?);
        let (account, resource) = (parts.next()?, parts.next()?);
        let valid = scheme == "arn" && !partition.is_empty() && !resource.is_empty();
        valid.then_some(Arn { partition, region, account, resource })
    }

    /// The path, such as `/` or `/engineering/`, and the name of the user that this ARN is of.
    pub(super) fn user(self) -> Option<(&'a str, &'a str)> {
        let rest = self.resource.strip_prefix("user").filter(|rest| rest.starts_with('/'))?;
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        (!name.is_empty()).then_some((path, name))
    }

    /// Whether it is the root user's: exactly, so that a user named `groot` is not.
    pub(super) fn is_root(self) -> bool {
        self.resource == "root"
    }
}

/// Whether this is the 12-digit id of an account.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_path_and_name() {
        let user = |arn| Arn::parse(arn).and_then(Arn::user);
        assert_eq!(user("arn:aws:iam::123456789012:user/alice"), Some(("/", "alice")));
        assert_eq!(user("arn:aws-cn:iam::123456789012:user/a/b/c"), Some(("/a/b/", "c")));
        assert_eq!(user("arn:aws:iam::123456789012:user/"), None);
        assert_eq!(user("arn:aws:iam::123456789012:username/x"), None);
        assert_eq!(user("user/alice"), None);
    }

    #[test]
    fn root_is_exact() {
        let root = |arn| Arn::parse(arn).is_some_and(Arn::is_root);
        assert!(root("arn:aws:iam::123456789012:root"));
        assert!(!root("arn:aws:iam::123456789012:user/groot"));
        assert!(!root("arn:aws:iam::123456789012:user/x:root"));
    }
}
