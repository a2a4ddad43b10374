//! Ways from one account into others of the same owner.
//!
//! A principal may assume a role of another account if its own account allows that, and the role's trust policy
//! lets it in: both must allow, unlike within an account.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
//!
//! Before that, and in each account that it enters, it may assume other roles there. What else it may do within an
//! account is not followed, but for what the account says of the role.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;
use portcullis_model::{AccountId, Border, BorderPrincipal, BorderRank, HomeStep, PrincipalKind};

use crate::account::{Account, Organization, Principal};
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, PrincipalElement, Selection};
use crate::trust::{ASSUME_ROLE, TrustPolicy, brought_by_requests};
use crate::truth::Lack;
use crate::value::Value;

/// One of the accounts between which ways are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// The id.
    pub id: AccountId,
    /// The moment that it is judged at.
    pub now: Timestamp,
    /// What it shows to the others; none: that is not known.
    pub border: Option<&'a Border>,
}

/// A user or role that may leave its account, and is not an administrator there.
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
    /// What was not read, and would decide whether there are more, with the id of its account.
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
    /// The condition keys on which it depends, as the policies write them; none: it is certain.
    pub conditions: Vec<String>,
    /// The ARNs of the roles that are assumed before it.
    pub via: Vec<String>,
}

/// The accounts of one owner, with the ways between them.
#[derive(Debug)]
pub struct Neighbours {
    accounts: Vec<Neighbour>,
    nodes: Vec<Node>,
    /// The roles that let in others, by the account whose principals they name.
    entries: HashMap<AccountId, Vec<usize>>,
    /// Those that may let in principals of any account.
    open: Vec<usize>,
}

#[derive(Debug)]
struct Neighbour {
    account: Account,
    documents: Vec<Option<PolicyDocument>>,
    home_steps: Vec<Vec<HomeStep>>,
    /// Whether it may have roles for others that are not known.
    is_incomplete: bool,
}

/// A user or role of an account.
#[derive(Debug)]
struct Node {
    account: usize,
    principal: Principal,
    /// The places of its policies and its boundary among the documents of the account.
    policies: Vec<usize>,
    boundary: Option<usize>,
    rank: BorderRank,
    depends_on: Vec<String>,
    /// The place among the home steps of its account of those that it may take.
    home_steps: Option<usize>,
    /// The place of the first node of its account.
    first: usize,
    hops: OnceCell<Hops>,
}

/// The roles that a principal may assume.
#[derive(Debug, Default)]
struct Hops {
    /// Each with the condition keys on which it depends.
    roles: Vec<(usize, BTreeSet<String>)>,
    /// What was not read, and would decide whether there are more, with the id of its account.
    lacks: BTreeSet<(Lack, AccountId)>,
}

/// How a role is reached.
struct Route {
    keys: BTreeSet<String>,
    via: Vec<usize>,
    /// Whether it has not left the account that it began in.
    is_at_home: bool,
}

impl Neighbours {
    /// Looks at those accounts.
    #[must_use]
    pub fn new(parties: &[Party<'_>]) -> Neighbours {
        let mut all = Neighbours {
            accounts: Vec::new(),
            nodes: Vec::new(),
            entries: HashMap::new(),
            open: Vec::new(),
        };
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

    fn add(&mut self, node: Node) {
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

    /// The users and roles of an account, by its place, that may assume roles in others and are not administrators.
    #[must_use]
    pub fn crossings(&self, account: usize) -> Vec<Crossing> {
        let mut crossings = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let is_administrator =
                node.rank == BorderRank::Administrator && node.depends_on.is_empty();
            let leaves =
                node.principal.incomplete || !node.policies.is_empty() || node.home_steps.is_some();
            if node.account == account && !is_administrator && leaves {
                let (routes, lacks) = self.routes(place);
                crossings.push(Crossing {
                    kind: node.principal.kind,
                    arn: node.principal.arn.clone(),
                    name: node.principal.name.clone(),
                    roles: self.privileged(&routes),
                    lacks,
                });
            }
        }
        crossings
    }

    /// The privileged roles among those that are reached from a principal.
    fn privileged(&self, routes: &BTreeMap<usize, Route>) -> Vec<ReachedRole> {
        let mut reached = Vec::new();
        for (place, route) in routes {
            let node = &self.nodes[*place];
            if route.is_at_home || node.rank == BorderRank::Other {
                continue;
            }
            let mut keys = route.keys.clone();
            keys.extend(node.depends_on.iter().cloned());
            reached.push(ReachedRole {
                arn: node.principal.arn.clone(),
                name: node.principal.name.clone(),
                account: self.accounts[node.account].account.id_text().to_owned(),
                administrator: node.rank == BorderRank::Administrator,
                conditions: keys.into_iter().collect(),
                via: route.via.iter().map(|via| self.nodes[*via].principal.arn.clone()).collect(),
            });
        }
        reached.sort_by(|a, b| {
            (!a.conditions.is_empty(), &a.arn).cmp(&(!b.conditions.is_empty(), &b.arn))
        });
        reached
    }

    /// How every role is reached, without conditions if that is possible; and what was not read that would decide
    /// whether there are more.
    fn routes(&self, start: usize) -> (BTreeMap<usize, Route>, BTreeSet<(Lack, AccountId)>) {
        let none = Route { keys: BTreeSet::new(), via: Vec::new(), is_at_home: true };
        let mut routes = BTreeMap::from([(start, none)]);
        let mut lacks = BTreeSet::new();
        for is_conditional in [false, true] {
            let mut queue: VecDeque<usize> = routes.keys().copied().collect();
            while let Some(place) = queue.pop_front() {
                let hops = self.hops(place);
                lacks.extend(&hops.lacks);
                for (to, keys) in &hops.roles {
                    if routes.contains_key(to) || !is_conditional && !keys.is_empty() {
                        continue;
                    }
                    let before = &routes[&place];
                    let stays = self.nodes[*to].account == self.nodes[place].account;
                    let mut route = Route {
                        keys: before.keys.clone(),
                        via: before.via.clone(),
                        is_at_home: before.is_at_home && stays,
                    };
                    route.keys.extend(keys.iter().cloned());
                    route.via.extend((place != start).then_some(place));
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
        for step in self.home_steps(node) {
            let place = node.first.saturating_add(step.role);
            // A report that was tampered with may name any place.
            if self.nodes.get(place).is_some_and(|role| role.account == node.account) {
                hops.roles.push((place, step.conditions.iter().cloned().collect()));
            }
        }
        let Some(id) = self.accounts[node.account].account.id else { return hops };
        for place in self.entries.get(&id).into_iter().flatten().chain(&self.open) {
            let role = &self.nodes[*place];
            if role.account == node.account || !self.are_of_one_partition(node, role) {
                continue;
            }
            let brings = self.brings(role);
            let context = Context {
                principal: Some(&node.principal),
                ..Context::new(&self.accounts[node.account].account, &brings)
            };
            let resource = &role.principal.arn;
            let request = Request { action: ASSUME_ROLE, resource, context };
            let trust = role.principal.trust.as_ref();
            // Between accounts a permission is needed whatever the trust policy names.
            let admissions = trust.map(|it| it.admit(&request, node.boundary.is_some()));
            let decisions = admissions.into_iter().flatten().map(|admission| admission.decision);
            let admission = Decision::most_allowing(decisions);
            if !admission.may_be_allowed() {
                continue;
            }
            if node.principal.incomplete {
                hops.lacks.insert((Lack::Document, id));
            }
            let decision = self.permission(node, &request).within(admission);
            if !decision.may_be_allowed() {
                continue;
            }
            let doubts = decision.doubts();
            if doubts.lacks.is_empty() {
                hops.roles.push((*place, doubts.keys));
            }
            for lack in doubts.lacks {
                let accounts = self.lacking(lack, node, role);
                hops.lacks.extend(accounts.into_iter().map(|account| (lack, account)));
            }
        }
        for account in self.incomplete_in_reach(node) {
            hops.lacks.insert((Lack::Document, account));
        }
        hops.roles.sort();
        hops
    }

    /// The steps that a principal may take within its own account.
    fn home_steps(&self, node: &Node) -> &[HomeStep] {
        let all = &self.accounts[node.account].home_steps;
        node.home_steps.and_then(|place| all.get(place)).map_or(&[], Vec::as_slice)
    }

    fn are_of_one_partition(&self, one: &Node, other: &Node) -> bool {
        let partition = |node: &Node| &self.accounts[node.account].account.partition;
        partition(one) == partition(other)
    }

    /// Whose lack that is, of a principal's account and a role's; tags are the principal's.
    fn lacking(&self, lack: Lack, node: &Node, role: &Node) -> Vec<AccountId> {
        let mut accounts = vec![&self.accounts[node.account].account];
        if lack == Lack::Organization {
            accounts.push(&self.accounts[role.account].account);
            accounts.retain(|account| account.organization == Organization::Unknown);
        }
        accounts.into_iter().filter_map(|account| account.id).collect()
    }

    /// The accounts whose roles are not all known and may be assumed.
    fn incomplete_in_reach(&self, node: &Node) -> Vec<AccountId> {
        let mut in_reach = Vec::new();
        for (place, Neighbour { account, is_incomplete, .. }) in self.accounts.iter().enumerate() {
            if !is_incomplete || place == node.account {
                continue;
            }
            let roles = format!("arn:{}:iam::{}:role/*", account.partition, account.id_text());
            let roles = Pattern::glob(&roles);
            let statements = self.documents(node).flat_map(|document| &document.statements);
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

    /// What the principal's own account decides.
    fn permission(&self, node: &Node, request: &Request<'_>) -> Decision {
        let statements = self.documents(node).flat_map(|document| &document.statements);
        let decision = Decision::by(statements, request);
        let Some(boundary) = node.boundary else { return decision };
        let boundary = self.accounts[node.account].document(boundary);
        decision.within(boundary.map_or(Decision::Silent, |boundary| boundary.decide(request)))
    }

    fn documents(&self, node: &Node) -> impl Iterator<Item = &PolicyDocument> {
        let account = &self.accounts[node.account];
        node.policies.iter().filter_map(|place| account.document(*place))
    }

    /// The values of keys that are about the role, or that the caller must know, or be allowed to choose.
    fn brings<'a>(&'a self, role: &Node) -> Vec<(&'a str, Value<'a>)> {
        let there = Context::new(&self.accounts[role.account].account, &[]);
        let mut brings = Vec::new();
        for key in ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"] {
            brings.push((key, there.value(key)));
        }
        brings.extend(brought_by_requests());
        brings
    }
}

impl Neighbour {
    fn new(party: &Party<'_>) -> Neighbour {
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
            home_steps: party.border.map_or_else(Vec::new, |border| border.home_steps.clone()),
            is_incomplete: party.border.is_none_or(|border| border.incomplete),
            documents,
        }
    }

    fn document(&self, place: usize) -> Option<&PolicyDocument> {
        self.documents.get(place)?.as_ref()
    }

    /// The node of a principal of that account, the first of which has that place.
    fn node(&self, account: usize, first: usize, drawn: &BorderPrincipal) -> Node {
        let name = drawn.arn.rsplit('/').next().unwrap_or_default();
        let trust = drawn.trust.and_then(|place| self.document(place));
        Node {
            account,
            principal: Principal {
                unique_id: drawn.unique_id.clone(),
                tags: drawn.tags.clone(),

                trust: trust.map(|document| TrustPolicy { document: document.clone() }),
                incomplete: drawn.incomplete,
                ..Principal::new(drawn.kind, &drawn.arn, name)
            },
            policies: drawn.policies.clone(),
            boundary: drawn.boundary,
            rank: drawn.rank,
            depends_on: drawn.depends_on.clone(),
            home_steps: drawn.home_steps,
            first,
            hops: OnceCell::new(),
        }
    }
}
