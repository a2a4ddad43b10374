//! Checks that the owners of listed devices and credentials exist.

use std::collections::{HashMap, HashSet};

use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::{Answers, PerUser};
use super::gaps::Gaps;
use super::names::name_key;
use crate::shapes::{UserDetail, VirtualMfaDevice};

/// Drops a list that names a user in neither the report nor the live list, since the entry may
/// belong to another user, who would then seem to have nothing.
pub(super) fn drop_ownerless(answers: &mut Answers, gaps: &mut Gaps) {
    let Some(names) = all_names(answers) else {
        return;
    };
    let mut owners = Owners { names, gaps };
    owners.check_names(&mut answers.access_keys, Source::AccessKeys);
    owners.check_names(&mut answers.mfa_devices, Source::MfaDevices);
    let mut device_owners = Vec::new();
    for device in answers
        .virtual_devices
        .as_ref()
        .known()
        .into_iter()
        .flatten()
    {
        let owner = device.user.as_ref().and_then(|user| Arn::parse(&user.arn));
        device_owners.extend(owner.and_then(Arn::user).map(|(_, name)| name));
    }
    let stranger = owners.first_stranger(device_owners);
    owners.void(&mut answers.virtual_devices, Source::VirtualMfaDevices, stranger);
    if let (Fact::Known(devices), Fact::Known(details)) =
        (&answers.virtual_devices, &answers.details)
        && let Some(name) = other_user(devices, &details.user_detail_list)
    {
        let message =
            format!("contains a device of {name} whose user id differs from the list of users");
        let source = Source::VirtualMfaDevices;
        owners.gaps.push(Gap::new(source, "UnknownUser", message));
        answers.virtual_devices = Fact::missing(source);
    }
    let credentials = answers
        .service_credentials
        .as_ref()
        .known()
        .into_iter()
        .flatten();
    let stranger = owners.first_stranger(credentials.map(|credential| &*credential.user_name));
    owners.void(&mut answers.service_credentials, Source::ServiceSpecificCredentials, stranger);
}

/// Returns the name of a device owner whose id differs from the user's: the device belonged to an
/// earlier user of that name.
fn other_user(devices: &[VirtualMfaDevice], users: &[UserDetail]) -> Option<String> {
    let mut ids = HashMap::new();
    for user in users.iter().filter(|user| !user.user_id.is_empty()) {
        ids.insert(user.arn.as_str(), user.user_id.as_str());
    }
    for owner in devices.iter().filter_map(|device| device.user.as_ref()) {
        if let (Some(id), Some(listed)) = (&owner.user_id, ids.get(owner.arn.as_str()))
            && id != listed
        {
            return Some(owner.arn.rsplit('/').next().unwrap_or_default().to_owned());
        }
    }
    None
}

/// Returns the [`name_key`]s of all users; none if they are not all known.
fn all_names(answers: &Answers) -> Option<HashSet<String>> {
    let report = answers.report.as_ref().known();
    let details = answers.details.as_ref().known();
    let is_whole = report.is_some_and(|report| report.complete);
    if !is_whole && (details.is_none() || !answers.lists.users) {
        return None;
    }
    let mut names = HashSet::new();
    if let Some(report) = report {
        names.extend(report.users.iter().map(|row| name_key(&row.name)));
    }
    if let Some(details) = details {
        names.extend(
            details
                .user_detail_list
                .iter()
                .map(|user| name_key(&user.user_name)),
        );
    }
    Some(names)
}

/// The names of all users.
struct Owners<'a> {
    names: HashSet<String>,
    gaps: &'a mut Gaps,
}

impl Owners<'_> {
    /// Returns the first name that no user has.
    fn first_stranger<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        names
            .into_iter()
            .map(name_key)
            .find(|name| !self.names.contains(name))
    }

    fn check_names<T>(&mut self, answer: &mut Fact<PerUser<T>>, source: Source) {
        let lists = answer.as_ref().known().into_iter().flatten();
        let names = lists
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, _)| name);
        let stranger = names
            .filter(|name| !self.names.contains(*name))
            .min()
            .cloned();
        self.void(answer, source, stranger);
    }

    fn void<T>(&mut self, answer: &mut Fact<T>, source: Source, stranger: Option<String>) {
        if let Some(name) = stranger {
            let message = format!(
                "contains data about {name}, who is in neither the credential report nor the list of \
                 users; it is not used"
            );
            self.gaps.push(Gap::new(source, "UnknownUser", message));
            *answer = Fact::missing(source);
        }
    }
}
