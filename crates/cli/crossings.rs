//! Judges ways from one account into another, when all accounts are known.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use portcullis_evidence::crossings;
use portcullis_model::{
    AuditedAccount, BaselineState, Finding, Fingerprint, LooseningChange, Report, Tally, Verdict,
    Waiver,
};
use portcullis_report::{ReportPart, loosened, waivers};
use portcullis_rules::{Rule, RuleSet, evaluate_crossings};

use crate::external::ExternalAccounts;
use crate::failure::Failure;
use crate::joined::{Joined, Spill};
use crate::{rule_files, saved, terminal};

/// The kind of resource of findings about ways between accounts.
const KIND: &str = "crossing";

const SEPARATE: &str = "\
paths from one account into another were judged only within each report: the reports are redacted, or another version \
of the rule judged them";

/// The accounts that may have ways between them, with little more than their borders.
#[derive(Default)]
pub(crate) struct Accounts(Vec<AuditedAccount>);

impl Accounts {
    /// Adds an account, unless there is nothing to judge in it.
    pub(crate) fn add(&mut self, account: &AuditedAccount) {
        if account.status.is_judged() || account.status.is_failed() {
            let (gaps, frameworks, tallies) = (Vec::new(), Vec::new(), BTreeMap::new());
            self.0
                .push(AuditedAccount { gaps, frameworks, tallies, ..account.clone() });
        }
    }

    /// Reports for each account its ways into the others. The reports are like the given one, which has no accounts.
    pub(crate) fn reports(mut self, rules: &RuleSet, like: &Report) -> Vec<Report> {
        let mut reports = Vec::new();
        if self.0.len() < 2 || rules.on_crossings().next().is_none() {
            return reports;
        }
        let infos = rules.on_crossings().map(Rule::info).collect();
        let like = Report { rules: infos, ..like.clone() };
        self.0.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
        for (account, list) in self.0.iter().zip(crossings(&self.0)) {
            if list.is_empty() {
                continue;
            }
            let (tallies, findings) =
                evaluate_crossings(&list, account.account_ref(), rules, &like.options);
            let account = AuditedAccount { tallies, border: None, ..account.clone() };
            let mut report = Report { accounts: vec![account], findings, ..like.clone() };
            loosened::count(&mut report);
            reports.push(report);
        }
        reports
    }
}

/// Saved reports, whose verdicts on ways between accounts are replaced by those on all accounts together.
pub(crate) struct SavedReports {
    /// The rules of this version.
    shipped: RuleSet,
    accounts: Accounts,
    external: ExternalAccounts,
    /// The first report, without accounts and findings.
    first: Option<Report>,
    /// The rules as the reports judged them; none if their verdicts cannot be replaced.
    rules: Option<RuleSet>,
    waivers: Vec<Waiver>,
    /// The findings that are replaced.
    replaced: HashMap<Fingerprint, Finding>,
}

/// A report's verdicts by the rules on ways between accounts.
#[derive(Default)]
struct CrossingVerdicts {
    /// The findings about such ways.
    findings: Vec<Finding>,
    /// The verdicts on unknown principals, by rule and by partition and id of the account.
    others: HashMap<(String, (String, String)), Tally>,
}

impl SavedReports {
    pub(crate) fn new() -> Result<SavedReports, Failure> {
        Ok(SavedReports {
            shipped: rule_files::load(&[], &[])?,
            accounts: Accounts::default(),
            external: ExternalAccounts::default(),
            first: None,
            rules: None,
            waivers: Vec::new(),
            replaced: HashMap::new(),
        })
    }

    /// Reads a report, adds its accounts and its other findings to the spill, and returns the rest.
    pub(crate) fn read(&mut self, path: &Path, spill: &mut Spill) -> Result<Report, Failure> {
        let before = spill.account_count();
        let (mut head, verdicts) = self.read_parts(path, spill)?;
        if self.first.is_none() {
            let rules = self.shipped.clone().on_crossings_as_judged(&head.rules);
            // A redacted report does not show the ways.
            self.rules = rules.filter(|_| !head.options.redacted);
            self.first = Some(head.clone());
        }
        let Some(rules) = &self.rules else {
            for finding in verdicts.findings {
                spill.add(&ReportPart::Finding(finding))?;
            }
            return Ok(head);
        };
        for rule in rules.on_crossings() {
            for place in before..spill.account_count() {
                spill.change_account(place, |account| verdicts.keep_others(account, &rule.id))?;
            }
            verdicts.forget_unknown(&mut head, &rule.id);
        }
        for outcome in &head.waivers {
            if !self.waivers.contains(&outcome.waiver) {
                self.waivers.push(outcome.waiver.clone());
            }
        }
        verdicts.forget_waived(&mut head);
        for finding in verdicts.findings {
            self.replaced.insert(finding.fingerprint.clone(), finding);
        }
        Ok(head)
    }

    /// Reads a report, adds its accounts and its other findings to the spill, and returns the rest with the verdicts.
    fn read_parts(
        &mut self,
        path: &Path,
        spill: &mut Spill,
    ) -> Result<(Report, CrossingVerdicts), Failure> {
        let mut verdicts = CrossingVerdicts::default();
        let head = saved::read_parts(path, &mut |part| {
            match part {
                ReportPart::Finding(finding) if finding.resource.kind == KIND => {
                    verdicts.findings.push(finding);
                    return Ok(());
                }
                ReportPart::Finding(ref finding) => {
                    self.external.add_finding(finding);
                    verdicts.add_other(finding, &self.shipped);
                }
                ReportPart::Account(ref account) => {
                    self.external.add_account(&account.id);
                    self.accounts.add(account);
                }
            }
            spill.add(&part)
        })?;
        Ok((head, verdicts))
    }

    /// Adds the verdicts on all accounts together.
    pub(crate) fn finish(self, joined: &mut Joined) -> Result<(), Failure> {
        self.external.warn();
        let Some(first) = self.first else {
            return Ok(());
        };
        if !first.rules.iter().any(|rule| rule.scope == KIND) {
            return Ok(());
        }
        let Some(rules) = self.rules else {
            terminal::warn(SEPARATE);
            joined.join.loosen(LooseningChange::SeparateReports);
            return Ok(());
        };
        for mut report in self.accounts.reports(&rules, &first) {
            waivers::apply(&mut report, &self.waivers);
            keep_baseline(&mut report, &self.replaced);
            joined.settle(report)?;
        }
        Ok(())
    }
}

/// Gives findings what the baseline decided about those that they replace. What is new was first seen now.
fn keep_baseline(report: &mut Report, replaced: &HashMap<Fingerprint, Finding>) {
    let mut accounts = report.accounts.iter();
    let Some(account) = accounts.find(|account| account.baseline.is_some()) else {
        return;
    };
    for finding in &mut report.findings {
        let earlier = replaced.get(&finding.fingerprint);
        finding.first_seen = earlier.and_then(|earlier| earlier.first_seen);
        if finding.verdict == Verdict::Fail {
            let known = earlier.and_then(|earlier| earlier.baseline);
            finding.baseline = known.or(Some(BaselineState::New));
            finding.first_seen = finding.first_seen.or(Some(account.as_of));
        }
    }
}

impl CrossingVerdicts {
    /// Counts a finding that is not about a way, if one of these rules made it.
    fn add_other(&mut self, finding: &Finding, rules: &RuleSet) {
        if rules.on_crossings().any(|rule| rule.id == finding.rule) {
            let account = (finding.partition.clone(), finding.account.clone());
            let tally = self
                .others
                .entry((finding.rule.clone(), account))
                .or_default();
            tally.count(finding.verdict);
        }
    }

    /// Removes the verdicts on ways from the tally of a rule.
    fn keep_others(&self, account: &mut AuditedAccount, rule: &str) {
        let key = (rule.to_owned(), (account.partition.clone(), account.id.clone()));
        if let Some(tally) = account.tallies.get_mut(rule) {
            *tally = self.others.get(&key).copied().unwrap_or_default();
        }
    }

    /// Removes the ways from the number of verdicts that may be unknown.
    fn forget_unknown(&self, head: &mut Report, of_rule: &str) {
        for loosening in &mut head.run.loosened {
            if let LooseningChange::AllowUnknown { rule, unknown } = &mut loosening.change
                && rule == of_rule
            {
                let others = self.others.iter().filter(|((rule, _), _)| rule == of_rule);
                *unknown = others.map(|(_, tally)| tally.unknown).sum();
            }
        }
    }

    /// Removes the ways from the numbers of findings that waivers match.
    fn forget_waived(&self, head: &mut Report) {
        let outcomes = head.waivers.iter();
        let waivers: Vec<Waiver> = outcomes.map(|outcome| outcome.waiver.clone()).collect();
        let mut ways = Report { findings: self.findings.clone(), ..head.clone() };
        waivers::apply(&mut ways, &waivers);
        for matched in ways.waivers {
            for outcome in &mut head.waivers {
                if outcome.waiver == matched.waiver {
                    outcome.fails = outcome.fails.saturating_sub(matched.fails);
                    outcome.unknown = outcome.unknown.saturating_sub(matched.unknown);
                }
            }
        }
    }
}
