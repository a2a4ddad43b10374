//! Whether lists hold all that the account summary counts.

use std::collections::BTreeSet;

use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use crate::shapes::ManagedPolicyDetail;

/// Does not use lists of devices, certificates and providers that hold fewer than the summary counts.
pub(super) fn drop_short(answers: &mut Answers, gaps: &mut Gaps) {
    let counted = ["MFADevices", "ServerCertificates", "Providers"].map(|key| answers.counted(key));
    let [devices, certificates, providers] = counted.map(Option::unwrap_or_default);
    // The summary counts virtual devices alone; others are listed by user.
    let listed =
        answers.virtual_devices.as_ref().map(|all| distinct(all, |device| &device.serial_number));
    void_if_short(&mut answers.virtual_devices, Source::VirtualMfaDevices, listed, devices, gaps);
    let listed = answers
        .server_certificates
        .as_ref()
        .map(|all| distinct(all, |certificate| &certificate.arn));
    void_if_short(
        &mut answers.server_certificates,
        Source::ServerCertificates,
        listed,
        certificates,
        gaps,
    );
    // They are counted together: where there are too few, either list may be short.
    let saml = answers.saml_providers.as_ref().map(|all| distinct(&all.list, |entry| &entry.arn));
    let oidc = answers.oidc_providers.as_ref().map(|all| distinct(&all.list, |entry| &entry.arn));
    let listed = saml.and_then(|saml| oidc.map(|oidc| saml + oidc));
    void_if_short(&mut answers.saml_providers, Source::SamlProviders, listed, providers, gaps);
    void_if_short(
        &mut answers.oidc_providers,
        Source::OpenIdConnectProviders,
        listed,
        providers,
        gaps,
    );
}

/// How many there are on a list; appended outputs may hold one twice.
fn distinct<T>(list: &[T], id: impl Fn(&T) -> &String) -> usize {
    list.iter().map(id).collect::<BTreeSet<_>>().len()
}

fn void_if_short<T>(
    answer: &mut Fact<T>,
    source: Source,
    listed: Fact<usize>,
    counted: usize,
    gaps: &mut Gaps,
) {
    if let Fact::Known(listed) = listed
        && listed < counted
    {
        let message = format!("holds fewer than the account summary counts: {listed} of {counted}");
        gaps.push(Gap::new(source, "Incomplete", message));
        *answer = Fact::missing(source);
    }
}

/// Which lists hold at least as many as the account summary counts: asked with a filter, AWS answers
/// with empty ones, and an output put together by hand may hold a part of them.
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

    /// Compares them with the summary. A list that is not there at all is short of nothing.
    pub(super) fn compare(answers: &Answers, gaps: &mut Gaps) -> Lists {
        let Fact::Known(details) = &answers.details else {
            return Lists::WHOLE;
        };
        let own = |policy: &&ManagedPolicyDetail| {
            !Arn::parse(&policy.arn).is_some_and(Arn::is_aws_managed)
        };
        // The summary counts customer-managed policies; the list holds those of AWS in use too.
        let policies: Vec<_> = details.policies.iter().filter(own).collect();
        let mut short = Vec::new();
        let mut is_whole = |key: &str, listed: usize| {
            let counted = answers.counted(key).unwrap_or_default();
            if listed < counted {
                short.push(format!("{listed} of {counted} {}", key.to_ascii_lowercase()));
            }
            listed >= counted
        };
        let lists = Lists {
            users: is_whole("Users", distinct(&details.user_detail_list, |user| &user.arn)),
            groups: is_whole("Groups", distinct(&details.group_detail_list, |group| &group.arn)),
            roles: is_whole("Roles", distinct(&details.role_detail_list, |role| &role.arn)),
            policies: is_whole("Policies", distinct(&policies, |policy| &policy.arn)),
        };
        if !short.is_empty() {
            let what = short.join(", ");
            let message = format!("holds fewer than the account summary counts: {what}");
            gaps.push(Gap::new(Source::AccountAuthorizationDetails, "Incomplete", message));
        }
        lists
    }
}
