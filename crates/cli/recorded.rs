//! What CloudTrail recorded, to be judged account by account, alone or with how the account is set up.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use portcullis_evidence::Bundle;
use portcullis_model::{AccountActivity, ActivitySummary, Gap, InputGap, Snapshot, Source};
use portcullis_rules::Evidence;
use portcullis_trail::{Filter, Reader, add_to, summarise};

use crate::failure::Failure;

/// The code of gaps for what could not be read.
const UNREADABLE: &str = "Unreadable";

/// What was recorded; nothing, unless logs were read.
#[derive(Default)]
pub(crate) struct Recorded {
    /// What is said of it in the report.
    pub(crate) summary: Option<ActivitySummary>,
    /// The facts, by the account's id.
    pub(crate) accounts: BTreeMap<String, AccountActivity>,
    gaps: Vec<Gap>,
}

impl Recorded {
    pub(crate) fn new(reader: Reader, filter: &Filter) -> Recorded {
        let (summary, accounts) = summarise(reader.finish(), filter);
        let gap =
            |gap: &InputGap| Gap::new(Source::CloudTrail, UNREADABLE, &gap.what).of(&gap.input);
        let gaps = summary.coverage.gaps.iter().map(gap).collect();
        Recorded { summary: Some(summary), accounts, gaps }
    }

    /// Adds to the facts of an account what was recorded there.
    pub(crate) fn add_to(&mut self, snapshot: &mut Snapshot) {
        snapshot.gaps.extend(self.gaps.iter().cloned());
        snapshot.gaps.sort();
        if let Some(activity) = self.accounts.remove(&snapshot.account.id) {
            add_to(snapshot, activity);
        }
    }
}

/// What there is to judge where those are the bundles and the paths of logs.
pub(crate) fn evidence(bundles: &[PathBuf], logs: &[PathBuf]) -> Evidence {
    let is_recorded = !logs.is_empty() || bundles.iter().any(|path| Bundle::holds_activity(path));
    if is_recorded { Evidence::Both } else { Evidence::Account }
}

/// Reads files, directories and, for `-`, standard input.
pub(crate) fn read_logs(reader: &mut Reader, paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        if path == Path::new("-") {
            reader.read_stream("standard input", io::stdin().lock());
        } else {
            let unreadable = |error| format!("cannot read {}: {error}", path.display());
            reader.read_path(path).map_err(unreadable)?;
        }
    }
    Ok(())
}

/// Reads the event history that `collect --signins` saved in a bundle, if it did.
pub(crate) fn read_history(reader: &mut Reader, bundle: &Bundle, path: &Path) {
    if let Some(document) = bundle.documents.get(&Source::CloudTrail) {
        let name = path.join(&document.file).display().to_string();
        reader.read_stream(&name, document.bytes.as_slice());
    }
}
