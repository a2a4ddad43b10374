//! Windows: attempts grouped by what they have in common, and by how soon one follows another.

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

/// What a rule file says about its windows.
#[derive(Clone)]
pub(crate) struct GroupingTexts {
    /// The facts that all attempts of a window have in common.
    pub group_by: Vec<Text>,
    /// How soon one follows the other: `10m`.
    pub within: Text,
    /// Which attempts count; none: all.
    pub filter: Option<Text>,
    /// Whether a window ends where the person gets in.
    pub until_success: bool,
}

/// How a rule makes windows of attempts.
#[derive(Clone)]
pub(crate) struct Grouping {
    /// The fields of [`SignIn`] that those of a window have in common.
    group_by: Vec<usize>,
    /// Whether those of a window are of one person.
    by_user: bool,
    within: SignedDuration,
    filter: Option<Expression>,
    until_success: bool,
}

/// The windows of one rule.
#[derive(Default)]
pub(crate) struct Windows {
    windows: Vec<Window>,
    /// How many attempts may belong to a window, which the records read do not say.
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

    /// The texts, one after another.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let texts = self
            .group_by
            .iter()
            .chain([&self.within])
            .chain(&self.filter);
        texts
            .map(|it| it.value.as_str())
            .chain(self.until_success.then_some("until_success"))
    }

    /// Checks the texts; the problems' places are those in the file.
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
        let within = self.within.value.parse();
        let within = within
            .ok()
            .filter(SignedDuration::is_positive)
            .unwrap_or_else(|| {
                problems.push(
                    self.within
                        .problem("this is not a length of time such as `10m` or `1h`"),
                );
                SignedDuration::ZERO
            });
        let names = Names { variables: &SIGN_IN, params, present: &[] };
        let filter = self.filter.as_ref().and_then(|text| {
            let compiled = Expression::condition(&text.value, names);
            compiled
                .map_err(|found| problems.extend(text.place(found)))
                .ok()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let by_user = self.group_by.iter().any(|name| name.value == "user");
        Ok(Grouping { group_by, by_user, within, filter, until_success: self.until_success })
    }
}

/// The variables in reach of `where`.
const SIGN_IN: [Variable; 2] = [variable::<SignIn>("signin"), super::ACCOUNT];

/// The index of a field of an attempt by which attempts can be grouped.
fn field(name: &Text) -> Result<usize, Problem> {
    let fields = match SignIn::TYPE {
        Type::Record(record) => record.fields,
        _ => &[],
    };
    let is_text = |ty: Type| matches!(ty, Type::Text | Type::Word(_) | Type::Optional(Type::Text));
    let names = fields
        .iter()
        .filter(|field| is_text(field.ty))
        .map(|field| field.name);
    let found = fields
        .iter()
        .position(|it| it.name == name.value && is_text(it.ty));
    found.ok_or_else(|| {
        let message = format!("attempts cannot be grouped by `{}`", name.value);
        name.problem(message).valid(&name.value, names)
    })
}

impl Grouping {
    /// The expression that says which attempts count.
    pub(crate) fn filter(&self) -> Option<&Expression> {
        self.filter.as_ref()
    }

    /// The windows of the attempts that were recorded.
    pub(crate) fn windows(&self, snapshot: &Snapshot) -> Windows {
        let Some(activity) = &snapshot.activity else {
            return Windows::default();
        };
        let ids = Ids::read(activity);
        // Users of IAM and of Identity Center may have one name, also that of root, and a user may be made again.
        let mut groups: BTreeMap<(String, Option<Person<'_>>), Vec<&SignIn>> = BTreeMap::new();
        let mut undecided = 0;
        // A person is of one account; an address tries several.
        let elsewhere: &[SignIn] = if self.by_user {
            &[]
        } else {
            &activity.elsewhere
        };
        let not_here: HashSet<&str> = elsewhere.iter().map(|it| it.resource_id.as_str()).collect();
        for sign_in in activity.sign_ins.iter().chain(elsewhere) {
            let takes = self.takes(sign_in, &snapshot.account);
            if takes == Some(false) {
                continue;
            }
            match self.key(sign_in).filter(|_| takes.is_some()) {
                Some(key) => {
                    let person = self.by_user.then(|| ids.person(sign_in));
                    groups.entry((key, person)).or_default().push(sign_in);
                }
                None => undecided += 1,
            }
        }
        let successes = Successes::read(activity, ids);
        let mut windows = Vec::new();
        for ((name, _), mut group) in groups {
            group.sort_by_key(|sign_in| sign_in.at);
            let belong = |one: &&SignIn, next: &&SignIn| {
                next.at.duration_since(one.at) <= self.within
                    && !(self.until_success && successes.got_in(one, one.at, next.at))
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

    /// Whether an attempt before that moment might belong to the window that begins with this one.
    fn is_cut(&self, first: &SignIn, start: Timestamp, successes: &Successes<'_>) -> bool {
        first.at.duration_since(start) <= self.within
            && !(self.until_success && successes.got_in(first, start, first.at))
    }

    /// Whether an attempt after that moment, when reading ended, might belong to the window of these.
    fn is_cut_at_end(
        &self,
        attempts: &[&SignIn],
        end: Timestamp,
        successes: &Successes<'_>,
    ) -> bool {
        let Some(last) = attempts.last() else {
            return false;
        };
        end.duration_since(last.at) <= self.within
            && !(self.until_success && successes.got_in(last, last.at, Timestamp::MAX))
    }

    /// Whether the attempt counts; none: what was read does not say.
    fn takes(&self, sign_in: &SignIn, account: &Account) -> Option<bool> {
        let Some(filter) = &self.filter else {
            return Some(true);
        };
        let mut variables = [Value::Null; MAX_VARIABLES];
        variables[0] = Value::Record(sign_in);
        variables[1] = Value::Record(account);
        filter.node.truth(&mut Env::new(variables)).ok()
    }

    /// What the attempt has in common with others; none: it lacks a part of that.
    fn key(&self, sign_in: &SignIn) -> Option<String> {
        let mut parts = Vec::new();
        for &index in &self.group_by {
            let Ok(Value::Text(text)) = sign_in.field(index) else {
                return None;
            };
            parts.push(text);
        }
        Some(parts.join(", "))
    }
}

impl Windows {
    /// The windows, to be judged.
    pub(crate) fn subjects<'a>(&'a self, account: &'a Account) -> Vec<Subject<'a>> {
        self.windows
            .iter()
            .map(|window| subject::window(window, account))
            .collect()
    }
}

/// Until when all of these regions were read, within the period that is judged.
fn end_of_reading(activity: &AccountActivity, regions: &[SharedText]) -> Timestamp {
    let mut end = activity.period.to;
    for region in &activity.regions {
        let read = region
            .seen
            .iter()
            .chain(&region.proved)
            .map(|it| it.to)
            .max();
        if regions.iter().any(|name| **name == *region.region) {
            end = end.min(read.unwrap_or(end));
        }
    }
    end
}

/// A kind of actor, a name and, for a name that several users had, the unique id.
type Person<'a> = (ActorKind, &'a SharedText, Option<&'a SharedText>);

/// When which user had a name that several had. A user who is deleted and made again has another unique id.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
struct Ids<'a>(HashMap<(ActorKind, &'a SharedText), BTreeMap<Timestamp, &'a SharedText>>);

impl<'a> Ids<'a> {
    fn read(activity: &'a AccountActivity) -> Ids<'a> {
        let mut first = HashMap::new();
        let mut ids = Ids(HashMap::new());
        for sign_in in &activity.sign_ins {
            let name = (sign_in.actor, &sign_in.user);
            if let Some(id) = &sign_in.principal_id
                && *first.entry(name).or_insert(id) != id
            {
                ids.0.insert(name, BTreeMap::new());
            }
        }
        for sign_in in &activity.sign_ins {
            if let Some(id) = &sign_in.principal_id
                && let Some(times) = ids.0.get_mut(&(sign_in.actor, &sign_in.user))
            {
                times.insert(sign_in.at, id);
            }
        }
        ids
    }

    /// Who made the attempt. Without an id, it is the user who had the name last before or, if none did, first after.
    fn person(&self, sign_in: &'a SignIn) -> Person<'a> {
        let name = (sign_in.actor, &sign_in.user);
        let id = self.0.get(&name).and_then(|times| {
            let before = times.range(..=sign_in.at).next_back();
            let likely = before
                .or_else(|| times.first_key_value())
                .map(|(_, id)| *id);
            sign_in.principal_id.as_ref().or(likely)
        });
        (name.0, name.1, id)
    }
}

/// When and from where each person got in.
struct Successes<'a> {
    ids: Ids<'a>,
    by_person: HashMap<Person<'a>, Vec<&'a SignIn>>,
}

impl<'a> Successes<'a> {
    fn read(activity: &'a AccountActivity, ids: Ids<'a>) -> Successes<'a> {
        let mut by_person: HashMap<_, Vec<_>> = HashMap::new();
        for sign_in in &activity.sign_ins {
            let is_success = sign_in.outcome == Fact::Known(Outcome::Success);
            if sign_in.purpose == Purpose::SignIn && is_success {
                by_person
                    .entry(ids.person(sign_in))
                    .or_default()
                    .push(sign_in);
            }
        }
        Successes { ids, by_person }
    }

    /// Whether the person of an attempt got in from then to before that moment.
    fn got_in(&self, one: &'a SignIn, from: Timestamp, to: Timestamp) -> bool {
        let own = self.by_person.get(&self.ids.person(one));
        own.into_iter()
            .flatten()
            .any(|success| from <= success.at && success.at < to)
    }

    /// The successes of all who made these attempts.
    fn of(&self, attempts: &[&'a SignIn]) -> Vec<&'a SignIn> {
        let people: BTreeSet<Person<'_>> = attempts
            .iter()
            .map(|attempt| self.ids.person(attempt))
            .collect();
        let own = people
            .iter()
            .filter_map(|person| self.by_person.get(person));
        own.flatten().copied().collect()
    }
}

/// The window of attempts in order of time; there is at least one.
fn window<'a>(name: &str, attempts: &[&'a SignIn], successes: &Successes<'a>) -> Window {
    let (first, last) = (attempts[0], attempts[attempts.len() - 1]);
    // Somebody who is not named has the address for a name.
    let is_unknown =
        |it: &&SignIn| it.actor == ActorKind::UnknownUser || Some(&it.user) == it.source.as_ref();
    let mut named = attempts.to_vec();
    named.retain(|it| !is_unknown(it));
    let known: BTreeSet<_> = named.iter().map(|it| (it.actor, &it.user)).collect();
    let sources: BTreeSet<&SharedText> = attempts
        .iter()
        .filter_map(|it| it.source.as_ref())
        .collect();
    let regions: BTreeSet<&SharedText> = attempts.iter().map(|it| &it.region).collect();
    let accounts: BTreeSet<&str> = attempts
        .iter()
        .filter_map(|it| Arn::parse(&it.resource_id))
        .map(|event| event.account)
        .collect();
    let successes = successes.of(&named);
    Window {
        resource_id: first.resource_id.clone(),
        name: name.into(),
        first: first.at,
        last: last.at,
        minutes: minutes(first.at, last.at),
        is_cut: false,
        is_cut_at_end: false,
        count: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        users: known.iter().map(|(_, name)| (*name).clone()).collect(),
        unknown_user_attempts: u32::try_from(attempts.iter().filter(|it| is_unknown(it)).count())
            .unwrap_or(u32::MAX),
        minutes_to_success: soonest(last.at, &successes),
        minutes_to_success_from_same_source: to_success_from_each_source(attempts, &successes),
        sources: sources.into_iter().cloned().collect(),
        accounts: accounts.into_iter().map(SharedText::from).collect(),
        regions: regions.into_iter().cloned().collect(),
        event_ids: attempts
            .iter()
            .flat_map(|it| it.event_ids.clone())
            .collect(),
    }
}

/// How many minutes after that the first of the successes was.
fn soonest<'a>(
    from: Timestamp,
    successes: impl IntoIterator<Item = &'a &'a SignIn>,
) -> Option<f64> {
    let later = successes
        .into_iter()
        .map(|success| success.at)
        .filter(|at| *at >= from);
    later.min().map(|at| minutes(from, at))
}

/// The same for each address after the last attempt from there: the longest. None: from one of them
/// nobody got in.
fn to_success_from_each_source(attempts: &[&SignIn], successes: &[&SignIn]) -> Option<f64> {
    let last: BTreeMap<_, _> = attempts
        .iter()
        .map(|it| (it.source.as_ref(), it.at))
        .collect();
    let mut longest: Option<f64> = None;
    for (source, last) in last {
        let source = source?;
        let from_there = successes
            .iter()
            .filter(|it| it.source.as_ref() == Some(source));
        let minutes = soonest(last, from_there)?;
        longest = Some(longest.map_or(minutes, |longest| longest.max(minutes)));
    }
    longest
}

fn minutes(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 60.0
}
