//! How a run was set up. Paths, patterns, hosts and texts of parameters may be names.

use portcullis_model::{Loosening, LooseningChange, Run};

use super::Redaction;

impl Redaction<'_> {
    pub(super) fn run(&self, Run { configuration, loosened }: Run) -> Run {
        Run {
            configuration: configuration.iter().map(|file| self.names.text(file)).collect(),
            loosened: loosened.into_iter().map(|loosening| self.loosening(loosening)).collect(),
        }
    }

    fn loosening(&self, Loosening { origin, change }: Loosening) -> Loosening {
        let origin =
            origin.map(|origin| if is_ours(&origin) { origin } else { self.names.text(&origin) });
        Loosening { origin, change: self.change(change) }
    }

    fn change(&self, change: LooseningChange) -> LooseningChange {
        use LooseningChange as Change;
        match change {
            Change::Only { .. }
            | Change::Frameworks { .. }
            | Change::Skip { .. }
            | Change::Severity { .. }
            | Change::PasswordPolicyChanged { .. }
            | Change::AllowUnknown { .. }
            | Change::FailOn { .. }
            | Change::ExitZero
            | Change::Baseline
            | Change::OwnAccounts
            | Change::SeparateReports => change,
            Change::FewerAccounts { exclude, units } => Change::FewerAccounts {
                exclude: exclude.iter().map(|id| self.names.account(id)).collect(),
                units: units.iter().map(|unit| self.names.text(unit)).collect(),
            },
            Change::Parameter { rule, name, default, value } => {
                let path = format!("params.{name}");
                let (default, value) =
                    (self.names.fact(&path, default), self.names.fact(&path, value));
                Change::Parameter { rule, name, default, value }
            }
            Change::Class { class, patterns } => {
                let mut patterns: Vec<_> =
                    patterns.iter().map(|pattern| self.names.text(pattern)).collect();
                patterns.sort();
                Change::Class { class, patterns }
            }
            Change::Endpoint { account, url } => Change::Endpoint {
                account: self.names.account(&account),
                url: self.names.text(&url),
            },
            Change::Unverified { account } => {
                Change::Unverified { account: self.names.account(&account) }
            }
        }
    }
}

/// Whether it is an option or a variable of Portcullis, such as `--skip` or `PORTCULLIS_SKIP`.
fn is_ours(origin: &str) -> bool {
    ["--", "PORTCULLIS_"].iter().any(|start| origin.starts_with(start))
        && origin.chars().all(|c| c.is_ascii_alphabetic() || "-_".contains(c))
}
