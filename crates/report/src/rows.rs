//! The accounts and findings of a report, in memory or elsewhere.

use std::borrow::Cow;
use std::io;

/// The accounts or the findings of a report in its order. Those of a large one are in a file, so none is kept
/// longer than it takes to write it.
pub trait Rows<T: Clone> {
    /// How many there are.
    fn count(&self) -> usize;

    /// The one at that place, from 0.
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
