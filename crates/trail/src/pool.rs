//! Keeps once what events have in common.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use portcullis_model::{EventCall, SharedText};

/// How many texts or calls are known at a time. If nearly all differ, knowing them all takes more memory than
/// duplicates do.
const KNOWN: usize = 1 << 14;

/// The texts and calls of recent events.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: HashSet<SharedText>,
    calls: HashSet<Arc<EventCall>>,
}

impl Pool {
    /// Returns the text, shared with other events.
    pub(crate) fn text(&mut self, text: &str) -> SharedText {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text = SharedText::from(text);
        insert(&mut self.texts, &text);
        text
    }

    /// Returns the call, shared with other events.
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
