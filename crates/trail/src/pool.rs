//! What events have in common, kept once.

use std::collections::HashSet;
use std::sync::Arc;

use portcullis_model::{EventBody, SharedText};

/// The texts and bodies of the events that were read.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: HashSet<SharedText>,
    bodies: HashSet<Arc<EventBody>>,
}

impl Pool {
    /// The text, shared with all that have the same.
    pub(crate) fn text(&mut self, text: &str) -> SharedText {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text = SharedText::from(text);
        self.texts.insert(text.clone());
        text
    }

    /// The body, shared with all that have the same.
    pub(crate) fn body(&mut self, body: EventBody) -> Arc<EventBody> {
        if let Some(known) = self.bodies.get(&body) {
            return Arc::clone(known);
        }
        let body = Arc::new(body);
        self.bodies.insert(Arc::clone(&body));
        body
    }
}
