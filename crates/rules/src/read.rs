//! Reading TOML so that every problem of a file is found, each at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::RuleFile;
use crate::problem::Problem;
use crate::unclosed::{self, Unclosed};

/// So often a file is parsed to find the lines that are not TOML; one mistake may hide another.
const MAX_PASSES: usize = 4;

/// A TOML value with its place.
pub type Placed<'t> = &'t Spanned<DeValue<'t>>;

/// A text of a file, with its place.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text itself.
    pub value: String,
    /// The place, quotes included.
    pub at: Range<usize>,
    /// Where the value itself begins, if it stands in the file letter by letter.
    start: Option<usize>,
}

impl Text {
    pub(crate) fn new(value: &str, at: Range<usize>, file: &str) -> Text {
        let start =
            file.get(at.clone()).and_then(|raw| raw.find(value)).map(|found| at.start + found);
        Text { value: value.to_owned(), at, start }
    }

    /// Moves problems with the value to their places in the file.
    pub(crate) fn place(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let moved = |at: &Range<usize>| match self.start {
            Some(start) => start + at.start..start + at.end,
            None => self.at.clone(),
        };
        problems.into_iter().map(|problem| Problem { at: moved(&problem.at), ..problem }).collect()
    }

    /// A problem with the text as a whole.
    #[must_use]
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.at.clone(), message)
    }
}

/// Parses a file and has it read. The mistakes in its syntax are the first problems of its fields; around them, the
/// file is read as far as possible, and nothing counts as missing.
pub fn parse<T>(file: &RuleFile, read: impl FnOnce(Fields<'_>) -> T) -> T {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if errors.is_empty() {
        return read(Fields::new(&file.text, true, 0..file.text.len(), table.get_ref()));
    }
    let (closed, mut problems) = closed_part(&file.text);
    problems.extend(syntax_problems(&closed));
    problems.sort_by_key(|problem| problem.at.start);
    let text = valid_part(&closed);
    let (table, _) = DeTable::parse_recoverable(&text);
    let mut fields = Fields::new(&text, false, 0..text.len(), table.get_ref());
    fields.problems = problems;
    read(fields)
}

/// The text with blanks in place of the entries in which something is not closed, and where that opens.
fn closed_part(text: &str) -> (String, Vec<Problem>) {
    let mut closed = String::with_capacity(text.len());
    let mut problems = Vec::new();
    for Unclosed { opening, closing, entry } in unclosed::find(text) {
        let thing = match closing {
            "]" => "list",
            "}" => "inline table",
            _ => "string",
        };
        let message = format!("this is not valid TOML: the {thing} that begins here has no end");
        let problem = Problem::new(opening, message).without_values();
        problems.push(problem.help(format!("close it with `{closing}`")));
        closed.push_str(&text[closed.len()..entry.start]);
        closed.push_str(&blanks(&text[entry]));
    }
    closed.push_str(&text[closed.len()..]);
    (closed, problems)
}

/// Blanks, line by line, of the same length.
fn blanks(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// The text with blanks in place of the lines that are not TOML; empty if the mistakes go too deep for that.
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

/// The text with blanks in place of the lines that have a mistake, and of tables whose header has one.
fn without_lines(text: &str, mistakes: &BTreeSet<usize>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut is_table_wrong = false;
    for line in text.split_inclusive('\n') {
        let is_wrong = mistakes.range(rest.len()..rest.len() + line.len()).next().is_some();
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

/// The mistakes in the syntax; of those in a line, the others only follow from the first.
fn syntax_problems(text: &str) -> Vec<Problem> {
    let mut errors = DeTable::parse_recoverable(text).1;
    errors.sort_by_key(|error| place_of(error).start);
    let mut last = None;
    let mut problems = Vec::new();
    for error in errors {
        let at = place_of(&error);
        let between = last.replace(at.start).and_then(|last| text.get(last..at.start));
        if between.is_some_and(|between| !between.contains('\n')) {
            continue;
        }
        let message = format!("this is not valid TOML: {}", error.message());
        let problem = Problem::new(at, message).without_values();
        problems.push(problem.help("more mistakes may show once the file is valid TOML"));
    }
    problems
}

/// The entries of a table: each is taken once, and what is left at the end is not known.
pub struct Fields<'t> {
    file: &'t str,
    /// Whether the whole file could be read.
    pub(crate) is_whole: bool,
    at: Range<usize>,
    left: BTreeMap<&'t str, (Range<usize>, Placed<'t>)>,
    valid: Vec<String>,
    /// What is wrong with those taken so far.
    pub problems: Vec<Problem>,
}

impl<'t> Fields<'t> {
    /// The entries of the table that stands at that place of the file.
    fn new(file: &'t str, is_whole: bool, at: Range<usize>, table: &'t DeTable<'t>) -> Fields<'t> {
        let mut left = BTreeMap::new();
        for (name, value) in table {
            left.insert(&**name.get_ref(), (name.span(), value));
        }
        Fields { file, is_whole, at, left, valid: vec![], problems: vec![] }
    }

    /// Reports that something is missing, unless it may stand where the file could not be read.
    pub fn lacks(&mut self, message: impl Into<String>) {
        if self.is_whole {
            self.problems.push(Problem::new(self.start(), message).without_values());
        }
    }

    /// The value of that name, if it is there.
    pub fn take(&mut self, name: &str) -> Option<Placed<'t>> {
        self.valid.push(name.to_owned());
        self.left.remove(name).map(|(_, value)| value)
    }

    /// Whether there is an entry of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// A text that may be left out.
    pub fn text(&mut self, name: &str) -> Option<Text> {
        let value = self.take(name)?;
        self.as_text(name, value)
    }

    /// A text that must be there, and say something.
    pub fn required(&mut self, name: &str) -> Option<Text> {
        let Some(value) = self.take(name) else {
            self.lacks(format!("`{name}` is missing"));
            return None;
        };
        let text = self.as_text(name, value)?;
        if text.value.trim().is_empty() {
            self.problems.push(text.problem(format!("`{name}` is empty")));
            return None;
        }
        Some(text)
    }

    /// Whether something holds; not, if left out.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let Some(value) = self.take(name) else { return false };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(name, "true or false", value);
        }
        flag.unwrap_or(false)
    }

    /// A list of texts; empty if left out.
    pub fn texts(&mut self, name: &str) -> Vec<Text> {
        let Some(value) = self.take(name) else { return Vec::new() };
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

    /// A text or a list of texts that must be there, and say something.
    pub(crate) fn one_or_several(&mut self, name: &str) -> Vec<Text> {
        let several = self.left.get(name).is_some_and(|(_, value)| value.get_ref().is_array());
        if !several {
            return self.required(name).into_iter().collect();
        }
        let texts = self.texts(name);
        if texts.is_empty() {
            self.lacks(format!("`{name}` is empty"));
        }
        texts
    }

    /// The entries of a table of free names; empty if left out.
    pub fn table(&mut self, name: &str) -> Vec<(&'t str, Range<usize>, Placed<'t>)> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(name, "a table", value);
            return Vec::new();
        };
        table.iter().map(|(name, value)| (&**name.get_ref(), name.span(), value)).collect()
    }

    /// The entries of a table of free names whose values are texts; empty if left out.
    pub fn table_of_texts(&mut self, name: &str) -> Vec<(Text, Text)> {
        let mut texts = Vec::new();
        for (key, at, value) in self.table(name) {
            let key = Text::new(key, at, self.file);
            texts.extend(self.as_text(name, value).map(|text| (key, text)));
        }
        texts
    }

    /// The tables of an array of tables; empty if left out.
    pub fn tables(&mut self, name: &str) -> Vec<Fields<'t>> {
        let Some(value) = self.take(name) else { return Vec::new() };
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

    /// A table; none if left out.
    pub fn one_table(&mut self, name: &str) -> Option<Fields<'t>> {
        let value = self.take(name)?;
        self.as_table(name, value)
    }

    /// The tables of a table of free names, each with its name; empty if left out.
    pub fn named_tables(&mut self, name: &str) -> Vec<(Text, Fields<'t>)> {
        let mut tables = Vec::new();
        for (key, at, value) in self.table(name) {
            let key = Text::new(key, at, self.file);
            tables.extend(self.as_table(&key.value, value).map(|fields| (key, fields)));
        }
        tables
    }

    /// What the text names, of all that it may.
    pub fn choose<T: Copy>(
        &mut self,
        name: &str,
        text: &Text,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let chosen = all.iter().copied().find(|one| word(*one) == text.value);
        if chosen.is_none() {
            let problem = text.problem(format!("there is no {name} `{}`", text.value));
            self.problems.push(problem.valid(&text.value, all.iter().copied().map(word)));
        }
        chosen
    }

    /// The problems, now also with every entry that nobody asked for.
    #[must_use]
    pub fn finish(mut self) -> Vec<Problem> {
        for (name, (at, _)) in &self.left {
            let problem = Problem::new(at.clone(), format!("`{name}` is not known here"));
            let problem = problem.without_values();
            self.problems.push(problem.valid(name, self.valid.iter().map(String::as_str)));
        }
        self.problems
    }

    /// The first character, where what is missing is reported.
    #[must_use]
    pub fn start(&self) -> Range<usize> {
        self.at.start..self.at.start + 1
    }

    /// The text of the file at that place.
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

    /// Reports that a value is of another kind than wanted.
    pub fn wrong(&mut self, name: &str, wanted: &str, value: Placed<'_>) {
        let message = format!("`{name}` must be {wanted}");
        self.problems.push(Problem::new(value.span(), message));
    }
}
