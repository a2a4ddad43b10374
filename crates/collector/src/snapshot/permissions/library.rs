//! All policy documents of an account, each read once.

use std::collections::{HashMap, HashSet};

use portcullis_model::policy::{Excerpt, Methods, ParsePolicyError, PolicyDocument};
use portcullis_model::{Arn, Gap, PolicyKind};
use serde_json::Value as Json;

use super::SOURCE;
use crate::shapes::{
    AttachedPolicy, AuthorizationDetails, ManagedPolicyDetail, PermissionsBoundary, PolicyDetail,
};
use crate::snapshot::gaps::Gaps;

/// The documents, known by their place.
pub(super) struct Library<'a> {
    pub(super) documents: Vec<Document<'a>>,
    managed: HashMap<&'a str, usize>,
}

/// A policy and its document.
pub(super) struct Document<'a> {
    /// The ARN, or the ARN-shaped identity of an inline policy.
    pub(super) id: String,
    pub(super) name: &'a str,
    pub(super) kind: PolicyKind,
    /// What it says; none: it cannot be read, or AWS did not send it, and a gap says so.
    pub(super) excerpt: Option<Excerpt>,
    /// The ARNs of the principals that have it.
    pub(super) attached_to: Vec<String>,
    /// Whether AWS counts it as attached to something, or as a boundary.
    pub(super) counted: Uses,
}

/// How often AWS says that a managed policy is used.
#[derive(Clone, Copy, Default)]
pub(super) struct Uses {
    pub(super) attached: bool,
    pub(super) boundary: bool,
}

impl<'a> Library<'a> {
    /// The managed policies: those of the account, and those of AWS that are in use. Inline
    /// policies are [added](Library::inline) with their owners.
    pub(super) fn read(
        details: &'a AuthorizationDetails,
        methods: &Methods,
        gaps: &mut Gaps,
    ) -> Library<'a> {
        let mut library = Library { documents: Vec::new(), managed: HashMap::new() };
        let in_use = in_use(details);
        let named: HashSet<&str> = in_use.iter().map(|(arn, _)| *arn).collect();
        for policy in &details.policies {
            // An emulator lists all policies of AWS.
            let unused = policy.attachment_count <= 0
                && policy.permissions_boundary_usage_count <= 0
                && !named.contains(policy.arn.as_str());
            if kind(&policy.arn) == PolicyKind::CustomerManaged || !unused {
                library.add_managed(policy, methods, gaps);
            }
        }
        for (arn, name) in in_use {
            if !library.managed.contains_key(arn) {
                let message = format!("the policy {arn} is in use, but AWS did not list it");
                gaps.push(Gap::new(SOURCE, "Incomplete", message).of(arn));
                library.managed.insert(arn, library.documents.len());
                library.documents.push(Document {
                    id: arn.to_owned(),
                    name,
                    kind: kind(arn),
                    excerpt: None,
                    attached_to: Vec::new(),
                    counted: Uses::default(),
                });
            }
        }
        library
    }

    /// The place of a managed policy, of which every one in use has one.
    pub(super) fn managed(&self, arn: &str) -> Option<usize> {
        self.managed.get(arn).copied()
    }

    /// Adds the inline policies of a principal, and gives their places.
    pub(super) fn inline(
        &mut self,
        policies: &'a [PolicyDetail],
        (owner, owner_arn): (&str, &str),
        methods: &Methods,
        gaps: &mut Gaps,
    ) -> Vec<usize> {
        let first = self.documents.len();
        for policy in policies {
            let name = || format!("the inline policy {} of {owner}", policy.policy_name);
            self.documents.push(Document {
                id: format!("{owner_arn}/policy/{}", policy.policy_name),
                name: &policy.policy_name,
                kind: PolicyKind::Inline,
                excerpt: read(&policy.policy_document, methods, name, owner, gaps),
                attached_to: vec![owner_arn.to_owned()],
                counted: Uses::default(),
            });
        }
        (first..self.documents.len()).collect()
    }

    fn add_managed(&mut self, policy: &'a ManagedPolicyDetail, methods: &Methods, gaps: &mut Gaps) {
        let arn = policy.arn.as_str();
        // Only the default version is in force.
        let default = policy.policy_version_list.iter().find(|version| version.is_default_version);
        let excerpt = if let Some(version) = default {
            read(&version.document, methods, || format!("the policy {arn}"), arn, gaps)
        } else {
            let message = format!("the default version of the policy {arn} is absent");
            gaps.push(Gap::new(SOURCE, "Incomplete", message).of(arn));
            None
        };
        self.managed.insert(arn, self.documents.len());
        self.documents.push(Document {
            id: arn.to_owned(),
            name: &policy.policy_name,
            kind: kind(arn),
            excerpt,
            attached_to: Vec::new(),
            counted: Uses {
                attached: policy.attachment_count > 0,
                boundary: policy.permissions_boundary_usage_count > 0,
            },
        });
    }
}

fn read(
    json: &Json,
    methods: &Methods,
    name: impl Fn() -> String,
    resource: &str,
    gaps: &mut Gaps,
) -> Option<Excerpt> {
    document(json, name, resource, gaps).map(|document| Excerpt::new(document, methods))
}

/// The document; if it cannot be read, a gap says why.
pub(super) fn document(
    json: &Json,
    name: impl Fn() -> String,
    resource: &str,
    gaps: &mut Gaps,
) -> Option<PolicyDocument> {
    let complain = |error: ParsePolicyError| {
        let message = format!("{}: {error}", name());
        gaps.push(Gap::new(SOURCE, "Malformed", message).of(resource));
    };
    PolicyDocument::from_json(json).map_err(complain).ok()
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
    lists
        .flatten()
        .map(of_attached)
        .chain(boundaries.map(of_boundary))
        .filter(|(arn, _)| seen.insert(*arn))
        .collect()
}

fn of_attached(policy: &AttachedPolicy) -> (&str, &str) {
    (&policy.policy_arn, &policy.policy_name)
}

fn of_boundary(boundary: &PermissionsBoundary) -> (&str, &str) {
    let arn = boundary.permissions_boundary_arn.as_str();
    (arn, arn.rsplit('/').next().unwrap_or(arn))
}

/// A policy of AWS has `aws` in place of the account.
fn kind(arn: &str) -> PolicyKind {
    match Arn::parse(arn) {
        Some(parsed) if parsed.account == "aws" => PolicyKind::AwsManaged,
        _ => PolicyKind::CustomerManaged,
    }
}
