//! Replaces texts by pseudonyms, unless they are known to be harmless.

use std::collections::{BTreeMap, HashMap};

use portcullis_model::{AccountId, Arn, Shown, Source, is_region, shown};
use serde_json::{Map, Value as Json};

use super::{Salt, arn, form};

/// The fact for the code of a gap in words.
const GAP_REASON: &str = "gap.reason";

/// The pseudonyms in a finding, or in a report outside its findings.
pub(super) struct Names<'s> {
    salt: &'s Salt,
    /// The name of the finding's resource, if AWS chose it.
    public: Option<String>,
    /// The ways to become an administrator, with their replacements.
    ways: HashMap<String, String>,
}

impl<'s> Names<'s> {
    pub(super) fn new(salt: &'s Salt) -> Names<'s> {
        Names { salt, public: None, ways: HashMap::new() }
    }

    /// Redacts the id of a finding's resource. From then on, the name of an AWS managed policy is kept.
    pub(super) fn identity(&mut self, id: &str) -> String {
        let is_managed = arn::parse(id).is_some_and(Arn::is_aws_managed);
        self.public = is_managed.then(|| last_name(id).to_owned());
        self.text(id)
    }

    /// Adds the ways to become an administrator among facts. Their sentences contain names, so they are replaced by
    /// sentences made of the redacted facts.
    pub(super) fn add_ways(&mut self, evidence: &BTreeMap<String, Json>) {
        for (path, value) in evidence {
            for way in value.as_array().into_iter().flatten() {
                let sentence = way["way"].as_str();
                if let Some((sentence, replacement)) = sentence.zip(self.way(path, way)) {
                    self.ways.insert(sentence.to_owned(), replacement);
                }
            }
        }
    }

    /// Describes a way with its target and its policies: `assume a role: x (sts:AssumeRole, policy y)`. None if it does
    /// not say what it does.
    fn way(&self, path: &str, way: &Json) -> Option<String> {
        let text = |of: &Json, name: &str| {
            let text = of[name.rsplit('.').next().unwrap_or(name)].as_str()?;
            Some(self.text_of(&format!("{path}.{name}"), text))
        };
        let Some(mut sentence) = text(way, "title") else {
            return self.way_across(path, way);
        };
        if let Some(target) = text(way, "target") {
            sentence = format!("{sentence}: {}", last_name(&target));
        }
        let mut grants = Vec::new();
        for grant in way["grants"].as_array().into_iter().flatten() {
            let (action, policy) = (text(grant, "grants.action"), text(grant, "grants.policy"));
            let (action, policy) = (action.unwrap_or_default(), policy.unwrap_or_default());
            // A role that admits somebody does so in its trust policy, which the target names.
            if !policy.contains(":role/") {
                grants.push(format!("{action}, policy {}", last_name(&policy)));
            }
        }
        if !grants.is_empty() {
            sentence = format!("{sentence} ({})", grants.join("; "));
        }
        Some(sentence)
    }

    /// Describes the steps of a way from one account into another.
    fn way_across(&self, path: &str, way: &Json) -> Option<String> {
        let mut steps = Vec::new();
        for via in way["via"].as_array()?.iter().filter_map(Json::as_str) {
            steps.push(format!("become {}", self.text_of(&format!("{path}.via"), via)));
        }
        let arn = self.text_of(&format!("{path}.arn"), way["arn"].as_str()?);
        steps.push(format!("assume {arn}"));
        Some(steps.join(", then "))
    }

    /// Redacts a text about which nothing else is known.
    pub(super) fn text(&self, text: &str) -> String {
        if form::is_nobodys(text) || self.public.as_deref() == Some(text) {
            text.to_owned()
        } else if let Some(arn) = arn::parse(text) {
            if arn.is_aws_managed() {
                return text.to_owned();
            }
            arn::map(arn, |name| self.name(name))
        } else if text.starts_with('/') {
            let mut parts = Vec::new();
            for part in text.split('/') {
                parts.push(if part.is_empty() {
                    String::new()
                } else {
                    self.name(part)
                });
            }
            parts.join("/")
        } else {
            self.name(text)
        }
    }

    /// Redacts the name of an actor, except the words for those without a name.
    pub(super) fn person(&self, text: &str) -> String {
        if form::is_unnamed(text) {
            text.to_owned()
        } else {
            self.text(text)
        }
    }

    /// Redacts an address, except AWS services.
    pub(super) fn address(&self, text: &str) -> String {
        if form::is_service(text) {
            text.to_owned()
        } else {
            self.person(text)
        }
    }

    /// Redacts a text of a fact, which is the name or the address of an actor if it comes from CloudTrail.
    fn text_at(&self, path: &str, text: &str) -> String {
        let (record, rest) = path.split_once('.').unwrap_or_default();
        match (record, rest.rsplit('.').next()) {
            ("signin" | "event" | "window", Some("source" | "sources" | "agent")) => {
                self.address(text)
            }
            ("signin" | "event" | "window", _) => self.person(text),
            _ => self.text(text),
        }
    }

    /// Redacts an account id, which may be `unknown`.
    pub(super) fn account(&self, id: &str) -> String {
        if matches!(id, "unknown" | "*") {
            id.to_owned()
        } else {
            self.salt.account(id)
        }
    }

    /// Redacts a region, unless it is one of AWS.
    pub(super) fn region(&self, region: &str) -> String {
        if is_region(region) {
            region.to_owned()
        } else {
            self.text(region)
        }
    }

    /// Redacts a fact with this path in rules.
    pub(super) fn fact(&self, path: &str, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.text_of(path, &text)),
            Json::Array(list) => self.list(path, list),
            Json::Object(fields) => Json::Object(self.fields(path, fields)),
            Json::Null | Json::Bool(_) | Json::Number(_) => value,
        }
    }

    /// Redacts a list. Lists of names are sorted, and so are their pseudonyms: the old order would reveal who is who.
    fn list(&self, path: &str, list: Vec<Json>) -> Json {
        let texts: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
        let Some(texts) = texts else {
            return list
                .into_iter()
                .map(|value| self.fact(path, value))
                .collect();
        };
        let mut pseudonyms: Vec<_> = texts.iter().map(|text| self.text_of(path, text)).collect();
        if pseudonyms != texts {
            pseudonyms.sort();
        }
        Json::from(pseudonyms)
    }

    fn fields(&self, path: &str, fields: Map<String, Json>) -> Map<String, Json> {
        let mut shown = Map::new();
        for (name, value) in fields {
            let value = self.fact(&format!("{path}.{name}"), value);
            shown.insert(self.path(&name), value);
        }
        shown
    }

    /// Keeps the path of a fact, but redacts texts of another form.
    pub(super) fn path(&self, path: &str) -> String {
        let is_plain = path
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_'));
        if is_plain && path.starts_with(|c: char| c.is_ascii_lowercase()) {
            return path.to_owned();
        }
        self.text(path)
    }

    /// Redacts the text of a fact.
    pub(super) fn text_of(&self, path: &str, text: &str) -> String {
        if is_own_word(path, text) {
            return text.to_owned();
        }
        match shown(path) {
            Shown::Text if !is_id(text) => text.to_owned(),
            Shown::Text | Shown::Pseudonym => self.text_at(path, text),
            Shown::Statement => self
                .statement(text)
                .unwrap_or_else(|| self.text_at(path, text)),
            Shown::Nothing => match self.ways.get(text) {
                Some(way) => way.clone(),
                None => super::WITHHELD.to_owned(),
            },
        }
    }

    /// Keeps the number of a policy statement, and redacts its Sid; none for another text.
    fn statement(&self, text: &str) -> Option<String> {
        let (number, sid) = form::statement(text)?;
        Some(match sid {
            Some(sid) => format!("{number} ({})", self.name(sid)),
            None => number.to_owned(),
        })
    }

    /// Replaces a name of any kind. Accounts and keys have their ids as names.
    fn name(&self, name: &str) -> String {
        if AccountId::parse(name).is_some() {
            self.salt.account(name)
        } else if form::is_key(name) {
            self.salt.key(name)
        } else {
            self.salt.name(name)
        }
    }

    /// Redacts any ARNs, ids of accounts and keys, and email addresses in a public text of a rule or framework.
    pub(super) fn without_ids(&self, text: &str) -> String {
        text.split_inclusive(char::is_whitespace)
            .map(|word| self.without_id(word))
            .collect()
    }

    /// Redacts a word with punctuation and space around it.
    fn without_id(&self, text: &str) -> String {
        let word = text.trim_matches(|c: char| c.is_whitespace() || "()[]<>\"'`,.;:?!".contains(c));
        let is_address = word
            .split_once('@')
            .is_some_and(|(_, host)| host.contains('.'));
        let is_template = word.contains('{');
        if !is_template && (arn::parse(word).is_some() || form::is_key(word) || is_address) {
            return text.replace(word, &self.text(word));
        }
        self.without_accounts(text)
    }

    /// Replaces each run of twelve digits, whatever is around it.
    fn without_accounts(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let is_other = |c: char| !c.is_ascii_digit();
        for run in text.split_inclusive(is_other) {
            let digits = run.trim_end_matches(is_other);
            match AccountId::parse(digits) {
                Some(_) => clean.push_str(&self.account(digits)),
                None => clean.push_str(digits),
            }
            clean.push_str(&run[digits.len()..]);
        }
        clean
    }
}

/// Whether the text of a fact is a word of Portcullis: the name of a missing source, or the reason for a gap.
fn is_own_word(path: &str, text: &str) -> bool {
    if path == GAP_REASON {
        // In words, the id of a key would be lowercase.
        return text.to_ascii_uppercase().split(' ').all(form::is_code);
    }
    path.ends_with(".missing") && Source::from_name(text).is_some()
}

/// Whether a text identifies an account or something in it, wherever it stands.
fn is_id(text: &str) -> bool {
    text.starts_with("arn:") || AccountId::parse(text).is_some() || form::is_key(text)
}

/// The last part of an ARN.
fn last_name(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_and_words_stay() {
        let salt = Salt::new(b"0123456789abcdef").unwrap();
        let names = Names::new(&salt);
        let clean = |text: &str| names.without_ids(text);
        for stays in [
            "aws iam delete-user --user-name {user.name}\n  see arn:aws:iam::aws:policy/ReadOnlyAccess.",
            "after 90 days, at 1234567890123 or 2026-01-01",
            "",
        ] {
            assert_eq!(clean(stays), stays);
        }
        let account = salt.account("111122223333");
        assert_eq!(clean("trust 111122223333."), format!("trust {account}."));
        let role = "(arn:aws:iam::111122223333:role/{role.name})";
        assert_eq!(clean(role), role.replace("111122223333", &account));
        for id in ["AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::111122223333:role/ci", "me@example.com"] {
            let text = clean(&format!("ask <{id}>, then go"));
            assert!(text.starts_with("ask <") && text.ends_with(">, then go"), "{text}");
            assert!(!text.contains(id), "{text}");
        }
    }
}
