//! Reads `[[waiver]]`: who accepts which findings, why, and until when.

use jiff::civil::Date;
use portcullis_model::{AccountId, Waiver};
use portcullis_report::waivers::{ANY_ACCOUNT, NotAResource, ResourcePattern};
use portcullis_rules::{Fields, Problem, RuleSet, Text};

use super::{date_text, unknown_rule};

const EVERYTHING_HELP: &str =
    "a waiver must name what it accepts; to leave out a rule altogether, add it to `skip`";
const ARN_HELP: &str = "give a name such as svc-*, an ARN such as \
    arn:aws:iam::111122223333:user/ci/*, or *:user/ci/* for short";

/// A waiver of the file, for a rule that may not exist.
#[derive(Debug)]
pub(super) struct Entry {
    rule: Text,
    /// None if there is a problem with it.
    waiver: Option<Waiver>,
}

/// Reads the waivers of the file, and adds problems with them to its problems.
pub(super) fn read(file: &mut Fields<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for mut fields in file.tables("waiver") {
        let at = fields.start();
        if let Some(entry) = read_entry(&mut fields) {
            let mut earlier = entries.iter().map(|earlier| earlier.waiver.as_ref());
            if let Some(earlier) = earlier.position(|other| is_same(other, entry.waiver.as_ref())) {
                let message =
                    format!("waiver {} has the same rule, resource and account", earlier + 1);
                fields.problems.push(Problem::new(at, message));
            }
            entries.push(entry);
        }
        file.problems.extend(fields.finish());
    }
    entries
}

fn is_same(one: Option<&Waiver>, other: Option<&Waiver>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    (&one.rule, &one.resource, &one.account) == (&other.rule, &other.resource, &other.account)
}

fn read_entry(fields: &mut Fields<'_>) -> Option<Entry> {
    let rule = read_valid(fields, "rule", check_rule);
    let resource = read_valid(fields, "resource", check_resource);
    let account = read_valid(fields, "account", check_account);
    let (reason, owner) = (fields.required("reason"), fields.required("owner"));
    let expires = read_day(fields, "expires");
    let rule = rule?;
    let waiver = || {
        Some(Waiver {
            rule: rule.value.to_ascii_lowercase(),
            resource: resource?.value,
            account: account?.value,
            reason: one_line(&reason?),
            owner: one_line(&owner?),
            expires: expires?,
        })
    };
    Some(Entry { waiver: waiver(), rule })
}

/// The waivers, and the problems with the rules that they name.
pub(super) fn check(entries: &[Entry], rules: &RuleSet) -> (Vec<Waiver>, Vec<Problem>) {
    let (mut waivers, mut problems) = (Vec::new(), Vec::new());
    for Entry { rule, waiver } in entries {
        problems.extend(unknown_rule(rules, &rule.value, &rule.at));
        waivers.extend(waiver.clone());
    }
    (waivers, problems)
}

/// Reads a required text that passes the check.
fn read_valid(
    fields: &mut Fields<'_>,
    name: &str,
    check: impl FnOnce(&Text) -> Result<(), Problem>,
) -> Option<Text> {
    let text = fields.required(name)?;
    match check(&text) {
        Ok(()) => Some(text),
        Err(problem) => {
            fields.problems.push(problem);
            None
        }
    }
}

fn check_rule(id: &Text) -> Result<(), Problem> {
    if id.value != "*" {
        return Ok(());
    }
    Err(id
        .problem("`*` would waive every rule")
        .help(EVERYTHING_HELP))
}

fn check_resource(text: &Text) -> Result<(), Problem> {
    let Err(error) = text.value.parse::<ResourcePattern>() else {
        return Ok(());
    };
    let help = match error {
        NotAResource::Everything | NotAResource::EveryOfAKind => EVERYTHING_HELP,
        NotAResource::NoArn => ARN_HELP,
    };
    Err(text.problem(format!("`{}` {error}", text.value)).help(help))
}

fn check_account(id: &Text) -> Result<(), Problem> {
    if id.value == ANY_ACCOUNT || AccountId::parse(&id.value).is_some() {
        return Ok(());
    }
    let message = format!("`{}` is not an account; expected 12 digits, or * for all", id.value);
    Err(id.problem(message))
}

/// Reads a day, which may be a text.
fn read_day(fields: &mut Fields<'_>, name: &str) -> Option<Date> {
    let placed = fields.demand(name)?;
    let day = Date::strptime("%Y-%m-%d", date_text(placed)).ok();
    if day.is_none() {
        fields.wrong(name, "a day such as 2026-10-31", placed);
    }
    day
}

/// Joins the lines of a text.
fn one_line(text: &Text) -> String {
    text.value.split_whitespace().collect::<Vec<_>>().join(" ")
}
