//! Counts the controls of frameworks.

use portcullis_model::{AuditedAccount, ControlOutcome, ControlStatus, FrameworkOutcome, Report};

use crate::words::{lead, nonzero};

/// The frameworks of each account, with the beginning of their titles if there are several accounts.
pub(crate) fn of_accounts(
    report: &Report,
) -> impl Iterator<Item = (String, &AuditedAccount, &FrameworkOutcome)> {
    report.accounts.iter().flat_map(|account| {
        let lead = lead(account, report);
        account
            .frameworks
            .iter()
            .map(move |framework| (lead.clone(), account, framework))
    })
}

/// The numbers of controls by status, without zeros.
pub(crate) fn in_numbers(framework: &FrameworkOutcome) -> String {
    let counts =
        ControlStatus::ALL.map(|status| (framework.counts.with_status(status), status.words()));
    format!("{} controls: {}", framework.controls.len(), nonzero(counts).join(", "))
}

/// The number of waived findings among those that fail a control of an account.
pub(crate) fn waived(control: &ControlOutcome, account: &AuditedAccount) -> u64 {
    if control.status != ControlStatus::Fail {
        return 0;
    }
    let tallies = control
        .rules
        .iter()
        .filter_map(|id| account.tallies.get(id));
    tallies.map(|tally| u64::from(tally.waived)).sum()
}
