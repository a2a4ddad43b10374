//! Texts with `{expressions}` in them.

use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::{Message, Sources, Type, Value};

use super::{Env, Expression, MAX_VARIABLES, Mapped, Names, Node, Path, Read};
use crate::problem::Problem;
use crate::show;

/// How many elements of a mapped list a text shows; evidence shows them all.
const MAX_MAPPED: usize = 5;

/// A text with `{expressions}`; `{{` and `}}` stand for braces.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Expression(Placeholder),
}

/// An expression in braces.
#[derive(Clone, Debug)]
struct Placeholder {
    source: String,
    expression: Expression,
    /// What is shown in the place of each element of the value, a list then.
    mapped: Option<Mapped>,
}

impl Placeholder {
    /// Adds the value for people, as the facts that it is made of.
    fn show<'a>(&'a self, env: &mut Env<'a>, message: &mut Message) {
        let fact = self.fact(&self.expression.node, env);
        match (self.expression.node.eval(env), &self.mapped) {
            (Ok(Value::List(list)), Some(mapped)) => {
                let mut shown = Vec::new();
                for index in 0..list.size() {
                    shown.extend(self.element(mapped, list.element(index), env));
                }
                enumerate(&shown, message);
            }
            (value, _) => show_fact(value, fact.as_deref(), message),
        }
    }

    /// The value as a text; none if it is missing or null.
    fn text<'a>(&'a self, env: &mut Env<'a>) -> Option<String> {
        match self.expression.node.eval(env) {
            Ok(Value::Null) | Err(_) => None,
            Ok(_) => {
                let mut message = Message::default();
                self.show(env, &mut message);
                Some(message.to_string())
            }
        }
    }

    /// What is shown for an element; none if it is left out.
    fn element<'a>(
        &'a self,
        mapped: &'a Mapped,
        element: Result<Value<'a>, Sources>,
        env: &mut Env<'a>,
    ) -> Option<Message> {
        let mut message = Message::default();
        let value = element.and_then(|element| {
            env.set(mapped.slot, element);
            match &mapped.condition {
                Some(condition) if !condition.truth(env)? => Ok(None),
                _ => mapped.body.eval(env).map(Some),
            }
        });
        let value = value.transpose()?;
        let fact = self.fact(&mapped.body, env);
        show_fact(value, fact.as_deref(), &mut message);
        Some(message)
    }

    /// The path of the fact or parameter that a text comes from; none: from the rule itself.
    fn fact<'a>(&'a self, node: &'a Node, env: &mut Env<'a>) -> Option<String> {
        match node.leaf(env) {
            Node::Path(path) if path.slot < MAX_VARIABLES => Some(self.name_of(path)),
            // An element of the list that is mapped.
            Node::Path(path) => {
                let list = self.fact(&self.expression.node, env).unwrap_or_default();
                let ty = self.expression.reads.get(&list).map(|read| read.ty);
                let names = ty.map_or_else(String::new, |ty| field_names(ty, &path.fields));
                Some(list + &names)
            }
            _ => self.text_param(),
        }
    }

    fn name_of(&self, path: &Path) -> String {
        let is_path = |read: &Read| matches!(&read.node, Node::Path(read) if read == path);
        let mut reads = self.expression.reads.iter();
        reads.find(|(_, read)| is_path(read)).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// A parameter that is a text, or a list of texts, if the expression reads one.
    fn text_param(&self) -> Option<String> {
        for (name, read) in &self.expression.reads {
            if name.starts_with("params.") && matches!(read.ty.element(), Type::Text) {
                return Some(name.clone());
            }
        }
        None
    }
}

/// The names of the fields, each after a dot, beginning at an element of a list of that type.
fn field_names(list: Type, fields: &[usize]) -> String {
    let mut names = String::new();
    let mut ty = list;
    for &index in fields {
        let Type::Record(record) = ty.element() else { break };
        names.push('.');
        names.push_str(record.fields[index].name);
        ty = record.fields[index].ty;
    }
    names
}

/// Adds a value, each text of which is one of that fact; none: words of the rule.
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

/// Adds the first of the texts, and how many more there are.
fn enumerate(shown: &[Message], message: &mut Message) {
    let is_list = shown.iter().any(|one| one.to_string().contains(", "));
    let separator = if is_list { "; " } else { ", " };
    let more = shown.len().saturating_sub(MAX_MAPPED);
    for (index, one) in shown.iter().take(MAX_MAPPED).enumerate() {
        message.push(if index == 0 { "" } else { separator });
        message.append(one);
    }
    if more > 0 {
        message.push(&format!("{separator}and {more} more"));
    }
}

impl Template {
    /// Parses and checks the text; the problems' places are bytes of it.
    pub(crate) fn compile(text: &str, names: Names<'_>) -> Result<Template, Vec<Problem>> {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for piece in split(text) {
            match piece {
                Ok(Piece::Text(text)) => parts.push(Part::Text(text.to_owned())),
                Ok(Piece::Expression(range)) => match expression(text, range, names) {
                    Ok(part) => parts.push(part),
                    Err(mut more) => problems.append(&mut more),
                },
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Template { parts }) } else { Err(problems) }
    }

    /// The text with the values, for people.
    pub(crate) fn render<'a>(&'a self, env: &mut Env<'a>) -> Message {
        let mut message = Message::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => message.push(text),
                Part::Expression(placeholder) => placeholder.show(env, &mut message),
            }
        }
        message
    }

    /// The text with the values, each one word of a shell command; what is missing or null stays to
    /// be filled in.
    pub(crate) fn render_command<'a>(&'a self, env: &mut Env<'a>) -> String {
        let mut command = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => command.push_str(text),
                Part::Expression(placeholder) => {
                    let text = placeholder.text(env);
                    let word = text.unwrap_or_else(|| format!("<{}>", placeholder.source));
                    command.push_str(&show::shell_word(&word));
                }
            }
        }
        command
    }

    /// Where the facts that the expressions read come from.
    pub(crate) fn sources(&self) -> Sources {
        self.parts.iter().fold(Sources::NONE, |sources, part| match part {
            Part::Text(_) => sources,
            Part::Expression(placeholder) => sources | placeholder.expression.sources,
        })
    }

    /// All that the expressions read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &BTreeMap<String, Read>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Expression(placeholder) => Some(&placeholder.expression.reads),
        })
    }
}

fn expression(text: &str, range: Range<usize>, names: Names<'_>) -> Result<Part, Vec<Problem>> {
    let source = &text[range.clone()];
    let shift = |mut problem: Problem| {
        problem.at = problem.at.start + range.start..problem.at.end + range.start;
        problem
    };
    let (expression, mapped) = Expression::shown(source, names)
        .map_err(|problems| problems.into_iter().map(shift).collect::<Vec<_>>())?;
    let element = match expression.ty {
        Type::List(element) => *element,
        ty => ty,
    };
    if matches!(element, Type::Record(_) | Type::Optional(Type::Record(_))) {
        let problem =
            Problem::new(range, format!("a {} is no text", show::type_name(expression.ty)));
        return Err(vec![problem.help("name one of its fields, size(), or map(x, x.field)")]);
    }
    Ok(Part::Expression(Placeholder { source: source.trim().to_owned(), expression, mapped }))
}

enum Piece<'t> {
    Text(&'t str),
    /// The place between the braces.
    Expression(Range<usize>),
}

/// Splits at braces.
fn split(text: &str) -> Vec<Result<Piece<'_>, Problem>> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while let Some(brace) = text[start..].find(['{', '}']).map(|found| start + found) {
        if brace > start {
            pieces.push(Ok(Piece::Text(&text[start..brace])));
        }
        let rest = &text[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            pieces.push(Ok(Piece::Text(&rest[..1])));
            start = brace + 2;
        } else if let Some(end) = rest.strip_prefix('{').and_then(closing) {
            pieces.push(Ok(Piece::Expression(brace + 1..brace + 1 + end)));
            start = brace + end + 2;
        } else {
            let problem = Problem::new(brace..brace + 1, "this brace has no partner");
            pieces.push(Err(problem.help("write `{{` or `}}` for a brace")));
            start = brace + 1;
        }
    }
    pieces.push(Ok(Piece::Text(&text[start..])));
    pieces
}

/// The place of the `}` that ends an expression; those in quotes do not.
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
