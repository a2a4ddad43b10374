//! Damages to the credential report, at each of its cells.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use portcullis_model::Source;
use serde_json::{Value as Json, json};

use super::Damage;

/// A cell that was overwritten or lost, a column or a line that is gone or stands there twice, and a cut at
/// the end of each line.
pub(super) fn damages(bytes: &[u8]) -> Vec<Damage> {
    let answer: Json = serde_json::from_slice(bytes).unwrap();
    let csv = BASE64.decode(answer["Content"].as_str().unwrap()).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let table: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let mut damages = Vec::new();
    let mut add = |what: String, table: &[Vec<&str>], is_foreign: bool| {
        let lines: Vec<String> = table.iter().map(|cells| cells.join(",")).collect();
        let mut answer = answer.clone();
        answer["Content"] = json!(BASE64.encode(lines.join("\n")));
        let text = answer.to_string();
        let bytes = Box::new(move || text.clone().into_bytes());
        damages.push(Damage { source: Source::CredentialReport, what, bytes, is_foreign });
    };
    for (row, cells) in table.iter().enumerate() {
        for (column, name) in table[0].iter().enumerate() {
            for other in ["", "x", "2999-01-01T00:00:00Z"] {
                let mut struck = table.clone();
                struck[row][column] = other;
                add(format!("line {} {name} is `{other}`", row + 1), &struck, true);
            }
            let mut struck = table.clone();
            struck[row].remove(column);
            add(format!("line {} lacks {name}", row + 1), &struck, true);
        }
        let mut struck = table.clone();
        struck.remove(row);
        add(format!("without line {}", row + 1), &struck, false);
        let mut struck = table.clone();
        struck.insert(row, cells.clone());
        add(format!("line {} twice", row + 1), &struck, false);
        add(format!("cut after line {}", row + 1), &table[..=row], false);
    }
    for (column, name) in table[0].iter().enumerate() {
        let mut struck = table.clone();
        for cells in &mut struck {
            cells.remove(column);
        }
        add(format!("without the column {name}"), &struck, false);
    }
    damages
}
