//! Texts that the remediations of several rules share.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::expr::{Names, Template};
use crate::problem::{InShared, Problem};
use crate::read::Text;
use crate::{RuleFile, Scope, embedded_remediations};

/// The extension of their files, which tells them from rules.
const EXTENSION: &str = "txt";

/// A text that remediations include by its name: `{include replace-policy}` on a line of its own.
#[derive(Clone, Debug)]
pub struct SharedText {
    /// The file's name without its extension.
    pub name: String,
    /// What it is for: the first line of the file, without the `#`.
    pub about: String,
    file: Arc<RuleFile>,
    /// The position of its lines, which follow the first.
    body: Range<usize>,
}

impl SharedText {
    fn new(file: &RuleFile) -> SharedText {
        let name = Path::new(&file.path).file_stem().unwrap_or_default();
        let about = file.text.lines().next().unwrap_or_default();
        let start = (about.len() + 1).min(file.text.len());
        SharedText {
            name: name.to_string_lossy().into_owned(),
            about: about.trim_start_matches('#').trim().to_owned(),
            file: Arc::new(file.clone()),
            body: start..file.text.trim_end().len().max(start),
        }
    }

    /// Whether the rules of a scope can include it.
    pub fn serves(&self, scope: &Scope) -> bool {
        let line = format!("{INCLUDE}{}}}", self.name);
        let text = Text::new(&line, 0..line.len(), &line);
        let Ok(remediation) = Remediation::new(text, &SharedTexts::new(&[])) else {
            return false;
        };
        let names = Names { variables: scope.variables, params: &BTreeMap::new(), present: &[] };
        remediation.compile(names).is_ok()
    }

    /// Returns its lines.
    fn lines(&self) -> &str {
        &self.file.text[self.body.clone()]
    }
}

/// How a line begins that includes a text; the name and a brace follow.
const INCLUDE: &str = "{include ";

/// Returns the name, and its position in the line, if the line includes a text.
fn included(line: &str) -> Option<(&str, Range<usize>)> {
    let name = line.trim_end().strip_prefix(INCLUDE)?.strip_suffix('}')?;
    Some((name, INCLUDE.len()..INCLUDE.len() + name.len()))
}

/// Returns the texts that the remediations of rules can include.
pub fn shared_texts() -> Vec<SharedText> {
    SharedTexts::new(&[]).0.into_values().collect()
}

/// Whether the file is a shared text rather than a rule.
pub(crate) fn is_shared_text(file: &RuleFile) -> bool {
    Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == EXTENSION)
}

/// The texts that remediations can include, by name.
#[derive(Debug)]
pub(crate) struct SharedTexts(BTreeMap<String, SharedText>);

impl SharedTexts {
    /// Collects the built-in texts; a given file stands for the built-in one of its name.
    pub(crate) fn new(files: &[&RuleFile]) -> SharedTexts {
        let mut texts = BTreeMap::new();
        for file in embedded_remediations().iter().chain(files.iter().copied()) {
            let text = SharedText::new(file);
            texts.insert(text.name.clone(), text);
        }
        SharedTexts(texts)
    }
}

/// A rule's remediation, with the texts that it includes in their places.
#[derive(Clone, Debug)]
pub(crate) struct Remediation {
    own: Text,
    /// The whole text.
    text: String,
    /// Where the parts of the whole text come from, in order.
    parts: Vec<Part>,
}

/// A part of a remediation that comes from one file.
#[derive(Clone, Debug)]
struct Part {
    /// The position in the whole text.
    at: Range<usize>,
    /// The position in the rule's own text: that of the part or of the line that includes it.
    own: Range<usize>,
    /// The shared text and the position there; none if the part is the rule's own.
    shared: Option<(Arc<RuleFile>, usize)>,
}

impl Part {
    /// Moves a position in the whole text to the file in which the part begins at `start`.
    fn moved(&self, at: &Range<usize>, start: usize) -> Range<usize> {
        let start = start + at.start - self.at.start;
        start..start + at.len()
    }
}

impl Remediation {
    /// Puts the texts that it includes in their places. Problems have positions in the rule's file.
    pub(crate) fn new(own: Text, texts: &SharedTexts) -> Result<Remediation, Vec<Problem>> {
        let mut inclusion = Inclusion {
            texts,
            within: Vec::new(),
            text: String::new(),
            parts: Vec::new(),
            problems: Vec::new(),
        };
        let mut start = 0;
        for line in own.value.split_inclusive('\n') {
            if let Some(found) = line.find(INCLUDE).filter(|_| included(line).is_none()) {
                let at = start + found..start + line.trim_end().len();
                let message = "`{include NAME}` stands on a line of its own";
                inclusion.problems.push(Problem::new(at, message));
            }
            inclusion.add(line, start..start + line.trim_end().len(), None);
            start += line.len();
        }
        let Inclusion { text, parts, problems, .. } = inclusion;
        if problems.is_empty() {
            Ok(Remediation { own, text, parts })
        } else {
            Err(own.place(problems))
        }
    }

    /// Returns the whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Compiles the whole text. Problems have positions in the rule's file, and in the shared text.
    pub(crate) fn compile(&self, names: Names<'_>) -> Result<Template, Vec<Problem>> {
        Template::compile(&self.text, names).map_err(|problems| self.place(problems))
    }

    /// Moves problems in the whole text to the files that it comes from. A shared text shows each
    /// kind of problem once: where it cannot serve a rule, all of its lines have the same.
    fn place(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let (mut placed, mut shown) = (Vec::new(), Vec::new());
        for mut problem in problems {
            let part = self
                .parts
                .iter()
                .find(|part| problem.at.start < part.at.end);
            let Some(part) = part.or(self.parts.last()) else {
                continue;
            };
            let Some((file, offset)) = &part.shared else {
                problem.at = part.moved(&problem.at, part.own.start);
                placed.push(problem);
                continue;
            };
            let kind = (file.path.clone(), problem.message.clone());
            if !shown.contains(&kind) {
                shown.push(kind);
                let at = part.moved(&problem.at, *offset);
                problem.shared = Some(InShared { file: Arc::clone(file), at });
                problem.at = part.own.clone();
                placed.push(problem);
            }
        }
        self.own.place(placed)
    }
}

/// Builds the whole text of a remediation line by line.
struct Inclusion<'t> {
    texts: &'t SharedTexts,
    /// The shared texts that the line is in, the innermost last.
    within: Vec<&'t str>,
    text: String,
    parts: Vec<Part>,
    problems: Vec<Problem>,
}

impl<'t> Inclusion<'t> {
    /// Adds a line, or the text that it includes. Its position is that in the rule's own text.
    fn add(&mut self, line: &str, own: Range<usize>, shared: Option<(&'t SharedText, usize)>) {
        let Some((name, at)) = included(line) else {
            let start = self.text.len();
            self.text.push_str(line);
            let shared = shared.map(|(text, offset)| (Arc::clone(&text.file), offset));
            self.parts
                .push(Part { at: start..self.text.len(), own, shared });
            return;
        };
        let wrong = |message: String| {
            let name_at = own.start + at.start..own.start + at.end;
            match shared {
                Some((text, offset)) => {
                    let at = offset + at.start..offset + at.end;
                    let file = Arc::clone(&text.file);
                    let shared = Some(InShared { file, at });
                    Problem { shared, ..Problem::new(own.clone(), message) }
                }
                None => Problem::new(name_at, message),
            }
        };
        let Some(text) = self.texts.0.get(name) else {
            let problem = wrong(format!("there is no text `{name}` to include"));
            self.problems
                .push(problem.valid(name, self.texts.0.keys().map(String::as_str)));
            return;
        };
        if self.within.contains(&name) {
            self.problems
                .push(wrong(format!("the text `{name}` includes itself")));
            return;
        }
        self.within.push(&text.name);
        let mut offset = text.body.start;
        for line in text.lines().split_inclusive('\n') {
            self.add(line, own.clone(), Some((text, offset)));
            offset += line.len();
        }
        self.within.pop();
        if line.ends_with('\n') {
            self.text.push('\n');
            if let Some(part) = self.parts.last_mut() {
                part.at.end = self.text.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCOPES;

    #[test]
    fn every_shared_text_says_what_it_is_for_and_serves_a_scope() {
        let texts = shared_texts();
        assert!(!texts.is_empty());
        for text in texts {
            assert!(text.about.ends_with('.'), "{}", text.name);
            assert!(SCOPES.iter().any(|scope| text.serves(scope)), "{}", text.name);
        }
    }
}
