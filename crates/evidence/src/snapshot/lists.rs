//! Compares the lengths of lists with the counts of the account summary.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use portcullis_model::{Arn, Fact, Gap, MfaKind, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::mfa;
use super::time::may_be_since;
use crate::shapes::VirtualMfaDevice;

/// The items of a list by id, with their creation times.
type Items<'a> = HashMap<&'a str, Option<Timestamp>>;

/// How many items a list may have, compared with the summary's count.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Bound {
    /// Exactly as many.
    Equal,
    /// As many or fewer, since the list omits some.
    AtMost,
    /// As many or more, since the list does not show which items were in use when counted.
    AtLeast,
}

/// The counts that every account summary has, and that the lists must match.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
const COUNTS: [&str; 7] =
    ["Users", "Groups", "Roles", "Policies", "MFADevices", "ServerCertificates", "Providers"];

/// MFA devices assigned to users or root.
const DEVICES_IN_USE: &str = "MFADevicesInUse";

/// Adds a gap for the counts that the account summary lacks.
pub(super) fn explain_lost_counts(answers: &Answers, gaps: &mut Gaps) {
    let lost: Vec<&str> = COUNTS
        .into_iter()
        .filter(|key| answers.lacks_count(key))
        .collect();
    if !lost.is_empty() {
        let lacks = format!("lacks {}, which AWS always sends", lost.join(", "));
        gaps.push(Gap::new(Source::AccountSummary, "Incomplete", lacks));
    }
}

/// Drops an account summary that counts fewer users than the credential report and the list of users, which agree
/// with each other, have: it is of another account or of another time, and so is what it says of root.
pub(super) fn drop_contradicted_summary(answers: &mut Answers, gaps: &mut Gaps) {
    let (Fact::Known(details), Fact::Known(report)) = (&answers.details, &answers.report) else {
        return;
    };
    let mut users = Items::new();
    for user in &details.user_detail_list {
        users.insert(&user.user_name, Some(user.create_date));
    }
    let reported: HashSet<&str> = report.users.iter().map(|row| row.name.as_str()).collect();
    if reported != users.keys().copied().collect() {
        return;
    }
    if let Some(Miscount { listed, counted: Some(counted), .. }) =
        answers.miscount("Users", Bound::AtMost, &users)
    {
        let message = format!(
            "counts {counted} users, but both the credential report and the list of users have {listed}"
        );
        gaps.push(Gap::new(Source::AccountSummary, "Contradictory", message));
        answers.summary = Fact::missing(Source::AccountSummary);
    }
}

/// Drops lists of devices, certificates and providers whose lengths differ from the account
/// summary, or whose counts it lacks.
pub(super) fn drop_miscounted(answers: &mut Answers, gaps: &mut Gaps) {
    let virtual_devices = answers.virtual_devices.as_ref().map(|devices| {
        // This count covers only virtual devices; others are listed by user.
        let mut items = Items::new();
        for device in devices {
            items.insert(&device.serial_number, device.enable_date);
        }
        let miscount = answers.miscount("MFADevices", Bound::Equal, &items);
        miscount.or_else(|| answers.miscount(DEVICES_IN_USE, Bound::AtMost, &of_users(devices)))
    });
    void(&mut answers.virtual_devices, Source::VirtualMfaDevices, &virtual_devices, gaps);
    let devices = answers.mfa_devices.as_ref().map(|by_user| {
        let virtual_devices = answers.virtual_devices.as_ref().known();
        let mut in_use = virtual_devices
            .map(|devices| of_users(devices))
            .unwrap_or_default();
        for device in by_user.values().flatten() {
            // AWS does not document whether it counts other kinds.
            if mfa::kind(&device.serial_number) == MfaKind::Virtual {
                in_use.insert(&device.serial_number, Some(device.enable_date));
            }
        }
        answers.miscount(DEVICES_IN_USE, Bound::AtMost, &in_use)
    });
    void(&mut answers.mfa_devices, Source::MfaDevices, &devices, gaps);
    let certificates = answers.server_certificates.as_ref().map(|certificates| {
        let mut items = Items::new();
        for certificate in certificates {
            items.insert(&certificate.arn, certificate.upload_date);
        }
        answers.miscount("ServerCertificates", Bound::Equal, &items)
    });
    void(&mut answers.server_certificates, Source::ServerCertificates, &certificates, gaps);
    // The summary counts both kinds together: if the number differs, either list may be wrong.
    let providers = answers.saml_providers.as_ref().and_then(|saml| {
        answers.oidc_providers.as_ref().map(|oidc| {
            let mut items = Items::new();
            for entry in &saml.list {
                items.insert(&entry.arn, entry.create_date);
            }
            for entry in &oidc.list {
                let answer = oidc.answers.get(&entry.arn);
                items.insert(&entry.arn, answer.and_then(|answer| answer.create_date));
            }
            answers.miscount("Providers", Bound::Equal, &items)
        })
    });
    void(&mut answers.saml_providers, Source::SamlProviders, &providers, gaps);
    void(&mut answers.oidc_providers, Source::OpenIdConnectProviders, &providers, gaps);
}

/// Returns the virtual devices of users. Emulators of AWS do not all count root's.
fn of_users(devices: &[VirtualMfaDevice]) -> Items<'_> {
    let mut items = Items::new();
    for device in devices {
        let owner = device
            .user
            .as_ref()
            .and_then(|owner| Arn::parse(&owner.arn));
        if owner.and_then(Arn::user).is_some() {
            items.insert(&device.serial_number, device.enable_date);
        }
    }
    items
}

fn void<T>(
    answer: &mut Fact<T>,
    source: Source,
    miscount: &Fact<Option<Miscount>>,
    gaps: &mut Gaps,
) {
    if let Fact::Known(Some(miscount)) = miscount {
        explain(source, &[*miscount], gaps);
        *answer = Fact::missing(source);
    }
}

/// A list whose length differs from the summary's count.
#[derive(Clone, Copy)]
struct Miscount {
    key: &'static str,
    listed: usize,
    /// None if the summary lacks the count.
    counted: Option<usize>,
}

/// Adds gaps that say how a list differs from the counts.
fn explain(source: Source, miscounts: &[Miscount], gaps: &mut Gaps) {
    let (mut lost, mut fewer, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for Miscount { key, listed, counted } in miscounts {
        match counted {
            None => lost.push((*key).to_owned()),
            Some(counted) if listed < counted => fewer.push(format!("{listed} of {counted} {key}")),
            Some(counted) => more.push(format!("{listed} of {counted} {key}")),
        }
    }
    for (how, counts) in [
        ("may be incomplete: the account summary lacks", lost),
        ("holds fewer than the account summary counts:", fewer),
        ("holds more than the account summary counts:", more),
    ] {
        if !counts.is_empty() {
            let message = format!("{how} {}", counts.join(", "));
            gaps.push(Gap::new(source, "Incomplete", message));
        }
    }
}

impl Answers {
    /// Whether there is an account summary without this count.
    pub(super) fn lacks_count(&self, key: &str) -> bool {
        self.summary
            .as_ref()
            .known()
            .is_some_and(|summary| !summary.contains_key(key))
    }

    /// Returns how the list differs from the summary; none if it does not. Items created since the
    /// summary was collected, or shortly before, may be listed without being counted.
    fn miscount(&self, key: &'static str, bound: Bound, items: &Items<'_>) -> Option<Miscount> {
        let (listed, counted) = (items.len(), self.counted(key));
        let miscount = Miscount { key, listed, counted };
        let Some(counted) = counted else {
            return (bound == Bound::Equal && self.lacks_count(key)).then_some(miscount);
        };
        let mut newer = 0;
        if let Some(collected) = self.collected_at(Source::AccountSummary) {
            let created = items.values().flatten();
            newer = created
                .filter(|created| may_be_since(**created, collected))
                .count();
        }
        let is_short = bound != Bound::AtMost && listed < counted;
        let is_long = bound != Bound::AtLeast && listed - newer > counted;
        (is_short || is_long).then_some(miscount)
    }
}

/// Which lists match the account summary. AWS answers a filtered call with empty lists, and an
/// output assembled by hand may contain parts of lists, or lists of another time.
#[derive(Clone, Copy)]
pub(super) struct Lists {
    pub(super) users: bool,
    pub(super) groups: bool,
    pub(super) roles: bool,
    pub(super) policies: bool,
}

impl Lists {
    pub(super) const WHOLE: Lists =
        Lists { users: true, groups: true, roles: true, policies: true };

    /// Compares the lists with the summary. Lists that are missing altogether count as complete.
    pub(super) fn compare(answers: &Answers, gaps: &mut Gaps) -> Lists {
        let Fact::Known(details) = &answers.details else {
            return Lists::WHOLE;
        };
        let mut miscounts = Vec::new();
        let mut matches = |key: &'static str, bound: Bound, items: Items<'_>| {
            let miscount = answers.miscount(key, bound, &items);
            miscounts.extend(miscount);
            miscount.is_none()
        };
        let (mut users, mut groups) = (Items::new(), Items::new());
        for user in &details.user_detail_list {
            users.insert(&user.arn, Some(user.create_date));
        }
        for group in &details.group_detail_list {
            groups.insert(&group.arn, group.create_date);
        }
        let (mut roles, mut profiles) = (Items::new(), Items::new());
        for role in &details.role_detail_list {
            roles.insert(&role.arn, role.create_date);
            for profile in &role.instance_profile_list {
                profiles.insert(&profile.arn, profile.create_date);
            }
        }
        let (mut policies, mut in_use) = (Items::new(), Items::new());
        for policy in &details.policies {
            // The summary counts customer-managed policies; the list also has AWS's policies in
            // use.
            if !Arn::parse(&policy.arn).is_some_and(Arn::is_aws_managed) {
                policies.insert(&policy.arn, policy.create_date);
            }
            let is_boundary = policy.permissions_boundary_usage_count > Some(0);
            if is_boundary || policy.attachment_count > 0 {
                in_use.insert(&policy.arn, None);
            }
        }
        let lists = Lists {
            users: matches("Users", Bound::Equal, users),
            groups: matches("Groups", Bound::Equal, groups),
            // Profiles without a role are counted but not listed.
            roles: matches("Roles", Bound::Equal, roles)
                & matches("InstanceProfiles", Bound::AtMost, profiles),
            policies: matches("Policies", Bound::Equal, policies)
                & matches("PolicyVersionsInUse", Bound::AtLeast, in_use),
        };
        explain(Source::AccountAuthorizationDetails, &miscounts, gaps);
        lists
    }
}
