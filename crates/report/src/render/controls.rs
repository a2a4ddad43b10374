//! Controls of frameworks, in numbers.

use portcullis_model::{AuditedAccount, ControlOutcome, ControlStatus, FrameworkOutcome, Report};

use crate::words::{lead, nonzero};

/// The frameworks of each account, with what leads their titles where there are several accounts.
pub(crate) fn of_accounts(
    report: &Report,
) -> impl Iterator<Item = (String, &AuditedAccount, &FrameworkOutcome)> {
    report.accounts.iter().flat_map(|account| {
        let lead = lead(account, report);
        account.frameworks.iter().map(move |framework| (lead.clone(), account, framework))
    })
}

/// How many controls have which status, those without any left out.
pub(crate) fn in_numbers(framework: &FrameworkOutcome) -> String {
    let counts =
        ControlStatus::ALL.map(|status| (framework.counts.with_status(status), status.words()));
    format!("{} controls: {}", framework.controls.len(), nonzero(counts).join(", "))
}

/// How many of the findings that fail a control of an account are accepted.
pub(crate) fn waived(control: &ControlOutcome, account: &AuditedAccount) -> u64 {
    if control.status != ControlStatus::Fail {
        return 0;
    }
    let tallies = control.rules.iter().filter_map(|id| account.tallies.get(id));
    tallies.map(|tally| u64::from(tally.waived)).sum()
}
