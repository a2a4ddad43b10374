//! Combines activity with the settings of the account.

use std::collections::HashMap;

use jiff::Timestamp;
use portcullis_model::{
    AccountActivity, ActivitySummary, ActorKind, Fact, LockedOut, MfaKind, Outcome, PasswordPolicy,
    Pattern, Period, Purpose, Root, SignIn, Snapshot, Source, User, global_region,
};

use crate::diagnosis::{
    DATE, EXPIRED_PASSWORD, LIKELY_ONLY_PASSWORD, NEWER_PASSWORD, NO_PASSWORD, ONLY_PASSWORD,
    Words, name_device, new_diagnosis,
};

const SECONDS_A_DAY: f64 = 86_400.0;

/// Adds what CloudTrail recorded in an account to its facts.
///
/// A sign-in or a call by root is a use of root that the credential report, which is older, may not show. Facts
/// about users stay: a later use would make credentials look less idle than the report says.
pub fn add_to(snapshot: &mut Snapshot, activity: AccountActivity) {
    let sign_ins = activity
        .sign_ins
        .iter()
        .filter(|it| is_by_root(it))
        .map(|it| (it.at, PASSWORD));
    let calls = activity.root_calls.iter();
    let calls = calls.map(|it| {
        (
            it.at,
            if it.by_access_key {
                "access key"
            } else {
                PASSWORD
            },
        )
    });
    if let Some((at, credential)) = sign_ins.chain(calls).max() {
        use_root(&mut snapshot.root, at, credential, snapshot.as_of);
    }
    snapshot.activity = Some(activity);
}

const PASSWORD: &str = "password";

fn is_by_root(attempt: &SignIn) -> bool {
    attempt.actor == ActorKind::Root
        && attempt.purpose == Purpose::SignIn
        && attempt.outcome == Fact::Known(Outcome::Success)
}

/// Notes that root was used then, unless a later use is known. Without the report, there may have been one.
fn use_root(root: &mut Root, at: Timestamp, credential: &str, as_of: Timestamp) {
    if root
        .last_used
        .known()
        .is_some_and(|known| known.is_none_or(|known| known < at))
    {
        let idle_days = as_of.duration_since(at).as_secs_f64() / SECONDS_A_DAY;
        root.last_used = Fact::Known(Some(at));
        root.last_used_credential = Fact::Known(Some(credential.to_owned()));
        root.idle_days = Fact::Known(Some(idle_days.max(0.0)));
    }
}

/// Uses the settings of the account's users to say with more certainty why their passwords were refused, and names
/// their devices.
pub fn explain_refusals(summary: &mut ActivitySummary, snapshot: &Snapshot) {
    let mut users = HashMap::new();
    for user in snapshot.users.as_ref().known().into_iter().flatten() {
        users.insert(user.name.to_ascii_lowercase(), user);
    }
    for row in &mut summary.locked_out {
        let person = &row.person;
        let name = person.name.as_deref().unwrap_or_default();
        let is_here = person.account.as_deref() == Some(snapshot.account.id.as_str());
        let Some(user) = users.get(&name.to_ascii_lowercase()).filter(|_| is_here) else {
            continue;
        };
        if row.pattern == Pattern::PasswordOrCode
            && let Fact::Known(devices) = &user.mfa_devices
            && let [only] = devices.as_slice()
            && matches!(only.kind, MfaKind::Virtual | MfaKind::HardwareToken)
        {
            name_device(&mut row.diagnosis, &only.serial);
        }
        let as_of = as_of(user, snapshot);
        if let Some(words) = words(row, user, snapshot, as_of) {
            row.diagnosis = new_diagnosis(words, Some(name));
            let day = as_of.map(|at| at.strftime("%Y-%m-%d").to_string());
            let day = day.as_deref().unwrap_or("a report without a date");
            row.diagnosis.cause = row.diagnosis.cause.replace(DATE, day).into();
        }
    }
}

/// The time of what the snapshot says about the user's password and MFA devices. The password comes from the
/// report, and so may the devices.
fn as_of(user: &User, snapshot: &Snapshot) -> Option<Timestamp> {
    let made = snapshot.account.report_generated_at.known()?;
    let source = user.mfa_source.as_ref().known()?;
    Some(if source == Source::CredentialReport.name() {
        made
    } else {
        snapshot.as_of
    })
}

/// Says why a user's password was refused, if the account's settings show more than the events.
fn words(
    row: &LockedOut,
    user: &User,
    snapshot: &Snapshot,
    as_of: Option<Timestamp>,
) -> Option<Words> {
    let (first, last) = row.first_try.zip(row.last_try)?;
    // A user who was created again under the same name has another id and password.
    let id = row
        .last
        .as_ref()
        .and_then(|last| last.principal_id.as_deref());
    let is_same = match id.zip(user.id.as_ref().known().and_then(Option::as_ref)) {
        Some((tried, here)) => tried == here,
        None => user.created.known().is_none_or(|created| created <= first),
    };
    if row.pattern != Pattern::WrongPassword || user.deleted || !is_same {
        return None;
    }
    let between = match as_of {
        Some(as_of) => Period { from: last.min(as_of), to: last.max(as_of) },
        None => Period { from: Timestamp::MIN, to: Timestamp::MAX },
    };
    let changed = |names| has_changed(snapshot, &user.name, between, names);
    if !user.password_enabled.known()? {
        return (!changed(&PASSWORD_EVENTS)).then_some(NO_PASSWORD);
    }
    let set = user.password_last_changed.known()??;
    if set > last {
        return Some(NEWER_PASSWORD);
    }
    let policy = snapshot.account.password_policy.as_ref().known();
    if policy.is_some_and(|policy| has_expired(set, policy, last)) {
        return Some(EXPIRED_PASSWORD);
    }
    if user.mfa_active.known()? || changed(&MFA_EVENTS) {
        return None;
    }
    Some(if is_iam_read(snapshot, between) {
        ONLY_PASSWORD
    } else {
        LIKELY_ONLY_PASSWORD
    })
}

/// Whether all changes of users in that period were read. IAM records them in one region.
fn is_iam_read(snapshot: &Snapshot, time: Period) -> bool {
    let Some(activity) = &snapshot.activity else {
        return false;
    };
    let contains = |read: &Period| read.from <= time.from && time.to <= read.to;
    let global = global_region(&snapshot.account.partition);
    let region = activity.regions.iter().find(|it| it.region == global);
    contains(&activity.period)
        && !activity.left_out.writes
        && region.is_some_and(|it| {
            it.logged.iter().chain(&it.proved).any(contains)
                && !it
                    .incomplete
                    .iter()
                    .any(|hole| hole.from < time.to && time.from < hole.to)
        })
}

const PASSWORD_EVENTS: [&str; 2] = ["CreateLoginProfile", "DeleteLoginProfile"];
const MFA_EVENTS: [&str; 2] = ["DeactivateMFADevice", "EnableMFADevice"];

/// Whether a password set at `changed` had expired by `at`, so that its user could not change it.
fn has_expired(changed: Timestamp, policy: &PasswordPolicy, at: Timestamp) -> bool {
    let days = at.duration_since(changed).as_secs_f64() / SECONDS_A_DAY;
    policy.hard_expiry
        && policy
            .max_age_days
            .is_some_and(|most| days > f64::from(most))
}

/// Whether one of these events may have changed the user in that period.
fn has_changed(snapshot: &Snapshot, user: &str, period: Period, names: &[&str; 2]) -> bool {
    let mut events = snapshot
        .activity
        .iter()
        .flat_map(|activity| &activity.credential_events);
    events.any(|event| {
        let may_be_about_user = match &event.target {
            Fact::Known(Some(target)) => target.eq_ignore_ascii_case(user),
            Fact::Known(None) => event.user.eq_ignore_ascii_case(user),
            Fact::Missing(_) => true,
        };
        may_be_about_user
            && names.contains(&&*event.name)
            && (period.from..=period.to).contains(&event.at)
            && event.outcome != Fact::Known(Outcome::Failure)
    })
}
