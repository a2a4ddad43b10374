//! Collects the reasons for missing facts.

use std::collections::HashMap;

use portcullis_model::{Fact, Gap, SharedText, Source, Sources};

use super::facts::known_or;

/// The gaps so far.
#[derive(Default)]
pub(super) struct Gaps {
    pub(super) gaps: Vec<Gap>,
    /// The sources and resources that have a gap, and whether one of these gaps is a failure.
    explained: HashMap<(Source, Option<String>), bool>,
}

impl Gaps {
    pub(super) fn push(&mut self, gap: Gap) {
        *self
            .explained
            .entry((gap.source, gap.resource.clone()))
            .or_default() |= gap.is_failure();
        self.gaps.push(gap);
    }

    /// Adds several gaps.
    pub(super) fn extend(&mut self, others: Vec<Gap>) {
        for gap in others {
            self.push(gap);
        }
    }

    /// Adds a gap for the resource.
    pub(super) fn note(
        &mut self,
        source: Source,
        resource: &str,
        code: &str,
        message: impl Into<SharedText>,
    ) {
        self.push(Gap::new(source, code, message).for_resource(resource));
    }

    /// Adds a gap for the resource, and returns the missing fact.
    pub(super) fn missing<T>(
        &mut self,
        source: Source,
        resource: &str,
        code: &str,
        message: impl Into<SharedText>,
    ) -> Fact<T> {
        self.note(source, resource, code, message);
        Fact::missing(source)
    }

    /// Whether there is a gap for the whole source.
    pub(super) fn has(&self, source: Source) -> bool {
        self.explained.contains_key(&(source, None))
    }

    /// Whether the source was queried and failed, or its answer is lost; false if it was never
    /// queried.
    pub(super) fn has_failed(&self, source: Source) -> bool {
        self.explained.get(&(source, None)) == Some(&true)
    }

    /// Whether the source [failed](Gaps::has_failed) for the resource or as a whole.
    pub(super) fn has_failed_for(&self, source: Source, resource: &str) -> bool {
        let key = (source, Some(resource.to_owned()));
        self.has_failed(source) || self.explained.get(&key) == Some(&true)
    }

    /// Returns the resources for which the source is missing.
    pub(super) fn resources(&self, source: Source) -> Vec<String> {
        let of_source = self.gaps.iter().filter(|gap| gap.source == source);
        of_source.filter_map(|gap| gap.resource.clone()).collect()
    }

    /// Adds a gap for each source that is missing for the resource and does not have one yet.
    pub(super) fn explain(&mut self, missing: Sources, resource: &str, code: &str, message: &str) {
        for source in missing.iter() {
            let gap = Gap::new(source, code, message).for_resource(resource);
            if !self.has(source) && !self.explained.contains_key(&(source, gap.resource.clone())) {
                self.push(gap);
            }
        }
    }

    /// Returns the value; if AWS's answer lacks it, a missing fact with a gap for the resource.
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

    /// Returns all gaps, sorted and without duplicates. A source that AWS does not offer in the
    /// partition is not a gap.
    pub(super) fn into_sorted(self, partition: &str) -> Vec<Gap> {
        let mut gaps = self.gaps;
        gaps.retain(|gap| gap.source.is_offered_in(partition));
        gaps.sort();
        gaps.dedup();
        gaps
    }
}
