//! The patterns by which waivers name resources.

use std::str::FromStr;

use portcullis_model::{Arn, ResourceRef};
use thiserror::Error;
use wildmatch::WildMatch;

use crate::decide::redact::TYPES;

const WILDCARDS: [char; 2] = ['*', '?'];
/// Matches all fields of an ARN except the last.
const ANY_PREFIX: &str = "*:";

/// A name such as `svc-*` or, with a colon, an ARN such as `arn:aws:iam::111122223333:user/ci/*`, which may be shortened
/// to `*:user/ci/*`. `*` matches any text and `?` one character.
///
/// Names are not searched for in ARNs, and a `*` does not match across the fields before the last: all ARNs contain
/// `aws` and `iam`, but a waiver for `*aws*` means names.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourcePattern(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Name(WildMatch),
    Arn {
        /// The fields before the last; none for any.
        prefix: Option<Vec<WildMatch>>,
        resource: WildMatch,
    },
}

impl ResourcePattern {
    /// Whether the pattern matches the resource.
    pub fn matches(&self, named: &ResourceRef) -> bool {
        match &self.0 {
            Kind::Name(pattern) => pattern.matches(&named.name),
            Kind::Arn { prefix, resource } => {
                let Some((before, last)) = split_arn(&named.id) else {
                    return false;
                };
                // ARNs mostly differ in their last field.
                resource.matches(last)
                    && prefix
                        .as_ref()
                        .is_none_or(|patterns| match_fields(patterns, before))
            }
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
    // Both have the same number of fields.
    patterns
        .iter()
        .zip(fields.split(':'))
        .all(|(pattern, field)| pattern.matches(field))
}

/// Splits off the last field of an ARN.
fn split_arn(text: &str) -> Option<(&str, &str)> {
    let resource = Arn::parse(text)?.resource;
    Some((text.strip_suffix(resource)?.strip_suffix(':')?, resource))
}

/// Parses the pattern for the last field of an ARN. It must not match all resources of a kind, since a rule judges only
/// one or two kinds.
fn path(text: &str) -> Result<WildMatch, NotAResource> {
    let pattern = pattern(text)?;
    let every = text
        .split('/')
        .all(|part| part.trim_matches(WILDCARDS).is_empty() || TYPES.contains(&part));
    if every && text.contains(WILDCARDS) {
        Err(NotAResource::EveryOfAKind)
    } else {
        Ok(pattern)
    }
}

/// Parses the pattern for a name.
fn pattern(text: &str) -> Result<WildMatch, NotAResource> {
    if text.trim_matches(WILDCARDS).is_empty() {
        Err(NotAResource::Everything)
    } else {
        Ok(WildMatch::new(text))
    }
}

/// The error for a pattern with a colon but fewer than six fields.
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
