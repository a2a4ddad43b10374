//! What one policy says by itself, to whoever in the account has it.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::context::{Context, Request, Resource};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, Selection, Statement};
use crate::probe;
use crate::truth::Truth;
use crate::value::Value;

/// An action, and a resource that no policy can have meant, so that who may use it there may use it on any.
#[derive(Clone, Debug)]
pub struct Anywhere<'a> {
    /// The action in lower case.
    pub action: &'a str,
    /// The ARN, with `{partition}`, `{account}` and `{any}`.
    pub resource: &'a str,
    /// Whether conditions on the resource's account or organization exclude resources that count.
    pub in_any_account: bool,
    /// Condition keys in lower case for which a value is taken that no policy can have meant.
    pub unnamed: &'a [&'a str],
}

impl PolicyDocument {
    /// Whether it allows every action on every resource, and takes nothing away.
    #[must_use]
    pub fn allows_everything(&self, account: &Account) -> bool {
        let name = probe::NAME;
        let unnamed = [format!("{name}:{name}"), format!("iam:{name}")];
        let [resource, ..] = probe::resources_of(account, name);
        let resources = [resource, probe::iam_resource(account, "role")];
        let question = probe::Question {
            documents: vec![self],
            context: by_anybody(account),
            actions: unnamed.to_vec(),
            resources: resources.to_vec(),
            is_wanted: &|_| true,
            counts: &|_| true,
        };
        question.all_allowed(|request| self.decide(request).may_be_allowed())
    }

    /// The services of which it allows every action on every resource, and `all but …` where it allows
    /// all services but some.
    #[must_use]
    pub fn whole_services(&self, account: &Account) -> Vec<String> {
        let mut candidates = BTreeSet::new();
        let mut whole = BTreeSet::new();
        for statement in self.statements.iter().filter(|it| it.effect == Effect::Allow) {
            if !statement.actions.is_only() {
                whole.extend(self.all_but(statement, account));
                continue;
            }
            for pattern in statement.actions.patterns() {
                let (service, _) = pattern
                    .literal_prefix()
                    .split_once(':')
                    .unwrap_or((pattern.literal_prefix(), ""));
                candidates.insert(service.to_owned());
            }
            for pattern in statement.resources.iter().flat_map(Selection::patterns) {
                if let Some(service) = pattern.as_str().split(':').nth(2) {
                    candidates.insert(service.to_owned());
                }
            }
        }
        let names = candidates.into_iter().filter(|it| !it.is_empty() && !it.contains(['*', '?']));
        whole.extend(names.filter(|service| self.allows_service(service, account)));
        whole.into_iter().collect()
    }

    /// Whether every action of a service is allowed on every resource of one form.
    fn allows_service(&self, service: &str, account: &Account) -> bool {
        let of_service =
            |action: &str| action.strip_prefix(service).is_some_and(|it| it.starts_with(':'));
        probe::resources_of(account, service).into_iter().any(|resource| {
            let question = probe::Question {
                documents: vec![self],
                context: by_anybody(account),
                actions: vec![format!("{service}:{}", probe::NAME)],
                resources: vec![resource],
                is_wanted: &of_service,
                counts: &|_| false,
            };
            question.all_allowed(|request| self.decide(request).may_be_allowed())
        })
    }

    /// The services that an Allow with NotAction on every resource leaves out.
    fn all_but(&self, statement: &Statement, account: &Account) -> Option<String> {
        let left_out: Vec<String> =
            statement.actions.patterns().iter().filter_map(whole_service).collect();
        let everywhere = statement.resources.as_ref().is_none_or(|resources| {
            resources.is_only() && resources.patterns().iter().any(Pattern::is_everything)
        });
        let counts = everywhere && !left_out.is_empty() && self.grants_anything(statement, account);
        counts.then(|| format!("all but {}", left_out.join(", ")))
    }

    /// The services whose every action an Allow names as `service:*`, on whatever resource.
    #[must_use]
    pub fn wildcard_services(&self) -> Vec<String> {
        let allows = self.statements.iter().filter(|it| it.effect == Effect::Allow);
        let named = allows.filter(|it| it.actions.is_only()).flat_map(|it| it.actions.patterns());
        named.filter_map(whole_service).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The statements that allow by NotAction, and that the document does not take back.
    #[must_use]
    pub fn not_action_allows(&self, account: &Account) -> Vec<String> {
        self.labels(|statement| {
            statement.effect == Effect::Allow
                && !statement.actions.is_only()
                && self.grants_anything(statement, account)
        })
    }

    /// The statements that allow the action on just any resource; none if the document denies it there.
    #[must_use]
    pub fn allows_anywhere(&self, account: &Account, question: &Anywhere<'_>) -> Vec<String> {
        let resource = question
            .resource
            .replace("{partition}", &account.partition)
            .replace("{account}", account.id_text())
            .replace("{any}", probe::NAME);
        let brings: Vec<(&str, Value<'_>)> =
            question.unnamed.iter().map(|key| (*key, Value::one(probe::value_of(key)))).collect();
        let about = if question.in_any_account { Resource::Anywhere } else { Resource::Any };
        let context = Context { account, principal: None, resource: about, brings: &brings };
        let request = Request { action: question.action, resource: &resource, context };
        if !self.decide(&request).may_be_allowed() {
            return Vec::new();
        }
        self.labels(|statement| {
            statement.effect == Effect::Allow
                && statement.actions.selects(question.action)
                && statement.applies(&request).is_possible()
        })
    }

    /// The statements whose policy variables are plain text, because the document lacks Version
    /// 2012-10-17; only those that protect something if `protecting`: a Deny, or an Allow with NotResource.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    #[must_use]
    pub fn ignored_variables(&self, protecting: bool) -> Vec<String> {
        if self.knows_variables() {
            return Vec::new();
        }
        self.labels(|statement| {
            let resources = statement.resources.iter().flat_map(Selection::patterns);
            let values = statement.conditions.iter().flat_map(|it| &it.values);
            let mut texts = resources.chain(values).map(Pattern::as_str);
            let has_variable =
                texts.any(|it| it.split_once("${").is_some_and(|(_, rest)| rest.contains('}')));
            let protects = statement.effect == Effect::Deny
                || statement.resources.as_ref().is_some_and(|resources| !resources.is_only());
            has_variable && (protects || !protecting)
        })
    }

    /// Whether the document leaves anything of what an Allow of it allows.
    fn grants_anything(&self, allow: &Statement, account: &Account) -> bool {
        let name = probe::NAME;
        let mut actions = vec![format!("{name}:{name}"), format!("iam:{name}")];
        let mut resources = vec!["*".to_owned(), probe::iam_resource(account, "role")];
        resources.extend(probe::resources_of(account, name));
        for statement in &self.statements {
            actions.extend(statement.actions.patterns().iter().map(|it| it.example(name)));
            let patterns = statement.resources.iter().flat_map(Selection::patterns);
            resources.extend(patterns.map(|it| probe::example(it, account)));
        }
        let context = by_anybody(account);
        actions.iter().filter(|action| allow.actions.selects(action)).any(|action| {
            resources.iter().any(|resource| {
                let request = Request { action, resource, context };
                allow.applies(&request) != Truth::No && self.decide(&request) != Decision::Denied
            })
        })
    }

    fn labels(&self, fits: impl Fn(&Statement) -> bool) -> Vec<String> {
        let statements = self.statements.iter().enumerate();
        statements.filter(|(_, it)| fits(it)).map(|(index, it)| it.label(index)).collect()
    }
}

fn by_anybody(account: &Account) -> Context<'_> {
    Context { account, principal: None, resource: Resource::Any, brings: &[] }
}

/// The service of `service:*`.
fn whole_service(pattern: &Pattern) -> Option<String> {
    let (service, action) = pattern.as_str().split_once(':')?;
    let is_named = !service.is_empty() && !service.contains(['*', '?']);
    let is_whole = !action.is_empty() && action.bytes().all(|byte| byte == b'*');
    (is_named && is_whole).then(|| service.to_owned())
}
