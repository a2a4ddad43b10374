//! From AWS's answer to the account that IAM is evaluated for.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use portcullis_iam::{
    Account, Organization, Policy, PolicyDocument, PolicyId, Principal, PrincipalId, PrincipalKind,
    TrustPolicy,
};
use portcullis_model::{AccountId, Arn, Fact, Gap, PolicyKind};
use serde_json::Value as Json;

use super::{SOURCE, principals};
use crate::shapes::{
    AttachedPolicy, AuthorizationDetails, GroupDetail, ManagedPolicyDetail, PermissionsBoundary,
    PolicyDetail, RoleDetail, Tag, UserDetail,
};
use crate::snapshot::answers::Answers;
use crate::snapshot::gaps::Gaps;
use crate::snapshot::name_key;

/// The path of roles that AWS services make for themselves.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub(super) const SERVICE_LINKED: &str = "/aws-service-role/";

/// The account, and what else AWS tells of its policies.
pub(super) struct Reading {
    pub(super) account: Account,
    /// The policies in force.
    pub(super) policies: Vec<PolicyUse>,
    /// In AWS's order.
    pub(super) groups: Vec<PrincipalId>,
    pub(super) users: Vec<PrincipalId>,
    pub(super) roles: Vec<PrincipalId>,
    /// Whether every document and membership could be read.
    pub(super) all_read: bool,
}

/// How a policy is used.
pub(super) struct PolicyUse {
    pub(super) id: PolicyId,
    /// The ARNs of the principals that have it.
    pub(super) attached_to: Vec<String>,
    /// Whether AWS counts it as attached, or as a boundary.
    pub(super) counted_as_attached: bool,
    pub(super) is_boundary: bool,
}

/// Reads all policies, users, groups and roles; what cannot be read has a gap.
pub(super) fn read(
    details: &AuthorizationDetails,
    answers: &Answers,
    complete: bool,
    now: Timestamp,
    gaps: &mut Gaps,
) -> Reading {
    let account = Account {
        id: AccountId::parse(&answers.identity.account),
        partition: answers.identity.partition.clone(),
        organization: organization(answers),
        now,
        policies: Vec::new(),
        principals: Vec::new(),
        complete,
    };
    let mut reader = Reader {
        reading: Reading {
            account,
            policies: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            roles: Vec::new(),
            all_read: true,
        },
        managed: HashMap::new(),
        groups: HashMap::new(),
        gaps,
    };
    reader.managed_policies(details);
    for group in &details.group_detail_list {
        let id = reader.group(group);
        reader.reading.groups.push(id);
    }
    for user in &details.user_detail_list {
        let id = reader.user(user);
        reader.reading.users.push(id);
    }
    for role in &details.role_detail_list {
        let id = reader.role(role);
        reader.reading.roles.push(id);
    }
    reader.reading
}

fn organization(answers: &Answers) -> Organization {
    match &answers.account.organization {
        Fact::Missing(_) => Organization::Unknown,
        Fact::Known(None) => Organization::None,
        Fact::Known(Some(organization)) => {
            let management = organization.master_account_id.as_deref();
            let management = management.and_then(AccountId::parse);
            Organization::Member { id: organization.id.clone(), management }
        }
    }
}

struct Reader<'a, 'g> {
    reading: Reading,
    /// The managed policies by ARN, as places in [`Reading::policies`].
    managed: HashMap<&'a str, usize>,
    groups: HashMap<String, PrincipalId>,
    gaps: &'g mut Gaps,
}

impl<'a> Reader<'a, '_> {
    /// Those of the account, and those of AWS that are in use.
    fn managed_policies(&mut self, details: &'a AuthorizationDetails) {
        let in_use = in_use(details);
        let named: HashSet<&str> = in_use.iter().map(|(arn, _)| *arn).collect();
        for policy in &details.policies {
            // An emulator lists all policies of AWS.
            let is_used = policy.attachment_count > 0
                || policy.permissions_boundary_usage_count > 0
                || named.contains(policy.arn.as_str());
            if is_used || kind(&policy.arn) == PolicyKind::CustomerManaged {
                self.managed_policy(policy);
            }
        }
        for (arn, name) in in_use {
            if !self.managed.contains_key(arn) {
                let message = format!("the policy {arn} is in use, but AWS did not list it");
                self.gaps.push(Gap::new(SOURCE, "Incomplete", message).of(arn));
                let place = self.add(arn.to_owned(), name, kind(arn), None, Vec::new());
                self.managed.insert(arn, place);
            }
        }
    }

    fn managed_policy(&mut self, policy: &'a ManagedPolicyDetail) {
        let arn = policy.arn.as_str();
        let kind = kind(arn);
        let (mut document, mut versions) = (None, Vec::new());
        let has_default = policy.policy_version_list.iter().any(|it| it.is_default_version);
        for version in &policy.policy_version_list {
            if version.is_default_version {
                document = self.document(&version.document, || format!("the policy {arn}"), arn);
            } else if kind == PolicyKind::CustomerManaged
                && let Ok(document) = PolicyDocument::from_json(&version.document)
            {
                let id = PolicyId::new(self.reading.account.policies.len());
                versions.push(id);
                let name = format!("{} ({})", policy.policy_name, version.version_id);
                let (id, document) = (arn.to_owned(), Some(document));
                let other = Policy { id, name, kind, document, other_versions: Vec::new() };
                self.reading.account.policies.push(other);
            }
        }
        if !has_default {
            let message = format!("the default version of the policy {arn} is absent");
            self.gaps.push(Gap::new(SOURCE, "Incomplete", message).of(arn));
        }
        let place = self.add(arn.to_owned(), &policy.policy_name, kind, document, versions);
        self.reading.policies[place].counted_as_attached = policy.attachment_count > 0;
        self.reading.policies[place].is_boundary = policy.permissions_boundary_usage_count > 0;
        self.managed.insert(arn, place);
    }

    fn add(
        &mut self,
        id: String,
        name: &str,
        kind: PolicyKind,
        document: Option<PolicyDocument>,
        other_versions: Vec<PolicyId>,
    ) -> usize {
        self.reading.all_read &= document.is_some();
        let policies = &mut self.reading.account.policies;
        let place = PolicyId::new(policies.len());
        policies.push(Policy { id, name: name.to_owned(), kind, document, other_versions });
        self.reading.policies.push(PolicyUse {
            id: place,
            attached_to: Vec::new(),
            counted_as_attached: false,
            is_boundary: false,
        });
        self.reading.policies.len() - 1
    }

    /// The policies attached to a principal, and those inside of it.
    fn policies(
        &mut self,
        (name, arn): (&str, &str),
        attached: &[AttachedPolicy],
        inline: &[PolicyDetail],
    ) -> Vec<PolicyId> {
        let managed = attached.iter().filter_map(|it| self.managed.get(it.policy_arn.as_str()));
        let mut places: Vec<usize> = managed.copied().collect();
        for policy in inline {
            let what = || format!("the inline policy {} of {name}", policy.policy_name);
            let document = self.document(&policy.policy_document, what, name);
            let id = format!("{arn}/policy/{}", policy.policy_name);
            let kind = PolicyKind::Inline;
            places.push(self.add(id, &policy.policy_name, kind, document, Vec::new()));
        }
        for place in &places {
            self.reading.policies[*place].attached_to.push(arn.to_owned());
        }
        places.into_iter().map(|place| self.reading.policies[place].id).collect()
    }

    fn boundary(&mut self, boundary: Option<&PermissionsBoundary>) -> Option<PolicyId> {
        let place = *self.managed.get(boundary?.permissions_boundary_arn.as_str())?;
        self.reading.policies[place].is_boundary = true;
        Some(self.reading.policies[place].id)
    }

    fn add_principal(&mut self, principal: Principal) -> PrincipalId {
        let principals = &mut self.reading.account.principals;
        principals.push(principal);
        PrincipalId::new(principals.len() - 1)
    }

    fn group(&mut self, group: &'a GroupDetail) -> PrincipalId {
        let owner = (group.group_name.as_str(), group.arn.as_str());
        let policies =
            self.policies(owner, &group.attached_managed_policies, &group.group_policy_list);
        let id = self.add_principal(Principal {
            policies,
            ..principal(PrincipalKind::Group, owner, &group.group_id, &[])
        });
        self.groups.insert(name_key(&group.group_name), id);
        id
    }

    fn user(&mut self, user: &'a UserDetail) -> PrincipalId {
        let owner = (user.user_name.as_str(), user.arn.as_str());
        let policies =
            self.policies(owner, &user.attached_managed_policies, &user.user_policy_list);
        let (mut groups, mut incomplete) = (Vec::new(), false);
        for name in &user.group_list {
            if let Some(group) = self.groups.get(&name_key(name)) {
                groups.push(*group);
                continue;
            }
            let who = &user.user_name;
            let message = format!("{who} is in the group {name}, which GroupDetailList lacks");
            self.gaps.push(Gap::new(SOURCE, "Incomplete", message).of(name));
            incomplete = true;
        }
        self.reading.all_read &= !incomplete;
        let boundary = self.boundary(user.permissions_boundary.as_ref());
        let user = principal(PrincipalKind::User, owner, &user.user_id, &user.tags);
        self.add_principal(Principal { policies, groups, boundary, incomplete, ..user })
    }

    fn role(&mut self, role: &'a RoleDetail) -> PrincipalId {
        let owner = (role.role_name.as_str(), role.arn.as_str());
        let policies =
            self.policies(owner, &role.attached_managed_policies, &role.role_policy_list);
        let trust = self.trust(role);
        self.reading.all_read &= trust.is_some();
        let boundary = self.boundary(role.permissions_boundary.as_ref());
        self.add_principal(Principal {
            policies,
            boundary,
            trust,
            has_instance_profile: !role.instance_profile_list.is_empty(),
            service_linked: principals::path(role).starts_with(SERVICE_LINKED),
            ..principal(PrincipalKind::Role, owner, &role.role_id, &role.tags)
        })
    }

    fn trust(&mut self, role: &RoleDetail) -> Option<TrustPolicy> {
        let name = || format!("the trust policy of {}", role.role_name);
        let Some(json) = &role.assume_role_policy_document else {
            let message = format!("{} is absent", name());
            self.gaps.push(Gap::new(SOURCE, "Incomplete", message).of(&role.arn));
            return None;
        };
        let document = self.document(json, name, &role.arn)?;
        if document.statements.iter().any(|statement| statement.principals.is_none()) {
            let message = format!("{} has a statement without Principal", name());
            self.gaps.push(Gap::new(SOURCE, "Malformed", message).of(&role.arn));
            return None;
        }
        Some(TrustPolicy { document })
    }

    /// The document; if it cannot be read, a gap says why.
    fn document(
        &mut self,
        json: &Json,
        name: impl Fn() -> String,
        resource: &str,
    ) -> Option<PolicyDocument> {
        match PolicyDocument::from_json(json) {
            Ok(document) => Some(document),
            Err(error) => {
                let message = format!("{}: {error}", name());
                self.gaps.push(Gap::new(SOURCE, "Malformed", message).of(resource));
                None
            }
        }
    }
}

fn principal(
    kind: PrincipalKind,
    (name, arn): (&str, &str),
    unique_id: &str,
    tags: &[Tag],
) -> Principal {
    let tags = tags.iter().map(|tag| (tag.key.clone(), tag.value.clone()));
    Principal {
        unique_id: (!unique_id.is_empty()).then(|| unique_id.to_owned()),
        tags: Some(tags.collect()),
        ..Principal::new(kind, arn, name)
    }
}

/// The ARNs and names of managed policies that principals have.
fn in_use(details: &AuthorizationDetails) -> Vec<(&str, &str)> {
    let users = details.user_detail_list.iter();
    let roles = details.role_detail_list.iter();
    let groups = details.group_detail_list.iter().map(|group| &group.attached_managed_policies);
    let lists = groups
        .chain(users.clone().map(|user| &user.attached_managed_policies))
        .chain(roles.clone().map(|role| &role.attached_managed_policies));
    let boundaries = users
        .filter_map(|user| user.permissions_boundary.as_ref())
        .chain(roles.filter_map(|role| role.permissions_boundary.as_ref()));
    let mut seen = HashSet::new();
    let attached = lists.flatten().map(|it| (it.policy_arn.as_str(), it.policy_name.as_str()));
    let boundaries = boundaries.map(|boundary| {
        let arn = boundary.permissions_boundary_arn.as_str();
        (arn, arn.rsplit('/').next().unwrap_or(arn))
    });
    attached.chain(boundaries).filter(|(arn, _)| seen.insert(*arn)).collect()
}

fn kind(arn: &str) -> PolicyKind {
    match Arn::parse(arn) {
        Some(parsed) if parsed.is_aws_managed() => PolicyKind::AwsManaged,
        _ => PolicyKind::CustomerManaged,
    }
}
