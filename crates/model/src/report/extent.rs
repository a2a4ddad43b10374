//! What was looked at in an account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Source;

/// What was looked at in an account, as far as that may differ from one audit to the next. Without it, nobody can say
/// whether something that a later report does not contain is gone, or was not looked at.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Extent {
    /// The regions that were judged, sorted; none if they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// The sources that were read about root, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_sources: Vec<Source>,
    /// The ids of other accounts that its roles trust and that count as one's own, so that this trust is not external,
    /// sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_accounts: Vec<String>,
}

impl Extent {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        *self == Extent::default()
    }
}
