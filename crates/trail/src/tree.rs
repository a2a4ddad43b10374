//! Reads JSON without copying its texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of JSON, as far as events are read: of lists and most numbers, only that they are there.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Number(u64),
    /// Names, which are strings, and values, in the order in which they are written. No name occurs twice.
    Object(Vec<(Node<'a>, Node<'a>)>),
    Null,
    Other,
}

impl Node<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Node::Object(fields) = self else {
            return None;
        };
        let (_, value) = fields.iter().find(|(key, _)| key.as_str() == Some(name))?;
        Some(value)
    }

    /// Whether the object has a text under this name, which may be empty.
    pub(crate) fn has_text(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Node::Text(_)))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Node::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The text at the end of a path such as `/userIdentity/type`, unless it is empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether the value at the end of a path is true, which CloudTrail may write as a text.
    pub(crate) fn flag(&self, path: &str) -> bool {
        match self.at(path) {
            Some(Node::Bool(flag)) => *flag,
            Some(value) => value.as_str() == Some("true"),
            None => false,
        }
    }

    /// The number at the end of that path, if it is whole and not negative.
    pub(crate) fn number(&self, path: &str) -> Option<u32> {
        let Some(Node::Number(number)) = self.at(path) else {
            return None;
        };
        u32::try_from(*number).ok()
    }

    fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').skip(1).try_fold(self, Node::get)
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Nodes)
    }
}

/// Whether a key occurs twice, so that it is unclear which value counts.
fn has_duplicate(fields: &[(Node<'_>, Node<'_>)]) -> bool {
    let mut keys: Vec<_> = fields.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.windows(2).any(|two| two[0] == two[1])
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node<'de>, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node<'de>, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        // Each item is read, since a broken one makes the whole invalid.
        while items.next_element::<Node<'_>>()?.is_some() {}
        Ok(Node::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        if has_duplicate(&fields) {
            return Err(Error::custom("a key occurs twice"));
        }
        Ok(Node::Object(fields))
    }
}
