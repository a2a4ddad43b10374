//! Comparing names as IAM does.

/// Returns a name in lower case: IAM keeps names of users and groups unique regardless of case.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn name_key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether two names have the same [`name_key`].
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
