//! What documents in force together allow, of the actions that matter.

use super::{Condition, Effect, Methods, Pattern, PolicyDocument, Scope, Selection, Statement};

/// What one document says about the actions of the [methods](super::Methods), found once for all
/// who are under it.
#[derive(Clone, Debug)]
pub struct Excerpt {
    document: PolicyDocument,
    /// Sorted by action, then by statement.
    allows: Vec<Allow>,
    /// Sorted alike; unconditional ones alone, since the others may not be in force.
    denies: Vec<Deny>,
}

#[derive(Clone, Debug)]
struct Allow {
    action: usize,
    statement: usize,
    scope: Scope,
}

#[derive(Clone, Copy, Debug)]
struct Deny {
    action: usize,
    statement: usize,
}

impl Excerpt {
    /// What the document says about the actions of the methods, which are known by their place.
    #[must_use]
    pub fn new(document: PolicyDocument, methods: &Methods) -> Excerpt {
        let resources = document.statements.iter().map(|it| it.resources.as_ref());
        let local = |resources: &Selection| methods.localized(resources);
        let resources: Vec<Option<Selection>> = resources.map(|it| it.map(local)).collect();
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for (action, known) in methods.actions.iter().enumerate() {
            let about = document.statements.iter().enumerate();
            for (statement, it) in about.filter(|(_, it)| it.actions.selects(&known.name)) {
                if it.effect == Effect::Allow {
                    let parts = known.on.iter().flat_map(|on| {
                        Scope::new(on.clone()).chosen_by(resources[statement].as_ref())
                    });
                    allows.extend(parts.map(|scope| Allow { action, statement, scope }));
                } else if it.denies_always() {
                    denies.push(Deny { action, statement });
                }
            }
        }
        Excerpt { document, allows, denies }
    }

    /// The document as a whole.
    #[must_use]
    pub fn document(&self) -> &PolicyDocument {
        &self.document
    }

    fn allows(&self, action: usize) -> &[Allow] {
        let start = self.allows.partition_point(|allow| allow.action < action);
        let end = self.allows.partition_point(|allow| allow.action <= action);
        &self.allows[start..end]
    }

    fn denies(&self, action: usize) -> impl Iterator<Item = &Statement> {
        let start = self.denies.partition_point(|deny| deny.action < action);
        let rest = self.denies[start..].iter().take_while(move |deny| deny.action == action);
        rest.map(|deny| &self.document.statements[deny.statement])
    }
}

/// Something that is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowed<'a> {
    /// The place among [`Authority::own`] of the document that allows it.
    pub document: usize,
    /// The place of the statement in the document, from 0.
    pub index: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// On which resources.
    pub scope: Scope,
    /// Whether only under conditions of the statement, or of the boundary's.
    pub conditional: bool,
}

/// What a principal is under: all documents that allow or deny it something.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
#[derive(Clone, Debug, Default)]
pub struct Authority<'a> {
    /// The identity policies: its own and those of its groups.
    pub own: Vec<&'a Excerpt>,
    /// The permissions boundary, which must allow too.
    pub boundary: Option<&'a Excerpt>,
}

impl<'a> Authority<'a> {
    /// What is allowed of an action, known by its place: what an identity policy allows, within
    /// the boundary, less what one of all these documents denies unconditionally.
    #[must_use]
    pub fn allowed(&self, action: usize) -> Vec<Allowed<'a>> {
        let mut all = Vec::new();
        for (document, excerpt) in self.own.iter().enumerate() {
            for allow in excerpt.allows(action) {
                let statement = &excerpt.document.statements[allow.statement];
                let conditional = !statement.conditions.is_empty();
                let parts = self.bounded(action, &allow.scope).into_iter();
                let left = parts.filter(|(scope, _)| !self.denied(action, scope));
                all.extend(left.map(|(scope, bound)| Allowed {
                    document,
                    index: allow.statement,
                    statement,
                    scope,
                    conditional: conditional || bound,
                }));
            }
        }
        all
    }

    /// Whether anything at all is allowed of an action.
    #[must_use]
    pub fn allows(&self, action: usize) -> bool {
        self.own.iter().flat_map(|excerpt| excerpt.allows(action)).any(|allow| {
            if self.boundary.is_none() {
                return !self.denied(action, &allow.scope);
            }
            let mut parts = self.bounded(action, &allow.scope).into_iter();
            parts.any(|(scope, _)| !self.denied(action, &scope))
        })
    }

    /// Whether the action is denied unconditionally on all of the scope.
    #[must_use]
    pub fn denied(&self, action: usize, scope: &Scope) -> bool {
        let mut denies =
            self.own.iter().chain(&self.boundary).flat_map(|excerpt| excerpt.denies(action));
        denies.any(|deny| scope.is_covered_by(deny.resources.as_ref()))
    }

    /// The parts of the scope that the boundary allows, and whether only under conditions.
    fn bounded(&self, action: usize, scope: &Scope) -> Vec<(Scope, bool)> {
        let Some(boundary) = self.boundary else { return vec![(scope.clone(), false)] };
        let mut parts: Vec<(Scope, bool)> = Vec::new();
        for allow in boundary.allows(action) {
            let statement = &boundary.document.statements[allow.statement];
            let conditional = !statement.conditions.is_empty();
            let common = scope.common(&allow.scope);
            parts.extend(common.map(|scope| (scope, conditional)));
        }
        parts.sort_by_key(|(_, conditional)| *conditional);
        parts
    }
}

impl Allowed<'_> {
    /// Whether conditions of the statement keep a role from being passed to all of these services.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
    #[must_use]
    pub fn excludes_services(&self, services: &[String]) -> bool {
        let conditions = self.statement.conditions.iter();
        // The key is part of every request to pass a role, so IfExists changes nothing.
        let mut about = conditions.filter(|condition| condition.key == "iam:passedtoservice");
        !services.is_empty() && about.any(|condition| excludes(condition, services))
    }
}

fn excludes(condition: &Condition, services: &[String]) -> bool {
    let strict = Condition { if_exists: false, qualifier: None, ..condition.clone() };
    let fits = |service: &String| {
        let in_china = format!("{service}.cn");
        condition.values.iter().any(|value| {
            let pattern = Pattern::action(value);
            pattern.matches(service) || pattern.matches(&in_china)
        })
    };
    strict.demands_a_value() && !services.iter().any(fits)
}
