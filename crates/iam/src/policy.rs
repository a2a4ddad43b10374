//! Policy documents and their decisions.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>;
//! evaluation: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

mod excess;
mod grammar;
mod json;
mod permissions;
mod principal;
mod write;

pub use excess::Excess;
pub use grammar::ParsePolicyError;
pub use json::DocumentJson;
pub(crate) use permissions::Permissions;
pub use principal::PrincipalElement;

use crate::condition::{Condition, contradict};
use crate::context::Request;
use crate::pattern::Pattern;
use crate::truth::{Doubts, Truth};

/// A policy document: what it allows and denies.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct PolicyDocument {
    /// `Version`, where the document has one.
    pub version: Option<String>,
    /// The statements, in their order.
    pub statements: Vec<Statement>,
}

/// One statement of a [`PolicyDocument`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Statement {
    /// The statement's own name, if it has one.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The actions, in lower case.
    pub actions: Selection,
    /// The resources; none: the one that the document is attached to, as in a trust policy.
    pub resources: Option<Selection>,
    /// `Principal` or `NotPrincipal`; only resource policies have one.
    pub principals: Option<Selection<PrincipalElement>>,
    /// The conditions, sorted by key, all of which must hold; empty: it always applies.
    pub conditions: Vec<Condition>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, which overrides every Allow.
    Deny,
}

/// A choice of actions, resources or principals.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Selection<T = Pattern> {
    /// `Action`, `Resource` or `Principal`: these.
    Only(Vec<T>),
    /// `NotAction`, `NotResource` or `NotPrincipal`: all but these.
    AllBut(Vec<T>),
}

/// The decision of policies about a request.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Decision {
    /// An explicit Deny applies.
    Denied,
    /// Nothing allows it, which is an implicit deny.
    #[default]
    Silent,
    /// It depends on what is not known.
    Conditional(Doubts),
    /// It is allowed.
    Allowed,
}

impl PolicyDocument {
    /// The document that allows every action on every resource.
    pub(crate) fn everything() -> PolicyDocument {
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        PolicyDocument::from_text(text).expect("it follows the grammar")
    }

    /// The statements about an action, in lower case.
    pub(crate) fn about(&self, action: &str) -> impl Iterator<Item = &Statement> {
        self.statements
            .iter()
            .filter(move |statement| statement.actions.selects(action))
    }

    /// Whether a statement allows an action, in lower case, on anything.
    pub(crate) fn may_allow(&self, action: &str) -> bool {
        self.about(action)
            .any(|statement| statement.effect == Effect::Allow)
    }

    /// What the document decides about a request, as an identity policy.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        Decision::by(self.about(request.action), request)
    }
}

impl Statement {
    /// The statement's name for readers: its number, counted from 1, and its Sid if it has one.
    pub fn label(&self, index: usize) -> String {
        let number = index + 1;
        self.sid
            .as_ref()
            .map_or_else(|| number.to_string(), |sid| format!("{number} ({sid})"))
    }

    /// The patterns of its resources.
    pub(crate) fn resource_patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.resources.iter().flat_map(Selection::items)
    }

    /// The patterns of its resources and the values of its conditions.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let values = self
            .conditions
            .iter()
            .flat_map(|condition| &condition.values);
        self.resource_patterns().chain(values)
    }

    /// Whether the resource of the request is selected and all conditions hold. The action and the
    /// principal are not compared.
    pub fn applies(&self, request: &Request<'_>) -> Truth {
        let mut applies = self.selects_resource(request);
        for condition in &self.conditions {
            applies = applies.and(|| condition.holds(request, self.effect));
        }
        applies.and(|| (!contradict(&self.conditions, request)).into())
    }

    /// Whether no request meets the conditions of both statements.
    fn excludes(&self, other: &Statement, request: &Request<'_>) -> bool {
        let mut conditions = [&self.conditions[..], &other.conditions].concat();
        conditions.sort_by(|one, other| one.key.cmp(&other.key));
        contradict(&conditions, request)
    }

    /// Whether the resource of the request is selected, whatever the conditions.
    pub(crate) fn selects_resource(&self, request: &Request<'_>) -> Truth {
        match &self.resources {
            Some(resources) => resources.selects_resource(request, self.effect),
            None => Truth::Yes,
        }
    }
}

impl<T> Selection<T> {
    /// The listed items, those of `Not…` too.
    pub fn items(&self) -> &[T] {
        match self {
            Selection::Only(items) | Selection::AllBut(items) => items,
        }
    }
}

impl Selection {
    /// Whether the items are selected, and not excluded.
    pub(crate) fn is_only(&self) -> bool {
        matches!(self, Selection::Only(_))
    }

    /// Whether the action, in lower case, is selected.
    pub fn selects(&self, action: &str) -> bool {
        let matched = self.items().iter().any(|pattern| pattern.matches(action));
        matched == self.is_only()
    }

    fn selects_resource(&self, request: &Request<'_>, effect: Effect) -> Truth {
        let is_wanted = self.is_only() == (effect == Effect::Allow);
        let matched =
            Truth::any(self.items(), |pattern| pattern.selects_resource(request, is_wanted));
        if self.is_only() { matched } else { !matched }
    }
}

impl Decision {
    /// The decision of the statements about the action of the request.
    pub fn by<'a>(
        statements: impl IntoIterator<Item = &'a Statement>,
        request: &Request<'_>,
    ) -> Decision {
        let (mut allow, mut deny) = (Truth::No, Truth::No);
        for statement in statements {
            match statement.effect {
                Effect::Allow => allow = allow.or(|| statement.applies(request)),
                Effect::Deny => deny = deny.or(|| statement.applies(request)),
            }
            if deny == Truth::Yes {
                break;
            }
        }
        Decision::new(allow, deny)
    }

    /// The decision, given whether an Allow and whether a Deny applies.
    pub fn new(allow: Truth, deny: Truth) -> Decision {
        if deny == Truth::Yes {
            return Decision::Denied;
        }
        match allow.and(|| !deny) {
            Truth::No => Decision::Silent,
            Truth::Open(doubts) => Decision::Conditional(doubts),
            Truth::Yes => Decision::Allowed,
        }
    }

    /// This decision within a permissions boundary, which must allow the request as well.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    #[must_use]
    pub fn within(self, boundary: Decision) -> Decision {
        match (self, boundary) {
            (Decision::Denied, _) | (_, Decision::Denied) => Decision::Denied,
            (Decision::Silent, _) | (_, Decision::Silent) => Decision::Silent,
            (Decision::Allowed, other) | (other, Decision::Allowed) => other,
            (Decision::Conditional(one), Decision::Conditional(other)) => {
                Decision::Conditional(one.join(other))
            }
        }
    }

    /// The decision that allows most, where any of them is enough.
    pub(crate) fn most_allowing(decisions: impl Iterator<Item = Decision>) -> Decision {
        let rank =
            |decision: &Decision| (decision.may_be_allowed(), *decision == Decision::Allowed);
        decisions.max_by_key(rank).unwrap_or_default()
    }

    /// What it depends on; nothing unless it is conditional.
    pub fn doubts(self) -> Doubts {
        match self {
            Decision::Conditional(doubts) => doubts,
            _ => Doubts::default(),
        }
    }

    /// Whether it is allowed, or may be.
    pub fn may_be_allowed(&self) -> bool {
        matches!(self, Decision::Conditional(_) | Decision::Allowed)
    }
}
