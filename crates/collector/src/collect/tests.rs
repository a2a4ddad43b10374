//! Collection by the real SDK from a fake IAM over HTTP, one fault at a time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::timeout::TimeoutConfig;
use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const ARN: &str = "arn:aws:iam::111122223333";
const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
    <Message>User: ann is not authorized</Message></Error><RequestId>r-1</RequestId></ErrorResponse>";
const THROTTLED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
    <Message>Rate exceeded</Message></Error></ErrorResponse>";
const NO_SUCH_ENTITY: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>\
    <Message>It cannot be found.</Message></Error></ErrorResponse>";
/// Some emulators put one element more around the error, and the SDK finds no code in it.
const DENIED_BY_EMULATOR: &str = "<ErrorResponse><Errors><Error><Code>AccessDenied</Code>\
    <Message>no</Message></Error></Errors><RequestID>r-2</RequestID></ErrorResponse>";
const HTML: &str = "<!doctype html>\n<title>500 Internal Server Error</title>\n<p>Sorry.</p>";

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn answer(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
}

/// Three users: ann and bob with a key each, ann with a security key, bob with an authenticator
/// app, and eve with neither.
fn report() -> String {
    let csv = format!(
        "user,arn,mfa_active,access_key_1_active,access_key_2_active\n\
         <root_account>,{ARN}:root,true,false,false\n\
         ann,{ARN}:user/ann,true,true,false\n\
         bob,{ARN}:user/bob,true,false,true\n\
         eve,{ARN}:user/eve,false,false,false"
    );
    format!(
        "<Content>{}</Content><ReportFormat>text/csv</ReportFormat>\
         <GeneratedTime>2026-01-02T01:00:00Z</GeneratedTime>",
        BASE64.encode(csv)
    )
}

fn device(user: &str) -> String {
    format!(
        "<member><SerialNumber>{ARN}:mfa/{user}</SerialNumber><User><UserName>{user}</UserName>\
         <Arn>{ARN}:user/{user}</Arn></User><EnableDate>2025-01-01T00:00:00Z</EnableDate></member>"
    )
}

fn key(user: &str) -> String {
    format!(
        "<AccessKeyMetadata><member><UserName>{user}</UserName><AccessKeyId>AKIA{user}</AccessKeyId>\
         <Status>Active</Status><CreateDate>2024-01-01T00:00:00Z</CreateDate></member>\
         </AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    )
}

/// What a healthy account answers to an operation.
fn healthy(operation: &str) -> String {
    let result = match operation {
        "ListAccountAliases" => {
            "<IsTruncated>false</IsTruncated><AccountAliases><member>acme</member></AccountAliases>"
                .to_owned()
        }
        "GetCredentialReport" => report(),
        "GetAccountSummary" => {
            "<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>".to_owned()
        }
        "GetAccountPasswordPolicy" => {
            "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength></PasswordPolicy>"
                .to_owned()
        }
        "ListVirtualMFADevices" => format!(
            "<IsTruncated>false</IsTruncated><VirtualMFADevices>{}</VirtualMFADevices>",
            device("bob")
        ),
        "GetAccountAuthorizationDetails" => format!(
            "<IsTruncated>false</IsTruncated><UserDetailList><member><UserName>ann</UserName>\
             <Arn>{ARN}:user/ann</Arn><CreateDate>2023-01-01T00:00:00Z</CreateDate>\
             <UserPolicyList><member><PolicyName>all</PolicyName>\
             <PolicyDocument>%7B%22Statement%22%3A%5B%5D%7D</PolicyDocument></member>\
             </UserPolicyList></member></UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>"
        ),
        "ListAccessKeys" => key("ann"),
        "ListMFADevices" => format!(
            "<MFADevices><member><UserName>ann</UserName><SerialNumber>{ARN}:u2f/user/ann/k\
             </SerialNumber><EnableDate>2025-01-01T00:00:00Z</EnableDate></member></MFADevices>\
             <IsTruncated>false</IsTruncated>"
        ),
        other => panic!("{other} is not called"),
    };
    answer(operation, &result)
}

/// An IAM that is healthy unless told otherwise.
struct FakeIam(MockServer);

impl FakeIam {
    async fn start() -> FakeIam {
        let iam = FakeIam(MockServer::start().await);
        let called = Source::ALL.into_iter().filter(|&source| source != Source::CallerIdentity);
        for operation in called.map(Source::operation) {
            iam.mount(
                9,
                operation,
                "",
                ResponseTemplate::new(200).set_body_string(healthy(operation)),
            )
            .await;
        }
        let bob = answer("ListAccessKeys", &key("bob"));
        let bob = ResponseTemplate::new(200).set_body_string(bob);
        iam.mount(8, "ListAccessKeys", "UserName=bob", bob).await;
        iam
    }

    async fn mount(&self, priority: u8, operation: &str, parameter: &str, with: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(body_string_contains(format!("Action={operation}&")))
            .and(body_string_contains(parameter))
            .respond_with(with)
            .with_priority(priority)
            .mount(&self.0)
            .await;
    }

    /// Answers that operation, if called with that parameter, with this instead.
    async fn says(&self, operation: &str, parameter: &str, status: u16, body: &str) {
        let with = ResponseTemplate::new(status)
            .insert_header("x-amzn-requestid", "r-3")
            .set_body_string(body);
        self.mount(1, operation, parameter, with).await;
    }

    async fn collect(&self) -> Bundle {
        collect_from(&self.0.uri(), false).await
    }
}

/// Remembers the calls.
#[derive(Default)]
struct Calls(Mutex<Vec<String>>);

impl Progress for Calls {
    fn call(&self, operation: &str) {
        self.0.lock().unwrap().push(operation.to_owned());
    }
}

fn options(quick: bool) -> Options {
    Options {
        profile: None,
        region: None,
        role_arn: None,
        external_id: None,
        quick,
        tool: "portcullis 0.1.0".to_owned(),
        report_deadline: Duration::from_secs(2),
        max_report_age: Duration::from_hours(4),
        clock: now,
    }
}

fn config(endpoint: &str) -> aws_sdk_iam::config::Builder {
    let retries =
        RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1));
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(500)).build();
    aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-test-1"))
        .credentials_provider(Credentials::new("AKIATEST", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .retry_config(retries)
        .timeout_config(timeouts)
}

async fn collect_from(endpoint: &str, quick: bool) -> Bundle {
    let calls = Calls::default();
    let caller = shapes::CallerIdentity {
        user_id: None,
        account: "111122223333".to_owned(),
        arn: "arn:aws-cn:iam::111122223333:user/auditor".to_owned(),
    };
    let iam = Iam::new(config(endpoint), &calls);
    Box::pin(gather(&iam, Ok(caller), now(), &options(quick))).await
}

fn document(bundle: &Bundle, source: Source) -> Json {
    serde_json::from_slice(&bundle.documents[&source].bytes).unwrap()
}

/// The code of the one gap that voids a source.
fn code(bundle: &Bundle, source: Source) -> &str {
    assert!(!bundle.documents.contains_key(&source), "{source} has a document");
    let mut gaps = bundle.gaps.iter().filter(|gap| gap.source == source);
    let gap = gaps.next().unwrap_or_else(|| panic!("{source} has no gap"));
    assert_eq!((gaps.next(), &gap.resource), (None, &None));
    &gap.code
}

#[tokio::test]
async fn a_healthy_account_has_no_gap() {
    let bundle = FakeIam::start().await.collect().await;
    assert_eq!(bundle.gaps, []);
    assert!(bundle.documents.keys().copied().eq(Source::ALL));
    let manifest = bundle.manifest.as_ref().unwrap();
    assert_eq!(manifest.account.as_deref(), Some("111122223333"));
    assert_eq!(manifest.partition.as_deref(), Some("aws-cn"));
    assert_eq!(document(&bundle, Source::AccessKeys)["Users"], json!(["ann", "bob"]));
    assert_eq!(document(&bundle, Source::MfaDevices)["Users"], json!(["ann"]));
    let details = document(&bundle, Source::AccountAuthorizationDetails);
    let policy = &details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"];
    assert_eq!(*policy, json!({"Statement": []}));
}

#[tokio::test]
async fn live_is_what_is_written_and_read() {
    let iam = FakeIam::start().await;
    iam.says("GetAccountSummary", "", 403, DENIED).await;
    iam.says("ListAccessKeys", "UserName=bob", 400, THROTTLED).await;
    let bundle = iam.collect().await;
    let dir = tempfile::tempdir().unwrap();
    bundle.write(&dir.path().join("bundle")).unwrap();
    assert_eq!(Bundle::read(&dir.path().join("bundle")).unwrap(), bundle);
    assert_eq!(crate::verify(&dir.path().join("bundle")).unwrap(), []);
}

/// Every operation × every way to fail: a gap with the code, no document, and the rest stays.
#[tokio::test]
async fn a_failing_call_is_a_gap_and_the_rest_goes_on() {
    let faults = [
        (403, DENIED, "AccessDenied"),
        (403, DENIED_BY_EMULATOR, "AccessDenied"),
        (403, "", "AccessDenied"),
        (400, THROTTLED, "Throttling"),
        (500, HTML, "HttpError 500"),
        (503, "", "HttpError 503"),
        (200, HTML, "MalformedResponse"),
        (200, "", "MalformedResponse"),
    ];
    for source in Source::ALL.into_iter().filter(|&source| source != Source::CallerIdentity) {
        for (status, body, expected) in faults {
            let iam = FakeIam::start().await;
            iam.says(source.operation(), "", status, body).await;
            let bundle = iam.collect().await;
            assert_eq!(code(&bundle, source), expected, "{source} {status} {body}");
            let gap = bundle.gaps.iter().find(|gap| gap.source == source).unwrap();
            assert_eq!(gap.request_id.as_deref(), Some("r-3"), "{source} {status} {body}");
            assert!(!gap.message.contains('\n') && !gap.message.is_empty());
            let lost = if source == Source::CredentialReport { 3 } else { 1 };
            assert_eq!(bundle.documents.len(), Source::ALL.len() - lost, "{source} {status}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_its_content_is_no_answer() {
    for source in [Source::CredentialReport, Source::AccountSummary, Source::AccountPasswordPolicy]
    {
        let iam = FakeIam::start().await;
        iam.says(source.operation(), "", 200, &answer(source.operation(), "")).await;
        assert_eq!(code(&iam.collect().await, source), "MalformedResponse");
    }
}

/// Cuts every connection after the beginning of an answer.
fn cutting_server(beginning: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |mut connection: TcpStream| {
        let read = connection.read(&mut [0; 4096]);
        read.and_then(|_| connection.write_all(beginning.as_bytes()))
    };
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // Whether the client still listens is not what is tested.
            let _ = connection.and_then(answer);
        }
    });
    endpoint
}

#[tokio::test]
async fn silence_and_cut_connections_have_their_codes() {
    let iam = FakeIam::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    iam.mount(1, "GetAccountSummary", "", late).await;
    assert_eq!(code(&iam.collect().await, Source::AccountSummary), "Timeout");

    for beginning in ["", "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n<GetAccountSummaryResp"] {
        let bundle = collect_from(&cutting_server(beginning), false).await;
        assert_eq!(code(&bundle, Source::AccountSummary), "ConnectionError");
        assert_eq!(code(&bundle, Source::AccessKeys), "NoCredentialReport");
    }
}

#[tokio::test]
async fn no_password_policy_is_an_answer() {
    let iam = FakeIam::start().await;
    iam.says("GetAccountPasswordPolicy", "", 404, NO_SUCH_ENTITY).await;
    let bundle = iam.collect().await;
    assert_eq!(document(&bundle, Source::AccountPasswordPolicy), json!({"PasswordPolicy": null}));
}

fn first_page(list: &str) -> String {
    format!("<IsTruncated>true</IsTruncated><Marker>m2</Marker>{list}")
}

#[tokio::test]
async fn pages_are_put_together() {
    let iam = FakeIam::start().await;
    let list = format!("<VirtualMFADevices>{}</VirtualMFADevices>", device("zoe"));
    let first = answer("ListVirtualMFADevices", &first_page(&list));
    iam.mount(2, "ListVirtualMFADevices", "", ResponseTemplate::new(200).set_body_string(first))
        .await;
    let second = healthy("ListVirtualMFADevices");
    iam.says("ListVirtualMFADevices", "Marker=m2", 200, &second).await;
    let devices = document(&iam.collect().await, Source::VirtualMfaDevices);
    let serial = |i: usize| devices["VirtualMFADevices"][i]["SerialNumber"].as_str().unwrap();
    assert_eq!([serial(0), serial(1)], [format!("{ARN}:mfa/bob"), format!("{ARN}:mfa/zoe")]);
}

#[tokio::test]
async fn a_page_that_fails_voids_its_list() {
    for source in [
        Source::AccountAliases,
        Source::VirtualMfaDevices,
        Source::AccountAuthorizationDetails,
        Source::AccessKeys,
        Source::MfaDevices,
    ] {
        let iam = FakeIam::start().await;
        let first = answer(source.operation(), &first_page(""));
        let first = ResponseTemplate::new(200).set_body_string(first);
        iam.mount(2, source.operation(), "", first).await;
        iam.says(source.operation(), "Marker=m2", 403, DENIED).await;
        assert_eq!(code(&iam.collect().await, source), "AccessDenied");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_no_list() {
    for rest in ["<IsTruncated>true</IsTruncated>", &first_page("")] {
        let iam = FakeIam::start().await;
        iam.says("ListVirtualMFADevices", "", 200, &answer("ListVirtualMFADevices", rest)).await;
        assert_eq!(code(&iam.collect().await, Source::VirtualMfaDevices), "MalformedResponse");
    }
}

#[tokio::test]
async fn a_failure_for_one_user_is_a_gap_of_that_user() {
    let iam = FakeIam::start().await;
    iam.says("ListAccessKeys", "UserName=bob", 403, DENIED).await;
    let bundle = iam.collect().await;
    let keys = document(&bundle, Source::AccessKeys);
    assert_eq!(keys["Users"], json!(["ann"]));
    assert_eq!(keys["AccessKeyMetadata"].as_array().unwrap().len(), 1);
    let [gap] = bundle.gaps.as_slice() else { panic!("{:?}", bundle.gaps) };
    assert_eq!((gap.source, gap.code.as_str()), (Source::AccessKeys, "AccessDenied"));
    assert_eq!(gap.resource.as_deref(), Some("bob"));
}

#[tokio::test]
async fn a_user_deleted_meanwhile_voids_nothing() {
    let iam = FakeIam::start().await;
    iam.says("ListMFADevices", "UserName=ann", 404, NO_SUCH_ENTITY).await;
    let bundle = iam.collect().await;
    let expected = json!({"MFADevices": [], "Users": []});
    assert_eq!(document(&bundle, Source::MfaDevices), expected);
    let [gap] = bundle.gaps.as_slice() else { panic!("{:?}", bundle.gaps) };
    assert_eq!((gap.code.as_str(), gap.resource.as_deref()), ("NoSuchEntity", Some("ann")));
}

#[tokio::test]
async fn without_virtual_devices_everybody_with_mfa_is_asked() {
    let iam = FakeIam::start().await;
    iam.says("ListVirtualMFADevices", "", 403, DENIED).await;
    let bundle = iam.collect().await;
    assert_eq!(document(&bundle, Source::MfaDevices)["Users"], json!(["ann", "bob"]));
}

#[tokio::test]
async fn a_quick_run_asks_nobody() {
    let iam = FakeIam::start().await;
    let bundle = collect_from(&iam.0.uri(), true).await;
    assert_eq!(code(&bundle, Source::AccessKeys), "NotRequested");
    assert_eq!(code(&bundle, Source::MfaDevices), "NotRequested");
    assert_eq!(iam.0.received_requests().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_denied_generate_is_what_the_gap_names() {
    let iam = FakeIam::start().await;
    let absent = NO_SUCH_ENTITY.replace("NoSuchEntity", "ReportNotPresent");
    iam.says("GetCredentialReport", "", 410, &absent).await;
    iam.says("GenerateCredentialReport", "", 403, DENIED_BY_EMULATOR).await;
    let bundle = iam.collect().await;
    assert_eq!(code(&bundle, Source::CredentialReport), "AccessDenied");
    let gap = bundle.gaps.iter().find(|gap| gap.source == Source::CredentialReport).unwrap();
    assert_eq!(gap.action, "iam:GenerateCredentialReport");
}

#[tokio::test]
async fn progress_hears_of_every_call() {
    let iam = FakeIam::start().await;
    let calls = Calls::default();
    let denied = Err(Failure::new("AccessDenied", "no"));
    let iam = Iam::new(config(&iam.0.uri()), &calls);
    let bundle = Box::pin(gather(&iam, denied, now(), &options(false))).await;
    assert_eq!(code(&bundle, Source::CallerIdentity), "AccessDenied");
    assert_eq!(bundle.manifest.unwrap().account, None);
    let mut heard = calls.0.into_inner().unwrap();
    heard.sort();
    let expected = [
        "GetAccountAuthorizationDetails",
        "GetAccountPasswordPolicy",
        "GetAccountSummary",
        "GetCredentialReport",
        "ListAccessKeys",
        "ListAccessKeys",
        "ListAccountAliases",
        "ListMFADevices",
        "ListVirtualMFADevices",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn an_answer_cut_short_is_no_answer() {
    let whole = healthy("ListVirtualMFADevices");
    let cut = &whole[..whole.find("</VirtualMFADevices>").unwrap()];
    let iam = FakeIam::start().await;
    iam.says("ListVirtualMFADevices", "", 200, cut).await;
    assert_eq!(code(&iam.collect().await, Source::VirtualMfaDevices), "MalformedResponse");
}
