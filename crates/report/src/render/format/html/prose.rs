//! Text with commands, for templates and the script.

use serde::Serialize;

use super::text::Text;
use crate::render::prose::{self, Block};

/// A paragraph, or a command to copy.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part<'a> {
    Paragraph(Text<'a>),
    /// The lines of one command, the later ones continuing the first.
    Command(Vec<Text<'a>>),
}

/// The paragraphs and commands of a text; lines that end in a backslash go on in the next.
pub(super) fn parts<'a>(text: &str) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut goes_on = false;
    for block in prose::blocks(text) {
        match block {
            Block::Paragraph(words) => parts.push(Part::Paragraph(words.into())),
            Block::Command(line) => {
                let continues = line.ends_with('\\');
                match parts.last_mut() {
                    Some(Part::Command(lines)) if goes_on => lines.push(line.into()),
                    _ => parts.push(Part::Command(vec![line.into()])),
                }
                goes_on = continues;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_several_lines_is_one() {
        let text = "Do:\n  aws a \\\n    --b \\\n    --c\n  aws d\nDone.";
        let command =
            |lines: &[&'static str]| Part::Command(lines.iter().map(|&l| l.into()).collect());
        let expected = [
            Part::Paragraph("Do:".into()),
            command(&["aws a \\", "  --b \\", "  --c"]),
            command(&["aws d"]),
            Part::Paragraph("Done.".into()),
        ];
        assert_eq!(parts(text), expected);
    }
}
