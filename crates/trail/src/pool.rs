//! What events have in common, kept once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use portcullis_model::{EventBody, EventCall, SharedText};

/// So many of each kind are known at a time. Where nearly all differ, to know them all would take more memory
/// than to keep some of them twice.
const KNOWN: usize = 1 << 14;

/// What recent events consist of.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: HashSet<SharedText>,
    calls: HashSet<Arc<EventCall>>,
    bodies: HashSet<Arc<EventBody>>,
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
        shared(&mut self.calls, call)
    }

    /// The body, shared with those that have the same.
    pub(crate) fn body(&mut self, body: EventBody) -> Arc<EventBody> {
        shared(&mut self.bodies, body)
    }
}

fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    let value = Arc::new(value);
    insert(known, &value);
    value
}

fn insert<T: Clone + Eq + Hash>(known: &mut HashSet<T>, value: &T) {
    if known.len() == KNOWN {
        known.clear();
    }
    known.insert(value.clone());
}
