//! Templates: texts that contain `{expressions}`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::{Message, Sources, Type, Value, shell_word};

use super::check::cannot_be_shown;
use super::{Comparison, Env, Expression, MAX_VARIABLES, Mapped, Names, Node, Path, Read, Shown};
use crate::problem::Problem;
use crate::show;

/// The number of elements of a mapped list that a text shows; evidence shows all.
const MAX_MAPPED: usize = 5;

/// A text with `{expressions}`; `{{` and `}}` stand for braces.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    Text(String),
    Expression(Shown),
}

impl Shown {
    /// Adds the value to a message, as the facts that it consists of.
    fn show<'a>(&'a self, env: &mut Env<'a>, message: &mut Message) {
        let node = &self.expression.node;
        match (node.eval(env), &self.mapped) {
            (Ok(Value::List(list)), Some(mapped)) => {
                let mut shown = Vec::new();
                for index in 0..list.size() {
                    let Some(pieces) = mapped.show(list.element(index), env) else {
                        continue;
                    };
                    let mut element = Message::default();
                    for (node, value) in pieces {
                        let fact = self.fact(node.leaf(env));
                        show_fact(value, fact.as_deref(), &mut element);
                    }
                    shown.push(element);
                }
                enumerate(shown, message);
            }
            (value, _) => {
                let fact = self.fact(node.leaf(env));
                show_fact(value, fact.as_deref(), message);
            }
        }
    }

    /// Returns the value as filled into a command, quoted unless it is the rule's own words.
    fn fill<'a>(&'a self, env: &mut Env<'a>, quoted: fn(&str) -> String) -> Piece<'a> {
        let node = &self.expression.node;
        match (node.eval(env), &self.mapped) {
            (Ok(Value::List(list)), mapped) => {
                let mut words = Vec::new();
                for index in 0..list.size() {
                    let element = list.element(index);
                    let shown = match mapped {
                        Some(mapped) => mapped.show(element, env),
                        None => Some(vec![(node, element)]),
                    };
                    if let Some(parts) = shown {
                        let parts = parts.into_iter().map(|(node, part)| self.known(node, part));
                        words.push(quoted(&parts.collect::<String>()));
                    }
                }
                Piece::Each(words)
            }
            (Ok(Value::Text(words)), None) if self.fact(node.leaf(env)).is_none() => {
                Piece::Once(words.into())
            }
            (value, _) => Piece::Once(quoted(&self.known(node.leaf(env), value)).into()),
        }
    }

    /// Returns the value as text; a placeholder if it is null or missing.
    fn known(&self, node: &Node, value: Result<Value<'_>, Sources>) -> String {
        match value {
            Ok(Value::Null) | Err(_) => self.blank(node),
            value => show::text(value),
        }
    }

    /// Returns the placeholder for an unknown value: `USER-NAME` for `user.name`, or the first word
    /// of a fact that is one of several words.
    fn blank(&self, node: &Node) -> String {
        if let (Node::Path(_), Type::Word(words)) = (node, self.expression.ty.element()) {
            return words[0].to_owned();
        }
        let path = match node {
            Node::Ternary(parts) => return self.blank(&parts[1]),
            Node::Constant(constant) => return show::text(Ok(constant.value())),
            node => self
                .fact(node)
                .or_else(|| self.expression.reads.keys().next().map(Cow::from)),
        };
        let path = path.unwrap_or_default();
        // Users know neither "window" nor "resource id".
        let path = path
            .trim_start_matches("window.")
            .replace("resource_id", "arn");
        let parents = path
            .rmatch_indices('.')
            .nth(1)
            .map_or(0, |(dot, _)| dot + 1);
        let name = path[parents..].to_ascii_uppercase().replace('_', "-");
        // The singular, since this is shown for each element.
        let name = if self.mapped.is_some() {
            name.replace("S.", "-")
        } else {
            name
        };
        name.replace('.', "-")
    }

    /// Returns the placeholder for a resource about which nothing is known.
    fn blanks(&self) -> String {
        match &self.mapped {
            Some(mapped) => mapped.body.iter().map(|node| self.blank(node)).collect(),
            None => self.blank(&self.expression.node),
        }
    }

    /// Returns a number of days in hours, if it is at most one day, rounded up as others are.
    fn last_day<'a>(&'a self, env: &mut Env<'a>) -> Option<String> {
        let Ok(Value::Number(days)) = self.expression.node.eval(env) else {
            return None;
        };
        let hours = (days * 24.0).ceil();
        if !(0.0..=24.0).contains(&hours) {
            None
        } else if hours <= 1.0 {
            Some("1 hour".to_owned())
        } else if hours < 24.0 {
            Some(format!("{hours} hours"))
        } else {
            Some("1 day".to_owned())
        }
    }

    /// Returns the path of the fact or parameter that a text comes from; none if it is the rule's
    /// own.
    fn fact(&self, leaf: &Node) -> Option<Cow<'_, str>> {
        match leaf {
            Node::Path(path) if path.slot < MAX_VARIABLES => Some(self.name_of(path).into()),
            // An element of the mapped list.
            Node::Path(path) => {
                let list = self.fact(&self.expression.node).unwrap_or_default();
                let ty = self.expression.reads.get(&*list).map(|read| read.ty);
                let names = ty.map_or_else(String::new, |ty| field_names(ty, &path.fields));
                Some(Cow::Owned(list.into_owned() + &names))
            }
            _ => self.text_param().map(Cow::from),
        }
    }

    fn name_of(&self, path: &Path) -> &str {
        for (name, read) in &self.expression.reads {
            if matches!(&read.node, Node::Path(read) if read == path) {
                return name;
            }
        }
        ""
    }

    /// Returns a parameter that is a string or a list of strings, if the expression reads one.
    fn text_param(&self) -> Option<&str> {
        for (name, read) in &self.expression.reads {
            if name.starts_with("params.") && matches!(read.ty.element(), Type::Text) {
                return Some(name);
            }
        }
        None
    }
}

/// What follows a number of days in a message, which is one of hours on the last day.
const DAYS: &str = " days";

impl Mapped {
    /// Returns the pieces shown for an element, with their nodes; none if the element is left out.
    fn show<'a>(
        &'a self,
        element: Result<Value<'a>, Sources>,
        env: &mut Env<'a>,
    ) -> Option<Vec<(&'a Node, Result<Value<'a>, Sources>)>> {
        let is_shown = element.and_then(|element| {
            env.set(self.slot, element);
            self.condition
                .as_ref()
                .map_or(Ok(true), |condition| condition.truth(env))
        });
        match is_shown {
            Ok(true) => Some(
                self.body
                    .iter()
                    .map(|node| (node, node.eval(env)))
                    .collect(),
            ),
            Ok(false) => None,
            Err(sources) => Some(vec![(&self.body[0], Err(sources))]),
        }
    }
}

/// A line of a remediation.
struct Line<'t> {
    /// The conditions at its beginning: it applies where all of them hold.
    conditions: Vec<&'t Shown>,
    rest: &'t [Segment],
}

/// Adds a line that applies where the conditions hold, of which nobody knows.
fn add_line(conditions: &[&Shown], line: &str, advice: &mut String) {
    let is_command = line.starts_with(' ');
    let mut words = conditions
        .iter()
        .filter_map(|condition| condition.words.as_deref())
        .peekable();
    if words.peek().is_some() {
        // Words and command become separate paragraphs.
        for words in words {
            advice.extend(["\n", words, "\n"]);
        }
        advice.push_str(if is_command { line } else { "\n" });
    } else if !conditions.is_empty() && advice.ends_with("\\\n") {
        // The line is an option of a command that began on an earlier line.
        let option = line.trim().trim_end_matches('\\').trim_end();
        advice.push_str(&line.replace(option, &format!("[{option}]")));
    } else {
        advice.push_str(line);
    }
}

/// Returns the names of the fields from an element of the list on, each after a dot.
fn field_names(list: Type, fields: &[usize]) -> String {
    let mut names = String::new();
    let mut ty = list;
    for &index in fields {
        let Type::Record(record) = ty.element() else {
            break;
        };
        names.push('.');
        names.push_str(record.fields[index].name);
        ty = record.fields[index].ty;
    }
    names
}

/// Adds a value, whose texts belong to `fact`; without a fact, they are words of the rule.
fn show_fact(value: Result<Value<'_>, Sources>, fact: Option<&str>, message: &mut Message) {
    match (value, fact) {
        (Ok(Value::Text(text)), Some(fact)) => message.push_fact(fact, text),
        (Ok(Value::List(list)), _) => {
            for index in 0..list.size() {
                message.push(if index == 0 { "" } else { ", " });
                show_fact(list.element(index), fact, message);
            }
        }
        (value, _) => message.push(&show::text(value)),
    }
}

/// Adds the first elements, and how many more there are.
fn enumerate(elements: Vec<Message>, message: &mut Message) {
    let has_comma = elements
        .iter()
        .any(|element| element.to_string().contains(", "));
    let separator = if has_comma { "; " } else { ", " };
    let more = elements.len().saturating_sub(MAX_MAPPED);
    for (index, element) in elements.into_iter().take(MAX_MAPPED).enumerate() {
        message.push(if index == 0 { "" } else { separator });
        message.append(element);
    }
    if more > 0 {
        message.push(&format!("{separator}and {more} more"));
    }
}

impl Template {
    /// Parses and checks the text. Problems have byte positions in it.
    pub(crate) fn compile(text: &str, names: Names<'_>) -> Result<Template, Vec<Problem>> {
        let (mut segments, mut problems) = (Vec::new(), Vec::new());
        for piece in split(text) {
            match piece {
                Ok(Part::Text(text)) => {
                    segments.extend(
                        text.split_inclusive('\n')
                            .map(|line| Segment::Text(line.to_owned())),
                    );
                }
                Ok(Part::Expression(range)) => match expression(text, range, names) {
                    Ok(segment) => segments.push(segment),
                    Err(mut more) => problems.append(&mut more),
                },
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Template { segments })
        } else {
            Err(problems)
        }
    }

    /// Fills in the values, for a message.
    pub(crate) fn render<'a>(&'a self, env: &mut Env<'a>) -> Message {
        let mut message = Message::default();
        let mut segments = self.segments.iter().peekable();
        while let Some(part) = segments.next() {
            match (part, segments.peek().copied()) {
                (Segment::Text(text), _) => message.push(text),
                (Segment::Expression(shown), Some(Segment::Text(next))) => {
                    let is_age = |it: &&str| it.starts_with(" ago") || it.starts_with(" old");
                    let rest = next.strip_prefix(DAYS).filter(is_age);
                    if let Some((rest, hours)) = rest.zip(shown.last_day(env)) {
                        message.push(&format!("{hours}{rest}"));
                        segments.next();
                    } else {
                        shown.show(env, &mut message);
                    }
                }
                (Segment::Expression(shown), _) => shown.show(env, &mut message),
            }
        }
        message
    }

    /// Whether it is one expression, whose value is not known.
    pub(crate) fn is_unknown<'a>(&'a self, env: &mut Env<'a>) -> bool {
        match &self.segments[..] {
            [Segment::Expression(shown)] => shown.expression.node.eval(env).is_err(),
            _ => false,
        }
    }

    /// The text with the values, each one word of a shell command or, in quotes, text in a JSON
    /// document; what is missing or null stays to be filled in, as in [`Template::blanks`].
    ///
    /// A line that begins with conditions is left out if one of them does not hold. A command with a list
    /// is repeated for each element, and several lists in a line advance together. In a JSON
    /// document, the elements become those of an array.
    pub(crate) fn render_command<'a>(&'a self, env: &mut Env<'a>) -> String {
        let mut advice = String::new();
        for Line { conditions, rest } in self.lines() {
            let (mut open, mut applies) = (Vec::new(), true);
            for condition in conditions {
                match condition.expression.node.truth(env) {
                    Ok(holds) => applies &= holds,
                    Err(_) => open.push(condition),
                }
            }
            if applies {
                add_line(&open, &filled_lines(&pieces(rest, env)), &mut advice);
            }
        }
        advice
    }

    /// Returns the text for a resource about which nothing is known, with placeholders for values,
    /// and with all conditional lines and the words that say when each applies.
    pub(crate) fn blanks(&self) -> String {
        let mut advice = String::new();
        for Line { conditions, rest } in self.lines() {
            let mut blank = String::new();
            for part in rest {
                match part {
                    Segment::Text(text) => blank.push_str(text),
                    Segment::Expression(shown) => blank.push_str(&shown.blanks()),
                }
            }
            add_line(&conditions, &blank, &mut advice);
        }
        advice
    }

    /// Returns the lines, each with the conditions at its beginning.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.segments
            .split_inclusive(Segment::ends_line)
            .map(|line| {
                let (mut conditions, mut rest) = (Vec::new(), line);
                while let [Segment::Expression(shown), others @ ..] = rest
                    && shown.expression.ty == Type::Bool
                {
                    conditions.push(shown);
                    rest = others;
                }
                Line { conditions, rest }
            })
    }

    /// Returns the text for resources for which the comparisons hold: without the lines that never
    /// apply to them, and without the conditions that always hold.
    pub(crate) fn given(&self, known: &[Comparison<'_>]) -> Template {
        let mut segments = Vec::new();
        for Line { conditions, rest } in self.lines() {
            let (mut open, mut applies) = (Vec::new(), true);
            for condition in conditions {
                match condition.expression.node.truth_given(known) {
                    Some(holds) => applies &= holds,
                    None => open.push(Segment::Expression(condition.clone())),
                }
            }
            if applies {
                segments.extend(open);
                segments.extend(rest.iter().cloned());
            }
        }
        Template { segments }
    }

    /// Returns the sources of the facts that the expressions read.
    pub(crate) fn sources(&self) -> Sources {
        let mut sources = Sources::NONE;
        for segment in &self.segments {
            if let Segment::Expression(shown) = segment {
                sources |= shown.expression.sources;
            }
        }
        sources
    }

    /// Returns the facts and parameters that the expressions read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &BTreeMap<String, Read>> {
        self.segments.iter().filter_map(|part| match part {
            Segment::Text(_) => None,
            Segment::Expression(shown) => Some(&shown.expression.reads),
        })
    }
}

impl Segment {
    fn ends_line(&self) -> bool {
        matches!(self, Segment::Text(text) if text.ends_with('\n'))
    }
}

/// A piece of a line, quoted if necessary.
enum Piece<'a> {
    Once(Cow<'a, str>),
    /// One for each repetition of the line.
    Each(Vec<String>),
}

fn pieces<'a>(line: &'a [Segment], env: &mut Env<'a>) -> Vec<Piece<'a>> {
    let is_command = matches!(line.first(), Some(Segment::Text(text)) if text.starts_with(' '));
    let mut in_quotes = false;
    let mut pieces = Vec::new();
    for part in line {
        let shown = match part {
            Segment::Expression(shown) => shown,
            Segment::Text(text) => {
                // In prose, a single quote is an apostrophe.
                in_quotes ^= is_command && text.matches('\'').count() % 2 == 1;
                pieces.push(Piece::Once(text.into()));
                continue;
            }
        };
        let (quoted, separator): (fn(&str) -> String, _) = if in_quotes {
            (show::quoted_json, "\", \"")
        } else {
            (shell_word, ", ")
        };
        let repeats_line = is_command && !in_quotes;
        pieces.push(match shown.fill(env, quoted) {
            Piece::Each(words) if !words.is_empty() && !repeats_line => {
                Piece::Once(words.join(separator).into())
            }
            piece => piece,
        });
    }
    pieces
}

/// Returns the line, repeated for each element of its lists.
fn filled_lines(pieces: &[Piece<'_>]) -> String {
    let lists = pieces.iter().filter_map(|piece| match piece {
        Piece::Once(_) => None,
        Piece::Each(words) => Some(words.len()),
    });
    let mut lines = String::new();
    for index in 0..lists.min().unwrap_or(1) {
        if index > 0 && !lines.ends_with('\n') {
            lines.push('\n');
        }
        for piece in pieces {
            lines.push_str(match piece {
                Piece::Once(words) => words,
                Piece::Each(words) => &words[index],
            });
        }
    }
    lines
}

fn expression(text: &str, range: Range<usize>, names: Names<'_>) -> Result<Segment, Vec<Problem>> {
    let shown = Expression::shown(&text[range.clone()], names).map_err(|mut problems| {
        for problem in &mut problems {
            problem.at = problem.at.start + range.start..problem.at.end + range.start;
        }
        problems
    })?;
    let element = match shown.expression.ty {
        Type::List(element) => *element,
        ty => ty,
    };
    if matches!(element, Type::Record(_) | Type::Optional(Type::Record(_))) {
        return Err(vec![cannot_be_shown(range, shown.expression.ty)]);
    }
    Ok(Segment::Expression(shown))
}

enum Part<'t> {
    Text(&'t str),
    /// The position between the braces.
    Expression(Range<usize>),
}

/// Splits a text at braces.
fn split(text: &str) -> Vec<Result<Part<'_>, Problem>> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while let Some(brace) = text[start..].find(['{', '}']).map(|found| start + found) {
        if brace > start {
            pieces.push(Ok(Part::Text(&text[start..brace])));
        }
        let rest = &text[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            pieces.push(Ok(Part::Text(&rest[..1])));
            start = brace + 2;
        } else if let Some(end) = rest.strip_prefix('{').and_then(closing) {
            pieces.push(Ok(Part::Expression(brace + 1..brace + 1 + end)));
            start = brace + end + 2;
        } else {
            let problem = Problem::new(brace..brace + 1, "this brace has no match");
            pieces.push(Err(problem.help("write `{{` or `}}` for a brace")));
            start = brace + 1;
        }
    }
    pieces.push(Ok(Part::Text(&text[start..])));
    pieces
}

/// Returns the position of the `}` that ends an expression; a `}` in quotes does not.
fn closing(expression: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (index, c) in expression.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '}' => return Some(index),
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(_) | None => {}
        }
    }
    None
}
