//! Rules are data: TOML files with expressions over facts, which make a report of a snapshot.
//!
//! [`RuleSet::load`] checks rule files against the fact schema and reports every mistake at its
//! place; [`evaluate`] then is pure, total and deterministic. A verdict is three-valued inside: what
//! was not collected makes it `unknown`, naming the sources, unless the rest decides.
//! No code here knows any rule.

#![warn(clippy::disallowed_methods)]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tests may be long tables"))]

mod check;
mod constant;
mod evaluate;
mod example;
mod explain;
mod expr;
mod framework;
mod judge;
mod load;
mod param;
mod problem;
mod program;
mod read;
mod recorded;
mod rule;
mod rule_set;
mod sample;
mod scope;
mod settings;
mod show;
mod skeleton;
#[cfg(test)]
mod tests;
mod unclosed;

pub use check::ExampleFailure;
pub use evaluate::{evaluate, evaluate_crossings, without_accounts};
pub use example::Example;
pub use explain::{ConditionalSeverity, Explanation, FactDoc, WindowsDoc, explain, facts_in_reach};
pub use expr::Variable;
pub use framework::{Control, Framework};
pub use param::Param;
pub use problem::{LoadError, LoadErrors, Problem, place, similar};
pub use read::{Fields, Placed, Text, parse};
pub use rule::Rule;
pub use rule_set::{Evidence, RuleSet, Selection, SelectionError};
pub use scope::{SCOPES, Scope};
pub use settings::{RuleSettings, Settings};
pub use show::type_name;
pub use skeleton::{is_rule_id, skeleton};

/// A rule file, or a configuration.
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    /// The path as diagnostics show it; of a rule, its last part is the id and `.toml`.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Path and content of the rule files and the framework files that are built in.
const RULES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
const FRAMEWORKS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/frameworks.rs"));

/// The rule files that are built in: all of `rules/<family>/`.
#[must_use]
pub fn embedded() -> Vec<RuleFile> {
    files(RULES)
}

/// The framework files that are built in: all of `rules/frameworks/`.
#[must_use]
pub fn embedded_frameworks() -> Vec<RuleFile> {
    files(FRAMEWORKS)
}

fn files(embedded: &[(&str, &str)]) -> Vec<RuleFile> {
    let mut files = Vec::new();
    for &(path, text) in embedded {
        files.push(RuleFile { path: path.into(), text: text.into() });
    }
    files
}
