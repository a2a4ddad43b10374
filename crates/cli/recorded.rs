//! CloudTrail's records, judged account by account, alone or with the account's settings.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use portcullis_evidence::Bundle;
use portcullis_model::{
    AccountActivity, AccountId, ActivitySummary, Form, Gap, InputGap, Share, Snapshot, Source,
};
use portcullis_rules::Evidence;
use portcullis_trail::{ActivityReader, Filter, add_to, explain_refusals, summarise};

use crate::failure::Failure;
use crate::{input, terminal};

/// The code of gaps in the answer to a lookup.
const UNREADABLE: &str = "Unreadable";
/// The name of a live event history as an input.
pub(crate) const HISTORY: &str = "the event history";

/// CloudTrail's records; empty if no logs were read.
#[derive(Default)]
pub(crate) struct Recorded {
    /// The summary for the report.
    pub(crate) summary: Option<ActivitySummary>,
    /// The facts by account id.
    pub(crate) accounts: BTreeMap<String, AccountActivity>,
    gaps: Vec<Gap>,
}

impl Recorded {
    pub(crate) fn new(reader: ActivityReader, filter: &Filter) -> Recorded {
        let (summary, accounts) = summarise(reader.finish(), filter);
        let mut gaps = Vec::new();
        for InputGap { input, what } in &summary.coverage.gaps {
            let code = if is_history(input) {
                UNREADABLE
            } else {
                Gap::UNREADABLE_FILE
            };
            gaps.push(Gap::new(Source::CloudTrail, code, what.as_str()).for_resource(input));
        }
        Recorded { summary: Some(summary), accounts, gaps }
    }

    /// Refuses paths without any record of CloudTrail, which are a mistake and not a period without sign-ins.
    pub(crate) fn refuse_foreign(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        let Some(summary) = &self.summary else {
            return Ok(());
        };
        let coverage = &summary.coverage;
        let records = coverage.records;
        if records.total() > records.unreadable || records.other_logs > 0 {
            return Ok(());
        }
        for form in coverage.inputs.keys() {
            match form {
                Form::Empty | Form::Unknown => {}
                // JSON of any program has one of these forms.
                Form::List | Form::Lines if !coverage.gaps.is_empty() => {}
                _ => return Ok(()),
            }
        }
        let names: Vec<String> = paths.iter().map(|path| input::name(path)).collect();
        let mut says = format!("there is no CloudTrail event in {}", names.join(", "));
        if let Some(gap) = coverage.gaps.first() {
            says = format!("{says} ({}: {})", gap.input, gap.what);
        }
        Err(Failure::with_help(
            says,
            "name log files, directories of them, or what `aws cloudtrail lookup-events --output \
             json` prints; `audit` reads bundles",
        ))
    }

    /// Adds the records of an account to its facts.
    pub(crate) fn add_to(&mut self, snapshot: &mut Snapshot) {
        snapshot.gaps.extend(self.gaps.iter().cloned());
        match self.accounts.remove(&snapshot.account.id) {
            Some(activity) => add_to(snapshot, activity),
            None if self.summary.is_some() && self.gaps.is_empty() => snapshot.gaps.push(Gap::new(
                Source::CloudTrail,
                Gap::NOT_IN_LOGS,
                "the logs contain nothing for this account that was requested",
            )),
            None => {}
        }
        snapshot.gaps.sort();
        if let Some(summary) = &mut self.summary {
            explain_refusals(summary, snapshot);
        }
    }
}

/// Whether an input is AWS's answer to a lookup of Portcullis.
fn is_history(input: &str) -> bool {
    input == HISTORY || Path::new(input).ends_with(format!("{}.json", Source::CloudTrail))
}

/// The kinds of evidence in these bundles and logs.
pub(crate) fn evidence(bundles: &[PathBuf], logs: &[PathBuf]) -> Evidence {
    let is_recorded = !logs.is_empty() || bundles.iter().any(|path| Bundle::holds_activity(path));
    if is_recorded {
        Evidence::Both
    } else {
        Evidence::Account
    }
}

/// Reads a share of log files, whose names begin with their accounts.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>
pub(crate) fn read_share(
    reader: &mut ActivityReader,
    paths: &[PathBuf],
    share: Share,
) -> Result<(), Failure> {
    let mut unnamed = None;
    for path in paths {
        let is_in_share = |file: &Path| {
            if let Some(account) = account_in_name(file) {
                return share.holds(account);
            }
            unnamed.get_or_insert_with(|| file.to_owned());
            false
        };
        reader
            .read_some(path, is_in_share)
            .map_err(|error| unreadable(path, &error))?;
    }
    note_passed_over(reader);
    match unnamed {
        None => Ok(()),
        Some(file) => Err(Failure::with_help(
            format!("{} does not begin with the id of an account", file.display()),
            "shares are made by account, which a log file names: keep the names that CloudTrail gave the files",
        )),
    }
}

/// The account of a log file or digest: `111122223333_CloudTrail_us-east-1_….json.gz`.
fn account_in_name(file: &Path) -> Option<AccountId> {
    AccountId::parse(file.file_name()?.to_str()?.split('_').next()?)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("cannot read {}: it does not exist", path.display()),
        _ => format!("cannot read {}: {error}", path.display()),
    }
}

/// Reads files, directories and, for `-`, standard input.
pub(crate) fn read_logs(reader: &mut ActivityReader, paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        if input::is_stream(path) {
            reader.read_stream(&input::name(path), io::stdin().lock());
        } else {
            reader
                .read_path(path)
                .map_err(|error| unreadable(path, &error))?;
        }
    }
    note_passed_over(reader);
    Ok(())
}

/// Notes which files were not read, since they are not logs.
fn note_passed_over(reader: &ActivityReader) {
    match reader.passed_over() {
        [] => {}
        [file] => terminal::note(&format!(
            "{} does not look like a CloudTrail log, so it was not read",
            file.display()
        )),
        [first, rest @ ..] => terminal::note(&format!(
            "{} files do not look like CloudTrail logs, so they were not read; the first is {}",
            rest.len() + 1,
            first.display()
        )),
    }
}

/// Reads the event history in a bundle, if `collect --signins` saved one.
pub(crate) fn read_history(reader: &mut ActivityReader, bundle: &Bundle, path: &Path) {
    if let Some(document) = bundle.documents.get(&Source::CloudTrail) {
        let name = path.join(&document.file).display().to_string();
        reader.read_stream(&name, document.bytes.as_slice());
    }
}
