//! What AWS does not offer in every partition.

use portcullis_model::Source;

/// Whether AWS answers the call there. Account Management has endpoints in `aws` and `aws-cn` only:
/// <https://github.com/boto/botocore/blob/develop/botocore/data/endpoints.json>.
pub(crate) fn offers(partition: &str, source: Source) -> bool {
    let is_isolated = partition.starts_with("aws-iso");
    match source {
        Source::AlternateContacts => {
            !is_isolated && !["aws-us-gov", "aws-eusc"].contains(&partition)
        }
        _ => true,
    }
}

/// Whether root may have a password there. In GovCloud it cannot sign in to the console:
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-account-root-user.html>.
pub(crate) fn root_has_console(partition: &str) -> bool {
    partition != "aws-us-gov"
}
