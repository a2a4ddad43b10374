//! Rules are data: TOML files with expressions over facts, which turn a snapshot into a report.
//!
//! [`RuleSet::load`] checks rule files against the fact schema and reports every mistake with its
//! position. [`evaluate`] is then pure, total and deterministic. Its logic is three-valued: a
//! missing fact makes the verdict `unknown`, with the missing sources, unless the other facts
//! decide. No code in this crate knows a particular rule.

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
mod shared;
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
pub use rule_set::{Evidence, RuleSet, Selection};
pub use scope::{SCOPES, Scope};
pub use settings::{RuleSettings, Settings};
pub use shared::{SharedText, shared_texts};
pub use show::type_name;
pub use skeleton::{is_rule_id, skeleton};

/// A rule file, a text that remediations include, or a configuration file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleFile {
    /// The path shown in diagnostics; the last part of a rule's path is its id and `.toml`.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Path and content of each built-in rule and framework file.
const RULES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
const FRAMEWORKS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/frameworks.rs"));
/// Path and content of each built-in text that remediations include.
const REMEDIATIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/remediations.rs"));

/// Returns the built-in rule files: all of `rules/<family>/`.
pub fn embedded() -> Vec<RuleFile> {
    files(RULES)
}

/// Returns the built-in framework files: all of `rules/frameworks/`.
pub fn embedded_frameworks() -> Vec<RuleFile> {
    files(FRAMEWORKS)
}

/// Returns the built-in texts that remediations include: all of `rules/remediation/`.
pub fn embedded_remediations() -> Vec<RuleFile> {
    files(REMEDIATIONS)
}

fn files(embedded: &[(&str, &str)]) -> Vec<RuleFile> {
    let mut files = Vec::new();
    for &(path, text) in embedded {
        files.push(RuleFile { path: path.into(), text: text.into() });
    }
    files
}
