//! A snapshot and rules to a report: pure, total, deterministic.

use std::collections::BTreeMap;
use std::fmt::Write;

use portcullis_model::{
    Account, AccountRef, AccountStatus, AuditedAccount, Crossing, Extent, Finding, Fingerprint,
    Gap, Message, Record, Region, Report, ResourceRef, Run, RunOptions, SCHEMA, Snapshot, Source,
    Sources, Tally, Tool, Value, Verdict,
};

use crate::judge::{self, Decision, Gaps, decide};
use crate::program::ScopedProgram;
use crate::recorded::Recorded;
use crate::scope::{CROSSING, Needs, SCOPES, State, Subject, crossings, rest, whole};
use crate::{Framework, Rule, RuleSet};

/// Judges the snapshot by the rules.
///
/// The report depends on the arguments alone. `options` say what was chosen, and which verdicts it
/// lists besides `fail` and `unknown`; `tool_version` is the version of the program. What loosens the
/// run is left to whoever knows where it was chosen: see [`RuleSet::loosened`].
pub fn evaluate(
    snapshot: &Snapshot,
    rules: &RuleSet,
    options: RunOptions,
    tool_version: &str,
) -> Report {
    let Account { partition, id, .. } = &snapshot.account;
    let mut judge = Judge {
        account: AccountRef { partition, id },
        options: &options,
        gaps: Gaps::new(&snapshot.gaps),
        person: snapshot.person.as_deref(),
        recorded: Recorded::new(snapshot),
        findings: Vec::new(),
    };
    let mut tallies = BTreeMap::new();
    // Of an account among several that could not be entered, its status says it all.
    if snapshot.unreached.is_none() {
        for rule in rules.rules() {
            tallies.insert(rule.id.clone(), judge.rule(rule, snapshot));
        }
    }
    let mut findings = judge.findings;
    sort(&mut findings);
    let account = account(snapshot, rules, &options, tallies);
    Report { accounts: vec![account], findings, ..without_accounts(rules, options, tool_version) }
}

/// The report by those rules on no account at all.
pub fn without_accounts(rules: &RuleSet, options: RunOptions, tool_version: &str) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "portcullis".to_owned(),
            version: tool_version.to_owned(),
            ruleset: rules.hash(),
        },
        options,
        run: Run::default(),
        accounts: Vec::new(),
        rules: rules.rules().iter().map(Rule::info).collect(),
        findings: Vec::new(),
        waivers: Vec::new(),
        activity: Vec::new(),
    }
}

/// Judges the ways from one account into others, by the rules that are about them: the number of verdicts by rule,
/// and the findings.
///
/// [`evaluate`] sees one account alone, and so leaves those rules without a verdict.
pub fn evaluate_crossings(
    list: &[Crossing],
    account: AccountRef<'_>,
    rules: &RuleSet,
    options: &RunOptions,
) -> (BTreeMap<String, Tally>, Vec<Finding>) {
    let (gaps, findings) = (Gaps::new(&[]), Vec::new());
    let mut judge = Judge { account, options, gaps, person: None, recorded: None, findings };
    let mut tallies = BTreeMap::new();
    for rule in rules.on_crossings() {
        let tally = tallies.entry(rule.id.clone()).or_default();
        for part in &rule.parts {
            for (subject, crossing) in crossings(list).zip(list) {
                let before = judge.findings.len();
                judge.subject(rule, part, &subject, tally);
                for finding in &mut judge.findings[before..] {
                    if finding.verdict == Verdict::Unknown {
                        name_unread(finding, &crossing.unread_accounts);
                    }
                }
            }
        }
    }
    let mut findings = judge.findings;
    sort(&mut findings);
    (tallies, findings)
}

/// Says which accounts lack something: it may be any of several.
fn name_unread(finding: &mut Finding, accounts: &[String]) {
    let mut message = Message::from("not judged: ");
    for (place, source) in finding.missing.iter().enumerate() {
        message.push(if place == 0 { "the " } else { " and the " });
        message.push(match source {
            Source::AccountAuthorizationDetails => "policies",
            _ => source.name(),
        });
    }
    message.push(" of ");
    for (place, account) in accounts.iter().enumerate() {
        message.push(if place == 0 { "" } else { ", " });
        message.push_fact("crossing.unread_accounts", account);
    }
    message.push(" could not be read");
    let (text, facts) = message.into_parts();
    (finding.message, finding.message_facts) = (text, Some(facts));
    let those = if accounts.len() == 1 {
        "that account"
    } else {
        "those accounts"
    };
    finding.remediation =
        format!("Close the gaps in {those}, then audit all accounts together again.");
}

/// One run over an account.
struct Judge<'a> {
    account: AccountRef<'a>,
    options: &'a RunOptions,
    gaps: Gaps<'a>,
    /// The one person that is judged, if not all are.
    person: Option<&'a str>,
    /// What CloudTrail recorded, if its logs were read.
    recorded: Option<Recorded<'a>>,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn rule(&mut self, rule: &Rule, snapshot: &Snapshot) -> Tally {
        let mut tally = Tally::default();
        let mut missing: Option<(&ScopedProgram, Sources)> = None;
        for part in &rule.parts {
            let unlisted = match (part.scope.subjects)(snapshot) {
                Ok(subjects) => {
                    for subject in subjects {
                        self.subject(rule, part, &subject, &mut tally);
                    }
                    part.scope.unlisted(snapshot)
                }
                Err(sources) => Some(sources),
            };
            if let Some(sources) = unlisted {
                let before = missing.map_or(Sources::NONE, |(_, before)| before);
                missing = Some((part, before | sources));
            } else if part.scope.is_activity() {
                self.activity(rule, part, snapshot, &mut tally);
            }
        }
        if let Some((part, sources)) = missing {
            let subject = whole(&snapshot.account, State::Missing(sources));
            self.subject(rule, part, &subject, &mut tally);
        }
        tally
    }

    /// Judges the rule's windows, and whether it may say anything about what was not recorded.
    fn activity(
        &mut self,
        rule: &Rule,
        part: &ScopedProgram,
        snapshot: &Snapshot,
        tally: &mut Tally,
    ) {
        let grouping = part.program.grouping.as_ref();
        let windows = grouping.map(|it| it.windows(snapshot)).unwrap_or_default();
        for window in windows.subjects(&snapshot.account) {
            self.subject(rule, part, &window, tally);
        }
        let found_something = tally.fail + tally.unknown > 0;
        let needs = Needs { regions: &rule.regions, read_only: rule.read_only };
        if let Some(rest) = rest(snapshot, needs, found_something, windows.undecided) {
            self.subject(rule, part, &rest, tally);
        }
    }

    fn subject(
        &mut self,
        rule: &Rule,
        part: &ScopedProgram,
        subject: &Subject<'_>,
        tally: &mut Tally,
    ) {
        let decision = decide(&part.program, subject);
        if self
            .person
            .is_some_and(|name| !is_about(subject, decision, name))
        {
            return;
        }
        tally.count(decision.verdict());
        if listed(decision.verdict(), self.options) {
            let mut finding = self.finding(rule, part, subject, decision);
            if let Some(recorded) = self
                .recorded
                .as_ref()
                .filter(|_| decision == Decision::Fail)
            {
                recorded.add_to(&mut finding);
            }
            self.findings.push(finding);
        }
    }

    fn finding(
        &self,
        rule: &Rule,
        part: &ScopedProgram,
        subject: &Subject<'_>,
        decision: Decision,
    ) -> Finding {
        let AccountRef { partition, id } = self.account;
        let judgement = judge::explain(&part.program, subject, decision, &self.gaps);
        let (message, message_facts) = judgement.message.into_parts();
        Finding {
            fingerprint: Fingerprint::new(&rule.id, partition, id, &subject.id),
            rule: rule.id.clone(),
            partition: partition.to_owned(),
            account: id.to_owned(),
            resource: ResourceRef {
                kind: subject.kind.to_owned(),
                id: subject.id.to_string(),
                name: subject.name.to_owned(),
                region: subject.region.map(str::to_owned),
            },
            verdict: judgement.verdict,
            severity: judge::severity(&part.program, rule.severity, subject),
            urgent: false,
            message,
            message_facts: Some(message_facts),
            evidence: judgement.evidence,
            missing: judgement.missing,
            remediation: judgement.remediation,
            waiver: None,
            first_seen: None,
            baseline: None,
        }
    }
}

/// Whether a verdict is about that person: on a recorded event (only theirs were read), on their user, or on
/// what the user owns. What is not known about the account may be about them too.
fn is_about(subject: &Subject<'_>, decision: Decision, name: &str) -> bool {
    match subject.kind {
        "signin" | "credential_event" | "window" => true,
        "account" => decision.verdict() == Verdict::Unknown,
        _ => subject
            .id
            .split(['/', ':'])
            .any(|part| part.eq_ignore_ascii_case(name)),
    }
}

fn listed(verdict: Verdict, options: &RunOptions) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Unknown) || options.include.contains(&verdict)
}

/// The most severe first; resources that share an id stay apart and are said to do so, since whatever is
/// decided about one of them by its fingerprint holds for all.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    for duplicates in findings.chunk_by_mut(|a, b| a.fingerprint == b.fingerprint) {
        if let count @ 2.. = duplicates.len() {
            for duplicate in duplicates {
                let _ = write!(duplicate.message, " ({count} resources have this id)");
            }
        }
    }
}

fn account(
    snapshot: &Snapshot,
    rules: &RuleSet,
    options: &RunOptions,
    tallies: BTreeMap<String, Tally>,
) -> AuditedAccount {
    let account = &snapshot.account;
    let is_wanted =
        |f: &&Framework| snapshot.unreached.is_none() && options.frameworks.contains(&f.id);
    let frameworks = rules.frameworks().iter().filter(is_wanted);
    let mut of_account = tallies.clone();
    // What holds of one person does not hold of the account.
    of_account.retain(|_, tally| snapshot.person.is_none() || tally.fail > 0);
    AuditedAccount {
        id: account.id.clone(),
        alias: account.alias.clone().known().flatten(),
        name: snapshot.name.clone(),
        partition: account.partition.clone(),
        region: snapshot.region.clone(),
        status: status(snapshot),
        caller: account.caller.clone().known(),
        as_of: snapshot.as_of,
        collected_from: snapshot.collected_from,
        collected_to: snapshot.collected_to,
        report_generated_at: account.report_generated_at.known(),
        gaps: snapshot.gaps.clone(),
        frameworks: frameworks
            .map(|framework| framework.judge(&of_account))
            .collect(),
        tallies,
        baseline: None,
        border: snapshot
            .border
            .clone()
            .filter(|_| rules.on_crossings().next().is_some()),
        extent: extent(snapshot, rules),
    }
}

/// What the rules looked at; nothing, where nothing could be collected.
fn extent(snapshot: &Snapshot, rules: &RuleSet) -> Extent {
    let mut extent = Extent::default();
    if !status(snapshot).is_judged() {
        return extent;
    }
    let reads = |facts: &str| rules.rules().iter().any(|rule| rule.reads(facts));
    if reads("region.") {
        let names = |regions: &Vec<Region>| regions.iter().map(|it| it.name.clone()).collect();
        extent.regions = snapshot.regions.as_ref().known().map(names);
    }
    if reads("root.claims") {
        let has_claim = |source: &Source| {
            let mut claims = snapshot.root.claims.iter();
            claims.any(|claim| claim.source == source.name())
        };
        extent.root_sources = Source::every().filter(has_claim).collect();
    }
    if reads("role.external_") {
        extent
            .own_accounts
            .clone_from(&snapshot.trusted_own_accounts);
    }
    extent
}

/// Calls that were left out on purpose make no account incomplete.
fn status(snapshot: &Snapshot) -> AccountStatus {
    if let Some(status) = snapshot.unreached {
        status
    } else if is_blank(snapshot) {
        AccountStatus::Failed
    } else if snapshot.gaps.iter().all(Gap::is_by_choice) {
        AccountStatus::Complete
    } else {
        AccountStatus::Incomplete
    }
}

/// Whether nothing is known of all that rules judge. Regions say nothing by themselves: the one that
/// was called is always known.
fn is_blank(snapshot: &Snapshot) -> bool {
    let always_there = ["account", "root", "region", CROSSING];
    let mut lists = SCOPES
        .iter()
        .filter(|scope| !always_there.contains(&scope.name));
    snapshot.root.claims.is_empty()
        && !is_judgeable(&snapshot.account)
        && !lists.any(|scope| (scope.subjects)(snapshot).is_ok())
}

/// Whether an answer says anything about the account as a whole, besides its names. What is null may be
/// so for the partition alone.
fn is_judgeable(account: &Account) -> bool {
    let names: Sources = [Source::CallerIdentity, Source::AccountAliases]
        .into_iter()
        .collect();
    let schema = account.record_type();
    (0..schema.fields.len())
        .filter(|&index| {
            schema
                .sources(index)
                .iter()
                .any(|source| !names.contains(source))
        })
        .any(|index| matches!(account.field(index), Ok(value) if !matches!(value, Value::Null)))
}
