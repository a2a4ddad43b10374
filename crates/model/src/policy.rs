//! IAM policy documents: parsed as IAM's grammar has them, and decided as IAM decides.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>;
//! evaluation: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

mod condition;
mod escalation;
mod excerpt;
mod grammar;
mod pattern;
mod principal;
#[cfg(test)]
mod properties;
mod scope;

pub use condition::{Condition, Qualifier};
pub use escalation::{Action, Method, Methods, Through};
pub use excerpt::{Allowed, Authority, Excerpt};
pub use grammar::{ParsePolicyError, PolicyDocument};
pub use pattern::Pattern;
pub use principal::{Principal, Principals, is_account_id};
pub use scope::Scope;

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
    /// `Principal` or `NotPrincipal`; only resource policies have one.
    pub principals: Option<Principals>,
    /// When it applies: if all are met; none: always.
    pub conditions: Vec<Condition>,
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

/// What documents say about one action on one resource.
///
/// Ordered by precedence, so that several documents together decide as the
/// [maximum](Decision::of_all) of their decisions.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Decision {
    /// Nothing is said, which IAM takes as a denial unless another document allows.
    #[default]
    Silent,
    /// Allowed, if conditions are met that only a request can tell.
    Conditional,
    /// Allowed.
    Allowed,
    /// Denied whatever else is allowed.
    Denied,
}

impl PolicyDocument {
    /// What the document says about an action on a resource.
    ///
    /// Conditions are not evaluated. An allow with conditions is [`Conditional`](Decision::Conditional),
    /// and a deny with conditions says nothing, so that the answer is what a principal *may be
    /// able* to do.
    #[must_use]
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        Decision::of_all(self.statements.iter().map(|statement| statement.decide(action, resource)))
    }

    /// Whether one statement of the document denies all that the other allows, unconditionally.
    #[must_use]
    pub fn cancels(&self, allow: &Statement) -> bool {
        self.statements.iter().any(|deny| {
            deny.denies_always()
                && deny.actions.covers(&allow.actions)
                && match (&deny.resources, &allow.resources) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(denied), Some(allowed)) => denied.covers(allowed),
                }
        })
    }
}

impl Statement {
    /// What to call the statement: its number, counted from 1, and its Sid if it has one.
    #[must_use]
    pub fn label(&self, index: usize) -> String {
        let number = index + 1;
        self.sid.as_ref().map_or_else(|| number.to_string(), |sid| format!("{number} ({sid})"))
    }

    /// Whether it denies, whatever the request.
    #[must_use]
    pub fn denies_always(&self) -> bool {
        self.effect == Effect::Deny && self.conditions.is_empty()
    }

    fn decide(&self, action: &str, resource: &str) -> Decision {
        let silent = self.effect == Effect::Deny && !self.conditions.is_empty();
        match self.effect {
            _ if silent || !self.is_about(action, resource) => Decision::Silent,
            Effect::Deny => Decision::Denied,
            Effect::Allow if self.conditions.is_empty() => Decision::Allowed,
            Effect::Allow => Decision::Conditional,
        }
    }

    /// Whether it is about the action on the resource.
    #[must_use]
    pub fn is_about(&self, action: &str, resource: &str) -> bool {
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

    /// Whether all that the other chooses is surely chosen here too.
    #[must_use]
    pub fn covers(&self, other: &Selection) -> bool {
        use Selection::{AllBut, Of};
        match (self, other) {
            (Of(mine), Of(theirs)) => theirs.iter().all(|one| mine.iter().any(|p| p.covers(one))),
            (Of(mine), AllBut(_)) => mine.iter().any(Pattern::is_everything),
            (AllBut(mine), Of(theirs)) => {
                mine.iter().all(|out| theirs.iter().all(|one| !out.overlaps(one)))
            }
            (AllBut(mine), AllBut(theirs)) => {
                mine.iter().all(|out| theirs.iter().any(|p| p.covers(out)))
            }
        }
    }

    /// The patterns, those of `Not…` too.
    #[must_use]
    pub fn patterns(&self) -> &[Pattern] {
        match self {
            Selection::Of(patterns) | Selection::AllBut(patterns) => patterns,
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
        if self.max(boundary) == Decision::Denied { Decision::Denied } else { self.min(boundary) }
    }

    /// Whether the action may be done, if conditions are met.
    #[must_use]
    pub fn may_be_allowed(self) -> bool {
        matches!(self, Decision::Conditional | Decision::Allowed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

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
        assert!(decide(&statement, "s3:GetObject", BUCKET).may_be_allowed());
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
        assert!(decide(&statement, "s3:GetObject", BUCKET).may_be_allowed());
        assert!(!decide(&statement, "iam:GetUser", BUCKET).may_be_allowed());
        assert!(!decide(&statement, "s3:GetObject", "arn:aws:s3:::secret/a").may_be_allowed());
    }

    #[test]
    fn a_conditional_allow_counts_and_a_conditional_deny_does_not() {
        let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let allow =
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
        let deny =
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        assert_eq!(decide(&allow, "s3:GetObject", BUCKET), Decision::Conditional);
        assert!(Decision::Conditional.may_be_allowed());
        assert_eq!(decide(&deny, "s3:GetObject", BUCKET), Decision::Silent);
    }

    #[test]
    fn documents_together_allow_what_one_allows_and_none_denies() {
        use Decision::{Allowed, Conditional, Denied, Silent};
        assert_eq!(Decision::of_all([Silent, Allowed]), Allowed);
        assert_eq!(Decision::of_all([Conditional, Allowed]), Allowed);
        assert_eq!(Decision::of_all([Conditional, Silent]), Conditional);
        assert_eq!(Decision::of_all([Denied, Allowed]), Denied);
        assert_eq!(Decision::of_all([]), Silent);
    }

    #[test]
    fn a_boundary_limits_and_grants_nothing() {
        use Decision::{Allowed, Conditional, Denied, Silent};
        assert_eq!(Allowed.within(Allowed), Allowed);
        assert_eq!(Allowed.within(Conditional), Conditional);
        assert_eq!(Silent.within(Denied), Denied);
        assert_eq!(Allowed.within(Silent), Silent);
        assert_eq!(Silent.within(Allowed), Silent);
        assert_eq!(Allowed.within(Denied), Denied);
    }

    #[test]
    fn a_deny_cancels_an_allow_that_it_covers() {
        let cancels = |allow: Json, deny: Json| {
            let document = PolicyDocument::from_json(&json!({"Statement": [allow, deny]})).unwrap();
            document.cancels(&document.statements[0])
        };
        let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let deny = |action: &str, resource: &str| json!({"Effect": "Deny", "Action": action, "Resource": resource});
        let deny_not = |action: &str, resource: &str| json!({"Effect": "Deny", "NotAction": action, "NotResource": resource});
        assert!(cancels(allow("s3:*", "*"), deny("*", "*")));
        assert!(cancels(allow("s3:*", "arn:aws:s3:::a"), deny("S3:*", "arn:aws:s3:::*")));
        assert!(!cancels(allow("s3:*", "*"), deny("s3:Get*", "*")));
        assert!(!cancels(allow("s3:*", "*"), deny("s3:*", "arn:aws:s3:::a")));
        assert!(cancels(allow("s3:*", "arn:aws:s3:::a"), deny_not("iam:*", "arn:aws:iam::*")));
        assert!(!cancels(allow("iam:*", "arn:aws:s3:::a"), deny_not("iam:*", "arn:aws:iam::*")));
        let mut conditional = deny("*", "*");
        conditional["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        assert!(!cancels(allow("s3:*", "*"), conditional));
        let all_but = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
        assert!(cancels(
            all_but.clone(),
            json!({"Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*"})
        ));
        assert!(!cancels(
            all_but,
            json!({"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"})
        ));
    }

    #[test]
    fn statements_are_called_by_number_and_sid() {
        let statement = json!([{"Sid": "Read", "Effect": "Allow", "Action": "*", "Resource": "*"}]);
        let document = PolicyDocument::from_json(&json!({"Statement": statement})).unwrap();
        let mut statement = document.statements[0].clone();
        assert_eq!(statement.label(0), "1 (Read)");
        statement.sid = None;
        assert_eq!(statement.label(4), "5");
    }
}
