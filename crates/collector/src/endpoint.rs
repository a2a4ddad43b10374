//! The endpoints of services: AWS's own, or those set in the environment or profile.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>

use std::error::Error;

use aws_sdk_iam::config::endpoint as iam;
use aws_sdk_sts::config::endpoint as sts;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::account::JSON_SERVICES;
use crate::failure::Failure;
use crate::json_services::Service;

pub(crate) const IAM: Service = Service { id: "IAM", name: "iam" };
pub(crate) const STS: Service = Service { id: "STS", name: "sts" };

/// Returns the URL set for a service, by its id such as `AccessAnalyzer`.
pub(crate) fn custom(config: &SdkConfig, service_id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let settings = config.service_config();
    let own = settings
        .zip(key.ok())
        .and_then(|(settings, key)| settings.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Returns the endpoint of IAM in the region's partition.
pub(crate) async fn of_iam(config: &SdkConfig, region: &str) -> Result<String, Failure> {
    let params = iam::Params::builder()
        .region(region)
        .set_use_fips(config.use_fips())
        .set_use_dual_stack(config.use_dual_stack())
        .set_endpoint(custom(config, IAM.id))
        .build()
        .map_err(|error| unknown(&error))?;
    let resolver = iam::DefaultResolver::new();
    let endpoint = iam::ResolveEndpoint::resolve_endpoint(&resolver, &params).await;
    Ok(endpoint.map_err(|error| unknown(&*error))?.url().to_owned())
}

/// Returns the endpoint of STS in a region, or the custom URL.
pub(crate) async fn of_sts(
    config: &SdkConfig,
    region: &str,
    custom: Option<String>,
) -> Result<String, Failure> {
    let params = sts::Params::builder()
        .region(region)
        .set_use_fips(config.use_fips())
        .set_use_dual_stack(config.use_dual_stack())
        .set_endpoint(custom)
        .build()
        .map_err(|error| unknown(&error))?;
    let resolver = sts::DefaultResolver::new();
    let endpoint = sts::ResolveEndpoint::resolve_endpoint(&resolver, &params).await;
    Ok(endpoint.map_err(|error| unknown(&*error))?.url().to_owned())
}

/// Returns the endpoint of a JSON service in a region: the one set, or else its host there.
pub(crate) async fn of_service(
    config: &SdkConfig,
    service: &Service,
    region: &str,
) -> Result<String, Failure> {
    if let Some(url) = custom(config, service.id) {
        return Ok(url);
    }
    // The SDK knows STS's domain in every partition, and STS exists in every region.
    let sts = of_sts(config, region, None).await?;
    Ok(sts.replacen("//sts", &format!("//{}", service.name), 1))
}

fn unknown(error: &dyn Error) -> Failure {
    Failure::new("NoEndpoint", &error.to_string())
}

/// Returns the origins of all endpoints used instead of AWS's own, sorted.
pub(crate) fn all_custom(config: &SdkConfig) -> Vec<String> {
    let mut origins = Vec::new();
    for service in [IAM, STS].into_iter().chain(JSON_SERVICES) {
        origins.extend(custom(config, service.id).map(|url| origin(&url)));
    }
    origins.sort();
    origins.dedup();
    origins
}

/// Returns scheme, host and port of a URL, since the rest may contain a password. So may the
/// apparent port, if the password was not encoded: `http://user:pass/word@host`.
pub(crate) fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && !is_port(port) => host,
        _ => host_and_port,
    };
    format!("{scheme}://{host}")
}
