//! Reads framework files.

use std::collections::BTreeMap;

use portcullis_model::ControlKind;

use super::{Control, Framework};
use crate::constant::Constant;
use crate::expr::{Env, Expression, MAX_VARIABLES, Names};
use crate::load::{references, wrong_id};
use crate::problem::{LoadError, Problem};
use crate::read::{Fields, Text};
use crate::rule::meant_rule;
use crate::{Rule, RuleFile, load, show};

/// Reads one file, whose controls refer to `rules`.
pub(crate) fn load(file: &RuleFile, rules: &[Rule]) -> Result<Framework, Vec<LoadError>> {
    load::parse(file, |fields| read(file, fields, rules))
}

fn read(
    file: &RuleFile,
    mut fields: Fields<'_>,
    rules: &[Rule],
) -> Result<Framework, Vec<Problem>> {
    let id = fields.required("id");
    if let Some(id) = &id {
        fields.problems.extend(wrong_id(id, &file.path));
    }
    let (title, version) = (fields.required("title"), fields.required("version"));
    let note = fields.text("note").map(|text| text.value.trim().to_owned());
    let references = references(&mut fields);
    let controls = controls(&mut fields, rules);
    let problems = fields.finish();
    match (id, title, version) {
        (Some(id), Some(title), Some(version)) if problems.is_empty() => Ok(Framework {
            id: id.value,
            title: title.value,
            version: version.value,
            note,
            references,
            controls,
        }),
        _ => Err(problems),
    }
}

fn controls(fields: &mut Fields<'_>, rules: &[Rule]) -> Vec<Control> {
    let mut controls: Vec<Control> = Vec::new();
    for mut entry in fields.tables("control") {
        let id = entry.required("id");
        if let Some(id) = id
            .as_ref()
            .filter(|id| controls.iter().any(|c| c.id == id.value))
        {
            entry
                .problems
                .push(id.problem(format!("there is already a control {}", id.value)));
        }
        let control = id.and_then(|id| control(&mut entry, id, rules));
        controls.extend(control);
        fields.problems.extend(entry.finish());
    }
    controls
}

fn control(entry: &mut Fields<'_>, id: Text, rules: &[Rule]) -> Option<Control> {
    let title = entry.required("title");
    let kinds = [ControlKind::Automated, ControlKind::Manual];
    let kind = match entry.text("kind") {
        Some(text) => entry.choose("kind", &text, &kinds, ControlKind::word),
        None => Some(ControlKind::Automated),
    };
    let Some(kind) = kind else {
        entry.leave(&["reason", "rules", "require"]);
        return None;
    };
    let mut control = Control {
        id: id.value,
        title: title?.value,
        kind,
        reason: None,
        rules: Vec::new(),
        requirements: BTreeMap::new(),
        unmet: Vec::new(),
    };
    match kind {
        ControlKind::Manual => control.reason = entry.required("reason").map(|text| text.value),
        ControlKind::Automated => {
            control.rules = tested_by(entry, rules);
            read_requirements(entry, rules, &mut control);
        }
    }
    Some(control)
}

/// Reads the ids of the rules that test a control.
fn tested_by(entry: &mut Fields<'_>, rules: &[Rule]) -> Vec<String> {
    let ids = entry.one_or_several("rules");
    for id in ids.iter().filter(|id| find(rules, id).is_none()) {
        let problem = id.problem(format!("there is no rule `{}`", id.value));
        entry
            .problems
            .push(problem.help(meant_rule(&id.value, rules)));
    }
    ids.into_iter().map(|id| id.value).collect()
}

fn find<'r>(rules: &'r [Rule], id: &Text) -> Option<&'r Rule> {
    rules.iter().find(|rule| rule.id == id.value)
}

/// Reads what a control requires of its rules' settings, and which requirements they do not meet, in words.
fn read_requirements(entry: &mut Fields<'_>, rules: &[Rule], control: &mut Control) {
    let tested_by = &control.rules;
    for (id, condition) in entry.table_of_texts("require") {
        if !tested_by.contains(&id.value) {
            // It may be what a rule that does not exist was meant to be, which has been reported.
            if !tested_by
                .iter()
                .all(|id| rules.iter().any(|rule| rule.id == *id))
            {
                continue;
            }
            let problem = id.problem(format!("`{}` is not a rule of this control", id.value));
            entry
                .problems
                .push(problem.valid(&id.value, tested_by.iter().map(String::as_str)));
            continue;
        }
        // `tested_by` has reported rules that do not exist.
        let Some(rule) = find(rules, &id) else {
            continue;
        };
        match shortfall(rule, &condition.value) {
            Ok(shortfall) => {
                control.unmet.extend(shortfall);
                control.requirements.insert(id.value, condition.value);
            }
            Err(problems) => entry.problems.extend(condition.place(problems)),
        }
    }
}

/// Returns how a rule's parameters fail a condition; none if they meet it.
fn shortfall(rule: &Rule, condition: &str) -> Result<Option<String>, Vec<Problem>> {
    let params: BTreeMap<String, Constant> = rule.values();
    let names = Names { variables: &[], params: &params, present: &[] };
    let expression = Expression::condition(condition, names)?;
    if expression.reads.is_empty() {
        let problem = Problem::new(0..condition.len(), "this puts no requirement on a parameter");
        return Err(vec![problem.help("write params.NAME <= 90")]);
    }
    let env = || Env::new([portcullis_model::Value::Null; MAX_VARIABLES]);
    if expression.node.truth(&mut env()) == Ok(true) {
        return Ok(None);
    }
    let mut values = Vec::new();
    for (path, read) in &expression.reads {
        values.push(format!("{path} = {}", show::text(read.node.eval(&mut env()))));
    }
    Ok(Some(format!("{} has {}, but {condition} is required", rule.id, values.join(", "))))
}
