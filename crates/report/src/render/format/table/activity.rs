//! Sign-in activity: what was read, who needs help, and who is in.

use std::collections::BTreeSet;
use std::io;

use portcullis_model::{
    ActivitySummary, ActorKind, Attempt, Coverage, Event, FactorState, Form, LockedOut, Mfa,
    Outcome, Pattern, Period, Person, Purpose, RegionCoverage, SharedText, SignedIn,
};

use crate::words::{capitalised, counted, few, time};
use crate::{Page, bold};

/// Longer lists of regions and gaps are for the JSON.
const MOST_LINES: usize = 30;
const MOST_ADDRESSES: usize = 5;

/// Root's sign-ins are recorded in one of these.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
const ROOT_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// Writes who could not get in, and who did; of a single person, all that was recorded too.
pub(super) fn write_people(summary: &ActivitySummary, page: &mut Page<'_>) -> io::Result<()> {
    write_locked_out(summary, page)?;
    write_signed_in(&summary.signed_in, page)?;
    if summary.user.is_some() {
        write_timeline(&summary.timeline, page)?;
        write_tickets(&summary.locked_out, page)?;
    }
    Ok(())
}

/// Writes what was read, and what was not.
pub(super) fn write_coverage(summary: &ActivitySummary, page: &mut Page<'_>) -> io::Result<()> {
    let coverage = &summary.coverage;
    let mut inputs = Vec::new();
    for (form, count) in &coverage.inputs {
        inputs.push(counted(*count, describe(*form)));
    }
    let read = if inputs.is_empty() { "nothing".to_owned() } else { inputs.join(", ") };
    page.item("Read      ", &read)?;
    let records = coverage.records;
    page.item(
        "Records   ",
        &format!(
            "{} = {} judged + {} of no interest + {} + {} unreadable",
            records.total(),
            records.judged,
            records.of_no_interest,
            counted(records.duplicates, "duplicate"),
            records.unreadable
        ),
    )?;
    if records.other_logs > 0 {
        let count = counted(records.other_logs, "record");
        let what = "of Insights, network activity or aggregates passed over";
        page.item("          ", &format!("{count} {what}"))?;
    }
    let period = summary.period.map_or("unknown: no management event was read".to_owned(), stretch);
    page.item("Period    ", &period)?;
    write_list("Coverage  ", coverage.regions.iter().map(reach).collect(), page)?;
    for (account, missing) in missing_root_regions(coverage) {
        let missing = missing.join(", ");
        let what = format!("{account} {missing}: not read, so root may have signed in unseen");
        page.item("          ", &what)?;
    }
    let gaps = coverage.gaps.iter().map(|gap| format!("{}: {}", gap.input, gap.what));
    write_list("Gaps      ", gaps.collect(), page)?;
    if coverage.inputs.contains_key(&Form::Csv) {
        let hint = "CSV does not say how sign-ins ended: save the event history as JSON";
        page.item("          ", hint)?;
    }
    Ok(())
}

/// Several lines under one label, `none`, or as many as are read.
fn write_list(label: &str, mut lines: Vec<String>, page: &mut Page<'_>) -> io::Result<()> {
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} more; -o json lists all"));
    }
    for (index, line) in lines.iter().enumerate() {
        page.item(if index == 0 { label } else { "          " }, line)?;
    }
    Ok(())
}

fn reach(coverage: &RegionCoverage) -> String {
    let RegionCoverage { account, region, records, first, last, proved, .. } = coverage;
    let records = counted(*records, "record");
    let seen = match first.zip(*last) {
        Some((from, to)) => format!(", {}", stretch(Period { from, to })),
        None => String::new(),
    };
    let proved: Vec<String> = proved.iter().copied().map(stretch).collect();
    let complete = match proved.as_slice() {
        [] => "files may be missing".to_owned(),
        _ => format!("digests prove {}", proved.join(", ")),
    };
    format!("{account} {region}: {records}{seen}; {complete}")
}

/// The regions that root's sign-ins may be recorded in and that were not read, by account. Other
/// partitions have other regions.
fn missing_root_regions(coverage: &Coverage) -> Vec<(&str, Vec<&'static str>)> {
    let accounts: BTreeSet<&str> = coverage.regions.iter().map(|it| it.account.as_str()).collect();
    let mut all = Vec::new();
    for account in accounts {
        let regions = coverage.regions.iter().filter(|it| it.account == account);
        let read: Vec<&str> = regions.map(|it| it.region.as_str()).collect();
        let is_elsewhere = read.iter().any(|region| {
            ["cn-", "us-gov-", "us-iso", "eusc-"].iter().any(|it| region.starts_with(it))
        });
        let missing: Vec<_> = ROOT_REGIONS.into_iter().filter(|it| !read.contains(it)).collect();
        if !missing.is_empty() && !is_elsewhere {
            all.push((account, missing));
        }
    }
    all
}

fn write_locked_out(summary: &ActivitySummary, page: &mut Page<'_>) -> io::Result<()> {
    let rows = &summary.locked_out;
    let still = rows.iter().filter(|row| row.in_since.is_none() && !hides_success(row)).count();
    page.blank()?;
    let heading = match rows.len() {
        0 => "COULD NOT GET IN: nobody".to_owned(),
        1 => format!("COULD NOT GET IN: 1 person, {still} still out"),
        count => format!("COULD NOT GET IN: {count} people, {still} still out"),
    };
    page.line(bold(), &heading)?;
    if summary.typing_errors > 0 {
        let count = counted(summary.typing_errors as u64, "typing error");
        page.item("  ", &format!("{count} left out: the same address got in soon after"))?;
    }
    for row in rows {
        page.blank()?;
        page.line(bold(), &format!("  {}", name(&row.person)))?;
        page.item("    ", &tries(row))?;
        if let Some(last) = &row.last {
            page.item("    Recorded: ", &recorded(last))?;
        }
        let likelihood = row.diagnosis.likelihood.word();
        page.item(&format!("    Cause ({likelihood}): "), &row.diagnosis.cause)?;
        page.item("    ", "What to do:")?;
        page.prose(6, &row.diagnosis.action)?;
    }
    Ok(())
}

/// How often somebody tried, and whether they got in.
fn tries(row: &LockedOut) -> String {
    let Some((first, last)) = row.first_try.zip(row.last_try) else {
        return "no event in what was read".to_owned();
    };
    let times = match row.tries {
        1 => String::new(),
        count => format!(", {count} times since {}", time(first)),
    };
    let (purpose, from, now) = (describe_purpose(row.purpose), from(&row.sources), by_now(row));
    format!("tried {purpose}, last at {}{times}{from}; {now}", time(last))
}

/// Whether somebody is in by now, as far as that is recorded.
fn by_now(row: &LockedOut) -> String {
    match row.in_since {
        Some(since) => format!("in since {}", time(since)),
        None if hides_success(row) => "whether they got in later is not recorded".to_owned(),
        None => "still out".to_owned(),
    }
}

/// Whether only refusals are read: programs assume roles all the time.
fn hides_success(row: &LockedOut) -> bool {
    match row.pattern {
        Pattern::SamlRefused => true,
        // Only STS gives a code, and not the console.
        Pattern::RoleRefused => row.last.as_ref().is_some_and(|last| last.code.is_some()),
        _ => false,
    }
}

/// What AWS recorded of an attempt.
fn recorded(attempt: &Attempt) -> String {
    let ending = match attempt.outcome {
        Outcome::Unfinished => "begun, and nothing followed",
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
    parts.extend(attempt.message.as_ref().map(|message| format!("\"{message}\"")));
    parts.join(", ")
}

fn write_signed_in(rows: &[SignedIn], page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let heading = match rows.len() {
        0 => "SIGNED IN: nobody".to_owned(),
        1 => "SIGNED IN: 1 person".to_owned(),
        count => format!("SIGNED IN: {count} people"),
    };
    page.line(bold(), &heading)?;
    for row in rows {
        page.blank()?;
        page.line(bold(), &format!("  {}", name(&row.person)))?;
        page.item("    ", &sign_ins(row))?;
        let mfa: Vec<String> =
            row.mfa.iter().map(|(mfa, count)| format!("{count} {}", describe_mfa(*mfa))).collect();
        if !mfa.is_empty() {
            page.item("    MFA: ", &mfa.join(", "))?;
        }
    }
    Ok(())
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

fn write_timeline(events: &[Event], page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(bold(), &format!("TIMELINE: {}", counted(events.len() as u64, "event")))?;
    page.blank()?;
    for event in events {
        page.item(&format!("  {}  ", time(event.at)), &describe_event(event))?;
    }
    Ok(())
}

fn describe_event(event: &Event) -> String {
    let mut parts = vec![format!("{} {}", event.name, event.outcome.word())];
    parts.extend(event.code.iter().chain(&event.message).map(ToString::to_string));
    parts.extend(event.target.iter().chain(&event.factors).map(ToString::to_string));
    parts.extend(event.mfa.map(|mfa| format!("MFA {}", describe_mfa(mfa))));
    parts.push(format!("{} {}", event.account, event.region));
    parts.extend(event.source.as_ref().map(|source| format!("from {source}")));
    format!("{} ({})", parts.join(", "), event.id)
}

fn write_tickets(rows: &[LockedOut], page: &mut Page<'_>) -> io::Result<()> {
    for row in rows {
        page.blank()?;
        page.line(bold(), "FOR THE TICKET")?;
        page.blank()?;
        page.item("  ", &ticket(row))?;
    }
    Ok(())
}

/// A paragraph for a ticket. Addresses are left out: who asks for them finds the events by their ids.
fn ticket(row: &LockedOut) -> String {
    let (who, cause) = (name(&row.person), &row.diagnosis.cause);
    let Some((last, last_try)) = row.last.as_ref().zip(row.last_try) else {
        return format!("{who}: {cause}");
    };
    let now = capitalised(&by_now(row));
    let ids: Vec<String> = last.events.iter().map(ToString::to_string).collect();
    format!(
        "{who}: tried {} {}, last at {}. CloudTrail: {}. Cause ({}): {cause} {now}. Events: {}.",
        describe_purpose(row.purpose),
        if row.tries == 1 { "once".to_owned() } else { format!("{} times", row.tries) },
        time(last_try),
        recorded(last),
        row.diagnosis.likelihood.word(),
        ids.join(", "),
    )
}

/// Who somebody is, as far as is known.
fn name(person: &Person) -> String {
    let account = person.account.as_deref().unwrap_or_default();
    let name = person.name.as_deref().unwrap_or("somebody not named");
    match person.kind {
        ActorKind::Root => format!("root of {account}"),
        ActorKind::User => format!("{name}, user of {account}"),
        ActorKind::UnknownUser => {
            let source = person.source.as_deref().unwrap_or("an unknown address");
            format!("a name that is not a user of {account}, from {source}")
        }
        ActorKind::IdentityCenter => format!("{name}, Identity Center"),
        ActorKind::Saml => format!("{name}, SAML"),
        ActorKind::Instance => format!("{name}, instance of {account}"),
        ActorKind::Role => format!("{name}, role session of {account}"),
        ActorKind::FederatedUser => format!("{name}, federated user of {account}"),
        ActorKind::Directory => format!("{name}, directory user of {account}"),
        ActorKind::Other if account.is_empty() => name.to_owned(),
        ActorKind::Other => format!("{name}, in {account}"),
    }
}

fn describe(form: Form) -> &'static str {
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
    let sources: Vec<&str> = sources.iter().map(SharedText::as_str).collect();
    format!(", from {}", few(&sources, MOST_ADDRESSES))
}

fn stretch(period: Period) -> String {
    format!("{} to {}", time(period.from), time(period.to))
}
