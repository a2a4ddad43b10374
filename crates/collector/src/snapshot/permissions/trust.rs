//! Who may become a role: its trust policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>

mod known;
mod narrowing;

use std::collections::BTreeSet;

pub(super) use self::narrowing::begins;

use portcullis_model::policy::{
    Condition, Effect, Pattern, PolicyDocument, Principal, Principals, Statement,
};
use portcullis_model::{Arn, Fact, Gap};

use super::SOURCE;
use super::library;
use crate::shapes::RoleDetail;
use crate::snapshot::gaps::Gaps;

const ASSUME: &str = "sts:AssumeRole";
const WITH_WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";
const WAYS: [&str; 3] = [ASSUME, WITH_WEB_IDENTITY, "sts:AssumeRoleWithSAML"];

/// The trust policy of one role.
pub(super) struct Trust {
    account: String,
    document: Option<PolicyDocument>,
}

/// That a principal of the account may assume the role.
pub(super) struct Admission {
    /// The statement.
    pub(super) statement: String,
    /// Whether it has conditions.
    pub(super) conditional: bool,
    /// Whether it names the principal, who then needs no permission of its own.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    pub(super) direct: bool,
}

impl Trust {
    /// Reads the document; if it cannot be read, a gap says why.
    pub(super) fn read(role: &RoleDetail, gaps: &mut Gaps) -> Trust {
        let name = || format!("the trust policy of {}", role.role_name);
        let document = if let Some(json) = &role.assume_role_policy_document {
            library::document(json, name, &role.arn, gaps)
        } else {
            let message = format!("{} is absent", name());
            gaps.push(Gap::new(SOURCE, "Incomplete", message).of(&role.arn));
            None
        };
        let account = Arn::parse(&role.arn).map_or("", |arn| arn.account).to_owned();
        Trust { account, document }
    }

    pub(super) fn is_read(&self) -> bool {
        self.document.is_some()
    }

    /// Whether anybody may assume the role at all.
    pub(super) fn lets_anybody(&self) -> Fact<bool> {
        self.known(|trust| {
            trust.entries().any(|entry| match entry.principals {
                Principals::Of(list) => list.iter().any(|one| !trust.denies(one, entry.way)),
                Principals::AllBut(_) => !trust.denies(&Principal::Anyone, entry.way),
            })
        })
    }

    /// The statements that let anyone in, with no condition that narrows this.
    pub(super) fn open_statements(&self) -> Fact<Vec<String>> {
        self.known(|trust| {
            let open = trust.entries().filter(|entry| {
                entry.is_for_anyone()
                    && !trust.denies(&Principal::Anyone, entry.way)
                    && !trust.limits(entry.statement, &narrowing::WHO)
            });
            distinct(open.map(|entry| entry.statement.label(entry.index)))
        })
    }

    /// The other accounts that are let in.
    pub(super) fn foreign_accounts(&self) -> Fact<Vec<String>> {
        self.known(|trust| distinct(trust.entries().flat_map(|entry| trust.foreign(&entry))))
    }

    /// Those of them of whom nothing else is asked.
    pub(super) fn unguarded_foreign_accounts(&self) -> Fact<Vec<String>> {
        self.known(|trust| {
            let unguarded = trust
                .entries()
                .filter(|entry| !trust.limits(entry.statement, &narrowing::OUTSIDER));
            distinct(unguarded.flat_map(|entry| trust.foreign(&entry)))
        })
    }

    /// The services that could say for whom they act, and are not asked.
    pub(super) fn unguarded_services(&self) -> Fact<Vec<String>> {
        self.known(|trust| {
            let unguarded = trust.entries().filter(|entry| {
                entry.way == ASSUME && !trust.limits(entry.statement, &narrowing::SOURCE)
            });
            let services = unguarded.flat_map(|entry| entry.listed()).filter_map(|one| match one {
                Principal::Service(name) if known::is_deputy(name) => {
                    (!trust.denies(one, ASSUME)).then(|| name.clone())
                }
                _ => None,
            });
            distinct(services)
        })
    }

    /// The shared OIDC issuers whose tenants are not told apart.
    pub(super) fn unguarded_oidc_issuers(&self) -> Fact<Vec<String>> {
        self.known(|trust| {
            let web = trust.entries().filter(|entry| entry.way == WITH_WEB_IDENTITY);
            let issuers = web.flat_map(|entry| {
                entry.listed().iter().filter_map(move |one| match one {
                    Principal::Federated(provider) if !trust.denies(one, WITH_WEB_IDENTITY) => {
                        let issuer = issuer(provider);
                        let key = known::tenant_key(issuer)?;
                        let told =
                            entry.statement.conditions.iter().any(|it| names_tenant(it, &key));
                        (!told).then(|| issuer.to_owned())
                    }
                    _ => None,
                })
            });
            distinct(issuers)
        })
    }

    /// The ARNs of principals of the account that are let in by name.
    pub(super) fn named(&self) -> Vec<&str> {
        let Some(document) = &self.document else { return Vec::new() };
        let trust = Reader { account: &self.account, document };
        let listed = trust.entries().filter(|entry| entry.way == ASSUME).flat_map(|it| it.listed());
        let named = listed.filter_map(|one| match one {
            Principal::Aws(arn) if !one.is_account() && one.account() == Some(&self.account) => {
                Some(arn.as_str())
            }
            _ => None,
        });
        named.collect()
    }

    /// Whether a principal of the role's own account is let in; none: any that has the permission.
    ///
    /// Of several statements that let it in, the one that asks least.
    pub(super) fn admits(&self, arn: Option<&str>) -> Option<Admission> {
        let document = self.document.as_ref()?;
        let trust = Reader { account: &self.account, document };
        let who =
            arn.map_or(Principal::Aws(self.account.clone()), |arn| Principal::Aws(arn.to_owned()));
        if trust.denies(&who, ASSUME) {
            return None;
        }
        let entries = trust.entries().filter(|entry| entry.way == ASSUME);
        let admissions = entries.filter_map(|entry| trust.admission(&entry, arn));
        admissions.min_by_key(|one| (!one.direct, one.conditional))
    }

    fn known<T>(&self, make: impl FnOnce(&Reader<'_>) -> T) -> Fact<T> {
        match &self.document {
            Some(document) => Fact::Known(make(&Reader { account: &self.account, document })),
            None => Fact::missing(SOURCE),
        }
    }
}

/// A trust policy that could be read.
struct Reader<'a> {
    account: &'a str,
    document: &'a PolicyDocument,
}

/// An Allow, and one of the ways to assume a role that it is about.
struct Entry<'a> {
    index: usize,
    statement: &'a Statement,
    principals: &'a Principals,
    way: &'static str,
}

impl<'a> Entry<'a> {
    fn listed(&self) -> &'a [Principal] {
        match self.principals {
            Principals::Of(list) => list,
            Principals::AllBut(_) => &[],
        }
    }

    /// Whoever is not in the list of a NotPrincipal is anyone.
    fn is_for_anyone(&self) -> bool {
        match self.principals {
            Principals::Of(list) => list.contains(&Principal::Anyone),
            Principals::AllBut(_) => true,
        }
    }
}

impl<'a> Reader<'a> {
    fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let statements = self.document.statements.iter().enumerate();
        statements.filter(|(_, statement)| statement.effect == Effect::Allow).flat_map(
            |(index, statement)| {
                let ways = WAYS.into_iter().filter(|way| statement.actions.selects(way));
                let principals = statement.principals.iter();
                ways.flat_map(move |way| {
                    let entry = move |principals| Entry { index, statement, principals, way };
                    principals.clone().map(entry)
                })
            },
        )
    }

    /// Whether the conditions of the statement, or a Deny for all others, limit by one of the keys.
    fn limits(&self, statement: &Statement, keys: &[&str]) -> bool {
        narrowing::limits(&statement.conditions, keys)
            || self.document.statements.iter().any(|it| narrowing::turns_others_away(it, keys))
    }

    /// Whether a Deny without conditions keeps the principal out.
    fn denies(&self, who: &Principal, way: &str) -> bool {
        let denies = self.document.statements.iter().filter(|it| it.denies_always());
        denies.filter(|deny| deny.actions.selects(way)).any(|deny| match &deny.principals {
            Some(Principals::Of(list)) => list.iter().any(|one| includes(one, who)),
            Some(Principals::AllBut(list)) => {
                !list.iter().any(|one| includes(one, who) || includes(who, one))
                    || *who == Principal::Anyone && !list.contains(who)
            }
            None => false,
        })
    }

    /// The other accounts that an entry lets in.
    fn foreign(&self, entry: &Entry<'a>) -> Vec<String> {
        let mut accounts: Vec<&str> = Vec::new();
        let listed = entry.listed().iter().filter(|one| !self.denies(one, entry.way));
        accounts.extend(listed.filter_map(Principal::account));
        if entry.is_for_anyone() {
            accounts.extend(narrowing::accounts(&entry.statement.conditions));
            accounts.extend(self.spared_accounts());
        }
        accounts.into_iter().filter(|id| *id != self.account).map(str::to_owned).collect()
    }

    /// The accounts that a Deny for all but them leaves.
    fn spared_accounts(&self) -> impl Iterator<Item = &'a str> {
        let denies = self.document.statements.iter().filter(|it| it.denies_always());
        denies.flat_map(|deny| match &deny.principals {
            Some(Principals::AllBut(list)) => list.iter().filter_map(Principal::account).collect(),
            _ => Vec::new(),
        })
    }

    fn admission(&self, entry: &Entry<'a>, arn: Option<&str>) -> Option<Admission> {
        let conditions = &entry.statement.conditions;
        if let Some(arn) = arn
            && !conditions.iter().all(|condition| may_be_met(condition, arn, self.account))
        {
            return None;
        }
        let named = |one: &Principal| matches!((one, arn), (Principal::Aws(a), Some(b)) if a == b);
        let own = |one: &Principal| one.is_account() && one.account() == Some(self.account);
        let by_name = entry.listed().iter().any(named);
        let anyone = match entry.principals {
            Principals::Of(_) => entry.is_for_anyone(),
            Principals::AllBut(list) => !list.iter().any(|one| named(one) || own(one)),
        };
        (by_name || anyone || entry.listed().iter().any(own)).then(|| Admission {
            statement: entry.statement.label(entry.index),
            conditional: !conditions.is_empty(),
            direct: by_name || (anyone && conditions.is_empty()),
        })
    }
}

/// Whether one principal of a list stands for another, or for its whole account.
fn includes(one: &Principal, who: &Principal) -> bool {
    *one == Principal::Anyone
        || one == who
        || (one.is_account() && one.account().is_some() && one.account() == who.account())
}

/// Whether the principal may meet the condition: only what its ARN tells rules it out.
fn may_be_met(condition: &Condition, arn: &str, account: &str) -> bool {
    let fits = |name: &str| {
        condition.values.iter().any(|value| Pattern::resource(value, true).matches(name))
    };
    // A value with variables may turn out to be anything.
    let open = condition.values.iter().any(|value| value.contains("${"));
    match condition.key.as_str() {
        _ if !condition.demands_a_value() || open => true,
        "aws:principalarn" => fits(arn),
        "aws:principalaccount" => fits(account),
        _ => true,
    }
}

/// The issuer of an OIDC provider, whose ARN has its URL, or the provider's own name.
fn issuer(provider: &str) -> &str {
    provider.split_once(":oidc-provider/").map_or(provider, |(_, url)| url)
}

/// Whether the condition asks for the key with values that name a tenant: `repo:*` names none.
fn names_tenant(condition: &Condition, key: &str) -> bool {
    let tells = |value: &String| {
        let after_kind = value.split_once(':').map_or(value.as_str(), |(_, rest)| rest);
        narrowing::begins(value) && narrowing::begins(after_kind)
    };
    condition.key == key && condition.demands_a_value() && condition.values.iter().all(tells)
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}
