//! Joins the reports of accounts. A single one stays in memory, and several go to a file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::mem;

use portcullis_model::{AccountStatus, AuditedAccount, Finding, Report, Severity, Status};
use portcullis_report::{
    EarlierReport, Format, Join, Line, Numbers, Outcome, ReportPart, Rows, Salt, Unmergeable,
    render_apart, write_report,
};

use crate::args::DetailArgs;
use crate::failure::Failure;
use crate::input::temporary_file;
use crate::output::{self, Output};
use crate::redaction;

/// Large enough that few calls write or read the file.
const BUFFER: usize = 1 << 16;

/// Reports of accounts that were judged in the same way, each added as it is made or read.
#[derive(Default)]
pub(crate) struct Joined {
    /// The only report so far, if it was made and not read.
    first: Option<Report>,
    spill: Option<Spill>,
    pub(crate) join: Join,
}

impl Joined {
    /// Adds a report. The inner error says that it cannot be joined with another.
    pub(crate) fn add(&mut self, report: Report) -> io::Result<Result<(), Unmergeable>> {
        if self.first.is_none() && self.spill.is_none() {
            self.first = Some(report);
            return Ok(Ok(()));
        }
        if let Some(first) = self.first.take()
            && let Err(conflict) = self.file(first)?
        {
            return Ok(Err(conflict));
        }
        self.file(report)
    }

    /// Adds a saved report, which `read` reads.
    pub(crate) fn read(
        &mut self,
        read: impl FnOnce(&mut Spill) -> Result<Report, Failure>,
    ) -> Result<Result<(), Unmergeable>, Failure> {
        let spill = spill(&mut self.spill)?;
        let before = spill.accounts.len();
        let head = read(spill)?;
        Ok(self.join.add(head, spill.keys_since(before)))
    }

    fn file(&mut self, mut report: Report) -> io::Result<Result<(), Unmergeable>> {
        let spill = spill(&mut self.spill)?;
        let before = spill.accounts.len();
        spill.add_report(&report)?;
        report.accounts.clear();
        report.findings.clear();
        Ok(self.join.add(report, spill.keys_since(before)))
    }

    /// Adds verdicts on accounts that were added before. There are none on a single account.
    pub(crate) fn settle(&mut self, report: Report) -> io::Result<()> {
        let Some(spill) = &mut self.spill else {
            return Ok(());
        };
        spill.settle(&report)?;
        self.join.settle(report);
        Ok(())
    }

    /// Returns the joined report; none if no report was added.
    pub(crate) fn finish(self) -> io::Result<Option<Whole>> {
        if let Some(first) = self.first {
            return Ok(Some(Whole::Held(Box::new(first))));
        }
        let (Some(mut spill), Ok(head)) = (self.spill, self.join.finish()) else {
            return Ok(None);
        };
        spill.sort();
        Ok(Some(Whole::Filed(Box::new(spill.finish(head)?))))
    }
}

/// Returns the spill, after creating it if there is none.
fn spill(existing: &mut Option<Spill>) -> io::Result<&mut Spill> {
    Ok(match existing {
        Some(spill) => spill,
        None => existing.insert(Spill::new()?),
    })
}

/// The report of all accounts.
pub(crate) enum Whole {
    /// In memory.
    Held(Box<Report>),
    /// In memory, with accounts and findings in a file.
    Filed(Box<Filed>),
}

impl Whole {
    /// The report, possibly without its accounts and findings.
    pub(crate) fn head(&self) -> &Report {
        match self {
            Whole::Held(report) => report,
            Whole::Filed(filed) => &filed.head,
        }
    }

    /// The accounts that were not judged, by id.
    pub(crate) fn unjudged(&self) -> io::Result<Vec<(String, AccountStatus)>> {
        match self {
            Whole::Held(report) => {
                let mut unjudged = Vec::new();
                for account in &report.accounts {
                    if !account.status.is_judged() {
                        unjudged.push((account.id.clone(), account.status));
                    }
                }
                Ok(unjudged)
            }
            Whole::Filed(filed) => filed.unjudged(),
        }
    }

    /// Writes the report to all outputs, and returns its outcome.
    pub(crate) fn write(
        self,
        outputs: &[Output<Format>],
        detail: &DetailArgs,
    ) -> Result<Outcome, Failure> {
        match self {
            Whole::Held(report) => {
                output::write_report(&report, outputs, detail)?;
                let outcome = Outcome::new(&report);
                // The process ends here, and freeing a large report takes a tenth of its time.
                mem::forget(report);
                Ok(outcome)
            }
            Whole::Filed(filed) => filed.write(outputs, detail),
        }
    }
}

/// The accounts and findings of reports, each on a line of a file, and their positions in memory. The file has no
/// name, so that the system removes it however the process ends.
pub(crate) struct Spill {
    file: BufWriter<File>,
    /// The length of the file.
    end: u64,
    rules: Numbers<String>,
    /// The accounts by partition and id, including those that only findings name.
    keys: Numbers<(String, String)>,
    accounts: Vec<AccountLine>,
    findings: Vec<FindingLine>,
}

/// The position of an account in the file, and what it is sorted and counted by.
struct AccountLine {
    key: u32,
    status: AccountStatus,
    start: u64,
}

/// The position of a finding in the file, and what it is sorted and counted by. The findings of one rule and account
/// are in order.
struct FindingLine {
    severity: Severity,
    urgent: bool,
    status: Status,
    rule: u32,
    account: u32,
    start: u64,
}

impl Spill {
    pub(crate) fn new() -> io::Result<Spill> {
        Ok(Spill {
            file: BufWriter::with_capacity(BUFFER, temporary_file()?),
            end: 0,
            rules: Numbers::default(),
            keys: Numbers::default(),
            accounts: Vec::new(),
            findings: Vec::new(),
        })
    }

    pub(crate) fn add(&mut self, part: &ReportPart) -> io::Result<()> {
        match part {
            ReportPart::Account(account) => self.add_account(account),
            ReportPart::Finding(finding) => self.add_finding(finding),
        }
    }

    fn add_report(&mut self, report: &Report) -> io::Result<()> {
        for account in &report.accounts {
            self.add_account(account)?;
        }
        for finding in &report.findings {
            self.add_finding(finding)?;
        }
        Ok(())
    }

    fn add_account(&mut self, account: &AuditedAccount) -> io::Result<()> {
        let key = self.key(&account.partition, &account.id);
        let start = self.write(account)?;
        self.accounts
            .push(AccountLine { key, status: account.status, start });
        Ok(())
    }

    fn add_finding(&mut self, finding: &Finding) -> io::Result<()> {
        let start = self.write(finding)?;
        let account = self.key(&finding.partition, &finding.account);
        self.findings.push(FindingLine {
            severity: finding.severity,
            urgent: finding.urgent,
            status: finding.status(),
            rule: self.rules.number(&finding.rule),
            account,
            start,
        });
        Ok(())
    }

    /// Adds verdicts on accounts that were added before.
    fn settle(&mut self, report: &Report) -> io::Result<()> {
        for verdicts in &report.accounts {
            let key = self.key(&verdicts.partition, &verdicts.id);
            let Some(place) = self.accounts.iter().position(|line| line.key == key) else {
                continue;
            };
            self.change_account(place, |account| {
                for (rule, tally) in &verdicts.tallies {
                    let known = account.tallies.entry(rule.clone()).or_default();
                    *known = [*known, *tally].into_iter().sum();
                }
            })?;
        }
        for finding in &report.findings {
            self.add_finding(finding)?;
        }
        Ok(())
    }

    /// The number of an account, which is added if it is new.
    fn key(&mut self, partition: &str, id: &str) -> u32 {
        self.keys.number(&(partition.to_owned(), id.to_owned()))
    }

    /// The number of accounts so far.
    pub(crate) fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Changes the account at this place in the order of addition.
    pub(crate) fn change_account(
        &mut self,
        place: usize,
        change: impl FnOnce(&mut AuditedAccount),
    ) -> io::Result<()> {
        self.file
            .seek(SeekFrom::Start(self.accounts[place].start))?;
        let mut line = String::new();
        BufReader::new(self.file.get_mut()).read_line(&mut line)?;
        self.file.seek(SeekFrom::End(0))?;
        let mut account = AuditedAccount::from_line(&line)?;
        change(&mut account);
        self.accounts[place].start = self.write(&account)?;
        Ok(())
    }

    /// Writes a line, and returns its position.
    fn write(&mut self, value: &impl Line) -> io::Result<u64> {
        let mut line = value.to_line()?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        let start = self.end;
        self.end += line.len() as u64;
        Ok(start)
    }

    /// The partitions and ids of the accounts after the first ones.
    fn keys_since(&self, before: usize) -> Vec<(String, String)> {
        self.accounts[before..]
            .iter()
            .map(|line| self.keys.get(line.key).clone())
            .collect()
    }

    /// Sorts the accounts and findings of several reports into the order of one.
    fn sort(&mut self) {
        let Spill { rules, keys, accounts, findings, .. } = self;
        let order = |line: &FindingLine| {
            (line.severity, !line.urgent, rules.get(line.rule), keys.get(line.account))
        };
        // A stable sort: the findings of one rule and account keep their order.
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accounts.sort_by(|a, b| keys.get(a.key).cmp(keys.get(b.key)));
    }

    /// Returns the report with this head.
    pub(crate) fn finish(self, head: Report) -> io::Result<Filed> {
        let accounts = self.accounts.iter().map(|line| line.status);
        let findings = self
            .findings
            .iter()
            .map(|line| (self.rules.get(line.rule).as_str(), line.severity, line.status));
        let outcome = Outcome::from_parts(&head, accounts, findings);
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let file = BufReader::with_capacity(BUFFER, file);
        Ok(Filed {
            file: RefCell::new(LineFile { file, position: self.end, line: String::new() }),
            head,
            outcome,
            accounts: self.accounts,
            findings: self.findings,
        })
    }
}

/// A report whose accounts and findings are in a file.
pub(crate) struct Filed {
    file: RefCell<LineFile>,
    /// The report without its accounts and findings.
    pub(crate) head: Report,
    outcome: Outcome,
    /// In the report's order.
    accounts: Vec<AccountLine>,
    findings: Vec<FindingLine>,
}

impl Filed {
    /// The accounts that were not judged, by id.
    pub(crate) fn unjudged(&self) -> io::Result<Vec<(String, AccountStatus)>> {
        let mut unjudged = Vec::new();
        for line in self.accounts.iter().filter(|line| !line.status.is_judged()) {
            let account: AuditedAccount = self.file.borrow_mut().read(line.start)?;
            unjudged.push((account.id, account.status));
        }
        Ok(unjudged)
    }

    /// Writes the report to all outputs, with one finding in memory at a time, and returns its outcome.
    pub(crate) fn write(
        mut self,
        outputs: &[Output<Format>],
        detail: &DetailArgs,
    ) -> Result<Outcome, Failure> {
        // JSON does not need the accounts in memory.
        if outputs.iter().any(|output| output.format() != Format::Json) {
            self.head.accounts = self.shared_accounts()?;
        }
        let (head, findings) = (&self.head, self.findings());
        output::warn_of_left_out(head, &findings, outputs)?;
        output::write(outputs, |format, style, out| {
            if format == Format::Json {
                return write_report(head, &self.accounts(), &findings, out);
            }
            render_apart(head, &findings, format, detail.apply(style), out)
        })?;
        Ok(self.outcome)
    }

    /// Returns the whole report in memory.
    pub(crate) fn into_report(self) -> io::Result<Report> {
        let (accounts, findings) = (self.accounts().collect()?, self.findings().collect()?);
        Ok(Report { accounts, findings, ..self.head })
    }

    /// Returns what a baseline needs of the report.
    pub(crate) fn into_earlier(mut self) -> io::Result<EarlierReport> {
        self.head.accounts = self.accounts().collect()?;
        EarlierReport::new(&self.head, &self.findings())
    }

    /// Returns the report with pseudonyms, applied account by account.
    pub(crate) fn redacted(self, salt: &Salt) -> Result<Filed, Failure> {
        let head = redaction::apply(self.head.clone(), Some(salt))?;
        let mut places: BTreeMap<u32, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for line in &self.accounts {
            places.entry(line.key).or_default().0.push(line.start);
        }
        for line in &self.findings {
            places.entry(line.account).or_default().1.push(line.start);
        }
        let mut spill = Spill::new()?;
        for (accounts, findings) in places.into_values() {
            let accounts = self.lines(accounts).collect()?;
            let findings = self.lines(findings).collect()?;
            let part = Report { accounts, findings, ..self.head.clone() };
            spill.add_report(&redaction::apply(part, Some(salt))?)?;
        }
        spill.sort();
        Ok(spill.finish(head)?)
    }

    /// The accounts, whose gaps share common texts.
    fn shared_accounts(&self) -> io::Result<Vec<AuditedAccount>> {
        let mut texts = HashSet::new();
        let mut accounts = Vec::new();
        for line in &self.accounts {
            let mut account: AuditedAccount = self.file.borrow_mut().read(line.start)?;
            for gap in &mut account.gaps {
                gap.share(&mut texts);
            }
            account.gaps.shrink_to_fit();
            accounts.push(account);
        }
        Ok(accounts)
    }

    fn accounts(&self) -> Lines<'_> {
        self.lines(self.accounts.iter().map(|line| line.start).collect())
    }

    fn findings(&self) -> Lines<'_> {
        self.lines(self.findings.iter().map(|line| line.start).collect())
    }

    fn lines(&self, starts: Vec<u64>) -> Lines<'_> {
        Lines { file: &self.file, starts }
    }
}

/// Accounts or findings on lines of a file.
struct Lines<'a> {
    file: &'a RefCell<LineFile>,
    starts: Vec<u64>,
}

impl Lines<'_> {
    fn collect<T: Line>(&self) -> io::Result<Vec<T>> {
        self.starts
            .iter()
            .map(|&start| self.file.borrow_mut().read(start))
            .collect()
    }
}

impl<T: Clone + Line> Rows<T> for Lines<'_> {
    fn count(&self) -> usize {
        self.starts.len()
    }

    fn get(&self, place: usize) -> io::Result<Cow<'_, T>> {
        self.file
            .borrow_mut()
            .read(self.starts[place])
            .map(Cow::Owned)
    }
}

/// A file whose lines are mostly read in order.
struct LineFile {
    file: BufReader<File>,
    /// The position of the next read.
    position: u64,
    line: String,
}

impl LineFile {
    /// Reads the line at this position.
    fn read<T: Line>(&mut self, start: u64) -> io::Result<T> {
        // Unlike `seek`, this keeps the buffer.
        self.file
            .seek_relative(start.cast_signed() - self.position.cast_signed())?;
        self.line.clear();
        let length = self.file.read_line(&mut self.line)?;
        self.position = start + length as u64;
        Ok(T::from_line(&self.line)?)
    }
}
