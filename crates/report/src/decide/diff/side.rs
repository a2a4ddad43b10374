//! What one report says about a fingerprint, as far as the other can rely on it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{
    AccountRef, ActivitySummary, Arn, AuditedAccount, EVENT_TIMES, Finding, Fingerprint,
    LooseningChange, Report, ResourceRef, RuleInfo, Source, Status, Verdict,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::decide::comparison::{AccessKey, ByFingerprint, same_test};

/// What a report says about a finding.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Side<'a> {
    /// In one word.
    pub state: State,
    /// The time at which the ages of its account are measured; none: the report is not about the account.
    pub as_of: Option<Timestamp>,
    /// Why it could not be judged, where the report says.
    pub why: Option<&'a str>,
    /// The findings of that fingerprint in the report, the most severe first: none, one, or several where
    /// resources share an id.
    pub findings: Vec<&'a Finding>,
}

/// The state of a finding in a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It fails, and is not waived.
    Fails,
    /// It fails, and a waiver in force accepts that.
    Waived,
    /// It could not be judged.
    Unknown,
    /// It is not in the report, but the list that it may be on was not collected.
    NotListed,
    /// It is about an access key that the report does not have under that date; the user's keys were not listed, so it may
    /// be there under another, which activating a key again gives it.
    KeysNotListed,
    /// It does not fail in the report, which did not read what showed it: another source about root, or a later use.
    SourceNotRead,
    /// It was judged and does not fail, or does not exist.
    Clear,
    /// The report did not judge the rule.
    RuleNotJudged,
    /// The report judged a rule of the same id with another test or other parameters.
    RuleDiffers,
    /// The report is not about the account.
    AccountNotAudited,
    /// Nothing of the account could be collected.
    AccountFailed,
    /// It is about something that happened, or about one of several people, and the report has read other records.
    NotCovered,
    /// It is about a region that the report did not look at.
    RegionNotJudged,
    /// It is about trust in another account, which the report counts as one's own.
    AccountIsOwn,
    /// It is about a way between accounts that were judged apart.
    AccountsNotJoined,
}

/// How far a finding was judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Judged {
    Fails,
    /// It was to be judged, and could not be.
    Unknown,
    Clear,
    /// It was not to be judged.
    Not,
}

impl State {
    pub(crate) fn judged(self) -> Judged {
        match self {
            State::Fails | State::Waived => Judged::Fails,
            State::Unknown | State::NotListed | State::KeysNotListed | State::SourceNotRead => {
                Judged::Unknown
            }
            State::Clear => Judged::Clear,
            State::RuleNotJudged
            | State::RuleDiffers
            | State::AccountNotAudited
            | State::AccountFailed
            | State::NotCovered
            | State::RegionNotJudged
            | State::AccountIsOwn
            | State::AccountsNotJoined => Judged::Not,
        }
    }

    /// What is missing for a verdict, to be followed by `before` or `this time`.
    pub(crate) fn shortfall(self) -> Option<&'static str> {
        match self {
            State::Fails | State::Waived | State::Clear => None,
            State::Unknown => Some("could not be judged"),
            State::NotListed => Some("its list was not collected"),
            State::KeysNotListed => Some("the user's access keys were not listed by their ids"),
            State::SourceNotRead => Some("what showed it was not read"),
            State::RuleNotJudged => Some("its rule was not judged"),
            State::RuleDiffers => Some("its rule had a different test or other parameters"),
            State::AccountNotAudited => Some("its account was not audited"),
            State::AccountFailed => Some("nothing could be collected from its account"),
            State::NotCovered => Some("the records read do not show it"),
            State::RegionNotJudged => Some("its region was not looked at"),
            State::AccountIsOwn => Some("an account that it names counted as one's own"),
            State::AccountsNotJoined => Some("its accounts were judged apart"),
        }
    }
}

/// A report, to look things up in.
pub(super) struct Index<'a> {
    findings: ByFingerprint<'a>,
    rules: HashMap<&'a str, &'a RuleInfo>,
    accounts: HashMap<AccountRef<'a>, &'a AuditedAccount>,
    /// The findings that stand for a list that was not collected, or for any access key of an owner.
    uncollected: HashMap<List<'a>, &'a Finding>,
    activity: &'a [ActivitySummary],
    /// Whether reports were joined that lack what is needed to judge ways between their accounts.
    is_of_separate_reports: bool,
}

impl<'a> Index<'a> {
    /// The report, with its findings by the identity under which they are compared.
    pub(super) fn new(report: &'a Report, mut findings: ByFingerprint<'a>) -> Index<'a> {
        // What fails first, then the most severe.
        for group in findings.values_mut() {
            group.sort_by_key(|finding| (finding.verdict, finding.severity));
        }
        let mut index = Index {
            findings,
            rules: report.rules_by_id(),
            accounts: report.accounts_by_ref(),
            uncollected: HashMap::new(),
            activity: &report.activity,
            is_of_separate_reports: report.is_loosened_by(&LooseningChange::SeparateReports),
        };
        for finding in &report.findings {
            if index.stand_for_list(&[finding]) || may_be_any_key(finding) {
                index.uncollected.insert(list(finding), finding);
            }
        }
        index
    }

    /// The identities of what fails or could not be judged.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Fingerprint> {
        self.findings.iter().filter_map(|(id, findings)| {
            let first = findings.first()?;
            matches!(first.verdict, Verdict::Fail | Verdict::Unknown).then_some(id)
        })
    }

    /// The finding's rule.
    pub(super) fn rule(&self, finding: &Finding) -> Option<&'a RuleInfo> {
        self.rules.get(finding.rule.as_str()).copied()
    }

    /// The alias of the finding's account.
    pub(super) fn account_alias(&self, finding: &Finding) -> Option<&'a str> {
        self.accounts.get(&finding.account_ref())?.alias.as_deref()
    }

    /// Whether one of the findings stands for a list: see [`Finding::stands_for_list`].
    pub(super) fn stand_for_list(&self, findings: &[&Finding]) -> bool {
        findings
            .iter()
            .any(|finding| finding.stands_for_list(self.rule(finding)))
    }

    pub(super) fn first(&self, id: &Fingerprint) -> Option<&'a Finding> {
        self.findings.get(id)?.first().copied()
    }

    /// What this report says about a finding of that identity, which is in it or in the other.
    pub(super) fn side(&self, id: &Fingerprint, about: &Finding, other: &Index<'_>) -> Side<'a> {
        let findings = self.findings.get(id).cloned().unwrap_or_default();
        let (state, because) = self.state(&findings, about, other);
        let account = self.accounts.get(&about.account_ref());
        Side {
            state,
            as_of: account.map(|account| account.as_of),
            why: because.map(|finding| finding.message.as_str()),
            findings,
        }
    }

    /// The state, and the finding that shows why it could not be judged. What fails comes first among the findings,
    /// then what is unknown.
    fn state(
        &self,
        findings: &[&'a Finding],
        about: &Finding,
        other: &Index<'_>,
    ) -> (State, Option<&'a Finding>) {
        let differs = || {
            self.unjudged(about, other)
                .or_else(|| self.differently_judged(about))
        };
        let first = findings.first().copied();
        match first.map(|finding| finding.verdict) {
            Some(Verdict::Fail) if are_waived(findings) => (State::Waived, None),
            Some(Verdict::Fail) => (State::Fails, None),
            Some(Verdict::Unknown) => (State::Unknown, first),
            // A pass that is listed was judged, whatever else was not.
            Some(Verdict::Pass | Verdict::NotApplicable) => {
                (differs().unwrap_or(State::Clear), None)
            }
            None => {
                let list = self.uncollected_list_of(about);
                match differs().or_else(|| self.not_looked_at(about, other)) {
                    Some(state) => (state, None),
                    None if list.is_some() => (State::NotListed, list),
                    None => (State::Clear, None),
                }
            }
        }
    }

    /// Why this report says nothing about a finding, although it does not hold it as failing; none if
    /// it judged the same rule on the same account.
    fn unjudged(&self, about: &Finding, other: &Index<'_>) -> Option<State> {
        let (account, rule) = (about.account_ref(), about.rule.as_str());
        let audited = self
            .accounts
            .get(&account)
            .filter(|_| account.is_identified());
        let Some(audited) = audited.filter(|_| other.accounts.contains_key(&account)) else {
            return Some(State::AccountNotAudited);
        };
        if !audited.status.is_judged() {
            return Some(State::AccountFailed);
        }
        match (self.rules.get(rule), other.rules.get(rule)) {
            (None, _) => Some(State::RuleNotJudged),
            (Some(own), Some(other)) if same_test(own, other) => None,
            (Some(_), _) => Some(State::RuleDiffers),
        }
    }

    /// Why this report would not judge a finding as the other did, even where it shows that it passes.
    fn differently_judged(&self, about: &Finding) -> Option<State> {
        let facts = about.evidence.facts();
        let account = self.accounts.get(&about.account_ref())?;
        let own = &account.extent.own_accounts;
        if facts.values().any(|fact| names_any(fact, own)) {
            return Some(State::AccountIsOwn);
        }
        let lacks_source = root_sources(&facts).any(|name| {
            let mut read = account.extent.root_sources.iter();
            !read.any(|source| source.name() == name)
        });
        (lacks_source || was_used_later(&facts, account)).then_some(State::SourceNotRead)
    }

    /// Why this report would not show a finding that it does not hold.
    fn not_looked_at(&self, about: &Finding, other: &Index<'_>) -> Option<State> {
        if self.is_not_covered(about) {
            Some(State::NotCovered)
        } else if self.lacks_account_of_way(about, other) {
            Some(State::AccountNotAudited)
        } else if self.is_of_separate_reports && about.resource.kind == CROSSING {
            Some(State::AccountsNotJoined)
        } else if self.lacks_region_of(about) {
            Some(State::RegionNotJudged)
        } else if self.may_hold_key_of(about) {
            Some(State::KeysNotListed)
        } else {
            None
        }
    }

    /// Whether a finding is about a region that this report did not look at, such as that of another session.
    fn lacks_region_of(&self, about: &Finding) -> bool {
        let account = self.accounts.get(&about.account_ref());
        let regions = account.and_then(|account| account.extent.regions.as_ref());
        about.resource.kind == "region"
            && !regions.is_some_and(|regions| regions.contains(&about.resource.name))
    }

    /// Whether this report need not show a finding: it is about one person only, or the finding is about something that
    /// happened. That cannot be undone, so if it is not shown, other records were read.
    fn is_not_covered(&self, about: &Finding) -> bool {
        let facts = about.evidence.facts();
        let has_happened = |path| facts.get(path).is_some_and(Json::is_string);
        EVENT_TIMES.into_iter().any(has_happened)
            || self.activity.iter().any(|activity| activity.user.is_some())
    }

    /// Whether a finding is about a way into an account that this report is not about. If it could not be judged, it may
    /// lead into any that the other report is about.
    fn lacks_account_of_way(&self, about: &Finding, other: &Index<'_>) -> bool {
        if about.resource.kind == CROSSING && about.verdict == Verdict::Unknown {
            let mut accounts = other.accounts.keys();
            return accounts.any(|account| !self.accounts.contains_key(account));
        }
        let facts = about.evidence.facts();
        let roles = facts
            .get("crossing.roles")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let mut arns = roles.flat_map(|role| {
            let via = role["via"].as_array().into_iter().flatten();
            via.chain([&role["arn"]])
                .filter_map(|arn| Arn::parse(arn.as_str()?))
        });
        arns.any(|arn| {
            let way = AccountRef { id: arn.account, ..about.account_ref() };
            !self.accounts.contains_key(&way)
        })
    }

    /// Whether a finding is about an access key, and this report knows the keys of the user by their dates alone.
    fn may_hold_key_of(&self, about: &Finding) -> bool {
        let Some(owner) = owner_of_key(about) else {
            return false;
        };
        let name = owner.rsplit_once('/').map(|(_, name)| name);
        let account = self.accounts.get(&about.account_ref());
        let mut gaps = account.into_iter().flat_map(|account| &account.gaps);
        gaps.any(|gap| {
            let is_of_owner = gap.resource.is_none() || gap.resource.as_deref() == name;
            gap.source == Source::AccessKeys && is_of_owner
        })
    }

    /// The finding that stands for a list on which that resource may be: of the whole account, or of a
    /// resource that owns it.
    fn uncollected_list_of(&self, about: &Finding) -> Option<&'a Finding> {
        let Finding { rule, resource, .. } = about;
        let owners = resource
            .id
            .match_indices('/')
            .map(|(end, _)| Some(&resource.id[..end]));
        let mut lists = [None].into_iter().chain(owners);
        lists.find_map(|owner| {
            self.uncollected
                .get(&(rule, about.account_ref(), owner))
                .copied()
        })
    }
}

/// Whether waivers in force accept all failures among the findings.
fn are_waived(findings: &[&Finding]) -> bool {
    let mut failures = findings.iter().filter(|f| f.verdict == Verdict::Fail);
    failures.all(|failure| failure.status() == Status::Waived)
}

/// Whether a fact contains one of these texts, as a text of its own.
fn names_any(fact: &Json, texts: &[String]) -> bool {
    match fact {
        Json::String(text) => texts.contains(text),
        Json::Array(list) => list.iter().any(|fact| names_any(fact, texts)),
        Json::Object(fields) => fields.values().any(|fact| names_any(fact, texts)),
        _ => false,
    }
}

/// The names of the sources that say something about root, by the facts that a finding shows.
fn root_sources(facts: &BTreeMap<String, Json>) -> impl Iterator<Item = &str> {
    let claims = facts.get("root.claims").and_then(Json::as_array);
    claims.into_iter().flatten().filter_map(|claim| {
        let says_something = claim.as_object()?.values().any(Json::is_boolean);
        claim["source"].as_str().filter(|_| says_something)
    })
}

/// Whether root was used after the account's credential report was generated, by what CloudTrail or a root session
/// showed to the other report.
fn was_used_later(facts: &BTreeMap<String, Json>, account: &AuditedAccount) -> bool {
    let time = facts.get("root.last_used").and_then(Json::as_str);
    let used = time.and_then(|time| time.parse::<Timestamp>().ok());
    used.zip(account.report_generated_at)
        .is_some_and(|(used, generated)| used > generated)
}

/// The ARN of the user whose access key a finding is about.
fn owner_of_key(about: &Finding) -> Option<&str> {
    let ResourceRef { kind, id, .. } = &about.resource;
    let (owner, _last_rotated) = id.rsplit_once("/access-key/")?;
    (kind == "access_key").then_some(owner)
}

/// The kind of a user or role that may lead into other accounts.
const CROSSING: &str = "crossing";

/// A list by rule, account, and the resource that owns it; none: it is the account's.
type List<'f> = (&'f str, AccountRef<'f>, Option<&'f str>);

/// Whether a finding could not be judged, and is about an access key that only the report's date tells from others:
/// activating a key again moves that.
fn may_be_any_key(finding: &Finding) -> bool {
    finding.verdict == Verdict::Unknown
        && finding.resource.kind == "access_key"
        && AccessKey::from_finding(finding).is_none()
}

/// The list that such a finding stands for.
fn list(finding: &Finding) -> List<'_> {
    let Finding { rule, resource, .. } = finding;
    let owner = match resource.kind.as_str() {
        "account" => None,
        "access_key" => resource
            .id
            .rsplit_once("/access-key/")
            .map(|(owner, _)| owner),
        _ => Some(resource.id.as_str()),
    };
    (rule, finding.account_ref(), owner)
}
