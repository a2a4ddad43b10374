//! Calls to services that answer in JSON, built here but signed and sent by the SDK's own runtime.
//!
//! The AWS CLI prints the answers of such a service unchanged, so the shapes can read them. An SDK
//! crate for each service would add a hundred thousand lines for one operation, and its types would
//! have to be converted back.

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
use portcullis_evidence::ShapeError;
use portcullis_model::global_region;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::calls::{Calls, Paging};
use crate::endpoint;
use crate::failure::{Failure, error_name};
use crate::pace::spaced;
use crate::whole::WholeAnswers;

/// A service that answers in JSON.
pub(crate) struct Service {
    /// The id in `AWS_ENDPOINT_URL_<ID>` and in a profile's `services` section: `AccessAnalyzer`.
    pub(crate) id: &'static str,
    /// The name in signatures and host names: `access-analyzer`.
    pub(crate) name: &'static str,
}

/// A request to a service.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: &'static str,
    /// The path with the query.
    path: String,
    /// The header with the operation, if the path does not contain it.
    target: Option<String>,
    body: Option<Json>,
}

impl Request {
    /// Creates a request in AWS's JSON 1.1 protocol, with service version and operation in a
    /// header.
    pub(crate) fn json_1_1(version: &str, operation: &str, body: Json) -> Request {
        let target = Some(format!("{version}.{operation}"));
        Request { method: "POST", path: "/".to_owned(), target, body: Some(body) }
    }

    /// Creates a request to Organizations.
    pub(crate) fn of_organizations(operation: &str, body: Json) -> Request {
        Request::json_1_1("AWSOrganizationsV20161128", operation, body)
    }

    /// Creates a request in AWS's REST JSON protocol with a body.
    pub(crate) fn post(path: &str, body: Json) -> Request {
        Request { method: "POST", path: path.to_owned(), target: None, body: Some(body) }
    }

    /// Creates a request in AWS's REST JSON protocol with a query of the names that have a value.
    pub(crate) fn get(path: &str, query: &[(&str, Option<&str>)]) -> Request {
        let mut pairs = Vec::new();
        for (name, value) in query {
            if let Some(value) = value {
                pairs.push(format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            }
        }
        let path = if pairs.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", pairs.join("&"))
        };
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
        let version = if self.target.is_some() {
            "x-amz-json-1.1"
        } else {
            "json"
        };
        headers.insert("content-type", format!("application/{version}"));
        if let Some(target) = &self.target {
            headers.insert("x-amz-target", target.clone());
        }
        Ok(request)
    }
}

/// A client of the services that answer in JSON, which only reads.
pub(crate) struct JsonServices<'a> {
    config: SdkConfig,
    /// The region of the partition's global services.
    pub(crate) global_region: &'static str,
    calls: &'a Calls,
}

impl<'a> JsonServices<'a> {
    /// Creates a client for a partition.
    pub(crate) fn new(config: SdkConfig, partition: &str, calls: &'a Calls) -> JsonServices<'a> {
        JsonServices { config, global_region: global_region(partition), calls }
    }

    /// Returns a client whose requests each wait for an interval after the previous answer.
    pub(crate) fn spaced(&self, interval: Duration) -> JsonServices<'a> {
        let client = self.config.http_client();
        let mut config = self.config.to_builder();
        config.set_http_client(client.map(|client| spaced(client, interval)));
        JsonServices { config: config.build(), ..*self }
    }

    /// Returns the region of the session.
    pub(crate) fn region(&self) -> Option<String> {
        self.config.region().map(ToString::to_string)
    }

    /// Returns the endpoints used instead of AWS's own.
    pub(crate) fn custom_endpoints(&self) -> Vec<String> {
        endpoint::all_custom(&self.config)
    }

    /// Calls a service's operation in a region.
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
            .standard_retry(
                self.config
                    .retry_config()
                    .unwrap_or(&RetryConfig::standard()),
            )
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

    /// Collects the items on all pages of a list. If a page fails, so does the list.
    pub(crate) async fn list<P: DeserializeOwned, T>(
        &self,
        service: &Service,
        region: &str,
        operation: &'static str,
        request: impl Fn(Option<&str>) -> Request,
        parts: fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        let mut paging = Paging::default();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .call(service, region, operation, request(token.as_deref()))
                .await?;
            let (on_page, next) = parts(page);
            items.extend(on_page);
            token = paging.next(items.len(), next)?;
            if token.is_none() {
                return Ok(items);
            }
        }
    }

    /// Returns the plugin that signs and sends requests.
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

/// Reads the JSON of an answer.
fn read(response: &HttpResponse) -> Result<Json, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(error(response.headers(), body)));
    }
    serde_json::from_slice(body)
        .map_err(|_| OrchestratorError::other("the answer is not valid JSON"))
}

/// Returns the failure for an answer that lacks a field, or has a wrong type.
fn unlike_documented(error: &serde_json::Error) -> Failure {
    match ShapeError::new(error) {
        Some(ShapeError::MissingField(field)) => {
            Failure::malformed(&format!("the answer lacks `{field}`"))
        }
        _ => Failure::malformed("the answer does not have the form that AWS documents"),
    }
}

/// Reads a service's error from the headers or the body.
///
/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>
fn error(headers: &Headers, body: &[u8]) -> ErrorMetadata {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|&name| json[name].as_str());
    let mut error = ErrorMetadata::builder();
    if let Some(code) = headers
        .get("x-amzn-errortype")
        .or_else(|| text(&["code", "__type"]))
    {
        error = error.code(error_name(code));
    }
    if let Some(message) = text(&["message", "Message"]) {
        error = error.message(message);
    }
    error.build()
}

#[cfg(test)]
mod tests;
