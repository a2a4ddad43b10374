//! Limits the rate of requests: AWS throttles an account as a whole, including its other programs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::{Instant, sleep_until};

/// Limits a client to a number of requests per second, including retries.
///
/// The SDK's adaptive retries slow down only once AWS has throttled a call, and speed up again
/// without limit.
pub(crate) fn paced(inner: SharedHttpClient, calls_per_second: u32) -> SharedHttpClient {
    let pace = Pace::new(Duration::from_secs(1) / calls_per_second.max(1));
    SharedHttpClient::new(Paced { inner, pace: Arc::new(pace) })
}

/// Makes each request of a client, including retries, wait for an interval after the previous
/// answer, so that a slow request does not arrive just before the next.
pub(crate) fn spaced(inner: SharedHttpClient, interval: Duration) -> SharedHttpClient {
    SharedHttpClient::new(Paced { inner, pace: Arc::new(Pace::one_at_a_time(interval)) })
}

/// A client, or a connector of one.
#[derive(Clone, Debug)]
struct Paced<T> {
    inner: T,
    pace: Arc<Pace>,
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Paced { inner, pace: self.pace.clone() })
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            let pace = &connector.pace;
            let alone = match &pace.alone {
                Some(alone) => Some(alone.lock().await),
                None => None,
            };
            pace.turn().await;
            let answer = connector.inner.call(request).await;
            if alone.is_some() {
                pace.begin_again();
            }
            answer
        })
    }
}

/// The times at which requests may be sent.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
    /// Held from a turn to the answer, if requests must not overlap.
    alone: Option<tokio::sync::Mutex<()>>,
}

impl Pace {
    fn new(interval: Duration) -> Pace {
        Pace { interval, next: Mutex::new(Instant::now()), alone: None }
    }

    fn one_at_a_time(interval: Duration) -> Pace {
        Pace { alone: Some(tokio::sync::Mutex::default()), ..Pace::new(interval) }
    }

    /// Restarts the interval.
    fn begin_again(&self) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Instant::now() + self.interval;
    }

    /// Waits until the next request may be sent.
    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = Instant::now().max(*next);
            *next = turn + self.interval;
            turn
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance() {
        let (pace, start) = (Pace::new(Duration::from_millis(250)), Instant::now());
        for turn in 0..9 {
            pace.turn().await;
            assert_eq!(start.elapsed().as_millis(), turn * 250);
        }
        // A pause earns nothing.
        tokio::time::sleep(Duration::from_secs(9)).await;
        let later = Instant::now();
        for turn in 0..3 {
            pace.turn().await;
            assert_eq!(later.elapsed().as_millis(), turn * 250);
        }
    }

    /// A connector that opens a connection for the first request, which takes a while, and says
    /// when each arrives.
    #[derive(Clone, Debug, Default)]
    struct SlowStart(Arc<Mutex<Vec<Instant>>>);

    impl HttpConnector for SlowStart {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let arrivals = Arc::clone(&self.0);
            HttpConnectorFuture::new(async move {
                let is_first = arrivals.lock().unwrap().is_empty();
                sleep(Duration::from_millis(if is_first { 450 } else { 10 })).await;
                arrivals.lock().unwrap().push(Instant::now());
                Err(ConnectorError::user("no answer".into()))
            })
        }
    }

    /// AWS counts requests as they arrive.
    #[tokio::test(start_paused = true)]
    async fn no_more_than_two_spaced_requests_arrive_in_a_second() {
        let server = SlowStart::default();
        let inner = SharedHttpConnector::new(server.clone());
        let pace = Arc::new(Pace::one_at_a_time(Duration::from_millis(500)));
        let connector = Paced { inner, pace };
        let calls = (0..6).map(|_| connector.call(HttpRequest::empty()));
        futures::future::join_all(calls).await;
        let arrivals = server.0.lock().unwrap();
        assert_eq!(arrivals.len(), 6);
        for three in arrivals.windows(3) {
            assert!(three[2] - three[0] >= Duration::from_secs(1), "{arrivals:?}");
        }
    }
}
