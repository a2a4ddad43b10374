//! How far the CloudTrail records that were read reach: unless that is known, the absence of records proves nothing.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use portcullis_model::{
    AccountActivity, ActorKind, DEFAULT_REGIONS, Fact, Message, Period, ROOT_SIGN_IN_REGIONS,
    RegionCoverage, Snapshot, has_root_console, minute, regions_of,
};

use super::subject::{self, State, Subject};

/// Digests are made once an hour, at another minute in each region, and delivered later.
const DIGEST: SignedDuration = SignedDuration::from_hours(2);
/// How long a region may be quiet: without an event, no log file is written.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The word in a rule's `regions` for those in which Identity Center records sign-ins.
pub(crate) const IDENTITY_CENTER: &str = "identity_center";
/// The word there for those in which root's sign-ins are recorded.
pub(crate) const ROOT: &str = "root";

/// What a rule needs of what was read in order to pass.
#[derive(Clone, Copy)]
pub(crate) struct Needs<'r> {
    /// The regions of the partition `aws`.
    pub regions: &'r [String],
    /// Whether what it judges is read-only to CloudTrail, as `aws login` is and sign-ins are not.
    pub read_only: bool,
}

/// Returns a subject for everything that was recorded and that the rule finds no fault with, which is a pass, or for what was
/// not read, which is unknown. None: nothing can or need be said about it.
///
/// `found_something` says whether the rule has found fault with anything or could not judge it, and `undecided` how
/// many attempts it may concern.
pub(crate) fn rest<'a>(
    snapshot: &'a Snapshot,
    needs: Needs<'_>,
    found_something: bool,
    undecided: usize,
) -> Option<Subject<'a>> {
    let activity = snapshot.activity.as_ref()?;
    let is_silent = !found_something && undecided == 0;
    if let Some(absent) = absent_root(snapshot, needs.regions).filter(|_| is_silent) {
        return Some(subject::whole(&snapshot.account, State::Absent(absent.to_owned())));
    }
    let (mut missing, reach) = reach(snapshot, activity, needs);
    if undecided > 0 {
        missing
            .push(format!("the records read do not say enough about {undecided} of the attempts"));
    }
    let absent = absent_portal(snapshot, activity, needs.regions);
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
            " (damaged) may cover any region and time: fetch it again, or leave it out if it is not a log file; ",
        );
    }
    message.push(&missing.join("; "));
    message
}

/// Says in words that somebody did nothing in these regions of the partition `aws`. None: not everything was read.
pub(crate) fn quiet(snapshot: &Snapshot, needed: &[String]) -> Option<String> {
    let activity = snapshot.activity.as_ref()?;
    let needs = Needs { regions: needed, read_only: false };
    let (missing, reach) = reach(snapshot, activity, needs);
    missing
        .is_empty()
        .then(|| format!("no sign-in was recorded in {reach}"))
}

/// Which needed records are missing, and which period of the regions was read.
fn reach(
    snapshot: &Snapshot,
    activity: &AccountActivity,
    needs: Needs<'_>,
) -> (Vec<String>, String) {
    let mut missing = Vec::new();
    if needs.read_only && activity.left_out.reads {
        missing.push(NO_READS.to_owned());
    } else if !needs.read_only && activity.left_out.writes {
        missing.push(NO_WRITES.to_owned());
    }
    let Needed { regions: needed, lacks_portal } = regions(snapshot, activity, needs.regions);
    if lacks_portal {
        let is_unknown = snapshot.account.identity_center.known().is_none();
        let hint = if is_unknown { SEE_BUNDLE } else { "" };
        missing.push(format!("{NO_PORTAL}{hint}"));
    }
    let mut reach = activity.period;
    let mut unread = Vec::new();
    for region in &needed {
        let Some(known) = activity.regions.iter().find(|it| it.region == **region) else {
            unread.push(*region);
            continue;
        };
        match covered(known, activity.period) {
            Ok(Period { from, to }) => {
                reach = Period { from: reach.from.max(from), to: reach.to.min(to) };
            }
            Err(what) => missing.push(what),
        }
    }
    if !unread.is_empty() {
        let verb = if unread.len() == 1 { "was" } else { "were" };
        missing.push(format!("{} {verb} not read", unread.join(", ")));
    }
    (missing, format!("{} {}", needed.join(", "), stretch(reach)))
}

/// What is missing where a trail may record only read-only events.
const NO_WRITES: &str = "no log file of the account holds a management event that is not read-only: the trail may \
                         leave these out, and sign-ins and changes are among them";
/// What is missing where it may record only the others.
const NO_READS: &str = "no log file of the account holds a read-only management event: the trail may leave these \
                        out, and what the rule judges is among them";
/// What is missing where no region is known to be that of Identity Center.
const NO_PORTAL: &str = "the region of IAM Identity Center is not known: no sign-in to its portal was read, and not all \
                         regions were read";
/// What shows that there is none.
const SEE_BUNDLE: &str = "; a bundle of the account (--bundle) shows whether it is in use";

/// The regions that a rule needs.
struct Needed<'a> {
    regions: Vec<&'a str>,
    /// Whether that of Identity Center, which it needs too, is not known.
    lacks_portal: bool,
}

/// The regions that the rule needs. Other partitions have few, and whatever happens there is in one.
fn regions<'a>(
    snapshot: &'a Snapshot,
    activity: &'a AccountActivity,
    needed: &'a [String],
) -> Needed<'a> {
    if let Some(all) = regions_of(&snapshot.account.partition) {
        return Needed { regions: all.to_vec(), lacks_portal: false };
    }
    let mut regions: Vec<&str> = Vec::new();
    let mut needs_portal = false;
    for name in needed {
        match name.as_str() {
            IDENTITY_CENTER => needs_portal = true,
            ROOT => regions.extend(ROOT_SIGN_IN_REGIONS),
            region => regions.push(region),
        }
    }
    // Where it is not in use it records nothing, and the rule is about other sign-ins alone.
    if !needs_portal || !regions.is_empty() && is_portal_absent(snapshot, activity) {
        return Needed { regions, lacks_portal: false };
    }
    let portal = portal_regions(snapshot, activity);
    let lacks_portal = portal.is_none();
    for region in portal.unwrap_or_default() {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    Needed { regions, lacks_portal }
}

/// The regions in which Identity Center recorded sign-ins. If it recorded none, that in which it makes roles; if it
/// has made none, all that were read, if those that every account has are among them. None: it may be where nothing
/// was read.
fn portal_regions<'a>(
    snapshot: &'a Snapshot,
    activity: &'a AccountActivity,
) -> Option<Vec<&'a str>> {
    if !activity.portal_regions.is_empty() {
        return Some(
            activity
                .portal_regions
                .iter()
                .map(|region| &**region)
                .collect(),
        );
    }
    let of_roles: BTreeSet<&str> = roles(snapshot).filter_map(region_of_role).collect();
    if !of_roles.is_empty() {
        return Some(of_roles.into_iter().collect());
    }
    let read: Vec<&str> = activity
        .regions
        .iter()
        .map(|it| it.region.as_str())
        .collect();
    DEFAULT_REGIONS
        .iter()
        .all(|region| read.contains(region))
        .then_some(read)
}

/// The ARNs of the account's roles, as far as they are known.
fn roles(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    snapshot
        .roles
        .as_ref()
        .known()
        .into_iter()
        .flatten()
        .map(|role| role.arn.as_str())
}

/// The region of Identity Center, if it made the role. Their ARNs leave out `us-east-1`.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
fn region_of_role(arn: &str) -> Option<&str> {
    let (_, name) = arn.split_once(":role/aws-reserved/sso.amazonaws.com/")?;
    Some(
        name.split_once('/')
            .map_or("us-east-1", |(region, _)| region),
    )
}

/// Why nobody can have signed in as root, if that is all the rule is about.
fn absent_root(snapshot: &Snapshot, needed: &[String]) -> Option<&'static str> {
    (needed == [ROOT] && !has_root_console(&snapshot.account.partition))
        .then_some("nobody can sign in to the console as root in this partition")
}

/// Why nobody can have signed in through Identity Center, if that is all the rule is about.
fn absent_portal(
    snapshot: &Snapshot,
    activity: &AccountActivity,
    needed: &[String],
) -> Option<&'static str> {
    (needed == [IDENTITY_CENTER] && is_portal_absent(snapshot, activity))
        .then_some("IAM Identity Center has no role in the account")
}

/// Whether nobody can have signed in through Identity Center: the bundle has none of its roles.
fn is_portal_absent(snapshot: &Snapshot, activity: &AccountActivity) -> bool {
    let is_of_it = |actor| actor == ActorKind::IdentityCenter;
    let is_used = !activity.portal_regions.is_empty()
        || activity.sign_ins.iter().any(|it| is_of_it(it.actor))
        || activity
            .credential_events
            .iter()
            .any(|it| is_of_it(it.actor))
        || roles(snapshot).any(|arn| arn.contains("/sso.amazonaws.com/"));
    snapshot.account.identity_center == Fact::Known(false) && !is_used
}

/// The part of the period in which nothing is missing for the region, if that is all of it except what
/// cannot be known; else what is missing.
fn covered(known: &RegionCoverage, period: Period) -> Result<Period, String> {
    let RegionCoverage { region, logged, proved, incomplete, .. } = known;
    if let Some(hole) = incomplete.iter().find(|it| overlap(it, &period)) {
        return Err(format!("{region} was not read completely {}", stretch(*hole)));
    }
    let mut read: Vec<(Period, bool)> = proved.iter().map(|it| (*it, true)).collect();
    read.extend(logged.iter().map(|it| (*it, false)));
    read.retain(|(it, _)| overlap(it, &period));
    read.sort_unstable();
    let Some((first, _)) = read.first() else {
        return Err(nothing_read(known, period));
    };
    let until = read_until(&read, period).map_err(|hole| unread(region, hole))?;
    Ok(Period { from: first.from.max(period.from), to: until.min(period.to) })
}

/// Until when everything was read, given what was read in order and whether digests prove it; an error
/// with the first hole in the period that is too long.
fn read_until(read: &[(Period, bool)], period: Period) -> Result<Timestamp, Period> {
    let (mut until, mut was_proved) = (period.from, false);
    for (index, &(next, is_proved)) in read.iter().enumerate() {
        let allowed = match index {
            0 => slack(period, is_proved),
            _ if was_proved && is_proved => SignedDuration::ZERO,
            _ => QUIET,
        };
        if next.from.duration_since(until) > allowed {
            return Err(Period { from: until, to: next.from });
        }
        if next.to > until {
            (until, was_proved) = (next.to, is_proved);
        }
    }
    if period.to.duration_since(until) > slack(period, was_proved) {
        return Err(Period { from: until, to: period.to });
    }
    Ok(until)
}

/// Why nothing of the period counts as read.
fn nothing_read(known: &RegionCoverage, period: Period) -> String {
    let RegionCoverage { region, seen, proved, .. } = known;
    match seen.iter().find(|it| overlap(it, &period)) {
        Some(some) => format!("{region} may not have been read completely {}", stretch(*some)),
        None if seen.is_empty() && proved.is_empty() => {
            format!("no management event was read for {region}")
        }
        None => unread(region, period),
    }
}

fn unread(region: &str, hole: Period) -> String {
    format!("nothing was read for {region} {}", stretch(hole))
}

/// How much may be missing at an end of the period: little before or after digests, otherwise as long as a region may be
/// quiet; for a short period, a quarter of it.
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
