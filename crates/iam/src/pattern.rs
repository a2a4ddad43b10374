//! Patterns: text with IAM's wildcards and policy variables.

use std::borrow::Cow;

use crate::context::{Request, Resource};
use crate::probe;
use crate::truth::Truth;
use crate::value::Value;

/// A pattern. `*` matches any text, `?` matches one character, and `${key}` stands for the value of
/// a condition key.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Pattern {
    text: Box<str>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Piece {
    /// `*`.
    Any,
    /// `*` that stands for no colon.
    Within,
    /// `?`.
    One,
    Text(String),
    /// A condition key in lower case, and the default for requests that lack it.
    Variable(Box<(String, Option<String>)>),
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub(crate) const ARN_FIELDS: usize = 6;

/// Which characters of a pattern are special.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Syntax {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${…}` is a variable, as in documents of version 2012-10-17.
    pub variables: bool,
}

impl Pattern {
    /// Reads a pattern without variables, such as an action.
    pub fn glob(text: &str) -> Pattern {
        Pattern::new(text, Syntax { wildcards: true, variables: false })
    }

    /// Reads a pattern.
    pub fn new(text: &str, syntax: Syntax) -> Pattern {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let special = match first {
                '$' if syntax.variables => variable(rest),
                '*' if syntax.wildcards => Some((Piece::Any, 1)),
                '?' if syntax.wildcards => Some((Piece::One, 1)),
                _ => None,
            };
            let (piece, length) = special.unwrap_or_else(|| {
                let others = &rest[first.len_utf8()..];
                let length = rest.len() - others.trim_start_matches(|c| !"$*?".contains(c)).len();
                (Piece::Text(rest[..length].to_owned()), length)
            });
            add(&mut pieces, piece);
            rest = &rest[length..];
        }
        Pattern { text: text.into(), pieces }
    }

    /// The pattern as one for resources: a `*` in one of the first five fields goes beyond it only at
    /// its end.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards>
    pub(crate) fn within_fields(mut self) -> Pattern {
        let mut colons = 0;
        for place in 0..self.pieces.len() {
            let is_at_end = match self.pieces.get(place + 1) {
                Some(Piece::Text(text)) => text.starts_with(':'),
                next => next.is_none(),
            };
            match &mut self.pieces[place] {
                Piece::Text(text) => colons += text.matches(':').count(),
                star @ Piece::Any if !is_at_end && colons < ARN_FIELDS - 1 => *star = Piece::Within,
                _ => {}
            }
        }
        self
    }

    /// The pattern as the document spells it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches one text only.
    pub(crate) fn is_literal(&self) -> bool {
        self.pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// Whether every text matches it.
    pub(crate) fn is_everything(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Any)
    }

    /// Whether it has policy variables.
    pub(crate) fn has_variables(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// The keys of its variables, in lower case.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable.0.as_str()),
            _ => None,
        })
    }

    /// The condition key in lower case, if the pattern is a single variable without a default.
    pub(crate) fn variable(&self) -> Option<&str> {
        match &self.pieces[..] {
            [Piece::Variable(variable)] if variable.1.is_none() => Some(&variable.0),
            _ => None,
        }
    }

    /// The prefix, if every text that begins with it matches, and no other.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match &self.pieces[..] {
            [Piece::Text(prefix), Piece::Any] => Some(prefix),
            _ => None,
        }
    }

    /// The text before the first wildcard or variable.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// A text that matches the pattern, with `fill` in place of each wildcard and variable.
    pub fn example(&self, fill: &str) -> String {
        self.filled(fill, fill.get(..1).unwrap_or_default())
    }

    /// The text with `any` in place of each `*` and variable, and `one` in place of each `?`.
    fn filled(&self, any: &str, one: &str) -> String {
        let mut text = String::with_capacity(self.text.len());
        for piece in &self.pieces {
            text.push_str(match piece {
                Piece::Text(plain) => plain,
                Piece::One => one,
                Piece::Any | Piece::Within | Piece::Variable(_) => any,
            });
        }
        text
    }

    /// Whether it matches whatever the other matches.
    pub(crate) fn covers(&self, other: &Pattern) -> bool {
        // Only wildcards match what no policy can have meant, and only `*` matches both more and less.
        self.is_everything()
            || !other.has_variables()
                && self.matches(&other.filled(probe::NAME, "="))
                && self.matches(&other.filled("", "="))
    }

    /// Whether the literal prefixes of both patterns agree, and the literal suffixes too.
    pub(crate) fn may_overlap(&self, other: &Pattern) -> bool {
        let end = |pattern: &Pattern| match pattern.pieces.last() {
            Some(Piece::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let (start, other_start) = (self.literal_prefix(), other.literal_prefix());
        let (end, other_end) = (end(self), end(other));
        (start.starts_with(other_start) || other_start.starts_with(start))
            && (end.ends_with(&other_end) || other_end.ends_with(&end))
    }

    /// A pattern for texts that match both; none: none was found.
    pub(crate) fn common(&self, other: &Pattern) -> Option<Pattern> {
        if self.has_variables() || other.has_variables() {
            return None;
        }
        if self.covers(other) {
            return Some(other.clone());
        }
        if other.covers(self) {
            return Some(self.clone());
        }
        let [ours, theirs] = [self, other].map(Pattern::parts);
        let mut text: String = overlay(ours.0.chars(), theirs.0.chars()).collect();
        match (ours.1, theirs.1) {
            (Some((middle, end)), Some((other_middle, other_end))) => {
                let end: Vec<char> = overlay(end.chars().rev(), other_end.chars().rev()).collect();
                text.extend(["*", &middle, "*", &other_middle, "*"]);
                text.extend(end.iter().rev());
            }
            (Some((_, end)), None) | (None, Some((_, end))) => {
                let reversed: Vec<char> = overlay(text.chars().rev(), end.chars().rev()).collect();
                text = reversed.iter().rev().collect();
            }
            (None, None) => {}
        }
        let common = Pattern::glob(&text);
        let example = common.example("=");
        (self.matches(&example) && other.matches(&example)).then_some(common)
    }

    /// The same for patterns of ARNs. If both have all fields, no wildcard spans several fields.
    pub(crate) fn common_arn(&self, other: &Pattern) -> Option<Pattern> {
        let (ours, theirs) = (self.arn_fields(), other.arn_fields());
        if ours.len() < ARN_FIELDS || theirs.len() < ARN_FIELDS {
            return self.common(other);
        }
        let mut pieces = Vec::new();
        for (one, other) in ours.iter().zip(&theirs) {
            if !pieces.is_empty() {
                pieces.push(Piece::Text(":".to_owned()));
            }
            pieces.extend(one.common(other)?.pieces);
        }
        Some(Pattern::from_pieces(pieces))
    }

    /// The text before the first `*` and, if there is one, the text between the first and the last,
    /// and the text after that.
    fn parts(&self) -> (String, Option<(String, String)>) {
        let is_star = |piece: &Piece| matches!(piece, Piece::Any | Piece::Within);
        let first = self.pieces.iter().position(is_star);
        let last = self.pieces.iter().rposition(is_star);
        let (Some(first), Some(last)) = (first, last) else {
            return (text(&self.pieces), None);
        };
        let middle = self.pieces.get(first + 1..last).unwrap_or_default();
        (text(&self.pieces[..first]), Some((text(middle), text(&self.pieces[last + 1..]))))
    }

    /// Builds a pattern of pieces and joins adjacent texts.
    fn from_pieces(all: Vec<Piece>) -> Pattern {
        let text = text(&all).into();
        let mut pieces = Vec::new();
        for piece in all {
            add(&mut pieces, piece);
        }
        Pattern { text, pieces }
    }

    /// Whether the whole text matches. A variable matches nothing, since its value is not known.
    pub fn matches(&self, text: &str) -> bool {
        // On a mismatch only the last `*` takes one more character, so the work stays bounded; where that
        // one stays within a field which ends here, it is the last `*` that goes beyond fields.
        let mut any = None;
        let mut within: Option<(usize, &str)> = None;
        let (mut at, mut rest) = (0, text);
        loop {
            let left = match self.pieces.get(at) {
                Some(Piece::Any) => {
                    any = Some((at + 1, rest));
                    within = None;
                    Some(rest)
                }
                Some(Piece::Within) => {
                    within = Some((at + 1, rest));
                    Some(rest)
                }
                None if rest.is_empty() => return true,
                Some(Piece::One) if !rest.is_empty() => Some(skip_one(rest)),
                Some(Piece::Text(text)) => rest.strip_prefix(&**text),
                _ => None,
            };
            if let Some(left) = left {
                at += 1;
                rest = left;
                continue;
            }
            within = within.filter(|(_, taken)| !taken.starts_with(':'));
            let star = if within.is_some() {
                &mut within
            } else {
                &mut any
            };
            match star {
                Some((after, taken)) if !taken.is_empty() => {
                    *taken = skip_one(taken);
                    (at, rest) = (*after, *taken);
                }
                _ => return false,
            }
        }
    }

    /// The fields of a pattern for ARNs: six, the last of which may contain colons.
    pub(crate) fn arn_fields(&self) -> Vec<Pattern> {
        let mut fields = vec![Pattern { text: "".into(), pieces: Vec::new() }];
        for piece in &self.pieces {
            let Piece::Text(text) = piece else {
                fields
                    .last_mut()
                    .expect("never empty")
                    .pieces
                    .push(piece.clone());
                continue;
            };
            for (number, part) in text.splitn(ARN_FIELDS + 1 - fields.len(), ':').enumerate() {
                if number > 0 {
                    fields.push(Pattern { text: "".into(), pieces: Vec::new() });
                }
                if !part.is_empty() {
                    let pieces = &mut fields.last_mut().expect("never empty").pieces;
                    pieces.push(Piece::Text(part.to_owned()));
                }
            }
        }
        fields
    }

    /// Whether the text matches, with the values that variables have in the request.
    pub(crate) fn matches_in(&self, request: &Request<'_>, text: &str) -> Truth {
        self.truth_in(request, |pattern| pattern.matches(text).into())
    }

    /// Whether the resource of the request matches. An unknown variable may have any value; one
    /// that the caller chooses has the value that serves best, if a match is wanted. Where the
    /// resource is just any resource, a variable may be the account id, but never a name that no
    /// policy can have meant.
    pub(crate) fn selects_resource(&self, request: &Request<'_>, is_wanted: bool) -> Truth {
        let Request { resource, context, .. } = *request;
        let selects = self.matches_in(request, resource);
        if !matches!(selects, Truth::Open(_)) {
            return selects;
        }
        let is_any = matches!(context.resource, Resource::Any | Resource::Anywhere);
        let mut is_chosen = is_wanted;
        let mut pieces = self.pieces.clone();
        for piece in &mut pieces {
            let Piece::Variable(variable) = piece else {
                continue;
            };
            *piece = match request.value(&variable.0) {
                Value::One(text) => Piece::Text(text.into_owned()),
                Value::Chosen { .. } => Piece::Any,
                _ => {
                    is_chosen = false;
                    let account = || Piece::Text(context.account.id_text().to_owned());
                    if is_any { account() } else { Piece::Any }
                }
            };
        }
        if !Pattern::from_pieces(pieces).matches(resource) {
            return Truth::No;
        }
        if is_chosen { Truth::Yes } else { selects }
    }

    /// The pattern in lower case. Its variables must have been replaced.
    pub(crate) fn to_lowercase(&self) -> Pattern {
        let mut lower = self.clone();
        for piece in &mut lower.pieces {
            if let Piece::Text(text) = piece {
                *text = text.to_lowercase();
            }
        }
        lower
    }

    /// Applies a test to the pattern, with the values that its variables have in the request.
    pub(crate) fn truth_in(
        &self,
        request: &Request<'_>,
        test: impl Fn(&Pattern) -> Truth,
    ) -> Truth {
        match self.bind(request) {
            Ok(pattern) => test(&pattern),
            Err(truth) => truth,
        }
    }

    /// The pattern with the values that its variables have in the request; unchanged if one is not
    /// known.
    pub(crate) fn resolve(&self, request: &Request<'_>) -> Pattern {
        let Ok(bound) = self.bind(request) else {
            return self.clone();
        };
        Pattern::from_pieces(bound.into_owned().pieces)
    }

    /// The pattern with the values that its variables have in the request. Error: whether it
    /// matches without them. It does not if the request lacks a variable, and it may if a value is
    /// not known.
    fn bind(&self, request: &Request<'_>) -> Result<Cow<'_, Pattern>, Truth> {
        if !self.has_variables() {
            return Ok(Cow::Borrowed(self));
        }
        let mut pieces = self.pieces.clone();
        for piece in &mut pieces {
            let Piece::Variable(variable) = piece else {
                continue;
            };
            let (key, default) = &**variable;
            let text = match (request.value(key), default) {
                (Value::One(text), _) => text.into_owned(),
                (Value::Absent, Some(text)) => text.clone(),
                (Value::Absent | Value::Many(_), _) => return Err(Truth::No),
                (Value::Lacking(lack), _) => return Err(Truth::lacking(lack)),
                _ => return Err(Truth::depends_on(key)),
            };
            *piece = Piece::Text(text);
        }
        Ok(Cow::Owned(Pattern { text: self.text.clone(), pieces }))
    }
}

/// The longer text, in which the other's characters replace `?`.
fn overlay(
    one: impl Iterator<Item = char>,
    other: impl Iterator<Item = char>,
) -> impl Iterator<Item = char> {
    let (mut one, mut other) = (one.fuse(), other.fuse());
    std::iter::from_fn(move || match (one.next(), other.next()) {
        (Some('?') | None, Some(char)) => Some(char),
        (char, _) => char,
    })
}

/// The pieces as a document spells them; variables are left out.
fn text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        text.push_str(match piece {
            Piece::Any | Piece::Within => "*",
            Piece::One => "?",
            Piece::Text(plain) => plain,
            Piece::Variable(_) => "",
        });
    }
    text
}

/// Adds a piece, and joins it to the last one if both are text.
fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Text(plain)), Piece::Text(more)) => plain.push_str(&more),
        (_, piece) => pieces.push(piece),
    }
}

fn skip_one(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// The variable at the start of the text, and its length. `${*}`, `${?}` and `${$}` are the plain
/// characters.
fn variable(text: &str) -> Option<(Piece, usize)> {
    let (inside, _) = text.strip_prefix("${")?.split_once('}')?;
    let length = inside.len() + "${}".len();
    if let "*" | "?" | "$" = inside {
        return Some((Piece::Text(inside.into()), length));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
        None => (inside, None),
    };
    Some((Piece::Variable(Box::new((key.trim().to_ascii_lowercase(), default))), length))
}
