//! Tries one method on one target.

use super::Certainty;
use super::effective_permissions::{Asked, surest};
use super::methods::{ActionId, Changes, Method};
use super::nodes::NodeId;
use super::reach::{Reached, tests_key};
use super::search::{Search, Wait};
use super::step::{Allowed, Grantor, Step, Target};
use super::tags::{Tagging, borrowed, limits_tags, values_among};
use crate::account::{Account, Principal, PrincipalId};
use crate::context::Resource;
use crate::trust::{ASSUME_ROLE, Admission, Grant, SESSION, TrustPolicy, is_saml};
use crate::value::Value;

const PROFILE: &str = "an instance profile with the role";
const EMPTY_PROFILE: &str = "an instance profile without a role";
const DEMANDS: &str = "what the trust policy requires besides the provider's assertion";

/// The condition keys for which the caller of AssumeRole chooses a single value, whichever policies
/// ask for it.
const CHOSEN_ONCE: [&str; 3] = ["sts:externalid", "sts:rolesessionname", "sts:sourceidentity"];

/// The condition keys for the tags of a role that is assumed.
const ROLE_TAGS: [&str; 2] = ["aws:resourcetag/", "iam:resourcetag/"];

/// The most combinations of their values to try.
const MANY: usize = 100;

impl<'a> Search<'a> {
    /// The step of a node that uses a method on a target; none: it cannot.
    pub(super) fn attempt(&self, by: Wait, resource: &str, target: &Target) -> Option<Step> {
        let method = by.method;
        let account = self.account();
        let principal = target.principal().map(|id| (id, account.principal(id)));
        let about = principal.map_or(Resource::Own, |(_, it)| Resource::Principal(it));
        let who = &self.node(by.node).who;
        let asked = Asked { about, ..who.asks(resource) };
        let step = match (method.changes, principal) {
            (Changes::RoleSession, Some((id, _))) => match target {
                Target::Session(_, place) => self.assume_tagged(by.node, id, *place)?,
                _ => self.assume(by.node, id)?,
            },
            (Changes::RunningRole, Some((_, role))) => {
                let limit = if needs_profile(method, role, self.account()) {
                    Step::limited(Certainty::Possible, PROFILE)
                } else {
                    Step::limited(Certainty::Conditional, "whether anything runs with the role")
                };
                return Some(limit.and(self.control(by.node, method, role)?));
            }
            (Changes::PassedRole, Some((_, role))) => self.pass(by, role)?,
            (Changes::RoleTrust, Some((_, role))) if role.is_protected() => return None,
            (Changes::RoleTrust, Some((_, role))) => {
                self.on_target(by, asked)?.and(self.use_own(by.node, role))
            }
            (Changes::OidcProvider | Changes::OidcAudience | Changes::MissingOidcProvider, _) => {
                let limit = Step::limited(Certainty::Conditional, "what tokens the issuer signs");
                self.on_target(by, asked)?.and(limit)
            }
            (Changes::MissingSamlProvider, _) if account.saml_providers.is_none() => {
                let limit = Step::limited(Certainty::Conditional, "whether the provider exists");
                self.on_target(by, asked)?.and(limit)
            }
            _ => self.on_target(by, asked)?,
        };
        let room = self.index.room(who, method, resource, Some(target))?;
        let others = &method.actions[1..];
        if !method.changes.is_of_provider() {
            let role = principal.map(|(_, role)| role);
            let uses = self.uses_for(method, role, who.asks(""))?;
            return Some(step.and(room).and(uses).and(method.limit_of_closed()));
        }
        let mut step = step.and(room);
        if let Target::Provider(provider, role) = target
            && let Some(trust) = account
                .principal(*role)
                .trust
                .as_ref()
                .filter(|_| is_saml(provider))
            && self
                .index
                .certainty(&trust.decide_vouched(provider, account))?
                != Certainty::Certain
        {
            step = step.and(Step::limited(Certainty::Conditional, DEMANDS));
        }
        for action in others {
            step.allowed
                .push(self.index.allowed(*action, who.asks(resource))?);
        }
        Some(step)
    }

    /// How a node controls what runs with a role. If the method depends on kinds of resources, it
    /// must control one that runs for a service which the role admits.
    fn control(&self, id: NodeId, method: &Method, role: &Principal) -> Option<Step> {
        let asked = self.node(id).who.asks("");
        if method.on.is_empty() {
            return self.index.uses(&method.actions, asked);
        }
        let mut best: Option<Step> = None;
        for (service, template) in &method.on {
            let trust = role.trust.as_ref();
            if trust.is_none_or(|trust| trust.admits_provider(service, self.account()))
                && let Some(allowed) = self.index.allowed_on(method.actions[0], template, asked)
            {
                let step = self.index.besides(allowed, asked).map(Step::new);
                best = best.into_iter().chain(step).max_by_key(Step::certainty);
            }
        }
        best
    }

    /// How all actions of a method but the first are allowed, for a role that may have instance
    /// profiles.
    ///
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>
    fn uses_for(
        &self,
        method: &Method,
        role: Option<&Principal>,
        asked: Asked<'_>,
    ) -> Option<Step> {
        let others = &method.actions[1..];
        let profiles = role.map_or(&[][..], |role| &role.instance_profiles);
        if profiles.is_empty()
            || !method
                .actions
                .contains(&ActionId::named("ec2:runinstances"))
        {
            return self.index.uses(others, asked);
        }
        let uses = profiles.iter().filter_map(|profile| {
            let brings = [("ec2:instanceprofile", Value::one(profile.as_str()))];
            self.index.uses(others, Asked { brings: &brings, ..asked })
        });
        surest(uses, Step::certainty)
    }

    /// How a node passes a role to one of the method's services that may assume it.
    pub(super) fn pass(&self, by: Wait, role: &Principal) -> Option<Step> {
        let who = &self.node(by.node).who;
        let step = self.on_target(by, who.asks_about(role))?;
        if let (Some(template), Some(trust)) = (&by.method.acts_for, &role.trust)
            && !trust.admits_new(&self.index.shape(template), self.account())
        {
            return None;
        }
        if by
            .method
            .actions
            .contains(&ActionId::named("iam:addroletoinstanceprofile"))
        {
            return Some(step.and(self.empty_profile(who.asks(""))));
        }
        if !needs_profile(by.method, role, self.account()) {
            return Some(step);
        }
        let make = ["iam:createinstanceprofile", "iam:addroletoinstanceprofile"];
        let profile = self.index.uses(&make.map(ActionId::named), who.asks(""));
        Some(step.and(profile.unwrap_or(Step::limited(Certainty::Possible, PROFILE))))
    }

    /// How a node gets an empty instance profile. A profile holds one role, so it may have to
    /// remove another role first. Profiles without a role are not in the data.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
    fn empty_profile(&self, asked: Asked<'_>) -> Step {
        let is_any = self
            .account()
            .principals
            .iter()
            .any(|it| !it.instance_profiles.is_empty());
        let remove = [ActionId::named("iam:removerolefrominstanceprofile")];
        let emptied = is_any.then(|| self.index.uses(&remove, asked)).flatten();
        emptied.unwrap_or(Step::limited(Certainty::Possible, EMPTY_PROFILE))
    }

    /// How the first action of a method is allowed on a target. A role may be passed to any of the
    /// method's services.
    pub(super) fn on_target(&self, by: Wait, asked: Asked<'_>) -> Option<Step> {
        let method = by.method;
        let created = method.actions.get(1).map_or("", |it| it.get().service());
        let mut best: Option<Step> = None;
        for service in method.services_or_none() {
            let mut all = vec![("iam:associatedresourcearn", Value::ChosenIn(created))];
            all.push(("iam:passedtoservice", Value::one(self.in_partition(service))));
            all.extend_from_slice(asked.brings);
            let step = self
                .index
                .step(method.actions[0], Asked { brings: &all, ..asked });
            best = best.into_iter().chain(step).max_by_key(Step::certainty);
        }
        best
    }

    /// The service's name in requests of the partition.
    fn in_partition(&self, service: &str) -> String {
        let has_suffix = self.account().partition == "aws-cn" && service == "ec2.amazonaws.com";
        if has_suffix {
            format!("{service}.cn")
        } else {
            service.to_owned()
        }
    }

    /// How a node assumes a role, with the best values for the condition keys that it chooses.
    fn assume(&self, id: NodeId, role: PrincipalId) -> Option<Step> {
        let step = self.assume_bringing(id, role, &[])?;
        let contested = self.contested(id, role);
        let counts = contested.iter().map(|(_, values)| values.len());
        if counts.fold(1, usize::saturating_mul) > MANY {
            return Some(step);
        }
        let mut all = vec![Vec::new()];
        for (key, values) in contested {
            let mut more = Vec::new();
            for brings in &all {
                for value in &values {
                    more.push([&brings[..], &[(key, value.clone())]].concat());
                }
            }
            all = more;
        }
        if all.len() == 1 {
            return Some(step);
        }
        let steps = all
            .iter()
            .filter_map(|brings| self.assume_bringing(id, role, brings));
        surest(steps, Step::certainty)
    }

    /// The condition keys that the node chooses when it assumes the role and that more than one
    /// condition tests, with the values to try.
    fn contested(&self, id: NodeId, role: PrincipalId) -> Vec<(&'static str, Vec<Value<'static>>)> {
        let who = &self.node(id).who;
        let mut statements = Vec::new();
        for action in [ASSUME_ROLE, "sts:setsourceidentity"].map(ActionId::named) {
            statements.extend(self.index.deciding(who, action));
            let trust = self.account().principal(role).trust.as_ref();
            let name = &action.get().lower;
            statements.extend(
                trust
                    .into_iter()
                    .flat_map(|trust| trust.document.about(name)),
            );
        }
        let conditions = || {
            statements
                .iter()
                .flat_map(|statement| &statement.conditions)
        };
        if !conditions().any(|condition| CHOSEN_ONCE.contains(&condition.key.as_str())) {
            return Vec::new();
        }
        let request = self.index.request("sts:assumerole", who.asks(""));
        let mut contested = Vec::new();
        for key in CHOSEN_ONCE {
            let about = || conditions().filter(|condition| condition.key == key);
            if about().count() < 2 {
                continue;
            }
            let patterns = about()
                .flat_map(|it| &it.values)
                .map(|it| it.resolve(&request));
            let values = values_among(&patterns.collect::<Vec<_>>()).into_iter();
            let mut values: Vec<Value<'static>> = values.map(Value::one).collect();
            if key != "sts:rolesessionname" {
                values.push(Value::Absent);
            }
            contested.push((key, values));
        }
        contested
    }

    /// How a node assumes a role with one of the taggings that are tried for sessions.
    fn assume_tagged(&self, id: NodeId, role: PrincipalId, place: usize) -> Option<Step> {
        let tag = ActionId::named("sts:tagsession");
        let tagging = &self.session_tags[place];
        if *tagging == Tagging::Any && self.session_tags.len() > 1 {
            let trust = self.account().principal(role).trust.as_ref()?;
            let mut by_trust = trust.document.about("sts:tagsession");
            let is_limited = !self.index.tag_limits(&self.node(id).who, tag).is_empty()
                || by_trust.any(|statement| statement.conditions.iter().any(limits_tags));
            if is_limited {
                return None;
            }
        }
        let brought = tagging.brought();
        let brings = borrowed(&brought);
        let named = self.assume_adding(id, role, &["sts:tagsession"], &brings);
        let all = SESSION.map(|(action, _)| action);
        named.or_else(|| self.assume_adding(id, role, &all, &brings))
    }

    /// How a node assumes a role, if necessary with session tags or a source identity of its
    /// choice.
    fn assume_bringing(
        &self,
        id: NodeId,
        role: PrincipalId,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Step> {
        let mut adds = Vec::new();
        for (action, _) in SESSION {
            if self
                .is_admitted(id, role, ActionId::named(action), brings)
                .is_some()
            {
                adds.push(action);
            }
        }
        let by_choice = self.assume_adding(id, role, &adds, brings)?;
        if adds.is_empty() {
            return Some(by_choice);
        }
        let plain = self.assume_adding(id, role, &[], brings);
        plain
            .filter(|plain| plain.certainty() >= by_choice.certainty())
            .or(Some(by_choice))
    }

    /// How a node assumes a role and adds to the session what the given actions allow.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required>
    fn assume_adding(
        &self,
        id: NodeId,
        role: PrincipalId,
        adds: &[&str],
        brings: &[(&str, Value<'_>)],
    ) -> Option<Step> {
        let mut all = Vec::new();
        for (action, keys) in SESSION {
            if !adds.contains(&action) {
                all.extend(keys.iter().map(|key| (*key, Value::Absent)));
            }
        }
        all.extend_from_slice(brings);
        let mut step = self.is_admitted(id, role, ActionId::named(ASSUME_ROLE), &all)?;
        for action in adds {
            step = step.and(self.is_admitted(id, role, ActionId::named(action), &all)?);
        }
        Some(step)
    }

    /// How a node may use an action that the role's trust policy must allow: to assume the role, or
    /// to add to its session. If necessary, it changes the tags of the role before.
    ///
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    fn is_admitted(
        &self,
        id: NodeId,
        role_id: PrincipalId,
        action: ActionId,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Step> {
        let role = self.account().principal(role_id);
        let as_it_is = self.is_admitted_to(id, (role_id, role), action, brings);
        let is_asked = |trust: &TrustPolicy| {
            let mut statements = trust.document.statements.iter();
            statements.any(|it| tests_key(it, &ROLE_TAGS))
        };
        if as_it_is.is_some() || !role.trust.as_ref().is_some_and(is_asked) {
            return as_it_is;
        }
        let mut retagged = self.index.retagged(&self.node(id).who, role);
        retagged.find_map(|(role, change)| {
            let step = self.is_admitted_to(id, (role_id, &role), action, brings)?;
            Some(Step::new(change).and(step))
        })
    }

    /// The same for a role as it is, or with other tags.
    fn is_admitted_to(
        &self,
        id: NodeId,
        (role_id, role): (PrincipalId, &Principal),
        action: ActionId,
        brings: &[(&str, Value<'_>)],
    ) -> Option<Step> {
        let node = self.node(id);
        let own = self
            .index
            .step(action, Asked { brings, ..node.who.asks_about(role) });
        let Some(trust) = &role.trust else {
            // An unread trust policy may admit it, and by name.
            let by_name = self.index.left_of_grant(&node.who, action, role, false);
            let may_be_named = self.is_somebody(id) && by_name.is_some();
            let limit = Step::limited(Certainty::Conditional, "a trust policy that was not read");
            return (self.index.generous && (own.is_some() || may_be_named)).then_some(limit);
        };
        let name = &action.get().lower;
        let request = self
            .index
            .request(name, Asked { brings, ..node.who.asks_about(role) });
        let admissions = trust.admit(&request, node.who.boundary.is_some());
        let steps = admissions
            .into_iter()
            .filter_map(|it| self.grant(id, role_id, action, it, own.as_ref()));
        surest(steps, Step::certainty)
    }

    /// How a node may use an action that a trust policy admits it to. `own` is its own permission.
    fn grant(
        &self,
        id: NodeId,
        role_id: PrincipalId,
        action: ActionId,
        admission: Admission,
        own: Option<&Step>,
    ) -> Option<Step> {
        let (node, role) = (self.node(id), self.account().principal(role_id));
        let mut certainty = self.index.certainty(&admission.decision)?;
        // Without a permission of its own, it may still be more certain than with one under conditions.
        let by_itself = self.is_somebody(id) && admission.grant != Grant::ByPermission;
        let within = admission.grant == Grant::WithinBoundary;
        let left = by_itself.then(|| self.index.left_of_grant(&node.who, action, role, within));
        let left = left.flatten();
        let own = own.filter(|own| Some(own.certainty()) >= left);
        if own.is_none() {
            certainty = certainty.min(left?);
        }
        let admitted = Allowed {
            action,
            by: Grantor::Trust(role_id),
            statement: admission.statement,
            certainty,
            keys: admission.decision.doubts().keys,
        };
        Some(own.cloned().unwrap_or_default().and(Step::new(admitted)))
    }

    /// How a node becomes somebody else, privileged or not, by the most certain method.
    pub(super) fn become_other(&self, id: NodeId, other: PrincipalId) -> Option<Reached> {
        if self.node(id).holder == Some(other) || self.account().principal(other).service_linked {
            return None;
        }
        let mut best: Option<Reached> = None;
        for by in Wait::all(id) {
            let method = by.method;
            // A trust policy may admit it without a permission to assume the role.
            if method.changes != Changes::RoleSession && !self.mentions(by) || !self.may_gain(by) {
                continue;
            }
            for (resource, target) in self.doors_to(other, method) {
                let step = self.attempt(by, resource, &target);
                let found = step.map(|step| Reached { id: other, first: (by, target), step });
                best = best
                    .into_iter()
                    .chain(found)
                    .max_by_key(|it| it.step.certainty());
            }
            if best
                .as_ref()
                .is_some_and(|it| it.step.certainty() == Certainty::Certain)
            {
                break;
            }
        }
        best
    }

    /// The targets of a method that let one become the principal.
    fn doors_to(&self, id: PrincipalId, method: &Method) -> Vec<(&'a str, Target)> {
        let account = self.account();
        let principal = account.principal(id);
        let trust = principal.trust.as_ref();
        let mut doors = Vec::new();
        if method.changes.becomes() == Some(principal.kind) {
            let mut services = method.services.iter();
            let is_admitted =
                |it: &String| trust.is_some_and(|trust| trust.admits_provider(it, account));
            if method.services.is_empty() || services.any(is_admitted) {
                doors.push((principal.arn.as_str(), Target::Principal(id)));
            }
        } else if method.changes.is_of_provider() {
            for (changes, provider) in providers_of(principal, account) {
                if changes == method.changes {
                    doors.push((provider, Target::Provider(provider.to_owned(), id)));
                }
            }
        }
        doors
    }
}

/// The federated providers that a role trusts, each with the changes to it that let one sign in as
/// the role.
pub(super) fn providers_of<'a>(role: &'a Principal, account: &Account) -> Vec<(Changes, &'a str)> {
    let mut providers = Vec::new();
    let Some(trust) = &role.trust else {
        return providers;
    };
    for provider in trust.federated(account) {
        let is_built_in = !provider.starts_with("arn:");
        if is_built_in {
            continue;
        }
        let (listed, change, missing) = if is_saml(provider) {
            (&account.saml_providers, Changes::SamlProvider, Changes::MissingSamlProvider)
        } else {
            (&account.oidc_providers, Changes::OidcProvider, Changes::MissingOidcProvider)
        };
        let exists = listed.as_ref().map(|listed| listed.contains(provider));
        if exists != Some(true) {
            providers.push((missing, provider));
        }
        if exists != Some(false) {
            providers.push((change, provider));
            if !is_saml(provider) && trust.takes_any_audience(provider, account) {
                providers.push((Changes::OidcAudience, provider));
            }
        }
    }
    providers
}

/// Whether a method reaches a role only through EC2 instances, which need an instance profile.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>
fn needs_profile(method: &Method, role: &Principal, account: &Account) -> bool {
    let elsewhere = |service: &String| {
        let is_admitted = role
            .trust
            .as_ref()
            .is_none_or(|trust| trust.admits_provider(service, account));
        service != "ec2.amazonaws.com" && is_admitted
    };
    method.services.iter().any(|it| it == "ec2.amazonaws.com")
        && role.instance_profiles.is_empty()
        && !method.services.iter().any(elsewhere)
}
