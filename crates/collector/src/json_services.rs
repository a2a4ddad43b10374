//! Calls to services that answer in JSON: built here, signed and sent by the SDK's own runtime.
//!
//! What such a service answers is what the AWS CLI prints, and the shapes read that. An SDK crate for
//! each would be a hundred thousand lines to build for one operation, and its types would have to be
//! turned back.

use std::time::Duration;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::http::{Headers, HttpError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_model::global_region;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::calls::{Calls, Paging};
use crate::endpoint;
use crate::failure::Failure;
use crate::pace::spaced;
use crate::whole::WholeAnswers;

/// A service that answers in JSON.
pub(crate) struct Service {
    /// Its id, as `AWS_ENDPOINT_URL_<ID>` and a profile's `services` section have it: `AccessAnalyzer`.
    pub(crate) id: &'static str,
    /// Its name in signatures and host names: `access-analyzer`.
    pub(crate) name: &'static str,
}

/// What is sent to a service.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: &'static str,
    /// With the query.
    path: String,
    /// The header that names the operation, where the path does not.
    target: Option<String>,
    body: Option<Json>,
}

impl Request {
    /// In AWS's protocol JSON 1.1, where a header names the version of the service and the operation.
    pub(crate) fn json_1_1(version: &str, operation: &str, body: Json) -> Request {
        let target = Some(format!("{version}.{operation}"));
        Request { method: "POST", path: "/".to_owned(), target, body: Some(body) }
    }

    /// An operation of Organizations.
    pub(crate) fn of_organizations(operation: &str, body: Json) -> Request {
        Request::json_1_1("AWSOrganizationsV20161128", operation, body)
    }

    /// In AWS's protocol REST JSON, with a body.
    pub(crate) fn post(path: &str, body: Json) -> Request {
        Request { method: "POST", path: path.to_owned(), target: None, body: Some(body) }
    }

    /// In AWS's protocol REST JSON, with a query: of each name that has a value.
    pub(crate) fn get(path: &str, query: &[(&str, Option<&str>)]) -> Request {
        let mut pairs = Vec::new();
        for (name, value) in query {
            if let Some(value) = value {
                pairs.push(format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            }
        }
        let path =
            if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
        Request { method: "GET", path, target: None, body: None }
    }

    fn to_http(&self) -> Result<HttpRequest, HttpError> {
        let body = self.body.as_ref().map_or(String::new(), Json::to_string);
        let length = body.len();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(self.method)?;
        request.set_uri(self.path.as_str())?;
        let headers = request.headers_mut();
        if self.body.is_some() {
            headers.insert("content-length", length.to_string());
        }
        let version = if self.target.is_some() { "x-amz-json-1.1" } else { "json" };
        headers.insert("content-type", format!("application/{version}"));
        if let Some(target) = &self.target {
            headers.insert("x-amz-target", target.clone());
        }
        Ok(request)
    }
}

/// The services that answer in JSON, read only.
pub(crate) struct JsonServices<'a> {
    config: SdkConfig,
    /// The region that answers for the whole partition, in the few services that have one for all.
    pub(crate) global_region: &'static str,
    calls: &'a Calls,
}

impl<'a> JsonServices<'a> {
    /// The services of that partition.
    pub(crate) fn new(config: SdkConfig, partition: &str, calls: &'a Calls) -> JsonServices<'a> {
        JsonServices { config, global_region: global_region(partition), calls }
    }

    /// The same, but each request waits until so long after the answer to the one before.
    pub(crate) fn spaced(&self, interval: Duration) -> JsonServices<'a> {
        let client = self.config.http_client();
        let client = client.map(|client| spaced(client, interval));
        let mut config = self.config.to_builder();
        config.set_http_client(client);
        JsonServices { config: config.build(), ..*self }
    }

    /// The region of the session.
    pub(crate) fn region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// What is asked instead of AWS's own endpoints.
    pub(crate) fn custom_endpoints(&self) -> Vec<String> {
        endpoint::all_custom(&self.config)
    }

    /// The answer of a service's operation in a region.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        service: &Service,
        region: &str,
        operation: &'static str,
        request: Request,
    ) -> Result<T, Failure> {
        let endpoint = endpoint::of_service(&self.config, service, region).await?;
        let timeouts = self.config.timeout_config();
        let call = Operation::builder()
            .service_name(service.name)
            .operation_name(operation)
            .endpoint_url(&endpoint)
            .standard_retry(self.config.retry_config().unwrap_or(&RetryConfig::standard()))
            .timeout_config(timeouts.cloned().unwrap_or_else(TimeoutConfig::disabled))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .interceptor(WholeAnswers::Json)
            .interceptor(self.calls.attempts())
            .runtime_plugin(self.signing(service, region))
            .serializer(|request: Request| Ok(request.to_http()?))
            .deserializer(read)
            .with_connection_poisoning()
            .build();
        let json: Json = self.calls.make(operation, call.invoke(request)).await?;
        serde_json::from_value(json).map_err(|error| unlike_documented(&error))
    }

    /// The items on all pages of a list, each of which is asked for by its token. The failure of one is that
    /// of the list.
    pub(crate) async fn list<P: DeserializeOwned, T>(
        &self,
        service: &Service,
        region: &str,
        operation: &'static str,
        request: impl Fn(Option<&str>) -> Request,
        parts: fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut paging = Paging::default();
        let mut token: Option<String> = None;
        loop {
            let page = self.call(service, region, operation, request(token.as_deref())).await?;
            let (items, next) = parts(page);
            all.extend(items);
            token = paging.next(all.len(), next)?;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// How requests are signed, and who sends them.
    fn signing(&self, service: &Service, region: &str) -> StaticRuntimePlugin {
        let mut settings = Layer::new("signing");
        settings.store_put(AuthSchemeOptionResolverParams::new(()));
        settings.store_put(self.calls.retries.clone());
        settings.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(region.to_owned()))),
            name: Some(SigningName::from_static(service.name)),
            ..SigV4OperationSigningConfig::default()
        });
        settings.store_put(ApiMetadata::new(service.name, env!("CARGO_PKG_VERSION")));
        settings.store_or_unset(self.config.app_name().cloned());
        let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        let mut components = RuntimeComponentsBuilder::new("signing")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(schemes))
            .with_http_client(self.config.http_client())
            .with_identity_cache(self.config.identity_cache());
        if let Some(credentials) = self.config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new()
            .with_config(settings.freeze())
            .with_runtime_components(components)
    }
}

/// What an answer says.
fn read(response: &HttpResponse) -> Result<Json, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(error(response.headers(), body)));
    }
    serde_json::from_slice(body)
        .map_err(|_| OrchestratorError::other("the answer is not valid JSON"))
}

/// An answer that lacks something, or has another type there. The latter error would repeat the value.
fn unlike_documented(error: &serde_json::Error) -> Failure {
    let words = error.to_string();
    match words.strip_prefix("missing field ") {
        Some(field) => Failure::malformed(&format!("the answer lacks {field}")),
        None => Failure::malformed("the answer does not have the form that AWS documents"),
    }
}

/// The error that a service names, in a header or in the body.
///
/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>
fn error(headers: &Headers, body: &[u8]) -> ErrorMetadata {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|&name| json[name].as_str());
    let mut error = ErrorMetadata::builder();
    if let Some(code) = headers.get("x-amzn-errortype").or_else(|| text(&["code", "__type"])) {
        // A namespace may lead it, and a URL follow: `aws.protocoltests#FooError:http://…`.
        let code = code.split(':').next().unwrap_or(code);
        error = error.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text(&["message", "Message"]) {
        error = error.message(message);
    }
    error.build()
}

#[cfg(test)]
mod tests;
