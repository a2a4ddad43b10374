//! Reports of accounts on their way into one: a single one stays in memory, several go to a file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::mem;

use portcullis_model::{
    ActivitySummary, AuditedAccount, Finding, Report, RuleInfo, Run, RunOptions, SCHEMA, Severity,
    Tool, WaiverOutcome,
};
use portcullis_report::{Findings, Format, Join, Outcome, Unmergeable, render_apart, write_json};
use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::args::DetailArgs;
use crate::failure::Failure;
use crate::output::{self, Output};

/// Reports of accounts that were judged alike, each added as it is made.
#[derive(Default)]
pub(crate) struct Joined {
    /// The only report so far.
    first: Option<Report>,
    spill: Option<Spill>,
}

impl Joined {
    /// Adds a report; an error inside says that it does not go together with another.
    pub(crate) fn add(&mut self, report: Report) -> io::Result<Result<(), Unmergeable>> {
        let spill = match (&mut self.spill, self.first.take()) {
            (Some(spill), _) => spill,
            (None, None) => {
                self.first = Some(report);
                return Ok(Ok(()));
            }
            (empty, Some(first)) => {
                let spill = empty.insert(Spill::new(&first)?);
                if let Err(conflict) = spill.add(first)? {
                    return Ok(Err(conflict));
                }
                spill
            }
        };
        spill.add(report)
    }

    /// All of them as one; none: there is no report.
    pub(crate) fn finish(self) -> io::Result<Option<Whole>> {
        match self.spill {
            Some(spill) => {
                spill.finish().map(|filed| filed.map(|filed| Whole::Filed(Box::new(filed))))
            }
            None => Ok(self.first.map(|report| Whole::Held(Box::new(report)))),
        }
    }
}

/// The report of all accounts.
pub(crate) enum Whole {
    /// In memory.
    Held(Box<Report>),
    /// In a file, but for what stands once.
    Filed(Box<Filed>),
}

impl Whole {
    /// The report, perhaps without its accounts and findings.
    pub(crate) fn head(&self) -> &Report {
        match self {
            Whole::Held(report) => report,
            Whole::Filed(filed) => &filed.head,
        }
    }

    /// Writes it everywhere; what it comes to.
    pub(crate) fn write(
        self,
        outputs: &[Output<Format>],
        detail: &DetailArgs,
    ) -> Result<Outcome, Failure> {
        match self {
            Whole::Held(report) => {
                output::write_report(&report, outputs, detail)?;
                let outcome = Outcome::new(&report);
                // The process ends here, and to free each text of a large report takes a tenth of the time.
                mem::forget(report);
                Ok(outcome)
            }
            Whole::Filed(filed) => filed.write(outputs, detail),
        }
    }

    /// The report in memory.
    pub(crate) fn into_report(self) -> io::Result<Report> {
        match self {
            Whole::Held(report) => Ok(*report),
            Whole::Filed(filed) => filed.into_report(),
        }
    }
}

/// The accounts and findings of several reports, each on a line of a file. It has no name, so that the
/// system removes it however the process ends. In memory are the places of the lines.
struct Spill {
    file: BufWriter<File>,
    /// How long the file is.
    end: u64,
    join: Join,
    outcome: Outcome,
    /// The ids of the rules, which are sorted, and the same in all reports.
    rules: Vec<String>,
    accounts: Vec<AccountLine>,
    findings: Vec<FindingLine>,
}

/// Where an account stands in the file, and what it is sorted by.
struct AccountLine {
    key: (String, String),
    start: u64,
}

/// Where a finding stands in the file, and what it is sorted by; those of one rule and account are in order.
struct FindingLine {
    severity: Severity,
    /// The rule's place among the ids.
    rule: u32,
    /// The account's place among the lines.
    account: u32,
    start: u64,
}

impl Spill {
    /// Nothing yet, to which reports like that one can be added.
    fn new(like: &Report) -> io::Result<Spill> {
        let none = Report { accounts: Vec::new(), findings: Vec::new(), ..like.clone() };
        Ok(Spill {
            file: BufWriter::new(tempfile::tempfile()?),
            end: 0,
            join: Join::default(),
            outcome: Outcome::new(&none),
            rules: like.rules.iter().map(|rule| rule.id.clone()).collect(),
            accounts: Vec::new(),
            findings: Vec::new(),
        })
    }

    /// Adds a report.
    fn add(&mut self, report: Report) -> io::Result<Result<(), Unmergeable>> {
        self.outcome.add(&report);
        for account in &report.accounts {
            let key = (account.partition.clone(), account.id.clone());
            let start = self.write(account)?;
            self.accounts.push(AccountLine { key, start });
        }
        let before = self.accounts.len() - report.accounts.len();
        let accounts = report.accounts.iter().map(AuditedAccount::account_ref);
        let places: HashMap<_, _> = accounts.zip(before..).collect();
        for finding in &report.findings {
            // Only a report that was tampered with lacks the account of a finding.
            let account = place(places.get(&finding.account_ref()).copied().unwrap_or(before));
            let rule = self.rules.binary_search(&finding.rule).unwrap_or_else(|before| before);
            let (rule, start) = (place(rule), self.write(finding)?);
            self.findings.push(FindingLine { severity: finding.severity, rule, account, start });
        }
        Ok(self.join.add(report))
    }

    /// Writes a line; where it starts.
    fn write(&mut self, value: &impl Serialize) -> io::Result<u64> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        let start = self.end;
        self.end += line.len() as u64;
        Ok(start)
    }

    /// All of it, in the order of a report; none where there is nothing.
    fn finish(mut self) -> io::Result<Option<Filed>> {
        let Ok(head) = self.join.finish() else { return Ok(None) };
        let accounts = &self.accounts;
        let key = |place: u32| accounts.get(place as usize).map(|line| &line.key);
        // Stable: those of one rule and account keep their order.
        self.findings.sort_by(|a, b| {
            (a.severity, a.rule, key(a.account)).cmp(&(b.severity, b.rule, key(b.account)))
        });
        self.accounts.sort_by(|a, b| a.key.cmp(&b.key));
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Some(Filed {
            file: RefCell::new(BufReader::new(file)),
            head,
            outcome: self.outcome,
            accounts: self.accounts.into_iter().map(|line| line.start).collect(),
            findings: self.findings.into_iter().map(|line| line.start).collect(),
        }))
    }
}

/// A place in a list of a report, of which no list has four thousand million.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A report of which the accounts and findings are in a file.
pub(crate) struct Filed {
    file: RefCell<BufReader<File>>,
    head: Report,
    outcome: Outcome,
    /// Where each line starts, in the report's order.
    accounts: Vec<u64>,
    findings: Vec<u64>,
}

impl Filed {
    /// Writes it everywhere without ever having more than a finding in memory; what it comes to.
    fn write(
        mut self,
        outputs: &[Output<Format>],
        detail: &DetailArgs,
    ) -> Result<Outcome, Failure> {
        // JSON has no need of the accounts in memory.
        if outputs.iter().any(|output| output.format() != Format::Json) {
            let accounts = self.lines(&self.accounts).iter().collect::<io::Result<_>>()?;
            self.head.accounts = accounts;
        }
        let Filed { head, outcome, .. } = &self;
        let findings = self.lines(&self.findings);
        output::warn_of_left_out(head, &findings, outputs)?;
        output::write(outputs, |format, style, out| {
            if format == Format::Json {
                return self.write_json(out);
            }
            let style = detail.apply(style);
            render_apart(head, &findings, outcome.clone(), format, style, out)
        })?;
        Ok(self.outcome)
    }

    /// Writes its JSON.
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Report { tool, options, run, rules, waivers, activity, .. } = &self.head;
        let lines = Streamed {
            schema: SCHEMA,
            tool,
            options,
            run,
            accounts: self.lines(&self.accounts),
            rules,
            findings: self.lines(&self.findings),
            waivers,
            activity,
        };
        write_json(&lines, out)
    }

    fn into_report(self) -> io::Result<Report> {
        let accounts = self.lines(&self.accounts).iter().collect::<io::Result<_>>()?;
        let findings = self.lines(&self.findings).iter().collect::<io::Result<_>>()?;
        Ok(Report { accounts, findings, ..self.head })
    }

    fn lines<'a, T>(&'a self, starts: &'a [u64]) -> Lines<'a, T> {
        Lines { file: &self.file, starts, of: PhantomData }
    }
}

/// [`Report`], field by field.
#[derive(Serialize)]
struct Streamed<'a> {
    schema: &'a str,
    tool: &'a Tool,
    options: &'a RunOptions,
    run: &'a Run,
    accounts: Lines<'a, AuditedAccount>,
    rules: &'a [RuleInfo],
    findings: Lines<'a, Finding>,
    waivers: &'a [WaiverOutcome],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    activity: &'a [ActivitySummary],
}

/// Values on lines of a file.
struct Lines<'a, T> {
    file: &'a RefCell<BufReader<File>>,
    starts: &'a [u64],
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Lines<'_, T> {
    fn iter(&self) -> impl Iterator<Item = io::Result<T>> {
        self.starts.iter().map(|&start| self.read(start))
    }

    fn read(&self, start: u64) -> io::Result<T> {
        let mut line = String::new();
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(start))?;
        file.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Findings for Lines<'_, Finding> {
    fn count(&self) -> usize {
        self.starts.len()
    }

    fn get(&self, place: usize) -> io::Result<Cow<'_, Finding>> {
        self.read(self.starts[place]).map(Cow::Owned)
    }
}

impl<T: DeserializeOwned + Serialize> Serialize for Lines<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.starts.len()))?;
        for value in self.iter() {
            list.serialize_element(&value.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}
