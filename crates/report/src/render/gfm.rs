//! Writes untrusted text in GitHub Flavored Markdown (<https://github.github.com/gfm/>).
//!
//! GitHub looks for mentions, issues, addresses and emoji in rendered text, where escapes no longer help, but never in
//! code. So any word that may have a meaning becomes a code span, and nothing is escaped.

use crate::defuse;
use crate::render::prose::{Block, blocks};

/// Writes text in a line. Text between backquotes is code.
pub(crate) fn inline(text: &str) -> String {
    let text = defuse(text);
    let parts: Vec<&str> = text.trim().split('`').collect();
    let last = parts.len() - 1;
    let mut line = String::new();
    for (index, &part) in parts.iter().enumerate() {
        match (index % 2 == 1, part) {
            (false, part) => add_words(part, &mut line),
            (true, part) if index == last => add_words(&format!("`{part}"), &mut line),
            (true, "") => add(&code("``"), &mut line),
            (true, part) => add(&code(part), &mut line),
        }
    }
    line
}

/// A code span of that text.
pub(crate) fn code(text: &str) -> String {
    let text = defuse(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // Markdown removes a space from either side.
    let at_edge = text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if at_edge { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A link if this is the address of a page, or else code.
pub(crate) fn link(url: &str) -> String {
    let is_page = url.starts_with("https://")
        && url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~/?&=%+#:".contains(c));
    if is_page {
        format!("<{url}>")
    } else {
        code(url)
    }
}

/// Writes paragraphs, and blocks of commands.
pub(crate) fn prose(text: &str) -> String {
    let blocks = blocks(text);
    let groups = blocks.chunk_by(|a, b| matches!((a, b), (Block::Command(_), Block::Command(_))));
    let lines = groups.map(|group| match group {
        [Block::Paragraph(words)] => ["\n".to_owned(), inline(words), "\n".to_owned()].concat(),
        commands => fenced(commands),
    });
    lines.collect()
}

/// A block of commands.
fn fenced(commands: &[Block]) -> String {
    let mut lines = String::new();
    for block in commands {
        let (Block::Command(text) | Block::Paragraph(text)) = block;
        lines.push_str(&defuse(text));
        lines.push('\n');
    }
    let fence = "`".repeat(3.max(longest_run(&lines) + 1));
    format!("\n{fence}sh\n{lines}{fence}\n")
}

/// The largest number of consecutive backquotes.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}

/// Adds words, as code where necessary.
fn add_words(text: &str, line: &mut String) {
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            line.push(' ');
        }
        if is_plain(word) && !(line.is_empty() && is_marker(word)) {
            line.push_str(word);
            continue;
        }
        match word.trim_end_matches(['.', ',', ';', ':']) {
            "" => add(&code(word), line),
            core => {
                add(&code(core), line);
                line.push_str(&word[core.len()..]);
            }
        }
    }
}

/// Adds a code span, after a space if it would touch another one.
fn add(span: &str, line: &mut String) {
    if line.ends_with('`') {
        line.push(' ');
    }
    line.push_str(span);
}

/// Signs that have no meaning between spaces.
const SIGNS: [&str; 5] = ["=", "<", "<=", ">=", ">"];

/// Whether a word has no meaning in Markdown or on GitHub.
fn is_plain(word: &str) -> bool {
    if SIGNS.contains(&word) {
        return true;
    }
    let mut chars = word.chars();
    let is_harmless =
        chars.all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || ".,;:!?'\"()%/-".contains(c));
    let lower = word.to_ascii_lowercase();
    let is_address = lower.contains("//") || lower.contains("www.");
    // `:+1:` is an emoji, and so is `:100:`.
    let is_emoji = word.matches(':').count() > 1 && !is_time(word);
    let mut parts = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    is_harmless && !word.starts_with('-') && !is_address && !is_emoji && !parts.any(is_reference)
}

/// Whether GitHub may link a part of a word: `gh-12` is an issue, and hexadecimal digits may be a commit.
fn is_reference(part: &str) -> bool {
    let is_hexadecimal = part.len() >= 7 && part.chars().all(|c| c.is_ascii_hexdigit());
    part.starts_with("gh-") || is_hexadecimal && part.contains(|c: char| c.is_ascii_digit())
}

/// Whether a word is a time of day such as `10:00:00`, since no emoji has two digits.
fn is_time(word: &str) -> bool {
    word.split(':')
        .all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a word would begin a quotation or a numbered list at the beginning of a line.
fn is_marker(word: &str) -> bool {
    let digits = word.trim_end_matches(['.', ')']);
    let is_number = digits.len() < word.len() && digits.chars().all(|c| c.is_ascii_digit());
    is_number || SIGNS.contains(&word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        for plain in [
            "user Zoë has a password (91.5 days old); the limit is 90.",
            "it's \"old\", isn't it? 50% and/or 3: high-level",
            "管理者 – …",
            "since 2026-11-02 10:00:00 UTC",
        ] {
            assert_eq!(inline(plain), plain);
        }
    }

    #[test]
    fn words_that_may_be_more_are_code() {
        for (text, expected) in [
            ("of @octocat, and #123.", "of `@octocat`, and `#123`."),
            ("*b* _i_ ~s~ $x$", "`*b*` `_i_` `~s~` `$x$`"),
            ("[x](javascript:alert(1))", "`[x](javascript:alert(1))`"),
            ("<script>alert(1)</script>", "`<script>alert(1)</script>`"),
            (
                "see https://example.com or WWW.example.com",
                "see `https://example.com` or `WWW.example.com`",
            ),
            ("GH-12 and fc7a9b1e0", "`GH-12` and `fc7a9b1e0`"),
            ("in 111122223333", "in `111122223333`"),
            (":+1: arn:aws:iam::1:root", "`:+1`: `arn:aws:iam::1:root`"),
            ("&lt; a|b \\", "`&lt`; `a|b` `\\`"),
            ("- a --b", "`-` a `--b`"),
            ("1. a 1.", "`1`. a 1."),
            ("3) a", "`3)` a"),
            ("# a", "`#` a"),
            ("> a > b <= c <d", "`>` a > b <= c `<d`"),
            ("a\nb", "`a\\u{a}b`"),
        ] {
            assert_eq!(inline(text), expected);
        }
    }

    #[test]
    fn backquotes_make_code_and_never_end_it() {
        for (text, expected) in [
            ("run `aws iam <x>` now", "run `aws iam <x>` now"),
            ("a`b", "a`` `b ``"),
            ("a@b`c`", "`a@b` `c`"),
            ("`a`@b", "`a` `@b`"),
            ("``", "``` `` ```"),
            ("", ""),
        ] {
            assert_eq!(inline(text), expected);
        }
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn only_pages_are_links() {
        assert_eq!(link("https://a.example/b?c=d#e"), "<https://a.example/b?c=d#e>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://a.example/><b>"), "`https://a.example/><b>`");
    }

    #[test]
    fn commands_stand_in_a_fence_that_they_cannot_end() {
        assert_eq!(
            prose("Look:\naws iam a\naws iam b ```\n\nThen go."),
            "\nLook:\n\n````sh\naws iam a\naws iam b ```\n````\n\nThen go.\n"
        );
    }

    /// What a line has outside its code spans, as CommonMark finds them: a run of backquotes is
    /// closed by the next of the same length, or else is text.
    fn outside_code(line: &str) -> String {
        let mut outside = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            outside.push_str(&rest[..at]);
            let run = rest[at..].find(|c| c != '`').unwrap_or(rest.len() - at);
            let after = &rest[at + run..];
            if let Some(end) = end_of_span(after, run) {
                rest = &after[end..];
            } else {
                outside.push_str(&rest[at..at + run]);
                rest = after;
            }
        }
        outside + rest
    }

    fn end_of_span(text: &str, run: usize) -> Option<usize> {
        let mut at = 0;
        loop {
            at += text[at..].find('`')?;
            let length = text[at..].find(|c| c != '`').unwrap_or(text.len() - at);
            at += length;
            if length == run {
                return Some(at);
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_lively_is_outside_of_code(text in "([a-c1`@#:<>\\[\\]_*\\\\& .-]|.){0,30}") {
            let line = inline(&text);
            let outside = outside_code(&line);
            prop_assert!(!outside.contains(['`', '@', '#', '[', ']', '_', '*', '\\', '&', '|', '\n']), "{line}");
            prop_assert!(!outside.contains("://") && !outside.contains("<a"), "{line}");
        }

        #[test]
        fn code_is_one_span(text: String) {
            prop_assert_eq!(outside_code(&code(&text)), "");
        }
    }
}
