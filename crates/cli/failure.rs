//! Errors, and what to do about them.

use std::error::Error;
use std::io::Write;

use anstyle::AnsiColor;
use portcullis_report::{Page, defuse};

use crate::doctor::{self, Examination};
use crate::terminal;

/// An error that can be sent between threads.
type AnyError = Box<dyn Error + Send + Sync>;

/// The failure of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    error: AnyError,
    help: Option<String>,
    /// The state of credentials and connection, if these failed.
    examination: Option<Box<Examination>>,
}

impl Failure {
    /// Creates a failure with advice.
    pub(crate) fn with_help(error: impl Into<AnyError>, help: impl Into<String>) -> Failure {
        Failure { error: error.into(), help: Some(help.into()), examination: None }
    }

    /// Replaces the advice.
    pub(crate) fn helped(self, help: Option<String>) -> Failure {
        Failure { help, ..self }
    }

    /// Adds the output of `doctor`.
    pub(crate) fn examined(self, examination: Examination) -> Failure {
        Failure { examination: Some(Box::new(examination)), ..self }
    }

    /// Puts a place before the error.
    pub(crate) fn at(self, place: &str) -> Failure {
        Failure { error: format!("{place}: {}", self.error).into(), ..self }
    }

    /// Joins failures with one thing, a line for each; none if there are none.
    pub(crate) fn joined(mut failures: Vec<Failure>, thing: &str) -> Option<Failure> {
        if failures.len() < 2 {
            return failures.pop();
        }
        let mut text = format!("there are {} problems with {thing}", failures.len());
        for failure in failures {
            let help = failure
                .help
                .as_ref()
                .map(|help| format!("; {help}"))
                .unwrap_or_default();
            text = format!("{text}\n  {}{help}", failure.chain());
        }
        Some(text.into())
    }

    /// Prints the failure to standard error. If that fails, the exit status must suffice.
    pub(crate) fn print(&self) {
        self.print_as("error", AnsiColor::Red);
    }

    /// Prints the failure as a warning, after which the command goes on.
    pub(crate) fn warn(&self) {
        self.print_as("warning", AnsiColor::Yellow);
    }

    fn print_as(&self, label: &str, color: AnsiColor) {
        let style = color.on_default().bold();
        let mut err = anstream::stderr();
        let _ = writeln!(err, "{style}{label}:{style:#} {}", safe(&self.chain()));
        if let Some(help) = &self.help {
            let _ = writeln!(err, "{0}help:{0:#} {1}", portcullis_report::bold(), safe(help));
        }
        if let Some(examination) = &self.examination {
            let _ = writeln!(err);
            let _ = doctor::write(examination, &mut Page::new(&mut err, terminal::stderr_style()));
        }
    }

    /// The error and its causes, without those that the error above already names.
    fn chain(&self) -> String {
        let mut text = self.error.to_string();
        let mut cause = self.error.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        text
    }
}

/// Creates a failure without advice from any error.
impl<E: Into<AnyError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { error: error.into(), help: None, examination: None }
    }
}

/// Defuses names of files and users, which may be hostile, but keeps the line breaks, which are ours.
fn safe(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(quoted)
        .collect::<Vec<_>>()
        .join("\n")
}

/// More characters than any line that quotes nothing long.
const MAX_LINE: usize = 1000;

/// Defuses a line that may quote other people's text, and shortens it in the middle if it is too long to read.
pub(crate) fn quoted(line: &str) -> String {
    let length = line.chars().count();
    if length <= MAX_LINE {
        return defuse(line).into_owned();
    }
    let start: String = line.chars().take(MAX_LINE / 2).collect();
    let end: String = line.chars().skip(length - MAX_LINE / 2).collect();
    defuse(&format!("{start}…{end}")).into_owned()
}

/// Returns `did you mean …?` if one of the names is similar to the word.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    portcullis_rules::similar(word, names).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_any_length_is_quoted_in_a_line() {
        let line = format!("`{}` is not a date", "é".repeat(2_000_000));
        let shown = quoted(&line);
        assert_eq!(shown.chars().count(), MAX_LINE + 1);
        assert!(shown.starts_with("`éé") && shown.contains("é…é"), "{shown}");
        assert!(shown.ends_with("é` is not a date"), "{shown}");
        let line = "x".repeat(MAX_LINE);
        assert_eq!(quoted(&line), line);
    }

    #[test]
    fn suggestions_are_close_or_none() {
        let names = ["fail_on", "rule_set"];
        assert_eq!(did_you_mean("fial_on", names).unwrap(), "did you mean `fail_on`?");
        assert_eq!(did_you_mean("colour", names), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
