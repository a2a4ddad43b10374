//! The resources that rules judge, with the values of the variables in reach.

use std::borrow::Cow;

use portcullis_model::{
    Account, AccountActivity, Crossing, Fact, Message, Record, Resource, Snapshot, Source, Sources,
    User, Value, Window,
};

use crate::expr::MAX_VARIABLES;

/// Something to judge.
pub(crate) struct Subject<'a> {
    pub kind: &'static str,
    pub id: Cow<'a, str>,
    pub name: &'a str,
    /// The region, for what is in one.
    pub region: Option<&'a str>,
    /// The name of the user whose gaps are its gaps.
    pub user: Option<&'a str>,
    /// Whether more of it may have happened before the period that is judged.
    pub is_cut: bool,
    /// And after what was read.
    pub is_cut_at_end: bool,
    pub state: State<'a>,
}

/// Whether a subject can be judged.
pub(crate) enum State<'a> {
    /// It can, with these values of the variables.
    Present([Value<'a>; MAX_VARIABLES]),
    /// Its list was not collected: it stands for all that may be in there.
    Missing(Sources),
    /// Its user was deleted since the credential report.
    Deleted,
    /// It stands for all that was recorded and that the rule finds no fault with, in words.
    Quiet(String),
    /// It stands for what the rule is about and the account does not have, in words.
    Absent(String),
    /// It stands for all that may have happened unseen: what was not read, in words.
    Unread(Message),
}

/// Subjects, each made when it is judged: there may be as many as there are events.
pub(crate) type Subjects<'a> = Box<dyn Iterator<Item = Subject<'a>> + 'a>;

/// A subject for each resource of a list.
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

/// Users and roles that may assume roles in other accounts.
pub(crate) fn crossings(list: &[Crossing]) -> Subjects<'_> {
    Box::new(list.iter().map(|it| Subject::new(super::CROSSING, it, values([it]))))
}

/// What CloudTrail recorded.
pub(super) fn activity(snapshot: &Snapshot) -> Result<&AccountActivity, Sources> {
    snapshot.activity.as_ref().ok_or(Source::CloudTrail.into())
}

/// A subject for each thing that a user owns; one that stands for all of them where they are missing.
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

/// Each user.
pub(super) fn users(snapshot: &Snapshot) -> Result<Subjects<'_>, Sources> {
    let users = snapshot.users.as_ref().into_result()?;
    Ok(Box::new(users.iter().map(|user| {
        let state = values([user, &snapshot.account]);
        Subject::new("user", user, state).owned_by(user)
    })))
}

/// The account as a whole.
pub(super) fn account(account: &Account) -> Subject<'_> {
    Subject::new("account", account, values([account]))
}

/// The root user.
pub(super) fn root(snapshot: &Snapshot) -> Subject<'_> {
    let Snapshot { root, account, .. } = snapshot;
    Subject::new("root", root, values([root, account]))
}

/// A run of attempts.
pub(super) fn window<'a>(window: &'a Window, account: &'a Account) -> Subject<'a> {
    let state = values([window, account]);
    let Window { is_cut, is_cut_at_end, .. } = *window;
    Subject { is_cut, is_cut_at_end, ..Subject::new("window", window, state) }
}

/// Stands for all resources of a kind that were not listed, or for all else that CloudTrail recorded or did not.
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

    /// The subject as what belongs to the user.
    fn owned_by(self, user: &'a User) -> Subject<'a> {
        let state = if user.deleted { State::Deleted } else { self.state };
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
