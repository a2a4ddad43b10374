//! Who may do what: users, groups, roles and policies, judged as IAM evaluates them.

mod account;
mod escalations;
mod library;
mod policies;
mod principals;
mod subjects;
mod trust;

use std::collections::HashMap;

use jiff::Timestamp;
use portcullis_model::policy::{Excerpt, Methods, PolicyDocument};
use portcullis_model::{Escalation, Fact, Group, Policy, Role, Source};
use serde_json::json;

pub(super) use self::account::AccountFacts;
use self::escalations::{Outcome, Unread};
use self::library::Library;
use self::subjects::Subjects;
use super::answers::{Answers, Identity};
use super::arn::is_account_id;
use super::gaps::Gaps;
use super::lists::Lists;
use super::name_key;
use crate::shapes::{AuthorizationDetails, UserDetail};

const SOURCE: Source = Source::AccountAuthorizationDetails;

/// All that GetAccountAuthorizationDetails tells about permissions.
pub(super) struct Permissions {
    pub(super) groups: Fact<Vec<Group>>,
    pub(super) roles: Fact<Vec<Role>>,
    pub(super) policies: Fact<Vec<Policy>>,
    pub(super) account: AccountFacts,
    users: HashMap<String, Verdict>,
}

/// What a principal can do, or become.
#[derive(Clone)]
pub(super) struct Verdict {
    pub(super) administrator: Fact<bool>,
    pub(super) escalations: Fact<Vec<Escalation>>,
}

/// Reads and judges all policies.
pub(super) fn permissions(
    answers: &Answers,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> Fact<Permissions> {
    answers.details.as_ref().map(|details| {
        Permissions::read(&details.content, &answers.identity, answers.lists, as_of, gaps)
    })
}

impl Permissions {
    fn read(
        details: &AuthorizationDetails,
        identity: &Identity,
        lists: Lists,
        as_of: Timestamp,
        gaps: &mut Gaps,
    ) -> Permissions {
        let account = if is_account_id(&identity.account) { &identity.account } else { "*" };
        let methods = Methods::in_account(&identity.partition, account);
        let mut library = Library::read(details, &methods, gaps);
        let subjects = Subjects::read(details, &mut library, &methods, gaps);
        let verdicts = verdicts(&methods, &library, &subjects, lists);
        let of = |places: &[usize]| -> Vec<Verdict> {
            places.iter().map(|&place| verdicts[place].clone()).collect()
        };
        let users = details.user_detail_list.iter().map(|user| name_key(&user.user_name));
        let mut policies: Vec<Policy> = library
            .documents
            .iter()
            .zip(of(&subjects.policies))
            .map(|(document, verdict)| policies::policy(document, &verdict, identity))
            .collect();
        policies.sort_by(|a, b| a.resource_id.cmp(&b.resource_id));
        Permissions {
            users: users.zip(of(&subjects.users)).collect(),
            groups: groups(details, of(&subjects.groups), lists),
            roles: roles(details, &subjects, of(&subjects.roles), lists, as_of, gaps),
            policies: listed(policies, lists.policies),
            account: account::facts(details, &subjects, lists),
        }
    }

    /// The verdict on a user.
    pub(super) fn of(&self, user: &UserDetail) -> Verdict {
        let verdict = self.users.get(&name_key(&user.user_name)).cloned();
        verdict.unwrap_or(Verdict {
            administrator: Fact::missing(SOURCE),
            escalations: Fact::missing(SOURCE),
        })
    }
}

/// The ARNs of policies attached to a user itself, sorted.
pub(super) fn attached_policies(user: &UserDetail) -> Vec<String> {
    principals::attached(&user.attached_managed_policies)
}

/// The names of a user's inline policies, sorted.
pub(super) fn inline_policies(user: &UserDetail) -> Vec<String> {
    principals::inline(&user.user_policy_list)
}

/// The verdicts on all subjects, known where it does not matter what could not be read.
fn verdicts(
    methods: &Methods,
    library: &Library<'_>,
    subjects: &Subjects<'_>,
    lists: Lists,
) -> Vec<Verdict> {
    let excerpt = |statements| {
        let document = PolicyDocument::from_json(&json!({"Statement": statements}));
        document.map(|document| Excerpt::new(document, methods))
    };
    // What could not be read may grant, but is not expected to deny administrators.
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let (Ok(nothing), Ok(everything)) = (excerpt(json!([])), excerpt(everything)) else {
        return Vec::new();
    };
    let at_least = Unread { document: &nothing, trusts: false, strangers: false };
    let at_least = escalations::judge(methods, library, subjects, at_least);
    let unread = library.documents.iter().any(|document| document.excerpt.is_none());
    let doubtful = unread || subjects.all.iter().any(subjects::Subject::is_doubtful);
    if !doubtful && lists.roles {
        return at_least.iter().map(|outcome| Verdict::between(outcome, outcome)).collect();
    }
    let at_most = Unread { document: &everything, trusts: true, strangers: !lists.roles };
    let at_most = escalations::judge(methods, library, subjects, at_most);
    at_least.iter().zip(&at_most).map(|(least, most)| Verdict::between(least, most)).collect()
}

impl Verdict {
    /// What is so at least, unless more might be.
    fn between(least: &Outcome, most: &Outcome) -> Verdict {
        let escalations = least.escalations();
        let settled = !escalations.is_empty() || least.administrator || !most.is_privileged();
        let administrator = least.administrator == most.administrator;
        Verdict {
            administrator: known(least.administrator, administrator),
            escalations: known(escalations, settled),
        }
    }
}

fn groups(
    details: &AuthorizationDetails,
    verdicts: Vec<Verdict>,
    lists: Lists,
) -> Fact<Vec<Group>> {
    let mut members: HashMap<String, u32> = HashMap::new();
    for name in details.user_detail_list.iter().flat_map(|user| &user.group_list) {
        *members.entry(name_key(name)).or_default() += 1;
    }
    let all = details.group_detail_list.iter().zip(verdicts);
    let mut groups: Vec<Group> = all
        .map(|(group, verdict)| {
            let count = members.get(&name_key(&group.group_name)).copied().unwrap_or(0);
            principals::group(group, known(count, lists.users), verdict)
        })
        .collect();
    groups.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
    listed(groups, lists.groups)
}

fn roles(
    details: &AuthorizationDetails,
    subjects: &Subjects<'_>,
    verdicts: Vec<Verdict>,
    lists: Lists,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> Fact<Vec<Role>> {
    let trusts = subjects.roles.iter().filter_map(|&place| subjects.all[place].trust.as_ref());
    let all = details.role_detail_list.iter().zip(trusts).zip(verdicts);
    let mut roles: Vec<Role> = all
        .map(|((role, trust), verdict)| principals::role(role, trust, verdict, as_of, gaps))
        .collect();
    roles.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
    listed(roles, lists.roles)
}

fn known<T>(value: T, is_known: bool) -> Fact<T> {
    if is_known { Fact::Known(value) } else { Fact::missing(SOURCE) }
}

/// What is on a list; missing if nothing is, and something should be.
fn listed<T>(list: Vec<T>, is_whole: bool) -> Fact<Vec<T>> {
    let is_known = is_whole || !list.is_empty();
    known(list, is_known)
}
