//! Parses tokens into a syntax tree: a Pratt parser for the part of CEL that rules use.

use std::ops::Range;

use super::functions;
use super::lex::{Token, TokenKind, tokens};
use crate::constant::Constant;
use crate::problem::Problem;

/// Limits on the work that a hostile rule file can cause.
const MAX_CHARS: usize = 1_000;
const MAX_DEPTH: usize = 64;

/// CEL's reserved words; see "RESERVED" in its specification.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// An expression, with the position of its operator, last name or literal.
pub(super) struct Syntax {
    pub at: Range<usize>,
    pub kind: Kind,
}

pub(super) enum Kind {
    Literal(Constant),
    List(Vec<Syntax>),
    /// `variable.field.field`, beginning with the variable.
    Path(Vec<Name>),
    Unary(Unary, Box<Syntax>),
    Binary(Binary, Box<[Syntax; 2]>),
    Ternary(Box<[Syntax; 3]>),
    Size(Box<Syntax>),
    Quantified(Quantifier, Box<Quantified>),
    /// `list.map(variable, condition, body)` or `list.map(variable, body)`. Only allowed in a
    /// [`Template`](super::Template).
    Map(Box<Quantified>, Option<Box<Syntax>>),
}

/// A name with its position.
pub(super) struct Name {
    pub text: String,
    pub at: Range<usize>,
}

/// Joins names as `variable.field.field`.
pub(super) fn joined(names: &[Name]) -> String {
    names
        .iter()
        .map(|name| name.text.as_str())
        .collect::<Vec<_>>()
        .join(".")
}

/// The parts of `list.exists(variable, body)` or another macro.
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    Not,
    Negate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Binary {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    StartsWith,
    EndsWith,
    Contains,
}

/// The binding power and meaning of each operator; none if rules do not support it.
const OPERATORS: [(&str, u8, Option<Binary>); 14] = [
    ("||", 1, Some(Binary::Or)),
    ("&&", 2, Some(Binary::And)),
    ("==", 3, Some(Binary::Equal)),
    ("!=", 3, Some(Binary::NotEqual)),
    ("<", 3, Some(Binary::Less)),
    ("<=", 3, Some(Binary::LessOrEqual)),
    (">", 3, Some(Binary::Greater)),
    (">=", 3, Some(Binary::GreaterOrEqual)),
    ("in", 3, Some(Binary::In)),
    ("+", 4, Some(Binary::Add)),
    ("-", 4, Some(Binary::Subtract)),
    ("*", 5, Some(Binary::Multiply)),
    ("/", 5, None),
    ("%", 5, None),
];

/// Parses the text, and refuses the parts of CEL that rules do not support.
pub(super) fn parse(text: &str) -> Result<Syntax, Vec<Problem>> {
    Ok(parse_as(text, false)?.0)
}

/// Parses an expression, and after an optional comma the words that say when it holds.
pub(super) fn parse_worded(text: &str) -> Result<(Syntax, Option<String>), Vec<Problem>> {
    parse_as(text, true)
}

fn parse_as(text: &str, may_have_words: bool) -> Result<(Syntax, Option<String>), Vec<Problem>> {
    if text.trim().is_empty() {
        return Err(vec![Problem::new(0..text.len(), "an expression is expected here")]);
    }
    if text.chars().count() > MAX_CHARS {
        let message = format!("the expression is longer than {MAX_CHARS} characters");
        return Err(vec![Problem::new(0..text.len(), message).help("derive a fact")]);
    }
    let tokens = tokens(text).map_err(|problem| vec![problem])?;
    let mut parser = Parser { tokens: &tokens, refused: Vec::new() };
    match parser.whole(may_have_words) {
        Ok(syntax) if parser.refused.is_empty() => Ok(syntax),
        Ok(_) => Err(parser.refused),
        Err(problem) => {
            parser.refused.push(problem);
            Err(parser.refused)
        }
    }
}

struct Parser<'t> {
    /// The remaining tokens; the end is never removed.
    tokens: &'t [Token<'t>],
    /// Problems with valid CEL that rules do not support.
    refused: Vec<Problem>,
}

type Parsed<T> = Result<T, Problem>;

impl<'t> Parser<'t> {
    fn whole(&mut self, may_have_words: bool) -> Parsed<(Syntax, Option<String>)> {
        let syntax = self.expression(0)?;
        let mut words = None;
        if may_have_words && self.take(",").is_some() {
            let TokenKind::Literal(Some(Constant::Text(text))) = &self.peek().kind else {
                return Err(self.expected("words that say when this holds"));
            };
            words = Some(text.clone());
            self.next();
        }
        match self.peek().kind {
            TokenKind::End => Ok((syntax, words)),
            _ => Err(self.expected("an operator or the end")),
        }
    }

    /// Parses `condition ? yes : no`, or anything that binds more tightly.
    fn expression(&mut self, depth: usize) -> Parsed<Syntax> {
        let condition = self.binary(0, depth)?;
        let Some(at) = self.take("?") else {
            return Ok(condition);
        };
        let yes = self.binary(0, depth + 1)?;
        self.expect(":")?;
        let no = self.expression(depth + 1)?;
        Ok(Syntax { at, kind: Kind::Ternary(Box::new([condition, yes, no])) })
    }

    /// Parses left-associative operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8, mut depth: usize) -> Parsed<Syntax> {
        let mut left = self.unary(depth)?;
        while let Some((power, operator)) = self.operator(least) {
            let at = self.next().at.clone();
            depth = self.deeper(depth)?;
            let right = self.binary(power + 1, depth)?;
            match operator {
                Some(operator) => {
                    let kind = Kind::Binary(operator, Box::new([left, right]));
                    left = Syntax { at, kind };
                }
                None => self.refused.push(
                    Problem::new(at, "rule expressions do not divide")
                        .help("multiply the other side, or derive a fact"),
                ),
            }
        }
        Ok(left)
    }

    fn operator(&self, least: u8) -> Option<(u8, Option<Binary>)> {
        let (_, power, operator) = OPERATORS.into_iter().find(|(text, ..)| self.is(text))?;
        (power >= least).then_some((power, operator))
    }

    /// Parses any number of `!`, or any number of `-`, and an operand.
    fn unary(&mut self, depth: usize) -> Parsed<Syntax> {
        let (symbol, operator) = match self.peek().text {
            "!" => ("!", Unary::Not),
            "-" => ("-", Unary::Negate),
            _ => return self.member(depth),
        };
        let at = self.next().at.clone();
        let depth = self.deeper(depth)?;
        let operand = if self.is(symbol) {
            self.unary(depth)?
        } else {
            self.member(depth)?
        };
        Ok(Syntax { at, kind: Kind::Unary(operator, Box::new(operand)) })
    }

    /// Parses a value with its fields and methods.
    fn member(&mut self, mut depth: usize) -> Parsed<Syntax> {
        let mut value = self.primary(depth)?;
        loop {
            depth = self.deeper(depth)?;
            if self.take(".").is_some() {
                let name = self.name("the name of a field")?;
                value = if self.is("(") {
                    self.call(Some(value), &name, depth)?
                } else {
                    self.field(value, name)
                };
            } else if let Some(at) = self.take("[") {
                self.expression(depth)?;
                self.expect("]")?;
                self.refused.push(
                    Problem::new(at, "lists cannot be indexed, because their order has no meaning")
                        .help("use exists() or all()"),
                );
            } else {
                return Ok(value);
            }
        }
    }

    fn field(&mut self, mut record: Syntax, name: Name) -> Syntax {
        match &mut record.kind {
            Kind::Path(names) => {
                record.at = name.at.clone();
                names.push(name);
            }
            _ => self.refused.push(
                Problem::new(name.at, "only a named value has fields").help("write variable.field"),
            ),
        }
        record
    }

    fn primary(&mut self, depth: usize) -> Parsed<Syntax> {
        let Token { at, text, kind } = self.peek();
        let kind = match (kind, *text) {
            (TokenKind::Literal(constant), _) => {
                let constant = constant.clone().unwrap_or_else(|| {
                    self.refused.push(no_literal(at));
                    Constant::Null
                });
                self.next();
                Kind::Literal(constant)
            }
            (TokenKind::Name, "in") | (TokenKind::End, _) => {
                return Err(self.expected("an expression"));
            }
            (TokenKind::Name, word) if RESERVED.contains(&word) => {
                return Err(Problem::new(
                    at.clone(),
                    format!("`{word}` is a reserved word of CEL"),
                ));
            }
            (TokenKind::Name, _) => {
                let name = self.name("a name")?;
                if self.is("(") {
                    return self.call(None, &name, depth);
                }
                Kind::Path(vec![name])
            }
            (TokenKind::Symbol, "(") => {
                self.next();
                let depth = self.deeper(depth)?;
                let inner = self.expression(depth)?;
                self.expect(")")?;
                return Ok(inner);
            }
            (TokenKind::Symbol, "[") => {
                self.next();
                Kind::List(self.list("]", depth)?)
            }
            (TokenKind::Symbol, "{") => {
                let message = "maps and messages are not part of rule expressions";
                return Err(Problem::new(at.clone(), message));
            }
            (TokenKind::Symbol, _) => return Err(self.expected("an expression")),
        };
        Ok(Syntax { at: at.clone(), kind })
    }

    fn call(&mut self, receiver: Option<Syntax>, name: &Name, depth: usize) -> Parsed<Syntax> {
        self.expect("(")?;
        let args = self.list(")", depth)?;
        let kind = functions::call(name, receiver, args).unwrap_or_else(|problem| {
            self.refused.push(problem);
            Kind::Literal(Constant::Null)
        });
        Ok(Syntax { at: name.at.clone(), kind })
    }

    /// Parses expressions separated by commas, up to a closing bracket.
    fn list(&mut self, close: &'static str, depth: usize) -> Parsed<Vec<Syntax>> {
        let depth = self.deeper(depth)?;
        let mut elements = Vec::new();
        while !self.is(close) {
            elements.push(self.expression(depth)?);
            if self.take(",").is_none() {
                break;
            }
        }
        self.expect(close)?;
        Ok(elements)
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.peek() {
            Token { kind: TokenKind::Name, text, at } if *text != "in" => {
                self.next();
                Ok(Name { text: (*text).to_owned(), at: at.clone() })
            }
            _ => Err(self.expected(what)),
        }
    }

    fn peek(&self) -> &'t Token<'t> {
        &self.tokens[0]
    }

    fn next(&mut self) -> &'t Token<'t> {
        let token = self.peek();
        if self.tokens.len() > 1 {
            self.tokens = &self.tokens[1..];
        }
        token
    }

    /// Whether the next token is this symbol or word.
    fn is(&self, text: &str) -> bool {
        self.peek().text == text
    }

    /// Takes the next token if it is this symbol, and returns its position.
    fn take(&mut self, symbol: &str) -> Option<Range<usize>> {
        self.is(symbol).then(|| self.next().at.clone())
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        match self.take(symbol) {
            Some(_) => Ok(()),
            None => Err(self.expected(&format!("`{symbol}`"))),
        }
    }

    fn expected(&self, what: &str) -> Problem {
        let Token { at, text, kind } = self.peek();
        let found = match kind {
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{text}`"),
        };
        let problem = Problem::new(at.clone(), format!("expected {what}, found {found}"));
        match *text {
            "=" => problem.help("`==` compares"),
            "&" | "and" => problem.help("`&&` joins conditions"),
            "|" | "or" => problem.help("`||` joins conditions"),
            _ => problem,
        }
    }

    /// Returns the depth one level down, unless that is too deep.
    fn deeper(&self, depth: usize) -> Parsed<usize> {
        if depth < MAX_DEPTH {
            return Ok(depth + 1);
        }
        let problem = Problem::new(self.peek().at.clone(), "the expression is nested too deeply");
        Err(problem.help("derive a fact"))
    }
}

fn no_literal(at: &Range<usize>) -> Problem {
    Problem::new(at.clone(), "this is not a literal in rule expressions")
        .help("write a number such as 90 or 0.5, a string such as 'fido', true, false or null")
}
