//! Text in SARIF's messages (§3.11), plain and Markdown.

use crate::render::gfm::prose;
use crate::text::defuse_lines;

/// A plain text, in which nothing is a placeholder (§3.11.5) or a link (§3.11.6).
pub(super) fn plain(text: &str) -> String {
    braces(&defuse_lines(text).replace("](", "] ("))
}

/// Paragraphs and commands as Markdown (§3.11.4), which may not hold HTML.
pub(super) fn markdown(text: &str) -> String {
    braces(&prose(text))
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
        assert_eq!(markdown("a *b* <i>&"), "\na `*b*` `<i>&`\n");
        assert_eq!(
            markdown("Do:\naws iam x --tags '{}'\n\nThen *rest*."),
            "\nDo:\n\n```sh\naws iam x --tags '{{}}'\n```\n\nThen `*rest*`.\n"
        );
    }
}
