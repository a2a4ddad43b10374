//! A report made by hand: every part of it is there once.

pub(crate) mod history;

use std::collections::BTreeMap;

use portcullis_model::{
    AccountStatus, ActivitySummary, AppliedWaiver, AuditedAccount, Baseline, BaselineState,
    ControlCounts, ControlKind, ControlOutcome, ControlStatus, Evidence, Extent, Finding,
    Fingerprint, FrameworkOutcome, Gap, Loosening, LooseningChange, MessageFact, Report,
    ResourceRef, RuleInfo, Run, RunOptions, SCHEMA, Severity, Source, Tally, Tool, Verdict, Waiver,
    WaiverOutcome,
};
use portcullis_report::{Detail, EarlierReport, Format, Style, render};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

/// Compares the report with an earlier one; what the reader should know about that.
pub(crate) fn compare(report: &mut Report, old: &Report) -> Vec<String> {
    let mut earlier = EarlierReport::new(old, &old.findings).unwrap();
    earlier.apply(report);
    earlier.warnings(&report.rules)
}

pub(crate) fn report() -> Report {
    let findings = vec![
        finding(
            "root-without-lock",
            Severity::Critical,
            Verdict::Fail,
            "root",
            "root has a password and no MFA device",
            "Sign in as root and enable MFA.",
        ),
        finding(
            "old-key",
            Severity::Medium,
            Verdict::Fail,
            "AKIAIOSFODNN7EXAMPLE",
            "access key AKIAIOSFODNN7EXAMPLE of alice is 91 days old; the limit is 90",
            "Make a new key, then:\naws iam update-access-key --user-name alice --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive",
        ),
        finding(
            "old-key",
            Severity::Medium,
            Verdict::Fail,
            "key 1",
            "is 400.5 days old; the limit is 90",
            "Make a new key, then:\naws iam update-access-key --user-name bob --access-key-id AKIAI44QH8DHBEXAMPLE --status Inactive",
        ),
        unknown("old-key", Severity::Medium, "carol"),
        unknown("old-key", Severity::Medium, "dave"),
        unknown("idle-user", Severity::Low, "a"),
        unknown("idle-user", Severity::Low, "b"),
        unknown("idle-user", Severity::Low, "c"),
        unknown("idle-user", Severity::Low, "d"),
        finding(
            "old-key",
            Severity::Medium,
            Verdict::Pass,
            "key 2",
            "access key key 2 of bob is 3 days old",
            "",
        ),
        finding(
            "idle-user",
            Severity::Low,
            Verdict::NotApplicable,
            "svc",
            "svc has no password",
            "",
        ),
    ];
    let mut tallies = BTreeMap::new();
    for finding in &findings {
        let tally: &mut Tally = tallies.entry(finding.rule.clone()).or_default();
        tally.count(finding.verdict);
    }
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "portcullis".to_owned(),
            version: "0.1.0".to_owned(),
            ruleset: "0123456789abcdef".to_owned(),
        },
        options: RunOptions { rule_set: "default".to_owned(), ..RunOptions::default() },
        run: run(),
        accounts: vec![AuditedAccount { tallies, ..account() }],
        rules: vec![
            rule("idle-user", "User is idle", Severity::Low, "Delete USER-NAME."),
            rule(
                "old-key",
                "Access key is not rotated",
                Severity::Medium,
                "Make a new key, then:\naws iam update-access-key --user-name USER-NAME --access-key-id KEY-ID --status Inactive",
            ),
            rule(
                "root-without-lock",
                "Root has no MFA",
                Severity::Critical,
                "Sign in as root and enable MFA.",
            ),
        ],
        findings,
        waivers: Vec::new(),
        activity: Vec::new(),
    }
}

/// What CloudTrail recorded: nothing but those fields.
pub(crate) fn activity(fields: Value) -> ActivitySummary {
    let mut summary = json!({
        "user": null, "period": null, "locked_out": [], "typing_errors": 0, "signed_in": [],
        "attempts": [], "timeline": [],
        "coverage": {
            "inputs": {}, "regions": [], "gaps": [], "records": {
                "judged": 0, "of_no_interest": 0, "duplicates": 0, "unreadable": 0, "other_logs": 0
            }
        },
    });
    for (field, value) in fields.as_object().unwrap() {
        summary[field] = value.clone();
    }
    serde_json::from_value(summary).unwrap()
}

/// A run that a configuration loosens, on evidence that nobody vouches for.
fn run() -> Run {
    let origin = Some("portcullis.toml".to_owned());
    let skip = LooseningChange::Skip { rule: "idle-group".to_owned() };
    let unverified = LooseningChange::Unverified { account: ACCOUNT.to_owned() };
    Run {
        configuration: vec!["portcullis.toml".to_owned()],
        loosened: vec![
            Loosening { origin, change: skip },
            Loosening { origin: None, change: unverified },
        ],
        shares: Vec::new(),
    }
}

/// The report with all that waivers and a baseline add: of its three findings that fail, the first
/// is open, the second waived and the third known; the waiver of another rule has expired.
pub(crate) fn decided() -> Report {
    let mut report = report();
    let since = "2026-10-01T08:00:00Z".parse().unwrap();
    report.accounts[0].baseline =
        Some(Baseline { as_of: Some(since), ruleset: "0123456789abcdef".to_owned() });
    for finding in report
        .findings
        .iter_mut()
        .filter(|f| f.verdict == Verdict::Fail)
    {
        (finding.baseline, finding.first_seen) = (Some(BaselineState::Known), Some(since));
    }
    let gone = waiver("root-without-lock", "*:root", "2026-11-01");
    let safe = waiver("old-key", "AKIAIOSFODNN7EXAMPLE", "2026-11-10");
    let [root, key, ..] = report.findings.as_mut_slice() else {
        panic!("there are findings")
    };
    root.baseline = Some(BaselineState::New);
    root.first_seen = Some(report.accounts[0].as_of);
    root.waiver = Some(applied(&gone, true));
    key.waiver = Some(applied(&safe, false));
    report.accounts[0]
        .tallies
        .get_mut("old-key")
        .unwrap()
        .waived = 1;
    let unmatched = waiver("idle-user", "zoe", "2027-06-30");
    let outcome = |waiver, days_left, fails| WaiverOutcome {
        waiver,
        days_left,
        judged: true,
        fails,
        unknown: 0,
    };
    report.waivers = vec![outcome(gone, -1, 1), outcome(safe, 8, 1), outcome(unmatched, 240, 0)];
    report
}

fn waiver(rule: &str, resource: &str, expires: &str) -> Waiver {
    Waiver {
        rule: rule.to_owned(),
        resource: resource.to_owned(),
        account: ACCOUNT.to_owned(),
        reason: "Replaced when the new build system is there (PLAT-12)".to_owned(),
        owner: "platform@example.com".to_owned(),
        expires: expires.parse().unwrap(),
    }
}

fn applied(waiver: &Waiver, expired: bool) -> AppliedWaiver {
    let Waiver { reason, owner, expires, .. } = waiver.clone();
    AppliedWaiver { reason, owner, expires, expired }
}

/// The same report, of that account.
pub(crate) fn moved(mut report: Report, partition: &str, id: &str) -> Report {
    for account in &mut report.accounts {
        partition.clone_into(&mut account.partition);
        id.clone_into(&mut account.id);
    }
    for finding in &mut report.findings {
        let Finding { rule, resource, .. } = finding;
        resource.id = resource.id.replace(ACCOUNT, id);
        finding.fingerprint = Fingerprint::new(rule, partition, id, &resource.id);
        partition.clone_into(&mut finding.partition);
        id.clone_into(&mut finding.account);
    }
    report
}

/// A report of that many findings that fail, and no other.
pub(crate) fn of_size(count: usize) -> Report {
    let mut report = report();
    let finding = |index| {
        let name = format!("user-{index}");
        let says = format!("access key of {name} is 91 days old; the limit is 90");
        finding("old-key", Severity::Medium, Verdict::Fail, &name, &says, "Make a new key.")
    };
    report.findings = (0..count).map(finding).collect();
    report.accounts[0]
        .tallies
        .values_mut()
        .for_each(|tally| *tally = Tally::default());
    let tally = report.accounts[0].tallies.get_mut("old-key").unwrap();
    tally.fail = count.try_into().unwrap();
    report
}

/// Names that try to be more than names, in whatever they are written.
pub(crate) const HOSTILE: [&str; 14] = [
    "a,b;\"c\"'d'",
    "a\nb\r\nc",
    "=cmd|' /C calc'!A0",
    "\u{1b}[2J\u{9b}31m",
    "<script>alert(1)</script>",
    "]]><!-- --><img src=x onerror=alert(1)>",
    "::error title=x::y%0A::notice::z",
    "| a | b |\n|---|---|",
    "[x](javascript:alert(1)) `code` *b* _i_ ~s~ @octocat #123",
    "\u{fffe}\u{ffff}\u{fdd0}\u{0}\u{7f}",
    "\u{1f511}\u{10348}\u{20bb7}",
    "\u{202e}nimda\u{2066}",
    "-----BEGIN $(id) `id` ${x} {{y}} %s",
    "\u{e000}\t \u{2028}",
];

/// A report in which every text that others can write is each of those names in turn.
pub(crate) fn hostile() -> Report {
    let mut report = decided();
    let mut base = report.findings.clone();
    report.findings.clear();
    for name in HOSTILE {
        for finding in &mut base {
            let id = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
            finding.fingerprint = Fingerprint::new(&finding.rule, "aws", ACCOUNT, &id);
            (finding.resource.id, finding.resource.name) = (id, name.to_owned());
            finding.message = format!("user {name} is {name}");
            finding.message_facts = Some(told(&finding.message, &[("user.name", name)]));
            finding.remediation = format!("Look at {name}, then:\naws iam x --user-name '{name}'");
            let facts = BTreeMap::from([(name, json!([name, { name: name }]))]);
            finding.evidence = Evidence::new(&facts);
            report.findings.push(finding.clone());
        }
        report.accounts[0]
            .gaps
            .push(Gap::new(Source::AccessKeys, name, name).for_resource(name));
        report.waivers.push(WaiverOutcome {
            waiver: Waiver {
                resource: name.to_owned(),
                reason: name.to_owned(),
                owner: name.to_owned(),
                ..waiver("old-key", "x", "2026-11-10")
            },
            ..report.waivers[1].clone()
        });
    }
    report.accounts[0].alias = Some(HOSTILE.concat());
    report.accounts[0].caller = Some(HOSTILE.concat());
    let change = LooseningChange::Endpoint { account: ACCOUNT.to_owned(), url: HOSTILE.concat() };
    report
        .run
        .loosened
        .push(Loosening { origin: Some(HOSTILE.concat()), change });
    report.run.configuration = HOSTILE.map(str::to_owned).to_vec();
    report
}

/// The report in that format, as a file holds it.
pub(crate) fn rendered(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, Style { width: 80, color: false, detail: Detail::Usual }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// A framework with a control of each status.
fn framework() -> FrameworkOutcome {
    let mut counts = ControlCounts::default();
    let mut control = |id: &str, title: &str, status, reason: Option<&str>| {
        counts.count(status);
        let manual = status == ControlStatus::Manual;
        ControlOutcome {
            id: id.to_owned(),
            title: title.to_owned(),
            kind: if manual {
                ControlKind::Manual
            } else {
                ControlKind::Automated
            },
            status,
            rules: if manual {
                vec![]
            } else {
                vec!["old-key".to_owned()]
            },
            reason: reason.map(str::to_owned),
        }
    };
    let looser = "old-key has params.limit = 180, but params.limit <= 90 is required";
    let controls = vec![
        control("1.1", "Root has MFA", ControlStatus::Fail, Some("root-without-lock: 1 failed")),
        control(
            "1.2",
            "Keys are rotated, and this title is so long that it has to go on in another line",
            ControlStatus::NotClaimed,
            Some(looser),
        ),
        control("1.3", "Users are busy", ControlStatus::Unknown, Some("idle-user: 4 not judged")),
        control("1.4", "The door is locked", ControlStatus::Manual, Some("look at the door")),
        control("1.5", "Passwords are long", ControlStatus::Pass, None),
        control("1.10", "Certificates are valid", ControlStatus::NotApplicable, None),
    ];
    FrameworkOutcome {
        id: "test-1.0".to_owned(),
        title: "Test Benchmark".to_owned(),
        version: "1.0.0".to_owned(),
        note: Some("A pass is not a certificate.".to_owned()),
        references: vec!["https://docs.aws.amazon.com/IAM/latest/UserGuide/".to_owned()],
        controls,
        counts,
    }
}

fn account() -> AuditedAccount {
    let denied = "User: arn:aws:sts::111122223333:assumed-role/audit/ci is not authorized to perform: iam:ListAccessKeys on resource: user carol because no identity-based policy allows the iam:ListAccessKeys action";
    AuditedAccount {
        id: ACCOUNT.to_owned(),
        alias: Some("acme".to_owned()),
        name: None,
        partition: "aws".to_owned(),
        region: Some("eu-central-1".to_owned()),
        status: AccountStatus::Incomplete,
        caller: Some("arn:aws:sts::111122223333:assumed-role/audit/ci".to_owned()),
        as_of: "2026-11-02T10:00:00Z".parse().unwrap(),
        collected_from: Some("2026-11-02T09:59:00Z".parse().unwrap()),
        collected_to: Some("2026-11-02T10:00:00Z".parse().unwrap()),
        report_generated_at: Some("2026-11-02T07:00:00Z".parse().unwrap()),
        gaps: ["carol", "dave", "erin", "frank", "grace"]
            .map(|name| Gap::new(Source::AccessKeys, "AccessDenied", denied).for_resource(name))
            .into_iter()
            .chain([Gap::new(Source::MfaDevices, Gap::NOT_REQUESTED, "not needed")
                .for_resource("heidi")])
            .collect(),
        tallies: BTreeMap::new(),
        frameworks: vec![framework()],
        baseline: None,
        border: None,
        extent: Extent::default(),
    }
}

fn rule(id: &str, title: &str, severity: Severity, remediation: &str) -> RuleInfo {
    RuleInfo {
        id: id.to_owned(),
        family: "credentials".to_owned(),
        hash: "fedcba9876543210".to_owned(),
        title: title.to_owned(),
        severity,
        scope: "user".to_owned(),
        risk: "It is risky.".to_owned(),
        remediation: remediation.to_owned(),
        references: vec!["https://docs.aws.amazon.com/IAM/latest/UserGuide/".to_owned()],
        params: BTreeMap::from([("limit".to_owned(), json!(90))]),
        frameworks: BTreeMap::new(),
    }
}

/// Adds a fact to the evidence of a finding, or changes it.
pub(crate) fn set_fact(finding: &mut Finding, name: &str, value: Value) {
    let mut facts = finding.evidence.facts();
    facts.insert(name.to_owned(), value);
    finding.evidence = Evidence::new(&facts);
}

/// Where each of these texts stands in the message as a word, as that fact.
pub(crate) fn told(message: &str, facts: &[(&str, &str)]) -> Vec<MessageFact> {
    let is_in_word = |c: char| c.is_alphanumeric() || c == '-';
    let mut found = Vec::new();
    for (fact, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
        for (start, _) in message.match_indices(text) {
            let end = start + text.len();
            let fact = MessageFact { fact: (*fact).to_owned(), start, end };
            let is_word =
                !message[..start].ends_with(is_in_word) && !message[end..].starts_with(is_in_word);
            if is_word {
                found.push(fact);
            }
        }
    }
    found.sort_by_key(|fact: &MessageFact| fact.start);
    found.dedup_by_key(|fact| fact.start);
    found
}

pub(crate) fn finding(
    rule: &str,
    severity: Severity,
    verdict: Verdict,
    name: &str,
    message: &str,
    remediation: &str,
) -> Finding {
    let id = format!("arn:aws:iam::{ACCOUNT}:{name}");
    Finding {
        fingerprint: Fingerprint::new(rule, "aws", ACCOUNT, &id),
        rule: rule.to_owned(),
        partition: "aws".to_owned(),
        account: ACCOUNT.to_owned(),
        resource: ResourceRef { kind: "user".to_owned(), id, name: name.to_owned(), region: None },
        verdict,
        severity,
        urgent: false,
        message: message.to_owned(),
        message_facts: Some(told(message, &[("user.name", name), ("user.name", "alice")])),
        evidence: Evidence::new(&BTreeMap::from([("user.name", name)])),
        missing: Vec::new(),
        remediation: remediation.to_owned(),
        waiver: None,
        first_seen: None,
        baseline: None,
    }
}

fn unknown(rule: &str, severity: Severity, name: &str) -> Finding {
    let cure = "Allow iam:ListAccessKeys for the collecting role and collect again.";
    let mut finding =
        finding(rule, severity, Verdict::Unknown, name, "not judged: access-keys is missing", cure);
    finding.missing = vec![Source::AccessKeys];
    finding
}
