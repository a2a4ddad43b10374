//! The report: verdicts on resources, with everything that a reader or a renderer needs.

mod border;
mod evidence;
mod extent;
mod framework;
mod message;
mod run;
mod waiver;

use std::collections::{BTreeMap, HashMap};
use std::iter::Sum;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::record::words;
use crate::{ActivitySummary, Fingerprint, Gap, Source};

pub use border::{Border, BorderPrincipal, BorderRank, HomeStep};
pub use evidence::Evidence;
pub use extent::Extent;
pub use framework::{ControlCounts, ControlKind, ControlOutcome, ControlStatus, FrameworkOutcome};
pub use message::{Message, MessageFact, MessagePart};
pub use run::{Loosening, LooseningChange, Run, Share};
pub use waiver::{AppliedWaiver, Waiver, WaiverOutcome};

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "portcullis/report/v1";

/// The outcome of an audit: self-contained, and independent of the time of evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The program that made the report.
    pub tool: Tool,
    /// The choices for the run, the same for all accounts.
    pub options: RunOptions,
    /// How the run was set up, if that makes its result less reliable.
    #[serde(default)]
    pub run: Run,
    /// The audited accounts, each with its own evidence, sorted by partition and id.
    pub accounts: Vec<AuditedAccount>,
    /// The rules that were judged, sorted by id; the same in all accounts.
    pub rules: Vec<RuleInfo>,
    /// Every `fail` and `unknown` of all accounts, and other verdicts if requested; the most severe
    /// first, and of these the urgent ones.
    pub findings: Vec<Finding>,
    /// The waivers of the configuration, and their outcome in all accounts together.
    #[serde(default)]
    pub waivers: Vec<WaiverOutcome>,
    /// The events in CloudTrail, for each run that read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<ActivitySummary>,
}

impl Report {
    /// Returns the latest time to which an account's ages are counted; none without accounts.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.accounts.iter().map(|account| account.as_of).max()
    }

    /// Returns the rules by id.
    pub fn rules_by_id(&self) -> HashMap<&str, &RuleInfo> {
        self.rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule))
            .collect()
    }

    /// Returns the accounts by partition and id.
    pub fn accounts_by_ref(&self) -> HashMap<AccountRef<'_>, &AuditedAccount> {
        let accounts = self.accounts.iter();
        accounts
            .map(|account| (account.account_ref(), account))
            .collect()
    }

    /// Whether the run was loosened in this way.
    pub fn is_loosened_by(&self, change: &LooseningChange) -> bool {
        self.run
            .loosened
            .iter()
            .any(|loosening| loosening.change == *change)
    }

    /// Returns the number of verdicts of a rule in all accounts.
    pub fn tally(&self, rule: &str) -> Tally {
        self.accounts
            .iter()
            .filter_map(|account| account.tallies.get(rule))
            .copied()
            .sum()
    }
}

/// The program that made a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `portcullis`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// A hash of the rules that were judged and their parameters: 16 hexadecimal digits.
    pub ruleset: String,
}

/// An earlier report that findings were compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// The time to which the account's ages are counted in that report; none if it does not contain
    /// the account.
    pub as_of: Option<Timestamp>,
    /// [`Tool::ruleset`] of that report.
    pub ruleset: String,
}

/// The choices that shaped a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunOptions {
    /// The rule set: `default` or `strict`.
    pub rule_set: String,
    /// The requested rules; if empty, all of the rule set.
    pub only: Vec<String>,
    /// The rules left out.
    pub skip: Vec<String>,
    /// The requested frameworks, whose rules were judged whatever their rule set.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// The verdicts listed besides `fail` and `unknown`.
    pub include: Vec<Verdict>,
    /// What decides the exit status.
    #[serde(default)]
    pub gate: Gate,
    /// Whether names, ids and ARNs are pseudonyms.
    #[serde(default)]
    pub redacted: bool,
}

/// What decides the exit status, besides the findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The lowest severity of a `fail` that counts.
    pub fail_on: Severity,
    /// The ids of the rules that may be `unknown`.
    pub allow_unknown: Vec<String>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { fail_on: Severity::Low, allow_unknown: Vec::new() }
    }
}

words! {
    /// How much of an account could be judged.
    pub enum AccountStatus {
        /// Nothing was missing.
        Complete = "complete",
        /// There are gaps.
        Incomplete = "incomplete",
        /// Nothing could be collected.
        Failed = "failed",
        /// Nothing could be collected: AWS denied access.
        Denied = "denied",
        /// Nothing could be collected: AWS throttled every call.
        Throttled = "throttled",
        /// Nothing could be collected: AWS did not answer in time.
        TimedOut = "timed_out",
        /// AWS has suspended it, or has not yet activated it, so there is nothing to judge.
        Suspended = "suspended",
        /// It is closed, so there is nothing to judge.
        Closed = "closed",
    }
}

impl AccountStatus {
    /// Whether the account was judged at least in part.
    pub fn is_judged(self) -> bool {
        matches!(self, AccountStatus::Complete | AccountStatus::Incomplete)
    }

    /// Whether the account should have been judged, but nothing could be collected.
    pub fn is_failed(self) -> bool {
        !self.is_judged() && !matches!(self, AccountStatus::Suspended | AccountStatus::Closed)
    }
}

/// Identifies an account, whose id is unique only within its partition.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountRef<'r> {
    /// [`AuditedAccount::partition`].
    pub partition: &'r str,
    /// [`AuditedAccount::id`].
    pub id: &'r str,
}

impl AccountRef<'_> {
    /// Whether the account is known; if not, it may be any.
    pub fn is_identified(self) -> bool {
        self.id != "unknown"
    }
}

/// An account, the state of its evidence, and its results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditedAccount {
    /// The 12-digit id, or `unknown`.
    pub id: String,
    /// The alias, if there is one and it is known.
    pub alias: Option<String>,
    /// The name in the organization, if known.
    pub name: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, or `unknown`.
    pub partition: String,
    /// The region of the session that collected, if known.
    #[serde(default)]
    pub region: Option<String>,
    /// How much could be judged.
    pub status: AccountStatus,
    /// The ARN of the caller that collected, if known.
    pub caller: Option<String>,
    /// The time to which ages are counted.
    pub as_of: Timestamp,
    /// When collecting began, if known.
    pub collected_from: Option<Timestamp>,
    /// When collecting ended, if known.
    pub collected_to: Option<Timestamp>,
    /// When AWS generated the credential report, if known.
    pub report_generated_at: Option<Timestamp>,
    /// What is missing, and why.
    pub gaps: Vec<Gap>,
    /// The number of verdicts by rule id.
    pub tallies: BTreeMap<String, Tally>,
    /// The requested frameworks, control by control.
    #[serde(default)]
    pub frameworks: Vec<FrameworkOutcome>,
    /// The earlier report that decides which findings are new, if one was given.
    #[serde(default)]
    pub baseline: Option<Baseline>,
    /// What decides who may assume roles across the border of the account; none if it is not known,
    /// or the report is redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub border: Option<Border>,
    /// What was looked at, as far as that may differ from one audit to the next.
    #[serde(default, skip_serializing_if = "Extent::is_empty")]
    pub extent: Extent,
}

impl AuditedAccount {
    /// Returns its identity.
    pub fn account_ref(&self) -> AccountRef<'_> {
        AccountRef { partition: &self.partition, id: &self.id }
    }
}

/// A rule as it was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleInfo {
    /// The stable id, such as `stale-access-key`.
    pub id: String,
    /// The family of the rule, such as `credentials`.
    #[serde(default)]
    pub family: String,
    /// A hash of what it tests: 16 hexadecimal digits. It covers parameters, and declarations of
    /// the configuration that the rule reads, but not severities. Reports with the same hash were
    /// judged by the same rule.
    #[serde(default)]
    pub hash: String,
    /// The problem in a few words.
    pub title: String,
    /// The severity in this run, unless a finding has its own.
    pub severity: Severity,
    /// The kind of resource it judges, or several: `user, group, role`.
    pub scope: String,
    /// Why the problem matters.
    pub risk: String,
    /// The remediation, with placeholders such as `USER-NAME` for a finding's own values.
    pub remediation: String,
    /// Pages to read.
    pub references: Vec<String>,
    /// The parameters of this run.
    pub params: BTreeMap<String, Json>,
    /// The ids of the controls it tests, by framework.
    pub frameworks: BTreeMap<String, Vec<String>>,
}

words! {
    /// How severe a finding is, the most severe first.
    pub enum Severity {
        /// Act at once.
        Critical = "critical",
        /// Act this week.
        High = "high",
        /// Plan it.
        Medium = "medium",
        /// Improve it.
        Low = "low",
        /// Good to know.
        Info = "info",
    }
}

words! {
    /// A rule's verdict on a resource.
    pub enum Verdict {
        /// The problem exists.
        Fail = "fail",
        /// It could not be decided; [`Finding::missing`] says what is missing.
        Unknown = "unknown",
        /// The problem does not exist.
        Pass = "pass",
        /// The rule does not apply to the resource.
        NotApplicable = "not_applicable",
    }
}

/// The resource that a verdict is about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRef {
    /// The scope, such as `access_key`.
    pub kind: String,
    /// The ARN, or an ARN-shaped path where AWS has none.
    pub id: String,
    /// The name.
    pub name: String,
    /// The region, for regional resources.
    pub region: Option<String>,
}

/// A verdict on a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The identity across runs.
    pub fingerprint: Fingerprint,
    /// The rule's id.
    pub rule: String,
    /// The account's partition.
    pub partition: String,
    /// The account's id.
    pub account: String,
    /// The resource.
    pub resource: ResourceRef,
    /// The verdict.
    pub verdict: Verdict,
    /// The severity.
    pub severity: Severity,
    /// Whether it comes before others of its severity, since CloudTrail recorded that the principal
    /// or credential was used, or an attempt to use it.
    #[serde(default)]
    pub urgent: bool,
    /// What is wrong, with names and numbers.
    pub message: String,
    /// The positions of facts in the message, in order; none if they are not known.
    #[serde(default)]
    pub message_facts: Option<Vec<MessageFact>>,
    /// The facts that the rule read, by their names in rules.
    #[schemars(with = "BTreeMap<String, Json>")]
    pub evidence: Evidence,
    /// The missing sources of an `unknown` verdict. If there are none, a rule or Portcullis has a
    /// defect.
    pub missing: Vec<Source>,
    /// What to do.
    pub remediation: String,
    /// The waiver that accepts it, or did until it expired.
    #[serde(default)]
    pub waiver: Option<AppliedWaiver>,
    /// When a report first contained it, if a baseline was given.
    pub first_seen: Option<Timestamp>,
    /// Whether the baseline contains it, if one was given.
    #[serde(default)]
    pub baseline: Option<BaselineState>,
}

impl Finding {
    /// Returns the identity of its account.
    pub fn account_ref(&self) -> AccountRef<'_> {
        AccountRef { partition: &self.partition, id: &self.account }
    }

    /// Returns the sort key in a report: the most severe first, of these the urgent ones, then by
    /// rule, account and resource.
    pub fn order(&self) -> impl Ord + '_ {
        (self.severity, !self.urgent, &self.rule, self.account_ref(), &self.resource.id)
    }

    /// Returns the status that follows from the verdict and the decisions about it.
    pub fn status(&self) -> Status {
        let is_waived = self.waiver.as_ref().is_some_and(|waiver| !waiver.expired);
        match self.verdict {
            Verdict::Fail if is_waived => Status::Waived,
            Verdict::Fail if self.baseline == Some(BaselineState::Known) => Status::Known,
            Verdict::Fail => Status::Open,
            Verdict::Unknown => Status::Unknown,
            Verdict::Pass => Status::Pass,
            Verdict::NotApplicable => Status::NotApplicable,
        }
    }

    /// Whether it is not about a resource that its rule judges, but about the owner of a list that
    /// was not collected, such as a user whose access keys are not known.
    pub fn stands_for_list(&self, rule: Option<&RuleInfo>) -> bool {
        self.verdict == Verdict::Unknown
            && !rule.is_some_and(|rule| rule.scope.split(", ").any(|s| s == self.resource.kind))
    }
}

words! {
    /// Whether the baseline contains a finding.
    pub enum BaselineState {
        /// The baseline does not contain it, or only as waived or less severe.
        New = "new",
        /// The baseline contains it.
        Known = "known",
    }
}

words! {
    /// The result of a verdict and the decisions about it. Only `open` counts for the exit status.
    pub enum Status {
        /// It fails, and nobody has accepted that.
        Open = "open",
        /// It could not be judged.
        Unknown = "unknown",
        /// It fails, and the baseline contains it.
        Known = "known",
        /// It fails, and a waiver in force accepts that.
        Waived = "waived",
        /// The problem does not exist.
        Pass = "pass",
        /// The rule does not apply to the resource.
        NotApplicable = "not_applicable",
    }
}

/// The number of verdicts of one rule.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Resources that have the problem.
    pub fail: u32,
    /// Resources that could not be judged.
    pub unknown: u32,
    /// Resources without the problem.
    pub pass: u32,
    /// Resources to which the rule does not apply.
    pub not_applicable: u32,
    /// The number of failing resources that are waived.
    #[serde(default)]
    pub waived: u32,
}

impl Tally {
    /// Counts one verdict.
    pub fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Fail => &mut self.fail,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Pass => &mut self.pass,
            Verdict::NotApplicable => &mut self.not_applicable,
        } += 1;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |sum, tally| Tally {
            fail: sum.fail.saturating_add(tally.fail),
            unknown: sum.unknown.saturating_add(tally.unknown),
            pass: sum.pass.saturating_add(tally.pass),
            not_applicable: sum.not_applicable.saturating_add(tally.not_applicable),
            waived: sum.waived.saturating_add(tally.waived),
        })
    }
}
