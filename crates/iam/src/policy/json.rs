//! The JSON of policy documents, which are refused if an object names a key twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, de};
use serde_json::{Map, Value as Json};

use super::{ParsePolicyError, PolicyDocument};

/// A policy document as JSON, not yet read.
///
/// IAM refuses a document in which an object names a key twice, and parsers of JSON take one or the
/// other: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html>.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DocumentJson {
    /// No object names a key twice.
    Unique(Json),
    /// An object names that key twice.
    Repeated(String),
}

impl DocumentJson {
    /// Reads the document, as [`PolicyDocument::from_json`] does.
    ///
    /// # Errors
    /// As there; also if an object names a key twice.
    pub fn read(&self) -> Result<PolicyDocument, ParsePolicyError> {
        match self {
            DocumentJson::Unique(json) => PolicyDocument::from_json(json),
            DocumentJson::Repeated(key) => Err(ParsePolicyError::repeated(key)),
        }
    }
}

impl<'de> Deserialize<'de> for DocumentJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DocumentJson, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = DocumentJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(Json::Null))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<DocumentJson, E> {
        Ok(DocumentJson::Unique(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DocumentJson, A::Error> {
        let (mut items, mut repeated) = (Vec::new(), None);
        while let Some(item) = list.next_element()? {
            match item {
                DocumentJson::Unique(item) => items.push(item),
                DocumentJson::Repeated(key) => repeated = Some(key),
            }
        }
        let unique = DocumentJson::Unique(items.into());
        Ok(repeated.map_or(unique, DocumentJson::Repeated))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<DocumentJson, A::Error> {
        let (mut fields, mut repeated) = (Map::new(), None);
        while let Some((key, value)) = object.next_entry::<String, _>()? {
            match value {
                DocumentJson::Repeated(key) => repeated = Some(key),
                DocumentJson::Unique(_) if fields.contains_key(&key) => repeated = Some(key),
                DocumentJson::Unique(value) => drop(fields.insert(key, value)),
            }
        }
        let unique = DocumentJson::Unique(fields.into());
        Ok(repeated.map_or(unique, DocumentJson::Repeated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PolicyDocument, ParsePolicyError> {
        serde_json::from_str::<DocumentJson>(text).unwrap().read()
    }

    #[test]
    fn json_is_read_as_it_is() {
        let text = r#"{"a": [null, true, -1, 1, 0.5, "x"], "b": {"a": {}}}"#;
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_str::<DocumentJson>(text).unwrap(), DocumentJson::Unique(json));
    }

    #[test]
    fn no_object_names_a_key_twice() {
        let allow = r#""Effect": "Allow", "Action": "s3:*", "Resource": "*""#;
        let condition = r#"{"StringEquals": {"aws:username": "a"}}"#;
        let whole = format!(r#"{{"Statement": [{{{allow}, "Condition": {condition}}}]}}"#);
        assert!(read(&whole).is_ok());
        for (once, twice, key) in [
            (r#""Action""#, r#""Action": "*", "Action""#, "Action"),
            (r#""Effect""#, r#""Effect": "Deny", "Effect""#, "Effect"),
            (r#""Statement""#, r#""Statement": [], "Statement""#, "Statement"),
            (r#""Condition""#, r#""Condition": {}, "Condition""#, "Condition"),
            (r#""StringEquals""#, r#""StringEquals": {}, "StringEquals""#, "StringEquals"),
            (r#""aws:username""#, r#""aws:username": "b", "aws:username""#, "aws:username"),
        ] {
            let text = whole.replace(once, twice);
            let expected = format!("not an IAM policy document: it names {key:?} twice");
            assert_eq!(read(&text).unwrap_err().to_string(), expected);
            assert_eq!(PolicyDocument::from_text(&text).unwrap_err().to_string(), expected);
            let quoted = serde_json::to_string(&text).unwrap();
            assert_eq!(read(&quoted).unwrap_err().to_string(), expected);
        }
    }
}
