//! Spreads privileges from the administrators to those who can become one.

use std::cmp::Reverse;

use portcullis_model::PrincipalKind;

use super::attempt::providers_of;
use super::methods::{Changes, Methods};
use super::nodes::{NodeId, NodeKind};
use super::reach::asks_for_tags;
use super::search::{Road, Search, Wait};
use super::step::Target;
use crate::account::PrincipalId;
use crate::trust::TrustPolicy;

impl Search<'_> {
    pub(super) fn spread(&mut self) {
        while let Some((rank, Reverse(id))) = self.queue.pop() {
            // An outdated entry: the node turned out to be more privileged later.
            if self.node(id).rank != Some(rank) {
                continue;
            }
            // All entries of this node and rank are handled at once.
            while self.queue.peek() == Some(&(rank, Reverse(id))) {
                self.queue.pop();
            }
            let edges = self.leading_to.remove(&id).unwrap_or_default();
            for edge in &edges {
                self.arrive(edge, id, rank);
            }
            if !self.node(id).is_sure() {
                self.leading_to.entry(id).or_default().extend(edges);
            }
            match self.node(id).kind {
                NodeKind::Principal(principal) => {
                    for (road, resource, target) in self.roads_to(principal) {
                        self.spread_on(road, &resource, id, &target);
                    }
                    self.spread_by_trust(id, &Target::Principal(principal));
                }
                NodeKind::Session(role, tags) => {
                    let (road, target) = ((Changes::RoleSession, ""), Target::Session(role, tags));
                    let arn = &self.account().principal(role).arn;
                    self.spread_on(road, arn, id, &target);
                    self.spread_by_trust(id, &target);
                }
                NodeKind::Policy | NodeKind::Changed => {}
            }
        }
    }

    /// Tries those who wait for the resource, and keeps those for whom it was of no use.
    fn spread_on(&mut self, road: Road, resource: &str, to: NodeId, target: &Target) {
        let mut of_road = self.waiting.remove(&road).unwrap_or_default();
        for (length, of_length) in &mut of_road {
            let beginning = resource.get(..*length);
            if let Some(waits) = beginning.and_then(|beginning| of_length.get_mut(beginning)) {
                waits.retain(|wait| !self.try_one(*wait, resource, to, target));
            }
        }
        self.waiting.insert(road, of_road);
    }

    /// Tries those who need no permission to assume the role: it singles them out, or admits
    /// anyone.
    fn spread_by_trust(&mut self, to: NodeId, target: &Target) {
        let Some(id) = target.principal() else { return };
        let principal = self.account().principal(id);
        let (arn, trust) = (&principal.arn, principal.trust.as_ref());
        let method = Methods::first(Changes::RoleSession);
        for node in trust.map(|trust| self.chosen(trust)).unwrap_or_default() {
            self.try_one(Wait { node, method }, arn, to, target);
        }
        let is_role = principal.kind == PrincipalKind::Role;
        if is_role && trust.map_or(self.index.generous, TrustPolicy::must_be_tried_on_all) {
            self.try_all(|search| &mut search.acting, arn, to, target);
        }
        let Some(trust) = trust else { return };
        if trust.document.statements.iter().any(asks_for_tags) {
            self.try_all(|search| &mut search.retagged, arn, to, target);
        }
        if self.names.lets_in_newcomers(trust, self.account()) {
            self.try_all(|search| &mut search.newcomers, arn, to, target);
        }
    }

    /// The nodes of the principals that a trust policy singles out, as they are and after changes.
    fn chosen(&self, trust: &TrustPolicy) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for id in self.names.chosen(trust) {
            nodes.push(self.of_principal[id.place()]);
            nodes.extend(self.variants.get(&id).into_iter().flatten());
        }
        nodes
    }

    /// Tries whether all on a list may assume the role, and keeps those for whom it was of no use.
    fn try_all(
        &mut self,
        list: fn(&mut Self) -> &mut Vec<NodeId>,
        arn: &str,
        to: NodeId,
        target: &Target,
    ) {
        let method = Methods::first(Changes::RoleSession);
        let mut nodes = std::mem::take(list(self));
        nodes.retain(|node| !self.try_one(Wait { node: *node, method }, arn, to, target));
        *list(self) = nodes;
    }

    /// Tries a method on somebody privileged. Returns whether it need not be tried on others: only
    /// if the way is certain, since a more certain target may turn up later.
    fn try_one(&mut self, by: Wait, resource: &str, to: NodeId, target: &Target) -> bool {
        let Some(rank) = self.node(to).rank else {
            return false;
        };
        let node = self.node(by.node);
        let known = node.ways.get(&by.method.number).map(|way| way.certainty);
        // If the node is more privileged than the target, it may be what makes the target
        // privileged.
        if node.is_always_administrator() || known >= Some(rank.certainty) || node.rank > Some(rank)
        {
            return node.is_sure();
        }
        let is_itself = node
            .holder
            .is_some_and(|id| *target == Target::Principal(id));
        if is_itself || by.node == to || node.who.identity.service_linked {
            return false;
        }
        let Some(step) = self.attempt(by, resource, target) else {
            return false;
        };
        self.found(by, Some(target.clone()), step, rank);
        self.node(by.node).is_sure()
    }

    /// How others reach somebody privileged, and the resources that they act on.
    pub(super) fn roads_to(&self, id: PrincipalId) -> Vec<(Road, String, Target)> {
        let principal = self.account().principal(id);
        let arn = || principal.arn.clone();
        let mut roads = Vec::new();
        let changes = match principal.kind {
            PrincipalKind::User => Changes::UserCredentials,
            PrincipalKind::Group => return roads,
            PrincipalKind::Role => Changes::RoleTrust,
        };
        if !principal.is_protected() {
            roads.push(((changes, ""), arn(), Target::Principal(id)));
        }
        if principal.kind != PrincipalKind::Role {
            return roads;
        }
        // An unread trust policy may admit.
        let admits = |how: &dyn Fn(&TrustPolicy) -> bool| {
            principal.trust.as_ref().map_or(self.index.generous, how)
        };
        if admits(&TrustPolicy::is_open_to_account) {
            roads.push(((Changes::RoleSession, ""), arn(), Target::Principal(id)));
        }
        for service in Methods::services() {
            if admits(&|trust| trust.admits_provider(service, self.account())) {
                roads.push(((Changes::PassedRole, service), arn(), Target::Principal(id)));
                roads.push(((Changes::RunningRole, service), String::new(), Target::Principal(id)));
            }
        }
        for (changes, provider) in providers_of(principal, self.account()) {
            let target = Target::Provider(provider.to_owned(), id);
            roads.push(((changes, ""), provider.to_owned(), target));
        }
        roads
    }

    /// Who could use a method that lets one become the principal, and on which resource.
    pub(super) fn candidates(&self, id: PrincipalId) -> Vec<(Wait, String, Target)> {
        let mut candidates = Vec::new();
        for (road, resource, target) in self.roads_to(id) {
            for (length, of_length) in self.waiting.get(&road).into_iter().flatten() {
                let beginning = resource.get(..*length);
                let waits = beginning.and_then(|beginning| of_length.get(beginning));
                for wait in waits.into_iter().flatten() {
                    if wait.method.changes.acts_as_other() {
                        candidates.push((*wait, resource.clone(), target.clone()));
                    }
                }
            }
        }
        let principal = self.account().principal(id);
        let trust = principal.trust.as_ref();
        let method = Methods::first(Changes::RoleSession);
        let mut nodes = trust.map(|trust| self.chosen(trust)).unwrap_or_default();
        if trust.is_some_and(TrustPolicy::must_be_tried_on_all) {
            nodes.extend(&self.acting);
        }
        for node in nodes {
            let target = Target::Principal(id);
            candidates.push((Wait { node, method }, principal.arn.clone(), target));
        }
        candidates
    }
}
