//! Reports for readers who need not know whose they are: pseudonyms for account ids, names, ids of
//! keys and ARNs.
//!
//! Sound by construction. A text stays only where it is known to be nobody's: rule ids, regions, times,
//! words of AWS and of Portcullis. All else is replaced, or withheld where it is free text. The same
//! text has the same pseudonym under the same [`Salt`], in every report, so reports can be joined by
//! people and by fingerprint.

mod activity;
mod arn;
mod form;
mod names;
mod public;
mod run;
mod salt;

use std::collections::BTreeMap;
use std::fmt;

use portcullis_model::{
    AccountRef, AppliedWaiver, AuditedAccount, Baseline, ControlKind, ControlOutcome, Evidence,
    Finding, FrameworkOutcome, Gap, Message, MessagePart, Report, ResourceRef, RuleInfo,
    RunOptions, SharedText, Source, Tool, Verdict, Waiver, WaiverOutcome,
};

pub(crate) use self::arn::TYPES;
pub use self::salt::{Salt, SaltTooShort};

use self::names::Names;
use serde_json::Value as Json;

use crate::decide::waivers;

/// What stands in the place of free text.
pub(crate) const WITHHELD: &str = "withheld: redacted";

/// The report holds pseudonyms already, which another salt would make into others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AlreadyRedacted;

impl std::error::Error for AlreadyRedacted {}

impl fmt::Display for AlreadyRedacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the report is redacted already")
    }
}

/// The report with pseudonyms. Verdicts, severities, counts, times and the exit status stay.
///
/// Waivers match names: apply them before. A baseline is joined by fingerprint: redact both or none.
pub fn redact(report: Report, salt: &Salt) -> Result<Report, AlreadyRedacted> {
    if report.options.redacted {
        return Err(AlreadyRedacted);
    }
    Ok(Redaction { salt, names: Names::new(salt), params: Vec::new() }.report(report))
}

/// What is known while a report is redacted. Every function takes its part to pieces without `..`, so
/// that a new field does not compile until somebody decides what becomes of it.
struct Redaction<'s> {
    salt: &'s Salt,
    /// For what stands beside findings.
    names: Names<'s>,
    /// The texts in the parameters of rules, which may be names.
    params: Vec<String>,
}

impl Redaction<'_> {
    fn report(&mut self, report: Report) -> Report {
        let Report { schema, tool, options, run, accounts, rules, findings, waivers, activity } =
            report;
        // Rules first: their parameters show in what is said of controls.
        let rules: Vec<_> = rules.into_iter().map(|rule| self.rule(rule)).collect();
        let mut accounts: Vec<_> = accounts.into_iter().map(|a| self.account(a)).collect();
        let mut findings: Vec<_> =
            findings.into_iter().map(|finding| self.finding(finding, &rules, &accounts)).collect();
        // The order of names would tell something about them.
        accounts.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut waivers: Vec<_> = waivers.into_iter().map(|w| self.waiver_outcome(w)).collect();
        waivers.sort_by(|a, b| waivers::order(&a.waiver).cmp(&waivers::order(&b.waiver)));
        Report {
            schema,
            tool: self.tool(tool),
            options: Redaction::options(options),
            run: self.run(run),
            accounts,
            rules,
            findings,
            waivers,
            activity: activity.into_iter().map(|it| activity::summary(it, &self.names)).collect(),
        }
    }

    fn tool(&self, Tool { name, version, ruleset }: Tool) -> Tool {
        Tool { name, version, ruleset: self.salt.hash(&ruleset) }
    }

    fn options(options: RunOptions) -> RunOptions {
        let RunOptions { rule_set, only, skip, frameworks, include, gate, redacted: _ } = options;
        RunOptions { rule_set, only, skip, frameworks, include, gate, redacted: true }
    }

    fn account(&mut self, account: AuditedAccount) -> AuditedAccount {
        let AuditedAccount {
            id,
            alias,
            name,
            partition,
            region,
            status,
            caller,
            as_of,
            collected_from,
            collected_to,
            report_generated_at,
            gaps,
            tallies,
            frameworks,
            baseline,
            // It is made of names.
            border: _,
        } = account;
        let text = |text: Option<String>| text.map(|text| self.names.text(&text));
        let (alias, name, caller) = (text(alias), text(name), text(caller));
        let mut gaps: Vec<_> = gaps.into_iter().map(|gap| self.gap(gap)).collect();
        gaps.sort();
        AuditedAccount {
            id: self.names.account(&id),
            alias,
            name,
            partition,
            region: region.map(|region| self.names.region(&region)),
            status,
            caller,
            as_of,
            collected_from,
            collected_to,
            report_generated_at,
            gaps,
            tallies,
            frameworks: frameworks.into_iter().map(|f| self.framework(f)).collect(),
            baseline: baseline.map(|Baseline { as_of, ruleset }| Baseline {
                as_of,
                ruleset: self.salt.hash(&ruleset),
            }),
            border: None,
        }
    }

    /// AWS's message is free text, and a request id identifies the caller to AWS's staff.
    fn gap(&mut self, gap: Gap) -> Gap {
        let Gap { source, operation, action, code, message: _, resource, request_id: _, at } = gap;
        let code_or_none =
            |text: SharedText| if form::is_code(&text) { text } else { WITHHELD.into() };
        Gap {
            source,
            operation: code_or_none(operation),
            action: code_or_none(action),
            code: code_or_none(code),
            message: WITHHELD.into(),
            resource: resource.map(|resource| self.names.text(&resource)),
            request_id: None,
            at,
        }
    }

    /// The texts of a rule are its author's, and public; ids in them are not.
    fn rule(&mut self, rule: RuleInfo) -> RuleInfo {
        let RuleInfo {
            id,
            family,
            hash,
            title,
            severity,
            scope,
            risk,
            remediation,
            references,
            mut params,
            frameworks,
        } = rule;
        for value in params.values() {
            collect_texts(value, &mut self.params);
        }
        for (name, value) in &mut params {
            *value = self.names.fact(&format!("params.{name}"), std::mem::take(value));
        }
        let public = |text: String| public::without_ids(&text, &self.names);
        RuleInfo {
            id,
            family,
            hash: self.salt.hash(&hash),
            title: public(title),
            severity,
            scope,
            risk: public(risk),
            remediation: public(remediation),
            references: references.into_iter().map(public).collect(),
            params,
            frameworks,
        }
    }

    fn finding(
        &self,
        finding: Finding,
        rules: &[RuleInfo],
        accounts: &[AuditedAccount],
    ) -> Finding {
        let Finding {
            fingerprint,
            rule,
            partition,
            account,
            resource,
            verdict,
            severity,
            message,
            message_facts,
            evidence,
            missing,
            remediation,
            waiver,
            first_seen,
            baseline,
        } = finding;
        let mut names = Names::new(self.salt);
        let account = names.account(&account);
        let resource = resource_ref(resource, &mut names);
        let evidence = renamed_evidence(&evidence, &mut names);
        let info = rules.iter().find(|info| info.id == rule);
        let message = message_facts
            .and_then(|facts| Message::new(message, facts))
            .and_then(|message| renamed(&message, &names))
            .unwrap_or_else(|| in_general(verdict, &missing, info, &resource));
        let (message, message_facts) = message.into_parts();
        let remediation = match verdict {
            // A command with a pseudonym in it would run, and not do what it says.
            Verdict::Fail if !remediation.is_empty() => {
                info.map_or_else(|| WITHHELD.to_owned(), |info| info.remediation.clone())
            }
            Verdict::Unknown => {
                let account = AccountRef { partition: &partition, id: &account };
                let known = accounts.iter().find(|known| known.account_ref() == account);
                remedies(&missing, known.map_or(&[], |known| &known.gaps))
            }
            _ => String::new(),
        };
        Finding {
            fingerprint: self.salt.fingerprint(&fingerprint),
            message,
            message_facts: Some(message_facts),
            remediation,
            waiver: waiver.map(|waiver| applied(waiver, self.salt)),
            rule,
            partition,
            account,
            resource,
            verdict,
            severity,
            evidence,
            missing,
            first_seen,
            baseline,
        }
    }

    fn framework(&mut self, framework: FrameworkOutcome) -> FrameworkOutcome {
        let FrameworkOutcome { id, title, version, note, references, controls, counts } = framework;
        let controls = controls.into_iter().map(|control| self.control(control)).collect();
        let mut public = |text: String| public::without_ids(&text, &self.names);
        FrameworkOutcome {
            id,
            title: public(title),
            version,
            note: note.map(&mut public),
            references: references.into_iter().map(&mut public).collect(),
            controls,
            counts,
        }
    }

    /// What a person has to do comes from the framework; why a rule does not suffice quotes parameters.
    fn control(&mut self, control: ControlOutcome) -> ControlOutcome {
        let ControlOutcome { id, title, kind, status, rules, reason } = control;
        let title = public::without_ids(&title, &self.names);
        let reason = reason.map(|reason| {
            let quotes_param = self.params.iter().any(|text| reason.contains(text));
            if kind == ControlKind::Automated && quotes_param {
                WITHHELD.to_owned()
            } else {
                public::without_ids(&reason, &self.names)
            }
        });
        ControlOutcome { id, title, kind, status, rules, reason }
    }

    fn waiver_outcome(&mut self, outcome: WaiverOutcome) -> WaiverOutcome {
        let WaiverOutcome { waiver, days_left, judged, fails, unknown } = outcome;
        let Waiver { rule, resource, account, reason: _, owner, expires } = waiver;
        let waiver = Waiver {
            rule,
            resource: self.names.text(&resource),
            account: self.names.account(&account),
            reason: WITHHELD.to_owned(),
            owner: self.salt.name(&owner),
            expires,
        };
        WaiverOutcome { waiver, days_left, judged, fails, unknown }
    }
}

fn resource_ref(resource: ResourceRef, names: &mut Names<'_>) -> ResourceRef {
    let ResourceRef { kind, id, name, region } = resource;
    let id = names.identity(&id);
    let name = match kind.as_str() {
        "root" if name == "root" => name,
        "region" => names.region(&name),
        _ => names.text(&name),
    };
    ResourceRef { kind, id, name, region: region.map(|region| names.region(&region)) }
}

fn applied(waiver: AppliedWaiver, salt: &Salt) -> AppliedWaiver {
    let AppliedWaiver { reason: _, owner, expires, expired } = waiver;
    AppliedWaiver { reason: WITHHELD.to_owned(), owner: salt.name(&owner), expires, expired }
}

/// The facts with pseudonyms for names, which are added to those that the message may hold.
fn renamed_evidence(evidence: &Evidence, names: &mut Names<'_>) -> Evidence {
    let evidence = evidence.facts();
    names.add_ways(&evidence);
    let mut facts = BTreeMap::new();
    for (path, value) in evidence {
        let value = names.fact(&path, value);
        facts.insert(names.path(&path), value);
    }
    Evidence::new(&facts)
}

/// The message with its facts replaced; none if a fact of it is withheld.
fn renamed(message: &Message, names: &Names<'_>) -> Option<Message> {
    let parts = message.parts();
    let mut pseudonyms: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for part in &parts {
        if let MessagePart::Fact(fact, text) = part {
            pseudonyms.entry(fact).or_default().push(names.text_of(fact, text));
        }
    }
    if pseudonyms.values().flatten().any(|text| text == WITHHELD) {
        return None;
    }
    // The texts of a list have its path in common; the order of the names would reveal who is who.
    for list in pseudonyms.values_mut() {
        list.sort_by(|a, b| b.cmp(a));
    }
    let mut renamed = Message::default();
    for part in parts {
        match part {
            MessagePart::Words(words) => renamed.push(&public::without_ids(words, names)),
            MessagePart::Fact(fact, _) => {
                let text = pseudonyms.get_mut(fact).and_then(Vec::pop);
                renamed.push_fact(&names.path(fact), &text.unwrap_or_default());
            }
        }
    }
    Some(renamed)
}

/// Adds the texts of a parameter.
fn collect_texts(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) if !text.is_empty() => texts.push(text.clone()),
        Json::Array(list) => {
            for value in list {
                collect_texts(value, texts);
            }
        }
        _ => {}
    }
}

/// How to get what is missing, as the gaps of the account say.
fn remedies(missing: &[Source], gaps: &[Gap]) -> String {
    let mut steps = Vec::new();
    for source in missing {
        let gap = gaps.iter().find(|gap| gap.source == *source);
        steps.push(gap.map_or_else(|| format!("Collect {source} again."), Gap::remedy));
    }
    steps.join(" ")
}

/// What is said of a finding whose own message cannot be shown.
fn in_general(
    verdict: Verdict,
    missing: &[Source],
    rule: Option<&RuleInfo>,
    resource: &ResourceRef,
) -> Message {
    let mut message = Message::default();
    match (verdict, rule) {
        (Verdict::Fail, Some(rule)) => {
            message.push(&format!("{}: ", rule.title));
            message.push_fact("resource.name", &resource.name);
        }
        (Verdict::Fail, None) => message.push(WITHHELD),
        (Verdict::Unknown, _) => {
            let missing = missing.iter().map(|source| format!("{source} is missing"));
            message.push(&format!("not judged: {}", missing.collect::<Vec<_>>().join(", ")));
        }
        (Verdict::Pass, _) => message.push("no problem found"),
        (Verdict::NotApplicable, _) => message.push("the rule does not apply to this resource"),
    }
    message
}
