//! Inputs: files, directories and streams, combined into one activity.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::mem;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    AccountId, Activity, Coverage, Form, InputGap, Period, RegionCoverage, is_region,
};

use crate::digest::{Digest, file_name};
use crate::input::{Found, Input, MAX_LENGTH, begins_as_log, sha256};
use crate::pool::Pool;

/// What the names of logs end with. One of these is read whatever it holds: it may be damaged.
const LOG_EXTENSIONS: [&str; 5] = ["csv", "gz", "json", "jsonl", "ndjson"];

/// A region in use records something every day. Where there is no event, no log file is written.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// Reads inputs, one after another, and puts together what they hold.
#[derive(Default)]
pub struct ActivityReader {
    inputs: Vec<Input>,
    /// The events of all inputs, each put here when its input has ended, so that never all are there twice.
    found: Vec<Found>,
    pool: Pool,
    passed_over: Vec<PathBuf>,
}

impl ActivityReader {
    /// Reads a file, or all files below a directory that may be logs; links in it are not followed. Only a path
    /// that cannot be opened itself is an error: whatever else cannot be read is a gap.
    pub fn read_path(&mut self, path: &Path) -> io::Result<()> {
        self.read_some(path, |_| true)
    }

    /// The same, but for files that are not taken.
    pub fn read_some(
        &mut self,
        path: &Path,
        mut takes: impl FnMut(&Path) -> bool,
    ) -> io::Result<()> {
        if fs::metadata(path)?.is_dir() {
            let mut files = Vec::new();
            list(path, &mut files)?;
            self.passed_over.extend(files.extract_if(.., |file| !may_be_log(file)));
            files.retain(|file| takes(file));
            let numbered: Vec<_> = (self.inputs.len()..).zip(&files).collect();
            let found = Mutex::new(mem::take(&mut self.found));
            self.inputs.extend(side_by_side(&numbered, |(number, path), pool| {
                let mut input = read_file(path, pool);
                put(&mut input, *number, &mut found.lock().unwrap_or_else(PoisonError::into_inner));
                input
            }));
            self.found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        } else if takes(path) {
            let input = Input::read_file(path, &mut self.pool)?;
            self.add(input);
        }
        Ok(())
    }

    fn add(&mut self, mut input: Input) {
        put(&mut input, self.inputs.len(), &mut self.found);
        self.inputs.push(input);
    }

    /// Reads a stream. No digest counts it among its log files, since it has the name of none.
    pub fn read_stream(&mut self, name: &str, stream: impl Read) {
        let input = Input::read(name.to_owned(), stream, MAX_LENGTH, &mut self.pool);
        self.add(input);
    }

    /// The files below directories that do not look like logs, and were not read.
    #[must_use]
    pub fn passed_over(&self) -> &[PathBuf] {
        &self.passed_over
    }

    /// Everything that was read, each event once.
    #[must_use]
    pub fn finish(self) -> Activity {
        drop(self.pool);
        activity(self.inputs, self.found)
    }
}

/// All files below the directory, in the order of their names.
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::path);
    for entry in entries {
        let path = entry.path();
        // A directory that cannot be listed is read as a file, which fails and says why.
        if !entry.file_type()?.is_dir() || list(&path, files).is_err() {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file may be a log, by its name or its beginning. So may what cannot be opened, so that it is reported.
fn may_be_log(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_named = LOG_EXTENSIONS.iter().any(|known| extension == *known);
    is_named || path.is_symlink() || !path.is_file() || begins_as_log(path).unwrap_or(true)
}

/// Does the work on each of the items, side by side, with something that each thread keeps for its own; the
/// results are in the order of the items.
fn side_by_side<T: Sync, S: Default, R: Send>(
    items: &[T],
    work: impl Fn(&T, &mut S) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut kept = S::default();
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return results };
            results.push((index, work(item, &mut kept)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut results = thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut results = work();
        for worker in workers {
            results.extend(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        results
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn read_file(path: &Path, pool: &mut Pool) -> Input {
    let trouble = if path.is_symlink() {
        "it is a link, which is not followed".to_owned()
    } else {
        match Input::read_file(path, pool) {
            Ok(input) => return input,
            Err(error) => format!("it cannot be opened: {error}"),
        }
    };
    let name = path.display().to_string();
    Input { name, trouble: BTreeMap::from([(trouble, 1)]), ..Input::default() }
}

/// The hashes of the log files that digests name, by their names. What was not read in whole has none.
fn hashes(inputs: &[Input]) -> HashMap<String, String> {
    let digests = inputs.iter().flat_map(|input| &input.digests);
    let named: HashSet<&str> =
        digests.flat_map(|digest| &digest.files).map(|file| file.name.as_str()).collect();
    let mut files = Vec::new();
    for input in inputs {
        let name = file_name(&input.name);
        if let Some(path) = &input.path
            && input.trouble.is_empty()
            && named.contains(name)
        {
            files.push((name.to_owned(), path));
        }
    }
    let hashes = side_by_side(&files, |(_, path), (): &mut ()| sha256(path));
    let mut known = HashMap::new();
    for ((name, _), hash) in files.into_iter().zip(hashes) {
        if let Ok(hash) = hash {
            known.insert(name, hash);
        }
    }
    known
}

/// Puts the events of the input of that number with those of others.
fn put(input: &mut Input, number: usize, found: &mut Vec<Found>) {
    for event in &mut input.found {
        event.input = u32::try_from(number).unwrap_or(u32::MAX);
    }
    if found.is_empty() {
        mem::swap(found, &mut input.found);
    } else {
        found.append(&mut mem::take(&mut input.found));
    }
}

/// The turns in which the inputs were delivered, by their numbers: of two corrections of an event the last one
/// counts, in whichever order the files are read.
fn turns(inputs: &[Input]) -> Vec<usize> {
    let mut by_delivery: Vec<usize> = (0..inputs.len()).collect();
    by_delivery.sort_by_key(|&number| delivery(&inputs[number].name));
    let mut turns = vec![0; inputs.len()];
    for (turn, number) in by_delivery.into_iter().enumerate() {
        turns[number] = turn;
    }
    turns
}

/// When a log file was delivered, by its name: `111122223333_CloudTrail_us-east-1_20261118T0855Z_….json.gz`. Others
/// have an order, too.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>
fn delivery(name: &str) -> (Option<&str>, &str, &str) {
    let file = file_name(name);
    (file.split('_').nth(3), file, name)
}

/// An account and region.
type Place = (String, String);

/// The place and the time of delivery of a file that has the name which CloudTrail gave it.
fn place_in_name(name: &str) -> Option<(Place, Timestamp)> {
    let mut parts = file_name(name).split('_');
    let (account, kind, region) = (parts.next()?, parts.next()?, parts.next()?);
    let delivered = parts.next()?.parse().ok()?;
    let is_named =
        AccountId::parse(account).is_some() && kind.starts_with("CloudTrail") && is_region(region);
    is_named.then(|| ((account.to_owned(), region.to_owned()), delivered))
}

/// CloudTrail mostly delivers an event within minutes, so that those of a file are near each other.
const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Of what a damaged log file lacks a part: by its name or else, since a file is of one place, by what was read of it.
fn damage(input: &Input) -> Option<(Place, Period)> {
    let mut times: Vec<Timestamp> = Vec::new();
    for day in input.regions.iter().flat_map(|seen| &seen.days) {
        times.extend([day.from, day.to]);
    }
    let place = match (place_in_name(&input.name), input.regions.as_slice()) {
        (Some((place, delivered)), _) => {
            times.push(delivered);
            place
        }
        (None, [only]) => (only.account.clone(), only.region.clone()),
        (None, _) => return None,
    };
    let from = times.iter().min()?.checked_sub(DELIVERED_WITHIN).ok()?;
    let to = times.iter().max()?.checked_add(DELIVERED_WITHIN).ok()?;
    Some((place, Period { from, to }))
}

fn activity(inputs: Vec<Input>, mut found: Vec<Found>) -> Activity {
    let mut coverage = Coverage::default();
    let mut regions = Regions::default();
    let hashes = hashes(&inputs);
    let turns = turns(&inputs);
    let mut damages = Vec::new();
    for mut input in inputs {
        *coverage.inputs.entry(input.form.unwrap_or(Form::Unknown)).or_default() += 1;
        if input.form == Some(Form::Empty) && place_in_name(&input.name).is_some() {
            input.trouble("it is empty, and CloudTrail writes no empty file".to_owned());
        }
        if input.is_damaged_log() {
            match damage(&input) {
                Some(damage) => damages.push(damage),
                None => coverage.unplaced.push(input.name.clone()),
            }
        }
        let records = &mut coverage.records;
        records.of_no_interest += input.records.of_no_interest;
        records.other_logs += input.records.other_logs;
        records.unreadable += input.records.unreadable;
        regions.add(&mut input, &hashes);
        coverage.gaps.extend(input.trouble.into_iter().map(|(what, times)| {
            let what = if times > 1 { format!("{what} ({times} times)") } else { what };
            InputGap { input: input.name.clone(), what }
        }));
    }
    let copies = found.len();
    // The copy of the highest rank first, and of several the latest. Nothing is sorted that would take more
    // memory.
    found.sort_unstable_by(|a, b| {
        let ids = a.event.id.cmp(&b.event.id);
        let ranks = b.rank().cmp(&a.rank()).then(b.event.at.cmp(&a.event.at));
        let [a, b] = [a, b].map(|it| (turns.get(it.input as usize), it.place()));
        ids.then(ranks).then(b.cmp(&a))
    });
    found.dedup_by(|copy, first| copy.event.id == first.event.id);
    coverage.records.duplicates = (copies - found.len()) as u64;
    found.sort_unstable_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
    let events: Vec<_> = found.into_iter().map(|found| found.event).collect();
    coverage.records.judged = events.len() as u64;
    for (place, period) in damages {
        if let Some(region) = regions.0.get_mut(&place) {
            for hole in unproved(period, &region.proved) {
                insert(&mut region.incomplete, hole, SignedDuration::ZERO);
            }
        }
    }
    coverage.regions = regions.0.into_values().collect();
    if !coverage.unplaced.is_empty() {
        for region in &mut coverage.regions {
            region.logged.clear();
        }
    }
    Activity { coverage, events }
}

/// What digests do not prove of a period.
fn unproved(period: Period, proved: &[Period]) -> Vec<Period> {
    let mut holes = Vec::new();
    let mut from = period.from;
    for known in proved {
        if from < known.from && from < period.to {
            holes.push(Period { from, to: known.from.min(period.to) });
        }
        from = from.max(known.to);
    }
    if from < period.to {
        holes.push(Period { from, to: period.to });
    }
    holes
}

/// The accounts' regions, by account and name.
#[derive(Default)]
struct Regions(BTreeMap<Place, RegionCoverage>);

impl Regions {
    /// Adds what an input says, given the hashes of the files that were read in whole.
    fn add(&mut self, input: &mut Input, hashes: &HashMap<String, String>) {
        let is_whole_log = input.form == Some(Form::LogFile) && input.trouble.is_empty();
        for seen in &input.regions {
            let region = self.entry(&seen.account, &seen.region);
            region.records += seen.records;
            for day in &seen.days {
                insert(&mut region.seen, *day, QUIET);
                if is_whole_log {
                    insert(&mut region.logged, *day, QUIET);
                }
            }
        }
        for digest in mem::take(&mut input.digests) {
            let Digest { account, region, period, files } = digest;
            let region = self.entry(&account, &region);
            let (mut missing, mut different) = (Vec::new(), Vec::new());
            for file in &files {
                match hashes.get(&file.name) {
                    None => missing.push(&file.name),
                    Some(hash) if !hash.eq_ignore_ascii_case(&file.sha256) => {
                        different.push(&file.name);
                    }
                    Some(_) => {}
                }
            }
            let has_all_files = missing.is_empty() && different.is_empty();
            // What could not be read of a look-up may be of that time.
            if has_all_files && input.records.unreadable == 0 {
                insert(&mut region.proved, period, SignedDuration::ZERO);
            } else if !has_all_files {
                insert(&mut region.incomplete, period, SignedDuration::ZERO);
            }
            for (files, trouble) in [
                (missing, "were not read in whole"),
                (different, "are not as CloudTrail delivered them"),
            ] {
                if let Some(first) = files.first() {
                    let count = files.len();
                    input.trouble(format!(
                        "it names log files that {trouble}: {count}, first {first}"
                    ));
                }
            }
        }
    }

    fn entry(&mut self, account: &str, region: &str) -> &mut RegionCoverage {
        let (account, region) = (account.to_owned(), region.to_owned());
        self.0.entry((account.clone(), region.clone())).or_insert(RegionCoverage {
            account,
            region,
            records: 0,
            seen: Vec::new(),
            logged: Vec::new(),
            proved: Vec::new(),
            incomplete: Vec::new(),
        })
    }
}

/// Adds a period, and joins those that lie no further apart than that.
fn insert(periods: &mut Vec<Period>, period: Period, apart: SignedDuration) {
    periods.push(period);
    periods.sort();
    periods.dedup_by(|next, before| {
        let touch = next.from.duration_since(before.to) <= apart;
        if touch {
            before.to = before.to.max(next.to);
        }
        touch
    });
}
