//! `[[waiver]]`: who accepts which findings, why, and until when.

use std::ops::Range;

use jiff::civil::Date;
use portcullis_model::{AccountId, Waiver};
use portcullis_report::waivers::{ANY_ACCOUNT, NotAResource, ResourcePattern};
use portcullis_rules::RuleSet;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::File;
use crate::failure::Failure;
use crate::rule_files;

const EVERYTHING_HELP: &str =
    "a waiver names what it accepts; to leave out a rule altogether, add it to `skip`";
const ARN_HELP: &str = "give a name such as svc-*, an ARN such as \
    arn:aws:iam::111122223333:user/ci/*, or *:user/ci/* for short";

/// A waiver as the file has it. Whatever may be wrong with it is told by its place and number, so
/// that nothing is required here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    rule: Option<Spanned<String>>,
    resource: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    owner: Option<Spanned<String>>,
    expires: Option<Spanned<Value>>,
}

/// The waivers of the file; every one is for a rule that there is, and for resources it names.
pub(super) fn read(
    entries: &[Spanned<Entry>],
    file: &File,
    rules: &RuleSet,
) -> Result<Vec<Waiver>, Failure> {
    let mut waivers: Vec<Waiver> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let reader = Reader { number: index + 1, entry, file };
        let waiver = reader.waiver(rules)?;
        if let Some(earlier) = waivers.iter().position(|other| is_same(other, &waiver)) {
            let what = format!("waiver {} has the same rule, resource and account", earlier + 1);
            return Err(reader.problem(entry.span(), &what).into());
        }
        waivers.push(waiver);
    }
    Ok(waivers)
}

fn is_same(one: &Waiver, other: &Waiver) -> bool {
    (&one.rule, &one.resource, &one.account) == (&other.rule, &other.resource, &other.account)
}

/// Reads one waiver.
struct Reader<'a> {
    /// Counts from 1.
    number: usize,
    entry: &'a Spanned<Entry>,
    file: &'a File,
}

impl Reader<'_> {
    fn waiver(&self, rules: &RuleSet) -> Result<Waiver, Failure> {
        let Entry { rule, resource, account, reason, owner, expires } = self.entry.get_ref();
        Ok(Waiver {
            rule: self.rule(self.text("rule", rule.as_ref())?, rules)?,
            resource: self.resource(self.text("resource", resource.as_ref())?)?,
            account: self.account(self.text("account", account.as_ref())?)?,
            reason: one_line(self.text("reason", reason.as_ref())?),
            owner: one_line(self.text("owner", owner.as_ref())?),
            expires: self.day(self.given("expires", expires.as_ref())?)?,
        })
    }

    fn rule(&self, id: &Spanned<String>, rules: &RuleSet) -> Result<String, Failure> {
        if id.get_ref() == "*" {
            let what = self.problem(id.span(), "`*` would be a waiver for every rule");
            return Err(Failure::with_help(what, EVERYTHING_HELP));
        }
        match rule_files::find(rules, id.get_ref()) {
            Ok(rule) => Ok(rule.id.clone()),
            Err(failure) => Err(failure.at(&self.place(id.span()))),
        }
    }

    fn resource(&self, text: &Spanned<String>) -> Result<String, Failure> {
        match text.get_ref().parse::<ResourcePattern>() {
            Ok(_) => Ok(text.get_ref().clone()),
            Err(error) => {
                let what = self.problem(text.span(), &format!("`{}` {error}", text.get_ref()));
                Err(Failure::with_help(what, help(error)))
            }
        }
    }

    fn account(&self, id: &Spanned<String>) -> Result<String, Failure> {
        if id.get_ref() == ANY_ACCOUNT || AccountId::parse(id.get_ref()).is_some() {
            return Ok(id.get_ref().clone());
        }
        let what = format!("`{}` is no account; want 12 digits, or * for all", id.get_ref());
        Err(self.problem(id.span(), &what).into())
    }

    /// A day, as TOML's own or as text.
    fn day(&self, value: &Spanned<Value>) -> Result<Date, Failure> {
        let text = match value.get_ref() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Date::strptime("%Y-%m-%d", &text).map_err(|_| {
            self.problem(value.span(), &format!("`{text}` is no day; want 2026-10-31")).into()
        })
    }

    /// A field that says something.
    fn text<'f>(
        &self,
        name: &str,
        field: Option<&'f Spanned<String>>,
    ) -> Result<&'f Spanned<String>, Failure> {
        let text = self.given(name, field)?;
        if text.get_ref().trim().is_empty() {
            return Err(self.problem(text.span(), &format!("`{name}` is empty")).into());
        }
        Ok(text)
    }

    fn given<'f, T>(&self, name: &str, field: Option<&'f T>) -> Result<&'f T, Failure> {
        let missing = || self.problem(self.entry.span(), &format!("`{name}` is missing")).into();
        field.ok_or_else(missing)
    }

    fn problem(&self, at: Range<usize>, what: &str) -> String {
        format!("{}: {what}", self.place(at))
    }

    fn place(&self, at: Range<usize>) -> String {
        format!("{}: waiver {}", self.file.place(at.start), self.number)
    }
}

fn help(error: NotAResource) -> &'static str {
    match error {
        NotAResource::Everything | NotAResource::EveryOfAKind => EVERYTHING_HELP,
        NotAResource::NoArn => ARN_HELP,
    }
}

/// The words of a text that may have several lines in the file.
fn one_line(text: &Spanned<String>) -> String {
    text.get_ref().split_whitespace().collect::<Vec<_>>().join(" ")
}
