//! The resources that rules judge, with the values of a rule's variables.

use std::borrow::Cow;

use portcullis_model::{
    Account, AccountActivity, Crossing, Fact, Message, Record, Resource, Snapshot, Source, Sources,
    User, Value, Window,
};

use crate::expr::MAX_VARIABLES;

/// A resource to judge.
pub(crate) struct Subject<'a> {
    pub kind: &'static str,
    pub id: Cow<'a, str>,
    pub name: &'a str,
    /// The region, if the resource is in one.
    pub region: Option<&'a str>,
    /// The name of the owner, whose gaps apply too.
    pub user: Option<&'a str>,
    /// Whether an earlier part of it may lie before the period that is judged.
    pub is_cut: bool,
    /// Whether a later part of it may lie after the last event read.
    pub is_cut_at_end: bool,
    pub state: State<'a>,
}

/// Whether a subject can be judged.
pub(crate) enum State<'a> {
    /// It can, with these values of the variables.
    Present([Value<'a>; MAX_VARIABLES]),
    /// It stands for a list that was not collected.
    Missing(Sources),
    /// Its user was deleted since the credential report.
    Deleted,
    /// It stands for all recorded activity without a finding; the text says so.
    Quiet(String),
    /// It stands for something that the account does not have; the text says so.
    Absent(String),
    /// It stands for all that may have happened unseen: what was not read, in words.
    Unread(Message),
}

/// Subjects, created lazily since there may be as many as there are events.
pub(crate) type Subjects<'a> = Box<dyn Iterator<Item = Subject<'a>> + 'a>;

/// Returns a subject for each resource of a list.
pub(super) fn listed<'a, T: Resource>(
    kind: &'static str,
    snapshot: &'a Snapshot,
    list: Result<&'a Vec<T>, Sources>,
) -> Result<Subjects<'a>, Sources> {
    Ok(Box::new(
        list?.iter().map(move |resource| {
            Subject::new(kind, resource, values([resource, &snapshot.account]))
        }),
    ))
}

/// Returns a subject for each user or role that may assume roles in other accounts.
pub(crate) fn crossings(list: &[Crossing]) -> Subjects<'_> {
    Box::new(
        list.iter()
            .map(|crossing| Subject::new(super::CROSSING, crossing, values([crossing]))),
    )
}

/// Returns the account's activity, or CloudTrail as the missing source.
pub(super) fn activity(snapshot: &Snapshot) -> Result<&AccountActivity, Sources> {
    snapshot.activity.as_ref().ok_or(Source::CloudTrail.into())
}

/// Returns a subject for each resource that a user owns, or one for the user if they are missing.
pub(super) fn owned<'a, T: Resource + 'a>(
    kind: &'static str,
    snapshot: &'a Snapshot,
    list: impl Fn(&'a User) -> &'a Fact<Vec<T>> + 'a,
) -> Result<Subjects<'a>, Sources> {
    let users = snapshot.users.as_ref().into_result()?;
    Ok(Box::new(users.iter().flat_map(move |user| {
        let mut subjects = Vec::new();
        match list(user) {
            Fact::Known(resources) => {
                for resource in resources {
                    let state = values([resource, user, &snapshot.account]);
                    subjects.push(Subject::new(kind, resource, state).owned_by(user));
                }
            }
            Fact::Missing(sources) => {
                subjects.push(Subject::new("user", user, State::Missing(*sources)).owned_by(user));
            }
        }
        subjects
    })))
}

/// Returns a subject for each user.
pub(super) fn users(snapshot: &Snapshot) -> Result<Subjects<'_>, Sources> {
    let users = snapshot.users.as_ref().into_result()?;
    Ok(Box::new(users.iter().map(|user| {
        let state = values([user, &snapshot.account]);
        Subject::new("user", user, state).owned_by(user)
    })))
}

/// Returns the account as a whole.
pub(super) fn account(account: &Account) -> Subject<'_> {
    Subject::new("account", account, values([account]))
}

/// Returns the root user.
pub(super) fn root(snapshot: &Snapshot) -> Subject<'_> {
    let Snapshot { root, account, .. } = snapshot;
    Subject::new("root", root, values([root, account]))
}

/// Returns a window of attempts.
pub(super) fn window<'a>(window: &'a Window, account: &'a Account) -> Subject<'a> {
    let state = values([window, account]);
    let Window { is_cut, is_cut_at_end, .. } = *window;
    Subject { is_cut, is_cut_at_end, ..Subject::new("window", window, state) }
}

/// Returns a subject that stands for all unlisted resources of a kind, or for all other activity.
pub(crate) fn whole<'a>(account: &'a Account, state: State<'a>) -> Subject<'a> {
    Subject::new("account", account, state)
}

impl<'a> Subject<'a> {
    fn new(kind: &'static str, resource: &'a impl Resource, state: State<'a>) -> Subject<'a> {
        Subject {
            kind,
            id: resource.id(),
            name: resource.name(),
            region: resource.region(),
            user: resource.user_name(),
            is_cut: false,
            is_cut_at_end: false,
            state,
        }
    }

    /// Makes the user the owner of the subject.
    fn owned_by(self, user: &'a User) -> Subject<'a> {
        let state = if user.deleted {
            State::Deleted
        } else {
            self.state
        };
        Subject { user: Some(&user.name), state, ..self }
    }
}

fn values<const N: usize>(records: [&dyn Record; N]) -> State<'_> {
    let mut values = [Value::Null; MAX_VARIABLES];
    for (value, record) in values.iter_mut().zip(records) {
        *value = Value::Record(record);
    }
    State::Present(values)
}
