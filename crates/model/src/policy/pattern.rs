//! Names with IAM's wildcards.

/// A pattern for actions or resources: `*` stands for any text, colons included, `?` for one character.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
    kind: Kind,
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
const ARN_FIELDS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Action,
    Resource { variables: bool },
    Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    /// `*`.
    Any,
    /// `*` in a field of an ARN: any text without a colon.
    Field,
    /// `?`.
    One,
    /// A policy variable, whose value only a request tells.
    Variable,
    Char(char),
}

impl Pattern {
    /// A pattern for actions, which IAM compares without regard to case.
    #[must_use]
    pub fn action(text: &str) -> Pattern {
        Pattern { text: text.to_owned(), pieces: pieces(text, false), kind: Kind::Action }
    }

    /// A pattern for resources. With `variables`, `${*}`, `${?}` and `${$}` stand for the bare
    /// character, and other variables for a text that is not known here.
    #[must_use]
    pub fn resource(text: &str, variables: bool) -> Pattern {
        let kind = Kind::Resource { variables };
        Pattern { text: text.to_owned(), pieces: pieces(text, variables), kind }
    }

    /// The shape that ARNs of some kind have: a `*` stays within its field, but for the last field.
    ///
    /// IAM's own patterns are not like this, so that by the letter `arn:aws:s3:::bucket/*` and
    /// `arn:*:iam::*:role/*` have names in common, which no resource has.
    #[must_use]
    pub fn shape(text: &str) -> Pattern {
        Pattern {
            text: text.to_owned(),
            pieces: within_fields(pieces(text, false)),
            kind: Kind::Shape,
        }
    }

    /// What a pattern of whole ARNs stands for in one account: as a [shape](Pattern::shape), and a
    /// partition or account of `*` in ARNs of IAM is that one.
    #[must_use]
    pub fn in_account(&self, partition: &str, account: &str) -> Pattern {
        let fields: Vec<&str> = self.text.splitn(ARN_FIELDS, ':').collect();
        let (["arn", a, service, region, b, rest], Kind::Resource { variables }) =
            (&fields[..], self.kind)
        else {
            return self.clone();
        };
        let own = |field: &'_ str, own: &str| {
            if *service == "iam" && field == "*" { own.to_owned() } else { field.to_owned() }
        };
        let (partition, account) = (own(a, partition), own(b, account));
        let text = format!("arn:{partition}:{service}:{region}:{account}:{rest}");
        Pattern { pieces: within_fields(pieces(&text, variables)), text, kind: self.kind }
    }

    /// The pattern as the document has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every name fits it.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Any)
    }

    /// Whether it stands for one name alone.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Char(_)))
    }

    /// Whether the whole name fits the pattern. What a variable stands for is not known, so it
    /// fits nothing.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.accepts(name.chars().map(Piece::Char))
    }

    /// Whether every name that fits the other pattern surely fits this one.
    #[must_use]
    pub fn covers(&self, other: &Pattern) -> bool {
        self.accepts(other.pieces.iter().copied())
    }

    /// Whether a name may fit both patterns.
    #[must_use]
    pub fn overlaps(&self, other: &Pattern) -> bool {
        let (mine, theirs) = (&self.pieces, &other.pieces);
        let mut seen = vec![false; (mine.len() + 1) * (theirs.len() + 1)];
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            if std::mem::replace(&mut seen[i * (theirs.len() + 1) + j], true) {
                continue;
            }
            let (my, their) = (mine.get(i).copied(), theirs.get(j).copied());
            if my.is_none() && their.is_none() {
                return true;
            }
            // What is free may end here, or take what the other has next.
            if let Some(my) = my
                && (my.is_free() || their.is_some_and(|their| their.takes(my)))
            {
                open.push((i + 1, j));
            }
            if let Some(their) = their
                && (their.is_free() || my.is_some_and(|my| my.takes(their)))
            {
                open.push((i, j + 1));
            }
            if let (Some(my), Some(their)) = (my, their)
                && self.same(my, their)
            {
                open.push((i + 1, j + 1));
            }
        }
        false
    }

    /// Whether the pattern takes the whole of a name, or of a pattern in its place.
    fn accepts(&self, symbols: impl Iterator<Item = Piece> + Clone) -> bool {
        // On a mismatch only the last `*` need take one more symbol, so this never explodes.
        let mut retry = None;
        let (mut at, mut rest) = (0, symbols);
        loop {
            let ahead = rest.clone();
            let fits = match (self.pieces.get(at), rest.next()) {
                (Some(star @ (Piece::Any | Piece::Field)), _) => {
                    rest = ahead.clone();
                    retry = Some((*star, at + 1, ahead));
                    true
                }
                (Some(Piece::Char(_)), Some(Piece::One)) => false,
                (Some(wanted), Some(found)) => self.same(*wanted, found),
                (None, None) => return true,
                _ => false,
            };
            if fits {
                at += 1;
                continue;
            }
            let Some((star, after, taken)) = &mut retry else { return false };
            if !taken.next().is_some_and(|next| star.takes(next)) {
                return false;
            }
            (at, rest) = (*after, taken.clone());
        }
    }

    /// Whether two pieces of one character each can stand for the same one.
    fn same(&self, mine: Piece, theirs: Piece) -> bool {
        match (mine, theirs) {
            (Piece::Char(a), Piece::Char(b)) => {
                a == b || (self.kind == Kind::Action && a.eq_ignore_ascii_case(&b))
            }
            (Piece::One, Piece::Char(_) | Piece::One) | (Piece::Char(_), Piece::One) => true,
            _ => false,
        }
    }
}

impl Piece {
    /// Whether it stands for any text, as far as is known.
    fn is_free(self) -> bool {
        matches!(self, Piece::Any | Piece::Field | Piece::Variable)
    }

    /// Whether the text that it stands for may hold that piece.
    fn takes(self, piece: Piece) -> bool {
        match self {
            Piece::Any | Piece::Variable => true,
            Piece::Field => piece != Piece::Char(':'),
            Piece::One | Piece::Char(_) => false,
        }
    }
}

fn pieces(text: &str, variables: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let variable = if variables { variable(rest) } else { None };
        let (piece, length) = match (variable, first) {
            (Some(found), _) => found,
            (None, '*') => (Piece::Any, 1),
            (None, '?') => (Piece::One, 1),
            (None, other) => (Piece::Char(other), other.len_utf8()),
        };
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces
}

/// The pieces of an ARN, each `*` kept to its field; the last field may have colons.
fn within_fields(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut colons = 0;
    for piece in &mut pieces {
        match piece {
            Piece::Char(':') => colons += 1,
            Piece::Any if colons + 1 < ARN_FIELDS => *piece = Piece::Field,
            _ => {}
        }
    }
    pieces
}

/// The variable that the text begins with, and its length.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn variable(text: &str) -> Option<(Piece, usize)> {
    let (name, _) = text.strip_prefix("${")?.split_once('}')?;
    let piece = match name {
        "*" | "?" | "$" => Piece::Char(name.chars().next()?),
        _ => Piece::Variable,
    };
    Some((piece, name.len() + "${}".len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        assert_eq!(Pattern::resource(pattern, true).matches(name), expected, "{pattern} {name}");
    }

    #[test]
    fn wildcards_match_the_whole_name() {
        check("*", "", true);
        check("a*c*", "abcd", true);
        check("a*bc", "abcbc", true);
        check("a*bc", "abcb", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("a?", "aé", true);
        check("", "a", false);
        check("abc", "ab", false);
    }

    #[test]
    fn a_star_crosses_colons_and_slashes() {
        check("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b", true);
        check("arn:*:*:*:*:*", "arn:aws:iam::123456789012:role/path/a", true);
        check("arn:*", "arn:aws:iam::123456789012:role/path/a", true);
    }

    #[test]
    fn escapes_are_the_bare_character() {
        check("a${*}", "a*", true);
        check("a${*}", "abc", false);
        check("a${$}b", "a$b", true);
        check("${aws:username}", "alice", false);
        assert!(Pattern::resource("a${*}", false).matches("a${x}"), "no variables before 2012");
    }

    #[track_caller]
    fn check_sets(a: &str, b: &str, covers: bool, overlaps: bool) {
        let (a, b) = (Pattern::resource(a, true), Pattern::resource(b, true));
        assert_eq!(a.covers(&b), covers, "{a:?} covers {b:?}");
        assert_eq!(a.overlaps(&b), overlaps, "{a:?} overlaps {b:?}");
        assert_eq!(b.overlaps(&a), overlaps, "{b:?} overlaps {a:?}");
    }

    #[test]
    fn a_wider_pattern_covers_and_crossing_ones_overlap() {
        check_sets("*", "", true, true);
        check_sets("*", "a*b?", true, true);
        check_sets("a*", "ab*", true, true);
        check_sets("ab*", "a*", false, true);
        check_sets("a*", "*b", false, true);
        check_sets("a*", "b*", false, false);
        check_sets("a?", "ab", true, true);
        check_sets("ab", "a?", false, true);
        check_sets("a?", "a??", false, false);
        check_sets("a*c", "ab", false, false);
        check_sets("a", "", false, false);
    }

    #[test]
    fn a_variable_may_be_anything() {
        check_sets("user/alice", "user/${aws:username}", false, true);
        check_sets("user/*", "user/${aws:username}", true, true);
        check_sets("user/${aws:username}", "user/*", false, true);
        check_sets("user/${aws:username}", "role/x", false, false);
        assert!(!Pattern::resource("${aws:username}", true).is_literal());
        assert!(Pattern::resource("a${*}", true).is_literal());
    }

    #[test]
    fn a_shape_keeps_to_its_fields() {
        let instances = Pattern::shape("arn:aws:ec2:*:*:instance/*");
        let check = |text: &str, covers: bool, overlaps: bool| {
            let pattern = Pattern::resource(text, true).in_account("aws", "123456789012");
            assert_eq!(instances.covers(&pattern), covers, "{text}");
            assert_eq!(instances.overlaps(&pattern), overlaps, "{text}");
        };
        check("arn:aws:ec2:eu-west-1:123456789012:instance/i-1", true, true);
        check("arn:aws:ec2:*:123456789012:instance/*", true, true);
        check("*", false, true);
        check("arn:aws:ec2:*", false, true);
        check("arn:aws:s3:::bucket/*", false, false);
        check("arn:aws:ec2:*:123456789012:volume/vol-1", false, false);
    }

    #[test]
    fn a_pattern_in_one_account() {
        let within = |text: &str| {
            Pattern::resource(text, true).in_account("aws", "123456789012").as_str().to_owned()
        };
        assert_eq!(within("arn:*:iam::*:role/a*"), "arn:aws:iam::123456789012:role/a*");
        assert_eq!(within("arn:aws:iam::111122223333:role/a"), "arn:aws:iam::111122223333:role/a");
        assert_eq!(within("arn:aws:ec2:*:*:instance/*"), "arn:aws:ec2:*:*:instance/*");
        assert_eq!(within("*"), "*");
        assert_eq!(within("arn:*"), "arn:*");
    }

    #[test]
    fn many_stars_stay_fast() {
        check(&"*a".repeat(200), &"a".repeat(20_000), true);
        check(&format!("{}b", "*a".repeat(200)), &"a".repeat(20_000), false);
    }
}
