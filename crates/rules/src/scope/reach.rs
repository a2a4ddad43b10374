//! Which regions and times of CloudTrail were read. Only there does an absent event mean anything.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    AccountActivity, ActorKind, DEFAULT_REGIONS, Fact, Message, Period, RegionCoverage, Snapshot,
    regions_of,
};

use super::subject::{self, State, Subject};

/// The longest time that digests may lag: they are made once an hour, at a different minute in each
/// region, and delivered later.
const DIGEST: SignedDuration = SignedDuration::from_hours(2);
/// How long a region may be quiet, since CloudTrail writes no log file without an event.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The word in a rule's `regions` for the regions in which Identity Center records sign-ins.
pub(crate) const IDENTITY_CENTER: &str = "identity_center";

/// Returns the subject for all activity without a finding, which passes, or for what was not read,
/// which is unknown; none if nothing needs to be said.
///
/// `needed` are the regions of the partition `aws` that the rule needs, `found_something` is
/// whether it has a finding or an unknown verdict already, and `undecided` counts the attempts to
/// which it may apply.
pub(crate) fn rest<'a>(
    snapshot: &'a Snapshot,
    needed: &[String],
    found_something: bool,
    undecided: usize,
) -> Option<Subject<'a>> {
    let activity = snapshot.activity.as_ref()?;
    let (mut missing, reach) = reach(snapshot, activity, needed);
    if undecided > 0 {
        missing.push(format!("how {undecided} of the attempts ended is not in what was read"));
    }
    let absent = absent_portal(snapshot, activity, needed);
    let state = if missing.is_empty() {
        if found_something {
            return None;
        }
        State::Quiet(format!("no such activity was recorded in {reach}"))
    } else if let Some(absent) = absent.filter(|_| undecided == 0) {
        State::Absent(absent.to_owned())
    } else {
        State::Unread(not_read(&missing, &activity.unplaced))
    };
    Some(subject::whole(&snapshot.account, state))
}

/// What is missing, after the damaged files that it may be in.
fn not_read(missing: &[String], unplaced: &[String]) -> Message {
    let mut message = Message::default();
    if let [first, others @ ..] = unplaced {
        message.push_fact("cloudtrail.input", first);
        if !others.is_empty() {
            message.push(&format!(" and {} more", others.len()));
        }
        message.push(
            " (damaged) may be of any region and time: fetch it again, or leave it out if it is not a log file; ",
        );
    }
    message.push(&missing.join("; "));
    message
}

/// That somebody did nothing in these regions of the partition `aws`, in words. None: not all was read.
pub(crate) fn quiet(snapshot: &Snapshot, needed: &[String]) -> Option<String> {
    let activity = snapshot.activity.as_ref()?;
    let (missing, reach) = reach(snapshot, activity, needed);
    missing.is_empty().then(|| format!("no sign-in was recorded in {reach}"))
}

/// Returns what is missing of the regions needed, and which regions and times were read, in words.
fn reach(
    snapshot: &Snapshot,
    activity: &AccountActivity,
    needed: &[String],
) -> (Vec<String>, String) {
    let Some(needed) = regions(snapshot, activity, needed) else {
        let is_unknown = snapshot.account.identity_center.known().is_none();
        let hint = if is_unknown { SEE_BUNDLE } else { "" };
        return (vec![format!("{NO_PORTAL}{hint}")], String::new());
    };
    let mut missing = Vec::new();
    let mut reach = activity.period;
    for region in &needed {
        match covered(activity, region) {
            Ok(Period { from, to }) => {
                reach = Period { from: reach.from.max(from), to: reach.to.min(to) };
            }
            Err(what) => missing.push(what),
        }
    }
    (missing, format!("{} {}", needed.join(", "), stretch(reach)))
}

/// The message if the region of Identity Center is not known.
const NO_PORTAL: &str = "the region of IAM Identity Center is not known: no sign-in to its portal was read, nor were \
                         all regions";
/// What shows that there is none.
const SEE_BUNDLE: &str = "; a bundle of the account (--bundle) shows whether it is in use";

/// Returns the regions that the rule needs, if they are known. In partitions other than `aws`,
/// these are all regions, since they are few.
fn regions<'a>(
    snapshot: &'a Snapshot,
    activity: &'a AccountActivity,
    needed: &'a [String],
) -> Option<Vec<&'a str>> {
    match regions_of(&snapshot.account.partition) {
        Some(all) => Some(all.to_vec()),
        None if needed == [IDENTITY_CENTER] => portal_regions(snapshot, activity),
        None => Some(needed.iter().map(String::as_str).collect()),
    }
}

/// Returns the regions in which Identity Center recorded sign-ins, or else the region of its roles,
/// or else all regions read, if these include the regions that every account has. None if Identity
/// Center may be in a region that was not read.
fn portal_regions<'a>(
    snapshot: &'a Snapshot,
    activity: &'a AccountActivity,
) -> Option<Vec<&'a str>> {
    if !activity.portal_regions.is_empty() {
        return Some(activity.portal_regions.iter().map(|region| &**region).collect());
    }
    let role_regions: BTreeSet<&str> = roles(snapshot).filter_map(region_of_role).collect();
    if !role_regions.is_empty() {
        return Some(role_regions.into_iter().collect());
    }
    let read: Vec<&str> =
        activity.regions.iter().map(|coverage| coverage.region.as_str()).collect();
    DEFAULT_REGIONS.iter().all(|region| read.contains(region)).then_some(read)
}

/// Returns the ARNs of the account's known roles.
fn roles(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    snapshot.roles.as_ref().known().into_iter().flatten().map(|role| role.arn.as_str())
}

/// Returns the region of Identity Center, if it created the role. The ARN omits `us-east-1`.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
fn region_of_role(arn: &str) -> Option<&str> {
    let (_, name) = arn.split_once(":role/aws-reserved/sso.amazonaws.com/")?;
    Some(name.split_once('/').map_or("us-east-1", |(region, _)| region))
}

/// Why nobody can have signed in through Identity Center: the bundle has no role of it.
fn absent_portal(
    snapshot: &Snapshot,
    activity: &AccountActivity,
    needed: &[String],
) -> Option<&'static str> {
    let is_of_it = |actor| actor == ActorKind::IdentityCenter;
    let is_used = !activity.portal_regions.is_empty()
        || sign_ins.chain(events).any(|actor| actor == ActorKind::IdentityCenter)
        || roles(snapshot).any(|arn| arn.contains("/sso.amazonaws.com/"));
    let is_absent = snapshot.account.identity_center == Fact::Known(false);
    let is_about_it = needed == [IDENTITY_CENTER];
    (is_about_it && is_absent && !is_used)
        .then_some("IAM Identity Center has no role in the account")
}

/// Returns the part of the period for which the region was read completely, apart from the slack at
/// its ends; otherwise an error says what is missing.
fn covered(activity: &AccountActivity, region: &str) -> Result<Period, String> {
    let period = activity.period;
    let coverage = activity.regions.iter().find(|coverage| coverage.region == region);
    let Some(coverage) = coverage else { return Err(format!("{region} was not read")) };
    let RegionCoverage { logged, proved, incomplete, .. } = coverage;
    if let Some(gap) = incomplete.iter().find(|gap| overlap(gap, &period)) {
        return Err(format!("{region} was not read completely {}", stretch(*gap)));
    }
    let mut read: Vec<(Period, bool)> = proved.iter().map(|part| (*part, true)).collect();
    read.extend(logged.iter().map(|part| (*part, false)));
    read.retain(|(part, _)| overlap(part, &period));
    read.sort_unstable();
    let Some((first, is_proved)) = read.first().copied() else {
        return Err(nothing_read(coverage, period));
    };
    if first.from.duration_since(period.from) > slack(period, is_proved) {
        return Err(unread(region, period.from, first.from));
    }
    let (mut until, mut was_proved) = (first.to, is_proved);
    for (next, is_proved) in read {
        let quiet = if was_proved && is_proved { SignedDuration::ZERO } else { QUIET };
        if next.from.duration_since(until) > quiet {
            return Err(unread(region, until, next.from));
        }
        if next.to > until {
            (until, was_proved) = (next.to, is_proved);
        }
    }
    if period.to.duration_since(until) > slack(period, was_proved) {
        return Err(unread(region, until, period.to));
    }
    Ok(Period { from: first.from.max(period.from), to: until.min(period.to) })
}

/// Says why no part of the period counts as read.
fn nothing_read(coverage: &RegionCoverage, period: Period) -> String {
    let RegionCoverage { region, seen, proved, .. } = coverage;
    match seen.iter().find(|part| overlap(part, &period)) {
        Some(part) => format!("{region} may not have been read completely {}", stretch(*part)),
        None if seen.is_empty() && proved.is_empty() => {
            format!("no management event of {region} was read")
        }
        None => unread(region, period.from, period.to),
    }
}

fn unread(region: &str, from: Timestamp, to: Timestamp) -> String {
    format!("nothing of {region} was read {}", stretch(Period { from, to }))
}

/// Returns how much may be missing at either end of the period: with digests their lag, otherwise
/// as long as a region may be quiet, but at most a quarter of the period.
fn slack(period: Period, is_proved: bool) -> SignedDuration {
    let most = if is_proved { DIGEST } else { QUIET };
    most.min(period.to.duration_since(period.from) / 4)
}

fn overlap(one: &Period, other: &Period) -> bool {
    one.from < other.to && other.from < one.to
}

fn stretch(Period { from, to }: Period) -> String {
    format!("from {} to {}", minute(from), minute(to))
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
