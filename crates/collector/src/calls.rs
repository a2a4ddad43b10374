//! Rules for every call: it is shown as progress, ends with the run, and never lists endlessly.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime::client::retries::{ClientRateLimiter, RetryPartition};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::info;

use crate::attempts::Attempts;
use crate::failure::Failure;
use crate::{Options, Progress};

/// More than IAM's quotas allow of users, groups, roles and policies together.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_ITEMS: usize = 50_000;
/// The number of pages after which [`MIN_PER_PAGE`] applies. At the usual rate, an endless list
/// then delays other calls by less than a minute.
const MAX_PAGES: usize = 1_000;
/// The least average number of items per page of a long list. AWS may return fewer than requested,
/// and Organizations fewer than twenty, but not this few on average.
const MIN_PER_PAGE: usize = 10;

/// The number of concurrent calls. IAM throttles an account as a whole, so more calls would only
/// wait.
pub(crate) const CONCURRENT_CALLS: usize = 8;

/// The calls of a run.
pub(crate) struct Calls {
    progress: Arc<dyn Progress>,
    attempts: Attempts,
    /// Limits concurrent calls, so that none waits for its turn as long as an attempt may take.
    places: Semaphore,
    time: Duration,
    end: Instant,
    /// The retry budget. AWS throttles each account separately, so each has its own.
    pub(crate) retries: RetryPartition,
}

impl Calls {
    /// Creates the calls of a run that begins now.
    pub(crate) fn new(options: &Options) -> Calls {
        let places = CONCURRENT_CALLS.min(options.max_calls_per_second as usize);
        Calls {
            progress: options.progress.clone(),
            attempts: Attempts::new(options.progress.clone()),
            places: Semaphore::new(places),
            time: options.deadline,
            end: Instant::now() + options.deadline,
            retries: retries(options),
        }
    }

    /// Returns an interceptor that watches attempts.
    pub(crate) fn attempts(&self) -> Attempts {
        self.attempts.clone()
    }

    /// Returns the failure of a call that was given up after `time`, if AWS throttled it until
    /// then.
    pub(crate) fn throttling(&self, operation: &str, time: Duration) -> Option<Failure> {
        let code = self.attempts.throttling(operation)?;
        let tenths = (time.as_secs_f64() * 10.0).round();
        let message =
            format!("AWS throttled the call for {} seconds, until time was up", tenths / 10.0);
        Some(Failure::new(&code, &message))
    }

    /// Makes a call, unless the run is over.
    pub(crate) async fn make<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Failure>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let is_over = || {
            let seconds = self.time.as_secs_f64();
            info!(operation, "abandoned at the deadline");
            let failure = self.throttling(operation, self.time).unwrap_or_else(|| {
                let message = format!("the run ended after {seconds} seconds, before AWS answered");
                Failure::new(Failure::DEADLINE, &message)
            });
            failure.during(operation)
        };
        let place = timeout_at(self.end, self.places.acquire()).await;
        let _place = place.map_err(|_| is_over())?;
        if Instant::now() >= self.end {
            return Err(is_over());
        }
        let _shown = Shown::new(&*self.progress, operation);
        // Boxed: the futures of a dozen calls at once are large.
        let outcome = timeout_at(self.end, Box::pin(call))
            .await
            .map_err(|_| is_over())?;
        outcome.map_err(|error| Failure::from(error).during(operation))
    }
}

/// Creates a retry budget with a rate limiter that slows down when AWS throttles. The limiter
/// starts at the highest rate, since the SDK would measure one call in two seconds from the few
/// calls before the first throttled one, and stay there.
fn retries(options: &Options) -> RetryPartition {
    let limiter = ClientRateLimiter::builder()
        .tokens_retrieved_per_second(options.max_calls_per_second.into())
        .build();
    RetryPartition::custom("run")
        .client_rate_limiter(limiter)
        .build()
}

/// A call in progress, which may be dropped at any time.
struct Shown<'a> {
    progress: &'a dyn Progress,
    operation: &'a str,
}

impl<'a> Shown<'a> {
    fn new(progress: &'a dyn Progress, operation: &'a str) -> Shown<'a> {
        progress.starts(operation);
        Shown { progress, operation }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.progress.ends(self.operation);
    }
}

/// How far a list has been read.
#[derive(Default)]
pub(crate) struct Paging {
    seen: HashSet<String>,
}

impl Paging {
    /// Returns the token of the next page, after `items` on all pages so far; none if the list is
    /// complete. A list that returns to an earlier page or is too long is an error.
    pub(crate) fn next(
        &mut self,
        items: usize,
        token: Option<String>,
    ) -> Result<Option<String>, Failure> {
        let Some(token) = token else { return Ok(None) };
        let pages = self.seen.len();
        let is_thin = pages >= MAX_PAGES && items < pages * MIN_PER_PAGE;
        if items > MAX_ITEMS || is_thin {
            return Err(Failure::malformed("the list is longer than AWS allows"));
        }
        if !self.seen.insert(token.clone()) {
            return Err(Failure::malformed(
                "the list continues, but AWS returns the same page again",
            ));
        }
        Ok(Some(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(items: usize, tokens: impl Iterator<Item = String>) -> Option<Failure> {
        let mut paging = Paging::default();
        tokens
            .take(MAX_PAGES + 1)
            .find_map(|token| paging.next(items, Some(token)).err())
    }

    #[test]
    fn a_list_ends() {
        let alternating = ["A", "B"].into_iter().cycle().map(str::to_owned);
        let words = "the list continues, but AWS returns the same page again";
        assert_eq!(end(0, alternating), Some(Failure::malformed(words)));
        let words = "the list is longer than AWS allows";
        for items in [0, MAX_ITEMS + 1] {
            let ever_new = (0..).map(|n: u32| n.to_string());
            assert_eq!(end(items, ever_new), Some(Failure::malformed(words)), "{items}");
        }
        let mut paging = Paging::default();
        assert_eq!(paging.next(MAX_ITEMS, Some("x".to_owned())), Ok(Some("x".to_owned())));
        assert_eq!(paging.next(0, None), Ok(None));

        let mut accounts = Paging::default();
        for page in 1..=2_500 {
            let token = Some(page.to_string());
            assert_eq!(accounts.next(20 * page, token.clone()), Ok(token), "page {page}");
        }
    }
}
