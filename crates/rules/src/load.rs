//! Reads rule files.

use std::collections::BTreeMap;
use std::path::Path;

use portcullis_model::{Severity, is_region};

use crate::constant::Constant;
use crate::example::{self, Example};
use crate::param::{self, Param, ParamSetting};
use crate::problem::{LoadError, Problem, place};
use crate::program::{Program, ScopedProgram, Texts};
use crate::read::{self, Fields, Text};
use crate::rule::meant_rule;
use crate::scope::{self, GroupingTexts, IDENTITY_CENTER, PRINCIPALS, ROOT, SCOPES, Scope};
use crate::settings::{RULE_SETS, RuleSettings, Settings};
use crate::shared::{Remediation, SharedTexts};
use crate::{Rule, RuleFile, is_rule_id};

/// The largest rule file, so that a hostile one cannot keep the tool busy.
const MAX_BYTES: usize = 64 * 1024;

/// Reads one file and applies the settings for its rule.
pub(crate) fn load(
    file: &RuleFile,
    shared: &SharedTexts,
    settings: &Settings,
) -> Result<Rule, Vec<LoadError>> {
    let mut rule = parse(file, |fields| read(file, shared, fields))?;
    if let Some(own) = settings.rules.iter().find(|own| own.id.value == rule.id) {
        apply(&mut rule, own).map_err(|problems| place(&settings.file, problems))?;
    }
    Ok(rule)
}

/// Parses a rule or framework file, unless it is too long, and passes its fields to `reader`.
pub(crate) fn parse<T>(
    file: &RuleFile,
    reader: impl FnOnce(Fields<'_>) -> Result<T, Vec<Problem>>,
) -> Result<T, Vec<LoadError>> {
    if file.text.len() > MAX_BYTES {
        let problem = Problem::new(0..0, format!("a rule file has at most {MAX_BYTES} bytes"));
        return Err(place(file, vec![problem]));
    }
    read::parse(file, reader).map_err(|problems| place(file, problems))
}

fn read(file: &RuleFile, shared: &SharedTexts, fields: Fields<'_>) -> Result<Rule, Vec<Problem>> {
    let is_rule = ["id", "title", "severity"]
        .iter()
        .any(|name| fields.has(name));
    if !is_rule && fields.is_whole {
        let problem = Problem::new(fields.start(), "this is not a rule: it has no id");
        let help = "a rules directory may contain only rules, and frameworks under frameworks/";
        return Err(vec![problem.help(help).without_values()]);
    }
    read_rule(file, shared, fields)
}

fn read_rule(
    file: &RuleFile,
    shared: &SharedTexts,
    mut fields: Fields<'_>,
) -> Result<Rule, Vec<Problem>> {
    let id = fields.required("id");
    let misnamed = id
        .as_ref()
        .and_then(|id| not_words(id).or_else(|| wrong_id(id, &file.path)));
    fields.problems.extend(misnamed);
    let title = fields.required("title");
    let severity = severity(&mut fields);
    let rule_set = rule_set(&mut fields);
    let scopes = scopes(&mut fields);
    let (risk, false_positives) = (fields.required("risk"), fields.text("false_positives"));
    let references = references(&mut fields);
    let params = param::read(&mut fields);
    let defaults = values(&params);
    let texts = texts(&mut fields, shared, scopes.as_deref());
    let regions = regions(&mut fields, scopes.as_deref());
    let read_only = is_on_activity(scopes.as_deref()) && fields.flag("read_only");
    // Without a condition or parameter that cannot be read, others would look wrong.
    let texts = texts.filter(|_| fields.is_whole);
    let mut parts = None;
    if let (Some(scopes), Some(texts)) = (&scopes, &texts) {
        match ScopedProgram::compile(texts, scopes, &defaults) {
            Ok(compiled) => parts = Some(compiled),
            Err(problems) => fields.problems.extend(problems),
        }
    }
    if let Some(ScopedProgram { program, .. }) = parts.iter().flatten().next() {
        fields.problems.extend(unused(program, &params));
    }
    let examples = examples(&mut fields, scopes.as_deref(), &defaults);
    let problems = fields.finish();
    let params = with_values(defaults);
    let rule = || {
        let (texts, parts) = (texts?, parts?);
        let remediation = &parts.first()?.program.remediation;
        Some(Rule {
            id: id?.value,
            title: title?.value,
            severity: severity?,
            lowered_from: None,
            rule_set: rule_set?,
            family: family(&file.path),
            path: file.path.clone(),
            risk: risk?.value.trim().to_owned(),
            remediation: remediation.blanks().trim().to_owned(),
            false_positives: false_positives.map(|text| text.value.trim().to_owned()),
            references,
            regions,
            read_only,
            params,
            frameworks: BTreeMap::new(),
            examples,
            parts,
            texts,
            source: file.text.clone(),
            declared: String::new(),
        })
    };
    match rule() {
        Some(rule) if problems.is_empty() => Ok(rule),
        _ => Err(problems),
    }
}

fn severity(fields: &mut Fields<'_>) -> Option<Severity> {
    let text = fields.required("severity")?;
    fields.choose("severity", &text, &Severity::ALL, Severity::word)
}

fn rule_set(fields: &mut Fields<'_>) -> Option<&'static str> {
    match fields.text("rule_set") {
        Some(text) => fields.choose("rule_set", &text, &RULE_SETS, |name| name),
        None => RULE_SETS.first().copied(),
    }
}

/// The parameters, each with its default as its value.
fn with_values(defaults: BTreeMap<String, Constant>) -> BTreeMap<String, Param> {
    let mut params = BTreeMap::new();
    for (name, value) in defaults {
        params.insert(name, Param::new(value));
    }
    params
}

fn not_words(id: &Text) -> Option<Problem> {
    (!is_rule_id(&id.value)).then(|| {
        id.problem("an id consists of words of lowercase letters and digits, joined by `-`")
    })
}

/// Returns a problem if the id differs from the file's name.
pub(crate) fn wrong_id(id: &Text, path: &str) -> Option<Problem> {
    let stem = Path::new(path)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    (stem != id.value).then(|| {
        id.problem(format!("the id differs from the file's name, `{stem}`"))
            .help(format!("rename the file to {}.toml, or change the id", id.value))
    })
}

/// Reads the scopes, which must be valid together.
fn scopes(fields: &mut Fields<'_>) -> Option<Vec<&'static Scope>> {
    let names = fields.one_or_several("scope");
    let all = SCOPES.each_ref().map(|scope| scope.name);
    let valid: &[_] = if names.len() == 1 { &all } else { &PRINCIPALS };
    let mut scopes = Vec::new();
    for name in &names {
        scopes.extend(
            fields
                .choose("scope", name, valid, |name| name)
                .and_then(scope::find),
        );
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index]
            .iter()
            .any(|earlier| earlier.value == name.value)
        {
            fields
                .problems
                .push(name.problem("the scope is named twice"));
        }
    }
    (!scopes.is_empty() && scopes.len() == names.len()).then_some(scopes)
}

fn family(path: &str) -> String {
    let dir = Path::new(path)
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default();
    dir.to_string_lossy().into_owned()
}

pub(crate) fn references(fields: &mut Fields<'_>) -> Vec<String> {
    let references = fields.texts("references");
    for text in &references {
        let is_page =
            text.value.starts_with("https://") && !text.value.contains(char::is_whitespace);
        if !is_page {
            fields
                .problems
                .push(text.problem("a reference is an address that begins with https://"));
        }
    }
    references.into_iter().map(|text| text.value).collect()
}

/// Returns a problem for each parameter that the program does not read.
fn unused(program: &Program, params: &[ParamSetting]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for ParamSetting { name, name_at, .. } in params {
        if !program.uses(name) {
            let message = format!("nothing reads the parameter `{name}`");
            problems.push(Problem::new(name_at.clone(), message));
        }
    }
    problems
}

fn values(params: &[ParamSetting]) -> BTreeMap<String, Constant> {
    params
        .iter()
        .map(|setting| (setting.name.clone(), setting.value.clone()))
        .collect()
}

fn is_on_activity(scopes: Option<&[&'static Scope]>) -> bool {
    scopes
        .into_iter()
        .flatten()
        .any(|scope| scope.is_activity())
}

/// Reads the regions that a rule on activity needs in order to pass.
fn regions(fields: &mut Fields<'_>, scopes: Option<&[&'static Scope]>) -> Vec<String> {
    if !is_on_activity(scopes) {
        return Vec::new();
    }
    let regions = fields.one_or_several("regions");
    for region in &regions {
        if ![IDENTITY_CENTER, ROOT].contains(&region.value.as_str()) && !is_region(&region.value) {
            fields
                .problems
                .push(region.problem("this is not the name of a region"));
        }
    }
    regions.into_iter().map(|region| region.value).collect()
}

fn texts(
    fields: &mut Fields<'_>,
    shared: &SharedTexts,
    scopes: Option<&[&'static Scope]>,
) -> Option<Texts> {
    let (when, assert) = (fields.text("when"), fields.required("assert"));
    let (message, remediation) = (fields.required("message"), fields.required("remediation"));
    let remediation = remediation.and_then(|text| {
        let whole = Remediation::new(text, shared);
        whole
            .map_err(|problems| fields.problems.extend(problems))
            .ok()
    });
    let (pass, not_applicable) = (fields.text("pass"), fields.text("not_applicable"));
    let evidence = fields.texts("evidence");
    let severities = severities(fields);
    let has_windows = scopes
        .into_iter()
        .flatten()
        .any(|scope| scope.made_of.is_some());
    let grouping = if has_windows {
        Some(GroupingTexts::read(fields)?)
    } else {
        None
    };
    Some(Texts {
        severities,
        grouping,
        when,
        assert: assert?,
        message: message?,
        pass,
        not_applicable,
        remediation: remediation?,
        evidence,
    })
}

/// Reads the severities that apply under a condition.
fn severities(fields: &mut Fields<'_>) -> Vec<(Text, Severity)> {
    let mut severities = Vec::new();
    for mut entry in fields.tables("severities") {
        let (when, word) = (entry.required("when"), entry.required("severity"));
        let severity =
            word.and_then(|word| entry.choose("severity", &word, &Severity::ALL, Severity::word));
        severities.extend(when.zip(severity));
        fields.problems.extend(entry.finish());
    }
    severities
}

fn examples(
    fields: &mut Fields<'_>,
    scopes: Option<&[&'static Scope]>,
    params: &BTreeMap<String, Constant>,
) -> Vec<Example> {
    let tables = fields.tables("example");
    let Some(scopes) = scopes.filter(|_| fields.is_whole) else {
        return Vec::new();
    };
    let has_tables = !tables.is_empty();
    let mut examples = Vec::new();
    for table in tables {
        match example::read(table, scopes, params) {
            Ok(example) => examples.push(example),
            Err(problems) => fields.problems.extend(problems),
        }
    }
    for needed in ["pass", "fail"] {
        let exists = examples
            .iter()
            .any(|example| example.expect.word() == needed);
        // A broken example may be of the kind that seems to be missing.
        if !exists && (!has_tables || fields.problems.is_empty()) {
            let message = format!("there is no [[example]] with expect = \"{needed}\"");
            fields.problems.push(Problem::new(fields.start(), message));
        }
    }
    examples
}

/// Applies the settings to the rule.
fn apply(rule: &mut Rule, settings: &RuleSettings) -> Result<(), Vec<Problem>> {
    if let Some(severity) = settings.severity {
        let conditional = rule.texts.severities.iter().map(|(_, severity)| *severity);
        // The most severe one is the least in order.
        let highest = conditional.fold(rule.severity, Severity::min);
        rule.lowered_from = (severity > highest).then_some(highest);
        rule.set_severity(severity);
    }
    let mut problems = Vec::new();
    let defaults = rule.defaults();
    for setting in &settings.params {
        match setting.of(&defaults) {
            Ok(value) => {
                rule.params
                    .entry(setting.name.clone())
                    .and_modify(|param| param.value = value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Err(more) = rule.compile() {
        problems.extend(
            more.into_iter()
                .map(|problem| settings.id.problem(problem.message)),
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Returns an error for each setting of a rule that does not exist.
pub(crate) fn unknown_settings(settings: &Settings, rules: &[Rule]) -> Vec<LoadError> {
    let mut unknown = Vec::new();
    for RuleSettings { id, .. } in &settings.rules {
        if rules.iter().all(|rule| rule.id != id.value) {
            let problem = id.problem(format!("there is no rule `{}`", id.value));
            unknown.push(problem.help(meant_rule(&id.value, rules)));
        }
    }
    place(&settings.file, unknown)
}
