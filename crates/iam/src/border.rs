//! The border of an account: what other accounts of the same owner must know about it, namely who
//! may leave it and who may enter it.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use portcullis_model::{AccountId, Border, BorderPrincipal, BorderRank, HomeStep, PrincipalKind};

use crate::account::{Account, Organization, PolicyId, Principal, PrincipalId};
use crate::escalation::{Actor, Certainty, Privileges, Takeovers, policies_of};
use crate::home::{WaysHome, ways_home};
use crate::numbered::Numbered;
use crate::pattern::{ARN_FIELDS, Pattern};
use crate::policy::{PolicyDocument, PrincipalElement, Selection, Statement};
use crate::trust::{ASSUME_ROLE, TrustPolicy};

/// The rank of a principal in its own account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rank {
    /// An administrator, depending on these condition keys.
    Administrator(Vec<String>),
    /// It can become one without conditions; how, as a phrase.
    Escalating(String),
    /// It can become one, depending on these conditions.
    EscalatingIf(Vec<String>),
    /// Neither.
    Other,
    /// Unknown: it may have more privileges than are known.
    Unknown,
}

impl Rank {
    /// The rank of a principal, given its privileges if unread policies say nothing and, where that
    /// differs, if they allow everything.
    pub fn new(least: &Privileges, most: Option<&Privileges>) -> Rank {
        let keys = &least.administrator_depends_on;
        let way = |certainty| least.ways.iter().find(|way| way.certainty == certainty);
        let is_always_administrator = least.administrator && keys.is_empty();
        if let Some(way) = way(Certainty::Certain).filter(|_| !is_always_administrator) {
            Rank::Escalating(way.sentence.clone())
        } else if least.administrator {
            Rank::Administrator(keys.clone())
        } else if let Some(way) = way(Certainty::Conditional) {
            Rank::EscalatingIf(way.conditions.clone())
        } else if most.is_some_and(|most| most.administrator || !most.ways.is_empty()) {
            Rank::Unknown
        } else {
            Rank::Other
        }
    }

    /// Whether its ways at home are followed. An administrator there needs none, and whoever can
    /// become one without conditions goes on as an administrator.
    fn is_followed(&self) -> bool {
        !matches!(self, Rank::Administrator(_) | Rank::Escalating(_))
    }

    fn is_always_administrator(&self) -> bool {
        matches!(self, Rank::Administrator(keys) if keys.is_empty())
    }
}

/// The border of an account, given the rank of each principal.
pub fn border(account: &Account, rank: impl Fn(PrincipalId) -> Rank) -> Border {
    let (organization_known, organization) = match &account.organization {
        Organization::Unknown => (false, None),
        Organization::None => (true, None),
        Organization::Member { id, .. } => (true, Some(id.clone())),
    };
    let mut builder = BorderBuilder {
        account,
        read: HashMap::new(),
        documents: Numbered::default(),
        indexes: BTreeMap::new(),
        exits: Vec::new(),
        border: Border {
            organization_known,
            organization,
            incomplete: account.unlisted.contains(&PrincipalKind::Role),
            documents: Vec::new(),
            principals: Vec::new(),
            home_steps: Vec::new(),
            ways: Vec::new(),
        },
    };
    for id in account.principal_ids() {
        builder.add(id, rank(id));
    }
    let is_followed = |id| rank(id).is_followed();
    let takeovers = Takeovers::new(account, is_followed);
    for (actor, documents, boundary) in takeovers.changed_actors() {
        builder.add_changed(actor, &documents, boundary, rank(actor.id));
    }
    let exits = std::mem::take(&mut builder.exits);
    let ways = ways_home(account, exits, takeovers, is_followed);
    for (id, index) in &ways.principals {
        builder.entry(&Actor::new(*id), rank(*id)).incomplete |= ways.steps[*index].incomplete;
    }
    for actor in ways.taken.actors.keys() {
        builder.entry(&Actor::new(actor.id), rank(actor.id));
        builder.entry(actor, rank(actor.id));
    }
    builder.add_steps(ways);
    builder.border
}

/// A border under construction.
struct BorderBuilder<'a> {
    account: &'a Account,
    /// What policies say about assuming roles of other accounts; none: the policy could not be read.
    read: HashMap<PolicyId, Option<Rc<PolicyDocument>>>,
    /// The indexes of the documents, by their text.
    documents: Numbered<String>,
    /// The index of each principal that was added, as it is and as it can make itself.
    indexes: BTreeMap<Actor, usize>,
    /// The principals that may leave the account and are not administrators.
    exits: Vec<PrincipalId>,
    border: Border,
}

impl BorderBuilder<'_> {
    /// Adds a principal if it may leave the account, or admits others who gain something by it.
    fn add(&mut self, id: PrincipalId, rank: Rank) {
        let principal = self.account.principal(id);
        if principal.kind == PrincipalKind::Group || principal.service_linked {
            return;
        }
        let mut incomplete = principal.incomplete;
        let mut documents = Vec::new();
        for policy in &*policies_of(self.account, principal, None) {
            match self.read(*policy) {
                Some(document) => documents.push(document),
                None => incomplete = true,
            }
        }
        let boundary = match principal.boundary.map(|boundary| self.read(boundary)) {
            Some(None) => {
                // An unread boundary may allow nothing.
                documents.clear();
                incomplete = true;
                None
            }
            read => read.flatten(),
        };
        documents.retain(|document| !document.statements.is_empty());
        let may_leave = |document: &Rc<PolicyDocument>| document.may_allow(ASSUME_ROLE);
        let leaves = (incomplete || documents.iter().any(may_leave))
            && boundary.as_ref().is_none_or(may_leave);
        let trust = self.trust_in_others(principal);
        let is_unread = principal.kind == PrincipalKind::Role && principal.trust.is_none();
        self.border.incomplete |= is_unread && rank != Rank::Other;
        self.border.incomplete |= trust.is_some() && rank == Rank::Unknown;
        let is_entry = trust.is_some() && (leaves || rank != Rank::Other);
        let is_exit = leaves && !rank.is_always_administrator();
        let is_escalating = matches!(rank, Rank::Escalating(_));
        if !is_entry && !is_exit && !is_escalating {
            return;
        }
        if is_exit {
            self.exits.push(id);
        }
        let policies = documents
            .iter()
            .filter(|_| leaves)
            .map(|it| self.index(it))
            .collect();
        let boundary = boundary
            .filter(|_| leaves)
            .map(|boundary| self.index(&boundary));
        let entry = self.entry(&Actor::new(id), rank);
        *entry = BorderPrincipal { policies, boundary, incomplete, ..entry.clone() };
    }

    /// Adds a principal as it is after a change, if it may leave the account only then.
    fn add_changed(
        &mut self,
        actor: &Actor,
        documents: &[&PolicyDocument],
        boundary: Option<&PolicyDocument>,
        rank: Rank,
    ) {
        let mut reduced: Vec<_> = documents.iter().map(|it| self.reduced(it)).collect();
        reduced.retain(|document| !document.statements.is_empty());
        let boundary = boundary.map(|boundary| self.reduced(boundary));
        let may_leave = |document: &PolicyDocument| document.may_allow(ASSUME_ROLE);
        if !reduced.iter().any(may_leave) || !boundary.as_ref().is_none_or(may_leave) {
            return;
        }
        let policies: Vec<usize> = reduced.iter().map(|it| self.index(it)).collect();
        let boundary = boundary.map(|boundary| self.index(&boundary));
        if let Some(place) = self.indexes.get(&Actor::new(actor.id)) {
            let unchanged = &self.border.principals[*place];
            if unchanged.policies == policies && unchanged.boundary == boundary {
                return;
            }
        }
        self.exits.push(actor.id);
        self.entry(&Actor::new(actor.id), rank.clone());
        let entry = self.entry(actor, rank);
        entry.policies = policies;
        entry.boundary = boundary;
    }

    /// The entry of a principal, which is added without policies if it is new.
    fn entry(&mut self, actor: &Actor, rank: Rank) -> &mut BorderPrincipal {
        let next = self.border.principals.len();
        let place = *self.indexes.entry(actor.clone()).or_insert(next);
        if place == next {
            let entry = self.new_entry(actor, rank);
            self.border.principals.push(entry);
        }
        &mut self.border.principals[place]
    }

    /// Sorts the principals, and returns the index of each.
    fn sort(&mut self) -> BTreeMap<Actor, usize> {
        let mut drawn: Vec<_> = std::mem::take(&mut self.indexes).into_iter().collect();
        let principals = &self.border.principals;
        drawn.sort_by_key(|(actor, place)| (&principals[*place].arn, actor.clone()));
        let sorted = drawn
            .iter()
            .map(|(_, place)| principals[*place].clone())
            .collect();
        self.border.principals = sorted;
        drawn
            .into_iter()
            .zip(0..)
            .map(|((actor, _), place)| (actor, place))
            .collect()
    }

    /// Sorts the principals, and adds whom in the account they can become.
    fn add_steps(&mut self, ways: WaysHome) {
        let places = self.sort();
        let place_of = |actor: &Actor| places.get(actor).copied();
        let principals = &mut self.border.principals;
        let mut sets = Numbered::default();
        // A list that principals share becomes a set once.
        let mut made = vec![None; ways.steps.len()];
        for (id, &index) in &ways.principals {
            let set = *made[index].get_or_insert_with(|| {
                let mut set = Vec::new();
                for (role, conditions) in &ways.steps[index].roles {
                    if let Some(principal) = place_of(&Actor::new(*role)) {
                        let conditions = conditions.iter().cloned().collect();
                        set.push(HomeStep { principal, conditions, way: None });
                    }
                }
                sets.number(set).0
            });
            if let Some(place) = place_of(&Actor::new(*id)) {
                principals[place].home_steps = Some(set);
            }
        }
        let mut made = vec![None; ways.taken.lists.len()];
        for (actor, &index) in &ways.taken.actors {
            let set = *made[index].get_or_insert_with(|| {
                let mut set = Vec::new();
                for (id, way) in &ways.taken.lists[index] {
                    if let Some(principal) = place_of(&Actor::new(*id)) {
                        let conditions = Vec::new();
                        set.push(HomeStep { principal, conditions, way: Some(*way) });
                    }
                }
                sets.number(set).0
            });
            if let Some(place) = place_of(actor) {
                principals[place].takeovers = Some(set);
            }
        }
        self.border.home_steps = sets.into_items();
        self.border.ways = ways.ways;
    }

    /// An entry without policies.
    fn new_entry(&mut self, actor: &Actor, rank: Rank) -> BorderPrincipal {
        let principal = self.account.principal(actor.id);
        let trust = self
            .trust_in_others(principal)
            .filter(|_| actor.change.is_none());
        let mut escalates_by = None;
        let (rank, depends_on) = match rank {
            Rank::Administrator(keys) => (BorderRank::Administrator, keys),
            Rank::Escalating(way) => {
                escalates_by = Some(way);
                (BorderRank::Escalating, Vec::new())
            }
            Rank::EscalatingIf(keys) => (BorderRank::Escalating, keys),
            Rank::Other | Rank::Unknown => (BorderRank::Other, Vec::new()),
        };
        BorderPrincipal {
            kind: principal.kind,
            arn: principal.arn.clone(),
            changed_by: actor.change.as_ref().map(|(text, _)| text.clone()),
            unique_id: principal.unique_id.clone(),
            tags: principal.tags.clone(),
            policies: Vec::new(),
            boundary: None,
            trust: trust.map(|trust| self.index(&trust.document)),
            home_steps: None,
            takeovers: None,
            escalates_by,
            rank,
            depends_on,
            incomplete: false,
        }
    }

    /// The role's trust policy, if it may admit principals of other accounts.
    fn trust_in_others(&self, principal: &Principal) -> Option<TrustPolicy> {
        let trust = reduced_trust(principal.trust.as_ref()?);
        self.lets_in_others(&trust).then_some(trust)
    }

    /// The statements of a policy about assuming roles of other accounts; none: it could not be
    /// read.
    fn read(&mut self, policy: PolicyId) -> Option<Rc<PolicyDocument>> {
        if let Some(read) = self.read.get(&policy) {
            return read.clone();
        }
        let document = self.account.policy(policy).document.as_ref();
        let read = document.map(|document| Rc::new(self.reduced(document)));
        self.read.insert(policy, read.clone());
        read
    }

    /// The statements of a document about assuming roles of other accounts.
    fn reduced(&self, document: &PolicyDocument) -> PolicyDocument {
        let mut reduced = about_assuming(document);
        reduced.statements.retain_mut(|statement| {
            keep(&mut statement.resources, |pattern| !self.is_own(pattern))
        });
        reduced
    }

    /// Whether it matches only resources of the account itself.
    fn is_own(&self, resource: &Pattern) -> bool {
        let fields: Vec<&str> = resource.literal_prefix().splitn(ARN_FIELDS, ':').collect();
        fields.len() == ARN_FIELDS && AccountId::parse(fields[4]) == self.account.id
    }

    /// Whether a trust policy may admit principals of other accounts.
    fn lets_in_others(&self, trust: &TrustPolicy) -> bool {
        trust.admitting().any(|(.., element)| {
            *element == PrincipalElement::Anyone || element.account() != self.account.id
        })
    }

    /// The index of a document, which is added if it is new.
    fn index(&mut self, document: &PolicyDocument) -> usize {
        let json = document.to_json();
        let (place, is_new) = self.documents.number(json.to_string());
        if is_new {
            self.border.documents.push(json);
        }
        place
    }
}

/// The statements about assuming roles, reduced to that action.
pub(crate) fn about_assuming(document: &PolicyDocument) -> PolicyDocument {
    let mut statements = Vec::new();
    for statement in document.about(ASSUME_ROLE) {
        statements.push(Statement {
            sid: None,
            actions: Selection::Only(vec![Pattern::glob(ASSUME_ROLE)]),
            ..statement.clone()
        });
    }
    PolicyDocument { version: document.version.clone(), statements }
}

/// A trust policy without services and federated users.
fn reduced_trust(trust: &TrustPolicy) -> TrustPolicy {
    let mut document = about_assuming(&trust.document);
    document.statements.retain_mut(|statement| {
        keep(&mut statement.principals, |element| {
            *element == PrincipalElement::Anyone || element.account().is_some()
        })
    });
    TrustPolicy { document }
}

/// Keeps some of the items of a statement. Returns whether any are left.
fn keep<T>(named: &mut Option<Selection<T>>, is_kept: impl Fn(&T) -> bool) -> bool {
    let Some(Selection::Only(items)) = named else {
        return true;
    };
    items.retain(is_kept);
    !items.is_empty()
}
