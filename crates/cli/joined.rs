//! Reports of accounts on their way into one: a single one stays in memory, several go to a file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::mem;

use portcullis_model::{
    AccountStatus, AuditedAccount, Finding, LooseningChange, Report, Severity, Share, Status,
};
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

/// Reports of accounts that were judged alike, each added as it is made or read.
#[derive(Default)]
pub(crate) struct Joined {
    /// The only report so far that was made.
    first: Option<Report>,
    spill: Option<Spill>,
    join: Join,
}

impl Joined {
    /// Adds a report; an error inside says that it does not go together with another.
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

    /// Adds a saved report, which is read by that function.
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

    /// Adds verdicts on accounts that are there already; one account alone has none.
    pub(crate) fn settle(&mut self, report: Report) -> io::Result<()> {
        let Some(spill) = &mut self.spill else { return Ok(()) };
        spill.settle(&report)?;
        self.join.settle(report);
        Ok(())
    }

    /// Notes what makes the whole say less than one audit of all accounts would.
    pub(crate) fn loosen(&mut self, change: LooseningChange) {
        self.join.loosen(change);
    }

    /// Notes which shares of the accounts are missing: the first of them.
    pub(crate) fn expect_all_shares(&mut self) -> Vec<Share> {
        self.join.expect_all_shares()
    }

    /// Notes whether the shares of the accounts are of different periods.
    pub(crate) fn compare_periods(&mut self) -> bool {
        self.join.compare_periods()
    }

    /// All of them as one; none: there is no report.
    pub(crate) fn finish(self) -> io::Result<Option<Whole>> {
        if let Some(first) = self.first {
            return Ok(Some(Whole::Held(Box::new(first))));
        }
        let (Some(mut spill), Ok(head)) = (self.spill, self.join.finish()) else { return Ok(None) };
        spill.sort();
        Ok(Some(Whole::Filed(Box::new(spill.finish(head)?))))
    }
}

/// What is there, or a new one.
fn spill(there: &mut Option<Spill>) -> io::Result<&mut Spill> {
    Ok(match there {
        Some(spill) => spill,
        None => there.insert(Spill::new()?),
    })
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
            Whole::Filed(filed) => filed.head(),
        }
    }

    /// The accounts that were not judged, by id.
    pub(crate) fn unjudged(&self) -> io::Result<Vec<(String, AccountStatus)>> {
        match self {
            Whole::Held(report) => {
                let accounts = report.accounts.iter().filter(|it| !it.status.is_judged());
                Ok(accounts.map(|account| (account.id.clone(), account.status)).collect())
            }
            Whole::Filed(filed) => filed.unjudged(),
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
}

/// The accounts and findings of reports, each on a line of a file. It has no name, so that the
/// system removes it however the process ends. In memory are the places of the lines.
pub(crate) struct Spill {
    file: BufWriter<File>,
    /// How long the file is.
    end: u64,
    rules: Numbers<String>,
    /// The accounts by partition and id, also of those that only findings name.
    keys: Numbers<(String, String)>,
    accounts: Vec<AccountLine>,
    findings: Vec<FindingLine>,
}

/// Where an account stands in the file, and what it is sorted and counted by.
struct AccountLine {
    key: u32,
    status: AccountStatus,
    start: u64,
}

/// Where a finding stands in the file, and what it is sorted and counted by; those of one rule and account are
/// in order.
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

    /// Adds an account or a finding.
    pub(crate) fn add(&mut self, part: &ReportPart) -> io::Result<()> {
        match part {
            ReportPart::Account(account) => self.add_account(account),
            ReportPart::Finding(finding) => self.add_finding(finding),
        }
    }

    /// Adds the accounts and findings of a report.
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
        let key = self.keys.number(&(account.partition.clone(), account.id.clone()));
        let start = self.write(account)?;
        self.accounts.push(AccountLine { key, status: account.status, start });
        Ok(())
    }

    fn add_finding(&mut self, finding: &Finding) -> io::Result<()> {
        let start = self.write(finding)?;
        self.findings.push(FindingLine {
            severity: finding.severity,
            urgent: finding.urgent,
            status: finding.status(),
            rule: self.rules.number(&finding.rule),
            account: self.keys.number(&(finding.partition.clone(), finding.account.clone())),
            start,
        });
        Ok(())
    }

    /// Adds verdicts on accounts that were added before.
    fn settle(&mut self, report: &Report) -> io::Result<()> {
        for verdicts in &report.accounts {
            let key = self.keys.number(&(verdicts.partition.clone(), verdicts.id.clone()));
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

    /// How many accounts were added.
    pub(crate) fn account_count(&self) -> usize {
        self.accounts.len()
    }

    /// Changes an account that was added at that place.
    pub(crate) fn change_account(
        &mut self,
        place: usize,
        change: impl FnOnce(&mut AuditedAccount),
    ) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.accounts[place].start))?;
        let mut line = String::new();
        BufReader::new(self.file.get_mut()).read_line(&mut line)?;
        self.file.seek(SeekFrom::End(0))?;
        let mut account = AuditedAccount::from_line(&line)?;
        change(&mut account);
        self.accounts[place].start = self.write(&account)?;
        Ok(())
    }

    /// Writes a line; where it starts.
    fn write(&mut self, value: &impl Line) -> io::Result<u64> {
        let mut line = value.to_line()?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        let start = self.end;
        self.end += line.len() as u64;
        Ok(start)
    }

    /// The partitions and ids of the accounts but so many.
    fn keys_since(&self, before: usize) -> Vec<(String, String)> {
        self.accounts[before..].iter().map(|line| self.keys.get(line.key).clone()).collect()
    }

    /// Puts what several reports hold into the order of one.
    fn sort(&mut self) {
        let Spill { rules, keys, accounts, findings, .. } = self;
        let order = |line: &FindingLine| {
            (line.severity, !line.urgent, rules.get(line.rule), keys.get(line.account))
        };
        // Stable: those of one rule and account keep their order.
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        accounts.sort_by(|a, b| keys.get(a.key).cmp(keys.get(b.key)));
    }

    /// The report that consists of this and what was added.
    pub(crate) fn finish(self, head: Report) -> io::Result<Filed> {
        let mut outcome = Outcome::without_findings(&head);
        for line in &self.accounts {
            outcome.add_account(line.status);
        }
        for line in &self.findings {
            outcome.add_finding(self.rules.get(line.rule), line.severity, line.status);
        }
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
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

/// A report of which the accounts and findings are in a file.
pub(crate) struct Filed {
    file: RefCell<LineFile>,
    head: Report,
    outcome: Outcome,
    /// In the report's order.
    accounts: Vec<AccountLine>,
    findings: Vec<FindingLine>,
}

impl Filed {
    /// The report without its accounts and findings.
    pub(crate) fn head(&self) -> &Report {
        &self.head
    }

    /// The accounts that were not judged, by id.
    pub(crate) fn unjudged(&self) -> io::Result<Vec<(String, AccountStatus)>> {
        let mut unjudged = Vec::new();
        for line in self.accounts.iter().filter(|line| !line.status.is_judged()) {
            let account: AuditedAccount = self.file.borrow_mut().read(line.start)?;
            unjudged.push((account.id, account.status));
        }
        Ok(unjudged)
    }

    /// Writes it everywhere without ever having more than a finding in memory; what it comes to.
    pub(crate) fn write(
        mut self,
        outputs: &[Output<Format>],
        detail: &DetailArgs,
    ) -> Result<Outcome, Failure> {
        // JSON has no need of the accounts in memory.
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

    /// The report in memory.
    pub(crate) fn into_report(self) -> io::Result<Report> {
        let (accounts, findings) = (self.accounts().collect()?, self.findings().collect()?);
        Ok(Report { accounts, findings, ..self.head })
    }

    /// What is kept of it as a baseline.
    pub(crate) fn into_earlier(mut self) -> io::Result<EarlierReport> {
        self.head.accounts = self.accounts().collect()?;
        EarlierReport::new(&self.head, &self.findings())
    }

    /// The report with pseudonyms, of which each account gets its own apart from the others.
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

    /// The accounts, whose gaps share the texts that they have in common.
    fn shared_accounts(&self) -> io::Result<Vec<AuditedAccount>> {
        let mut texts = HashSet::new();
        let mut accounts = Vec::new();
        for line in &self.accounts {
            let mut account: AuditedAccount = self.file.borrow_mut().read(line.start)?;
            account.gaps.iter_mut().for_each(|gap| gap.share(&mut texts));
            account.gaps.shrink_to_fit();
            accounts.push(account);
        }
        Ok(accounts)
    }

    fn accounts(&self) -> Lines<'_, AuditedAccount> {
        self.lines(self.accounts.iter().map(|line| line.start).collect())
    }

    fn findings(&self) -> Lines<'_, Finding> {
        self.lines(self.findings.iter().map(|line| line.start).collect())
    }

    fn lines<T>(&self, starts: Vec<u64>) -> Lines<'_, T> {
        Lines { file: &self.file, starts, of: PhantomData }
    }
}

/// Values on lines of a file.
struct Lines<'a, T> {
    file: &'a RefCell<LineFile>,
    starts: Vec<u64>,
    of: PhantomData<T>,
}

impl<T: Line> Lines<'_, T> {
    fn collect(&self) -> io::Result<Vec<T>> {
        self.starts.iter().map(|&start| self.file.borrow_mut().read(start)).collect()
    }
}

impl<T: Clone + Line> Rows<T> for Lines<'_, T> {
    fn count(&self) -> usize {
        self.starts.len()
    }

    fn get(&self, place: usize) -> io::Result<Cow<'_, T>> {
        self.file.borrow_mut().read(self.starts[place]).map(Cow::Owned)
    }
}

/// A file of which most lines are read one after the other.
struct LineFile {
    file: BufReader<File>,
    /// Where it is read.
    position: u64,
    line: String,
}

impl LineFile {
    /// What the line says that begins there.
    fn read<T: Line>(&mut self, start: u64) -> io::Result<T> {
        // Unlike `seek`, this keeps what has been read ahead.
        self.file.seek_relative(start.cast_signed() - self.position.cast_signed())?;
        self.line.clear();
        let length = self.file.read_line(&mut self.line)?;
        self.position = start + length as u64;
        Ok(T::from_line(&self.line)?)
    }
}
