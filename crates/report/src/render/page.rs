//! Lays out text for people. All text goes to terminals through here.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style as Paint};
use portcullis_model::Severity;

use crate::render::prose::{self, Block};
use crate::text::defuse;

/// How much of a report a person is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Detail {
    /// A line for each open finding.
    Brief,
    /// The worst findings in full, and the rest in a few lines.
    #[default]
    Usual,
    /// Everything.
    All,
}

/// The layout of text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Style {
    /// The number of columns. Longer commands and words are not cut.
    pub width: usize,
    /// Whether to use colours, as ANSI escapes.
    pub color: bool,
    /// How much to show.
    pub detail: Detail,
}

/// Bold text.
pub fn bold() -> Paint {
    Paint::new().effects(Effects::BOLD)
}

/// Text that matters less.
pub fn dim() -> Paint {
    Paint::new().effects(Effects::DIMMED)
}

/// The colour of a severity.
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

/// Writes lines of text, wrapped and [defused](defuse).
pub struct Page<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

impl<'a> Page<'a> {
    /// Creates an empty page.
    pub fn new(out: &'a mut dyn Write, style: Style) -> Page<'a> {
        Page { out, style }
    }

    /// Writes an empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Writes one line without wrapping it.
    pub fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        let text = defuse(text);
        if self.style.color {
            writeln!(self.out, "{paint}{text}{paint:#}")
        } else {
            writeln!(self.out, "{text}")
        }
    }

    /// Writes a title with the words before the colon in capitals: `NOT JUDGED: 3 rules`.
    pub(crate) fn title(&mut self, paint: Paint, title: &str) -> io::Result<()> {
        let (what, rest) = title.split_at(title.find(':').unwrap_or(title.len()));
        self.line(paint, &format!("{}{rest}", what.to_uppercase()))
    }

    /// Writes wrapped text. The first line follows `label`, and the others are indented by its width.
    pub fn item(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.painted_item(Paint::new(), label, text)
    }

    /// Writes wrapped text in a colour.
    pub fn painted_item(&mut self, paint: Paint, label: &str, text: &str) -> io::Result<()> {
        let (label, text) = (defuse(label), defuse(text));
        for line in prose::wrap(&text, self.style.width, &label) {
            self.line(paint, &line)?;
        }
        Ok(())
    }

    /// Writes paragraphs and commands, indented by this number of columns. Commands are not wrapped, so that they can be
    /// copied.
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
