//! The facts about policies: what each document says by itself.

use std::collections::BTreeSet;

use portcullis_model::policy::{
    Condition, Decision, Effect, Excerpt, Pattern, PolicyDocument, Selection, Statement,
};
use portcullis_model::{Fact, Policy, WatchedAction};

use super::library::Document;
use super::trust::begins;
use super::{SOURCE, Verdict};
use crate::snapshot::answers::Identity;

/// A place, such as a region, that no policy can have named.
const PROBE: &str = "portcullis-probe";

/// Keys that tell which resource is meant.
const RESOURCE_KEYS: [&str; 6] = [
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "iam:resourcetag/",
    "kms:resourcealiases",
];

/// The facts about one policy.
pub(super) fn policy(document: &Document<'_>, verdict: &Verdict, identity: &Identity) -> Policy {
    let mut attached_to = document.attached_to.clone();
    attached_to.sort();
    let attached = document.counted.attached || !attached_to.is_empty();
    let read = Reader { document: document.excerpt.as_ref().map(Excerpt::document), identity };
    Policy {
        resource_id: document.id.clone(),
        name: document.name.to_owned(),
        kind: document.kind,
        attached_to,
        attached,
        boundary_only: document.counted.boundary && !attached,
        allows_everything: verdict.administrator,
        service_wildcards: read.fact(Reader::service_wildcards),
        full_services: read.fact(|_, it| full_services(it)),
        not_action_allows: read
            .fact(|_, document| labels(document, |it| is_not_action(it) && !document.cancels(it))),
        actions_on_everything: read.fact(Reader::actions_on_everything),
        pass_any_role: read.fact(Reader::pass_any_role),
        escalations: verdict.escalations.clone(),
        ignored_variables: read.fact(|_, it| ignored_variables(it, |_| true)),
        ignored_protections: read.fact(|_, it| ignored_variables(it, protects)),
    }
}

struct Reader<'a> {
    document: Option<&'a PolicyDocument>,
    identity: &'a Identity,
}

impl<'a> Reader<'a> {
    fn fact<T>(&self, make: impl FnOnce(&Self, &'a PolicyDocument) -> T) -> Fact<T> {
        self.document.map_or(Fact::missing(SOURCE), |document| Fact::Known(make(self, document)))
    }

    fn service_wildcards(&self, document: &PolicyDocument) -> Vec<String> {
        let named = whole_services(document).filter(|(service, it)| self.is_on_all(it, service));
        let excepted = document.statements.iter().filter(|it| is_not_action(it));
        let excepted = excepted.filter(|it| !document.cancels(it)).filter_map(|it| {
            let services: Vec<String> =
                it.actions.patterns().iter().filter_map(whole_service).collect();
            let everywhere = it.resources.as_ref().is_none_or(|resources| {
                resources.covers(&Selection::Of(vec![Pattern::resource("*", false)]))
            });
            (everywhere && !services.is_empty()).then(|| format!("all but {}", services.join(", ")))
        });
        distinct(named.map(|(service, _)| service).chain(excepted))
    }

    /// Whether the statement is about every resource of a service.
    fn is_on_all(&self, statement: &Statement, service: &str) -> bool {
        let all = format!("arn:{}:{service}:*", self.identity.partition);
        let all = Selection::Of(vec![Pattern::resource(&all, false)]);
        statement.resources.as_ref().is_none_or(|resources| resources.covers(&all))
    }

    fn actions_on_everything(&self, document: &PolicyDocument) -> Vec<WatchedAction> {
        let watched = [
            (WatchedAction::AssumeRole, format!("iam::{PROBE}:role/{PROBE}")),
            (WatchedAction::Decrypt, format!("kms:{PROBE}:{PROBE}:key/{PROBE}")),
            (WatchedAction::ReEncryptFrom, format!("kms:{PROBE}:{PROBE}:key/{PROBE}")),
            (WatchedAction::Subscribe, format!("aws-marketplace:{PROBE}:{PROBE}:{PROBE}")),
        ];
        let allowed = watched.into_iter().filter(|(action, resource)| {
            let resource = format!("arn:{}:{resource}", self.identity.partition);
            let free = |it: &Statement| !it.conditions.iter().any(chooses_resources);
            !allowing(document, action.word(), &resource, free).is_empty()
        });
        allowed.map(|(action, _)| action).collect()
    }

    fn pass_any_role(&self, document: &PolicyDocument) -> Vec<String> {
        let Identity { partition, account } = self.identity;
        let resource = format!("arn:{partition}:iam::{account}:role/{PROBE}");
        let free = |it: &Statement| !it.conditions.iter().any(names_service);
        allowing(document, "iam:PassRole", &resource, free)
    }
}

/// The statements that fit.
fn labels(document: &PolicyDocument, fits: impl Fn(&Statement) -> bool) -> Vec<String> {
    let statements = document.statements.iter().enumerate();
    statements.filter(|(_, it)| fits(it)).map(|(index, it)| it.label(index)).collect()
}

fn full_services(document: &PolicyDocument) -> Vec<String> {
    distinct(whole_services(document).map(|(service, _)| service))
}

fn ignored_variables(document: &PolicyDocument, fits: impl Fn(&Statement) -> bool) -> Vec<String> {
    if document.knows_variables() {
        return Vec::new();
    }
    labels(document, |it| has_variables(it) && fits(it))
}

/// The statements that allow the action on the resource, unless the document denies it.
fn allowing(
    document: &PolicyDocument,
    action: &str,
    resource: &str,
    fits: impl Fn(&Statement) -> bool,
) -> Vec<String> {
    if document.decide(action, resource) == Decision::Denied {
        return Vec::new();
    }
    let allows = |it: &Statement| it.effect == Effect::Allow && it.is_about(action, resource);
    labels(document, |it| allows(it) && fits(it))
}

/// Services with the statements that allow `service:*`, which no other statement cancels.
fn whole_services(document: &PolicyDocument) -> impl Iterator<Item = (String, &Statement)> {
    let allows = document.statements.iter().filter(|it| it.effect == Effect::Allow);
    let chosen = allows.filter(|it| matches!(it.actions, Selection::Of(_)));
    let named = chosen.flat_map(|it| {
        it.actions.patterns().iter().filter_map(move |pattern| Some((whole_service(pattern)?, it)))
    });
    named.filter(|(service, it)| {
        let actions = Selection::Of(vec![Pattern::action(&format!("{service}:*"))]);
        !document.cancels(&Statement { actions, ..(*it).clone() })
    })
}

/// The service of `service:*`, in lower case.
fn whole_service(pattern: &Pattern) -> Option<String> {
    let (service, action) = pattern.as_str().split_once(':')?;
    let named = !service.is_empty() && !service.contains(['*', '?']);
    let whole = !action.is_empty() && action.bytes().all(|byte| byte == b'*');
    (named && whole).then(|| service.to_ascii_lowercase())
}

fn is_not_action(statement: &Statement) -> bool {
    statement.effect == Effect::Allow && matches!(statement.actions, Selection::AllBut(_))
}

/// Whether the condition leaves some resources only.
fn chooses_resources(condition: &Condition) -> bool {
    let about_resource = RESOURCE_KEYS.iter().any(|key| condition.key.starts_with(key));
    about_resource && condition.demands_a_value() && condition.values.iter().all(|it| begins(it))
}

/// Whether the condition leaves some services only, to which a role may be passed. Every request to
/// pass a role has the key, so IfExists changes nothing.
fn names_service(condition: &Condition) -> bool {
    let strict = Condition { if_exists: false, qualifier: None, ..condition.clone() };
    condition.key == "iam:passedtoservice"
        && strict.demands_a_value()
        && condition.values.iter().all(|value| begins(value))
}

/// Whether there is a variable where variables count: in resources and in values of conditions. The
/// escapes `${*}`, `${?}` and `${$}` are variables too, with fixed values.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn has_variables(statement: &Statement) -> bool {
    let resources = statement.resources.iter().flat_map(Selection::patterns).map(Pattern::as_str);
    let values = statement.conditions.iter().flat_map(|it| &it.values).map(String::as_str);
    let is_variable =
        |text: &str| text.split_once("${").is_some_and(|(_, rest)| rest.contains('}'));
    resources.chain(values).any(is_variable)
}

/// Whether a mistake in the statement opens more than it was meant to.
fn protects(statement: &Statement) -> bool {
    statement.effect == Effect::Deny || matches!(statement.resources, Some(Selection::AllBut(_)))
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}
