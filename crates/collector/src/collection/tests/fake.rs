//! An AWS that is healthy unless told otherwise.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::timeout::TimeoutConfig;
use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use aws_types::os_shim_internal::Env;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use wiremock::matchers::{body_string_contains, header, header_regex, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use super::super::*;
use crate::http;

pub(super) const ARN: &str = "arn:aws:iam::111122223333";
pub(super) const ROOT: &str = "arn:aws:iam::444455556666:root";
pub(super) const SAML: &str = "arn:aws:iam::111122223333:saml-provider/corp";
pub(super) const OIDC: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com";
pub(super) const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
    <Message>User: ann is not authorized</Message></Error><RequestId>r-1</RequestId></ErrorResponse>";
pub(super) const THROTTLED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
    <Message>Rate exceeded</Message></Error></ErrorResponse>";
pub(super) const NO_SUCH_ENTITY: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>\
    <Message>It cannot be found.</Message></Error></ErrorResponse>";
/// Some emulators put one element more around the error, and the SDK finds no code in it.
pub(super) const DENIED_BY_EMULATOR: &str = "<ErrorResponse><Errors><Error><Code>AccessDenied</Code>\
    <Message>no</Message></Error></Errors><RequestID>r-2</RequestID></ErrorResponse>";
pub(super) const HTML: &str =
    "<!doctype html>\n<title>500 Internal Server Error</title>\n<p>Sorry.</p>";

pub(super) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(super) fn answer(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
}

/// Three users: ann and bob with a key each, ann with a security key, bob with an authenticator
/// app, and eve with neither.
pub(super) fn report() -> String {
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

pub(super) fn device(user: &str) -> String {
    format!(
        "<member><SerialNumber>{ARN}:mfa/{user}</SerialNumber><User><UserName>{user}</UserName>\
         <Arn>{ARN}:user/{user}</Arn></User><EnableDate>2025-01-01T00:00:00Z</EnableDate></member>"
    )
}

/// The user's own list of MFA devices, with one of that serial number.
pub(super) fn own_device(user: &str, serial: &str) -> String {
    format!(
        "<MFADevices><member><UserName>{user}</UserName><SerialNumber>{ARN}:{serial}</SerialNumber>\
         <EnableDate>2025-01-01T00:00:00Z</EnableDate></member></MFADevices>\
         <IsTruncated>false</IsTruncated>"
    )
}

pub(super) fn key(user: &str) -> String {
    format!(
        "<AccessKeyMetadata><member><UserName>{user}</UserName><AccessKeyId>AKIA{user}</AccessKeyId>\
         <Status>Active</Status><CreateDate>2024-01-01T00:00:00Z</CreateDate></member>\
         </AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    )
}

/// What a healthy account answers to an operation.
pub(crate) fn healthy(operation: &str) -> String {
    let result = match operation {
        "ListAccountAliases" => {
            "<IsTruncated>false</IsTruncated><AccountAliases><member>acme</member></AccountAliases>"
                .to_owned()
        }
        "AssumeRole" => "<Credentials><AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>s\
             </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z\
             </Expiration></Credentials>"
            .to_owned(),
        "GetCredentialReport" => report(),
        "GenerateCredentialReport" => "<State>COMPLETE</State>".to_owned(),
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
             <PolicyDocument>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22\
             %3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</PolicyDocument></member>\
             </UserPolicyList></member></UserDetailList><GroupDetailList/><RoleDetailList><member>\
             <RoleName>deploy</RoleName><Arn>{ARN}:role/deploy</Arn><RoleLastUsed>\
             <Region>eu-west-1</Region></RoleLastUsed></member></RoleDetailList><Policies/>"
        ),
        "ListAccessKeys" => key("ann"),
        "ListMFADevices" => own_device("ann", "u2f/user/ann/k"),
        "ListServiceSpecificCredentials" => {
            "<IsTruncated>false</IsTruncated><ServiceSpecificCredentials><member><UserName>ann\
             </UserName><Status>Active</Status><ServiceUserName>ann-at-1</ServiceUserName>\
             <CreateDate>2025-05-01T00:00:00Z</CreateDate>\
             <ServiceSpecificCredentialId>ACCA1</ServiceSpecificCredentialId>\
             <ServiceName>codecommit.amazonaws.com</ServiceName></member>\
             </ServiceSpecificCredentials>"
                .to_owned()
        }
        "ListServerCertificates" => format!(
            "<IsTruncated>false</IsTruncated><ServerCertificateMetadataList><member><Path>/</Path>\
             <ServerCertificateName>web</ServerCertificateName><Arn>{ARN}:server-certificate/web\
             </Arn><ServerCertificateId>ASCA1</ServerCertificateId>\
             <UploadDate>2025-05-01T00:00:00Z</UploadDate>\
             <Expiration>2026-05-01T00:00:00Z</Expiration></member></ServerCertificateMetadataList>"
        ),
        "ListSAMLProviders" => format!(
            "<SAMLProviderList><member><Arn>{SAML}</Arn><ValidUntil>2026-09-01T00:00:00Z\
             </ValidUntil><CreateDate>2025-05-01T00:00:00Z</CreateDate></member></SAMLProviderList>"
        ),
        "GetSAMLProvider" => {
            "<SAMLMetadataDocument>&lt;EntityDescriptor/&gt;</SAMLMetadataDocument>\
             <ValidUntil>2026-09-01T00:00:00Z</ValidUntil>\
             <CreateDate>2025-05-01T00:00:00Z</CreateDate>"
                .to_owned()
        }
        "ListOpenIDConnectProviders" => format!(
            "<OpenIDConnectProviderList><member><Arn>{OIDC}</Arn></member>\
             </OpenIDConnectProviderList>"
        ),
        "GetOpenIDConnectProvider" => {
            "<Url>oidc.example.com</Url><ClientIDList><member>sts.amazonaws.com</member>\
             </ClientIDList><CreateDate>2025-05-01T00:00:00Z</CreateDate>"
                .to_owned()
        }
        "ListOrganizationsFeatures" => {
            "<OrganizationId>o-exampleorgid</OrganizationId><EnabledFeatures>\
             <member>RootSessions</member><member>RootCredentialsManagement</member>\
             </EnabledFeatures>"
                .to_owned()
        }
        "ListDelegationRequests" => {
            "<DelegationRequests><member><DelegationRequestId>dr-1</DelegationRequestId>\
             <RequestorId>444455556666</RequestorId><RequestorName>Example Partner</RequestorName>\
             <ApproverId>arn:aws:iam::111122223333:user/ann</ApproverId><State>FINALIZED</State>\
             <ExpirationTime>2026-01-09T00:00:00Z</ExpirationTime></member></DelegationRequests>\
             <isTruncated>false</isTruncated>"
                .to_owned()
        }
        "GetOutboundWebIdentityFederationInfo" => {
            "<IssuerIdentifier>https://abc123.tokens.sts.global.api.aws</IssuerIdentifier>\
             <JwtVendingEnabled>true</JwtVendingEnabled>"
                .to_owned()
        }
        "GetCallerIdentity" => format!(
            "<UserId>AIDA1</UserId><Account>111122223333</Account><Arn>{ARN}:user/auditor</Arn>"
        ),
        "AssumeRoot" => {
            "<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>secret-of-root</SecretAccessKey>\
             <SessionToken>token-of-root</SessionToken><Expiration>2026-01-02T03:19:05Z</Expiration>\
             </Credentials>"
                .to_owned()
        }
        "GetUser" => format!(
            "<User><UserId>444455556666</UserId><UserName>root</UserName><Arn>{ROOT}</Arn><Path>/</Path>\
             <CreateDate>2023-01-01T00:00:00Z</CreateDate></User>"
        ),
        "GetLoginProfile" => "<LoginProfile><UserName>root</UserName>\
             <CreateDate>2023-01-01T00:00:00Z</CreateDate></LoginProfile>"
            .to_owned(),
        "GetAccessKeyLastUsed" => {
            "<AccessKeyLastUsed><Region>eu-west-1</Region><ServiceName>s3</ServiceName>\
             <LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate></AccessKeyLastUsed>"
                .to_owned()
        }
        "ListSigningCertificates" => "<Certificates/><IsTruncated>false</IsTruncated>".to_owned(),
        "LookupEvents" => return r#"{"Events": []}"#.to_owned(),
        "ListAccounts" | "ListAccountsForParent" => {
            return r#"{"Accounts": [{"Id": "444455556666", "State": "ACTIVE"}]}"#.to_owned();
        }
        "ListOrganizationalUnitsForParent" => return r#"{"OrganizationalUnits": []}"#.to_owned(),
        "ListAnalyzers" => return ANALYZERS.to_owned(),
        "GetAlternateContact" => return CONTACT.to_owned(),
        "DescribeOrganization" => return ORGANIZATION.to_owned(),
        other => panic!("{other} is not called"),
    };
    answer(operation, &result)
}

/// The shapes are those of the API references of Access Analyzer, Account Management and
/// Organizations.
const ANALYZERS: &str = r#"{"analyzers": [{
    "arn": "arn:aws:access-analyzer:eu-test-1:111122223333:analyzer/outside", "name": "outside",
    "type": "ACCOUNT", "status": "ACTIVE", "createdAt": "2025-05-01T00:00:00Z"}]}"#;
const CONTACT: &str = r#"{"AlternateContact": {"AlternateContactType": "SECURITY",
    "EmailAddress": "security@example.com", "Name": "Sec", "PhoneNumber": "+1", "Title": "CSO"}}"#;
const ORGANIZATION: &str = r#"{"Organization": {"Id": "o-exampleorgid",
    "Arn": "arn:aws:organizations::111122223333:organization/o-exampleorgid", "FeatureSet": "ALL",
    "MasterAccountId": "111122223333", "MasterAccountEmail": "boss@example.com"}}"#;

/// The operations that are called but name no source.
const DETAILS: [&str; 2] = ["GetSAMLProvider", "GetOpenIDConnectProvider"];

/// The error of that code, as the service of the operation words it.
pub(super) fn error(operation: &str, code: &str) -> String {
    if healthy(operation).starts_with('{') {
        return format!(r#"{{"__type": "{code}", "message": "no"}}"#);
    }
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message>\
         </Error><RequestId>r-1</RequestId></ErrorResponse>"
    )
}

/// The mock server that answers for every service.
pub(super) struct FakeAws(pub(super) MockServer);

impl FakeAws {
    pub(super) async fn start() -> FakeAws {
        let iam = FakeAws(MockServer::start().await);
        let called = Source::ALL
            .into_iter()
            .filter(|&source| source != Source::CallerIdentity);
        for operation in called.map(Source::operation).chain(DETAILS) {
            iam.mount(
                9,
                operation,
                "",
                ResponseTemplate::new(200).set_body_string(healthy(operation)),
            )
            .await;
        }
        for kind in ["BILLING", "OPERATIONS"] {
            let contact = CONTACT.replace("SECURITY", kind);
            let contact = ResponseTemplate::new(200).set_body_string(contact);
            iam.mount(8, "GetAlternateContact", kind, contact).await;
        }
        let bob = answer("ListAccessKeys", &key("bob"));
        let bob = ResponseTemplate::new(200).set_body_string(bob);
        iam.mount(8, "ListAccessKeys", "UserName=bob", bob).await;
        let bob = answer("ListMFADevices", &own_device("bob", "mfa/bob"));
        let bob = ResponseTemplate::new(200).set_body_string(bob);
        iam.mount(8, "ListMFADevices", "UserName=bob", bob).await;
        iam
    }

    pub(super) async fn mount(
        &self,
        priority: u8,
        operation: &str,
        parameter: &str,
        with: ResponseTemplate,
    ) {
        calls_of(operation, parameter)
            .respond_with(with)
            .with_priority(priority)
            .mount(&self.0)
            .await;
    }

    /// Answers that operation, if called with that parameter, with this instead.
    pub(super) async fn says(&self, operation: &str, parameter: &str, status: u16, body: &str) {
        let with = ResponseTemplate::new(status)
            .insert_header("x-amzn-requestid", "r-3")
            .set_body_string(body);
        self.mount(1, operation, parameter, with).await;
    }

    pub(super) async fn collect(&self) -> Bundle {
        collect_from(&self.0.uri(), false).await
    }
}

/// The requests of an operation, with that parameter; of Access Analyzer, signed for that region.
fn calls_of(operation: &str, parameter: &str) -> MockBuilder {
    match operation {
        "ListAnalyzers" => Mock::given(method("GET"))
            .and(path("/analyzer"))
            .and(header_regex("authorization", &format!("{parameter}.*/access-analyzer/"))),
        "GetAlternateContact" => {
            Mock::given(path("/getAlternateContact")).and(body_string_contains(parameter))
        }
        "DescribeOrganization" => {
            Mock::given(header("x-amz-target", "AWSOrganizationsV20161128.DescribeOrganization"))
        }
        _ => Mock::given(method("POST"))
            .and(body_string_contains(format!("Action={operation}&")))
            .and(body_string_contains(parameter)),
    }
}

/// Remembers the calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(pub(super) Arc<Mutex<Vec<String>>>);

impl Progress for Heard {
    fn starts(&self, operation: &str) {
        self.0.lock().unwrap().push(operation.to_owned());
    }

    fn throttled(&self, operation: &str, next_attempt: u32) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{operation} {next_attempt}"));
    }
}

pub(crate) fn options(quick: bool) -> Options {
    Options {
        profile: None,
        region: None,
        role_arn: None,
        external_id: None,
        quick,
        sources: Source::ALL.into_iter().collect(),
        tool: "portcullis 0.1.0".to_owned(),
        deadline: Duration::from_mins(5),
        diagnosis: crate::Diagnosis::default(),
        max_calls_per_second: 1000,
        report_deadline: Duration::from_secs(2),
        clock: now,
        progress: Arc::new(Heard::default()),
    }
}

pub(crate) fn config(endpoint: &str) -> SdkConfig {
    let retries = RetryConfig::standard()
        .with_max_attempts(2)
        .with_initial_backoff(Duration::from_millis(1));
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(500))
        .build();
    let credentials = Credentials::new("AKIATEST", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-test-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(http::client(&Env::default(), None).unwrap())
        .retry_config(retries)
        .timeout_config(timeouts)
        .build()
}

pub(super) async fn collect_from(endpoint: &str, quick: bool) -> Bundle {
    let caller = shapes::CallerIdentity {
        user_id: None,
        account: "111122223333".to_owned(),
        arn: "arn:aws-cn:iam::111122223333:user/auditor".to_owned(),
    };
    gather(endpoint, Ok(caller), &options(quick), &Heard::default()).await
}

pub(super) async fn gather(
    endpoint: &str,
    caller: Result<shapes::CallerIdentity, Failure>,
    options: &Options,
    heard: &Heard,
) -> Bundle {
    let options = &Options { progress: Arc::new(heard.clone()), ..options.clone() };
    let calls = Calls::new(options);
    let collection = Collection::new(options, config(endpoint), caller, None, &calls);
    Box::pin(collection.run(now())).await
}
