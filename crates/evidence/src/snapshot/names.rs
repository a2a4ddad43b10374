//! Names as IAM compares them.

/// Names of users and groups are unique regardless of case, so they are compared without it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn name_key(name: &str) -> String {
    name.to_ascii_lowercase()
}
