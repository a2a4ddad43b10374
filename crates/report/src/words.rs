//! Counts, lists and times in words.

use jiff::Timestamp;

/// `1 rule`, `2 rules`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Up to that many of the names, and how many more there are.
pub(crate) fn few(names: &[&str], most: usize) -> String {
    match names.split_at_checked(most) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{} and {} more", first.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

/// The text, cut after that many characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The time to the second, in UTC.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The day, in UTC.
pub(crate) fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// How long before that moment something was made.
pub(crate) fn age(made: Timestamp, as_of: Timestamp) -> String {
    let minutes = as_of.duration_since(made).as_secs() / 60;
    let (hours, days) = (minutes / 60, minutes / 60 / 24);
    let age = match minutes {
        ..0 => return format!("made after that date, at {}", time(made)),
        0..120 => counted(usize::try_from(minutes).unwrap_or_default(), "minute"),
        120..2880 => format!("{hours} hours"),
        _ => format!("{days} days"),
    };
    format!("{age} old, made at {}", time(made))
}
