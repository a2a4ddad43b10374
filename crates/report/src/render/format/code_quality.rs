//! Findings as problems in code: a text at a place in a tree of files.
//!
//! There are no files, so each resource has a path made of its ARN. Like the ARN, it does not depend on names that may
//! change: if a path changes, trackers close the old problem and open a new one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_model::{Arn, Finding, Severity, Status};

use crate::defuse;
use crate::render::remarks;
use crate::render::view::Entry;
use crate::words::{capitalised, describe};

/// The characters to encode in a segment of a path: all except `unreserved` and some more of RFC 3986's `pchar` that
/// occur in the names of IAM.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'=')
    .remove(b',')
    .remove(b'@')
    .remove(b':');

/// The failing findings without a waiver, the most severe first, followed by those that could not be judged, which
/// trackers would otherwise regard as solved.
pub(super) fn issues(entries: &[Entry]) -> Vec<Entry> {
    let mut issues = entries.to_vec();
    issues.retain(|entry| matches!(entry.status, Status::Open | Status::Known | Status::Unknown));
    issues.sort_by_key(|entry| {
        (entry.status == Status::Unknown, entry.severity, entry.status, entry.place)
    });
    issues
}

/// Whether the finding may not be a problem.
pub(super) fn is_unjudged(finding: &Finding) -> bool {
    finding.status() == Status::Unknown
}

/// The numbers of failing issues by severity, the most severe first.
pub(super) fn by_severity(issues: &[Entry]) -> [usize; Severity::ALL.len()] {
    let mut counts = [0; Severity::ALL.len()];
    for issue in issues
        .iter()
        .filter(|issue| issue.status != Status::Unknown)
    {
        counts[issue.severity as usize] += 1;
    }
    counts
}

/// Describes the problem and the decisions about it in sentences on one line.
pub(super) fn text(finding: &Finding) -> String {
    let mut sentences = vec![describe(None, &finding.resource, &finding.message)];
    for remark in remarks::remarks(finding) {
        sentences.push(capitalised(&remark));
    }
    for sentence in &mut sentences {
        *sentence = format!("{}.", defuse(sentence.trim_end_matches('.')));
    }
    sentences.join(" ")
}

/// The path of the resource, such as `aws/111122223333/global/iam/user/alice`: a relative reference of RFC 3986, in
/// ASCII.
pub(super) fn path(finding: &Finding) -> String {
    let resource = &finding.resource;
    let (partition, service, region, rest) = match Arn::parse(&resource.id) {
        // The ARN may have another account than the finding, such as `aws`.
        Some(arn) => (arn.partition, arn.service, arn.region, arn.resource),
        None => ("other", resource.kind.as_str(), "", resource.id.as_str()),
    };
    let region = resource.region.as_deref().unwrap_or(region);
    let region = if region.is_empty() { "global" } else { region };
    [partition, &finding.account, region, service]
        .into_iter()
        .chain(rest.split('/'))
        .filter(|name| !name.is_empty())
        .map(segment)
        .collect::<Vec<_>>()
        .join("/")
}

/// A name as one segment of a path.
pub(super) fn segment(name: &str) -> String {
    let encoded = utf8_percent_encode(name, RESERVED).to_string();
    // Even if encoded, these would mean steps in the tree.
    if matches!(name, "." | "..") {
        format!("_{encoded}")
    } else {
        encoded
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::BaselineState;

    use super::*;
    use crate::sample;

    fn finding(id: &str, region: Option<&str>) -> Finding {
        sample::finding("rule", id, region)
    }

    #[test]
    fn paths_follow_the_arn() {
        for (id, region, expected) in [
            ("arn:aws:iam::111122223333:root", None, "aws/111122223333/global/iam/root"),
            (
                "arn:aws:iam::111122223333:user/a/b/access-key/2024-01-01T00:00:00Z",
                None,
                "aws/111122223333/global/iam/user/a/b/access-key/2024-01-01T00:00:00Z",
            ),
            (
                "arn:aws-cn:iam::aws:policy/AdministratorAccess",
                None,
                "aws-cn/111122223333/global/iam/policy/AdministratorAccess",
            ),
            (
                "arn:aws:access-analyzer:eu-north-1:111122223333:analyzer/x",
                None,
                "aws/111122223333/eu-north-1/access-analyzer/analyzer/x",
            ),
            (
                "arn:aws:iam::111122223333:region/eu-north-1",
                Some("eu-north-1"),
                "aws/111122223333/eu-north-1/iam/region/eu-north-1",
            ),
        ] {
            assert_eq!(path(&finding(id, region)), expected);
        }
    }

    #[test]
    fn hostile_names_stay_within_their_segment() {
        for (id, expected) in [
            ("arn:aws:iam::1:user/a b?c#d%e", "aws/111122223333/global/iam/user/a%20b%3Fc%23d%25e"),
            ("arn:aws:iam::1:user/../..//./x", "aws/111122223333/global/iam/user/_../_../_./x"),
            ("arn:aws:iam::1:user/ü\n\\", "aws/111122223333/global/iam/user/%C3%BC%0A%5C"),
            ("https://x/y", "other/111122223333/global/user/https:/x/y"),
            ("", "other/111122223333/global/user"),
        ] {
            assert_eq!(path(&finding(id, None)), expected);
        }
    }

    #[test]
    fn a_text_names_its_resource_and_ends_its_sentences() {
        let mut finding = finding("arn:aws:iam::1:user/alice", None);
        assert_eq!(text(&finding), "alice is idle.");
        "is idle.\n".clone_into(&mut finding.message);
        finding.baseline = Some(BaselineState::Known);
        assert_eq!(text(&finding), r"alice: is idle.\u{a}. Known from the baseline.");
        finding.resource.region = Some("eu-north-1".to_owned());
        "alice is idle".clone_into(&mut finding.message);
        assert_eq!(text(&finding), "alice is idle (eu-north-1). Known from the baseline.");
    }
}
