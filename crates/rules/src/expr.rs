//! Rule expressions: a subset of CEL, checked against the fact schema when a rule is loaded.
//!
//! The text is split into [tokens](lex), [parsed](parse), [checked](check) and turned into a
//! [tree](node), which evaluates either to a value or to the missing sources.

mod check;
mod functions;
mod lex;
mod node;
mod parse;
mod path;
mod template;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

use portcullis_model::{Sources, Type};

pub(crate) use node::{Comparison, Env, Mapped, Node, Path};
pub(crate) use template::Template;

use crate::constant::Constant;
use crate::problem::Problem;
use crate::show::type_name;

/// The largest number of variables in a scope.
pub(crate) const MAX_VARIABLES: usize = 3;
/// How deeply `exists`, `all` and `exists_one` may be nested, since each level multiplies the work.
const MAX_MACROS: usize = 4;

/// A variable whose value is a record.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name in expressions.
    pub name: &'static str,
    /// The type of the record.
    pub ty: Type,
}

/// The names that an expression may use.
#[derive(Clone, Copy)]
pub(crate) struct Names<'n> {
    /// The variables of the scope, in the order of their values in [`Env`].
    pub variables: &'n [Variable],
    /// The values of the parameters, read as `params.NAME`.
    pub params: &'n BTreeMap<String, Constant>,
    /// The facts that earlier conditions have proved not to be null.
    pub present: &'n [Path],
}

/// A checked expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    /// The tree to evaluate.
    pub node: Node,
    /// The type of its value.
    pub ty: Type,
    /// The facts and parameters it reads by path, such as `key.age_days` or `params.max_age_days`.
    pub reads: BTreeMap<String, Read>,
    /// The sources of the facts it reads.
    pub sources: Sources,
}

/// An expression whose value is shown in a text.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub expression: Expression,
    /// How to show each element, if the value is a list that is mapped.
    pub mapped: Option<Mapped>,
    /// The words that say when a condition holds.
    pub words: Option<String>,
}

/// A fact or parameter that an expression reads.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// How to read it.
    pub node: Node,
    /// Its type.
    pub ty: Type,
    /// Its description; empty for parameters.
    pub doc: &'static str,
}

impl Expression {
    /// Parses and checks the text. Problems have byte positions in it.
    pub(crate) fn compile(text: &str, names: Names<'_>) -> Result<Expression, Vec<Problem>> {
        check::check(&parse::parse(text)?, names)
    }

    /// Compiles an expression whose value is shown: possibly `list.map(x, …)`, or `condition,
    /// 'words'` with the words that say when the condition holds.
    pub(crate) fn shown(text: &str, names: Names<'_>) -> Result<Shown, Vec<Problem>> {
        let (syntax, words) = parse::parse_worded(text)?;
        let (expression, mapped) = check::check_shown(&syntax, names)?;
        if words.is_some() && expression.ty != Type::Bool {
            let message = "only a condition can be followed by text that says when it holds";
            return Err(vec![Problem::new(0..text.len(), message)]);
        }
        Ok(Shown { expression, mapped, words })
    }

    /// Compiles an expression that must be a condition.
    pub(crate) fn condition(text: &str, names: Names<'_>) -> Result<Expression, Vec<Problem>> {
        let expression = Expression::compile(text, names)?;
        match expression.ty {
            Type::Bool => Ok(expression),
            ty => {
                let ty = type_name(ty);
                let message = format!("a condition must be true or false, and this is {ty}");
                Err(vec![Problem::new(0..text.len(), message)])
            }
        }
    }
}
