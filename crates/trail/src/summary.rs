//! Summarises activity for people: who could not sign in and why, and who did.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    Absent, AccountActivity, Activity, ActivitySummary, ActorKind, Attempt, Coverage, Event,
    EventId, LockedOut, Mfa, Outcome, Pattern, Period, Person, Purpose, RegionCoverage, RootCall,
    SharedText, SignedIn,
};

use crate::attempt::attempts;
use crate::diagnosis::{NOTHING_RECORDED, diagnose, name_device, new_diagnosis};
use crate::facts::facts;

/// How soon a success from the same address shows that a refusal was a typing error.
const TYPING_ERROR_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// More refusals than this have another reason, or are somebody else's.
const MOST_TYPING_ERRORS: usize = 2;
/// The same as `TYPING_ERROR_WITHIN` for a user name that does not exist.
const WRONG_NAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Which activity to look at.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Leave out what ended before this time.
    pub from: Option<Timestamp>,
    /// Leave out what began at this time or later.
    pub to: Option<Timestamp>,
    /// Only these accounts; empty: all.
    pub accounts: Vec<String>,
    /// Only these regions; empty: all.
    pub regions: Vec<String>,
    /// Only the person of this name, ignoring case; `root` is the root user.
    pub user: Option<String>,
}

/// Returns the activity that passes the filter as a summary for people, and as facts for rules by account id.
pub fn summarise(
    activity: Activity,
    filter: &Filter,
) -> (ActivitySummary, BTreeMap<String, AccountActivity>) {
    let Activity { mut coverage, mut events, root_calls, left_out } = activity;
    let of_interest = events.len();
    let absent = absent(&coverage.regions, filter);
    coverage
        .regions
        .retain(|read| filter.takes_account(&read.account));
    let of_accounts = read_period(&coverage.regions);
    add_unread(&mut coverage, &filter.regions);
    coverage
        .regions
        .retain(|read| filter.takes_place(&read.account, &read.region));
    events.retain(|event| filter.takes_place(&event.account, &event.region));
    let mut attempts = attempts(&events);
    attempts.retain(|attempt| filter.takes_time(attempt.first, attempt.last));
    let mut troubles = troubles(&attempts);
    troubles.retain(|trouble| {
        let in_as = trouble.in_as();
        filter.takes_person(&trouble.last.person) || in_as.is_some_and(|it| filter.takes_person(it))
    });
    let typing_errors = take_typing_errors(&mut troubles);
    let mut locked_out = locked_out(troubles);
    for row in &mut locked_out {
        if let Some(arn) = device(row, &events) {
            name_device(&mut row.diagnosis, arn);
        }
    }
    let user = filter.user.as_ref();
    let similar = user.and_then(|name| similar(name, &attempts));
    attempts.retain(|attempt| filter.takes_person(&attempt.person));
    let period = period(&coverage, filter, of_accounts);
    let of_person = timeline(&events, &attempts, filter);
    coverage.records.judged = of_person.len() as u64;
    coverage.records.not_requested = (of_interest - of_person.len()) as u64;
    let timeline = match user {
        None => Vec::new(),
        Some(_) => of_person.into_iter().cloned().collect(),
    };
    if let Some(name) = user.filter(|_| timeline.is_empty()) {
        locked_out.push(nothing_recorded(name, similar));
    }
    let accounts = period.map(|period| facts(&coverage, events, &attempts, filter, period));
    let mut accounts = accounts.unwrap_or_default();
    for (id, activity) in &mut accounts {
        activity.left_out = left_out.get(id).copied().unwrap_or_default();
    }
    add_root_calls(&mut accounts, root_calls, filter);
    let summary = ActivitySummary {
        user: filter.user.clone(),
        period,
        coverage,
        absent,
        locked_out,
        typing_errors,
        signed_in: signed_in(&attempts),
        attempts,
        timeline,
    };
    (summary, accounts)
}

/// Takes out those who mistyped and then got in, and counts their tries.
fn take_typing_errors(troubles: &mut Vec<FailedAttempts<'_>>) -> usize {
    let mut tries = 0;
    for trouble in troubles.extract_if(.., |trouble| trouble.is_typing_error()) {
        tries += trouble.tries.len();
    }
    tries
}

/// Adds the calls of root that pass the filter to the activity of their accounts.
fn add_root_calls(
    accounts: &mut BTreeMap<String, AccountActivity>,
    calls: Vec<RootCall>,
    filter: &Filter,
) {
    for call in calls {
        if filter.takes_root_call(&call)
            && let Some(activity) = accounts.get_mut(&*call.account)
        {
            activity.root_calls.push(call);
        }
    }
}

/// What was requested and is not in the records read.
fn absent(read: &[RegionCoverage], filter: &Filter) -> Option<Absent> {
    let missing = |asked_for: &[String], place: fn(&RegionCoverage) -> &String| {
        let is_read = |asked: &&String| read.iter().any(|region| place(region) == *asked);
        asked_for
            .iter()
            .filter(|asked| !is_read(asked))
            .cloned()
            .collect()
    };
    let accounts: BTreeSet<String> = missing(&filter.accounts, |region| &region.account);
    let regions: BTreeSet<String> = missing(&filter.regions, |region| &region.region);
    let is_then = |period: &Period| filter.takes_time(period.from, period.to);
    let period = read_period(read).is_some() && !periods(read).any(is_then);
    let is_absent = !accounts.is_empty() || !regions.is_empty() || period;
    is_absent.then(|| Absent {
        accounts,
        regions,
        period,
        read_accounts: read.iter().map(|region| region.account.clone()).collect(),
        read_regions: read.iter().map(|region| region.region.clone()).collect(),
        read_period: read_period(read),
    })
}

/// The periods from which something was read.
fn periods(read: &[RegionCoverage]) -> impl Iterator<Item = &Period> {
    read.iter()
        .flat_map(|region| region.seen.iter().chain(&region.proved))
}

/// From the first to the last moment in the records read.
fn read_period(read: &[RegionCoverage]) -> Option<Period> {
    let from = periods(read).map(|period| period.from).min()?;
    let to = periods(read).map(|period| period.to).max()?;
    Some(Period { from, to })
}

/// Adds the regions that were requested but of which nothing was read, in each account: rules cannot pass there.
fn add_unread(coverage: &mut Coverage, asked_for: &[String]) {
    let accounts: BTreeSet<String> = coverage
        .regions
        .iter()
        .map(|it| it.account.clone())
        .collect();
    for account in accounts {
        for region in asked_for {
            let is_it = |read: &RegionCoverage| read.account == account && read.region == *region;
            if !coverage.regions.iter().any(is_it) {
                coverage.regions.push(RegionCoverage {
                    account: account.clone(),
                    region: region.clone(),
                    ..RegionCoverage::default()
                });
            }
        }
    }
    coverage
        .regions
        .sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
}

impl Filter {
    fn takes_account(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|it| it == account)
    }

    fn takes_place(&self, account: &str, region: &str) -> bool {
        self.takes_account(account)
            && (self.regions.is_empty() || self.regions.iter().any(|it| it == region))
    }

    /// Whether the event is in the period, and by or about the person.
    pub(crate) fn takes_event(&self, event: &Event) -> bool {
        let is_theirs = self.user.as_ref().is_none_or(|name| {
            is_named(event.actor.kind, event.actor.name.as_ref(), name)
                || event
                    .target
                    .as_ref()
                    .is_some_and(|target| target.eq_ignore_ascii_case(name))
        });
        is_theirs && self.takes_time(event.at, event.at)
    }

    fn takes_root_call(&self, call: &RootCall) -> bool {
        self.user
            .as_ref()
            .is_none_or(|name| is_named(ActorKind::Root, None, name))
            && self.takes_place(&call.account, &call.region)
            && self.takes_time(call.at, call.at)
    }

    fn takes_time(&self, first: Timestamp, last: Timestamp) -> bool {
        self.from.is_none_or(|from| last >= from) && self.to.is_none_or(|to| first < to)
    }

    fn takes_person(&self, person: &Person) -> bool {
        self.user
            .as_ref()
            .is_none_or(|name| is_named(person.kind, person.name.as_ref(), name))
    }
}

fn is_named(kind: ActorKind, name: Option<&SharedText>, wanted: &str) -> bool {
    let name = if kind == ActorKind::Root {
        Some("root")
    } else {
        name.map(|name| &**name)
    };
    name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

/// What was requested and, where that is open, what was read: for those regions, or else for other regions of the accounts.
fn period(coverage: &Coverage, filter: &Filter, of_accounts: Option<Period>) -> Option<Period> {
    let read = read_period(&coverage.regions).or(of_accounts);
    let (first, last) = (read.map(|it| it.from), read.map(|it| it.to));
    let period = Period { from: filter.from.or(first)?, to: filter.to.or(last)? };
    Some(period).filter(|period| period.from <= period.to)
}

/// The events that are part of the person's attempts, or name them.
fn timeline<'e>(events: &'e [Box<Event>], attempts: &[Attempt], filter: &Filter) -> Vec<&'e Event> {
    let parts: HashSet<&EventId> = attempts
        .iter()
        .flat_map(|attempt| &attempt.events)
        .collect();
    let mut timeline = Vec::new();
    for event in events {
        let is_part = parts.contains(&event.id) && filter.takes_time(event.at, event.at);
        if is_part || filter.takes_event(event) {
            timeline.push(&**event);
        }
    }
    timeline
}

/// Consecutive attempts of a person with the same purpose that failed or stopped.
struct FailedAttempts<'a> {
    tries: Vec<&'a Attempt>,
    /// The last of them.
    last: &'a Attempt,
    pattern: Pattern,
    /// The success that ended it.
    ended: Option<&'a Attempt>,
}

impl<'a> FailedAttempts<'a> {
    /// The person who soon signed in from where an unknown name was typed.
    fn in_as(&self) -> Option<&'a Person> {
        let success = self
            .ended
            .filter(|_| self.pattern == Pattern::UnknownName)?;
        Some(&success.person)
    }

    /// Whether another user with that name made the attempt: a user who is deleted and created again has another id.
    fn is_of_another(&self, attempt: &Attempt) -> bool {
        let id = self
            .tries
            .iter()
            .rev()
            .find_map(|own| own.principal_id.as_ref());
        id.zip(attempt.principal_id.as_ref())
            .is_some_and(|(own, other)| own != other)
    }

    /// Whether the same address succeeded so soon that somebody must have mistyped something.
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
                && self
                    .tries
                    .iter()
                    .all(|attempt| attempt.source == success.source)
        })
    }
}

fn troubles(attempts: &[Attempt]) -> Vec<FailedAttempts<'_>> {
    let mut all: Vec<FailedAttempts<'_>> = Vec::new();
    let mut open: HashMap<(&Person, Purpose, Option<&SharedText>), usize> = HashMap::new();
    let mut by_end: Vec<&Attempt> = attempts.iter().collect();
    by_end.sort_by_key(|attempt| attempt.last);
    for attempt in by_end {
        // Somebody who may assume one role may still be refused another.
        let role = attempt
            .role
            .as_ref()
            .filter(|_| attempt.purpose == Purpose::SwitchRole);
        let key = (&attempt.person, attempt.purpose, role);
        let is_theirs = |trouble: &FailedAttempts<'_>| !trouble.is_of_another(attempt);
        if let Some(pattern) = attempt.pattern {
            let known = open.get(&key).copied();
            let index = known
                .filter(|&index| is_theirs(&all[index]))
                .unwrap_or_else(|| {
                    all.push(FailedAttempts {
                        tries: Vec::new(),
                        last: attempt,
                        pattern,
                        ended: None,
                    });
                    all.len() - 1
                });
            open.insert(key, index);
            let trouble = &mut all[index];
            trouble.tries.push(attempt);
            (trouble.last, trouble.pattern) = (attempt, pattern);
        } else if attempt.outcome == Outcome::Success {
            let mut keys = vec![key];
            if attempt.purpose == Purpose::SignIn {
                keys.push((&attempt.person, Purpose::PasswordRecovery, None));
            }
            for key in keys {
                if let Some(&index) = open.get(&key)
                    && is_theirs(&all[index])
                {
                    all[index].ended = Some(attempt);
                    open.remove(&key);
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

/// Whether somebody signed in soon after a name was mistyped, from the same address.
fn is_right_name(attempt: &Attempt, wrong: &Attempt) -> bool {
    let wait = attempt.first.duration_since(wrong.last);
    attempt.outcome == Outcome::Success
        && attempt.purpose == Purpose::SignIn
        && attempt.source.is_some()
        && attempt.source == wrong.source
        && (SignedDuration::ZERO..=WRONG_NAME_WITHIN).contains(&wait)
}

/// One row per person, with their last trouble, preferably one that has not ended. Refused roles have a separate
/// row, so that a program with somebody's key does not hide that they cannot sign in.
fn locked_out(troubles: Vec<FailedAttempts<'_>>) -> Vec<LockedOut> {
    let mut people: BTreeMap<(&Person, bool), FailedAttempts<'_>> = BTreeMap::new();
    for trouble in troubles {
        let rank = |trouble: &FailedAttempts<'_>| (trouble.ended.is_none(), trouble.last.last);
        let is_role = trouble.last.purpose == Purpose::SwitchRole;
        match people.entry((&trouble.last.person, is_role)) {
            Entry::Occupied(known) if rank(known.get()) >= rank(&trouble) => {}
            Entry::Occupied(mut known) => drop(known.insert(trouble)),
            Entry::Vacant(place) => drop(place.insert(trouble)),
        }
    }
    let mut rows: Vec<LockedOut> = people.into_values().map(row).collect();
    rows.sort_by_key(|row| {
        let is_role = row.purpose == Purpose::SwitchRole;
        (row.in_since.is_some(), is_role, Reverse(row.last_try))
    });
    rows
}

fn row(trouble: FailedAttempts<'_>) -> LockedOut {
    let in_as = trouble.in_as();
    let FailedAttempts { tries, last, pattern, ended } = trouble;
    LockedOut {
        person: last.person.clone(),
        purpose: last.purpose,
        tries: tries.len(),
        first_try: tries.iter().map(|attempt| attempt.first).min(),
        last_try: Some(last.last),
        sources: tries
            .iter()
            .filter_map(|attempt| attempt.source.clone())
            .collect(),
        pattern,
        diagnosis: diagnose(&tries, last, pattern),
        in_since: ended.map(|success| success.last),
        in_as: in_as.cloned(),
        last: Some(last.clone()),
    }
}

/// The person's MFA device according to their last event: the one that they sign in with or, if an enrolment is at
/// fault, the one that they could not delete.
fn device<'e>(row: &LockedOut, events: &'e [Box<Event>]) -> Option<&'e str> {
    for event in events.iter().rev() {
        let named = match row.pattern {
            Pattern::EnrolmentUnfinished => event.target.as_deref(),
            _ if event.name == "ConsoleLogin" => event.authenticator.as_deref(),
            _ => None,
        };
        if let Some(device) = named.filter(|it| it.contains(":mfa/"))
            && event.actor.kind == row.person.kind
            && event.actor.name == row.person.name
            && row.person.account.as_ref() == Some(&event.account)
        {
            return Some(device);
        }
    }
    None
}

/// Somebody who tried to sign in and whose name begins with `name`, or the reverse, or differs in one or two letters.
fn similar(name: &str, attempts: &[Attempt]) -> Option<Person> {
    let wanted = name.to_ascii_lowercase();
    let mut best: Option<(usize, &Person)> = None;
    for Attempt { person, .. } in attempts {
        let Some(other) = person.name.as_deref().map(str::to_ascii_lowercase) else {
            continue;
        };
        let distance = match strsim::damerau_levenshtein(&wanted, &other) {
            distance @ ..=2 => distance,
            _ if other.starts_with(&wanted) || wanted.starts_with(&other) => 2,
            _ => continue,
        };
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, person));
        }
    }
    best.map(|(_, person)| person.clone())
}

fn nothing_recorded(name: &str, similar: Option<Person>) -> LockedOut {
    let person =
        Person { kind: ActorKind::Other, name: Some(name.into()), account: None, source: None };
    LockedOut {
        person,
        purpose: Purpose::SignIn,
        tries: 0,
        first_try: None,
        last_try: None,
        sources: BTreeSet::new(),
        pattern: Pattern::NothingRecorded,
        diagnosis: new_diagnosis(NOTHING_RECORDED, None),
        in_since: None,
        in_as: similar,
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
        row.first = row.first.min(attempt.last);
        row.last = row.last.max(attempt.last);
        row.accounts.insert(attempt.account.clone());
        row.sources.extend(attempt.source.clone());
        if is_known {
            row.sign_ins += 1;
            *row.mfa
                .entry(attempt.mfa.unwrap_or(Mfa::Unknown))
                .or_default() += 1;
        } else {
            row.unknown += 1;
        }
    }
    people.into_values().collect()
}
