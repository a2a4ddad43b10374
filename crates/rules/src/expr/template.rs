//! Texts with `{expressions}` in them.

use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::{Sources, Type, Value};

use super::{Env, Expression, Mapped, Names, Read};
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
    /// The value for people; none if it is missing or null.
    fn text<'a>(&'a self, env: &mut Env<'a>) -> Result<Option<String>, Sources> {
        match (self.expression.node.eval(env)?, &self.mapped) {
            (Value::Null, _) => Ok(None),
            (Value::List(list), Some(mapped)) => {
                let texts =
                    (0..list.size()).filter_map(|index| mapped.text(list.element(index), env));
                Ok(Some(enumerate(texts.collect())))
            }
            (value, _) => Ok(Some(show::text(Ok(value)))),
        }
    }
}

impl Mapped {
    /// What is shown for an element; none if it is left out.
    fn text<'a>(
        &'a self,
        element: Result<Value<'a>, Sources>,
        env: &mut Env<'a>,
    ) -> Option<String> {
        let shown = element.and_then(|element| {
            env.set(self.slot, element);
            match &self.condition {
                Some(condition) if !condition.truth(env)? => Ok(None),
                _ => self.body.eval(env).map(Some),
            }
        });
        shown.transpose().map(show::text)
    }
}

/// The texts as one: the first of them, and how many more there are.
fn enumerate(mut texts: Vec<String>) -> String {
    let separator = if texts.iter().any(|text| text.contains(", ")) { "; " } else { ", " };
    let more = texts.len().saturating_sub(MAX_MAPPED);
    if more > 0 {
        texts.truncate(MAX_MAPPED);
        texts.push(format!("and {more} more"));
    }
    texts.join(separator)
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
    pub(crate) fn render<'a>(&'a self, env: &mut Env<'a>) -> String {
        self.fill(|placeholder| match placeholder.text(env) {
            Ok(Some(text)) => text,
            Ok(None) => show::text(Ok(Value::Null)),
            Err(sources) => show::text(Err(sources)),
        })
    }

    /// The text with the values, each one word of a shell command; what is missing or null stays to
    /// be filled in.
    pub(crate) fn render_command<'a>(&'a self, env: &mut Env<'a>) -> String {
        self.fill(|placeholder| match placeholder.text(env) {
            Ok(Some(text)) => show::shell_word(&text),
            Ok(None) | Err(_) => show::shell_word(&format!("<{}>", placeholder.source)),
        })
    }

    fn fill<'a>(&'a self, mut show: impl FnMut(&'a Placeholder) -> String) -> String {
        self.parts.iter().fold(String::new(), |filled, part| match part {
            Part::Text(text) => filled + text,
            Part::Expression(placeholder) => filled + &show(placeholder),
        })
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
