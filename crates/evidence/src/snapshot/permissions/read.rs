//! Converts AWS's answer into the account that the IAM evaluator takes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use portcullis_iam::{
    Account, Organization, Policy, PolicyDocument, PolicyId, Principal, PrincipalId, TrustPolicy,
};
use portcullis_model::{AccountId, Arn, Fact, PolicyKind, PrincipalKind};

use super::counts::{self, Miscounted};
use super::{SOURCE, principals};
use crate::shapes::{
    AttachedPolicy, AuthorizationDetails, DocumentJson, GroupDetail, ManagedPolicyDetail,
    PermissionsBoundary, PolicyDetail, RoleDetail, Tag, UserDetail,
};
use crate::snapshot::answers::{Answers, Providers};
use crate::snapshot::credential_report::{Report, ReportRow};
use crate::snapshot::gaps::Gaps;
use crate::snapshot::lists::Lists;
use crate::snapshot::names::name_key;

/// The path of roles that AWS services create for themselves.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub(super) const SERVICE_LINKED: &str = "/aws-service-role/";

/// The account, and AWS's other information about its policies.
pub(in crate::snapshot) struct Reading<'a> {
    pub(super) account: Account,
    /// The policies in force.
    pub(super) policies: Vec<PolicyUse<'a>>,
    /// The principals in AWS's order.
    pub(super) groups: Vec<PrincipalId>,
    pub(super) users: Vec<PrincipalId>,
    pub(super) roles: Vec<PrincipalId>,
    /// Whether every document and membership could be read.
    pub(super) all_read: bool,
    /// The managed policies whose attachments AWS counts differently than the principals list them.
    pub(super) miscounted: Vec<Miscounted>,
    /// The boundaries that more principals list than AWS counts, so that some principals have none.
    pub(super) doubtful_boundaries: Vec<PolicyId>,
}

/// How a policy is used.
pub(super) struct PolicyUse<'a> {
    pub(super) id: PolicyId,
    /// The document as AWS returns it; none: it is not known which one is in force.
    pub(super) json: Option<&'a DocumentJson>,
    /// The ARNs of the principals that have the policy.
    pub(super) attached_to: Vec<String>,
    /// Whether AWS counts the policy as attached, or as a boundary.
    pub(super) counted_as_attached: bool,
    pub(super) is_boundary: bool,
    /// The id of a managed policy's default version, and those of its other versions.
    pub(super) version: Option<String>,
    pub(super) other_versions: Vec<String>,
}

/// Reads all policies, users, groups and roles, and adds a gap for whatever cannot be read.
pub(in crate::snapshot) fn read<'a>(
    details: &'a AuthorizationDetails,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Reading<'a> {
    let account = Account {
        id: AccountId::parse(&answers.identity.account),
        partition: answers.identity.partition.clone(),
        organization: organization(answers),
        now: answers.as_of,
        policies: Vec::new(),
        principals: Vec::new(),
        saml_providers: listed(&answers.saml_providers, |provider| &provider.arn),
        oidc_providers: listed(&answers.oidc_providers, |provider| &provider.arn),
        unlisted: unlisted(answers.lists),
    };
    let by_arn = details
        .policies
        .iter()
        .map(|policy| (policy.arn.as_str(), policy));
    let report = answers.report.as_ref().known();
    let mut reader = AccountReader {
        account,
        uses: Vec::new(),
        all_read: true,
        listed: by_arn.collect(),
        managed: HashMap::new(),
        groups: HashMap::new(),
        answers,
        reported: report.into_iter().flat_map(reported).collect(),
        gaps,
    };
    for policy in &details.policies {
        // Emulators list all AWS-managed policies, even unused ones.
        let is_used =
            policy.attachment_count > 0 || policy.permissions_boundary_usage_count > Some(0);
        if is_used || kind(&policy.arn) == PolicyKind::CustomerManaged {
            reader.managed(&policy.arn, &policy.policy_name);
        }
    }
    let (mut groups, mut users, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    reader.account.principals.reserve_exact(
        details.group_detail_list.len()
            + details.user_detail_list.len()
            + details.role_detail_list.len(),
    );
    for group in &details.group_detail_list {
        groups.push(reader.group(group));
    }
    for user in &details.user_detail_list {
        users.push(reader.user(user));
    }
    for role in &details.role_detail_list {
        roles.push(reader.role(role));
    }
    let AccountReader { account, uses: policies, all_read, managed, gaps, .. } = reader;
    let miscounted = counts::miscounted(details, &managed, &policies, gaps);
    let doubtful_boundaries =
        counts::doubtful_boundaries(details, &managed, &policies, &account.principals, gaps);
    Reading { account, policies, groups, users, roles, all_read, miscounted, doubtful_boundaries }
}

/// Returns the kinds of principals of which the list is not whole.
fn unlisted(lists: Lists) -> Vec<PrincipalKind> {
    let mut kinds = Vec::new();
    for (kind, is_whole) in [
        (PrincipalKind::User, lists.users),
        (PrincipalKind::Group, lists.groups),
        (PrincipalKind::Role, lists.roles),
    ] {
        if !is_whole {
            kinds.push(kind);
        }
    }
    kinds
}

/// Returns the ARNs of the identity providers that AWS listed.
fn listed<E, A>(
    providers: &Fact<Providers<E, A>>,
    arn: fn(&E) -> &String,
) -> Option<BTreeSet<String>> {
    let providers = providers.as_ref().known()?;
    Some(providers.list.iter().map(arn).cloned().collect())
}

fn organization(answers: &Answers) -> Organization {
    match &answers.organization {
        Fact::Missing(_) => Organization::Unknown,
        Fact::Known(None) => Organization::None,
        Fact::Known(Some(organization)) => {
            let management = organization.master_account_id.as_deref();
            let management = management.and_then(AccountId::parse);
            Organization::Member { id: organization.id.clone(), management }
        }
    }
}

struct AccountReader<'a, 'g> {
    account: Account,
    uses: Vec<PolicyUse<'a>>,
    all_read: bool,
    listed: HashMap<&'a str, &'a ManagedPolicyDetail>,
    /// The indices in `uses` of managed policies, by ARN.
    managed: HashMap<&'a str, usize>,
    groups: HashMap<String, PrincipalId>,
    answers: &'g Answers,
    /// The users of the credential report by [`name_key`].
    reported: HashMap<String, &'g ReportRow>,
    gaps: &'g mut Gaps,
}

impl<'a> AccountReader<'a, '_> {
    /// Returns the index in `uses` of a managed policy, and reads the policy on first use.
    fn managed(&mut self, arn: &'a str, name: &'a str) -> usize {
        if let Some(index) = self.managed.get(arn) {
            return *index;
        }
        let (mut document, mut versions) = (None, Vec::new());
        let listed = self.listed.get(arn).copied();
        let all_versions = listed.map_or(&[][..], |policy| &policy.policy_version_list);
        for version in all_versions {
            let id = &version.version_id;
            if version.is_default_version {
                document =
                    self.identity_document(&version.document, || format!("the policy {arn}"), arn);
            } else if kind(arn) == PolicyKind::CustomerManaged {
                let what = || format!("version {id} of the policy {arn}");
                let document = self.identity_document(&version.document, what, arn);
                self.all_read &= document.is_some();
                versions.push(self.policy(arn, format!("{name} ({id})"), document, Vec::new()));
            }
        }
        let problem = match listed {
            Some(policy) => versions_problem(policy),
            None => Some(("Incomplete", "is in use, but AWS did not list it")),
        };
        if let Some((code, problem)) = problem {
            document = None;
            let message = format!("the policy {arn} {problem}");
            self.gaps.note(SOURCE, arn, code, message);
        }
        let index = self.add(arn, name, document, versions);
        let policy_use = &mut self.uses[index];
        for version in all_versions {
            let id = version.version_id.clone();
            if version.is_default_version {
                policy_use.json = Some(&version.document);
                policy_use.version = Some(id);
            } else {
                policy_use.other_versions.push(id);
            }
        }
        if let Some(policy) = listed {
            policy_use.counted_as_attached = policy.attachment_count > 0;
            policy_use.is_boundary = policy.permissions_boundary_usage_count > Some(0);
        }
        self.managed.insert(arn, index);
        index
    }

    fn policy(
        &mut self,
        id: &str,
        name: String,
        document: Option<PolicyDocument>,
        other_versions: Vec<PolicyId>,
    ) -> PolicyId {
        let policy = Policy { id: id.to_owned(), name, kind: kind(id), document, other_versions };
        self.account.policies.push(policy);
        PolicyId::new(self.account.policies.len() - 1)
    }

    /// Adds a policy in force, and returns its index in `uses`.
    fn add(
        &mut self,
        id: &str,
        name: &str,
        document: Option<PolicyDocument>,
        other_versions: Vec<PolicyId>,
    ) -> usize {
        self.all_read &= document.is_some();
        let id = self.policy(id, name.to_owned(), document, other_versions);
        self.uses.push(PolicyUse {
            id,
            json: None,
            attached_to: Vec::new(),
            counted_as_attached: false,
            is_boundary: false,
            version: None,
            other_versions: Vec::new(),
        });
        self.uses.len() - 1
    }

    /// Reads the attached and inline policies of a principal.
    fn policies(
        &mut self,
        (name, arn): (&str, &str),
        attached: &'a [AttachedPolicy],
        inline: &'a [PolicyDetail],
    ) -> Vec<PolicyId> {
        let mut indices = Vec::new();
        for policy in attached {
            indices.push(self.managed(&policy.policy_arn, &policy.policy_name));
        }
        let mut by_name: BTreeMap<&str, Vec<&'a DocumentJson>> = BTreeMap::new();
        for policy in inline {
            by_name
                .entry(&policy.policy_name)
                .or_default()
                .push(&policy.policy_document);
        }
        for (policy, documents) in by_name {
            let what = || format!("the inline policy {policy} of {name}");
            let document = if documents.iter().all(|document| *document == documents[0]) {
                self.identity_document(documents[0], what, name)
            } else {
                let message = format!("{} appears twice, with different contents", what());
                self.gaps.note(SOURCE, name, "Contradictory", message);
                None
            };
            let index = self.add(&format!("{arn}/policy/{policy}"), policy, document, Vec::new());
            self.uses[index].json = documents.first().copied();
            indices.push(index);
        }
        let mut ids = Vec::new();
        for index in indices {
            self.uses[index].attached_to.push(arn.to_owned());
            ids.push(self.uses[index].id);
        }
        ids
    }

    fn boundary(&mut self, boundary: Option<&'a PermissionsBoundary>) -> Option<PolicyId> {
        let arn = boundary?.permissions_boundary_arn.as_str();
        let index = self.managed(arn, arn.rsplit('/').next().unwrap_or(arn));
        self.uses[index].is_boundary = true;
        Some(self.uses[index].id)
    }

    fn add_principal(&mut self, principal: Principal) -> PrincipalId {
        self.account.principals.push(principal);
        PrincipalId::new(self.account.principals.len() - 1)
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
            self.gaps.note(SOURCE, name, "Incomplete", message);
            incomplete = true;
        }
        self.all_read &= !incomplete;
        let boundary = self.boundary(user.permissions_boundary.as_ref());
        let row = self.reported.get(&name_key(&user.user_name));
        self.add_principal(Principal {
            policies,
            groups,
            boundary,
            incomplete,
            has_password: row.and_then(|row| row.password_enabled.known()?),
            has_mfa: row.and_then(|row| row.mfa_active.known()),
            access_keys: self.access_keys(&user.user_name),
            ..principal(PrincipalKind::User, owner, &user.user_id, &user.tags)
        })
    }

    /// Returns the number of a user's access keys; the lower one if the report and the list differ,
    /// which may be from different times.
    fn access_keys(&self, name: &str) -> Option<usize> {
        let key = name_key(name);
        let reported = self.reported.get(&key).map(|row| {
            row.keys
                .iter()
                .filter(|slot| slot.filled == Fact::Known(true))
                .count()
        });
        let by_user = self.answers.access_keys.as_ref().known();
        let listed = by_user.and_then(|users| users.get(&key)).map(Vec::len);
        reported.into_iter().chain(listed).min()
    }

    fn role(&mut self, role: &'a RoleDetail) -> PrincipalId {
        let owner = (role.role_name.as_str(), role.arn.as_str());
        let policies =
            self.policies(owner, &role.attached_managed_policies, &role.role_policy_list);
        let trust = self.trust(role);
        self.all_read &= trust.is_some();
        let boundary = self.boundary(role.permissions_boundary.as_ref());
        self.add_principal(Principal {
            policies,
            boundary,
            trust,
            instance_profiles: role
                .instance_profile_list
                .iter()
                .map(|profile| profile.arn.clone())
                .collect(),
            service_linked: principals::path(role).starts_with(SERVICE_LINKED),
            ..principal(PrincipalKind::Role, owner, &role.role_id, &role.tags)
        })
    }

    fn trust(&mut self, role: &RoleDetail) -> Option<TrustPolicy> {
        let name = || format!("the trust policy of {}", role.role_name);
        let Some(json) = &role.assume_role_policy_document else {
            let message = format!("{} is absent", name());
            self.gaps.note(SOURCE, &role.arn, "Incomplete", message);
            return None;
        };
        let document = self.document(json, name, &role.arn)?;
        if document
            .statements
            .iter()
            .any(|statement| statement.principals.is_none())
        {
            let message = format!("{} has a statement without Principal", name());
            self.gaps.note(SOURCE, &role.arn, "Malformed", message);
            return None;
        }
        Some(TrustPolicy { document })
    }

    /// Reads a document that is not a trust policy, so each of its statements must have a Resource.
    fn identity_document(
        &mut self,
        json: &DocumentJson,
        name: impl Fn() -> String,
        resource: &str,
    ) -> Option<PolicyDocument> {
        let document = self.document(json, &name, resource)?;
        if document
            .statements
            .iter()
            .any(|statement| statement.resources.is_none())
        {
            let message = format!("{} has a statement without Resource", name());
            self.gaps.note(SOURCE, resource, "Malformed", message);
            return None;
        }
        Some(document)
    }

    /// Reads a document, and adds a gap if that fails.
    fn document(
        &mut self,
        json: &DocumentJson,
        name: impl Fn() -> String,
        resource: &str,
    ) -> Option<PolicyDocument> {
        match json.read() {
            Ok(document) => Some(document),
            Err(error) => {
                let message = format!("{}: {error}", name());
                self.gaps.note(SOURCE, resource, "Malformed", message);
                None
            }
        }
    }
}

impl Reading<'_> {
    /// Returns the policies that AWS counts more attachments of, so that any principal may have
    /// them.
    pub(super) fn unplaced(&self) -> impl Iterator<Item = PolicyId> {
        self.miscounted
            .iter()
            .filter(|policy| policy.is_unplaced)
            .map(|policy| policy.id)
    }

    /// Whether AWS counts the policy's attachments differently than it lists them.
    pub(super) fn is_miscounted(&self, arn: &str) -> bool {
        self.miscounted
            .iter()
            .any(|policy| self.account.policy(policy.id).id == arn)
    }
}

fn reported(report: &Report) -> impl Iterator<Item = (String, &ReportRow)> {
    report.users.iter().map(|row| (name_key(&row.name), row))
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

/// Returns why it is not certain which version of a policy is in force: a gap's code, and the
/// predicate of its message.
fn versions_problem(policy: &ManagedPolicyDetail) -> Option<(&'static str, &'static str)> {
    let versions = &policy.policy_version_list;
    let ids: HashSet<&String> = versions.iter().map(|version| &version.version_id).collect();
    if ids.len() < versions.len() {
        return Some(("Contradictory", "has two versions with the same id"));
    }
    let mut defaults = versions.iter().filter(|version| version.is_default_version);
    let Some(default) = defaults.next() else {
        return Some(("Incomplete", "lacks its default version"));
    };
    if defaults.next().is_some() {
        return Some(("Contradictory", "has two default versions"));
    }
    if policy
        .default_version_id
        .as_ref()
        .is_some_and(|id| *id != default.version_id)
    {
        let problem = "names a default version other than the one marked as the default";
        return Some(("Contradictory", problem));
    }
    None
}

/// Returns the kind of a policy by its id: an ARN, or for an inline policy `OWNER-ARN/policy/NAME`.
fn kind(id: &str) -> PolicyKind {
    match Arn::parse(id) {
        Some(arn) if arn.is_aws_managed() => PolicyKind::AwsManaged,
        Some(arn) if arn.resource.starts_with("policy/") => PolicyKind::CustomerManaged,
        None if !id.contains("/policy/") => PolicyKind::CustomerManaged,
        _ => PolicyKind::Inline,
    }
}
