//! What the formats for security event stores, OCSF and ASFF, say alike.

use portcullis_model::{Finding, RuleInfo, Source};

use super::duplicates::Duplicates;

/// Gives every finding an id of its own that stays the same from run to run: its fingerprint, and a
/// number where resources share one.
#[derive(Default)]
pub(super) struct Ids(Duplicates);

impl Ids {
    pub(super) fn next(&mut self, finding: &Finding) -> String {
        let fingerprint = finding.fingerprint.as_str();
        match self.0.number(finding) {
            1 => fingerprint.to_owned(),
            count => format!("{fingerprint}-{count}"),
        }
    }
}

/// The controls that a rule tests: `cis-aws-7.0/2.12`.
pub(super) fn requirements(rule: &RuleInfo) -> Vec<String> {
    let mut requirements = Vec::new();
    for (framework, controls) in &rule.frameworks {
        for control in controls {
            requirements.push(format!("{framework}/{control}"));
        }
    }
    requirements
}

/// The names of the sources that would have told.
pub(super) fn missing(finding: &Finding) -> impl Iterator<Item = &'static str> {
    finding.missing.iter().map(|source: &Source| source.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::finding;

    #[test]
    fn duplicates_are_numbered() {
        let (one, other) = (finding("one-rule", "x", None), finding("other-rule", "x", None));
        let mut ids = Ids::default();
        let given = [&one, &other, &one, &one].map(|finding| ids.next(finding));
        let (a, b) = (one.fingerprint.as_str(), other.fingerprint.as_str());
        assert_eq!(given, [a.to_owned(), b.to_owned(), format!("{a}-2"), format!("{a}-3")]);
    }
}
