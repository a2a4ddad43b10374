//! The ways in which principals become administrators, as `rules/escalations.toml` lists them.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::{Authority, Pattern, Selection};

const LIST: &str = include_str!("../../../../rules/escalations.toml");

/// The methods, ready to be looked for in one account.
#[derive(Clone, Debug)]
pub struct Methods {
    /// The methods, in the order of the file.
    pub all: Vec<Method>,
    /// The actions that they need. What a document says is looked up by an action's place here.
    pub actions: Vec<Action>,
    /// The places of actions that only "everything on everything" allows.
    probes: Vec<usize>,
    partition: String,
    account: String,
}

/// One way to become an administrator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// What it is called, in kebab case.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// The actions that it needs, all of them.
    #[serde(rename = "actions")]
    names: Vec<String>,
    /// The places of these actions in [`Methods::actions`].
    #[serde(skip)]
    pub actions: Vec<usize>,
    /// The services to which it passes a role; none: it passes none, or any service will do.
    #[serde(default)]
    pub passed_to: Vec<String>,
    /// Whether it only frees a principal from its permissions boundary.
    #[serde(default)]
    pub unbinds: bool,
    /// Who describes it.
    pub source: String,
}

/// An action that methods need.
#[derive(Clone, Debug)]
pub struct Action {
    /// Service and name, such as `iam:PassRole`.
    pub name: String,
    /// What it acts on: resources that fit any of these.
    pub on: Vec<Pattern>,
    /// What must be true of that resource.
    pub through: Through,
}

/// What must be true of the resource that an action acts on, so that it leads on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// Nothing.
    #[default]
    Anything,
    /// It is another principal that is an administrator, or can become one.
    Principal,
    /// That, and it is a role that lets itself be assumed.
    Trust,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "method")]
    methods: Vec<Method>,
    #[serde(rename = "target")]
    targets: Vec<Target>,
}

/// What actions act on, where that is not any resource of their own service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    actions: Vec<String>,
    arns: Vec<String>,
    #[serde(default)]
    through: Through,
}

impl Methods {
    /// The methods for an account by its id, which may be a pattern if it is not known.
    ///
    /// # Panics
    /// Never: the list is part of the program, and a test reads it.
    #[must_use]
    pub fn in_account(partition: &str, account: &str) -> Methods {
        // What is not known may be anything.
        let partition = if partition.starts_with("aws") { partition } else { "*" };
        let mut file: File = toml::from_str(LIST).expect("the list is read by a test");
        let names: BTreeSet<&String> =
            file.methods.iter().flat_map(|method| &method.names).collect();
        let mut actions: Vec<Action> =
            names.into_iter().map(|name| action(name, &file.targets)).collect();
        for pattern in actions.iter_mut().flat_map(|action| &mut action.on) {
            let text = pattern.as_str();
            let text = text.replace("{partition}", partition).replace("{account}", account);
            *pattern = Pattern::shape(&text);
        }
        let place = |(place, action): (usize, &Action)| (action.name.clone(), place);
        let places: HashMap<String, usize> = actions.iter().enumerate().map(place).collect();
        for method in &mut file.methods {
            method.actions = method.names.iter().map(|name| places[name]).collect();
        }
        let first = actions.len();
        actions.extend(probes(partition, account));
        Methods {
            all: file.methods,
            probes: (first..actions.len()).collect(),
            actions,
            partition: partition.to_owned(),
            account: account.to_owned(),
        }
    }

    /// What the resources are in this account.
    pub(super) fn localized(&self, resources: &Selection) -> Selection {
        let local = |pattern: &Pattern| pattern.in_account(&self.partition, &self.account);
        match resources {
            Selection::Of(patterns) => Selection::Of(patterns.iter().map(local).collect()),
            Selection::AllBut(patterns) => Selection::AllBut(patterns.iter().map(local).collect()),
        }
    }

    /// Whether all actions are allowed on all resources, conditions apart.
    #[must_use]
    pub fn allow_everything(&self, authority: &Authority<'_>) -> bool {
        self.probes.iter().all(|&probe| authority.allows(probe))
    }

    /// The places of the methods of which every action is allowed on something.
    #[must_use]
    pub fn within_reach(&self, authority: &Authority<'_>) -> Vec<usize> {
        let actions = 0..self.actions.len();
        let allowed: Vec<bool> = actions.map(|action| authority.allows(action)).collect();
        let usable = |method: &Method| method.actions.iter().all(|&action| allowed[action]);
        (0..self.all.len()).filter(|&method| usable(&self.all[method])).collect()
    }
}

fn action(name: &str, targets: &[Target]) -> Action {
    let target = targets.iter().find(|target| target.actions.iter().any(|action| action == name));
    let service = name.split(':').next().unwrap_or(name);
    Action {
        name: name.to_owned(),
        on: match target {
            Some(target) => target.arns.iter().map(|arn| Pattern::shape(arn)).collect(),
            None => vec![Pattern::shape(&format!("arn:{{partition}}:{service}:*:*:*"))],
        },
        through: target.map_or(Through::Anything, |target| target.through),
    }
}

/// Actions on resources that no policy can have named: only `*` on `*` covers them, however it is
/// written and over however many policies it is spread. One is of IAM, since "all but IAM" is no
/// administrator.
fn probes(partition: &str, account: &str) -> [Action; 2] {
    let anything =
        format!("arn:{partition}:portcullis-probe:portcullis-probe:portcullis-probe:any/thing");
    let of_iam = format!("arn:{partition}:iam::{account}:portcullis-probe/any/thing");
    [("portcullis-probe:Anything", anything), ("iam:PortcullisProbe", of_iam)].map(
        |(name, resource)| Action {
            name: name.to_owned(),
            on: vec![Pattern::shape(&resource)],
            through: Through::Anything,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> File {
        toml::from_str(LIST).unwrap()
    }

    fn is_action(name: &str) -> bool {
        let Some((service, action)) = name.split_once(':') else { return false };
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !service.is_empty()
            && service.chars().all(lower)
            && action.starts_with(|first: char| first.is_ascii_uppercase())
            && action.chars().all(|c| c.is_ascii_alphanumeric())
    }

    #[test]
    fn every_method_is_well_formed() {
        let mut ids = BTreeSet::new();
        for method in file().methods {
            let id = &method.id;
            assert!(ids.insert(id.clone()), "{id} is there twice");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert!(!method.title.is_empty() && method.source.starts_with("https://"), "{id}");
            assert!(!method.names.is_empty(), "{id}");
            assert!(method.names.iter().all(|name| is_action(name)), "{id}: {:?}", method.names);
            let passes = method.names.iter().any(|name| name == "iam:PassRole");
            assert!(passes || method.passed_to.is_empty(), "{id} passes no role");
        }
    }

    #[test]
    fn targets_are_of_known_actions_and_say_something() {
        let file = file();
        let used: BTreeSet<&String> =
            file.methods.iter().flat_map(|method| &method.names).collect();
        let mut seen = BTreeSet::new();
        for action in file.targets.iter().flat_map(|target| &target.actions) {
            assert!(used.contains(action), "no method needs {action}");
            assert!(seen.insert(action), "{action} has two targets");
        }
        assert!(file.targets.iter().all(|target| !target.arns.is_empty()));
    }

    #[test]
    fn at_most_one_action_of_a_method_leads_through_a_principal() {
        let methods = Methods::in_account("aws", "123456789012");
        for method in &methods.all {
            let through = |&&place: &&usize| methods.actions[place].through != Through::Anything;
            assert!(method.actions.iter().filter(through).count() <= 1, "{}", method.id);
        }
    }

    #[test]
    fn what_actions_act_on_is_of_their_own_service() {
        let bucket = Pattern::resource("arn:aws:s3:::reports/*", false);
        let methods = Methods::in_account("aws", "123456789012");
        let overlaps = |action: &&Action| action.on.iter().any(|on| on.overlaps(&bucket));
        let anywhere = Methods::in_account("unknown", "*");
        let all = methods.actions.iter().chain(&anywhere.actions);
        let overlapping: Vec<_> = all.filter(overlaps).map(|action| &action.name).collect();
        assert_eq!(overlapping, Vec::<&String>::new());
    }

    #[test]
    fn a_method_is_listed_once_whatever_the_order_of_its_actions() {
        let mut sets = BTreeSet::new();
        for method in file().methods {
            let set: BTreeSet<String> = method.names.into_iter().collect();
            assert!(sets.insert(set), "{} is another method", method.id);
        }
    }
}
