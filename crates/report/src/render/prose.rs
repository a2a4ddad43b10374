//! Splits text into paragraphs and commands, and wraps lines.

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

/// A part of a text of several lines.
#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    /// Words that may be wrapped differently.
    Paragraph(String),
    /// A line to be copied unchanged.
    Command(String),
}

/// Whether a line is to be copied unchanged, because it is indented by two spaces or more, or calls the AWS CLI.
pub(crate) fn is_command(line: &str) -> bool {
    line.starts_with("aws ") || line.starts_with("  ")
}

/// Splits a text. Lines between commands are joined into paragraphs, which empty lines separate.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut words = String::new();
    for line in text.lines() {
        let is_command = is_command(line);
        if (is_command || line.trim().is_empty()) && !words.is_empty() {
            blocks.push(Block::Paragraph(std::mem::take(&mut words)));
        }
        if line.trim().is_empty() {
            continue;
        }
        if is_command {
            let command = line.strip_prefix("  ").unwrap_or(line);
            blocks.push(Block::Command(command.trim_end().to_owned()));
        } else {
            words.push_str(if words.is_empty() { "" } else { " " });
            words.push_str(line.trim_end());
        }
    }
    if !words.is_empty() {
        blocks.push(Block::Paragraph(words));
    }
    blocks
}

/// Wraps a text to this width. The first line follows the label, and the others are indented by its width.
///
/// Lines break only at spaces, and not within `backquotes`: ARNs, options and commands are not cut, but may be longer
/// than a line.
pub(crate) fn wrap(text: &str, width: usize, label: &str) -> Vec<String> {
    let indent = " ".repeat(display_width(label));
    let options = Options::new(width)
        .initial_indent(label)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let bound = bind_quotes(text);
    let lines = textwrap::wrap(&bound, options);
    lines
        .into_iter()
        .map(|line| line.replace(BOUND_SPACE, " ").trim_end().to_owned())
        .collect()
}

/// Replaces a space at which lines must not break. Defused text never contains it.
const BOUND_SPACE: char = '\u{a0}';

/// Replaces spaces within pairs of backquotes by [`BOUND_SPACE`].
fn bind_quotes(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut bound = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let is_quoted = index % 2 == 1 && index < last;
        let space = if is_quoted { BOUND_SPACE } else { ' ' };
        bound.push(part.replace(' ', &space.to_string()));
    }
    bound.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_and_commands_kept() {
        let text = "Rotate the\nkey:\naws iam create-access-key\n\nThen delete\n  aws iam x \\\n    --y  \n";
        assert_eq!(
            blocks(text),
            [
                Block::Paragraph("Rotate the key:".to_owned()),
                Block::Command("aws iam create-access-key".to_owned()),
                Block::Paragraph("Then delete".to_owned()),
                Block::Command("aws iam x \\".to_owned()),
                Block::Command("  --y".to_owned()),
            ]
        );
    }

    #[test]
    fn lines_break_at_spaces_and_hang_below_the_label() {
        assert_eq!(wrap("one two three", 9, "- "), ["- one two", "  three"]);
        assert_eq!(wrap("see arn:aws:iam::1:user/x", 10, ""), ["see", "arn:aws:iam::1:user/x"]);
        assert_eq!(wrap("use --user-name x", 8, ""), ["use", "--user-name", "x"]);
    }

    #[test]
    fn backquotes_hold_together() {
        assert_eq!(wrap("Run `aws iam x --y z` now", 12, ""), ["Run", "`aws iam x --y z`", "now"]);
        assert_eq!(wrap("an odd ` one", 8, ""), ["an odd `", "one"]);
    }

    #[test]
    fn wide_characters_count_two_columns() {
        assert_eq!(wrap("管理 者者", 6, ""), ["管理", "者者"]);
    }
}
