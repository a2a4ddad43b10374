//! Whether lists hold all that the account summary counts, and no more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Arn, Fact, Gap, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::time::may_be_since;

/// The items of a list by what identifies them, with the moments when they were made.
type Items<'a> = BTreeMap<&'a str, Option<Timestamp>>;

/// What every account summary counts.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
const COUNTS: [&str; 7] =
    ["Users", "Groups", "Roles", "Policies", "MFADevices", "ServerCertificates", "Providers"];

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
    // The summary counts virtual devices alone; others are listed by user.
    let devices = answers.virtual_devices.as_ref().map(|all| {
        let items: Items<'_> =
            all.iter().map(|each| (each.serial_number.as_str(), each.enable_date)).collect();
        answers.doubt("MFADevices", &items)
    });
    let certificates = answers.server_certificates.as_ref().map(|all| {
        let items: Items<'_> =
            all.iter().map(|each| (each.arn.as_str(), each.upload_date)).collect();
        answers.doubt("ServerCertificates", &items)
    });
    // They are counted together: where the number differs, either list may be wrong.
    let providers = answers.saml_providers.as_ref().and_then(|saml| {
        answers.oidc_providers.as_ref().map(|oidc| {
            let mut items: Items<'_> =
                saml.list.iter().map(|each| (each.arn.as_str(), each.create_date)).collect();
            for entry in &oidc.list {
                let answer = oidc.answers.get(&entry.arn);
                items.insert(&entry.arn, answer.and_then(|answer| answer.create_date));
            }
            answers.doubt("Providers", &items)
        })
    });
    void(&mut answers.virtual_devices, Source::VirtualMfaDevices, &devices, gaps);
    void(&mut answers.server_certificates, Source::ServerCertificates, &certificates, gaps);
    void(&mut answers.saml_providers, Source::SamlProviders, &providers, gaps);
    void(&mut answers.oidc_providers, Source::OpenIdConnectProviders, &providers, gaps);
}

fn void<T>(answer: &mut Fact<T>, source: Source, doubt: &Fact<Option<String>>, gaps: &mut Gaps) {
    if let Fact::Known(Some(doubt)) = doubt {
        gaps.push(Gap::new(source, "Incomplete", doubt.as_str()));
        *answer = Fact::missing(source);
    }
}

fn miscounted(direction: &str, numbers: &str) -> String {
    format!("holds {direction} than the account summary counts: {numbers}")
}

fn uncounted(counts: &str) -> String {
    format!("may be cut: the account summary lacks {counts}")
}

/// A list that does not hold as many as the summary counts.
struct Miscount {
    listed: usize,
    counted: usize,
}

impl Miscount {
    fn direction(&self) -> &'static str {
        if self.listed < self.counted { "fewer" } else { "more" }
    }

    fn numbers(&self) -> String {
        format!("{} of {}", self.listed, self.counted)
    }
}

impl Answers {
    /// Whether there is an account summary, and it does not count those.
    pub(super) fn lacks_count(&self, key: &str) -> bool {
        self.summary.as_ref().known().is_some_and(|summary| !summary.contains_key(key))
    }

    /// Why the list is not used: the summary counts another number, or none.
    fn doubt(&self, key: &str, items: &Items<'_>) -> Option<String> {
        if self.lacks_count(key) {
            return Some(uncounted(key));
        }
        let miscount = self.miscount(key, items)?;
        Some(miscounted(miscount.direction(), &miscount.numbers()))
    }

    /// How the list differs from the summary; none: it does not. What was made since the summary was
    /// asked for, or shortly before, may stand on the list and not be counted.
    fn miscount(&self, key: &str, items: &Items<'_>) -> Option<Miscount> {
        let (listed, counted) = (items.len(), self.counted(key)?);
        let mut since = 0;
        if let Some(moment) = self.collected_at(Source::AccountSummary) {
            let made = items.values().flatten();
            since = made.filter(|made| may_be_since(**made, moment)).count();
        }
        let fits = listed >= counted && listed - since <= counted;
        (!fits).then_some(Miscount { listed, counted })
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
        let (mut miscounts, mut lost) = (Vec::new(), Vec::new());
        let mut fits = |key: &'static str, items: Items<'_>| {
            if answers.lacks_count(key) {
                lost.push(key);
                return false;
            }
            let miscount = answers.miscount(key, &items);
            let is_whole = miscount.is_none();
            miscounts.extend(miscount.map(|miscount| (miscount, key.to_ascii_lowercase())));
            is_whole
        };
        let users = details.user_detail_list.iter();
        let groups = details.group_detail_list.iter();
        let roles = details.role_detail_list.iter();
        // The summary counts customer-managed policies; the list holds those of AWS in use too.
        let policies = details
            .policies
            .iter()
            .filter(|policy| !Arn::parse(&policy.arn).is_some_and(Arn::is_aws_managed));
        let lists = Lists {
            users: fits("Users", users.map(|it| (&*it.arn, Some(it.create_date))).collect()),
            groups: fits("Groups", groups.map(|it| (&*it.arn, it.create_date)).collect()),
            roles: fits("Roles", roles.map(|it| (&*it.arn, it.create_date)).collect()),
            policies: fits("Policies", policies.map(|it| (&*it.arn, it.create_date)).collect()),
        };
        let source = Source::AccountAuthorizationDetails;
        if !lost.is_empty() {
            gaps.push(Gap::new(source, "Incomplete", uncounted(&lost.join(", "))));
        }
        for direction in ["fewer", "more"] {
            let mut numbers = Vec::new();
            for (miscount, kind) in &miscounts {
                if miscount.direction() == direction {
                    numbers.push(format!("{} {kind}", miscount.numbers()));
                }
            }
            if !numbers.is_empty() {
                let message = miscounted(direction, &numbers.join(", "));
                gaps.push(Gap::new(source, "Incomplete", message));
            }
        }
        lists
    }
}
