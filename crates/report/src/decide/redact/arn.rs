//! Replaces the names in ARNs, and keeps the rest.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use jiff::Timestamp;
use portcullis_model::{Arn, is_partition, is_region};

/// Types of resources. Anything else at the beginning of a resource may be a name, such as that of a bucket.
pub(crate) const TYPES: [&str; 21] = [
    "access-key",
    "account",
    "analyzer",
    "assumed-role",
    "event",
    "federated-user",
    "group",
    "instance-profile",
    "mfa",
    "oidc-provider",
    "policy",
    "region",
    "role",
    "root",
    "saml-provider",
    "server-certificate",
    "service-credential",
    "signing-certificate",
    "sms-mfa",
    "u2f",
    "user",
];

/// What may follow the name of a principal, before the name or the date of something that belongs to it.
const PARTS: [&str; 4] = ["access-key", "policy", "service-credential", "signing-certificate"];

/// Parses an ARN; none for a text that only resembles one, in which any part may be a name.
pub(super) fn parse(text: &str) -> Option<Arn<'_>> {
    Arn::parse(text).filter(|arn| {
        is_partition(arn.partition)
            && arn
                .service
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && (arn.region.is_empty() || is_region(arn.region))
    })
}

/// Replaces every name in an ARN.
pub(super) fn map(arn: Arn<'_>, mut rename: impl FnMut(&str) -> String) -> String {
    let Arn { partition, service, region, account, resource } = arn;
    let account = if account.is_empty() {
        String::new()
    } else {
        rename(account)
    };
    let resource = map_resource(resource, rename);
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

/// Replaces every name in a resource, which is a type followed by a path.
fn map_resource(resource: &str, mut rename: impl FnMut(&str) -> String) -> String {
    let separator = if resource.contains('/') { '/' } else { ':' };
    let segments: Vec<&str> = resource.split(separator).collect();
    let mut renamed = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let stays = stays(&segments, index);
        renamed.push(if stays {
            (*segment).to_owned()
        } else {
            rename(segment)
        });
    }
    renamed.join(&separator.to_string())
}

/// Whether a part of a resource is a fixed word or a date rather than a name.
fn stays(segments: &[&str], index: usize) -> bool {
    let segment = segments[index];
    let part_of_principal = |at: usize| at > 1 && at + 2 == segments.len();
    if segment.is_empty() || segment == "*" {
        return true;
    }
    match index {
        0 => TYPES.contains(&segment),
        1 if segments[0] == "region" => is_region(segment),
        1 if segments[0] == "u2f" => segment == "user",
        at if part_of_principal(at) => PARTS.contains(&segment),
        at if part_of_principal(at.saturating_sub(1)) => {
            matches!(segments[at - 1], "access-key" | "signing-certificate") && is_dated(segment)
        }
        _ => false,
    }
}

/// Whether this is the date of a credential without id, possibly with a number: `2024-01-01T00:00:00Z-2`.
fn is_dated(segment: &str) -> bool {
    let (date, number) = match segment.split_once('Z') {
        Some((date, number)) => (format!("{date}Z"), number),
        None => (String::new(), segment.strip_prefix("undated").unwrap_or("?")),
    };
    let dated = date.is_empty() || date.len() == 20 && date.parse::<Timestamp>().is_ok();
    let numbered = number
        .strip_prefix('-')
        .is_none_or(|n| n.bytes().all(|b| b.is_ascii_digit()));
    dated && numbered && (number.is_empty() || number.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(arn: &str) -> Option<String> {
        parse(arn).map(|arn| map(arn, |name| format!("<{name}>")))
    }

    #[test]
    fn structure_stays_and_names_go() {
        for (arn, expected) in [
            ("arn:aws:iam::1:user/alice", "arn:aws:iam::<1>:user/<alice>"),
            ("arn:aws-cn:iam::1:role/a/b/c", "arn:aws-cn:iam::<1>:role/<a>/<b>/<c>"),
            ("arn:aws:iam::1:root", "arn:aws:iam::<1>:root"),
            ("arn:aws:iam::1:account", "arn:aws:iam::<1>:account"),
            ("arn:aws:iam::1:region/eu-north-1", "arn:aws:iam::<1>:region/eu-north-1"),
            ("arn:aws:iam::1:region/acme", "arn:aws:iam::<1>:region/<acme>"),
            ("arn:aws:sts::1:assumed-role/ci/me", "arn:aws:sts::<1>:assumed-role/<ci>/<me>"),
            ("arn:aws:iam::1:u2f/user/al/k", "arn:aws:iam::<1>:u2f/user/<al>/<k>"),
            ("arn:aws:iam::1:role/x/policy/y", "arn:aws:iam::<1>:role/<x>/policy/<y>"),
            ("arn:aws:iam::1:user/policy/y", "arn:aws:iam::<1>:user/<policy>/<y>"),
            ("arn:aws:s3:::acme-logs/x", "arn:aws:s3:::<acme-logs>/<x>"),
            ("arn:aws:sqs:eu-west-1:1:acme", "arn:aws:sqs:eu-west-1:<1>:<acme>"),
            ("arn:aws:iam::1:region/eusc-de-east-1", "arn:aws:iam::<1>:region/eusc-de-east-1"),
            ("arn:aws:iam::1:region/acme-prod-1", "arn:aws:iam::<1>:region/<acme-prod-1>"),
        ] {
            assert_eq!(marked(arn).as_deref(), Some(expected));
        }
    }

    #[test]
    fn dates_of_credentials_stay() {
        for date in ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z-2", "undated", "undated-3"] {
            let renamed = marked(&format!("arn:aws:iam::1:user/a/access-key/{date}")).unwrap();
            assert_eq!(renamed, format!("arn:aws:iam::<1>:user/<a>/access-key/{date}"));
        }
        for name in ["alice", "undated-alice", "2024-01-01T00:00:00Zalice", "undatedalice", "Z"] {
            let renamed = marked(&format!("arn:aws:iam::1:user/a/access-key/{name}")).unwrap();
            assert_eq!(renamed, format!("arn:aws:iam::<1>:user/<a>/access-key/<{name}>"));
        }
    }

    #[test]
    fn what_only_looks_like_an_arn_is_none() {
        for text in ["arn:", "arn:acme:iam::1:user/a", "arn:aws:iam:acme:1:user/a", "arn:aws:iam"] {
            assert_eq!(marked(text), None, "{text}");
        }
    }
}
