//! What rules judge: the one table of scopes, with the names in reach and the resources in a snapshot.

mod subject;

use std::borrow::Cow;

use portcullis_model::{
    AccessKey, Account, Group, MfaDevice, OidcProvider, Policy, Region, Role, Root, SamlProvider,
    ServerCertificate, ServiceCredential, ShortLists, SigningCertificate, Snapshot, Source,
    Sources, Type, Typed, User,
};

pub(crate) use subject::{State, Subject, uncollected};

use crate::sample::Sample;

/// A kind of resource that rules judge.
#[derive(Debug)]
pub struct Scope {
    /// The name in rule files, and the kind of the resource in reports.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The variables in reach: first the resource, then its owner, then the account.
    pub variables: &'static [Variable],
    /// The resources of a snapshot; the missing sources if they were not listed.
    pub(crate) subjects: for<'a> fn(&'a Snapshot) -> Result<Vec<Subject<'a>>, Sources>,
    /// The resource of a sample, for examples.
    pub(crate) sample: for<'a> fn(&'a Sample) -> Subject<'a>,
}

/// A name that stands for a record.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name in expressions.
    pub name: &'static str,
    /// The type of the record.
    pub ty: Type,
}

const ACCOUNT: Variable = variable::<Account>("account");
const USER: Variable = variable::<User>("user");

const fn variable<T: Typed>(name: &'static str) -> Variable {
    Variable { name, ty: T::TYPE }
}

/// Every scope.
pub static SCOPES: [Scope; 14] = [
    Scope {
        name: "account",
        doc: "The account as a whole.",
        variables: &[ACCOUNT],
        subjects: |s| Ok(vec![subject::account(&s.account)]),
        sample: |s| subject::account(&s.account),
    },
    Scope {
        name: "root",
        doc: "The account's root user.",
        variables: &[variable::<Root>("root"), ACCOUNT],
        subjects: |s| Ok(vec![subject::root(&s.account, &s.root)]),
        sample: |s| subject::root(&s.account, &s.root),
    },
    Scope {
        name: "user",
        doc: "Each IAM user.",
        variables: &[USER, ACCOUNT],
        subjects: |s| subject::each(&s.users, |user| subject::user(&s.account, user)),
        sample: |s| subject::user(&s.account, &s.user),
    },
    Scope {
        name: "access_key",
        doc: "Each access key of an IAM user.",
        variables: &[variable::<AccessKey>("key"), USER, ACCOUNT],
        subjects: |s| {
            subject::owned(
                &s.users,
                |user| &user.access_keys,
                |user, key| subject::access_key(&s.account, user, key),
            )
        },
        sample: |s| subject::access_key(&s.account, &s.user, &s.key),
    },
    Scope {
        name: "signing_certificate",
        doc: "Each X.509 signing certificate of an IAM user.",
        variables: &[variable::<SigningCertificate>("certificate"), USER, ACCOUNT],
        subjects: |s| {
            subject::owned(
                &s.users,
                |user| &user.signing_certificates,
                |user, certificate| subject::signing_certificate(&s.account, user, certificate),
            )
        },
        sample: |s| subject::signing_certificate(&s.account, &s.user, &s.signing_certificate),
    },
    Scope {
        name: "service_credential",
        doc: "Each service-specific credential of an IAM user.",
        variables: &[variable::<ServiceCredential>("credential"), ACCOUNT],
        subjects: |s| {
            subject::each(&s.service_credentials, |c| subject::service_credential(&s.account, c))
        },
        sample: |s| subject::service_credential(&s.account, &s.service_credential),
    },
    Scope {
        name: "mfa_device",
        doc: "Each virtual MFA device of the account, assigned or not.",
        variables: &[variable::<MfaDevice>("device"), ACCOUNT],
        subjects: |s| subject::each(&s.mfa_devices, |d| subject::mfa_device(&s.account, d)),
        sample: |s| subject::mfa_device(&s.account, &s.device),
    },
    Scope {
        name: "group",
        doc: "Each IAM group.",
        variables: &[variable::<Group>("group"), ACCOUNT],
        subjects: |s| subject::each(&s.groups, |group| subject::group(&s.account, group)),
        sample: |s| subject::group(&s.account, &s.group),
    },
    Scope {
        name: "role",
        doc: "Each IAM role.",
        variables: &[variable::<Role>("role"), ACCOUNT],
        subjects: |s| subject::each(&s.roles, |role| subject::role(&s.account, role)),
        sample: |s| subject::role(&s.account, &s.role),
    },
    Scope {
        name: "policy",
        doc: "Each policy: customer-managed, AWS-managed and in use, or inline.",
        variables: &[variable::<Policy>("policy"), ACCOUNT],
        subjects: |s| subject::each(&s.policies, |policy| subject::policy(&s.account, policy)),
        sample: |s| subject::policy(&s.account, &s.policy),
    },
    Scope {
        name: "saml_provider",
        doc: "Each SAML provider.",
        variables: &[variable::<SamlProvider>("provider"), ACCOUNT],
        subjects: |s| subject::each(&s.saml_providers, |p| subject::saml_provider(&s.account, p)),
        sample: |s| subject::saml_provider(&s.account, &s.saml_provider),
    },
    Scope {
        name: "oidc_provider",
        doc: "Each OIDC provider.",
        variables: &[variable::<OidcProvider>("provider"), ACCOUNT],
        subjects: |s| subject::each(&s.oidc_providers, |p| subject::oidc_provider(&s.account, p)),
        sample: |s| subject::oidc_provider(&s.account, &s.oidc_provider),
    },
    Scope {
        name: "server_certificate",
        doc: "Each TLS certificate kept in IAM.",
        variables: &[variable::<ServerCertificate>("certificate"), ACCOUNT],
        subjects: |s| {
            subject::each(&s.server_certificates, |c| subject::server_certificate(&s.account, c))
        },
        sample: |s| subject::server_certificate(&s.account, &s.server_certificate),
    },
    Scope {
        name: "region",
        doc: "Each region in use.",
        variables: &[variable::<Region>("region"), ACCOUNT],
        subjects: |s| subject::each(&s.regions, |region| subject::region(&s.account, region)),
        sample: |s| subject::region(&s.account, &s.region),
    },
];

/// The scopes that a rule may judge together.
pub(crate) const PRINCIPALS: [&str; 3] = ["user", "group", "role"];
/// The name of the resource in a rule on several scopes.
pub(crate) const PRINCIPAL: &str = "principal";

/// The scope of that name.
pub(crate) fn find(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().find(|scope| scope.name == name)
}

impl Scope {
    /// The variables in reach of a rule that judges this scope, alone or with others.
    pub(crate) fn variables_of(&self, together: bool) -> Cow<'static, [Variable]> {
        match self.variables {
            [resource, rest @ ..] if together => {
                let principal = Variable { name: PRINCIPAL, ty: resource.ty };
                [principal].into_iter().chain(rest.iter().cloned()).collect()
            }
            variables => Cow::Borrowed(variables),
        }
    }

    /// What would tell of resources that there are beside those that the snapshot lists, if any.
    pub(crate) fn unlisted(&self, snapshot: &Snapshot) -> Option<Sources> {
        let ShortLists { users, groups, roles, policies } = snapshot.short_lists;
        let is_short = self.variables.iter().any(|variable| match variable.name {
            "user" => users,
            "group" => groups,
            "role" => roles,
            "policy" => policies,
            _ => false,
        });
        is_short.then_some(Source::AccountAuthorizationDetails.into())
    }

    /// Where the list of its resources comes from.
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
