//! The reasons for missing facts, collected while facts are made.

use std::collections::HashMap;

use portcullis_model::{Fact, Gap, SharedText, Source, Sources};

use super::facts::known_or;

/// The gaps so far.
#[derive(Default)]
pub(super) struct Gaps {
    pub(super) gaps: Vec<Gap>,
    /// What already has a reason, and whether one of its gaps is a failure.
    explained: HashMap<(Source, Option<String>), bool>,
}

impl Gaps {
    pub(super) fn push(&mut self, gap: Gap) {
        *self.explained.entry((gap.source, gap.resource.clone())).or_default() |= gap.is_failure();
        self.gaps.push(gap);
    }

    /// Adds all of the others.
    pub(super) fn extend(&mut self, others: Vec<Gap>) {
        for gap in others {
            self.push(gap);
        }
    }

    /// A fact about the resource that its source does not show, for that reason.
    pub(super) fn missing<T>(
        &mut self,
        source: Source,
        resource: &str,
        code: &str,
        message: impl Into<SharedText>,
    ) -> Fact<T> {
        self.push(Gap::new(source, code, message).for_resource(resource));
        Fact::missing(source)
    }

    /// Whether the whole source has a gap.
    pub(super) fn has(&self, source: Source) -> bool {
        self.explained.contains_key(&(source, None))
    }

    /// Whether the source was asked and did not answer, or its answer is lost; not whether it was
    /// never asked.
    pub(super) fn has_failed(&self, source: Source) -> bool {
        self.explained.get(&(source, None)) == Some(&true)
    }

    /// Whether that is so for the resource alone, or for all.
    pub(super) fn has_failed_for(&self, source: Source, resource: &str) -> bool {
        let of_it = (source, Some(resource.to_owned()));
        self.has_failed(source) || self.explained.get(&of_it) == Some(&true)
    }

    /// The resources that the source is missing for.
    pub(super) fn resources(&self, source: Source) -> Vec<String> {
        let of_source = self.gaps.iter().filter(|gap| gap.source == source);
        of_source.filter_map(|gap| gap.resource.clone()).collect()
    }

    /// Gives a reason for sources that are missing for one resource and have none yet.
    pub(super) fn explain(&mut self, missing: Sources, resource: &str, code: &str, message: &str) {
        for source in missing.iter() {
            let gap = Gap::new(source, code, message).for_resource(resource);
            if !self.has(source) && !self.explained.contains_key(&(source, gap.resource.clone())) {
                self.push(gap);
            }
        }
    }

    /// The value; where AWS's answer lacks it, missing, with the reason given for the resource.
    pub(super) fn require<T>(
        &mut self,
        value: Option<T>,
        source: Source,
        resource: &str,
        message: &str,
    ) -> Fact<T> {
        if value.is_none() {
            self.explain(source.into(), resource, "NotReported", message);
        }
        known_or(value, source)
    }

    /// All gaps, sorted, each once. What AWS does not offer in the partition is none.
    pub(super) fn into_sorted(self, partition: &str) -> Vec<Gap> {
        let mut gaps = self.gaps;
        gaps.retain(|gap| gap.source.is_offered_in(partition));
        gaps.sort();
        gaps.dedup();
        gaps
    }
}
