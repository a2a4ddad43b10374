//! Whether lists hold all that the account summary counts, and no more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Fact, Gap, MfaKind, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::mfa;
use super::time::may_be_since;
use crate::shapes::VirtualMfaDevice;

/// The items of a list by what identifies them, with the moments when they were made.
type Items<'a> = BTreeMap<&'a str, Option<Timestamp>>;

/// How many items a list may hold, compared with a count of the summary.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Bound {
    /// As many.
    Equal,
    /// Fewer, since it leaves some out.
    AtMost,
    /// More, since nothing says which of them were in use when they were counted.
    AtLeast,
}

/// What every account summary counts, and the lists hold as many of.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
const COUNTS: [&str; 7] =
    ["Users", "Groups", "Roles", "Policies", "MFADevices", "ServerCertificates", "Providers"];

/// MFA devices assigned to users or root.
const DEVICES_IN_USE: &str = "MFADevicesInUse";

/// Says which counts the account summary lacks.
pub(super) fn explain_lost_counts(answers: &Answers, gaps: &mut Gaps) {
    let lost: Vec<&str> = COUNTS.into_iter().filter(|key| answers.lacks_count(key)).collect();
    if !lost.is_empty() {
        let lacks = format!("lacks {}, which AWS always sends", lost.join(", "));
        gaps.push(Gap::new(Source::AccountSummary, "Incomplete", lacks));
    }
}

/// Does not use lists of devices, certificates and providers that hold another number than the summary
/// counts, or that it does not count.
pub(super) fn drop_miscounted(answers: &mut Answers, gaps: &mut Gaps) {
    let devices = answers.virtual_devices.as_ref().map(|all| {
        // The summary counts virtual devices alone; others are listed by user.
        let devices = all.iter().map(|each| (each.serial_number.as_str(), each.enable_date));
        let miscount = answers.miscount("MFADevices", Bound::Equal, &devices.collect());
        miscount.or_else(|| answers.miscount(DEVICES_IN_USE, Bound::AtMost, &of_users(all)))
    });
    void(&mut answers.virtual_devices, Source::VirtualMfaDevices, &devices, gaps);
    let devices = answers.mfa_devices.as_ref().map(|by_user| {
        let virtual_devices = answers.virtual_devices.as_ref().known();
        let mut in_use = virtual_devices.map(|all| of_users(all)).unwrap_or_default();
        for device in by_user.values().flatten() {
            // Nothing says for sure that AWS counts those of other kinds.
            if mfa::kind(&device.serial_number) == MfaKind::Virtual {
                in_use.insert(&device.serial_number, Some(device.enable_date));
            }
        }
        answers.miscount(DEVICES_IN_USE, Bound::AtMost, &in_use)
    });
    void(&mut answers.mfa_devices, Source::MfaDevices, &devices, gaps);
    let certificates = answers.server_certificates.as_ref().map(|all| {
        let certificates = all.iter().map(|each| (each.arn.as_str(), each.upload_date));
        answers.miscount("ServerCertificates", Bound::Equal, &certificates.collect())
    });
    void(&mut answers.server_certificates, Source::ServerCertificates, &certificates, gaps);
    // They are counted together: where the number differs, either list may be wrong.
    let providers = answers.saml_providers.as_ref().and_then(|saml| {
        answers.oidc_providers.as_ref().map(|oidc| {
            let mut items: Items<'_> =
                saml.list.iter().map(|each| (each.arn.as_str(), each.create_date)).collect();
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

/// The virtual devices of users. Root's is not counted by all that answer as AWS.
fn of_users(devices: &[VirtualMfaDevice]) -> Items<'_> {
    let mut of_users = Items::new();
    for device in devices {
        let owner = device.user.as_ref().and_then(|owner| Arn::parse(&owner.arn));
        if owner.and_then(Arn::user).is_some() {
            of_users.insert(&device.serial_number, device.enable_date);
        }
    }
    of_users
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

/// A list that does not hold as many as the summary counts.
#[derive(Clone, Copy)]
struct Miscount {
    key: &'static str,
    listed: usize,
    /// None: the summary lacks the count.
    counted: Option<usize>,
}

/// Says how a list differs from the counts.
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
        ("may be cut: the account summary lacks", lost),
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
    /// Whether there is an account summary, and it does not count those.
    pub(super) fn lacks_count(&self, key: &str) -> bool {
        self.summary.as_ref().known().is_some_and(|summary| !summary.contains_key(key))
    }

    /// How the list differs from the summary; none: it does not. What was made since the summary was
    /// asked for, or shortly before, may stand on the list and not be counted.
    fn miscount(&self, key: &'static str, bound: Bound, items: &Items<'_>) -> Option<Miscount> {
        let (listed, counted) = (items.len(), self.counted(key));
        let miscount = Miscount { key, listed, counted };
        let Some(counted) = counted else {
            return (bound == Bound::Equal && self.lacks_count(key)).then_some(miscount);
        };
        let mut since = 0;
        if let Some(moment) = self.collected_at(Source::AccountSummary) {
            let made = items.values().flatten();
            since = made.filter(|made| may_be_since(**made, moment)).count();
        }
        let is_short = bound != Bound::AtMost && listed < counted;
        let is_long = bound != Bound::AtLeast && listed - since > counted;
        (is_short || is_long).then_some(miscount)
    }
}

/// Which lists hold as many as the account summary counts: asked with a filter, AWS answers with empty
/// ones, and an output put together by hand may hold a part of them, or those of another time.
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

    /// Compares them with the summary. A list that is not there at all differs from nothing.
    pub(super) fn compare(answers: &Answers, gaps: &mut Gaps) -> Lists {
        let Fact::Known(details) = &answers.details else {
            return Lists::WHOLE;
        };
        let mut miscounts = Vec::new();
        let mut fits = |key: &'static str, bound: Bound, items: Items<'_>| {
            let miscount = answers.miscount(key, bound, &items);
            miscounts.extend(miscount);
            miscount.is_none()
        };
        let users = details.user_detail_list.iter();
        let groups = details.group_detail_list.iter();
        let (mut roles, mut profiles) = (Items::new(), Items::new());
        for role in &details.role_detail_list {
            roles.insert(&role.arn, role.create_date);
            for profile in &role.instance_profile_list {
                profiles.insert(&profile.arn, profile.create_date);
            }
        }
        let (mut policies, mut in_use) = (Items::new(), Items::new());
        for policy in &details.policies {
            // The summary counts customer-managed policies; the list holds those of AWS in use too.
            if !Arn::parse(&policy.arn).is_some_and(Arn::is_aws_managed) {
                policies.insert(&policy.arn, policy.create_date);
            }
            let is_boundary = policy.permissions_boundary_usage_count > Some(0);
            if is_boundary || policy.attachment_count > 0 {
                in_use.insert(&policy.arn, None);
            }
        }
        let users = users.map(|user| (user.arn.as_str(), Some(user.create_date))).collect();
        let groups = groups.map(|group| (group.arn.as_str(), group.create_date)).collect();
        let lists = Lists {
            users: fits("Users", Bound::Equal, users),
            groups: fits("Groups", Bound::Equal, groups),
            // Profiles without a role are counted, and not listed.
            roles: fits("Roles", Bound::Equal, roles)
                & fits("InstanceProfiles", Bound::AtMost, profiles),
            policies: fits("Policies", Bound::Equal, policies)
                & fits("PolicyVersionsInUse", Bound::AtLeast, in_use),
        };
        explain(Source::AccountAuthorizationDetails, &miscounts, gaps);
        lists
    }
}
