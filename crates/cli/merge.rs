//! `merge`: joins the saved reports of different accounts.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_model::Share;
use portcullis_report::{Conflict, Format, Unmergeable, loosened};

use crate::args::MergeArgs;
use crate::crossings::SavedReports;
use crate::failure::Failure;
use crate::joined::{Joined, Spill, Whole};
use crate::output::Output;
use crate::{input, output, redaction, saved, terminal};

/// Joins and writes the reports. The exit status says whether shares are missing.
pub(crate) fn run(args: &MergeArgs) -> Result<u8, Failure> {
    let outputs = output::choose(&args.outputs, Format::Json)?;
    let mut paths = Vec::new();
    for path in &args.reports {
        paths.append(&mut files(path, &outputs)?);
    }
    input::check(paths.iter().chain(&args.redaction.salt_file), &outputs)?;
    let salt = redaction::salt(&args.redaction)?;
    let redacted = args.redaction.redact;
    let mut joined = Joined::default();
    let mut crossings = SavedReports::new()?;
    for path in &paths {
        let read = |spill: &mut Spill| match paths.len() {
            1 => saved::read_into(path, spill),
            _ => crossings.read(path, spill),
        };
        joined
            .read(read)?
            .map_err(|error| refused(error, &paths, redacted))?;
    }
    crossings.finish(&mut joined)?;
    let differ = joined.join.compare_periods();
    if differ {
        terminal::warn(loosened::DIFFERENT_PERIODS);
    }
    let missing = joined.join.expect_all_shares();
    let missing: Vec<String> = missing.iter().map(Share::to_string).collect();
    if !missing.is_empty() {
        terminal::warn(&format!(
            "reports for some shares of the accounts are missing: {}",
            missing.join(", ")
        ));
    }
    let whole = match joined.finish()? {
        Some(Whole::Held(report)) => {
            Whole::Held(Box::new(redaction::apply(*report, salt.as_ref())?))
        }
        Some(Whole::Filed(filed)) => {
            Whole::Filed(Box::new(redaction::once(*filed, salt.as_ref())?))
        }
        None => return Err(refused(Unmergeable::Nothing, &paths, redacted)),
    };
    output::warn_of_unjudged(&whole.unjudged()?, outputs.iter().map(Output::format));
    whole.write(&outputs, &args.detail)?;
    Ok(if missing.is_empty() && !differ { 0 } else { 3 })
}

/// The report at this path or, for a directory, the reports in it except those that the outputs replace.
fn files(path: &Path, outputs: &[Output<Format>]) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| format!("cannot read {}: {error}", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_report = file
            .extension()
            .is_some_and(|extension| extension == "json");
        if is_report && !outputs.iter().any(|output| output.replaces(&file)) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The failure to join the reports at these paths. If they are redacted, it names no account.
pub(crate) fn refused(error: Unmergeable, paths: &[PathBuf], redacted: bool) -> Failure {
    match error {
        Unmergeable::Nothing => Failure::with_help(
            "there is no report to join",
            "name JSON reports that `audit -o json=FILE` wrote, or a directory of them",
        ),
        Unmergeable::Pair { places, conflict } => {
            let [first, second] = places.map(|place| {
                paths
                    .get(place)
                    .map_or("a report".into(), |path: &PathBuf| input::name(path))
            });
            let why = match &conflict {
                Conflict::SameAccount(_) if redacted => "both are for the same account".into(),
                _ => conflict.to_string(),
            };
            let what = format!("{first} and {second} cannot be joined: {why}");
            Failure::with_help(what, help(&conflict))
        }
    }
}

fn help(conflict: &Conflict) -> &'static str {
    match conflict {
        Conflict::SameAccount(_) => {
            "leave one of them out, or compare a saved report of each with `portcullis diff`"
        }
        Conflict::Unidentified => "add caller-identity.json to the bundles that lack it",
        Conflict::Redaction => "redact all reports with the same salt, or none",
        Conflict::Version | Conflict::Rules | Conflict::Options => {
            "audit all accounts with the same version, configuration and options"
        }
    }
}
