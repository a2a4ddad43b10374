//! Sets of resources.

use super::{Pattern, Selection};

/// The resources that fit one pattern, less those that fit others.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// What the resources fit.
    pub within: Pattern,
    /// What they do not fit.
    pub except: Vec<Pattern>,
}

impl Scope {
    /// All resources that fit the pattern.
    #[must_use]
    pub fn new(within: Pattern) -> Scope {
        Scope { within, except: Vec::new() }
    }

    /// The parts of this scope that a statement chooses; none chosen: those of its own document.
    ///
    /// Where two patterns cross, the part is this scope's whole pattern: rather too much than too little.
    #[must_use]
    pub fn chosen_by(&self, resources: Option<&Selection>) -> Vec<Scope> {
        match resources {
            None => vec![self.clone()],
            Some(Selection::Of(patterns)) => {
                patterns.iter().filter_map(|pattern| self.narrowed(pattern)).collect()
            }
            Some(Selection::AllBut(patterns)) => self.without(patterns).into_iter().collect(),
        }
    }

    /// What both scopes have in common; none: nothing.
    #[must_use]
    pub fn common(&self, other: &Scope) -> Option<Scope> {
        self.narrowed(&other.within)?.without(&other.except)
    }

    /// Whether every resource of this scope is surely among those chosen.
    #[must_use]
    pub fn is_covered_by(&self, resources: Option<&Selection>) -> bool {
        match resources {
            None => true,
            Some(Selection::Of(patterns)) => patterns.iter().any(|p| p.covers(&self.within)),
            Some(Selection::AllBut(patterns)) => patterns.iter().all(|out| {
                !out.overlaps(&self.within) || self.except.iter().any(|except| except.covers(out))
            }),
        }
    }

    /// Whether the resource is in it.
    #[must_use]
    pub fn contains(&self, resource: &str) -> bool {
        self.within.matches(resource) && !self.except.iter().any(|except| except.matches(resource))
    }

    fn narrowed(&self, pattern: &Pattern) -> Option<Scope> {
        let within = match () {
            () if pattern.covers(&self.within) => &self.within,
            () if self.within.covers(pattern) => pattern,
            () if self.within.overlaps(pattern) => &self.within,
            () => return None,
        };
        let empty = self.except.iter().any(|except| except.covers(within));
        (!empty).then(|| Scope { within: within.clone(), except: self.except.clone() })
    }

    fn without(&self, patterns: &[Pattern]) -> Option<Scope> {
        let empty = patterns.iter().any(|pattern| pattern.covers(&self.within));
        (!empty).then(|| Scope {
            within: self.within.clone(),
            except: self.except.iter().chain(patterns).cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::resource(text, true)).collect()
    }

    fn of(texts: &[&str]) -> Selection {
        Selection::Of(patterns(texts))
    }

    fn all_but(texts: &[&str]) -> Selection {
        Selection::AllBut(patterns(texts))
    }

    fn role(text: &str) -> Scope {
        Scope::new(Pattern::resource(text, true))
    }

    #[test]
    fn what_a_statement_chooses() {
        let roles = role("role/*");
        assert_eq!(roles.chosen_by(None), std::slice::from_ref(&roles));
        assert_eq!(roles.chosen_by(Some(&of(&["*"]))), std::slice::from_ref(&roles));
        assert_eq!(roles.chosen_by(Some(&of(&["user/*", "role/a"]))), [role("role/a")]);
        assert_eq!(roles.chosen_by(Some(&of(&["*/admin"]))), std::slice::from_ref(&roles));
        assert_eq!(roles.chosen_by(Some(&all_but(&["*"]))), []);
        let rest = &roles.chosen_by(Some(&all_but(&["role/a*"])))[0];
        assert!(rest.contains("role/b") && !rest.contains("role/ab") && !rest.contains("user/b"));
        assert_eq!(rest.chosen_by(Some(&of(&["role/ab"]))), []);
    }

    #[test]
    fn what_a_deny_covers() {
        assert!(role("role/a").is_covered_by(Some(&of(&["role/*"]))));
        assert!(!role("role/*").is_covered_by(Some(&of(&["role/a", "role/b"]))));
        assert!(role("role/a").is_covered_by(Some(&all_but(&["user/*"]))));
        assert!(!role("role/*").is_covered_by(Some(&all_but(&["role/a"]))));
        let rest = &role("role/*").chosen_by(Some(&all_but(&["role/a"])))[0];
        assert!(rest.is_covered_by(Some(&all_but(&["role/a"]))));
    }
}
