//! What CloudTrail recorded about the person of a finding. It makes the finding more urgent, and changes no
//! verdict.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{
    ActorKind, CredentialEvent, Evidence, Fact, Finding, Message, Mfa, Outcome, Period, Purpose,
    SIGN_IN_REGIONS, SignIn, Snapshot, User,
};
use serde_json::{Value as Json, json};

use crate::scope::quiet;

/// So many different addresses, or names of events, are shown: the latest.
const SHOWN: usize = 3;

/// The attempts of root and of users, and the calls of access keys.
pub(crate) struct Recorded<'a> {
    attempts: HashMap<(ActorKind, String), Vec<&'a SignIn>>,
    /// The attempts that each SAML provider vouched for, by its ARN.
    federated: HashMap<&'a str, Vec<&'a SignIn>>,
    calls: HashMap<&'a str, Vec<&'a CredentialEvent>>,
    root_calls: Vec<&'a CredentialEvent>,
    users: HashMap<&'a str, &'a User>,
    /// When the newest of the MFA devices of each user was enabled.
    enrolled: HashMap<&'a str, Timestamp>,
    report_made: Option<Timestamp>,
    /// What leads all that was recorded: from which day to which.
    lead: String,
    /// What is said of whoever did nothing; none: not enough was read to say so.
    nothing: Option<String>,
}

/// What is added to a finding.
struct Addition<'a> {
    lead: &'a str,
    message: Message,
    facts: BTreeMap<String, Json>,
}

/// A kind of attempt.
struct Kind {
    /// What one of them is called.
    noun: &'static str,
    /// The name of the fact.
    name: &'static str,
    takes: fn(&SignIn) -> bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        noun: "sign-in",
        name: "sign_ins",
        takes: |it| it.purpose == Purpose::SignIn && has_succeeded(it),
    },
    Kind {
        noun: "possible sign-in",
        name: "possible_sign_ins",
        takes: |it| it.purpose == Purpose::SignIn && it.outcome.known().is_none(),
    },
    Kind {
        noun: "refused or unfinished sign-in",
        name: "refused_sign_ins",
        takes: |it| it.purpose == Purpose::SignIn && it.pattern.is_some(),
    },
    Kind {
        noun: "refused or unfinished MFA enrolment",
        name: "refused_mfa_enrolments",
        takes: |it| it.purpose == Purpose::MfaEnrolment && it.pattern.is_some(),
    },
    Kind {
        noun: "refused password change",
        name: "refused_password_changes",
        takes: |it| it.purpose == Purpose::PasswordChange && it.pattern.is_some(),
    },
];

/// Whether that user tried, and not one who had the name before or has had it since. Without an id on either
/// side, the user's creation decides.
fn is_by(attempt: &SignIn, user: &User) -> bool {
    match attempt.principal_id.as_deref().zip(user.id.as_ref().known().and_then(Option::as_ref)) {
        Some((tried, here)) => tried == here,
        None => user.created.known().is_none_or(|created| attempt.at >= created),
    }
}

fn has_succeeded(attempt: &SignIn) -> bool {
    attempt.outcome == Fact::Known(Outcome::Success)
}

impl<'a> Recorded<'a> {
    /// None: no log was read.
    pub(crate) fn new(snapshot: &'a Snapshot) -> Option<Recorded<'a>> {
        let activity = snapshot.activity.as_ref()?;
        let mut attempts: HashMap<_, Vec<_>> = HashMap::new();
        let mut federated: HashMap<_, Vec<_>> = HashMap::new();
        for attempt in &activity.sign_ins {
            let person = (attempt.actor, attempt.user.to_lowercase());
            attempts.entry(person).or_default().push(attempt);
            if let Some(authenticator) = &attempt.authenticator {
                federated.entry(authenticator.as_str()).or_default().push(attempt);
            }
        }
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        let mut root_calls = Vec::new();
        for event in &activity.credential_events {
            if let Some(key) = &event.access_key {
                calls.entry(key.as_str()).or_default().push(event);
            }
            // A session of root by sts:AssumeRoot uses none of root's own credentials.
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
            enrolled.extend(devices.filter_map(|it| it.enabled).max().map(|at| (name, at)));
        }
        Some(Recorded {
            attempts,
            federated,
            calls,
            root_calls,
            users,
            enrolled,
            report_made: snapshot.account.report_generated_at.known(),
            lead: lead(activity.period),
            nothing: quiet(snapshot, &SIGN_IN_REGIONS.map(str::to_owned)),
        })
    }

    /// Adds to a finding about root, a user, an access key or a SAML provider what was recorded of it.
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
                    own.retain(|it| is_by(it, user));
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
            _ => {}
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

    /// The attempts of a person.
    fn own(&self, actor: ActorKind, name: &str) -> Vec<&'a SignIn> {
        self.attempts.get(&(actor, name.to_lowercase())).cloned().unwrap_or_default()
    }

    /// Adds attempts of one person, or through one provider. `enrolled` is when the person's newest MFA
    /// device was enabled.
    fn add_attempts(
        &self,
        mut all: Vec<&SignIn>,
        enrolled: Option<&Timestamp>,
        addition: &mut Addition<'_>,
    ) {
        all.sort_by_key(|it| it.at);
        for Kind { noun, name, takes } in KINDS {
            let attempts: Vec<&SignIn> = all.iter().copied().filter(|it| takes(it)).collect();
            let Some(last) = attempts.last() else { continue };
            addition.count(noun, name, attempts.len(), last.at);
            if has_succeeded(last) && matches!(last.actor, ActorKind::Root | ActorKind::User) {
                self.add_use(&attempts, last.at, enrolled, addition);
            }
            let message = &mut addition.message;
            let sources = attempts.iter().rev().filter_map(|it| it.source.as_deref());
            push_few(message, ", from ", "signin.source", sources);
            let codes = attempts.iter().rev().filter_map(|it| it.code.as_deref());
            push_few(message, ", error ", "signin.code", codes);
        }
    }

    /// Adds what sign-ins, of which the last was then, say of a person's password and MFA.
    fn add_use(
        &self,
        sign_ins: &[&SignIn],
        last: Timestamp,
        enrolled: Option<&Timestamp>,
        addition: &mut Addition<'_>,
    ) {
        self.add_newer(last, addition);
        let message = &mut addition.message;
        let without_mfa =
            sign_ins.iter().filter(|it| it.mfa == Fact::Known(Some(Mfa::NotUsed))).count();
        if without_mfa > 0 {
            message.push(&format!(", {without_mfa} without MFA"));
        }
        if enrolled.is_some_and(|enrolled| last < *enrolled) {
            message.push(", before the newest MFA device was enabled");
        }
        if let Some(device) = sign_ins.iter().rev().find_map(|it| it.authenticator.as_deref()) {
            message.push(", last MFA device ");
            message.push_fact("signin.authenticator", device);
        }
    }

    fn add_calls(&self, calls: &[&CredentialEvent], addition: &mut Addition<'_>) {
        let Some(last) = calls.last() else { return };
        addition.count("credential call", "calls", calls.len(), last.at);
        self.add_newer(last.at, addition);
        let message = &mut addition.message;
        push_few(message, ": ", "event.name", calls.iter().rev().map(|it| it.name.as_str()));
        let sources = calls.iter().rev().filter_map(|it| it.source.as_deref());
        push_few(message, ", from ", "event.source", sources);
    }

    /// Says so if the credential report cannot know of a use then.
    fn add_newer(&self, last: Timestamp, addition: &mut Addition<'_>) {
        if self.report_made.is_some_and(|made| made < last) {
            addition.message.push(", after the credential report was made");
        }
    }

    /// Says so if nothing was recorded, and all was read.
    fn add_absence(&self, addition: &mut Addition<'_>) {
        if addition.facts.is_empty()
            && let Some(nothing) = &self.nothing
        {
            addition.message.push(&format!("; CloudTrail: {nothing}"));
        }
    }
}

/// What leads all that was recorded in the period.
fn lead(period: Period) -> String {
    let [from, to] = [period.from, period.to].map(|at| at.strftime("%Y-%m-%d").to_string());
    if from == to {
        format!("; CloudTrail on {from}: ")
    } else {
        format!("; CloudTrail from {from} to {to}: ")
    }
}

impl Addition<'_> {
    /// Says how many there were, and when the last was.
    fn count(&mut self, noun: &str, name: &str, count: usize, last: Timestamp) {
        self.message.push(if self.facts.is_empty() { self.lead } else { "; " });
        let plural = if count == 1 { "" } else { "s" };
        let at = last.strftime("%Y-%m-%d %H:%M UTC");
        self.message.push(&format!("{count} {noun}{plural}, last at {at}"));
        self.facts.insert(format!("activity.{name}"), json!({ "count": count, "last": last }));
    }
}

/// Adds the first few of the texts that differ, which are of that fact.
fn push_few<'t>(
    message: &mut Message,
    before: &str,
    fact: &str,
    texts: impl Iterator<Item = &'t str>,
) {
    let mut different: Vec<&str> = Vec::new();
    for text in texts {
        if !different.contains(&text) {
            different.push(text);
        }
    }
    for (index, text) in different.iter().take(SHOWN).enumerate() {
        message.push(if index == 0 { before } else { ", " });
        message.push_fact(fact, text);
    }
    if different.len() > SHOWN {
        message.push(&format!(" and {} more", different.len() - SHOWN));
    }
}
