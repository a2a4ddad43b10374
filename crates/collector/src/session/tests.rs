//! The first call, by the real SDK to a fake STS: what stops a run, and with which advice.

use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::Result as CredentialsResult;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::collection::tests::fake;

#[expect(clippy::unnecessary_wraps, reason = "other sources of credentials fail")]
fn keys() -> CredentialsResult {
    Ok(Credentials::new("AKIATEST", "secret", None, None, "test"))
}

async fn config_with(endpoint: &str, credentials: fn() -> CredentialsResult) -> SdkConfig {
    let provider = provide_credentials_fn(move || async move { credentials() });
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-test-1"))
        .endpoint_url(endpoint)
        .http_client(http::client(&Env::default(), None).unwrap())
        .retry_config(RetryConfig::standard().with_max_attempts(1))
        .credentials_provider(provider)
        .load()
        .await
}

/// The first call of a run, which may take two seconds, under a role or as whoever calls.
pub(crate) async fn enter(config: SdkConfig, has_role: bool) -> Result<Session, CollectError> {
    let options = options(None);
    let role_arn = options.role_arn.clone().filter(|_| has_role);
    let options = Options { role_arn, ..options };
    let base = Base { config, profile: "prod".to_owned(), place: "at the test".to_owned() };
    base.enter(&options, &Calls::new(&options), Duration::from_secs(2))
        .await
}

async fn sts(operation: &str, status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(body_string_contains(format!("Action={operation}&")))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    server
}

fn error_body(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>no {code}</Message></Error></ErrorResponse>"
    )
}

fn options(profile: Option<&str>) -> Options {
    Options {
        profile: profile.map(str::to_owned),
        role_arn: Some("arn:aws:iam::111122223333:role/a".to_owned()),
        ..fake::options(false)
    }
}

fn attempt<'a>(options: &'a Options, calls: &'a Calls) -> Attempt<'a> {
    let place = "in the region eu-test-1".to_owned();
    Attempt { options, calls, profile: "prod", place, limit: PREFLIGHT_LIMIT }
}

async fn ask(config: &SdkConfig) -> Result<Result<shapes::CallerIdentity, Failure>, CollectError> {
    let options = options(None);
    caller_identity(config, &attempt(&options, &Calls::new(&options))).await
}

/// The configuration under that role.
fn as_role(base: SdkConfig) -> SdkConfig {
    let options = options(None);
    with_role(base, &options, &Calls::new(&options), PREFLIGHT_LIMIT)
}

/// The error of a first call that AWS answers so.
async fn error_after(status: u16, body: &str) -> CollectError {
    let server = sts("GetCallerIdentity", status, body).await;
    ask(&config_with(&server.uri(), keys).await)
        .await
        .expect_err("an error")
}

/// The error of a first call for which no credentials could be loaded.
async fn error_without(credentials: fn() -> CredentialsResult) -> CollectError {
    ask(&config_with("http://127.0.0.1:9", credentials).await)
        .await
        .expect_err("an error")
}

#[tokio::test]
async fn the_caller_is_known() {
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><UserId>U</UserId>\
        <Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ann</Arn>\
        </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let server = sts("GetCallerIdentity", 200, body).await;
    let caller = ask(&config_with(&server.uri(), keys).await)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(caller.arn, "arn:aws:iam::111122223333:user/ann");
}

/// In a bundle too: it is passed on more readily than a report.
#[tokio::test]
async fn the_name_of_a_session_is_kept_nowhere() {
    let session = "arn:aws:sts::111122223333:assumed-role/audit/ann@example.com";
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><UserId>AROA1:ann@example.com</UserId>\
         <Account>111122223333</Account><Arn>{session}</Arn></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    );
    let server = sts("GetCallerIdentity", 200, &body).await;
    let caller = ask(&config_with(&server.uri(), keys).await)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(caller.arn, "arn:aws:sts::111122223333:assumed-role/audit");
    assert_eq!(caller.user_id.as_deref(), Some("AROA1"));

    let denial = format!("User: {session} is not authorized to perform: sts:GetCallerIdentity");
    let body = error_body("AccessDenied").replace("no AccessDenied", &denial);
    let server = sts("GetCallerIdentity", 403, &body).await;
    let failure = ask(&config_with(&server.uri(), keys).await)
        .await
        .unwrap()
        .unwrap_err();
    let shown = "User: arn:aws:sts::111122223333:assumed-role/audit is not authorized to perform: \
                 sts:GetCallerIdentity";
    assert_eq!(failure.message, shown);
}

#[test]
fn what_keeps_the_accounts_from_being_listed_is_what_to_fix() {
    for (code, words) in [
        ("Timeout", "check the network"),
        ("ConnectionError", "check the network"),
        ("MalformedResponse", "check the network"),
        ("HttpError 502", "check the network"),
        ("TooManyRequestsException", "AWS throttles"),
        ("AccessDeniedException", "use credentials of the management account"),
        ("AWSOrganizationsNotInUseException", "use credentials of the management account"),
        ("ParentNotFoundException", "check the id of the organizational unit"),
    ] {
        let (code, reason) = (code.to_owned(), String::new());
        let help = CollectError::OrganizationNotListed { code, reason }.help();
        assert!(help.starts_with(words), "{help}");
    }
}

#[test]
fn credentials_that_others_outrank_are_listed() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let place = |profile, variables: &[(&str, &str)]| {
        ignored(profile, &Env::from_slice(variables)).map(|look| look.place)
    };
    let named = [&keys[..], &[("AWS_PROFILE", "prod")]].concat();
    assert_eq!(place(Some("prod"), &keys), Some("environment"));
    assert_eq!(place(Some("prod"), &named), Some("environment"));
    assert_eq!(place(None, &named), Some("profile"));
    assert_eq!(place(None, &keys), None);
    assert_eq!(place(Some("prod"), &keys[..1]), None);
    assert_eq!(place(None, &named[2..]), None);
}

#[tokio::test]
async fn a_denied_first_call_stops_nothing() {
    let by_emulator =
        "<ErrorResponse><Errors><Error><Code>AccessDenied</Code></Error></Errors></ErrorResponse>";
    for (status, body, code) in [
        (403, error_body("AccessDenied"), "AccessDenied"),
        (403, by_emulator.to_owned(), "AccessDenied"),
        (400, error_body("Throttling"), "Throttling"),
        (500, "<html>".to_owned(), "HttpError 500"),
    ] {
        let server = sts("GetCallerIdentity", status, &body).await;
        let answer = ask(&config_with(&server.uri(), keys).await).await.unwrap();
        assert_eq!(answer.unwrap_err().code, code);
    }
}

/// Eight mebibytes are the most that is read of any answer but one.
#[tokio::test]
async fn a_first_answer_without_end_is_not_read_to_its_end() {
    let body = "x".repeat((8 << 20) + 1);
    let server = sts("GetCallerIdentity", 200, &body).await;
    let failure = ask(&config_with(&server.uri(), keys).await)
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(failure.code, "AnswerTooLarge");
    let message = "the answer is longer than any that AWS gives; is something else answering?";
    assert_eq!(failure.message, message);
}

#[tokio::test]
async fn rejected_credentials_stop_the_run() {
    for code in ["ExpiredToken", "ExpiredTokenException", "RequestExpired"] {
        let error = error_after(403, &error_body(code)).await;
        assert!(
            matches!(&error, CollectError::Expired { code: found, .. } if found == code),
            "{error}"
        );
    }
    for code in ["InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"] {
        let error = error_after(403, &error_body(code)).await;
        assert!(matches!(&error, CollectError::Invalid(found) if found == code), "{error}");
    }
}

/// The words are those of AWS's page on signatures:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
#[tokio::test]
async fn a_wrong_clock_is_named() {
    for words in [
        "Signature expired: 20120306T074514Z is now earlier than 20120306T074556Z",
        "Signature not yet current: 20230911T152959Z is still later than 20230911T152522Z",
    ] {
        let body = error_body("SignatureDoesNotMatch").replace("no Sig", words);
        let error = error_after(403, &body).await;
        assert!(matches!(&error, CollectError::WrongClock(_)), "{error}");
        assert!(error.help().contains("clock"), "{}", error.help());
    }
    let error = error_after(403, &error_body("RequestTimeTooSkewed")).await;
    assert!(matches!(&error, CollectError::WrongClock(_)), "{error}");
}

/// AWS puts the whole signed request into this message, the session token included.
#[tokio::test]
async fn a_signature_error_repeats_nothing_of_the_request() {
    let body = error_body("SignatureDoesNotMatch").replace("no Sig", "x-amz-security-token:SECRET");
    let error = error_after(403, &body).await;
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
}

#[tokio::test]
async fn absent_credentials_stop_the_run() {
    let error = error_without(|| Err(CredentialsError::not_loaded("nothing in the chain"))).await;
    let expected = "there are no AWS credentials: \
        none in the environment, the profile, a container or the instance";
    assert_eq!(error.to_string(), expected);
    assert!(error.help().starts_with("pass --profile"), "{}", error.help());
    let error =
        error_without(|| Err(CredentialsError::provider_timed_out(CREDENTIALS_LIMIT))).await;
    let expected = "the role arn:aws:iam::111122223333:role/a cannot be assumed: \
        AWS does not answer in time (Timeout)";
    assert_eq!(error.to_string(), expected);
    let error = error_without(|| Err(CredentialsError::invalid_configuration("a loop"))).await;
    assert!(matches!(&error, CollectError::Configuration(reason) if reason == "a loop"), "{error}");
    let error = error_without(|| Err(CredentialsError::provider_error("exit status 3"))).await;
    assert!(matches!(error, CollectError::CredentialsFailed { .. }), "{error}");
}

#[tokio::test]
async fn an_expired_sso_session_names_the_command() {
    for words in [
        "the SSO token has expired and cannot be refreshed",
        "failed to load the cached SSO token",
        "UnauthorizedException: Session token not found or invalid",
    ] {
        let cause = CredentialsError::provider_error(words);
        let failure = aws_sdk_sts::error::ConnectorError::other(cause.into(), None);
        let error = SdkError::<GetCallerIdentityError>::dispatch_failure(failure);
        let options = options(None);
        let error = attempt(&options, &Calls::new(&options))
            .error(&error)
            .unwrap();
        assert_eq!(error.help(), "run `aws sso login --profile prod`");
    }
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_stops_the_run() {
    let error = error_without(keys).await.to_string();
    assert!(error.starts_with("AWS does not answer in the region eu-test-1: "), "{error}");
    assert!(error.contains("refused"), "{error}");
}

#[tokio::test]
async fn a_web_server_that_is_not_aws_stops_the_run() {
    let error = error_after(404, "<html>").await;
    assert!(matches!(error, CollectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_role_that_is_refused_is_named() {
    for (code, words) in [
        (
            "AccessDenied",
            "the role arn:aws:iam::111122223333:role/a cannot be assumed: the rest of the service's \
             answer is withheld (AccessDenied)",
        ),
        ("ExpiredToken", "the AWS credentials have expired (ExpiredToken)"),
        ("InvalidClientTokenId", "AWS does not accept the credentials (InvalidClientTokenId)"),
    ] {
        let server = sts("AssumeRole", 403, &error_body(code)).await;
        let base = config_with(&server.uri(), keys).await;
        let error = ask(&as_role(base)).await.expect_err("an error").to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[tokio::test]
async fn a_role_without_credentials_to_assume_it() {
    let none = || Err(CredentialsError::not_loaded("nothing in the chain"));
    let base = config_with("http://127.0.0.1:9", none).await;
    let error = ask(&as_role(base)).await.unwrap_err();
    assert!(matches!(error, CollectError::NoCredentials { .. }), "{error}");
}

/// Instance metadata that never answers: the provider gives up by itself.
#[tokio::test(start_paused = true)]
async fn a_source_of_credentials_cannot_hang() {
    let never = provide_credentials_fn(std::future::pending);
    let limited = Limited(SharedCredentialsProvider::new(never), CREDENTIALS_LIMIT);
    let error = limited.provide_credentials().await.unwrap_err();
    assert!(matches!(error, CredentialsError::ProviderTimedOut(_)), "{error}");
}

#[test]
fn an_endpoint_is_shown_without_its_password() {
    for (url, shown) in [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        (
            "https://ann:SECRET@aws.example.com:8443/path@x?token=SECRET",
            "https://aws.example.com:8443",
        ),
        ("https://a@b:SECRET@aws.example.com", "https://aws.example.com"),
        ("https://ann:SEC/RET@aws.example.com", "https://ann"),
        ("https://ann:SEC#RET@aws.example.com", "https://ann"),
        ("http://[::1]:4566/path", "http://[::1]:4566"),
        ("http://[::1]", "http://[::1]"),
    ] {
        assert_eq!(origin(url), shown);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html>: IAM is global, with one endpoint for each
/// partition.
#[test]
fn without_a_region_that_of_iam_is_called() {
    for (role, region) in [
        (None, "us-east-1"),
        (Some("not an ARN"), "us-east-1"),
        (Some("arn:aws:iam::111122223333:role/audit"), "us-east-1"),
        (Some("arn:aws-us-gov:iam::111122223333:role/audit"), "us-gov-west-1"),
    ] {
        assert_eq!(default_region(role).as_ref(), region);
    }
}

/// What comes of entering an account where STS answers that operation so.
async fn entered(operation: &str, answer: ResponseTemplate) -> Result<Session, CollectError> {
    let server = MockServer::start().await;
    for (called, priority, answer) in [
        (operation, 1, answer),
        ("AssumeRole", 2, ResponseTemplate::new(200).set_body_string(fake::healthy("AssumeRole"))),
    ] {
        Mock::given(body_string_contains(format!("Action={called}&")))
            .respond_with(answer)
            .with_priority(priority)
            .mount(&server)
            .await;
    }
    let config = config_with(&server.uri(), keys).await;
    let base = Base { config, profile: "prod".to_owned(), place: "here".to_owned() };
    let options = options(None);
    base.enter(&options, &Calls::new(&options), Duration::from_millis(1_400))
        .await
}

/// Whether an account that is throttled for ever counts as throttled must not depend on how fast it is.
#[tokio::test]
async fn who_is_throttled_for_ever_is_not_said_to_be_silent() {
    let throttled = || ResponseTemplate::new(400).set_body_string(error_body("Throttling"));
    let error = entered("AssumeRole", throttled()).await.err().unwrap();
    let words = "the role arn:aws:iam::111122223333:role/a cannot be assumed: AWS throttled the call for \
        0.4 seconds, until time was up (Throttling)";
    assert_eq!(error.to_string(), words);
    assert!(error.help().contains("try again"), "{}", error.help());
    let slowly = throttled().set_delay(Duration::from_millis(900));
    let caller = entered("GetCallerIdentity", slowly).await.unwrap().caller;
    assert_eq!(caller.unwrap_err().code, "Throttling");

    let silent = || ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    let error = entered("AssumeRole", silent()).await.err().unwrap();
    assert!(matches!(&error, CollectError::RoleNotAssumed { code, .. } if code == "Timeout"));
    assert!(error.help().contains("network"), "{}", error.help());
    let error = entered("GetCallerIdentity", silent()).await.err().unwrap();
    assert_eq!(error.to_string(), "AWS does not answer here: no answer within 1.4 seconds");
}
