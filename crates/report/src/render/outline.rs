//! The outline of a report for people: its parts, their order, and the groups of findings. Text and Markdown only
//! lay it out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use portcullis_model::{Finding, RuleInfo, Severity, Source, Status};

use crate::decide::waivers;
use crate::render::advice::commands;
use crate::render::counts;
use crate::render::facts::{self, Fact};
use crate::render::gaps::{self, Cause};
use crate::render::remarks;
use crate::render::view::{self, Entry, View, with_status};
use crate::words::{self, capitalised, counted, day, few, first_of, named, span, truncated};

/// How many resources of findings that need no work are named.
const NAMED: usize = 10;
/// How many findings of a rule have their commands compared with those of other rules.
const COMPARED: usize = 20;
/// How many warnings about waivers are listed; nobody reads more.
const WARNINGS: usize = 20;

/// A report, as people read it.
pub(crate) struct Outline<'a> {
    /// The outcome in numbers.
    pub headline: String,
    /// What was audited, how, and with which evidence.
    pub facts: Vec<Fact>,
    /// The open findings, the most severe first.
    pub open: Vec<Section<'a>>,
    /// Everything else.
    pub lists: Vec<List>,
}

/// The open findings of one severity.
pub(crate) struct Section<'a> {
    pub severity: Severity,
    /// `Critical: 4 findings`.
    pub title: String,
    pub groups: Vec<Group<'a>>,
}

/// Findings of one rule.
pub(crate) struct Group<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// None only in a report that was tampered with.
    pub rule: Option<&'a RuleInfo>,
    pub entries: Vec<Entry>,
    /// An earlier rule with the same commands.
    pub same_as: Option<&'a str>,
}

/// Findings that need no work on the account, or notes.
pub(crate) struct List {
    /// `Not judged: 32 rules`.
    pub title: String,
    /// Lines, each with the number of findings that it represents.
    pub lines: Vec<(String, usize)>,
    pub weight: Weight,
}

/// The readers of a list.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Weight {
    /// Everybody, since there is something to do.
    Work,
    /// Readers interested in decisions.
    Record,
    /// Readers interested in every detail.
    Detail,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(view: &'a View<'_>) -> io::Result<Outline<'a>> {
        let groups = grouped(view, |entry| entry.status == Status::Unknown);
        let mut lists =
            vec![unjudged(view, &groups)?, warnings(view), unjudged_by_rule(view, &groups)?];
        for status in [Status::Waived, Status::Known, Status::Pass, Status::NotApplicable] {
            lists.push(decided(view, status)?);
        }
        lists.retain(|list| !list.lines.is_empty());
        Ok(Outline {
            headline: counts::headline(view),
            facts: facts::facts(view.report),
            open: open(view)?,
            lists,
        })
    }
}

impl List {
    /// The number of findings that the lines represent.
    pub(crate) fn findings(&self) -> usize {
        self.lines.iter().map(|(_, findings)| findings).sum()
    }
}

impl Group<'_> {
    /// `Root has no MFA (root-without-mfa)`.
    pub(crate) fn title(&self) -> String {
        self.rule
            .map_or_else(|| self.id.to_owned(), |rule| format!("{} ({})", rule.title, rule.id))
    }
}

fn open<'a>(view: &'a View<'_>) -> io::Result<Vec<Section<'a>>> {
    let mut sections = Vec::new();
    let mut rules: HashMap<BTreeSet<(String, String)>, &str> = HashMap::new();
    for severity in Severity::ALL {
        let mut groups =
            grouped(view, |entry| entry.status == Status::Open && entry.severity == severity);
        for group in &mut groups {
            let mut own = BTreeSet::new();
            for finding in view.findings(group.entries.iter().take(COMPARED)) {
                let finding = finding?;
                for command in commands(&finding.remediation) {
                    own.insert((finding.account.clone(), command));
                }
            }
            if !own.is_empty() {
                let first = *rules.entry(own).or_insert(group.id);
                group.same_as = Some(first).filter(|first| *first != group.id);
            }
        }
        let count = count(&groups);
        let title = format!("{}: {}", capitalised(severity.word()), counted(count, "finding"));
        if count > 0 {
            sections.push(Section { severity, title, groups });
        }
    }
    Ok(sections)
}

/// The number of findings in the groups.
fn count(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.entries.len()).sum()
}

/// Groups some of the findings by rule, the most severe rules first, and among these the urgent ones.
fn grouped<'a>(view: &'a View<'_>, some: impl Fn(&Entry) -> bool) -> Vec<Group<'a>> {
    let mut by_rule: BTreeMap<(Severity, &str), Group<'a>> = BTreeMap::new();
    for entry in view.entries.iter().filter(|entry| some(entry)) {
        let id = view.rule_id(entry);
        let rule = view.rule_of(id);
        let severity = rule.map_or(entry.severity, |rule| rule.severity);
        let group = Group { id, rule, entries: Vec::new(), same_as: None };
        let group = by_rule.entry((severity, id)).or_insert(group);
        group.entries.push(*entry);
    }
    let mut groups: Vec<_> = by_rule.into_iter().collect();
    groups.sort_by_key(|((severity, _), group)| {
        (*severity, !group.entries.iter().any(|entry| entry.urgent))
    });
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What could not be judged, why, which rules need it, and what to do.
fn unjudged(view: &View<'_>, groups: &[Group<'_>]) -> io::Result<List> {
    let mut lines = causes(view)?;
    lines.extend(unread(view, groups)?);
    for group in groups {
        lines.extend(folded(view, group, |finding| {
            let why = format!("{}. {}", finding.message, finding.remediation);
            let is_defect = finding.missing.is_empty();
            is_defect.then(|| why.trim_end_matches([' ', '.']).to_owned())
        })?);
    }
    let title = match groups.len() {
        0 => "Gaps: every rule could be judged".to_owned(),
        count => format!("Not judged: {}", counted(count, "rule")),
    };
    Ok(List { title, lines, weight: Weight::Work })
}

/// The resources that could not be judged, by rule.
fn unjudged_by_rule(view: &View<'_>, groups: &[Group<'_>]) -> io::Result<List> {
    let mut lines = Vec::new();
    for group in groups {
        lines.extend(folded(view, group, |finding| Some(remarks::on_missing(finding)))?);
    }
    let title = format!("Not judged by rule: {}", counted(count(groups), "finding"));
    Ok(List { title, lines, weight: Weight::Detail })
}

/// The causes of gaps, each once for all accounts in which it leaves the same rules unjudged.
fn causes(view: &View<'_>) -> io::Result<Vec<(String, usize)>> {
    let parts = view::by_account(view);
    let most = view.at_most(gaps::SOURCES);
    let mut causes: Vec<(String, Vec<&str>)> = Vec::new();
    for account in &view.report.accounts {
        let mut unknown: Vec<(&str, Vec<Source>)> = Vec::new();
        for entry in with_status(&parts[account.id.as_str()].entries, Status::Unknown) {
            let finding = view.finding(entry)?;
            let need = (view.rule_id(entry), finding.missing.clone());
            if finding.account_ref() == account.account_ref() && !unknown.contains(&need) {
                unknown.push(need);
            }
        }
        for cause in gaps::causes(&account.gaps, most) {
            let Some(sentence) = sentence(&cause, &unknown) else {
                continue;
            };
            match causes.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, accounts)) => accounts.push(&account.id),
                None => causes.push((sentence, vec![&account.id])),
            }
        }
    }
    let mut lines = Vec::new();
    for (sentence, accounts) in causes {
        lines.push((format!("{}{sentence}", lead(view, few(&accounts, NAMED))), 0));
    }
    Ok(lines)
}

/// Begins a sentence about these accounts if the report has several: `111122223333, 444455556666: `.
fn lead(view: &View<'_>, accounts: String) -> String {
    if view.many_accounts() {
        accounts + ": "
    } else {
        String::new()
    }
}

/// Says what a cause leaves unjudged, and what to do; none if it was chosen and no rule needs the source.
fn sentence(cause: &Cause, unknown: &[(&str, Vec<Source>)]) -> Option<String> {
    let mut rules: Vec<&str> = Vec::new();
    for (rule, missing) in unknown {
        let needs_it = missing.iter().any(|source| cause.sources.contains(source));
        if needs_it && !rules.contains(rule) {
            rules.push(rule);
        }
    }
    let Cause { says, remedy, by_choice, .. } = cause;
    match named(&rules) {
        Some(rules) => Some(format!("{says}. Not judged: {rules}. {remedy}")),
        None if *by_choice => None,
        None => Some(cause.sentences()),
    }
}

/// The findings that something leaves unknown without a gap.
#[derive(Default)]
struct Unread<'a> {
    findings: usize,
    rules: Vec<&'a str>,
    accounts: BTreeSet<&'a str>,
}

/// What is missing without a gap, such as logs of a region, each once for all rules that need it.
fn unread(view: &View<'_>, groups: &[Group<'_>]) -> io::Result<Vec<(String, usize)>> {
    let mut causes: BTreeMap<(String, String), Unread<'_>> = BTreeMap::new();
    for entry in groups.iter().flat_map(|group| &group.entries) {
        let finding = view.finding(entry)?;
        let mut gaps = view
            .account(&finding)
            .into_iter()
            .flat_map(|account| &account.gaps);
        if !finding.missing.is_empty() && !gaps.any(|gap| finding.missing.contains(&gap.source)) {
            let says = finding
                .message
                .trim_start_matches("not judged: ")
                .to_owned();
            let cause = causes
                .entry((says, finding.remediation.clone()))
                .or_default();
            cause.findings += 1;
            cause.rules.push(view.rule_id(entry));
            cause.rules.dedup();
            cause.accounts.insert(view.account_id(entry));
        }
    }
    let mut lines = Vec::new();
    for ((says, remedy), Unread { findings, rules, accounts }) in causes {
        let lead = lead(view, few(&accounts, NAMED));
        let rules = named(&rules).unwrap_or_default();
        let sentence = format!("{lead}{says}. Not judged: {rules}. {remedy}");
        lines.push((sentence.trim_end().to_owned(), findings));
    }
    Ok(lines)
}

/// The waivers that have ended, end soon or are not needed.
fn warnings(view: &View<'_>) -> List {
    let warnings = waivers::warnings(view.report);
    let (count, all) = (warnings.len(), view.report.waivers.len());
    let shown = truncated(warnings, view.at_most(WARNINGS));
    List {
        title: format!("Waivers: {count} of {all} need attention"),
        lines: shown.into_iter().map(|warning| (warning, 0)).collect(),
        weight: Weight::Work,
    }
}

/// The findings of this status, with a line for each rule and reason.
fn decided(view: &View<'_>, status: Status) -> io::Result<List> {
    let groups = grouped(view, |entry| entry.status == status);
    let why = |finding: &Finding| match status {
        Status::Waived | Status::Known => remarks::remarks(finding).join("; "),
        // The message says why the rule does not apply; that of a pass only says what was not found.
        Status::NotApplicable => finding.message.clone(),
        _ => String::new(),
    };
    let mut lines = Vec::new();
    for group in &groups {
        lines.extend(folded(view, group, |finding| Some(why(finding)))?);
    }
    Ok(List { title: title(view, status, count(&groups)), lines, weight: Weight::Record })
}

fn title(view: &View<'_>, status: Status, count: usize) -> String {
    match status {
        Status::Waived => format!("Waived: {}", counted(count, "finding")),
        Status::Pass => format!("Passed: {}", counted(count, "resource")),
        Status::NotApplicable => format!("Not applicable: {}", counted(count, "resource")),
        _ => {
            let accounts = view.report.accounts.iter();
            let baselines = accounts.filter_map(|account| account.baseline.as_ref());
            let days = span(baselines.filter_map(|baseline| baseline.as_of), day);
            let of = days.map_or_else(String::new, |days| format!(" of {days}"));
            format!("Known: {}, in the baseline{of}", counted(count, "finding"))
        }
    }
}

/// A line `rule: names; why` for each reason, without findings that have none.
fn folded(
    view: &View<'_>,
    group: &Group<'_>,
    why: impl Fn(&Finding) -> Option<String>,
) -> io::Result<Vec<(String, usize)>> {
    let most = view.at_most(NAMED);
    // For each reason, the names that are shown and the number of findings.
    let mut reasons: BTreeMap<String, (Vec<String>, usize)> = BTreeMap::new();
    for finding in view.findings(&group.entries) {
        let finding = finding?;
        let Some(why) = why(&finding) else { continue };
        let (names, count) = reasons.entry(why).or_default();
        if names.len() < most {
            names.push(words::name(&finding, view.many_accounts()));
        }
        *count += 1;
    }
    let mut lines = Vec::new();
    for (why, (names, count)) in reasons {
        let why = if why.is_empty() {
            why
        } else {
            format!("; {why}")
        };
        lines.push((format!("{}: {}{why}", group.id, first_of(&names, count)), count));
    }
    Ok(lines)
}
