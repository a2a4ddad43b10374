//! Spans of time, in exact fractions.

use jiff::Timestamp;

const SECONDS_A_DAY: f64 = 86_400.0;
const SECONDS_AN_HOUR: f64 = 3_600.0;

/// The seconds from one moment to another; negative if it is earlier.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The hours from one moment to another; negative if it is earlier.
pub(super) fn hours(from: Timestamp, to: Timestamp) -> f64 {
    seconds(from, to) / SECONDS_AN_HOUR
}

/// The days of 86,400 seconds from one moment to another; negative if it is earlier.
pub(super) fn days(from: Timestamp, to: Timestamp) -> f64 {
    seconds(from, to) / SECONDS_A_DAY
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
}
