//! A page of text for people: the one place where text meets a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style as Paint};
use portcullis_model::Severity;

use crate::render::prose::{self, Block};
use crate::text::defuse;

/// How much of a report a person is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Detail {
    /// A line for each open finding; of a page, its head.
    Brief,
    /// The worst in full, and the rest in a few lines.
    #[default]
    Usual,
    /// All of it.
    All,
}

/// How text is laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Style {
    /// The number of columns. Commands and words that are longer stand out rather than be cut.
    pub width: usize,
    /// Whether to colour it by ANSI escapes.
    pub color: bool,
    /// How much of it there is.
    pub detail: Detail,
}

/// Bold text.
#[must_use]
pub fn bold() -> Paint {
    Paint::new().effects(Effects::BOLD)
}

/// Text that matters less.
#[must_use]
pub fn dim() -> Paint {
    Paint::new().effects(Effects::DIMMED)
}

/// The colour of a severity.
#[must_use]
pub fn severity_style(severity: Severity) -> Paint {
    let color = match severity {
        Severity::Critical => AnsiColor::BrightRed,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::Blue,
    };
    bold().fg_color(Some(color.into()))
}

/// Writes lines of text, wrapped, and [defused](defuse) whatever they hold.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new(out: &'a mut dyn Write, style: Style) -> Page<'a> {
        Page { out, style }
    }

    /// An empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// One line, as long as it is.
    pub fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        let text = defuse(text);
        if self.style.color {
            writeln!(self.out, "{paint}{text}{paint:#}")
        } else {
            writeln!(self.out, "{text}")
        }
    }

    /// A title with what stands before its colon in capitals: `NOT JUDGED: 3 rules`.
    pub(crate) fn title(&mut self, paint: Paint, title: &str) -> io::Result<()> {
        let (what, rest) = title.split_at(title.find(':').unwrap_or(title.len()));
        self.line(paint, &format!("{}{rest}", what.to_uppercase()))
    }

    /// Text that wraps: its first line follows `label`, the others stand below its first word.
    pub fn item(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.painted_item(Paint::new(), label, text)
    }

    /// Text that wraps, in that colour.
    pub fn painted_item(&mut self, paint: Paint, label: &str, text: &str) -> io::Result<()> {
        let (label, text) = (defuse(label), defuse(text));
        for line in prose::wrap(&text, self.style.width, &label) {
            self.line(paint, &line)?;
        }
        Ok(())
    }

    /// Text of several paragraphs and commands, indented by so many columns. Commands keep their
    /// lines, however long, so that they can be copied.
    pub fn prose(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let margin = " ".repeat(indent);
        for block in prose::blocks(text) {
            match block {
                Block::Paragraph(words) => self.item(&margin, &words)?,
                Block::Command(line) => self.line(Paint::new(), &format!("{margin}  {line}"))?,
            }
        }
        Ok(())
    }
}
