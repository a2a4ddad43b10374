//! Describes sign-in activity: what was read, who needs help, and who signed in. Text, Markdown and HTML only lay
//! it out.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{
    Absent, AccountId, ActivitySummary, ActorKind, Attempt, Coverage, Event, FactorState, Form,
    LockedOut, Mfa, Outcome, Pattern, Period, Person, Purpose, ROOT_SIGN_IN_REGIONS,
    RegionCoverage, SharedText, SignedIn, partition_of,
};

use crate::decide::redact::WITHHELD;
use crate::words::{capitalised, counted, few, time};

/// How many regions or gaps are listed; JSON has all.
const MOST_LINES: usize = 30;
const MOST_ADDRESSES: usize = 5;
const MOST_EVENTS: usize = 10;

/// People, or what one of them did.
pub(crate) struct Part<'a> {
    /// `Could not get in: 2 people, 1 still out`.
    pub title: String,
    /// Says what the entries leave out.
    pub note: Option<String>,
    pub entries: Vec<Entry<'a>>,
}

/// A person, an event or a text.
pub(crate) struct Entry<'a> {
    /// The person or the time; empty for a text.
    pub name: String,
    pub summary: String,
    /// Labels and texts.
    pub facts: Vec<(String, String)>,
    /// What to do, in sentences and commands.
    pub action: Option<&'a str>,
}

/// Describes what was read, and what was not, as labels with one or more lines.
pub(crate) fn coverage(summary: &ActivitySummary) -> Vec<(&'static str, Vec<String>)> {
    let coverage = &summary.coverage;
    let period = match summary.period {
        Some(period) => stretch(period),
        None if summary.absent.is_some() => "none: nothing that was requested was read".to_owned(),
        None => "unknown: no management event was read".to_owned(),
    };
    vec![
        ("Read", vec![inputs(coverage)]),
        ("Records", records(coverage)),
        ("Period", vec![period]),
        ("Coverage", regions(coverage)),
        ("Gaps", gaps(summary)),
    ]
}

/// Lists who could not sign in, and who did.
pub(crate) fn people(summary: &ActivitySummary) -> [Part<'_>; 2] {
    [locked_out(summary), signed_in(&summary.signed_in)]
}

/// Lists everything recorded about the requested person, and texts for tickets.
pub(crate) fn person(summary: &ActivitySummary) -> Vec<Part<'_>> {
    if summary.user.is_none() {
        return Vec::new();
    }
    let mut parts = vec![timeline(summary)];
    for row in &summary.locked_out {
        let entry = Entry::new(String::new(), ticket(row, summary));
        parts.push(Part { title: "For the ticket".to_owned(), note: None, entries: vec![entry] });
    }
    parts
}

impl<'a> Part<'a> {
    /// Its events, and the people who need no help.
    pub(crate) fn rows(&self) -> Vec<&Entry<'a>> {
        let mut rows: Vec<_> = self.entries.iter().collect();
        rows.retain(|entry| entry.action.is_none() && !entry.is_text());
        rows
    }
}

impl Entry<'_> {
    fn new(name: String, summary: String) -> Self {
        Entry { name, summary, facts: Vec::new(), action: None }
    }

    /// Whether it is a text to copy.
    pub(crate) fn is_text(&self) -> bool {
        self.name.is_empty()
    }
}

fn inputs(coverage: &Coverage) -> String {
    let mut inputs = Vec::new();
    for (form, count) in &coverage.inputs {
        inputs.push(counted(*count, describe_form(*form)));
    }
    if inputs.is_empty() {
        "nothing".to_owned()
    } else {
        inputs.join(", ")
    }
}

fn records(coverage: &Coverage) -> Vec<String> {
    let records = coverage.records;
    let left_out = match records.not_requested {
        0 => String::new(),
        count => format!(", {count} not requested"),
    };
    let mut lines = vec![format!(
        "{}: {} judged{left_out}, {} not relevant, {}, {} unreadable",
        counted(records.total(), "record"),
        records.judged,
        records.of_no_interest,
        counted(records.duplicates, "duplicate"),
        records.unreadable
    )];
    if records.other_logs > 0 {
        let count = counted(records.other_logs, "record");
        lines.push(format!("{count} of Insights, network activity or aggregates skipped"));
    }
    lines
}

fn regions(coverage: &Coverage) -> Vec<String> {
    let has = |form| coverage.inputs.contains_key(&form);
    let proof = match (has(Form::Digest), has(Form::LookupEvents)) {
        (true, true) => "digests and lookups prove",
        (false, true) => "lookups prove",
        _ => "digests prove",
    };
    let mut reached = Vec::new();
    let mut accounts: BTreeSet<&str> = BTreeSet::new();
    for region in &coverage.regions {
        reached.push(reach(region, proof));
        accounts.insert(&region.account);
    }
    let mut lines = shortened(reached);
    for (account, missing) in missing_root_regions(coverage) {
        let missing = missing.join(", ");
        lines.push(format!("{account} {missing}: not read, so root may have signed in unseen"));
    }
    accounts.retain(|id| AccountId::parse(id).is_none());
    for id in accounts {
        lines.push(format!("{id}: not an account id, which has 12 digits, so no rule judges it"));
    }
    if has(Form::LookupEvents) {
        lines.push(NOT_LOOKED_UP.to_owned());
    }
    lines
}

/// What lookups leave out, since there may be thousands of such calls for each refused one.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html>
const NOT_LOOKED_UP: &str = "refused AssumeRole and AssumeRoleWithSAML calls: not looked up, since CloudTrail cannot \
                             search by error; log files have them";

fn gaps(summary: &ActivitySummary) -> Vec<String> {
    let coverage = &summary.coverage;
    let mut lines = Vec::new();
    for gap in &coverage.gaps {
        lines.push(format!("{}: {}", gap.input, gap.what));
    }
    lines.extend(summary.absent.iter().flat_map(absent));
    let doubtful = doubtful(summary);
    if !doubtful.is_empty() {
        lines.push(format!("files of {} may be missing", few(&doubtful, MOST_LINES)));
    }
    let mut lines = shortened(lines);
    if coverage.inputs.contains_key(&Form::Csv) {
        let hint = "CSV does not say how sign-ins ended: save the event history as JSON";
        lines.push(hint.to_owned());
    }
    lines
}

/// What was requested and is not in the records read, with what is.
fn absent(absent: &Absent) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, missing, read) in [
        ("account", &absent.accounts, &absent.read_accounts),
        ("region", &absent.regions, &absent.read_regions),
    ] {
        if !missing.is_empty() {
            let [missing, read] = [missing, read].map(|names| few(names, MOST_LINES));
            lines.push(format!(
                "the logs contain nothing for {what} {missing}; they contain {read}"
            ));
        }
    }
    if let Some(read) = absent.read_period.filter(|_| absent.period) {
        let read = stretch(read);
        lines.push(format!("the logs contain nothing for the period requested; they cover {read}"));
    }
    lines
}

/// `none`, or as many lines as are read.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} more; -o json lists all"));
    }
    lines
}

fn reach(coverage: &RegionCoverage, proof: &str) -> String {
    let RegionCoverage { account, region, records, seen, proved, .. } = coverage;
    let records = counted(*records, "record");
    let mut when = String::new();
    if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
        when = format!(", {}", stretch(Period { from: first.from, to: last.to }));
    }
    if let breaks @ 1.. = seen.len().saturating_sub(1) {
        when = format!("{when} with {} longer than a day", counted(breaks, "break"));
    }
    let proved: Vec<String> = proved.iter().copied().map(stretch).collect();
    let complete = match proved.as_slice() {
        [] => "files may be missing".to_owned(),
        _ => format!("{proof} {}", proved.join(", ")),
    };
    format!("{account} {region}: {records}{when}; {complete}")
}

/// The regions of [`ROOT_SIGN_IN_REGIONS`] that were not read, by account, except in other partitions.
fn missing_root_regions(coverage: &Coverage) -> Vec<(&str, Vec<&'static str>)> {
    let mut read_by_account: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for RegionCoverage { account, region, records, proved, .. } in &coverage.regions {
        let read = read_by_account.entry(account).or_default();
        if *records > 0 || !proved.is_empty() {
            read.push(region);
        }
    }
    let mut all = Vec::new();
    for (account, read) in read_by_account {
        let is_elsewhere = read.iter().any(|region| partition_of(region) != "aws");
        let mut missing = ROOT_SIGN_IN_REGIONS.to_vec();
        missing.retain(|region| !read.contains(region));
        if !missing.is_empty() && !is_elsewhere {
            all.push((account, missing));
        }
    }
    all
}

fn locked_out(summary: &ActivitySummary) -> Part<'_> {
    let rows = &summary.locked_out;
    let mut people: BTreeSet<&Person> = BTreeSet::new();
    let mut still: BTreeSet<&Person> = BTreeSet::new();
    for row in rows
        .iter()
        .filter(|row| row.pattern != Pattern::NothingRecorded)
    {
        people.insert(&row.person);
        if row.in_since.is_none() && !hides_success(row) {
            still.insert(&row.person);
        }
    }
    let still = still.len();
    let title = match people.len() {
        0 => "Could not get in: nobody".to_owned(),
        1 => format!("Could not get in: 1 person, {still} still out"),
        count => format!("Could not get in: {count} people, {still} still out"),
    };
    let note = (summary.typing_errors > 0).then(|| {
        let count = counted(summary.typing_errors as u64, "typing error");
        format!("{count} left out: the same address got in soon after")
    });
    let mut entries = Vec::new();
    for row in rows {
        let mut facts = Vec::new();
        if let Some(last) = &row.last {
            facts.push(("Recorded".to_owned(), recorded(last)));
        }
        let cause = format!("Cause ({})", row.diagnosis.likelihood.word());
        facts.push((cause, row.diagnosis.cause.to_string()));
        let action = Some(row.diagnosis.action.as_str());
        entries.push(Entry { name: name(&row.person), summary: tries(row), facts, action });
    }
    Part { title, note, entries }
}

/// Says how often somebody tried, and whether they got in.
fn tries(row: &LockedOut) -> String {
    let Some((first, last)) = row.first_try.zip(row.last_try) else {
        let words = "the records read do not mention this name";
        return match row.in_as.as_ref().and_then(|person| person.name.as_ref()) {
            Some(name) => format!("{words}; did you mean `{name}`?"),
            None => words.to_owned(),
        };
    };
    let (at, times) = match row.tries {
        1 => ("at", String::new()),
        count => ("last at", format!(", {count} times since {}", time(first))),
    };
    let (purpose, from, now) = (describe_purpose(row.purpose), from(&row.sources), by_now(row));
    format!("tried {purpose}, {at} {}{times}{from}; {now}", time(last))
}

/// Says whether somebody got in later, as far as that is recorded.
fn by_now(row: &LockedOut) -> String {
    match (row.in_since.map(time), &row.in_as) {
        (Some(since), None) => format!("got in at {since}"),
        (Some(since), Some(person)) => {
            format!("got in at {since}, probably as {}, from the same address", name(person))
        }
        (None, _) if hides_success(row) => NOT_READ.to_owned(),
        (None, _) => "still out".to_owned(),
    }
}

const NOT_READ: &str = "whether they got in later is not known: only refused AssumeRole and AssumeRoleWithSAML calls \
                        are read";

/// Whether only refusals of such calls are read, since programs make them all the time.
fn hides_success(row: &LockedOut) -> bool {
    match row.pattern {
        Pattern::SamlRefused => true,
        // STS gives a code; the console does not.
        Pattern::RoleRefused => row.last.as_ref().is_some_and(|last| last.code.is_some()),
        _ => false,
    }
}

/// Describes an attempt as AWS recorded it.
fn recorded(attempt: &Attempt) -> String {
    let ending = match attempt.outcome {
        Outcome::Unfinished => "started but not finished",
        _ => "refused",
    };
    let mut parts = vec![format!("{ending} in {} {}", attempt.account, attempt.region)];
    if let Some(role) = &attempt.role {
        parts.push(format!("role {role}"));
    }
    for factor in &attempt.factors {
        let state = match factor.state {
            FactorState::Asked => "asked for",
            FactorState::Passed => "right",
            FactorState::Refused => "wrong",
        };
        parts.push(format!("{} {state}", factor.name));
    }
    if attempt.mfa == Some(Mfa::NotUsed) {
        parts.push("MFA not used".to_owned());
    }
    parts.extend(attempt.code.as_ref().map(ToString::to_string));
    parts.extend(attempt.message.as_ref().map(|message| match &**message {
        WITHHELD => WITHHELD.to_owned(),
        message => format!("\"{message}\""),
    }));
    parts.join(", ")
}

fn signed_in(rows: &[SignedIn]) -> Part<'_> {
    let title = match rows.len() {
        0 => "Signed in: nobody".to_owned(),
        1 => "Signed in: 1 person".to_owned(),
        count => format!("Signed in: {count} people"),
    };
    let mut entries = Vec::new();
    for row in rows {
        let mut entry = Entry::new(name(&row.person), sign_ins(row));
        let mut mfa = Vec::new();
        for (kind, count) in &row.mfa {
            mfa.push(format!("{} ({count})", describe_mfa(*kind)));
        }
        if !mfa.is_empty() {
            entry.facts.push(("MFA".to_owned(), mfa.join(", ")));
        }
        entries.push(entry);
    }
    Part { title, note: None, entries }
}

fn sign_ins(row: &SignedIn) -> String {
    let count = counted(row.sign_ins as u64, "sign-in");
    let unknown = match row.unknown {
        0 => String::new(),
        unknown => format!(" and {unknown} that may have failed"),
    };
    let when = match (row.first, row.last) {
        (first, last) if first == last => format!("at {}", time(last)),
        (first, last) => format!("{} to {}", time(first), time(last)),
    };
    format!("{count}{unknown}, {when}{}", from(&row.sources))
}

fn timeline(summary: &ActivitySummary) -> Part<'_> {
    let events = &summary.timeline;
    let title = format!("Timeline: {}", counted(events.len() as u64, "event"));
    let kinds: BTreeSet<ActorKind> = summary
        .attempts
        .iter()
        .map(|attempt| attempt.person.kind)
        .collect();
    let mut entries = Vec::new();
    for event in events {
        // A user may be called root, too.
        let actor = (kinds.len() > 1).then(|| describe_actor(event));
        entries.push(Entry::new(time(event.at), describe_event(event, actor)));
    }
    Part { title, note: None, entries }
}

/// What acted, without a name, which may be that of somebody else.
fn describe_actor(event: &Event) -> &'static str {
    match event.actor.kind {
        ActorKind::Root => "by the root user",
        ActorKind::User | ActorKind::UnknownUser => "by an IAM user",
        ActorKind::Other => "by somebody about whom nothing more is known",
        ActorKind::Directory => "by a directory user",
        ActorKind::IdentityCenter
        | ActorKind::Saml
        | ActorKind::Instance
        | ActorKind::Role
        | ActorKind::FederatedUser => "by a federated user or a session",
    }
}

fn describe_event(event: &Event, actor: Option<&str>) -> String {
    let mut parts = vec![format!("{} {}", event.name, event.outcome.word())];
    parts.extend(actor.map(str::to_owned));
    parts.extend(event.code.as_ref().map(ToString::to_string));
    if let Some(message) = &event.message {
        parts.push(format!("\"{message}\""));
    }
    for text in event.target.iter().chain(&event.factors) {
        parts.push(text.to_string());
    }
    parts.extend(event.mfa.map(|mfa| format!("MFA {}", describe_mfa(mfa))));
    parts.push(format!("{} {}", event.account, event.region));
    parts.extend(event.source.as_ref().map(|source| format!("from {source}")));
    format!("{} ({})", parts.join(", "), event.id)
}

/// A paragraph for a ticket, without addresses, which can be found by the event ids.
fn ticket(row: &LockedOut, summary: &ActivitySummary) -> String {
    let (who, cause) = (name(&row.person), &row.diagnosis.cause);
    let Some((last, last_try)) = row.last.as_ref().zip(row.last_try) else {
        return format!("{who}: {cause} {}", searched(summary));
    };
    let tries = match row.tries {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let now = capitalised(&by_now(row));
    let ids = tried_events(row, last, summary);
    format!(
        "{who}: tried {} {}, last at {}. CloudTrail: {}. Cause ({}): {cause} {now}. Events: {}.",
        describe_purpose(row.purpose),
        tries,
        time(last_try),
        recorded(last),
        row.diagnosis.likelihood.word(),
        few(&ids, MOST_EVENTS),
    )
}

/// The ids of the events of all attempts.
fn tried_events(row: &LockedOut, last: &Attempt, summary: &ActivitySummary) -> Vec<String> {
    let mut ids = Vec::new();
    for attempt in &summary.attempts {
        let is_try = attempt.person == row.person
            && attempt.purpose == row.purpose
            && attempt.pattern.is_some()
            && (attempt.role == last.role || row.purpose != Purpose::SwitchRole)
            && row.first_try.is_some_and(|first| first <= attempt.first)
            && row.last_try.is_some_and(|last| attempt.last <= last);
        if is_try {
            ids.extend(attempt.events.iter().map(ToString::to_string));
        }
    }
    ids
}

/// The regions in which events of the period may be missing.
fn doubtful(summary: &ActivitySummary) -> Vec<String> {
    let mut doubtful = Vec::new();
    let Some(period) = summary.period else {
        return doubtful;
    };
    for RegionCoverage { account, region, proved, .. } in &summary.coverage.regions {
        if !proved
            .iter()
            .any(|proved| proved.from <= period.from && period.to <= proved.to)
        {
            doubtful.push(format!("{account} {region}"));
        }
    }
    doubtful
}

/// Says where and when somebody was searched for.
fn searched(summary: &ActivitySummary) -> String {
    let Some(period) = summary.period else {
        return "Nothing was read.".to_owned();
    };
    let mut regions = Vec::new();
    for RegionCoverage { account, region, .. } in &summary.coverage.regions {
        regions.push(format!("{account} {region}"));
    }
    let doubtful = doubtful(summary);
    let mut searched = format!("Searched from {}: {}.", stretch(period), few(&regions, MOST_LINES));
    if summary.coverage.inputs.contains_key(&Form::LookupEvents) {
        searched.push_str(" Lookups do not return refused AssumeRole calls.");
    }
    if doubtful.is_empty() {
        return searched;
    }
    format!("{searched} Events of {} may be missing.", few(&doubtful, MOST_LINES))
}

/// Describes a person, as far as they are known.
fn name(person: &Person) -> String {
    let account = person.account.as_deref().unwrap_or_default();
    let name = person.name.as_deref().unwrap_or("somebody unnamed");
    match person.kind {
        ActorKind::Root => format!("root of {account}"),
        ActorKind::User => format!("{name}, user of {account}"),
        ActorKind::UnknownUser => {
            let source = person.source.as_deref().unwrap_or("an unknown address");
            format!("a name that no user of {account} has, from {source}")
        }
        ActorKind::IdentityCenter if account.is_empty() => format!("{name}, Identity Center"),
        ActorKind::IdentityCenter => format!("{name}, Identity Center of {account}"),
        ActorKind::Saml => format!("{name}, SAML"),
        ActorKind::Instance => format!("{name}, instance of {account}"),
        ActorKind::Role => format!("{name}, role session of {account}"),
        ActorKind::FederatedUser => format!("{name}, federated user of {account}"),
        ActorKind::Directory => format!("{name}, directory user of {account}"),
        ActorKind::Other if account.is_empty() => name.to_owned(),
        ActorKind::Other => format!("{name}, in {account}"),
    }
}

fn describe_form(form: Form) -> &'static str {
    match form {
        Form::LogFile => "log file",
        Form::LookupEvents => "output of lookup-events",
        Form::List => "list of events",
        Form::Lines => "file of single events",
        Form::Csv => "CSV of the event history",
        Form::Digest => "digest",
        Form::Empty => "empty file",
        Form::Unknown => "other file",
    }
}

fn describe_purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "to sign in",
        Purpose::SwitchRole => "to switch to a role",
        Purpose::CommandLine => "to sign in to the AWS CLI",
        Purpose::ExternalClient => "to sign in to an external program, such as an MCP client",
        Purpose::SessionToken => "to get a session token",
        Purpose::PasswordRecovery => "to recover the password",
        Purpose::PasswordChange => "to change the password",
        Purpose::MfaEnrolment => "to enrol an MFA device",
    }
}

fn describe_mfa(mfa: Mfa) -> &'static str {
    match mfa {
        Mfa::Used => "used",
        Mfa::NotUsed => "not used",
        Mfa::NotVisible => "not visible to AWS",
        Mfa::Unknown => "not known",
    }
}

fn from(sources: &BTreeSet<SharedText>) -> String {
    if sources.is_empty() {
        return String::new();
    }
    format!(", from {}", few(sources, MOST_ADDRESSES))
}

fn stretch(period: Period) -> String {
    format!("{} to {}", time(period.from), time(period.to))
}
