//! Who is an administrator: by what policies allow, whatever they are called.

use std::collections::HashMap;

use portcullis_model::policy::{Decision, ParsePolicyError, PolicyDocument};
use portcullis_model::{Fact, Gap, Source};

use super::answers::Identity;
use super::gaps::Gaps;
use super::name_key;
use crate::shapes::{
    AttachedPolicy, AuthorizationDetails, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    UserDetail,
};

const SOURCE: Source = Source::AccountAuthorizationDetails;

/// An action and a resource that no policy can have named: only `*` on `*` covers them, however
/// it is written and over however many policies it is spread. One is of IAM, since "all but IAM"
/// is no administrator.
struct Probe {
    action: &'static str,
    resource: String,
}

fn probes(identity: &Identity) -> [Probe; 2] {
    let Identity { partition, account } = identity;
    let anything =
        format!("arn:{partition}:portcullis-probe:portcullis-probe:portcullis-probe:any/thing");
    let of_iam = format!("arn:{partition}:iam::{account}:portcullis-probe/any/thing");
    [
        Probe { action: "portcullis-probe:Anything", resource: anything },
        Probe { action: "iam:PortcullisProbe", resource: of_iam },
    ]
}

/// What documents say about the probes.
#[derive(Clone, Copy, Default)]
struct Grant {
    decisions: [Decision; 2],
    /// Whether further documents are in force that could not be read.
    doubtful: bool,
}

impl Grant {
    const UNREADABLE: Grant = Grant { decisions: [Decision::Silent; 2], doubtful: true };

    fn and(self, other: Grant) -> Grant {
        let [a, b] = self.decisions;
        let [c, d] = other.decisions;
        Grant { decisions: [a.max(c), b.max(d)], doubtful: self.doubtful || other.doubtful }
    }

    /// The decisions, if what could not be read decides like that.
    fn if_unread(self, decision: Decision) -> [Decision; 2] {
        self.decisions.map(|known| if self.doubtful { known.max(decision) } else { known })
    }
}

/// Judges the users of one account.
pub(super) struct Administrators<'a> {
    probes: [Probe; 2],
    managed: HashMap<&'a str, &'a ManagedPolicyDetail>,
    groups: HashMap<String, &'a GroupDetail>,
    /// The policies and groups that were judged already.
    judged_policies: HashMap<&'a str, Grant>,
    judged_groups: HashMap<&'a str, Grant>,
}

impl<'a> Administrators<'a> {
    pub(super) fn new(
        details: &'a AuthorizationDetails,
        identity: &Identity,
    ) -> Administrators<'a> {
        let groups = details.group_detail_list.iter();
        let managed = details.policies.iter();
        Administrators {
            probes: probes(identity),
            managed: managed.map(|policy| (policy.arn.as_str(), policy)).collect(),
            groups: groups.map(|group| (name_key(&group.group_name), group)).collect(),
            judged_policies: HashMap::new(),
            judged_groups: HashMap::new(),
        }
    }

    /// Whether the user may do anything at all; missing where only unread policies could tell.
    pub(super) fn contain(&mut self, user: &'a UserDetail, gaps: &mut Gaps) -> Fact<bool> {
        let mut granted = self.inline(&user.user_policy_list, &user.user_name, gaps);
        granted = granted.and(self.attached(&user.attached_managed_policies, gaps));
        for group in &user.group_list {
            granted = granted.and(self.group(group, &user.user_name, gaps));
        }
        let boundary = user.permissions_boundary.as_ref();
        let boundary =
            boundary.map(|boundary| self.managed(&boundary.permissions_boundary_arn, gaps));
        // What could not be read may grant, but is not expected to deny administrators.
        match [Decision::Silent, Decision::Allowed]
            .map(|unread| allows_all(granted, boundary, unread))
        {
            [true, _] => Fact::Known(true),
            [_, false] => Fact::Known(false),
            _ => Fact::missing(SOURCE),
        }
    }

    fn group(&mut self, name: &'a str, user: &str, gaps: &mut Gaps) -> Grant {
        if let Some(grant) = self.judged_groups.get(name) {
            return *grant;
        }
        let grant = if let Some(group) = self.groups.get(&name_key(name)).copied() {
            self.inline(&group.group_policy_list, name, gaps)
                .and(self.attached(&group.attached_managed_policies, gaps))
        } else {
            let message = format!("{user} is in the group {name}, which GroupDetailList lacks");
            gaps.push(Gap::new(SOURCE, "Incomplete", message).of(name));
            Grant::UNREADABLE
        };
        self.judged_groups.insert(name, grant);
        grant
    }

    fn attached(&mut self, policies: &'a [AttachedPolicy], gaps: &mut Gaps) -> Grant {
        policies
            .iter()
            .map(|policy| self.managed(&policy.policy_arn, gaps))
            .fold(Grant::default(), Grant::and)
    }

    fn managed(&mut self, arn: &'a str, gaps: &mut Gaps) -> Grant {
        if let Some(grant) = self.judged_policies.get(arn) {
            return *grant;
        }
        // Only the default version is in force.
        let versions = self.managed.get(arn).map(|policy| &policy.policy_version_list);
        let default =
            versions.and_then(|list| list.iter().find(|version| version.is_default_version));
        let grant = if let Some(version) = default {
            let document = PolicyDocument::from_json(&version.document);
            self.judge(document, || format!("the policy {arn}"), arn, gaps)
        } else {
            let message = format!("the policy {arn} is in use, but its default version is absent");
            gaps.push(Gap::new(SOURCE, "Incomplete", message).of(arn));
            Grant::UNREADABLE
        };
        self.judged_policies.insert(arn, grant);
        grant
    }

    fn inline(&self, policies: &[PolicyDetail], owner: &str, gaps: &mut Gaps) -> Grant {
        let grants = policies.iter().map(|policy| {
            let name = || format!("the inline policy {} of {owner}", policy.policy_name);
            self.judge(PolicyDocument::from_json(&policy.policy_document), name, owner, gaps)
        });
        grants.fold(Grant::default(), Grant::and)
    }

    fn judge(
        &self,
        document: Result<PolicyDocument, ParsePolicyError>,
        name: impl Fn() -> String,
        resource: &str,
        gaps: &mut Gaps,
    ) -> Grant {
        match document {
            Ok(document) => Grant {
                decisions: self
                    .probes
                    .each_ref()
                    .map(|probe| document.decide(probe.action, &probe.resource)),
                doubtful: false,
            },
            Err(error) => {
                let message = format!("{}: {error}", name());
                gaps.push(Gap::new(SOURCE, "Malformed", message).of(resource));
                Grant::UNREADABLE
            }
        }
    }
}

/// Whether every probe is allowed, if documents that could not be read decide as `unread`.
fn allows_all(granted: Grant, boundary: Option<Grant>, unread: Decision) -> bool {
    let [first, second] = granted.if_unread(unread);
    let decisions = match boundary.map(|boundary| boundary.if_unread(unread)) {
        Some([a, b]) => [first.within(a), second.within(b)],
        None => [first, second],
    };
    decisions.iter().all(|decision| decision.may_be_allowed())
}
