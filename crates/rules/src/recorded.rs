//! Adds to findings what CloudTrail recorded about their principals. This makes a finding more
//! urgent, but changes no verdict.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{
    AccountActivity, ActorKind, CredentialEvent, Evidence, Fact, Finding, Message, Mfa, Outcome,
    Period, Purpose, SIGN_IN_REGIONS, SignIn, Snapshot, User, minute,
};
use serde_json::{Value as Json, json};

use crate::scope::quiet;

/// The number of distinct addresses or event names shown, the latest first.
const SHOWN: usize = 3;

/// The attempts of root and of users, and the calls of access keys.
pub(crate) struct Recorded<'a> {
    attempts: HashMap<(ActorKind, String), Vec<&'a SignIn>>,
    /// The attempts through each SAML provider, by its ARN.
    federated: HashMap<&'a str, Vec<&'a SignIn>>,
    calls: HashMap<&'a str, Vec<&'a CredentialEvent>>,
    root_calls: Vec<&'a CredentialEvent>,
    users: HashMap<&'a str, &'a User>,
    /// The attempts and events, by their ids, of users or keys that the account does not have: the user, and what to
    /// say about it.
    strangers: HashMap<&'a str, (&'a str, &'static str)>,
    /// When the newest MFA device of each user was enabled.
    enrolled: HashMap<&'a str, Timestamp>,
    report_made: Option<Timestamp>,
    /// The introduction of each addition, with the days of the period.
    lead: String,
    /// The message if nothing was recorded; none if not enough was read to say so.
    nothing: Option<String>,
}

/// The addition to a finding.
struct Addition<'a> {
    lead: &'a str,
    message: Message,
    facts: BTreeMap<String, Json>,
}

/// A kind of attempt.
struct Kind {
    /// The singular noun.
    noun: &'static str,
    /// The name of the fact.
    name: &'static str,
    includes: fn(&SignIn) -> bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        noun: "sign-in",
        name: "sign_ins",
        includes: |attempt| attempt.purpose == Purpose::SignIn && has_succeeded(attempt),
    },
    Kind {
        noun: "possible sign-in",
        name: "possible_sign_ins",
        includes: |attempt| attempt.purpose == Purpose::SignIn && attempt.outcome.known().is_none(),
    },
    Kind {
        noun: "refused or unfinished sign-in",
        name: "refused_sign_ins",
        includes: |attempt| attempt.purpose == Purpose::SignIn && attempt.pattern.is_some(),
    },
    Kind {
        noun: "refused or unfinished MFA enrolment",
        name: "refused_mfa_enrolments",
        includes: |attempt| attempt.purpose == Purpose::MfaEnrolment && attempt.pattern.is_some(),
    },
    Kind {
        noun: "refused password change",
        name: "refused_password_changes",
        includes: |attempt| attempt.purpose == Purpose::PasswordChange && attempt.pattern.is_some(),
    },
];

/// Whether the attempt was this user's, rather than that of another user who had the name before or
/// since. If either id is missing, the user's creation date decides.
fn is_by(attempt: &SignIn, user: &User) -> bool {
    match (attempt.principal_id.as_deref(), &user.id) {
        (Some(attempted), Fact::Known(Some(id))) => attempted == id,
        _ => user
            .created
            .known()
            .is_none_or(|created| attempt.at >= created),
    }
}

const NO_USER: &str = "; the audit found no user with this name";
const OTHER_USER: &str = "; the audit found another user with this name, created at another time";
const NO_KEY: &str = "; the audit did not find the access key that signed it";

/// Returns the attempts and events of IAM users, by their ids, whose user or access key is not among those of the
/// account, with the user's name and what to say.
fn strangers<'a>(
    snapshot: &'a Snapshot,
    activity: &'a AccountActivity,
) -> HashMap<&'a str, (&'a str, &'static str)> {
    let mut strangers = HashMap::new();
    let Ok(listed) = snapshot.users.as_ref().into_result() else {
        return strangers;
    };
    let mut users = HashMap::new();
    for user in listed {
        users.insert(user.name.to_lowercase(), user);
    }
    for attempt in activity
        .sign_ins
        .iter()
        .filter(|it| it.actor == ActorKind::User)
    {
        let words = match users.get(&attempt.user.to_lowercase()) {
            None => NO_USER,
            Some(user) if !is_by(attempt, user) => OTHER_USER,
            Some(_) => continue,
        };
        strangers.insert(attempt.resource_id.as_str(), (attempt.user.as_str(), words));
    }
    for event in activity
        .credential_events
        .iter()
        .filter(|it| it.actor == ActorKind::User)
    {
        let words = match users.get(&event.user.to_lowercase()) {
            None => NO_USER,
            Some(user) if lacks_key(user, event) => NO_KEY,
            Some(_) => continue,
        };
        strangers.insert(event.resource_id.as_str(), (event.user.as_str(), words));
    }
    strangers
}

/// Whether the user's keys are known and the one that signed the call is not among them.
fn lacks_key(user: &User, event: &CredentialEvent) -> bool {
    let (Some(key), Fact::Known(keys)) = (&event.access_key, &user.access_keys) else {
        return false;
    };
    keys.iter()
        .all(|listed| matches!(&listed.id, Fact::Known(id) if key != id.as_str()))
}

fn has_succeeded(attempt: &SignIn) -> bool {
    attempt.outcome == Fact::Known(Outcome::Success)
}

impl<'a> Recorded<'a> {
    /// Indexes the activity of a snapshot; none if no log was read.
    pub(crate) fn new(snapshot: &'a Snapshot) -> Option<Recorded<'a>> {
        let activity = snapshot.activity.as_ref()?;
        let mut attempts: HashMap<_, Vec<_>> = HashMap::new();
        let mut federated: HashMap<_, Vec<_>> = HashMap::new();
        for attempt in &activity.sign_ins {
            let person = (attempt.actor, attempt.user.to_lowercase());
            attempts.entry(person).or_default().push(attempt);
            if let Some(authenticator) = &attempt.authenticator {
                federated
                    .entry(authenticator.as_str())
                    .or_default()
                    .push(attempt);
            }
        }
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        let mut root_calls = Vec::new();
        for event in &activity.credential_events {
            if let Some(key) = &event.access_key {
                calls.entry(key.as_str()).or_default().push(event);
            }
            // A session opened by sts:AssumeRoot does not use root's own credentials.
            let is_own = event.role.is_none() && event.service != "signin";
            if event.actor == ActorKind::Root && is_own {
                root_calls.push(event);
            }
        }
        let mut users = HashMap::new();
        let mut enrolled = HashMap::new();
        for user in snapshot.users.as_ref().known().into_iter().flatten() {
            let name = user.name.as_str();
            users.insert(name, user);
            let devices = user.mfa_devices.as_ref().known().into_iter().flatten();
            enrolled.extend(
                devices
                    .filter_map(|device| device.enabled)
                    .max()
                    .map(|at| (name, at)),
            );
        }
        Some(Recorded {
            attempts,
            federated,
            calls,
            root_calls,
            strangers: strangers(snapshot, activity),
            users,
            enrolled,
            report_made: snapshot.account.report_generated_at.known(),
            lead: lead(activity.period),
            nothing: quiet(snapshot, &SIGN_IN_REGIONS.map(str::to_owned)),
        })
    }

    /// Adds what was recorded to a finding about root, a user, an access key or a SAML provider; and
    /// to one about an attempt or an event, whether the account has who acted.
    pub(crate) fn add_to(&self, finding: &mut Finding) {
        let name = finding.resource.name.as_str();
        let mut addition =
            Addition { lead: &self.lead, message: Message::default(), facts: BTreeMap::new() };
        match finding.resource.kind.as_str() {
            "root" => {
                let own = self.own(ActorKind::Root, name);
                self.add_attempts(own, None, &mut addition);
                self.add_calls(&self.root_calls, &mut addition);
                self.add_absence(&mut addition);
            }
            "user" => {
                let mut own = self.own(ActorKind::User, name);
                if let Some(user) = self.users.get(name) {
                    own.retain(|attempt| is_by(attempt, user));
                }
                self.add_attempts(own, self.enrolled.get(name), &mut addition);
                self.add_absence(&mut addition);
            }
            "access_key" => {
                let calls = self.calls.get(name).map_or(&[][..], Vec::as_slice);
                self.add_calls(calls, &mut addition);
            }
            "saml_provider" => {
                let attempts = self.federated.get(&*finding.resource.id);
                self.add_attempts(attempts.cloned().unwrap_or_default(), None, &mut addition);
            }
            _ => {
                if let Some((user, words)) = self.strangers.get(&*finding.resource.id)
                    && *user == name
                {
                    addition.message.push(words);
                }
            }
        }
        if addition.message == Message::default() {
            return;
        }
        finding.urgent = !addition.facts.is_empty();
        let facts = finding.message_facts.take().unwrap_or_default();
        let message = Message::new(std::mem::take(&mut finding.message), facts);
        let mut message = message.unwrap_or_default();
        message.append(addition.message);
        let (text, facts) = message.into_parts();
        (finding.message, finding.message_facts) = (text, Some(facts));
        let mut evidence = finding.evidence.facts();
        evidence.extend(addition.facts);
        finding.evidence = Evidence::new(&evidence);
    }

    /// Returns the attempts of a person.
    fn own(&self, actor: ActorKind, name: &str) -> Vec<&'a SignIn> {
        self.attempts
            .get(&(actor, name.to_lowercase()))
            .cloned()
            .unwrap_or_default()
    }

    /// Adds the attempts of one person or through one provider. `enrolled` is when the person's
    /// newest MFA device was enabled.
    fn add_attempts(
        &self,
        mut all: Vec<&SignIn>,
        enrolled: Option<&Timestamp>,
        addition: &mut Addition<'_>,
    ) {
        all.sort_by_key(|attempt| attempt.at);
        for Kind { noun, name, includes } in KINDS {
            let mut attempts = all.clone();
            attempts.retain(|attempt| includes(attempt));
            let Some(last) = attempts.last() else {
                continue;
            };
            addition.count(noun, name, attempts.len(), last.at);
            if has_succeeded(last) && matches!(last.actor, ActorKind::Root | ActorKind::User) {
                self.add_use(&attempts, last.at, enrolled, addition);
            }
            let message = &mut addition.message;
            let sources = attempts
                .iter()
                .rev()
                .filter_map(|attempt| attempt.source.as_deref());
            push_few(message, ", from ", "signin.source", sources);
            let codes = attempts
                .iter()
                .rev()
                .filter_map(|attempt| attempt.code.as_deref());
            push_few(message, ", error ", "signin.code", codes);
        }
    }

    /// Adds what sign-ins, the last of which was at `last`, show about a person's password and MFA.
    fn add_use(
        &self,
        sign_ins: &[&SignIn],
        last: Timestamp,
        enrolled: Option<&Timestamp>,
        addition: &mut Addition<'_>,
    ) {
        self.add_newer(last, addition);
        let message = &mut addition.message;
        let not_used = Fact::Known(Some(Mfa::NotUsed));
        let without_mfa = sign_ins
            .iter()
            .filter(|sign_in| sign_in.mfa == not_used)
            .count();
        if without_mfa > 0 {
            message.push(&format!(", {without_mfa} without MFA"));
        }
        if enrolled.is_some_and(|enrolled| last < *enrolled) {
            message.push(", before the newest MFA device was enabled");
        }
        let mut devices = sign_ins
            .iter()
            .rev()
            .filter_map(|sign_in| sign_in.authenticator.as_deref());
        if let Some(device) = devices.next() {
            message.push(", last MFA device ");
            message.push_fact("signin.authenticator", device);
        }
    }

    fn add_calls(&self, calls: &[&CredentialEvent], addition: &mut Addition<'_>) {
        let Some(last) = calls.last() else { return };
        addition.count("credential call", "calls", calls.len(), last.at);
        self.add_newer(last.at, addition);
        let message = &mut addition.message;
        push_few(message, ": ", "event.name", calls.iter().rev().map(|call| call.name.as_str()));
        let sources = calls.iter().rev().filter_map(|call| call.source.as_deref());
        push_few(message, ", from ", "event.source", sources);
    }

    /// Says if the last use is later than the credential report.
    fn add_newer(&self, last: Timestamp, addition: &mut Addition<'_>) {
        if self.report_made.is_some_and(|made| made < last) {
            addition
                .message
                .push(", after the credential report was made");
        }
    }

    /// Says if nothing was recorded although everything was read.
    fn add_absence(&self, addition: &mut Addition<'_>) {
        if addition.facts.is_empty()
            && let Some(nothing) = &self.nothing
        {
            addition.message.push(&format!("; CloudTrail: {nothing}"));
        }
    }
}

/// Returns the introduction of each addition.
fn lead(period: Period) -> String {
    let [from, to] = [period.from, period.to].map(|at| at.strftime("%Y-%m-%d").to_string());
    if from == to {
        format!("; CloudTrail on {from}: ")
    } else {
        format!("; CloudTrail from {from} to {to}: ")
    }
}

impl Addition<'_> {
    /// Says how many attempts or calls there were, and when the last was.
    fn count(&mut self, noun: &str, name: &str, count: usize, last: Timestamp) {
        self.message.push(if self.facts.is_empty() {
            self.lead
        } else {
            "; "
        });
        let (plural, at) = if count == 1 {
            ("", "at")
        } else {
            ("s", "last at")
        };
        let last_at = minute(last);
        self.message
            .push(&format!("{count} {noun}{plural}, {at} {last_at}"));
        self.facts
            .insert(format!("activity.{name}"), json!({ "count": count, "last": last }));
    }
}

/// Adds the first few distinct texts, which are values of `fact`.
fn push_few<'t>(
    message: &mut Message,
    before: &str,
    fact: &str,
    texts: impl Iterator<Item = &'t str>,
) {
    let mut distinct: Vec<&str> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    for (index, text) in distinct.iter().take(SHOWN).enumerate() {
        message.push(if index == 0 { before } else { ", " });
        message.push_fact(fact, text);
    }
    if distinct.len() > SHOWN {
        message.push(&format!(" and {} more", distinct.len() - SHOWN));
    }
}
