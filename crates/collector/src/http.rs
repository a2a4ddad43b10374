//! The HTTP client of every call: its trust store, its proxy, and the limit on what it reads.

use std::path::Path;

use aws_config::profile::Profile;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::os_shim_internal::Env;
use http_body_util::Limited;
use portcullis_evidence::read_file;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::CollectError;

const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The limit for GetAccountAuthorizationDetails: twenty times the largest page that IAM is known to
/// send.
const MAX_BYTES_OF_DETAILS: usize = 64 << 20;
const DETAILS: &[u8] = b"Action=GetAccountAuthorizationDetails&";
/// The limit for other answers: more than the credential report of 5,000 users, IAM's quota. Up to
/// a dozen answers are read at once, so their limits together bound the memory of a run.
const MAX_BYTES: usize = 8 << 20;

/// Returns the client configured by the environment and the profile as for the AWS CLI:
/// `HTTPS_PROXY` and the like, `NO_PROXY`, and `AWS_CA_BUNDLE` or the profile's `ca_bundle`.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>
pub(crate) fn client(
    env: &Env,
    profile: Option<&Profile>,
) -> Result<SharedHttpClient, CollectError> {
    check_proxies(env)?;
    let in_profile = profile
        .and_then(|profile| profile.get("ca_bundle"))
        .map(str::to_owned);
    let ca_bundle = env.get("AWS_CA_BUNDLE").ok().or(in_profile);
    let trust_store = match ca_bundle.filter(|path| !path.is_empty()) {
        Some(path) => TrustStore::empty().with_pem_certificate(certificates(&path)?),
        None => TrustStore::default(),
    };
    let context = TlsContext::builder()
        .with_trust_store(trust_store)
        .build()
        .map_err(|error| CollectError::Configuration(error.to_string()))?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    });
    Ok(SharedHttpClient::new(Bounded(client)))
}

/// A client, or a connector of one, that limits the size of answers, beyond which the body ends in
/// an error. This also applies to sources of credentials.
#[derive(Clone, Debug)]
struct Bounded<T>(T);

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = request.body().bytes().unwrap_or_default();
        let limit = if sent.starts_with(DETAILS) {
            MAX_BYTES_OF_DETAILS
        } else {
            MAX_BYTES
        };
        let response = self.0.call(request);
        HttpConnectorFuture::new(async move {
            Ok(response
                .await?
                .map(|body| SdkBody::from_body_1_x(Limited::new(body, limit))))
        })
    }
}

/// Refuses an invalid proxy URL, since the client would bypass that proxy. The URL may contain a
/// password, so the error does not show it.
fn check_proxies(env: &Env) -> Result<(), CollectError> {
    for name in PROXIES {
        let value = env.get(name).unwrap_or_default();
        let url = if value.contains("://") {
            value
        } else {
            format!("http://{value}")
        };
        if url != "http://" && ProxyConfig::all(url).is_err() {
            return Err(CollectError::Configuration(format!(
                "{name} is not the URL of a proxy, such as http://proxy.example.com:3128"
            )));
        }
    }
    Ok(())
}

/// Many times the size of all public authorities together.
const MAX_BUNDLE_BYTES: u64 = 16 << 20;

/// Reads a file of certificates, and checks them all, since the client panics at invalid ones.
fn certificates(path: &str) -> Result<Vec<u8>, CollectError> {
    let problem = |reason: String| {
        CollectError::Configuration(format!("the CA bundle {path} cannot be used: {reason}"))
    };
    let pem =
        read_file(Path::new(path), MAX_BUNDLE_BYTES).map_err(|error| problem(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| problem(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| problem(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(problem("it holds no certificate".to_owned()));
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The error of a client under that one variable; none: it can be used.
    fn problem(name: &str, value: &str) -> Option<String> {
        let env = Env::from_slice(&[(name, value)]);
        client(&env, None).err().map(|error| error.to_string())
    }

    #[test]
    fn proxies_are_urls() {
        for good in ["", "http://proxy.example.com:3128", "https://u:p@proxy", "proxy:3128"] {
            assert_eq!(problem("HTTPS_PROXY", good), None, "{good}");
        }
        for bad in ["socks5://u:SECRET@proxy:1080", "http://u:SECRET@pro xy:3128"] {
            let problem = problem("https_proxy", bad).unwrap();
            assert!(problem.contains("https_proxy is not the URL of a proxy"), "{problem}");
            assert!(!problem.contains("SECRET"), "{problem}");
        }
    }

    #[test]
    fn a_ca_bundle_holds_certificates() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let path = path.to_str().unwrap();
        assert!(
            problem("AWS_CA_BUNDLE", path)
                .unwrap()
                .contains("cannot be used"),
            "absent"
        );
        let named = directory.path().to_str().unwrap();
        assert!(
            problem("AWS_CA_BUNDLE", named)
                .unwrap()
                .contains("it is a directory")
        );
        fs::write(path, "no certificate").unwrap();
        assert!(
            problem("AWS_CA_BUNDLE", path)
                .unwrap()
                .contains("it holds no certificate")
        );
        fs::write(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(
            problem("AWS_CA_BUNDLE", path)
                .unwrap()
                .contains("cannot be used"),
            "no X.509"
        );
        fs::write(path, CA).unwrap();
        assert_eq!(problem("AWS_CA_BUNDLE", path), None);
    }

    /// Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca`.
    const CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBcDCCARegAwIBAgIUUN84hfjMIIcLxADdkpZVjIcNLR4wCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI4MDg1MzMzWhgPMjEyNjExMDQwODUzMzNa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEm6vYUVrd
ftxsRzJyzFCGu9+Hn0ebkM4T/+Uye7yLx0O2GboJItqGUhifLwBdfKu5BjNWEDxZ
4yPSy1MTQ+YnKaNTMFEwHQYDVR0OBBYEFJOTPrvC5icevZDyjVEIiiMNsOvAMB8G
A1UdIwQYMBaAFJOTPrvC5icevZDyjVEIiiMNsOvAMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDRwAwRAIgF1HalzT3oMZKitXjL1HZ/ApRYFBRR+I0POLNzitM
ph4CIDZCoGr04o3nx7MCxXkbMGLfrdZVFF5n813eThqjAQtT
-----END CERTIFICATE-----
";
}
