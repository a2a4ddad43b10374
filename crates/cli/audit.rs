//! `audit`: collect or read, judge, decide, report.

use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{Loosening, Report, Run, RunOptions, Sources, Waiver};
use portcullis_report::{Format, Incomparable, Salt, baseline};
use portcullis_rules::{RuleSet, Selection, evaluate, without_accounts};

use crate::args::AuditArgs;
use crate::config::Config;
use crate::evidence::Names;
use crate::failure::Failure;
use crate::fleet::{Accounts, Shard, Store};
use crate::joined::{Joined, Whole};
use crate::output::Output;
use crate::{evidence, loosened, merge, output, redaction, rule_files, saved, terminal, waivers};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs the audit; the exit status, which follows from the report.
pub(crate) fn run(args: &AuditArgs) -> Result<u8, Failure> {
    // Whatever can be wrong with the options is told before AWS is asked.
    let outputs = outputs(args)?;
    let salt = redaction::salt(&args.redaction)?;
    let earlier = earlier(args, salt.as_ref())?;
    let config = Config::read(&args.evidence.config)?;
    let rules = rule_files::load(&args.rules.directories, &config.settings())?;
    let waivers = config.waivers(&rules)?;
    let selection = config.selection(&args.rules);
    let options = options(args, &config, &selection, &rules)?;
    let rules = rules.select(&selection)?;
    let sources = rule_files::sources(&rules);
    let declared = config.declarations();
    let run = loosened::run(args, &config, &rules, &options);
    let mut judge = Judge { args, rules, options, run, sources, declared, waivers, salt };
    let mut report = judge.accounts()?;
    loosened::note(report.head());
    waivers::warn(report.head());
    if let Some(earlier) = &earlier {
        report = compare(report, earlier)?;
    }
    let status = report.write(&outputs, &args.output.detail)?.exit_status();
    Ok(if args.exit_zero { 0 } else { status })
}

/// Where the report goes.
fn outputs(args: &AuditArgs) -> Result<Vec<Output<Format>>, Failure> {
    let asked = &args.output.outputs;
    match Shard::asked(&args.fleet)? {
        None => output::choose(asked, Format::Table),
        Some(shard) => {
            let own: Vec<_> = asked.iter().map(|output| output.of_shard(shard.index())).collect();
            output::choose(&own, Format::Table)
        }
    }
}

/// Compares the report with the earlier one.
fn compare(report: Whole, earlier: &Report) -> Result<Whole, Failure> {
    let mut report = report.into_report()?;
    for warning in baseline::apply(&mut report, earlier)? {
        terminal::warn(&warning);
    }
    Ok(Whole::Held(Box::new(report)))
}

/// The baseline, with pseudonyms if the report is to have them; an error if only the baseline has.
fn earlier(args: &AuditArgs, salt: Option<&Salt>) -> Result<Option<Report>, Failure> {
    let Some(path) = &args.baseline else { return Ok(None) };
    let earlier = redaction::once(saved::read(path)?, salt)?;
    if earlier.options.redacted && salt.is_none() {
        return Err(Incomparable::Redaction.into());
    }
    Ok(Some(earlier))
}

/// What is chosen by file and command line; an error if it names what does not exist.
fn options(
    args: &AuditArgs,
    config: &Config,
    selection: &Selection,
    rules: &RuleSet,
) -> Result<RunOptions, Failure> {
    let gate = config.gate(&args.gate);
    let Selection { rule_set, only, frameworks, skip } = selection.clone();
    for id in only.iter().chain(&skip).chain(&gate.allow_unknown) {
        rule_files::find(rules, id)?;
    }
    for id in &frameworks {
        rule_files::framework(rules, id)?;
    }
    let include = args.include.clone();
    Ok(RunOptions { rule_set, only, skip, frameworks, include, gate, redacted: false })
}

/// What decides about an account, whichever it is.
struct Judge<'a> {
    args: &'a AuditArgs,
    rules: RuleSet,
    options: RunOptions,
    run: Run,
    /// What the rules need; a live audit asks for nothing else.
    sources: Sources,
    declared: Declarations,
    waivers: Vec<Waiver>,
    salt: Option<Salt>,
}

impl Judge<'_> {
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
        match joined.finish()? {
            Some(whole) => Ok(whole),
            // A share may be empty.
            None => {
                let mut none = without_accounts(&self.rules, self.options.clone(), VERSION);
                none.run = self.run.clone();
                Ok(Whole::Held(Box::new(redaction::apply(none, self.salt.as_ref())?)))
            }
        }
    }

    /// Judges the account of a bundle, and adds it to the others.
    fn add(&self, bundle: &Bundle, joined: &mut Joined) -> Result<(), Failure> {
        let names = if self.args.redaction.redact { Names::Redacted } else { Names::Shown };
        let report = self.report(bundle, names)?;
        joined.add(report)?.map_err(|error| merge::refused(error, &self.args.bundles, names))
    }

    /// The report of one account, with what has been decided about its findings.
    fn report(&self, bundle: &Bundle, names: Names) -> Result<Report, Failure> {
        let mut snapshot = evidence::facts(bundle, &self.args.evidence, &self.declared, names)?;
        if snapshot.unreached.is_none() {
            // What a bundle lacks beside that matters as little as what was not asked for.
            let needed = self.sources.needed(false);
            snapshot.gaps.retain(|gap| needed.contains(gap.source));
        }
        let mut report = evaluate(&snapshot, &self.rules, self.options.clone(), VERSION);
        report.run = self.run.clone();
        for change in bundle.loosened(&snapshot.account.id) {
            report.run.loosened.push(Loosening { origin: None, change });
        }
        portcullis_report::loosened::count(&mut report);
        // Waivers match names, so they come before pseudonyms.
        portcullis_report::waivers::apply(&mut report, &self.waivers);
        redaction::apply(report, self.salt.as_ref())
    }
}
