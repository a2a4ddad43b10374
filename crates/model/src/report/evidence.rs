//! What a verdict rests on.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// Facts by their names in rules.
///
/// They are kept as JSON text, sorted by name: the largest accounts have a hundred thousand findings,
/// and as trees their facts would take several times the memory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence(Box<str>);

impl Evidence {
    /// The evidence that consists of these facts.
    ///
    /// # Panics
    /// If a fact cannot be written as JSON.
    #[must_use]
    pub fn new<N: Serialize + Ord, F: Serialize>(facts: &BTreeMap<N, F>) -> Evidence {
        let text = serde_json::to_string(facts).expect("facts are plain data");
        // A copy, since what is shortened in place may keep the memory it had.
        Evidence(text.as_str().into())
    }

    /// The facts by their names.
    ///
    /// # Panics
    /// Never: what was written as JSON is read as JSON.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<String, Json> {
        serde_json::from_str(&self.0).expect("it is JSON text")
    }

    /// Whether there are no facts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Evidence::default()
    }
}

impl Default for Evidence {
    /// No facts.
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
