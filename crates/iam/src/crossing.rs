//! Ways from one account into others of the same owner.
//!
//! A principal may assume a role of another account if its own account allows that, and the role's trust policy
//! lets it in: both must allow, unlike within an account.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
//!
//! Before that, and in each account that it enters, it may become other principals there: by assuming roles, or for certain
//! in other ways. Whoever can become an administrator of an account goes on as any principal that an administrator can
//! become, which is all but the roles that AWS alone changes.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;
use portcullis_model::{
    AccountId, Arn, Border, BorderPrincipal, BorderRank, HomeStep, PrincipalKind,
};

use crate::account::{Account, Organization, Principal};
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, Permissions, PolicyDocument, PrincipalElement, Selection};
use crate::probe;
use crate::trust::{ASSUME_ROLE, Chosen, Grant, TrustPolicy, brought_by_requests, session_of};
use crate::truth::{Doubts, Lack};
use crate::value::Value;

/// One of the accounts between which ways are searched.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// The id.
    pub id: AccountId,
    /// The time of the judgement.
    pub now: Timestamp,
    /// Its border; none: not known.
    pub border: Option<&'a Border>,
}

/// A user or role that may leave its account and is not an administrator there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Crossing {
    /// What it is.
    pub kind: PrincipalKind,
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The privileged roles that it can reach: those without conditions first, then by ARN.
    pub roles: Vec<ReachedRole>,
    /// What was not read, but would decide whether there are more, with the id of its account.
    pub lacks: BTreeSet<(Lack, AccountId)>,
}

/// A role of another account that is an administrator there, or can become one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReachedRole {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The account.
    pub account: String,
    /// Whether it is an administrator; false: it can become one.
    pub administrator: bool,
    /// The condition keys on which it depends, as the policies spell them; empty: it is certain.
    pub conditions: Vec<String>,
    /// The ARNs of those whom one becomes before it, in order.
    pub via: Vec<String>,
    /// All steps that it takes, as a phrase that completes "it may …".
    pub way: String,
}

/// The accounts of one owner, with the ways between them.
#[derive(Debug)]
pub struct Neighbours<'a> {
    accounts: Vec<Neighbour<'a>>,
    nodes: Vec<Node<'a>>,
    /// By account: the roles that name its principals.
    entries: HashMap<AccountId, Vec<usize>>,
    /// The roles that may admit principals of any account.
    open: Vec<usize>,
    /// By account: the roles in others that an administrator of it may assume.
    administrators: Vec<OnceCell<Hops>>,
}

#[derive(Debug)]
struct Neighbour<'a> {
    account: Account,
    documents: Vec<Option<PolicyDocument>>,
    /// None: not known.
    border: Option<&'a Border>,
}

/// A user or role of an account.
#[derive(Debug)]
struct Node<'a> {
    account: usize,
    principal: Principal,
    /// What its account's border says of it.
    entry: &'a BorderPrincipal,
    /// The index of the first node of its account.
    first: usize,
    hops: OnceCell<Hops>,
}

/// The principals that a node can become.
#[derive(Debug, Default)]
struct Hops {
    all: Vec<Hop>,
    /// What was not read, but would decide whether there are more, with the id of its account.
    lacks: BTreeSet<(Lack, AccountId)>,
}

/// A step from one principal to another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Hop {
    to: usize,
    /// The condition keys on which it depends.
    keys: BTreeSet<String>,
    how: How,
}

/// How one becomes another.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum How {
    /// By assuming a role.
    Assume,
    /// By the account's way with this index.
    Way(usize),
    /// By changing itself.
    Change,
    /// By assuming a role as an administrator of its account, or as the named principal.
    AsAdministrator(Option<String>),
}

/// How a node is reached.
struct Route {
    keys: BTreeSet<String>,
    /// The previous node, and how it goes on from there; none: it starts here.
    last: Option<(usize, How)>,
    /// Whether it has not left the account that it started in.
    is_at_home: bool,
}

impl<'a> Neighbours<'a> {
    /// Creates the graph of these accounts.
    pub fn new(parties: &[Party<'a>]) -> Neighbours<'a> {
        let mut all = Neighbours {
            accounts: Vec::new(),
            nodes: Vec::new(),
            entries: HashMap::new(),
            open: Vec::new(),
            administrators: Vec::new(),
        };
        all.administrators.resize_with(parties.len(), OnceCell::new);
        for (place, party) in parties.iter().enumerate() {
            all.accounts.push(Neighbour::new(party));
            let first = all.nodes.len();
            for principal in party.border.iter().flat_map(|border| &border.principals) {
                let node = all.accounts[place].node(place, first, principal);
                all.add(node);
            }
        }
        all
    }

    fn add(&mut self, node: Node<'a>) {
        let place = self.nodes.len();
        let own = self.accounts[node.account].account.id;
        let mut let_in = BTreeSet::new();
        let mut is_open = false;
        for (.., element) in node.principal.trust.iter().flat_map(TrustPolicy::admitting) {
            is_open |= *element == PrincipalElement::Anyone;
            let_in.extend(element.account());
        }
        if is_open {
            self.open.push(place);
        } else {
            for id in let_in.into_iter().filter(|id| Some(*id) != own) {
                self.entries.entry(id).or_default().push(place);
            }
        }
        self.nodes.push(node);
    }

    /// The users and roles of an account, by its index, that may assume roles in others and are not
    /// administrators.
    pub fn crossings(&self, account: usize) -> Vec<Crossing> {
        let mut crossings = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let is_today = node.entry.changed_by.is_none();
            let is_one = node.account == account && is_today && !node.is_administrator();
            if !is_one || !self.leads_on(place) {
                continue;
            }
            let (routes, lacks) = self.routes(place);
            let roles = self.privileged(&routes);
            // Its own account reports it already, whatever is unknown about others.
            if node.leaves() || !roles.is_empty() {
                crossings.push(Crossing {
                    kind: node.principal.kind,
                    arn: node.principal.arn.clone(),
                    name: node.principal.name.clone(),
                    roles,
                    lacks,
                });
            }
        }
        crossings
    }

    /// Whether a principal may leave its account, directly or as somebody else.
    fn leads_on(&self, place: usize) -> bool {
        let changes = self.changed(place).next().is_some();
        changes || self.nodes[place].leaves() || self.nodes[place].entry.escalates_by.is_some()
    }

    /// The nodes for a principal after changes, which follow right after it.
    fn changed(&self, place: usize) -> impl Iterator<Item = usize> {
        let node = &self.nodes[place];
        let after = self.nodes.iter().enumerate().skip(place + 1);
        let changed = after.take_while(|(_, other)| {
            other.entry.changed_by.is_some()
                && other.account == node.account
                && other.principal.arn == node.principal.arn
        });
        changed
            .map(|(place, _)| place)
            .filter(|_| node.entry.changed_by.is_none())
    }

    /// The privileged roles among the nodes that are reached.
    fn privileged(&self, routes: &BTreeMap<usize, Route>) -> Vec<ReachedRole> {
        let mut reached = Vec::new();
        for (place, route) in routes {
            let node = &self.nodes[*place];
            // A principal that is only taken over is reported with the role through which its
            // account is entered.
            let is_assumed = matches!(route.last, Some((_, How::Assume | How::AsAdministrator(_))));
            if route.is_at_home || node.entry.rank == BorderRank::Other || !is_assumed {
                continue;
            }
            let mut keys = route.keys.clone();
            keys.extend(node.entry.depends_on.iter().cloned());
            let (via, way) = self.describe(*place, routes);
            reached.push(ReachedRole {
                arn: node.principal.arn.clone(),
                name: node.principal.name.clone(),
                account: self.accounts[node.account].account.id_text().to_owned(),
                administrator: node.entry.rank == BorderRank::Administrator,
                conditions: keys.into_iter().collect(),
                via,
                way,
            });
        }
        reached.sort_by(|a, b| {
            (!a.conditions.is_empty(), &a.arn).cmp(&(!b.conditions.is_empty(), &b.arn))
        });
        reached
    }

    /// The ARNs on the route to a node, and all steps that it takes.
    fn describe(&self, to: usize, routes: &BTreeMap<usize, Route>) -> (Vec<String>, String) {
        let (mut via, mut steps) = (Vec::new(), Vec::new());
        let mut place = to;
        while let Some((before, how)) = &routes[&place].last {
            let (node, from) = (&self.nodes[place], &self.nodes[*before]);
            let arn = &node.principal.arn;
            if place != to && *how != How::Change {
                via.push(arn.clone());
            }
            steps.push(match how {
                How::Assume if node.account == from.account => {
                    format!("assume role {}", node.principal.name)
                }
                How::Assume => format!("assume {arn}"),
                How::Way(way) => {
                    let border = self.accounts[node.account].border;
                    let way = border.and_then(|border| border.ways.get(*way));
                    way.map(|way| way.replace("{target}", &node.principal.name))
                        .unwrap_or_default()
                }
                How::Change => node.entry.changed_by.clone().unwrap_or_default(),
                How::AsAdministrator(None) => format!("as an administrator, assume {arn}"),
                How::AsAdministrator(Some(other)) => {
                    via.push(other.clone());
                    let name = other.rsplit('/').next().unwrap_or(other);
                    format!("as an administrator, become {name} and assume {arn}")
                }
            });
            if matches!(how, How::AsAdministrator(_)) {
                steps.extend(from.entry.escalates_by.clone());
            }
            place = *before;
        }
        via.reverse();
        steps.reverse();
        (via, steps.join(", then "))
    }

    /// The routes to all nodes, without conditions where possible; and what was not read, but would
    /// decide whether there are more.
    fn routes(&self, start: usize) -> (BTreeMap<usize, Route>, BTreeSet<(Lack, AccountId)>) {
        let none = Route { keys: BTreeSet::new(), last: None, is_at_home: true };
        let mut routes = BTreeMap::from([(start, none)]);
        let mut lacks = BTreeSet::new();
        for is_conditional in [false, true] {
            let mut queue: VecDeque<usize> = routes.keys().copied().collect();
            while let Some(place) = queue.pop_front() {
                let hops = self.hops(place);
                lacks.extend(&hops.lacks);
                let as_administrator = self.hops_as_administrator(place);
                for Hop { to, keys, how } in hops.all.iter().chain(as_administrator) {
                    if routes.contains_key(to) || !is_conditional && !keys.is_empty() {
                        continue;
                    }
                    let before = &routes[&place];
                    let stays = self.nodes[*to].account == self.nodes[place].account;
                    let mut route = Route {
                        keys: before.keys.clone(),
                        last: Some((place, how.clone())),
                        is_at_home: before.is_at_home && stays,
                    };
                    route.keys.extend(keys.iter().cloned());
                    routes.insert(*to, route);
                    queue.push_back(*to);
                }
            }
        }
        (routes, lacks)
    }

    fn hops(&self, from: usize) -> &Hops {
        self.nodes[from].hops.get_or_init(|| self.find_hops(from))
    }

    fn find_hops(&self, from: usize) -> Hops {
        let node = &self.nodes[from];
        let mut hops = Hops::default();
        for to in self.changed(from) {
            hops.all
                .push(Hop { to, keys: BTreeSet::new(), how: How::Change });
        }
        for step in self.home_steps(node) {
            let to = node.first.saturating_add(step.principal);
            // A manipulated report may contain any index.
            if self
                .nodes
                .get(to)
                .is_some_and(|role| role.account == node.account)
            {
                let how = step.way.map_or(How::Assume, How::Way);
                hops.all
                    .push(Hop { to, keys: step.conditions.iter().cloned().collect(), how });
            }
        }
        let Some(id) = self.accounts[node.account].account.id else {
            return hops;
        };
        for to in self
            .entries
            .get(&id)
            .into_iter()
            .flatten()
            .chain(&self.open)
        {
            let role = &self.nodes[*to];
            let Some(decided) =
                self.decide(node.account, &node.principal, node.entry.boundary, role)
            else {
                continue;
            };
            if node.principal.incomplete {
                hops.lacks.insert((Lack::Document, id));
            }
            let brings = self.brings(role);
            let request = self.request(node.account, &node.principal, role, &brings);
            let decision = self.permission(node, &request).within(decided);
            if !decision.may_be_allowed() {
                continue;
            }
            let doubts = decision.doubts();
            if doubts.lacks.is_empty() {
                hops.all
                    .push(Hop { to: *to, keys: doubts.keys, how: How::Assume });
            }
            for lack in doubts.lacks {
                let accounts = self.lacking(lack, node, role);
                hops.lacks
                    .extend(accounts.into_iter().map(|account| (lack, account)));
            }
        }
        for account in self.incomplete_in_reach(node) {
            hops.lacks.insert((Lack::Document, account));
        }
        hops.all.sort();
        hops
    }

    /// The roles of other accounts that a principal may assume as an administrator of its own.
    fn hops_as_administrator(&self, from: usize) -> &[Hop] {
        let node = &self.nodes[from];
        if !node.is_administrator() && node.entry.escalates_by.is_none() {
            return &[];
        }
        let hops = &self.administrators[node.account];
        &hops
            .get_or_init(|| self.find_hops_as_administrator(node.account))
            .all
    }

    /// An administrator gives itself the permission, and becomes any principal that a trust policy
    /// names, except roles that only AWS changes.
    fn find_hops_as_administrator(&self, account: usize) -> Hops {
        let mut hops = Hops::default();
        let Account { id: Some(id), partition, .. } = &self.accounts[account].account else {
            return hops;
        };
        let anyone = format!("arn:{partition}:iam::{id}:user/{}", probe::NAME);
        for to in self.entries.get(id).into_iter().flatten().chain(&self.open) {
            let role = &self.nodes[*to];
            let chosen = role.principal.trust.iter().flat_map(TrustPolicy::chosen);
            let mut others = vec![None];
            for one in chosen {
                if let Chosen::Arn(arn) = one {
                    others.push(Some(user_or_role(arn)));
                }
            }
            let mut best: Option<Hop> = None;
            for other in others {
                let arn = other.as_ref().unwrap_or(&anyone);
                let Some(principal) = takeable(arn, *id) else {
                    continue;
                };
                let Some(decision) = self.decide(account, &principal, None, role) else {
                    continue;
                };
                let Doubts { keys, lacks } = decision.doubts();
                let is_better = best
                    .as_ref()
                    .is_none_or(|best| keys.len() < best.keys.len());
                if lacks.is_empty() && is_better {
                    best = Some(Hop { to: *to, keys, how: How::AsAdministrator(other) });
                }
            }
            hops.all.extend(best);
        }
        hops
    }

    /// The decision of the trust policy of another account's role about a principal; none: it does
    /// not admit the principal.
    fn decide(
        &self,
        account: usize,
        principal: &Principal,
        boundary: Option<usize>,
        role: &Node<'_>,
    ) -> Option<Decision> {
        let partition = |account: usize| &self.accounts[account].account.partition;
        if role.account == account || partition(role.account) != partition(account) {
            return None;
        }
        let brings = self.brings(role);
        let request = self.request(account, principal, role, &brings);
        let admissions = role
            .principal
            .trust
            .as_ref()?
            .admit(&request, boundary.is_some());
        // Between accounts a permission is needed whatever the trust policy names.
        let decisions = admissions.into_iter().map(|admission| admission.decision);
        Some(Decision::most_allowing(decisions)).filter(Decision::may_be_allowed)
    }

    /// The request of a principal to assume a role of another account.
    fn request<'r>(
        &'r self,
        account: usize,
        principal: &'r Principal,
        role: &'r Node<'_>,
        brings: &'r [(&'r str, Value<'r>)],
    ) -> Request<'r> {
        let context = Context {
            principal: Some(principal),
            ..Context::new(&self.accounts[account].account, brings)
        };
        Request { action: ASSUME_ROLE, resource: &role.principal.arn, context }
    }

    /// The steps that a principal may take within its own account.
    fn home_steps(&self, node: &Node<'_>) -> impl Iterator<Item = &HomeStep> {
        let border = self.accounts[node.account].border;
        border.into_iter().flat_map(move |border| {
            let lists = [node.entry.home_steps, node.entry.takeovers].into_iter();
            lists
                .flatten()
                .filter_map(|place| border.home_steps.get(place))
                .flatten()
        })
    }

    /// The accounts that lack something, of a principal's and a role's; tags belong to the
    /// principal's.
    fn lacking(&self, lack: Lack, node: &Node<'_>, role: &Node<'_>) -> Vec<AccountId> {
        let mut accounts = vec![&self.accounts[node.account].account];
        if lack == Lack::Organization {
            accounts.push(&self.accounts[role.account].account);
            accounts.retain(|account| account.organization == Organization::Unknown);
        }
        accounts
            .into_iter()
            .filter_map(|account| account.id)
            .collect()
    }

    /// The accounts with unknown roles that may be assumed.
    fn incomplete_in_reach(&self, node: &Node<'_>) -> Vec<AccountId> {
        let mut in_reach = Vec::new();
        for (place, Neighbour { account, border, .. }) in self.accounts.iter().enumerate() {
            if border.is_some_and(|border| !border.incomplete) || place == node.account {
                continue;
            }
            let roles = Pattern::glob(&account.iam_arn("role/*"));
            let statements = self
                .documents(node)
                .flat_map(|document| &document.statements);
            let mut allows = statements.filter(|statement| statement.effect == Effect::Allow);
            let may_enter = node.principal.incomplete
                || allows.any(|statement| match &statement.resources {
                    Some(Selection::Only(patterns)) => {
                        patterns.iter().any(|pattern| pattern.may_overlap(&roles))
                    }
                    _ => true,
                });
            in_reach.extend(account.id.filter(|_| may_enter));
        }
        in_reach
    }

    /// The decision of the principal's own account.
    fn permission(&self, node: &Node<'_>, request: &Request<'_>) -> Decision {
        let of_boundary = node.entry.boundary.map(|boundary| {
            let document = self.accounts[node.account].document(boundary);
            document
                .into_iter()
                .flat_map(|document| document.about(ASSUME_ROLE))
        });
        let permissions = Permissions {
            own: self
                .documents(node)
                .flat_map(|document| document.about(ASSUME_ROLE))
                .collect(),
            boundary: of_boundary.map(Iterator::collect),
        };
        permissions.decide(request, Grant::ByPermission)
    }

    fn documents(&self, node: &Node<'_>) -> impl Iterator<Item = &PolicyDocument> {
        let account = &self.accounts[node.account];
        node.entry
            .policies
            .iter()
            .filter_map(|place| account.document(*place))
    }

    /// The condition keys that describe the role, and those that the caller knows or chooses.
    fn brings(&self, role: &Node<'_>) -> Vec<(&str, Value<'_>)> {
        let there = Context::new(&self.accounts[role.account].account, &[]);
        let mut brings = Vec::new();
        for key in ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"] {
            brings.push((key, there.value(key)));
        }
        brings.extend(brought_by_requests());
        brings
    }
}

impl<'a> Neighbour<'a> {
    fn new(party: &Party<'a>) -> Neighbour<'a> {
        let mut documents = Vec::new();
        for json in party.border.iter().flat_map(|border| &border.documents) {
            documents.push(PolicyDocument::from_json(json).ok());
        }
        let organization = match party.border {
            Some(Border { organization: Some(id), .. }) => {
                Organization::Member { id: id.clone(), management: None }
            }
            Some(border) if border.organization_known => Organization::None,
            _ => Organization::Unknown,
        };
        Neighbour {
            account: Account {
                id: Some(party.id),
                partition: party.partition.to_owned(),
                organization,
                now: party.now,
                policies: Vec::new(),
                principals: Vec::new(),
                unlisted: Vec::new(),
                saml_providers: None,
                oidc_providers: None,
            },
            documents,
            border: party.border,
        }
    }

    fn document(&self, place: usize) -> Option<&PolicyDocument> {
        self.documents.get(place)?.as_ref()
    }

    /// Creates the node of a principal of an account; `first` is the index of that account's first
    /// node.
    fn node(&self, account: usize, first: usize, entry: &'a BorderPrincipal) -> Node<'a> {
        let name = entry.arn.rsplit('/').next().unwrap_or_default();
        let trust = entry.trust.and_then(|place| self.document(place));
        let principal = Principal {
            unique_id: entry.unique_id.clone(),
            tags: entry.tags.clone(),
            trust: trust.map(|document| TrustPolicy { document: document.clone() }),
            incomplete: entry.incomplete,
            ..Principal::new(entry.kind, &entry.arn, name)
        };
        Node { account, principal, entry, first, hops: OnceCell::new() }
    }
}

impl Node<'_> {
    /// Whether it is an administrator without conditions.
    fn is_administrator(&self) -> bool {
        self.entry.rank == BorderRank::Administrator && self.entry.depends_on.is_empty()
    }

    /// Whether it may leave its account without first becoming an administrator.
    fn leaves(&self) -> bool {
        let BorderPrincipal { policies, home_steps, takeovers, incomplete, .. } = self.entry;
        *incomplete || !policies.is_empty() || home_steps.is_some() || takeovers.is_some()
    }
}

/// The ARN of a user or role, given its own or that of a role session.
fn user_or_role(arn: &str) -> String {
    match (Arn::parse(arn), session_of(arn)) {
        (Some(parsed), Some((account, role))) => {
            format!("arn:{}:iam::{account}:role/{role}", parsed.partition)
        }
        _ => arn.to_owned(),
    }
}

/// The user or role with this ARN, if it belongs to the account and its administrators can become
/// it.
fn takeable(arn: &str, account: AccountId) -> Option<Principal> {
    let parsed = Arn::parse(arn).filter(|arn| AccountId::parse(arn.account) == Some(account))?;
    let kind = match parsed.resource.split_once('/')?.0 {
        "user" => PrincipalKind::User,
        "role" => PrincipalKind::Role,
        _ => return None,
    };
    let name = arn.rsplit('/').next()?;
    let mut principal = Principal::new(kind, arn, name);
    principal.service_linked = parsed.resource.starts_with("role/aws-service-role/");
    (!principal.is_protected()).then_some(principal)
}
