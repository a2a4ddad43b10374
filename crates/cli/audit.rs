//! `audit`: collects or reads evidence, judges it, decides about findings and reports them.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;

use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{AccountId, Report, Sources};
use portcullis_rules::Evidence;
use portcullis_trail::{ActivityReader, Filter};

use crate::args::AuditArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::fleet::{Accounts, Store, requested_share};
use crate::joined::{Joined, Whole};
use crate::line_stream::LineStream;
use crate::recorded::Recorded;
use crate::reporting::Reporting;
use crate::{crossings, evidence, input, loosened, merge, output, recorded, rule_files, terminal};

/// Runs the audit, and returns the exit status for its report.
pub(crate) fn run(args: &AuditArgs, config: Config) -> Result<u8, Failure> {
    // All problems with options are reported before AWS is asked.
    let share = requested_share(args.fleet.shard, args.fleet.shards)?;
    let mut outputs = output::of_share(&args.reporting.output.outputs, share)?;
    let config_file = config.path().map(PathBuf::from);
    let inputs = args
        .bundles
        .iter()
        .chain(&args.trail)
        .chain(&args.fleet.accounts);
    input::check(inputs.chain(args.reporting.inputs()).chain(&config_file), &outputs)?;
    let judged = recorded::evidence(&args.bundles, &args.trail);
    let lines = LineStream::take_from(&mut outputs)?;
    let mut reporting = Reporting::new(&args.reporting, outputs, config, judged)?;
    reporting.streams_lines = lines.is_asked();
    reporting
        .run
        .loosened
        .extend(loosened::accounts(&args.fleet, &reporting.config));
    reporting.run.shares.extend(share);
    let mut histories = BTreeMap::new();
    let recorded = match judged {
        Evidence::Both => read_activity(args, &mut histories)?,
        _ => Recorded::default(),
    };
    let sources = rule_files::sources(&reporting.rules);
    let declared = reporting.config.declarations();
    let crossings = crossings::Accounts::default();
    let unread = args.bundles.len();
    let mut audit = Audit {
        args,
        reporting,
        lines,
        sources,
        declared,
        recorded,
        histories,
        without_bundle: BTreeSet::new(),
        unread,
        crossings,
    };
    let report = audit.accounts();
    let is_complete = report.is_ok();
    let status = report.and_then(|report| audit.reporting.finish(report));
    let lines = audit.lines.finish(is_complete);
    if let (Err(_), Err(failure)) = (&status, &lines) {
        failure.print();
    }
    status.and_then(|status| lines.map(|()| status))
}

/// Reads CloudTrail's records in the given paths and in the bundles.
fn read_activity(
    args: &AuditArgs,
    histories: &mut BTreeMap<PathBuf, Bundle>,
) -> Result<Recorded, Failure> {
    let mut reader = ActivityReader::default();
    recorded::read_logs(&mut reader, &args.trail)?;
    for path in args
        .bundles
        .iter()
        .filter(|path| Bundle::holds_activity(path))
    {
        let mut history = Bundle::read_activity(path)?;
        recorded::read_history(&mut reader, &history, path);
        history.documents.clear();
        histories.insert(path.clone(), history);
    }
    Ok(Recorded::new(reader, &Filter::default()))
}

/// An audit of one or more accounts.
struct Audit<'a> {
    args: &'a AuditArgs,
    reporting: Reporting<'a>,
    lines: LineStream,
    /// What the rules need. A live audit asks for nothing else.
    sources: Sources,
    declared: Declarations,
    recorded: Recorded,
    /// The bundles whose activity was read, without their activity.
    histories: BTreeMap<PathBuf, Bundle>,
    /// The listed accounts of which no bundle was read.
    without_bundle: BTreeSet<String>,
    /// The number of bundles that are not judged yet.
    unread: usize,
    /// The accounts so far, between which there may be ways.
    crossings: crossings::Accounts,
}

impl Audit<'_> {
    /// Judges all accounts, live or from bundles.
    fn accounts(&mut self) -> Result<Whole, Failure> {
        let AuditArgs { bundles, fleet, evidence, collect_to, resume, .. } = self.args;
        let mut joined = Joined::default();
        if !bundles.is_empty() {
            let mut own = fleet.listed()?;
            self.without_bundle = own.iter().map(AccountId::to_string).collect();
            own.append(&mut evidence::own_accounts(bundles, self.redacted())?);
            self.declared.own_accounts = Arc::new(own);
            for path in bundles {
                let bundle = match self.histories.get(path) {
                    Some(history) => Bundle::read_rest(path, history)?,
                    None => evidence::read(path)?,
                };
                self.add(&bundle, &mut joined)?;
            }
        } else if fleet.is_asked() {
            let store = Store::asked(collect_to.as_ref(), resume.as_ref());
            let accounts = Accounts::open(fleet, &evidence.live, self.sources, store.as_ref())?;
            self.declared.own_accounts = accounts.own();
            accounts.each(store.as_ref(), |bundle| self.add(&bundle, &mut joined))?;
        } else {
            let bundle = evidence::collect(&evidence.live, self.sources)?;
            self.add(&bundle, &mut joined)?;
        }
        let like = self.reporting.without_accounts();
        for report in mem::take(&mut self.crossings).reports(&self.reporting.rules, &like) {
            let report = self.reporting.decide(report)?;
            self.lines.add(&report)?;
            joined.settle(report)?;
        }
        self.note_others();
        self.note_without_bundle();
        if let Some(whole) = joined.finish()? {
            return Ok(whole);
        }
        let report = self.reporting.decide(self.reporting.without_accounts())?;
        Ok(Whole::Held(Box::new(report)))
    }

    /// Notes how many accounts have records of CloudTrail that were not judged.
    fn note_others(&self) {
        let others = self.recorded.accounts.len();
        if others > 0 {
            let others = portcullis_report::counted(others as u64, "other account");
            terminal::note(&format!(
                "what CloudTrail recorded of {others} was not judged, since no evidence on them was given"
            ));
        }
    }

    /// Notes which listed accounts have no bundle.
    fn note_without_bundle(&self) {
        let all = &self.without_bundle;
        let Some(first) = all.first() else {
            return;
        };
        let count = portcullis_report::counted(all.len() as u64, "listed account");
        let which = match all.len() {
            _ if self.redacted() => String::new(),
            1 => format!(" ({first})"),
            _ => format!(" (the first is {first})"),
        };
        terminal::note(&format!("{count}{which} without a bundle: nothing was judged there"));
    }

    fn redacted(&self) -> bool {
        self.args.reporting.redaction.redact
    }

    /// Judges the account of a bundle, and adds it to the others.
    fn add(&mut self, bundle: &Bundle, joined: &mut Joined) -> Result<(), Failure> {
        let report = self.report(bundle)?;
        self.lines.add(&report)?;
        joined
            .add(report)?
            .map_err(|error| merge::refused(error, &self.args.bundles, self.redacted()))
    }

    /// Judges one account.
    fn report(&mut self, bundle: &Bundle) -> Result<Report, Failure> {
        let mut snapshot =
            evidence::facts(bundle, self.args.evidence.as_of, &self.declared, self.redacted())?;
        if snapshot.unreached.is_none() {
            // Other sources do not matter, whether the bundle lacks them or they were not asked for.
            let needed = self.sources.needed(false);
            snapshot.gaps.retain(|gap| needed.contains(gap.source));
            self.recorded.add_to(&mut snapshot);
        }
        let less_sure = bundle.loosened(&snapshot.account.id, snapshot.as_of);
        let mut report = self.reporting.evaluate(&snapshot, less_sure);
        for account in &report.accounts {
            self.crossings.add(account);
            self.without_bundle.remove(&account.id);
        }
        self.unread = self.unread.saturating_sub(1);
        if self.unread == 0 {
            // Only now has every account explained its refusals.
            report.activity.extend(self.recorded.summary.take());
        }
        self.reporting.decide(report)
    }
}
