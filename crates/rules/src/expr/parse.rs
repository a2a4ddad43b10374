//! Text to syntax tree: what is known about CEL's own parser, but for its operators.

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, SelectExpr, SourceInfo,
    operators,
};
use cel::parser::{ParseErrors, PrattParser};

use super::operators::{Binary, Unary, binary, unary, unsupported};
use crate::constant::{Constant, exact};
use crate::problem::Problem;

/// Bounds what a hostile rule file can make the parser do.
const MAX_CHARS: usize = 1_000;
const MAX_NODES: usize = 2_000;
const MAX_DEPTH: usize = 48;
/// The parser recurses for each of these without counting.
const MAX_TERNARIES: usize = 24;

/// An expression with its place in the text: the operator, the name or the literal itself.
pub(super) struct Syntax {
    pub at: Range<usize>,
    pub kind: Kind,
}

pub(super) enum Kind {
    Literal(Constant),
    List(Vec<Syntax>),
    Name(String),
    Field(Box<Syntax>, String),
    Unary(Unary, Box<Syntax>),
    Binary(Binary, Box<[Syntax; 2]>),
    Ternary(Box<[Syntax; 3]>),
    Size(Box<Syntax>),
    Quantified(Quantifier, Box<Quantified>),
    /// `list.map(variable, condition, body)`, or without condition. Texts have it; see
    /// [`Template`](super::Template).
    Map(Box<Quantified>, Option<Box<Syntax>>),
}

/// `list.exists(variable, body)`, or another macro.
pub(super) struct Quantified {
    pub list: Syntax,
    pub variable: String,
    pub body: Syntax,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

/// Parses the text, and refuses all of CEL that rules do not use.
pub(super) fn parse(text: &str) -> Result<Syntax, Vec<Problem>> {
    if text.trim().is_empty() {
        return Err(vec![Problem::new(0..text.len(), "an expression is expected here")]);
    }
    let whole = 0..text.len();
    if text.chars().count() > MAX_CHARS {
        let message = format!("the expression is longer than {MAX_CHARS} characters");
        return Err(vec![Problem::new(whole, message).help("derive a fact")]);
    }
    if text.matches('?').count() > MAX_TERNARIES {
        return Err(vec![too_deep(whole)]);
    }
    let tree = parser().parse(text).map_err(|errors| syntax_errors(text, &errors))?;
    let mut reader = Reader { text, places: places(text), problems: Vec::new() };
    match reader.read(&tree, 0) {
        Some(syntax) if reader.problems.is_empty() => Ok(syntax),
        _ => Err(reader.problems),
    }
}

fn parser() -> PrattParser {
    PrattParser::new().max_recursion_depth(32).max_expression_node_count(MAX_NODES)
}

/// The place of each node. The parser hands these out with errors alone, so the text is parsed once
/// more with a stray bracket after it, which changes no node before the bracket.
fn places(text: &str) -> Option<Arc<SourceInfo>> {
    let errors = parser().parse(&format!("{text}\n)")).err()?;
    errors.errors.into_iter().find_map(|error| error.source_info)
}

fn syntax_errors(text: &str, errors: &ParseErrors) -> Vec<Problem> {
    let problem = |(line, column): (isize, isize), message: &str| {
        let message = message.trim_start_matches("Syntax error: ").replace("<EOF>", "the end");
        let Some(at) = offset(text, line, column) else {
            return too_deep(0..text.len());
        };
        let problem = Problem::new(at.clone(), message);
        if text[at].starts_with('=') { problem.help("`==` compares") } else { problem }
    };
    errors.errors.iter().map(|error| problem(error.pos, &error.msg)).collect()
}

/// The character at a line and a byte column, both from 1.
fn offset(text: &str, line: isize, column: isize) -> Option<Range<usize>> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let start = text.floor_char_boundary(before + column);
    Some(start..text.ceil_char_boundary(start + 1))
}

fn too_deep(at: Range<usize>) -> Problem {
    Problem::new(at, "the expression is nested too deeply").help("derive a fact")
}

struct Reader<'t> {
    text: &'t str,
    places: Option<Arc<SourceInfo>>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, tree: &IdedExpr, depth: usize) -> Option<Syntax> {
        let at = self.place(tree);
        if depth > MAX_DEPTH {
            return self.refuse(too_deep(at));
        }
        match &tree.expr {
            Expr::Literal(literal) => self.literal(literal, at),
            Expr::Ident(name) => Some(Syntax { at, kind: Kind::Name(name.clone()) }),
            Expr::Select(select) => self.field(select, at, depth),
            Expr::Call(call) => self.call(call, at, depth),
            Expr::List(list) => self.list(list, at, depth),
            Expr::Comprehension(comprehension) => self.quantified(comprehension, at, depth),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.refuse(Problem::new(at, "maps and messages are not part of rule expressions"))
            }
        }
    }

    fn refuse(&mut self, problem: Problem) -> Option<Syntax> {
        self.problems.push(problem);
        None
    }

    /// The place of the token that a node stands for.
    fn place(&self, tree: &IdedExpr) -> Range<usize> {
        let known = self.places.as_ref().and_then(|places| places.offset_for(tree.id));
        let whole = 0..self.text.len();
        let Some((start, end)) = known else { return whole };
        let token = start as usize..end as usize;
        match (&tree.expr, self.text.get(token.clone())) {
            (_, None) => whole,
            (Expr::Select(select), Some(".")) => self.name_after(token.end, &select.field),
            (_, Some("(")) => self.name_before(token.start),
            _ => token,
        }
    }

    fn name_after(&self, dot_end: usize, name: &str) -> Range<usize> {
        let rest = &self.text[dot_end..];
        let start = dot_end + rest.len() - rest.trim_start().len();
        if self.text[start..].starts_with(name) {
            start..start + name.len()
        } else {
            dot_end - 1..dot_end
        }
    }

    fn name_before(&self, bracket: usize) -> Range<usize> {
        let before = self.text[..bracket].trim_end();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        before.trim_end_matches(is_name).len()..before.len()
    }

    fn literal(&mut self, literal: &LiteralValue, at: Range<usize>) -> Option<Syntax> {
        let constant = match literal {
            LiteralValue::Null => Some(Constant::Null),
            LiteralValue::Boolean(bool) => Some(Constant::Bool(*bool.inner())),
            LiteralValue::String(text) => Some(Constant::Text(text.inner().to_owned())),
            LiteralValue::Double(double) => Some(Constant::Number(*double.inner())),
            LiteralValue::Int(int) => exact(*int.inner()).map(Constant::Number),
            LiteralValue::UInt(_) | LiteralValue::Bytes(_) => None,
        };
        match constant {
            Some(constant) => Some(Syntax { at, kind: Kind::Literal(constant) }),
            None => self.refuse(Problem::new(at, "no literal of rule expressions").help(
                "write a number such as 90 or 0.5, a text such as 'fido', true, false or null",
            )),
        }
    }

    fn list(&mut self, list: &ListExpr, at: Range<usize>, depth: usize) -> Option<Syntax> {
        let elements: Vec<_> =
            list.elements.iter().map(|element| self.read(element, depth + 1)).collect();
        Some(Syntax { at, kind: Kind::List(elements.into_iter().collect::<Option<_>>()?) })
    }

    fn field(&mut self, select: &SelectExpr, at: Range<usize>, depth: usize) -> Option<Syntax> {
        if select.test {
            return self.refuse(
                Problem::new(at, "has() hides misspelt names")
                    .help("compare with null: `x != null`"),
            );
        }
        let record = self.read(&select.operand, depth + 1)?;
        Some(Syntax { at, kind: Kind::Field(Box::new(record), select.field.clone()) })
    }

    fn call(&mut self, call: &CallExpr, at: Range<usize>, depth: usize) -> Option<Syntax> {
        let name = call.func_name.as_str();
        let args: Vec<_> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let kind = match (args.as_slice(), call.target.is_some()) {
            ([arg], _) if name == "size" => Kind::Size(Box::new(self.read(arg, depth + 1)?)),
            ([arg], false) if let Some(operator) = unary(name) => {
                Kind::Unary(operator, Box::new(self.read(arg, depth + 1)?))
            }
            ([left, right], is_method) if let Some(operator) = binary(name, is_method) => {
                let (left, right) = (self.read(left, depth + 1), self.read(right, depth + 1));
                Kind::Binary(operator, Box::new([left?, right?]))
            }
            ([condition, yes, no], false) if name == operators::CONDITIONAL => {
                let condition = self.read(condition, depth + 1);
                let (yes, no) = (self.read(yes, depth + 1), self.read(no, depth + 1));
                Kind::Ternary(Box::new([condition?, yes?, no?]))
            }
            _ => return self.refuse(unsupported(name, at)),
        };
        Some(Syntax { at, kind })
    }

    /// The parser delivers macros as loops; what a loop starts from tells which macro it was.
    fn quantified(
        &mut self,
        macro_: &ComprehensionExpr,
        at: Range<usize>,
        depth: usize,
    ) -> Option<Syntax> {
        let Expr::Call(step) = &macro_.loop_step.expr else {
            return self.refuse(unsupported("macro", at));
        };
        if let Expr::List(_) = &macro_.accu_init.expr {
            return self.map(macro_, step, at, depth);
        }
        let (quantifier, body) = match (&macro_.accu_init.expr, step.args.as_slice()) {
            (Expr::Literal(LiteralValue::Boolean(start)), [_, body]) if *start.inner() => {
                (Quantifier::All, body)
            }
            (Expr::Literal(LiteralValue::Boolean(_)), [_, body]) => (Quantifier::Exists, body),
            (Expr::Literal(LiteralValue::Int(_)), [body, ..]) => (Quantifier::ExistsOne, body),
            _ => return self.refuse(unsupported("macro", at)),
        };
        let parts = self.parts(macro_, body, depth)?;
        Some(Syntax { at, kind: Kind::Quantified(quantifier, Box::new(parts)) })
    }

    /// `list.map(variable, body)`: a loop that appends a list of the body. With a condition, or for
    /// `list.filter(variable, condition)`, it appends the list or nothing.
    fn map(
        &mut self,
        macro_: &ComprehensionExpr,
        step: &CallExpr,
        at: Range<usize>,
        depth: usize,
    ) -> Option<Syntax> {
        let (condition, append) = match step.args.as_slice() {
            [condition, IdedExpr { expr: Expr::Call(append), .. }, _] => (Some(condition), append),
            _ => (None, step),
        };
        let [_, IdedExpr { expr: Expr::List(ListExpr { elements, .. }), .. }] =
            append.args.as_slice()
        else {
            return self.refuse(unsupported("macro", at));
        };
        let condition = match condition {
            Some(condition) => Some(Box::new(self.read(condition, depth + 1)?)),
            None => None,
        };
        let parts = self.parts(macro_, elements.first()?, depth)?;
        Some(Syntax { at, kind: Kind::Map(Box::new(parts), condition) })
    }

    fn parts(
        &mut self,
        macro_: &ComprehensionExpr,
        body: &IdedExpr,
        depth: usize,
    ) -> Option<Quantified> {
        let (list, body) = (self.read(&macro_.iter_range, depth + 1), self.read(body, depth + 1));
        Some(Quantified { list: list?, variable: macro_.iter_var.clone(), body: body? })
    }
}
