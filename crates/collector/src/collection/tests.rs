//! Collection by the real SDK from a fake AWS over HTTP, one fault at a time.

mod details;
pub(crate) mod fake;
mod faults;
mod sources;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value as Json, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use self::fake::*;
use super::*;

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
    let bundle = FakeAws::start().await.collect().await;
    assert_eq!(bundle.gaps, []);
    assert!(bundle.documents.keys().copied().eq(Source::ALL));
    let manifest = bundle.manifest.as_ref().unwrap();
    assert_eq!(manifest.account.as_deref(), Some("111122223333"));
    assert_eq!(manifest.partition.as_deref(), Some("aws-cn"));
    assert_eq!(manifest.region.as_deref(), Some("eu-test-1"));
    let [endpoint] = manifest.endpoints.as_slice() else {
        panic!("{:?}", manifest.endpoints)
    };
    assert!(endpoint.starts_with("http://127.0.0.1:"), "{endpoint}");
    assert_eq!(document(&bundle, Source::AccessKeys)["Users"], json!(["ann", "bob"]));
    assert_eq!(document(&bundle, Source::MfaDevices)["Users"], json!(["ann", "bob"]));
    let details = document(&bundle, Source::AccountAuthorizationDetails);
    let policy = &details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"];
    let statement = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    assert_eq!(*policy, json!({"Statement": statement}));
}

/// A program that collects several accounts spawns one task for each.
#[test]
fn collecting_may_move_between_threads() {
    fn movable(_: &impl Send) {}
    movable(&collect(&options(false)));
}

/// The other tests are in `aws-cn`, where Account Management exists.
#[tokio::test]
async fn what_the_partition_does_not_offer_is_not_called() {
    let iam = FakeAws::start().await;
    let caller = shapes::CallerIdentity {
        user_id: None,
        account: "111122223333".to_owned(),
        arn: "arn:aws-us-gov:iam::111122223333:user/auditor".to_owned(),
    };
    let calls = Heard::default();
    let bundle = gather(&iam.0.uri(), Ok(caller), &options(false), &calls).await;
    assert!(
        !calls
            .0
            .lock()
            .unwrap()
            .contains(&"GetAlternateContact".to_owned())
    );
    assert_eq!(code(&bundle, Source::AlternateContacts), Gap::NOT_REQUESTED);
    assert_eq!(bundle.gaps[0].message, "AWS does not offer it in this partition");
    assert_eq!(bundle.documents.len(), Source::ALL.len() - 1);
}

#[tokio::test]
async fn live_is_what_is_written_and_read() {
    let iam = FakeAws::start().await;
    iam.says("GetAccountSummary", "", 403, DENIED).await;
    iam.says("ListAccessKeys", "UserName=bob", 400, THROTTLED)
        .await;
    let bundle = iam.collect().await;
    let dir = tempfile::tempdir().unwrap();
    bundle.write(&dir.path().join("bundle")).unwrap();
    assert_eq!(Bundle::read(&dir.path().join("bundle")).unwrap(), bundle);
    assert_eq!(portcullis_evidence::verify(&dir.path().join("bundle")).unwrap(), []);
}

/// A gap with the code, no document, and the rest stays; `faults` has all the ways to fail.
#[tokio::test]
async fn a_failing_call_is_a_gap_and_the_rest_goes_on() {
    for source in Source::ALL
        .into_iter()
        .filter(|&source| source != Source::CallerIdentity)
    {
        let aws = FakeAws::start().await;
        aws.says(source.operation(), "", 403, DENIED_BY_EMULATOR)
            .await;
        let bundle = aws.collect().await;
        assert_eq!(code(&bundle, source), "AccessDenied", "{source}");
        let gap = bundle.gaps.iter().find(|gap| gap.source == source).unwrap();
        assert_eq!(gap.request_id.as_deref(), Some("r-3"), "{source}");
        let lost = if source == Source::CredentialReport {
            3
        } else {
            1
        };
        assert_eq!(bundle.documents.len(), Source::ALL.len() - lost, "{source}");
    }
}

#[tokio::test]
async fn an_answer_without_its_content_is_no_answer() {
    for source in [Source::CredentialReport, Source::AccountSummary, Source::AccountPasswordPolicy]
    {
        let iam = FakeAws::start().await;
        iam.says(source.operation(), "", 200, &answer(source.operation(), ""))
            .await;
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
    let iam = FakeAws::start().await;
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
async fn the_run_ends_at_its_deadline() {
    let aws = FakeAws::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    aws.mount(1, "GetAccountSummary", "", late).await;
    let options = Options { deadline: Duration::from_millis(300), ..options(false) };
    let denied = Err(Failure::new("AccessDenied", "no"));
    let begin = std::time::Instant::now();
    let bundle = gather(&aws.0.uri(), denied, &options, &Heard::default()).await;
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(code(&bundle, Source::AccountSummary), "DeadlineExceeded");
    let gap = bundle
        .gaps
        .iter()
        .find(|gap| gap.source == Source::AccountSummary)
        .unwrap();
    assert_eq!(gap.message, "the run ended after 0.3 seconds, before AWS answered");
}

#[tokio::test]
async fn no_password_policy_is_an_answer() {
    let iam = FakeAws::start().await;
    iam.says("GetAccountPasswordPolicy", "", 404, NO_SUCH_ENTITY)
        .await;
    let bundle = iam.collect().await;
    assert_eq!(document(&bundle, Source::AccountPasswordPolicy), json!({"PasswordPolicy": null}));
}

fn first_page(list: &str) -> String {
    // ListDelegationRequests writes the flag with a small letter.
    let truncated = "<IsTruncated>true</IsTruncated><isTruncated>true</isTruncated>";
    format!("{truncated}<Marker>m2</Marker>{list}")
}

#[tokio::test]
async fn pages_are_put_together() {
    let iam = FakeAws::start().await;
    let list = format!("<VirtualMFADevices>{}</VirtualMFADevices>", device("zoe"));
    let first = answer("ListVirtualMFADevices", &first_page(&list));
    iam.mount(2, "ListVirtualMFADevices", "", ResponseTemplate::new(200).set_body_string(first))
        .await;
    let second = healthy("ListVirtualMFADevices");
    iam.says("ListVirtualMFADevices", "Marker=m2", 200, &second)
        .await;
    let devices = document(&iam.collect().await, Source::VirtualMfaDevices);
    let serial = |i: usize| {
        devices["VirtualMFADevices"][i]["SerialNumber"]
            .as_str()
            .unwrap()
    };
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
        Source::DelegationRequests,
    ] {
        let iam = FakeAws::start().await;
        // A page without its list is not an answer.
        let first = first_page(
            "<AccountAliases/><VirtualMFADevices/><AccessKeyMetadata/><MFADevices/><DelegationRequests/>",
        );
        let first = answer(source.operation(), &first);
        let first = ResponseTemplate::new(200).set_body_string(first);
        iam.mount(2, source.operation(), "", first).await;
        iam.says(source.operation(), "Marker=m2", 403, DENIED).await;
        assert_eq!(code(&iam.collect().await, source), "AccessDenied");
    }
}

#[tokio::test]
async fn details_without_one_of_their_lists_are_not_an_answer() {
    let whole = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
    for absent in whole {
        let lists = whole.into_iter().filter(|list| *list != absent);
        let lists: String = lists.flat_map(|list| ["<", list, "/>"]).collect();
        let body = answer("GetAccountAuthorizationDetails", &lists);
        let aws = FakeAws::start().await;
        aws.says("GetAccountAuthorizationDetails", "", 200, &body)
            .await;
        let bundle = aws.collect().await;
        assert_eq!(code(&bundle, Source::AccountAuthorizationDetails), "MalformedResponse");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_no_list() {
    for rest in ["<IsTruncated>true</IsTruncated>", &first_page("")] {
        let iam = FakeAws::start().await;
        iam.says("ListVirtualMFADevices", "", 200, &answer("ListVirtualMFADevices", rest))
            .await;
        assert_eq!(code(&iam.collect().await, Source::VirtualMfaDevices), "MalformedResponse");
    }
    // The third page is the second again.
    let iam = FakeAws::start().await;
    let page = |next: &str| first_page("<AccessKeyMetadata/>").replace("m2", next);
    for (marker, next) in [("", "m2"), ("Marker=m2", "m3"), ("Marker=m3", "m2")] {
        let body = answer("ListAccessKeys", &page(next));
        let body = ResponseTemplate::new(200).set_body_string(body);
        let priority = if marker.is_empty() { 2 } else { 1 };
        iam.mount(priority, "ListAccessKeys", marker, body).await;
    }
    assert_eq!(code(&iam.collect().await, Source::AccessKeys), "MalformedResponse");
}

#[tokio::test]
async fn a_failure_for_one_user_is_a_gap_of_that_user() {
    let iam = FakeAws::start().await;
    iam.says("ListAccessKeys", "UserName=bob", 403, DENIED)
        .await;
    let bundle = iam.collect().await;
    let keys = document(&bundle, Source::AccessKeys);
    assert_eq!(keys["Users"], json!(["ann"]));
    assert_eq!(keys["AccessKeyMetadata"].as_array().unwrap().len(), 1);
    let [gap] = bundle.gaps.as_slice() else {
        panic!("{:?}", bundle.gaps)
    };
    assert_eq!((gap.source, gap.code.as_str()), (Source::AccessKeys, "AccessDenied"));
    assert_eq!(gap.resource.as_deref(), Some("bob"));
}

#[tokio::test]
async fn a_user_deleted_meanwhile_voids_nothing() {
    let iam = FakeAws::start().await;
    iam.says("ListMFADevices", "UserName=ann", 404, NO_SUCH_ENTITY)
        .await;
    let bundle = iam.collect().await;
    let devices = document(&bundle, Source::MfaDevices);
    assert_eq!(devices["Users"], json!(["bob"]));
    assert_eq!(devices["MFADevices"].as_array().unwrap().len(), 1);
    let [gap] = bundle.gaps.as_slice() else {
        panic!("{:?}", bundle.gaps)
    };
    assert_eq!((gap.code.as_str(), gap.resource.as_deref()), ("NoSuchEntity", Some("ann")));

    let iam = FakeAws::start().await;
    let cut = NO_SUCH_ENTITY.trim_end_matches("</ErrorResponse>");
    iam.says("ListMFADevices", "UserName=ann", 404, cut).await;
    iam.says("ListMFADevices", "UserName=bob", 404, cut).await;
    assert_eq!(code(&iam.collect().await, Source::MfaDevices), "NoSuchEntity", "cut short");
}

#[tokio::test]
async fn calls_that_are_throttled_in_a_row_end_an_operation() {
    let names: Vec<String> = (0..100).map(|n| format!("user-{n}")).collect();
    for (code, made) in [("Throttling", 3), ("AccessDenied", 100)] {
        let count = AtomicUsize::new(0);
        let calls = names.iter().map(async |_| {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err::<(), _>(Failure::new(code, "no"))
        });
        let answer = Answer::of_each(&names, calls.collect()).await;
        let asked = answer
            .failures
            .iter()
            .filter(|(_, failure)| failure.message == "no");
        assert_eq!((asked.count(), answer.failures.len()), (made, 100), "{code}");
        // Those under way are given up.
        assert!(count.into_inner() < made + 8, "{code}");
        let failure = answer.or_failed().result.unwrap_err();
        assert_eq!(failure.message, "none of 100 calls succeeded; the first failed with: no");
    }
}

/// The time-outs of these tests allow three seconds for a large page.
#[tokio::test]
async fn details_that_take_too_long_come_on_smaller_pages() {
    let aws = FakeAws::start().await;
    let operation = "GetAccountAuthorizationDetails";
    let slow = |milliseconds| {
        let body = healthy(operation);
        let delay = Duration::from_millis(milliseconds);
        ResponseTemplate::new(200)
            .set_body_string(body)
            .set_delay(delay)
    };
    aws.mount(1, operation, "MaxItems=1000", slow(1_500)).await;
    assert_eq!(aws.collect().await.gaps, [], "three times as long as other calls may take");

    let aws = FakeAws::start().await;
    aws.mount(1, operation, "MaxItems=1000", slow(60_000)).await;
    assert_eq!(aws.collect().await.gaps, []);
    aws.mount(1, operation, "MaxItems=100", slow(60_000)).await;
    let bundle = aws.collect().await;
    assert_eq!(code(&bundle, Source::AccountAuthorizationDetails), "Timeout");
}

#[tokio::test]
async fn a_quick_run_asks_nobody() {
    let iam = FakeAws::start().await;
    let bundle = collect_from(&iam.0.uri(), true).await;
    assert_eq!(code(&bundle, Source::AccessKeys), "NotRequested");
    assert_eq!(code(&bundle, Source::MfaDevices), "NotRequested");
    assert_eq!(iam.0.received_requests().await.unwrap().len(), 21);
}

#[tokio::test]
async fn a_denied_generate_is_what_the_gap_names() {
    let iam = FakeAws::start().await;
    let absent = NO_SUCH_ENTITY.replace("NoSuchEntity", "ReportNotPresent");
    iam.says("GetCredentialReport", "", 410, &absent).await;
    iam.says("GenerateCredentialReport", "", 403, DENIED_BY_EMULATOR)
        .await;
    let bundle = iam.collect().await;
    assert_eq!(code(&bundle, Source::CredentialReport), "AccessDenied");
    let gap = bundle
        .gaps
        .iter()
        .find(|gap| gap.source == Source::CredentialReport)
        .unwrap();
    assert_eq!(gap.action, "iam:GenerateCredentialReport");
}

#[tokio::test]
async fn progress_hears_of_every_call() {
    let iam = FakeAws::start().await;
    let calls = Heard::default();
    let denied = Err(Failure::new("AccessDenied", "no"));
    let bundle = gather(&iam.0.uri(), denied, &options(false), &calls).await;
    assert_eq!(code(&bundle, Source::CallerIdentity), "AccessDenied");
    assert_eq!(bundle.manifest.unwrap().account, None);
    let mut heard = calls.0.lock().unwrap().clone();
    heard.sort();
    let expected = [
        "DescribeOrganization",
        "GetAccountAuthorizationDetails",
        "GetAccountPasswordPolicy",
        "GetAccountSummary",
        "GetAlternateContact",
        "GetAlternateContact",
        "GetAlternateContact",
        "GetCredentialReport",
        "GetOpenIDConnectProvider",
        "GetOutboundWebIdentityFederationInfo",
        "GetSAMLProvider",
        "ListAccessKeys",
        "ListAccessKeys",
        "ListAccountAliases",
        "ListAnalyzers",
        "ListAnalyzers",
        "ListDelegationRequests",
        "ListMFADevices",
        "ListMFADevices",
        "ListOpenIDConnectProviders",
        "ListOrganizationsFeatures",
        "ListSAMLProviders",
        "ListServerCertificates",
        "ListServiceSpecificCredentials",
        "ListVirtualMFADevices",
    ];
    assert_eq!(heard, expected);
}

/// The wait is a random part of the backoff, so that of a day is long.
#[tokio::test]
async fn a_throttled_call_says_so_while_it_waits() {
    let aws = FakeAws::start().await;
    aws.says("GetAccountSummary", "", 400, THROTTLED).await;
    let heard = Heard::default();
    let calls = Calls::new(&Options { progress: Arc::new(heard.clone()), ..options(false) });
    let a_day = Duration::from_hours(24);
    let patient = RetryConfig::standard()
        .with_initial_backoff(a_day)
        .with_max_backoff(a_day);
    let config = config(&aws.0.uri())
        .into_builder()
        .retry_config(patient)
        .build();
    let iam = Iam::new(&config, &calls);
    let both_attempts = async {
        while heard.0.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        answer = iam.account_summary() => panic!("it waits: {answer:?}"),
        () = both_attempts => {}
    }
    assert_eq!(*heard.0.lock().unwrap(), ["GetAccountSummary", "GetAccountSummary 2"]);
    assert_eq!(aws.0.received_requests().await.unwrap().len(), 1, "the second is not sent yet");
}

/// A call that is throttled until the run ends says so, and one that is not answered says that.
#[tokio::test]
async fn a_call_given_up_at_the_deadline_says_what_it_waited_for() {
    let aws = FakeAws::start().await;
    aws.says("GetAccountSummary", "", 400, THROTTLED).await;
    let silent = ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    aws.mount(1, "ListServerCertificates", "", silent).await;
    let patient = RetryConfig::standard().with_initial_backoff(Duration::from_mins(1));
    let config = config(&aws.0.uri())
        .into_builder()
        .retry_config(patient)
        .timeout_config(TimeoutConfig::disabled())
        .build();
    let calls = Calls::new(&Options { deadline: Duration::from_millis(1_500), ..options(false) });
    let iam = Iam::new(&config, &calls);
    let (throttled, silent) = tokio::join!(iam.account_summary(), iam.server_certificates());
    let explained = |failure: Failure| failure.explanation();
    assert_eq!(
        explained(throttled.unwrap_err()),
        "AWS throttled the call for 1.5 seconds, until time was up (Throttling)"
    );
    assert_eq!(
        explained(silent.unwrap_err()),
        "the run ended after 1.5 seconds, before AWS answered (DeadlineExceeded)"
    );
}

/// The budget is that of <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>: 500
/// tokens, of which a retry costs at least five.
#[tokio::test]
async fn the_calls_of_an_account_share_a_budget_of_retries() {
    let aws = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(500))
        .mount(&aws)
        .await;
    let config = config(&aws.uri());
    let asked = async || aws.received_requests().await.unwrap().len();
    let ask = async |iam: &Iam<'_>| {
        let before = asked().await;
        iam.account_summary().await.unwrap_err();
        asked().await - before
    };
    let calls = Calls::new(&options(false));
    let iam = Iam::new(&config, &calls);
    let mut attempts = Vec::new();
    for _ in 0..110 {
        attempts.push(ask(&iam).await);
    }
    let retried = attempts.iter().filter(|&&attempts| attempts == 2).count();
    assert!((10..=100).contains(&retried), "{retried}");
    assert_eq!(attempts[retried..], vec![1; 110 - retried], "none is left");
    let before = asked().await;
    let services = JsonServices::new(config.clone(), "aws", &calls);
    services.organization().await.unwrap_err();
    assert_eq!(asked().await - before, 1, "services beside IAM spend the same");
    let others = Calls::new(&options(false));
    assert_eq!(ask(&Iam::new(&config, &others)).await, 2, "another account has its own");
}

#[tokio::test]
async fn an_answer_cut_short_is_no_answer() {
    let whole = healthy("ListVirtualMFADevices");
    let cut = &whole[..whole.find("</VirtualMFADevices>").unwrap()];
    let iam = FakeAws::start().await;
    iam.says("ListVirtualMFADevices", "", 200, cut).await;
    assert_eq!(code(&iam.collect().await, Source::VirtualMfaDevices), "MalformedResponse");
}
