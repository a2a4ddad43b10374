//! Ways in words.

use std::collections::BTreeSet;

use super::methods::Method;
use super::nodes::{Found, Target};
use super::search::Search;
use super::{Certainty, GrantedAction, Way};

/// The way as it is reported.
pub(super) fn way(search: &Search<'_>, method: &'static Method, found: &Found) -> Way {
    let conditions = conditions(found);
    let mut sentence = match found.target.as_ref().map(|target| search.name_of(target)) {
        Some(name) => method.way.replace("{target}", &name),
        None if method.way.contains("{target}") => method.title.clone(),
        None => method.way.clone(),
    };
    if let Some(Target::Principal(id)) = &found.target
        && !method.changes.is_of_holders()
        && !search.is_administrator_by_now(*id)
    {
        sentence.push_str(", which can become an administrator");
    }
    let by = search.by_what(found);
    if !by.is_empty() {
        sentence.push_str(&format!(" ({by})"));
    }
    if found.certainty != Certainty::Certain && !conditions.is_empty() {
        sentence.push_str(&format!(", depending on {}", conditions.join(", ")));
    }
    Way {
        method: &method.id,
        title: &method.title,
        certainty: found.certainty,
        target: found.target.as_ref().map(|target| search.arn_of(target)),
        sentence,
        conditions,
        grants: search.grants(found),
    }
}

fn conditions(found: &Found) -> Vec<String> {
    let step = &found.step;
    let mut conditions: BTreeSet<&str> = step.needs.iter().copied().collect();
    for allowed in &step.allowed {
        conditions.extend(allowed.doubts.keys.iter().map(String::as_str));
    }
    if let Some(admitted) = &step.admission {
        conditions.extend(admitted.keys.iter().map(String::as_str));
    }
    conditions.into_iter().map(str::to_owned).collect()
}

impl Search<'_> {
    fn name_of(&self, target: &Target) -> String {
        match target {
            Target::Principal(id) => self.account().principal(*id).name.clone(),
            Target::Policy(id) => self.account().policy(*id).name.clone(),
            Target::Provider(arn) => {
                arn.split_once('/').map_or(arn.as_str(), |(_, name)| name).to_owned()
            }
        }
    }

    fn arn_of(&self, target: &Target) -> String {
        match target {
            Target::Principal(id) => self.account().principal(*id).arn.clone(),
            Target::Policy(id) => self.account().policy(*id).id.clone(),
            Target::Provider(arn) => arn.clone(),
        }
    }

    /// The actions, by the policies that allow them.
    fn by_what(&self, found: &Found) -> String {
        let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
        for allowed in &found.step.allowed {
            let Some(policy) = self.account().policies.get(allowed.policy.place()) else {
                continue;
            };
            let action = self.action_name(allowed.action);
            match parts.iter_mut().find(|(name, _)| *name == policy.name) {
                Some((_, actions)) => actions.push(action),
                None => parts.push((policy.name.clone(), vec![action])),
            }
        }
        if parts.is_empty() && found.step.admission.is_some() {
            return "its trust policy grants it".to_owned();
        }
        let parts =
            parts.iter().map(|(name, actions)| format!("{}, policy {name}", actions.join(" and ")));
        parts.collect::<Vec<_>>().join("; ")
    }

    fn grants(&self, found: &Found) -> Vec<GrantedAction> {
        let account = self.account();
        let mut grants = Vec::new();
        for allowed in &found.step.allowed {
            let policy = account.policies.get(allowed.policy.place());
            let document = policy.and_then(|policy| policy.document.as_ref());
            let statement =
                document.and_then(|document| document.statements.get(allowed.statement));
            grants.push(GrantedAction {
                action: self.action_name(allowed.action),
                policy: policy.map(|policy| policy.id.clone()).unwrap_or_default(),
                statement: statement.map(|it| it.label(allowed.statement)).unwrap_or_default(),
                conditional: allowed.certainty != Certainty::Certain,
            });
        }
        if let Some(admitted) = &found.step.admission {
            grants.push(GrantedAction {
                action: "sts:AssumeRole",
                policy: account.principal(admitted.role).arn.clone(),
                statement: admitted.statement.clone(),
                conditional: admitted.certainty != Certainty::Certain,
            });
        }
        grants
    }
}
