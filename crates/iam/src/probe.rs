//! Questions about "every action" and "any resource". They are asked about names that no policy can
//! have meant, and about those that the policies name.

use std::sync::LazyLock;

use portcullis_model::Arn;

use crate::account::Account;
use crate::context::{Context, Request};
use crate::pattern::Pattern;
use crate::policy::{Decision, Effect, Permissions, PolicyDocument, Selection};
use crate::trust::Grant;
use crate::value::Value;

/// A name that no policy can have meant. It has punctuation only, since patterns such as `p*` and
/// `*-*` match words.
pub(crate) const NAME: &str = "=+,=+,=+,=+,=+,=+,";

/// The id of a KMS key that no policy can have meant: it has the form of such ids, but consists of
/// punctuation.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id>
const KEY_ID: &str = "=+,=+,=+-=+,=-=+,=-=+,=-=+,=+,=+,=+,";

/// An IAM action that no policy can have meant.
pub(crate) const IAM_ACTION: &str = "iam:=+,=+,=+,=+,=+,=+,";

/// The actions with each letter prefixed to their names: `a*`, `b*` and so on may together allow
/// what none of them allows alone.
fn by_letter(actions: &[String]) -> Vec<String> {
    let mut lettered = Vec::new();
    for letter in 'a'..='z' {
        let name = format!("{letter}{NAME}");
        lettered.extend(actions.iter().map(|action| action.replace(NAME, &name)));
    }
    lettered
}

/// Ids that stand for all KMS keys: a single one, or one for each first digit.
pub(crate) fn key_ids() -> [Vec<String>; 2] {
    let by_digit = "0123456789abcdef"
        .chars()
        .map(|digit| format!("{digit}{}", &KEY_ID[1..]));
    [vec![KEY_ID.to_owned()], by_digit.collect()]
}

/// Whether a document may allow all actions that the given one stands for, by one pattern or by one
/// for each letter.
pub(crate) fn may_allow_all(document: &PolicyDocument, action: &str) -> bool {
    let first = action.replace(NAME, &format!("a{NAME}"));
    document.may_allow(action) || document.may_allow(&first)
}

/// A value of a condition key that no policy can have meant. For a service it is the name of a
/// service principal.
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

/// The actions of IAM and STS, one per line. Any other action that a statement names does not
/// exist.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
const ACTIONS: &str = include_str!("../data/actions.txt");

static KNOWN_ACTIONS: LazyLock<Vec<String>> =
    LazyLock::new(|| ACTIONS.lines().map(str::to_lowercase).collect());

/// Whether a pattern selects an existing action, as far as the service's actions are known.
fn has_action(pattern: &Pattern) -> bool {
    let is_known = ["iam:", "sts:"]
        .iter()
        .any(|it| pattern.literal_prefix().starts_with(it));
    !is_known || KNOWN_ACTIONS.iter().any(|action| pattern.matches(action))
}

/// Whether a pattern selects a resource of the account or of AWS, or one whose ARN holds no
/// account. In IAM, the resource must have the form of one of its kinds.
fn has_resource(pattern: &Pattern, account: &Account) -> bool {
    let in_partition = Pattern::glob(&format!("arn:{}:*", account.partition));
    if pattern.common(&in_partition).is_none() {
        return false;
    }
    let fields = pattern.arn_fields();
    let [_, _, service, _, id, resource] = &fields[..] else {
        return true;
    };
    let owners = [account.id_text(), "aws", ""];
    if account.id.is_some() && !owners.iter().any(|owner| id.matches(owner)) {
        return false;
    }
    let is_of_iam = service.is_literal() && service.matches("iam");
    let kinds = IAM_KINDS.iter().chain(&FURTHER_KINDS);
    let mut forms = kinds.map(|kind| Pattern::glob(&format!("{kind}/*")));
    !is_of_iam || resource.matches("root") || forms.any(|form| resource.common(&form).is_some())
}

/// The kinds of IAM resources.
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

/// The kinds of IAM resources that no way to more permissions involves.
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

/// One IAM resource of each kind.
pub(crate) fn iam_resources(account: &Account) -> Vec<String> {
    IAM_KINDS
        .iter()
        .map(|kind| iam_resource(account, kind))
        .collect()
}

/// An IAM resource of the kind.
pub(crate) fn iam_resource(account: &Account, kind: &str) -> String {
    format!("arn:{}:iam::{}:{kind}/{NAME}", account.partition, account.id_text())
}

/// Resources of a service in the account, one for each form of ARN.
pub(crate) fn resources_of(account: &Account, service: &str) -> [String; 3] {
    let (partition, id) = (&account.partition, account.id_text());
    [
        format!("arn:{partition}:{service}:{NAME}:{id}:{NAME}/{NAME}"),
        format!("arn:{partition}:{service}::{id}:{NAME}/{NAME}"),
        format!("arn:{partition}:{service}:::{NAME}/{NAME}"),
    ]
}

/// A resource of the account that matches the pattern. Wildcards are replaced by the account
/// itself, and by names that no policy can have meant.
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

/// The common prefix of all resources of the account that match the pattern.
pub(crate) fn beginning(pattern: &Pattern, account: &Account) -> String {
    let fields = pattern.arn_fields();
    // Otherwise a wildcard may stand for several fields.
    let is_whole = fields.len() >= 6;
    let mut text = String::new();
    for (number, field) in fields.iter().enumerate() {
        match number {
            1 if is_whole && field.is_everything() => text.push_str(&account.partition),
            4 if is_whole && field.is_everything() => text.push_str(account.id_text()),
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

/// Whether the ARN is that of a resource of the service in this account.
pub(crate) fn is_of(arn: &str, service: &str, account: &Account) -> bool {
    let Some(arn) = Arn::parse(arn) else {
        return false;
    };
    arn.service == service && (arn.account.is_empty() || arn.account == account.id_text())
}

/// Asks whether each of the actions is allowed on each of the resources, and on those that the
/// documents leave out: the ones that Denies name, and the exceptions of Allows. What other Allows
/// name is not asked about, since holding more permissions must not make anybody look less
/// privileged.
pub(crate) struct Question<'q> {
    pub(crate) documents: Vec<&'q PolicyDocument>,
    /// The permissions boundary, which must allow the request as well.
    pub(crate) boundary: Option<&'q PolicyDocument>,
    pub(crate) context: Context<'q>,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Only actions that match this count as left out.
    pub(crate) all_actions: Pattern,
    /// Only resources that match this count as left out.
    pub(crate) all_resources: Pattern,
}

impl Question<'_> {
    /// The decision about everything.
    pub(crate) fn decide_all(mut self) -> Decision {
        let mut first = self.decide_each();
        if !first.may_be_allowed() {
            self.actions = by_letter(&self.actions);
            first = self.decide_each();
        }
        // Few documents get past this point.
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
                    self.actions
                        .extend(common.map(|it| it.as_str().replace('*', NAME)));
                }
            }
            let Some(resources) = &statement.resources else {
                continue;
            };
            if !leaves_out(statement.effect, resources) {
                continue;
            }
            for pattern in resources.items() {
                let pattern = pattern.resolve(&Request { action: "", resource: "", context });
                // A resource that it leaves out has been asked about already.
                let is_known = known.iter().any(|resource| pattern.matches(resource));
                if !is_known && has_resource(&pattern, context.account) {
                    let common = pattern.common_arn(&self.all_resources);
                    self.resources
                        .extend(common.map(|it| it.as_str().replace('*', NAME)));
                }
            }
        }
        self.decide_each()
    }

    /// The decision about each of the actions on each of the resources.
    fn decide_each(&self) -> Decision {
        // A resource with a name that no policy can have meant has no tags.
        let mut brings = self.context.brings.to_vec();
        brings.extend(["aws:resourcetag/", "iam:resourcetag/"].map(|key| (key, Value::Absent)));
        let context = Context { brings: &brings, ..self.context };
        let mut all = Decision::Allowed;
        for action in &self.actions {
            let permissions = Permissions {
                own: self
                    .documents
                    .iter()
                    .flat_map(|document| document.about(action))
                    .collect(),
                boundary: self
                    .boundary
                    .map(|document| document.about(action).collect()),
            };
            for resource in &self.resources {
                let request = Request { action, resource, context };
                all = all.within(permissions.decide(&request, Grant::ByPermission));
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
