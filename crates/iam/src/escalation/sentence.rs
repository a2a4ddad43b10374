//! Describes ways in words.

use std::collections::BTreeSet;

use super::methods::Method;
use super::search::Search;
use super::step::{Allowed, Found, Grantor, Target};
use super::{Certainty, GrantedAction, Way};
use crate::policy::PolicyDocument;

/// Describes a way for the report.
pub(super) fn way(search: &Search<'_>, method: &'static Method, found: &Found) -> Way {
    let step = &found.step;
    let mut conditions: BTreeSet<&str> = step.limit.iter().map(|(_, need)| *need).collect();
    conditions.extend(
        step.allowed
            .iter()
            .flat_map(|it| &it.keys)
            .map(String::as_str),
    );
    let (target, name) = found
        .target
        .as_ref()
        .map(|target| search.named(target))
        .unzip();
    let mut sentence = match (&method.way, name) {
        (Some(way), Some(name)) => way.replace("{target}", &name),
        _ => method.title.clone(),
    };
    if let Some(id) = found.target.as_ref().and_then(Target::principal)
        && !method.changes.is_of_holder()
    {
        let node = search.node(search.of_principal[id.place()]);
        match &node.administrator {
            Some(keys) => conditions.extend(keys.iter().map(String::as_str)),
            None if node.rank.is_some() => {
                sentence.push_str(", which can become an administrator");
            }
            None => sentence.push_str(", with which it can become an administrator"),
        }
    }
    let conditions: Vec<String> = conditions.into_iter().map(str::to_owned).collect();
    sentence.push_str(&search.by_what(&step.allowed));
    if found.certainty != Certainty::Certain && !conditions.is_empty() {
        sentence.push_str(", depending on ");
        sentence.push_str(&conditions.join(", "));
    }
    Way {
        method: &method.id,
        title: &method.title,
        certainty: found.certainty,
        target,
        sentence,
        conditions,
        grants: step
            .allowed
            .iter()
            .map(|allowed| search.granted(allowed))
            .collect(),
    }
}

/// `a, b and c`.
fn listed(texts: &[&str]) -> String {
    match texts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => texts.concat(),
    }
}

impl Search<'_> {
    /// The ARN and the name of a target.
    pub(super) fn named(&self, target: &Target) -> (String, String) {
        let (arn, name) = match target {
            Target::Principal(id) | Target::Session(id, _) => {
                let principal = self.account().principal(*id);
                (&principal.arn, principal.name.as_str())
            }
            Target::Policy(id) => {
                let policy = self.account().policy(*id);
                (&policy.id, policy.name.as_str())
            }
            Target::Provider(arn, _) => {
                (arn, arn.split_once('/').map_or(arn.as_str(), |(_, name)| name))
            }
        };
        (arn.clone(), name.to_owned())
    }

    /// Lists the actions by the policies that allow them.
    fn by_what(&self, allowed: &[Allowed]) -> String {
        let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in allowed {
            let Grantor::Policy(id) = one.by else {
                continue;
            };
            let policy = self.account().policies.get(id.place());
            // Another is one that was not read or, where all were, one that a step before adds.
            let other = if self.index.generous {
                "a policy that was not read"
            } else {
                "that it adds"
            };
            let name = policy.map_or(other, |policy| policy.name.as_str());
            let action = one.action.get().name.as_str();
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, actions)) if actions.contains(&action) => {}
                Some((_, actions)) => actions.push(action),
                None => parts.push((name, vec![action])),
            }
        }
        if parts.is_empty() {
            return if allowed.is_empty() {
                ""
            } else {
                " (its trust policy grants it)"
            }
            .to_owned();
        }
        let mut texts = Vec::new();
        for (name, actions) in parts {
            texts.push(format!("{}, policy {name}", listed(&actions)));
        }
        format!(" ({})", texts.join("; "))
    }

    fn granted(&self, allowed: &Allowed) -> GrantedAction {
        let account = self.account();
        let (policy, document): (&str, Option<&PolicyDocument>) = match allowed.by {
            Grantor::Policy(id) => account
                .policies
                .get(id.place())
                .map_or(("", None), |policy| (&policy.id, policy.document.as_ref())),
            Grantor::Trust(id) => {
                let role = account.principal(id);
                (&role.arn, role.trust.as_ref().map(|trust| &trust.document))
            }
        };
        let statement = document.and_then(|document| document.statements.get(allowed.statement));
        GrantedAction {
            action: &allowed.action.get().name,
            policy: policy.to_owned(),
            statement: statement
                .map(|it| it.label(allowed.statement))
                .unwrap_or_default(),
            conditional: allowed.certainty != Certainty::Certain,
        }
    }
}
