//! Sign-in activity with pseudonyms for accounts, names, addresses, roles, agents and events.
//!
//! Messages of AWS are free text and withheld; the pattern says what kept somebody out.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_model::{
    ActivitySummary, Actor, Attempt, Coverage, Diagnosis, Event, EventBody, Factor, InputGap,
    LockedOut, Message, Person, RegionCoverage, SharedText, SignedIn,
};

use super::names::Names;
use super::{WITHHELD, form, renamed};

pub(super) fn summary(summary: ActivitySummary, names: &Names<'_>) -> ActivitySummary {
    let ActivitySummary {
        user,
        period,
        coverage,
        locked_out: people,
        typing_errors,
        signed_in: visitors,
        attempts,
        timeline,
    } = summary;
    let mut locked_out: Vec<_> = people.into_iter().map(|it| self::locked_out(it, names)).collect();
    // The order of names would tell something about them.
    locked_out.sort_by(|a, b| {
        let key = |it: &LockedOut| (it.in_since.is_some(), it.last_try);
        key(a).cmp(&key(b)).then_with(|| a.person.cmp(&b.person))
    });
    let mut signed_in: Vec<_> = visitors.into_iter().map(|it| self::signed_in(it, names)).collect();
    signed_in.sort_by(|a, b| a.person.cmp(&b.person));
    ActivitySummary {
        user: user.map(|user| names.text(&user)),
        period,
        coverage: self::coverage(coverage, names),
        locked_out,
        typing_errors,
        signed_in,
        attempts: attempts.into_iter().map(|it| attempt(it, names)).collect(),
        timeline: timeline.into_iter().map(|it| event(it, names)).collect(),
    }
}

fn coverage(coverage: Coverage, names: &Names<'_>) -> Coverage {
    let Coverage { inputs, records, regions, gaps } = coverage;
    let region = |region| {
        let RegionCoverage { account, region, records, first, last, proved } = region;
        let (account, region) = (names.account(&account), names.region(&region));
        RegionCoverage { account, region, records, first, last, proved }
    };
    let mut shown_gaps = Vec::new();
    for InputGap { input, what: _ } in gaps {
        shown_gaps.push(InputGap { input: names.text(&input), what: WITHHELD.to_owned() });
    }
    let mut regions: Vec<_> = regions.into_iter().map(region).collect();
    regions.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
    Coverage { inputs, records, regions, gaps: shown_gaps }
}

fn locked_out(row: LockedOut, names: &Names<'_>) -> LockedOut {
    let LockedOut {
        person,
        purpose,
        tries,
        first_try,
        last_try,
        sources,
        pattern,
        diagnosis,
        in_since,
        last,
    } = row;
    LockedOut {
        person: self::person(person, names),
        purpose,
        tries,
        first_try,
        last_try,
        sources: set(&sources, names),
        pattern,
        diagnosis: self::diagnosis(diagnosis, names),
        in_since,
        last: last.map(|last| attempt(last, names)),
    }
}

fn diagnosis(diagnosis: Diagnosis, names: &Names<'_>) -> Diagnosis {
    let Diagnosis { cause, likelihood, action, action_facts } = diagnosis;
    let steps = Message::new(action, action_facts).and_then(|steps| renamed(&steps, names));
    let (action, action_facts) = steps.unwrap_or_else(|| Message::from(WITHHELD)).into_parts();
    Diagnosis { cause, likelihood, action, action_facts }
}

fn signed_in(row: SignedIn, names: &Names<'_>) -> SignedIn {
    let SignedIn { person, sign_ins, unknown, first, last, mfa, sources, accounts } = row;
    SignedIn {
        person: self::person(person, names),
        sign_ins,
        unknown,
        first,
        last,
        mfa,
        sources: set(&sources, names),
        accounts: accounts.iter().map(|id| names.account(id).into()).collect(),
    }
}

fn attempt(attempt: Attempt, names: &Names<'_>) -> Attempt {
    let Attempt {
        person,
        purpose,
        outcome,
        pattern,
        first,
        last,
        account,
        region,
        role,
        mfa,
        authenticator,
        factors,
        source,
        code,
        message,
        events,
    } = attempt;
    let mut shown_factors = Vec::new();
    for Factor { name, state } in factors {
        shown_factors.push(Factor { name: factor_kind(name, names), state });
    }
    Attempt {
        person: self::person(person, names),
        purpose,
        outcome,
        pattern,
        first,
        last,
        account: names.account(&account).into(),
        region: names.region(&region).into(),
        role: text(role, names),
        mfa,
        authenticator: text(authenticator, names),
        factors: shown_factors,
        source: text(source, names),
        code: code.map(|code| word(code, names)),
        message: withheld(message),
        events: events.iter().map(|id| names.text(&id.to_string()).into()).collect(),
    }
}

fn event(event: Event, names: &Names<'_>) -> Event {
    let Event { id, at, body, source, workflow } = event;
    let EventBody {
        account,
        region,
        service,
        name,
        actor,
        outcome,
        code,
        message,
        mfa,
        factors,
        authenticator,
        access_key,
        agent,
        target,
    } = Arc::unwrap_or_clone(body);
    let Actor { kind, name: who, role, principal_id } = actor;
    let body = EventBody {
        account: names.account(&account).into(),
        region: names.region(&region).into(),
        service: word(service, names),
        name: word(name, names),
        actor: Actor {
            kind,
            name: text(who, names),
            role: text(role, names),
            principal_id: text(principal_id, names),
        },
        outcome,
        code: code.map(|code| word(code, names)),
        message: withheld(message),
        mfa,
        factors: factors.into_iter().map(|factor| factor_kind(factor, names)).collect(),
        authenticator: text(authenticator, names),
        access_key: text(access_key, names),
        agent: text(agent, names),
        target: text(target, names),
    };
    Event {
        id: names.text(&id.to_string()).into(),
        at,
        body: Arc::new(body),
        source: text(source, names),
        workflow: text(workflow, names),
    }
}

fn person(person: Person, names: &Names<'_>) -> Person {
    let Person { kind, name, account, source } = person;
    Person {
        kind,
        name: text(name, names),
        account: account.map(|id| names.account(&id).into()),
        source: text(source, names),
    }
}

fn set(texts: &BTreeSet<SharedText>, names: &Names<'_>) -> BTreeSet<SharedText> {
    texts.iter().map(|text| names.text(text).into()).collect()
}

fn text(text: Option<SharedText>, names: &Names<'_>) -> Option<SharedText> {
    text.map(|text| names.text(&text).into())
}

/// A word of AWS, if it looks like one.
fn word(word: SharedText, names: &Names<'_>) -> SharedText {
    if form::is_code(&word) { word } else { names.text(&word).into() }
}

/// Words of AWS for a kind of factor, such as `Virtual MFA`.
fn factor_kind(words: SharedText, names: &Names<'_>) -> SharedText {
    if words.split(' ').all(form::is_code) { words } else { names.text(&words).into() }
}

fn withheld(message: Option<SharedText>) -> Option<SharedText> {
    message.map(|_| WITHHELD.into())
}
