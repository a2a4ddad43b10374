//! Groups events into attempts, so that one sign-in counts once.

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;
use portcullis_model::{
    Actor, ActorKind, Attempt, Event, Factor, FactorState, Mfa, Outcome, Person, Purpose,
    SharedText,
};

use crate::interest::IDENTITY_CENTER;
use crate::pattern::{is_wrong_code, pattern};

/// How soon the code of a second factor follows the password.
const CODE_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How soon somebody who got no mail asks again for a new root password.
const ASKS_AGAIN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// How soon a console opens after a sign-in to Identity Center.
const CONSOLE_WITHIN: SignedDuration = SignedDuration::from_mins(2);
const NO_LIMIT: SignedDuration = SignedDuration::MAX;

/// Groups events, which must be ordered by time, into attempts, ordered by their beginning.
pub(crate) fn attempts(events: &[Box<Event>]) -> Vec<Attempt> {
    let mut steps = Vec::new();
    for event in events {
        if let Some(purpose) = purpose(event) {
            steps.push((event, purpose));
        }
    }
    // Times are whole seconds, and a code may follow within the same one.
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

/// The purpose of the attempt that the event belongs to.
fn purpose(event: &Event) -> Option<Purpose> {
    let is_person =
        !matches!(event.actor.kind, ActorKind::Role | ActorKind::Instance | ActorKind::Other);
    Some(match &*event.name {
        "ConsoleLogin" | "CheckMfa" | "ExternalIdPDirectoryLogin" | "AssumeRoleWithSAML" => {
            Purpose::SignIn
        }
        name if IDENTITY_CENTER.contains(&name) => Purpose::SignIn,
        "SwitchRole" => Purpose::SwitchRole,
        // Roles are refused to programs all the time.
        "AssumeRole" if is_person => Purpose::SwitchRole,
        // A program renews its token by itself until somebody has to sign in again.
        "CreateOAuth2Token" if event.target.as_deref() == Some("refresh_token") => return None,
        "AuthorizeOAuth2Access" | "CreateOAuth2Token" if event.by_external_client => {
            Purpose::ExternalClient
        }
        "AuthorizeOAuth2Access" | "CreateOAuth2Token" => Purpose::CommandLine,
        "GetSessionToken" if gives_code(event) => Purpose::SessionToken,
        "PasswordRecoveryRequested" | "PasswordRecoveryCompleted" => Purpose::PasswordRecovery,
        "ChangePassword" => Purpose::PasswordChange,
        // Roles create devices for other people.
        "CreateVirtualMFADevice" if !is_person => return None,
        "CreateVirtualMFADevice"
        | "DeleteVirtualMFADevice"
        | "EnableMFADevice"
        | "ResyncMFADevice" => Purpose::MfaEnrolment,
        _ => return None,
    })
}

/// Whether an MFA code was given for a session token. Programs get tokens without one, or are refused for other
/// reasons.
fn gives_code(event: &Event) -> bool {
    let is_over =
        event.outcome == Outcome::Success || event.message.as_deref().is_some_and(is_wrong_code);
    is_over && event.mfa == Some(Mfa::Used)
}

/// The names of users by id. CloudTrail names a user of Identity Center in one event of each success only.
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

/// The spelling of IAM user names with capitals, by account and lower-case name. A sign-in page accepts `ana`
/// for `Ana`.
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

/// The directories of people, by account and name. Until July 2025, only the last event of a successful sign-in
/// showed the directory.
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
            let known = directories
                .entry((event.account.clone(), name.clone()))
                .or_insert(kind);
            // Both directories may have a user of that name.
            if *known != kind {
                *known = ActorKind::Other;
            }
        }
    }
    directories
}

/// Whether the event is a step of a sign-in to the portal of Identity Center, or to an application that records
/// the same events.
fn is_of_portal(event: &Event) -> bool {
    event.name == "ExternalIdPDirectoryLogin" || IDENTITY_CENTER.contains(&&*event.name)
}

/// Whether people signed in to several Identity Centers. Each is in its own account, and their users may have the
/// same names.
fn has_several_centers(events: &[Box<Event>]) -> bool {
    let mut accounts = HashSet::new();
    for event in events {
        if is_of_portal(event) && event.actor.kind == ActorKind::IdentityCenter {
            accounts.insert(&event.account);
        }
    }
    accounts.len() > 1
}

/// The id of a user of IAM or Identity Center. A session has the id of its role instead.
fn user_id(actor: &Actor) -> Option<&SharedText> {
    let id = actor.principal_id.as_ref()?;
    let is_user = match actor.kind {
        ActorKind::User => id.starts_with(USER_ID_PREFIX),
        ActorKind::IdentityCenter => actor.role.is_none(),
        _ => false,
    };
    is_user.then_some(id)
}

/// Connects an event with an attempt that earlier events began.
#[derive(Eq, Hash, PartialEq)]
enum Tie {
    /// A person at this address was asked for a code.
    Code(Person, Option<SharedText>),
    /// A workflow of Identity Center.
    Workflow(SharedText),
    /// A user of Identity Center signed in, and may open a console.
    Portal(Option<SharedText>),
    /// A person began something that takes a second step.
    Step(Purpose, Person),
    /// A virtual MFA device of this account and name was created, and is not yet enabled.
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
        let (ties, limit) = ties_to_earlier(event, purpose, &person);
        let mut begun = None;
        for tie in ties {
            if let Some(index) = self.open.remove(&tie)
                && event.at.duration_since(self.all[index].last) <= limit
            {
                begun = begun.or(Some(index));
            }
        }
        // Deleting a device belongs to an enrolment only if one began before.
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
        // The last event of a sign-in shows the person's directory.
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
            source: if is_unnamed {
                event.source.clone()
            } else {
                None
            },
            name,
        }
    }

    /// The account in which a person's name is unique; none for the names of an identity provider.
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
        hides_factors: false,
        source: event.source.clone(),
        agent: None,
        code: None,
        message: None,
        events: Vec::with_capacity(1),
    }
}

/// The attempts that the event may continue, the most likely first, and how soon it must follow.
fn ties_to_earlier(event: &Event, purpose: Purpose, person: &Person) -> (Vec<Tie>, SignedDuration) {
    let step = || Tie::Step(purpose, person.clone());
    match &*event.name {
        "ConsoleLogin" if person.kind == ActorKind::IdentityCenter => {
            (vec![Tie::Portal(person.name.clone())], CONSOLE_WITHIN)
        }
        "ConsoleLogin" => (vec![Tie::Code(person.clone(), event.source.clone())], CODE_WITHIN),
        "CreateOAuth2Token" => (vec![step()], CODE_WITHIN),
        "PasswordRecoveryRequested" => (vec![step()], ASKS_AGAIN_WITHIN),
        "PasswordRecoveryCompleted" => (vec![step()], NO_LIMIT),
        "EnableMFADevice" => (device(event).into_iter().chain([step()]).collect(), NO_LIMIT),
        "DeleteVirtualMFADevice" if event.outcome == Outcome::Success => {
            (Vec::from_iter(device(event)), NO_LIMIT)
        }
        name if IDENTITY_CENTER.contains(&name) => (Vec::from_iter(workflow(event)), NO_LIMIT),
        _ => (Vec::new(), NO_LIMIT),
    }
}

fn workflow(event: &Event) -> Option<Tie> {
    event.workflow.clone().map(Tie::Workflow)
}

/// The virtual MFA device that the event is about.
fn device(event: &Event) -> Option<Tie> {
    let name = match &*event.name {
        "EnableMFADevice" => event.authenticator.as_deref()?,
        _ => event.target.as_deref()?,
    };
    // A device is created by its name, and has an ARN later.
    let name = name.rsplit('/').next()?.to_ascii_lowercase();
    Some(Tie::Device(event.account.clone(), name))
}

/// How later events may continue the attempt.
fn ties_to_later(event: &Event, attempt: &Attempt) -> Vec<Tie> {
    let step = || Tie::Step(attempt.purpose, attempt.person.clone());
    let succeeded = event.outcome == Outcome::Success;
    match &*event.name {
        "CheckMfa" => vec![Tie::Code(attempt.person.clone(), event.source.clone())],
        "CreateVirtualMFADevice" if succeeded => {
            [step()].into_iter().chain(device(event)).collect()
        }
        "AuthorizeOAuth2Access" | "PasswordRecoveryRequested" if succeeded => vec![step()],
        // After a mistyped code, the same device is tried again.
        "EnableMFADevice" if !succeeded => [step()].into_iter().chain(device(event)).collect(),
        name if IDENTITY_CENTER.contains(&name) => {
            let is_in = name == "UserAuthentication" && succeeded;
            let portal = is_in.then(|| Tie::Portal(attempt.person.name.clone()));
            workflow(event).into_iter().chain(portal).collect()
        }
        _ => Vec::new(),
    }
}

/// The prefix of the unique ids of IAM users. Root's events have the id of the account instead.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
const USER_ID_PREFIX: &str = "AIDA";

/// Adds an event to its attempt.
fn extend(attempt: &mut Attempt, event: &Event) {
    let was_refused = has_refused_factor(attempt);
    note_factors(attempt, event);
    // The right password makes up for the wrong one.
    let makes_up = was_refused && !has_refused_factor(attempt);
    attempt.outcome = match (event.outcome, attempt.outcome) {
        (Outcome::Success, Outcome::Failure) if is_first_step(event) && makes_up => {
            Outcome::Unfinished
        }
        // Another challenge undoes neither a refusal nor a success.
        (Outcome::Success, before @ (Outcome::Failure | Outcome::Success))
            if is_first_step(event) =>
        {
            before
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
    attempt.last = event.at;
    attempt.account.clone_from(&event.account);
    attempt.region.clone_from(&event.region);
    attempt.code.clone_from(&event.code);
    attempt.message.clone_from(&event.message);
    attempt.events.push(event.id.clone());
    let id = event.actor.principal_id.clone();
    update(&mut attempt.principal_id, id.filter(|id| id.starts_with(USER_ID_PREFIX)));
    update(&mut attempt.source, event.source.clone());
    update(&mut attempt.agent, event.agent.clone());
    update(&mut attempt.role, event.actor.role.clone().or_else(|| refused_role(event)));
    update(&mut attempt.authenticator, event.authenticator.clone());
    attempt.mfa = mfa(attempt, event);
    attempt.pattern = match attempt.outcome {
        Outcome::Failure | Outcome::Unfinished => Some(pattern(event, attempt)),
        Outcome::Success | Outcome::Unknown => None,
    };
}

/// Takes the newer value, if there is one.
fn update<T>(known: &mut Option<T>, newer: Option<T>) {
    if newer.is_some() {
        *known = newer;
    }
}

/// Whether another step must follow even if this one succeeds.
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
    event
        .name
        .starts_with("AssumeRole")
        .then(|| event.target.clone())?
}

fn note_factors(attempt: &mut Attempt, event: &Event) {
    let is_unclear =
        event.outcome == Outcome::Unknown || event.factors.is_empty() || event.workflow.is_none();
    attempt.hides_factors |= event.name == "CredentialVerification" && is_unclear;
    let state = match (&*event.name, event.outcome) {
        ("CredentialVerification", Outcome::Failure) => FactorState::Refused,
        ("CredentialVerification" | "UserAuthentication", Outcome::Success) => FactorState::Passed,
        _ => FactorState::Asked,
    };
    for name in &event.factors {
        match attempt
            .factors
            .iter_mut()
            .find(|factor| factor.name == *name)
        {
            Some(_) if state == FactorState::Asked => {}
            Some(factor) => factor.state = state,
            None => attempt.factors.push(Factor { name: name.clone(), state }),
        }
    }
}

/// Whether a factor was refused and has not passed since.
pub(crate) fn has_refused_factor(attempt: &Attempt) -> bool {
    attempt
        .factors
        .iter()
        .any(|factor| factor.state == FactorState::Refused)
}

/// Whether a second factor was used, as far as the events show.
fn mfa(attempt: &Attempt, event: &Event) -> Option<Mfa> {
    if event.name != "UserAuthentication" || event.outcome != Outcome::Success {
        // The console's own event shows less than Identity Center's.
        return attempt.mfa.or(event.mfa);
    }
    let mut passed = Vec::new();
    for factor in &attempt.factors {
        if factor.state == FactorState::Passed {
            passed.push(&*factor.name);
        }
    }
    Some(match passed.as_slice() {
        [] => Mfa::Unknown,
        names if names.contains(&"EXTERNAL_IDP") => Mfa::NotVisible,
        // To AWS, a code sent by email is not a second factor: it replaces the password of a new user, once.
        names
            if names
                .iter()
                .all(|name| ["PASSWORD", "EMAIL_OTP"].contains(name)) =>
        {
            Mfa::NotUsed
        }
        _ => Mfa::Used,
    })
}
