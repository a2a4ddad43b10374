//! Controls of frameworks, in numbers.

use portcullis_model::{AuditedAccount, ControlOutcome, ControlStatus, FrameworkOutcome, Report};

use crate::words::lead;

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
    let all =
        ControlStatus::ALL.into_iter().map(|status| (framework.counts.with_status(status), status));
    let some = all.filter(|(count, _)| *count > 0);
    let texts: Vec<_> = some.map(|(count, status)| format!("{count} {}", status.words())).collect();
    format!("{} controls: {}", framework.controls.len(), texts.join(", "))
}

/// How many of the findings that fail a control of an account are accepted.
pub(crate) fn waived(control: &ControlOutcome, account: &AuditedAccount) -> u64 {
    if control.status != ControlStatus::Fail {
        return 0;
    }
    let tallies = control.rules.iter().filter_map(|id| account.tallies.get(id));
    tallies.map(|tally| u64::from(tally.waived)).sum()
}
