//! JSON read without copying its texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of JSON, as far as events are read: of numbers, lists and null, only that they are there.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    /// Names, which are texts, and values in the order in which they are written. No name stands twice.
    Object(Vec<(Node<'a>, Node<'a>)>),
    Other,
}

impl Node<'_> {
    /// The field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Node::Object(fields) = self else { return None };
        let field = fields.iter().find(|(key, _)| key.as_str() == Some(name));
        field.map(|(_, value)| value)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }

    /// The text at the end of that path, such as `/userIdentity/type`, unless it is empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether the value at the end of that path is true, which CloudTrail may write as a text.
    pub(crate) fn flag(&self, path: &str) -> bool {
        match self.at(path) {
            Some(Node::Bool(flag)) => *flag,
            Some(value) => value.as_str() == Some("true"),
            None => false,
        }
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

/// Whether a name stands twice, so that nobody knows which of the two values counts.
fn has_twice(fields: &[(Node<'_>, Node<'_>)]) -> bool {
    let mut names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|two| two[0] == two[1])
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
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

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node<'de>, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node<'de>, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        // Each is read, since one that is broken breaks the whole.
        while items.next_element::<Node<'_>>()?.is_some() {}
        Ok(Node::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        if has_twice(&fields) {
            return Err(Error::custom("a key occurs twice"));
        }
        Ok(Node::Object(fields))
    }
}
