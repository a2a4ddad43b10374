//! What several facts say together.

use portcullis_model::{Fact, Source};

/// The value; if there is none, missing for want of the source.
pub(super) fn known_or<T>(value: Option<T>, source: Source) -> Fact<T> {
    value.map_or(Fact::missing(source), Fact::Known)
}

/// What holds a list, unless it lacks a part that the source would tell.
pub(super) fn if_whole<T>(list: T, is_whole: bool, source: Source) -> Fact<T> {
    known_or(is_whole.then_some(list), source)
}

/// Whether one of them is true: one that is suffices, however little is known of the others.
pub(super) fn any(flags: impl IntoIterator<Item = Fact<bool>>) -> Fact<bool> {
    flags.into_iter().fold(Fact::Known(false), Fact::or)
}

/// How many of them are true; missing if one is.
pub(super) fn count_true(flags: impl IntoIterator<Item = Fact<bool>>) -> Fact<u32> {
    flags.into_iter().fold(Fact::Known(0), |count, flag| {
        count.and_then(|count| flag.map(|flag| count + u32::from(flag)))
    })
}

/// The latest of them; missing if one is.
pub(super) fn latest<T: Ord>(dates: impl IntoIterator<Item = Fact<Option<T>>>) -> Fact<Option<T>> {
    dates.into_iter().fold(Fact::Known(None), |latest, date| {
        latest.and_then(|latest| date.map(|date| latest.max(date)))
    })
}
