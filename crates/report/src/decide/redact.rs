//! Replaces account ids, names, key ids and ARNs in a report by pseudonyms, for readers who need not know them.
//!
//! This is sound by construction. A text is kept only if it cannot identify anybody: rule ids, regions, times, and
//! words of AWS and Portcullis. Everything else is replaced, and free text is withheld. The same text has the same
//! pseudonym under the same [`Salt`] in every report, so reports can be joined by people and by fingerprint.

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
    Extent, Finding, FrameworkOutcome, Gap, Message, MessagePart, Report, ResourceRef, RuleInfo,
    RunOptions, Source, Tool, Verdict, Waiver, WaiverOutcome,
};

pub(crate) use self::arn::TYPES;
pub use self::salt::{Salt, SaltTooShort};

use self::names::Names;
use serde_json::Value as Json;
use thiserror::Error;

use crate::decide::waivers;

/// Replaces free text.
pub(crate) const WITHHELD: &str = "withheld: redacted";

/// The report already has pseudonyms, which another salt would replace.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the report is redacted already")]
pub struct AlreadyRedacted;

/// Redacts a report. Verdicts, severities, counts, times and the exit status stay the same.
///
/// Waivers match names, so apply them before. A baseline is compared by fingerprint, so redact both reports or none.
pub fn redact(mut report: Report, salt: &Salt) -> Result<Report, AlreadyRedacted> {
    if report.options.redacted {
        return Err(AlreadyRedacted);
    }
    Redaction { salt, names: Names::new(salt), params: Vec::new() }.report(&mut report);
    Ok(report)
}

/// The redaction of a report. Every function destructures its part without `..`, so that a new field does not compile
/// until somebody decides how to redact it.
struct Redaction<'s> {
    salt: &'s Salt,
    /// The pseudonyms outside findings.
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
        // Rules come first, since texts of controls may quote their parameters.
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
        // The old order would reveal something about the names.
        accounts.sort_by(|a, b| a.account_ref().cmp(&b.account_ref()));
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        waivers.sort_by(|a, b| waivers::order(&a.waiver).cmp(&waivers::order(&b.waiver)));
        for summary in activity {
            activity::redact_summary(summary, &self.names);
        }
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
            extent,
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
        // A border consists of names.
        *border = None;
        let Extent { regions, root_sources: _, own_accounts } = extent;
        for region in regions.iter_mut().flatten() {
            *region = self.names.region(region);
        }
        for id in &mut *own_accounts {
            *id = self.names.account(id);
        }
        own_accounts.sort();
    }

    /// AWS's message is free text, and a request id identifies the caller to AWS.
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

    /// The texts of a rule are public, but not ids in them.
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
        let known = message_facts
            .take()
            .and_then(|facts| Message::new(mem::take(message), facts));
        let shown = known
            .and_then(|message| renamed(&message, &names))
            .unwrap_or_else(|| in_general(*verdict, missing, info, resource));
        let (text, facts) = shown.into_parts();
        (*message, *message_facts) = (text, Some(facts));
        *remediation = match verdict {
            // A command with a pseudonym would run, and do something else.
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

    /// The reason of a manual control comes from the framework. That of an automated one may quote parameters.
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

/// Redacts the facts, and adds the ways in them to those that the message may contain.
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

/// Redacts the facts in a message; none if one is withheld.
fn renamed(message: &Message, names: &Names<'_>) -> Option<Message> {
    let parts = message.parts();
    let mut pseudonyms: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for part in &parts {
        if let MessagePart::Fact(fact, text) = part {
            pseudonyms
                .entry(fact)
                .or_default()
                .push(names.text_of(fact, text));
        }
    }
    if pseudonyms.values().flatten().any(|text| text == WITHHELD) {
        return None;
    }
    // The items of a list have the same path. Their old order would reveal who is who.
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

/// Collects the texts in a parameter.
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

/// Says how to collect what is missing, according to the gaps of the account.
fn remedies(missing: &[Source], gaps: &[Gap]) -> String {
    let mut steps = Vec::new();
    for source in missing {
        let gap = gaps.iter().find(|gap| gap.source == *source);
        steps.push(gap.map_or_else(|| Gap::remedy_without_gap(*source), Gap::remedy));
    }
    steps.join(" ")
}

/// A general message for a finding whose own cannot be shown.
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
            let mut reasons = Vec::new();
            for source in missing {
                reasons.push(format!("{source} is missing"));
            }
            message.push(&format!("not judged: {}", reasons.join(", ")));
        }
        (Verdict::Pass, _) => message.push("no problem found"),
        (Verdict::NotApplicable, _) => message.push("the rule does not apply to this resource"),
    }
    message
}
