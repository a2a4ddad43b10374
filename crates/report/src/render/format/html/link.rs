//! Links within the page and out of it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::index::{Index, Rule};
use crate::defuse;
use crate::render::findings::Entry;

/// A link to the findings of a rule.
pub(super) struct RuleLink {
    pub(super) id: String,
    /// The id of the element to go to; none for a rule that was not judged.
    pub(super) target: Option<String>,
    /// How many findings the reader will see.
    pub(super) count: usize,
}

impl RuleLink {
    pub(super) fn to(rule: &Rule<'_>, count: usize) -> RuleLink {
        // A rule that found nothing stands in the catalogue only.
        let found = rule.entries.iter().any(Entry::is_work);
        let section = if found { "rule" } else { "about" };
        let target = Some(format!("{section}-{}", rule.anchor));
        RuleLink { id: rule.id.to_owned(), target, count }
    }

    /// The link to the rule of that id, if there is one.
    pub(super) fn find(
        id: &str,
        index: &Index<'_>,
        count: impl Fn(&Rule<'_>) -> usize,
    ) -> RuleLink {
        match index.rule(id) {
            Some(rule) => RuleLink::to(rule, count(rule)),
            None => RuleLink { id: id.to_owned(), target: None, count: 0 },
        }
    }
}

/// The fragment by which the list shows what has that value.
pub(super) fn to_filter(filter: &str, value: &str) -> String {
    format!("#{filter}={}", utf8_percent_encode(&defuse(value), NON_ALPHANUMERIC))
}
