//! Reads policy documents. Every list but that of a condition's values has at least one item: IAM
//! refuses others as `MalformedPolicyDocument`, so a document with an empty one was damaged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::Utf8Error;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

use super::principal::principals;
use super::{DocumentJson, Effect, PolicyDocument, Selection, Statement};
use crate::condition::{Condition, Operator};
use crate::pattern::{ARN_FIELDS, Pattern, Syntax};

/// The version with policy variables.
pub(super) const WITH_VARIABLES: &str = "2012-10-17";
/// The version of documents without `Version`.
const WITHOUT_VARIABLES: &str = "2008-10-17";

/// The longest action or resource that is read, in bytes. IAM accepts no document of more than 10,240
/// characters.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_TEXT: usize = 65_536;

/// Why a policy document cannot be read.
#[derive(Debug, Error)]
pub enum ParsePolicyError {
    /// The text is not valid JSON, or does not follow the grammar.
    #[error("not an IAM policy document: {0}")]
    Grammar(#[from] serde_json::Error),
    /// The URL-encoded text is not UTF-8.
    #[error("not an IAM policy document: its URL-encoded text is not UTF-8")]
    Encoding(#[from] Utf8Error),
    /// The document has no statement or an unknown version, or names a key twice.
    #[error("not an IAM policy document: it {0}")]
    Document(String),
    /// An element is missing, empty or unknown, or stands next to its opposite.
    #[error("not an IAM policy document: statement {statement} {problem}")]
    Statement {
        /// The number of the statement, from 1.
        statement: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl PolicyDocument {
    /// Whether `${…}` is a policy variable in it, not plain text.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
    pub(crate) fn knows_variables(&self) -> bool {
        self.version.as_deref() == Some(WITH_VARIABLES)
    }

    /// Reads a document from a JSON object, or from a string with JSON or URL-encoded JSON.
    pub fn from_json(json: &Json) -> Result<PolicyDocument, ParsePolicyError> {
        match json {
            Json::String(text) => PolicyDocument::from_text(text),
            other => RawDocument::deserialize(other)?.check(),
        }
    }

    /// Reads a document from JSON text, or from the URL-encoded (RFC 3986) text of IAM's API.
    pub fn from_text(text: &str) -> Result<PolicyDocument, ParsePolicyError> {
        match serde_json::from_str(&decoded(text)?)? {
            DocumentJson::Unique(json) => RawDocument::deserialize(json)?.check(),
            DocumentJson::Repeated(key) => Err(ParsePolicyError::repeated(&key)),
        }
    }
}

/// The JSON text of a document, which IAM's API gives URL-encoded.
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, Utf8Error> {
    if text.trim_start().starts_with('{') {
        return Ok(text.into());
    }
    percent_decode_str(text).decode_utf8()
}

impl ParsePolicyError {
    pub(super) fn repeated(key: &str) -> ParsePolicyError {
        ParsePolicyError::Document(format!("names {key:?} twice"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RawDocument {
    version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    /// One statement or a list. Each is read later, so that an error can name it.
    statement: OneOrMany<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RawStatement {
    sid: Option<String>,
    effect: String,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    principal: Option<Json>,
    not_principal: Option<Json>,
    #[serde(default)]
    condition: ConditionBlock,
}

/// Operator, then key, then the values.
type ConditionBlock = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>;

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected one value or a list of values")]
enum OneOrMany<T> {
    // First, since a list is JSON too.
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

impl OneOrMany<String> {
    /// The texts. Error: one of them is empty, or too long.
    fn into_texts(self) -> Result<Vec<String>, String> {
        let texts = self.into_vec();
        if texts.iter().any(String::is_empty) {
            return Err("has an empty string as an action or a resource".to_owned());
        }
        if texts.iter().any(|text| text.len() > MAX_TEXT) {
            return Err(format!("has an action or a resource of more than {MAX_TEXT} bytes"));
        }
        Ok(texts)
    }
}

/// A value of a condition. IAM accepts numbers and booleans as their text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl RawDocument {
    fn check(self) -> Result<PolicyDocument, ParsePolicyError> {
        let mut document = PolicyDocument { version: self.version, statements: Vec::new() };
        let variables = document.knows_variables();
        if let Some(version) = document.version.as_deref()
            && ![WITH_VARIABLES, WITHOUT_VARIABLES].contains(&version)
        {
            return Err(ParsePolicyError::Document(format!("has the unknown Version {version:?}")));
        }
        let statements = self.statement.into_vec();
        if statements.is_empty() {
            return Err(ParsePolicyError::Document("has no statement".to_owned()));
        }
        for (index, json) in statements.iter().enumerate() {
            let statement = RawStatement::deserialize(json)
                .map_err(|error| format!("is wrong: {error}"))
                .and_then(|raw| raw.check(variables))
                .map_err(|problem| ParsePolicyError::Statement { statement: index + 1, problem })?;
            document.statements.push(statement);
        }
        Ok(document)
    }
}

impl RawStatement {
    fn check(self, variables: bool) -> Result<Statement, String> {
        let actions = |texts: OneOrMany<_>| texts.into_texts()?.iter().map(action).collect();
        let syntax = Syntax { wildcards: true, variables };
        Ok(Statement {
            // Allow in another case is read too, since missing a permission is worse; Deny would take one away.
            effect: match self.effect.as_str() {
                "Deny" => Effect::Deny,
                word if word.eq_ignore_ascii_case("Allow") => Effect::Allow,
                _ => {
                    let word = self.effect;
                    return Err(format!(
                        "has the Effect {word:?}, which is neither Allow nor Deny"
                    ));
                }
            },
            actions: selection("Action", self.action, self.not_action, actions)?
                .ok_or("has neither Action nor NotAction")?,
            resources: selection("Resource", self.resource, self.not_resource, |texts| {
                let mut patterns = Vec::new();
                for text in texts.into_texts()? {
                    for pattern in resource(&text, syntax)? {
                        if !patterns.contains(&pattern) {
                            patterns.push(pattern);
                        }
                    }
                }
                Ok(patterns)
            })?,
            principals: selection("Principal", self.principal, self.not_principal, principals)?,
            conditions: conditions(self.condition, variables)?,
            sid: self.sid,
        })
    }
}

/// Reads an action. IAM refuses one without its service.
fn action(text: &String) -> Result<Pattern, String> {
    let is_action = match text.split_once(':') {
        Some((service, name)) => !service.is_empty() && !name.is_empty(),
        None => text.contains(['*', '?']),
    };
    if !is_action || text.contains(|c: char| !c.is_ascii_graphic()) {
        return Err(format!("has the action {text:?}, which does not have the form service:name"));
    }
    Ok(Pattern::glob(&text.to_ascii_lowercase()))
}

/// Reads a resource. IAM refuses one that is neither an ARN nor a wildcard, and adds a `*` for each field that
/// an ARN lacks at its end. A `*` at the end of a field may also stand for the fields that follow.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn resource(text: &str, syntax: Syntax) -> Result<Vec<Pattern>, String> {
    let is_open = text.contains(['*', '?']) || text.contains("${");
    let is_arn = text.starts_with("arn:");
    let is_damaged = text.trim() != text || text.contains(char::is_control);
    if is_damaged || !(is_open || is_arn) {
        return Err(format!("has the resource {text:?}, which is not an ARN"));
    }
    let mut patterns = Vec::new();
    let lacks = ARN_FIELDS.saturating_sub(text.split(':').count());
    if is_open || lacks == 0 {
        let pattern = Pattern::new(text, syntax);
        patterns.push(if is_arn {
            pattern.within_fields()
        } else {
            pattern
        });
    }
    if is_arn && lacks > 0 && !text.ends_with('*') {
        let whole = format!("{text}{}", ":*".repeat(lacks));
        patterns.push(Pattern::new(&whole, syntax).within_fields());
    }
    Ok(patterns)
}

fn selection<Raw, T>(
    element: &str,
    these: Option<Raw>,
    all_but: Option<Raw>,
    read: impl FnOnce(Raw) -> Result<Vec<T>, String>,
) -> Result<Option<Selection<T>>, String> {
    let (raw, is_only) = match (these, all_but) {
        (Some(_), Some(_)) => return Err(format!("has both {element} and Not{element}")),
        (Some(raw), None) => (raw, true),
        (None, Some(raw)) => (raw, false),
        (None, None) => return Ok(None),
    };
    let items = read(raw)?;
    if items.is_empty() {
        let not = if is_only { "" } else { "Not" };
        return Err(format!("has an empty {not}{element}"));
    }
    Ok(Some(if is_only {
        Selection::Only(items)
    } else {
        Selection::AllBut(items)
    }))
}

/// The conditions of a block. An empty block, or an empty operator in it, demands nothing, so the
/// statement applies as if it had no condition.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-object-condition>
fn conditions(block: ConditionBlock, variables: bool) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (operator, keys) in block {
        for (key, values) in keys {
            let values: Vec<String> = values
                .into_vec()
                .into_iter()
                .map(Scalar::into_text)
                .collect();
            if key.is_empty() {
                return Err(format!("has the condition {operator:?} without a key"));
            }
            let condition = Condition::new(&operator, &key, &values, variables);
            if condition.operator == Operator::Unknown {
                return Err(format!("has the unknown condition operator {operator:?}"));
            }
            conditions.push(condition);
        }
    }
    conditions.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(conditions)
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Scalar::Text(text) => text,
            Scalar::Bool(value) => value.to_string(),
            Scalar::Number(number) => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::PrincipalElement;

    const ALLOW_ALL: &str = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

    #[track_caller]
    fn error(statement: &Json) -> String {
        PolicyDocument::from_json(&json!({"Statement": statement}))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn statement_and_elements_may_be_one_or_a_list() {
        let one = PolicyDocument::from_text(ALLOW_ALL).unwrap();
        let many = json!({"Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]});
        assert_eq!(one, PolicyDocument::from_json(&many).unwrap());
        assert_eq!(one.version, None);
    }

    #[test]
    fn text_may_be_json_or_url_encoded() {
        let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22\
                       %2C%22Resource%22%3A%22*%22%7D%7D";
        let document = PolicyDocument::from_text(ALLOW_ALL).unwrap();
        assert_eq!(PolicyDocument::from_json(&json!(ALLOW_ALL)).unwrap(), document);
        assert_eq!(PolicyDocument::from_json(&json!(encoded)).unwrap(), document);
    }

    #[test]
    fn a_plus_stays_a_plus() {
        let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22\
                       %2C%22Resource%22%3A%22arn:aws:s3:::a+b%22%7D%7D";
        let document = PolicyDocument::from_text(encoded).unwrap();
        let expected = Some(Selection::Only(vec![Pattern::glob("arn:aws:s3:::a+b")]));
        assert_eq!(document.statements[0].resources, expected);
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html>
    #[test]
    fn allow_is_read_in_any_case_and_deny_in_its_own() {
        let statement = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*"});
        let document = json!({"Statement": statement("allow")});
        let document = PolicyDocument::from_json(&document).unwrap();
        assert_eq!(document.statements[0].effect, Effect::Allow);
        assert!(error(&statement("deny")).contains("neither Allow nor Deny"));
    }

    #[test]
    fn conditions_are_kept_as_text() {
        let condition =
            json!({"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"x": [1, "2"]}});
        let statement =
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        let document = PolicyDocument::from_json(&json!({"Statement": statement})).unwrap();
        let expected = [
            Condition::new("Bool", "aws:SecureTransport", &["true".to_owned()], false),
            Condition::new("NumericLessThan", "x", &["1".to_owned(), "2".to_owned()], false),
        ];
        assert_eq!(document.statements[0].conditions, expected);
    }

    #[test]
    fn trust_documents_have_principals_and_no_resource() {
        let statement = json!({"Effect": "Allow", "NotPrincipal": "*", "Action": "sts:AssumeRole"});
        let document = PolicyDocument::from_json(&json!({"Statement": statement})).unwrap();
        assert_eq!(
            document.statements[0].principals,
            Some(Selection::AllBut(vec![PrincipalElement::Anyone]))
        );
        assert_eq!(document.statements[0].resources, None);
    }

    #[test]
    fn what_breaks_the_grammar_is_named() {
        let both = json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"});
        assert!(error(&both).ends_with("statement 1 has both Action and NotAction"));
        let neither = json!([{"Effect": "Allow", "Resource": "*"}]);
        assert!(error(&neither).ends_with("statement 1 has neither Action nor NotAction"));
        let effect = json!({"Effect": "Maybe", "Action": "*", "Resource": "*"});
        assert!(error(&effect).contains("\"Maybe\""));
        let principal = json!({"Effect": "Allow", "Principal": [1], "Action": "sts:AssumeRole"});
        assert!(error(&principal).contains("statement 1 has the principal [1]"));
        assert!(PolicyDocument::from_text("").is_err());
        assert!(PolicyDocument::from_text("%ff").is_err());
        assert!(PolicyDocument::from_json(&json!(null)).is_err());
    }

    /// IAM refuses them as `MalformedPolicyDocument`: "Actions/Conditions must be prefaced by a vendor",
    /// "Resource … must be in ARN format or \"*\"", "Syntax errors in policy".
    #[test]
    fn actions_resources_and_operators_have_a_form() {
        let statement = |element: &str, value: Json| {
            let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            statement[element] = value;
            PolicyDocument::from_json(&json!({"Statement": [statement]}))
        };
        for (element, value) in [
            ("Action", json!("zzz")),
            ("Action", json!("iam")),
            ("Action", json!(" *")),
            ("Action", json!("iam:")),
            ("Resource", json!("zzz")),
            ("Resource", json!("arn")),
            ("Resource", json!(" *")),
            ("Resource", json!(format!("arn:aws:s3:::{}", "x".repeat(MAX_TEXT)))),
            ("Condition", json!({"Foo": {"aws:SourceIp": "192.0.2.1/32"}})),
        ] {
            assert!(statement(element, value.clone()).is_err(), "{element} {value}");
        }
        for (element, value) in [
            ("Action", json!(["iam:Get*", "*:Get*", "**"])),
            ("Resource", json!(["arn:aws:s3:::x", "arn:*", "${aws:PrincipalTag/bucket}"])),
            ("Condition", json!({"ForAllValues:ArnNotLikeIfExists": {"aws:SourceArn": "arn:*"}})),
        ] {
            assert!(statement(element, value.clone()).is_ok(), "{element} {value}");
        }
    }

    /// What the grammar calls a list has at least one item:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>. IAM refuses an
    /// empty one, as in "Policy statement must contain actions".
    #[test]
    fn nothing_is_empty() {
        let whole = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}});
        assert!(PolicyDocument::from_json(&json!({"Statement": [whole]})).is_ok());
        for (element, emptied) in [
            ("Action", json!([])),
            ("Action", json!("")),
            ("Action", json!(["s3:*", ""])),
            ("Resource", json!([])),
            ("Resource", json!("")),
            ("Principal", json!({})),
            ("Principal", json!({"AWS": []})),
            ("Principal", json!({"AWS": ""})),
            ("Condition", json!({"StringEquals": {"": "x"}})),
        ] {
            let mut statement = whole.clone();
            statement[element] = emptied;
            let error = error(&statement);
            assert!(error.contains("statement 1 has "), "{error}");
        }
        let not = json!({"Effect": "Deny", "NotAction": [], "Resource": "*"});
        assert!(error(&not).ends_with("statement 1 has an empty NotAction"));
        assert!(error(&json!([])).ends_with("it has no statement"));
        for version in ["", "2012-10-18"] {
            let document = json!({"Version": version, "Statement": [whole]});
            let error = PolicyDocument::from_json(&document)
                .unwrap_err()
                .to_string();
            assert!(error.contains("it has the unknown Version "), "{error}");
        }
        let value = json!({"StringEquals": {"s3:prefix": ""}});
        let value = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": value});
        assert!(PolicyDocument::from_json(&json!({"Statement": value})).is_ok(), "no prefix");
    }

    #[test]
    fn element_names_are_exact() {
        let statement = json!([{"Effect": "Allow", "action": "*", "Resource": "*"}]);
        assert!(error(&statement).contains("statement 1 is wrong: unknown field `action`"));
    }
}
