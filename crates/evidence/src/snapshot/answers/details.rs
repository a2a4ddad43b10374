//! The answer of GetAccountAuthorizationDetails, checked for consistency.

use std::collections::HashMap;

use portcullis_model::Arn;

use crate::bundle::Document;
use crate::shapes::{AuthorizationDetails, PolicyDetail};
use crate::snapshot::documents::{self, Pages, Problem, each_once};

/// Reads and joins all pages. The order in which AWS lists things decides nothing.
pub(super) fn details(document: &Document) -> Result<AuthorizationDetails, Problem> {
    let pages: Vec<AuthorizationDetails> = documents::all(document, Pages::OneListing)?;
    let mut pages = pages.into_iter();
    let mut all = pages
        .next()
        .ok_or_else(|| Problem::malformed("holds nothing"))?;
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
    if let Some(policy) = all
        .policies
        .iter()
        .find(|policy| policy.attachment_count < 0)
    {
        let message = format!("the AttachmentCount of {} is below zero", policy.arn);
        return Err(Problem::malformed(message));
    }
    all.user_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    all.group_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    all.role_detail_list.sort_by(|a, b| a.arn.cmp(&b.arn));
    all.policies.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(all)
}

/// The identifiers of a user, group, role or policy.
struct Entity<'a> {
    arn: &'a str,
    kind: &'static str,
    path: &'a str,
    name: &'a str,
    id: &'a str,
    inline: &'a [PolicyDetail],
}

fn entities(details: &AuthorizationDetails) -> Vec<Entity<'_>> {
    let mut entities = Vec::new();
    for user in &details.user_detail_list {
        let (name, id) = (&user.user_name, &user.user_id);
        let inline = &user.user_policy_list;
        entities.push(Entity { arn: &user.arn, kind: "user", path: &user.path, name, id, inline });
    }
    for group in &details.group_detail_list {
        let (name, id) = (&group.group_name, &group.group_id);
        let (arn, path, inline) = (&group.arn, &group.path, &group.group_policy_list);
        entities.push(Entity { arn, kind: "group", path, name, id, inline });
    }
    for role in &details.role_detail_list {
        let (name, id) = (&role.role_name, &role.role_id);
        let inline = &role.role_policy_list;
        entities.push(Entity { arn: &role.arn, kind: "role", path: &role.path, name, id, inline });
    }
    for policy in &details.policies {
        let (arn, name, id) = (&policy.arn, &policy.policy_name, &policy.policy_id);
        entities.push(Entity { arn, kind: "policy", path: &policy.path, name, id, inline: &[] });
    }
    entities
}

impl Entity<'_> {
    /// Whether the ARN matches kind, path and name, and each inline policy has a name. Saved
    /// answers may lack the path.
    fn is_consistent(&self) -> bool {
        let Some(arn) = Arn::parse(self.arn).filter(|arn| arn.service == "iam") else {
            return false;
        };
        let Some((path, name)) = arn.path_and_name(self.kind) else {
            return false;
        };
        name == self.name
            && (self.path.is_empty() || path == self.path)
            && self
                .inline
                .iter()
                .all(|policy| !policy.policy_name.is_empty())
    }
}

/// Checks that the ARN of each entity matches its name, and that no two have the same id.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn check_names(details: &AuthorizationDetails) -> Result<(), Problem> {
    let mut by_id: HashMap<&str, &str> = HashMap::new();
    for entity in entities(details) {
        let arn = entity.arn;
        if !entity.is_consistent() {
            let message = format!("gives {arn} a kind, path or name that differs from its ARN");
            return Err(Problem::malformed(message));
        }
        if !entity.id.is_empty()
            && let Some(other) = by_id.insert(entity.id, arn)
        {
            let message = format!("gives {other} and {arn} the same id");
            return Err(Problem { code: "Contradictory", message });
        }
    }
    Ok(())
}

/// Returns the ARNs of all users, groups, roles and policies.
pub(super) fn details_arns(details: &AuthorizationDetails) -> Vec<&str> {
    let users = details.user_detail_list.iter().map(|user| &user.arn);
    let groups = details.group_detail_list.iter().map(|group| &group.arn);
    let roles = details.role_detail_list.iter().map(|role| &role.arn);
    let policies = details.policies.iter().map(|policy| &policy.arn);
    users
        .chain(groups)
        .chain(roles)
        .chain(policies)
        .map(String::as_str)
        .collect()
}
