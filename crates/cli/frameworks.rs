//! `frameworks`: what an audit can answer control by control.

use portcullis_model::ControlKind;
use portcullis_report::{Page, bold, write_json};
use portcullis_rules::Framework;
use serde::Serialize;

use crate::args::{FrameworksCommand, View, ViewArgs};
use crate::config::Config;
use crate::failure::Failure;
use crate::{rule_files, terminal};

/// A framework, for programs.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    /// The number of controls, and of those that only a person can answer.
    controls: usize,
    manual: usize,
    /// The ids of the rules that test a control.
    rules: Vec<&'a str>,
}

impl<'a> Listed<'a> {
    fn new(framework: &'a Framework) -> Listed<'a> {
        let controls = &framework.controls;
        Listed {
            id: &framework.id,
            title: &framework.title,
            version: &framework.version,
            controls: controls.len(),
            manual: controls.iter().filter(|control| control.kind == ControlKind::Manual).count(),
            rules: framework.rules().into_iter().collect(),
        }
    }
}

pub(crate) fn run(command: &FrameworksCommand, config: &Config) -> Result<(), Failure> {
    let FrameworksCommand::List(ViewArgs { directories, output }) = command;
    let rules = rule_files::load(directories, &config.named)?;
    let frameworks: Vec<_> = rules.frameworks().iter().map(Listed::new).collect();
    match output {
        View::Text => terminal::print_page(|page| write(&frameworks, page)),
        View::Json => terminal::print(|out| write_json(&frameworks, out)),
    }
}

/// Two lines per framework, since titles are long.
fn write(frameworks: &[Listed<'_>], page: &mut Page<'_>) -> std::io::Result<()> {
    let width = frameworks.iter().map(|framework| framework.id.len()).max().unwrap_or_default();
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
