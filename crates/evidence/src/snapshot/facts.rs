//! Combines facts.

use portcullis_model::{Fact, Source};

/// Returns the value, or a fact that is missing because of the source.
pub(super) fn known_or<T>(value: Option<T>, source: Source) -> Fact<T> {
    value.map_or(Fact::missing(source), Fact::Known)
}

/// Returns the value if it is complete, or else a fact that is missing because of the source.
pub(super) fn if_complete<T>(value: T, is_complete: bool, source: Source) -> Fact<T> {
    known_or(is_complete.then_some(value), source)
}

/// Whether any flag is true; a true one suffices, even if others are missing.
pub(super) fn any(flags: impl IntoIterator<Item = Fact<bool>>) -> Fact<bool> {
    flags.into_iter().fold(Fact::Known(false), Fact::or)
}

/// Counts the flags that are true; missing if any is missing.
pub(super) fn count_true(flags: impl IntoIterator<Item = Fact<bool>>) -> Fact<u32> {
    flags.into_iter().fold(Fact::Known(0), |count, flag| {
        count.and_then(|count| flag.map(|flag| count + u32::from(flag)))
    })
}

/// Returns the latest date; missing if any is missing.
pub(super) fn latest<T: Ord>(dates: impl IntoIterator<Item = Fact<Option<T>>>) -> Fact<Option<T>> {
    dates.into_iter().fold(Fact::Known(None), |latest, date| {
        latest.and_then(|latest| date.map(|date| latest.max(date)))
    })
}
