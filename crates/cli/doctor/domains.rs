//! The domains that people sign in at: looked up by name, and never asked.

use std::time::Duration;

use portcullis_collector::Findings;
use serde::Serialize;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// A resolver that takes longer keeps people from signing in too.
const LIMIT: Duration = Duration::from_secs(3);

/// A domain, and whether its name can be resolved.
#[derive(Debug, Serialize)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) resolves: bool,
    /// Why it was not found.
    pub(super) reason: Option<String>,
}

/// Looks up the domains of the console's and of Identity Center's sign-in pages.
///
/// <https://docs.aws.amazon.com/signin/latest/userguide/allowlist-domains.html>
pub(super) async fn look_up(findings: &Findings) -> Vec<Domain> {
    let mut domains = Vec::new();
    for name in names(findings) {
        let reason = match timeout(LIMIT, lookup_host((name.as_str(), 443))).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {} seconds", LIMIT.as_secs())),
        };
        domains.push(Domain { resolves: reason.is_none(), name, reason });
    }
    domains
}

/// Those of the region, whose beginning names its partition.
fn names(findings: &Findings) -> Vec<String> {
    let region = findings.region.as_deref().unwrap_or("us-east-1");
    let mut names = if region.starts_with("cn-") {
        vec!["signin.amazonaws.cn".to_owned()]
    } else if region.starts_with("us-gov-") {
        vec!["signin.amazonaws-us-gov.com".to_owned()]
    } else {
        vec![
            "signin.aws.amazon.com".to_owned(),
            format!("{region}.signin.aws.amazon.com"),
            format!("{region}.signin.aws"),
        ]
    };
    names.extend(findings.portal.clone());
    names
}
