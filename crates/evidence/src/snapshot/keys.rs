//! Access keys: the credential report's slots, combined with the users' own lists.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

mod matching;

use jiff::Timestamp;
use portcullis_model::{AccessKey, AgeSource, Fact, Gap, Source, Sources, minute};

use self::matching::{Pair, Slot};
use super::answers::Answers;
use super::credential_report::{KeySlot, ReportRow};
use super::facts::known_or;
use super::gaps::Gaps;
use super::names::name_key;
use super::reconciled_users::ReconciledUser;
use super::resource_ids::ResourceIds;
use super::time::{days, may_be_since, seconds};
use crate::shapes::AccessKeyMetadata;

/// Returns a user's access keys, oldest first.
pub(super) fn of_user(
    user: &ReconciledUser<'_>,
    created: Fact<Timestamp>,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<AccessKey>> {
    if user.deleted {
        return Fact::Known(Vec::new());
    }
    let by_user = answers.access_keys.as_ref().known();
    let listed = by_user
        .and_then(|users| users.get(&name_key(user.name)))
        .map(Vec::as_slice);
    let newest = listed
        .into_iter()
        .flatten()
        .map(|key| key.create_date)
        .max();
    let newer = match user.row {
        _ if listed.is_none() => Some(false),
        Fact::Missing(_) => Some(true),
        Fact::Known(_) => answers.is_newer(Source::AccessKeys, newest),
    };
    let mut ids = ResourceIds::new(user.arn, "access-key");
    let pairs = match user.row {
        Fact::Known(row) => of_row(row, listed, newer, &mut ids),
        Fact::Missing(sources) => listed
            .map(|listed| matching::pair(Vec::new(), listed))
            .ok_or(sources | Source::AccessKeys.into()),
    };
    if !pairs
        .as_ref()
        .is_ok_and(|pairs| pairs.iter().all(|pair| pair.listed.is_some()))
    {
        let message = "the user's access keys were not listed after the credential report was made";
        gaps.explain(Source::AccessKeys.into(), user.name, Gap::NOT_REQUESTED, message);
    }
    let is_lost = gaps.has_failed_for(Source::AccessKeys, user.name);
    let builder = KeyBuilder { user, created, answers, newer, is_lost };
    let mut keys: Vec<AccessKey> = match pairs {
        Ok(pairs) => pairs
            .into_iter()
            .map(|pair| builder.key(pair, &mut ids, gaps))
            .collect(),
        Err(missing) => return Fact::Missing(missing),
    };
    sort(&mut keys);
    Fact::Known(keys)
}

/// Pairs the row's slots with the user's list; an error if there may be keys that neither shows.
fn of_row<'a>(
    row: &'a ReportRow,
    listed: Option<&'a [AccessKeyMetadata]>,
    newer: Option<bool>,
    ids: &mut ResourceIds,
) -> Result<Vec<Pair<'a>>, Sources> {
    let is_doubtful = row
        .keys
        .iter()
        .any(|slot| matches!(slot.filled, Fact::Missing(_)));
    if newer != Some(true) && (is_doubtful || row.has_more_credentials) {
        return Err(Sources::from_iter([Source::CredentialReport, Source::AccessKeys]));
    }
    // Ids are given before any key is dropped, so that they do not depend on which sources exist.
    let mut slots = Vec::new();
    for (number, facts) in (1..).zip(&row.keys) {
        if facts.filled == Fact::Known(true) {
            let resource_id = ids.next(facts.last_rotated.known().flatten());
            slots.push(Slot { number, facts, resource_id });
        }
    }
    let mut pairs = matching::pair(slots, listed.unwrap_or_default());
    // A key that the newer source lacks was deleted. If neither is known to be newer, keep all.
    pairs.retain(|pair| match newer {
        Some(true) => pair.listed.is_some(),
        Some(false) => pair.slot.is_some(),
        None => true,
    });
    Ok(pairs)
}

fn sort(keys: &mut [AccessKey]) {
    let date = |key: &AccessKey| key.created.or_else(|| key.last_rotated.and_then(in_report));
    keys.sort_by_cached_key(|key| {
        let date = date(key).known();
        (date.is_none(), date, key.resource_id.clone())
    });
}

fn in_report(date: Option<Timestamp>) -> Fact<Timestamp> {
    known_or(date, Source::CredentialReport)
}

/// Builds the facts about one user's keys.
struct KeyBuilder<'a> {
    user: &'a ReconciledUser<'a>,
    created: Fact<Timestamp>,
    answers: &'a Answers,
    /// Whether the list is newer than the report, and so decides which keys exist.
    newer: Option<bool>,
    /// Whether AWS was asked for the list and did not answer.
    is_lost: bool,
}

impl KeyBuilder<'_> {
    fn key(&self, pair: Pair<'_>, ids: &mut ResourceIds, gaps: &mut Gaps) -> AccessKey {
        let Pair { slot, listed, is_guess } = pair;
        let active = self.active(slot.as_ref(), listed, gaps);
        let mut last_rotated = self.last_rotated(slot.as_ref());
        let mut report = self.in_report(slot.as_ref(), listed, gaps);
        if is_guess {
            let message = "does not show which of the user's two access keys is which, since both were activated again";
            report = gaps.missing(Source::CredentialReport, self.user.name, "Ambiguous", message);
            last_rotated = report.and_then(|facts: &KeySlot| facts.last_rotated);
        }
        let last_used = report.and_then(|facts| facts.last_used);
        let listed = known_or(listed, Source::AccessKeys);
        let id = listed.map(|key| key.access_key_id.clone());
        let created = listed.and_then(|key| self.created(key, last_used, gaps));
        let base = created
            .map(|date| (date, AgeSource::CreateDate))
            .or_else(|| self.earliest_date(last_rotated, last_used));
        let age = base.and_then(|(date, source)| {
            let source = match source {
                AgeSource::CreateDate => Source::AccessKeys,
                _ => Source::CredentialReport,
            };
            self.answers.days_since(date, source, self.user.name, gaps)
        });
        AccessKey {
            name: match (&id, &slot) {
                (Fact::Known(id), _) => id.clone(),
                (_, Some(slot)) => format!("key {}", slot.number),
                (_, None) => String::new(),
            },
            id,
            active,
            created,
            last_rotated,
            age_days: age,
            age_source: base.map(|(_, source)| source),
            seconds_after_user: self
                .created
                .and_then(|user| age.and_then(|_| base.map(|(date, _)| seconds(user, date)))),
            last_used,
            last_used_service: report.and_then(|facts| facts.last_used_service.clone()),
            last_used_region: report.and_then(|facts| facts.last_used_region.clone()),
            idle_days: last_used.and_then(|used| {
                used.map_or(age, |used| Fact::Known(days(used, self.answers.as_of)))
            }),
            resource_id: match slot {
                Some(slot) => slot.resource_id,
                None => ids.next(created.known()),
            },
        }
    }

    /// Returns the earliest time at which the report shows the key. Reactivating a key moves
    /// `last_rotated`, but a key cannot be used before it is created.
    fn earliest_date(
        &self,
        last_rotated: Fact<Option<Timestamp>>,
        last_used: Fact<Option<Timestamp>>,
    ) -> Fact<(Timestamp, AgeSource)> {
        let rotated = last_rotated.and_then(in_report);
        let (date, source) = match (rotated, last_used) {
            (Fact::Known(rotated), Fact::Known(Some(used))) if used < rotated => {
                (used, AgeSource::LastUsed)
            }
            (Fact::Known(rotated), Fact::Known(_)) => (rotated, AgeSource::LastRotated),
            (Fact::Missing(sources), _) | (_, Fact::Missing(sources)) => {
                return Fact::Missing(sources);
            }
        };
        Fact::Known((
            date,
            if self.is_lost {
                AgeSource::AtLeast
            } else {
                source
            },
        ))
    }

    /// Returns when a listed key was created; missing if the report shows an earlier use.
    fn created(
        &self,
        key: &AccessKeyMetadata,
        last_used: Fact<Option<Timestamp>>,
        gaps: &mut Gaps,
    ) -> Fact<Timestamp> {
        let (id, created) = (&key.access_key_id, key.create_date);
        match last_used {
            Fact::Known(Some(used)) if !may_be_since(used, created) => {
                let [used, created] = [used, created].map(minute);
                let message =
                    format!("{id} was used at {used}, before it was created at {created}");
                gaps.missing(Source::AccessKeys, self.user.name, "Contradictory", message)
            }
            _ => Fact::Known(created),
        }
    }

    fn last_rotated(&self, slot: Option<&Slot<'_>>) -> Fact<Option<Timestamp>> {
        match slot {
            Some(slot) => slot.facts.last_rotated,
            None => self.user.row.map(|_| None),
        }
    }

    /// Returns the slot's facts; missing, with a gap, if the report lacks this key.
    fn in_report<'s>(
        &self,
        slot: Option<&Slot<'s>>,
        listed: Option<&AccessKeyMetadata>,
        gaps: &mut Gaps,
    ) -> Fact<&'s KeySlot> {
        if let (None, Fact::Known(_), Some(key)) = (slot, self.user.row, listed) {
            let message = format!("the report does not have the key {}", key.access_key_id);
            gaps.note(Source::CredentialReport, self.user.name, "NotInReport", message);
        }
        known_or(slot.map(|slot| slot.facts), Source::CredentialReport)
    }

    fn active(
        &self,
        slot: Option<&Slot<'_>>,
        listed: Option<&AccessKeyMetadata>,
        gaps: &mut Gaps,
    ) -> Fact<bool> {
        let live = known_or(listed, Source::AccessKeys).and_then(|key| self.status(key, gaps));
        match (slot.map(|slot| slot.facts.active), self.newer) {
            (None, _) | (Some(_), Some(true)) => live,
            (Some(report), Some(false)) => report,
            // Neither is known to be newer, so a key that is active in either counts as active.
            (Some(report), None) => listed.map_or(report, |_| report.or(live)),
        }
    }

    fn status(&self, key: &AccessKeyMetadata, gaps: &mut Gaps) -> Fact<bool> {
        if let Some(active) = matching::is_active(key) {
            return Fact::Known(active);
        }
        let message = format!("the key {} has an unknown status", key.access_key_id);
        gaps.missing(Source::AccessKeys, self.user.name, "Malformed", message)
    }
}
