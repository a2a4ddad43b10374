//! Three-valued logic that remembers what its outcome depends on.

use std::collections::BTreeSet;

/// What was not read, although it would decide a question.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lack {
    /// A policy document.
    Document,
    /// The organization that the account is in.
    Organization,
    /// The tags of a principal or resource.
    Tags,
    /// The remaining changes that permissions may go through, after the work budget is spent.
    Budget,
}

/// Whether something holds for a request, as far as that is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Truth {
    /// It does not.
    No,
    /// It depends.
    Open(Doubts),
    /// It does.
    Yes,
}

/// What an answer depends on.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Doubts {
    /// The condition keys, in lower case, whose values only the request shows.
    pub keys: BTreeSet<String>,
    /// What was not read.
    pub lacks: BTreeSet<Lack>,
}

impl Truth {
    /// It depends on the value of a condition key.
    pub fn depends_on(key: &str) -> Truth {
        Truth::Open(Doubts { keys: [key.to_owned()].into(), lacks: BTreeSet::new() })
    }

    /// It depends on what was not read.
    pub fn lacking(lack: Lack) -> Truth {
        Truth::Open(Doubts { keys: BTreeSet::new(), lacks: [lack].into() })
    }

    /// Both (Kleene): one `No` decides.
    #[must_use]
    pub fn and(self, other: impl FnOnce() -> Truth) -> Truth {
        match self {
            Truth::No => Truth::No,
            Truth::Yes => other(),
            Truth::Open(mine) => match other() {
                Truth::No => Truth::No,
                Truth::Yes => Truth::Open(mine),
                Truth::Open(theirs) => Truth::Open(mine.join(theirs)),
            },
        }
    }

    /// Either (Kleene): one `Yes` decides.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Truth) -> Truth {
        !((!self).and(|| !other()))
    }

    /// Whether it holds for one of the items.
    pub(crate) fn any<T>(items: impl IntoIterator<Item = T>, holds: impl Fn(T) -> Truth) -> Truth {
        let mut any = Truth::No;
        for item in items {
            any = any.or(|| holds(item));
        }
        any
    }

    /// Whether it holds, or may hold.
    pub(crate) fn is_possible(&self) -> bool {
        *self != Truth::No
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Yes => Truth::No,
            open @ Truth::Open(_) => open,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }
}

impl Doubts {
    /// What either of the two depends on.
    #[must_use]
    pub fn join(mut self, other: Doubts) -> Doubts {
        self.keys.extend(other.keys);
        self.lacks.extend(other.lacks);
        self
    }
}
