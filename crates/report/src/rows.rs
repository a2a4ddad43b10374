//! The accounts and findings of a report, in memory or elsewhere.

use std::borrow::Cow;
use std::io;

/// The accounts or findings of a report, in order. Those of a large report are in a file, so each is kept only while it
/// is written.
pub trait Rows<T: Clone> {
    /// The number of rows.
    fn count(&self) -> usize;

    /// The row at this index.
    fn get(&self, place: usize) -> io::Result<Cow<'_, T>>;
}

impl<T: Clone> Rows<T> for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> io::Result<Cow<'_, T>> {
        Ok(Cow::Borrowed(&self[place]))
    }
}
