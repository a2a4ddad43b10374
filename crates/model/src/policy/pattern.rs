//! Names with IAM's wildcards.

/// A pattern for actions or resources: `*` stands for any text, colons included, `?` for one character.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
    ignore_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Any,
    One,
    Char(char),
}

impl Pattern {
    /// A pattern for actions, which IAM compares without regard to case.
    #[must_use]
    pub fn action(text: &str) -> Pattern {
        Pattern { text: text.to_owned(), pieces: pieces(text, false), ignore_case: true }
    }

    /// A pattern for resources. With `variables`, `${*}`, `${?}` and `${$}` stand for the bare
    /// character; other variables stay as they are, so they match no resource.
    #[must_use]
    pub fn resource(text: &str, variables: bool) -> Pattern {
        Pattern { text: text.to_owned(), pieces: pieces(text, variables), ignore_case: false }
    }

    /// The pattern as the document has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole name fits the pattern.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        // On a mismatch only the last `*` need take one more character, so this never explodes.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        let (mut at, mut rest) = (0, name.chars());
        loop {
            let ahead = rest.clone();
            let fits = match (self.pieces.get(at), rest.next()) {
                (Some(Piece::Any), _) => {
                    rest = ahead.clone();
                    retry = Some((at + 1, ahead));
                    true
                }
                (Some(Piece::One), Some(_)) => true,
                (Some(Piece::Char(wanted)), Some(found)) => self.same(*wanted, found),
                (None, None) => return true,
                _ => false,
            };
            if fits {
                at += 1;
                continue;
            }
            let Some((after, taken)) = &mut retry else { return false };
            if taken.next().is_none() {
                return false;
            }
            (at, rest) = (*after, taken.clone());
        }
    }

    fn same(&self, wanted: char, found: char) -> bool {
        wanted == found || (self.ignore_case && wanted.eq_ignore_ascii_case(&found))
    }
}

fn pieces(text: &str, variables: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escape = ESCAPES.into_iter().find(|(escape, _)| variables && rest.starts_with(escape));
        let (piece, length) = match (escape, first) {
            (Some((escape, plain)), _) => (Piece::Char(plain), escape.len()),
            (None, '*') => (Piece::Any, 1),
            (None, '?') => (Piece::One, 1),
            (None, other) => (Piece::Char(other), other.len_utf8()),
        };
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces
}

const ESCAPES: [(&str, char); 3] = [("${*}", '*'), ("${?}", '?'), ("${$}", '$')];

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

    #[test]
    fn many_stars_stay_fast() {
        check(&"*a".repeat(200), &"a".repeat(20_000), true);
        check(&format!("{}b", "*a".repeat(200)), &"a".repeat(20_000), false);
    }
}
