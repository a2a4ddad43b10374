//! Sets of rules: loading and choosing them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use portcullis_model::Severity;
use serde::Deserialize;
use serde_json::json;

use crate::problem::{LoadErrors, Problem, place, similar};
use crate::rule::short_hash;
use crate::{Framework, Rule, RuleFile, framework, load};

/// The rule sets, the smallest first; each holds those before it.
pub(crate) const RULE_SETS: [&str; 2] = ["default", "strict"];

/// What a configuration changes about rules.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The changes by rule id.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleSettings>,
    /// What the configuration declares of users and of the password policy, in any form that stays
    /// the same: rules that read it test something else where that differs.
    #[serde(skip)]
    pub declared: String,
}

/// What a configuration changes about one rule.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// Another severity.
    pub severity: Option<Severity>,
    /// Other values of parameters.
    #[serde(default)]
    pub params: BTreeMap<String, toml::Value>,
}

/// The rules to judge by.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `default`, or `strict`, which holds the default rules too.
    pub rule_set: String,
    /// The ids of the rules wanted, from any rule set; empty: all of the rule set.
    pub only: Vec<String>,
    /// The ids of the frameworks whose rules are wanted, from any rule set, beside `only`.
    pub frameworks: Vec<String>,
    /// The ids of rules to leave out.
    pub skip: Vec<String>,
}

/// A selection that cannot be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectionError {
    /// A rule is named that does not exist.
    #[error("there is no rule `{id}`{}", suggestion(.meant.as_deref()))]
    UnknownRule {
        /// The id as given.
        id: String,
        /// The id that was probably meant.
        meant: Option<String>,
    },
    /// A rule set is named that does not exist.
    #[error("there is no rule set `{name}`; {}", or_all(name, &RULE_SETS))]
    UnknownRuleSet {
        /// The name as given.
        name: String,
    },
    /// A framework is named that does not exist.
    #[error("there is no framework `{id}`; {help}")]
    UnknownFramework {
        /// The id as given.
        id: String,
        /// What was probably meant, or all there are.
        help: String,
    },
    /// No rule is left: an audit by no rules would pass whatever is wrong.
    #[error("no rule is left to judge by; choose fewer rules to skip")]
    Nothing,
}

fn suggestion(meant: Option<&str>) -> String {
    match meant {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => "; `portcullis rules list` shows all rules".to_owned(),
    }
}

/// The name that was probably meant, or else all there are.
fn or_all(name: &str, all: &[&str]) -> String {
    match similar(name, all.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("valid: {}", all.join(", ")),
    }
}

/// Rules, loaded and checked, sorted by id.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    frameworks: Vec<Framework>,
}

impl RuleSet {
    /// Loads and checks rule files, with the settings applied; fails with every problem of every file.
    pub fn load(files: &[RuleFile], settings: &Settings) -> Result<RuleSet, LoadErrors> {
        let (mut rules, mut errors) = (BTreeMap::new(), Vec::new());
        for file in files {
            match load::load(file, &settings.rules) {
                Ok(rule) => match rules.entry(rule.id.clone()) {
                    Entry::Vacant(entry) => {
                        entry.insert(rule).declared.clone_from(&settings.declared);
                    }
                    Entry::Occupied(entry) => {
                        errors.extend(place(file, vec![duplicate(&rule, entry.get())]));
                    }
                },
                Err(mut more) => errors.append(&mut more),
            }
        }
        let rules: Vec<_> = rules.into_values().collect();
        if errors.is_empty() {
            errors = load::unknown_settings(&settings.rules, &rules);
        }
        let frameworks = Vec::new();
        if errors.is_empty() { Ok(RuleSet { rules, frameworks }) } else { Err(LoadErrors(errors)) }
    }

    /// Adds frameworks, checked against the rules; fails with every problem of every file.
    pub fn with_frameworks(mut self, files: &[RuleFile]) -> Result<RuleSet, LoadErrors> {
        let (mut frameworks, mut errors) = (BTreeMap::new(), Vec::new());
        for file in files {
            match framework::load(file, &self) {
                Ok(framework) => {
                    let id = framework.id.clone();
                    if frameworks.insert(id.clone(), framework).is_some() {
                        let problem =
                            Problem::new(0..0, format!("there are two frameworks `{id}`"));
                        errors.extend(place(file, vec![problem]));
                    }
                }
                Err(mut more) => errors.append(&mut more),
            }
        }
        if !errors.is_empty() {
            return Err(LoadErrors(errors));
        }
        self.frameworks = frameworks.into_values().collect();
        for rule in &mut self.rules {
            let tested = self.frameworks.iter().map(|f| (f.id.clone(), f.controls_of(&rule.id)));
            rule.frameworks = tested.filter(|(_, controls)| !controls.is_empty()).collect();
        }
        Ok(self)
    }

    /// Keeps the selected rules.
    pub fn select(self, selection: &Selection) -> Result<RuleSet, SelectionError> {
        let Selection { rule_set, only, frameworks, skip } = selection;
        let level = |name: &str| RULE_SETS.iter().position(|known| *known == name);
        let wanted = level(rule_set)
            .ok_or_else(|| SelectionError::UnknownRuleSet { name: rule_set.clone() })?;
        for id in only.iter().chain(skip) {
            self.known(id)?;
        }
        for id in frameworks {
            self.known_framework(id)?;
        }
        let selected = |rule: &Rule| {
            let chosen = if only.is_empty() && frameworks.is_empty() {
                level(rule.rule_set) <= Some(wanted)
            } else {
                only.contains(&rule.id)
                    || frameworks.iter().any(|id| rule.frameworks.contains_key(id))
            };
            chosen && !skip.contains(&rule.id)
        };
        let rules: Vec<_> = self.rules.into_iter().filter(selected).collect();
        let frameworks = self.frameworks;
        if rules.is_empty() {
            Err(SelectionError::Nothing)
        } else {
            Ok(RuleSet { rules, frameworks })
        }
    }

    fn known_framework(&self, id: &str) -> Result<(), SelectionError> {
        if self.framework(id).is_some() {
            return Ok(());
        }
        let ids: Vec<_> = self.frameworks.iter().map(|framework| framework.id.as_str()).collect();
        Err(SelectionError::UnknownFramework { id: id.to_owned(), help: or_all(id, &ids) })
    }

    fn known(&self, id: &str) -> Result<(), SelectionError> {
        if self.rule(id).is_some() {
            return Ok(());
        }
        let meant = similar(id, self.rules.iter().map(|rule| rule.id.as_str()));
        Err(SelectionError::UnknownRule { id: id.to_owned(), meant: meant.map(str::to_owned) })
    }

    /// The rules, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of that id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The frameworks, sorted by id.
    #[must_use]
    pub fn frameworks(&self) -> &[Framework] {
        &self.frameworks
    }

    /// The framework of that id.
    #[must_use]
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| framework.id == id)
    }

    /// A hash of the rules, their parameters and severities: 16 hexadecimal digits.
    pub(crate) fn hash(&self) -> String {
        let mut parts = Vec::new();
        for rule in &self.rules {
            let params = json!(rule.params_as_json()).to_string();
            parts.extend([rule.source.clone(), rule.severity.word().to_owned(), params]);
        }
        short_hash(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn duplicate(rule: &Rule, first: &Rule) -> Problem {
    let at = rule.source.find(&rule.id).unwrap_or_default();
    Problem::new(at..at + rule.id.len(), format!("{} has a rule `{}` already", first.path, rule.id))
        .help("give one of them another id")
}
