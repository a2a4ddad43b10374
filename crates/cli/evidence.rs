//! Gets evidence from a saved bundle or from AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portcullis_collector::{CollectError, Diagnosis, LookupRequest, MAX_REPORT_AGE, Options};
use portcullis_evidence::{Bundle, BundleError, Declarations, to_json};
use portcullis_model::{AccountId, Snapshot, Source, Sources, minute, shell_word};
use portcullis_report::{Conflict, Unmergeable};
use tokio::runtime::Builder;

use crate::args::{LiveArgs, region};
use crate::failure::{Failure, quoted};
use crate::progress::ProgressLine;
use crate::{doctor, input, merge, terminal};

/// How long AWS may take to generate a credential report, which is minutes in accounts with many users.
const REPORT_DEADLINE: Duration = Duration::from_mins(2);

/// Reads a bundle; `-` is a credential report on standard input.
pub(crate) fn read(path: &Path) -> Result<Bundle, Failure> {
    if input::is_stream(path) {
        return Ok(Bundle::of_report(&input::name(path), input::read(path)?)?);
    }
    Bundle::read(path).map_err(|error| match (&error, Bundle::below(path).as_slice()) {
        (BundleError::NothingFound(directory), [first, ..]) => {
            let says =
                format!("{} is not a bundle itself, but contains bundles", directory.display());
            let first = shell_word(&first.display().to_string());
            let help = format!("name one or several of them, such as {first}");
            Failure::with_help(says, help)
        }
        _ => error.into(),
    })
}

/// The accounts of bundles that are given together, which are not external to each other. It is an error if two bundles
/// are of the same account.
pub(crate) fn own_accounts(
    bundles: &[PathBuf],
    redacted: bool,
) -> Result<BTreeSet<AccountId>, Failure> {
    if bundles.len() < 2 {
        return Ok(BTreeSet::new());
    }
    let mut places: BTreeMap<AccountId, usize> = BTreeMap::new();
    for (place, path) in bundles.iter().enumerate() {
        // Anything else, such as a pipe, can be read only once.
        if !path.is_dir() && !path.is_file() {
            continue;
        }
        let Some(id) = Bundle::account_at(path) else {
            continue;
        };
        if let Some(first) = places.insert(id, place) {
            let conflict = Conflict::SameAccount(id.to_string());
            let pair = Unmergeable::Pair { places: [first, place], conflict };
            return Err(merge::refused(pair, bundles, redacted));
        }
    }
    Ok(places.into_keys().collect())
}

/// Reads the facts in a bundle. If they are to be redacted, errors name no user.
pub(crate) fn facts(
    bundle: &Bundle,
    as_of: Option<Timestamp>,
    declared: &Declarations,
    redacted: bool,
) -> Result<Snapshot, Failure> {
    let now = Timestamp::now();
    let collected = bundle.collected_at(now);
    if let (Some(as_of), Some(collected)) = (as_of, collected) {
        warn_if_earlier(as_of, collected);
    }
    let as_of = as_of.or(collected).unwrap_or_else(|| {
        terminal::note(
            "the evidence does not say when it was collected, or gives a date in the future; ages are measured as of now (see --as-of)",
        );
        now
    });
    bundle.snapshot(as_of, declared).map_err(|conflict| {
        if !redacted {
            return conflict.into();
        }
        Failure::with_help(
            "a user is in two classes of the configuration",
            "run without --redact to see which user, and which patterns",
        )
    })
}

/// Warns of a time before the evidence, much of which is then in the future and so not known. A credential report may
/// be older than the rest, and ages may be counted to its date.
fn warn_if_earlier(as_of: Timestamp, collected: Timestamp) {
    let latest = as_of.checked_add(MAX_REPORT_AGE);
    if latest.is_ok_and(|latest| latest < collected) {
        let [as_of, collected] = [as_of, collected].map(minute);
        terminal::warn(&format!(
            "--as-of ({as_of}) is before this evidence was collected ({collected}); whatever is dated later counts as \
             unknown: leave out --as-of, or give a later time"
        ));
    }
}

pub(crate) fn everything() -> Sources {
    Source::ALL.into_iter().collect()
}

/// Collects these sources from AWS.
pub(crate) fn collect(args: &LiveArgs, sources: Sources) -> Result<Bundle, Failure> {
    let options = options(args, sources)?;
    ask(&options, async || portcullis_collector::collect(&options).await)
}

/// Looks up CloudTrail's event history, as JSON that `portcullis signins` reads.
pub(crate) fn look_up(args: &LiveArgs, request: &LookupRequest) -> Result<Vec<u8>, Failure> {
    let options = options(args, Source::CloudTrail.into())?;
    let history = ask(&options, async || portcullis_collector::look_up(&options, request).await)?;
    Ok(to_json(&history)?)
}

/// Runs a task that asks AWS with these options.
fn ask<T>(
    options: &Options,
    asking: impl AsyncFnOnce() -> Result<T, CollectError>,
) -> Result<T, Failure> {
    let since = Instant::now();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(asking()) {
        Ok(answer) => {
            // A name lookup that still hangs must not delay the exit.
            runtime.shutdown_background();
            Ok(answer)
        }
        Err(error) => Err(doctor::failure(runtime, options, error, since)),
    }
}

/// The options for collecting these sources except root's credentials, which must be requested.
pub(crate) fn options(args: &LiveArgs, sources: Sources) -> Result<Options, Failure> {
    if args.region.is_none() {
        check_region_of_environment()?;
    }
    Ok(Options {
        profile: args.profile.clone(),
        region: args.region.clone(),
        role_arn: args.role_arn.clone(),
        external_id: args.external_id.clone(),
        quick: args.quick,
        sources: sources.without(Source::RootCredentials),
        tool: concat!("portcullis ", env!("CARGO_PKG_VERSION")).to_owned(),
        deadline: Duration::from_secs(args.deadline),
        max_calls_per_second: args.max_calls_per_second,
        report_deadline: REPORT_DEADLINE,
        clock: Timestamp::now,
        diagnosis: Diagnosis::default(),
        progress: Arc::new(ProgressLine::new()),
    })
}

/// Checks the region that the SDK takes from the environment, in the SDK's order.
fn check_region_of_environment() -> Result<(), Failure> {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let Some(name) = env::var_os(variable).filter(|name| !name.is_empty()) else {
            continue;
        };
        let name = name.to_string_lossy();
        return match region(&name) {
            Ok(_) => Ok(()),
            Err(problem) => Err(format!("{variable} is `{}`: {problem}", quoted(&name)).into()),
        };
    }
    Ok(())
}
