//! Text in SARIF's messages (§3.11), plain and Markdown.

use crate::defuse;
use crate::prose::{Block, blocks};

/// A plain text, in which nothing is a placeholder (§3.11.5) or a link (§3.11.6).
pub(super) fn plain(text: &str) -> String {
    braces(&lines(text).replace("](", "] ("))
}

/// Paragraphs and commands as Markdown, in which nothing is markup but the commands' code blocks.
pub(super) fn markdown(text: &str) -> String {
    let written = |block| match block {
        Block::Paragraph(words) => format!("\n{}\n\n", braces(&escape(&words))),
        Block::Command(line) => format!("    {}\n", braces(&defuse(&line))),
    };
    blocks(text).into_iter().map(written).collect()
}

/// Words as Markdown (§3.11.4), which may not hold HTML.
fn escape(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len() + 16);
    for (at, c) in defuse(words).char_indices() {
        let starts_list = at == 0 && "-+=".contains(c);
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            c if starts_list || "\\`*_[]>#|~!".contains(c) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Each line defused by itself.
fn lines(text: &str) -> String {
    text.lines().map(defuse).collect::<Vec<_>>().join("\n")
}

/// Braces that make no placeholder (§3.11.5).
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_holds_no_placeholder_and_no_link() {
        assert_eq!(plain("{0} of [x](https://y)"), "{{0}} of [x] (https://y)");
        assert_eq!(plain("two\nlines\u{1b}"), "two\nlines\\u{{1b}}");
    }

    #[test]
    fn markdown_holds_no_markup_but_code() {
        assert_eq!(markdown("a *b* <i>&"), "\na \\*b\\* &lt;i\\>&amp;\n\n");
        assert_eq!(markdown("- [x](y) `z`"), "\n\\- \\[x\\](y) \\`z\\`\n\n");
        assert_eq!(
            markdown("Do:\naws iam x --tags '{}'\n\nThen *rest*."),
            "\nDo:\n\n    aws iam x --tags '{{}}'\n\nThen \\*rest\\*.\n\n"
        );
    }
}
