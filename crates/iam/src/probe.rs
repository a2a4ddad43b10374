//! Questions about "every action" and "any resource", asked about names that no policy can have meant
//! and about those that the policies name.

use std::sync::LazyLock;

use portcullis_model::Arn;

use crate::account::Account;
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, PolicyDocument, Selection, Statement};
use crate::value::Value;

/// A name that no policy can have meant: of marks alone, as a word is matched by `p*` or `*-*`.
pub(crate) const NAME: &str = "=+,=+,=+,=+,=+,=+,";

/// An id of a key that no policy can have meant: of the form that they have, and of marks.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id>
const KEY_ID: &str = "=+,=+,=+-=+,=-=+,=-=+,=-=+,=+,=+,=+,";

/// An action of IAM that no policy can have meant.
pub(crate) const IAM_ACTION: &str = "iam:=+,=+,=+,=+,=+,=+,";

/// The actions with each letter before their names: `a*`, `b*` and so on may allow together what none of
/// them allows alone.
fn by_letter(actions: &[String]) -> Vec<String> {
    let mut lettered = Vec::new();
    for letter in 'a'..='z' {
        let name = format!("{letter}{NAME}");
        lettered.extend(actions.iter().map(|action| action.replace(NAME, &name)));
    }
    lettered
}

/// What stands for all ids of keys: one id, or one for each digit that they begin with.
pub(crate) fn key_ids() -> [Vec<String>; 2] {
    let by_digit = "0123456789abcdef".chars().map(|digit| format!("{digit}{}", &KEY_ID[1..]));
    [vec![KEY_ID.to_owned()], by_digit.collect()]
}

/// Whether a document may allow all actions that are named so, by one pattern or by one for each letter.
pub(crate) fn may_allow_all(document: &PolicyDocument, action: &str) -> bool {
    let first = action.replace(NAME, &format!("a{NAME}"));
    document.may_allow(action) || document.may_allow(&first)
}

/// A value of a condition key that no policy can have meant: of a service, the name of its principal.
pub(crate) fn value_of(key: &str, account: &Account) -> Value<'static> {
    match key {
        "iam:passedtoservice" => Value::one(format!("{NAME}.amazonaws.com")),
        "iam:associatedresourcearn" => {
            let [in_region, ..] = resources_of(account, NAME);
            Value::one(in_region)
        }
        "kms:requestalias" => Value::one(format!("alias/{NAME}")),
        "kms:resourcealiases" => Value::Many(vec![format!("alias/{NAME}")]),
        _ => Value::one(NAME),
    }
}

/// The actions of IAM and STS, one a line. What a statement names beyond them does not exist.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
const ACTIONS: &str = include_str!("../data/actions.txt");

static KNOWN_ACTIONS: LazyLock<Vec<String>> =
    LazyLock::new(|| ACTIONS.lines().map(str::to_lowercase).collect());

/// Whether a pattern selects an action that exists, as far as the actions of its service are known.
fn has_action(pattern: &Pattern) -> bool {
    let is_known = ["iam:", "sts:"].iter().any(|it| pattern.literal_prefix().starts_with(it));
    !is_known || KNOWN_ACTIONS.iter().any(|action| pattern.matches(action))
}

/// Whether a pattern selects a resource of the account, or one of AWS, or one without account in its ARN; of IAM, one
/// in a form that its resources have.
fn has_resource(pattern: &Pattern, account: &Account) -> bool {
    let in_partition = Pattern::glob(&format!("arn:{}:*", account.partition));
    if pattern.common(&in_partition).is_none() {
        return false;
    }
    let fields = pattern.arn_fields();
    let [_, _, service, _, id, resource] = &fields[..] else { return true };
    let owners = [account.id_text(), "aws", ""];
    if account.id.is_some() && !owners.iter().any(|owner| id.matches(owner)) {
        return false;
    }
    let is_of_iam = service.is_literal() && service.matches("iam");
    let kinds = IAM_KINDS.iter().chain(&FURTHER_KINDS);
    let mut forms = kinds.map(|kind| Pattern::glob(&format!("{kind}/*")));
    !is_of_iam || resource.matches("root") || forms.any(|form| resource.common(&form).is_some())
}

/// The kinds of resources that IAM has.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
const IAM_KINDS: [&str; 9] = [
    "user",
    "group",
    "role",
    "policy",
    "instance-profile",
    "mfa",
    "saml-provider",
    "oidc-provider",
    "server-certificate",
];

/// Those of its kinds that no way to more permissions leads to.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
const FURTHER_KINDS: [&str; 6] = [
    "access-report",
    "assumed-role",
    "delegation-request",
    "federated-user",
    "sms-mfa",
    "template",
];

/// A resource of IAM of each kind.
pub(crate) fn iam_resources(account: &Account) -> Vec<String> {
    IAM_KINDS.iter().map(|kind| iam_resource(account, kind)).collect()
}

/// A resource of IAM of that kind.
pub(crate) fn iam_resource(account: &Account, kind: &str) -> String {
    format!("arn:{}:iam::{}:{kind}/{NAME}", account.partition, account.id_text())
}

/// Resources of a service in the account: in each of the forms that ARNs have.
pub(crate) fn resources_of(account: &Account, service: &str) -> [String; 3] {
    let (partition, id) = (&account.partition, account.id_text());
    [
        format!("arn:{partition}:{service}:{NAME}:{id}:{NAME}/{NAME}"),
        format!("arn:{partition}:{service}::{id}:{NAME}/{NAME}"),
        format!("arn:{partition}:{service}:::{NAME}/{NAME}"),
    ]
}

/// A resource of the account that the pattern matches: its wildcards stand for the account itself, and
/// for names that no policy can have meant.
pub(crate) fn example(pattern: &Pattern, account: &Account) -> String {
    let mut fields = pattern.arn_fields();
    if fields.len() < 6 {
        return pattern.example(NAME);
    }
    let last = fields.split_off(5);
    let known = [NAME, &account.partition, NAME, NAME, account.id_text()];
    let mut text = String::new();
    for (field, known) in fields.iter().zip(known) {
        text.push_str(&field.example(known));
        text.push(':');
    }
    for rest in last {
        text.push_str(&rest.example(NAME));
    }
    text
}

/// How all resources of the account begin that the pattern matches.
pub(crate) fn beginning(pattern: &Pattern, account: &Account) -> String {
    let fields = pattern.arn_fields();
    let mut text = String::new();
    for (number, field) in fields.iter().enumerate() {
        match number {
            1 if field.is_everything() => text.push_str(&account.partition),
            4 if field.is_everything() => text.push_str(account.id_text()),
            _ if field.is_literal() => text.push_str(&field.example(NAME)),
            _ => {
                text.push_str(field.literal_prefix());
                return text;
            }
        }
        if number + 1 < fields.len() {
            text.push(':');
        }
    }
    text
}

/// Whether the ARN is of a resource of the service, and of this account.
pub(crate) fn is_of(arn: &str, service: &str, account: &Account) -> bool {
    let Some(arn) = Arn::parse(arn) else { return false };
    arn.service == service && (arn.account.is_empty() || arn.account == account.id_text())
}

/// Whether all is allowed: each of the actions on each of the resources, with those that the documents leave
/// out. These are named by Denies, and by Allows of all but some. What other Allows name is given, so
/// that asking about it could only make those who have more look as if they had less.
pub(crate) struct Question<'q> {
    pub(crate) documents: Vec<&'q PolicyDocument>,
    /// The permissions boundary, which must allow too.
    pub(crate) boundary: Option<&'q PolicyDocument>,
    pub(crate) context: Context<'q>,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Which of the actions that are left out count.
    pub(crate) all_actions: Pattern,
    /// Which of the resources that are left out count.
    pub(crate) all_resources: Pattern,
}

impl Question<'_> {
    /// What is decided about all together.
    pub(crate) fn decide_all(mut self) -> Decision {
        let mut first = self.decide_each();
        if !first.may_be_allowed() {
            self.actions = by_letter(&self.actions);
            first = self.decide_each();
        }
        // Few documents come further.
        if !first.may_be_allowed() {
            return first;
        }
        let context = self.context;
        let known = self.resources.clone();
        let documents = self.documents.iter().chain(&self.boundary);
        for statement in documents.flat_map(|document| &document.statements) {
            if leaves_out(statement.effect, &statement.actions) {
                for pattern in statement.actions.items().iter().filter(|it| has_action(it)) {
                    let common = pattern.common(&self.all_actions);
                    self.actions.extend(common.map(|it| it.as_str().replace('*', NAME)));
                }
            }
            let Some(resources) = &statement.resources else { continue };
            if !leaves_out(statement.effect, resources) {
                continue;
            }
            for pattern in resources.items() {
                let pattern = pattern.resolve(&Request { action: "", resource: "", context });
                // What it leaves out has been asked about.
                let is_known = known.iter().any(|resource| pattern.matches(resource));
                if !is_known && has_resource(&pattern, context.account) {
                    let common = pattern.common_arn(&self.all_resources);
                    self.resources.extend(common.map(|it| it.as_str().replace('*', NAME)));
                }
            }
        }
        self.decide_each()
    }

    /// What is decided about each of the actions on each of the resources, together.
    fn decide_each(&self) -> Decision {
        // A name that no policy can have meant has no tags.
        let mut brings = self.context.brings.to_vec();
        brings.extend(["aws:resourcetag/", "iam:resourcetag/"].map(|key| (key, Value::Absent)));
        let context = Context { brings: &brings, ..self.context };
        let mut all = Decision::Allowed;
        for action in &self.actions {
            let about: Vec<&Statement> =
                self.documents.iter().flat_map(|document| document.about(action)).collect();
            let bounding: Option<Vec<&Statement>> =
                self.boundary.map(|document| document.about(action).collect());
            for resource in &self.resources {
                let request = Request { action, resource, context };
                all = all.within(Decision::by(about.iter().copied(), &request));
                if let Some(bounding) = &bounding {
                    all = all.within(Decision::by(bounding.iter().copied(), &request));
                }
                if !all.may_be_allowed() {
                    return all;
                }
            }
        }
        all
    }
}

fn leaves_out(effect: Effect, selection: &Selection) -> bool {
    selection.is_only() == (effect == Effect::Deny)
}
