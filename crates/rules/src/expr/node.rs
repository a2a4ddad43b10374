//! Evaluates expressions to a value or to the missing sources.
//!
//! An empty set of sources is a defect: a rule computed something that is not a value, such as
//! infinity minus infinity. Like a missing fact it is unknown, so it never becomes a pass.

use portcullis_model::{List, Sources, Value};

use super::parse::{Binary, Quantifier, Unary};
use super::{MAX_MACROS, MAX_VARIABLES};
use crate::constant::Constant;

/// The values of the variables, those of the scope before those of macros.
pub(crate) struct Env<'a> {
    slots: [Value<'a>; MAX_VARIABLES + MAX_MACROS],
}

impl<'a> Env<'a> {
    pub(crate) fn new(variables: [Value<'a>; MAX_VARIABLES]) -> Env<'a> {
        let mut slots = [Value::Null; MAX_VARIABLES + MAX_MACROS];
        slots[..MAX_VARIABLES].copy_from_slice(&variables);
        Env { slots }
    }

    /// Sets the value of a variable.
    pub(crate) fn set(&mut self, slot: usize, value: Value<'a>) {
        self.slots[slot] = value;
    }
}

/// A checked expression, ready to evaluate. [`check`](super::check) has verified the types, and
/// that nullable facts are tested first. Only arithmetic can still fail, which is a defect.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Constant(Constant),
    Path(Path),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    Ternary(Box<[Node; 3]>),
    Size(Box<Node>),
    Quantified(Quantifier, Box<Quantified>),
}

/// The slot of a variable, and the indices of the fields to follow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub slot: usize,
    pub fields: Box<[usize]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Quantified {
    pub list: Node,
    /// The slot of the macro's variable.
    pub slot: usize,
    pub body: Node,
}

/// How each element of a list is shown.
#[derive(Clone, Debug)]
pub(crate) struct Mapped {
    /// The slot of the macro's variable.
    pub slot: usize,
    /// The condition for showing the element; none if it is always shown.
    pub condition: Option<Node>,
    /// The pieces to show; never empty.
    pub body: Vec<Node>,
}

type Outcome<T> = Result<T, Sources>;

impl Node {
    /// Returns the value, or the missing sources.
    pub(crate) fn eval<'a>(&'a self, env: &mut Env<'a>) -> Outcome<Value<'a>> {
        match self {
            Node::Constant(constant) => Ok(constant.value()),
            Node::Path(Path { slot, fields }) => follow(env.slots[*slot], fields),
            Node::Unary(Unary::Not, node) => node.truth(env).map(|truth| Value::Bool(!truth)),
            Node::Unary(Unary::Negate, node) => {
                node.eval(env).and_then(number).map(|n| Value::Number(-n))
            }
            Node::Binary(operator, sides) => binary(*operator, sides, env),
            Node::Ternary(parts) => {
                let [condition, yes, no] = &**parts;
                if condition.truth(env)? {
                    yes.eval(env)
                } else {
                    no.eval(env)
                }
            }
            Node::Size(node) => size(node.eval(env)?),
            Node::Quantified(quantifier, parts) => {
                quantified(*quantifier, parts, env).map(Value::Bool)
            }
        }
    }

    /// Returns the node that gives the value: for a ternary, that of the chosen branch.
    pub(crate) fn leaf<'a>(&'a self, env: &mut Env<'a>) -> &'a Node {
        let Node::Ternary(parts) = self else {
            return self;
        };
        let [condition, yes, no] = &**parts;
        match condition.truth(env) {
            Ok(true) => yes.leaf(env),
            Ok(false) => no.leaf(env),
            Err(_) => self,
        }
    }

    /// Returns the truth of a condition, or the missing sources.
    pub(crate) fn truth<'a>(&'a self, env: &mut Env<'a>) -> Outcome<bool> {
        match self.eval(env)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(Sources::NONE),
        }
    }

    /// Returns the facts that are not null if the condition has this truth. If one of them is null,
    /// the condition has the opposite truth, whatever else is missing.
    pub(crate) fn proves(&self, truth: bool) -> Vec<Path> {
        match self {
            Node::Unary(Unary::Not, operand) => operand.proves(!truth),
            Node::Binary(operator @ (Binary::And | Binary::Or), sides) => {
                let [left, right] = sides.each_ref().map(|side| side.proves(truth));
                let both_hold = (*operator == Binary::And) == truth;
                if both_hold {
                    return [left, right].concat();
                }
                left.into_iter()
                    .filter(|path| right.contains(path))
                    .collect()
            }
            node => {
                let Some(Comparison { path, constant, is_equal }) = node.comparison() else {
                    return Vec::new();
                };
                let is_constant = is_equal == truth;
                let is_null = *constant == Constant::Null;
                if is_constant == is_null {
                    Vec::new()
                } else {
                    vec![path.clone()]
                }
            }
        }
    }
}

/// What a condition says of a fact: that it equals a constant, or that it does not.
pub(crate) struct Comparison<'n> {
    path: &'n Path,
    constant: &'n Constant,
    is_equal: bool,
}

impl Node {
    /// Returns the comparison that it is, if it compares a fact with a constant.
    fn comparison(&self) -> Option<Comparison<'_>> {
        let Node::Binary(operator @ (Binary::Equal | Binary::NotEqual), sides) = self else {
            return None;
        };
        let ([Node::Path(path), Node::Constant(constant)]
        | [Node::Constant(constant), Node::Path(path)]) = &**sides
        else {
            return None;
        };
        Some(Comparison { path, constant, is_equal: *operator == Binary::Equal })
    }

    /// Returns the comparisons that hold wherever the condition does.
    pub(crate) fn comparisons(&self) -> Vec<Comparison<'_>> {
        match self {
            Node::Binary(Binary::And, sides) => sides.iter().flat_map(Node::comparisons).collect(),
            node => node.comparison().into_iter().collect(),
        }
    }

    /// Returns the truth of a condition where the comparisons hold, if it follows from them.
    pub(crate) fn truth_given(&self, known: &[Comparison<'_>]) -> Option<bool> {
        match self {
            Node::Unary(Unary::Not, operand) => operand.truth_given(known).map(|truth| !truth),
            Node::Binary(operator @ (Binary::And | Binary::Or), sides) => {
                let decides = *operator == Binary::Or;
                let sides = sides.each_ref().map(|side| side.truth_given(known));
                if sides.contains(&Some(decides)) {
                    return Some(decides);
                }
                (!sides.contains(&None)).then_some(!decides)
            }
            node => {
                let asked = node.comparison()?;
                known.iter().find_map(|known| asked.truth_if(known))
            }
        }
    }
}

impl Comparison<'_> {
    /// Returns whether it holds if another does, where that decides.
    fn truth_if(&self, known: &Comparison<'_>) -> Option<bool> {
        if self.path != known.path {
            return None;
        }
        let is_same = self.constant == known.constant;
        (is_same || known.is_equal).then_some((is_same == known.is_equal) == self.is_equal)
    }
}

fn follow<'a>(start: Value<'a>, fields: &[usize]) -> Outcome<Value<'a>> {
    fields.iter().try_fold(start, |value, &index| match value {
        Value::Record(record) => record.field(index),
        _ => Err(Sources::NONE),
    })
}

fn binary<'a>(operator: Binary, sides: &'a [Node; 2], env: &mut Env<'a>) -> Outcome<Value<'a>> {
    match operator {
        Binary::And => return logic(false, sides, env).map(Value::Bool),
        Binary::Or => return logic(true, sides, env).map(Value::Bool),
        _ => {}
    }
    let (left, right) = both(sides[0].eval(env), sides[1].eval(env))?;
    Ok(match operator {
        Binary::Add => Value::Number(number(left)? + number(right)?),
        Binary::Subtract => Value::Number(number(left)? - number(right)?),
        Binary::Multiply => Value::Number(number(left)? * number(right)?),
        _ => Value::Bool(holds(operator, left, right)?),
    })
}

/// Evaluates "and" (decided by false) or "or" (decided by true) in Kleene's logic: either side can
/// decide, even if the other is unknown.
fn logic<'a>(decides: bool, [left, right]: &'a [Node; 2], env: &mut Env<'a>) -> Outcome<bool> {
    let left = left.truth(env);
    if left == Ok(decides) {
        return left;
    }
    let right = right.truth(env);
    if right == Ok(decides) {
        return right;
    }
    both(left, right).map(|_| !decides)
}

/// Returns both values, or the missing sources of either.
fn both<T>(left: Outcome<T>, right: Outcome<T>) -> Outcome<(T, T)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(left), Err(right)) => Err(left | right),
        (Err(sources), _) | (_, Err(sources)) => Err(sources),
    }
}

fn holds(operator: Binary, left: Value<'_>, right: Value<'_>) -> Outcome<bool> {
    match operator {
        Binary::Equal => equal(left, right),
        Binary::NotEqual => equal(left, right).map(|equal| !equal),
        Binary::In => contains(right, left),
        Binary::StartsWith => Ok(text(left)?.starts_with(text(right)?)),
        Binary::EndsWith => Ok(text(left)?.ends_with(text(right)?)),
        Binary::Contains => Ok(text(left)?.contains(text(right)?)),
        _ => {
            let order = match (left, right) {
                (Value::Number(left), Value::Number(right)) => left.partial_cmp(&right),
                (Value::Time(left), Value::Time(right)) => Some(left.cmp(&right)),
                _ => None,
            };
            let order = order.ok_or(Sources::NONE)?;
            Ok(match operator {
                Binary::Less => order.is_lt(),
                Binary::LessOrEqual => order.is_le(),
                Binary::Greater => order.is_gt(),
                _ => order.is_ge(),
            })
        }
    }
}

#[allow(clippy::float_cmp, reason = "rules compare exactly, without tolerance")]
fn equal(left: Value<'_>, right: Value<'_>) -> Outcome<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Number(left), Value::Number(right)) => Ok(left == right),
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::Time(left), Value::Time(right)) => Ok(left == right),
        _ => Err(Sources::NONE),
    }
}

fn contains(list: Value<'_>, wanted: Value<'_>) -> Outcome<bool> {
    any(list_of(list)?, |element| equal(element, wanted))
}

/// Whether the test holds for any element; a single `true` decides, even if others are unknown.
fn any<'a>(list: &'a dyn List, mut test: impl FnMut(Value<'a>) -> Outcome<bool>) -> Outcome<bool> {
    let mut outcome = Ok(false);
    for index in 0..list.size() {
        match (list.element(index).and_then(&mut test), outcome) {
            (Ok(true), _) => return Ok(true),
            (Ok(false), _) => {}
            (Err(new), Err(old)) => outcome = Err(new | old),
            (Err(new), Ok(_)) => outcome = Err(new),
        }
    }
    outcome
}

fn quantified<'a>(
    quantifier: Quantifier,
    parts: &'a Quantified,
    env: &mut Env<'a>,
) -> Outcome<bool> {
    let list = list_of(parts.list.eval(env)?)?;
    let mut body = |element| {
        env.set(parts.slot, element);
        parts.body.truth(env)
    };
    match quantifier {
        Quantifier::Exists => any(list, body),
        // "All" is "not any that does not".
        Quantifier::All => any(list, |element| body(element).map(|truth| !truth)).map(|any| !any),
        Quantifier::ExistsOne => one(list, body),
    }
}

/// Whether the test holds for exactly one element; two decide that it does not.
fn one<'a>(list: &'a dyn List, mut test: impl FnMut(Value<'a>) -> Outcome<bool>) -> Outcome<bool> {
    let mut found = false;
    let second = any(list, |element| Ok(test(element)? && std::mem::replace(&mut found, true)))?;
    Ok(found && !second)
}

fn size(value: Value<'_>) -> Outcome<Value<'_>> {
    let size = match value {
        Value::List(list) => list.size(),
        Value::Text(text) => text.chars().count(),
        _ => return Err(Sources::NONE),
    };
    u32::try_from(size)
        .map(|size| Value::Number(f64::from(size)))
        .map_err(|_| Sources::NONE)
}

fn number(value: Value<'_>) -> Outcome<f64> {
    match value {
        Value::Number(number) => Ok(number),
        _ => Err(Sources::NONE),
    }
}

fn text(value: Value<'_>) -> Outcome<&str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Sources::NONE),
    }
}

fn list_of(value: Value<'_>) -> Outcome<&dyn List> {
    match value {
        Value::List(list) => Ok(list),
        _ => Err(Sources::NONE),
    }
}
