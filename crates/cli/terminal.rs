//! The terminal that text is laid out for.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use portcullis_report::{Detail, Page, Style};

use crate::failure::{Failure, quoted};

/// The width of text for something other than a terminal.
const WIDTH: usize = 80;
/// Narrower terminals wrap by themselves; longer lines are hard to read.
const WIDTHS: std::ops::RangeInclusive<u16> = 40..=120;

/// Decides for the whole process when to colour. `auto` colours on a terminal, unless `NO_COLOR` is set.
pub(crate) fn choose_color(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// The layout of text for standard output.
pub(crate) fn stdout_style() -> Style {
    let stdout = io::stdout();
    let size = terminal_size::terminal_size_of(&stdout);
    style(size, AutoStream::choice(&stdout))
}

/// The layout of text for standard error.
pub(crate) fn stderr_style() -> Style {
    let stderr = io::stderr();
    let size = terminal_size::terminal_size_of(&stderr);
    style(size, AutoStream::choice(&stderr))
}

fn style(
    size: Option<(terminal_size::Width, terminal_size::Height)>,
    choice: ColorChoice,
) -> Style {
    let columns = size.map(|(columns, _)| columns.0.clamp(*WIDTHS.start(), *WIDTHS.end()));
    let width = columns.map_or(WIDTH, usize::from);
    Style { width, color: choice != ColorChoice::Never, detail: Detail::Usual }
}

/// The layout of text for a file.
pub(crate) fn file_style() -> Style {
    Style { width: WIDTH, color: false, detail: Detail::Usual }
}

/// The width of the terminal that shows standard error; none if it goes elsewhere, or is one that cannot clear a line.
pub(crate) fn watched_width() -> Option<usize> {
    let stderr = io::stderr();
    let width = match terminal_size::terminal_size_of(&stderr) {
        Some((columns, _)) if columns.0 > 1 => usize::from(columns.0),
        _ => WIDTH,
    };
    let clears_lines = env::var_os("TERM").is_none_or(|name| name != "dumb");
    (stderr.is_terminal() && clears_lines).then_some(width)
}

/// Writes to standard output. It is not an error if the reader goes away.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    // The style has decided about colours already; this translates them for old Windows consoles.
    let stdout = AutoStream::new(io::stdout().lock(), ColorChoice::Always);
    let mut stdout = BufWriter::new(stdout);
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}").into())
        }
        _ => {
            // The buffer is empty or has no reader, so dropping it must not flush it again.
            let _ = stdout.into_parts();
            Ok(())
        }
    }
}

/// Lays out text on standard output.
pub(crate) fn print_page(
    write: impl FnOnce(&mut Page<'_>) -> io::Result<()>,
) -> Result<(), Failure> {
    print(|out| write(&mut Page::new(out, stdout_style())))
}

/// Clears the line that a terminal shows, which the next output would continue.
pub(crate) const CLEAR: &str = "\r\u{1b}[K";

/// Clears a progress line, if the next output goes to the same terminal.
pub(crate) fn clear_line() {
    if io::stdout().is_terminal() && watched_width().is_some() {
        let _ = write!(io::stderr(), "{CLEAR}");
    }
}

/// Prints a note to standard error.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "note: {}", quoted(text));
}

/// Prints a warning to standard error.
pub(crate) fn warn(text: &str) {
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    let text = quoted(text);
    let _ = writeln!(anstream::stderr(), "{yellow}warning:{yellow:#} {text}");
}
