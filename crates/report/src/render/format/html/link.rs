//! Links within the page and out of it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::index::{Index, Rule};
use super::text::Text;
use crate::render::findings::Entry;
use crate::text::is_web_page;

/// A page on the web, if its address is one that can be followed; else its text alone.
pub(super) struct WebLink<'a> {
    pub(super) text: Text<'a>,
    pub(super) is_safe: bool,
}

impl<'a> WebLink<'a> {
    pub(super) fn new(address: &'a str) -> WebLink<'a> {
        WebLink { text: address.into(), is_safe: is_web_page(address) }
    }
}

/// A link to the findings of a rule.
pub(super) struct RuleLink<'a> {
    pub(super) id: Text<'a>,
    /// The id of the element to go to; none for a rule that was not judged.
    pub(super) target: Option<String>,
    /// How many findings the reader will see.
    pub(super) count: usize,
}

impl<'a> RuleLink<'a> {
    pub(super) fn to(rule: &Rule<'a>, count: usize) -> RuleLink<'a> {
        // A rule that found nothing stands in the catalogue only.
        let found = rule.entries.iter().any(Entry::is_work);
        let section = if found { "rule" } else { "about" };
        let target = Some(format!("{section}-{}", rule.anchor));
        RuleLink { id: rule.id.clone(), target, count }
    }

    /// The link to the rule of that id, if there is one.
    pub(super) fn find(
        id: &str,
        index: &Index<'a>,
        count: impl Fn(&Rule<'a>) -> usize,
    ) -> RuleLink<'a> {
        match index.rule(id) {
            Some(rule) => RuleLink::to(rule, count(rule)),
            None => RuleLink { id: id.to_owned().into(), target: None, count: 0 },
        }
    }
}

/// The fragment by which the list shows what has that value.
pub(super) fn to_filter(filter: &str, value: &Text<'_>) -> String {
    format!("#{filter}={}", utf8_percent_encode(value.as_str(), NON_ALPHANUMERIC))
}
