//! A part of the page, as long as it may be.

/// Text that takes no more bytes than it may.
pub(super) struct Budget {
    text: String,
    limit: usize,
    left_out: usize,
}

impl Budget {
    /// Nothing yet, of at most so many bytes.
    pub(super) fn new(limit: usize) -> Budget {
        Budget { text: String::new(), limit, left_out: 0 }
    }

    /// What was written within a budget of so many bytes.
    pub(super) fn filled(limit: usize, write: impl FnOnce(&mut Budget)) -> Budget {
        let mut budget = Budget::new(limit);
        write(&mut budget);
        budget
    }

    /// Adds all of the text, or nothing if there is no room for it.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let fits = text.len() <= self.left();
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Adds each of the texts that there is room for, and counts the others.
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

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// What was added.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How much there was no room for.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }
}
