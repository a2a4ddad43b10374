//! How fast requests go out: AWS throttles an account as a whole, and other programs of the account too.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::{Instant, sleep_until};

/// The same client, but its requests wait for their turn: so many a second, retries included.
///
/// The SDK's adaptive retries slow down once AWS has throttled a call, and keep a budget of retries;
/// they do not hold back before, and they speed up again beyond any limit.
pub(crate) fn paced(inner: SharedHttpClient, calls_per_second: u32) -> SharedHttpClient {
    let pace = Arc::new(Pace::new(calls_per_second));
    SharedHttpClient::new(Paced { inner, pace })
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
            connector.pace.turn().await;
            connector.inner.call(request).await
        })
    }
}

/// The moments at which requests may go out.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    fn new(calls_per_second: u32) -> Pace {
        let interval = Duration::from_secs(1) / calls_per_second.max(1);
        Pace { interval, next: Mutex::new(Instant::now()) }
    }

    /// Waits until the next request may go out.
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
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance() {
        let (pace, start) = (Pace::new(4), Instant::now());
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
}
