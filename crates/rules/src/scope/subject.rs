//! The resources that rules judge, with the values of the variables in reach.

use std::borrow::Cow;

use portcullis_model::{
    AccessKey, Account, Fact, Group, MfaDevice, OidcProvider, Policy, Record, Region, Role, Root,
    SamlProvider, ServerCertificate, ServiceCredential, SigningCertificate, Sources, User, Value,
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

/// A subject for each resource of a list.
pub(super) fn each<'a, T>(
    list: &'a Fact<Vec<T>>,
    subject: impl Fn(&'a T) -> Subject<'a>,
) -> Result<Vec<Subject<'a>>, Sources> {
    list.as_ref().into_result().map(|list| list.iter().map(subject).collect())
}

/// A subject for each thing that a user owns; one that stands for all of them where they are missing.
pub(super) fn owned<'a, T: 'a>(
    users: &'a Fact<Vec<User>>,
    list: impl Fn(&'a User) -> &'a Fact<Vec<T>>,
    subject: impl Fn(&'a User, &'a T) -> Subject<'a>,
) -> Result<Vec<Subject<'a>>, Sources> {
    let of_user = |user: &'a User| match list(user) {
        Fact::Known(owned) => owned.iter().map(|owned| subject(user, owned)).collect(),
        Fact::Missing(sources) => {
            vec![of(user, "user", &user.arn, &user.name, State::Missing(*sources))]
        }
    };
    users.as_ref().into_result().map(|users| users.iter().flat_map(of_user).collect())
}

/// Stands for all resources of a kind in an account that did not list them.
pub(crate) fn uncollected(of: &Account, sources: Sources) -> Subject<'_> {
    Subject { state: State::Missing(sources), ..account(of) }
}

fn values<const N: usize>(records: [&dyn Record; N]) -> State<'_> {
    let mut values = [Value::Null; MAX_VARIABLES];
    for (value, record) in values.iter_mut().zip(records) {
        *value = Value::Record(record);
    }
    State::Present(values)
}

fn resource<'a>(kind: &'static str, id: &'a str, name: &'a str, state: State<'a>) -> Subject<'a> {
    Subject { kind, id: Cow::Borrowed(id), name, region: None, user: None, state }
}

/// What belongs to a user.
fn of<'a>(
    user: &'a User,
    kind: &'static str,
    id: &'a str,
    name: &'a str,
    state: State<'a>,
) -> Subject<'a> {
    let state = if user.deleted { State::Deleted } else { state };
    Subject { user: Some(&user.name), ..resource(kind, id, name, state) }
}

pub(super) fn account(account: &Account) -> Subject<'_> {
    let name = match &account.alias {
        Fact::Known(Some(alias)) => alias,
        _ => &account.id,
    };
    // AWS has no ARN for an account as such; this one cannot collide with a resource's.
    let id = Cow::Owned(format!("arn:{}:iam::{}:account", account.partition, account.id));
    Subject { id, ..resource("account", "", name, values([account])) }
}

pub(super) fn root<'a>(account: &'a Account, root: &'a Root) -> Subject<'a> {
    resource("root", &root.arn, "root", values([root, account]))
}

pub(super) fn user<'a>(account: &'a Account, user: &'a User) -> Subject<'a> {
    of(user, "user", &user.arn, &user.name, values([user, account]))
}

pub(super) fn access_key<'a>(
    account: &'a Account,
    user: &'a User,
    key: &'a AccessKey,
) -> Subject<'a> {
    of(user, "access_key", &key.resource_id, &key.name, values([key, user, account]))
}

pub(super) fn signing_certificate<'a>(
    account: &'a Account,
    user: &'a User,
    certificate: &'a SigningCertificate,
) -> Subject<'a> {
    let state = values([certificate, user, account]);
    of(user, "signing_certificate", &certificate.resource_id, &certificate.name, state)
}

pub(super) fn service_credential<'a>(
    account: &'a Account,
    credential: &'a ServiceCredential,
) -> Subject<'a> {
    let ServiceCredential { resource_id, id, user_name, .. } = credential;
    let state = values([credential, account]);
    let subject = resource("service_credential", resource_id, id, state);
    Subject { user: Some(user_name), ..subject }
}

pub(super) fn mfa_device<'a>(account: &'a Account, device: &'a MfaDevice) -> Subject<'a> {
    resource("mfa_device", &device.serial, &device.name, values([device, account]))
}

pub(super) fn group<'a>(account: &'a Account, group: &'a Group) -> Subject<'a> {
    resource("group", &group.arn, &group.name, values([group, account]))
}

pub(super) fn role<'a>(account: &'a Account, role: &'a Role) -> Subject<'a> {
    resource("role", &role.arn, &role.name, values([role, account]))
}

pub(super) fn policy<'a>(account: &'a Account, policy: &'a Policy) -> Subject<'a> {
    resource("policy", &policy.resource_id, &policy.name, values([policy, account]))
}

pub(super) fn saml_provider<'a>(account: &'a Account, provider: &'a SamlProvider) -> Subject<'a> {
    resource("saml_provider", &provider.arn, &provider.name, values([provider, account]))
}

pub(super) fn oidc_provider<'a>(account: &'a Account, provider: &'a OidcProvider) -> Subject<'a> {
    resource("oidc_provider", &provider.arn, &provider.url, values([provider, account]))
}

pub(super) fn server_certificate<'a>(
    account: &'a Account,
    certificate: &'a ServerCertificate,
) -> Subject<'a> {
    let ServerCertificate { arn, name, .. } = certificate;
    resource("server_certificate", arn, name, values([certificate, account]))
}

pub(super) fn region<'a>(account: &'a Account, region: &'a Region) -> Subject<'a> {
    let name = region.name.as_str();
    // AWS has no ARN for a region of an account.
    let id = format!("arn:{}:iam::{}:region/{name}", account.partition, account.id);
    let subject = resource("region", "", name, values([region, account]));
    Subject { id: Cow::Owned(id), region: Some(name), ..subject }
}
