//! Whether a principal of the role's own account may assume it.

use std::collections::BTreeMap;

use portcullis_model::{Arn, PrincipalKind};

use super::TrustPolicy;
use super::clause::names_some_principals;
use crate::account::{Account, Principal};
use crate::condition::Operator;
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PrincipalElement, Selection, Statement};
use crate::truth::Truth;

/// How a trust policy admits a principal of the account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Admission {
    /// What the trust policy decides.
    pub decision: Decision,
    /// Whether the principal needs a permission of its own besides.
    pub grant: Grant,
    /// The index of the statement.
    pub statement: usize,
}

/// What a resource policy grants to a principal of the same account.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Grant {
    /// It grants by itself, whatever the permissions boundary allows: it names a user, a role session, or
    /// everybody.
    Whole,
    /// It grants by itself, but only within the permissions boundary: it names a role.
    WithinBoundary,
    /// It names the account, so the principal needs a permission of its own.
    ByPermission,
}

/// The prefix of the condition keys for a principal's tags.
pub(crate) const PRINCIPAL_TAG: &str = "aws:principaltag/";

/// Whether a condition on the key names a principal, even in a statement whose Principal is an account.
pub(crate) fn names_principal(key: &str) -> bool {
    ["aws:principalarn", "aws:userid", "aws:username"].contains(&key)
        || key.starts_with(PRINCIPAL_TAG)
}

/// Whether what a statement says depends on which user or role asks, apart from the principals that it names.
pub(crate) fn depends_on_principal(statement: &Statement) -> bool {
    let mut conditions = statement.conditions.iter();
    let mut resources = statement.resources.iter().flat_map(Selection::items);
    resources.any(Pattern::has_variables)
        || conditions.any(|condition| {
            names_principal(&condition.key) || condition.values.iter().any(Pattern::has_variables)
        })
}

impl TrustPolicy {
    /// How the role admits the principal that makes a request, to assume the role or to add to its session.
    /// Returns the most certain admission for each kind of grant, since any of them may be enough.
    /// `is_bounded`: the principal has a permissions boundary.
    pub(crate) fn admit(&self, request: &Request<'_>, is_bounded: bool) -> Vec<Admission> {
        let request = Request { resource: "*", ..*request };
        let mut deny = Truth::No;
        let mut best: BTreeMap<Grant, (Truth, usize)> = BTreeMap::new();
        for (index, statement) in self.document.statements.iter().enumerate() {
            if !statement.actions.selects(request.action) {
                continue;
            }
            let Some(grant) = grant_of(statement, &request.context, is_bounded) else {
                continue;
            };
            let applies = statement.applies(&request);
            if statement.effect == Effect::Deny {
                deny = deny.or(|| applies);
            } else if applies.is_possible() {
                let known = best
                    .entry(grant)
                    .or_insert_with(|| (applies.clone(), index));
                if known.0 != Truth::Yes && applies == Truth::Yes {
                    *known = (applies, index);
                }
            }
        }
        let mut admissions = Vec::new();
        for (grant, (allow, statement)) in best {
            let decision = Decision::new(allow, deny.clone());
            if decision.may_be_allowed() {
                admissions.push(Admission { decision, grant, statement });
            }
        }
        admissions
    }

    /// Whether it admits anyone, or the account as a whole, whose principals then need a permission.
    pub(crate) fn is_open_to_account(&self) -> bool {
        self.admitting().any(|(_, statement, element)| {
            matches!(element, PrincipalElement::Anyone | PrincipalElement::Account(_))
                && chosen_by(statement).is_empty()
        })
    }

    /// Whether it admits principals that need no permission, and that can only be found by trying each.
    pub(crate) fn must_be_tried_on_all(&self) -> bool {
        self.admitting().any(|(_, statement, element)| {
            let chosen = chosen_by(statement);
            let anyone = *element == PrincipalElement::Anyone && chosen.is_empty();
            anyone || chosen.contains(&Chosen::Otherwise)
        })
    }

    /// The patterns for ARNs of principals that conditions admit by name, whether these exist or not.
    pub(crate) fn named(&self, account: &Account) -> Vec<Pattern> {
        let mut named = Vec::new();
        let conditions = self
            .admitting()
            .flat_map(|(_, statement, _)| &statement.conditions);
        for condition in conditions.filter(|condition| condition.demands_value()) {
            match condition.key.as_str() {
                "aws:principalarn" => named.extend(condition.values.iter().cloned()),
                "aws:username" => {
                    let users = account.iam_arn("user/");
                    for name in condition
                        .values
                        .iter()
                        .filter(|value| !value.has_variables())
                    {
                        named.push(Pattern::glob(&format!("{users}{}", name.as_str())));
                    }
                }
                _ => {}
            }
        }
        named
    }

    /// The principals that it admits one by one, in the Principal element or by conditions.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = Chosen<'_>> {
        self.admitting()
            .flat_map(|(_, statement, element)| match element {
                PrincipalElement::Arn(arn) => vec![Chosen::Arn(arn)],
                _ => chosen_by(statement),
            })
    }
}

/// Principals that a statement singles out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Chosen<'a> {
    /// The one with this ARN.
    Arn(&'a str),
    /// Those with a tag of this key, in lower case, and this value.
    Tag(&'a str, &'a str),
    /// Those whose name or id matches a condition.
    Otherwise,
}

/// The principals to which a condition limits a statement; empty: it is not limited to any.
fn chosen_by(statement: &Statement) -> Vec<Chosen<'_>> {
    for condition in &statement.conditions {
        if !names_principal(&condition.key) || condition.negated || condition.when_absent {
            continue;
        }
        let tag = condition.key.strip_prefix(PRINCIPAL_TAG);
        let is_exact =
            matches!(condition.operator, Operator::Equals | Operator::Like | Operator::Arn);
        let chosen = condition.values.iter().map(|value| match tag {
            _ if !is_exact || !value.is_literal() => Chosen::Otherwise,
            Some(tag) => Chosen::Tag(tag, value.as_str()),
            None if condition.key == "aws:principalarn" => Chosen::Arn(value.as_str()),
            None => Chosen::Otherwise,
        });
        return chosen.collect();
    }
    Vec::new()
}

/// What a statement means for a principal; none: it is about others. A Deny with NotPrincipal always
/// applies to a principal that has a permissions boundary.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn grant_of(statement: &Statement, context: &Context<'_>, is_bounded: bool) -> Option<Grant> {
    let principal = context.principal?;
    let own = |element: &PrincipalElement| match element {
        PrincipalElement::Anyone => Some(Grant::Whole),
        PrincipalElement::Account(id) if Some(*id) == context.account.id => {
            let is_named = statement.conditions.iter().any(names_some_principals);
            Some(if is_named {
                by_arn(principal)
            } else {
                Grant::ByPermission
            })
        }
        PrincipalElement::Arn(arn) if *arn == principal.arn => Some(by_arn(principal)),
        // A Deny of one session leaves the role's other sessions.
        PrincipalElement::Arn(arn) if is_session_of(arn, &principal.arn) => {
            (statement.effect == Effect::Allow).then_some(Grant::Whole)
        }
        _ => None,
    };
    match statement.principals.as_ref()? {
        Selection::Only(list) => list.iter().filter_map(own).min(),
        Selection::AllBut(list) if statement.effect == Effect::Deny => {
            let element = PrincipalElement::Arn(principal.arn.clone());
            (is_bounded || !element.is_spared_by(list)).then_some(Grant::Whole)
        }
        Selection::AllBut(list) if list.iter().any(|element| own(element).is_some()) => None,
        Selection::AllBut(_) => Some(Grant::Whole),
    }
}

fn by_arn(principal: &Principal) -> Grant {
    if principal.kind == PrincipalKind::Role {
        Grant::WithinBoundary
    } else {
        Grant::Whole
    }
}

/// Whether an ARN is that of a session of the role.
pub(crate) fn is_session_of(arn: &str, role: &str) -> bool {
    let Some(role) = Arn::parse(role) else {
        return false;
    };
    let named = role.role().map(|(_, name)| (role.account, name));
    named.is_some() && session_of(arn) == named
}

/// The account id and the role name in the ARN of a role session, which lacks the role's path.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
pub(crate) fn session_of(arn: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(arn)?;
    let (role, _) = arn
        .resource
        .strip_prefix("assumed-role/")?
        .split_once('/')?;
    Some((arn.account, role))
}
