//! What rules judge: the one table of scopes, with the names in reach and the resources in a snapshot.

use std::borrow::Cow;

use portcullis_model::{
    AccessKey, Account, Fact, MfaDevice, Record, Root, SigningCertificate, Snapshot, Sources, Type,
    Typed, User, Value,
};

use crate::expr::MAX_VARIABLES;
use crate::sample::Sample;

/// A kind of resource that rules judge.
pub(crate) struct Scope {
    /// The name in rule files, and the kind of the resource in reports.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The variables in reach: first the resource, then its owner, then the account.
    pub variables: &'static [Variable],
    /// The resources of a snapshot.
    pub subjects: for<'a> fn(&'a Snapshot) -> Vec<Subject<'a>>,
    /// The resource of a sample, for examples.
    pub sample: for<'a> fn(&'a Sample) -> Subject<'a>,
}

/// A name that stands for a record.
pub(crate) struct Variable {
    pub name: &'static str,
    pub ty: Type,
}

/// Something to judge.
pub(crate) struct Subject<'a> {
    pub kind: &'static str,
    pub id: Cow<'a, str>,
    pub name: &'a str,
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

const ACCOUNT: Variable = Variable { name: "account", ty: Account::TYPE };
const USER: Variable = Variable { name: "user", ty: User::TYPE };

/// Every scope.
pub(crate) static SCOPES: [Scope; 6] = [
    Scope {
        name: "account",
        doc: "The account as a whole.",
        variables: &[ACCOUNT],
        subjects: |snapshot| vec![account(&snapshot.account)],
        sample: |sample| account(&sample.account),
    },
    Scope {
        name: "root",
        doc: "The account's root user.",
        variables: &[Variable { name: "root", ty: Root::TYPE }, ACCOUNT],
        subjects: |snapshot| vec![root(&snapshot.account, &snapshot.root)],
        sample: |sample| root(&sample.account, &sample.root),
    },
    Scope {
        name: "user",
        doc: "Each IAM user.",
        variables: &[USER, ACCOUNT],
        subjects: |snapshot| of_users(snapshot, |user| vec![user_itself(&snapshot.account, user)]),
        sample: |sample| user_itself(&sample.account, &sample.user),
    },
    Scope {
        name: "access_key",
        doc: "Each access key of an IAM user.",
        variables: &[Variable { name: "key", ty: AccessKey::TYPE }, USER, ACCOUNT],
        subjects: |snapshot| {
            let account = &snapshot.account;
            of_users(snapshot, |user| of_user(user, &user.access_keys, |k| key(account, user, k)))
        },
        sample: |sample| key(&sample.account, &sample.user, &sample.key),
    },
    Scope {
        name: "signing_certificate",
        doc: "Each X.509 signing certificate of an IAM user.",
        variables: &[Variable { name: "certificate", ty: SigningCertificate::TYPE }, USER, ACCOUNT],
        subjects: |snapshot| {
            let account = &snapshot.account;
            of_users(snapshot, |user| {
                of_user(user, &user.signing_certificates, |c| certificate(account, user, c))
            })
        },
        sample: |sample| certificate(&sample.account, &sample.user, &sample.certificate),
    },
    Scope {
        name: "mfa_device",
        doc: "Each virtual MFA device of the account, assigned or not.",
        variables: &[Variable { name: "device", ty: MfaDevice::TYPE }, ACCOUNT],
        subjects: |snapshot| match &snapshot.mfa_devices {
            Fact::Known(devices) => devices.iter().map(|d| device(&snapshot.account, d)).collect(),
            Fact::Missing(sources) => vec![uncollected(&snapshot.account, *sources)],
        },
        sample: |sample| device(&sample.account, &sample.device),
    },
];

/// The scope of that name.
pub(crate) fn find(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().find(|scope| scope.name == name)
}

fn values<const N: usize>(records: [&dyn Record; N]) -> State<'_> {
    let mut values = [Value::Null; MAX_VARIABLES];
    for (value, record) in values.iter_mut().zip(records) {
        *value = Value::Record(record);
    }
    State::Present(values)
}

fn account(account: &Account) -> Subject<'_> {
    Subject {
        kind: "account",
        // AWS has no ARN for an account as such; this one cannot collide with a resource's.
        id: Cow::Owned(format!("arn:{}:iam::{}:account", account.partition, account.id)),
        name: match &account.alias {
            Fact::Known(Some(alias)) => alias,
            _ => &account.id,
        },
        user: None,
        state: values([account]),
    }
}

/// Stands for all users, or all devices, of an account that did not list them.
fn uncollected(of: &Account, sources: Sources) -> Subject<'_> {
    Subject { state: State::Missing(sources), ..account(of) }
}

fn root<'a>(account: &'a Account, root: &'a Root) -> Subject<'a> {
    Subject {
        kind: "root",
        id: Cow::Borrowed(&root.arn),
        name: "root",
        user: None,
        state: values([root, account]),
    }
}

/// The subjects of every user; without a list of users one unknown on the account.
fn of_users<'a>(
    snapshot: &'a Snapshot,
    subjects: impl Fn(&'a User) -> Vec<Subject<'a>>,
) -> Vec<Subject<'a>> {
    match &snapshot.users {
        Fact::Known(users) => users.iter().flat_map(subjects).collect(),
        Fact::Missing(sources) => vec![uncollected(&snapshot.account, *sources)],
    }
}

/// The subjects that a user owns; without a list of them one unknown on the user.
fn of_user<'a, T>(
    user: &'a User,
    owned: &'a Fact<Vec<T>>,
    subject: impl Fn(&'a T) -> Subject<'a>,
) -> Vec<Subject<'a>> {
    match owned {
        Fact::Known(owned) => owned.iter().map(subject).collect(),
        Fact::Missing(sources) => {
            let missing = State::Missing(*sources);
            vec![owned_by(user, "user", &user.arn, &user.name, missing)]
        }
    }
}

fn owned_by<'a>(
    user: &'a User,
    kind: &'static str,
    id: &'a str,
    name: &'a str,
    state: State<'a>,
) -> Subject<'a> {
    let state = if user.deleted { State::Deleted } else { state };
    Subject { kind, id: Cow::Borrowed(id), name, user: Some(&user.name), state }
}

fn user_itself<'a>(account: &'a Account, user: &'a User) -> Subject<'a> {
    owned_by(user, "user", &user.arn, &user.name, values([user, account]))
}

fn key<'a>(account: &'a Account, user: &'a User, key: &'a AccessKey) -> Subject<'a> {
    let state = values([key, user, account]);
    owned_by(user, "access_key", &key.resource_id, &key.name, state)
}

fn certificate<'a>(
    account: &'a Account,
    user: &'a User,
    certificate: &'a SigningCertificate,
) -> Subject<'a> {
    let state = values([certificate, user, account]);
    owned_by(user, "signing_certificate", &certificate.resource_id, &certificate.name, state)
}

fn device<'a>(account: &'a Account, device: &'a MfaDevice) -> Subject<'a> {
    Subject {
        kind: "mfa_device",
        id: Cow::Borrowed(&device.serial),
        name: &device.name,
        user: None,
        state: values([device, account]),
    }
}
