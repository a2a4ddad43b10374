//! The outline of a report for people: which parts it has, in which order, and which findings stand
//! together. Text and Markdown render it, and decide none of that.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portcullis_model::{Finding, RuleInfo, Severity, Status};

use crate::Detail;
use crate::decide::waivers;
use crate::render::advice::commands;
use crate::render::counts;
use crate::render::facts::{self, Fact};
use crate::render::gaps::{self, Cause};
use crate::render::remarks;
use crate::render::view::View;
use crate::words::{self, capitalised, counted, day, few, named, span};

/// So many resources of findings that ask for no work are named.
const NAMED: usize = 10;
/// So many sources that are missing for one reason are named.
const SOURCES: usize = 3;
/// Commands of so many findings are compared with those of other rules.
const COMPARED: usize = 20;
/// More warnings than these mean that somebody has stopped looking.
const WARNINGS: usize = 20;

/// A report, as people read it.
pub(crate) struct Outline<'a> {
    /// What it comes to in numbers.
    pub headline: String,
    /// What was audited, by what and on which evidence.
    pub facts: Vec<Fact>,
    /// The open findings, the most severe first.
    pub open: Vec<Section<'a>>,
    /// What is not open, in a line for each thing to say.
    pub lists: Vec<List>,
}

/// The open findings of one severity.
pub(crate) struct Section<'a> {
    pub severity: Severity,
    /// `Critical: 4 findings`.
    pub title: String,
    pub groups: Vec<Group<'a>>,
}

/// The findings of a rule that stand together.
pub(crate) struct Group<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// None only in a report that was tampered with.
    pub rule: Option<&'a RuleInfo>,
    pub findings: Vec<&'a Finding>,
    /// The rule above it whose commands are the same.
    pub same_as: Option<&'a str>,
}

/// Findings that ask for no work on the account, or notes.
pub(crate) struct List {
    /// `Not judged: 32 rules`.
    pub title: String,
    /// Each with the number of findings that it stands for.
    pub lines: Vec<(String, usize)>,
    pub weight: Weight,
}

/// Whom a list is for.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Weight {
    /// Everybody: there is something to do.
    Work,
    /// Who wants to know what has been decided.
    Record,
    /// Who wants to know it all.
    Detail,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(view: &View<'a>) -> Outline<'a> {
        let groups = grouped(view, |finding| finding.status() == Status::Unknown);
        let mut lists =
            vec![unjudged(view, &groups), warnings(view), unjudged_by_rule(view, &groups)];
        for status in [Status::Waived, Status::Known, Status::Pass, Status::NotApplicable] {
            lists.push(decided(view, status));
        }
        lists.retain(|list| !list.lines.is_empty());
        Outline {
            headline: counts::headline(view.report),
            facts: facts::facts(view.report),
            open: open(view),
            lists,
        }
    }
}

impl List {
    /// How many findings its lines stand for.
    pub(crate) fn findings(&self) -> usize {
        self.lines.iter().map(|(_, findings)| findings).sum()
    }
}

impl Group<'_> {
    /// `Root has no MFA (root-without-mfa)`.
    pub(crate) fn title(&self) -> String {
        self.rule.map_or_else(|| self.id.to_owned(), |rule| format!("{} ({})", rule.title, rule.id))
    }
}

fn open<'a>(view: &View<'a>) -> Vec<Section<'a>> {
    let mut sections = Vec::new();
    let mut rules: HashMap<BTreeSet<String>, &str> = HashMap::new();
    for severity in Severity::ALL {
        let mut groups = grouped(view, |f| f.status() == Status::Open && f.severity == severity);
        for group in &mut groups {
            let compared = group.findings.iter().take(COMPARED);
            let commands: BTreeSet<String> =
                compared.flat_map(|f| commands(&f.remediation)).collect();
            if !commands.is_empty() {
                let first = *rules.entry(commands).or_insert(group.id);
                group.same_as = Some(first).filter(|first| *first != group.id);
            }
        }
        let count: usize = groups.iter().map(|group| group.findings.len()).sum();
        let title = format!("{}: {}", capitalised(severity.word()), counted(count, "finding"));
        if count > 0 {
            sections.push(Section { severity, title, groups });
        }
    }
    sections
}

/// Some of the findings by rule, the most severe rule first.
fn grouped<'a>(view: &View<'a>, some: impl Fn(&Finding) -> bool) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Severity, &str), Group<'a>> = BTreeMap::new();
    for finding in view.report.findings.iter().filter(|finding| some(finding)) {
        let (id, rule) = (finding.rule.as_str(), view.rule(finding));
        let severity = rule.map_or(finding.severity, |rule| rule.severity);
        let group = Group { id, rule, findings: Vec::new(), same_as: None };
        groups.entry((severity, id)).or_insert(group).findings.push(finding);
    }
    groups.into_values().collect()
}

/// What could not be judged: why, which rules need it, and what to do.
fn unjudged(view: &View<'_>, groups: &[Group<'_>]) -> List {
    let mut lines = causes(view);
    lines.extend(unread(view, groups));
    for group in groups {
        let defects = group.findings.iter().copied().filter(|finding| finding.missing.is_empty());
        lines.extend(folded(view, group.id, defects, |finding| {
            let why = format!("{}. {}", finding.message, finding.remediation);
            why.trim_end_matches([' ', '.']).to_owned()
        }));
    }
    let title = match groups.len() {
        0 => "Gaps: no rule was left unjudged".to_owned(),
        count => format!("Not judged: {}", counted(count, "rule")),
    };
    List { title, lines, weight: Weight::Work }
}

/// The same, for each rule the resources.
fn unjudged_by_rule(view: &View<'_>, groups: &[Group<'_>]) -> List {
    let mut lines = Vec::new();
    for group in groups {
        lines.extend(folded(view, group.id, group.findings.iter().copied(), remarks::on_missing));
    }
    let count: usize = groups.iter().map(|group| group.findings.len()).sum();
    let title = format!("Not judged by rule: {}", counted(count, "finding"));
    List { title, lines, weight: Weight::Detail }
}

/// What is missing, each cause once for all accounts where it leaves the same rules open.
fn causes(view: &View<'_>) -> Vec<(String, usize)> {
    let most = if view.style.detail == Detail::All { usize::MAX } else { SOURCES };
    let mut causes: Vec<(String, Vec<&str>)> = Vec::new();
    for account in &view.report.accounts {
        let mut unknown: Vec<&Finding> = view.report.findings.iter().collect();
        unknown.retain(|finding| {
            finding.status() == Status::Unknown && finding.account_ref() == account.account_ref()
        });
        for cause in gaps::causes(&account.gaps, most) {
            let Some(sentence) = sentence(&cause, &unknown) else { continue };
            match causes.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, accounts)) => accounts.push(&account.id),
                None => causes.push((sentence, vec![&account.id])),
            }
        }
    }
    let mut lines = Vec::new();
    for (sentence, accounts) in causes {
        let accounts = few(&accounts, NAMED);
        let lead = if view.many_accounts() { format!("{accounts}: ") } else { String::new() };
        lines.push((format!("{lead}{sentence}"), 0));
    }
    lines
}

/// What a cause leaves not judged, and what to do; none if nobody chose otherwise and no rule minds.
fn sentence(cause: &Cause, unknown: &[&Finding]) -> Option<String> {
    let mut rules: Vec<&str> = Vec::new();
    for finding in unknown {
        let needs_it = finding.missing.iter().any(|source| cause.sources.contains(source));
        if needs_it && !rules.contains(&finding.rule.as_str()) {
            rules.push(&finding.rule);
        }
    }
    let Cause { says, remedy, by_choice, .. } = cause;
    match named(&rules) {
        Some(rules) => Some(format!("{says}. Not judged: {rules}. {remedy}")),
        None if *by_choice => None,
        None => Some(cause.sentences()),
    }
}

/// What is missing without a gap, such as logs of a region: each cause once for all rules that need it.
fn unread(view: &View<'_>, groups: &[Group<'_>]) -> Vec<(String, usize)> {
    let mut causes: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in groups.iter().flat_map(|group| &group.findings) {
        let mut gaps = view.account(finding).into_iter().flat_map(|account| &account.gaps);
        if !finding.missing.is_empty() && !gaps.any(|gap| finding.missing.contains(&gap.source)) {
            let says = finding.message.trim_start_matches("not judged: ");
            causes.entry((says, &finding.remediation)).or_default().push(finding);
        }
    }
    let mut lines = Vec::new();
    for ((says, remedy), findings) in causes {
        let mut rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        rules.dedup();
        let mut accounts: Vec<&str> =
            findings.iter().map(|finding| finding.account.as_str()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let accounts = few(&accounts, NAMED);
        let lead = if view.many_accounts() { format!("{accounts}: ") } else { String::new() };
        let rules = named(&rules).unwrap_or_default();
        let sentence = format!("{lead}{says}. Not judged: {rules}. {remedy}");
        lines.push((sentence.trim_end().to_owned(), findings.len()));
    }
    lines
}

/// The waivers that have ended, end soon or are of no use.
fn warnings(view: &View<'_>) -> List {
    let mut warnings = waivers::warnings(view.report);
    let (count, all) = (warnings.len(), view.report.waivers.len());
    if count > WARNINGS && view.style.detail != Detail::All {
        warnings.truncate(WARNINGS);
        warnings.push(format!("and {} more", count - WARNINGS));
    }
    List {
        title: format!("Waivers: {count} of {all} to look at"),
        lines: warnings.into_iter().map(|warning| (warning, 0)).collect(),
        weight: Weight::Work,
    }
}

/// What fails and does not count, passes or does not apply: a line for each rule and reason.
fn decided(view: &View<'_>, status: Status) -> List {
    let groups = grouped(view, |finding| finding.status() == status);
    let count: usize = groups.iter().map(|group| group.findings.len()).sum();
    let why = |finding: &Finding| match status {
        Status::Waived | Status::Known => remarks::remarks(finding).join("; "),
        // A message says why the question does not arise; that of a pass says what was not found.
        Status::NotApplicable => finding.message.clone(),
        _ => String::new(),
    };
    let mut lines = Vec::new();
    for group in &groups {
        lines.extend(folded(view, group.id, group.findings.iter().copied(), why));
    }
    List { title: title(view, status, count), lines, weight: Weight::Record }
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

/// `rule: names; why`, for each reason.
fn folded<'f>(
    view: &View<'_>,
    rule: &str,
    findings: impl IntoIterator<Item = &'f Finding>,
    why: impl Fn(&Finding) -> String,
) -> Vec<(String, usize)> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in findings {
        let name = words::name(finding, view.many_accounts());
        reasons.entry(why(finding)).or_default().push(name);
    }
    let mut lines = Vec::new();
    for (why, names) in reasons {
        let most = if view.style.detail == Detail::All { names.len() } else { NAMED };
        let why = if why.is_empty() { why } else { format!("; {why}") };
        lines.push((format!("{rule}: {}{why}", few(&names, most)), names.len()));
    }
    lines
}
