//! The resources that rules judge, with the values of the variables in reach.

use std::borrow::Cow;

use portcullis_model::{Account, Fact, Record, Snapshot, Sources, User, Value};

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
}

/// A subject for each resource of a list, by its id and name.
pub(super) fn each<'a, T: Record>(
    kind: &'static str,
    snapshot: &'a Snapshot,
    list: &'a Fact<Vec<T>>,
    names: impl Fn(&'a T) -> (&'a str, &'a str),
) -> Result<Vec<Subject<'a>>, Sources> {
    let mut subjects = Vec::new();
    for record in list.as_ref().into_result()? {
        let (id, name) = names(record);
        subjects.push(Subject::new(kind, id, name, values([record, &snapshot.account])));
    }
    Ok(subjects)
}

/// A subject for each thing that a user owns, by its id and name; one that stands for all of them where
/// they are missing.
pub(super) fn owned<'a, T: Record + 'a>(
    kind: &'static str,
    snapshot: &'a Snapshot,
    list: impl Fn(&'a User) -> &'a Fact<Vec<T>>,
    names: impl Fn(&'a T) -> (&'a str, &'a str),
) -> Result<Vec<Subject<'a>>, Sources> {
    let mut subjects = Vec::new();
    for user in snapshot.users.as_ref().into_result()? {
        match list(user) {
            Fact::Known(records) => subjects.extend(records.iter().map(|record| {
                let (id, name) = names(record);
                let state = values([record, user, &snapshot.account]);
                Subject::new(kind, id, name, state).of(user)
            })),
            Fact::Missing(sources) => {
                let state = State::Missing(*sources);
                subjects.push(Subject::new("user", &user.arn, &user.name, state).of(user));
            }
        }
    }
    Ok(subjects)
}

/// Each user.
pub(super) fn users(snapshot: &Snapshot) -> Result<Vec<Subject<'_>>, Sources> {
    let mut subjects = Vec::new();
    for user in snapshot.users.as_ref().into_result()? {
        let state = values([user, &snapshot.account]);
        subjects.push(Subject::new("user", &user.arn, &user.name, state).of(user));
    }
    Ok(subjects)
}

/// Each service-specific credential, which names its user.
pub(super) fn service_credentials(snapshot: &Snapshot) -> Result<Vec<Subject<'_>>, Sources> {
    let mut subjects = Vec::new();
    for credential in snapshot.service_credentials.as_ref().into_result()? {
        let state = values([credential, &snapshot.account]);
        let (id, name) = (&credential.resource_id, &credential.id);
        let subject = Subject::new("service_credential", id, name, state);
        subjects.push(Subject { user: Some(&credential.user_name), ..subject });
    }
    Ok(subjects)
}

/// Each region.
pub(super) fn regions(snapshot: &Snapshot) -> Result<Vec<Subject<'_>>, Sources> {
    let Account { partition, id: account_id, .. } = &snapshot.account;
    let mut subjects = Vec::new();
    for region in snapshot.regions.as_ref().into_result()? {
        // AWS has no ARN for a region of an account.
        let id = Cow::Owned(format!("arn:{partition}:iam::{account_id}:region/{}", region.name));
        let state = values([region, &snapshot.account]);
        let subject = Subject::new("region", "", &region.name, state);
        subjects.push(Subject { id, region: Some(&region.name), ..subject });
    }
    Ok(subjects)
}

/// The account as a whole.
pub(super) fn account(account: &Account) -> Subject<'_> {
    let name = match &account.alias {
        Fact::Known(Some(alias)) => alias,
        _ => &account.id,
    };
    // AWS has no ARN for an account as such; this one cannot collide with a resource's.
    let id = Cow::Owned(format!("arn:{}:iam::{}:account", account.partition, account.id));
    Subject { id, ..Subject::new("account", "", name, values([account])) }
}

/// The root user.
pub(super) fn root(snapshot: &Snapshot) -> Subject<'_> {
    let Snapshot { root, account, .. } = snapshot;
    Subject::new("root", &root.arn, "root", values([root, account]))
}

/// Stands for all resources of a kind in an account that did not list them.
pub(crate) fn uncollected(of: &Account, sources: Sources) -> Subject<'_> {
    Subject { state: State::Missing(sources), ..account(of) }
}

impl<'a> Subject<'a> {
    fn new(kind: &'static str, id: &'a str, name: &'a str, state: State<'a>) -> Subject<'a> {
        Subject { kind, id: Cow::Borrowed(id), name, region: None, user: None, state }
    }

    /// The subject as what belongs to the user.
    fn of(self, user: &'a User) -> Subject<'a> {
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
