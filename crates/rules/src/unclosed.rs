//! Finds lists, inline tables and strings in a TOML file that are not closed. A parser notices
//! these only much later, since the rest of the file becomes part of them.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

/// A list, inline table or string that is not closed.
pub(crate) struct Unclosed {
    /// The position of the opening delimiter.
    pub(crate) opening: Range<usize>,
    /// The missing closing delimiter.
    pub(crate) closing: &'static str,
    /// The entry that contains it, up to the next entry.
    pub(crate) entry: Range<usize>,
}

/// Returns everything in the file that is not closed.
pub(crate) fn find(text: &str) -> Vec<Unclosed> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(unclosed) = first(text, start) {
        start = unclosed.entry.end;
        found.push(unclosed);
    }
    found
}

/// The entry being read.
struct Entry<'t> {
    text: &'t str,
    start: usize,
    /// The delimiters that are still open, the outermost first: position and closing delimiter.
    open: Vec<(Range<usize>, &'static str)>,
    /// The first delimiter known not to be closed.
    unclosed: Option<(Range<usize>, &'static str)>,
}

impl Entry<'_> {
    fn new(text: &str, start: usize) -> Entry<'_> {
        Entry { text, start, open: Vec::new(), unclosed: None }
    }

    fn is_complete(&self) -> bool {
        self.open.is_empty() && self.unclosed.is_none()
    }

    /// Returns what is not closed at the end of the entry.
    fn end(mut self, end: usize) -> Option<Unclosed> {
        let (opening, closing) = self.unclosed.or(self.open.pop())?;
        Some(Unclosed { opening, closing, entry: self.start..end })
    }

    fn close(&mut self, closing: &str) {
        let Some(position) = self.open.iter().rposition(|(_, closes)| *closes == closing) else {
            return;
        };
        let inside = self.open.drain(position..).nth(1);
        self.unclosed = self.unclosed.take().or(inside);
    }

    /// Reads a string. If it has swallowed other entries, returns where the first of them begins.
    fn string(&mut self, at: Range<usize>, delimiter: &'static str) -> Option<usize> {
        let text = &self.text[at.clone()];
        let inside = &text[delimiter.len()..];
        let content = inside.strip_suffix(delimiter);
        let is_several_lines = delimiter.len() > 1;
        let swallows = content.is_none_or(|content| {
            let last = content.rsplit_once('\n').map_or("", |(_, last)| last);
            is_several_lines && begins_key(&tokens(last))
        });
        if !swallows {
            return None;
        }
        let opening = at.start..at.start + delimiter.len();
        self.unclosed.get_or_insert((opening, delimiter));
        is_several_lines.then(|| at.start + next_entry(text))
    }
}

/// Returns the first unclosed delimiter from `start` on, where an entry begins.
fn first(text: &str, start: usize) -> Option<Unclosed> {
    let mut entry = Entry::new(text, start);
    let mut is_header = false;
    let mut before = TokenKind::Newline;
    for token in text.get(start..).map(|rest| Source::new(rest).lex())? {
        let at = start + token.span().start()..start + token.span().end();
        let kind = token.kind();
        if matches!(kind, TokenKind::Whitespace | TokenKind::Comment) {
            continue;
        }
        if before == TokenKind::Newline {
            if entry.is_complete() {
                entry.start = at.start;
                is_header = kind == TokenKind::LeftSquareBracket;
            } else if begins_entry(line(text, at.start), entry.open.last()) {
                return entry.end(at.start);
            }
        }
        match kind {
            TokenKind::Newline if entry.open.is_empty() && entry.unclosed.is_some() => {
                return entry.end(at.end);
            }
            TokenKind::Eof => return entry.end(text.len()),
            TokenKind::LeftSquareBracket if !is_header => entry.open.push((at, "]")),
            TokenKind::LeftCurlyBracket => entry.open.push((at, "}")),
            TokenKind::RightSquareBracket => entry.close("]"),
            TokenKind::RightCurlyBracket => entry.close("}"),
            _ => {
                let next = delimiter(kind).and_then(|delimiter| entry.string(at, delimiter));
                if let Some(next) = next {
                    return entry.end(next);
                }
            }
        }
        before = kind;
    }
    None
}

fn delimiter(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::BasicString => Some("\""),
        TokenKind::LiteralString => Some("'"),
        TokenKind::MlBasicString => Some("\"\"\""),
        TokenKind::MlLiteralString => Some("'''"),
        _ => None,
    }
}

/// Returns where the first line after the text's own first line that looks like an entry begins, or
/// else the end of the text.
fn next_entry(text: &str) -> usize {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if start > 0 && !line.starts_with([' ', '\t']) && begins_entry(line, None) {
            return start;
        }
        start += line.len();
    }
    start
}

fn line(text: &str, start: usize) -> &str {
    text[start..].split('\n').next().unwrap_or_default()
}

/// Returns the tokens of a line without whitespace and comments.
fn tokens(line: &str) -> Vec<Token> {
    let mut tokens = Source::new(line).lex().into_vec();
    tokens.retain(|token| !matches!(token.kind(), TokenKind::Whitespace | TokenKind::Comment));
    tokens
}

/// Whether the line can only be the beginning of an entry, given the innermost open delimiter.
fn begins_entry(line: &str, open: Option<&(Range<usize>, &'static str)>) -> bool {
    let tokens = tokens(line);
    let is_in_table = open.is_some_and(|(_, closing)| *closing == "}");
    !is_in_table && begins_key(&tokens) || is_header(line, &tokens)
}

/// Whether the tokens begin with a key and `=`.
fn begins_key(tokens: &[Token]) -> bool {
    for pair in tokens.chunks(2) {
        let [key, next] = pair else { return false };
        if !is_key(key.kind()) {
            return false;
        }
        match next.kind() {
            TokenKind::Dot => {}
            kind => return kind == TokenKind::Equals,
        }
    }
    false
}

/// Whether the line is the header of a table rather than a list of values.
fn is_header(line: &str, tokens: &[Token]) -> bool {
    let kinds: Vec<TokenKind> = tokens.iter().map(Token::kind).collect();
    let [TokenKind::LeftSquareBracket, inside @ ..] = kinds.as_slice() else {
        return false;
    };
    let inside = inside
        .strip_prefix(&[TokenKind::LeftSquareBracket])
        .unwrap_or(inside);
    let closing = inside
        .iter()
        .position(|kind| *kind == TokenKind::RightSquareBracket);
    let Some((keys, rest)) = closing.and_then(|closing| inside.split_at_checked(closing)) else {
        return false;
    };
    let name = line.trim_start_matches(['[', ' ', '\t']);
    let is_value = ["true", "false", "inf", "nan"]
        .iter()
        .any(|value| name.starts_with(value));
    keys.iter()
        .all(|kind| is_key(*kind) || *kind == TokenKind::Dot)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !is_value
        && !rest.contains(&TokenKind::Comma)
}

fn is_key(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString)
}
