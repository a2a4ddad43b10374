//! The facts about each user.

use jiff::Timestamp;
use portcullis_model::{
    AccessKey, Fact, MfaDevice, PrincipalKind, SigningCertificate, Source, User,
};

use super::answers::Answers;
use super::credential_report::ReportRow;
use super::facts::{any, count_true, if_complete, known_or, latest};
use super::gaps::Gaps;
use super::permissions::{Permissions, Privileges, attached_policies, inline_policies};
use super::reconciled_users::{self, ReconciledUser};
use super::time::days;
use super::{certificates, keys, mfa};
use crate::classes::{Candidate, ClassConflict, Classes};
use crate::shapes::UserDetail;

/// Returns the users, sorted by name.
pub(super) fn users(
    answers: &Answers,
    permissions: &Fact<Permissions>,
    devices: &Fact<Vec<MfaDevice>>,
    classes: &Classes,
    gaps: &mut Gaps,
) -> Result<Fact<Vec<User>>, ClassConflict> {
    let reconciled = match reconciled_users::users(answers, gaps) {
        Fact::Known(reconciled) => reconciled,
        Fact::Missing(sources) => return Ok(Fact::Missing(sources)),
    };
    let devices = devices
        .as_ref()
        .map(|devices| mfa::VirtualDevices::new(devices));
    let mut builder = UserBuilder { answers, permissions, devices, classes, gaps };
    let mut users = Vec::with_capacity(reconciled.len());
    for user in &reconciled {
        users.push(builder.user(user)?);
    }
    Ok(Fact::Known(users))
}

/// Returns the users if the list is complete: it has as many as the account summary counts, or
/// more, and the report or the live list is complete.
pub(super) fn whole_list<'u>(users: &'u Fact<Vec<User>>, answers: &Answers) -> Fact<&'u Vec<User>> {
    let report = answers.report.as_ref().known();
    let has_whole_source = answers.lists.users || report.is_some_and(|report| report.complete);
    let is_counted = !answers.lacks_count("Users");
    let counted = answers.counted("Users").unwrap_or_default();
    users.as_ref().and_then(|users| {
        let present = users.iter().filter(|user| !user.deleted).count();
        let is_whole = is_counted && has_whole_source && present >= counted;
        if_complete(users, is_whole, Source::AccountAuthorizationDetails)
    })
}

/// Builds the facts about each user.
struct UserBuilder<'a> {
    answers: &'a Answers,
    permissions: &'a Fact<Permissions>,
    devices: Fact<mfa::VirtualDevices<'a>>,
    classes: &'a Classes,
    gaps: &'a mut Gaps,
}

impl<'a> UserBuilder<'a> {
    fn user(&mut self, user: &ReconciledUser<'a>) -> Result<User, ClassConflict> {
        let &ReconciledUser { name, arn, path, row, detail, deleted } = user;
        let created = created(user);
        let password = Password::from_row(row, self.answers.as_of);
        let mfa = mfa::of_user(user, &self.devices, self.answers, self.gaps);
        let access_keys = keys::of_user(user, created, self.answers, self.gaps);
        let privileges = self.privileges(detail);
        let signing_certificates = row.and_then(|row| certificates::of_user(row, arn));
        Ok(User {
            name: name.to_owned(),
            arn: arn.to_owned(),
            id: id(detail),
            kind: PrincipalKind::User,
            path: path.to_owned(),
            class: self
                .classes
                .class_of(&Candidate { name, path, tags: tags(detail) })?,
            deleted,
            created,
            age_days: created.and_then(|created| {
                self.answers
                    .days_since(created, created_by(detail), name, self.gaps)
            }),
            password_enabled: password.enabled,
            password_last_used: password.last_used,
            password_last_changed: password.last_changed,
            password_age_days: password.age_days,
            password_idle_days: password.idle_days,
            mfa_active: mfa.active,
            mfa_source: mfa.source,
            mfa_devices: mfa.devices,
            unassigned_mfa_device: mfa.unassigned_device,
            groups: listed(detail, groups),
            administrator: privileges.as_ref().and_then(|facts| facts.administrator),
            administrator_depends_on: privileges
                .as_ref()
                .and_then(|facts| facts.administrator_depends_on.clone()),
            removable_guards: privileges
                .as_ref()
                .and_then(|facts| facts.removable_guards.clone()),
            escalations: privileges.and_then(|facts| facts.escalations),
            attached_policies: self.attached_policies(detail),
            inline_policies: listed(detail, |user| inline_policies(&user.user_policy_list)),
            active_access_key_count: access_keys
                .as_ref()
                .and_then(|keys| count_true(keys.iter().map(|key| key.active))),
            has_active_credential: any_active(
                password.enabled,
                &access_keys,
                &signing_certificates,
            ),
            last_activity: row.and_then(|row| last_activity(row, &access_keys)),
            access_keys,
            signing_certificates,
        })
    }

    fn attached_policies(&self, detail: Fact<Option<&UserDetail>>) -> Fact<Vec<String>> {
        let unplaced = self
            .permissions
            .as_ref()
            .map(|permissions| permissions.unplaced.as_slice());
        detail.and_then(|user| match user {
            Some(user) => unplaced
                .and_then(|unplaced| attached_policies(&user.attached_managed_policies, unplaced)),
            None => Fact::Known(Vec::new()),
        })
    }

    /// Returns a user's privileges. A deleted user has none and cannot gain any.
    fn privileges(&self, detail: Fact<Option<&UserDetail>>) -> Fact<Privileges> {
        let permissions = self.permissions.as_ref();
        detail.and_then(|user| match user {
            Some(user) => permissions.and_then(|found| found.of_user(user).map(Clone::clone)),
            None => Fact::Known(Privileges {
                administrator: Fact::Known(false),
                administrator_depends_on: Fact::Known(Vec::new()),
                escalations: Fact::Known(Vec::new()),
                removable_guards: Fact::Known(Vec::new()),
            }),
        })
    }
}

/// The facts about a password.
struct Password {
    enabled: Fact<bool>,
    last_used: Fact<Option<Timestamp>>,
    last_changed: Fact<Option<Timestamp>>,
    age_days: Fact<Option<f64>>,
    idle_days: Fact<Option<f64>>,
}

impl Password {
    fn from_row(row: Fact<&ReportRow>, as_of: Timestamp) -> Password {
        let enabled = row.and_then(|row| row.password_enabled);
        let enabled = enabled.and_then(|enabled| known_or(enabled, Source::CredentialReport));
        let last_used = row.and_then(|row| row.password_last_used);
        // Emulators give a date even without a password.
        let last_changed = enabled.and_then(|enabled| {
            if enabled {
                row.and_then(|row| row.password_last_changed)
            } else {
                Fact::Known(None)
            }
        });
        let age_days = last_changed.map(|changed| changed.map(|changed| days(changed, as_of)));
        let idle_days = enabled.and_then(|enabled| match last_used {
            _ if !enabled => Fact::Known(None),
            Fact::Known(Some(used)) => Fact::Known(Some(days(used, as_of))),
            Fact::Known(None) => age_days,
            Fact::Missing(sources) => Fact::Missing(sources),
        });
        Password { enabled, last_used, last_changed, age_days, idle_days }
    }
}

fn created(user: &ReconciledUser<'_>) -> Fact<Timestamp> {
    match user.detail {
        Fact::Known(Some(detail)) => Fact::Known(detail.create_date),
        Fact::Known(None) => user.row.and_then(|row| row.created),
        Fact::Missing(sources) => user
            .row
            .and_then(|row| row.created)
            .or_else(|| Fact::Missing(sources)),
    }
}

/// Returns the source of the creation date.
fn created_by(detail: Fact<Option<&UserDetail>>) -> Source {
    match detail {
        Fact::Known(Some(_)) => Source::AccountAuthorizationDetails,
        Fact::Known(None) | Fact::Missing(_) => Source::CredentialReport,
    }
}

fn tags(detail: Fact<Option<&UserDetail>>) -> Fact<Vec<(&str, &str)>> {
    detail.map(|user| {
        let tags = user.map_or(&[][..], |user| &user.tags);
        tags.iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .collect()
    })
}

/// Returns the unique id, which the report lacks.
fn id(detail: Fact<Option<&UserDetail>>) -> Fact<Option<String>> {
    detail.map(|user| {
        user.map(|user| user.user_id.clone())
            .filter(|id| !id.is_empty())
    })
}

/// Returns a list from the user's entry; empty if the user was deleted.
fn listed(
    detail: Fact<Option<&UserDetail>>,
    list: impl FnOnce(&UserDetail) -> Vec<String>,
) -> Fact<Vec<String>> {
    detail.map(|user| user.map(list).unwrap_or_default())
}

fn groups(user: &UserDetail) -> Vec<String> {
    let mut groups = user.group_list.clone();
    groups.sort();
    groups
}

fn any_active(
    password: Fact<bool>,
    keys: &Fact<Vec<AccessKey>>,
    certificates: &Fact<Vec<SigningCertificate>>,
) -> Fact<bool> {
    let key = keys
        .as_ref()
        .and_then(|keys| any(keys.iter().map(|key| key.active)));
    let certificate = certificates
        .as_ref()
        .and_then(|certificates| any(certificates.iter().map(|certificate| certificate.active)));
    password.or(key).or(certificate)
}

/// Returns the latest recorded use, including that of keys deleted since the report.
fn last_activity(row: &ReportRow, keys: &Fact<Vec<AccessKey>>) -> Fact<Option<Timestamp>> {
    keys.as_ref().and_then(|keys| {
        let mut uses = vec![row.password_last_used];
        uses.extend(row.keys.iter().map(|key| key.last_used));
        uses.extend(keys.iter().map(|key| key.last_used));
        latest(uses)
    })
}
