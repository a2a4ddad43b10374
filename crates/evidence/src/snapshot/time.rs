//! Exact differences between times.

use jiff::{SignedDuration, Timestamp};

/// By how much AWS's clock and the one that `as_of` was read from may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
const SECONDS_A_DAY: f64 = 86_400.0;
const SECONDS_AN_HOUR: f64 = 3_600.0;

/// Returns the seconds from one time to another; negative if the other is earlier.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Returns the hours from one time to another; negative if the other is earlier.
pub(super) fn hours(from: Timestamp, to: Timestamp) -> f64 {
    seconds(from, to) / SECONDS_AN_HOUR
}

/// Returns the days of 86,400 seconds from one time to another; negative if the other is earlier.
pub(super) fn days(from: Timestamp, to: Timestamp) -> f64 {
    seconds(from, to) / SECONDS_A_DAY
}

/// Whether a date lies in the future: the local clock is behind, or `as_of` precedes the evidence.
pub(crate) fn is_future(date: Timestamp, as_of: Timestamp) -> bool {
    date.duration_since(as_of) > SKEW
}

/// Whether two moments of different clocks are too close to say which came first.
pub(super) fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= SKEW
}

/// Whether something may have happened since a moment of another clock: AWS also needs a while before
/// all of its answers show what was made.
pub(super) fn may_be_since(date: Timestamp, moment: Timestamp) -> bool {
    moment.duration_since(date) <= SKEW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_kept_and_the_past_is_negative() {
        let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let to: Timestamp = "2026-04-01T12:00:00Z".parse().unwrap();
        assert_eq!(vec![days(from, to), days(to, from)], [90.5, -90.5]);
        assert_eq!(vec![hours(from, to)], [2172.0]);
        assert!(days(Timestamp::MIN, Timestamp::MAX) > 0.0);
    }

    #[test]
    fn clocks_may_differ_by_minutes() {
        let as_of = "2026-01-01T00:00:00Z".parse().unwrap();
        for (date, expected) in [
            ("2025-01-01T00:00:00Z", false),
            ("2026-01-01T00:05:00Z", false),
            ("2026-01-01T00:05:01Z", true),
        ] {
            assert_eq!(is_future(date.parse().unwrap(), as_of), expected, "{date}");
        }
        assert!(is_future(Timestamp::MAX, Timestamp::MIN) && !is_future(as_of, Timestamp::MAX));
    }
}
