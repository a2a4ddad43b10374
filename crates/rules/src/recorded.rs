//! What CloudTrail recorded of whom a finding is about. It makes the finding more urgent, and changes no
//! verdict.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{
    ActorKind, CredentialEvent, Evidence, Fact, Finding, Message, Mfa, Outcome, Purpose,
    SIGN_IN_REGIONS, SignIn, Snapshot,
};
use serde_json::{Value as Json, json};

use crate::scope::quiet;

/// So many different addresses, or names of events, are shown: the latest.
const SHOWN: usize = 3;

/// The attempts of root and of users, and the calls of access keys.
pub(crate) struct Recorded<'a> {
    attempts: HashMap<(ActorKind, String), Vec<&'a SignIn>>,
    calls: HashMap<&'a str, Vec<&'a CredentialEvent>>,
    /// Since when users have their names: what came before was another's.
    created: HashMap<&'a str, Timestamp>,
    report_made: Option<Timestamp>,
    /// What is said of whoever did nothing; none: not enough was read to say so.
    nothing: Option<String>,
}

/// What is added to a finding.
#[derive(Default)]
struct Addition {
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

fn has_succeeded(attempt: &SignIn) -> bool {
    attempt.outcome == Fact::Known(Outcome::Success)
}

impl<'a> Recorded<'a> {
    /// None: no log was read.
    pub(crate) fn new(snapshot: &'a Snapshot) -> Option<Recorded<'a>> {
        let activity = snapshot.activity.as_ref()?;
        let mut attempts: HashMap<_, Vec<_>> = HashMap::new();
        for attempt in &activity.sign_ins {
            let person = (attempt.actor, attempt.user.to_lowercase());
            attempts.entry(person).or_default().push(attempt);
        }
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        for event in &activity.credential_events {
            if let Some(key) = &event.access_key {
                calls.entry(key.as_str()).or_default().push(event);
            }
        }
        let mut created = HashMap::new();
        for user in snapshot.users.as_ref().known().into_iter().flatten() {
            created.extend(user.created.known().map(|at| (user.name.as_str(), at)));
        }
        Some(Recorded {
            attempts,
            calls,
            created,
            report_made: snapshot.account.report_generated_at.known(),
            nothing: quiet(snapshot, &SIGN_IN_REGIONS.map(str::to_owned)),
        })
    }

    /// Adds to a finding about root, a user or an access key what was recorded of it.
    pub(crate) fn add_to(&self, finding: &mut Finding) {
        let name = finding.resource.name.as_str();
        let mut addition = Addition::default();
        match finding.resource.kind.as_str() {
            "root" => self.add_attempts(ActorKind::Root, name, &mut addition),
            "user" => self.add_attempts(ActorKind::User, name, &mut addition),
            "access_key" => self.add_calls(name, &mut addition),
            _ => {}
        }
        if addition.message == Message::default() {
            return;
        }
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

    fn add_attempts(&self, actor: ActorKind, name: &str, addition: &mut Addition) {
        let all = self.attempts.get(&(actor, name.to_lowercase())).into_iter().flatten();
        let created = self.created.get(name).filter(|_| actor == ActorKind::User);
        let mut own: Vec<&SignIn> =
            all.copied().filter(|it| created.is_none_or(|created| it.at >= *created)).collect();
        own.sort_by_key(|it| it.at);
        for Kind { noun, name, takes } in KINDS {
            let attempts: Vec<&SignIn> = own.iter().copied().filter(|it| takes(it)).collect();
            let Some(last) = attempts.last() else { continue };
            addition.count(noun, name, attempts.len(), last.at);
            let message = &mut addition.message;
            if self.report_made.is_some_and(|made| made < last.at) && has_succeeded(last) {
                message.push(", after the credential report was made");
            }
            let without_mfa =
                attempts.iter().filter(|it| it.mfa == Fact::Known(Some(Mfa::NotUsed))).count();
            if has_succeeded(last) && without_mfa > 0 {
                message.push(&format!(", {without_mfa} without MFA"));
            }
            let sources = attempts.iter().rev().filter_map(|it| it.source.as_deref());
            push_few(message, ", from ", "signin.source", sources);
            let codes = attempts.iter().rev().filter_map(|it| it.code.as_deref());
            push_few(message, ", error ", "signin.code", codes);
        }
        if addition.facts.is_empty()
            && let Some(nothing) = &self.nothing
        {
            addition.message.push(&format!("; CloudTrail: {nothing}"));
        }
    }

    fn add_calls(&self, key: &str, addition: &mut Addition) {
        let calls = self.calls.get(key).map_or(&[][..], Vec::as_slice);
        let Some(last) = calls.last() else { return };
        addition.count("credential call", "calls", calls.len(), last.at);
        let message = &mut addition.message;
        push_few(message, ": ", "event.name", calls.iter().rev().map(|it| it.name.as_str()));
        let sources = calls.iter().rev().filter_map(|it| it.source.as_deref());
        push_few(message, ", from ", "event.source", sources);
    }
}

impl Addition {
    /// Says how many there were, and when the last was.
    fn count(&mut self, noun: &str, name: &str, count: usize, last: Timestamp) {
        self.message.push(if self.facts.is_empty() { "; CloudTrail: " } else { "; " });
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
