//! `man`: writes the manual pages that a package installs, one per command.
//!
//! Only packagers need it, so the help does not list it.
//! The format is man(7): <https://man7.org/linux/man-pages/man7/man.7.html>.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::failure::Failure;
use crate::layers;

/// The source that the pages give.
const SOURCE: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

/// Writes `portcullis.1`, `portcullis-audit.1` and so on into an existing directory.
pub(crate) fn run(directory: &Path) -> Result<(), Failure> {
    if !directory.is_dir() {
        return Err(format!("{} is not a directory", directory.display()).into());
    }
    // `help` shows the same as the pages.
    let mut command = layers::command().disable_help_subcommand(true);
    command.build();
    write(&command, directory)
        .map_err(|error| format!("cannot write to {}: {error}", directory.display()).into())
}

/// Writes the pages of a command and its subcommands.
fn write(command: &Command, directory: &Path) -> io::Result<()> {
    for command in command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        write(command, directory)?;
    }
    let closing = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let man = Man::new(command.clone().after_help(None::<&str>)).source(SOURCE);
    let mut page = Vec::new();
    man.render(&mut page)?;
    for part in closing.split("\n\n").filter(|part| !part.is_empty()) {
        write_closing(part, &mut page)?;
    }
    fs::write(directory.join(man.get_filename()), page)
}

/// Writes a part of the help below the options. Lines under a heading are not filled.
fn write_closing(part: &str, page: &mut dyn Write) -> io::Result<()> {
    match part.split_once(":\n") {
        Some((heading, lines)) => {
            let heading = heading.to_uppercase();
            writeln!(page, ".SH \"{}\"\n.nf\n{}\n.fi", literal(&heading), literal(lines))
        }
        None => writeln!(page, ".PP\n{}", literal(part)),
    }
}

/// Escapes text so that nothing in it is a request.
fn literal(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    text.lines()
        .map(|line| format!("\\&{line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
