//! `collect`: saves AWS's answers.

use jiff::Timestamp;
use portcullis_evidence::Bundle;
use portcullis_model::{Gap, Source};
use portcullis_report::counted;

use crate::args::CollectArgs;
use crate::failure::Failure;
use crate::fleet::{Accounts, Store};
use crate::{evidence, signals, signins, terminal};

/// The exit status if something could not be collected.
const INCOMPLETE: u8 = 3;
/// How many gaps are printed; `manifest.json` has all.
const SHOWN_GAPS: usize = 20;

pub(crate) fn run(args: &CollectArgs) -> Result<u8, Failure> {
    if args.fleet.is_asked() {
        return collect_each(args);
    }
    Bundle::check_target(&args.output)?;
    let mut bundle = evidence::collect(&args.live, evidence::everything())?;
    if args.signins {
        let request = signins::recent(None, None, signins::LOOKED_UP);
        bundle.add_activity(evidence::look_up(&args.live, &request)?, Timestamp::now());
    }
    let place = args.output.display();
    if !args.force {
        let losses = bundle.losses(&args.output)?;
        let names: Vec<&str> = losses.iter().map(|source| source.name()).collect();
        if !names.is_empty() {
            warn_of(&bundle);
            return Err(Failure::with_help(
                format!("{place} holds what this run could not collect: {}", names.join(", ")),
                "nothing was written; choose another directory, or pass --force to replace it",
            ));
        }
    }
    signals::delayed(|_| bundle.write(&args.output))??;
    terminal::note(&format!("wrote {} to {place}", counted(bundle.documents.len(), "file")));
    Ok(if warn_of(&bundle) == 0 { 0 } else { INCOMPLETE })
}

/// Saves the bundle of each account in its own directory.
fn collect_each(args: &CollectArgs) -> Result<u8, Failure> {
    let sources = evidence::everything() | Source::RootCredentials.into();
    let store = Store::new(&args.output, args.resume);
    let accounts = Accounts::open(&args.fleet, &args.live, sources, Some(&store))?;
    let mut missing = 0;
    accounts.each(Some(&store), |bundle| {
        // Nothing is missing from an account that is suspended or closed.
        let is_missing = |gap: &Gap| !gap.is_by_choice() && gap.code != Gap::NOT_ACTIVE;
        missing += usize::from(bundle.gaps.iter().any(is_missing));
        Ok(())
    })?;
    if missing > 0 {
        terminal::warn(&format!(
            "something is missing from {}; each manifest.json says what",
            counted(missing, "account")
        ));
    }
    Ok(if missing == 0 { 0 } else { INCOMPLETE })
}

/// Warns of what is missing, unless it was left out by choice, and returns how much that is.
fn warn_of(bundle: &Bundle) -> usize {
    let gaps: Vec<&Gap> = bundle
        .gaps
        .iter()
        .filter(|gap| !gap.is_by_choice())
        .collect();
    for gap in gaps.iter().take(SHOWN_GAPS) {
        let Gap { source, action, message, .. } = gap;
        let of = gap
            .resource
            .as_ref()
            .map_or(String::new(), |name| format!(" of {name}"));
        let reason = gap.reason();
        terminal::warn(&format!("{source}{of} is missing ({action}): {reason}: {message}"));
    }
    if gaps.len() > SHOWN_GAPS {
        let more = gaps.len() - SHOWN_GAPS;
        terminal::warn(&format!("and {more} more; manifest.json names each"));
    }
    gaps.len()
}
