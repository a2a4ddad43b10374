//! Looks up the domains of sign-in pages by name, without connecting to them.

use std::time::Duration;

use futures::future::join_all;
use portcullis_collector::Findings;
use portcullis_model::partition_of;
use serde::Serialize;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// A domain, and whether its name can be resolved.
#[derive(Debug, Serialize)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) resolves: bool,
    /// Why it was not found.
    pub(super) reason: Option<String>,
}

/// Looks up the domains of the sign-in pages of the console and Identity Center, within the limit.
///
/// <https://docs.aws.amazon.com/signin/latest/userguide/allowlist-domains.html>
pub(super) async fn look_up(findings: &Findings, limit: Duration) -> Vec<Domain> {
    join_all(
        names(findings)
            .into_iter()
            .map(|name| Domain::look_up(name, limit)),
    )
    .await
}

impl Domain {
    async fn look_up(name: String, limit: Duration) -> Domain {
        let reason = match timeout(limit, lookup_host((name.as_str(), 443))).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {:.1} seconds", limit.as_secs_f64())),
        };
        Domain { resolves: reason.is_none(), name, reason }
    }
}

/// The domains for the region, or for us-east-1 if it is not known.
fn names(findings: &Findings) -> Vec<String> {
    let region = findings.region.as_deref().unwrap_or("us-east-1");
    let mut names = match partition_of(region) {
        "aws" => vec![
            "signin.aws.amazon.com".to_owned(),
            format!("{region}.signin.aws.amazon.com"),
            format!("{region}.signin.aws"),
        ],
        "aws-cn" => vec!["signin.amazonaws.cn".to_owned()],
        "aws-us-gov" => vec!["signin.amazonaws-us-gov.com".to_owned()],
        // Those of other partitions are not documented.
        _ => Vec::new(),
    };
    names.extend(findings.portal.clone());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_partition_is_sent_to_the_pages_of_another() {
        for (region, first) in [
            ("eu-central-1", Some("signin.aws.amazon.com")),
            ("cn-north-1", Some("signin.amazonaws.cn")),
            ("us-gov-west-1", Some("signin.amazonaws-us-gov.com")),
            ("us-iso-east-1", None),
            ("eusc-de-east-1", None),
        ] {
            let findings = Findings { region: Some(region.to_owned()), ..Findings::default() };
            assert_eq!(names(&findings).first().map(String::as_str), first, "{region}");
        }
    }
}
