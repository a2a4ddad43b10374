//! The facts on which a verdict is based.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// Facts by their names in rules.
///
/// Stored as JSON text, sorted by name: the largest accounts have a hundred thousand findings,
/// whose facts would take several times the memory as trees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence(Box<str>);

impl Evidence {
    /// Creates evidence from these facts.
    ///
    /// # Panics
    /// If a fact cannot be written as JSON.
    pub fn new<N: Serialize + Ord, F: Serialize>(facts: &BTreeMap<N, F>) -> Evidence {
        let text = serde_json::to_string(facts).expect("facts are plain data");
        // A copy, since shrinking a string in place may keep its memory.
        Evidence(text.as_str().into())
    }

    /// Returns the facts by name.
    ///
    /// # Panics
    /// Never, since the text was written as JSON.
    pub fn facts(&self) -> BTreeMap<String, Json> {
        serde_json::from_str(&self.0).expect("it is JSON text")
    }

    /// Whether there are no facts.
    pub fn is_empty(&self) -> bool {
        *self == Evidence::default()
    }
}

impl Default for Evidence {
    /// Returns evidence without facts.
    fn default() -> Evidence {
        Evidence("{}".into())
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.facts().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Evidence, D::Error> {
        BTreeMap::<String, Json>::deserialize(deserializer).map(|facts| Evidence::new(&facts))
    }
}
