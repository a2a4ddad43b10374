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

use portcullis_model::{Finding, Report};
use thiserror::Error;

use crate::Style;
use crate::render::view::View;
use crate::rows::Rows;
use crate::words::counted;

/// Writes a report in one format.
type Writer = fn(&View<'_>, &mut dyn Write) -> io::Result<()>;

/// Declares formats, each with its name on the command line and its writer.
macro_rules! formats {
    (
        $(#[$about:meta])*
        $formats:ident: $writer:ty;
        $($(#[$doc:meta])* $variant:ident = $name:literal, $write:expr;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $formats {
            $($(#[$doc])* $variant,)*
        }

        impl $formats {
            /// Every format.
            pub const ALL: &[$formats] = &[$($formats::$variant,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self { $($formats::$variant => $name,)* }
            }

            fn writer(self) -> $writer {
                match self { $($formats::$variant => $write,)* }
            }
        }

        impl std::str::FromStr for $formats {
            type Err = $crate::UnknownFormat;

            fn from_str(name: &str) -> Result<$formats, $crate::UnknownFormat> {
                match name {
                    $($name => Ok($formats::$variant),)*
                    _ => Err($crate::UnknownFormat { names: vec![$($name,)*] }),
                }
            }
        }
    };
}

pub(crate) use formats;

formats! {
    /// A form in which a report can be written.
    Format: Writer;
    /// Text for people at a terminal.
    Table = "table", table::write;
    /// A page for a browser.
    Html = "html", html::write;
    /// Text for a pull request or a step summary.
    Markdown = "markdown", markdown::write;
    /// The report as it is, in the form of `schemas/report-v1.schema.json`.
    Json = "json", json::write;
    /// A line of JSON per finding.
    Jsonl = "jsonl", jsonl::write;
    /// A row per finding, for spreadsheets.
    Csv = "csv", csv::write;
    /// Code scanning, by SARIF 2.1.0.
    Sarif = "sarif", sarif::write;
    /// Test results, by the JUnit schemas of Jenkins and Ant.
    Junit = "junit", junit::write;
    /// GitHub's workflow commands, which become annotations.
    Github = "github", github::write;
    /// GitLab's code quality report.
    Gitlab = "gitlab", gitlab::write;
    /// Compliance Findings of the Open Cybersecurity Schema Framework.
    Ocsf = "ocsf", ocsf::write;
    /// The AWS Security Finding Format of Security Hub.
    Asff = "asff", asff::write;
}

impl Format {
    /// Whether the format has only findings, so that it does not show which accounts were not judged.
    pub fn holds_findings_alone(self) -> bool {
        matches!(self, Format::Jsonl | Format::Csv | Format::Gitlab | Format::Ocsf | Format::Asff)
    }

    /// How many findings the format leaves out because its readers would refuse them, and why; none
    /// if it leaves none out.
    pub fn left_out(
        self,
        report: &Report,
        findings: &dyn Rows<Finding>,
    ) -> io::Result<Option<String>> {
        let (count, why) = match self {
            Format::Asff => (
                asff::left_out(report, findings)?,
                "Security Hub does not accept findings without a known account id and region",
            ),
            Format::Sarif => (
                sarif::left_out(report, findings)?,
                "GitHub accepts at most 20 accounts in a file; it has those with the most severe findings",
            ),
            _ => return Ok(None),
        };
        Ok((count > 0).then(|| format!("{}: {why}", counted(count, "finding"))))
    }
}

/// The name is not that of a format.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("unknown format; there are: {}", names.join(", "))]
pub struct UnknownFormat {
    /// The names that there are.
    pub names: Vec<&'static str>,
}

/// Writes the report in this format. Only the table uses the style.
pub fn render(
    report: &Report,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    render_apart(report, &report.findings, format, style, out)
}

/// Writes the report like [`render`], with findings that are kept elsewhere, in any format except JSON.
pub fn render_apart(
    report: &Report,
    findings: &dyn Rows<Finding>,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    format.writer()(&View::new(report, findings, style)?, out)
}
