//! What rules judge: the one table of scopes, with the names in reach and the resources in a snapshot.

mod subject;

use std::borrow::Cow;

use portcullis_model::{
    AccessKey, Account, Group, MfaDevice, OidcProvider, Policy, Region, Role, Root, SamlProvider,
    ServerCertificate, ServiceCredential, ShortLists, SigningCertificate, Snapshot, Source,
    Sources, Type, Typed, User,
};

pub(crate) use subject::{State, Subject, uncollected};
use subject::{each, owned};

use crate::expr::Variable;

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
    },
    Scope {
        name: "root",
        doc: "The account's root user.",
        variables: &[variable::<Root>("root"), ACCOUNT],
        subjects: |s| Ok(vec![subject::root(s)]),
    },
    Scope {
        name: "user",
        doc: "Each IAM user.",
        variables: &[USER, ACCOUNT],
        subjects: subject::users,
    },
    Scope {
        name: "access_key",
        doc: "Each access key of an IAM user.",
        variables: &[variable::<AccessKey>("key"), USER, ACCOUNT],
        subjects: |s| {
            owned("access_key", s, |user| &user.access_keys, |key| (&key.resource_id, &key.name))
        },
    },
    Scope {
        name: "signing_certificate",
        doc: "Each X.509 signing certificate of an IAM user.",
        variables: &[variable::<SigningCertificate>("certificate"), USER, ACCOUNT],
        subjects: |s| {
            owned(
                "signing_certificate",
                s,
                |user| &user.signing_certificates,
                |certificate| (&certificate.resource_id, &certificate.name),
            )
        },
    },
    Scope {
        name: "service_credential",
        doc: "Each service-specific credential of an IAM user.",
        variables: &[variable::<ServiceCredential>("credential"), ACCOUNT],
        subjects: subject::service_credentials,
    },
    Scope {
        name: "mfa_device",
        doc: "Each virtual MFA device of the account, assigned or not.",
        variables: &[variable::<MfaDevice>("device"), ACCOUNT],
        subjects: |s| each("mfa_device", s, &s.mfa_devices, |d| (&d.serial, &d.name)),
    },
    Scope {
        name: "group",
        doc: "Each IAM group.",
        variables: &[variable::<Group>("group"), ACCOUNT],
        subjects: |s| each("group", s, &s.groups, |group| (&group.arn, &group.name)),
    },
    Scope {
        name: "role",
        doc: "Each IAM role.",
        variables: &[variable::<Role>("role"), ACCOUNT],
        subjects: |s| each("role", s, &s.roles, |role| (&role.arn, &role.name)),
    },
    Scope {
        name: "policy",
        doc: "Each policy: customer-managed, AWS-managed and in use, or inline.",
        variables: &[variable::<Policy>("policy"), ACCOUNT],
        subjects: |s| each("policy", s, &s.policies, |p| (&p.resource_id, &p.name)),
    },
    Scope {
        name: "saml_provider",
        doc: "Each SAML provider.",
        variables: &[variable::<SamlProvider>("provider"), ACCOUNT],
        subjects: |s| each("saml_provider", s, &s.saml_providers, |p| (&p.arn, &p.name)),
    },
    Scope {
        name: "oidc_provider",
        doc: "Each OIDC provider.",
        variables: &[variable::<OidcProvider>("provider"), ACCOUNT],
        subjects: |s| each("oidc_provider", s, &s.oidc_providers, |p| (&p.arn, &p.url)),
    },
    Scope {
        name: "server_certificate",
        doc: "Each TLS certificate kept in IAM.",
        variables: &[variable::<ServerCertificate>("certificate"), ACCOUNT],
        subjects: |s| each("server_certificate", s, &s.server_certificates, |c| (&c.arn, &c.name)),
    },
    Scope {
        name: "region",
        doc: "Each region in use.",
        variables: &[variable::<Region>("region"), ACCOUNT],
        subjects: subject::regions,
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

    /// What redaction may show of a fact is looked up by its path.
    #[test]
    fn the_model_knows_the_record_of_each_variable() {
        for scope in &SCOPES {
            for variable in scope.variables_of(false).iter().chain(&*scope.variables_of(true)) {
                let Type::Record(record) = variable.ty else { continue };
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
