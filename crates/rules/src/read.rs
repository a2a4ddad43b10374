//! Reads TOML and reports every problem in a file with its position.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::from_str;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::RuleFile;
use crate::problem::Problem;
use crate::unclosed::{self, Unclosed};

/// How often a file is parsed to find invalid lines, since one mistake may hide another.
const MAX_PASSES: usize = 4;

/// A TOML value with its position.
pub type Placed<'t> = &'t Spanned<DeValue<'t>>;

/// A string in a file, with its position.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text itself.
    pub value: String,
    /// The position, including quotes.
    pub at: Range<usize>,
    /// The start of the value itself, if the file contains it verbatim.
    start: Option<usize>,
    /// What the file contains otherwise.
    raw: String,
}

impl Text {
    pub(crate) fn new(value: &str, at: Range<usize>, file: &str) -> Text {
        let raw = file.get(at.clone()).unwrap_or_default();
        let start = raw.find(value).map(|found| at.start + found);
        let raw = if start.is_some() { "" } else { raw };
        Text { value: value.to_owned(), at, start, raw: raw.to_owned() }
    }

    /// Moves problems in the value to their positions in the file.
    pub(crate) fn place(&self, mut problems: Vec<Problem>) -> Vec<Problem> {
        for problem in &mut problems {
            problem.at = match self.start {
                Some(start) => start + problem.at.start..start + problem.at.end,
                None => self.find(&problem.at).unwrap_or(self.at.clone()),
            };
        }
        problems
    }

    /// Returns the position in the file of a part of a value that the file does not contain
    /// verbatim, if it contains the part's line, once.
    fn find(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let (before, after) = (self.value.get(..part.start)?, self.value.get(part.start..)?);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = after
            .find('\n')
            .map_or(self.value.len(), |newline| part.start + newline);
        let mut found = self.raw.match_indices(&self.value[line_start..line_end]);
        let (start, _) = found.next().filter(|_| found.next().is_none())?;
        let start = self.at.start + start + part.start - line_start;
        Some(start..start + part.len())
    }

    /// Returns a problem with the text as a whole.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.at.clone(), message)
    }
}

/// Parses a file and passes its fields to `read`. Syntax errors are the first problems of the
/// fields. The rest of the file is read as far as possible, and then nothing counts as missing.
pub fn parse<T>(file: &RuleFile, read: impl FnOnce(Fields<'_>) -> T) -> T {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if errors.is_empty() {
        return read(Fields::new(&file.text, true, 0..file.text.len(), table.get_ref()));
    }
    if is_json(&file.text) {
        let mut fields = Fields::new(&file.text, false, 0..file.text.len(), table.get_ref());
        fields.remaining.clear();
        let start = file.text.len() - file.text.trim_start().len();
        let problem =
            Problem::new(start..start + 1, "this is not valid TOML: it is JSON").without_values();
        fields.problems.push(problem.help("name a TOML file"));
        return read(fields);
    }
    let (closed, mut problems) = closed_part(&file.text);
    problems.extend(syntax_problems(&closed));
    problems.sort_by_key(|problem| problem.at.start);
    if problems.len() > SHOWN_SYNTAX {
        problems.truncate(SHOWN_SYNTAX);
        if let Some(last) = problems.last_mut() {
            last.help = Some(MORE.to_owned());
        }
    }
    let text = valid_part(&closed);
    let (table, _) = DeTable::parse_recoverable(&text);
    let mut fields = Fields::new(&text, false, 0..text.len(), table.get_ref());
    fields.problems = problems;
    read(fields)
}

/// A file with more syntax errors is probably in another format.
const SHOWN_SYNTAX: usize = 5;

const MORE: &str = "more mistakes may appear once the file is valid TOML";

/// Whether a text that is not valid TOML is JSON or JSON lines. No TOML begins with a brace.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || (text.starts_with('[') && from_str::<IgnoredAny>(text).is_ok())
}

/// Returns the text with blanks in place of entries in which something is not closed, and a problem
/// for each.
fn closed_part(text: &str) -> (String, Vec<Problem>) {
    let mut closed = String::with_capacity(text.len());
    let mut problems = Vec::new();
    for Unclosed { opening, closing, entry } in unclosed::find(text) {
        let thing = match closing {
            "]" => "list",
            "}" => "inline table",
            _ => "string",
        };
        let message = format!("this is not valid TOML: the {thing} that begins here is not closed");
        let problem = Problem::new(opening, message).without_values();
        problems.push(problem.help(format!("close it with `{closing}`")));
        closed.push_str(&text[closed.len()..entry.start]);
        closed.push_str(&blanks(&text[entry]));
    }
    closed.push_str(&text[closed.len()..]);
    (closed, problems)
}

/// Returns as many blanks, with the same line breaks.
fn blanks(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect()
}

/// Returns the text with blanks in place of invalid lines; empty if even that is not valid TOML.
fn valid_part(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_PASSES {
        let mut mistakes = BTreeSet::new();
        for error in DeTable::parse_recoverable(&text).1 {
            mistakes.insert(place_of(&error).start.min(text.len() - 1));
        }
        if mistakes.is_empty() {
            return text;
        }
        text = without_lines(&text, &mistakes);
    }
    String::new()
}

/// Returns the text with blanks in place of lines with a mistake, and of tables whose header has
/// one.
fn without_lines(text: &str, mistakes: &BTreeSet<usize>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut is_table_wrong = false;
    for line in text.split_inclusive('\n') {
        let is_wrong = mistakes
            .range(rest.len()..rest.len() + line.len())
            .next()
            .is_some();
        if line.trim_start().starts_with('[') {
            is_table_wrong = is_wrong;
        }
        if is_wrong || is_table_wrong {
            rest.push_str(&blanks(line));
        } else {
            rest.push_str(line);
        }
    }
    rest
}

fn place_of(error: &toml::de::Error) -> Range<usize> {
    error.span().unwrap_or(0..0)
}

/// Returns the syntax errors, but only the first of each line, which causes the others.
fn syntax_problems(text: &str) -> Vec<Problem> {
    let mut errors = DeTable::parse_recoverable(text).1;
    errors.sort_by_key(|error| place_of(error).start);
    let mut previous = None;
    let mut problems = Vec::new();
    for error in errors {
        let at = place_of(&error);
        let between = previous
            .replace(at.start)
            .and_then(|previous| text.get(previous..at.start));
        if between.is_some_and(|between| !between.contains('\n')) {
            continue;
        }
        let message = format!("this is not valid TOML: {}", error.message());
        let problem = Problem::new(at, message).without_values();
        problems.push(problem);
    }
    if let Some(last) = problems.last_mut() {
        last.help = Some(MORE.to_owned());
    }
    problems
}

/// The entries of a table. Each is taken once; those that remain at the end are unknown.
pub struct Fields<'t> {
    file: &'t str,
    /// Whether the whole file could be read.
    pub(crate) is_whole: bool,
    at: Range<usize>,
    remaining: BTreeMap<&'t str, (Range<usize>, Placed<'t>)>,
    valid: Vec<String>,
    /// The names of required entries that are missing.
    missing: Vec<String>,
    /// The problems so far.
    pub problems: Vec<Problem>,
}

impl<'t> Fields<'t> {
    /// Wraps a table at a position in the file.
    fn new(file: &'t str, is_whole: bool, at: Range<usize>, table: &'t DeTable<'t>) -> Fields<'t> {
        let mut remaining = BTreeMap::new();
        for (name, value) in table {
            remaining.insert(&**name.get_ref(), (name.span(), value));
        }
        Fields { file, is_whole, at, remaining, valid: vec![], missing: vec![], problems: vec![] }
    }

    /// Reports that something is missing, unless part of the file could not be read.
    pub fn lacks(&mut self, message: impl Into<String>) {
        if self.is_whole {
            self.problems
                .push(Problem::new(self.start(), message).without_values());
        }
    }

    /// Takes a value, if there is one of this name.
    pub fn take(&mut self, name: &str) -> Option<Placed<'t>> {
        self.valid.push(name.to_owned());
        self.remaining.remove(name).map(|(_, value)| value)
    }

    /// Takes a required value.
    pub fn demand(&mut self, name: &str) -> Option<Placed<'t>> {
        let value = self.take(name);
        if value.is_none() {
            self.missing.push(format!("`{name}`"));
        }
        value
    }

    /// Whether there is an entry of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.remaining.contains_key(name)
    }

    /// Takes an optional string.
    pub fn text(&mut self, name: &str) -> Option<Text> {
        let value = self.take(name)?;
        self.as_text(name, value)
    }

    /// Takes a string that must be present and not blank.
    pub fn required(&mut self, name: &str) -> Option<Text> {
        let value = self.demand(name)?;
        let text = self.as_text(name, value)?;
        if text.value.trim().is_empty() {
            self.problems
                .push(text.problem(format!("`{name}` is empty")));
            return None;
        }
        Some(text)
    }

    /// Takes a boolean; false if absent.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let Some(value) = self.take(name) else {
            return false;
        };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(name, "true or false", value);
        }
        flag.unwrap_or(false)
    }

    /// Takes a list of strings; empty if absent.
    pub fn texts(&mut self, name: &str) -> Vec<Text> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Some(values) = value.get_ref().as_array() else {
            self.wrong(name, "a list of strings", value);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref() {
                DeValue::String(text) => texts.push(Text::new(text, value.span(), self.file)),
                _ => self.wrong(name, "a list of strings", value),
            }
        }
        texts
    }

    /// Takes a string or a list of strings that must be present and not empty.
    pub(crate) fn one_or_several(&mut self, name: &str) -> Vec<Text> {
        let is_list = self
            .remaining
            .get(name)
            .is_some_and(|(_, value)| value.get_ref().is_array());
        if !is_list {
            return self.required(name).into_iter().collect();
        }
        let texts = self.texts(name);
        if texts.is_empty() {
            self.lacks(format!("`{name}` is empty"));
        }
        texts
    }

    /// Takes a table with arbitrary names; empty if absent.
    pub fn table(&mut self, name: &str) -> Vec<(&'t str, Range<usize>, Placed<'t>)> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(name, "a table", value);
            return Vec::new();
        };
        table
            .iter()
            .map(|(name, value)| (&**name.get_ref(), name.span(), value))
            .collect()
    }

    /// Takes a table of strings with arbitrary names; empty if absent.
    pub fn table_of_texts(&mut self, name: &str) -> Vec<(Text, Text)> {
        let mut texts = Vec::new();
        for (key, at, value) in self.table(name) {
            let key = Text::new(key, at, self.file);
            texts.extend(self.as_text(name, value).map(|text| (key, text)));
        }
        texts
    }

    /// Takes an array of tables; empty if absent.
    pub fn tables(&mut self, name: &str) -> Vec<Fields<'t>> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Some(values) = value.get_ref().as_array() else {
            self.wrong(name, "a list of tables", value);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in values {
            tables.extend(self.as_table(name, value));
        }
        tables
    }

    /// Takes a table; none if absent.
    pub fn one_table(&mut self, name: &str) -> Option<Fields<'t>> {
        let value = self.take(name)?;
        self.as_table(name, value)
    }

    /// Takes a table of tables with arbitrary names; empty if absent.
    pub fn named_tables(&mut self, name: &str) -> Vec<(Text, Fields<'t>)> {
        let mut tables = Vec::new();
        for (key, at, value) in self.table(name) {
            let key = Text::new(key, at, self.file);
            tables.extend(self.as_table(&key.value, value).map(|fields| (key, fields)));
        }
        tables
    }

    /// Returns the choice that the text names.
    pub fn choose<T: Copy>(
        &mut self,
        name: &str,
        text: &Text,
        choices: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let chosen = choices
            .iter()
            .copied()
            .find(|choice| word(*choice) == text.value);
        if chosen.is_none() {
            let problem = text.problem(format!("there is no {name} `{}`", text.value));
            self.problems
                .push(problem.valid(&text.value, choices.iter().copied().map(word)));
        }
        chosen
    }

    /// Returns the problems, including one for each unknown entry.
    pub fn finish(mut self) -> Vec<Problem> {
        match &self.missing[..] {
            [] => {}
            [name] => self.lacks(format!("{name} is missing")),
            [first @ .., last] => {
                self.lacks(format!("{} and {last} are missing", first.join(", ")));
            }
        }
        for (name, (at, _)) in &self.remaining {
            let problem = Problem::new(at.clone(), format!("`{name}` is not known here"));
            let problem = problem.without_values();
            self.problems
                .push(problem.valid(name, self.valid.iter().map(String::as_str)));
        }
        self.problems
    }

    /// Ignores entries that depend on a wrong one.
    pub(crate) fn leave(&mut self, names: &[&str]) {
        self.remaining.retain(|name, _| !names.contains(name));
    }

    /// Returns the position of the first character, at which missing entries are reported.
    pub fn start(&self) -> Range<usize> {
        self.at.start..self.at.start + 1
    }

    /// Returns the text at a position in the file.
    pub(crate) fn source(&self, at: Range<usize>) -> &'t str {
        self.file.get(at).unwrap_or_default()
    }

    fn as_table(&mut self, name: &str, value: Placed<'t>) -> Option<Fields<'t>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Fields::new(self.file, self.is_whole, value.span(), table));
        }
        self.wrong(name, "a table", value);
        None
    }

    fn as_text(&mut self, name: &str, value: Placed<'t>) -> Option<Text> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(Text::new(text, value.span(), self.file));
        }
        self.wrong(name, "a string", value);
        None
    }

    /// Reports that a value is of the wrong kind.
    pub fn wrong(&mut self, name: &str, wanted: &str, value: Placed<'_>) {
        let message = format!("`{name}` must be {wanted}");
        self.problems.push(Problem::new(value.span(), message));
    }
}
