//! Redacts accounts, names, addresses, roles, agents and events in sign-in activity.
//!
//! AWS's messages are free text, and are withheld; the pattern shows why an attempt failed.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_model::{
    Absent, ActivitySummary, Actor, Attempt, Coverage, Diagnosis, Event, EventCall, EventId,
    Factor, InputGap, LockedOut, Message, Person, RegionCoverage, SharedText, SignedIn,
};

use super::names::Names;
use super::{WITHHELD, form, renamed};

pub(super) fn redact_summary(summary: &mut ActivitySummary, names: &Names<'_>) {
    let ActivitySummary {
        user,
        period: _,
        coverage,
        absent,
        locked_out,
        typing_errors: _,
        signed_in,
        attempts,
        timeline,
    } = summary;
    if let Some(user) = user {
        *user = names.person(user);
    }
    redact_coverage(coverage, names);
    if let Some(absent) = absent {
        redact_absent(absent, names);
    }
    for row in &mut *locked_out {
        redact_locked_out(row, names);
    }
    // The old order would reveal something about the names.
    locked_out.sort_by(|a, b| {
        let key = |it: &LockedOut| (it.in_since.is_some(), it.last_try);
        key(a).cmp(&key(b)).then_with(|| a.person.cmp(&b.person))
    });
    for row in &mut *signed_in {
        redact_signed_in(row, names);
    }
    signed_in.sort_by(|a, b| a.person.cmp(&b.person));
    for attempt in attempts {
        redact_attempt(attempt, names);
    }
    for event in timeline {
        redact_event(event, names);
    }
}

fn redact_coverage(coverage: &mut Coverage, names: &Names<'_>) {
    let Coverage { inputs: _, records: _, regions, gaps, unplaced } = coverage;
    for read in &mut *regions {
        let RegionCoverage {
            account,
            region,
            records: _,
            seen: _,
            logged: _,
            proved: _,
            incomplete: _,
        } = read;
        (*account, *region) = (names.account(account), names.region(region));
    }
    regions.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
    for InputGap { input, what } in gaps {
        (*input, *what) = (names.text(input), WITHHELD.to_owned());
    }
    for input in unplaced {
        *input = names.text(input);
    }
}

fn redact_absent(absent: &mut Absent, names: &Names<'_>) {
    let Absent { accounts, regions, period: _, read_accounts, read_regions, read_period: _ } =
        absent;
    for ids in [accounts, read_accounts] {
        *ids = ids.iter().map(|id| names.account(id)).collect();
    }
    for ids in [regions, read_regions] {
        *ids = ids.iter().map(|id| names.region(id)).collect();
    }
}

fn redact_locked_out(row: &mut LockedOut, names: &Names<'_>) {
    let LockedOut {
        person,
        purpose: _,
        tries: _,
        first_try: _,
        last_try: _,
        sources,
        pattern: _,
        diagnosis,
        in_since: _,
        in_as,
        last,
    } = row;
    if let Some(in_as) = in_as {
        redact_person(in_as, names);
    }
    redact_person(person, names);
    redact_set(sources, names);
    redact_diagnosis(diagnosis, names);
    if let Some(last) = last {
        redact_attempt(last, names);
    }
}

fn redact_diagnosis(diagnosis: &mut Diagnosis, names: &Names<'_>) {
    let Diagnosis { cause: _, likelihood: _, action, action_facts } = diagnosis;
    let steps = Message::new(std::mem::take(action), std::mem::take(action_facts));
    let steps = steps.and_then(|steps| renamed(&steps, names));
    (*action, *action_facts) = steps
        .unwrap_or_else(|| Message::from(WITHHELD))
        .into_parts();
}

fn redact_signed_in(row: &mut SignedIn, names: &Names<'_>) {
    let SignedIn { person, sign_ins: _, unknown: _, first: _, last: _, mfa: _, sources, accounts } =
        row;
    redact_person(person, names);
    redact_set(sources, names);
    *accounts = accounts.iter().map(|id| names.account(id).into()).collect();
}

fn redact_attempt(attempt: &mut Attempt, names: &Names<'_>) {
    let Attempt {
        person,
        principal_id,
        purpose: _,
        outcome: _,
        pattern: _,
        first: _,
        last: _,
        account,
        region,
        role,
        mfa: _,
        authenticator,
        factors,
        hides_factors: _,
        source,
        agent,
        code,
        message,
        events,
    } = attempt;
    redact_person(person, names);
    *account = names.account(account).into();
    *region = names.region(region).into();
    redact([principal_id, role, authenticator, agent], names);
    redact_address(source, names);
    for Factor { name, state: _ } in factors {
        redact_factor(name, names);
    }
    redact_answer(code, message, names);
    for id in events {
        redact_id(id, names);
    }
}

fn redact_event(event: &mut Event, names: &Names<'_>) {
    let Event { id, at: _, actor, source, workflow, call } = event;
    redact_id(id, names);
    let Actor { kind: _, name, role, principal_id } = actor;
    redact([name, role, principal_id, workflow], names);
    redact_address(source, names);
    let EventCall {
        account,
        region,
        service,
        name,
        outcome: _,
        code,
        message,
        mfa: _,
        factors,
        authenticator,
        access_key,
        agent,
        target,
        hides_target: _,
        at_application: _,
        by_external_client: _,
        password_limits: _,
    } = Arc::make_mut(call);
    *account = names.account(account).into();
    *region = names.region(region).into();
    redact_word(service, names);
    redact_word(name, names);
    redact_answer(code, message, names);
    for factor in factors {
        redact_factor(factor, names);
    }
    redact([authenticator, access_key, target], names);
    redact_address(agent, names);
}

fn redact_person(person: &mut Person, names: &Names<'_>) {
    let Person { kind: _, name, account, source } = person;
    redact([name], names);
    redact_address(source, names);
    if let Some(account) = account {
        *account = names.account(account).into();
    }
}

fn redact_set(texts: &mut BTreeSet<SharedText>, names: &Names<'_>) {
    *texts = texts
        .iter()
        .map(|text| names.address(text).into())
        .collect();
}

fn redact<const COUNT: usize>(texts: [&mut Option<SharedText>; COUNT], names: &Names<'_>) {
    for text in texts.into_iter().flatten() {
        *text = names.person(text).into();
    }
}

fn redact_address(text: &mut Option<SharedText>, names: &Names<'_>) {
    if let Some(text) = text {
        *text = names.address(text).into();
    }
}

fn redact_id(id: &mut EventId, names: &Names<'_>) {
    *id = names.text(&id.to_string()).into();
}

/// Keeps the error code, which is a word of AWS, but not the message.
fn redact_answer(
    code: &mut Option<SharedText>,
    message: &mut Option<SharedText>,
    names: &Names<'_>,
) {
    if let Some(code) = code {
        redact_word(code, names);
    }
    if let Some(message) = message {
        *message = WITHHELD.into();
    }
}

/// Keeps a word of AWS, if it looks like one.
fn redact_word(word: &mut SharedText, names: &Names<'_>) {
    if !form::is_code(word) {
        *word = names.text(word).into();
    }
}

/// Keeps words of AWS for a kind of factor, such as `Virtual MFA`.
fn redact_factor(words: &mut SharedText, names: &Names<'_>) {
    if !words.split(' ').all(form::is_code) {
        *words = names.text(words).into();
    }
}
