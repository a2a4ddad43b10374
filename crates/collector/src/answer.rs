//! The outcome of calls: the answers, and why others are missing.

use futures::stream::{self, StreamExt};
use portcullis_evidence::to_json;
use serde::Serialize;

use crate::calls::CONCURRENT_CALLS;
use crate::convert::Listed;
use crate::failure::Failure;

/// The number of throttled calls in a row, each of them retried, after which the rest is given up.
const THROTTLED_CALLS: usize = 3;

/// The outcome of the calls for one source.
pub(crate) struct Answer<T> {
    /// The answer, or why there is none.
    pub(crate) result: Result<T, Failure>,
    /// The failures for single resources, with their names.
    pub(crate) failures: Vec<(String, Failure)>,
}

impl<T> Answer<T> {
    pub(crate) fn failed(failure: Failure) -> Answer<T> {
        Answer::from(Err(failure))
    }

    pub(crate) fn map<U>(self, document: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { result: self.result.map(document), failures: self.failures }
    }
}

impl<T: Serialize> Answer<T> {
    /// Returns the answer as stored in a bundle.
    pub(crate) fn into_json(self) -> Answer<Vec<u8>> {
        let result = self.result.and_then(|document| {
            to_json(&document).map_err(|error| Failure::malformed(&error.to_string()))
        });
        Answer { result, failures: self.failures }
    }
}

impl<A> Answer<(Vec<A>, Vec<String>)> {
    /// Makes one call per name, a few at a time. Returns the answers and their names in order.
    /// Gives up if AWS throttles several calls in a row.
    pub(crate) async fn of_each(
        names: &[String],
        calls: Vec<impl Future<Output = Result<A, Failure>>>,
    ) -> Answer<(Vec<A>, Vec<String>)> {
        let mut results = stream::iter(calls)
            .buffered(CONCURRENT_CALLS)
            .zip(stream::iter(names));
        let (mut answers, mut answered, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let mut throttled = 0;
        while throttled < THROTTLED_CALLS
            && let Some((result, name)) = results.next().await
        {
            match result {
                Ok(answer) => {
                    throttled = 0;
                    answers.push(answer);
                    answered.push(name.clone());
                }
                Err(failure) => {
                    throttled = if failure.is_throttled() {
                        throttled + 1
                    } else {
                        0
                    };
                    failures.push((name.clone(), failure));
                }
            }
        }
        let made = answered.len() + failures.len();
        if let Some((_, last)) = failures.last().cloned() {
            for name in &names[made..] {
                failures.push((name.clone(), last.clone().in_place_of_a_call()));
            }
        }
        Answer { result: Ok((answers, answered)), failures }
    }

    /// Joins all failures into one if no call was answered. A complete error of AWS that a user no
    /// longer exists counts as an answer.
    pub(crate) fn or_failed(self) -> Answer<(Vec<A>, Vec<String>)> {
        let has_no_answer = self
            .result
            .as_ref()
            .is_ok_and(|(answers, _)| answers.is_empty());
        let real_failure = self
            .failures
            .iter()
            .find(|(_, failure)| !failure.is_answer(&["NoSuchEntity"]));
        match real_failure {
            Some((_, failure)) if has_no_answer => {
                Answer::failed(failure.clone().of_all(self.failures.len()))
            }
            _ => self,
        }
    }
}

impl<T> From<Result<T, Failure>> for Answer<T> {
    fn from(result: Result<T, Failure>) -> Answer<T> {
        Answer { result, failures: Vec::new() }
    }
}

/// Merges several lists into one sorted list.
pub(crate) fn merged<T: Listed>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut items: Vec<T> = lists.into_iter().flatten().collect();
    items.sort_by(T::order);
    items
}
