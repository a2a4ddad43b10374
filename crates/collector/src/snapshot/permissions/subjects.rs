//! Who has permissions: users, groups and roles with all documents that decide for them.

use std::collections::HashMap;

use portcullis_model::Gap;
use portcullis_model::policy::Methods;

use super::library::Library;
use super::trust::Trust;
use super::{SOURCE, principals};
use crate::shapes::{
    AttachedPolicy, AuthorizationDetails, GroupDetail, PermissionsBoundary, RoleDetail, UserDetail,
};
use crate::snapshot::gaps::Gaps;
use crate::snapshot::name_key;

/// A principal, or one policy alone.
#[derive(Default)]
pub(super) struct Subject<'a> {
    /// The ARN; none: a policy.
    pub(super) arn: Option<&'a str>,
    /// Whether it acts itself: a user or a role.
    pub(super) acts: bool,
    /// The places in the library of the documents that it is under, its groups' included.
    pub(super) documents: Vec<usize>,
    /// The place of its permissions boundary.
    pub(super) boundary: Option<usize>,
    /// Whether it is under further documents that AWS did not send.
    pub(super) unread: bool,
    /// Whether it is a service-linked role, which only its service can use or change.
    pub(super) service_linked: bool,
    /// Who may become it, if it is a role.
    pub(super) trust: Option<Trust>,
}

impl Subject<'_> {
    /// Whether something about it is not known, documents apart.
    pub(super) fn is_doubtful(&self) -> bool {
        self.unread || self.trust.as_ref().is_some_and(|trust| !trust.is_read())
    }
}

/// All subjects of an account, known by their place.
pub(super) struct Subjects<'a> {
    pub(super) all: Vec<Subject<'a>>,
    /// The places of the users, in AWS's order, and so on.
    pub(super) users: Vec<usize>,
    pub(super) groups: Vec<usize>,
    pub(super) roles: Vec<usize>,
    /// The places of the policies, in the order of the library.
    pub(super) policies: Vec<usize>,
}

/// The path of roles that AWS services make for themselves.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub(super) const SERVICE_LINKED: &str = "/aws-service-role/";

impl<'a> Subjects<'a> {
    /// Reads everyone's documents, inline ones into the library.
    pub(super) fn read(
        details: &'a AuthorizationDetails,
        library: &mut Library<'a>,
        methods: &Methods,
        gaps: &mut Gaps,
    ) -> Subjects<'a> {
        let mut reader = Reader { library, methods, gaps, groups: HashMap::new() };
        let mut all = Vec::new();
        let groups = add(&mut all, details.group_detail_list.iter().map(|it| reader.group(it)));
        let users = add(&mut all, details.user_detail_list.iter().map(|it| reader.user(it)));
        let roles = add(&mut all, details.role_detail_list.iter().map(|it| reader.role(it)));
        let places = 0..library.documents.len();
        let alone = |place| Subject { documents: vec![place], ..Subject::default() };
        let policies = add(&mut all, places.map(alone));
        Subjects { all, users, groups, roles, policies }
    }
}

fn add<'a>(all: &mut Vec<Subject<'a>>, more: impl Iterator<Item = Subject<'a>>) -> Vec<usize> {
    let first = all.len();
    all.extend(more);
    (first..all.len()).collect()
}

struct Reader<'a, 'r> {
    library: &'r mut Library<'a>,
    methods: &'r Methods,
    gaps: &'r mut Gaps,
    /// The documents of each group.
    groups: HashMap<String, Vec<usize>>,
}

impl<'a> Reader<'a, '_> {
    fn group(&mut self, group: &'a GroupDetail) -> Subject<'a> {
        let owner = (group.group_name.as_str(), group.arn.as_str());
        let mut documents = self.attached(&group.attached_managed_policies, &group.arn);
        documents.extend(self.library.inline(
            &group.group_policy_list,
            owner,
            self.methods,
            self.gaps,
        ));
        self.groups.insert(name_key(&group.group_name), documents.clone());
        Subject { arn: Some(&group.arn), documents, ..Subject::default() }
    }

    fn user(&mut self, user: &'a UserDetail) -> Subject<'a> {
        let owner = (user.user_name.as_str(), user.arn.as_str());
        let mut documents = self.attached(&user.attached_managed_policies, &user.arn);
        documents.extend(self.library.inline(
            &user.user_policy_list,
            owner,
            self.methods,
            self.gaps,
        ));
        let mut unread = false;
        for name in &user.group_list {
            if let Some(of_group) = self.groups.get(&name_key(name)) {
                documents.extend(of_group);
            } else {
                let who = &user.user_name;
                let message = format!("{who} is in the group {name}, which GroupDetailList lacks");
                self.gaps.push(Gap::new(SOURCE, "Incomplete", message).of(name));
                unread = true;
            }
        }
        let boundary = self.boundary(user.permissions_boundary.as_ref());
        Subject {
            arn: Some(&user.arn),
            acts: true,
            documents,
            boundary,
            unread,
            ..Subject::default()
        }
    }

    fn role(&mut self, role: &'a RoleDetail) -> Subject<'a> {
        let owner = (role.role_name.as_str(), role.arn.as_str());
        let mut documents = self.attached(&role.attached_managed_policies, &role.arn);
        documents.extend(self.library.inline(
            &role.role_policy_list,
            owner,
            self.methods,
            self.gaps,
        ));
        Subject {
            arn: Some(&role.arn),
            acts: true,
            documents,
            boundary: self.boundary(role.permissions_boundary.as_ref()),
            unread: false,
            service_linked: principals::path(role).starts_with(SERVICE_LINKED),
            trust: Some(Trust::read(role, self.gaps)),
        }
    }

    fn attached(&mut self, policies: &[AttachedPolicy], owner: &str) -> Vec<usize> {
        let arns = policies.iter().map(|policy| policy.policy_arn.as_str());
        let places: Vec<usize> = arns.filter_map(|arn| self.library.managed(arn)).collect();
        for &place in &places {
            self.library.documents[place].attached_to.push(owner.to_owned());
        }
        places
    }

    fn boundary(&mut self, boundary: Option<&PermissionsBoundary>) -> Option<usize> {
        let place = self.library.managed(&boundary?.permissions_boundary_arn)?;
        self.library.documents[place].counted.boundary = true;
        Some(place)
    }
}
