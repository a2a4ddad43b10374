//! The exit status of an audit.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_model::{AccountStatus, Gate, LooseningChange, Report, Severity, Status};

use super::loosened::DIFFERENT_PERIODS;
use crate::words::nonzero;

/// The outcome of an audit, which depends only on its report. As text, it is a sentence that explains the exit status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    gate: Gate,
    /// The number of findings that count.
    open: usize,
    /// The numbers of findings that would count if they were not waived, or not known from the baseline.
    waived: usize,
    known: usize,
    /// The numbers of all accounts, of those that were judged, and of those from which nothing could be collected.
    accounts: usize,
    judged: usize,
    failed: usize,
    /// The rules that could not be judged for some resource, and must be.
    missed: BTreeSet<String>,
    /// Whether a rule was not fully judged, but may be unknown.
    allowed: bool,
    /// Whether the report is of one share of the accounts, which may have none.
    is_share: bool,
    /// What is wrong with the shares of the accounts.
    shares: Option<&'static str>,
    /// Whether `--exit-zero` was given.
    exits_zero: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// No failing finding counts, and all necessary rules were judged.
    Clean,
    /// Some findings count.
    Failed,
    /// No failing finding counts, but some rules could not be judged.
    Incomplete,
    /// No failing finding counts, but reports for some shares of the accounts are missing, or the shares cover different periods.
    SharesMissing(&'static str),
    /// Nothing was collected from some account, so a clean result would mean nothing.
    NothingCollected,
    /// All accounts are suspended or closed, or the share has none.
    NothingToJudge,
}

impl Outcome {
    /// The outcome of a report, by the gate in its options.
    pub fn new(report: &Report) -> Outcome {
        let accounts = report.accounts.iter().map(|account| account.status);
        let findings = report.findings.iter();
        let findings = findings.map(|finding| (&*finding.rule, finding.severity, finding.status()));
        Outcome::from_parts(report, accounts, findings)
    }

    /// The outcome of a report whose accounts and findings are elsewhere: each finding by its rule, severity and status.
    pub fn from_parts<'f>(
        report: &Report,
        accounts: impl IntoIterator<Item = AccountStatus>,
        findings: impl IntoIterator<Item = (&'f str, Severity, Status)>,
    ) -> Outcome {
        let loosened = report.run.loosened.iter();
        let mut lacks = loosened.filter_map(|loosening| match loosening.change {
            LooseningChange::MissingShares { .. } => {
                Some("reports for some shares of the accounts are missing")
            }
            LooseningChange::DifferentPeriods => Some(DIFFERENT_PERIODS),
            _ => None,
        });
        let mut outcome = Outcome {
            gate: report.options.gate.clone(),
            is_share: !report.run.shares.is_empty(),
            shares: lacks.next(),
            exits_zero: report.is_loosened_by(&LooseningChange::ExitZero),
            ..Outcome::default()
        };
        for status in accounts {
            outcome.accounts += 1;
            outcome.judged += usize::from(status.is_judged());
            outcome.failed += usize::from(status.is_failed());
        }
        for (rule, severity, status) in findings {
            outcome.add_finding(rule, severity, status);
        }
        outcome
    }

    fn add_finding(&mut self, rule: &str, severity: Severity, status: Status) {
        // Severities are ordered from the most severe.
        let counts = usize::from(severity <= self.gate.fail_on);
        match status {
            Status::Open => self.open += counts,
            Status::Waived => self.waived += counts,
            Status::Known => self.known += counts,
            Status::Unknown => {
                let mut allowed = self.gate.allow_unknown.iter();
                if allowed.any(|allowed| allowed == rule) {
                    self.allowed = true;
                } else if !self.missed.contains(rule) {
                    self.missed.insert(rule.to_owned());
                }
            }
            Status::Pass | Status::NotApplicable => {}
        }
    }

    /// The exit status: 0 clean, 1 failed, 3 incomplete.
    pub fn exit_status(&self) -> u8 {
        match self.kind() {
            Kind::Clean | Kind::NothingToJudge => 0,
            Kind::Failed => 1,
            Kind::Incomplete | Kind::SharesMissing(_) | Kind::NothingCollected => 3,
        }
    }

    fn kind(&self) -> Kind {
        if self.open > 0 {
            Kind::Failed
        } else if self.failed > 0 || (self.accounts == 0 && !self.is_share) {
            Kind::NothingCollected
        } else if let Some(what) = self.shares {
            Kind::SharesMissing(what)
        } else if !self.missed.is_empty() {
            Kind::Incomplete
        } else if self.judged == 0 {
            Kind::NothingToJudge
        } else {
            Kind::Clean
        }
    }

    /// Whether no account was judged.
    pub fn is_empty(&self) -> bool {
        self.judged == 0
    }

    /// ` apart from 2 waived and 3 known`.
    fn besides(&self) -> String {
        let counts = nonzero([(self.waived, "waived"), (self.known, "known")]);
        if counts.is_empty() {
            String::new()
        } else {
            format!(" apart from {}", counts.join(" and "))
        }
    }

    /// `old-key was not`, `3 rules were not`.
    fn missed(&self) -> String {
        match self.missed.first() {
            Some(rule) if self.missed.len() == 1 => format!("{rule} was not"),
            _ => format!("{} rules were not", self.missed.len()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reach, besides) = (reach(self.gate.fail_on), self.besides());
        let status = self.exit_status();
        let instead = if self.exits_zero && status != 0 {
            " (0 with --exit-zero)"
        } else {
            ""
        };
        write!(f, "Exit status {status}{instead}: ")?;
        let nothing_failed = format!("nothing failed at severity {reach}{besides}");
        match self.kind() {
            Kind::Clean => {
                let but = if self.allowed {
                    " except those that may stay unknown"
                } else {
                    ""
                };
                write!(f, "{nothing_failed}, and every rule was judged{but}")
            }
            Kind::Failed if self.open == 1 => {
                write!(f, "1 finding has severity {reach}{besides}")
            }
            Kind::Failed => write!(f, "{} findings have severity {reach}{besides}", self.open),
            Kind::Incomplete => write!(f, "{nothing_failed}, but {} fully judged", self.missed()),
            Kind::SharesMissing(what) => write!(f, "{nothing_failed}, but {what}"),
            Kind::NothingCollected if self.accounts < 2 => {
                f.write_str("nothing failed, but only because there was no usable evidence")
            }
            Kind::NothingCollected => write!(
                f,
                "{nothing_failed}, but nothing could be collected from {} of the {} accounts",
                self.failed, self.accounts
            ),
            Kind::NothingToJudge => {
                let why = match self.accounts {
                    0 => "the share holds no account",
                    1 => "the account is suspended or closed",
                    _ => "every account is suspended or closed",
                };
                write!(f, "there was nothing to judge, because {why}")
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
