//! `portcullis.toml`, and how it meets the command line.

mod waivers;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use portcullis_evidence::{Classes, Declarations, read_text, read_text_in};
use portcullis_model::{Gate, LooseningChange, Severity, Waiver};
use portcullis_rules::{Evidence, RuleSet, RuleSettings, Selection, Settings, position};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::args::{ConfigArgs, GateArgs, SelectionArgs, moment};
use crate::failure::{Failure, did_you_mean};

/// The configuration that is read if it exists and no other is named.
const DEFAULT_FILE: &str = "portcullis.toml";
/// Says that no configuration is to be read; a file of that name is `./none`.
const NO_FILE: &str = "none";
/// Far above any configuration.
const MAX_BYTES: u64 = 1 << 24;
const DEFAULT_RULE_SET: &str = "default";

/// The configuration file. What the command line says on the same matter wins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    rule_set: Option<String>,
    #[serde(deserialize_with = "ids")]
    only: Vec<String>,
    #[serde(deserialize_with = "ids")]
    skip: Vec<String>,
    fail_on: Option<Severity>,
    #[serde(deserialize_with = "ids")]
    allow_unknown: Vec<String>,
    /// When the account's password policy was last changed, which no call of AWS tells.
    #[serde(deserialize_with = "optional_moment")]
    password_policy_changed: Option<Timestamp>,
    /// Which users are services or break-glass users.
    classes: Classes,
    rules: BTreeMap<String, RuleSettings>,
    /// The findings that somebody accepts.
    waiver: Vec<Spanned<waivers::Entry>>,
    #[serde(skip)]
    file: File,
}

/// The file that a configuration was read from.
#[derive(Debug, Default)]
struct File {
    path: PathBuf,
    text: String,
}

impl Config {
    /// Reads the named file, or the default one if it exists; `none` is no file.
    pub(crate) fn read(args: &ConfigArgs) -> Result<Config, Failure> {
        let named = args.config.as_deref();
        if named == Some(Path::new(NO_FILE)) {
            return Ok(Config::default());
        }
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match named {
            Some(path) => read_text(path, MAX_BYTES),
            None => read_text_in(Path::new("."), path, MAX_BYTES),
        };
        match text {
            Ok(text) => Config::parse(File { path: path.to_owned(), text }),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
        }
    }

    fn parse(file: File) -> Result<Config, Failure> {
        let parsed: Result<Config, _> = toml::from_str(&file.text);
        let config = parsed.map_err(|error| {
            let place = match error.span() {
                Some(span) => file.place(span.start),
                None => file.path.display().to_string(),
            };
            let message = error.message();
            let what = format!("{place}: {}", message.replace('\n', " "));
            match suggestion(message) {
                Some(help) => Failure::with_help(what, help),
                None => what.into(),
            }
        })?;
        Ok(Config { file, ..config })
    }

    /// What the collector cannot find out.
    pub(crate) fn declarations(&self) -> Declarations {
        Declarations {
            classes: self.classes.clone(),
            password_policy_changed: self.password_policy_changed,
            ..Declarations::default()
        }
    }

    /// The file it was read from, if there is one.
    pub(crate) fn path(&self) -> Option<String> {
        let path = &self.file.path;
        (!path.as_os_str().is_empty()).then(|| path.display().to_string())
    }

    /// What it declares, from which rules may ask less.
    pub(crate) fn declared_changes(&self) -> Vec<LooseningChange> {
        let class = |(class, patterns)| LooseningChange::Class { class, patterns };
        let mut changes: Vec<_> = self.classes.describe().into_iter().map(class).collect();
        if let Some(value) = self.password_policy_changed {
            changes.push(LooseningChange::PasswordPolicyChanged { value });
        }
        changes
    }

    /// The rules' own settings.
    pub(crate) fn settings(&self) -> Settings {
        Settings { rules: self.rules.clone(), declared: self.file.declared() }
    }

    /// The waivers, each for a rule that there is.
    pub(crate) fn waivers(&self, rules: &RuleSet) -> Result<Vec<Waiver>, Failure> {
        waivers::read(&self.waiver, &self.file, rules)
    }

    /// Which rules on that evidence to judge. `--only` and `--framework` name the rules whatever the file says.
    pub(crate) fn selection(&self, args: &SelectionArgs, evidence: Evidence) -> Selection {
        let from_file = args.only.is_empty() && args.frameworks.is_empty();
        let pick = |args: &[String], file: &[String]| {
            if args.is_empty() && from_file { file.to_vec() } else { args.to_vec() }
        };
        let rule_set = args.rule_set.as_ref().or(self.rule_set.as_ref());
        Selection {
            rule_set: rule_set.map_or(DEFAULT_RULE_SET, String::as_str).to_owned(),
            // A rule set that is asked for outranks the file's short list.
            only: if args.rule_set.is_some() {
                args.only.clone()
            } else {
                pick(&args.only, &self.only)
            },
            frameworks: args.frameworks.clone(),
            skip: pick(&args.skip, &self.skip),
            evidence,
        }
    }

    /// What decides the exit status.
    pub(crate) fn gate(&self, args: &GateArgs) -> Gate {
        let own = &args.allow_unknown;
        Gate {
            fail_on: args.fail_on.or(self.fail_on).unwrap_or(Gate::default().fail_on),
            allow_unknown: if own.is_empty() { &self.allow_unknown } else { own }.clone(),
        }
    }
}

impl File {
    /// `PATH:LINE:COLUMN` of a byte offset.
    fn place(&self, offset: usize) -> String {
        let (line, column) = position(&self.text, offset);
        format!("{}:{line}:{column}", self.path.display())
    }

    /// What it declares of users and of the password policy, whatever its layout.
    fn declared(&self) -> String {
        let table: toml::Table = toml::from_str(&self.text).unwrap_or_default();
        let declares =
            |key: &String| ["classes", "password_policy_changed"].contains(&key.as_str());
        table.into_iter().filter(|(key, _)| declares(key)).collect::<toml::Table>().to_string()
    }
}

/// Ids of rules, in whatever case.
fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let ids = Vec::<String>::deserialize(deserializer)?;
    Ok(ids.iter().map(|id| id.to_ascii_lowercase()).collect())
}

/// A date or a time, as TOML's own or as text.
fn optional_moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::Datetime(date) => date.to_string(),
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    moment(&text).map(Some).map_err(de::Error::custom)
}

/// The name that was meant, from serde's words: "unknown field `x`, expected one of `a`, `b`".
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    did_you_mean(quoted.next()?, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Failure> {
        Config::parse(File { path: "p.toml".into(), text: text.to_owned() })
    }

    fn config(text: &str) -> Config {
        parse(text).unwrap()
    }

    fn selection_args(rule_set: Option<&str>, only: &[&str], skip: &[&str]) -> SelectionArgs {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        SelectionArgs {
            rule_set: rule_set.map(str::to_owned),
            only: owned(only),
            frameworks: Vec::new(),
            skip: owned(skip),
            directories: Vec::new(),
        }
    }

    #[test]
    fn the_command_line_wins() {
        let config = config("rule_set = 'strict'\nonly = ['a']\nskip = ['b']\nfail_on = 'high'");
        let by_file = config.selection(&selection_args(None, &[], &[]), Evidence::Account);
        assert_eq!((by_file.only, by_file.skip), (vec!["a".to_owned()], vec!["b".to_owned()]));
        let by_args = config.selection(&selection_args(None, &["c"], &[]), Evidence::Account);
        assert_eq!((by_args.only, by_args.skip), (vec!["c".to_owned()], vec![]));
        let set = config.selection(&selection_args(Some("default"), &[], &[]), Evidence::Account);
        assert_eq!((set.rule_set.as_str(), set.only), ("default", vec![]));
        let args = |fail_on| GateArgs { fail_on, allow_unknown: Vec::new() };
        assert_eq!(config.gate(&args(None)).fail_on, Severity::High);
        assert_eq!(config.gate(&args(Some(Severity::Info))).fail_on, Severity::Info);
    }

    #[test]
    fn the_policys_change_is_a_date_or_a_time() {
        for (text, utc) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00Z"),
            ("'2026-01-31'", "2026-01-31T00:00:00Z"),
        ] {
            let declared = config(&format!("password_policy_changed = {text}")).declarations();
            assert_eq!(declared.password_policy_changed, Some(utc.parse().unwrap()), "{text}");
        }
        for text in ["2026-01-31T10:00:00", "10:00:00", "20260131", "'soon'", "[]"] {
            let text = format!("password_policy_changed = {text}");
            assert!(parse(&text).is_err(), "{text}");
        }
        assert_eq!(config("").declarations().password_policy_changed, None);
    }

    #[test]
    fn positions_count_lines_and_characters() {
        assert_eq!(position("a\nüb", 4), (2, 2));
        assert_eq!(position("", 9), (1, 1));
    }
}
