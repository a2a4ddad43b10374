//! What an account shows to the others of its owner: whom it lets out, and whom it lets in.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use portcullis_model::{AccountId, Border, BorderPrincipal, BorderRank, HomeStep, PrincipalKind};

use crate::account::{Account, Organization, PolicyId, Principal, PrincipalId};
use crate::escalation::{Certainty, Privileges, policies_of};
use crate::home::{HomeSteps, home_steps};
use crate::pattern::{ARN_FIELDS, Pattern};
use crate::policy::{PolicyDocument, PrincipalElement, Selection, Statement};
use crate::trust::{ASSUME_ROLE, TrustPolicy};

/// What a principal is in its own account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rank {
    /// An administrator, depending on these condition keys.
    Administrator(Vec<String>),
    /// It can become one, depending on these conditions.
    Escalating(Vec<String>),
    /// Neither.
    Other,
    /// More than that, perhaps.
    Unknown,
}

impl Rank {
    /// The rank of who is judged so if what was not read says nothing and, where that matters, so if it allows
    /// everything.
    #[must_use]
    pub fn new(least: &Privileges, most: Option<&Privileges>) -> Rank {
        let keys = &least.administrator_depends_on;
        let way = |certainty| least.ways.iter().find(|way| way.certainty == certainty);
        let is_escalating = way(Certainty::Certain).is_some();
        if is_escalating && !(least.administrator && keys.is_empty()) {
            Rank::Escalating(Vec::new())
        } else if least.administrator {
            Rank::Administrator(keys.clone())
        } else if let Some(way) = way(Certainty::Conditional) {
            Rank::Escalating(way.conditions.clone())
        } else if most.is_some_and(|most| most.administrator || !most.ways.is_empty()) {
            Rank::Unknown
        } else {
            Rank::Other
        }
    }

    fn is_always_administrator(&self) -> bool {
        matches!(self, Rank::Administrator(keys) if keys.is_empty())
    }
}

/// The border of an account whose principals have those ranks.
#[must_use]
pub fn border(account: &Account, rank: impl Fn(PrincipalId) -> Rank) -> Border {
    let (organization_known, organization) = match &account.organization {
        Organization::Unknown => (false, None),
        Organization::None => (true, None),
        Organization::Member { id, .. } => (true, Some(id.clone())),
    };
    let mut drawing = Drawing {
        account,
        places: HashMap::new(),
        drawn: HashMap::new(),
        exits: Vec::new(),
        border: Border {
            organization_known,
            organization,
            incomplete: account.unlisted.contains(&PrincipalKind::Role),
            documents: Vec::new(),
            principals: Vec::new(),
            home_steps: Vec::new(),
        },
    };
    for id in account.principal_ids() {
        drawing.add(id, rank(id));
    }
    let exits = std::mem::take(&mut drawing.exits);
    // Whoever is an administrator at home, or can become one whatever the conditions, needs no such step.
    let is_followed = |id| match rank(id) {
        Rank::Administrator(_) => false,
        Rank::Escalating(conditions) => !conditions.is_empty(),
        Rank::Other | Rank::Unknown => true,
    };
    let steps = home_steps(account, exits, is_followed);
    for (id, steps) in &steps {
        drawing.draw(*id, rank(*id)).incomplete |= steps.incomplete;
    }
    drawing.add_steps(&steps);
    drawing.border
}

/// A border of which some is drawn.
struct Drawing<'a> {
    account: &'a Account,
    /// The documents by their text.
    places: HashMap<String, usize>,
    /// The place of each principal that is drawn.
    drawn: HashMap<PrincipalId, usize>,
    /// The roles that may leave the account, and are not administrators.
    exits: Vec<PrincipalId>,
    border: Border,
}

impl Drawing<'_> {
    /// Adds a principal, if it may leave the account or lets in others who then gain something.
    fn add(&mut self, id: PrincipalId, rank: Rank) {
        let principal = self.account.principal(id);
        if principal.kind == PrincipalKind::Group || principal.service_linked {
            return;
        }
        let mut incomplete = principal.incomplete;
        let mut documents = Vec::new();
        for policy in &*policies_of(self.account, principal, None) {
            match self.reduced(*policy) {
                Some(document) => documents.push(document),
                None => incomplete = true,
            }
        }
        let boundary = match principal.boundary.map(|boundary| self.reduced(boundary)) {
            Some(None) => {
                // An unread boundary allows nothing that is known.
                documents.clear();
                incomplete = true;
                None
            }
            read => read.flatten(),
        };
        documents.retain(|document| !document.statements.is_empty());
        let may_leave = |document: &PolicyDocument| document.may_allow(ASSUME_ROLE);
        let leaves = (incomplete || documents.iter().any(may_leave))
            && boundary.as_ref().is_none_or(may_leave);
        let trust = self.trust_in_others(principal);
        let is_unread = principal.kind == PrincipalKind::Role && principal.trust.is_none();
        self.border.incomplete |= is_unread && rank != Rank::Other;
        self.border.incomplete |= trust.is_some() && rank == Rank::Unknown;
        let is_entry = trust.is_some() && (leaves || rank != Rank::Other);
        let is_exit = leaves && !rank.is_always_administrator();
        if !is_entry && !is_exit {
            return;
        }
        if is_exit && principal.kind == PrincipalKind::Role {
            self.exits.push(id);
        }
        let policies = documents.iter().filter(|_| leaves).map(|it| self.place(it)).collect();
        let boundary = boundary.filter(|_| leaves).map(|boundary| self.place(&boundary));
        let bare = self.bare(principal, rank, trust);
        self.drawn.insert(id, self.border.principals.len());
        self.border.principals.push(BorderPrincipal { policies, boundary, incomplete, ..bare });
    }

    /// A principal that is drawn, or is now.
    fn draw(&mut self, id: PrincipalId, rank: Rank) -> &mut BorderPrincipal {
        let principal = self.account.principal(id);
        let next = self.border.principals.len();
        let place = *self.drawn.entry(id).or_insert(next);
        if place == next {
            let trust = self.trust_in_others(principal);
            let bare = self.bare(principal, rank, trust);
            self.border.principals.push(bare);
        }
        &mut self.border.principals[place]
    }

    /// Puts the principals in order, and adds which roles of the account they may assume.
    fn add_steps(&mut self, steps: &BTreeMap<PrincipalId, Rc<HomeSteps>>) {
        let principals = &mut self.border.principals;
        principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        let place_of = |id| {
            let arn = &self.account.principal(id).arn;
            principals.binary_search_by(|drawn| drawn.arn.cmp(arn))
        };
        let mut sets: HashMap<Vec<HomeStep>, usize> = HashMap::new();
        let mut shared: HashMap<*const HomeSteps, usize> = HashMap::new();
        let mut taken = Vec::new();
        for (id, steps) in steps {
            let number = *shared.entry(Rc::as_ptr(steps)).or_insert_with(|| {
                let mut set = Vec::new();
                for (role, conditions) in &steps.roles {
                    if let Ok(role) = place_of(*role) {
                        set.push(HomeStep {
                            role,
                            conditions: conditions.iter().cloned().collect(),
                        });
                    }
                }
                let next = sets.len();
                *sets.entry(set).or_insert(next)
            });
            taken.push((place_of(*id), number));
        }
        for (place, number) in taken {
            if let Ok(place) = place {
                principals[place].home_steps = Some(number);
            }
        }
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort_by_key(|(_, number)| *number);
        self.border.home_steps = sets.into_iter().map(|(set, _)| set).collect();
    }

    /// A principal without policies.
    fn bare(
        &mut self,
        principal: &Principal,
        rank: Rank,
        trust: Option<TrustPolicy>,
    ) -> BorderPrincipal {
        let (rank, depends_on) = match rank {
            Rank::Administrator(keys) => (BorderRank::Administrator, keys),
            Rank::Escalating(keys) => (BorderRank::Escalating, keys),
            Rank::Other | Rank::Unknown => (BorderRank::Other, Vec::new()),
        };
        BorderPrincipal {
            kind: principal.kind,
            arn: principal.arn.clone(),
            unique_id: principal.unique_id.clone(),
            tags: principal.tags.clone(),
            policies: Vec::new(),
            boundary: None,
            trust: trust.map(|trust| self.place(&trust.document)),
            home_steps: None,
            rank,
            depends_on,
            incomplete: false,
        }
    }

    /// A role's trust policy, if it may let in principals of other accounts.
    fn trust_in_others(&self, principal: &Principal) -> Option<TrustPolicy> {
        let trust = reduced_trust(principal.trust.as_ref()?);
        self.lets_in_others(&trust).then_some(trust)
    }

    /// What a policy says about assuming roles of other accounts; none: it could not be read.
    fn reduced(&self, policy: PolicyId) -> Option<PolicyDocument> {
        let document = self.account.policy(policy).document.as_ref()?;
        let mut reduced = about_assuming(document);
        reduced.statements.retain_mut(|statement| {
            keep(&mut statement.resources, |pattern| !self.is_own(pattern))
        });
        Some(reduced)
    }

    /// Whether only resources of the account itself match it.
    fn is_own(&self, resource: &Pattern) -> bool {
        let fields: Vec<&str> = resource.literal_prefix().splitn(ARN_FIELDS, ':').collect();
        fields.len() == ARN_FIELDS && AccountId::parse(fields[4]) == self.account.id
    }

    /// Whether a trust policy may let in principals of other accounts.
    fn lets_in_others(&self, trust: &TrustPolicy) -> bool {
        trust.admitting().any(|(.., element)| {
            *element == PrincipalElement::Anyone || element.account() != self.account.id
        })
    }

    /// The place of a document among the others.
    fn place(&mut self, document: &PolicyDocument) -> usize {
        let json = document.to_json();
        let documents = &mut self.border.documents;
        let place = self.places.entry(json.to_string()).or_insert(documents.len());
        if *place == documents.len() {
            documents.push(json);
        }
        *place
    }
}

/// The statements about assuming a role, without what else they say.
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

/// Keeps some of what a statement names; whether that leaves it something to be about.
fn keep<T>(named: &mut Option<Selection<T>>, is_kept: impl Fn(&T) -> bool) -> bool {
    let Some(Selection::Only(items)) = named else { return true };
    items.retain(is_kept);
    !items.is_empty()
}
