//! Writes policy documents as JSON.

use serde_json::{Map, Value as Json, json};

use super::{Effect, PolicyDocument, PrincipalElement, Selection, Statement};
use crate::condition::{Condition, OPERATORS, Quantifier};
use crate::pattern::Pattern;

impl PolicyDocument {
    /// An equivalent document.
    pub fn to_json(&self) -> Json {
        let statements: Vec<Json> = self.statements.iter().map(Statement::to_json).collect();
        match &self.version {
            Some(version) => json!({"Version": version, "Statement": statements}),
            None => json!({"Statement": statements}),
        }
    }
}

impl Statement {
    fn to_json(&self) -> Json {
        let mut object = Map::new();
        if let Some(sid) = &self.sid {
            object.insert("Sid".to_owned(), json!(sid));
        }
        let effect = if self.effect == Effect::Allow {
            "Allow"
        } else {
            "Deny"
        };
        object.insert("Effect".to_owned(), json!(effect));
        if let Some(principals) = &self.principals {
            insert(&mut object, "Principal", principals, principals_json);
        }
        insert(&mut object, "Action", &self.actions, texts);
        if let Some(resources) = &self.resources {
            insert(&mut object, "Resource", resources, texts);
        }
        if !self.conditions.is_empty() {
            object.insert("Condition".to_owned(), block(&self.conditions));
        }
        Json::Object(object)
    }
}

fn insert<T>(
    object: &mut Map<String, Json>,
    element: &str,
    selection: &Selection<T>,
    write: fn(&[T]) -> Json,
) {
    let name = match selection {
        Selection::Only(_) => element.to_owned(),
        Selection::AllBut(_) => format!("Not{element}"),
    };
    object.insert(name, write(selection.items()));
}

fn texts(patterns: &[Pattern]) -> Json {
    patterns.iter().map(Pattern::as_str).collect()
}

fn principals_json(elements: &[PrincipalElement]) -> Json {
    let mut types: Map<String, Json> = Map::new();
    for element in elements {
        let (kind, id) = match element {
            PrincipalElement::Anyone => ("AWS", "*".to_owned()),
            PrincipalElement::Account(id) => ("AWS", id.to_string()),
            PrincipalElement::Arn(text) | PrincipalElement::Deleted(text) => ("AWS", text.clone()),
            PrincipalElement::Service(name) => ("Service", name.clone()),
            PrincipalElement::Federated(provider) => ("Federated", provider.clone()),
            PrincipalElement::CanonicalUser(id) => ("CanonicalUser", id.clone()),
        };
        if let Json::Array(ids) = types.entry(kind).or_insert_with(|| json!([])) {
            ids.push(json!(id));
        }
    }
    Json::Object(types)
}

fn block(conditions: &[Condition]) -> Json {
    let mut block: Map<String, Json> = Map::new();
    for condition in conditions {
        let name = operator(condition);
        // The document may have used several names for one operator, such as DateEquals and
        // NumericEquals, in any case.
        let mut spellings =
            (0..=name.len()).map(|capitals| name[..capitals].to_uppercase() + &name[capitals..]);
        let is_free = |spelling: &String| {
            block
                .get(spelling)
                .is_none_or(|keys| keys.get(&condition.name).is_none())
        };
        let spelling = spellings.find(is_free).unwrap_or(name);
        let keys = block.entry(spelling).or_insert_with(|| json!({}));
        keys[&condition.name] = texts(&condition.values);
    }
    Json::Object(block)
}

/// The name of the condition's operator.
fn operator(condition: &Condition) -> String {
    let Condition { operator, negated, quantifier, .. } = *condition;
    let known = OPERATORS
        .iter()
        .find(|row| (row.1, row.2) == (operator, negated));
    let name = known.map_or("", |(name, ..)| name);
    let prefix = match quantifier {
        Quantifier::One => "",
        Quantifier::All => "ForAllValues:",
        Quantifier::Any => "ForAnyValue:",
    };
    let is_usual = condition.when_absent == quantifier.holds_when_absent(negated);
    let suffix = if is_usual { "" } else { "IfExists" };
    format!("{prefix}{name}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document, with conditions in an order that does not depend on names of operators.
    fn read(json: &Json) -> PolicyDocument {
        let mut document = PolicyDocument::from_json(json).unwrap();
        for statement in &mut document.statements {
            statement
                .conditions
                .sort_by_key(|condition| format!("{condition:?}"));
        }
        document
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let mut conditions = Map::new();
        let written = OPERATORS
            .iter()
            .take_while(|(name, ..)| *name != "ArnEquals");
        for (name, ..) in written {
            for operator in [
                (*name).to_owned(),
                format!("ForAllValues:{name}"),
                format!("ForAnyValue:{name}"),
                format!("{name}IfExists"),
            ] {
                conditions
                    .insert(operator, json!({"aws:PrincipalTag/Team": ["${aws:username}", "b*"]}));
            }
        }
        let negated = ["ArnNotEquals", "ArnNotEqualsIfExists", "ArnNotLikeIfExists", "arnnotlike"];
        for name in ["DateEquals", "ArnEquals", "BinaryEquals"]
            .into_iter()
            .chain(negated)
        {
            conditions.insert(name.to_owned(), json!({"aws:PrincipalTag/Team": "x"}));
        }
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "One", "Effect": "Allow", "NotAction": ["iam:*", "s3:Get?"], "Resource": "arn:*:${aws:username}", "Condition": conditions},
            {"Effect": "Deny", "Action": "*", "NotResource": ["*"]},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
                "AWS": ["111122223333", "arn:aws:iam::111122223333:user/a", "AIDACKCEVSQ6C2EXAMPLE", "*"],
                "Service": "ec2.amazonaws.com", "Federated": "accounts.google.com", "CanonicalUser": "79a59d",
            }},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": "*"},
        ]});
        let document = read(&document);
        assert_eq!(read(&document.to_json()), document);
        let plain =
            PolicyDocument { version: None, statements: vec![document.statements[1].clone()] };
        assert_eq!(read(&plain.to_json()), plain);
    }
}
