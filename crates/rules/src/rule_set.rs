//! Loads and selects rules.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use portcullis_model::{LooseningChange, RuleInfo, each_on};
use serde_json::json;

use crate::problem::{LoadErrors, Problem, place};
use crate::rule::short_hash;
use crate::scope::CROSSING;
use crate::settings::{RULE_SETS, Settings};
use crate::shared::{SharedTexts, is_shared_text};
use crate::{Framework, Rule, RuleFile, framework, load, show};

/// Which rules to apply.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `default`, or `strict`, which includes the default rules.
    pub rule_set: String,
    /// The ids of the only rules to apply, from any rule set; if empty, all of the rule set.
    pub only: Vec<String>,
    /// The ids of frameworks whose rules to apply in addition to `only`, from any rule set.
    pub frameworks: Vec<String>,
    /// The ids of rules to leave out.
    pub skip: Vec<String>,
    /// The evidence at hand; rules on other evidence are left out.
    pub evidence: Evidence,
}

/// The kind of evidence to judge.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Evidence {
    /// The configuration of an account.
    #[default]
    Account,
    /// The events in CloudTrail.
    Activity,
    /// Both.
    Both,
}

impl Evidence {
    fn serves(self, rule: &Rule) -> bool {
        match self {
            Evidence::Account => !rule.is_on_activity(),
            Evidence::Activity => rule.is_on_activity(),
            Evidence::Both => true,
        }
    }
}

/// Loaded and checked rules, sorted by id.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    frameworks: Vec<Framework>,
}

impl RuleSet {
    /// Loads and checks rule files and applies the settings. Their remediations may include the
    /// built-in texts; a `.txt` among the files stands for the built-in text of its name. An error
    /// lists every problem of every file.
    pub fn load(files: &[RuleFile], settings: &Settings) -> Result<RuleSet, LoadErrors> {
        let (shared, files): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_shared_text(file));
        let shared = SharedTexts::new(&shared);
        let (mut rules, mut errors) = (BTreeMap::new(), Vec::new());
        let loaded = each_on(2, &files, |file, (): &mut ()| load::load(file, &shared, settings));
        for (file, loaded) in files.into_iter().zip(loaded) {
            match loaded {
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
            errors = load::unknown_settings(settings, &rules);
        }
        let frameworks = Vec::new();
        if errors.is_empty() {
            Ok(RuleSet { rules, frameworks })
        } else {
            Err(LoadErrors(errors))
        }
    }

    /// Adds frameworks, checked against the rules. An error lists every problem of every file.
    pub fn with_frameworks(mut self, files: &[RuleFile]) -> Result<RuleSet, LoadErrors> {
        let (mut frameworks, mut errors) = (BTreeMap::new(), Vec::new());
        for file in files {
            match framework::load(file, &self.rules) {
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
            rule.frameworks = BTreeMap::new();
            for framework in &self.frameworks {
                let controls = framework.controls_of(&rule.id);
                if !controls.is_empty() {
                    rule.frameworks.insert(framework.id.clone(), controls);
                }
            }
        }
        Ok(self)
    }

    /// Keeps the selected rules; none if no rule is left, so that the audit would always pass.
    pub fn select(self, selection: &Selection) -> Option<RuleSet> {
        let Selection { rule_set, only, frameworks, skip, evidence } = selection;
        let level = |name: &str| RULE_SETS.iter().position(|known| *known == name);
        let wanted = level(rule_set);
        let mut rules = self.rules;
        rules.retain(|rule| {
            let is_chosen = if only.is_empty() && frameworks.is_empty() {
                level(rule.rule_set) <= wanted
            } else {
                only.contains(&rule.id)
                    || frameworks.iter().any(|id| rule.frameworks.contains_key(id))
            };
            is_chosen && !skip.contains(&rule.id) && evidence.serves(rule)
        });
        (!rules.is_empty()).then_some(RuleSet { rules, frameworks: self.frameworks })
    }

    /// Returns the rules, sorted by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the rules on ways from one account into others.
    pub fn on_crossings(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.is_on_crossings())
    }

    /// Keeps the rules on ways between accounts that judged the given reports, with the severities
    /// used there; none if such a rule does not exist here or tests something else.
    pub fn on_crossings_as_judged(mut self, judged: &[RuleInfo]) -> Option<RuleSet> {
        self.rules
            .retain(|rule| rule.is_on_crossings() && judged.iter().any(|info| info.id == rule.id));
        for info in judged.iter().filter(|info| info.scope == CROSSING) {
            let rule = self.rules.iter_mut().find(|rule| rule.id == info.id)?;
            if rule.info().hash != info.hash {
                return None;
            }
            if rule.severity != info.severity {
                rule.set_severity(info.severity);
                rule.compile().ok()?;
            }
        }
        Some(self)
    }

    /// Returns the rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Returns the frameworks, sorted by id.
    pub fn frameworks(&self) -> &[Framework] {
        &self.frameworks
    }

    /// Returns the framework with this id.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| framework.id == id)
    }

    /// Returns the severities that the settings lower and the parameters that they change.
    pub fn loosened(&self) -> Vec<LooseningChange> {
        let mut changes = Vec::new();
        for Rule { id, severity, lowered_from, params, .. } in &self.rules {
            if let Some(default) = *lowered_from {
                let (rule, value) = (id.clone(), *severity);
                changes.push(LooseningChange::Severity { rule, default, value });
            }
            for (name, param) in params {
                let (default, value) = (param.default.value(), param.value.value());
                let (default, value) = (show::json(default), show::json(value));
                if default != value {
                    let (rule, name) = (id.clone(), name.clone());
                    changes.push(LooseningChange::Parameter { rule, name, default, value });
                }
            }
        }
        changes
    }

    /// Returns a hash of the rules, their parameters and severities: 16 hexadecimal digits.
    pub(crate) fn hash(&self) -> String {
        let mut parts = Vec::new();
        for rule in &self.rules {
            let params = json!(rule.params_as_json()).to_string();
            let remediation = rule.texts.remediation.text().to_owned();
            let severity = rule.severity.word().to_owned();
            parts.extend([rule.source.clone(), remediation, severity, params]);
        }
        short_hash(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn duplicate(rule: &Rule, first: &Rule) -> Problem {
    let at = rule.source.find(&rule.id).unwrap_or_default();
    Problem::new(at..at + rule.id.len(), format!("{} already has a rule `{}`", first.path, rule.id))
        .help("give one of them another id")
}
