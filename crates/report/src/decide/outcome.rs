//! The exit status of an audit.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_model::{AccountStatus, AuditedAccount, Finding, Report, Severity, Status};

/// What an audit comes to, by its report alone. Its text is one sentence that explains the exit
/// status.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    kind: Kind,
    /// The least severity that counts.
    fail_on: Severity,
    /// How many findings would count if they were not waived, or not known from the baseline.
    waived: usize,
    known: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Nothing that counts failed, and every rule was judged that must be.
    Clean {
        /// Whether a rule was not fully judged, but may be unknown.
        allowed: bool,
    },
    /// So many findings count.
    Failed(usize),
    /// Nothing that counts failed, but these rules could not be judged for some resource.
    Incomplete(Vec<String>),
    /// Of some account nothing at all was collected, so a clean result would mean nothing.
    NothingCollected {
        /// The accounts of which nothing was collected.
        failed: usize,
        all: usize,
    },
}

impl Outcome {
    /// The outcome of that report, by the gate that stands in its options.
    #[must_use]
    pub fn new(report: &Report) -> Outcome {
        let fail_on = report.options.gate.fail_on;
        // The most severe severity is the least in order.
        let severe = || report.findings.iter().filter(|finding| finding.severity <= fail_on);
        let count = |status| severe().filter(|finding| finding.status() == status).count();
        let kind = match count(Status::Open) {
            0 => Kind::without_fails(report),
            open => Kind::Failed(open),
        };
        Outcome { kind, fail_on, waived: count(Status::Waived), known: count(Status::Known) }
    }

    /// The exit status: 0 clean, 1 failed, 3 incomplete.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.kind {
            Kind::Clean { .. } => 0,
            Kind::Failed(_) => 1,
            Kind::Incomplete(_) | Kind::NothingCollected { .. } => 3,
        }
    }

    /// `, besides 2 waived and 3 known`.
    fn besides(&self) -> String {
        let some = |(count, word)| (count > 0).then(|| format!("{count} {word}"));
        let counts: Vec<_> =
            [(self.waived, "waived"), (self.known, "known")].into_iter().filter_map(some).collect();
        if counts.is_empty() { String::new() } else { format!(" besides {}", counts.join(" and ")) }
    }
}

impl Kind {
    /// The outcome of a report in which nothing counts as failed.
    fn without_fails(report: &Report) -> Kind {
        let all = report.accounts.len();
        let has_failed = |account: &&AuditedAccount| account.status == AccountStatus::Failed;
        let failed = report.accounts.iter().filter(has_failed).count();
        if failed > 0 || all == 0 {
            return Kind::NothingCollected { failed, all };
        }
        let may_be_unknown = &report.options.gate.allow_unknown;
        let unknown = |finding: &&Finding| finding.status() == Status::Unknown;
        let (allowed, missed): (BTreeSet<&String>, BTreeSet<&String>) = report
            .findings
            .iter()
            .filter(unknown)
            .map(|finding| &finding.rule)
            .partition(|&rule| may_be_unknown.contains(rule));
        if missed.is_empty() {
            return Kind::Clean { allowed: !allowed.is_empty() };
        }
        Kind::Incomplete(missed.into_iter().cloned().collect())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reach, besides) = (reach(self.fail_on), self.besides());
        write!(f, "Exit status {}: ", self.exit_status())?;
        match &self.kind {
            Kind::Clean { allowed } => {
                let but = if *allowed { " but where that is allowed" } else { "" };
                write!(
                    f,
                    "nothing failed at severity {reach}{besides}, and every rule was judged{but}"
                )
            }
            Kind::Failed(1) => write!(f, "1 finding is of severity {reach}{besides}"),
            Kind::Failed(count) => write!(f, "{count} findings are of severity {reach}{besides}"),
            Kind::Incomplete(rules) => {
                let rules = match rules.as_slice() {
                    [rule] => format!("{rule} was not"),
                    rules => format!("{} rules were not", rules.len()),
                };
                write!(f, "nothing failed at severity {reach}{besides}, but {rules} fully judged")
            }
            Kind::NothingCollected { all: 0 | 1, .. } => {
                f.write_str("nothing failed, but only because nothing could be collected")
            }
            Kind::NothingCollected { failed, all } => write!(
                f,
                "nothing failed at severity {reach}{besides}, but nothing could be collected of \
                 {failed} of {all} accounts"
            ),
        }?;
        f.write_str(".")
    }
}

/// The severities that count, in words.
fn reach(fail_on: Severity) -> String {
    match fail_on {
        Severity::Critical => "critical".to_owned(),
        other => format!("{} or above", other.word()),
    }
}
