//! Completes the command line with environment variables and, after them, the configuration.
//!
//! Variables and keys are named after the options of `audit`, and the parsers of these options check the values.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::num::ParseIntError;
use std::path::{Path, PathBuf};
use std::process;

use clap::builder::{PossibleValue, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, Id, value_parser};
use portcullis_rules::{Problem, similar};

use crate::args::Cli;
use crate::config::Config;
use crate::failure::{Failure, did_you_mean, quoted};
use crate::redaction::SALT;
use crate::terminal;

/// Options of `audit` that are about one run or name what it reads, and so can be given only on the command line.
pub(crate) const PER_RUN: [&str; 3] = ["as_of", "shard", "trail"];
/// Commands that write the report of another run: their outputs are named each time.
const REWRITING: [&str; 2] = ["report", "merge"];
/// Commands that judge nothing, and work without a configuration that cannot be read.
const SHOWING_RULES: [&str; 2] = ["rules", "frameworks"];
/// The prefix of the variables' names.
pub(crate) const PREFIX: &str = "PORTCULLIS_";
/// The option that names the configuration, which has no key for it.
const CONFIG: &str = "config";
/// The option that names directories of rules.
const RULES: &str = "directories";
/// Options, each list with those that it needs one of, in commands that have these.
const NEEDS: [(&[&str], &[&str]); 4] = [
    (
        &[
            "assume_root",
            "collect_to",
            "exclude",
            "expect_partition",
            "resume",
            "role_name",
            "shard",
            "shards",
        ],
        &["accounts", "org"],
    ),
    (&["external_id"], &["role_arn", "accounts", "org"]),
    (&["salt_file"], &["redact"]),
    (&["units"], &["org"]),
];
/// Options that override less direct choices of others, besides those they conflict with.
const OUTRANKING: [(&str, &str); 4] =
    [("only", "skip"), ("frameworks", "skip"), ("rule_set", "only"), ("rule_set", "frameworks")];

/// The kind of value that an option takes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Kind {
    Switch,
    Number,
    Text,
    Texts,
}

/// The values chosen for an option, and where.
pub(crate) struct Choice<'a> {
    pub(crate) arg: &'a Arg,
    pub(crate) values: Vec<String>,
    pub(crate) origin: String,
}

/// The choices for the options of a command. More direct ones are added first.
struct Layers<'a> {
    command: &'a Command,
    /// The options on the command line.
    given: Vec<&'a Arg>,
    /// The options chosen elsewhere that take effect.
    decided: Vec<&'a Arg>,
    /// The values of the latter, by id.
    values: BTreeMap<String, Vec<String>>,
    /// Where each option was chosen, by id.
    origins: BTreeMap<String, String>,
    /// The ids of options that exclude each other, in both orders.
    conflicts: HashSet<[&'a Id; 2]>,
}

/// Reads the command line, the environment and the configuration.
pub(crate) fn read() -> Result<(Cli, Config), Failure> {
    let root = command();
    let options = choosable(&root);
    // First, what the command line itself chooses.
    let given = parse(&root)?;
    let (names, given_to_command) = innermost(&given);
    let leaf = below(&root, &names);
    let mut layers = Layers::new(leaf, given_to_command);
    layers.warn_of_rule_set();
    warn_of_misspelt_variables(&options);

    // Then what the environment and the configuration choose.
    let open: Vec<&Arg> = options
        .iter()
        .filter(|option| has(&root, option) || has(leaf, option))
        .collect();
    if let Some(pair) = layers.add(environment(&open)?) {
        let [one, other] = pair.map(variable);
        return Err(format!("{one} and {other} cannot be used together").into());
    }
    let mut config = Config::default();
    if options.iter().any(|option| has(leaf, option)) {
        let in_environment = layers.values.get(CONFIG).and_then(|paths| paths.first());
        let shows_rules = names
            .first()
            .is_some_and(|name| SHOWING_RULES.contains(name));
        config = read_config(given.get_one(CONFIG), in_environment, shows_rules, &options)?;
        if let Some(pair) = layers.add(config.choices(&open)) {
            config.conflict(pair.map(key));
        }
    }
    if let Err(message) = layers.settle() {
        refuse_without_need(root, &names, message);
    }

    // At last, the command line again, with these choices as defaults.
    let matches = with_defaults(root.clone(), &names, &layers.values).get_matches();
    config.origins = layers.origins;
    config
        .named
        .extend(given.get_one::<PathBuf>(CONFIG).cloned());
    if let Ok(Some(directories)) = given_to_command.try_get_many::<PathBuf>(RULES) {
        config.named.extend(directories.cloned());
    }
    Ok((Cli::from_arg_matches(&matches).unwrap_or_else(|error| refuse(error, &root)), config))
}

/// Parses the command line. Wrong usage and questions for help end the process.
fn parse(root: &Command) -> Result<ArgMatches, Failure> {
    match root.clone().try_get_matches() {
        Ok(given) => Ok(given),
        Err(error) if error.use_stderr() => refuse(error, root),
        Err(help) => {
            print_help(&help)?;
            process::exit(0)
        }
    }
}

/// Reads the configuration that is named on the command line, in the environment, or by nobody.
fn read_config(
    given: Option<&PathBuf>,
    in_environment: Option<&String>,
    shows_rules: bool,
    options: &[Arg],
) -> Result<Config, Failure> {
    if let Some(path) = given {
        return Config::read(Some(path), options);
    }
    if let Some(path) = in_environment {
        let read = Config::read(Some(Path::new(path)), options);
        return read.map_err(|failure| failure.at(&format!("{PREFIX}CONFIG")));
    }
    let read = Config::read(None, options);
    if !shows_rules {
        return read;
    }
    // Rules can be shown without the configuration.
    read.and_then(Config::checked).or_else(|failure| {
        failure.at("portcullis.toml is ignored").warn();
        Ok(Config::default())
    })
}

fn print_help(help: &clap::Error) -> Result<(), Failure> {
    let text = if terminal::stdout_style().color {
        help.render().ansi().to_string()
    } else {
        help.to_string()
    };
    terminal::print(|out| out.write_all(text.as_bytes()))
}

/// Ends with the error, in which an argument of any length is quoted by its beginning and its end.
fn refuse(mut error: clap::Error, root: &Command) -> ! {
    let usual = usual(&error, root);
    if usual.is_some() {
        // It names the option that clap takes for the one that was meant.
        error.remove(ContextKind::Usage);
    }
    let meant = usual.or_else(|| for_live(&error)).or_else(|| meant(&error));
    // Clap's own suggestions are worded otherwise, and some name a hidden command.
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::SuggestedSubcommand);
    error.remove(ContextKind::SuggestedValue);
    error.remove(ContextKind::Suggested);
    let mut quotes = Vec::new();
    for (kind, value) in error.context() {
        if let ContextValue::String(text) = value {
            quotes.push((kind, ContextValue::String(quoted(text))));
        }
    }
    for (kind, value) in quotes {
        error.insert(kind, value);
    }
    if let Some(meant) = meant {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![meant.into()]));
    }
    error.exit()
}

/// Ends with the message that an option needs another one, and the usage of the command.
fn refuse_without_need(mut root: Command, names: &[&str], message: String) -> ! {
    // The usage then includes the names of parent commands.
    root.build();
    let mut command = below(&root, names).clone();
    command
        .error(ErrorKind::MissingRequiredArgument, message)
        .exit()
}

/// Names that other tools use, and what Portcullis calls the same thing.
const USUAL: [(&str, &str); 6] = [
    ("--format", "output"),
    ("-f", "output"),
    ("--rule", "only"),
    ("--check", "only"),
    ("--severity", "fail-on"),
    ("scan", "audit"),
];

/// What Portcullis calls the wrong argument, if it is a name that other tools use.
fn usual(error: &clap::Error, root: &Command) -> Option<String> {
    let wrong = text(error, ContextKind::InvalidArg)
        .or_else(|| text(error, ContextKind::InvalidSubcommand))?;
    let (_, here) = USUAL
        .into_iter()
        .find(|(elsewhere, _)| *elsewhere == wrong)?;
    let mut command = root;
    for word in env::args_os().skip(1) {
        command = command.find_subcommand(word).unwrap_or(command);
    }
    let mut options = command.get_arguments();
    match here {
        _ if !wrong.starts_with('-') => Some(format!("did you mean `{here}`?")),
        _ if !options.any(|option| option.get_long() == Some(here)) => None,
        "output" => Some("did you mean `-o`?".to_owned()),
        _ => Some(format!("did you mean `--{here}`?")),
    }
}

/// Why an option does not go with a bundle.
fn for_live(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::InvalidArg, ContextKind::PriorArg];
    let parts = kinds.map(|kind| texts(error, kind)).concat();
    let has_bundle = parts.iter().any(|part| part.contains("[BUNDLE]"));
    if error.kind() != ErrorKind::ArgumentConflict || !has_bundle {
        return None;
    }
    let option = parts.iter().find(|part| part.starts_with("--"))?;
    let option = option.split(' ').next()?;
    Some(format!("`{option}` is only for live accounts; leave it out to read bundles"))
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    texts(error, kind).into_iter().next()
}

/// What the error says of that kind.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// What the wrong argument was probably meant to be.
fn meant(error: &clap::Error) -> Option<String> {
    let (wrong, valid) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        ErrorKind::InvalidSubcommand => {
            (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand)
        }
        ErrorKind::InvalidValue => (ContextKind::InvalidValue, ContextKind::ValidValue),
        _ => return None,
    };
    let (word, names) = (text(error, wrong)?, texts(error, valid));
    did_you_mean(&word, names.iter().map(String::as_str))
}

/// The command line of Portcullis, with the names of variables in the help.
pub(crate) fn command() -> Command {
    let root = Cli::command();
    let options = choosable(&root);
    with_variables(root, &options)
}

/// The options that can be chosen elsewhere: global ones and those of `audit`.
pub(crate) fn choosable(root: &Command) -> Vec<Arg> {
    let audit = root.find_subcommand("audit").into_iter();
    root.get_arguments()
        .chain(audit.flat_map(Command::get_arguments))
        .filter(|arg| arg.get_long().is_some() && !PER_RUN.contains(&arg.get_id().as_str()))
        .cloned()
        .collect()
}

/// The variable that chooses an option.
pub(crate) fn variable(arg: &Arg) -> String {
    format!("{PREFIX}{}", key(arg).to_ascii_uppercase())
}

/// The key of the configuration that chooses an option.
pub(crate) fn key(arg: &Arg) -> String {
    match arg.get_long().unwrap_or_default() {
        // `[rules.ID]` are the settings of rules.
        "rules" => "rule_directories".to_owned(),
        long => long.replace('-', "_"),
    }
}

/// Whether the configuration has a key for the option.
pub(crate) fn is_key(arg: &Arg) -> bool {
    arg.get_id() != CONFIG
}

pub(crate) fn kind(arg: &Arg) -> Kind {
    let numbers: [ValueParser; 3] =
        [value_parser!(u8).into(), value_parser!(u32).into(), value_parser!(u64).into()];
    let parsed = arg.get_value_parser().type_id();
    match arg.get_action() {
        ArgAction::SetTrue => Kind::Switch,
        ArgAction::Append => Kind::Texts,
        _ if numbers.iter().any(|number| number.type_id() == parsed) => Kind::Number,
        _ => Kind::Text,
    }
}

/// Checks a value of the option as on the command line.
pub(crate) fn check(arg: &Arg, value: &str) -> Result<(), Problem> {
    let valid = arg.get_possible_values();
    if !valid.is_empty()
        && !valid
            .iter()
            .any(|one| one.matches(value, arg.is_ignore_case_set()))
    {
        let problem = Problem::new(0..0, format!("`{value}` is not valid here"));
        return Err(problem.valid(value, valid.iter().map(PossibleValue::get_name)));
    }
    let parser = arg.get_value_parser().clone();
    let alone = Arg::new("value")
        .value_parser(parser)
        .allow_hyphen_values(true);
    let outcome = Command::new("")
        .no_binary_name(true)
        .arg(alone)
        .try_get_matches_from([value]);
    outcome.map(drop).map_err(|error| {
        let reason = match error.source() {
            Some(cause) if cause.is::<ParseIntError>() => "expected a whole number".to_owned(),
            cause => cause.map_or("not valid".to_owned(), ToString::to_string),
        };
        Problem::new(0..0, format!("`{value}`: {reason}"))
    })
}

/// Whether the command has the option with the same meaning.
fn has(command: &Command, option: &Arg) -> bool {
    let rewrites = REWRITING.contains(&command.get_name()) && option.get_id() == "outputs";
    !rewrites
        && command.get_arguments().any(|arg| {
            arg.get_id() == option.get_id()
                && arg.get_value_parser().type_id() == option.get_value_parser().type_id()
        })
}

/// The subcommand with these names, from the outermost to the innermost.
fn below<'c>(root: &'c Command, names: &[&str]) -> &'c Command {
    names
        .iter()
        .fold(root, |command, name| command.find_subcommand(name).unwrap_or(command))
}

/// The names of the subcommand that is run, from the outermost to the innermost, and its arguments.
fn innermost(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut names, mut matches) = (Vec::new(), matches);
    while let Some((name, below)) = matches.subcommand() {
        names.push(name);
        matches = below;
    }
    (names, matches)
}

/// The options chosen by variables, or an error that lists all problems with them.
fn environment<'a>(options: &[&'a Arg]) -> Result<Vec<Choice<'a>>, Failure> {
    let (mut choices, mut failures) = (Vec::new(), Vec::new());
    for arg in options {
        match from_environment(arg) {
            Ok(choice) => choices.extend(choice),
            Err(failure) => failures.push(failure),
        }
    }
    match Failure::joined(failures, "the environment") {
        Some(failure) => Err(failure),
        None => Ok(choices),
    }
}

/// The choice of a variable. An empty one counts as not set.
fn from_environment(arg: &Arg) -> Result<Option<Choice<'_>>, Failure> {
    let name = variable(arg);
    let Some(value) = env::var_os(&name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let Ok(value) = value.into_string() else {
        return Err(format!("{name} is not valid UTF-8").into());
    };
    let values: Vec<String> = match (kind(arg), value.as_str()) {
        (Kind::Switch, "1") => vec!["true".to_owned()],
        (Kind::Switch, "0") => vec!["false".to_owned()],
        (Kind::Texts, list) => {
            let parts = list.split([',', '\n']).map(str::trim);
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        }
        _ => vec![value],
    };
    for value in &values {
        check(arg, value).map_err(|problem| {
            let switch = "valid: 1, 0, true, false".to_owned();
            let help = if kind(arg) == Kind::Switch {
                Some(switch)
            } else {
                problem.help
            };
            Failure::from(problem.message).helped(help).at(&name)
        })?;
    }
    Ok(Some(Choice { arg, values, origin: name }))
}

/// Warns of variables that are probably misspelt. Others may belong to a CI job.
fn warn_of_misspelt_variables(options: &[Arg]) {
    let mut own: Vec<String> = options.iter().map(variable).collect();
    own.push(SALT.to_owned());
    let set: BTreeSet<OsString> = env::vars_os().map(|(name, _)| name).collect();
    for name in set.iter().filter_map(|name| name.to_str()) {
        let Some(word) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if own.iter().any(|own| own == name) {
            continue;
        }
        let long = word.to_ascii_lowercase().replace('_', "-");
        let meant = if let Some(arg) = options.iter().find(|arg| arg.get_long() == Some(&long)) {
            variable(arg)
        } else if let Some(word) = similar(word, own.iter().map(|own| &own[PREFIX.len()..])) {
            format!("{PREFIX}{word}")
        } else {
            continue;
        };
        terminal::warn(&format!("{name} has no effect; did you mean `{meant}`?"));
    }
}

impl<'a> Layers<'a> {
    fn new(command: &'a Command, matches: &ArgMatches) -> Layers<'a> {
        let mut given = Vec::new();
        let mut origins = BTreeMap::new();
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            if matches.value_source(id) == Some(ValueSource::CommandLine) {
                given.push(arg);
                let name = format!("--{}", arg.get_long().unwrap_or_default());
                origins.insert(id.to_owned(), name);
            }
        }
        let mut conflicts = HashSet::new();
        for one in command.get_arguments() {
            for other in command.get_arg_conflicts_with(one) {
                let [one, other] = [one, other].map(Arg::get_id);
                conflicts.extend([[one, other], [other, one]]);
            }
        }
        let (decided, values) = (Vec::new(), BTreeMap::new());
        Layers { command, given, decided, values, origins, conflicts }
    }

    /// Warns of a rule set that other options of the command line leave without effect.
    fn warn_of_rule_set(&self) {
        let given = |id: &str| self.given.iter().find(|arg| arg.get_id() == id);
        let chosen = given("only")
            .or_else(|| given("frameworks"))
            .and_then(|arg| arg.get_long());
        if let Some(chosen) = chosen.filter(|_| given("rule_set").is_some()) {
            terminal::warn(&format!("--rule-set has no effect together with --{chosen}"));
        }
    }

    /// Adds choices that are less direct than all so far, where those leave something open; returns two of them that
    /// contradict each other, if there are.
    fn add(&mut self, choices: Vec<Choice<'a>>) -> Option<[&'a Arg; 2]> {
        let above: Vec<&Arg> = self.given.iter().chain(&self.decided).copied().collect();
        let mut added: Vec<&Arg> = Vec::new();
        for Choice { arg, values, origin } in choices {
            let id = arg.get_id().to_string();
            let is_decided = self.origins.contains_key(&id);
            if is_decided || above.iter().any(|higher| self.outranks(higher, arg)) {
                continue;
            }
            // A switch that is off conflicts with nothing.
            if values != ["false"] {
                if let Some(other) = added.iter().find(|other| self.conflict(other, arg)) {
                    return Some([other, arg]);
                }
                added.push(arg);
            }
            self.values.insert(id.clone(), values);
            self.origins.insert(id, origin);
        }
        self.decided.append(&mut added);
        None
    }

    fn outranks(&self, higher: &Arg, arg: &Arg) -> bool {
        OUTRANKING.contains(&(higher.get_id().as_str(), arg.get_id().as_str()))
            || self.conflict(higher, arg)
    }

    fn conflict(&self, one: &Arg, other: &Arg) -> bool {
        self.conflicts.contains(&[one.get_id(), other.get_id()])
    }

    /// Drops options that need another one which was not chosen. It is an error if the command line has such an option.
    fn settle(&mut self) -> Result<(), String> {
        for (options, needs) in NEEDS {
            let is_needed = |arg: &Arg| needs.contains(&arg.get_id().as_str());
            let mut in_force = self.given.iter().chain(&self.decided);
            if in_force.any(|arg| is_needed(arg)) || !self.command.get_arguments().any(is_needed) {
                continue;
            }
            let given = self
                .given
                .iter()
                .find(|arg| options.contains(&arg.get_id().as_str()));
            if let Some(given) = given.and_then(|arg| arg.get_long()) {
                let needs: Vec<String> = needs
                    .iter()
                    .map(|id| format!("--{}", id.replace('_', "-")))
                    .collect();
                let needs = match needs.split_last() {
                    Some((last, [])) => last.clone(),
                    Some((last, others)) => format!("{} or {last}", others.join(", ")),
                    None => continue,
                };
                return Err(format!("--{given} needs {needs}"));
            }
            self.values.retain(|id, _| !options.contains(&id.as_str()));
        }
        Ok(())
    }
}

/// The command with these values as defaults of the options of the subcommand with these names.
fn with_defaults(
    command: Command,
    names: &[&str],
    values: &BTreeMap<String, Vec<String>>,
) -> Command {
    let command = command.mut_args(|arg| match values.get(arg.get_id().as_str()) {
        Some(values) => arg.default_values(values),
        None => arg,
    });
    match names {
        [name, below @ ..] => {
            command.mut_subcommand(name, |command| with_defaults(command, below, values))
        }
        [] => command,
    }
}

/// The command and its subcommands, with the variable of each option in the help.
fn with_variables(command: Command, options: &[Arg]) -> Command {
    let known: Vec<&Arg> = options
        .iter()
        .filter(|option| has(&command, option))
        .collect();
    let command = command.mut_args(|arg| {
        if !known.iter().any(|option| option.get_id() == arg.get_id()) {
            return arg;
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let variable = variable(&arg);
        arg.help(format!("{help} [env: {variable}]"))
    });
    command.mut_subcommands(|command| with_variables(command, options))
}
