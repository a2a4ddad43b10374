//! Events put together to attempts, so that one sign-in counts once.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use portcullis_model::{
    Actor, ActorKind, Attempt, Event, Factor, FactorState, Mfa, Outcome, Person, Purpose,
    SharedText,
};

use crate::interest::IDENTITY_CENTER;
use crate::pattern::{is_wrong_code, pattern};

/// The code of a second factor follows the password within that time.
const CODE_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// Whoever has asked for a new root password and got no mail asks again within that time.
const ASKS_AGAIN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// A console opens so soon after a sign-in to Identity Center.
const CONSOLE_WITHIN: SignedDuration = SignedDuration::from_mins(2);
const NO_LIMIT: SignedDuration = SignedDuration::MAX;

/// The attempts that the events make, by when they began.
///
/// The events must be ordered by time.
pub(crate) fn attempts(events: &[Box<Event>]) -> Vec<Attempt> {
    let mut steps = Vec::new();
    for event in events {
        if let Some(purpose) = purpose(event) {
            steps.push((event, purpose));
        }
    }
    // Times are whole seconds, and a code may be given within one.
    steps.sort_by_key(|(event, _)| (event.at, !is_first_step(event)));
    let mut attempts = Attempts {
        all: Vec::with_capacity(steps.len()),
        open: HashMap::new(),
        names: names(events),
        spellings: spellings(events),
        directories: directories(events),
        has_several_centers: has_several_centers(events),
    };
    for (event, purpose) in steps {
        attempts.add(event, purpose);
    }
    attempts.all
}

/// What the event is a step to.
fn purpose(event: &Event) -> Option<Purpose> {
    let is_person =
        !matches!(event.actor.kind, ActorKind::Role | ActorKind::Instance | ActorKind::Other);
    Some(match &*event.name {
        "ConsoleLogin" | "CheckMfa" | "ExternalIdPDirectoryLogin" | "AssumeRoleWithSAML" => {
            Purpose::SignIn
        }
        name if IDENTITY_CENTER.contains(&name) => Purpose::SignIn,
        "SwitchRole" => Purpose::SwitchRole,
        // Programs are refused roles all the time.
        "AssumeRole" if is_person => Purpose::SwitchRole,
        // A program renews its token by itself, until somebody has to sign in again.
        "CreateOAuth2Token" if event.target.as_deref() == Some("refresh_token") => return None,
        "AuthorizeOAuth2Access" | "CreateOAuth2Token" => Purpose::CommandLine,
        "GetSessionToken" if gives_code(event) => Purpose::SessionToken,
        "PasswordRecoveryRequested" | "PasswordRecoveryCompleted" => Purpose::PasswordRecovery,
        "ChangePassword" => Purpose::PasswordChange,
        // A role creates devices for others.
        "CreateVirtualMFADevice" if !is_person => return None,
        "CreateVirtualMFADevice"
        | "DeleteVirtualMFADevice"
        | "EnableMFADevice"
        | "ResyncMFADevice" => Purpose::MfaEnrolment,
        _ => return None,
    })
}

/// Whether a code was given for a session token: programs get tokens without one, or are refused for another
/// reason.
fn gives_code(event: &Event) -> bool {
    let is_over =
        event.outcome == Outcome::Success || event.message.as_deref().is_some_and(is_wrong_code);
    is_over && event.mfa == Some(Mfa::Used)
}

/// The names of Identity Center's users by their ids: CloudTrail names a user once per success only.
fn names(events: &[Box<Event>]) -> HashMap<SharedText, SharedText> {
    let mut names = HashMap::new();
    for event in events {
        if let Some(id) = user_id(&event.actor)
            && let Some(name) = &event.actor.name
        {
            names.insert(id.clone(), name.clone());
        }
    }
    names
}

/// How the names of IAM users are written that have capitals, by account and name in lower case: a sign-in page
/// takes `ana` for `Ana`.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn spellings(events: &[Box<Event>]) -> HashMap<(SharedText, String), SharedText> {
    let mut spellings = HashMap::new();
    for event in events {
        if event.actor.kind == ActorKind::User
            && let Some(name) = &event.actor.name
            && name.bytes().any(|byte| byte.is_ascii_uppercase())
        {
            let key = (event.account.clone(), name.to_ascii_lowercase());
            spellings.entry(key).or_insert_with(|| name.clone());
        }
    }
    spellings
}

/// Of which directory people are whose name an event of their sign-in gives, by account and name: until July 2025,
/// only the last event of a sign-in that succeeded said it.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
fn directories(events: &[Box<Event>]) -> HashMap<(SharedText, SharedText), ActorKind> {
    let mut directories = HashMap::new();
    for event in events {
        let kind = event.actor.kind;
        if is_of_portal(event)
            && matches!(kind, ActorKind::IdentityCenter | ActorKind::Directory)
            && let Some(name) = &event.actor.name
        {
            let known = directories.entry((event.account.clone(), name.clone())).or_insert(kind);
            // Both may have a user of that name.
            if *known != kind {
                *known = ActorKind::Other;
            }
        }
    }
    directories
}

/// Whether the event is a step of a sign-in to the portal of Identity Center, or to an application that has the
/// same events.
fn is_of_portal(event: &Event) -> bool {
    event.name == "ExternalIdPDirectoryLogin" || IDENTITY_CENTER.contains(&&*event.name)
}

/// Whether people signed in to the portals of several Identity Centers: each is in an account of its own, and may
/// have users of the same names.
fn has_several_centers(events: &[Box<Event>]) -> bool {
    let mut accounts = HashSet::new();
    for event in events {
        if is_of_portal(event) && event.actor.kind == ActorKind::IdentityCenter {
            accounts.insert(&event.account);
        }
    }
    accounts.len() > 1
}

/// The id of a user of Identity Center. Of a session, it is that of the role.
fn user_id(actor: &Actor) -> Option<&SharedText> {
    let is_user = actor.kind == ActorKind::IdentityCenter && actor.role.is_none();
    actor.principal_id.as_ref().filter(|_| is_user)
}

/// What ties an event to the attempt that earlier events began.
#[derive(Eq, Hash, PartialEq)]
enum Tie {
    /// A code was asked for, at an address.
    Code(Person, Option<SharedText>),
    /// A workflow of Identity Center.
    Workflow(SharedText),
    /// A user of Identity Center signed in, and may open a console.
    Portal(Option<SharedText>),
    /// A person began something that takes a second step.
    Step(Purpose, Person),
    /// A virtual MFA device of an account, by its name, was created and is to be enabled.
    Device(SharedText, String),
}

struct Attempts {
    all: Vec<Attempt>,
    /// The attempts that a later event may belong to.
    open: HashMap<Tie, usize>,
    names: HashMap<SharedText, SharedText>,
    spellings: HashMap<(SharedText, String), SharedText>,
    directories: HashMap<(SharedText, SharedText), ActorKind>,
    has_several_centers: bool,
}

impl Attempts {
    fn add(&mut self, event: &Event, purpose: Purpose) {
        let person = self.person(event);
        let mut begun = None;
        for (tie, limit) in ties_to_earlier(event, purpose, &person) {
            let index = self.open.remove(&tie);
            let in_time = |&index: &usize| event.at.duration_since(self.all[index].last) <= limit;
            begun = begun.or(index.filter(in_time));
        }
        // To delete a device is part of an enrolment only if that went before.
        let deletes = event.name == "DeleteVirtualMFADevice" && event.outcome == Outcome::Success;
        if deletes && begun.is_none() {
            return;
        }
        let index = begun.unwrap_or_else(|| {
            self.all.push(begin(event, purpose, person));
            self.all.len() - 1
        });
        let account = self.account(event.actor.kind, event);
        let attempt = &mut self.all[index];
        // The last event of a sign-in says of which directory the person is.
        if attempt.person.kind == ActorKind::Other {
            attempt.person.kind = event.actor.kind;
            attempt.person.account = account;
        }
        extend(attempt, event);
        for tie in ties_to_later(event, attempt) {
            self.open.insert(tie, index);
        }
    }

    fn person(&self, event: &Event) -> Person {
        let actor = &event.actor;
        let by_id = user_id(actor).map(|id| self.names.get(id).unwrap_or(id).clone());
        let mut name = actor.name.clone().or(by_id);
        if actor.kind == ActorKind::User
            && let Some(written) = &name
        {
            let key = (event.account.clone(), written.to_ascii_lowercase());
            name = self.spellings.get(&key).cloned().or(name);
        }
        let is_unnamed = name.is_none() && actor.kind != ActorKind::Root;
        let mut kind = actor.kind;
        if kind == ActorKind::Other
            && is_of_portal(event)
            && let Some(name) = &name
        {
            let key = (event.account.clone(), name.clone());
            kind = self.directories.get(&key).copied().unwrap_or(kind);
        }
        Person {
            kind,
            account: self.account(kind, event),
            source: if is_unnamed { event.source.clone() } else { None },
            name,
        }
    }

    /// The account that the name of somebody belongs to; none: a name of an identity provider.
    fn account(&self, kind: ActorKind, event: &Event) -> Option<SharedText> {
        let is_global = match kind {
            ActorKind::Saml => true,
            ActorKind::IdentityCenter => !(self.has_several_centers && is_of_portal(event)),
            _ => false,
        };
        (!is_global).then(|| event.account.clone())
    }
}

fn begin(event: &Event, purpose: Purpose, person: Person) -> Attempt {
    Attempt {
        person,
        principal_id: None,
        purpose,
        outcome: Outcome::Unfinished,
        pattern: None,
        first: event.at,
        last: event.at,
        account: event.account.clone(),
        region: event.region.clone(),
        role: None,
        mfa: None,
        authenticator: None,
        factors: Vec::new(),
        source: event.source.clone(),
        agent: None,
        code: None,
        message: None,
        events: Vec::with_capacity(1),
    }
}

/// The attempts that the event may go on with, the likeliest first, and how soon it must.
fn ties_to_earlier(event: &Event, purpose: Purpose, person: &Person) -> Vec<(Tie, SignedDuration)> {
    let step = || Tie::Step(purpose, person.clone());
    match &*event.name {
        "ConsoleLogin" if person.kind == ActorKind::IdentityCenter => {
            vec![(Tie::Portal(person.name.clone()), CONSOLE_WITHIN)]
        }
        "ConsoleLogin" => vec![(Tie::Code(person.clone(), event.source.clone()), CODE_WITHIN)],
        "CreateOAuth2Token" => vec![(step(), CODE_WITHIN)],
        "PasswordRecoveryRequested" => vec![(step(), ASKS_AGAIN_WITHIN)],
        "PasswordRecoveryCompleted" => vec![(step(), NO_LIMIT)],
        "EnableMFADevice" => {
            let device = device(event).map(|device| (device, NO_LIMIT));
            device.into_iter().chain([(step(), NO_LIMIT)]).collect()
        }
        "DeleteVirtualMFADevice" if event.outcome == Outcome::Success => {
            device(event).map(|device| (device, NO_LIMIT)).into_iter().collect()
        }
        name if IDENTITY_CENTER.contains(&name) => {
            let workflow = event.workflow.clone().map(Tie::Workflow);
            workflow.map(|workflow| (workflow, NO_LIMIT)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The virtual MFA device that the event is about.
fn device(event: &Event) -> Option<Tie> {
    let name = match &*event.name {
        "EnableMFADevice" => event.authenticator.as_deref()?,
        _ => event.target.as_deref()?,
    };
    // A device is created by its name, and then has an ARN.
    let name = name.rsplit('/').next()?.to_ascii_lowercase();
    Some(Tie::Device(event.account.clone(), name))
}

/// What later events may go on with.
fn ties_to_later(event: &Event, attempt: &Attempt) -> Vec<Tie> {
    let step = || Tie::Step(attempt.purpose, attempt.person.clone());
    let succeeded = event.outcome == Outcome::Success;
    match &*event.name {
        "CheckMfa" => vec![Tie::Code(attempt.person.clone(), event.source.clone())],
        "CreateVirtualMFADevice" if succeeded => {
            [step()].into_iter().chain(device(event)).collect()
        }
        "AuthorizeOAuth2Access" | "PasswordRecoveryRequested" if succeeded => vec![step()],
        // Whoever mistypes a code tries the same device again.
        "EnableMFADevice" if !succeeded => [step()].into_iter().chain(device(event)).collect(),
        name if IDENTITY_CENTER.contains(&name) => {
            let workflow = event.workflow.clone().map(Tie::Workflow);
            let is_in = name == "UserAuthentication" && succeeded;
            let portal = is_in.then(|| Tie::Portal(attempt.person.name.clone()));
            workflow.into_iter().chain(portal).collect()
        }
        _ => Vec::new(),
    }
}

/// What the unique ids of IAM users begin with; elsewhere, events name the account.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
const USER_ID_PREFIX: &str = "AIDA";

/// Adds what the event says to its attempt.
fn extend(attempt: &mut Attempt, event: &Event) {
    let was_refused = has_refused_factor(attempt);
    note_factors(attempt, event);
    // The right password undoes the wrong one.
    if was_refused && !has_refused_factor(attempt) && attempt.outcome == Outcome::Failure {
        attempt.outcome = Outcome::Unfinished;
    }
    attempt.outcome = match (event.outcome, attempt.outcome) {
        // Another challenge undoes neither a refusal nor a success.
        (Outcome::Success, Outcome::Failure | Outcome::Success) if is_first_step(event) => {
            attempt.outcome
        }
        (Outcome::Success, _) if is_first_step(event) => Outcome::Unfinished,
        (outcome, _) => outcome,
    };
    if attempt.person.name.is_none()
        && let Some(name) = &event.actor.name
    {
        attempt.person.name = Some(name.clone());
        attempt.person.source = None;
    }
    let id = event.actor.principal_id.as_ref().filter(|id| id.starts_with(USER_ID_PREFIX));
    attempt.principal_id = id.cloned().or(attempt.principal_id.take());
    attempt.last = event.at;
    attempt.account.clone_from(&event.account);
    attempt.region.clone_from(&event.region);
    attempt.source = event.source.clone().or(attempt.source.take());
    attempt.agent = event.agent.clone().or(attempt.agent.take());
    attempt.role = event.actor.role.clone().or_else(|| refused_role(event)).or(attempt.role.take());
    attempt.authenticator = event.authenticator.clone().or(attempt.authenticator.take());
    attempt.code.clone_from(&event.code);
    attempt.message.clone_from(&event.message);
    attempt.events.push(event.id.clone());
    attempt.mfa = mfa(attempt, event);
    attempt.pattern = match attempt.outcome {
        Outcome::Failure | Outcome::Unfinished => Some(pattern(event, attempt)),
        Outcome::Success | Outcome::Unknown => None,
    };
}

/// Whether success of the event alone gets nobody anywhere.
fn is_first_step(event: &Event) -> bool {
    matches!(
        &*event.name,
        "CheckMfa"
            | "CredentialChallenge"
            | "CredentialVerification"
            | "CreateVirtualMFADevice"
            | "PasswordRecoveryRequested"
    )
}

fn refused_role(event: &Event) -> Option<SharedText> {
    event.name.starts_with("AssumeRole").then(|| event.target.clone())?
}

fn note_factors(attempt: &mut Attempt, event: &Event) {
    let state = match (&*event.name, event.outcome) {
        ("CredentialVerification", Outcome::Failure) => FactorState::Refused,
        ("CredentialVerification" | "UserAuthentication", Outcome::Success) => FactorState::Passed,
        _ => FactorState::Asked,
    };
    for name in &event.factors {
        match attempt.factors.iter_mut().find(|factor| factor.name == *name) {
            Some(_) if state == FactorState::Asked => {}
            Some(factor) => factor.state = state,
            None => attempt.factors.push(Factor { name: name.clone(), state }),
        }
    }
}

/// Whether one of the factors was refused, and not right afterwards.
pub(crate) fn has_refused_factor(attempt: &Attempt) -> bool {
    attempt.factors.iter().any(|factor| factor.state == FactorState::Refused)
}

/// Whether a second factor was used, in what the events show so far.
fn mfa(attempt: &Attempt, event: &Event) -> Option<Mfa> {
    if event.name == "UserAuthentication" && event.outcome == Outcome::Success {
        let passed = attempt.factors.iter().filter(|it| it.state == FactorState::Passed);
        let passed: Vec<&str> = passed.map(|factor| &*factor.name).collect();
        return Some(match passed.as_slice() {
            [] => Mfa::Unknown,
            names if names.contains(&"EXTERNAL_IDP") => Mfa::NotVisible,
            // The code of a mail stands in for the password of a new user, once.
            ["PASSWORD" | "EMAIL_OTP"] => Mfa::NotUsed,
            _ => Mfa::Used,
        });
    }
    // The console's own event knows less than Identity Center's.
    attempt.mfa.or(event.mfa)
}
