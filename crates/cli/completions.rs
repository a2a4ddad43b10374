//! `completions`: prints the completion script of a shell.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use portcullis_report::{DiffFormat, Format};

use crate::args::Cli;
use crate::failure::Failure;
use crate::{rule_files, terminal};

pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut command = Names::built_in()?.complete(Cli::command(), "");
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "portcullis", &mut script);
    terminal::print(|out| out.write_all(&script))
}

/// What arguments name that are only checked when a command runs.
struct Names {
    rules: Vec<String>,
    frameworks: Vec<String>,
}

impl Names {
    /// Those of the built-in rules and frameworks.
    fn built_in() -> Result<Names, Failure> {
        let rules = rule_files::load(&[], &[])?;
        Ok(Names {
            rules: rules.rules().iter().map(|rule| rule.id.clone()).collect(),
            frameworks: rules
                .frameworks()
                .iter()
                .map(|framework| framework.id.clone())
                .collect(),
        })
    }

    /// The command, below one of that name, whose arguments name what they can be.
    fn complete(&self, command: Command, parent: &str) -> Command {
        let name = command.get_name().to_owned();
        let command = command.mut_args(|arg| match self.values(&arg, &name, parent) {
            Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
            None => arg,
        });
        command.mut_subcommands(|below| self.complete(below, &name))
    }

    /// What an argument of a command can be.
    fn values(&self, arg: &Arg, command: &str, parent: &str) -> Option<Vec<String>> {
        match (arg.get_id().as_str(), command, parent) {
            ("only" | "skip" | "allow_unknown", ..) | ("id", "explain", "rules") => {
                Some(self.rules.clone())
            }
            ("framework" | "frameworks", ..) | ("id", "explain", "frameworks") => {
                Some(self.frameworks.clone())
            }
            ("outputs", "diff", _) => Some(
                DiffFormat::ALL
                    .iter()
                    .map(|format| format.name().to_owned())
                    .collect(),
            ),
            ("outputs", ..) => Some(
                Format::ALL
                    .iter()
                    .map(|format| format.name().to_owned())
                    .collect(),
            ),
            _ => None,
        }
    }
}
