//! The exit status of an audit.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_model::{AccountStatus, Finding, Report, Severity, Verdict};

/// What decides the exit status, besides the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The least severity of a `fail` that counts.
    pub fail_on: Severity,
    /// The ids of the rules that may be `unknown`.
    pub allow_unknown: Vec<String>,
}

/// What an audit comes to. Its text is one sentence that explains the exit status.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing that counts failed, and every rule was judged that must be.
    Clean {
        /// [`Gate::fail_on`].
        fail_on: Severity,
        /// Whether a rule was not fully judged, but may be unknown.
        allowed: bool,
    },
    /// Something that counts failed.
    Failed {
        /// How many findings that is.
        count: usize,
        /// [`Gate::fail_on`].
        fail_on: Severity,
    },
    /// Nothing that counts failed, but not everything could be judged.
    Incomplete {
        /// The ids of the rules that are `unknown` for some resource, sorted.
        rules: Vec<String>,
        /// [`Gate::fail_on`].
        fail_on: Severity,
    },
    /// Of some account nothing at all was collected, so a clean result would mean nothing.
    NothingCollected,
}

impl Gate {
    /// The outcome of that report.
    #[must_use]
    pub fn judge(&self, report: &Report) -> Outcome {
        let fail_on = self.fail_on;
        let count = report.findings.iter().filter(|finding| self.fails(finding)).count();
        if count > 0 {
            return Outcome::Failed { count, fail_on };
        }
        let failed = |status| status == AccountStatus::Failed;
        if report.accounts.is_empty() || report.accounts.iter().any(|a| failed(a.status)) {
            return Outcome::NothingCollected;
        }
        let unknown = |finding: &&Finding| finding.verdict == Verdict::Unknown;
        let (allowed, missed): (BTreeSet<&String>, BTreeSet<&String>) = report
            .findings
            .iter()
            .filter(unknown)
            .map(|finding| &finding.rule)
            .partition(|&rule| self.allow_unknown.contains(rule));
        if missed.is_empty() {
            return Outcome::Clean { fail_on, allowed: !allowed.is_empty() };
        }
        Outcome::Incomplete { rules: missed.into_iter().cloned().collect(), fail_on }
    }

    fn fails(&self, finding: &Finding) -> bool {
        // The gravest severity is the least in order.
        finding.verdict == Verdict::Fail && finding.severity <= self.fail_on
    }
}

impl Outcome {
    /// The exit status: 0 clean, 1 failed, 3 incomplete.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Outcome::Clean { .. } => 0,
            Outcome::Failed { .. } => 1,
            Outcome::Incomplete { .. } | Outcome::NothingCollected => 3,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exit status {}: ", self.exit_status())?;
        match self {
            Outcome::Clean { fail_on, allowed } => {
                let but = if *allowed { " but where that is allowed" } else { "" };
                let reach = reach(*fail_on);
                write!(f, "nothing failed at severity {reach}, and every rule was judged{but}")
            }
            Outcome::Failed { count: 1, fail_on } => {
                write!(f, "1 finding is of severity {}", reach(*fail_on))
            }
            Outcome::Failed { count, fail_on } => {
                write!(f, "{count} findings are of severity {}", reach(*fail_on))
            }
            Outcome::Incomplete { rules, fail_on } => {
                let rules = match rules.as_slice() {
                    [rule] => format!("{rule} was not"),
                    rules => format!("{} rules were not", rules.len()),
                };
                write!(
                    f,
                    "nothing failed at severity {}, but {rules} fully judged",
                    reach(*fail_on)
                )
            }
            Outcome::NothingCollected => {
                f.write_str("nothing failed, but only because nothing could be collected")
            }
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
