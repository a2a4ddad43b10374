//! `frameworks`: lists and explains frameworks.

use portcullis_model::ControlKind;
use portcullis_report::{Page, bold, write_json};
use portcullis_rules::{Control, Framework, Rule, RuleSet};
use serde::Serialize;

use crate::args::{FrameworkArgs, FrameworksCommand, View, ViewArgs};
use crate::config::Config;
use crate::failure::Failure;
use crate::{rule_files, terminal};

/// A framework, for programs.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    /// The number of controls, and of those that only a person can check.
    controls: usize,
    manual: usize,
    /// The ids of the rules that test a control.
    rules: Vec<&'a str>,
}

impl<'a> Listed<'a> {
    fn new(framework: &'a Framework) -> Listed<'a> {
        let controls = &framework.controls;
        let manual = controls
            .iter()
            .filter(|control| control.kind == ControlKind::Manual);
        Listed {
            id: &framework.id,
            title: &framework.title,
            version: &framework.version,
            controls: controls.len(),
            manual: manual.count(),
            rules: framework.rules().into_iter().collect(),
        }
    }
}

/// A framework with its controls, for programs.
#[derive(Serialize)]
struct Explained<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    note: Option<&'a str>,
    references: &'a [String],
    controls: Vec<ExplainedControl<'a>>,
}

#[derive(Serialize)]
struct ExplainedControl<'a> {
    id: &'a str,
    title: &'a str,
    kind: &'static str,
    /// What a person has to check.
    reason: Option<&'a str>,
    rules: Vec<TestingRule<'a>>,
}

/// A rule that tests a control.
#[derive(Serialize)]
struct TestingRule<'a> {
    id: &'a str,
    title: &'a str,
    /// What its parameters have to be for a pass to count.
    requires: Option<&'a str>,
}

impl<'a> TestingRule<'a> {
    fn new(rule: &'a Rule, control: &'a Control) -> TestingRule<'a> {
        let requires = control.requirements.get(&rule.id).map(String::as_str);
        TestingRule { id: &rule.id, title: &rule.title, requires }
    }
}

impl<'a> Explained<'a> {
    fn new(framework: &'a Framework, rules: &'a RuleSet) -> Explained<'a> {
        let mut controls = Vec::new();
        for control in &framework.controls {
            let tested = control.rules.iter().filter_map(|id| rules.rule(id));
            controls.push(ExplainedControl {
                id: &control.id,
                title: &control.title,
                kind: control.kind.word(),
                reason: control.reason.as_deref(),
                rules: tested.map(|rule| TestingRule::new(rule, control)).collect(),
            });
        }
        let Framework { id, title, version, note, references, .. } = framework;
        Explained { id, title, version, note: note.as_deref(), references, controls }
    }
}

pub(crate) fn run(command: &FrameworksCommand, config: &Config) -> Result<(), Failure> {
    match command {
        FrameworksCommand::List(args) => list(args, config),
        FrameworksCommand::Explain(args) => explain(args, config),
    }
}

fn explain(args: &FrameworkArgs, config: &Config) -> Result<(), Failure> {
    let rules = rule_files::load(&args.view.directories, &config.named)?;
    let explained = Explained::new(rule_files::framework(&rules, &args.id)?, &rules);
    match args.view.output {
        View::Text => terminal::print_page(|page| write_explained(&explained, page)),
        View::Json => terminal::print(|out| write_json(&explained, out)),
    }
}

fn write_explained(framework: &Explained<'_>, page: &mut Page<'_>) -> std::io::Result<()> {
    let Explained { id, title, version, note, references, controls } = framework;
    page.painted_item(bold(), "", &format!("{title} {version} ({id})"))?;
    if let Some(note) = note {
        page.blank()?;
        page.prose(2, note)?;
    }
    for control in controls {
        page.blank()?;
        page.painted_item(bold(), "", &format!("{}  {}", control.id, control.title))?;
        if let Some(reason) = control.reason {
            page.item("  manual: ", reason)?;
        }
        for TestingRule { id, title, requires } in &control.rules {
            let text = match requires {
                Some(setting) => format!("{id}: {title}; needs {setting}"),
                None => format!("{id}: {title}"),
            };
            page.item("  - ", &text)?;
        }
    }
    if references.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(bold(), "READ MORE")?;
    references.iter().try_for_each(|url| page.item("  ", url))
}

fn list(ViewArgs { directories, output }: &ViewArgs, config: &Config) -> Result<(), Failure> {
    let rules = rule_files::load(directories, &config.named)?;
    let frameworks: Vec<_> = rules.frameworks().iter().map(Listed::new).collect();
    match output {
        View::Text => terminal::print_page(|page| write(&frameworks, page)),
        View::Json => terminal::print(|out| write_json(&frameworks, out)),
    }
}

/// Two lines per framework, since titles are long.
fn write(frameworks: &[Listed<'_>], page: &mut Page<'_>) -> std::io::Result<()> {
    let width = frameworks
        .iter()
        .map(|framework| framework.id.len())
        .max()
        .unwrap_or_default();
    for Listed { id, title, version, controls, manual, rules } in frameworks {
        let tested = controls - manual;
        let rules = rules.len();
        page.line(
            bold(),
            &format!("{id:width$}  {tested:2} controls tested by {rules} rules, {manual} manual"),
        )?;
        page.item("  ", &format!("{title} {version}"))?;
    }
    Ok(())
}
