//! `signins`: who could not get in and why, and who signed in.

mod text;

use std::io;
use std::path::Path;

use jiff::Timestamp;
use portcullis_report::write_json;
use portcullis_trail::{Filter, Reader, Summary, summarise};

use crate::args::{SigninsArgs, View};
use crate::failure::Failure;
use crate::terminal;

/// Something could not be read, or does not say how sign-ins ended.
const INCOMPLETE: u8 = 3;

/// Reads and shows the activity; the exit status.
pub(crate) fn run(args: &SigninsArgs) -> Result<u8, Failure> {
    let mut reader = Reader::default();
    for path in &args.paths {
        if path == Path::new("-") {
            reader.read_stream("standard input", io::stdin().lock());
        } else {
            let unreadable = |error| format!("cannot read {}: {error}", path.display());
            reader.read_path(path).map_err(unreadable)?;
        }
    }
    let summary = summarise(reader.finish(), &filter(args));
    match args.output {
        View::Text => terminal::print_page(|page| text::write(&summary, page))?,
        View::Json => terminal::print(|out| write_json(&summary, out))?,
    }
    Ok(if is_complete(&summary) { 0 } else { INCOMPLETE })
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

fn is_complete(summary: &Summary) -> bool {
    summary.coverage.gaps.is_empty() && summary.signed_in.iter().all(|row| row.unknown == 0)
}
