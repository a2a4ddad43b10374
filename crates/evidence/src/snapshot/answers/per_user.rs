//! Answers of calls that AWS offers only for one user at a time.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bundle::Document;
use crate::shapes::{AccessKeyMetadata, AccessKeys, MfaDevice, MfaDevices};
use crate::snapshot::documents::{self, Pages, Problem, each_once};
use crate::snapshot::names::name_key;

/// The answers by the [`name_key`] of the user; a user is absent if not queried.
pub(in crate::snapshot) type PerUser<T> = HashMap<String, Vec<T>>;

pub(super) fn access_keys(document: &Document) -> Result<PerUser<AccessKeyMetadata>, Problem> {
    let parts = |page: AccessKeys| (page.users, page.access_key_metadata);
    per_user(document, parts, |key| &key.access_key_id, |key| &key.user_name)
}

pub(super) fn mfa_devices(document: &Document) -> Result<PerUser<MfaDevice>, Problem> {
    let parts = |page: MfaDevices| (page.users, page.mfa_devices);
    per_user(document, parts, |device| &device.serial_number, |device| &device.user_name)
}

/// Reads the listings of several users; `parts` splits a page into the users queried and the items.
fn per_user<P: DeserializeOwned, T: Serialize>(
    document: &Document,
    parts: impl Fn(P) -> (Option<Vec<String>>, Vec<T>),
    id: impl Fn(&T) -> &str,
    owner: impl Fn(&T) -> &str,
) -> Result<PerUser<T>, Problem> {
    let (mut users, mut all) = (PerUser::new(), Vec::new());
    for page in documents::all(document, Pages::ListingPerUser)? {
        let (asked, items) = parts(page);
        let is_asked = asked.is_some();
        for name in asked.unwrap_or_default() {
            users.entry(name_key(&name)).or_default();
        }
        for item in items {
            let name = name_key(owner(&item));
            if is_asked && !users.contains_key(&name) {
                let message = format!("contains data about {name}, for whom nothing was requested");
                return Err(Problem::malformed(message));
            }
            all.push(item);
        }
    }
    each_once(&mut all, id)?;
    for item in all {
        users.entry(name_key(owner(&item))).or_default().push(item);
    }
    Ok(users)
}
