//! Reasons for missing facts.

use std::collections::HashSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SharedText, Source};

/// A failed call or an unusable answer: the reason for missing facts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The source that is missing, completely or for one resource.
    pub source: Source,
    /// The API operation, such as `GetCredentialReport`.
    pub operation: SharedText,
    /// The IAM action that allows it, such as `iam:GetCredentialReport`.
    pub action: SharedText,
    /// AWS's error code, such as `AccessDenied`, or one of our own, such as [`Gap::NOT_REQUESTED`].
    pub code: SharedText,
    /// What went wrong, in words.
    pub message: SharedText,
    /// The user or other resource to which the gap is limited; none for the whole source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// AWS's request id, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Gap {
    /// The code of a call that was deliberately not made: it was not requested, or no rule needs
    /// its answer for the resource.
    pub const NOT_REQUESTED: &str = "NotRequested";

    /// The code of a source that a bundle lacks without saying why.
    pub const ABSENT: &str = "Absent";

    /// The code of a credential report that does not say when AWS generated it.
    pub const UNDATED: &str = "Undated";

    /// The code of a credential report whose age is not known, since nothing says when it was collected.
    pub const AGELESS: &str = "Ageless";

    /// The code of a credential report that is too old to show what happened since.
    pub const OUTDATED: &str = "Outdated";

    /// The code of a log file, such as one of a trail, that could not be read completely.
    pub const UNREADABLE_FILE: &str = "UnreadableFile";

    /// The code of a date that is later than the time at which ages are measured.
    pub const FUTURE: &str = "Future";

    /// The code of an account for which the logs read contain nothing that was requested.
    pub const NOT_IN_LOGS: &str = "NotInLogs";

    /// The code of an account that is suspended or closed, so that nothing can be collected.
    pub const NOT_ACTIVE: &str = "AccountNotActive";

    /// The code of an account whose bundle could not be written.
    pub const NOT_KEPT: &str = "BundleNotWritten";

    /// The code of a gap for permissions that can change in more ways than Portcullis follows.
    pub const TOO_COMPLEX: &str = "TooComplex";

    /// The end of the message for a source that is absent because only a credential report was
    /// given.
    pub const BARE_REPORT: &str = "only a credential report was given";

    /// Whether AWS was queried, as far as is known, and the answer is lost.
    pub fn is_failure(&self) -> bool {
        ![Gap::NOT_REQUESTED, Gap::ABSENT].contains(&self.code.as_str())
    }

    /// Whether the call was deliberately not made.
    pub fn is_by_choice(&self) -> bool {
        self.code == Gap::NOT_REQUESTED
    }

    /// Whether AWS denied the call because a permission is missing.
    pub fn is_denied(&self) -> bool {
        ["Denied", "Unauthorized", "NotAuthorized"]
            .iter()
            .any(|denial| self.code.contains(denial))
    }

    /// Whether a date or a boolean is not in AWS's form.
    fn is_bad_value(&self) -> bool {
        let suffixes = ["is not a date", "is neither true nor false"];
        suffixes.iter().any(|suffix| self.message.ends_with(suffix))
    }

    /// Whether a date is later than the time at which ages are measured.
    fn is_of_later_time(&self) -> bool {
        self.code == Gap::FUTURE || self.message.contains(" is later than ")
    }

    /// Returns the code in words, such as `access denied`.
    pub fn reason(&self) -> String {
        let (mut words, mut previous) = (String::new(), ' ');
        for c in self.code.chars() {
            if previous.is_ascii_lowercase() && c.is_ascii_uppercase() {
                words.push(' ');
            }
            words.push(c.to_ascii_lowercase());
            previous = c;
        }
        words
    }

    /// Returns the message, with the code in parentheses unless the message contains it:
    /// `Rate exceeded (Throttling)`.
    pub fn explanation(&self) -> String {
        Gap::explain(&self.code, &self.message)
    }

    /// Returns any message with its code, as [`Gap::explanation`] does.
    pub fn explain(code: &str, message: &str) -> String {
        if message.contains(code) {
            message.to_owned()
        } else {
            format!("{message} ({code})")
        }
    }

    /// Returns what to do about it, in a sentence.
    pub fn remedy(&self) -> String {
        let Gap { source, action, code, .. } = self;
        if self.is_denied() {
            return format!("Grant {action} to the auditing identity and collect again.");
        }
        match code.as_str() {
            Gap::NOT_REQUESTED => format!("Also collect {source} ({action}): it was not requested."),
            Gap::ABSENT => format!("Also collect {source} ({action}): it was not collected."),
            Gap::UNDATED => {
                "Save the report as JSON, which has its date: `aws iam get-credential-report \
                 --output json > credential-report.json`."
                    .to_owned()
            }
            Gap::AGELESS => {
                "Say when the evidence was collected (--as-of), or collect it with `portcullis collect`, which \
                 notes the time."
                    .to_owned()
            }
            Gap::NOT_IN_LOGS => "Read logs of this account for the regions and the period requested, or request only \
                                 what the logs cover."
                .to_owned(),
            _ if self.is_of_later_time() => format!(
                "Measure ages at a later time (--as-of) or, if that date is wrong, collect {source} again."
            ),
            Gap::UNREADABLE_FILE => "Fetch the unreadable files again.".to_owned(),
            _ if *source == Source::CredentialReport && self.is_bad_value() => {
                "Get the credential report again, and do not save it from a spreadsheet program, which rewrites \
                 dates."
                    .to_owned()
            }
            Gap::NOT_ACTIVE => "Nothing needs to be done: the account is not active.".to_owned(),
            Gap::TOO_COMPLEX => {
                "Check by hand who can give themselves more permissions: collecting again will not settle this."
                    .to_owned()
            }
            Gap::NOT_KEPT => "Free some disk space for the bundle, then run again with --resume.".to_owned(),
            _ => format!("Collect {source} again ({action})."),
        }
    }

    /// Returns what to do about a fact that is missing without a gap, such as one that the input
    /// lacks for an event.
    pub fn remedy_without_gap(source: Source) -> String {
        match source {
            Source::CloudTrail => {
                "Look at the event in CloudTrail. If it was read from a CSV, read the log files of the trail instead, or \
                 save the event history as JSON: the CSV never says how a sign-in ended or whether MFA was used."
                    .to_owned()
            }
            _ => format!("Collect {source} again."),
        }
    }

    /// Creates a gap for the whole source, without time or request id.
    pub fn new(source: Source, code: impl Into<SharedText>, message: impl Into<SharedText>) -> Gap {
        Gap {
            source,
            operation: source.operation().into(),
            action: source.action().into(),
            code: code.into(),
            message: message.into(),
            resource: None,
            request_id: None,
            at: None,
        }
    }

    /// Shares its texts with equal ones in `texts`, and adds the others there. Many accounts have
    /// similar gaps.
    pub fn share(&mut self, texts: &mut HashSet<SharedText>) {
        let Gap { operation, action, code, message, .. } = self;
        for text in [operation, action, code, message] {
            match texts.get(text.as_str()) {
                Some(known) => *text = known.clone(),
                None => _ = texts.insert(text.clone()),
            }
        }
    }

    /// Limits the gap to one resource.
    #[must_use]
    pub fn for_resource(mut self, resource: impl Into<String>) -> Gap {
        self.resource = Some(resource.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_code_is_put_into_words() {
        for (code, words) in [
            ("AccessDenied", "access denied"),
            ("Throttling", "throttling"),
            ("HttpError 429", "http error 429"),
            ("", ""),
        ] {
            assert_eq!(Gap::new(Source::AccessKeys, code, "").reason(), words);
        }
    }

    #[test]
    fn what_collecting_again_would_not_change_has_another_remedy() {
        let gap = Gap::new(Source::CallerIdentity, Gap::NOT_ACTIVE, "");
        assert_eq!(gap.remedy(), "Nothing needs to be done: the account is not active.");
        let gap = Gap::new(Source::AccountAuthorizationDetails, Gap::TOO_COMPLEX, "");
        assert!(gap.remedy().starts_with("Check by hand"), "{}", gap.remedy());
    }

    #[test]
    fn an_explanation_names_the_code_once() {
        for (message, explanation) in [
            ("Rate exceeded", "Rate exceeded (Throttling)"),
            ("Throttling: Rate exceeded", "Throttling: Rate exceeded"),
        ] {
            assert_eq!(Gap::explain("Throttling", message), explanation);
        }
    }

    #[test]
    fn equal_texts_of_gaps_are_one() {
        let gap = |message: &str| Gap::new(Source::AccessKeys, "Throttling", message);
        let mut gaps = [gap("a"), gap("a"), gap("b")];
        let before = gaps.clone();
        let mut texts = HashSet::new();
        for gap in &mut gaps {
            gap.share(&mut texts);
        }
        assert_eq!(gaps, before);
        // Operation, action, code and two messages.
        assert_eq!(texts.len(), 5);
        let [one, same, other] = gaps;
        assert!(ptr::eq(one.message.as_str(), same.message.as_str()));
        assert!(ptr::eq(one.operation.as_str(), other.operation.as_str()));
    }

    #[test]
    fn a_remedy_says_what_the_code_leaves_to_do() {
        for (code, remedy) in [
            (
                "AccessDeniedException",
                "Grant iam:ListAccessKeys to the auditing identity and collect again.",
            ),
            ("Throttling", "Collect access-keys again (iam:ListAccessKeys)."),
            (
                Gap::NOT_IN_LOGS,
                "Read logs of this account for the regions and the period requested, or request only \
                 what the logs cover.",
            ),
            (
                Gap::FUTURE,
                "Measure ages at a later time (--as-of) or, if that date is wrong, collect access-keys \
                 again.",
            ),
            (Gap::ABSENT, "Also collect access-keys (iam:ListAccessKeys): it was not collected."),
            (
                Gap::NOT_REQUESTED,
                "Also collect access-keys (iam:ListAccessKeys): it was not requested.",
            ),
        ] {
            assert_eq!(Gap::new(Source::AccessKeys, code, "").remedy(), remedy);
        }
    }
}
