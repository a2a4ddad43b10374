//! Reads files, directories and streams, and combines them into one activity.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    AccountId, Activity, Coverage, Form, InputGap, Period, RegionCoverage, RootCall, each_on,
    is_region,
};

use crate::digest::{Digest, file_name};
use crate::input::{Found, Input, MAX_LENGTH, begins_as_log, sha256};
use crate::pool::Pool;
use crate::selection::left_out;

/// The extensions of log files. Such a file is read whatever it contains, since it may be damaged.
const LOG_EXTENSIONS: [&str; 5] = ["csv", "gz", "json", "jsonl", "ndjson"];

/// How far apart events may lie without a gap in coverage: a region in use records something every day, and
/// CloudTrail writes no log file without events.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// Reads inputs one after another, and combines them.
#[derive(Default)]
pub struct ActivityReader {
    inputs: Vec<Input>,
    /// The events of all inputs, moved here at the end of each input, so that they are never in memory twice.
    found: Vec<Found>,
    pool: Pool,
    passed_over: Vec<PathBuf>,
}

impl ActivityReader {
    /// Reads a file, or all files below a directory that may be logs, without following links. It is an error only
    /// if the path itself cannot be opened; anything else that cannot be read is a gap.
    pub fn read_path(&mut self, path: &Path) -> io::Result<()> {
        self.read_some(path, |_| true)
    }

    /// Does the same, but reads only files for which `takes` returns true.
    pub fn read_some(
        &mut self,
        path: &Path,
        mut takes: impl FnMut(&Path) -> bool,
    ) -> io::Result<()> {
        if fs::metadata(path)?.is_dir() {
            let mut files = Vec::new();
            list(path, &mut files)?;
            self.passed_over
                .extend(files.extract_if(.., |file| !may_be_log(file)));
            files.retain(|file| takes(file));
            let numbered: Vec<_> = (self.inputs.len()..).zip(&files).collect();
            let found = Mutex::new(mem::take(&mut self.found));
            self.inputs
                .extend(each_on(threads(), &numbered, |(number, path), pool| {
                    let mut input = read_file(path, pool);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    move_events(&mut input, *number, &mut found);
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
        move_events(&mut input, self.inputs.len(), &mut self.found);
        self.inputs.push(input);
    }

    /// Reads a stream. Digests do not count it among their log files.
    pub fn read_stream(&mut self, name: &str, stream: impl Read) {
        let input = Input::read(name.to_owned(), stream, MAX_LENGTH, &mut self.pool);
        self.add(input);
    }

    /// The files below directories that were not read, since they do not look like logs.
    pub fn passed_over(&self) -> &[PathBuf] {
        &self.passed_over
    }

    /// Returns everything that was read, each event once.
    pub fn finish(self) -> Activity {
        drop(self.pool);
        activity(self.inputs, self.found)
    }
}

/// Lists all files below the directory, ordered by name.
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

/// Whether a file may be a log, judging by its name or its beginning. A file that cannot be opened counts, so that
/// it is reported.
fn may_be_log(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_named = LOG_EXTENSIONS.iter().any(|known| extension == *known);
    is_named || path.is_symlink() || !path.is_file() || begins_as_log(path).unwrap_or(true)
}

/// How many threads read files.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
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

/// The hashes of the log files that digests name, by file name. A file that was not read to its end has none.
fn hashes(inputs: &[Input]) -> HashMap<String, String> {
    let mut named = HashSet::new();
    for digest in inputs.iter().flat_map(|input| &input.digests) {
        named.extend(digest.files.iter().map(|file| file.name.as_str()));
    }
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
    let hashes = each_on(threads(), &files, |(_, path), (): &mut ()| sha256(path));
    let mut known = HashMap::new();
    for ((name, _), hash) in files.into_iter().zip(hashes) {
        if let Ok(hash) = hash {
            known.insert(name, hash);
        }
    }
    known
}

/// Moves the events of the input of that number to those of other inputs.
fn move_events(input: &mut Input, number: usize, found: &mut Vec<Found>) {
    for event in &mut input.found {
        event.input = u32::try_from(number).unwrap_or(u32::MAX);
    }
    found.append(&mut mem::take(&mut input.found));
}

/// The place of each input in the order of delivery. The last correction of an event counts, whatever the order in
/// which files are read.
fn delivery_order(inputs: &[Input]) -> Vec<usize> {
    let mut by_delivery: Vec<usize> = (0..inputs.len()).collect();
    by_delivery.sort_by_key(|&number| delivery(&inputs[number].name));
    let mut places = vec![0; inputs.len()];
    for (place, number) in by_delivery.into_iter().enumerate() {
        places[number] = place;
    }
    places
}

/// A key that orders log files by the time of delivery in their names:
/// `111122223333_CloudTrail_us-east-1_20261118T0855Z_….json.gz`. It gives other files an order, too.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>
fn delivery(name: &str) -> (Option<&str>, &str, &str) {
    let file = file_name(name);
    (file.split('_').nth(3), file, name)
}

/// An account and region.
type Place = (String, String);

/// The place and the time of delivery in the name that CloudTrail gives a log file.
fn place_in_name(name: &str) -> Option<(Place, Timestamp)> {
    let mut parts = file_name(name).split('_');
    let (account, kind, region) = (parts.next()?, parts.next()?, parts.next()?);
    let delivered = parts.next()?.parse().ok()?;
    let is_named =
        AccountId::parse(account).is_some() && kind.starts_with("CloudTrail") && is_region(region);
    is_named.then(|| ((account.to_owned(), region.to_owned()), delivered))
}

/// CloudTrail usually delivers an event within minutes, so the events of a file are close together.
const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What a damaged log file may have held.
struct Damage {
    place: Place,
    period: Period,
    /// When CloudTrail delivered it, if it has a name of CloudTrail's.
    delivered: Option<Timestamp>,
}

/// The place and the period that a damaged log file belongs to, by its name or by the events that were read, since a
/// file belongs to one place.
fn damage(input: &Input) -> Option<Damage> {
    let name = place_in_name(&input.name);
    let delivered = name.as_ref().map(|(_, delivered)| *delivered);
    let days = input.regions.iter().flat_map(|seen| &seen.days);
    let mut times: Vec<Timestamp> = days.flat_map(|day| [day.from, day.to]).collect();
    let place = match (name, input.regions.as_slice()) {
        (Some((place, delivered)), _) => {
            times.push(delivered);
            place
        }
        (None, [only]) => (only.account.clone(), only.region.clone()),
        (None, _) => return None,
    };
    let from = times.iter().min()?.checked_sub(DELIVERED_WITHIN).ok()?;
    let to = times.iter().max()?.checked_add(DELIVERED_WITHIN).ok()?;
    Some(Damage { place, period: Period { from, to }, delivered })
}

fn activity(inputs: Vec<Input>, mut found: Vec<Found>) -> Activity {
    let hashes = hashes(&inputs);
    let delivered = delivery_order(&inputs);
    let left_out = left_out(&inputs);
    let mut whole = Whole::default();
    for input in inputs {
        whole.add(input, &hashes);
    }
    let copies = found.len();
    keep_one_copy(&mut found, &delivered);
    found.sort_unstable_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
    let events: Vec<_> = found.into_iter().map(|found| found.event).collect();
    whole.coverage.records.judged = events.len() as u64;
    whole.coverage.records.duplicates = (copies - events.len()) as u64;
    let (coverage, root_calls) = whole.finish();
    Activity { coverage, events, root_calls, left_out }
}

/// What the inputs say together, besides their events.
#[derive(Default)]
struct Whole {
    coverage: Coverage,
    regions: Regions,
    damages: Vec<Damage>,
    root_calls: Vec<RootCall>,
}

impl Whole {
    /// Adds an input, given the hashes of the files that were read to their end.
    fn add(&mut self, mut input: Input, hashes: &HashMap<String, String>) {
        let Whole { coverage, regions, damages, root_calls } = self;
        root_calls.append(&mut input.root_calls);
        let form = input.form.unwrap_or(Form::Unknown);
        *coverage.inputs.entry(form).or_default() += 1;
        if form == Form::Empty && place_in_name(&input.name).is_some() {
            input.trouble("it is empty, and CloudTrail writes no empty file".to_owned());
        }
        if input.is_damaged_log() {
            match damage(&input) {
                Some(damage) => damages.push(damage),
                None => coverage.unplaced.push(input.name.clone()),
            }
        }
        coverage.records.of_no_interest += input.records.of_no_interest;
        coverage.records.other_logs += input.records.other_logs;
        coverage.records.unreadable += input.records.unreadable;
        regions.add(&mut input, hashes);
        for (mut what, times) in input.trouble {
            if times > 1 {
                what = format!("{what} ({times} times)");
            }
            let input = input.name.clone();
            coverage.gaps.push(InputGap { input, what });
        }
    }

    /// Returns what was read, and root's calls.
    fn finish(mut self) -> (Coverage, Vec<RootCall>) {
        for damage in &self.damages {
            self.regions.take_out(damage);
        }
        self.coverage.regions = self.regions.0.into_values().collect();
        if !self.coverage.unplaced.is_empty() {
            for region in &mut self.coverage.regions {
                region.logged.clear();
            }
        }
        self.root_calls.sort_unstable();
        self.root_calls.dedup();
        (self.coverage, self.root_calls)
    }
}

/// Of several copies of an event, keeps the one that counts.
fn keep_one_copy(found: &mut Vec<Found>, delivered: &[usize]) {
    let precedence =
        |copy: &Found| (copy.rank(), copy.event.at, delivered.get(copy.input as usize), copy.order);
    // The copy that counts comes first. A stable sort would take more memory.
    found.sort_unstable_by(|a, b| {
        let ids = a.event.id.cmp(&b.event.id);
        ids.then_with(|| precedence(b).cmp(&precedence(a)))
    });
    found.dedup_by(|copy, first| copy.event.id == first.event.id);
}

/// The parts of a period that digests do not prove.
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
    /// Takes what a damaged log file may have held from what is known of its region. Digests name the files of the hour
    /// in which they were delivered, so they say nothing of one that was delivered later.
    ///
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
    fn take_out(&mut self, damage: &Damage) {
        let Some(region) = self.0.get_mut(&damage.place) else {
            return;
        };
        let covers = |proved: &Period, at| proved.from <= at && at <= proved.to;
        let is_covered = damage
            .delivered
            .is_none_or(|at| region.proved.iter().any(|proved| covers(proved, at)));
        let proved = if is_covered { &region.proved[..] } else { &[] };
        for hole in unproved(damage.period, proved) {
            insert(&mut region.incomplete, hole, SignedDuration::ZERO);
        }
    }

    /// Adds the coverage of an input, given the hashes of the files that were read to their end.
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
            // Events of a lookup that could not be read may be of that period.
            if has_all_files && input.records.unreadable == 0 {
                insert(&mut region.proved, period, SignedDuration::ZERO);
            } else if !has_all_files {
                insert(&mut region.incomplete, period, SignedDuration::ZERO);
            }
            for (files, trouble) in [
                (missing, "were not read in full"),
                (different, "differ from what CloudTrail delivered"),
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
        self.0
            .entry((account.clone(), region.clone()))
            .or_insert(RegionCoverage { account, region, ..RegionCoverage::default() })
    }
}

/// Adds a period, and joins periods that are at most `apart` from each other.
fn insert(periods: &mut Vec<Period>, period: Period, apart: SignedDuration) {
    periods.push(period);
    periods.sort();
    periods.dedup_by(|next, before| {
        let is_joined = next.from.duration_since(before.to) <= apart;
        if is_joined {
            before.to = before.to.max(next.to);
        }
        is_joined
    });
}
