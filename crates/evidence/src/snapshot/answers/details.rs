//! What GetAccountAuthorizationDetails answers, checked to agree with itself.

use std::collections::HashMap;

use portcullis_model::Arn;

use crate::bundle::Document;
use crate::shapes::{AuthorizationDetails, PolicyDetail};
use crate::snapshot::documents::{self, Pages, Problem, each_once};

/// All pages as one.
pub(super) fn details(document: &Document) -> Result<AuthorizationDetails, Problem> {
    let pages: Vec<AuthorizationDetails> = documents::all(document, Pages::OneListing)?;
    let mut pages = pages.into_iter();
    let mut all = pages.next().ok_or_else(|| Problem::malformed("holds nothing"))?;
    for page in pages {
        all.user_detail_list.extend(page.user_detail_list);
        all.group_detail_list.extend(page.group_detail_list);
        all.role_detail_list.extend(page.role_detail_list);
        all.policies.extend(page.policies);
    }
    // Names are unique, whatever the path.
    each_once(&mut all.user_detail_list, |user| &user.user_name)?;
    each_once(&mut all.group_detail_list, |group| &group.group_name)?;
    each_once(&mut all.role_detail_list, |role| &role.role_name)?;
    each_once(&mut all.policies, |policy| &policy.arn)?;
    for user in &mut all.user_detail_list {
        each_once(&mut user.tags, |tag| &tag.key)?;
    }
    for role in &mut all.role_detail_list {
        each_once(&mut role.tags, |tag| &tag.key)?;
    }
    check_names(&all)?;
    if let Some(policy) = all.policies.iter().find(|policy| policy.attachment_count < 0) {
        let message = format!("the AttachmentCount of {} is below zero", policy.arn);
        return Err(Problem::malformed(message));
    }
    Ok(all)
}

/// What a user, group, role or policy says of itself.
struct Named<'a> {
    arn: &'a str,
    kind: &'static str,
    path: &'a str,
    name: &'a str,
    id: &'a str,
    inline: &'a [PolicyDetail],
}

fn all_named(details: &AuthorizationDetails) -> Vec<Named<'_>> {
    let mut named = Vec::new();
    for user in &details.user_detail_list {
        let (name, id) = (&user.user_name, &user.user_id);
        let inline = &user.user_policy_list;
        named.push(Named { arn: &user.arn, kind: "user", path: &user.path, name, id, inline });
    }
    for group in &details.group_detail_list {
        let (name, id) = (&group.group_name, &group.group_id);
        let inline = &group.group_policy_list;
        named.push(Named { arn: &group.arn, kind: "group", path: &group.path, name, id, inline });
    }
    for role in &details.role_detail_list {
        let (name, id) = (&role.role_name, &role.role_id);
        let inline = &role.role_policy_list;
        named.push(Named { arn: &role.arn, kind: "role", path: &role.path, name, id, inline });
    }
    for policy in &details.policies {
        let (arn, name, id) = (&policy.arn, &policy.policy_name, &policy.policy_id);
        named.push(Named { arn, kind: "policy", path: &policy.path, name, id, inline: &[] });
    }
    named
}

impl Named<'_> {
    /// Whether its ARN has its kind, path and name, and each of its inline policies has a name. Saved answers
    /// may lack the path.
    fn agrees(&self) -> bool {
        let Some(arn) = Arn::parse(self.arn).filter(|arn| arn.service == "iam") else {
            return false;
        };
        let Some((path, name)) = arn.path_and_name(self.kind) else { return false };
        let is_nameless = |policy: &PolicyDetail| policy.policy_name.is_empty();
        name == self.name
            && (self.path.is_empty() || path == self.path)
            && !self.inline.iter().any(is_nameless)
    }
}

/// Whether each has the ARN that it says, and an id of its own.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn check_names(details: &AuthorizationDetails) -> Result<(), Problem> {
    let mut by_id: HashMap<&str, &str> = HashMap::new();
    for named in all_named(details) {
        let arn = named.arn;
        if !named.agrees() {
            let message = format!("gives {arn} another kind, path or name than its ARN does");
            return Err(Problem::malformed(message));
        }
        if !named.id.is_empty()
            && let Some(other) = by_id.insert(named.id, arn)
        {
            let message = format!("gives {other} and {arn} the same id");
            return Err(Problem { code: "Contradictory", message });
        }
    }
    Ok(())
}

/// The ARNs of all that it lists.
pub(super) fn details_arns(details: &AuthorizationDetails) -> Vec<&str> {
    let users = details.user_detail_list.iter().map(|user| &user.arn);
    let groups = details.group_detail_list.iter().map(|group| &group.arn);
    let roles = details.role_detail_list.iter().map(|role| &role.arn);
    let policies = details.policies.iter().map(|policy| &policy.arn);
    users.chain(groups).chain(roles).chain(policies).map(String::as_str).collect()
}
