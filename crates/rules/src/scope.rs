//! The table of scopes: the kinds of resources that rules judge, with their variables, and how to
//! find the resources in a snapshot.

mod reach;
mod subject;
mod window;

use std::borrow::Cow;
use std::iter;

use portcullis_model::{
    AccessKey, Account, CredentialEvent, Crossing, Fact, Group, MfaDevice, OidcProvider, Policy,
    Region, Role, Root, SamlProvider, ServerCertificate, ServiceCredential, ShortLists, SignIn,
    SigningCertificate, Snapshot, Source, Sources, Type, Typed, User, Window,
};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

pub(crate) use reach::{IDENTITY_CENTER, Needs, ROOT, quiet, rest};
pub(crate) use subject::{State, Subject, Subjects, crossings, whole};
use subject::{activity, listed, owned};
pub(crate) use window::{Grouping, GroupingTexts};

use crate::expr::Variable;

/// A kind of resource that rules judge.
#[derive(Debug)]
pub struct Scope {
    /// The name in rule files, and the kind of the resource in reports.
    pub name: &'static str,
    /// The description.
    pub doc: &'static str,
    /// The variables that rules may use: the resource, its owner, and the account.
    pub variables: &'static [Variable],
    /// Returns the resources of a snapshot, or the missing sources.
    pub(crate) subjects: for<'a> fn(&'a Snapshot) -> Result<Subjects<'a>, Sources>,
    /// What examples give if they do not give the resource itself, which is made from it.
    pub(crate) made_of: Option<Variable>,
    /// Replaces all resources of a snapshot with that of an example, in JSON.
    pub(crate) replace: fn(&mut Snapshot, Json) -> serde_json::Result<()>,
}

const ACCOUNT: Variable = variable::<Account>("account");
const USER: Variable = variable::<User>("user");

const fn variable<T: Typed>(name: &'static str) -> Variable {
    Variable { name, ty: T::TYPE }
}

fn replace<T: DeserializeOwned>(list: &mut Fact<Vec<T>>, json: Json) -> serde_json::Result<()> {
    *list = Fact::Known(vec![serde_json::from_value(json)?]);
    Ok(())
}

/// A scope whose resources are in a list of the snapshot.
macro_rules! listed {
    ($name:literal, $doc:literal, $variable:literal: $record:ty, $list:ident) => {
        Scope {
            name: $name,
            doc: $doc,
            variables: &[variable::<$record>($variable), ACCOUNT],
            subjects: |snapshot| listed($name, snapshot, snapshot.$list.as_ref().into_result()),
            made_of: None,
            replace: |snapshot, json| replace(&mut snapshot.$list, json),
        }
    };
}

/// A scope whose resources are in a list of each user.
macro_rules! owned {
    ($name:literal, $doc:literal, $variable:literal: $record:ty, $list:ident) => {
        Scope {
            name: $name,
            doc: $doc,
            variables: &[variable::<$record>($variable), USER, ACCOUNT],
            subjects: |snapshot| owned($name, snapshot, |user| &user.$list),
            made_of: None,
            replace: |snapshot, json| match &mut snapshot.users {
                Fact::Known(users) => users
                    .iter_mut()
                    .try_for_each(|user| replace(&mut user.$list, json.clone())),
                Fact::Missing(_) => Ok(()),
            },
        }
    };
}

/// A scope whose resources are in a list of the activity.
macro_rules! recorded {
    ($name:literal, $doc:literal, $variable:literal: $record:ty, $list:ident) => {
        Scope {
            name: $name,
            doc: $doc,
            variables: &[variable::<$record>($variable), ACCOUNT],
            subjects: |snapshot| {
                let list = activity(snapshot).map(|activity| &activity.$list);
                listed($name, snapshot, list)
            },
            made_of: None,
            replace: |snapshot, json| {
                let record = serde_json::from_value(json)?;
                if let Some(activity) = &mut snapshot.activity {
                    activity.$list = vec![record];
                }
                Ok(())
            },
        }
    };
}

/// All scopes. Resources that users own come after users.
#[rustfmt::skip]
pub static SCOPES: [Scope; 18] = [
    Scope {
        name: "account",
        doc: "The account as a whole.",
        variables: &[ACCOUNT],
        subjects: |snapshot| Ok(Box::new(iter::once(subject::account(&snapshot.account)))),
        made_of: None,
        replace: |snapshot, json| {
            snapshot.account = serde_json::from_value(json)?;
            Ok(())
        },
    },
    Scope {
        name: "root",
        doc: "The account's root user.",
        variables: &[variable::<Root>("root"), ACCOUNT],
        subjects: |snapshot| Ok(Box::new(iter::once(subject::root(snapshot)))),
        made_of: None,
        replace: |snapshot, json| {
            snapshot.root = serde_json::from_value(json)?;
            Ok(())
        },
    },
    Scope {
        name: "user",
        doc: "Each IAM user.",
        variables: &[USER, ACCOUNT],
        subjects: subject::users,
        made_of: None,
        replace: |snapshot, json| replace(&mut snapshot.users, json),
    },
    owned!("access_key", "Each access key of an IAM user.", "key": AccessKey, access_keys),
    owned!("signing_certificate", "Each X.509 signing certificate of an IAM user.",
        "certificate": SigningCertificate, signing_certificates),
    listed!("service_credential", "Each service-specific credential of an IAM user.",
        "credential": ServiceCredential, service_credentials),
    listed!("mfa_device", "Each virtual MFA device of the account, assigned or not.",
        "device": MfaDevice, mfa_devices),
    listed!("group", "Each IAM group.", "group": Group, groups),
    listed!("role", "Each IAM role.", "role": Role, roles),
    listed!("policy", "Each policy: customer-managed, AWS-managed (if in use) or inline.",
        "policy": Policy, policies),
    listed!("saml_provider", "Each SAML provider.", "provider": SamlProvider, saml_providers),
    listed!("oidc_provider", "Each OIDC provider.", "provider": OidcProvider, oidc_providers),
    listed!("server_certificate", "Each TLS certificate kept in IAM.",
        "certificate": ServerCertificate, server_certificates),
    listed!("region", "Each region in use.", "region": Region, regions),
    Scope {
        name: CROSSING,
        doc: "In an audit of several accounts, each user or role that can assume roles in the other accounts and is not an \
              administrator.",
        // The snapshot of its account is no longer held once all accounts are known.
        variables: &[variable::<Crossing>("crossing")],
        subjects: |snapshot| Ok(subject::crossings(snapshot.crossings.as_ref().into_result()?)),
        made_of: None,
        replace: |snapshot, json| replace(&mut snapshot.crossings, json),
    },
    recorded!("signin", "Each attempt to sign in, to switch to a role, or to recover a password.",
        "signin": SignIn, sign_ins),
    recorded!("credential_event", "Each event that concerns sign-ins or credentials.",
        "event": CredentialEvent, credential_events),
    Scope {
        name: "window",
        doc: "Each run of attempts in quick succession that have something in common.",
        variables: &[variable::<Window>("window"), ACCOUNT],
        // Windows are made for each rule: see `Grouping`.
        subjects: |snapshot| activity(snapshot).map(|_| Box::new(iter::empty()) as Subjects<'_>),
        made_of: Some(variable::<Vec<SignIn>>("signins")),
        replace: |snapshot, json| {
            let sign_ins = serde_json::from_value(json)?;
            if let Some(activity) = &mut snapshot.activity {
                activity.sign_ins = sign_ins;
            }
            Ok(())
        },
    },
];

/// The scope that is judged once all accounts are known.
pub(crate) const CROSSING: &str = "crossing";
/// The scopes that a single rule may combine.
pub(crate) const PRINCIPALS: [&str; 3] = ["user", "group", "role"];
/// The name of the resource in a rule on several scopes.
pub(crate) const PRINCIPAL: &str = "principal";

/// Returns the scope of this name.
pub(crate) fn find(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().find(|scope| scope.name == name)
}

/// Returns the scope whose resources have this type.
pub(crate) fn of_type(ty: Type) -> Option<&'static Scope> {
    SCOPES.iter().find(|scope| scope.variables[0].ty == ty)
}

impl Scope {
    /// Whether it covers CloudTrail events rather than the account's configuration.
    pub fn is_activity(&self) -> bool {
        self.sources().contains(Source::CloudTrail)
    }

    /// Returns what an example gives: the resource or what it is made of, its owner, and the
    /// account.
    pub(crate) fn given(&self) -> impl DoubleEndedIterator<Item = &Variable> {
        let resource = self.made_of.as_ref().or(self.variables.first());
        resource.into_iter().chain(self.variables.iter().skip(1))
    }

    /// Returns the variables of a rule on this scope, alone or together with others.
    pub(crate) fn variables_of(&self, together: bool) -> Cow<'static, [Variable]> {
        match self.variables {
            [resource, rest @ ..] if together => {
                let principal = Variable { name: PRINCIPAL, ty: resource.ty };
                [principal]
                    .into_iter()
                    .chain(rest.iter().cloned())
                    .collect()
            }
            variables => Cow::Borrowed(variables),
        }
    }

    /// Returns the missing sources if the snapshot may not list all resources.
    pub(crate) fn unlisted(&self, snapshot: &Snapshot) -> Option<Sources> {
        let ShortLists { users, groups, roles, policies } = snapshot.short_lists;
        let is_short = self.variables.iter().any(|variable| match variable.name {
            "user" => users,
            "group" => groups,
            "role" => roles,
            "policy" => policies,
            "crossing" => users || roles,
            _ => false,
        });
        is_short.then_some(Source::AccountAuthorizationDetails.into())
    }

    /// Returns the sources of its list of resources.
    pub(crate) fn sources(&self) -> Sources {
        match self.variables {
            [Variable { ty: Type::Record(record), .. }, ..] => {
                record.sources.iter().copied().collect()
            }
            _ => Sources::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What redaction may show of a fact is looked up by its path.
    #[test]
    fn the_model_knows_the_record_of_each_variable() {
        for scope in &SCOPES {
            for variable in scope
                .variables_of(false)
                .iter()
                .chain(&*scope.variables_of(true))
            {
                let Type::Record(record) = variable.ty else {
                    continue;
                };
                let known = portcullis_model::records_of(variable.name);
                let is_principal = variable.name == PRINCIPAL && !PRINCIPALS.contains(&scope.name);
                assert!(
                    known.contains(&record) || is_principal,
                    "{} {}",
                    scope.name,
                    variable.name
                );
            }
        }
    }

    /// What a rule on several scopes says of one resource must mean the same of another.
    #[test]
    fn fields_that_principals_share_have_one_type() {
        let fields = |name: &str| match find(name).unwrap().variables[0].ty {
            Type::Record(record) => record.fields,
            _ => &[],
        };
        let all: Vec<_> = PRINCIPALS.into_iter().flat_map(fields).collect();
        for field in &all {
            let same = all.iter().filter(|other| other.name == field.name);
            assert!(same.into_iter().all(|other| other.ty == field.ty), "{}", field.name);
        }
    }
}
