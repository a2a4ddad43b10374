//! The formats: one file each, and one line in the list below.

mod asff;
mod code_quality;
mod csv;
mod duplicates;
mod github;
mod gitlab;
mod html;
pub(crate) mod json;
mod jsonl;
mod junit;
mod markdown;
mod ocsf;
mod sarif;
mod security_event;
mod table;

use std::io::{self, Write};
use std::str::FromStr;

use portcullis_model::{Finding, Report};
use thiserror::Error;

use crate::Style;
use crate::render::view::View;
use crate::rows::Rows;

/// Writes a report in one format.
type Writer = fn(&View<'_>, &mut dyn Write) -> io::Result<()>;

/// Declares the formats; a format has the name of its module.
macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $module:ident,)*) => {
        /// A form in which a report can be written.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Format {
            $($(#[$doc])* $variant,)*
        }

        impl Format {
            /// Every format.
            pub const ALL: &[Format] = &[$(Format::$variant,)*];

            /// The name on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Format::$variant => stringify!($module),)* }
            }

            fn writer(self) -> Writer {
                match self { $(Format::$variant => $module::write,)* }
            }
        }
    };
}

formats! {
    /// Text for people at a terminal.
    Table = table,
    /// A page for a browser.
    Html = html,
    /// Text for a pull request or a step summary.
    Markdown = markdown,
    /// The report as it is, in the form of `schemas/report-v1.schema.json`.
    Json = json,
    /// A line of JSON a finding.
    Jsonl = jsonl,
    /// A row a finding, for spreadsheets.
    Csv = csv,
    /// Code scanning, by SARIF 2.1.0.
    Sarif = sarif,
    /// Test results, by the JUnit schemas of Jenkins and Ant.
    Junit = junit,
    /// GitHub's workflow commands, which become annotations.
    Github = github,
    /// GitLab's code quality report.
    Gitlab = gitlab,
    /// Compliance Findings of the Open Cybersecurity Schema Framework.
    Ocsf = ocsf,
    /// The AWS Security Finding Format of Security Hub.
    Asff = asff,
}

impl Format {
    /// Whether it holds findings alone, so that nobody sees in it which accounts were not judged.
    #[must_use]
    pub fn holds_findings_alone(self) -> bool {
        matches!(self, Format::Jsonl | Format::Csv | Format::Gitlab | Format::Ocsf | Format::Asff)
    }

    /// How many findings it leaves out because whoever reads it would refuse them.
    pub fn left_out(self, report: &Report, findings: &dyn Rows<Finding>) -> io::Result<usize> {
        match self {
            Format::Asff => asff::left_out(report, findings),
            _ => Ok(0),
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        find(Format::ALL, Format::name, name)
    }
}

/// The format of that name.
pub(crate) fn find<F: Copy>(
    all: &[F],
    name_of: fn(F) -> &'static str,
    name: &str,
) -> Result<F, UnknownFormat> {
    let format = all.iter().copied().find(|format| name_of(*format) == name);
    format.ok_or_else(|| UnknownFormat { names: all.iter().copied().map(name_of).collect() })
}

/// The name is not that of a format.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("unknown format; there are: {}", names.join(", "))]
pub struct UnknownFormat {
    /// The names that there are.
    pub names: Vec<&'static str>,
}

/// Writes the report in that format. The style matters to the table only.
pub fn render(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    render_apart(report, &report.findings, format, style, out)
}

/// Writes the report as [`render`] does, in any format but JSON, with findings that are kept apart from it.
pub fn render_apart(
    report: &Report,
    findings: &dyn Rows<Finding>,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    format.writer()(&View::new(report, findings, style)?, out)
}
