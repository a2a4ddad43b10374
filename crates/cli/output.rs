//! Writes results to standard output and files.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use portcullis_evidence::Bundle;
use portcullis_model::{AccountStatus, Finding, Report, Share};
use portcullis_report::{Format, Rows, Style, UnknownFormat, render};

use crate::args::DetailArgs;
use crate::failure::{Failure, did_you_mean};
use crate::{signals, terminal};

/// The prefix of the names of unfinished files.
const TEMPORARY: &str = ".portcullis-";

/// The format of a result, and where it goes: `FORMAT` or `FORMAT=PATH`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output<F> {
    format: F,
    /// None: standard output.
    path: Option<PathBuf>,
}

impl<F> fmt::Display for Output<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => path.display().fmt(f),
            None => f.write_str("standard output"),
        }
    }
}

impl<F: FromStr<Err = UnknownFormat>> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Output<F>, String> {
        let (format, path) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no path after `=`".to_owned()),
            // The shell may append standard output to a file, which must not be replaced.
            Some((format, "-" | "/dev/stdout")) => (format, None),
            Some((format, path)) => (format, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let word = format.to_ascii_lowercase();
        match word.parse() {
            Ok(format) => Ok(Output { format, path }),
            Err(error) => match did_you_mean(&word, error.names.iter().copied()) {
                Some(help) => Err(format!("unknown format; {help}")),
                None => Err(error.to_string()),
            },
        }
    }
}

impl<F: Copy> Output<F> {
    pub(crate) fn format(&self) -> F {
        self.format
    }

    /// Whether a reader sees the output while it is written, as with standard output, a pipe or a device.
    pub(crate) fn is_stream(&self) -> bool {
        let Some(path) = &self.path else { return true };
        fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
    }

    /// Whether the output would replace this file, by whatever path, or a file of the bundle in this directory.
    pub(crate) fn replaces(&self, input: &Path) -> bool {
        let Some(file) = self
            .path
            .as_ref()
            .and_then(|path| fs::canonicalize(path).ok())
        else {
            return false;
        };
        let Ok(input) = fs::canonicalize(input) else {
            return false;
        };
        file.is_file() && (file == input || Bundle::consists_of(&input, &file))
    }

    /// The output of one of several shares, whose number replaces `{shard}` in the path.
    pub(crate) fn of_shard(&self, index: u64) -> Output<F> {
        let path = self.path.as_ref().map(|path| match path.to_str() {
            Some(text) => PathBuf::from(text.replace("{shard}", &index.to_string())),
            None => path.clone(),
        });
        Output { format: self.format, path }
    }
}

/// The requested outputs of a report, by default the table, with the number of the share in their paths.
pub(crate) fn of_share(
    asked: &[Output<Format>],
    share: Option<Share>,
) -> Result<Vec<Output<Format>>, Failure> {
    let Some(share) = share else {
        return choose(asked, Format::Table);
    };
    let own: Vec<_> = asked
        .iter()
        .map(|output| output.of_shard(share.index))
        .collect();
    choose(&own, Format::Table)
}

/// The requested outputs, or by default the usual one. It is an error if two would overwrite each other, or if the
/// directory of one does not exist.
pub(crate) fn choose<F: Clone>(asked: &[Output<F>], usual: F) -> Result<Vec<Output<F>>, Failure> {
    if asked.is_empty() {
        return Ok(vec![Output { format: usual, path: None }]);
    }
    let mut places = HashSet::new();
    for output in asked {
        let place = output.path.as_deref().map(place).transpose()?;
        if !places.insert(place) {
            return Err(Failure::with_help(
                format!("two outputs go to {output}"),
                "give each its own file: -o json=report.json",
            ));
        }
    }
    Ok(asked.to_vec())
}

/// The canonical path of a file, which need not exist yet.
fn place(path: &Path) -> Result<PathBuf, String> {
    // The target of a link is replaced, not the link.
    if let Ok(place) = fs::canonicalize(path) {
        if place.is_dir() {
            return Err(format!("cannot write {}: it is a directory", path.display()));
        }
        return Ok(place);
    }
    // It is not known which file was meant by a broken link.
    if let Ok(target) = fs::read_link(path)
        && !path.exists()
    {
        let (path, target) = (path.display(), target.display());
        return Err(format!("cannot write {path}: it is a link to {target}, which does not exist"));
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !directory.exists() {
        let (path, directory) = (path.display(), directory.display());
        return Err(format!("cannot write {path}: the directory {directory} does not exist"));
    }
    let directory = fs::canonicalize(directory).map_err(|error| unwritable(path, &error))?;
    Ok(directory.join(path.file_name().unwrap_or_default()))
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Writes a report to all outputs, and warns of findings that a format leaves out.
pub(crate) fn write_report(
    report: &Report,
    outputs: &[Output<Format>],
    detail: &DetailArgs,
) -> Result<(), Failure> {
    warn_of_left_out(report, &report.findings, outputs)?;
    write(outputs, |format, style, out| render(report, format, detail.apply(style), out))
}

/// Warns of findings that a format leaves out.
pub(crate) fn warn_of_left_out(
    report: &Report,
    findings: &dyn Rows<Finding>,
    outputs: &[Output<Format>],
) -> io::Result<()> {
    for Output { format, .. } in outputs {
        if let Some(left_out) = format.left_out(report, findings)? {
            terminal::warn(&format!("{} leaves out {left_out}", format.name()));
        }
    }
    Ok(())
}

/// Names accounts that were not judged, if one of the formats does not.
pub(crate) fn warn_of_unjudged(
    unjudged: &[(String, AccountStatus)],
    formats: impl IntoIterator<Item = Format>,
) {
    let mut silent = Vec::new();
    for format in formats {
        if format.holds_findings_alone() && !silent.contains(&format.name()) {
            silent.push(format.name());
        }
    }
    let accounts = unjudged.iter().map(|(id, status)| (id.as_str(), *status));
    if let Some(sentence) = portcullis_report::unjudged(accounts)
        && !silent.is_empty()
    {
        terminal::warn(&format!("{sentence} (not shown in {})", silent.join(", ")));
    }
}

/// Writes the result to all outputs, and then fails if it could not be written to one.
pub(crate) fn write<F: Copy>(
    outputs: &[Output<F>],
    render: impl Fn(F, Style, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    // Files first, since the reader of standard output may go away at any time.
    let (files, streams): (Vec<_>, Vec<_>) = outputs.iter().partition(|o| o.path.is_some());
    let mut outcomes = Vec::new();
    for Output { format, path } in files.into_iter().chain(streams) {
        outcomes.push(match path {
            Some(path) => {
                let write = |out: &mut dyn Write| render(*format, terminal::file_style(), out);
                let written = place(path).and_then(|place| {
                    write_file(&place, write).map_err(|error| unwritable(path, &error))
                });
                written.map_err(Failure::from)
            }
            None => terminal::print(|out| render(*format, terminal::stdout_style(), out)),
        });
    }
    last_failure(outcomes)
}

/// Returns the last failure, and prints the others.
pub(crate) fn last_failure(outcomes: Vec<Result<(), Failure>>) -> Result<(), Failure> {
    let mut last = Ok(());
    for failure in outcomes.into_iter().filter_map(Result::err) {
        if let Err(earlier) = mem::replace(&mut last, Err(failure)) {
            earlier.print();
        }
    }
    last
}

/// Writes a file entirely or not at all. A killed run leaves the old file.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let before = fs::metadata(path).ok();
    if let Some(metadata) = &before {
        // A file that must not be written must not be replaced, even if its directory allows it.
        let file = fs::OpenOptions::new().write(true).open(path)?;
        if !metadata.is_file() {
            // A device such as /dev/null, or a pipe, cannot be replaced.
            return buffered(file, write).map(drop);
        }
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    replace_file(path, directory, before, write)
}

/// Writes a temporary file that only its owner can read, and then replaces the old file with it.
fn replace_file(
    path: &Path,
    directory: &Path,
    before: Option<fs::Metadata>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let file = signals::delayed(|unfinished| {
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(directory);
        // The error's message would name the temporary file.
        let file = file.map_err(|error| io::Error::from(error.kind()))?;
        *unfinished = Some(file.path().to_owned());
        Ok::<_, io::Error>(file)
    })??;
    let file = buffered(file, write)?;
    let permissions = match before {
        // The new report has the same readers as the old one.
        Some(before) => before.permissions(),
        None => usual_permissions(directory)?,
    };
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    signals::delayed(|unfinished| {
        *unfinished = None;
        file.persist(path)
    })??;
    Ok(())
}

/// Writes through a buffer, and returns the file.
fn buffered<W: Write>(
    file: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<W> {
    let mut buffer = BufWriter::new(file);
    write(&mut buffer)?;
    buffer.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The permissions of any new file in a directory, taken from one that is removed at once.
fn usual_permissions(directory: &Path) -> io::Result<fs::Permissions> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    Ok(builder
        .tempfile_in(directory)?
        .as_file()
        .metadata()?
        .permissions())
}

#[cfg(test)]
mod tests {
    use portcullis_report::Format;

    use super::*;

    #[test]
    fn an_output_is_a_format_and_perhaps_a_path() {
        let output = |format, path: Option<&str>| Ok(Output { format, path: path.map(Into::into) });
        assert_eq!("json".parse(), output(Format::Json, None));
        assert_eq!("json=-".parse(), output(Format::Json, None));
        assert_eq!("table=a=b.txt".parse(), output(Format::Table, Some("a=b.txt")));
        let error = |text: &str| text.parse::<Output<Format>>().unwrap_err();
        assert_eq!(error("jsn"), "unknown format; did you mean `json`?");
        assert!(error("pdf").starts_with("unknown format; there are: table, html, "));
        assert_eq!(error("json="), "there is no path after `=`");
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "a long old report").unwrap();
        write_file(&path, |out| out.write_all(b"new")).unwrap();
        write_file(&path, |_| Err(io::ErrorKind::Other.into())).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    /// The test is the process that writes, too: then the variable names the directory.
    #[cfg(unix)]
    #[test]
    fn a_signal_ends_the_process_and_takes_away_what_is_half_written() {
        use std::os::unix::process::ExitStatusExt;
        use std::process::Command;
        use std::time::{Duration, Instant};
        use std::{env, thread};

        const DIRECTORY: &str = "PORTCULLIS_TEST_DIRECTORY";
        if let Some(directory) = env::var_os(DIRECTORY) {
            let endless = |out: &mut dyn Write| loop {
                out.write_all(&[0; 4096])?;
                thread::sleep(Duration::from_millis(1));
            };
            write_file(&Path::new(&directory).join("report.json"), endless).unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let files = || fs::read_dir(directory.path()).unwrap().count();
        let name = "output::tests::a_signal_ends_the_process_and_takes_away_what_is_half_written";
        let mut command = Command::new(env::current_exe().unwrap());
        let command = command
            .args(["--exact", name])
            .env(DIRECTORY, directory.path());
        let mut writer = command.spawn().unwrap();
        while files() == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        let start = Instant::now();
        Command::new("kill")
            .args(["-INT", &writer.id().to_string()])
            .status()
            .unwrap();
        assert_eq!(writer.wait().unwrap().signal(), Some(2));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(files(), 0);
    }
}
