//! Questions about a single policy, for anybody in the account who has it.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::context::{Context, Request, Resource};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, Selection, Statement};
use crate::probe;
use crate::truth::Truth;
use crate::value::Value;

/// An action on a resource that no policy can have meant: whoever may use it there may use it
/// anywhere.
#[derive(Clone, Debug)]
pub struct Anywhere<'a> {
    /// The action in lower case.
    pub action: &'a str,
    /// The ARN, with `{partition}`, `{account}`, `{any}`, `{key_id}` for the id of a KMS key, and
    /// `{region}` where a single region suffices.
    pub resource: &'a str,
    /// Whether conditions on the resource's account or organization exclude resources that count.
    pub in_any_account: bool,
    /// Condition keys, in lower case, that have a value which no policy can have meant.
    pub unnamed: &'a [&'a str],
    /// The same for keys that some requests lack: it suffices if the action is allowed with them,
    /// or without.
    pub at_times_unnamed: &'a [&'a str],
}

impl Anywhere<'_> {
    /// The pattern of the ARNs.
    fn forms(&self, account: &Account) -> Pattern {
        let mut forms = self
            .resource
            .replace("{partition}", &account.partition)
            .replace("{account}", account.id_text());
        for open in ["{any}", "{region}", "{key_id}"] {
            forms = forms.replace(open, "*");
        }
        Pattern::glob(&forms)
    }

    /// The ARNs, in lists: whoever may use all of one of them may use any. A region may be any, or
    /// one of those given.
    fn resources(&self, account: &Account, regions: &BTreeSet<String>) -> Vec<Vec<String>> {
        let resource = self
            .resource
            .replace("{partition}", &account.partition)
            .replace("{account}", account.id_text())
            .replace("{any}", probe::NAME);
        let mut regional = vec![resource.replace("{region}", probe::NAME)];
        regional.extend(
            regions
                .iter()
                .map(|region| resource.replace("{region}", region)),
        );
        let mut together = Vec::new();
        for resource in regional {
            for ids in probe::key_ids() {
                together.push(
                    ids.iter()
                        .map(|id| resource.replace("{key_id}", id))
                        .collect(),
                );
            }
        }
        together
    }
}

/// How an action is allowed on any resource.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AllowedAnywhere {
    /// The statements that allow it; empty: none does, or it is denied.
    pub statements: Vec<String>,
    /// The condition keys, in lower case, on which it depends.
    pub depends_on: Vec<String>,
    /// Whether the document names resources on which it does not allow the action, as in a Deny.
    pub has_exceptions: bool,
}

impl PolicyDocument {
    /// Whether it allows every action on every resource without exception, or may.
    pub fn allows_everything(&self, account: &Account) -> bool {
        self.decide_everything(account).may_be_allowed()
    }

    /// The decision about every action on every resource.
    pub fn decide_everything(&self, account: &Account) -> Decision {
        if !probe::may_allow_all(self, probe::IAM_ACTION) {
            return Decision::Silent;
        }
        let name = probe::NAME;
        let actions = vec![format!("{name}:{name}"), probe::IAM_ACTION.to_owned()];
        let mut resources = probe::resources_of(account, name).to_vec();
        resources.push(probe::iam_resource(account, "role"));
        self.decide_all(account, actions, resources, ["*", "*"])
    }

    /// The decision about actions on resources, and about those that it leaves out of `all`: the
    /// patterns for actions and for resources.
    fn decide_all(
        &self,
        account: &Account,
        actions: Vec<String>,
        resources: Vec<String>,
        all: [&str; 2],
    ) -> Decision {
        let [all_actions, all_resources] = all.map(Pattern::glob);
        let question = probe::Question {
            documents: vec![self],
            boundary: None,
            context: by_anybody(account),
            actions,
            resources,
            all_actions,
            all_resources,
        };
        question.decide_all()
    }

    /// The statements that allow every action on every resource, regardless of their conditions and
    /// of other statements. AWS Config and Security Hub look at nothing else.
    ///
    /// <https://docs.aws.amazon.com/config/latest/developerguide/iam-policy-no-statements-with-admin-access.html>
    pub fn full_statements(&self) -> Vec<String> {
        self.labels(|statement| {
            statement.effect == Effect::Allow
                && names_everything(&statement.actions)
                && statement.resources.as_ref().is_some_and(names_everything)
        })
    }

    /// The statements that allow one of the actions on any resource, regardless of their conditions
    /// and of other statements.
    pub fn statements_anywhere(
        &self,
        account: &Account,
        questions: &[Anywhere<'_>],
    ) -> Vec<String> {
        let context = by_anybody(account);
        self.labels(|statement| {
            statement.effect == Effect::Allow
                && questions.iter().any(|question| {
                    let Anywhere { action, .. } = *question;
                    if !statement.actions.selects(action) {
                        return false;
                    }
                    let selects = |resource: &String| {
                        let request = Request { action, resource, context };
                        statement.selects_resource(&request) == Truth::Yes
                    };
                    let mut together = question.resources(account, &BTreeSet::new()).into_iter();
                    together.any(|all| all.iter().all(selects))
                })
        })
    }

    /// The named services for which it allows every action on every resource; and `all services` or `all services except …`
    /// where it allows other services too, but not everything.
    pub fn whole_services(&self, account: &Account) -> Vec<String> {
        let mut whole = Vec::new();
        let mut others = Vec::new();
        for service in self.named_services() {
            let is_whole = self.allows_service(service, account);
            (if is_whole { &mut whole } else { &mut others }).push(service.to_owned());
        }
        if self.allows_service(probe::NAME, account) && !self.allows_everything(account) {
            let others = others.join(", ");
            whole.push(if others.is_empty() {
                "all services".to_owned()
            } else {
                format!("all services except {others}")
            });
            whole.sort();
        }
        whole
    }

    /// The services that statements name, in actions or in resources.
    fn named_services(&self) -> BTreeSet<&str> {
        let mut services = BTreeSet::new();
        for statement in &self.statements {
            for action in statement.actions.items() {
                services.extend(action.literal_prefix().split(':').next());
            }
            for resource in statement.resource_patterns() {
                services.extend(resource.as_str().split(':').nth(2));
            }
        }
        services.retain(|service| !service.is_empty() && !service.contains(['*', '?']));
        services
    }

    /// The regions of the resources that statements name.
    fn named_regions(&self) -> BTreeSet<String> {
        let mut regions = BTreeSet::new();
        for statement in &self.statements {
            for resource in statement.resource_patterns() {
                let fields = resource.arn_fields();
                regions.extend(fields.get(3).map(|region| region.example(probe::NAME)));
            }
        }
        regions
    }

    /// Whether it allows every action of a service on every resource with one form of ARN, without
    /// exception.
    fn allows_service(&self, service: &str, account: &Account) -> bool {
        let action = format!("{service}:{}", probe::NAME);
        if !probe::may_allow_all(self, &action) {
            return false;
        }
        let all_actions = format!("{service}:*");
        let all_resources = format!("arn:{}:{service}:*:*:*", account.partition);
        probe::resources_of(account, service)
            .into_iter()
            .any(|resource| {
                let (actions, resources) = (vec![action.clone()], vec![resource]);
                let decision =
                    self.decide_all(account, actions, resources, [&all_actions, &all_resources]);
                decision.may_be_allowed()
            })
    }

    /// The services that an Allow names as `service:*`, on any resource.
    pub fn wildcard_services(&self) -> Vec<String> {
        let mut services = BTreeSet::new();
        for statement in &self.statements {
            if statement.effect == Effect::Allow && statement.actions.is_only() {
                services.extend(statement.actions.items().iter().filter_map(whole_service));
            }
        }
        services.into_iter().collect()
    }

    /// The statements that allow with NotAction, unless the document denies all of it again.
    pub fn not_action_allows(&self, account: &Account) -> Vec<String> {
        self.labels(|statement| {
            statement.effect == Effect::Allow
                && !statement.actions.is_only()
                && self.grants_anything(statement, account)
        })
    }

    /// How the action is allowed on any resource.
    pub fn allows_anywhere(&self, account: &Account, question: &Anywhere<'_>) -> AllowedAnywhere {
        let action = question.action;
        if !self.may_allow(action) {
            return AllowedAnywhere::default();
        }
        let is_regional = question.resource.contains("{region}");
        let regions = if is_regional {
            self.named_regions()
        } else {
            BTreeSet::new()
        };
        let together = question.resources(account, &regions);
        let about = if question.in_any_account {
            Resource::Anywhere
        } else {
            Resource::Any
        };
        for with_all in [true, false] {
            let mut brings = Vec::new();
            for key in question.unnamed {
                brings.push((*key, probe::value_of(key, account)));
            }
            for key in question.at_times_unnamed {
                let value = if with_all {
                    probe::value_of(key, account)
                } else {
                    Value::Absent
                };
                brings.push((*key, value));
            }
            let context = Context { resource: about, ..Context::new(account, &brings) };
            for resources in &together {
                let requests = resources
                    .iter()
                    .map(|it| Request { action, resource: it, context });
                let decisions: Vec<_> = requests.clone().map(|it| self.decide(&it)).collect();
                if !decisions.iter().all(Decision::may_be_allowed) {
                    continue;
                }
                let statements = self.labels(|statement| {
                    statement.effect == Effect::Allow
                        && statement.actions.selects(action)
                        && requests
                            .clone()
                            .any(|it| statement.applies(&it).is_possible())
                });
                let keys: BTreeSet<String> = decisions
                    .into_iter()
                    .flat_map(|it| it.doubts().keys)
                    .collect();
                return AllowedAnywhere {
                    statements,
                    depends_on: keys.into_iter().collect(),
                    has_exceptions: self.has_exceptions(question, context),
                };
            }
        }
        AllowedAnywhere::default()
    }

    /// Whether statements about the action name resources of the question's form on which it is not
    /// allowed.
    fn has_exceptions(&self, question: &Anywhere<'_>, context: Context<'_>) -> bool {
        let action = question.action;
        let forms = question.forms(context.account);
        self.about(action)
            .flat_map(Statement::resource_patterns)
            .any(|pattern| {
                let request = Request { action, resource: "", context };
                let pattern = pattern.resolve(&request);
                let Some(named) = pattern.common_arn(&forms) else {
                    return false;
                };
                let resource = &named.example(probe::NAME);
                !self
                    .decide(&Request { resource, ..request })
                    .may_be_allowed()
            })
    }

    /// The statements whose policy variables are plain text, because the document lacks Version
    /// 2012-10-17. With `protecting`, only those that protect something: a Deny, or an Allow with
    /// NotResource.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub fn ignored_variables(&self, protecting: bool) -> Vec<String> {
        if self.knows_variables() {
            return Vec::new();
        }
        self.labels(|statement| {
            let mut texts = statement.patterns().map(Pattern::as_str);
            let has_variable = texts.any(|it| {
                it.split_once("${")
                    .is_some_and(|(_, rest)| rest.contains('}'))
            });
            let protects = statement.effect == Effect::Deny
                || statement
                    .resources
                    .as_ref()
                    .is_some_and(|resources| !resources.is_only());
            has_variable && (protects || !protecting)
        })
    }

    /// Whether the document leaves anything of what one of its Allows allows.
    fn grants_anything(&self, allow: &Statement, account: &Account) -> bool {
        let name = probe::NAME;
        let mut actions = vec![format!("{name}:{name}"), probe::IAM_ACTION.to_owned()];
        let mut resources = vec!["*".to_owned(), probe::iam_resource(account, "role")];
        resources.extend(probe::resources_of(account, name));
        for statement in &self.statements {
            actions.extend(statement.actions.items().iter().map(|it| it.example(name)));
            let patterns = statement.resource_patterns();
            resources.extend(patterns.map(|it| probe::example(it, account)));
        }
        let context = by_anybody(account);
        actions
            .iter()
            .filter(|action| allow.actions.selects(action))
            .any(|action| {
                resources.iter().any(|resource| {
                    let request = Request { action, resource, context };
                    allow.applies(&request) != Truth::No
                        && self.decide(&request) != Decision::Denied
                })
            })
    }

    fn labels(&self, fits: impl Fn(&Statement) -> bool) -> Vec<String> {
        let statements = self.statements.iter().enumerate();
        statements
            .filter(|(_, it)| fits(it))
            .map(|(index, it)| it.label(index))
            .collect()
    }
}

/// Whether one of the patterns is `*`, or for actions `*:*`.
fn names_everything(selection: &Selection) -> bool {
    let mut patterns = selection.items().iter();
    selection.is_only() && patterns.any(|it| it.is_everything() || it.as_str() == "*:*")
}

fn by_anybody(account: &Account) -> Context<'_> {
    Context { resource: Resource::Any, ..Context::new(account, &[]) }
}

/// The service of `service:*`.
fn whole_service(pattern: &Pattern) -> Option<String> {
    let (service, action) = pattern.as_str().split_once(':')?;
    let is_named = !service.is_empty() && !service.contains(['*', '?']);
    let is_whole = !action.is_empty() && action.bytes().all(|byte| byte == b'*');
    (is_named && is_whole).then(|| service.to_owned())
}
