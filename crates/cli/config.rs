//! Reads `portcullis.toml`, and collects all problems with it.

#[cfg(test)]
mod tests;
mod waivers;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Arg;
use jiff::Timestamp;
use portcullis_evidence::{Classes, Declarations, Patterns, glob, read_text, read_text_in};
use portcullis_model::{LooseningChange, Waiver};
use portcullis_rules::{
    Fields, LoadError, LoadErrors, Placed, Problem, RuleFile, RuleSet, RuleSettings, Settings,
    parse, place,
};
use toml::de::DeValue;

use self::waivers::Entry;
use crate::args::moment;
use crate::failure::Failure;
use crate::layers::{self, Choice, Kind};
use crate::rule_files::{self, meant_framework, meant_rules};

/// The file that is read if it exists and no other is named.
const DEFAULT_FILE: &str = "portcullis.toml";
/// Stands for no file. A file of that name is `./none`.
const NO_FILE: &str = "none";
/// Far above any configuration.
const MAX_BYTES: u64 = 1 << 24;
/// The options that list rules.
const LISTS_OF_RULES: [&str; 3] = ["allow_unknown", "only", "skip"];

/// The configuration file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    file: RuleFile,
    /// Options of the command line, by key.
    options: BTreeMap<String, Vec<Setting>>,
    /// When the account's password policy was last changed, which AWS does not report.
    password_policy_changed: Option<Timestamp>,
    /// The users that are services or break-glass users.
    classes: Classes,
    rules: Vec<RuleSettings>,
    waivers: Vec<Entry>,
    problems: Vec<Problem>,
    /// Where options were chosen, by id: `--skip`, `PORTCULLIS_SKIP` or the path of the file.
    pub(crate) origins: BTreeMap<String, String>,
    /// The configuration and the directories of rules on the command line.
    pub(crate) named: Vec<PathBuf>,
}

/// A value of an option, with its place.
#[derive(Debug)]
struct Setting {
    value: String,
    at: Range<usize>,
}

impl Config {
    /// Reads the named file, or the default one if it exists. It may choose these options.
    pub(crate) fn read(named: Option<&Path>, options: &[Arg]) -> Result<Config, Failure> {
        if named == Some(Path::new(NO_FILE)) {
            return Ok(Config::default());
        }
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match named {
            Some(path) => read_text(path, MAX_BYTES),
            None => read_text_in(Path::new("."), path, MAX_BYTES),
        };
        match text {
            Ok(text) => {
                let file = RuleFile { path: path.display().to_string(), text };
                Ok(Config::parse(file, options))
            }
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
        }
    }

    /// Parses the file as far as possible.
    fn parse(file: RuleFile, options: &[Arg]) -> Config {
        let config = parse(&file, |mut fields| {
            let mut config = Config {
                options: read_options(&mut fields, options),
                password_policy_changed: read_moment(&mut fields, "password_policy_changed"),
                classes: read_classes(&mut fields),
                rules: RuleSettings::read(&mut fields),
                waivers: waivers::read(&mut fields),
                ..Config::default()
            };
            config.problems = fields.finish().into_iter().map(on_one_run).collect();
            config
        });
        Config { file, ..config }
    }

    /// The choices of the file for these options.
    pub(crate) fn choices<'a>(&self, options: &[&'a Arg]) -> Vec<Choice<'a>> {
        let mut choices = Vec::new();
        for &arg in options {
            let settings = self.options.get(&layers::key(arg)).into_iter().flatten();
            let values: Vec<_> = settings.map(|setting| setting.value.clone()).collect();
            if !values.is_empty() {
                choices.push(Choice { arg, values, origin: self.file.path.clone() });
            }
        }
        choices
    }

    /// Notes that two keys contradict each other.
    pub(crate) fn conflict(&mut self, [one, other]: [String; 2]) {
        let message = format!("`{one}` and `{other}` cannot be used together");
        let settings = self.options.get(&other);
        let first = settings.and_then(|settings| settings.first());
        let at = first.map_or(0..0, |setting| setting.at.clone());
        self.problems.push(Problem::new(at, message));
    }

    /// Returns the configuration if it has no problem that is known without rules.
    pub(crate) fn checked(self) -> Result<Config, Failure> {
        if self.problems.is_empty() {
            return Ok(self);
        }
        Err(self.failure(Vec::new(), self.problems.clone()))
    }

    /// Loads the rules with the settings of the file, and its waivers. The error lists all problems.
    pub(crate) fn load_rules(
        &self,
        directories: &[PathBuf],
    ) -> Result<(RuleSet, Vec<Waiver>), Failure> {
        let files = rule_files::read_all(directories)?;
        let settings = Settings {
            file: self.file.clone(),
            rules: self.rules.clone(),
            declared: self.declared(),
        };
        let (rules, LoadErrors(errors)) = match rule_files::compile(&files, &settings) {
            Ok(rules) => (rules, LoadErrors(Vec::new())),
            // Names can be checked even if settings are wrong.
            Err(errors) => match rule_files::compile(&files, &Settings::default()) {
                Ok(rules) => (rules, errors),
                Err(_) => return Err(self.failure(errors.0, self.problems.clone())),
            },
        };
        let (waivers, mut problems) = waivers::check(&self.waivers, &rules);
        problems.extend(self.problems.iter().cloned());
        problems.extend(self.unknown_names(&rules));
        if errors.is_empty() && problems.is_empty() {
            return Ok((rules, waivers));
        }
        Err(self.failure(errors, problems))
    }

    /// The failure with these problems with rules and with this file.
    fn failure(&self, mut errors: Vec<LoadError>, problems: Vec<Problem>) -> Failure {
        errors.extend(place(&self.file, problems));
        errors.sort_by(|a, b| (&a.path, a.offset()).cmp(&(&b.path, b.offset())));
        rule_files::failure(errors, &self.named)
    }

    /// Problems with names of rules and frameworks that do not exist.
    fn unknown_names(&self, rules: &RuleSet) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (key, settings) in &self.options {
            for Setting { value, at } in settings {
                if LISTS_OF_RULES.contains(&key.as_str()) {
                    problems.extend(unknown_rule(rules, value, at));
                } else if key == "framework" {
                    problems.extend(unknown_framework(rules, value, at));
                }
            }
        }
        problems
    }

    /// What the file declares because AWS does not report it.
    pub(crate) fn declarations(&self) -> Declarations {
        Declarations {
            classes: self.classes.clone(),
            password_policy_changed: self.password_policy_changed,
            ..Declarations::default()
        }
    }

    /// The file that was read, if any.
    pub(crate) fn path(&self) -> Option<String> {
        let path = &self.file.path;
        (!path.is_empty()).then(|| path.clone())
    }

    /// The declarations that may make rules laxer.
    pub(crate) fn declared_changes(&self) -> Vec<LooseningChange> {
        let mut changes = Vec::new();
        for (class, patterns) in self.classes.describe() {
            changes.push(LooseningChange::Class { class, patterns });
        }
        if let Some(value) = self.password_policy_changed {
            changes.push(LooseningChange::PasswordPolicyChanged { value });
        }
        changes
    }

    /// The declarations as TOML in a normal form.
    fn declared(&self) -> String {
        let mut table: toml::Table = toml::from_str(&self.file.text).unwrap_or_default();
        table.retain(|key, _| ["classes", "password_policy_changed"].contains(&key));
        table.to_string()
    }
}

/// Adds to a problem with an option about one run that this option is not for the file.
fn on_one_run(mut problem: Problem) -> Problem {
    for key in layers::PER_RUN {
        if problem.message == format!("`{key}` is not known here") {
            let option = format!("--{}", key.replace('_', "-"));
            problem.message = format!("`{key}` can be set only on the command line");
            return problem.help(format!("pass {option}"));
        }
    }
    problem
}

/// That there is no such rule, if so; ids may be in any case.
fn unknown_rule(rules: &RuleSet, id: &str, at: &Range<usize>) -> Option<Problem> {
    let id = id.to_ascii_lowercase();
    let problem = Problem::new(at.clone(), format!("there is no rule `{id}`"));
    rules
        .rule(&id)
        .is_none()
        .then(|| problem.help(meant_rules(rules, &id)))
}

/// The problem with an id that no framework has, ignoring case.
fn unknown_framework(rules: &RuleSet, id: &str, at: &Range<usize>) -> Option<Problem> {
    let id = id.to_ascii_lowercase();
    let problem = Problem::new(at.clone(), format!("there is no framework `{id}`"));
    rules
        .framework(&id)
        .is_none()
        .then(|| problem.help(meant_framework(rules, &id)))
}

/// Reads the options that the file chooses, by key.
fn read_options(fields: &mut Fields<'_>, options: &[Arg]) -> BTreeMap<String, Vec<Setting>> {
    let mut all = BTreeMap::new();
    for arg in options.iter().filter(|arg| layers::is_key(arg)) {
        let key = layers::key(arg);
        let mut settings = Vec::new();
        for Setting { value, at } in read_option(fields, &key, layers::kind(arg)) {
            match layers::check(arg, &value) {
                Ok(()) => settings.push(Setting { value, at }),
                Err(mut problem) => {
                    problem.at = at;
                    fields.problems.push(problem);
                }
            }
        }
        all.insert(key, settings);
    }
    all
}

/// Reads the values of an option of that kind; none if the file does not have it.
fn read_option(fields: &mut Fields<'_>, key: &str, kind: Kind) -> Vec<Setting> {
    let texts = match kind {
        Kind::Texts => fields.texts(key),
        Kind::Text => fields.text(key).into_iter().collect(),
        Kind::Switch | Kind::Number => {
            let Some(placed) = fields.take(key) else {
                return Vec::new();
            };
            let value = match (kind, placed.get_ref()) {
                (Kind::Switch, DeValue::Boolean(value)) => value.to_string(),
                (Kind::Number, DeValue::Integer(value)) => value.to_string(),
                _ => {
                    let wanted = if kind == Kind::Switch {
                        "true or false"
                    } else {
                        "a number"
                    };
                    fields.wrong(key, wanted, placed);
                    return Vec::new();
                }
            };
            return vec![Setting { value, at: placed.span() }];
        }
    };
    texts
        .into_iter()
        .map(|text| Setting { value: text.value, at: text.at })
        .collect()
}

/// Reads a date or a time, which may be a text.
fn read_moment(fields: &mut Fields<'_>, name: &str) -> Option<Timestamp> {
    let placed = fields.take(name)?;
    match moment(&date_text(placed)) {
        Ok(moment) => Some(moment),
        Err(message) => {
            fields.problems.push(Problem::new(placed.span(), message));
            None
        }
    }
}

/// The text of a date, which may be of TOML's own type.
fn date_text(placed: Placed<'_>) -> String {
    match placed.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        _ => String::new(),
    }
}

fn read_classes(fields: &mut Fields<'_>) -> Classes {
    let Some(mut table) = fields.one_table("classes") else {
        return Classes::default();
    };
    let classes = Classes {
        service: read_patterns(&mut table, "service"),
        break_glass: read_patterns(&mut table, "break-glass"),
    };
    fields.problems.extend(table.finish());
    classes
}

/// Reads the patterns for the users of a class.
fn read_patterns(classes: &mut Fields<'_>, class: &str) -> Patterns {
    let mut patterns = Patterns::default();
    let Some(mut fields) = classes.one_table(class) else {
        return patterns;
    };
    for (name, globs) in [("names", &mut patterns.names), ("paths", &mut patterns.paths)] {
        for text in fields.texts(name) {
            match glob(&text.value) {
                Ok(glob) => globs.push(glob),
                Err(error) => fields.problems.push(text.problem(error.to_string())),
            }
        }
    }
    let tags = fields.table_of_texts("tags").into_iter();
    patterns.tags = tags.map(|(key, value)| (key.value, value.value)).collect();
    classes.problems.extend(fields.finish());
    patterns
}

/// Reads any text as a configuration.
#[cfg(fuzzing)]
pub(crate) fn read_untrusted(text: &str) {
    static OPTIONS: std::sync::LazyLock<Vec<Arg>> =
        std::sync::LazyLock::new(|| layers::choosable(&layers::command()));
    let file = RuleFile { path: DEFAULT_FILE.to_owned(), text: text.to_owned() };
    let config = Config::parse(file, &OPTIONS);
    config.choices(&OPTIONS.iter().collect::<Vec<_>>());
    config.declared_changes();
    drop(config.load_rules(&[]));
}
