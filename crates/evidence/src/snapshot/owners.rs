//! Whether what stands on lists belongs to somebody.

use std::collections::HashSet;

use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::{Answers, PerUser};
use super::gaps::Gaps;
use super::names::name_key;

/// Does not use a list that holds something of a user whom neither the report nor the live list has, as it
/// may be somebody else's, who then seems to have nothing.
pub(super) fn drop_ownerless(answers: &mut Answers, gaps: &mut Gaps) {
    let Some(names) = all_names(answers) else { return };
    let mut owners = Owners { names, gaps };
    owners.check_names(&mut answers.access_keys, Source::AccessKeys);
    owners.check_names(&mut answers.mfa_devices, Source::MfaDevices);
    let owner = |arn: &str| Arn::parse(arn).and_then(Arn::user).map(|(_, name)| name_key(name));
    let devices = answers.virtual_devices.as_ref().known().into_iter().flatten();
    let arns = devices.filter_map(|device| Some(device.user.as_ref()?.arn.as_str()));
    let stranger = arns.filter_map(owner).find(|name| !owners.names.contains(name));
    owners.void(&mut answers.virtual_devices, Source::VirtualMfaDevices, stranger);
    let credentials = answers.service_credentials.as_ref().known().into_iter().flatten();
    let mut names = credentials.map(|credential| name_key(&credential.user_name));
    let stranger = names.find(|name| !owners.names.contains(name));
    owners.void(&mut answers.service_credentials, Source::ServiceSpecificCredentials, stranger);
}

/// The keys of the names of all users; none: they are not all known.
fn all_names(answers: &Answers) -> Option<HashSet<String>> {
    let report = answers.report.as_ref().known();
    let details = answers.details.as_ref().known();
    let is_whole = report.is_some_and(|report| report.complete);
    if !is_whole && (details.is_none() || !answers.lists.users) {
        return None;
    }
    let rows = report.into_iter().flat_map(|report| &report.users).map(|row| &row.name);
    let users = details.into_iter().flat_map(|details| &details.user_detail_list);
    Some(rows.chain(users.map(|user| &user.user_name)).map(|name| name_key(name)).collect())
}

/// The users there are.
struct Owners<'a> {
    names: HashSet<String>,
    gaps: &'a mut Gaps,
}

impl Owners<'_> {
    fn check_names<T>(&mut self, answer: &mut Fact<PerUser<T>>, source: Source) {
        let lists = answer.as_ref().known().into_iter().flatten();
        let names = lists.filter(|(_, list)| !list.is_empty()).map(|(name, _)| name);
        let stranger = names.filter(|name| !self.names.contains(*name)).min().cloned();
        self.void(answer, source, stranger);
    }

    fn void<T>(&mut self, answer: &mut Fact<T>, source: Source, stranger: Option<String>) {
        if let Some(name) = stranger {
            let message = format!(
                "holds something of {name}, whom neither the credential report nor the list of users \
                 has; it is not used"
            );
            self.gaps.push(Gap::new(source, "UnknownUser", message));
            *answer = Fact::missing(source);
        }
    }
}
