//! Problems in rule files, with their positions.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::RuleFile;

/// A mistake at a position in a text, which is an expression at first and then its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The position in bytes.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// Whether to hide the values in its lines, which it does not concern and which may be another
    /// program's secrets.
    pub hides_values: bool,
    /// The shared text that it is in, if `at` only includes that.
    pub(crate) shared: Option<InShared>,
}

/// A position in a text that a rule includes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InShared {
    /// The shared text.
    pub file: Arc<RuleFile>,
    /// The position in bytes.
    pub at: Range<usize>,
}

impl Problem {
    /// Creates a problem at a position.
    pub fn new(at: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { at, message: message.into(), help: None, hides_values: false, shared: None }
    }

    /// Hides the values in its lines.
    pub(crate) fn without_values(self) -> Problem {
        Problem { hides_values: true, ..self }
    }

    /// Says how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Suggests a similar valid word, or else lists all valid words.
    #[must_use]
    pub fn valid<'w>(mut self, word: &str, valid: impl IntoIterator<Item = &'w str>) -> Problem {
        let valid: Vec<_> = valid.into_iter().collect();
        self.help = match similar(word, valid.iter().copied()) {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if valid.is_empty() => None,
            None => Some(format!("valid: {}", valid.join(", "))),
        };
        self
    }
}

/// The longest word compared, since a comparison takes time and memory by the product of the
/// lengths.
const MAX_WORD: usize = 100;

/// Returns the valid word most similar to `word`, if it may be a typing error; otherwise the only
/// one with all parts of `word`, such as `stale-access-key` for `stale-key`.
pub fn similar<'w>(word: &str, valid: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let mut valid: Vec<&str> = valid.into_iter().collect();
    valid.retain(|other| word.len().max(other.len()) <= MAX_WORD);
    let max_distance = 1 + word.chars().count() / 6;
    let distances = valid
        .iter()
        .map(|other| (strsim::damerau_levenshtein(word, other), *other));
    if let Some((distance, other)) = distances.min()
        && distance <= max_distance
    {
        return Some(other);
    }
    valid.retain(|other| {
        let parts: Vec<&str> = other.split(['-', '_']).collect();
        word.split(['-', '_']).all(|part| parts.contains(&part))
    });
    if let [other] = valid[..] {
        Some(other)
    } else {
        None
    }
}

/// All problems of a set of rule files and its settings.
#[derive(Clone, Debug)]
pub struct LoadErrors(pub Vec<LoadError>);

/// One mistake in a rule file or in its settings.
#[derive(Clone, Debug)]
pub struct LoadError {
    /// The file, as its [`RuleFile::path`] names it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it, if that needs saying.
    pub help: Option<String>,
    text: Arc<str>,
    at: Range<usize>,
    /// The shared text that it is in, if the file only includes that.
    shared: Option<InShared>,
    hides_text: bool,
}

impl LoadError {
    fn new(file: &RuleFile, text: &Arc<str>, problem: Problem) -> LoadError {
        let start = text.floor_char_boundary(problem.at.start);
        let end = text.ceil_char_boundary(problem.at.end.min(text.len()));
        LoadError {
            path: file.path.clone(),
            message: problem.message,
            help: problem.help,
            text: Arc::clone(text),
            at: start..end.max(start),
            shared: problem.shared,
            hides_text: false,
        }
    }

    /// Hides the lines of the file, which may be somebody else's.
    #[must_use]
    pub fn without_text(self) -> LoadError {
        LoadError { hides_text: true, ..self }
    }

    /// Returns the position in the file in bytes.
    pub fn offset(&self) -> usize {
        self.at.start
    }

    /// Returns the line and the column in characters, both from 1.
    pub fn position(&self) -> (usize, usize) {
        position(&self.text, self.at.start)
    }
}

/// Returns the line and the column in characters of a byte, both from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut own = AnnotationKind::Primary.span(self.at.clone());
        let mut group = Group::with_title(title);
        if let Some(InShared { file, at }) = &self.shared {
            let snippet = Snippet::source(&file.text).path(&file.path);
            group = group.element(snippet.annotation(AnnotationKind::Primary.span(at.clone())));
            own = AnnotationKind::Context
                .span(self.at.clone())
                .label("included here");
        }
        group = if self.hides_text {
            let (line, column) = self.position();
            group.element(
                Origin::path(self.path.as_str())
                    .line(line)
                    .char_column(column),
            )
        } else {
            group.element(
                Snippet::source(&*self.text)
                    .path(self.path.as_str())
                    .annotation(own),
            )
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let shown = Renderer::plain().render(&[group]);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}

/// Returns the text without its values: dots stand for the value of each line, which keeps its
/// length.
fn without_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let named = match line.split_once('=') {
            _ if line.starts_with('[') => line.len(),
            Some((name, value)) if !matches!(value.trim(), "" | "=") => name.len() + 1,
            _ => 0,
        };
        let (name, rest) = line.split_at(named);
        let value = rest.trim();
        let dots = value.len().min(3);
        let hidden = ".".repeat(dots) + &" ".repeat(value.len() - dots);
        shown.push_str(name);
        shown.push_str(&rest.replacen(value, &hidden, 1));
    }
    shown
}

/// Returns the problems of a file as errors, from top to bottom.
pub fn place(file: &RuleFile, mut problems: Vec<Problem>) -> Vec<LoadError> {
    let text: Arc<str> = file.text.as_str().into();
    let names: Arc<str> = without_values(&file.text).into();
    problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
    problems.dedup();
    let mut errors = Vec::new();
    for problem in problems {
        let shown = if problem.hides_values { &names } else { &text };
        errors.push(LoadError::new(file, shown, problem));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_any_length_is_compared_at_once() {
        let longest = "a".repeat(MAX_WORD);
        assert_eq!(similar(&longest, ["b", &longest]), Some(longest.as_str()));
        let longer = "a".repeat(1 << 24);
        assert_eq!(similar(&longer, [longer.as_str(), "a"]), None);
        assert_eq!(similar("a", [longer.as_str()]), None);
    }

    #[test]
    fn positions_count_lines_and_characters() {
        assert_eq!(position("a\nüb", 4), (2, 2));
        assert_eq!(position("", 9), (1, 1));
    }

    #[test]
    fn names_remain() {
        let rows = [
            ("[default]\n", "[default]\n"),
            ("key = wJalr/K7 # é\r\n", "key = ...          \r\n"),
            ("wJalrK7=\nwJalrK7==", "...     \n...      "),
            ("  -----BEGIN KEY-----\n\n", "  ...                \n\n"),
            ("on = 1", "on = ."),
        ];
        for (text, shown) in rows {
            assert_eq!(without_values(text), shown);
        }
    }
}
