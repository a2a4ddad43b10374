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
mod run;
mod salt;

use std::collections::BTreeMap;
use std::mem;

use portcullis_model::{
    AccountRef, AppliedWaiver, AuditedAccount, Baseline, ControlKind, ControlOutcome, Evidence,
    Finding, FrameworkOutcome, Gap, Message, MessagePart, Report, ResourceRef, RuleInfo,
    RunOptions, Source, Tool, Verdict, Waiver, WaiverOutcome,
};

pub(crate) use self::arn::TYPES;
pub use self::salt::{Salt, SaltTooShort};

use self::names::Names;
use serde_json::Value as Json;
use thiserror::Error;

use crate::decide::waivers;

/// What stands in the place of free text.
pub(crate) const WITHHELD: &str = "withheld: redacted";

/// The report holds pseudonyms already, which another salt would make into others.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the report is redacted already")]
pub struct AlreadyRedacted;

/// The report with pseudonyms. Verdicts, severities, counts, times and the exit status stay.
///
/// Waivers match names: apply them before. A baseline is joined by fingerprint: redact both or none.
pub fn redact(mut report: Report, salt: &Salt) -> Result<Report, AlreadyRedacted> {
    if report.options.redacted {
        return Err(AlreadyRedacted);
    }
    Redaction { salt, names: Names::new(salt), params: Vec::new() }.report(&mut report);
    Ok(report)
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
    fn report(&mut self, report: &mut Report) {
        let Report { schema: _, tool, options, run, accounts, rules, findings, waivers, activity } =
            report;
        let Tool { name: _, version: _, ruleset } = tool;
        *ruleset = self.salt.hash(ruleset);
        let RunOptions {
            rule_set: _,
            only: _,
            skip: _,
            frameworks: _,
            include: _,
            gate: _,
            redacted,
        } = options;
        *redacted = true;
        self.run(run);
        // Rules first: their parameters show in what is said of controls.
        for rule in &mut *rules {
            self.rule(rule);
        }
        for account in &mut *accounts {
            self.account(account);
        }
        for finding in &mut *findings {
            self.finding(finding, rules, accounts);
        }
        for WaiverOutcome { waiver, days_left: _, judged: _, fails: _, unknown: _ } in &mut *waivers
        {
            self.waiver(waiver);
        }
        // The order of names would tell something about them.
        accounts.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        waivers.sort_by(|a, b| waivers::order(&a.waiver).cmp(&waivers::order(&b.waiver)));
        let summaries = mem::take(activity).into_iter();
        *activity = summaries.map(|it| activity::summary(it, &self.names)).collect();
    }

    fn account(&self, account: &mut AuditedAccount) {
        let AuditedAccount {
            id,
            alias,
            name,
            partition: _,
            region,
            status: _,
            caller,
            as_of: _,
            collected_from: _,
            collected_to: _,
            report_generated_at: _,
            gaps,
            tallies: _,
            frameworks,
            baseline,
            border,
        } = account;
        *id = self.names.account(id);
        for text in [alias, name, caller].into_iter().flatten() {
            *text = self.names.text(text);
        }
        if let Some(region) = region {
            *region = self.names.region(region);
        }
        for gap in &mut *gaps {
            self.gap(gap);
        }
        gaps.sort();
        for framework in frameworks {
            self.framework(framework);
        }
        if let Some(Baseline { as_of: _, ruleset }) = baseline {
            *ruleset = self.salt.hash(ruleset);
        }
        // It is made of names.
        *border = None;
    }

    /// AWS's message is free text, and a request id identifies the caller to AWS's staff.
    fn gap(&self, gap: &mut Gap) {
        let Gap { source: _, operation, action, code, message, resource, request_id, at: _ } = gap;
        for text in [operation, action, code] {
            if !form::is_code(text) {
                *text = WITHHELD.into();
            }
        }
        *message = WITHHELD.into();
        if let Some(resource) = resource {
            *resource = self.names.text(resource);
        }
        *request_id = None;
    }

    /// The texts of a rule are its author's, and public; ids in them are not.
    fn rule(&mut self, rule: &mut RuleInfo) {
        let RuleInfo {
            id: _,
            family: _,
            hash,
            title,
            severity: _,
            scope: _,
            risk,
            remediation,
            references,
            params,
            frameworks: _,
        } = rule;
        *hash = self.salt.hash(hash);
        for (name, value) in params {
            collect_texts(value, &mut self.params);
            *value = self.names.fact(&format!("params.{name}"), mem::take(value));
        }
        for text in [title, risk, remediation].into_iter().chain(references) {
            *text = self.names.without_ids(text);
        }
    }

    fn finding(&self, finding: &mut Finding, rules: &[RuleInfo], accounts: &[AuditedAccount]) {
        let Finding {
            fingerprint,
            rule,
            partition,
            account,
            resource,
            verdict,
            severity: _,
            urgent: _,
            message,
            message_facts,
            evidence,
            missing,
            remediation,
            waiver,
            first_seen: _,
            baseline: _,
        } = finding;
        let mut names = Names::new(self.salt);
        *fingerprint = self.salt.fingerprint(fingerprint);
        *account = names.account(account);
        resource_ref(resource, &mut names);
        *evidence = renamed_evidence(evidence, &mut names);
        let info = rules.iter().find(|info| info.id == *rule);
        let known = message_facts.take().and_then(|facts| Message::new(mem::take(message), facts));
        let shown = known
            .and_then(|message| renamed(&message, &names))
            .unwrap_or_else(|| in_general(*verdict, missing, info, resource));
        let (text, facts) = shown.into_parts();
        (*message, *message_facts) = (text, Some(facts));
        *remediation = match verdict {
            // A command with a pseudonym in it would run, and not do what it says.
            Verdict::Fail if !remediation.is_empty() => {
                info.map_or_else(|| WITHHELD.to_owned(), |info| info.remediation.clone())
            }
            Verdict::Unknown => {
                let account = AccountRef { partition, id: account };
                let known = accounts.iter().find(|known| known.account_ref() == account);
                remedies(missing, known.map_or(&[], |known| &known.gaps))
            }
            _ => String::new(),
        };
        if let Some(AppliedWaiver { reason, owner, expires: _, expired: _ }) = waiver {
            WITHHELD.clone_into(reason);
            *owner = self.salt.name(owner);
        }
    }

    fn framework(&self, framework: &mut FrameworkOutcome) {
        let FrameworkOutcome { id: _, title, version: _, note, references, controls, counts: _ } =
            framework;
        for text in [title].into_iter().chain(note).chain(references) {
            *text = self.names.without_ids(text);
        }
        for control in controls {
            self.control(control);
        }
    }

    /// What a person has to do comes from the framework; why a rule does not suffice quotes parameters.
    fn control(&self, control: &mut ControlOutcome) {
        let ControlOutcome { id: _, title, kind, status: _, rules: _, reason } = control;
        *title = self.names.without_ids(title);
        if let Some(reason) = reason {
            let quotes_param = self.params.iter().any(|text| reason.contains(text));
            *reason = if *kind == ControlKind::Automated && quotes_param {
                WITHHELD.to_owned()
            } else {
                self.names.without_ids(reason)
            };
        }
    }

    fn waiver(&self, waiver: &mut Waiver) {
        let Waiver { rule: _, resource, account, reason, owner, expires: _ } = waiver;
        *resource = self.names.text(resource);
        *account = self.names.account(account);
        WITHHELD.clone_into(reason);
        *owner = self.salt.name(owner);
    }
}

fn resource_ref(resource: &mut ResourceRef, names: &mut Names<'_>) {
    let ResourceRef { kind, id, name, region } = resource;
    *id = names.identity(id);
    *name = match kind.as_str() {
        "root" if *name == "root" => mem::take(name),
        "region" => names.region(name),
        "signin" | "credential_event" | "window" => names.person(name),
        _ => names.text(name),
    };
    if let Some(region) = region {
        *region = names.region(region);
    }
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
            MessagePart::Words(words) => renamed.push(&names.without_ids(words)),
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
        steps.push(gap.map_or_else(|| Gap::remedy_without_gap(*source), Gap::remedy));
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
