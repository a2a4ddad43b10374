//! Watches each call and each of its attempts, for the log and the progress line.
//!
//! Only names, numbers and AWS's own ids are written, never a header, a body or a credential.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_sdk_iam::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use serde::Serialize;
use tokio::time::Instant;
use tracing::{debug, info};

use crate::Progress;
use crate::failure::{error_name, is_error_code, is_request_id};

/// Watches the attempts of calls. Clones share their state.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    progress: Arc<dyn Progress>,
    /// The operations whose latest answer was throttled, with its error code.
    throttled: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Attempts {
    pub(crate) fn new(progress: Arc<dyn Progress>) -> Attempts {
        Attempts { progress, throttled: Arc::default() }
    }

    /// Returns the error code if the operation's latest answer was throttled.
    pub(crate) fn throttling(&self, operation: &str) -> Option<String> {
        let throttled = self
            .throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        throttled.get(operation).cloned()
    }

    /// Records whether an answer was throttled.
    fn note(&self, call: &Call) {
        let mut throttled = self
            .throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if is_throttled(call.status, &call.code) {
            let code = match &*call.code {
                "" => format!("HttpError {}", call.status),
                code => code.to_owned(),
            };
            throttled.insert(call.operation.clone(), code);
        } else if call.status != 0 {
            throttled.remove(&call.operation);
        }
    }
}

/// When a call began.
#[derive(Clone, Copy, Debug)]
struct CallStart(Instant);

/// When its latest attempt began.
#[derive(Clone, Copy, Debug)]
struct AttemptStart(Instant);

impl Storable for CallStart {
    type Storer = StoreReplace<CallStart>;
}

impl Storable for AttemptStart {
    type Storer = StoreReplace<AttemptStart>;
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        settings
            .interceptor_state()
            .store_put(CallStart(Instant::now()));
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        settings
            .interceptor_state()
            .store_put(AttemptStart(Instant::now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let start = settings.load::<AttemptStart>().map(|start| start.0);
        let call = Call::new(context, settings, start);
        self.note(&call);
        let Call { service, operation, attempts, status, code, request_id, ms } = &call;
        debug!(service, operation, attempt = attempts, status, code, request_id, ms, "attempt");
        let max_attempts = settings
            .load::<RetryConfig>()
            .map_or(0, RetryConfig::max_attempts);
        if is_throttled(*status, code) && *attempts < max_attempts {
            info!(service, operation, attempt = attempts, code, "throttled: waits for its turn");
            self.progress.throttled(operation, attempts + 1);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let start = settings.load::<CallStart>().map(|start| start.0);
        let call = Call::new(context, settings, start);
        let Call { service, operation, attempts, status, code, request_id, ms } = &call;
        info!(service, operation, attempts, status, code, request_id, ms, "call");
        self.progress.called(call);
        Ok(())
    }
}

/// The outcome of a call or of one of its attempts.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The service, such as `IAM`.
    pub service: String,
    /// The operation, such as `GetAccountSummary`.
    pub operation: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// AWS's error code; empty if there was no error.
    pub code: String,
    /// AWS's request id; empty if there was no answer.
    pub request_id: String,
    /// The duration in milliseconds.
    pub ms: u64,
}

impl Call {
    fn new(
        context: &FinalizerInterceptorContextRef<'_>,
        settings: &ConfigBag,
        start: Option<Instant>,
    ) -> Call {
        let call = settings.load::<Metadata>();
        let response = context.response();
        let header = |name| response.and_then(|response| response.headers().get(name));
        let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
        let took = start.map_or(0, |start| start.elapsed().as_millis());
        Call {
            service: call.map_or("", Metadata::service).to_owned(),
            operation: call.map_or("", Metadata::name).to_owned(),
            attempts: settings
                .load::<RequestAttempts>()
                .map_or(0, RequestAttempts::attempts),
            status: response.map_or(0, |response| response.status().as_u16()),
            code: response.and_then(code).unwrap_or_default(),
            request_id: request_id
                .filter(|id| is_request_id(id))
                .unwrap_or_default()
                .to_owned(),
            ms: u64::try_from(took).unwrap_or(u64::MAX),
        }
    }
}

fn is_throttled(status: u16, code: &str) -> bool {
    status == 429 || THROTTLING_ERRORS.contains(&code)
}

/// Returns the error code of an answer in any of AWS's protocols.
fn code(response: &HttpResponse) -> Option<String> {
    if response.status().is_success() {
        return None;
    }
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    let between = |from: &str, to: char| body.split_once(from)?.1.split(to).next();
    let header = response.headers().get("x-amzn-errortype");
    let code = header
        .or_else(|| between("<Code>", '<'))
        .or_else(|| between("\"__type\":\"", '"'))?;
    let name = error_name(code);
    is_error_code(name).then(|| name.to_owned())
}
