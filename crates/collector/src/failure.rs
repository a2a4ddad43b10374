//! Failed calls, described for gaps.

use std::error::Error;
use std::{io, iter};

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_sdk_iam::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use http_body_util::LengthLimitError;
use jiff::Timestamp;
use portcullis_model::{Gap, Source, without_session_names};

use crate::convert::Malformed;
use crate::endpoint::origin;
use crate::whole::is_whole;

/// AWS's messages contain a few ARNs at most, but those of proxies can be whole pages.
const MAX_MESSAGE: usize = 500;
const MAX_CODE: usize = 100;

/// Why a call has no usable answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// AWS's error code, or our own if the answer has none.
    pub(crate) code: String,
    /// What went wrong, on one line.
    pub(crate) message: String,
    /// AWS's request id.
    pub(crate) request_id: Option<String>,
    /// The operation that failed, if one was called.
    pub(crate) operation: Option<&'static str>,
    /// Whether the error is complete, so that it may count as an answer.
    is_whole: bool,
}

impl Failure {
    /// The code of a call that took too long.
    pub(crate) const TIMEOUT: &str = "Timeout";
    /// The code of a call that was not answered when the run ended.
    pub(crate) const DEADLINE: &str = "DeadlineExceeded";
    /// The codes of calls that were not made because a source that guides them is missing.
    pub(crate) const UNGUIDED: [&str; 2] = [Failure::NO_REPORT, Failure::NO_SUMMARY];
    /// The code of calls for users that were not made without a credential report.
    pub(crate) const NO_REPORT: &str = "NoCredentialReport";
    /// The code of a root session that was not opened without an account summary.
    pub(crate) const NO_SUMMARY: &str = "NoAccountSummary";

    pub(crate) fn new(code: &str, message: &str) -> Failure {
        Failure {
            code: one_line(code, MAX_CODE),
            message: one_line(message, MAX_MESSAGE),
            request_id: None,
            operation: None,
            is_whole: false,
        }
    }

    /// An answer that is incomplete or contains something impossible.
    pub(crate) fn malformed(message: &str) -> Failure {
        Failure::new("MalformedResponse", message)
    }

    /// Converts an error of the SDK, without anything that may be secret.
    pub(crate) fn from_error<E>(error: &SdkError<E>) -> Failure
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let code = code(error);
        let message = match error.message() {
            _ if is_signature_error(&code) => "AWS does not accept the request's signature".into(),
            Some("Unknown") => "AWS gives no reason".to_owned(),
            Some(message) if is_harmless(message) => without_session_names(message),
            Some(_) => "the rest of the service's answer is withheld".to_owned(),
            None => without_message(error),
        };
        let request_id = error
            .request_id()
            .filter(|id| is_request_id(id))
            .map(str::to_owned);
        let body = error
            .raw_response()
            .and_then(|response| response.body().bytes());
        let is_whole = body.is_some_and(is_whole);
        Failure { request_id, is_whole, ..Failure::new(&code, &message) }
    }

    /// Whether it counts as an answer: a complete error of AWS with one of these codes.
    pub(crate) fn is_answer(&self, codes: &[&str]) -> bool {
        self.is_whole && codes.contains(&self.code.as_str())
    }

    /// Sets the operation.
    pub(crate) fn during(mut self, operation: &'static str) -> Failure {
        self.operation = Some(operation);
        self
    }

    /// Describes the failure as the first of several calls that all failed.
    pub(crate) fn of_all(mut self, calls: usize) -> Failure {
        if calls > 1 {
            let first = self.message;
            self.message =
                format!("none of {calls} calls succeeded; the first failed with: {first}");
        }
        self
    }

    /// Describes the failure as the reason why a similar call was not made.
    pub(crate) fn in_place_of_a_call(self) -> Failure {
        let message = format!("not called, since the calls before it failed: {}", self.message);
        Failure { message, request_id: None, ..self }
    }

    /// Whether AWS, or something in between, throttled the call.
    pub(crate) fn is_throttled(&self) -> bool {
        self.code == "HttpError 429" || THROTTLING_ERRORS.contains(&self.code.as_str())
    }

    /// Returns the message with the code.
    pub(crate) fn explanation(&self) -> String {
        Gap::explain(&self.code, &self.message)
    }

    /// Returns the failure as a gap of a source.
    pub(crate) fn gap(self, source: Source, at: Timestamp) -> Gap {
        let gap = Gap::new(source, self.code, self.message);
        let gap = Gap { request_id: self.request_id, at: Some(at), ..gap };
        let Some(operation) = self.operation else {
            return gap;
        };
        let suffix = format!(":{operation}");
        let action = match source
            .actions()
            .iter()
            .find(|action| action.ends_with(&suffix))
        {
            Some(&action) => action.into(),
            None => format!("{}:{operation}", source.service()).into(),
        };
        Gap { operation: operation.into(), action, ..gap }
    }
}

impl<E> From<SdkError<E>> for Failure
where
    E: Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E>) -> Failure {
        Failure::from_error(&error)
    }
}

impl From<Malformed> for Failure {
    fn from(problem: Malformed) -> Failure {
        Failure::malformed(&problem.to_string())
    }
}

/// Whether the code means that the caller lacks a permission.
pub(crate) fn is_denied(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
}

/// Whether the code means that the request's signature is wrong.
pub(crate) fn is_signature_error(code: &str) -> bool {
    matches!(code, "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature")
}

/// Whether a service's message has a form that does not repeat secrets of the request. Others may:
/// AWS's message about signatures contains the whole signed request with its session token.
fn is_harmless(message: &str) -> bool {
    let denial =
        message.starts_with("User: arn:") && message.contains(" is not authorized to perform: ");
    denial || ["Rate exceeded", "Access denied"].contains(&message)
}

fn code<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E>) -> String {
    if let Some(code) = error.code().filter(|code| is_error_code(code)) {
        return code.to_owned();
    }
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    if is_too_large(error) {
        return "AnswerTooLarge".to_owned();
    }
    match (error, status) {
        // The status arrived, but not the complete body.
        (SdkError::ResponseError(cut), _) if cut.raw().body().bytes().is_none() => {
            "ConnectionError".to_owned()
        }
        // Some endpoints and proxies deny without an error code in the body.
        (_, Some(403)) => "AccessDenied".to_owned(),
        (_, Some(status @ 300..)) => format!("HttpError {status}"),
        (_, Some(_)) => "MalformedResponse".to_owned(),
        (SdkError::TimeoutError(_), None) => Failure::TIMEOUT.to_owned(),
        (SdkError::DispatchFailure(failure), None) if failure.is_timeout() => {
            Failure::TIMEOUT.to_owned()
        }
        (SdkError::ConstructionFailure(_), None) => "InvalidRequest".to_owned(),
        (_, None) => "ConnectionError".to_owned(),
    }
}

fn is_too_large<E: Error + 'static>(error: &SdkError<E>) -> bool {
    causes(error).any(<dyn Error>::is::<LengthLimitError>)
}

fn without_message<E: Error + 'static>(error: &SdkError<E>) -> String {
    if is_too_large(error) {
        return "the answer is longer than any that AWS gives; is something else answering?"
            .to_owned();
    }
    match error
        .raw_response()
        .map(|response| response.status().as_u16())
    {
        Some(status @ 300..) => {
            format!("HTTP status {status}, with a body that is not an AWS error")
        }
        // The SDK's outer errors only say where in the SDK the cause occurred.
        Some(_) => last_causes(error, 1),
        None => last_causes(error, 2),
    }
}

/// Returns an error and its causes, the outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

/// Returns the messages of an error and its causes on one line, without those of servers and
/// programs.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = Vec::new();
    for cause in causes(error) {
        words.push(match cause.downcast_ref::<ErrorMetadata>() {
            // Its `Display` contains the server's whole message.
            Some(metadata) => own_code(metadata),
            None => own_words(&cause.to_string()),
        });
    }
    one_line(&words.join(": "), MAX_MESSAGE)
}

/// Returns the messages of the innermost causes; the outer ones hardly say more than that something
/// failed.
pub(crate) fn last_causes(error: &(dyn Error + 'static), count: usize) -> String {
    let causes: Vec<_> = causes(error).collect();
    chain(causes[causes.len().saturating_sub(count)])
}

/// The SDK's feature for sessions of `aws login`, without which it was built.
pub(crate) const LOGIN_FEATURE: &str = "credentials-login";

/// Returns why a source of credentials failed.
pub(crate) fn credentials_failure(error: &CredentialsError) -> String {
    let words = last_causes(error, 1).replace("ProfileFile provider could not be built: ", "");
    if words.contains(LOGIN_FEATURE) {
        return "sessions of `aws login` cannot be used".to_owned();
    }
    let io = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    // The SDK's message does not mention that a file cannot be read.
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            format!("a file that holds them cannot be read: {words}")
        }
        _ => words,
    }
}

/// Returns the code of a server's error, if it looks like one of AWS's.
fn own_code(metadata: &ErrorMetadata) -> String {
    let code = metadata.code().filter(|code| is_error_code(code));
    code.unwrap_or("an error without a code").to_owned()
}

/// Removes what may repeat a secret from an error's text: a server's message after its code
/// (`ForbiddenException: …`), a program's standard error, and URLs except for their origins.
fn own_words(text: &str) -> String {
    let code = text.split_once(": ").map(|(code, _)| code);
    let text = code.filter(|code| !code.contains(' ')).unwrap_or(text);
    let text = text.split(" Stderr: ").next().unwrap_or(text);
    let text = text
        .split(" `")
        .next()
        .filter(|text| text.ends_with(" endpoint"))
        .unwrap_or(text);
    let mut words = Vec::new();
    for word in text.split(' ') {
        words.push(if word.contains("://") {
            origin(word)
        } else {
            word.to_owned()
        });
    }
    words.join(" ")
}

/// Returns an error code without a namespace before it and a URL after it:
/// `aws.protocoltests#FooError:http://…`.
pub(crate) fn error_name(code: &str) -> &str {
    let before_url = code.split(':').next().unwrap_or(code);
    before_url.rsplit('#').next().unwrap_or(before_url)
}

/// Whether the text looks like an error code of AWS rather than a secret that a server repeats.
pub(crate) fn is_error_code(text: &str) -> bool {
    (1..=MAX_CODE).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'.')
}

/// Whether the text looks like AWS's request id, a UUID, rather than a token that a server repeats.
pub(crate) fn is_request_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= MAX_CODE && text.bytes().all(is_allowed)
}

/// Returns the text without line breaks and other control characters, truncated to `max`
/// characters.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let spaced = text.replace(char::is_control, " ");
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_bounded_line() {
        assert_eq!(one_line(" <html>\r\n\t<b>\u{1b}[31mNo</b>", 80), "<html> <b> [31mNo</b>");
        assert_eq!(one_line("ääää", 3), "äää…");
    }

    /// The words of a denial are those of the documentation:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    #[test]
    fn words_that_may_hold_a_secret_are_withheld() {
        let user = "User: arn:aws:iam::111122223333:user/ann";
        assert!(is_harmless(&format!(
            "{user} is not authorized to perform: iam:GetAccountSummary on resource: * because no \
             identity-based policy allows the iam:GetAccountSummary action"
        )));
        assert!(is_harmless("Rate exceeded"));
        assert!(is_request_id("b25f48e8-84fd-11e6-80d9-574e0c4664cb"));
        assert!(!is_request_id("FwoGZXIvYXdzSECRET"));
        assert!(is_error_code("InvalidUserID.NotFound") && is_error_code("Throttling"));
        assert!(
            !is_error_code("")
                && !is_error_code("wJalrXUtnFEMI/K7MDENG")
                && !is_error_code("AKIAIOSFODNN7EXAMPLE")
        );
        assert!(!is_harmless("The Canonical String for this request should have been SECRET"));
        assert!(!is_harmless("x-amz-security-token:SECRET is not authorized to perform: a:B"));
        assert_eq!(own_words("ForbiddenException: no access for SECRET"), "ForbiddenException");
        assert_eq!(own_words("exited with code 1. Stderr: SECRET"), "exited with code 1.");
        let endpoint = "failed to apply endpoint `user:SECRET@host` to request `Request {}`";
        assert_eq!(own_words(endpoint), "failed to apply endpoint");
        let container = "invalid full URI (not an allowed address): http://ann:SECRET@host/SECRET";
        let shown = "invalid full URI (not an allowed address): http://host";
        assert_eq!(own_words(container), shown);
        let said = ErrorMetadata::builder()
            .code("SignatureDoesNotMatch")
            .message("SECRET")
            .build();
        assert_eq!(chain(&said), "SignatureDoesNotMatch");
        let said = ErrorMetadata::builder()
            .code("SECRET/1")
            .message("SECRET")
            .build();
        assert_eq!(chain(&said), "an error without a code");
        let profile = "could not find profile `prod` in the files";
        assert_eq!(own_words(profile), profile);
        assert_eq!(own_words("tcp connect error: refused"), "tcp connect error: refused");
    }

    #[test]
    fn a_gap_names_the_operation_that_failed() {
        let gap = Failure::new("Throttling", "Rate exceeded")
            .during("GenerateCredentialReport")
            .gap(Source::CredentialReport, Timestamp::UNIX_EPOCH);
        assert_eq!(gap.operation, "GenerateCredentialReport");
        assert_eq!(gap.action, "iam:GenerateCredentialReport");
        assert_eq!(gap.at, Some(Timestamp::UNIX_EPOCH));
    }
}
