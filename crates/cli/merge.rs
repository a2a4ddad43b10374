//! `merge`: the saved reports of different accounts as one.

use std::path::PathBuf;

use portcullis_report::{Conflict, Format, Unmergeable, merge, render};

use crate::args::MergeArgs;
use crate::evidence::Names;
use crate::failure::Failure;
use crate::{output, saved};

pub(crate) fn run(args: &MergeArgs) -> Result<(), Failure> {
    let outputs = output::choose(&args.outputs, Format::Json)?;
    saved::check_streams(&args.reports)?;
    let reports = args.reports.iter().map(|path| saved::read(path));
    let report = merge(reports.collect::<Result<_, _>>()?)
        .map_err(|error| refused(error, &args.reports, Names::Shown))?;
    output::write(&outputs, |format, style, out| {
        render(&report, format, args.detail.apply(style), out)
    })
}

/// Why reports cannot be joined that were made of what is at those paths.
pub(crate) fn refused(error: Unmergeable, paths: &[PathBuf], names: Names) -> Failure {
    match error {
        Unmergeable::Nothing => Failure::from("there is no report to join"),
        Unmergeable::Pair { places, conflict } => {
            let name = |place: usize| {
                paths.get(place).map_or("a report".into(), |path: &PathBuf| saved::name(path))
            };
            let [first, second] = places.map(name);
            let why = match (names, &conflict) {
                (Names::Redacted, Conflict::SameAccount(_)) => {
                    "both are of the same account".into()
                }
                _ => conflict.to_string(),
            };
            let what = format!("{first} and {second} cannot be joined: {why}");
            Failure::with_help(what, help(&conflict))
        }
    }
}

fn help(conflict: &Conflict) -> &'static str {
    match conflict {
        Conflict::SameAccount(_) => "leave one of them out, or compare them with `portcullis diff`",
        Conflict::Unidentified => "add caller-identity.json to the bundles that lack it",
        Conflict::Redaction => "redact all reports with the same salt, or none",
        Conflict::Version | Conflict::Rules | Conflict::Options => {
            "audit all accounts with the same version, configuration and options"
        }
    }
}
