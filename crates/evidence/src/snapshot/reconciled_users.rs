//! Who the users are: the report and the live list, reconciled.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::Answers;
use super::credential_report::{Report, Row};
use super::gaps::Gaps;
use super::names::name_key;
use crate::shapes::UserDetail;

/// A user, and where facts about it are.
pub(super) struct ReconciledUser<'a> {
    pub(super) name: &'a str,
    pub(super) arn: &'a str,
    pub(super) path: &'a str,
    pub(super) row: Fact<&'a Row>,
    /// None: the user is gone since the report.
    pub(super) detail: Fact<Option<&'a UserDetail>>,
    pub(super) deleted: bool,
}

/// All users of the report and of the live list, sorted by name.
///
/// Matched by name, which is unique regardless of case: the ARN would lose users whose path was
/// changed since the report. That there is none is not known while lines of the report are lost.
pub(super) fn users<'a>(answers: &'a Answers, gaps: &mut Gaps) -> Fact<Vec<ReconciledUser<'a>>> {
    let details = details(answers, gaps);
    let rows = answers.report.as_ref().map(rows);
    let complete = answers.report.as_ref().map(|report| report.complete);
    if let Fact::Missing(missing) = details {
        match complete {
            Fact::Known(true) => {}
            Fact::Known(false) => return Fact::Missing(missing | Source::CredentialReport.into()),
            Fact::Missing(report) => return Fact::Missing(missing | report),
        }
    }
    let lists = UserLists { answers, rows, details };
    let mut reconciled: Vec<ReconciledUser<'a>> =
        lists.names().into_iter().filter_map(|name| lists.user(name, gaps)).collect();
    if reconciled.is_empty() && complete == Fact::Known(false) {
        return Fact::missing(Source::CredentialReport);
    }
    reconciled.sort_by_key(|user| (user.name, user.arn));
    Fact::Known(reconciled)
}

type ByName<'a, T> = HashMap<String, &'a T>;

fn rows(report: &Report) -> ByName<'_, Row> {
    report.users.iter().map(|row| (name_key(&row.name), row)).collect()
}

/// The live list. Where no account summary says how many users there are, an empty one is not taken
/// for the deletion of all: asked with a filter, AWS answers with an empty list too.
fn details<'a>(answers: &'a Answers, gaps: &mut Gaps) -> Fact<ByName<'a, UserDetail>> {
    let source = Source::AccountAuthorizationDetails;
    answers.details.as_ref().and_then(|details| {
        let users = &details.user_detail_list;
        let in_report = answers.report.as_ref().known().map_or(0, |report| report.users.len());
        if users.is_empty() && in_report > 0 && answers.counted("Users").is_none() {
            let message = format!("lists no user, but the credential report {in_report}");
            gaps.push(Gap::new(source, "Incomplete", message));
            return Fact::missing(source);
        }
        Fact::Known(users.iter().map(|user| (name_key(&user.user_name), user)).collect())
    })
}

/// Both lists of users, at least one of them known.
struct UserLists<'a> {
    answers: &'a Answers,
    rows: Fact<ByName<'a, Row>>,
    details: Fact<ByName<'a, UserDetail>>,
}

impl<'a> UserLists<'a> {
    fn names(&self) -> BTreeSet<&str> {
        let rows = self.rows.as_ref().known().into_iter().flat_map(HashMap::keys);
        let details = self.details.as_ref().known().into_iter().flat_map(HashMap::keys);
        rows.chain(details).map(String::as_str).collect()
    }

    fn user(&self, key: &str, gaps: &mut Gaps) -> Option<ReconciledUser<'a>> {
        let row = self.rows.as_ref().map(|rows| rows.get(key).copied());
        let detail = self.details.as_ref().map(|details| details.get(key).copied());
        let live = detail.known().flatten();
        let (name, arn) = match (live, row.known().flatten()) {
            (Some(detail), _) => (detail.user_name.as_str(), detail.arn.as_str()),
            (None, Some(row)) => (row.name.as_str(), row.arn.as_str()),
            (None, None) => return None,
        };
        let detail = self.still_there(detail, name, gaps);
        Some(ReconciledUser {
            name,
            arn,
            path: Arn::parse(arn).and_then(Arn::user).map_or("/", |(path, _)| path),
            row: self.row_of(live, row, name, gaps),
            detail,
            deleted: matches!(detail, Fact::Known(None)),
        })
    }

    /// The user's row, unless the report has none or that of an earlier user of that name.
    fn row_of(
        &self,
        live: Option<&UserDetail>,
        row: Fact<Option<&'a Row>>,
        name: &str,
        gaps: &mut Gaps,
    ) -> Fact<&'a Row> {
        row.and_then(|row| match (row, live) {
            (Some(row), None) => Fact::Known(row),
            (Some(row), Some(live)) if same_user(row, live) => Fact::Known(row),
            (_, live) => {
                let message = self.why_not_in_report(live);
                gaps.push(Gap::new(Source::CredentialReport, "NotInReport", message).of(name));
                Fact::missing(Source::CredentialReport)
            }
        })
    }

    fn why_not_in_report(&self, live: Option<&UserDetail>) -> String {
        let made = self.answers.report_made();
        match (live.map(|live| live.create_date), made) {
            (Some(created), Some(made)) if created < made => {
                format!("created {created}, yet not in the report of {made}")
            }
            (Some(created), Some(made)) => {
                format!("created {created}, after the report of {made}")
            }
            (Some(created), None) => format!("created {created}; not in the report"),
            (None, _) => "not in the report".to_owned(),
        }
    }

    /// That a user is not in the live list means deletion, unless the list is short or older than the
    /// report.
    fn still_there(
        &self,
        detail: Fact<Option<&'a UserDetail>>,
        name: &str,
        gaps: &mut Gaps,
    ) -> Fact<Option<&'a UserDetail>> {
        let source = Source::AccountAuthorizationDetails;
        let listed_at = self.answers.collected_at(source);
        let is_whole = self.answers.lists.users;
        let is_newer = self.answers.outranks_report(listed_at);
        if !matches!(detail, Fact::Known(None)) || is_whole && is_newer {
            return detail;
        }
        if is_whole {
            let message = "in the credential report, but not in this older list";
            gaps.push(Gap::new(source, "NotInList", message).of(name));
        }
        Fact::missing(source)
    }
}

/// Whether the row is of this very user, and not of a deleted one of the same name.
fn same_user(row: &Row, live: &UserDetail) -> bool {
    let apart = |created: Timestamp| created.duration_since(live.create_date).abs();
    row.created.known().is_none_or(|created| apart(created) <= SignedDuration::from_secs(1))
}
