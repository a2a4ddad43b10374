//! Rules: those that are built in, and the user's own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use portcullis_model::Sources;
use portcullis_rules::{LoadError, LoadErrors, Rule, RuleFile, RuleSet, Settings, embedded};

use crate::failure::{Failure, did_you_mean};

/// All built-in rules and those of the directories; every problem of every file at once.
pub(crate) fn load(directories: &[PathBuf], settings: &Settings) -> Result<RuleSet, Failure> {
    let mut files = embedded();
    for directory in directories {
        let own = read_directory(directory)
            .map_err(|error| format!("cannot read rules in {}: {error}", directory.display()))?;
        if own.is_empty() {
            let none = format!("there is no rule (*.toml) in {}", directory.display());
            return Err(none.into());
        }
        files.extend(own);
    }
    RuleSet::load(&files, settings).map_err(|LoadErrors(errors)| {
        let texts: Vec<String> = errors.iter().map(LoadError::to_string).collect();
        let count = if errors.len() == 1 { "is a problem" } else { "are problems" };
        format!("there {count} with the rules\n\n{}", texts.join("\n\n")).into()
    })
}

/// What the rules need to be told.
pub(crate) fn sources(rules: &RuleSet) -> Sources {
    rules.rules().iter().fold(Sources::NONE, |all, rule| all | rule.sources())
}

/// The rule of that id, or the one that may be meant.
pub(crate) fn find<'r>(rules: &'r RuleSet, id: &str) -> Result<&'r Rule, Failure> {
    rules.rule(id).ok_or_else(|| {
        let ids = rules.rules().iter().map(|rule| rule.id.as_str());
        let help = did_you_mean(id, ids).unwrap_or("`portcullis rules list` shows all".to_owned());
        Failure::with_help(format!("there is no rule `{id}`"), help)
    })
}

/// The rule files of a directory and of its subdirectories, one a family, sorted by path.
fn read_directory(directory: &Path) -> io::Result<Vec<RuleFile>> {
    let mut paths = Vec::new();
    for entry in children(directory)? {
        if entry.is_dir() { paths.extend(children(&entry)?) } else { paths.push(entry) }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path: PathBuf| {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let text = fs::read_to_string(&path).map_err(named)?;
        Ok(RuleFile { path: path.display().to_string(), text })
    };
    paths.into_iter().map(read).collect()
}

fn children(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
}
