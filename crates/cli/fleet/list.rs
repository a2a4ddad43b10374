//! Reads the file of `--accounts`: CSV with a header row, or one JSON object per line.

use std::collections::BTreeSet;
use std::path::Path;

use portcullis_collector::FleetAccount;
use portcullis_evidence::read_text;
use portcullis_model::{AccountId, Arn};
use portcullis_report::counted;
use serde::Deserialize;

use crate::failure::Failure;

/// Far above the list of any organization.
const MAX_BYTES: u64 = 1 << 26;
const HELP: &str = "\
write CSV with a header row that names id and, if needed, role_arn, external_id and name,
or one JSON object per line: {\"id\": \"111122223333\", \"name\": \"prod\"}";

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    #[serde(default)]
    role_arn: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// Reads the accounts in the order of the file.
pub(crate) fn read(path: &Path) -> Result<Vec<FleetAccount>, Failure> {
    let name = path.display();
    let text =
        read_text(path, MAX_BYTES).map_err(|error| format!("cannot read {name}: {error}"))?;
    parse(&text).map_err(|what| Failure::with_help(format!("{name}:{what}"), HELP))
}

/// Reads the accounts in the text. An error begins with the number of the line.
pub(super) fn parse(text: &str) -> Result<Vec<FleetAccount>, String> {
    let entries = match text.trim_start().chars().next() {
        Some('{') => json(text)?,
        Some('[') => return Err("1: expected one JSON object per line, not a list".to_owned()),
        _ => csv(text)?,
    };
    if entries.is_empty() {
        return Err("1: there is no account in it".to_owned());
    }
    let mut seen = BTreeSet::new();
    let mut accounts = Vec::new();
    for (line, entry) in entries {
        let account = account(entry).map_err(|what| format!("{line}: {what}"))?;
        if !seen.insert(account.id) {
            return Err(format!("{line}: account {} is listed twice", account.id));
        }
        accounts.push(account);
    }
    Ok(accounts)
}

fn json(text: &str) -> Result<Vec<(u64, Entry)>, String> {
    let mut entries = Vec::new();
    for (number, line) in (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let entry = serde_json::from_str(line)
            .map_err(|error| format!("{number}: {}", without_values(&error.to_string())))?;
        entries.push((number, entry));
    }
    Ok(entries)
}

fn csv(text: &str) -> Result<Vec<(u64, Entry)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let written = reader.headers().map_err(|error| broken(&error))?;
    if written.iter().any(|name| AccountId::parse(name).is_some()) {
        return Err("1: there is no header row above the accounts, such as id,name".to_owned());
    }
    let heading: csv::StringRecord = written.iter().map(column).collect();
    if let Some(unknown) = written
        .iter()
        .find(|name| !COLUMNS.contains(&&*column(name)))
    {
        let quoted = if is_harmless(unknown) {
            format!(" {unknown:?}")
        } else {
            String::new()
        };
        let columns = COLUMNS.join(", ");
        return Err(format!("1: unknown column{quoted}, expected {columns}"));
    }
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        // Without its closing quote, a field takes in the accounts on the following lines.
        if record.iter().any(|field| field.contains(['\n', '\r'])) {
            return Err(format!(
                "{line}: a field continues on the next line; is a quotation mark missing?"
            ));
        }
        let entry = record
            .deserialize(Some(&heading))
            .map_err(|error| broken(&error))?;
        entries.push((line, entry));
    }
    Ok(entries)
}

/// What the header row may name.
const COLUMNS: [&str; 4] = ["id", "role_arn", "external_id", "name"];

/// Whether the heading of a file, which may be another's, is a word or a few, and so no secret.
fn is_harmless(heading: &str) -> bool {
    let is_of_word = |c: char| c.is_alphabetic() || " _-".contains(c);
    (1..=20).contains(&heading.chars().count()) && heading.chars().all(is_of_word)
}

/// The field that a column holds, by its heading: also as people write it, `Account ID`.
fn column(heading: &str) -> String {
    let words = heading.to_lowercase().replace([' ', '-'], "_");
    match words.as_str() {
        "account_id" => "id".to_owned(),
        "account_name" => "name".to_owned(),
        _ => words,
    }
}

/// Serde's error without what it quotes from the file, which may be of another kind, and without the position, which
/// is relative to the line.
fn without_values(error: &str) -> String {
    let error = error
        .rsplit_once(" at line ")
        .map_or(error, |(error, _)| error);
    match error.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("unknown field") => {
            format!("unknown field, expected {expected}")
        }
        Some((_, expected)) => format!("wrong value, expected {expected}"),
        None => error.to_owned(),
    }
}

/// Describes an error in the CSV, with the number of the line.
fn broken(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{line}: {}, where the header row has {expected_len}", counted(*len, "field"))
        }
        // A wrong name in the heading is reported for every line.
        csv::ErrorKind::Deserialize { err, .. } => {
            format!("1: {}", without_values(&err.kind().to_string()))
        }
        _ => format!("{line}: {error}"),
    }
}

fn account(entry: Entry) -> Result<FleetAccount, String> {
    let Entry { id, role_arn, external_id, name } = entry;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = AccountId::parse(&id).ok_or_else(|| not_an_id(&id))?;
    let role_arn = given(role_arn);
    if let Some(arn) = &role_arn {
        let parts = Arn::parse(arn).filter(|parts| parts.role().is_some());
        let owner = parts
            .ok_or("role_arn is not the ARN of a role")?
            .account_id();
        if owner != Some(id) {
            return Err(format!("{arn} is not a role of account {id}"));
        }
    }
    let (external_id, name) = (given(external_id), given(name));
    Ok(FleetAccount { id, name, role_arn, external_id, state: None })
}

/// Describes a wrong id.
fn not_an_id(text: &str) -> String {
    let what = format!("expected a 12-digit account id, not {text:?}");
    // Such as 12345678901 or 1.11122E+11.
    let is_number = text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok();
    if is_number {
        format!("{what}; a spreadsheet keeps all digits if the column is formatted as text")
    } else {
        what
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Result<Vec<String>, String> {
        let accounts = parse(text)?;
        Ok(accounts
            .into_iter()
            .map(|account| account.id.to_string())
            .collect())
    }

    #[test]
    fn csv_and_json_say_the_same() {
        let role = "arn:aws:iam::111122223333:role/audit/reader";
        let csv = format!("name,id,role_arn\nprod,111122223333,{role}\n,444455556666,\n");
        let json = format!(
            "{{\"id\":\"111122223333\",\"name\":\"prod\",\"role_arn\":\"{role}\"}}\n\n\
             {{\"id\":\"444455556666\"}}\n"
        );
        let accounts = parse(&csv).unwrap();
        assert_eq!(accounts, parse(&json).unwrap());
        assert_eq!(accounts[0].role_arn.as_deref(), Some(role));
        assert_eq!((accounts[0].name.as_deref(), &accounts[1].name), (Some("prod"), &None));
    }

    #[test]
    fn headings_are_understood_as_people_write_them() {
        let plain = parse("id,name,role_arn\n111122223333,prod,\n").unwrap();
        for heading in ["ID,Name,Role ARN", "Account ID,Account name,role-arn"] {
            let accounts = parse(&format!("{heading}\n111122223333,prod,\n"));
            assert_eq!(accounts.as_ref(), Ok(&plain), "{heading}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, says) in [
            ("", "1: there is no account in it"),
            ("id\n", "1: there is no account in it"),
            ("id\n11122223333\n", "2: expected a 12-digit account id"),
            ("id\n111122223333\n111122223333\n", "3: account 111122223333 is listed twice"),
            ("id,role_arn\n111122223333,auditor\n", "2: role_arn is not the ARN of a role"),
            (
                "id,role_arn\n111122223333,arn:aws:iam::444455556666:role/a\n",
                "2: arn:aws:iam::444455556666:role/a is not a role of account 111122223333",
            ),
            (
                "account,name\n111122223333,prod\n",
                "1: unknown column \"account\", expected id, role_arn, external_id, name",
            ),
            ("id,S3CRET\n111122223333,prod\n", "1: unknown column, expected id, role_arn, "),
            ("id,\n111122223333,prod\n", "1: unknown column, expected id, role_arn, "),
            ("name\nprod\n", "1: missing field `id`"),
            ("111122223333\n", "1: there is no header row above the accounts"),
            (
                "111122223333,prod\n444455556666,test\n",
                "1: there is no header row above the accounts",
            ),
            (
                "id,name\n111122223333,\"prod\n444455556666,test\n",
                "2: a field continues on the next line; is a quotation mark missing?",
            ),
            (
                "id\n12345678901\n",
                "2: expected a 12-digit account id, not \"12345678901\"; a spreadsheet",
            ),
            (
                "id\n1.11122E+11\n",
                "2: expected a 12-digit account id, not \"1.11122E+11\"; a spreadsheet",
            ),
            ("id,name\n111122223333\n", "2: 1 field, where the header row has 2"),
            ("{\"id\":\"111122223333\"}\n{\"ID\":1}", "2: unknown field, expected one of `id`, "),
            ("{\"a, expected one of at line 1\":1}", "1: unknown field, expected one of `id`, "),
            ("{\"id\":{\"SECRET\":1}}", "1: wrong value, expected a string"),
            ("{\"id\":true}", "1: wrong value, expected a string"),
            ("{\"id\":SECRET}", "1: expected value"),
            ("{}\n\"SECRET\"", "1: missing field `id`"),
            ("{\"id\":\"111122223333\"}\n\"SECRET\"", "2: wrong value, expected struct Entry"),
            ("[{\"id\":\"111122223333\"}]", "1: expected one JSON object per line, not a list"),
        ] {
            let what = ids(text).unwrap_err();
            assert!(what.starts_with(says), "{text:?}: {what}");
        }
    }
}
