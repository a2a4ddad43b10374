//! What users, groups, roles and policies permit, as IAM evaluates them.

mod account;
mod counts;
mod policies;
mod principals;
mod read;
mod trust;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use portcullis_iam::{self as iam, Account, Judgement, Lack, PolicyId, PrincipalId, Rank};
use portcullis_model::{
    Border, Certainty, Escalation, Fact, Gap, Grant, Group, Policy, Role, Source, Sources,
};

pub(super) use self::account::AccountFacts;
pub(super) use self::principals::{attached_policies, inline_policies};
use self::read::Reading;
pub(super) use self::read::read;
use self::trust::Trustees;
use super::answers::Answers;
use super::facts::{if_complete, known_or};
use super::gaps::Gaps;
use super::lists::Lists;
use super::names::name_key;
use crate::shapes::{AuthorizationDetails, UserDetail};

const SOURCE: Source = Source::AccountAuthorizationDetails;

/// Everything that GetAccountAuthorizationDetails shows about permissions.
pub(super) struct Permissions {
    pub(super) groups: Fact<Vec<Group>>,
    pub(super) roles: Fact<Vec<Role>>,
    pub(super) policies: Fact<Vec<Policy>>,
    pub(super) account: AccountFacts,
    /// The ARNs of policies that are attached to principals that do not list them.
    pub(super) unplaced: Vec<String>,
    /// What decides who may assume roles across the border of the account.
    pub(super) border: Fact<Border>,
    /// The other accounts of the same owner that roles trust.
    pub(super) trusted_own_accounts: BTreeSet<String>,
    users: HashMap<String, Privileges>,
}

/// The lists of groups, roles and policies; missing if the permissions are.
pub(super) struct PolicyLists {
    pub(super) groups: Fact<Vec<Group>>,
    pub(super) roles: Fact<Vec<Role>>,
    pub(super) policies: Fact<Vec<Policy>>,
}

impl From<Fact<Permissions>> for PolicyLists {
    fn from(permissions: Fact<Permissions>) -> PolicyLists {
        match permissions {
            Fact::Known(Permissions { groups, roles, policies, .. }) => {
                PolicyLists { groups, roles, policies }
            }
            Fact::Missing(sources) => PolicyLists {
                groups: Fact::Missing(sources),
                roles: Fact::Missing(sources),
                policies: Fact::Missing(sources),
            },
        }
    }
}

/// What a principal can do, or gain by escalation.
#[derive(Clone)]
pub(super) struct Privileges {
    pub(super) administrator: Fact<bool>,
    pub(super) administrator_depends_on: Fact<Vec<String>>,
    pub(super) escalations: Fact<Vec<Escalation>>,
    /// The ids of policies whose Deny prevents an escalation, and that the principal can remove.
    pub(super) removable_guards: Fact<Vec<String>>,
}

/// The function that judges an account: [`iam::judge`], or one in a test that records its results.
pub(super) type Judge<'a> = &'a dyn Fn(&Account, bool) -> Judgement;

/// Reads all policies and judges the account.
pub(super) fn permissions(
    answers: &Answers,
    judge: Judge<'_>,
    gaps: &mut Gaps,
) -> Fact<Permissions> {
    answers.details.as_ref().map(|details| {
        let lists = answers.lists;
        let reading = read(details, answers, gaps);
        let mut judged = Judged::new(&reading, judge);
        let border = border(&reading, &judged);
        let mut users = HashMap::new();
        for (user, id) in details.user_detail_list.iter().zip(&reading.users) {
            users.insert(name_key(&user.user_name), judged.principal(*id, gaps));
        }
        let mut policies = Vec::new();
        for used in &reading.policies {
            let privileges = judged.policy(used.id, gaps);
            policies.push(policies::policy(used, &reading.account, privileges));
        }
        policies.sort_by(|a, b| a.resource_id.cmp(&b.resource_id));
        let mut unplaced = Vec::new();
        for id in reading.unplaced() {
            unplaced.push(reading.account.policy(id).id.clone());
        }
        Permissions {
            users,
            groups: groups(details, &reading, &mut judged, &unplaced, answers, gaps),
            roles: roles(details, &reading, &mut judged, &unplaced, answers, gaps),
            policies: listed(policies, lists.policies),
            account: account::facts(details, &reading, lists),
            unplaced,
            border,
            trusted_own_accounts: trusted_own_accounts(&reading, answers),
        }
    })
}

/// Returns the border of the account. Principals that may have more policies than they list are
/// marked as incomplete.
fn border(reading: &Reading<'_>, judged: &Judged<'_>) -> Fact<Border> {
    if reading.account.id.is_none() {
        return Fact::missing(Source::CallerIdentity);
    }
    let mut account = Cow::Borrowed(&reading.account);
    let has_unplaced = reading.unplaced().next().is_some();
    if has_unplaced || !reading.doubtful_boundaries.is_empty() {
        for principal in &mut account.to_mut().principals {
            let boundary = principal.boundary;
            let is_doubtful = boundary.is_some_and(|id| reading.doubtful_boundaries.contains(&id));
            principal.incomplete |= has_unplaced || is_doubtful;
        }
    }
    Fact::Known(iam::border(&account, |id| judged.rank(id)))
}

impl Permissions {
    /// Returns the privileges of a user.
    pub(super) fn of_user(&self, user: &UserDetail) -> Fact<&Privileges> {
        known_or(self.users.get(&name_key(&user.user_name)), SOURCE)
    }
}

/// The account judged twice: as if unreadable documents allowed nothing, and as if they allowed
/// everything. Where both judgements agree, the unreadable documents do not matter.
struct Judged<'a> {
    account: &'a Account,
    least: Judgement,
    /// None if everything could be read.
    most: Option<Judgement>,
    /// The sources missing if the judgements differ.
    missing: Sources,
    /// Whether there are more ways than can be followed.
    is_too_complex: bool,
}

impl<'a> Judged<'a> {
    fn new(reading: &'a Reading<'_>, judge: Judge<'_>) -> Judged<'a> {
        let account = &reading.account;
        let unplaced: Vec<PolicyId> = reading.unplaced().collect();
        let doubtful = &reading.doubtful_boundaries;
        let is_consistent = unplaced.is_empty() && doubtful.is_empty();
        let is_read = reading.all_read && account.unlisted.is_empty() && is_consistent;
        let least = judge(account, false);
        let is_sure = is_read && least.lacks.is_empty();
        let most = (!is_sure).then(|| {
            let mut account = Cow::Borrowed(account);
            if !is_consistent {
                let account = account.to_mut();
                let granted = allows_of(&unplaced, &mut account.policies);
                for principal in &mut account.principals {
                    principal.policies.extend(&granted);
                    principal.boundary = principal.boundary.filter(|id| !doubtful.contains(id));
                }
            }
            judge(&account, true)
        });
        let mut missing = if is_read {
            Sources::NONE
        } else {
            SOURCE.into()
        };
        let is_too_complex = least.lacks.contains(&Lack::Budget);
        for lack in least
            .lacks
            .iter()
            .chain(most.iter().flat_map(|most| &most.lacks))
        {
            missing |= Sources::from(source_of(*lack));
        }
        Judged { account, least, most, missing, is_too_complex }
    }

    /// Returns the rank of a principal in its account; must precede [`Judged::principal`], which
    /// takes the privileges.
    fn rank(&self, id: PrincipalId) -> Rank {
        let most = self.most.as_ref().map(|most| &most.principals[id.place()]);
        Rank::new(&self.least.principals[id.place()], most)
    }

    fn principal(&mut self, id: PrincipalId, gaps: &mut Gaps) -> Privileges {
        let least = std::mem::take(&mut self.least.principals[id.place()]);
        let most = self.most.as_ref().map(|most| &most.principals[id.place()]);
        let privileges = self.between(least, most);
        self.explain(&privileges, &self.account.principal(id).arn, gaps);
        privileges
    }

    fn policy(&mut self, id: PolicyId, gaps: &mut Gaps) -> Privileges {
        let least = std::mem::take(&mut self.least.policies[id.place()]);
        let most = self.most.as_ref().map(|most| &most.policies[id.place()]);
        let privileges = self.between(least, most);
        self.explain(&privileges, &self.account.policy(id).id, gaps);
        privileges
    }

    /// Adds a gap for privileges that are missing because there are too many ways to follow.
    fn explain(&self, privileges: &Privileges, resource: &str, gaps: &mut Gaps) {
        if self.is_too_complex && matches!(privileges.escalations, Fact::Missing(_)) {
            let message = "its permissions can be changed in more ways than Portcullis can follow";
            gaps.explain(SOURCE.into(), resource, Gap::TOO_COMPLEX, message);
        }
    }

    /// Returns the facts on which both judgements agree; the others are missing.
    fn between(&self, least: iam::Privileges, most: Option<&iam::Privileges>) -> Privileges {
        let most = most.unwrap_or(&least);
        let same_rank = most.administrator == least.administrator;
        let same_keys = most.administrator_depends_on == least.administrator_depends_on;
        let same_guards = most.removable_guards == least.removable_guards;
        let no_more_ways = same_rank && most.ways.is_empty();
        let is_always = least.administrator && least.administrator_depends_on.is_empty();
        let is_settled = is_always || !least.ways.is_empty() || no_more_ways;
        let mut guards = Vec::new();
        for guard in &least.removable_guards {
            guards.push(self.account.policy(*guard).id.clone());
        }
        Privileges {
            administrator: self.fact(least.administrator, same_rank),
            administrator_depends_on: self.fact(least.administrator_depends_on, same_keys),
            removable_guards: self.fact(guards, same_guards),
            escalations: self.fact(least.ways.into_iter().map(escalation).collect(), is_settled),
        }
    }

    fn fact<T>(&self, value: T, is_known: bool) -> Fact<T> {
        if is_known {
            Fact::Known(value)
        } else {
            Fact::Missing(self.missing)
        }
    }
}

/// Adds the Allow statements of policies as policies of their own: whoever may have several policies may
/// also have only those that allow.
fn allows_of(ids: &[PolicyId], policies: &mut Vec<iam::Policy>) -> Vec<PolicyId> {
    let mut granted = Vec::new();
    for id in ids {
        let mut policy = policies[id.place()].clone();
        if let Some(document) = &mut policy.document {
            document
                .statements
                .retain(|statement| statement.effect == iam::Effect::Allow);
        }
        granted.push(PolicyId::new(policies.len()));
        policies.push(policy);
    }
    granted
}

/// The source that would supply what an evaluation lacks.
pub(crate) fn source_of(lack: Lack) -> Source {
    match lack {
        Lack::Organization => Source::Organization,
        Lack::Document | Lack::Tags | Lack::Budget => SOURCE,
    }
}

fn escalation(way: iam::Way) -> Escalation {
    let mut grants = Vec::new();
    for iam::GrantedAction { action, policy, statement, conditional } in way.grants {
        grants.push(Grant { action: action.to_owned(), policy, statement, conditional });
    }
    Escalation {
        method: way.method.to_owned(),
        title: way.title.to_owned(),
        action: grants
            .first()
            .map(|grant| grant.action.clone())
            .unwrap_or_default(),
        certainty: match way.certainty {
            iam::Certainty::Certain => Certainty::Certain,
            iam::Certainty::Conditional => Certainty::Conditional,
            iam::Certainty::Possible => Certainty::Possible,
        },
        target: way.target,
        way: way.sentence,
        conditions: way.conditions,
        grants,
    }
}

fn groups(
    details: &AuthorizationDetails,
    reading: &Reading<'_>,
    judged: &mut Judged<'_>,
    unplaced: &[String],
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<Group>> {
    let mut members: HashMap<String, u32> = HashMap::new();
    for name in details
        .user_detail_list
        .iter()
        .flat_map(|user| &user.group_list)
    {
        *members.entry(name_key(name)).or_default() += 1;
    }
    let mut groups = Vec::new();
    for (group, id) in details.group_detail_list.iter().zip(&reading.groups) {
        let count = members
            .get(&name_key(&group.group_name))
            .copied()
            .unwrap_or(0);
        let count = if_complete(count, answers.lists.users, SOURCE);
        groups.push(principals::group(group, count, judged.principal(*id, gaps), unplaced));
    }
    groups.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
    listed(groups, answers.lists.groups)
}

fn roles(
    details: &AuthorizationDetails,
    reading: &Reading<'_>,
    judged: &mut Judged<'_>,
    unplaced: &[String],
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<Role>> {
    let mut roles = Vec::new();
    for (role, id) in details.role_detail_list.iter().zip(&reading.roles) {
        let trust = reading.account.principal(*id).trust.as_ref();
        let trustees = Trustees::new(trust, &reading.account).known(&answers.own_accounts);
        let trustees = trustees.of_role(&role.role_name);
        let privileges = judged.principal(*id, gaps);
        roles.push(principals::role(role, &trustees, privileges, unplaced, answers, gaps));
    }
    roles.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
    listed(roles, answers.lists.roles)
}

/// Returns the other accounts of the same owner that roles trust, sorted.
fn trusted_own_accounts(reading: &Reading<'_>, answers: &Answers) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for id in &reading.roles {
        let trust = reading.account.principal(*id).trust.as_ref();
        let trustees = Trustees::new(trust, &reading.account).known(&answers.own_accounts);
        ids.extend(trustees.of_same_owner());
    }
    ids
}

/// Returns a list; missing if it is empty and not complete.
fn listed<T>(list: Vec<T>, is_whole: bool) -> Fact<Vec<T>> {
    let is_known = is_whole || !list.is_empty();
    if_complete(list, is_known, SOURCE)
}
