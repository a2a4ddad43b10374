//! Checks whether each service's endpoint can be reached, without needing credentials.

use std::convert::Infallible;
use std::time::Duration;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use futures::future::join_all;
use memchr::memmem;
use portcullis_model::{Source, global_region, partition_of};
use serde::Serialize;

use crate::Options;
use crate::account::{ACCESS_ANALYZER, ACCOUNT, ORGANIZATIONS};
use crate::endpoint::{IAM, STS, custom, of_iam, of_service, of_sts, origin};
use crate::failure::{Failure, last_causes};
use crate::json_services::Service;
use crate::lookup::CLOUDTRAIL;
use crate::session::Base;

/// A service's endpoint, and whether AWS answers there.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoint {
    /// The service prefix in IAM actions, such as `iam`.
    pub service: &'static str,
    /// Scheme and host, such as `https://iam.amazonaws.com`; none if the host is not known.
    pub url: Option<String>,
    /// Whether the environment or the profile sets it.
    pub is_custom: bool,
    /// Why AWS does not answer; none if it does.
    pub reason: Option<String>,
}

/// Requests the first page of each endpoint that an audit would use, without credentials and within
/// `limit`. Empty if the settings are invalid.
pub async fn reach(options: &Options, limit: Duration) -> Vec<Endpoint> {
    let Ok(base) = Base::load(options).await else {
        return Vec::new();
    };
    let config = base.config();
    let region = config.region().map_or("", |region| region.as_ref());
    let global = global_region(partition_of(region));
    let mut urls = vec![
        (STS, of_sts(config, region, custom(config, STS.id)).await),
        (IAM, of_iam(config, region).await),
    ];
    for (service, region) in [(ACCOUNT, global), (ORGANIZATIONS, global), (ACCESS_ANALYZER, region)]
    {
        let url = of_service(config, &service, region).await;
        urls.push((service, url));
    }
    if options.sources.contains(Source::CloudTrail) {
        urls.push((CLOUDTRAIL, of_service(config, &CLOUDTRAIL, region).await));
    }
    let mut requests = Vec::new();
    for (service, url) in urls {
        requests.push(Endpoint::ask(options, config, service, url, limit));
    }
    join_all(requests).await
}

impl Endpoint {
    async fn ask(
        options: &Options,
        config: &SdkConfig,
        service: Service,
        url: Result<String, Failure>,
        limit: Duration,
    ) -> Endpoint {
        let reason = match &url {
            Ok(url) => ask(options, config, url, limit).await.err(),
            Err(failure) => Some(failure.message.clone()),
        };
        let is_custom = custom(config, service.id).is_some();
        let url = url.ok().map(|url| origin(&url));
        Endpoint { service: service.name, url, is_custom, reason }
    }
}

/// Whether an answer is AWS's and not a proxy's: it has a request id, or the form of AWS's answers
/// or errors.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
pub(crate) fn is_from_aws(response: &HttpResponse) -> bool {
    let headers = response.headers();
    let ids = ["x-amzn-requestid", "x-amz-request-id"];
    let signs = ["<RequestId>", "<ErrorResponse", ".amazonaws.com/doc/", "\"__type\""];
    let body = response.body().bytes().unwrap_or_default();
    ids.iter().any(|id| headers.get(*id).is_some())
        || signs
            .iter()
            .any(|sign| memmem::find(body, sign.as_bytes()).is_some())
}

/// Requests the first page. Any answer of AWS will do, and its date shows how far the clock is off.
/// An error says why there is none.
async fn ask(
    options: &Options,
    config: &SdkConfig,
    url: &str,
    limit: Duration,
) -> Result<(), String> {
    let limits = TimeoutConfig::builder().operation_timeout(limit);
    let mut call = Operation::builder()
        .service_name("none")
        .operation_name("Reach")
        .endpoint_url(url)
        .no_auth()
        .no_retry()
        .timeout_config(limits.build())
        .interceptor(options.diagnosis.watch_clock(options.clock));
    if let Some(client) = config.http_client() {
        call = call.http_client(client);
    }
    let call = call
        .serializer(|()| Ok(HttpRequest::empty()))
        .deserializer(|response: &HttpResponse| {
            let status = response.status().as_u16();
            Ok::<_, OrchestratorError<Infallible>>((is_from_aws(response), status))
        })
        .build();
    match call.invoke(()).await {
        Ok((true, _)) => Ok(()),
        Ok((false, status)) => Err(format!("HTTP status {status} from something other than AWS")),
        Err(error) => Err(last_causes(&error, 2)),
    }
}
