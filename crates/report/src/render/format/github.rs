//! Writes GitHub's workflow commands, which become annotations when a step prints them.
//!
//! The form is that of <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>, escaped
//! like GitHub's toolkit. Each open finding has a command, up to the number that GitHub shows for a step. The last
//! command shows the outcome of the audit and counts the rest.

use std::fmt;
use std::io::{self, Write};

use portcullis_model::{Finding, Severity, Status};

use super::code_quality;
use crate::decide::loosened;
use crate::render::view::{View, with_status};
use crate::words::{capitalised, nonzero};
use crate::{defuse, words};

/// How many annotations of a level GitHub shows for a step.
const SHOWN: usize = 10;

/// The level of an annotation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    fn from_severity(severity: Severity) -> Level {
        match severity {
            Severity::Critical | Severity::High => Level::Error,
            Severity::Medium => Level::Warning,
            Severity::Low | Severity::Info => Level::Notice,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        }
    }

    /// The level of the outcome. It is a warning if not everything could be judged.
    fn of_end(view: &View<'_>) -> Level {
        if view.outcome.exit_status() == 3 {
            Level::Warning
        } else {
            Level::Notice
        }
    }
}

/// A workflow command that annotates.
struct Command {
    level: Level,
    title: String,
    message: String,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Command { level, title, message } = self;
        write!(f, "::{} title={}::{}", level.word(), property(title), data(message))
    }
}

/// The value of a parameter.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut open = code_quality::issues(&view.entries);
    open.retain(|entry| entry.status == Status::Open);
    let mut shown = 0;
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level = open
            .iter()
            .filter(|entry| Level::from_severity(entry.severity) == level);
        // One annotation of its level is kept for the outcome.
        let room = SHOWN - usize::from(level == Level::of_end(view));
        for finding in view.findings(of_level.take(room)) {
            writeln!(out, "{}", annotation(view, &*finding?, level))?;
            shown += 1;
        }
    }
    writeln!(out, "{}", end(view, open.len() - shown))
}

fn annotation(view: &View<'_>, finding: &Finding, level: Level) -> Command {
    let Finding { rule, account, resource, .. } = finding;
    let title = view.rule(finding).map_or(rule, |info| &info.title);
    let place = format!("Rule {rule}, account {account}, {}", resource.id);
    Command {
        level,
        title: defuse(title).into_owned(),
        message: format!("{}\n{}", code_quality::text(finding), defuse(&place)),
    }
}

/// The outcome of the audit, the numbers of findings without annotation, and what was not judged.
fn end(view: &View<'_>, open: usize) -> Command {
    let count = |status| with_status(&view.entries, status).count();
    let counts = nonzero([
        (open, "open"),
        (count(Status::Known), "known"),
        (count(Status::Waived), "waived"),
        (count(Status::Unknown), "not judged"),
    ]);
    let mut lines = vec![view.outcome.to_string()];
    if !counts.is_empty() {
        lines.push(format!("Not annotated: {}.", counts.join(", ")));
    }
    let accounts = view.report.accounts.iter();
    let unjudged = words::unjudged(accounts.map(|account| (&*account.id, account.status)));
    let wrong_shares = loosened::wrong_shares(view.report);
    for sentence in unjudged.into_iter().chain(wrong_shares) {
        lines.push(format!("{}.", capitalised(&sentence)));
    }
    let lines: Vec<_> = lines.iter().map(|line| defuse(line)).collect();
    Command {
        level: Level::of_end(view),
        title: "Portcullis".to_owned(),
        message: lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `@actions/core` 3.0.1 prints for `core.error(message, { title })`.
    #[test]
    fn commands_are_escaped_as_the_toolkit_does() {
        for (title, message, expected) in [
            ("a", "b", "::error title=a::b"),
            ("a:b,c", "a:b,c", "::error title=a%3Ab%2Cc::a:b,c"),
            ("100%\r\n", "100%\r\n", "::error title=100%25%0D%0A::100%25%0D%0A"),
            ("%0A::error::", "%3A", "::error title=%250A%3A%3Aerror%3A%3A::%253A"),
        ] {
            let (title, message) = (title.to_owned(), message.to_owned());
            assert_eq!(Command { level: Level::Error, title, message }.to_string(), expected);
        }
    }

    #[test]
    fn every_severity_has_a_level() {
        let levels = Severity::ALL.map(|severity| Level::from_severity(severity).word());
        assert_eq!(levels, ["error", "error", "warning", "notice", "notice"]);
    }
}
