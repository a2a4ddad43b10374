//! Texts and their pseudonyms: whatever is not known to be harmless is a name.

use portcullis_model::{AccountId, Arn, is_region};
use serde_json::{Map, Value as Json};

use super::{Salt, arn, form};

/// Facts whose texts are words of AWS or of Portcullis, by the end of their path.
const WORDS: [&str; 22] = [
    "action",
    "actions_on_everything",
    "age_source",
    "alternate_contacts",
    "certainty",
    "class",
    "disagreements",
    "kind",
    "last_used_credential",
    "last_used_region",
    "last_used_service",
    "method",
    "mfa_source",
    "missing",
    "partition",
    "region.name",
    "service",
    "service_wildcards",
    "services_not_asked_for_source",
    "source",
    "title",
    "wildcard_services",
];

/// Facts whose texts are statements of policies.
const STATEMENTS: [&str; 8] = [
    "cognito_guest_statements",
    "ignored_protections",
    "ignored_variables",
    "management_account_statements",
    "not_action_allows",
    "open_statements",
    "pass_any_role",
    "statement",
];

/// Facts whose texts are phrases with names in them: what an escalation does, and what it hangs on.
const PHRASES: [&str; 2] = ["conditions", "way"];

/// The pseudonyms of the texts of one finding, or of a report beside its findings.
pub(super) struct Names<'s> {
    salt: &'s Salt,
    /// The name that AWS gave to what the finding is about.
    public: Option<String>,
}

impl<'s> Names<'s> {
    pub(super) fn new(salt: &'s Salt) -> Names<'s> {
        Names { salt, public: None }
    }

    /// The id of a finding's resource. The name of a policy that AWS wrote may be told from then on.
    pub(super) fn identity(&mut self, id: &str) -> String {
        let managed = arn::parse(id).filter(|arn| arn.is_aws_managed());
        self.public = managed.map(|arn| arn::name(arn).to_owned());
        self.text(id)
    }

    /// A text of which nothing else is known.
    pub(super) fn text(&self, text: &str) -> String {
        if form::is_nobodys(text) || self.public.as_deref() == Some(text) {
            text.to_owned()
        } else if let Some(arn) = arn::parse(text) {
            self.arn(text, arn)
        } else if text.starts_with('/') {
            let renamed: Vec<_> = text.split('/').map(|part| self.path_part(part)).collect();
            renamed.join("/")
        } else {
            self.name(text)
        }
    }

    /// An account's id, or `unknown`.
    pub(super) fn account(&self, id: &str) -> String {
        if matches!(id, "unknown" | "*") { id.to_owned() } else { self.salt.account(id) }
    }

    /// The name of a region.
    pub(super) fn region(&self, region: &str) -> String {
        if is_region(region) { region.to_owned() } else { self.text(region) }
    }

    /// A fact by its path in rules, with its parts.
    pub(super) fn fact(&self, path: &str, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.text_of(path, &text)),
            Json::Array(list) => self.list(path, list),
            Json::Object(fields) => Json::Object(self.fields(path, fields)),
            Json::Null | Json::Bool(_) | Json::Number(_) => value,
        }
    }

    /// Lists of names are sorted. Their pseudonyms are too: the names' own order would tell who is who.
    fn list(&self, path: &str, list: Vec<Json>) -> Json {
        let texts: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
        let Some(texts) = texts else {
            return list.into_iter().map(|value| self.fact(path, value)).collect();
        };
        let mut pseudonyms: Vec<_> = texts.iter().map(|text| self.text_of(path, text)).collect();
        if pseudonyms != texts {
            pseudonyms.sort();
        }
        Json::from(pseudonyms)
    }

    fn fields(&self, path: &str, fields: Map<String, Json>) -> Map<String, Json> {
        let field = |(name, value): (String, Json)| {
            let value = self.fact(&format!("{path}.{name}"), value);
            (self.path(&name), value)
        };
        fields.into_iter().map(field).collect()
    }

    /// The path of a fact, which rules know; what has not its form is none.
    pub(super) fn path(&self, path: &str) -> String {
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        if path.starts_with(|c: char| c.is_ascii_lowercase()) && path.chars().all(is_letter) {
            return path.to_owned();
        }
        self.text(path)
    }

    /// The text of a fact.
    pub(super) fn text_of(&self, path: &str, text: &str) -> String {
        if is_one_of(&PHRASES, path) {
            return super::WITHHELD.to_owned();
        }
        if path == "gap.code" {
            let code = if form::is_code(text) { text } else { super::WITHHELD };
            return code.to_owned();
        }
        let identifies =
            text.starts_with("arn:") || AccountId::parse(text).is_some() || form::is_key(text);
        if is_one_of(&WORDS, path) && !identifies {
            return text.to_owned();
        }
        match form::statement(text).filter(|_| is_one_of(&STATEMENTS, path)) {
            Some((number, Some(sid))) => {
                format!("{number} ({})", self.name(sid))
            }
            Some((_, None)) => text.to_owned(),
            None => self.text(text),
        }
    }

    /// A name of whatever kind; that of an account or a key is its id.
    fn name(&self, name: &str) -> String {
        if AccountId::parse(name).is_some() {
            self.salt.account(name)
        } else if form::is_key(name) {
            self.salt.key(name)
        } else {
            self.salt.name(name)
        }
    }

    fn arn(&self, text: &str, arn: Arn<'_>) -> String {
        if arn.is_aws_managed() { text.to_owned() } else { arn::map(arn, |name| self.name(name)) }
    }

    fn path_part(&self, part: &str) -> String {
        if part.is_empty() { String::new() } else { self.name(part) }
    }
}

/// Whether the path ends with one of those. Who writes a rule names its parameters, so they are none.
fn is_one_of(ends: &[&str], path: &str) -> bool {
    let before = ends.iter().filter_map(|end| path.strip_suffix(end));
    let mut before = before.filter(|before| before.is_empty() || before.ends_with('.'));
    before.next().is_some() && !path.starts_with("params.")
}
