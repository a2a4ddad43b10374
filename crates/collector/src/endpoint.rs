//! Where services answer, if environment or profile say something else than AWS does.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::account::JSON_SERVICES;

/// The URL that the settings name for a service, by its id: `AccessAnalyzer`.
pub(crate) fn custom(config: &SdkConfig, service_id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let settings = config.service_config();
    let own = settings.zip(key.ok()).and_then(|(settings, key)| settings.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// The origins of all that is asked instead of AWS's own endpoints, sorted.
pub(crate) fn all_custom(config: &SdkConfig) -> Vec<String> {
    let ids = ["IAM", "STS"].into_iter().chain(JSON_SERVICES.map(|service| service.id));
    let mut origins: Vec<_> =
        ids.filter_map(|id| custom(config, id)).map(|url| origin(&url)).collect();
    origins.sort();
    origins.dedup();
    origins
}

/// The scheme and host of a URL: the rest may hold a password.
pub(crate) fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}
