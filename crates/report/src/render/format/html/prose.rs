//! Text with commands, for templates and the script.

use serde::Serialize;

use crate::render::prose::{self, Block};

/// A paragraph, or a command to copy.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Instruction {
    Paragraph(String),
    /// The lines of one command, the later ones continuing the first.
    Command(Vec<String>),
}

/// The paragraphs and commands of a text; lines that end in a backslash go on in the next.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut goes_on = false;
    for block in prose::blocks(text) {
        match block {
            Block::Paragraph(words) => instructions.push(Instruction::Paragraph(words)),
            Block::Command(line) => {
                let continues = line.ends_with('\\');
                match instructions.last_mut() {
                    Some(Instruction::Command(lines)) if goes_on => lines.push(line),
                    _ => instructions.push(Instruction::Command(vec![line])),
                }
                goes_on = continues;
            }
        }
    }
    instructions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_several_lines_is_one() {
        let text = "Do:\n  aws a \\\n    --b \\\n    --c\n  aws d\nDone.";
        let command = |lines: &[&'static str]| {
            Instruction::Command(lines.iter().map(|&line| line.to_owned()).collect())
        };
        let expected = [
            Instruction::Paragraph("Do:".into()),
            command(&["aws a \\", "  --b \\", "  --c"]),
            command(&["aws d"]),
            Instruction::Paragraph("Done.".into()),
        ];
        assert_eq!(instructions(text), expected);
    }
}
