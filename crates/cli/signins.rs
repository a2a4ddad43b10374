//! `signins`: shows who could not sign in and why, who did, and what rules find.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portcullis_collector::LookupRequest;
use portcullis_evidence::{Bundle, Declarations, Manifest};
use portcullis_model::{AccountActivity, Period, Share, Snapshot, minute, partition_of};
use portcullis_report::merge;
use portcullis_rules::Evidence;
use portcullis_trail::{ActivityReader, Filter, IAM_EVENTS};

use crate::args::{CALLS_PER_SECOND, LiveArgs, SessionArgs, SigninsArgs};
use crate::config::Config;
use crate::failure::Failure;
use crate::fleet::requested_share;
use crate::joined::Whole;
use crate::recorded::{HISTORY, Recorded, read_history, read_logs, read_share};
use crate::reporting::Reporting;
use crate::{evidence, input, merge, output, rule_files};

/// How far back a lookup goes by default. AWS answers only two pages per second.
pub(crate) const LOOKED_UP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Reads, judges and shows the activity, and returns the exit status for the report.
pub(crate) fn run(args: &SigninsArgs, config: Config) -> Result<u8, Failure> {
    let mut filter = filter(args);
    check_period(&filter)?;
    let share = requested_share(args.shard, args.shards)?;
    let (logs, bundles) = logs_and_bundles(args, share)?;
    let outputs = output::of_share(&args.reporting.output.outputs, share)?;
    let config_file = config.path().map(PathBuf::from);
    let inputs = logs.iter().chain(&bundles).chain(args.reporting.inputs());
    input::check(inputs.chain(&config_file), &outputs)?;
    let judged = if bundles.is_empty() {
        Evidence::Activity
    } else {
        Evidence::Both
    };
    let mut reporting = Reporting::new(&args.reporting, outputs, config, judged)?;
    reporting.run.shares.extend(share);
    let redacted = args.reporting.redaction.redact;
    let mut declared = reporting.config.declarations();
    declared.own_accounts = Arc::new(evidence::own_accounts(&bundles, redacted)?);
    let needed = rule_files::sources(&reporting.rules).needed(false);
    let mut reader = read(args, &logs, &bundles, share)?;
    let mut accounts = Vec::new();
    let mut ids = Vec::new();
    for path in &bundles {
        let bundle = Bundle::read(path)?;
        read_history(&mut reader, &bundle, path);
        let mut snapshot = evidence::facts(&bundle, None, &declared, redacted)?;
        snapshot.gaps.retain(|gap| needed.contains(gap.source));
        let less_sure = bundle.loosened(&snapshot.account.id, snapshot.as_of);
        ids.push(snapshot.account.id.clone());
        accounts.push((snapshot, less_sure));
    }
    if filter.accounts.is_empty() {
        filter.accounts = ids;
    }
    let mut recorded = Recorded::new(reader, &filter);
    if !logs.is_empty() && share.is_none() {
        recorded.refuse_foreign(&logs)?;
    }
    let is_empty_share = share.is_some() && recorded.accounts.is_empty();
    if bundles.is_empty() && !is_empty_share {
        for account in unknown_accounts(&recorded, &filter.accounts, &declared)? {
            accounts.push((account, Vec::new()));
        }
    }
    let mut reports = Vec::new();
    for (mut account, less_sure) in accounts {
        recorded.add_to(&mut account);
        account.person.clone_from(&args.user);
        reports.push(reporting.evaluate(&account, less_sure));
    }
    if is_empty_share {
        reports.push(reporting.without_accounts());
    }
    let mut report = merge(reports).map_err(|error| merge::refused(error, &bundles, redacted))?;
    report.activity.extend(recorded.summary);
    let report = reporting.decide(report)?;
    reporting.finish(Whole::Held(Box::new(report)))
}

/// Refuses an empty period.
fn check_period(filter: &Filter) -> Result<(), Failure> {
    match (filter.from, filter.to) {
        (Some(from), Some(to)) if from >= to => {
            Err(format!("--to ({}) is not after --from ({})", minute(to), minute(from)).into())
        }
        _ => Ok(()),
    }
}

/// Separates logs from bundles. What `collect --signins` wrote is a bundle, even if it was given among the logs.
fn logs_and_bundles(
    args: &SigninsArgs,
    share: Option<Share>,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let (mut logs, mut bundles) = (Vec::new(), args.bundles.clone());
    for path in &args.paths {
        if !Bundle::is_collected_activity(path) {
            logs.push(path.clone());
        } else if share.is_some() {
            let says = format!("{} is a bundle, which cannot be split into shares", path.display());
            return Err(Failure::with_help(says, "pass it with --bundle, without --shard"));
        } else if !bundles.contains(path) {
            bundles.push(path.clone());
        }
    }
    Ok((logs, bundles))
}

/// Reads the logs, or looks up the event history if there is nothing to read.
fn read(
    args: &SigninsArgs,
    logs: &[PathBuf],
    bundles: &[PathBuf],
    share: Option<Share>,
) -> Result<ActivityReader, Failure> {
    let mut reader = ActivityReader::default();
    match share {
        Some(share) => read_share(&mut reader, logs, share)?,
        None => read_logs(&mut reader, logs)?,
    }
    if logs.is_empty() && !bundles.iter().any(|path| Bundle::holds_activity(path)) {
        let history = evidence::look_up(&live(args), &lookup(args))?;
        reader.read_stream(HISTORY, history.as_slice());
    }
    Ok(reader)
}

/// The options for reaching the account whose event history is looked up.
fn live(args: &SigninsArgs) -> LiveArgs {
    let SessionArgs { profile, role_arn, external_id, deadline } = args.session.clone();
    let region = args.regions.first().cloned();
    LiveArgs {
        profile,
        region,
        role_arn,
        external_id,
        quick: false,
        deadline,
        max_calls_per_second: CALLS_PER_SECOND,
    }
}

/// The lookup that the arguments request.
fn lookup(args: &SigninsArgs) -> LookupRequest {
    let last = args.last.unwrap_or(LOOKED_UP);
    LookupRequest { regions: args.regions.clone(), ..recent(args.from, args.to, last) }
}

/// A lookup of sign-ins and changes to credentials in this period, in all regions that record them.
pub(crate) fn recent(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    last: SignedDuration,
) -> LookupRequest {
    let to = to.unwrap_or_else(Timestamp::now);
    let from = from.unwrap_or_else(|| to.checked_sub(last).unwrap_or(Timestamp::MIN));
    LookupRequest {
        period: Period { from, to },
        regions: Vec::new(),
        global_events: IAM_EVENTS.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn filter(args: &SigninsArgs) -> Filter {
    let end = args.to.unwrap_or_else(Timestamp::now);
    let start = args
        .last
        .map(|last| end.checked_sub(last).unwrap_or(Timestamp::MIN));
    Filter {
        from: args.from.or(start),
        to: args.to,
        accounts: args.accounts.clone(),
        regions: args.regions.clone(),
        user: args.user.clone(),
    }
}

/// The facts of accounts of which nothing is known but what CloudTrail says, and of those without a record that was
/// asked for.
fn unknown_accounts(
    recorded: &Recorded,
    asked_for: &[String],
    declared: &Declarations,
) -> Result<Vec<Snapshot>, Failure> {
    let mut snapshots = silent_accounts(recorded, asked_for, declared)?;
    for (id, AccountActivity { period, regions, .. }) in &recorded.accounts {
        let manifest = Manifest {
            account: Some(id.clone()),
            partition: regions
                .first()
                .map(|region| partition_of(&region.region).to_owned()),
            collected_from: period.from,
            collected_to: period.to,
            ..Manifest::default()
        };
        let bundle = Bundle { manifest: Some(manifest), ..Bundle::default() };
        let snapshot = bundle.snapshot(period.to, declared)?;
        // Evidence that nobody requested is not missing.
        snapshots.push(Snapshot { gaps: Vec::new(), ..snapshot });
    }
    Ok(snapshots)
}

/// The facts of accounts without a record that was asked for, at the last moment that the logs hold.
fn silent_accounts(
    recorded: &Recorded,
    asked_for: &[String],
    declared: &Declarations,
) -> Result<Vec<Snapshot>, Failure> {
    let summary = recorded.summary.as_ref();
    let regions = summary.map_or(&[][..], |summary| &summary.coverage.regions);
    let mut silent: BTreeMap<Option<&String>, Option<&String>> =
        asked_for.iter().map(|id| (Some(id), None)).collect();
    if asked_for.is_empty() {
        silent = regions
            .iter()
            .map(|read| (Some(&read.account), Some(&read.region)))
            .collect();
    }
    silent.retain(|id, _| id.is_none_or(|id| !recorded.accounts.contains_key(id)));
    if silent.is_empty() && recorded.accounts.is_empty() {
        silent.insert(None, None);
    }
    let read = summary.and_then(|summary| summary.absent.as_ref()?.read_period);
    let as_of = read.map_or_else(Timestamp::now, |period| period.to);
    let mut snapshots = Vec::new();
    for (id, region) in silent {
        let manifest = id.map(|id| Manifest {
            account: Some(id.clone()),
            partition: region.map(|region| partition_of(region).to_owned()),
            ..Manifest::default()
        });
        let bundle = Bundle { manifest, ..Bundle::default() };
        let snapshot = bundle.snapshot(as_of, declared)?;
        snapshots.push(Snapshot { gaps: Vec::new(), ..snapshot });
    }
    Ok(snapshots)
}
