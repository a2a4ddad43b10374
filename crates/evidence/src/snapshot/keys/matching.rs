//! Matches listed keys with the slots of the report, whose order is unrelated.

use portcullis_model::Fact;

use crate::shapes::AccessKeyMetadata;
use crate::snapshot::credential_report::KeySlot;
use crate::snapshot::time::may_be_since;

/// A filled slot of the report.
pub(super) struct Slot<'a> {
    /// 1 or 2.
    pub(super) number: usize,
    pub(super) facts: &'a KeySlot,
    pub(super) resource_id: String,
}

/// One access key, found in at least one of its two sources.
pub(super) struct Pair<'a> {
    pub(super) slot: Option<Slot<'a>>,
    pub(super) listed: Option<&'a AccessKeyMetadata>,
    /// Whether the slot may just as well be that of the user's other key.
    pub(super) is_guess: bool,
}

/// Pairs slots with listed keys by their dates, then by elimination.
///
/// A key's `last_rotated` is the date of its creation or of a later reactivation, so a slot can
/// only belong to a key created by then, and before the slot's last use. The newest key is matched
/// first, which leaves older keys every slot that they could have.
pub(super) fn pair<'a>(slots: Vec<Slot<'a>>, listed: &'a [AccessKeyMetadata]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = slots.into_iter().map(Pair::of_slot).collect();
    let mut keys: Vec<&AccessKeyMetadata> = listed.iter().collect();
    keys.sort_by(|a, b| {
        b.create_date
            .cmp(&a.create_date)
            .then_with(|| a.access_key_id.cmp(&b.access_key_id))
    });
    keys.retain(|key| !take(&mut pairs, key, has_date_of));
    let is_guess = are_interchangeable(&pairs, &keys);
    keys.retain(|key| !take(&mut pairs, key, may_hold));
    for pair in &mut pairs {
        pair.is_guess = is_guess;
    }
    for key in keys {
        pairs.push(Pair { slot: None, listed: Some(key), is_guess: false });
    }
    pairs
}

impl<'a> Pair<'a> {
    fn of_slot(slot: Slot<'a>) -> Pair<'a> {
        Pair { slot: Some(slot), listed: None, is_guess: false }
    }
}

/// Whether either of the two remaining keys fits either of the two remaining slots, and their
/// status does not tell them apart: both were reactivated, so no slot has the date of a creation.
fn are_interchangeable(pairs: &[Pair<'_>], keys: &[&AccessKeyMetadata]) -> bool {
    let mut free = Vec::new();
    for pair in pairs {
        if let (None, Some(slot)) = (pair.listed, &pair.slot) {
            free.push(slot.facts);
        }
    }
    let ([first, second], [one, other]) = (&*free, keys) else {
        return false;
    };
    let fit = free
        .iter()
        .all(|slot| keys.iter().all(|key| may_hold(slot, key)));
    let differ = first.last_used != second.last_used;
    fit && differ && (first.active == second.active || is_active(one) == is_active(other))
}

/// Assigns the key to a free slot that fits, preferring one with its status, then the oldest.
/// Returns whether there was one.
fn take<'a>(
    pairs: &mut [Pair<'a>],
    key: &'a AccessKeyMetadata,
    fits: fn(&KeySlot, &AccessKeyMetadata) -> bool,
) -> bool {
    let active = is_active(key);
    let free = pairs.iter_mut().filter(|pair| pair.listed.is_none());
    let best = free
        .filter_map(|pair| Some((pair.slot.as_ref()?.facts, pair)))
        .filter(|(slot, _)| fits(slot, key))
        .min_by_key(|(slot, _)| (slot.active.known() != active, slot.last_rotated.known()));
    best.map(|(_, pair)| pair.listed = Some(key)).is_some()
}

fn has_date_of(slot: &KeySlot, key: &AccessKeyMetadata) -> bool {
    let rotated = slot.last_rotated.known().flatten();
    rotated.is_some_and(|date| date.as_second() == key.create_date.as_second())
}

fn may_hold(slot: &KeySlot, key: &AccessKeyMetadata) -> bool {
    if slot
        .last_used
        .known()
        .flatten()
        .is_some_and(|used| !may_be_since(used, key.create_date))
    {
        return false;
    }
    match slot.last_rotated {
        Fact::Known(Some(date)) => date.as_second() >= key.create_date.as_second(),
        Fact::Known(None) | Fact::Missing(_) => true,
    }
}

/// Whether the key is active; none for a status that AWS does not document.
pub(super) fn is_active(key: &AccessKeyMetadata) -> Option<bool> {
    match key.status.to_ascii_lowercase().as_str() {
        "active" => Some(true),
        "inactive" | "expired" => Some(false),
        _ => None,
    }
}
