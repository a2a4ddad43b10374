//! Changes to roles of running resources that a node controls.

use std::collections::BTreeSet;

use super::edges::Edge;
use super::methods::{Changes, Method, Methods};
use super::nodes::NodeId;
use super::reach::Explored;
use super::search::{Search, Wait};
use super::step::{Step, Target};
use crate::account::PrincipalId;

/// A set of methods that control what runs with a role, one bit each.
type Controls = u128;

/// The methods that control what runs with a role, with their bits.
fn controlling() -> impl Iterator<Item = (Controls, &'static Method)> {
    let all = Methods::all().filter(|method| method.changes == Changes::RunningRole);
    all.enumerate().map(|(bit, method)| (1 << bit, method))
}

impl Search<'_> {
    /// Looks for methods on the roles of running resources that a node controls.
    pub(super) fn look_at_running(&mut self, id: NodeId) {
        let mut usable: Controls = 0;
        for (bit, method) in controlling() {
            if self.mentions(Wait { node: id, method }) && self.may_use_all(id, &method.actions) {
                usable |= bit;
            }
        }
        if usable == 0 {
            return;
        }
        for by in Wait::all(id) {
            if !by.method.changes.is_of_holder() || !self.mentions(by) {
                continue;
            }
            let mut seen = BTreeSet::new();
            for (arn, holders) in self.in_range(id, by.method.actions[0]) {
                let mut roles = holders.to_vec();
                roles.retain(|role| self.controls(*role) & usable != 0);
                if roles.is_empty() || !self.may_change(by, arn) {
                    continue;
                }
                for role in roles {
                    if !self.node(id).ways.contains_key(&by.method.number) && seen.insert(role) {
                        self.change_running(by, role, usable);
                    }
                }
            }
        }
    }

    /// Tries a method on a role that the node acts as, through one of the methods that control what
    /// runs with it.
    fn change_running(&mut self, by: Wait, role: PrincipalId, usable: Controls) {
        let usable = usable & self.controls(role);
        let target = Target::Principal(role);
        let ways = controlling().filter(|(bit, _)| usable & bit != 0);
        let steps = ways.filter_map(|(_, method)| self.attempt(Wait { method, ..by }, "", &target));
        if let Some(step) = steps.max_by_key(Step::certainty) {
            let edge = Edge::new(by, self.of_principal[role.place()], step);
            self.change_other(&edge, &mut Explored::new());
        }
    }

    /// The methods that may control what runs with a principal, since its trust policy admits one
    /// of their services.
    fn controls(&self, id: PrincipalId) -> Controls {
        self.running.get_or_init(|| self.find_controls())[id.place()]
    }

    fn find_controls(&self) -> Vec<Controls> {
        let services: BTreeSet<&String> = controlling()
            .flat_map(|(_, method)| &method.services)
            .collect();
        let mut all = Vec::new();
        for principal in &self.account().principals {
            let trust = principal
                .trust
                .as_ref()
                .filter(|_| !principal.service_linked);
            let mut admitted = services.clone();
            admitted
                .retain(|it| trust.is_some_and(|trust| trust.admits_provider(it, self.account())));
            let serve = |method: &Method| method.services.iter().any(|it| admitted.contains(it));
            all.push(
                controlling()
                    .filter(|(_, method)| serve(method))
                    .map(|(bit, _)| bit)
                    .sum(),
            );
        }
        all
    }
}
