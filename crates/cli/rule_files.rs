//! Loads the built-in rules and the user's own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use portcullis_evidence::read_text_in;
use portcullis_model::Sources;
use portcullis_rules::{
    Control, Framework, LoadError, LoadErrors, Rule, RuleFile, RuleSet, Selection, Settings,
    embedded, embedded_frameworks,
};

use crate::failure::{Failure, did_you_mean};
use crate::layers::PREFIX;

/// The subdirectory of rule directories for frameworks.
const FRAMEWORKS: &str = "frameworks";
/// The directory of the built-in texts that remediations include.
const REMEDIATION: &str = "remediation";
/// Far above any rule file.
const MAX_BYTES: u64 = 1 << 20;
/// The file that embeds the built-in rules, relative to their directory.
const EMBEDDER: &str = "../crates/rules/build.rs";

/// Loads all built-in rules and frameworks, and those of the directories. The error lists all problems, and shows lines
/// of the files that the command line names.
pub(crate) fn load(directories: &[PathBuf], named: &[PathBuf]) -> Result<RuleSet, Failure> {
    compile(&read_all(directories)?, &Settings::default())
        .map_err(|LoadErrors(errors)| failure(errors, named))
}

/// Reads the files of all built-in rules and frameworks, and those of the directories.
pub(crate) fn read_all(directories: &[PathBuf]) -> Result<Vec<RuleFile>, Failure> {
    let mut files = built_in();
    for directory in directories {
        files.extend(read(directory)?);
    }
    Ok(files)
}

/// Loads the rules and frameworks of the directory and the built-in ones. In Portcullis' own repository, the files of
/// the directory, and the texts that they include, replace built-in ones of the same name, which may be older.
pub(crate) fn load_to_check(directory: &Path) -> Result<RuleSet, Failure> {
    let own = read(directory)?;
    let mut files = built_in();
    if let Some(rules) = repository(directory) {
        let name = |file: &RuleFile| Path::new(&file.path).file_name().map(ToOwned::to_owned);
        files.retain(|file| !own.iter().any(|own| name(own) == name(file)));
        let texts = rules.join(REMEDIATION);
        if texts.is_dir() {
            files.extend(read_all_of(&texts, "txt")?);
        }
    }
    files.extend(own);
    let named = [directory.to_owned()];
    compile(&files, &Settings::default()).map_err(|LoadErrors(errors)| failure(errors, &named))
}

/// The directory of the built-in rules, if this is it or that of one of their families.
fn repository(directory: &Path) -> Option<PathBuf> {
    let rules = |path: &Path| path.join(EMBEDDER).is_file();
    let above = directory.join("..");
    [directory, &above]
        .into_iter()
        .find(|path| rules(path))
        .map(Path::to_owned)
}

fn built_in() -> Vec<RuleFile> {
    let mut files = embedded();
    files.extend(embedded_frameworks());
    files
}

/// Reads the rules and frameworks of a directory.
fn read(directory: &Path) -> Result<Vec<RuleFile>, Failure> {
    if !directory.exists() {
        return Err(
            format!("cannot read rules in {}: it does not exist", directory.display()).into()
        );
    }
    if directory.is_file() {
        return Err(format!("{} is a file: name its directory", directory.display()).into());
    }
    let files = read_all_of(directory, "toml")?;
    if files.is_empty() {
        return Err(format!("there is no rule (*.toml) in {}", directory.display()).into());
    }
    Ok(files)
}

/// The files of a directory and of its subdirectories with this extension.
fn read_all_of(directory: &Path, extension: &str) -> Result<Vec<RuleFile>, Failure> {
    read_directory(directory, extension)
        .map_err(|error| format!("cannot read rules in {}: {error}", directory.display()).into())
}

/// The rules and frameworks of those files; an error with every problem of every file.
pub(crate) fn compile(files: &[RuleFile], settings: &Settings) -> Result<RuleSet, LoadErrors> {
    let (frameworks, rules): (Vec<_>, Vec<_>) = files.iter().cloned().partition(is_framework);
    RuleSet::load(&rules, settings)?.with_frameworks(&frameworks)
}

/// How many problems are shown, since finding the line of each means reading the file to there.
const SHOWN_PROBLEMS: usize = 100;
/// How many rules are named that are similar to an id.
const SHOWN_IDS: usize = 5;

/// The failure with these problems with rules and configuration. Lines of files elsewhere are shown only if the command
/// line names the files, and no link leads to them.
pub(crate) fn failure(errors: Vec<LoadError>, named: &[PathBuf]) -> Failure {
    let count = match errors.len() {
        1 => "is 1 problem".to_owned(),
        count => format!("are {count} problems"),
    };
    let more = errors.len().saturating_sub(SHOWN_PROBLEMS);
    let mut shown = Vec::new();
    for error in errors.into_iter().take(SHOWN_PROBLEMS) {
        let path = Path::new(&error.path);
        let is_named = named.iter().any(|named| path.starts_with(named));
        let has_link = path.ancestors().any(Path::is_symlink);
        let is_shown = is_named && !has_link || !is_elsewhere(path);
        shown.push(if is_shown {
            error
        } else {
            error.without_text()
        });
    }
    let mut text = format!("there {count} with rules or configuration\n\n{}", LoadErrors(shown));
    if more > 0 {
        text = format!("{}\n\nand {more} more", text.trim_end());
    }
    text.into()
}

/// Whether a file is outside the working directory. A link or a configuration under review may lead to a file that
/// only this user can read, such as credentials.
fn is_elsewhere(path: &Path) -> bool {
    // Built-in rules have no file.
    let Ok(file) = fs::canonicalize(path) else {
        return false;
    };
    !fs::canonicalize(".").is_ok_and(|here| file.starts_with(here))
}

fn is_framework(file: &RuleFile) -> bool {
    let directory = Path::new(&file.path).parent().and_then(Path::file_name);
    directory.is_some_and(|name| name == FRAMEWORKS)
}

/// The sources that the rules need.
pub(crate) fn sources(rules: &RuleSet) -> Sources {
    rules
        .rules()
        .iter()
        .fold(Sources::NONE, |all, rule| all | rule.sources())
}

/// The rule with this id. The error suggests another.
pub(crate) fn find<'r>(rules: &'r RuleSet, id: &str) -> Result<&'r Rule, Failure> {
    rules.rule(id).ok_or_else(|| {
        let frameworks: Vec<&str> = rules.frameworks().iter().map(|f| f.id.as_str()).collect();
        let help = if frameworks.contains(&id) {
            format!("it is a framework: use `--framework {id}`")
        } else if let Some(latest) = latest_of_family(id, &frameworks) {
            format!("did you mean `--framework {latest}`?")
        } else {
            meant_rules(rules, id)
        };
        let id = controls(rules, id)
            .first()
            .map_or(id, |(_, control)| control.id.as_str());
        Failure::with_help(format!("there is no rule `{id}`"), help)
    })
}

/// Selects rules. The error lists all ids, in the selection and among the others, that do not exist. `origins` has the
/// places where options were chosen, by id.
pub(crate) fn select(
    rules: RuleSet,
    selection: &Selection,
    others: &[String],
    origins: &BTreeMap<String, String>,
) -> Result<RuleSet, Failure> {
    let mut failures = Vec::new();
    let rule_ids =
        [("only", &*selection.only), ("skip", &*selection.skip), ("allow_unknown", others)];
    for (option, ids) in rule_ids {
        for id in ids {
            if let Err(failure) = find(&rules, id) {
                failures.push(chosen_by(failure, option, origins));
            }
        }
    }
    for id in &selection.frameworks {
        if let Err(failure) = framework(&rules, id) {
            failures.push(chosen_by(failure, "frameworks", origins));
        }
    }
    match Failure::joined(failures, "the names of rules and frameworks") {
        Some(failure) => Err(failure),
        None => rules.select(selection).ok_or_else(|| {
            let what =
                "no rule is left: skip fewer rules, or choose rules that this command judges";
            what.into()
        }),
    }
}

/// Adds the variable that chose the option with this id to the failure, if one did.
pub(crate) fn chosen_by(
    failure: Failure,
    option: &str,
    origins: &BTreeMap<String, String>,
) -> Failure {
    match origins
        .get(option)
        .filter(|origin| origin.starts_with(PREFIX))
    {
        Some(variable) => failure.at(variable),
        None => failure,
    }
}

/// The controls of that number, in whatever case, with their frameworks.
fn controls<'r>(rules: &'r RuleSet, id: &str) -> Vec<(&'r Framework, &'r Control)> {
    let mut found = Vec::new();
    for framework in rules.frameworks() {
        let own = framework
            .controls
            .iter()
            .find(|control| control.id.eq_ignore_ascii_case(id));
        found.extend(own.map(|control| (framework, control)));
    }
    found
}

/// What to use for the number of a control, which is not a rule.
fn meant_control(rules: &RuleSet, id: &str) -> Option<String> {
    let found = controls(rules, id);
    let (framework, control) = found
        .iter()
        .max_by_key(|(framework, _)| version(&framework.id))?;
    let others = match found.len() {
        1 => String::new(),
        count => format!(" and of {} more frameworks", count - 1),
    };
    let framework = &framework.id;
    let tested = match control.rules.as_slice() {
        [] => "no rule tests it".to_owned(),
        rules => format!("its rules there: {}", rules.join(", ")),
    };
    Some(format!("it is a control of {framework}{others}: use `--framework {framework}`; {tested}"))
}

/// Which rule may be meant by an id that none has, or else which ones are like it.
pub(crate) fn meant_rules(rules: &RuleSet, id: &str) -> String {
    if let Some(help) = meant_control(rules, id) {
        return help;
    }
    let ids = rules.rules().iter().map(|rule| rule.id.as_str());
    if let Some(help) = did_you_mean(id, ids) {
        return help;
    }
    let is_like = |rule: &&Rule| !id.is_empty() && (rule.family == id || rule.id.contains(id));
    let like: Vec<_> = rules
        .rules()
        .iter()
        .filter(is_like)
        .map(|rule| rule.id.as_str())
        .collect();
    match like.len() {
        0 => "`portcullis rules list` shows all".to_owned(),
        1 => format!("did you mean `{}`?", like[0]),
        2..=SHOWN_IDS => format!("did you mean one of these? {}", like.join(", ")),
        count => format!(
            "{count} rules match, such as {}; `portcullis rules list` shows all",
            like[..SHOWN_IDS].join(", ")
        ),
    }
}

/// The framework with this id. The error suggests another.
pub(crate) fn framework<'r>(rules: &'r RuleSet, id: &str) -> Result<&'r Framework, Failure> {
    rules.framework(id).ok_or_else(|| {
        Failure::with_help(format!("there is no framework `{id}`"), meant_framework(rules, id))
    })
}

/// Suggests a framework for an id that no framework has, or names all.
pub(crate) fn meant_framework(rules: &RuleSet, id: &str) -> String {
    let ids: Vec<&str> = rules.frameworks().iter().map(|f| f.id.as_str()).collect();
    if let Some(latest) = latest_of_family(id, &ids) {
        return format!("did you mean `{latest}`?");
    }
    match did_you_mean(id, ids.iter().copied()) {
        Some(help) => help,
        None => format!("there are: {}", ids.join(", ")),
    }
}

/// The latest version among frameworks whose ids differ from this one only in the version, or begin with it.
fn latest_of_family<'i>(id: &str, ids: &[&'i str]) -> Option<&'i str> {
    let is_of_family = |other: &&str| {
        family(other) == family(id)
            || other
                .strip_prefix(id)
                .is_some_and(|rest| rest.starts_with('-'))
    };
    ids.iter()
        .copied()
        .filter(is_of_family)
        .max_by_key(|id| version(id))
}

/// The id without the version at its end: `cis-aws` for `cis-aws-7.0`.
fn family(id: &str) -> &str {
    id.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c))
}

fn version(id: &str) -> Vec<u32> {
    let version = &id[family(id).len()..];
    version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// The files in a directory and its subdirectories, one per family, with this extension, sorted by path.
fn read_directory(directory: &Path, extension: &str) -> io::Result<Vec<RuleFile>> {
    let mut paths = Vec::new();
    for entry in children(directory)? {
        if entry.is_dir() {
            paths.extend(children(&entry)?);
        } else {
            paths.push(entry);
        }
    }
    paths.retain(|path| path.extension().is_some_and(|other| other == extension));
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let text = read_text_in(directory, &path, MAX_BYTES)
            .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
        files.push(RuleFile { path: name, text });
    }
    Ok(files)
}

fn children(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}
