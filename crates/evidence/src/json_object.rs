//! JSON objects that may repeat a key, in which case it is undefined which value counts.
//!
//! <https://www.rfc-editor.org/rfc/rfc8259#section-4>

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads an object, and refuses a repeated key. For `deserialize_with`.
pub(crate) fn each_key_once<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    let mut fields = BTreeMap::new();
    for (key, value) in members(deserializer)? {
        if fields.contains_key(&key) {
            // The same wording as serde's for the fields of a struct.
            return Err(D::Error::custom(format_args!("duplicate field `{key}`")));
        }
        fields.insert(key, value);
    }
    Ok(fields)
}

/// Reads all keys and values of an object in order.
pub(crate) fn members<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(String, V)>, D::Error> {
    deserializer.deserialize_map(Members(PhantomData))
}

struct Members<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
