//! Accounts: their principals and policies, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portcullis_model::{AccountId, PolicyKind, PrincipalKind};

use crate::policy::{PolicyDocument, Statement};
use crate::trust::TrustPolicy;

/// What is known about an account that decides who may do what.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The id; none: not known.
    pub id: Option<AccountId>,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The account's organization.
    pub organization: Organization,
    /// The time of the judgement.
    pub now: Timestamp,
    /// The policies, by [`PolicyId`].
    pub policies: Vec<Policy>,
    /// The users, groups and roles, by [`PrincipalId`].
    pub principals: Vec<Principal>,
    /// The kinds of principals that were not listed completely.
    pub unlisted: Vec<PrincipalKind>,
    /// The ARNs of the SAML providers; none: not known.
    pub saml_providers: Option<BTreeSet<String>>,
    /// The ARNs of the OpenID Connect providers; none: not known.
    pub oidc_providers: Option<BTreeSet<String>>,
}

/// The organization of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Organization {
    /// It is not known whether there is one.
    Unknown,
    /// The account belongs to none.
    None,
    /// The account belongs to this one.
    Member {
        /// The id, such as `o-a1b2c3d4e5`.
        id: String,
        /// The management account.
        management: Option<AccountId>,
    },
}

macro_rules! id {
    ($visibility:vis $name:ident, $what:literal) => {
        #[doc = concat!("The place of ", $what, ".")]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        $visibility struct $name(u32);

        impl $name {
            #[doc = concat!("The id of ", $what, ", by its place.")]
            ///
            /// # Panics
            /// If the place is 2^32 or more.
            $visibility fn new(place: usize) -> $name {
                $name(u32::try_from(place).expect("there are fewer"))
            }

            /// The index.
            $visibility fn place(self) -> usize {
                self.0 as usize
            }
        }
    };
}
pub(crate) use id;

id!(pub PolicyId, "a policy in an [`Account`]");
id!(pub PrincipalId, "a user, group or role in an [`Account`]");

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The ARN; for an inline policy the owner's ARN, `/policy/`, and the name.
    pub id: String,
    /// The name.
    pub name: String,
    /// Who wrote it, and where it is kept.
    pub kind: PolicyKind,
    /// The document in force; none: it could not be read.
    pub document: Option<PolicyDocument>,
    /// The other versions of a managed policy of the account, as policies.
    pub other_versions: Vec<PolicyId>,
}

/// A user, group or role.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The unique id, such as `AIDA…`; none: not known.
    pub unique_id: Option<String>,
    /// The managed and inline policies; not those of its groups.
    pub policies: Vec<PolicyId>,
    /// The groups that a user is in.
    pub groups: Vec<PrincipalId>,
    /// The permissions boundary.
    pub boundary: Option<PolicyId>,
    /// The tags; none: not known.
    pub tags: Option<BTreeMap<String, String>>,
    /// The tags that whoever acts as it sets to values of their choice, existing or not.
    pub chosen_tags: ChosenTags,
    /// The trust policy of a role; none: it could not be read, or this is not a role.
    pub trust: Option<TrustPolicy>,
    /// Whether a user has a console password; none: not known.
    pub has_password: Option<bool>,
    /// Whether a user has an MFA device, and so must sign in with it; none: not known.
    pub has_mfa: Option<bool>,
    /// The number of access keys of a user; none: not known.
    pub access_keys: Option<usize>,
    /// The ARNs of the instance profiles that give the role to EC2 instances.
    pub instance_profiles: Vec<String>,
    /// Whether it is a service-linked role, which only its service can use or change.
    pub service_linked: bool,
    /// Whether it has more policies than are known.
    pub incomplete: bool,
}

/// Some of the tags of a principal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ChosenTags {
    /// None of them.
    #[default]
    None,
    /// The ones with these names, in lower case.
    Some(BTreeSet<String>),
    /// All of them.
    All,
}

impl ChosenTags {
    /// Whether the tag with this name is included.
    pub fn include(&self, name: &str) -> bool {
        match self {
            ChosenTags::None => false,
            ChosenTags::Some(names) => names.contains(&name.to_lowercase()),
            ChosenTags::All => true,
        }
    }

    pub(crate) fn add(&mut self, name: &str) {
        match self {
            ChosenTags::None => *self = ChosenTags::Some([name.to_lowercase()].into()),
            ChosenTags::Some(names) => drop(names.insert(name.to_lowercase())),
            ChosenTags::All => {}
        }
    }
}

impl Account {
    /// The policy with this id.
    pub fn policy(&self, id: PolicyId) -> &Policy {
        &self.policies[id.place()]
    }

    /// The principal with this id.
    pub fn principal(&self, id: PrincipalId) -> &Principal {
        &self.principals[id.place()]
    }

    /// The ids of the principals.
    pub fn principal_ids(&self) -> impl Iterator<Item = PrincipalId> + use<> {
        (0..self.principals.len()).map(PrincipalId::new)
    }

    /// The ids of the users and roles, without service-linked roles, which only their services use.
    pub(crate) fn actor_ids(&self) -> impl Iterator<Item = PrincipalId> {
        self.principal_ids().filter(|id| {
            let principal = self.principal(*id);
            principal.kind != PrincipalKind::Group && !principal.service_linked
        })
    }

    /// The ids of the policies.
    pub fn policy_ids(&self) -> impl Iterator<Item = PolicyId> + use<> {
        (0..self.policies.len()).map(PolicyId::new)
    }

    /// The statements of all policies and trust policies.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> {
        let policies = self
            .policies
            .iter()
            .filter_map(|policy| policy.document.as_ref());
        let trusts = self
            .principals
            .iter()
            .filter_map(|it| Some(&it.trust.as_ref()?.document));
        policies
            .chain(trusts)
            .flat_map(|document| &document.statements)
    }

    /// The account's id in ARNs. If it is not known, an id that no account has.
    pub fn id_text(&self) -> &str {
        self.id.as_ref().map_or("000000000000", AccountId::as_str)
    }

    /// The ARN of an IAM resource of the account, such as `role/ops`.
    pub(crate) fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id_text())
    }
}

impl Principal {
    /// Creates a principal without policies.
    pub fn new(kind: PrincipalKind, arn: &str, name: &str) -> Principal {
        Principal {
            kind,
            arn: arn.to_owned(),
            name: name.to_owned(),
            unique_id: None,
            policies: Vec::new(),
            groups: Vec::new(),
            boundary: None,
            tags: Some(BTreeMap::new()),
            chosen_tags: ChosenTags::None,
            trust: None,
            has_password: None,
            has_mfa: None,
            access_keys: None,
            instance_profiles: Vec::new(),
            service_linked: false,
            incomplete: false,
        }
    }

    /// Whether IAM Identity Center created it.
    pub(crate) fn is_of_identity_center(&self) -> bool {
        self.arn.contains(":role/aws-reserved/sso.amazonaws.com/")
    }

    /// Whether it is a role that only AWS can change.
    ///
    /// <https://github.com/rebuy-de/aws-nuke/issues/441>, where IAM says so.
    pub(crate) fn is_protected(&self) -> bool {
        self.service_linked || self.is_of_identity_center()
    }

    /// Removes a tag; the case of its name is ignored.
    pub(crate) fn remove_tag(&mut self, name: &str) {
        if let Some(tags) = &mut self.tags {
            tags.retain(|other, _| !other.eq_ignore_ascii_case(name));
        }
        if let ChosenTags::Some(names) = &mut self.chosen_tags {
            names.remove(&name.to_lowercase());
        }
    }
}
