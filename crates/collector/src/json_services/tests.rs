//! Single calls to a server that plays a service.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use serde_json::json;
use wiremock::matchers::{body_json, header, header_regex, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::collection::tests::fake::{config, options};

const ORGANIZATIONS: Service = Service { id: "Organizations", name: "organizations" };
const ACCESS_ANALYZER: Service = Service { id: "AccessAnalyzer", name: "access-analyzer" };

fn describe_organization() -> Request {
    Request::of_organizations("DescribeOrganization", json!({}))
}

async fn call_with(config: SdkConfig, request: Request) -> Result<Json, Failure> {
    let calls = Calls::new(&options(false));
    let services = JsonServices::new(config, "aws", &calls);
    services
        .call(&ORGANIZATIONS, "us-east-1", "DescribeOrganization", request)
        .await
}

async fn call(server: &MockServer, request: Request) -> Result<Json, Failure> {
    call_with(config(&server.uri()), request).await
}

/// A server that answers everything so, and expects that many requests.
async fn server(requests: u64, response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(response)
        .expect(requests)
        .mount(&server)
        .await;
    server
}

/// The code of a call that is answered so, after that many attempts.
async fn code(attempts: u64, response: ResponseTemplate) -> String {
    let server = server(attempts, response).await;
    call(&server, describe_organization())
        .await
        .unwrap_err()
        .code
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
#[tokio::test]
async fn requests_are_signed_and_name_their_operation() {
    let server = MockServer::start().await;
    let credential = "^AWS4-HMAC-SHA256 Credential=AKIATEST/[0-9]{8}/us-east-1/organizations/\
        aws4_request, SignedHeaders=[a-z0-9;-]*x-amz-date;x-amz-security-token;x-amz-target\
        [a-z0-9;-]*, Signature=[0-9a-f]{64}$";
    Mock::given(method("POST"))
        .and(path("/"))
        .and(header("x-amz-target", "AWSOrganizationsV20161128.DescribeOrganization"))
        .and(header("content-type", "application/x-amz-json-1.1"))
        .and(header("x-amz-security-token", "token"))
        .and(header_regex("authorization", credential))
        .and(header_regex("x-amz-date", "^[0-9]{8}T[0-9]{6}Z$"))
        .and(header_regex("x-amz-user-agent", "api/organizations"))
        .and(body_json(json!({})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"Organization": {}})))
        .mount(&server)
        .await;
    let keys = Credentials::new("AKIATEST", "secret", Some("token".to_owned()), None, "test");
    let config = config(&server.uri())
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .build();
    let answer = call_with(config, describe_organization()).await;
    assert_eq!(answer.unwrap(), json!({"Organization": {}}));
}

#[tokio::test]
async fn rest_requests_have_a_path_a_query_and_a_body() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/analyzer"))
        .and(query_param("nextToken", "a/b+c="))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!("page")))
        .mount(&server)
        .await;
    let query = [("type", None), ("nextToken", Some("a/b+c="))];
    assert_eq!(
        call(&server, Request::get("/analyzer", &query))
            .await
            .unwrap(),
        "page"
    );
    Mock::given(method("POST"))
        .and(path("/getAlternateContact"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({"AlternateContactType": "BILLING"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!("contact")))
        .mount(&server)
        .await;
    let body = json!({"AlternateContactType": "BILLING"});
    let contact = call(&server, Request::post("/getAlternateContact", body)).await;
    assert_eq!(contact.unwrap(), "contact");
}

/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>
#[tokio::test]
async fn errors_are_named_in_the_header_or_the_body() {
    for (header, body) in [
        (Some("FooError"), ""),
        (Some("FooError:http://internal.amazon.com/coral/com.amazon.coral.validate/"), "{}"),
        (None, r#"{"__type": "FooError"}"#),
        (None, r#"{"__type": "aws.protocoltests.restjson#FooError", "message": "no"}"#),
        (None, r#"{"code": "aws.protocoltests.restjson#FooError:http://internal.amazon.com/"}"#),
    ] {
        let mut response = ResponseTemplate::new(400).set_body_string(body);
        if let Some(header) = header {
            response = response.insert_header("x-amzn-errortype", header);
        }
        assert_eq!(code(1, response).await, "FooError", "{header:?} {body}");
    }
}

/// Two attempts are what the configuration of these tests allows.
#[tokio::test]
async fn what_may_pass_is_tried_again_as_often_as_allowed() {
    for (status, code_sent) in [
        (400, "ThrottlingException"),
        (429, "TooManyRequestsException"),
        (500, "ServiceException"),
        (503, ""),
    ] {
        let body = json!({"__type": code_sent});
        let response = ResponseTemplate::new(status).set_body_json(body);
        let failed = code(2, response.clone()).await;
        assert_eq!(
            failed,
            if code_sent.is_empty() {
                "HttpError 503"
            } else {
                code_sent
            }
        );

        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(response)
            .up_to_n_times(1)
            .with_priority(1)
            .mount(&server)
            .await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({}));
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(&server)
            .await;
        assert_eq!(call(&server, describe_organization()).await, Ok(json!({})), "{status}");
    }
    let denied = ResponseTemplate::new(400).set_body_json(json!({"__type": "AccessDenied"}));
    assert_eq!(code(1, denied).await, "AccessDenied");
}

#[tokio::test]
async fn silence_and_cut_answers_are_failures() {
    let late = ResponseTemplate::new(200)
        .set_body_json(json!({}))
        .set_delay(Duration::from_secs(9));
    assert_eq!(code(2, late).await, "Timeout");
    for cut in ["", r#"{"Organization": {"#, "<html>"] {
        let response = ResponseTemplate::new(200).set_body_string(cut);
        assert_eq!(code(1, response).await, "MalformedResponse", "{cut}");
    }
}

/// One byte more than the limit: it would be JSON.
#[tokio::test]
async fn an_answer_without_end_is_a_failure() {
    let body = format!("\"{}\"", "x".repeat(8 << 20));
    let server = server(2, ResponseTemplate::new(200).set_body_string(body)).await;
    let patient = TimeoutConfig::builder()
        .operation_timeout(Duration::from_mins(1))
        .build();
    let config = config(&server.uri())
        .into_builder()
        .timeout_config(patient)
        .build();
    let failure = call_with(config, describe_organization())
        .await
        .unwrap_err();
    assert_eq!(failure.code, "AnswerTooLarge");
}

/// Environment and configuration file, as the SDK hands them on.
#[derive(Debug)]
struct Settings;

impl LoadServiceConfig for Settings {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_ours = (key.service_id(), key.env()) == ("AccessAnalyzer", "AWS_ENDPOINT_URL");
        is_ours.then(|| "http://localhost:4566".to_owned())
    }
}

async fn url(config: SdkConfig, service: &Service, region: &str) -> String {
    endpoint::of_service(&config, service, region)
        .await
        .unwrap()
}

/// <https://docs.aws.amazon.com/general/latest/gr/access_analyzer.html>, and for China
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html>
#[tokio::test]
async fn a_service_answers_where_it_is_set_to_or_in_its_region() {
    let aws = || SdkConfig::builder().build();
    for (region, expected) in [
        ("eu-west-1", "https://access-analyzer.eu-west-1.amazonaws.com"),
        ("cn-north-1", "https://access-analyzer.cn-north-1.amazonaws.com.cn"),
        ("us-gov-east-1", "https://access-analyzer.us-gov-east-1.amazonaws.com"),
        ("us-iso-east-1", "https://access-analyzer.us-iso-east-1.c2s.ic.gov"),
    ] {
        assert_eq!(url(aws(), &ACCESS_ANALYZER, region).await, expected);
    }
    let fips = SdkConfig::builder().use_fips(true).build();
    let expected = "https://access-analyzer-fips.us-east-1.amazonaws.com";
    assert_eq!(url(fips, &ACCESS_ANALYZER, "us-east-1").await, expected);

    let all = || config("http://localhost:1");
    assert_eq!(url(all(), &ACCESS_ANALYZER, "eu-west-1").await, "http://localhost:1");
    let own = || all().into_builder().service_config(Settings).build();
    assert_eq!(url(own(), &ACCESS_ANALYZER, "eu-west-1").await, "http://localhost:4566");
    assert_eq!(url(own(), &ORGANIZATIONS, "us-east-1").await, "http://localhost:1");
}
