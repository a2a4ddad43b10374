//! Redacts the settings of a run: paths, patterns, hosts and texts of parameters may be names.

use std::mem;

use portcullis_model::{Loosening, LooseningChange, Run};

use super::Redaction;

impl Redaction<'_> {
    pub(super) fn run(&self, run: &mut Run) {
        let Run { configuration, loosened, shares: _ } = run;
        for file in configuration {
            *file = self.names.text(file);
        }
        for Loosening { origin, change } in loosened {
            if let Some(origin) = origin.as_mut().filter(|origin| !is_ours(origin)) {
                *origin = self.names.text(origin);
            }
            self.change(change);
        }
    }

    fn change(&self, change: &mut LooseningChange) {
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
            | Change::SeparateReports
            | Change::DifferentPeriods
            | Change::MissingShares { .. } => {}
            Change::FewerAccounts { exclude, units } => {
                for id in exclude {
                    *id = self.names.account(id);
                }
                for unit in units {
                    *unit = self.names.text(unit);
                }
            }
            Change::Parameter { rule: _, name, default, value } => {
                for fact in [default, value] {
                    *fact = self.names.fact(&format!("params.{name}"), mem::take(fact));
                }
            }
            Change::Class { class: _, patterns } => {
                for pattern in &mut *patterns {
                    *pattern = self.names.text(pattern);
                }
                patterns.sort();
            }
            Change::Endpoint { account, url } => {
                *account = self.names.account(account);
                *url = self.names.text(url);
            }
            Change::Unverified { account } | Change::ReportDate { account } => {
                *account = self.names.account(account);
            }
        }
    }
}

/// Whether this is an option or a variable of Portcullis, such as `--skip` or `PORTCULLIS_SKIP`.
fn is_ours(origin: &str) -> bool {
    ["--", "PORTCULLIS_"]
        .iter()
        .any(|start| origin.starts_with(start))
        && origin
            .chars()
            .all(|c| c.is_ascii_alphabetic() || "-_".contains(c))
}
