//! Results to standard output and files.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use portcullis_evidence::Bundle;
use portcullis_model::{AccountStatus, Finding, Report};
use portcullis_report::{Format, Rows, Style, UnknownFormat, counted, render};

use crate::args::DetailArgs;
use crate::failure::{Failure, did_you_mean};
use crate::fleet::Shard;
use crate::{signals, terminal};

/// Begins the names of files that are being written.
const TEMPORARY: &str = ".portcullis-";

/// Where a result goes, and in which format: `FORMAT` or `FORMAT=PATH`.
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
            // What the shell has standard output append to must not be replaced.
            Some((format, "-" | "/dev/stdout")) => (format, None),
            Some((format, path)) => (format, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let help = |error: UnknownFormat| {
            did_you_mean(&format.to_ascii_lowercase(), error.names.iter().copied())
                .map_or(error.to_string(), |help| format!("unknown format; {help}"))
        };
        Ok(Output { format: format.to_ascii_lowercase().parse().map_err(help)?, path })
    }
}

impl<F: Copy> Output<F> {
    pub(crate) fn format(&self) -> F {
        self.format
    }

    /// Whether what is written can be read at once: by standard output, a pipe or a device.
    pub(crate) fn is_stream(&self) -> bool {
        let Some(path) = &self.path else { return true };
        fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
    }

    /// Whether it takes the place of that file, by whatever path, or of one that the bundle in that directory
    /// consists of.
    pub(crate) fn replaces(&self, input: &Path) -> bool {
        let Some(file) = self.path.as_ref().and_then(|path| fs::canonicalize(path).ok()) else {
            return false;
        };
        let Ok(input) = fs::canonicalize(input) else { return false };
        file.is_file() && (file == input || Bundle::consists_of(&input, &file))
    }

    /// The output of one of several shares, whose number is where its path says `{shard}`.
    pub(crate) fn of_shard(&self, index: u64) -> Output<F> {
        let path = self.path.as_ref().map(|path| match path.to_str() {
            Some(text) => PathBuf::from(text.replace("{shard}", &index.to_string())),
            None => path.clone(),
        });
        Output { format: self.format, path }
    }
}

/// The outputs of a report that were asked for, or the table; of a share, those that are its own.
pub(crate) fn of_share(
    asked: &[Output<Format>],
    shard: Option<Shard>,
) -> Result<Vec<Output<Format>>, Failure> {
    let Some(shard) = shard else { return choose(asked, Format::Table) };
    let own: Vec<_> = asked.iter().map(|output| output.of_shard(shard.index())).collect();
    choose(&own, Format::Table)
}

/// The outputs asked for, or the usual one; an error if two of them would overwrite each other, or if
/// there is no directory for one.
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

/// The file that a path leads to, by whichever way, though there may be none yet.
fn place(path: &Path) -> Result<PathBuf, String> {
    // A link stays a link.
    if let Ok(place) = fs::canonicalize(path) {
        return Ok(place);
    }
    // Of one that leads to nothing, nobody can say which file was meant.
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

/// Writes a report everywhere it can, and says of what a format leaves out that it does.
pub(crate) fn write_report(
    report: &Report,
    outputs: &[Output<Format>],
    detail: &DetailArgs,
) -> Result<(), Failure> {
    warn_of_left_out(report, &report.findings, outputs)?;
    write(outputs, |format, style, out| render(report, format, detail.apply(style), out))
}

/// Says of what a format leaves out that it does.
pub(crate) fn warn_of_left_out(
    report: &Report,
    findings: &dyn Rows<Finding>,
    outputs: &[Output<Format>],
) -> io::Result<()> {
    for Output { format, .. } in outputs {
        let left_out = format.left_out(report, findings)?;
        if left_out > 0 {
            let (name, findings) = (format.name(), counted(left_out, "finding"));
            let why =
                "of an account whose id or region is not known, which Security Hub does not accept";
            terminal::warn(&format!("{name} leaves out {findings} {why}"));
        }
    }
    Ok(())
}

/// Names accounts that were not judged, if there is a format that does not.
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
    let unjudged = unjudged.iter().map(|(id, status)| (id.as_str(), *status));
    if let Some(sentence) = portcullis_report::unjudged(unjudged).filter(|_| !silent.is_empty()) {
        terminal::warn(&format!("{sentence} (not shown in {})", silent.join(", ")));
    }
}

/// Writes the result everywhere it can, and then fails if anywhere it could not.
pub(crate) fn write<F: Copy>(
    outputs: &[Output<F>],
    render: impl Fn(F, Style, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    // Files first: who reads standard output may go away at any time.
    let (files, streams): (Vec<_>, Vec<_>) = outputs.iter().partition(|o| o.path.is_some());
    let mut outcomes = Vec::new();
    for Output { format, path } in files.into_iter().chain(streams) {
        let render = |style, out: &mut dyn Write| render(*format, style, out);
        outcomes.push(match path {
            Some(path) => place(path).map_err(Failure::from).and_then(|place| {
                write_file(&place, |out| render(terminal::file_style(), out))
                    .map_err(|error| unwritable(path, &error).into())
            }),
            None => terminal::print(|out| render(terminal::stdout_style(), out)),
        });
    }
    last_failure(outcomes)
}

/// The last of several failures, of which the others are printed.
pub(crate) fn last_failure(
    outcomes: impl IntoIterator<Item = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut failed: Option<Failure> = None;
    for failure in outcomes.into_iter().filter_map(Result::err) {
        if let Some(earlier) = failed.replace(failure) {
            earlier.print();
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Writes a file whole or not at all: a killed run leaves what was there before.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let before = fs::metadata(path).ok();
    if let Some(metadata) = &before {
        // A file that may not be written may not be replaced, though its directory would let it.
        let file = fs::OpenOptions::new().write(true).open(path)?;
        if !metadata.is_file() {
            // A device such as /dev/null, or a pipe, cannot be replaced.
            return buffered(file, write).map(drop);
        }
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    replace_file(path, directory, before, write)
}

/// Writes a file that only its owner can read until it takes the place of the one before.
fn replace_file(
    path: &Path,
    directory: &Path,
    before: Option<fs::Metadata>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let file = signals::delayed(|unfinished| {
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory);
        // Its message would name the temporary file.
        let file = file.map_err(|error| io::Error::from(error.kind()))?;
        *unfinished = Some(file.path().to_owned());
        Ok::<_, io::Error>(file)
    })??;
    let file = buffered(file, write)?;
    let permissions = match before {
        // Who may read the old report may read the new one, and nobody else.
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

/// Writes all of it; the file, for what is left to do.
fn buffered<W: Write>(
    file: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<W> {
    let mut buffer = BufWriter::new(file);
    write(&mut buffer)?;
    buffer.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The permissions that any new file in a directory has, as one that is gone at once shows.
fn usual_permissions(directory: &Path) -> io::Result<fs::Permissions> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    Ok(builder.tempfile_in(directory)?.as_file().metadata()?.permissions())
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
        let command = command.args(["--exact", name]).env(DIRECTORY, directory.path());
        let mut writer = command.spawn().unwrap();
        while files() == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        let start = Instant::now();
        Command::new("kill").args(["-INT", &writer.id().to_string()]).status().unwrap();
        assert_eq!(writer.wait().unwrap().signal(), Some(2));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(files(), 0);
    }
}
