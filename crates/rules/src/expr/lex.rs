//! Splits an expression into tokens, as in the
//! [specification of CEL](https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax).

use std::ops::Range;

use crate::constant::{Constant, exact};
use crate::problem::Problem;

const SYMBOLS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "=", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}", "+", "-", "*", "/", "%",
];
const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\x0c'];
/// Longer quotes come first, since `'''` is not an empty string.
const QUOTES: [&str; 4] = ["\"\"\"", "'''", "\"", "'"];

/// A piece of an expression.
pub(super) struct Token<'t> {
    /// The position in bytes.
    pub at: Range<usize>,
    /// The text of the token; empty at the end.
    pub text: &'t str,
    pub kind: TokenKind,
}

pub(super) enum TokenKind {
    /// A literal; none if rules do not support its kind.
    Literal(Option<Constant>),
    /// An identifier or a word such as `in`.
    Name,
    /// An operator, a bracket, or a character that is not part of CEL.
    Symbol,
    End,
}

/// Returns the tokens of the text; the last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Problem> {
    let mut tokens = Vec::new();
    let mut rest = skip_blanks(text);
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (length, kind) = token(rest, start)?;
        tokens.push(Token { at: start..start + length, text: &rest[..length], kind });
        rest = skip_blanks(&rest[length..]);
    }
    tokens.push(Token { at: text.len()..text.len(), text: "", kind: TokenKind::End });
    Ok(tokens)
}

/// Removes leading whitespace and comments.
fn skip_blanks(text: &str) -> &str {
    let mut rest = text.trim_start_matches(BLANKS);
    while let Some(comment) = rest.strip_prefix("//") {
        let line_end = comment.find('\n').unwrap_or(comment.len());
        rest = comment[line_end..].trim_start_matches(BLANKS);
    }
    rest
}

/// Returns the length and kind of the token at the beginning of the text, which is at `start` in
/// the expression.
fn token(text: &str, start: usize) -> Result<(usize, TokenKind), Problem> {
    if let Some(quoted) = Quoted::new(text) {
        let (length, value) = quoted.read(start)?;
        return Ok((length, TokenKind::Literal(value)));
    }
    if let Some(number) = number(text) {
        let is_unsigned = text[number.len()..].starts_with(['u', 'U']);
        let value = if is_unsigned {
            None
        } else {
            number_value(number)
        };
        let literal = TokenKind::Literal(value.map(Constant::Number));
        return Ok((number.len() + usize::from(is_unsigned), literal));
    }
    let name = name(text);
    let literal = match name {
        "true" => Constant::Bool(true),
        "false" => Constant::Bool(false),
        "null" => Constant::Null,
        "" => {
            let symbol = SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol));
            let length = symbol.map_or_else(|| text.ceil_char_boundary(1), str::len);
            return Ok((length, TokenKind::Symbol));
        }
        _ => return Ok((name.len(), TokenKind::Name)),
    };
    Ok((name.len(), TokenKind::Literal(Some(literal))))
}

/// Returns the name at the beginning of the text, or an empty string.
fn name(text: &str) -> &str {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Returns the number at the beginning of the text.
fn number(text: &str) -> Option<&str> {
    let hexadecimal = text
        .strip_prefix("0x")
        .map_or(0, |hex| count_digits(hex, 16));
    if hexadecimal > 0 {
        return Some(&text[..2 + hexadecimal]);
    }
    let mut end = count_digits(text, 10);
    let fraction = text[end..]
        .strip_prefix('.')
        .map_or(0, |digits| count_digits(digits, 10));
    if fraction > 0 {
        end += 1 + fraction;
    }
    if end == 0 {
        return None;
    }
    if let Some(exponent) = text[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let digits = count_digits(&exponent[sign..], 10);
        end += if digits > 0 { 1 + sign + digits } else { 0 };
    }
    Some(&text[..end])
}

fn count_digits(text: &str, radix: u32) -> usize {
    text.chars().take_while(|c| c.is_digit(radix)).count()
}

/// Parses a number, which must be finite and, if it is an integer, exact.
fn number_value(number: &str) -> Option<f64> {
    if let Some(hexadecimal) = number.strip_prefix("0x") {
        return i64::from_str_radix(hexadecimal, 16).ok().and_then(exact);
    }
    if count_digits(number, 10) == number.len() {
        return number.parse().ok().and_then(exact);
    }
    number
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// A string in quotes. The prefix `b` makes it bytes, and `r` makes it raw, without escapes.
struct Quoted<'t> {
    text: &'t str,
    is_bytes: bool,
    is_raw: bool,
    quote: &'static str,
    /// The start of the content.
    start: usize,
}

impl<'t> Quoted<'t> {
    /// Recognises a string at the beginning of the text.
    fn new(text: &'t str) -> Option<Quoted<'t>> {
        let after_bytes = text.strip_prefix(['b', 'B']);
        let rest = after_bytes.unwrap_or(text);
        let after_raw = rest.strip_prefix(['r', 'R']);
        let rest = after_raw.unwrap_or(rest);
        let quote = QUOTES.into_iter().find(|quote| rest.starts_with(quote))?;
        Some(Quoted {
            text,
            is_bytes: after_bytes.is_some(),
            is_raw: after_raw.is_some(),
            quote,
            start: text.len() - rest.len() + quote.len(),
        })
    }

    /// Returns the length including quotes, and the value unless it is bytes. The string is at
    /// `start` in the expression.
    fn read(&self, start: usize) -> Result<(usize, Option<Constant>), Problem> {
        let (mut value, mut end) = (String::new(), self.start);
        while let Some(c) = self.text[end..].chars().next() {
            let rest = &self.text[end..];
            if rest.starts_with(self.quote) {
                let value = (!self.is_bytes).then_some(Constant::Text(value));
                return Ok((end + self.quote.len(), value));
            }
            if self.quote.len() == 1 && matches!(c, '\n' | '\r') {
                break;
            }
            if c == '\\' && !self.is_raw {
                let Some((escaped, length)) = escape(&rest[1..]) else {
                    let length = rest.chars().take(2).map(char::len_utf8).sum();
                    let message = format!("there is no escape `{}`", &rest[..length]);
                    let at = start + end..start + end + length;
                    return Err(Problem::new(at, message).help("write `\\\\` for a backslash"));
                };
                value.push(escaped);
                end += 1 + length;
            } else {
                value.push(c);
                end += c.len_utf8();
            }
        }
        let problem = Problem::new(start..start + self.start, "this string is not closed");
        Err(problem.help(format!("close it with {}", self.quote)))
    }
}

/// Returns the character of an escape, and the escape's length without the backslash.
fn escape(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    let escaped = match first {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '?' | '"' | '\'' | '`' => first,
        'x' | 'X' => return code_point(text, 1..3, 16),
        'u' => return code_point(text, 1..5, 16),
        'U' => return code_point(text, 1..9, 16),
        '0'..='3' => return code_point(text, 0..3, 8),
        _ => return None,
    };
    Some((escaped, 1))
}

fn code_point(text: &str, place: Range<usize>, radix: u32) -> Option<(char, usize)> {
    let digits = text
        .get(place.clone())
        .filter(|d| count_digits(d, radix) == d.len())?;
    let code = u32::from_str_radix(digits, radix).ok()?;
    Some((char::from_u32(code)?, place.end))
}
