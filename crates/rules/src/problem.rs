//! What is wrong with rule files, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::RuleFile;

/// A mistake at a place in some text: first an expression, then the file that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The place, in bytes.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What is right.
    pub help: Option<String>,
    /// Whether it is not about the values of its line, which may be another program's secrets.
    pub hides_values: bool,
}

impl Problem {
    /// A mistake at that place.
    #[must_use]
    pub fn new(at: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { at, message: message.into(), help: None, hides_values: false }
    }

    /// The mistake, shown without the values of its line.
    #[must_use]
    pub(crate) fn without_values(self) -> Problem {
        Problem { hides_values: true, ..self }
    }

    /// Says what is right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Helps out with a similar word among the valid ones, or else with all of them.
    #[must_use]
    pub fn valid<'w>(mut self, word: &str, valid: impl IntoIterator<Item = &'w str>) -> Problem {
        self.help = meant(word, valid);
        self
    }
}

/// Help out of a word that is not valid: the one that was probably meant, or else all that are.
pub(crate) fn meant<'w>(word: &str, valid: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let valid: Vec<_> = valid.into_iter().collect();
    match similar(word, valid.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if valid.is_empty() => None,
        None => Some(format!("valid: {}", valid.join(", "))),
    }
}

/// A comparison takes time and memory by the product of the lengths; nobody misspells a longer word.
const MAX_WORD: usize = 100;

/// The valid word that is most like the given one, if it may be a typing error; otherwise the only one that has
/// all parts of the given one, such as `stale-access-key` for `stale-key`, if there is one only.
#[must_use]
pub fn similar<'w>(word: &str, valid: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let distance = |other: &str| strsim::damerau_levenshtein(word, other);
    let mut valid: Vec<&str> = valid.into_iter().collect();
    valid.retain(|other| word.len().max(other.len()) <= MAX_WORD);
    let slips = valid.iter().map(|other| (distance(other), *other));
    let nearest = slips.filter(|(distance, _)| *distance <= 1 + word.chars().count() / 6).min();
    if let Some((_, other)) = nearest {
        return Some(other);
    }
    valid.retain(|other| {
        let parts: Vec<&str> = other.split(['-', '_']).collect();
        word.split(['-', '_']).all(|part| parts.contains(&part))
    });
    if let [other] = valid[..] { Some(other) } else { None }
}

/// Everything that is wrong with a set of rule files and the settings for them.
#[derive(Clone, Debug)]
pub struct LoadErrors(pub Vec<LoadError>);

/// One mistake in a rule file or in the settings for it.
#[derive(Clone, Debug)]
pub struct LoadError {
    /// The file, as its [`RuleFile::path`] names it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What is right or how to go on, where there is something to say.
    pub help: Option<String>,
    text: Arc<str>,
    at: Range<usize>,
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
            hides_text: false,
        }
    }

    /// The mistake without the lines of the file, which may be another's.
    #[must_use]
    pub fn without_text(self) -> LoadError {
        LoadError { hides_text: true, ..self }
    }

    /// Where it is in the file, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at.start
    }

    /// The line and the column, both from 1, in characters.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        position(&self.text, self.at.start)
    }
}

/// The line and the column of a byte of the text, both from 1, in characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut group = if self.hides_text {
            let (line, column) = self.position();
            title.element(Origin::path(self.path.as_str()).line(line).char_column(column))
        } else {
            title.element(
                Snippet::source(&*self.text)
                    .path(self.path.as_str())
                    .annotation(AnnotationKind::Primary.span(self.at.clone())),
            )
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        f.write_str(&Renderer::plain().render(&[group]))
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

/// The text with its names and marks alone: an `x` stands for each letter and digit of its values.
fn without_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_header = line.starts_with('[');
        let name = match line.split_once('=') {
            _ if is_header => line,
            Some((name, value)) if !matches!(value.trim(), "" | "=") => name,
            _ => "",
        };
        shown.push_str(name);
        for c in line[name.len()..].chars() {
            shown.push(if c.is_ascii_alphanumeric() { 'x' } else { c });
        }
    }
    shown
}

/// Puts the problems of a file in their places, from top to bottom.
#[must_use]
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
    fn names_and_marks_remain() {
        let rows = [
            ("[default]\n", "[default]\n"),
            ("key = wJalr/K7 # é\r\n", "key = xxxxx/xx # é\r\n"),
            ("wJalrK7=\nwJalrK7==", "xxxxxxx=\nxxxxxxx=="),
            ("-----BEGIN KEY-----", "-----xxxxx xxx-----"),
        ];
        for (text, shown) in rows {
            assert_eq!(without_values(text), shown);
        }
    }
}
