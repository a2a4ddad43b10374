//! Limits the length of parts of the page.

/// Text of a limited number of bytes.
pub(super) struct Budget {
    text: String,
    limit: usize,
    left_out: usize,
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

    /// Counts what there was no room for.
    pub(super) fn leave_out(&mut self, count: usize) {
        self.left_out += count;
    }

    /// The number of bytes left.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The number of things for which there was no room.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }
}
