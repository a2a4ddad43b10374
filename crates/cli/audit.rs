//! `audit`: collect or read, judge, decide, report.

use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{Report, Sources};
use portcullis_report::Format;
use portcullis_rules::Evidence;

use crate::args::AuditArgs;
use crate::evidence::Names;
use crate::failure::Failure;
use crate::fleet::{Accounts, Shard, Store};
use crate::joined::{Joined, Whole};
use crate::output::Output;
use crate::reporting::Reporting;
use crate::{evidence, merge, output, rule_files};

/// Runs the audit; the exit status, which follows from the report.
pub(crate) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    // Whatever can be wrong with the options is said before AWS is asked.
    let config = &args.evidence.config;
    let reporting = Reporting::new(&args.reporting, outputs(args)?, config, Evidence::Account)?;
    let sources = rule_files::sources(&reporting.rules);
    let declared = reporting.config.declarations();
    let mut audit = Audit { args, reporting, sources, declared };
    let report = audit.accounts()?;
    audit.reporting.finish(report)
}

/// Where the report goes.
fn outputs(args: &AuditArgs) -> Result<Vec<Output<Format>>, Failure> {
    let asked = &args.reporting.output.outputs;
    match Shard::asked(&args.fleet)? {
        None => output::choose(asked, Format::Table),
        Some(shard) => {
            let own: Vec<_> = asked.iter().map(|output| output.of_shard(shard.index())).collect();
            output::choose(&own, Format::Table)
        }
    }
}

/// What is the same for all accounts.
struct Audit<'a> {
    args: &'a AuditArgs,
    reporting: Reporting<'a>,
    /// What the rules need; a live audit asks for nothing else.
    sources: Sources,
    declared: Declarations,
}

impl Audit<'_> {
    /// The report of all accounts: live, or from bundles.
    fn accounts(&mut self) -> Result<Whole, Failure> {
        let AuditArgs { bundles, fleet, evidence, collect_to, resume, .. } = self.args;
        let mut joined = Joined::default();
        if !bundles.is_empty() {
            self.declared.own_accounts = fleet.listed()?;
            for path in bundles {
                self.add(&Bundle::read(path)?, &mut joined)?;
            }
        } else if fleet.is_asked() {
            let accounts = Accounts::open(fleet, &evidence.live, self.sources)?;
            self.declared.own_accounts = accounts.own();
            let store = Store::asked(collect_to.as_ref(), resume.as_ref());
            accounts.each(store.as_ref(), |bundle| self.add(&bundle, &mut joined))?;
        } else {
            let bundle = evidence::collect(&evidence.live, self.sources)?;
            self.add(&bundle, &mut joined)?;
        }
        if let Some(whole) = joined.finish()? {
            return Ok(whole);
        }
        let report = self.reporting.decide(self.reporting.without_accounts())?;
        Ok(Whole::Held(Box::new(report)))
    }

    /// Judges the account of a bundle, and adds it to the others.
    fn add(&self, bundle: &Bundle, joined: &mut Joined) -> Result<(), Failure> {
        let redact = self.args.reporting.redaction.redact;
        let names = if redact { Names::Redacted } else { Names::Shown };
        let report = self.report(bundle, names)?;
        joined.add(report)?.map_err(|error| merge::refused(error, &self.args.bundles, names))
    }

    /// The report of one account.
    fn report(&self, bundle: &Bundle, names: Names) -> Result<Report, Failure> {
        let mut snapshot = evidence::facts(bundle, &self.args.evidence, &self.declared, names)?;
        if snapshot.unreached.is_none() {
            // What a bundle lacks beside that matters as little as what was not asked for.
            let needed = self.sources.needed(false);
            snapshot.gaps.retain(|gap| needed.contains(gap.source));
        }
        let less_sure = bundle.loosened(&snapshot.account.id);
        self.reporting.decide(self.reporting.evaluate(&snapshot, less_sure))
    }
}
