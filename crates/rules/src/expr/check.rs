//! Turns a syntax tree into a tree to evaluate: resolves names and checks types against the fact
//! schema.

use std::collections::BTreeMap;
use std::ops::Range;

use portcullis_model::{Sources, Type};

use super::node::{Mapped, Node, Path, Quantified};
use super::parse::{self, Binary, Kind, Quantifier, Syntax, Unary};
use super::types::{common, comparable, required};
use super::{Expression, MAX_MACROS, MAX_VARIABLES, Names, Read};
use crate::constant::{Constant, Texts};
use crate::problem::Problem;
use crate::show::type_name;

/// Checks the expression. An error lists every problem.
pub(super) fn check(syntax: &Syntax, names: Names<'_>) -> Result<Expression, Vec<Problem>> {
    let mut checker = Checker::new(names);
    let whole = checker.check(syntax);
    checker.finish(whole)
}

/// Checks an expression whose value is shown. It may map a list: then the results are the list and
/// how to show each element.
pub(super) fn check_shown(
    syntax: &Syntax,
    names: Names<'_>,
) -> Result<(Expression, Option<Mapped>), Vec<Problem>> {
    let Kind::Map(parts, condition) = &syntax.kind else {
        return Ok((check(syntax, names)?, None));
    };
    let mut checker = Checker::new(names);
    let whole = checker.over(parts, &syntax.at, |checker| {
        let Some(condition) = condition else {
            return Some((None, checker.pieces(&parts.body)?));
        };
        let condition = checker.expect(Type::Bool, condition)?;
        let body = checker.given(Some(&condition), true, |checker| checker.pieces(&parts.body))?;
        Some((Some(condition), body))
    });
    let (list, mapped) = whole
        .map(|(list, slot, (condition, (body, ty)))| {
            (Checked { node: list, ty }, Mapped { slot, condition, body })
        })
        .unzip();
    Ok((checker.finish(list)?, mapped))
}

pub(super) struct Checker<'n> {
    pub names: Names<'n>,
    /// The variables of the enclosing macros, the innermost last.
    pub macros: Vec<(String, Type)>,
    /// The facts that conditions have proved not to be null.
    pub present: Vec<Path>,
    pub reads: BTreeMap<String, Read>,
    /// The sources of all fields, including those of macro variables.
    pub sources: Sources,
    pub problems: Vec<Problem>,
}

pub(super) struct Checked {
    pub node: Node,
    pub ty: Type,
}

impl<'n> Checker<'n> {
    fn new(names: Names<'n>) -> Checker<'n> {
        Checker {
            names,
            macros: Vec::new(),
            present: names.present.to_vec(),
            reads: BTreeMap::new(),
            sources: Sources::NONE,
            problems: Vec::new(),
        }
    }

    fn finish(self, checked: Option<Checked>) -> Result<Expression, Vec<Problem>> {
        match checked {
            Some(Checked { node, ty }) if self.problems.is_empty() => {
                Ok(Expression { node, ty, reads: self.reads, sources: self.sources })
            }
            _ => Err(self.problems),
        }
    }

    /// Checks what is shown for an element: one value, or several joined by `+`, one of them a
    /// string.
    fn pieces(&mut self, syntax: &Syntax) -> Option<(Vec<Node>, Type)> {
        let pieces = joined_by_plus(syntax);
        if !pieces
            .iter()
            .any(|piece| matches!(piece.kind, Kind::Literal(Constant::Text(_))))
        {
            let Checked { node, ty } = self.check(syntax)?;
            return Some((vec![node], ty));
        }
        let mut nodes = Vec::new();
        for piece in pieces {
            let Checked { node, ty } = self.check(piece)?;
            if matches!(ty.element(), Type::Record(_)) {
                return self.refuse(cannot_be_shown(piece.at.clone(), ty));
            }
            nodes.push(node);
        }
        Some((nodes, Type::Text))
    }

    /// Checks any expression. None means that a problem has been added.
    fn check(&mut self, syntax: &Syntax) -> Option<Checked> {
        match &syntax.kind {
            Kind::Literal(constant) => match constant.ty() {
                Some(ty) => Some(Checked { node: Node::Constant(constant.clone()), ty }),
                None => self.refuse(
                    Problem::new(syntax.at.clone(), "null is not allowed here")
                        .help("use null only with `==` and `!=`"),
                ),
            },
            Kind::List(elements) => self.list(elements, &syntax.at),
            Kind::Path(names) => self.path(names),
            Kind::Unary(operator, operand) => self.unary(*operator, operand),
            Kind::Binary(operator, sides) => self.binary(*operator, sides, &syntax.at),
            Kind::Ternary(parts) => self.ternary(parts, &syntax.at),
            Kind::Size(operand) => self.size(operand, &syntax.at),
            Kind::Quantified(quantifier, parts) => self.quantified(*quantifier, parts, &syntax.at),
            Kind::Map(..) => self.refuse(
                Problem::new(
                    syntax.at.clone(),
                    "map() and filter() are only for text that is shown",
                )
                .help("use exists(), all() or exists_one()"),
            ),
        }
    }

    pub(super) fn refuse<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }

    fn list(&mut self, elements: &[Syntax], at: &Range<usize>) -> Option<Checked> {
        if elements.is_empty() {
            return self.refuse(Problem::new(at.clone(), "`in` is never true for an empty list"));
        }
        let mut texts = Vec::new();
        for element in elements {
            match self.check(element) {
                Some(Checked { node: Node::Constant(Constant::Text(text)), .. }) => {
                    texts.push(text);
                }
                Some(_) => {
                    let problem =
                        Problem::new(element.at.clone(), "a list may contain only strings");
                    self.problems.push(problem.help("write ['a', 'b']"));
                }
                None => {}
            }
        }
        if texts.len() < elements.len() {
            return None;
        }
        let node = Node::Constant(Constant::Texts(Texts(texts)));
        Some(Checked { node, ty: Type::List(&Type::Text) })
    }

    fn unary(&mut self, operator: Unary, operand: &Syntax) -> Option<Checked> {
        let ty = match operator {
            Unary::Not => Type::Bool,
            Unary::Negate => Type::Number,
        };
        let node = self.expect(ty, operand)?;
        Some(Checked { node: Node::Unary(operator, Box::new(node)), ty })
    }

    /// Checks an expression that must not be null.
    fn value(&mut self, syntax: &Syntax) -> Option<Checked> {
        let checked = self.check(syntax)?;
        if !matches!(checked.ty, Type::Optional(_)) {
            return Some(checked);
        }
        let tested = match &syntax.kind {
            Kind::Path(names) => parse::joined(names),
            _ => "x".to_owned(),
        };
        let problem = Problem::new(syntax.at.clone(), "this may be null");
        self.refuse(problem.help(format!("test it first: `{tested} != null && …`")))
    }

    /// Whether conditions have proved that the fact is not null.
    pub(super) fn is_tested(&self, node: &Node) -> bool {
        matches!(node, Node::Path(path) if self.present.contains(path))
    }

    /// Runs a check for a part that matters only if a condition has this truth.
    fn given<T>(
        &mut self,
        condition: Option<&Node>,
        truth: bool,
        check: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.present.len();
        self.present.extend(
            condition
                .into_iter()
                .flat_map(|condition| condition.proves(truth)),
        );
        let checked = check(self);
        self.present.truncate(before);
        checked
    }

    /// Checks an operand that must have this type.
    fn expect(&mut self, ty: Type, operand: &Syntax) -> Option<Node> {
        let checked = self.value(operand)?;
        if comparable(checked.ty, ty) {
            return Some(checked.node);
        }
        let message = format!("expected {}, found {}", type_name(ty), type_name(checked.ty));
        self.refuse(Problem::new(operand.at.clone(), message))
    }

    fn binary(
        &mut self,
        operator: Binary,
        sides: &[Syntax; 2],
        at: &Range<usize>,
    ) -> Option<Checked> {
        let operands = match operator {
            Binary::Equal | Binary::NotEqual => return self.equality(operator, sides, at),
            Binary::In => return self.membership(sides, at),
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
                return self.order(operator, sides, at);
            }
            Binary::And | Binary::Or => {
                let left = self.expect(Type::Bool, &sides[0]);
                let right = self.given(left.as_ref(), operator == Binary::And, |checker| {
                    checker.expect(Type::Bool, &sides[1])
                });
                return Some(Checked { node: join(operator, left?, right?), ty: Type::Bool });
            }
            Binary::Add | Binary::Subtract | Binary::Multiply => Type::Number,
            Binary::StartsWith | Binary::EndsWith | Binary::Contains => Type::Text,
        };
        let result = if operands == Type::Text {
            Type::Bool
        } else {
            operands
        };
        let (left, right) = (self.expect(operands, &sides[0]), self.expect(operands, &sides[1]));
        Some(Checked { node: join(operator, left?, right?), ty: result })
    }

    fn order(
        &mut self,
        operator: Binary,
        sides: &[Syntax; 2],
        at: &Range<usize>,
    ) -> Option<Checked> {
        let (left, right) = (self.value(&sides[0]), self.value(&sides[1]));
        let (left, right) = (left?, right?);
        match (left.ty, right.ty) {
            (Type::Number, Type::Number) | (Type::Time, Type::Time) => {
                Some(Checked { node: join(operator, left.node, right.node), ty: Type::Bool })
            }
            (left, right) => {
                let (left, right) = (type_name(left), type_name(right));
                let message = format!("{left} and {right} cannot be ordered");
                self.refuse(Problem::new(at.clone(), message).help("two numbers or two times can"))
            }
        }
    }

    fn equality(
        &mut self,
        operator: Binary,
        sides: &[Syntax; 2],
        at: &Range<usize>,
    ) -> Option<Checked> {
        let node = match sides {
            [Syntax { kind: Kind::Literal(Constant::Null), .. }, operand]
            | [operand, Syntax { kind: Kind::Literal(Constant::Null), .. }] => {
                let operand = self.nullable(operand)?;
                join(operator, operand, Node::Constant(Constant::Null))
            }
            [left, right] => {
                let (a, b) = (self.check(left), self.check(right));
                let (a, b) = (a?, b?);
                if !comparable(required(a.ty), required(b.ty)) {
                    let (a, b) = (type_name(a.ty), type_name(b.ty));
                    let message = format!("{a} is never equal to {b}");
                    return self.refuse(Problem::new(at.clone(), message));
                }
                self.words(a.ty, &b, right)?;
                self.words(b.ty, &a, left)?;
                join(operator, a.node, b.node)
            }
        };
        Some(Checked { node, ty: Type::Bool })
    }

    /// Checks an operand that is compared with null.
    fn nullable(&mut self, operand: &Syntax) -> Option<Node> {
        let checked = self.check(operand)?;
        if matches!(checked.ty, Type::Optional(_)) || self.is_tested(&checked.node) {
            return Some(checked.node);
        }
        self.refuse(
            Problem::new(operand.at.clone(), "this is never null")
                .help("a value that was not collected makes the verdict unknown without a test"),
        )
    }

    fn membership(&mut self, [element, list]: &[Syntax; 2], at: &Range<usize>) -> Option<Checked> {
        let (a, b) = (self.check(element), self.value(list));
        let (a, b) = (a?, b?);
        match b.ty {
            Type::List(ty) if comparable(required(a.ty), required(*ty)) => {
                self.words(a.ty, &b, list)?;
                self.words(*ty, &a, element)?;
                Some(Checked { node: join(Binary::In, a.node, b.node), ty: Type::Bool })
            }
            Type::List(_) => {
                let message = format!("{} is never in a {}", type_name(a.ty), type_name(b.ty));
                self.refuse(Problem::new(at.clone(), message))
            }
            ty => {
                let message = format!("`in` needs a list, but this is {}", type_name(ty));
                self.refuse(Problem::new(list.at.clone(), message))
            }
        }
    }

    /// Checks that a constant compared with a fact of certain words is one of these.
    fn words(&mut self, ty: Type, other: &Checked, syntax: &Syntax) -> Option<()> {
        let Type::Word(words) = required(ty) else {
            return Some(());
        };
        let texts = match &other.node {
            Node::Constant(Constant::Text(text)) => std::slice::from_ref(text),
            Node::Constant(Constant::Texts(Texts(texts))) => texts,
            _ => return Some(()),
        };
        let wrong: Vec<_> = texts
            .iter()
            .filter(|text| !words.contains(&text.as_str()))
            .collect();
        for text in &wrong {
            let at = element_place(syntax, text);
            let problem = Problem::new(at, format!("`{text}` is not one of its values"));
            self.problems
                .push(problem.valid(text, words.iter().copied()));
        }
        wrong.is_empty().then_some(())
    }

    fn ternary(&mut self, parts: &[Syntax; 3], at: &Range<usize>) -> Option<Checked> {
        let condition = self.expect(Type::Bool, &parts[0]);
        let yes = self.given(condition.as_ref(), true, |checker| checker.check(&parts[1]));
        let no = self.given(condition.as_ref(), false, |checker| checker.check(&parts[2]));
        let (condition, yes, no) = (condition?, yes?, no?);
        let Some(ty) = common(yes.ty, no.ty) else {
            let (yes, no) = (type_name(yes.ty), type_name(no.ty));
            let message = format!("the two outcomes differ in type: {yes} and {no}");
            return self.refuse(Problem::new(at.clone(), message));
        };
        Some(Checked { node: Node::Ternary(Box::new([condition, yes.node, no.node])), ty })
    }

    fn size(&mut self, operand: &Syntax, at: &Range<usize>) -> Option<Checked> {
        let checked = self.value(operand)?;
        match checked.ty {
            Type::List(_) | Type::Text | Type::Word(_) => {
                Some(Checked { node: Node::Size(Box::new(checked.node)), ty: Type::Number })
            }
            ty => {
                let message =
                    format!("size() takes a list or a string, but this is {}", type_name(ty));
                self.refuse(Problem::new(at.clone(), message))
            }
        }
    }

    fn quantified(
        &mut self,
        quantifier: Quantifier,
        parts: &parse::Quantified,
        at: &Range<usize>,
    ) -> Option<Checked> {
        let body = |checker: &mut Self| checker.expect(Type::Bool, &parts.body);
        let (list, slot, body) = self.over(parts, at, body)?;
        let parts = Quantified { list, slot, body };
        Some(Checked { node: Node::Quantified(quantifier, Box::new(parts)), ty: Type::Bool })
    }

    /// Checks a macro. Returns its list, the slot of its variable, and the result for its body.
    fn over<T>(
        &mut self,
        parts: &parse::Quantified,
        at: &Range<usize>,
        body: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<(Node, usize, T)> {
        let list = self.value(&parts.list)?;
        let Type::List(element) = list.ty else {
            let message = format!("this needs a list, but got {}", type_name(list.ty));
            return self.refuse(Problem::new(at.clone(), message));
        };
        let name = &parts.variable;
        if name == "params"
            || self
                .names
                .variables
                .iter()
                .any(|variable| variable.name == name)
            || self.macros.iter().any(|(variable, _)| variable == name)
        {
            let message = format!("the name `{name}` is taken");
            return self.refuse(Problem::new(at.clone(), message).help("use another, such as `x`"));
        }
        if self.macros.len() == MAX_MACROS {
            let message = format!("more than {MAX_MACROS} nested macros");
            return self.refuse(Problem::new(at.clone(), message).help("derive a fact"));
        }
        let slot = MAX_VARIABLES + self.macros.len();
        self.macros.push((name.clone(), *element));
        let body = body(self);
        self.macros.pop();
        Some((list.node, slot, body?))
    }
}

/// Returns the operands of `a + b + …`, or else the expression itself.
fn joined_by_plus(syntax: &Syntax) -> Vec<&Syntax> {
    match &syntax.kind {
        Kind::Binary(Binary::Add, sides) => sides.iter().flat_map(joined_by_plus).collect(),
        _ => vec![syntax],
    }
}

/// Returns the problem that a record is too large for a text.
pub(super) fn cannot_be_shown(at: Range<usize>, ty: Type) -> Problem {
    Problem::new(at, format!("a {} cannot be shown", type_name(ty)))
        .help("name one of its fields, size(), or map(x, x.field)")
}

fn join(operator: Binary, left: Node, right: Node) -> Node {
    Node::Binary(operator, Box::new([left, right]))
}

/// Returns the position of the list's element with this text, or else of the whole expression.
fn element_place(syntax: &Syntax, text: &str) -> Range<usize> {
    if let Kind::List(elements) = &syntax.kind {
        for element in elements {
            if matches!(&element.kind, Kind::Literal(Constant::Text(other)) if other == text) {
                return element.at.clone();
            }
        }
    }
    syntax.at.clone()
}
