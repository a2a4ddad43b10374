//! Which management events a trail records: it may leave out those that only read, or all others.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html>

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Form, LeftOut};

use crate::input::Input;

/// What the trails of each account may leave out. A trail records the same in all its regions and, if it belongs to an
/// organization, in all accounts, so what is seen anywhere in its log files counts.
pub(crate) fn left_out(inputs: &[Input]) -> BTreeMap<String, LeftOut> {
    // Whether read-only events and others were seen of each trail.
    let mut seen_of: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    let mut trails_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // Other inputs may be a choice of events.
    for input in inputs
        .iter()
        .filter(|input| input.form == Some(Form::LogFile))
    {
        for region in &input.regions {
            let trail = organization(&input.name).unwrap_or(&region.account);
            let [reads, writes] = seen_of.entry(trail).or_default();
            *reads |= region.reads;
            *writes |= region.writes;
            trails_of.entry(&region.account).or_default().insert(trail);
        }
    }
    let mut left_out = BTreeMap::new();
    for (account, trails) in trails_of {
        let (mut has_reads, mut has_writes) = (false, false);
        for trail in trails {
            let [reads, writes] = seen_of[trail];
            has_reads |= reads;
            has_writes |= writes;
        }
        let missing = LeftOut { reads: has_writes && !has_reads, writes: has_reads && !has_writes };
        if missing != LeftOut::default() {
            left_out.insert(account.to_owned(), missing);
        }
    }
    left_out
}

/// The organization whose trail delivered a log file, by its path: `AWSLogs/o-aa111bb222/111122223333/CloudTrail/…`.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>
fn organization(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("AWSLogs/")?;
    rest.split('/')
        .next()
        .filter(|folder| folder.starts_with("o-"))
}
