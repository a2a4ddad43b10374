//! Windows: attempts grouped by common facts and by the time between them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    Account, AccountActivity, ActorKind, Arn, Fact, Outcome, Purpose, Record, SharedText, SignIn,
    Snapshot, Type, Typed, Value, Window,
};

use super::{Subject, subject, variable};
use crate::constant::Constant;
use crate::expr::{Env, Expression, MAX_VARIABLES, Names, Variable};
use crate::problem::Problem;
use crate::read::{Fields, Text};

/// The keys about windows in a rule file.
#[derive(Clone)]
pub(crate) struct GroupingTexts {
    /// The facts that all attempts of a window share.
    pub group_by: Vec<Text>,
    /// The longest time between two successive attempts, such as `10m`.
    pub within: Text,
    /// The condition for attempts that count; none if all do.
    pub filter: Option<Text>,
    /// Whether a successful sign-in ends a window.
    pub until_success: bool,
}

/// How a rule groups attempts into windows.
#[derive(Clone)]
pub(crate) struct Grouping {
    /// The fields of [`SignIn`] that all attempts of a window share.
    group_by: Vec<usize>,
    /// Whether all attempts of a window are one person's.
    by_user: bool,
    within: SignedDuration,
    filter: Option<Expression>,
    until_success: bool,
}

/// The windows of one rule.
#[derive(Default)]
pub(crate) struct Windows {
    windows: Vec<Window>,
    /// The number of attempts for which it is not known whether they count.
    pub undecided: usize,
}

impl GroupingTexts {
    /// Reads `group_by`, `within`, `where` and `until_success`.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<GroupingTexts> {
        let group_by = fields.one_or_several("group_by");
        let (within, filter) = (fields.required("within"), fields.text("where"));
        let until_success = fields.flag("until_success");
        Some(GroupingTexts { group_by, within: within?, filter, until_success })
    }

    /// Returns all texts in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let texts = self.group_by.iter().chain([&self.within]).chain(&self.filter);
        texts.map(|text| text.value.as_str()).chain(self.until_success.then_some("until_success"))
    }

    /// Compiles the texts. Problems have positions in the file.
    pub(crate) fn compile(
        &self,
        params: &BTreeMap<String, Constant>,
    ) -> Result<Grouping, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut group_by = Vec::new();
        for name in &self.group_by {
            match field(name) {
                Ok(index) => group_by.push(index),
                Err(problem) => problems.push(problem),
            }
        }
        let within = self.within.value.parse().unwrap_or(SignedDuration::ZERO);
        if !within.is_positive() {
            problems.push(self.within.problem("this is not a time such as `10m` or `1h`"));
        }
        let names = Names { variables: &SIGN_IN, params, present: &[] };
        let filter = self.filter.as_ref().and_then(|text| {
            let compiled = Expression::condition(&text.value, names);
            compiled.map_err(|found| problems.extend(text.place(found))).ok()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let by_user = self.group_by.iter().any(|name| name.value == "user");
        Ok(Grouping { group_by, by_user, within, filter, until_success: self.until_success })
    }
}

/// The variables of `where`.
const SIGN_IN: [Variable; 2] = [variable::<SignIn>("signin"), super::ACCOUNT];

/// Returns the index of a field by which attempts can be grouped.
fn field(name: &Text) -> Result<usize, Problem> {
    let fields = match SignIn::TYPE {
        Type::Record(record) => record.fields,
        _ => &[],
    };
    let mut valid = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if matches!(field.ty, Type::Text | Type::Word(_) | Type::Optional(Type::Text)) {
            if field.name == name.value {
                return Ok(index);
            }
            valid.push(field.name);
        }
    }
    let message = format!("attempts cannot be grouped by `{}`", name.value);
    Err(name.problem(message).valid(&name.value, valid))
}

impl Grouping {
    /// Returns the condition for attempts that count.
    pub(crate) fn filter(&self) -> Option<&Expression> {
        self.filter.as_ref()
    }

    /// Groups the recorded attempts into windows.
    pub(crate) fn windows(&self, snapshot: &Snapshot) -> Windows {
        let Some(activity) = &snapshot.activity else { return Windows::default() };
        // Users of IAM and of Identity Center may have the same name, even that of root.
        let mut groups: BTreeMap<(String, Option<ActorKind>), Vec<&SignIn>> = BTreeMap::new();
        let mut undecided = 0;
        // A person is of one account; an address tries several.
        let elsewhere: &[SignIn] = if self.by_user { &[] } else { &activity.elsewhere };
        let not_here: HashSet<&str> = elsewhere.iter().map(|it| it.resource_id.as_str()).collect();
        for sign_in in activity.sign_ins.iter().chain(elsewhere) {
            match self.takes(sign_in, &snapshot.account) {
                Some(true) => {
                    if let Some(key) = self.key(sign_in) {
                        let kind = self.by_user.then_some(sign_in.actor);
                        groups.entry((key, kind)).or_default().push(sign_in);
                    }
                }
                Some(false) => {}
                None => undecided += 1,
            }
        }
        let successes = successes(activity);
        let mut windows = Vec::new();
        for ((name, _), mut group) in groups {
            group.sort_by_key(|sign_in| sign_in.at);
            let are_together = |one: &&SignIn, next: &&SignIn| {
                next.at.duration_since(one.at) <= self.within
                    && !(self.until_success && got_in(one, one.at, next.at, &successes))
            };
            for attempts in group.chunk_by(belong) {
                // It belongs to the account where it began.
                if not_here.contains(attempts[0].resource_id.as_str()) {
                    continue;
                }
                let mut window = window(&name, attempts, &successes);
                window.is_cut = self.is_cut(attempts[0], activity.period.from, &successes);
                let end = end_of_reading(activity, &window.regions);
                window.is_cut_at_end = self.is_cut_at_end(attempts, end, &successes);
                windows.push(window);
            }
        }
        Windows { windows, undecided }
    }

    /// Whether an attempt before `start` might belong to the window that begins with `first`.
    fn is_cut(&self, first: &SignIn, start: Timestamp, successes: &Successes<'_>) -> bool {
        first.at.duration_since(start) <= self.within
            && !(self.until_success && got_in(first, start, first.at, successes))
    }

    /// Whether an attempt after `end`, up to which events were read, might belong to this window.
    fn is_cut_at_end(
        &self,
        attempts: &[&SignIn],
        end: Timestamp,
        successes: &Successes<'_>,
    ) -> bool {
        let Some(last) = attempts.last() else { return false };
        end.duration_since(last.at) <= self.within
            && !(self.until_success && got_in(last, last.at, Timestamp::MAX, successes))
    }

    /// Whether the attempt counts; none if that is not known.
    fn takes(&self, sign_in: &SignIn, account: &Account) -> Option<bool> {
        let Some(filter) = &self.filter else { return Some(true) };
        let mut variables = [Value::Null; MAX_VARIABLES];
        variables[0] = Value::Record(sign_in);
        variables[1] = Value::Record(account);
        filter.node.truth(&mut Env::new(variables)).ok()
    }

    /// Returns the values by which the attempt is grouped; none if one is missing.
    fn key(&self, sign_in: &SignIn) -> Option<String> {
        let mut parts = Vec::new();
        for &index in &self.group_by {
            let Ok(Value::Text(text)) = sign_in.field(index) else { return None };
            parts.push(text);
        }
        Some(parts.join(", "))
    }
}

impl Windows {
    /// Returns the windows as subjects.
    pub(crate) fn subjects<'a>(&'a self, account: &'a Account) -> Vec<Subject<'a>> {
        self.windows.iter().map(|window| subject::window(window, account)).collect()
    }
}

/// Returns the time up to which all of these regions were read, within the period that is judged.
fn end_of_reading(activity: &AccountActivity, regions: &[SharedText]) -> Timestamp {
    let mut end = activity.period.to;
    for coverage in &activity.regions {
        let last = coverage.seen.iter().chain(&coverage.proved).map(|part| part.to).max();
        if regions.iter().any(|name| **name == *coverage.region) {
            end = end.min(last.unwrap_or(end));
        }
    }
    end
}

/// The successful sign-ins of each person.
type Successes<'a> = HashMap<(ActorKind, &'a SharedText), Vec<&'a SignIn>>;

fn successes(activity: &AccountActivity) -> Successes<'_> {
    let mut successes = Successes::new();
    for sign_in in &activity.sign_ins {
        if sign_in.purpose == Purpose::SignIn && sign_in.outcome == Fact::Known(Outcome::Success) {
            successes.entry((sign_in.actor, &sign_in.user)).or_default().push(sign_in);
        }
    }
    successes
}

/// Whether the person who made the attempt signed in between `from` (included) and `to` (excluded).
fn got_in(attempt: &SignIn, from: Timestamp, to: Timestamp, successes: &Successes<'_>) -> bool {
    let own = successes.get(&(attempt.actor, &attempt.user));
    own.into_iter().flatten().any(|success| from <= success.at && success.at < to)
}

/// Returns the window of attempts, which are sorted by time and not empty.
fn window(name: &str, attempts: &[&SignIn], all_successes: &Successes<'_>) -> Window {
    let (first, last) = (attempts[0], attempts[attempts.len() - 1]);
    // Somebody who is not named has the address for a name.
    let is_unknown =
        |it: &&SignIn| it.actor == ActorKind::UnknownUser || Some(&it.user) == it.source.as_ref();
    let known: BTreeSet<_> =
        attempts.iter().filter(|it| !is_unknown(it)).map(|it| (it.actor, &it.user)).collect();
    let sources: BTreeSet<&SharedText> =
        attempts.iter().filter_map(|it| it.source.as_ref()).collect();
    let regions: BTreeSet<&SharedText> = attempts.iter().map(|it| &it.region).collect();
    let accounts: BTreeSet<&str> = attempts
        .iter()
        .filter_map(|it| Arn::parse(&it.resource_id))
        .map(|event| event.account)
        .collect();
    let successes: Vec<&SignIn> =
        known.iter().filter_map(|person| successes.get(person)).flatten().copied().collect();
    Window {
        resource_id: first.resource_id.clone(),
        name: name.into(),
        first: first.at,
        last: last.at,
        minutes: minutes(first.at, last.at),
        is_cut: false,
        is_cut_at_end: false,
        count: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        users: people.iter().map(|(_, name)| (*name).clone()).collect(),
        unknown_user_attempts,
        minutes_to_success: soonest(last.at, &successes),
        minutes_to_success_from_same_source: to_success_from_each_source(attempts, &successes),
        sources: sources.into_iter().cloned().collect(),
        accounts: accounts.into_iter().map(SharedText::from).collect(),
        regions: regions.into_iter().cloned().collect(),
        event_ids,
    }
}

/// Returns the minutes from `from` to the first later success.
fn soonest<'a>(
    from: Timestamp,
    successes: impl IntoIterator<Item = &'a &'a SignIn>,
) -> Option<f64> {
    let later = successes.into_iter().map(|success| success.at).filter(|at| *at >= from);
    later.min().map(|at| minutes(from, at))
}

/// Returns the longest time that any source address took from its last attempt to a success; none
/// if there was no success from one of them.
fn to_success_from_each_source(attempts: &[&SignIn], successes: &[&SignIn]) -> Option<f64> {
    let mut last_attempts = BTreeMap::new();
    for attempt in attempts {
        last_attempts.insert(attempt.source.as_ref()?, attempt.at);
    }
    let mut longest: Option<f64> = None;
    for (source, last) in last_attempts {
        let from_source =
            successes.iter().filter(|success| success.source.as_ref() == Some(source));
        let minutes = soonest(last, from_source)?;
        longest = Some(longest.map_or(minutes, |longest| longest.max(minutes)));
    }
    longest
}

fn minutes(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 60.0
}
