//! A policy document without what is too broad in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::grammar::{WITH_VARIABLES, decoded};
use super::{DocumentJson, Effect, PolicyDocument, Selection, Statement};
use crate::probe;

/// What a document allows too broadly.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Excess {
    /// The statements to leave out, as [`Statement::label`] calls them.
    pub statements: BTreeSet<String>,
    /// Actions in any case, and the label of the statement that must not allow them; none: no statement may allow them.
    pub actions: Vec<(String, Option<String>)>,
}

impl Excess {
    /// Adds every action of what [`PolicyDocument::whole_services`] names.
    pub fn add_service(&mut self, service: &str) {
        let names_one = !service.contains(' ');
        let service = if names_one { service } else { probe::NAME };
        self.actions
            .push((format!("{service}:{}", probe::NAME), None));
    }

    /// What is left of a document, in the version that knows variables; none if no statement is. A statement loses the
    /// actions that are too broad, and is dropped if it has no others.
    pub fn taken_from(&self, document: &PolicyDocument, json: &DocumentJson) -> Option<String> {
        let mut json = object(json)?;
        let statements = match json.remove("Statement")? {
            Json::Array(list) => list,
            one => vec![one],
        };
        let mut left = Vec::new();
        for (index, (read, mut written)) in document.statements.iter().zip(statements).enumerate() {
            if read.effect == Effect::Deny || self.narrow(read, index, &mut written) {
                left.push(written);
            }
        }
        if left.is_empty() {
            return None;
        }
        json.insert("Version".to_owned(), json!(WITH_VARIABLES));
        json.insert("Statement".to_owned(), Json::Array(left));
        Some(Json::Object(json).to_string())
    }

    /// Takes from an Allow what is too broad; whether it still allows something.
    fn narrow(&self, read: &Statement, index: usize, written: &mut Json) -> bool {
        let label = read.label(index);
        let mut excessive = Vec::new();
        for (action, statement) in &self.actions {
            if statement
                .as_ref()
                .is_none_or(|statement| *statement == label)
            {
                excessive.push(action.to_ascii_lowercase());
            }
        }
        if self.statements.contains(&label) {
            return false;
        }
        let Selection::Only(patterns) = &read.actions else {
            return !excessive.iter().any(|action| read.actions.selects(action));
        };
        let kept: Vec<bool> = patterns
            .iter()
            .map(|pattern| !excessive.iter().any(|action| pattern.matches(action)))
            .collect();
        if let Some(Json::Array(actions)) = written.get_mut("Action") {
            let mut kept = kept.iter();
            actions.retain(|_| kept.next() == Some(&true));
        }
        kept.contains(&true)
    }
}

/// The object of a document that could be read.
fn object(json: &DocumentJson) -> Option<Map<String, Json>> {
    match json {
        DocumentJson::Unique(Json::Object(object)) => Some(object.clone()),
        DocumentJson::Unique(Json::String(text)) => serde_json::from_str(&decoded(text).ok()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(json: Json, excess: &Excess) -> Option<Json> {
        let json = DocumentJson::Unique(json);
        let left = excess.taken_from(&json.read().unwrap(), &json)?;
        Some(serde_json::from_str(&left).unwrap())
    }

    fn excess(statements: &[&str], actions: &[(&str, Option<&str>)]) -> Excess {
        let mut excess = Excess::default();
        excess
            .statements
            .extend(statements.iter().map(|it| (*it).to_owned()));
        for (action, statement) in actions {
            excess
                .actions
                .push(((*action).to_owned(), statement.map(str::to_owned)));
        }
        excess
    }

    #[test]
    fn a_statement_loses_the_actions_that_are_too_broad() {
        let document = json!({"Id": "x", "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "kms:*", "kms:Decrypt"], "Resource": "*"},
            {"Sid": "Own", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/a"},
        ]});
        let expected = json!({"Id": "x", "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"},
            {"Sid": "Own", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/a"},
        ]});
        let excess = excess(&[], &[("kms:Decrypt", Some("1"))]);
        assert_eq!(left(document.clone(), &excess), Some(expected));
        let text = DocumentJson::Unique(json!(document.to_string()));
        assert!(excess.taken_from(&text.read().unwrap(), &text).is_some());
    }

    #[test]
    fn a_statement_goes_if_it_is_too_broad_as_a_whole_and_a_deny_stays() {
        let deny = json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"});
        let document = json!({"Statement": [
            {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
            deny,
        ]});
        let excess = excess(&["1 (All)", "3"], &[("iam:PassRole", Some("2"))]);
        let expected = json!({"Version": "2012-10-17", "Statement": [deny]});
        assert_eq!(left(document, &excess), Some(expected));
    }

    #[test]
    fn a_whole_service_is_taken_from_every_statement() {
        let allow = |action| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let mut service = Excess::default();
        service.add_service("s3");
        let document = json!({"Statement": [allow("s3:*"), allow("s3:Get*"), allow("ec2:*")]});
        let expected = json!([allow("s3:Get*"), allow("ec2:*")]);
        assert_eq!(left(document, &service).unwrap()["Statement"], expected);
        let mut all = Excess::default();
        all.add_service("all services except iam");
        let document = json!({"Statement": [allow("*"), allow("s3:*")]});
        assert_eq!(left(document, &all).unwrap()["Statement"], json!([allow("s3:*")]));
    }

    #[test]
    fn nothing_may_be_left() {
        let document = json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
        assert_eq!(left(document.clone(), &excess(&["1"], &[])), None);
        let expected = json!({"Version": "2012-10-17", "Statement": [document["Statement"]]});
        assert_eq!(left(document, &Excess::default()), Some(expected));
    }
}
