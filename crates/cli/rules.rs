//! `rules`: lists, explains, checks and creates rules.

mod explain;

use portcullis_report::{Page, bold, counted, severity_style, write_json};
use portcullis_rules::{ExampleFailure, Rule};

use crate::args::{CheckArgs, ExplainArgs, ListArgs, NewArgs, RulesCommand, View};
use crate::config::Config;
use crate::failure::Failure;
use crate::{rule_files, terminal};

pub(crate) fn run(command: &RulesCommand, config: &Config) -> Result<(), Failure> {
    match command {
        RulesCommand::List(args) => list(args, config),
        RulesCommand::Explain(args) => explain(args, config),
        RulesCommand::Check(args) => check(args),
        RulesCommand::New(args) => new(args),
    }
}

fn list(args: &ListArgs, config: &Config) -> Result<(), Failure> {
    let rules = rule_files::load(&args.view.directories, &config.named)?;
    let rules: Vec<_> = match &args.framework {
        None => rules.rules().iter().collect(),
        Some(id) => {
            let tested = rule_files::framework(&rules, id)?.rules();
            rules
                .rules()
                .iter()
                .filter(|rule| tested.contains(rule.id.as_str()))
                .collect()
        }
    };
    match args.view.output {
        View::Text => terminal::print_page(|page| write_list(&rules, page)),
        View::Json => {
            let all: Vec<_> = rules.into_iter().map(portcullis_rules::explain).collect();
            terminal::print(|out| write_json(&all, out))
        }
    }
}

/// Two lines per rule, since ids and titles are long.
fn write_list(rules: &[&Rule], page: &mut Page<'_>) -> std::io::Result<()> {
    let width = rules
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    for rule in rules {
        let Rule { id, title, severity, rule_set, .. } = rule;
        let (word, scope) = (severity.word(), rule.scope());
        page.line(
            severity_style(*severity),
            &format!("{id:width$}  {word:8}  {scope:19}  {rule_set}"),
        )?;
        page.item("  ", title)?;
    }
    page.blank()?;
    page.line(bold(), &format!("{} rules", rules.len()))
}

fn explain(args: &ExplainArgs, config: &Config) -> Result<(), Failure> {
    let rules = rule_files::load(&args.view.directories, &config.named)?;
    let rule = rule_files::find(&rules, &args.id)?;
    match args.view.output {
        View::Text => terminal::print_page(|page| explain::write(rule, args.facts, page)),
        View::Json => {
            let all = portcullis_rules::explain(rule);
            terminal::print(|out| write_json(&all, out))
        }
    }
}

fn new(NewArgs { id, scope }: &NewArgs) -> Result<(), Failure> {
    if !portcullis_rules::is_rule_id(id) {
        let help = "use words of lowercase letters and digits, joined by `-`";
        return Err(Failure::with_help(format!("`{id}` is not a valid id for a rule"), help));
    }
    if rule_files::load(&[], &[])?.rule(id).is_some() {
        let help = format!("`portcullis rules explain {id}` shows it");
        return Err(Failure::with_help(format!("there is already a rule `{id}`"), help));
    }
    let text = portcullis_rules::skeleton(id, scope);
    terminal::print(|out| out.write_all(text.as_bytes()))
}

fn check(args: &CheckArgs) -> Result<(), Failure> {
    let rules = match &args.directory {
        Some(directory) => rule_files::load_to_check(directory)?,
        None => rule_files::load(&[], &[])?,
    };
    let failures = rules.check_examples();
    if !failures.is_empty() {
        let lines: Vec<String> = failures.iter().map(ExampleFailure::to_string).collect();
        let what = format!("{} failed\n{}", counted(failures.len(), "example"), lines.join("\n"));
        return Err(what.into());
    }
    let rules = rules.rules();
    let examples: usize = rules.iter().map(|rule| rule.examples.len()).sum();
    let says = format!("{} rules loaded; all {examples} examples pass.", rules.len());
    terminal::print_page(|page| page.line(bold(), &says))
}
