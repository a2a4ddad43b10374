//! Why something is not known.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Source;

/// A call that failed, or an answer that cannot be used: the reason behind missing facts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The source that is missing, wholly or for one resource.
    pub source: Source,
    /// The API operation, such as `GetCredentialReport`.
    pub operation: String,
    /// The IAM action that allows it, such as `iam:GetCredentialReport`.
    pub action: String,
    /// AWS's error code, such as `AccessDenied`, or our own word, such as [`Gap::NOT_REQUESTED`].
    pub code: String,
    /// What went wrong, in words.
    pub message: String,
    /// The user or other resource that the gap is limited to; none: the whole source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// AWS's id of the failed request, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Gap {
    /// The code of a call that was not made on purpose: it was not asked for, or no rule of ours
    /// needs its answer for that resource.
    pub const NOT_REQUESTED: &str = "NotRequested";

    /// The code of a source that a bundle holds nothing of, and does not say why.
    pub const ABSENT: &str = "Absent";

    /// Whether AWS was asked, as far as is known, and the answer is lost.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        ![Gap::NOT_REQUESTED, Gap::ABSENT].contains(&self.code.as_str())
    }

    /// Whether the call was not made on purpose, so that nothing went wrong.
    #[must_use]
    pub fn is_by_choice(&self) -> bool {
        self.code == Gap::NOT_REQUESTED
    }

    /// What to do about it, in a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        let Gap { source, action, code, .. } = self;
        if self.is_by_choice() {
            return format!("Collect {source} too: it was left out by choice.");
        }
        if ["Denied", "Unauthorized", "NotAuthorized"].iter().any(|denial| code.contains(denial)) {
            return format!("Allow {action} to whoever collects, then collect again.");
        }
        format!("Collect {source} again ({action}).")
    }

    /// A gap of the whole source, without time or request.
    pub fn new(source: Source, code: impl Into<String>, message: impl Into<String>) -> Gap {
        Gap {
            source,
            operation: source.operation().to_owned(),
            action: source.action().to_owned(),
            code: code.into(),
            message: message.into(),
            resource: None,
            request_id: None,
            at: None,
        }
    }

    /// The same gap, limited to one resource.
    #[must_use]
    pub fn of(mut self, resource: impl Into<String>) -> Gap {
        self.resource = Some(resource.into());
        self
    }
}
