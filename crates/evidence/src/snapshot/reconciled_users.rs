//! Reconciles the users of the credential report with those of the live list.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{Arn, Fact, Gap, Source, minute};

use super::answers::Answers;
use super::credential_report::ReportRow;
use super::facts::if_complete;
use super::gaps::Gaps;
use super::names::name_key;
use crate::shapes::{AuthorizationDetails, UserDetail};

/// A user, with its row in the report and its entry in the live list.
pub(super) struct ReconciledUser<'a> {
    pub(super) name: &'a str,
    pub(super) arn: &'a str,
    pub(super) path: &'a str,
    pub(super) row: Fact<&'a ReportRow>,
    /// None if the user was deleted since the report.
    pub(super) detail: Fact<Option<&'a UserDetail>>,
    pub(super) deleted: bool,
}

/// Returns all users of the report and of the live list, sorted by name; missing if there are none
/// but the report is incomplete.
///
/// Users are matched by name, which is unique regardless of case. Their ARN changes with their
/// path.
pub(super) fn users<'a>(answers: &'a Answers, gaps: &mut Gaps) -> Fact<Vec<ReconciledUser<'a>>> {
    let report = answers.report.as_ref();
    let details = details(answers, gaps);
    let whole_report =
        report.and_then(|report| if_complete(report, report.complete, Source::CredentialReport));
    if let (Fact::Missing(details), Fact::Missing(report)) = (details, whole_report) {
        return Fact::Missing(details | report);
    }
    let mut by_name: BTreeMap<String, (Option<&ReportRow>, Option<&UserDetail>)> = BTreeMap::new();
    for row in report.known().into_iter().flat_map(|report| &report.users) {
        by_name.entry(name_key(&row.name)).or_default().0 = Some(row);
    }
    for detail in details.known().into_iter().flatten() {
        by_name.entry(name_key(&detail.user_name)).or_default().1 = Some(detail);
    }
    let source = Source::AccountAuthorizationDetails;
    let newest = answers.details.as_ref().known().and_then(newest_date);
    let mut reconciler = Reconciler { answers, is_newer: answers.is_newer(source, newest), gaps };
    let mut users = Vec::with_capacity(by_name.len());
    for (row, detail) in by_name.into_values() {
        users.extend(reconciler.user(report.map(|_| row), details.map(|_| detail)));
    }
    if users.is_empty() && report.known().is_some_and(|report| !report.complete) {
        return Fact::missing(Source::CredentialReport);
    }
    users.sort_by_key(|user| (user.name, user.arn));
    Fact::Known(users)
}

/// Returns the live list. An empty list does not mean that all users were deleted unless an account
/// summary counts them, since AWS also answers a filtered call with an empty list.
fn details<'a>(answers: &'a Answers, gaps: &mut Gaps) -> Fact<&'a [UserDetail]> {
    let source = Source::AccountAuthorizationDetails;
    answers.details.as_ref().and_then(|details| {
        let users = details.user_detail_list.as_slice();
        let reported = answers
            .report
            .as_ref()
            .known()
            .map_or(0, |report| report.users.len());
        if users.is_empty() && reported > 0 && answers.counted("Users").is_none() {
            let message = format!("lists no user, but the credential report lists {reported}");
            gaps.push(Gap::new(source, "Incomplete", message));
            return Fact::missing(source);
        }
        Fact::Known(users)
    })
}

/// Returns the newest date in the live lists, which they cannot be older than.
fn newest_date(details: &AuthorizationDetails) -> Option<Timestamp> {
    let users = details
        .user_detail_list
        .iter()
        .map(|user| Some(user.create_date));
    let roles = details
        .role_detail_list
        .iter()
        .map(|role| role.role_last_used.as_ref()?.last_used_date);
    let policies = details.policies.iter().map(|policy| policy.update_date);
    users.chain(roles).chain(policies).flatten().max()
}

/// Reconciles a user's row in the report with its entry in the live list.
struct Reconciler<'a, 'g> {
    answers: &'a Answers,
    /// Whether the live list is newer than the report, if known.
    is_newer: Option<bool>,
    gaps: &'g mut Gaps,
}

impl<'a> Reconciler<'a, '_> {
    /// Returns the user, if at least one of the two has it.
    fn user(
        &mut self,
        row: Fact<Option<&'a ReportRow>>,
        detail: Fact<Option<&'a UserDetail>>,
    ) -> Option<ReconciledUser<'a>> {
        let live = detail.known().flatten();
        let (name, arn) = match (live, row.known().flatten()) {
            (Some(detail), _) => (detail.user_name.as_str(), detail.arn.as_str()),
            (None, Some(row)) => (row.name.as_str(), row.arn.as_str()),
            (None, None) => return None,
        };
        let detail = self.still_there(detail, name);
        Some(ReconciledUser {
            name,
            arn,
            path: Arn::parse(arn)
                .and_then(Arn::user)
                .map_or("/", |(path, _)| path),
            row: self.row_of(live, row, name),
            detail,
            deleted: matches!(detail, Fact::Known(None)),
        })
    }

    /// Returns the user's row; missing if the report has none, or one of an earlier user of that
    /// name.
    fn row_of(
        &mut self,
        live: Option<&UserDetail>,
        row: Fact<Option<&'a ReportRow>>,
        name: &str,
    ) -> Fact<&'a ReportRow> {
        row.and_then(|row| match (row, live) {
            (Some(row), None) => Fact::Known(row),
            (Some(row), Some(live)) if same_user(row, live) => Fact::Known(row),
            (_, live) => {
                let message = self.why_not_in_report(live);
                self.gaps
                    .missing(Source::CredentialReport, name, "NotInReport", message)
            }
        })
    }

    fn why_not_in_report(&self, live: Option<&UserDetail>) -> String {
        let made = self.answers.report_made();
        match (live.map(|live| live.create_date), made) {
            (Some(created), Some(made)) if created < made => {
                format!("created {}, yet not in the report of {}", minute(created), minute(made))
            }
            (Some(created), Some(made)) => {
                format!("created {}, after the report of {}", minute(created), minute(made))
            }
            (Some(created), None) => format!("created {}; not in the report", minute(created)),
            (None, _) => "not in the report".to_owned(),
        }
    }

    /// A user who is not in the live list was deleted if the list is whole, counted by the account summary
    /// and newer than the report, and if no other answer still has something of the user.
    fn still_there(
        &mut self,
        detail: Fact<Option<&'a UserDetail>>,
        name: &str,
    ) -> Fact<Option<&'a UserDetail>> {
        if !matches!(detail, Fact::Known(None)) {
            return detail;
        }
        let source = Source::AccountAuthorizationDetails;
        if !self.answers.lists.users {
            return Fact::missing(source);
        }
        let why = match self.is_newer {
            Some(false) => "but not in this older list",
            None => "but not in this list, and nothing says which is newer",
            Some(true) if self.answers.counted("Users").is_none() => {
                "but not in this list, and there is no account summary to count the users"
            }
            Some(true) if self.owns_something(name) => {
                "but not in this list, although its access keys or MFA devices are listed"
            }
            Some(true) => return detail,
        };
        let message = format!("in the credential report, {why}");
        self.gaps.missing(source, name, "NotListed", message)
    }

    /// Whether an answer that is not older than the live list has an access key or an MFA device of the user.
    fn owns_something(&self, name: &str) -> bool {
        let key = name_key(name);
        let answers = self.answers;
        let details = answers.collected_at(Source::AccountAuthorizationDetails);
        let is_later = |source| {
            let at = answers.collected_at(source);
            at.is_none() || details.is_none() || at >= details
        };
        let keys = answers
            .access_keys
            .as_ref()
            .known()
            .and_then(|keys| keys.get(&key));
        let devices = answers
            .mfa_devices
            .as_ref()
            .known()
            .and_then(|devices| devices.get(&key));
        let virtual_devices = answers
            .virtual_devices
            .as_ref()
            .known()
            .into_iter()
            .flatten();
        let mut owners = virtual_devices.filter_map(|device| device.user.as_ref());
        let has_virtual = owners.any(|owner| {
            let user = Arn::parse(&owner.arn).and_then(Arn::user);
            user.is_some_and(|(_, name)| name_key(name) == key)
        });
        keys.is_some_and(|keys| !keys.is_empty()) && is_later(Source::AccessKeys)
            || devices.is_some_and(|devices| !devices.is_empty()) && is_later(Source::MfaDevices)
            || has_virtual && is_later(Source::VirtualMfaDevices)
    }
}

/// Whether the row is this user's, and not that of a deleted user of the same name.
fn same_user(row: &ReportRow, live: &UserDetail) -> bool {
    row.created.known().is_none_or(|created| {
        created.duration_since(live.create_date).abs() <= SignedDuration::from_secs(1)
    })
}
