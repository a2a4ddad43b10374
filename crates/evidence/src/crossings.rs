//! Facts about ways from one account into another, found after each account was judged by itself.

use std::collections::BTreeSet;

use portcullis_iam::{self as iam, Neighbours, Party};
use portcullis_model::{
    AccountId, AuditedAccount, Certainty, Crossing, Fact, ReachedRole, Sources,
};

use crate::snapshot::source_of;

/// Returns, for each account, the users and roles that may assume roles in the others. Gaps in one
/// account may leave facts about the others missing.
pub fn crossings(accounts: &[AuditedAccount]) -> Vec<Vec<Crossing>> {
    let mut parties = Vec::new();
    let mut indices = Vec::new();
    for (index, account) in accounts.iter().enumerate() {
        // An account without a known id has no border either.
        if let Some(id) = AccountId::parse(&account.id) {
            let AuditedAccount { partition, as_of, border, .. } = account;
            parties.push(Party { partition, id, now: *as_of, border: border.as_ref() });
            indices.push(index);
        }
    }
    let neighbours = Neighbours::new(&parties);
    let mut crossings = vec![Vec::new(); accounts.len()];
    for (party, index) in indices.into_iter().enumerate() {
        for crossing in neighbours.crossings(party) {
            crossings[index].push(facts(crossing));
        }
    }
    crossings
}

fn facts(iam::Crossing { kind, arn, name, roles, lacks }: iam::Crossing) -> Crossing {
    let mut missing = Sources::NONE;
    let mut unread_accounts = BTreeSet::new();
    for (lack, account) in lacks {
        missing |= Sources::from(source_of(lack));
        unread_accounts.insert(account.to_string());
    }
    let is_known = missing.is_empty() || !roles.is_empty();
    let roles = roles.into_iter().map(reached_role).collect();
    Crossing {
        arn,
        name,
        kind,
        roles: if is_known {
            Fact::Known(roles)
        } else {
            Fact::Missing(missing)
        },
        unread_accounts: unread_accounts.into_iter().collect(),
    }
}

fn reached_role(role: iam::ReachedRole) -> ReachedRole {
    let iam::ReachedRole { arn, name, account, administrator, conditions, via, way } = role;
    let is_certain = conditions.is_empty();
    let certainty = if is_certain {
        Certainty::Certain
    } else {
        Certainty::Conditional
    };
    ReachedRole { arn, name, account, administrator, certainty, conditions, via, way }
}
