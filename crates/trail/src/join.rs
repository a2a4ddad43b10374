//! Activity put together with how the account is set up.

use jiff::Timestamp;
use portcullis_model::{
    AccountActivity, ActorKind, CredentialEvent, Fact, Outcome, Purpose, Root, SignIn, Snapshot,
};

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
