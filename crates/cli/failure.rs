//! What went wrong, and what to do about it.

use std::error::Error;
use std::io::Write;

use anstyle::AnsiColor;
use portcullis_report::{Page, defuse};

use crate::doctor::{self, Examination};
use crate::terminal;

/// An error that a thread can hand over.
type AnyError = Box<dyn Error + Send + Sync>;

/// The end of a command that did not do what it is for.
#[derive(Debug)]
pub(crate) struct Failure {
    error: AnyError,
    help: Option<String>,
    /// What is known of credentials and connection, where these are what failed.
    examination: Option<Box<Examination>>,
}

impl Failure {
    /// A failure with advice.
    pub(crate) fn with_help(error: impl Into<AnyError>, help: impl Into<String>) -> Failure {
        Failure { error: error.into(), help: Some(help.into()), examination: None }
    }

    /// The failure with advice, if there is any.
    pub(crate) fn helped(self, help: Option<String>) -> Failure {
        Failure { help, ..self }
    }

    /// The failure with what `doctor` says of it.
    pub(crate) fn examined(self, examination: Examination) -> Failure {
        Failure { examination: Some(Box::new(examination)), ..self }
    }

    /// The failure, led by where it is.
    pub(crate) fn at(self, place: &str) -> Failure {
        Failure { error: format!("{place}: {}", self.error).into(), ..self }
    }

    /// Several failures with one thing as one, a line for each; none if there is none.
    pub(crate) fn joined(mut failures: Vec<Failure>, thing: &str) -> Option<Failure> {
        if failures.len() < 2 {
            return failures.pop();
        }
        let mut text = format!("there are {} problems with {thing}", failures.len());
        for failure in failures {
            let help = failure.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            text = format!("{text}\n  {}{help}", failure.chain());
        }
        Some(text.into())
    }

    /// Prints it to standard error. If that cannot be written to, the exit status has to do.
    pub(crate) fn print(&self) {
        self.print_as("error", AnsiColor::Red);
    }

    /// Prints it as a warning: the command goes on without.
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

    /// The error and its causes; a cause that the error above it already names is left out.
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

/// Any error is a failure without advice.
impl<E: Into<AnyError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { error: error.into(), help: None, examination: None }
    }
}

/// Names of files and users may be hostile; the line breaks of a diagnostic are ours.
fn safe(text: &str) -> String {
    text.trim_end().lines().map(quoted).collect::<Vec<_>>().join("\n")
}

/// More than any line of ours that quotes nothing long.
const MAX_LINE: usize = 1000;

/// A line that may quote what others wrote: defused, and without the middle of a value that is too long to read.
pub(crate) fn quoted(line: &str) -> String {
    let length = line.chars().count();
    if length <= MAX_LINE {
        return defuse(line).into_owned();
    }
    let start: String = line.chars().take(MAX_LINE / 2).collect();
    let end: String = line.chars().skip(length - MAX_LINE / 2).collect();
    defuse(&format!("{start}…{end}")).into_owned()
}

/// `did you mean …?`, if one of the names may be what a slip of the pen was meant to be.
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
