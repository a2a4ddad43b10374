//! `signins`: who could not get in and why, who signed in, and what rules say about that.

use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use portcullis_collector::LookupRequest;
use portcullis_evidence::{Bundle, Manifest};
use portcullis_model::{
    AccountActivity, ActivitySummary, Gap, InputGap, Period, Report, Snapshot, Source, partition_of,
};
use portcullis_report::{Format, merge};
use portcullis_rules::Evidence;
use portcullis_trail::{Filter, IAM_EVENTS, Reader, summarise};

use crate::args::{CALLS_PER_SECOND, LiveArgs, SessionArgs, SigninsArgs};
use crate::failure::Failure;
use crate::joined::Whole;
use crate::reporting::Reporting;
use crate::{evidence, output};

/// How far back a look-up goes, unless said otherwise: AWS answers two pages a second.
pub(crate) const LOOKED_UP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Reads, judges and shows the activity; the exit status, which follows from the report.
pub(crate) fn run(args: &SigninsArgs) -> Result<u8, Failure> {
    let outputs = output::choose(&args.reporting.output.outputs, Format::Table)?;
    let reporting = Reporting::new(&args.reporting, outputs, &args.config, Evidence::Activity)?;
    let mut reader = Reader::default();
    if args.paths.is_empty() {
        let history = evidence::look_up(&live(args), &lookup(args))?;
        reader.read_stream("the event history", history.as_slice());
    }
    for path in &args.paths {
        if path == Path::new("-") {
            reader.read_stream("standard input", io::stdin().lock());
        } else {
            let unreadable = |error| format!("cannot read {}: {error}", path.display());
            reader.read_path(path).map_err(unreadable)?;
        }
    }
    let (summary, accounts) = summarise(reader.finish(), &filter(args));
    let mut reports = Vec::new();
    for (id, activity) in accounts {
        reports.push(judge(Some((id, activity)), &summary, &reporting)?);
    }
    if reports.is_empty() {
        reports.push(judge(None, &summary, &reporting)?);
    }
    // They are of different accounts, and were judged alike.
    let mut report = merge(reports).map_err(|_| "the accounts do not fit into one report")?;
    report.activity.push(summary);
    let report = reporting.decide(report)?;
    reporting.finish(Whole::Held(Box::new(report)))
}

/// How to reach the account whose event history is looked up.
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

/// What to look up.
fn lookup(args: &SigninsArgs) -> LookupRequest {
    let last = args.last.unwrap_or(LOOKED_UP);
    LookupRequest { regions: args.regions.clone(), ..recent(args.from, args.to, last) }
}

/// Sign-ins and changes of credentials of that time, in all regions that record them.
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
    let since = |age| Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
    Filter {
        from: args.from.or(args.last.map(since)),
        to: args.to,
        accounts: args.accounts.clone(),
        regions: args.regions.clone(),
        user: args.user.clone(),
    }
}

/// Judges an account of that id; none: nothing was read of any.
fn judge(
    account: Option<(String, AccountActivity)>,
    summary: &ActivitySummary,
    reporting: &Reporting<'_>,
) -> Result<Report, Failure> {
    let mut snapshot = unknown_account(account.as_ref(), reporting)?;
    snapshot.activity = account.map(|(_, activity)| activity);
    let gap = |gap: &InputGap| Gap::new(Source::CloudTrail, UNREADABLE, &gap.what).of(&gap.input);
    snapshot.gaps = summary.coverage.gaps.iter().map(gap).collect();
    Ok(reporting.evaluate(&snapshot, Vec::new()))
}

/// The code of gaps for what could not be read.
const UNREADABLE: &str = "Unreadable";

/// The facts of an account of which nothing is known but what CloudTrail says.
fn unknown_account(
    account: Option<&(String, AccountActivity)>,
    reporting: &Reporting<'_>,
) -> Result<Snapshot, Failure> {
    let Some((id, activity)) = account else {
        let nothing = Bundle::default();
        return Ok(nothing.snapshot(Timestamp::now(), &reporting.config.declarations())?);
    };
    let partition = activity.regions.first().map(|region| partition_of(&region.region).to_owned());
    let manifest = Manifest {
        account: Some(id.clone()),
        partition,
        collected_from: activity.period.from,
        collected_to: activity.period.to,
        ..Manifest::default()
    };
    let bundle = Bundle { manifest: Some(manifest), ..Bundle::default() };
    Ok(bundle.snapshot(activity.period.to, &reporting.config.declarations())?)
}
