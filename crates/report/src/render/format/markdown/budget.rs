//! Limits the length of parts of the page.

/// Text of a limited number of bytes.
pub(super) struct Budget {
    pub(super) text: String,
    limit: usize,
    /// The number of things for which there was no room.
    pub(super) left_out: usize,
}

impl Budget {
    /// Creates an empty text with this limit in bytes.
    pub(super) fn new(limit: usize) -> Budget {
        Budget { text: String::new(), limit, left_out: 0 }
    }

    /// Writes a text with this limit in bytes.
    pub(super) fn filled(limit: usize, write: impl FnOnce(&mut Budget)) -> Budget {
        let mut budget = Budget::new(limit);
        write(&mut budget);
        budget
    }

    /// Adds the text if there is room for all of it, and returns whether there is.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let fits = text.len() <= self.left();
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Adds the texts for which there is room, and counts the others.
    pub(super) fn add_each(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            let fits = self.add(&text);
            self.left_out += usize::from(!fits);
        }
    }

    /// The number of bytes left.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }
}
