//! Items without duplicates, each with an index.

use std::collections::HashMap;
use std::hash::Hash;

/// Items, each once, numbered from 0 in the order in which they came.
pub(crate) struct Numbered<T> {
    indexes: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { indexes: HashMap::new() }
    }
}

impl<T: Eq + Hash> Numbered<T> {
    /// The index of an item, which is added if it is new, and whether it is.
    pub(crate) fn number(&mut self, item: T) -> (usize, bool) {
        let next = self.indexes.len();
        let index = *self.indexes.entry(item).or_insert(next);
        (index, index == next)
    }

    /// The items in their order.
    pub(crate) fn into_items(self) -> Vec<T> {
        let mut items: Vec<(T, usize)> = self.indexes.into_iter().collect();
        items.sort_unstable_by_key(|(_, index)| *index);
        items.into_iter().map(|(item, _)| item).collect()
    }
}
