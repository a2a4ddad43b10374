//! Describes counts, lists and times.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use portcullis_model::{AccountStatus, AuditedAccount, Finding, Gap, Report, ResourceRef, Source};
use serde_json::Value as Json;

/// How many rules are named.
const NAMED_RULES: usize = 5;
/// How many accounts are named before a sentence.
const NAMED_ACCOUNTS: usize = 3;
/// How many accounts that were not judged are named.
const NAMED_UNJUDGED: usize = 5;

/// `1 rule`, `2 rules`, `3 logs of trails`.
pub fn counted<N: Copy + fmt::Display + From<u8> + PartialEq>(count: N, noun: &str) -> String {
    let (first, rest) = noun.find(" of ").map_or((noun, ""), |at| noun.split_at(at));
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {first}{plural}{rest}")
}

/// `2 open`, `1 known`: each count with its word, without zeros.
pub fn nonzero<'w, N: Copy + fmt::Display + From<u8> + PartialEq>(
    counts: impl IntoIterator<Item = (N, &'w str)>,
) -> Vec<String> {
    let mut texts = Vec::new();
    for (count, word) in counts {
        if count != N::from(0) {
            texts.push(format!("{count} {word}"));
        }
    }
    texts
}

/// The sentence with a capital letter at its start.
pub(crate) fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// A fact in words: `yes`, `a, b`, `name: a, age: 3`.
pub(crate) fn value(fact: &Json) -> String {
    match fact {
        Json::Null => "none".to_owned(),
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        Json::Number(number) if number.is_f64() => {
            format!("{:.1}", number.as_f64().unwrap_or_default())
        }
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        Json::Array(list) if list.is_empty() => "none".to_owned(),
        Json::Array(list) => {
            let values = list.iter().map(|item| match item {
                Json::Object(_) => format!("({})", value(item)),
                _ => value(item),
            });
            values.collect::<Vec<_>>().join(", ")
        }
        Json::Object(fields) => {
            let mut texts = Vec::new();
            for (name, field) in fields {
                texts.push(format!("{name}: {}", value(field)));
            }
            texts.join(", ")
        }
    }
}

/// The first names, at most `most`, and how many more there are.
pub fn few<N: fmt::Display>(
    names: impl IntoIterator<Item = N, IntoIter: ExactSizeIterator>,
    most: usize,
) -> String {
    let names = names.into_iter();
    let count = names.len();
    let first: Vec<String> = names.take(most).map(|name| name.to_string()).collect();
    first_of(&first, count)
}

/// The first names, and how many more there are.
pub(crate) fn first_of(first: &[String], all: usize) -> String {
    let names = first.join(", ");
    if all > first.len() {
        format!("{names} and {} more", all - first.len())
    } else {
        names
    }
}

/// The first texts, at most `most`, and then how many more there are.
pub(crate) fn truncated(mut texts: Vec<String>, most: usize) -> Vec<String> {
    let more = texts.len().saturating_sub(most);
    texts.truncate(most);
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    texts
}

/// `1 rule (a)`, `7 rules (a, b, c, d, e and 2 more)`; none if there is no rule.
pub(crate) fn named(rules: &[&str]) -> Option<String> {
    (!rules.is_empty())
        .then(|| format!("{} ({})", counted(rules.len(), "rule"), few(rules, NAMED_RULES)))
}

/// `3 accounts were not judged: 111122223333 (denied), 444455556666 (timed out) and 1 more`; none if all were.
pub fn unjudged<'a>(
    accounts: impl IntoIterator<Item = (&'a str, AccountStatus)>,
) -> Option<String> {
    let (mut count, mut first) = (0, Vec::new());
    for (id, status) in accounts {
        if status.is_judged() {
            continue;
        }
        count += 1;
        if first.len() < NAMED_UNJUDGED {
            first.push(format!("{id} ({})", status.word().replace('_', " ")));
        }
    }
    let accounts = counted(count, "account");
    let were = if count == 1 { "was" } else { "were" };
    let names = first_of(&first, count);
    (count > 0).then(|| format!("{accounts} {were} not judged: {names}"))
}

/// The text, cut off after `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A message, with its resource before it if it does not name it, and the account if one is given.
pub(crate) fn describe(account: Option<&str>, resource: &ResourceRef, message: &str) -> String {
    let account = account.map_or_else(String::new, |account| format!("[{account}] "));
    let says_what = resource.kind == "account" || message.contains(&resource.name);
    let name = if says_what {
        String::new()
    } else {
        format!("{}: ", resource.name)
    };
    let words = format!("{name}{message}");
    match &resource.region {
        Some(region) if !words.contains(region) => format!("{account}{words} ({region})"),
        _ => format!("{account}{words}"),
    }
}

/// The name of a finding's resource, with its owner if it has one: `key 1 of alice`, and with its account if there are
/// several.
pub(crate) fn name(finding: &Finding, many_accounts: bool) -> String {
    let Finding { account, resource, .. } = finding;
    let account = if many_accounts {
        format!(" in {account}")
    } else {
        String::new()
    };
    let within = format!("/{}/", resource.kind.replace('_', "-"));
    let owner = resource
        .id
        .split_once(&within)
        .and_then(|(owner, _)| owner.rsplit('/').next());
    let of = owner.map_or_else(String::new, |owner| format!(" of {owner}"));
    format!("{}{of}{account}", resource.name)
}

/// Begins a sentence about an account if the report has several: `111122223333: `.
pub(crate) fn lead(account: &AuditedAccount, report: &Report) -> String {
    if report.accounts.len() > 1 {
        format!("{}: ", account.id)
    } else {
        String::new()
    }
}

/// Sentences with the accounts that they are about.
#[derive(Default)]
pub(crate) struct Shared<'a> {
    sentences: Vec<(String, Vec<&'a str>)>,
    places: HashMap<String, usize>,
}

impl<'a> Shared<'a> {
    /// Adds a sentence, which may be about an account.
    pub(crate) fn add(&mut self, sentence: String, account: Option<&'a str>) {
        let next = self.sentences.len();
        let place = *self.places.entry(sentence.clone()).or_insert(next);
        if place == next {
            self.sentences.push((sentence, Vec::new()));
        }
        let accounts = &mut self.sentences[place].1;
        if accounts.last().copied() != account {
            accounts.extend(account);
        }
    }

    /// The sentences, after their accounts if the report has several: `111122223333, 444455556666: `.
    pub(crate) fn led(self, report: &Report) -> Vec<String> {
        let all = report.accounts.len();
        let mut led = Vec::new();
        for (sentence, accounts) in self.sentences {
            led.push(match accounts.len() {
                0 => sentence,
                _ if all < 2 => sentence,
                count if count == all => format!("every account: {sentence}"),
                _ => format!("{}: {sentence}", few(&accounts, NAMED_ACCOUNTS)),
            });
        }
        led
    }
}

/// The report that an account was compared with: `as of 2026-11-02 10:00:00 UTC`.
pub(crate) fn baseline(account: &AuditedAccount, report: &Report) -> Option<String> {
    let baseline = account.baseline.as_ref()?;
    let Some(as_of) = baseline.as_of else {
        return Some("without the account".to_owned());
    };
    let other = baseline.ruleset != report.tool.ruleset;
    let but = if other {
        ", with other rules or settings"
    } else {
        ""
    };
    Some(format!("as of {}{but}", time(as_of)))
}

/// Describes the evidence about an account, with its age.
pub(crate) fn evidence(account: &AuditedAccount, report: &Report) -> String {
    match (account.status, account.report_generated_at) {
        (status, _) if !status.is_judged() => not_collected(account).to_owned(),
        (_, Some(made)) => format!("credential report {}", age(made, account.as_of)),
        (_, None) if !report.activity.is_empty() => "CloudTrail".to_owned(),
        (_, None) => format!("credential report {}", without_age(account)),
    }
}

/// Why the credential report of an account has no age.
pub(crate) fn without_age(account: &AuditedAccount) -> &'static str {
    let of_report = |gap: &&Gap| gap.source == Source::CredentialReport && gap.resource.is_none();
    let gaps = account.gaps.iter().filter(of_report);
    let codes: Vec<&str> = gaps.map(|gap| gap.code.as_str()).collect();
    if codes.contains(&Gap::UNDATED) {
        "without a date"
    } else if codes.contains(&Gap::FUTURE) {
        "from a later time"
    } else {
        "missing"
    }
}

/// Why an account was not judged.
pub(crate) fn not_collected(account: &AuditedAccount) -> &'static str {
    let has_gap = |is_it: fn(&Gap) -> bool| account.gaps.iter().any(is_it);
    if has_gap(|gap| gap.message.ends_with(Gap::BARE_REPORT)) {
        return "nothing in the file could be used";
    }
    if has_gap(|gap| gap.code == Gap::NOT_IN_LOGS) {
        return "the logs contain nothing that was requested for the account";
    }
    match account.status {
        AccountStatus::Denied => "nothing could be collected: access is denied",
        AccountStatus::Throttled => "nothing could be collected: AWS throttles every call",
        AccountStatus::TimedOut => "nothing could be collected in time",
        AccountStatus::Suspended => "none: the account is suspended",
        AccountStatus::Closed => "none: the account is closed",
        AccountStatus::Complete | AccountStatus::Incomplete | AccountStatus::Failed => {
            "nothing could be collected"
        }
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

/// The first and the last time in words, or one if both have the same words.
pub(crate) fn span(
    moments: impl Iterator<Item = Timestamp> + Clone,
    words: fn(Timestamp) -> String,
) -> Option<String> {
    let (first, last) = (words(moments.clone().min()?), words(moments.max()?));
    Some(if first == last {
        first
    } else {
        format!("{first} to {last}")
    })
}

/// The age of something at this time.
pub(crate) fn age(made: Timestamp, as_of: Timestamp) -> String {
    let minutes = as_of.duration_since(made).as_secs() / 60;
    let (hours, days) = (minutes / 60, minutes / 60 / 24);
    let age = match minutes {
        ..0 => return format!("made after that date, at {}", time(made)),
        _ if made == as_of => return format!("made at {}", time(made)),
        0..120 => counted(usize::try_from(minutes).unwrap_or_default(), "minute"),
        120..2880 => format!("{hours} hours"),
        _ => format!("{days} days"),
    };
    format!("{age} old, made at {}", time(made))
}
