//! What events have in common, kept once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use portcullis_model::{EventCall, SharedText};

/// So many of each kind are known at a time. Where nearly all differ, to know them all would take more memory
/// than to keep some of them twice.
const KNOWN: usize = 1 << 14;

/// What recent events consist of.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: HashSet<SharedText>,
    calls: HashSet<Arc<EventCall>>,
}

impl Pool {
    /// The text, shared with those that have the same.
    pub(crate) fn text(&mut self, text: &str) -> SharedText {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text = SharedText::from(text);
        insert(&mut self.texts, &text);
        text
    }

    /// The call, shared with those that have the same.
    pub(crate) fn call(&mut self, call: EventCall) -> Arc<EventCall> {
        if let Some(known) = self.calls.get(&call) {
            return Arc::clone(known);
        }
        let call = Arc::new(call);
        insert(&mut self.calls, &call);
        call
    }
}

fn insert<T: Clone + Eq + Hash>(known: &mut HashSet<T>, value: &T) {
    if known.len() == KNOWN {
        known.clear();
    }
    known.insert(value.clone());
}
