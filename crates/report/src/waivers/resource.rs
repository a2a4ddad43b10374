//! Which resources a waiver names.

use std::fmt;
use std::str::FromStr;

use portcullis_model::ResourceRef;
use portcullis_model::policy::Pattern;

/// Stands for all fields of an ARN but the last.
const ANY_PREFIX: &str = "*:";
/// The colons before the last field of `arn:partition:service:region:account:resource`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
const ARN_COLONS: usize = 5;

/// A name such as `svc-*`, or, with a colon, an ARN such as `arn:aws:iam::111122223333:user/ci/*`, for
/// which `*:user/ci/*` is short. `*` stands for any text and `?` for one character.
///
/// A name is never sought in ARNs, nor does a `*` cross the fields before the last: all ARNs hold
/// `aws` and `iam`, and a waiver for `*aws*` means names.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourcePattern(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Name(Pattern),
    Arn {
        /// None: any.
        prefix: Option<Pattern>,
        resource: Pattern,
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
                resource.matches(last)
                    && prefix.as_ref().is_none_or(|prefix| prefix.matches(before))
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
        let (prefix, resource) = match text.strip_prefix(ANY_PREFIX) {
            Some(resource) => (None, pattern(resource)?),
            None => {
                let (prefix, resource) = split_arn(text).ok_or_else(|| cut_short(text))?;
                (Some(Pattern::shape(prefix)), pattern(resource)?)
            }
        };
        Ok(ResourcePattern(Kind::Arn { prefix, resource }))
    }
}

/// An ARN without its last field, and that field.
fn split_arn(text: &str) -> Option<(&str, &str)> {
    let (at, _) = text.match_indices(':').nth(ARN_COLONS - 1)?;
    text.starts_with("arn:").then_some((&text[..at], &text[at + 1..]))
}

/// The pattern of a name, or of the last field of an ARN.
fn pattern(text: &str) -> Result<Pattern, NotAResource> {
    let wildcards = text.chars().all(|c| matches!(c, '*' | '?'));
    if wildcards { Err(NotAResource::Everything) } else { Ok(Pattern::resource(text, false)) }
}

/// What is wrong with a pattern that has a colon, but no six fields.
fn cut_short(text: &str) -> NotAResource {
    let last = text.rsplit(':').next().unwrap_or_default();
    pattern(last).err().unwrap_or(NotAResource::NoArn)
}

/// The text names no resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotAResource {
    /// It would name every resource.
    Everything,
    /// It has a colon, but is no ARN.
    NoArn,
}

impl std::error::Error for NotAResource {}

impl fmt::Display for NotAResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAResource::Everything => "it names every resource",
            NotAResource::NoArn => "it has a colon, but is no ARN",
        })
    }
}
