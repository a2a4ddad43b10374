//! The operators and functions of rule expressions, and those of CEL that they do without.

use std::ops::Range;

use cel::common::ast::operators;

use crate::problem::Problem;

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

const FUNCTIONS: [&str; 9] =
    ["size", "startsWith", "endsWith", "contains", "exists", "all", "exists_one", "map", "filter"];

/// The operator of one side that the function stands for.
pub(super) fn unary(name: &str) -> Option<Unary> {
    match name {
        operators::LOGICAL_NOT => Some(Unary::Not),
        operators::NEGATE => Some(Unary::Negate),
        _ => None,
    }
}

/// The operator of two sides that the function or method stands for.
pub(super) fn binary(name: &str, is_method: bool) -> Option<Binary> {
    Some(match (name, is_method) {
        (operators::LOGICAL_AND, false) => Binary::And,
        (operators::LOGICAL_OR, false) => Binary::Or,
        (operators::EQUALS, false) => Binary::Equal,
        (operators::NOT_EQUALS, false) => Binary::NotEqual,
        (operators::LESS, false) => Binary::Less,
        (operators::LESS_EQUALS, false) => Binary::LessOrEqual,
        (operators::GREATER, false) => Binary::Greater,
        (operators::GREATER_EQUALS, false) => Binary::GreaterOrEqual,
        (operators::IN, false) => Binary::In,
        (operators::ADD, false) => Binary::Add,
        (operators::SUBSTRACT, false) => Binary::Subtract,
        (operators::MULTIPLY, false) => Binary::Multiply,
        ("startsWith", true) => Binary::StartsWith,
        ("endsWith", true) => Binary::EndsWith,
        ("contains", true) => Binary::Contains,
        _ => return None,
    })
}

/// The part of CEL that rules do without, and what they do instead.
pub(super) fn unsupported(name: &str, at: Range<usize>) -> Problem {
    let refuse = |what: &str, help: &str| Problem::new(at.clone(), what).help(help);
    match name {
        operators::DIVIDE | operators::MODULO => {
            refuse("rule expressions do not divide", "multiply the other side, or derive a fact")
        }
        operators::INDEX => {
            refuse("lists have no index, as their order means nothing", "use exists() or all()")
        }
        "macro" => refuse("this macro is not supported", "use exists(), all() or exists_one()"),
        "matches" => {
            refuse("matches() is not supported", "use ==, startsWith(), endsWith() or contains()")
        }
        "timestamp" | "duration" | "getFullYear" | "getMonth" | "getDate" => {
            refuse("rule expressions do not compute with time", "derive a fact such as age_days")
        }
        _ if FUNCTIONS.contains(&name) => {
            refuse(&format!("{name}() has other arguments"), usage(name))
        }
        _ => Problem::new(at, format!("there is no function {name}()")).valid(name, FUNCTIONS),
    }
}

fn usage(function: &str) -> &'static str {
    match function {
        "size" => "write size(list) or list.size()",
        "exists" | "all" | "exists_one" => "write list.exists(x, condition on x)",
        "map" => "write list.map(x, field of x), or list.map(x, condition on x, field of x)",
        "filter" => "write list.filter(x, condition on x)",
        _ => "write text.startsWith('start')",
    }
}
