//! IAM policy documents: parsed as IAM's grammar has them, and decided as IAM decides.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>;
//! evaluation: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

mod grammar;
mod pattern;

pub use grammar::{ParsePolicyError, PolicyDocument};
pub use pattern::Pattern;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// One statement of a [`PolicyDocument`].
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The statement's own name, if it has one.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The actions it is about.
    pub actions: Selection,
    /// The resources it is about; none: those the document is attached to, as in a trust policy.
    pub resources: Option<Selection>,
    /// `Principal` or `NotPrincipal`, as it stands; only resource policies have one.
    pub principals: Option<Principals>,
    /// When it applies: operator, then key, then the values; empty: always.
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, which outranks every allow.
    Deny,
}

/// A choice of actions or resources, by patterns.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// `Action` or `Resource`: what any pattern matches.
    Of(Vec<Pattern>),
    /// `NotAction` or `NotResource`: what no pattern matches.
    AllBut(Vec<Pattern>),
}

/// The principals of a statement of a resource policy, in JSON: `"*"` or type → ids.
#[derive(Clone, Debug, PartialEq)]
pub enum Principals {
    /// `Principal`: these.
    Of(Json),
    /// `NotPrincipal`: all but these.
    AllBut(Json),
}

/// What documents say about one action on one resource.
///
/// Ordered by precedence, so that several documents together decide as the
/// [maximum](Decision::of_all) of their decisions.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Decision {
    /// Nothing is said, which IAM takes as a denial unless another document allows.
    #[default]
    Silent,
    /// Allowed, if all conditions are met.
    Allowed,
    /// Denied whatever else is allowed.
    Denied,
}

impl PolicyDocument {
    /// What the document says about an action on a resource.
    ///
    /// Conditions are not evaluated. An allow counts as if its conditions were met and a deny
    /// counts only without conditions, so the answer is what a principal *may be able* to do.
    #[must_use]
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        Decision::of_all(self.statements.iter().map(|statement| statement.decide(action, resource)))
    }
}

impl Statement {
    fn decide(&self, action: &str, resource: &str) -> Decision {
        match self.effect {
            Effect::Deny if !self.conditions.is_empty() => Decision::Silent,
            _ if !self.covers(action, resource) => Decision::Silent,
            Effect::Deny => Decision::Denied,
            Effect::Allow => Decision::Allowed,
        }
    }

    fn covers(&self, action: &str, resource: &str) -> bool {
        self.actions.selects(action)
            && self.resources.as_ref().is_none_or(|resources| resources.selects(resource))
    }
}

impl Selection {
    /// Whether the name is among those chosen.
    #[must_use]
    pub fn selects(&self, name: &str) -> bool {
        match self {
            Selection::Of(patterns) => patterns.iter().any(|pattern| pattern.matches(name)),
            Selection::AllBut(patterns) => !patterns.iter().any(|pattern| pattern.matches(name)),
        }
    }
}

impl Decision {
    /// What several documents decide together: one deny outranks all, else one allow suffices.
    #[must_use]
    pub fn of_all(decisions: impl IntoIterator<Item = Decision>) -> Decision {
        decisions.into_iter().max().unwrap_or_default()
    }

    /// This decision of identity policies within a permissions boundary, which must allow too.
    #[must_use]
    pub fn within(self, boundary: Decision) -> Decision {
        match (self, boundary) {
            (Decision::Denied, _) | (_, Decision::Denied) => Decision::Denied,
            (Decision::Allowed, Decision::Allowed) => Decision::Allowed,
            _ => Decision::Silent,
        }
    }

    /// Whether the action may be done.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Decision::Allowed
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BUCKET: &str = "arn:aws:s3:::reports";

    fn decide(statement: &Json, action: &str, resource: &str) -> Decision {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        PolicyDocument::from_json(&document).unwrap().decide(action, resource)
    }

    #[test]
    fn nothing_said_is_no_permission() {
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        assert_eq!(decide(&statement, "s3:PutObject", BUCKET), Decision::Silent);
    }

    #[test]
    fn an_explicit_deny_outranks_every_allow() {
        let statements = json!([
            {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ]);
        assert_eq!(decide(&statements, "s3:DeleteBucket", BUCKET), Decision::Denied);
        assert_eq!(decide(&statements, "s3:GetObject", BUCKET), Decision::Allowed);
    }

    #[test]
    fn actions_ignore_case_and_take_wildcards() {
        let statement = json!({"Effect": "Allow", "Action": ["S3:get?bject"], "Resource": "*"});
        assert!(decide(&statement, "s3:GetObject", BUCKET).is_allowed());
    }

    #[test]
    fn resources_keep_case() {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::Rep*"});
        assert_eq!(decide(&statement, "s3:GetObject", BUCKET), Decision::Silent);
    }

    #[test]
    fn not_action_and_not_resource_choose_the_rest() {
        let statement = json!({
            "Effect": "Allow", "NotAction": "iam:*", "NotResource": ["arn:aws:s3:::secret/*"],
        });
        assert!(decide(&statement, "s3:GetObject", BUCKET).is_allowed());
        assert!(!decide(&statement, "iam:GetUser", BUCKET).is_allowed());
        assert!(!decide(&statement, "s3:GetObject", "arn:aws:s3:::secret/a").is_allowed());
    }

    #[test]
    fn a_conditional_allow_counts_and_a_conditional_deny_does_not() {
        let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let allow =
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
        let deny =
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        assert_eq!(decide(&allow, "s3:GetObject", BUCKET), Decision::Allowed);
        assert_eq!(decide(&deny, "s3:GetObject", BUCKET), Decision::Silent);
    }

    #[test]
    fn documents_together_allow_what_one_allows_and_none_denies() {
        use Decision::{Allowed, Denied, Silent};
        assert_eq!(Decision::of_all([Silent, Allowed]), Allowed);
        assert_eq!(Decision::of_all([Denied, Allowed]), Denied);
        assert_eq!(Decision::of_all([]), Silent);
    }

    #[test]
    fn a_boundary_limits_and_grants_nothing() {
        use Decision::{Allowed, Denied, Silent};
        assert_eq!(Allowed.within(Allowed), Allowed);
        assert_eq!(Allowed.within(Silent), Silent);
        assert_eq!(Silent.within(Allowed), Silent);
        assert_eq!(Allowed.within(Denied), Denied);
    }
}
