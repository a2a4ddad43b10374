//! Parses the values of arguments.

use std::ops::RangeInclusive;

use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::{AccountId, Arn, Severity, Verdict, is_region, known_regions};
use portcullis_report::Format;
use portcullis_rules::{SCOPES, Scope};

use crate::failure::did_you_mean;

/// Parses one of these by its word, ignoring case if the argument does.
fn one_of<T, const N: usize>(
    all: [T; N],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.map(word)).try_map(move |text| {
        all.into_iter()
            .find(|one| word(*one).eq_ignore_ascii_case(&text))
            .ok_or("it is not one of these")
    })
}

pub(super) fn severity() -> impl TypedValueParser<Value = Severity> {
    one_of(Severity::ALL, Severity::word)
}

/// Parses a kind of resource that rules judge.
pub(super) fn scope() -> impl TypedValueParser<Value = &'static Scope> {
    one_of(SCOPES.each_ref(), |scope| scope.name)
}

/// The help of an option for outputs, with the usual format as the default.
pub(super) fn formats(usual: Format) -> String {
    let [all @ .., last] = Format::ALL else {
        return String::new();
    };
    let all: Vec<&str> = all.iter().map(|format| format.name()).collect();
    format!(
        "Write {} or {}, to standard output or a file; repeat for several [default: {}]",
        all.join(", "),
        last.name(),
        usual.name()
    )
}

/// Parses a verdict that reports list only on request.
pub(super) fn included() -> impl TypedValueParser<Value = Verdict> {
    one_of([Verdict::Pass, Verdict::NotApplicable], Verdict::word)
}

pub(crate) fn region(text: &str) -> Result<String, String> {
    if is_region(text) {
        return Ok(text.to_owned());
    }
    Err(match did_you_mean(text, known_regions()) {
        Some(meant) => format!("expected the name of an AWS region; {meant}"),
        None => "expected the name of an AWS region, such as eu-west-1".to_owned(),
    })
}

/// Parses the id of a rule or framework, ignoring case.
pub(super) fn id() -> impl TypedValueParser<Value = String> {
    StringValueParser::new().map(|id| id.to_ascii_lowercase())
}

/// Parses a time in RFC 3339, a date, which means its start in UTC, or `now`.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let start = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    // `parse` would also accept a time without a zone, and ignore the time.
    Date::strptime("%Y-%m-%d", text)
        .and_then(start)
        .map_err(|_| {
            "expected now, or a date or time such as 2026-11-02 or 2026-11-02T10:00:00Z".to_owned()
        })
}

/// Parses a whole number in this range.
pub(super) fn number<T>(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = T>
where
    T: TryFrom<u64> + Clone + Send + Sync + 'static,
{
    StringValueParser::new().try_map(move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("expected a whole number from {least} to {most}"))
    })
}

pub(super) fn account(text: &str) -> Result<String, &'static str> {
    match AccountId::parse(text) {
        Some(id) => Ok(id.to_string()),
        None => Err("expected a 12-digit account id"),
    }
}

/// The id of an organizational unit or root.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
pub(super) fn unit(text: &str) -> Result<String, &'static str> {
    let is_part = |part: &str, least: usize| {
        let is_of_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        (least..=32).contains(&part.len()) && part.chars().all(is_of_id)
    };
    let is_id = match text.split('-').collect::<Vec<_>>()[..] {
        ["r", root] => is_part(root, 4),
        ["ou", root, unit] => is_part(root, 4) && is_part(unit, 8),
        _ => false,
    };
    if is_id {
        Ok(text.to_owned())
    } else {
        Err("expected the id of an organizational unit, such as ou-ab12-34cd56ef")
    }
}

/// The ARN of a role.
pub(super) fn role_arn(text: &str) -> Result<String, &'static str> {
    match Arn::parse(text).and_then(Arn::role) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected the ARN of a role, such as arn:aws:iam::111122223333:role/auditor"),
    }
}

/// The name of a person, which the ARN of a user holds; `root`, whatever AWS calls that user.
pub(super) fn person(text: &str) -> Result<String, String> {
    let give = |name: &str, whose| {
        Err(format!("expected the name of a person; give that of {whose}: {name}"))
    };
    match Arn::parse(text) {
        _ if text.is_empty() => Err("expected the name of a person".to_owned()),
        None if text == "<root_account>" => Ok("root".to_owned()),
        None => Ok(text.to_owned()),
        Some(arn) if arn.is_root() => Ok("root".to_owned()),
        Some(arn) => match (arn.user(), arn.resource.split_once('/')) {
            (Some((_, name)), _) => Ok(name.to_owned()),
            (None, Some(("assumed-role", session))) if session.contains('/') => {
                give(&session[session.find('/').map_or(0, |at| at + 1)..], "the session")
            }
            (None, Some(("federated-user", name))) => give(name, "the session"),
            _ => Err("expected the name of a person, or the ARN of a user; for a role, give the name of \
                      a session or of the person who has it"
                .to_owned()),
        },
    }
}

/// The name of a role, with its path, but for the slash that every path begins with.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub(super) fn role_name(text: &str) -> Result<String, &'static str> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let is_name = (1..=64).contains(&name.len()) && name.chars().all(of_name);
    let is_path = path.len() <= 510
        && !path.starts_with('/')
        && !path.starts_with("arn:")
        && path.chars().all(|c| c.is_ascii_graphic());
    if is_name && is_path && !text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a role, such as audit or, with its path, security/audit")
    }
}

/// Parses a number of days or hours.
pub(super) fn age(text: &str) -> Result<SignedDuration, String> {
    let count = |unit: char| text.strip_suffix(unit)?.parse::<u32>().ok();
    let hours = count('h').or_else(|| count('d')?.checked_mul(24));
    let hours = hours
        .filter(|hours| *hours > 0)
        .ok_or("expected an age such as 7d or 12h")?;
    Ok(SignedDuration::from_hours(i64::from(hours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact_or_the_start_of_a_day() {
        for (text, utc) in [
            ("2026-11-02T10:00:00Z", "2026-11-02T10:00:00Z"),
            ("2026-11-02T10:00:00+02:00", "2026-11-02T08:00:00Z"),
            ("2026-11-02", "2026-11-02T00:00:00Z"),
        ] {
            assert_eq!(moment(text).unwrap().to_string(), utc);
        }
        assert!(
            moment("now")
                .unwrap()
                .duration_until(Timestamp::now())
                .abs()
                < SignedDuration::from_mins(1)
        );
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "today", "2026-13-01", "2026-11-02T10:00:00", "2026-11-02 10:00"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
    #[test]
    fn a_person_is_named_by_the_arn_of_a_user_too() {
        let account = "111122223333";
        for (text, name) in [
            ("ana.silva", "ana.silva"),
            ("root", "root"),
            ("<root_account>", "root"),
            (&format!("arn:aws:iam::{account}:root"), "root"),
            (&format!("arn:aws:iam::{account}:user/ana.silva"), "ana.silva"),
            (&format!("arn:aws-cn:iam::{account}:user/team/a/ana"), "ana"),
        ] {
            assert_eq!(person(text).as_deref(), Ok(name), "{text}");
        }
        for (arn, hint) in [
            ("sts::111122223333:assumed-role/Auditor/ana@example.com", ": ana@example.com"),
            ("sts::111122223333:federated-user/ana", ": ana"),
            ("iam::111122223333:role/Auditor", "name of a session"),
            ("iam::111122223333:mfa/ana", "the ARN of a user"),
        ] {
            let refused = person(&format!("arn:aws:{arn}")).unwrap_err();
            assert!(refused.contains(hint), "{refused}");
        }
        assert!(person("").is_err());
    }

    #[test]
    fn ids_of_units_are_those_that_organizations_has() {
        for text in ["r-ab12", "ou-ab12-34cd56ef", "ou-f1ee-00000001"] {
            assert_eq!(unit(text).as_deref(), Ok(text));
        }
        for text in [
            "",
            "foo",
            "r-abc",
            "ou-ab12",
            "ou-ab12-34cd56e",
            "ou-AB12-34cd56ef",
            "ou-ab12-34cd56ef-x",
        ] {
            assert!(unit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_roles_are_those_that_iam_takes() {
        for text in ["audit", "security/audit", "a/b/c", "A_+=,.@-9", &"x".repeat(64)] {
            assert_eq!(role_name(text).as_deref(), Ok(text));
        }
        let arn = "arn:aws:iam::111122223333:role/x";
        for text in ["", "a b", "/x", "/path/x", "path/", "p q/x", "röle", arn, &"x".repeat(65)] {
            assert!(role_name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_are_days_or_hours() {
        assert_eq!(age("7d"), Ok(SignedDuration::from_hours(168)));
        assert_eq!(age("12h"), Ok(SignedDuration::from_hours(12)));
        for text in ["", "d", "7", "-7d", "1.5d", "7 days", "4294967295d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
