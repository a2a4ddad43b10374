//! Which resources a waiver names.

use std::str::FromStr;

use portcullis_model::{Arn, ResourceRef};
use thiserror::Error;
use wildmatch::WildMatch;

use crate::decide::redact::TYPES;

const WILDCARDS: [char; 2] = ['*', '?'];
/// Stands for all fields of an ARN but the last.
const ANY_PREFIX: &str = "*:";

/// A name such as `svc-*`, or, with a colon, an ARN such as `arn:aws:iam::111122223333:user/ci/*`, for
/// which `*:user/ci/*` is short. `*` stands for any text and `?` for one character.
///
/// A name is never sought in ARNs, nor does a `*` cross the fields before the last: all ARNs hold
/// `aws` and `iam`, and a waiver for `*aws*` means names.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourcePattern(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Name(WildMatch),
    Arn {
        /// The fields before the last; none: any.
        prefix: Option<Vec<WildMatch>>,
        resource: WildMatch,
    },
}

impl ResourcePattern {
    /// Whether it names that resource.
    #[must_use]
    pub fn matches(&self, named: &ResourceRef) -> bool {
        match &self.0 {
            Kind::Name(pattern) => pattern.matches(&named.name),
            Kind::Arn { prefix, resource } => split_arn(&named.id).is_some_and(|(before, last)| {
                // What tells ARNs apart first.
                resource.matches(last) && prefix.as_ref().is_none_or(|it| match_fields(it, before))
            }),
        }
    }
}

impl FromStr for ResourcePattern {
    type Err = NotAResource;

    fn from_str(text: &str) -> Result<ResourcePattern, NotAResource> {
        if !text.contains(':') {
            return Ok(ResourcePattern(Kind::Name(pattern(text)?)));
        }
        let kind = if let Some(resource) = text.strip_prefix(ANY_PREFIX) {
            Kind::Arn { prefix: None, resource: path(resource)? }
        } else {
            let (prefix, resource) = split_arn(text).ok_or_else(|| cut_short(text))?;
            let prefix = prefix.split(':').map(WildMatch::new).collect();
            Kind::Arn { prefix: Some(prefix), resource: path(resource)? }
        };
        Ok(ResourcePattern(kind))
    }
}

/// Whether each field matches its pattern.
fn match_fields(patterns: &[WildMatch], fields: &str) -> bool {
    // Both have the same number, as they are cut at the same colon.
    patterns.iter().zip(fields.split(':')).all(|(pattern, field)| pattern.matches(field))
}

/// An ARN without its last field, and that field.
fn split_arn(text: &str) -> Option<(&str, &str)> {
    let resource = Arn::parse(text)?.resource;
    Some((text.strip_suffix(resource)?.strip_suffix(':')?, resource))
}

/// The pattern of the last field of an ARN. A rule judges a kind of resource or two, so that
/// `user/*` would be all of them.
fn path(text: &str) -> Result<WildMatch, NotAResource> {
    let pattern = pattern(text)?;
    let every = text
        .split('/')
        .all(|part| part.trim_matches(WILDCARDS).is_empty() || TYPES.contains(&part));
    if every && text.contains(WILDCARDS) { Err(NotAResource::EveryOfAKind) } else { Ok(pattern) }
}

/// The pattern of a name.
fn pattern(text: &str) -> Result<WildMatch, NotAResource> {
    if text.trim_matches(WILDCARDS).is_empty() {
        Err(NotAResource::Everything)
    } else {
        Ok(WildMatch::new(text))
    }
}

/// What is wrong with a pattern that has a colon, but no six fields.
fn cut_short(text: &str) -> NotAResource {
    let last = text.rsplit(':').next().unwrap_or_default();
    pattern(last).err().unwrap_or(NotAResource::NoArn)
}

/// The text names no resource.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum NotAResource {
    /// It would name every resource.
    #[error("names every resource")]
    Everything,
    /// It would name every resource of a kind.
    #[error("names every resource of a kind")]
    EveryOfAKind,
    /// It has a colon, but is not an ARN.
    #[error("has a colon, but is not an ARN")]
    NoArn,
}
