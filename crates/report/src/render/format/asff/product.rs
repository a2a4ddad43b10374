//! The ARN that stands for "findings of your own" in Security Hub.

use portcullis_model::{AccountId, AccountRef};

/// The default product of the account, in the region whose Security Hub is to take the finding: that
/// of the session, since one call reaches one region, whatever the resource's own is. None if the
/// account, or where to look for its Security Hub, is not known.
///
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html>
pub(super) fn arn(account: AccountRef<'_>, region: Option<&str>) -> Option<String> {
    let (partition, id) = (account.partition, AccountId::parse(account.id)?);
    let region = region.or_else(|| control_plane(partition))?;
    Some(format!("arn:{partition}:securityhub:{region}:{id}:product/{id}/default"))
}

/// Where a partition keeps its IAM resources: a bundle made by hand names no region.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/disaster-recovery-resiliency.html>
fn control_plane(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product_arn(id: &str, partition: &str, region: Option<&str>) -> Option<String> {
        arn(AccountRef { partition, id }, region)
    }

    #[test]
    fn a_product_is_in_the_region_of_the_session_or_of_iam() {
        for (partition, region, expected) in [
            ("aws", Some("eu-west-1"), "arn:aws:securityhub:eu-west-1"),
            ("aws", None, "arn:aws:securityhub:us-east-1"),
            ("aws-cn", None, "arn:aws-cn:securityhub:cn-north-1"),
            ("aws-us-gov", None, "arn:aws-us-gov:securityhub:us-gov-west-1"),
            ("aws-eusc", Some("eusc-de-east-1"), "arn:aws-eusc:securityhub:eusc-de-east-1"),
        ] {
            let arn = product_arn("111122223333", partition, region).unwrap();
            assert_eq!(arn, format!("{expected}:111122223333:product/111122223333/default"));
        }
    }

    #[test]
    fn what_cannot_be_imported_has_none() {
        assert_eq!(product_arn("unknown", "aws", Some("eu-west-1")), None);
        assert_eq!(product_arn("11112222333", "aws", Some("eu-west-1")), None);
        assert_eq!(product_arn("111122223333", "unknown", None), None);
    }
}
