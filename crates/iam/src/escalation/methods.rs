//! The methods of `data/escalations.toml` by which principals become administrators.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use portcullis_model::PrincipalKind;
use serde::Deserialize;
use toml::{Table, Value};

use super::Certainty;
use super::step::Step;

const LIST: &str = include_str!("../../data/escalations.toml");

/// How a title says what a way says of one target.
const IN_GENERAL: [(&str, &str); 6] = [
    ("role {target}", "a role"),
    ("user {target}", "a user"),
    ("group {target}", "a group"),
    ("policy {target}", "a policy"),
    ("SAML provider {target}", "a SAML provider"),
    ("OIDC provider {target}", "an OIDC provider"),
];

static METHODS: LazyLock<Methods> = LazyLock::new(Methods::read);

/// All methods, and the actions that they need.
#[derive(Default)]
pub(super) struct Methods {
    /// In the order of the file.
    all: Vec<Method>,
    /// By [`ActionId`].
    pub(super) actions: Vec<Action>,
    ids: HashMap<String, ActionId>,
}

/// The index of an action in [`Methods::actions`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct ActionId(pub(super) u16);

/// An action that methods need.
pub(super) struct Action {
    /// `iam:PassRole`.
    pub(super) name: String,
    pub(super) lower: String,
    /// The ARNs that it acts on, with placeholders; empty: any of its own service.
    pub(super) resources: Vec<String>,
    /// The ARNs that it must be allowed on as well, likewise.
    pub(super) besides: Vec<String>,
}

/// One way to become an administrator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Method {
    pub(super) id: String,
    /// The index of the method.
    #[serde(skip)]
    pub(super) number: u16,
    /// The index of the first method with the same id.
    #[serde(skip)]
    pub(super) first: u16,
    /// A phrase that completes "it may …".
    pub(super) title: String,
    /// The same for one target, with `{target}` for its name; none: it has no target.
    pub(super) way: Option<String>,
    pub(super) changes: Changes,
    #[serde(rename = "actions")]
    pub(super) action_names: Vec<String>,
    /// The actions that it needs, all of them; the first acts on the target.
    #[serde(skip)]
    pub(super) actions: Vec<ActionId>,
    /// Actions that can each replace the last one, as a method with the same id.
    #[serde(default)]
    instead: Vec<String>,
    /// The action that makes room where the target has as many as IAM allows.
    #[serde(default, rename = "makes_room")]
    room_maker: Option<String>,
    #[serde(skip)]
    pub(super) makes_room: Option<ActionId>,
    /// The services that a role is passed to, or that run something with it.
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// By service: the ARN that the only action acts on, with placeholders; empty: the same for all
    /// services.
    #[serde(default)]
    pub(super) on: BTreeMap<String, String>,
    /// A service that it needs and that AWS has closed.
    pub(super) closed: Option<String>,
    /// The ARN, with placeholders, of the new resource that the services act for, whose name AWS
    /// chooses.
    pub(super) acts_for: Option<String>,

    #[cfg_attr(not(test), expect(dead_code, reason = "for those who keep the list"))]
    source: String,
}

/// What a method changes. The data file says what must hold for each.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Changes {
    PolicyText,
    PolicyVersion,
    Permissions(PrincipalKind),
    UserCredentials,
    GroupMembership,
    NewGroup,
    RoleSession,
    RoleTrust,
    PassedRole,
    RunningRole,
    SamlProvider,
    OidcProvider,
    OidcAudience,
    MissingSamlProvider,
    MissingOidcProvider,
    Boundary(PrincipalKind),
    Attachment(PrincipalKind),
    Inline(PrincipalKind),
    GroupLeave,
    Tags(PrincipalKind),
    NewUser,
    NewMember,
    NewRole,
    Directory,
    MemberRoot,
    Unseen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    helpers: Vec<String>,
    method: Vec<Table>,
    resource: Vec<ResourceOfActions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceOfActions {
    actions: Vec<String>,
    arns: Vec<String>,
    #[serde(default)]
    besides: Vec<String>,
}

impl File {
    fn read() -> File {
        toml::from_str(LIST).expect("the list is read by a test")
    }

    /// The methods in their order.
    fn methods(&self) -> impl Iterator<Item = Method> {
        let rows = self.method.iter().flat_map(of_each_kind);
        rows.map(Method::of_row)
    }
}

/// A row for each of its `kinds`, with the kind in place of `{kind}`.
fn of_each_kind(row: &Table) -> Vec<Table> {
    let mut row = row.clone();
    let Some(Value::Array(kinds)) = row.remove("kinds") else {
        return vec![row];
    };
    let text = row.to_string();
    let mut rows = Vec::new();
    for kind in kinds.iter().filter_map(Value::as_str) {
        let capitalized = kind[..1].to_uppercase() + &kind[1..];
        let text = text.replace("{kind}", kind).replace("{Kind}", &capitalized);
        rows.push(text.parse().expect("the list is read by a test"));
    }
    rows
}

impl Methods {
    fn read() -> Methods {
        let file = File::read();
        let mut methods = Methods::default();
        for name in &file.helpers {
            methods.intern(name);
        }
        for method in file.methods() {
            let first = methods.next_number();
            for mut method in method.variants() {
                method.first = first;
                method.number = methods.next_number();
                method.actions = method
                    .action_names
                    .iter()
                    .map(|name| methods.intern(name))
                    .collect();
                method.makes_room = method
                    .room_maker
                    .as_deref()
                    .map(|name| methods.intern(name));
                methods.all.push(method);
            }
        }
        for resource in file.resource {
            for name in resource.actions {
                let id = methods.intern(&name);
                let action = &mut methods.actions[usize::from(id.0)];
                action.resources.clone_from(&resource.arns);
                action.besides.clone_from(&resource.besides);
            }
        }
        methods
    }

    fn next_number(&self) -> u16 {
        u16::try_from(self.all.len()).expect("there are few methods")
    }

    fn intern(&mut self, name: &str) -> ActionId {
        let lower = name.to_ascii_lowercase();
        let next = u16::try_from(self.actions.len()).expect("methods need few actions");
        let id = *self.ids.entry(lower.clone()).or_insert(ActionId(next));
        if id.0 == next {
            let name = name.to_owned();
            let (resources, besides) = (Vec::new(), Vec::new());
            self.actions
                .push(Action { name, lower, resources, besides });
        }
        id
    }

    /// All methods in their order.
    pub(super) fn all() -> impl Iterator<Item = &'static Method> {
        METHODS.all.iter()
    }

    /// The method with this index.
    pub(super) fn numbered(number: u16) -> &'static Method {
        &METHODS.all[usize::from(number)]
    }

    /// The first method that makes these changes.
    pub(super) fn first(changes: Changes) -> &'static Method {
        let found = Methods::all().find(|method| method.changes == changes);
        found.expect("the list is read by a test")
    }

    /// All services that methods pass roles to, or that run something with a role.
    pub(super) fn services() -> BTreeSet<&'static str> {
        Methods::all()
            .flat_map(|method| &method.services)
            .map(String::as_str)
            .collect()
    }
}

impl ActionId {
    /// The id of an action, by its name in lower case, that a method or helper needs.
    pub(super) fn named(lower: &str) -> ActionId {
        METHODS.ids[lower]
    }

    /// The id of an action, by its name in lower case; none: no method needs it.
    pub(super) fn find(lower: &str) -> Option<ActionId> {
        METHODS.ids.get(lower).copied()
    }

    pub(super) fn get(self) -> &'static Action {
        &METHODS.actions[usize::from(self.0)]
    }

    pub(super) fn all() -> impl Iterator<Item = ActionId> {
        (0..)
            .zip(&METHODS.actions)
            .map(|(number, _)| ActionId(number))
    }
}

impl Action {
    /// The prefix of its service.
    pub(super) fn service(&self) -> &str {
        self.lower
            .split_once(':')
            .map_or("", |(service, _)| service)
    }
}

impl Method {
    /// The method of a row, to which is added what follows from the rest of it.
    fn of_row(mut row: Table) -> Method {
        if !row.contains_key("changes") {
            let passes = row["actions"][0].as_str() == Some("iam:PassRole");
            let changes = if passes {
                "passed-role"
            } else {
                "running-role"
            };
            row.insert("changes".to_owned(), changes.into());
        }
        if let (None, Some(Value::String(way))) = (row.get("title"), row.get("way")) {
            let mut title = way.clone();
            for (one, any) in IN_GENERAL {
                title = title.replace(one, any);
            }
            row.insert("title".to_owned(), title.into());
        }
        row.try_into().expect("the list is read by a test")
    }

    /// The method, once for each action that may be its last.
    fn variants(self) -> Vec<Method> {
        let mut variants = vec![self.clone()];
        for name in &self.instead {
            let mut variant = self.clone();
            variant.action_names.pop();
            variant.action_names.push(name.clone());
            variants.push(variant);
        }
        variants
    }

    /// The highest certainty it can have: a method that needs a service which AWS has closed is
    /// only possible.
    ///
    /// <https://docs.aws.amazon.com/codestar/latest/APIReference/Welcome.html>
    pub(super) fn limit_of_closed(&'static self) -> Step {
        match &self.closed {
            Some(service) => Step::limited(Certainty::Possible, service),
            None => Step::default(),
        }
    }

    /// The services, or one without a name, so that a method without services is tried once.
    pub(super) fn services_or_none(&'static self) -> impl Iterator<Item = &'static str> {
        let none = self.services.is_empty().then_some("");
        self.services.iter().map(String::as_str).chain(none)
    }
}

impl Changes {
    /// Whether it changes what somebody in reach has; otherwise it acts on others.
    pub(super) fn is_of_holder(self) -> bool {
        matches!(self, Changes::PolicyText | Changes::PolicyVersion)
            || self.kind_of_holder().is_some()
    }

    /// Whether it changes what a user or role in reach has, or the groups that a user in reach is in.
    pub(super) fn alters_reached(self) -> bool {
        self.is_of_holder() || self == Changes::GroupMembership
    }

    /// The kind of principal that it changes; none: it changes a policy, or somebody else's.
    pub(super) fn kind_of_holder(self) -> Option<PrincipalKind> {
        match self {
            Changes::Permissions(kind)
            | Changes::Boundary(kind)
            | Changes::Attachment(kind)
            | Changes::Inline(kind)
            | Changes::Tags(kind) => Some(kind),
            Changes::NewGroup => Some(PrincipalKind::User),
            Changes::GroupLeave => Some(PrincipalKind::Group),
            _ => None,
        }
    }

    /// Whether it adds a user in reach to a group.
    pub(super) fn joins(self) -> bool {
        matches!(self, Changes::GroupMembership | Changes::NewGroup)
    }

    /// Whether it gives somebody in reach a policy, or the policies of a group.
    pub(super) fn gives(self) -> bool {
        matches!(self, Changes::Permissions(_)) || self.joins()
    }

    /// Whether it only removes what denies or limits something.
    pub(super) fn removes(self) -> bool {
        self.is_of_holder() && !self.gives() && self.kind_of_target().is_none()
    }

    /// The kind of principal that it lets one become, privileged or not.
    pub(super) fn becomes(self) -> Option<PrincipalKind> {
        match self {
            Changes::RoleSession | Changes::RoleTrust | Changes::PassedRole => {
                Some(PrincipalKind::Role)
            }
            Changes::UserCredentials => Some(PrincipalKind::User),
            _ => None,
        }
    }

    /// Whether it lets one act as somebody else, privileged or not.
    pub(super) fn acts_as_other(self) -> bool {
        self.becomes().is_some() || self.is_of_provider() || self == Changes::RunningRole
    }

    /// Whether it changes a federated provider, so that one can sign in as any role that trusts it.
    pub(super) fn is_of_provider(self) -> bool {
        matches!(self.kind_of_target(), Some("saml-provider" | "oidc-provider"))
    }

    /// The kind of IAM resource that gives permissions through the first action; none: it gives
    /// none.
    pub(super) fn kind_of_target(self) -> Option<&'static str> {
        match self {
            Changes::PolicyText | Changes::PolicyVersion => Some("policy"),
            Changes::Permissions(kind) => Some(kind.word()),
            Changes::GroupMembership | Changes::NewMember => Some("group"),
            Changes::SamlProvider | Changes::MissingSamlProvider => Some("saml-provider"),
            Changes::OidcProvider | Changes::OidcAudience | Changes::MissingOidcProvider => {
                Some("oidc-provider")
            }
            _ => self.becomes().map(PrincipalKind::word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_action(name: &str) -> bool {
        let Some((service, action)) = name.split_once(':') else {
            return false;
        };
        !service.is_empty()
            && service
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && action.starts_with(|first: char| first.is_ascii_uppercase())
            && action.chars().all(|c| c.is_ascii_alphanumeric())
    }

    #[test]
    fn every_method_is_well_formed() {
        let (mut ids, mut sets) = (BTreeSet::new(), BTreeSet::new());
        for method in File::read().methods() {
            let id = method.id.clone();
            assert!(ids.insert(id.clone()), "{id} is there twice");
            assert!(
                id.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            );
            assert!(!method.title.is_empty() && !method.title.contains('{'), "{id}");
            assert!(method.source.starts_with("https://"), "{id}");
            for method in method.variants() {
                assert!(method.action_names.iter().all(|name| is_action(name)), "{id}");
                let set: BTreeSet<String> = method.action_names.iter().cloned().collect();
                assert_eq!(set.len(), method.action_names.len(), "{id} has an action twice");
                let changes = format!("{:?}", method.changes);
                assert!(sets.insert((set, changes)), "{id} is another method");
            }
        }
    }

    #[test]
    fn what_a_method_changes_fits_its_actions() {
        for method in File::read().methods() {
            let id = &method.id;
            let first = method.action_names.first().map(String::as_str);
            let passes = first == Some("iam:PassRole");
            assert_eq!(method.changes == Changes::PassedRole, passes, "{id}");
            let with_services =
                matches!(method.changes, Changes::PassedRole | Changes::RunningRole);
            assert_eq!(!method.services.is_empty(), with_services, "{id}");
            let has_no_target = matches!(
                method.changes,
                Changes::NewUser
                    | Changes::NewRole
                    | Changes::Directory
                    | Changes::MemberRoot
                    | Changes::Unseen
            );
            assert_eq!(method.way.is_none(), has_no_target, "{id}");
            assert!(method.way.is_none_or(|way| way.contains("{target}")), "{id}");
            let services: Vec<_> = method.on.keys().collect();
            assert!(services.iter().all(|it| method.services.contains(it)), "{id}");
            assert!(services.is_empty() || method.action_names.len() == 1, "{id}");
        }
    }

    #[test]
    fn resources_are_of_actions_that_methods_need() {
        let file = File::read();
        let methods: Vec<Method> = file.methods().collect();
        let of_methods = methods
            .iter()
            .flat_map(|method| method.action_names.iter().chain(&method.instead));
        let used: BTreeSet<&String> = of_methods.chain(&file.helpers).collect();
        let mut seen = BTreeSet::new();
        for action in file.resource.iter().flat_map(|resource| &resource.actions) {
            assert!(used.contains(action), "no method needs {action}");
            assert!(seen.insert(action), "{action} has two rows");
        }
        assert!(
            file.resource
                .iter()
                .all(|resource| !resource.arns.is_empty())
        );
    }
}
