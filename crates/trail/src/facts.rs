//! Turns attempts and events into facts that rules judge, account by account.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    AccountActivity, Actor, ActorKind, Attempt, Coverage, CredentialEvent, Event, Fact,
    FactorState, Mfa, Outcome, Period, Purpose, SharedText, SignIn, Source, is_region,
    partition_of,
};

use crate::summary::Filter;

/// The facts of each account that was read, by its id. `events` may begin before the filter's period, so that what
/// led to an event is known.
#[expect(clippy::vec_box, reason = "as in what was read, which would be copied")]
pub(crate) fn facts(
    coverage: &Coverage,
    mut events: Vec<Box<Event>>,
    attempts: &[Attempt],
    filter: &Filter,
    period: Period,
) -> BTreeMap<String, AccountActivity> {
    let mut accounts = BTreeMap::new();
    for region in &coverage.regions {
        let activity = accounts
            .entry(region.account.clone())
            .or_insert_with(|| AccountActivity {
                unplaced: coverage.unplaced.clone(),
                ..AccountActivity::new(period)
            });
        activity.regions.push(region.clone());
    }
    let at_application = events.iter().filter(|event| event.at_application);
    let applications: HashSet<_> = at_application
        .filter_map(|it| it.workflow.as_ref())
        .collect();
    for event in &events {
        if is_of_portal(event, &applications)
            && let Some(activity) = accounts.get_mut(&*event.account)
        {
            activity.portal_regions.insert(event.region.clone());
        }
    }
    let created = times_of("CreateUser", &events);
    let enabled = times_of("EnableMFADevice", &events);
    let deleted = times_of("DeleteUser", &events);
    events.retain(|event| filter.takes_event(event));
    make_room(&mut accounts, &events, attempts);
    for attempt in attempts {
        if let Some(activity) = accounts.get_mut(&*attempt.account) {
            activity.sign_ins.push(sign_in(attempt));
        }
    }
    if accounts.len() > 1 {
        add_elsewhere(&mut accounts, attempts);
    }
    for event in events {
        if let Some(activity) = accounts.get_mut(&*event.account) {
            activity
                .credential_events
                .push(credential_event(&event, &created, &enabled, &deleted));
        }
    }
    accounts
}

/// Whether the event is part of a sign-in to the portal of Identity Center. Its region is then that of Identity Center,
/// unlike those of sessions of permission sets, and of workflows of applications with their own sign-in pages.
fn is_of_portal(event: &Event, applications: &HashSet<&SharedText>) -> bool {
    let Actor { kind, role, .. } = &event.actor;
    let is_of_application = event
        .workflow
        .as_ref()
        .is_some_and(|it| applications.contains(it));
    *kind == ActorKind::IdentityCenter
        && role.is_none()
        && event.service == "signin"
        && !event.at_application
        && !is_of_application
}

/// Reserves memory for all facts: a growing list would be copied, and take twice the memory meanwhile.
fn make_room(
    accounts: &mut BTreeMap<String, AccountActivity>,
    events: &[Box<Event>],
    attempts: &[Attempt],
) {
    let mut counts: HashMap<&SharedText, [usize; 2]> = HashMap::new();
    for attempt in attempts {
        counts.entry(&attempt.account).or_default()[0] += 1;
    }
    for event in events {
        counts.entry(&event.account).or_default()[1] += 1;
    }
    for (id, [attempts, events]) in counts {
        if let Some(activity) = accounts.get_mut(&**id) {
            activity.sign_ins.reserve_exact(attempts);
            activity.credential_events.reserve_exact(events);
        }
    }
}

/// How soon an attacker at one address goes on to the next account.
const NEXT_ACCOUNT_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Adds failed attempts at other accounts to the account where the series of the same address began.
fn add_elsewhere(accounts: &mut BTreeMap<String, AccountActivity>, attempts: &[Attempt]) {
    let mut by_source: BTreeMap<&SharedText, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        let failed = matches!(attempt.outcome, Outcome::Failure | Outcome::Unfinished);
        if let Some(source) = &attempt.source
            && failed
            && attempt.purpose == Purpose::SignIn
        {
            by_source.entry(source).or_default().push(attempt);
        }
    }
    for mut tries in by_source.into_values() {
        tries.sort_by_key(|attempt| attempt.last);
        for series in
            tries.chunk_by(|one, next| next.last.duration_since(one.last) <= NEXT_ACCOUNT_WITHIN)
        {
            let first = &series[0].account;
            if let Some(activity) = accounts.get_mut(&**first) {
                let others = series.iter().filter(|attempt| attempt.account != *first);
                activity
                    .elsewhere
                    .extend(others.map(|attempt| sign_in(attempt)));
            }
        }
    }
}

fn sign_in(attempt: &Attempt) -> SignIn {
    let factors = |state| {
        let factors = attempt
            .factors
            .iter()
            .filter(move |factor| factor.state == state);
        if attempt.hides_factors {
            return Fact::missing(Source::CloudTrail);
        }
        Fact::Known(factors.map(|factor| factor.name.clone()).collect())
    };
    let event_ids: Vec<SharedText> = attempt
        .events
        .iter()
        .map(|id| id.to_string().into())
        .collect();
    let first_event = event_ids.first().map_or("", |id| &**id);
    let person = &attempt.person;
    SignIn {
        resource_id: resource_id(&attempt.account, &attempt.region, first_event),
        at: attempt.last,
        region: attempt.region.clone(),
        actor: person.kind,
        user: who(person.kind, person.name.as_ref(), attempt.source.as_ref()),
        principal_id: attempt.principal_id.clone(),
        purpose: attempt.purpose,
        outcome: outcome(attempt.outcome),
        pattern: attempt.pattern,
        role: attempt.role.clone(),
        mfa: mfa(attempt.mfa),
        authenticator: attempt.authenticator.clone(),
        passed_factors: factors(FactorState::Passed),
        refused_factors: factors(FactorState::Refused),
        source: attempt.source.clone(),
        code: attempt.code.clone(),
        message: attempt.message.clone(),
        event_ids,
    }
}

/// The event as a fact.
fn credential_event(
    event: &Event,
    created: &Times,
    enabled: &Times,
    deleted: &Times,
) -> CredentialEvent {
    let created = times(created, event)
        .iter()
        .rev()
        .find(|(created, _)| *created <= event.at);
    let deleted = times(deleted, event)
        .iter()
        .find(|(deleted, _)| event.at <= *deleted);
    CredentialEvent {
        resource_id: resource_id(&event.account, &event.region, &event.id.to_string()),
        user: who(event.actor.kind, event.actor.name.as_ref(), event.source.as_ref()),
        by_self: of_target(event, acted_on(event) == Some(actor_name(event).to_ascii_lowercase())),
        at: event.at,
        region: event.region.clone(),
        service: event.service.clone(),
        name: event.name.clone(),
        actor: event.actor.kind,
        role: event.actor.role.clone(),
        target: of_target(event, event.target.clone()),
        outcome: outcome(event.outcome),
        code: event.code.clone(),
        mfa: mfa(event.mfa),
        source: event.source.clone(),
        access_key: event.access_key.clone(),
        agent: event.agent.clone(),
        min_password_length: of_target(event, event.password_limits.map(|it| it.min_length)),
        password_reuse_prevention: of_target(
            event,
            event.password_limits.map(|it| it.reuse_prevention),
        ),
        minutes_since_creation: created.map(|(created, _)| minutes(*created, event.at)),
        minutes_to_new_mfa: of_target(event, minutes_to_new_mfa(event, times(enabled, event))),
        minutes_to_deletion: of_target(
            event,
            deleted.map(|(deleted, _)| minutes(event.at, *deleted)),
        ),
    }
}

/// A fact about the target of the event, missing if the event does not show its target.
fn of_target<T>(event: &Event, fact: T) -> Fact<T> {
    if event.hides_target {
        Fact::missing(Source::CloudTrail)
    } else {
        Fact::Known(fact)
    }
}

/// The minutes between the event and the enabling of another device, after the event or, if it is certainly another
/// one, soon before.
fn minutes_to_new_mfa(event: &Event, enabled: &[(Timestamp, Option<SharedText>)]) -> Option<f64> {
    let mut nearest: Option<f64> = None;
    for (at, device) in enabled {
        let is_other = device.is_some() && event.authenticator.is_some();
        let is_before = *at < event.at;
        let between = at.duration_since(event.at).abs();
        if is_before && (!is_other || *device == event.authenticator || between > REPLACED_BEFORE) {
            continue;
        }
        let minutes = between.as_secs_f64() / 60.0;
        nearest = Some(nearest.map_or(minutes, |nearest| nearest.min(minutes)));
    }
    nearest
}

/// How long before a device is deactivated its replacement may be enabled.
const REPLACED_BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// The times of an event by account and user, in order, each with the MFA device.
type Times = HashMap<SharedText, HashMap<String, Vec<(Timestamp, Option<SharedText>)>>>;

/// When events of this name succeeded.
fn times_of(name: &str, events: &[Box<Event>]) -> Times {
    let mut times = Times::new();
    for event in events {
        if event.name == name
            && event.outcome == Outcome::Success
            && let Some(user) = acted_on(event)
        {
            let users = times.entry(event.account.clone()).or_default();
            users
                .entry(user)
                .or_default()
                .push((event.at, event.authenticator.clone()));
        }
    }
    times
}

/// The times for the user that the event acts on.
fn times<'t>(times: &'t Times, event: &Event) -> &'t [(Timestamp, Option<SharedText>)] {
    if let Some(users) = times.get(&event.account)
        && let Some(user) = acted_on(event)
        && let Some(known) = users.get(&user)
    {
        return known;
    }
    &[]
}

/// The name of the user that the event acts on, by default the caller, in lower case, since IAM ignores case.
fn acted_on(event: &Event) -> Option<String> {
    if event.hides_target {
        return None;
    }
    let target = event.target.as_deref().unwrap_or_else(|| actor_name(event));
    (!target.is_empty()).then(|| target.to_ascii_lowercase())
}

/// A name for the root user that no IAM user can have.
const ROOT: &str = "AWS ROOT USER";

fn actor_name(event: &Event) -> &str {
    match event.actor.kind {
        ActorKind::Root => ROOT,
        ActorKind::User => event.actor.name.as_deref().unwrap_or_default(),
        _ => "",
    }
}

/// The name of a person, or else their address.
fn who(kind: ActorKind, name: Option<&SharedText>, source: Option<&SharedText>) -> SharedText {
    if kind == ActorKind::Root {
        return "root".into();
    }
    name.or(source)
        .cloned()
        .unwrap_or_else(|| "somebody unnamed".into())
}

fn resource_id(account: &str, region: &str, event: &str) -> String {
    let partition = partition_of(region);
    let region = if is_region(region) { region } else { "" };
    format!("arn:{partition}:cloudtrail:{region}:{account}:event/{event}")
}

fn outcome(outcome: Outcome) -> Fact<Outcome> {
    match outcome {
        Outcome::Unknown => Fact::missing(Source::CloudTrail),
        known => Fact::Known(known),
    }
}

fn mfa(mfa: Option<Mfa>) -> Fact<Option<Mfa>> {
    match mfa {
        Some(Mfa::Unknown) => Fact::missing(Source::CloudTrail),
        known => Fact::Known(known),
    }
}

fn minutes(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 60.0
}
