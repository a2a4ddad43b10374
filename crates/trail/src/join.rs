//! Activity put together with how the account is set up.

use std::collections::HashMap;

use jiff::Timestamp;
use portcullis_model::{
    AccountActivity, ActivitySummary, ActorKind, CredentialEvent, Fact, LockedOut, Outcome,
    PasswordPolicy, Pattern, Purpose, Root, SignIn, Snapshot, User,
};

use crate::diagnosis::{EXPIRED_PASSWORD, NEWER_PASSWORD, NO_PASSWORD, ONLY_PASSWORD, Words, said};

const SECONDS_A_DAY: f64 = 86_400.0;

/// Adds to the facts of an account what CloudTrail recorded there.
///
/// A sign-in or a call of root is a use of root that the credential report, which is older, may not show. Facts
/// about users stay: a later use would make credentials look less idle than the report says.
pub fn add_to(snapshot: &mut Snapshot, activity: AccountActivity) {
    let sign_ins = activity.sign_ins.iter().filter(|it| is_by_root(it)).map(|it| (it.at, PASSWORD));
    let calls = activity.credential_events.iter().filter(|it| is_call_of_root(it));
    let calls =
        calls.map(|it| (it.at, if it.access_key.is_some() { "access key" } else { PASSWORD }));
    if let Some((at, credential)) = sign_ins.chain(calls).max() {
        use_root(&mut snapshot.root, at, credential, snapshot.as_of);
    }
    snapshot.activity = Some(activity);
}

/// Sessions of the console come from the password.
const PASSWORD: &str = "password";

/// Whether root's own credentials signed the call: those of `sts:AssumeRoot` are not.
fn is_call_of_root(event: &CredentialEvent) -> bool {
    event.actor == ActorKind::Root && event.role.is_none() && event.service != "signin"
}

fn is_by_root(attempt: &SignIn) -> bool {
    attempt.actor == ActorKind::Root
        && attempt.purpose == Purpose::SignIn
        && attempt.outcome == Fact::Known(Outcome::Success)
}

/// Root was used then. Where the report is missing, root may have been used later still.
fn use_root(root: &mut Root, at: Timestamp, credential: &str, as_of: Timestamp) {
    if root.last_used.known().is_some_and(|known| known.is_none_or(|known| known < at)) {
        let idle_days = as_of.duration_since(at).as_secs_f64() / SECONDS_A_DAY;
        root.last_used = Fact::Known(Some(at));
        root.last_used_credential = Fact::Known(Some(credential.to_owned()));
        root.idle_days = Fact::Known(Some(idle_days.max(0.0)));
    }
}

/// Says more surely why passwords of the account's users were refused, by how these are set up.
pub fn explain_refusals(summary: &mut ActivitySummary, snapshot: &Snapshot) {
    let mut users = HashMap::new();
    for user in snapshot.users.as_ref().known().into_iter().flatten() {
        users.insert(user.name.to_ascii_lowercase(), user);
    }
    let policy = snapshot.account.password_policy.as_ref().known();
    for row in &mut summary.locked_out {
        let person = &row.person;
        let name = person.name.as_deref().unwrap_or_default();
        let is_here = person.account.as_deref() == Some(snapshot.account.id.as_str());
        let Some(user) = users.get(&name.to_ascii_lowercase()).filter(|_| is_here) else {
            continue;
        };
        let lost_mfa = snapshot.activity.as_ref().is_some_and(|it| lost_mfa(it, row));
        if let Some(words) = words(row, user, policy)
            && !(lost_mfa && words == ONLY_PASSWORD)
        {
            row.diagnosis = said(words, Some(name));
        }
    }
}

/// What is said of a user whose password was refused, if more is known than the events say.
fn words(row: &LockedOut, user: &User, policy: Option<&PasswordPolicy>) -> Option<Words> {
    let (first, last) = row.first_try.zip(row.last_try)?;
    // One who was made again under the name has another id and password.
    let id = row.last.as_ref().and_then(|last| last.principal_id.as_deref());
    let is_same = match id.zip(user.id.as_ref().known()) {
        Some((tried, here)) => tried == here,
        None => user.created.known().is_none_or(|created| created <= first),
    };
    if row.pattern != Pattern::WrongPassword || user.deleted || !is_same {
        return None;
    }
    if !user.password_enabled.known()? {
        return Some(NO_PASSWORD);
    }
    let changed = user.password_last_changed.known()??;
    if changed > last {
        return Some(NEWER_PASSWORD);
    }
    if policy.is_some_and(|policy| has_expired(changed, policy, last)) {
        return Some(EXPIRED_PASSWORD);
    }
    (!user.mfa_active.known()?).then_some(ONLY_PASSWORD)
}

/// Whether a password that was set at that time had expired by then, for good.
fn has_expired(changed: Timestamp, policy: &PasswordPolicy, at: Timestamp) -> bool {
    let days = at.duration_since(changed).as_secs_f64() / SECONDS_A_DAY;
    policy.hard_expiry && policy.max_age_days.is_some_and(|most| days > f64::from(most))
}

/// Whether an MFA device of the person was deactivated after they tried: they may have had one then.
fn lost_mfa(activity: &AccountActivity, row: &LockedOut) -> bool {
    let name = row.person.name.as_deref().unwrap_or_default();
    activity.credential_events.iter().any(|event| {
        let may_be_theirs = match &event.target {
            Fact::Known(target) => {
                target.as_ref().unwrap_or(&event.user).eq_ignore_ascii_case(name)
            }
            Fact::Missing(_) => true,
        };
        event.name == "DeactivateMFADevice" && Some(event.at) > row.last_try && may_be_theirs
    })
}
