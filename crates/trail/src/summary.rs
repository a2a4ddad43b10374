//! What activity says to people: who could not get in and why, and who signed in.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    Activity, ActorKind, Attempt, Coverage, Event, Mfa, Outcome, Pattern, Period, Person, Purpose,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::attempt::attempts;
use crate::diagnosis::{self, Diagnosis, diagnose};

/// The value of [`Summary::schema`].
pub const SCHEMA: &str = "portcullis/signins/v1";

/// Who gets in so soon after a refusal, from the same address, has mistyped something.
const TYPING_ERROR_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// But whoever is refused more often has another problem, or is somebody else.
const MOST_TYPING_ERRORS: usize = 2;
/// The time for a name that is nobody's.
const WRONG_NAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Which activity to look at.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Leave out what ended before.
    pub from: Option<Timestamp>,
    /// Leave out what began then or later.
    pub to: Option<Timestamp>,
    /// Only these accounts; empty: all.
    pub accounts: Vec<String>,
    /// Only these regions; empty: all.
    pub regions: Vec<String>,
    /// Only the person of that name, in any case of letters; `root` is the root user.
    pub user: Option<String>,
}

/// Who could not get in, and who did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The name of the only person it is about.
    pub user: Option<String>,
    /// From the first to the last moment that was asked for or, where open, read; none: nothing was
    /// read of it.
    pub period: Option<Period>,
    /// What was read.
    pub coverage: Coverage,
    /// People who could not get in: those still out first, then by their last try.
    pub locked_out: Vec<LockedOut>,
    /// How many refusals were typing errors: the same address got in soon after.
    pub typing_errors: usize,
    /// People who signed in, by name.
    pub signed_in: Vec<SignedIn>,
    /// Every attempt, in the order of time.
    pub attempts: Vec<Attempt>,
    /// The events of the person asked for, in the order of time.
    pub timeline: Vec<Event>,
}

/// Somebody who could not get in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LockedOut {
    /// Who.
    pub person: Person,
    /// What they wanted.
    pub purpose: Purpose,
    /// How many attempts failed or stopped, one after another.
    pub tries: usize,
    /// The first of them; none: nothing was recorded.
    pub first_try: Option<Timestamp>,
    /// The last of them.
    pub last_try: Option<Timestamp>,
    /// The addresses they came from, sorted.
    pub sources: BTreeSet<String>,
    /// What kept the last from success.
    pub pattern: Pattern,
    /// What that means.
    pub diagnosis: Diagnosis,
    /// When they got in after all.
    pub in_since: Option<Timestamp>,
    /// The last try.
    pub last: Option<Attempt>,
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// How many sign-ins succeeded.
    pub sign_ins: usize,
    /// How many more there were of which is not known how they ended.
    pub unknown: usize,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// How many used a second factor, and of how many that cannot be seen.
    pub mfa: BTreeMap<Mfa, usize>,
    /// The addresses they came from, sorted.
    pub sources: BTreeSet<String>,
    /// The accounts that they signed in to, sorted.
    pub accounts: BTreeSet<String>,
}

/// Puts the activity that passes the filter into words for people.
#[must_use]
pub fn summarise(activity: Activity, filter: &Filter) -> Summary {
    let Activity { coverage, mut events } = activity;
    events.retain(|event| filter.takes_place(event));
    let mut attempts = attempts(&events);
    attempts.retain(|attempt| filter.takes_time(attempt.first, attempt.last));
    let mut troubles = troubles(&attempts);
    troubles.retain(|trouble| filter.takes_person(&trouble.last.person));
    let (typing_errors, troubles): (Vec<_>, Vec<_>) =
        troubles.into_iter().partition(Trouble::is_typing_error);
    let typing_errors = typing_errors.iter().map(|trouble| trouble.tries.len()).sum();
    let mut locked_out = locked_out(troubles);
    attempts.retain(|attempt| filter.takes_person(&attempt.person));
    let timeline = match &filter.user {
        None => Vec::new(),
        Some(name) => timeline(events, &attempts, filter, name),
    };
    if let Some(name) = filter.user.as_ref().filter(|_| timeline.is_empty()) {
        locked_out.push(nothing_recorded(name));
    }
    Summary {
        schema: SCHEMA,
        user: filter.user.clone(),
        period: period(&coverage, filter),
        coverage,
        locked_out,
        typing_errors,
        signed_in: signed_in(&attempts),
        attempts,
        timeline,
    }
}

impl Filter {
    fn takes_place(&self, event: &Event) -> bool {
        (self.accounts.is_empty() || self.accounts.contains(&event.account))
            && (self.regions.is_empty() || self.regions.contains(&event.region))
    }

    fn takes_time(&self, first: Timestamp, last: Timestamp) -> bool {
        self.from.is_none_or(|from| last >= from) && self.to.is_none_or(|to| first < to)
    }

    fn takes_person(&self, person: &Person) -> bool {
        self.user.as_ref().is_none_or(|name| is_named(person.kind, person.name.as_ref(), name))
    }
}

fn is_named(kind: ActorKind, name: Option<&String>, wanted: &str) -> bool {
    let name = if kind == ActorKind::Root { Some("root") } else { name.map(String::as_str) };
    name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

/// What was asked for and, where that is open, what was read.
fn period(coverage: &Coverage, filter: &Filter) -> Option<Period> {
    let regions = || coverage.regions.iter();
    let proved = || regions().flat_map(|region| &region.proved);
    let first = regions().filter_map(|it| it.first).chain(proved().map(|it| it.from)).min();
    let last = regions().filter_map(|it| it.last).chain(proved().map(|it| it.to)).max();
    let period = Period { from: filter.from.or(first)?, to: filter.to.or(last)? };
    Some(period).filter(|period| period.from <= period.to)
}

/// The events that are part of the person's attempts, or name them.
fn timeline(
    mut events: Vec<Event>,
    attempts: &[Attempt],
    filter: &Filter,
    name: &str,
) -> Vec<Event> {
    let parts: HashSet<&String> = attempts.iter().flat_map(|attempt| &attempt.events).collect();
    events.retain(|event| {
        let is_theirs = parts.contains(&event.id)
            || is_named(event.actor.kind, event.actor.name.as_ref(), name)
            || event.target.as_ref().is_some_and(|target| target.eq_ignore_ascii_case(name));
        is_theirs && filter.takes_time(event.at, event.at)
    });
    events
}

/// Attempts of a person for one purpose that failed or stopped one after another.
struct Trouble<'a> {
    tries: Vec<&'a Attempt>,
    /// The last of them.
    last: &'a Attempt,
    pattern: Pattern,
    /// The success that ended it.
    ended: Option<&'a Attempt>,
}

impl Trouble<'_> {
    /// Whether the same address got in so soon that somebody must have mistyped something.
    fn is_typing_error(&self) -> bool {
        let limit = match self.pattern {
            Pattern::UnknownName => WRONG_NAME_WITHIN,
            Pattern::WrongPassword
            | Pattern::PasswordOrCode
            | Pattern::StoppedHalfway
            | Pattern::RootCredentials
            | Pattern::FactorRefused => TYPING_ERROR_WITHIN,
            _ => return false,
        };
        self.ended.is_some_and(|success| {
            self.tries.len() <= MOST_TYPING_ERRORS
                && success.last.duration_since(self.last.last) <= limit
                && self.tries.iter().all(|attempt| attempt.source == success.source)
        })
    }
}

fn troubles(attempts: &[Attempt]) -> Vec<Trouble<'_>> {
    let mut all: Vec<Trouble<'_>> = Vec::new();
    let mut open: HashMap<(&Person, Purpose), usize> = HashMap::new();
    for attempt in attempts {
        let key = (&attempt.person, attempt.purpose);
        if let Some(pattern) = attempt.pattern {
            let index = *open.entry(key).or_insert_with(|| {
                all.push(Trouble { tries: Vec::new(), last: attempt, pattern, ended: None });
                all.len() - 1
            });
            let trouble = &mut all[index];
            trouble.tries.push(attempt);
            (trouble.last, trouble.pattern) = (attempt, pattern);
        } else if attempt.outcome == Outcome::Success {
            let recovery = (&attempt.person, Purpose::PasswordRecovery);
            let is_sign_in = attempt.purpose == Purpose::SignIn;
            for key in [Some(key), is_sign_in.then_some(recovery)].into_iter().flatten() {
                if let Some(index) = open.remove(&key) {
                    all[index].ended = Some(attempt);
                }
            }
        }
    }
    for trouble in &mut all {
        if trouble.pattern == Pattern::UnknownName {
            trouble.ended = attempts.iter().find(|it| is_right_name(it, trouble.last));
        }
    }
    all
}

/// Whether somebody signed in from where a name was mistyped, soon after.
fn is_right_name(attempt: &Attempt, wrong: &Attempt) -> bool {
    let wait = attempt.first.duration_since(wrong.last);
    attempt.outcome == Outcome::Success
        && attempt.purpose == Purpose::SignIn
        && attempt.source == wrong.source
        && (SignedDuration::ZERO..=WRONG_NAME_WITHIN).contains(&wait)
}

/// One row per person: their last trouble, and rather one that lasts.
fn locked_out(troubles: Vec<Trouble<'_>>) -> Vec<LockedOut> {
    let mut people: BTreeMap<&Person, Trouble<'_>> = BTreeMap::new();
    for trouble in troubles {
        let rank = |trouble: &Trouble<'_>| (trouble.ended.is_none(), trouble.last.last);
        match people.entry(&trouble.last.person) {
            Entry::Occupied(known) if rank(known.get()) >= rank(&trouble) => {}
            Entry::Occupied(mut known) => drop(known.insert(trouble)),
            Entry::Vacant(place) => drop(place.insert(trouble)),
        }
    }
    let mut rows: Vec<LockedOut> = people.into_values().map(row).collect();
    rows.sort_by_key(|row| (row.in_since.is_some(), Reverse(row.last_try)));
    rows
}

fn row(trouble: Trouble<'_>) -> LockedOut {
    let Trouble { tries, last, pattern, ended } = trouble;
    LockedOut {
        person: last.person.clone(),
        purpose: last.purpose,
        tries: tries.len(),
        first_try: tries.first().map(|attempt| attempt.first),
        last_try: Some(last.last),
        sources: tries.iter().filter_map(|attempt| attempt.source.clone()).collect(),
        pattern,
        diagnosis: diagnose(&tries, last, pattern),
        in_since: ended.map(|success| success.last),
        last: Some(last.clone()),
    }
}

fn nothing_recorded(name: &str) -> LockedOut {
    let person =
        Person { kind: ActorKind::Other, name: Some(name.to_owned()), account: None, source: None };
    LockedOut {
        person,
        purpose: Purpose::SignIn,
        tries: 0,
        first_try: None,
        last_try: None,
        sources: BTreeSet::new(),
        pattern: Pattern::NothingRecorded,
        diagnosis: diagnosis::nothing_recorded(),
        in_since: None,
        last: None,
    }
}

fn signed_in(attempts: &[Attempt]) -> Vec<SignedIn> {
    let mut people: BTreeMap<&Person, SignedIn> = BTreeMap::new();
    for attempt in attempts {
        let is_known = match attempt.outcome {
            _ if attempt.purpose != Purpose::SignIn => continue,
            Outcome::Success => true,
            Outcome::Unknown => false,
            Outcome::Failure | Outcome::Unfinished => continue,
        };
        let row = people.entry(&attempt.person).or_insert_with(|| SignedIn {
            person: attempt.person.clone(),
            sign_ins: 0,
            unknown: 0,
            first: attempt.last,
            last: attempt.last,
            mfa: BTreeMap::new(),
            sources: BTreeSet::new(),
            accounts: BTreeSet::new(),
        });
        row.last = attempt.last;
        row.accounts.insert(attempt.account.clone());
        row.sources.extend(attempt.source.clone());
        if is_known {
            row.sign_ins += 1;
            *row.mfa.entry(attempt.mfa.unwrap_or(Mfa::Unknown)).or_default() += 1;
        } else {
            row.unknown += 1;
        }
    }
    people.into_values().collect()
}
