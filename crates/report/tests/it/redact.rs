//! Redaction: nothing that says whose a report is is left, and reports can still be joined.

use std::collections::BTreeSet;

use crate::support::history::{NEW, OLD, at, listed_key};
use crate::support::{
    HOSTILE, activity, decided, finding, hostile, rendered, report, set_fact, told,
};
use portcullis_model::{
    Finding, Loosening, LooseningChange, MessageFact, Report, Severity, Source, UserClass, Verdict,
};
use portcullis_report::{AlreadyRedacted, Change, Diff, Format, Outcome, Salt, redact};
use serde_json::{Value as Json, json};

const WITHHELD: &str = "withheld: redacted";

fn salt() -> Salt {
    Salt::new(b"a salt for tests, known to all").unwrap()
}

fn redacted(report: Report) -> Report {
    redact(report, &salt()).unwrap()
}

/// The message of a finding, redacted, with names shown as `<name>`.
fn message(says: &str, facts: Option<Vec<MessageFact>>) -> String {
    let mut report = report();
    let mut finding = finding("idle-user", Severity::Low, Verdict::Fail, "zoe", says, "");
    finding.message_facts = facts;
    report.findings = vec![finding];
    let message = &redacted(report).findings[0].message;
    let marked = |word: &str| match word.split_once("name-") {
        Some((before, rest)) => format!("{before}<name>{}", &rest[10..]),
        None => word.to_owned(),
    };
    message.split(' ').map(marked).collect::<Vec<_>>().join(" ")
}

/// Every string of a value and its path, list indices left out, with a way to change it.
fn strings<'v>(path: &str, value: &'v mut Json, visit: &mut dyn FnMut(&str, &'v mut String)) {
    match value {
        Json::String(text) => visit(path, text),
        Json::Array(list) => {
            for value in list {
                strings(&format!("{path}[]"), value, visit);
            }
        }
        Json::Object(fields) => {
            for (name, value) in fields {
                strings(&format!("{path}.{name}"), value, visit);
            }
        }
        _ => {}
    }
}

/// A report with every field filled.
fn full() -> Report {
    let mut report = decided();
    let account = &mut report.accounts[0];
    account.name = Some("Acme Holding".to_owned());
    account.gaps[0].request_id = Some("5f0c2d9e".to_owned());
    account.extent.regions = Some(vec!["eu-north-1".to_owned()]);
    account.extent.root_sources = vec![Source::AccountSummary];
    account.extent.own_accounts = vec!["444455556666".to_owned()];
    report.findings[1].resource.region = Some("eu-north-1".to_owned());
    report.options.only = vec!["old-key".to_owned()];
    report.options.skip = vec!["old-key".to_owned()];
    report.options.frameworks = vec!["test-1.0".to_owned()];
    report.options.gate.allow_unknown = vec!["old-key".to_owned()];
    report.run.loosened.extend(loosenings());
    report.rules[0]
        .params
        .insert("service".to_owned(), json!(["alice"]));
    report.rules[0]
        .frameworks
        .insert("test-1.0".to_owned(), vec!["1.1".to_owned()]);
    report
}

/// One of each kind that holds texts.
fn loosenings() -> Vec<Loosening> {
    let rule = || "old-key".to_owned();
    let changes = [
        LooseningChange::Only { rules: vec![rule()] },
        LooseningChange::Parameter {
            rule: rule(),
            name: "trusted_accounts".to_owned(),
            default: json!([]),
            value: json!(["111122223333"]),
        },
        LooseningChange::Class {
            class: UserClass::Service,
            patterns: vec!["names \"alice\"".to_owned()],
        },
        LooseningChange::AllowUnknown { rule: rule(), unknown: 1 },
        LooseningChange::Endpoint {
            account: "111122223333".to_owned(),
            url: "https://acme.example".to_owned(),
        },
    ];
    let origin = || Some("/home/acme/portcullis.toml".to_owned());
    changes
        .map(|change| Loosening { origin: origin(), change })
        .to_vec()
}

/// What may stay as it is, whatever it is: words that authors of rules and frameworks wrote for
/// everybody, and words of the model.
const PUBLIC: [&str; 38] = [
    ".accounts[].gaps[].action",
    ".accounts[].gaps[].code",
    ".accounts[].gaps[].operation",
    ".accounts[].partition",
    ".findings[].message",
    ".findings[].message_facts[].fact",
    ".findings[].partition",
    ".findings[].resource.kind",
    ".findings[].rule",
    ".accounts[].frameworks[].controls[].id",
    ".accounts[].frameworks[].controls[].rules[]",
    ".accounts[].frameworks[].controls[].title",
    ".accounts[].frameworks[].id",
    ".accounts[].frameworks[].note",
    ".accounts[].frameworks[].references[]",
    ".accounts[].frameworks[].title",
    ".accounts[].frameworks[].version",
    ".rules[].family",
    ".rules[].frameworks.test-1.0[]",
    ".rules[].id",
    ".rules[].references[]",
    ".rules[].remediation",
    ".rules[].risk",
    ".rules[].scope",
    ".rules[].title",
    ".options.frameworks[]",
    ".options.gate.allow_unknown[]",
    ".options.only[]",
    ".options.rule_set",
    ".options.skip[]",
    ".run.loosened[].name",
    ".run.loosened[].rule",
    ".run.loosened[].rules[]",
    ".schema",
    ".tool.name",
    ".tool.version",
    ".waivers[].waiver.rule",
    // Of the control that a person answers; the others' reasons quote parameters.
    ".accounts[].frameworks[].controls[].reason",
];

/// Changes one string after the other to a name that nobody else has, and looks for it in what
/// becomes of the report.
#[test]
fn every_string_is_decided() {
    let whole = serde_json::to_value(full()).unwrap();
    let mut paths = BTreeSet::new();
    strings("", &mut whole.clone(), &mut |path, _| _ = paths.insert(path.to_owned()));
    let mut stays = BTreeSet::new();
    for target in &paths {
        let mut changed = whole.clone();
        strings("", &mut changed, &mut |path, text| {
            if path == target {
                text.insert_str(0, "canary");
            }
        });
        // A time or a verdict can be nothing else.
        let Ok(report) = serde_json::from_value(changed) else {
            continue;
        };
        let report = serde_json::to_string(&redacted(report)).unwrap();
        if report.contains("canary") {
            stays.insert(target.as_str());
        }
    }
    assert_eq!(stays, BTreeSet::from(PUBLIC));
}

#[test]
fn no_canary_is_in_any_format() {
    let whole = serde_json::to_value(full()).unwrap();
    let mut changed = whole.clone();
    strings("", &mut changed, &mut |path, text| {
        let mut alone = whole.clone();
        strings("", &mut alone, &mut |at, text| {
            if at == path {
                text.insert_str(0, "canary");
            }
        });
        if !PUBLIC.contains(&path) && serde_json::from_value::<Report>(alone).is_ok() {
            text.insert_str(0, "canary");
        }
    });
    let report: Report = serde_json::from_value(changed).unwrap();
    assert!(rendered(&report, Format::Json).matches("canary").count() > 50);
    let report = redacted(report);
    for &format in Format::ALL {
        assert!(!rendered(&report, format).contains("canary"), "{}", format.name());
    }
}

#[test]
fn ids_are_in_no_format() {
    let report = redacted(full());
    for &format in Format::ALL {
        let text = rendered(&report, format);
        for id in [
            "111122223333",
            "444455556666",
            "AKIAIOSFODNN7EXAMPLE",
            "acme",
            "Acme",
            "alice",
            "carol",
            "PLAT-12",
        ] {
            assert!(!text.contains(id), "{id} in {}", format.name());
        }
        for original in &full().findings {
            let fingerprint = original.fingerprint.as_str();
            assert!(!text.contains(fingerprint), "{fingerprint} in {}", format.name());
        }
    }
}

#[test]
fn hostile_names_are_names() {
    let report = redacted(hostile());
    for &format in Format::ALL {
        let text = rendered(&report, format);
        for name in HOSTILE {
            assert!(!text.contains(name), "{name:?} in {}", format.name());
        }
    }
}

/// IAM allows such names: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
#[test]
fn names_that_look_like_words_of_aws_are_names() {
    for name in ["ec2.amazonaws.com", "root"] {
        let mut report = report();
        let mut finding = report.findings.swap_remove(1);
        "user".clone_into(&mut finding.resource.kind);
        name.clone_into(&mut finding.resource.name);
        finding.resource.id = format!("arn:aws:iam::111122223333:user/{name}");
        let evidence = json!({ "user.name": name, "user.groups": [name] });
        finding.evidence = serde_json::from_value(evidence).unwrap();
        report.findings = vec![finding];
        let redacted = redacted(report);
        let text = serde_json::to_string(&redacted.findings[0]).unwrap();
        assert!(
            !text.contains(&format!("\"{name}\"")) && !text.contains(&format!("/{name}")),
            "{text}"
        );
    }
}

#[test]
fn what_is_nobodys_stays() {
    let (before, after) = (full(), redacted(full()));
    assert!(after.options.redacted);
    assert_eq!(after.accounts[0].as_of, before.accounts[0].as_of);
    assert_eq!(after.accounts[0].tallies, before.accounts[0].tallies);
    assert_eq!(after.accounts[0].partition, "aws");
    let (gap, was) = (&after.accounts[0].gaps[0], &before.accounts[0].gaps[0]);
    assert_eq!((&gap.operation, &gap.action, &gap.code), (&was.operation, &was.action, &was.code));
    let evidence = json!({
        "policy.kind": "customer-managed",
        "policy.attached_to": ["arn:aws-cn:iam::111122223333:role/x", "arn:aws:iam::aws:policy/A"],
        "policy.escalations": [{ "method": "assume-role", "certainty": "certain", "target": null, "grants": [
            { "action": "sts:AssumeRole", "statement": "2", "conditional": false },
        ]}],
        "policy.wildcard_services": ["s3"],
        "role.services_not_asked_for_source": ["ec2.amazonaws.com"],
        "role.cognito_guest_statements": ["1"],
        "role.management_account_statements": ["2"],
        "key.last_used_region": "us-gov-east-1",
        "key.last_used": "2026-01-01T00:00:00Z",
        "key.name": "key 1",
        "user.administrator": { "missing": ["account-authorization-details"] },
        "user.age_days": 91.5,
    });
    let mut report = report();
    report.findings.truncate(1);
    report.findings[0].evidence = serde_json::from_value(evidence.clone()).unwrap();
    let mut kept = serde_json::to_value(&redacted(report).findings[0].evidence).unwrap();
    let role = kept["policy.attached_to"][0].take();
    let role = role.as_str().unwrap();
    assert!(role.starts_with("arn:aws-cn:iam::000") && role.contains(":role/name-"), "{role}");
    kept["policy.attached_to"][0] = evidence["policy.attached_to"][0].clone();
    assert_eq!(kept, evidence);
}

#[test]
fn the_outcome_stays() {
    for report in [report(), decided()] {
        assert_eq!(Outcome::new(&redacted(report.clone())), Outcome::new(&report));
    }
}

#[test]
fn a_name_has_one_pseudonym_wherever_it_stands() {
    let mut report = decided();
    report.findings.truncate(1);
    let finding = &mut report.findings[0];
    finding.resource.id = "arn:aws:iam::111122223333:user/team/zoe/policy/zed".to_owned();
    finding.resource.name = "zed".to_owned();
    finding.message = "user zoe has zed".to_owned();
    finding.message_facts =
        Some(told(&finding.message, &[("user.name", "zoe"), ("policy.name", "zed")]));
    finding.evidence = serde_json::from_value(json!({
        "user.name": "zoe",
        "user.path": "/team/",
        "role.external_accounts": [{"id": "111122223333", "organization": null}],
    }))
    .unwrap();
    let report = redacted(report);
    let Finding { account, resource, message, evidence, .. } = &report.findings[0];
    let facts = evidence.facts();
    let text = |path: &str| facts[path].as_str().unwrap();
    let (zoe, zed, team) = (text("user.name"), &resource.name, text("user.path"));
    assert_eq!(resource.id, format!("arn:aws:iam::{account}:user{team}{zoe}/policy/{zed}"));
    assert_eq!(message, &format!("user {zoe} has {zed}"));
    let external = &facts["role.external_accounts"];
    assert_eq!(*external, json!([{"id": account, "organization": null}]));
    assert_eq!(&report.accounts[0].id, account);
    assert!(account.starts_with("000") && account.len() == 12);
}

/// Every text that redaction made.
fn pseudonyms(report: &Report) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    strings("", &mut serde_json::to_value(report).unwrap(), &mut |_, text| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let made = |word: &&str| {
            ["name-", "key-"]
                .iter()
                .any(|start| word.starts_with(start))
                && word.len() > 12
                || word.starts_with("000") && word.len() == 12
        };
        all.extend(words.filter(made).map(str::to_owned));
    });
    all.extend(
        report
            .findings
            .iter()
            .map(|finding| finding.fingerprint.as_str().to_owned()),
    );
    all
}

#[test]
fn runs_under_one_salt_can_be_joined_and_others_cannot() {
    let mut later = decided();
    later.findings.remove(0);
    later.accounts[0].as_of = "2026-12-02T10:00:00Z".parse().unwrap();
    let other = Salt::new(b"another salt that is long enough").unwrap();
    let (first, second) = (pseudonyms(&redacted(decided())), pseudonyms(&redacted(later.clone())));
    assert!(second.len() > 15 && second.is_subset(&first), "{second:?}");
    let apart = pseudonyms(&redact(later, &other).unwrap());
    assert_eq!(apart.len(), second.len());
    assert!(apart.is_disjoint(&first));
}

#[test]
fn a_key_that_was_activated_again_is_found_behind_its_pseudonym() {
    let made = "2026-01-04T12:00:00Z";
    let key = |id, rotated| listed_key("dan", id, made, rotated);
    let old = redacted(at(OLD, [key("AKIAIOSFODNN7EXAMPLE", made)]));
    let unchanged = |id| {
        let new = redacted(at(NEW, [key(id, "2026-11-02T18:00:00Z")]));
        Diff::between(&old, &new).unwrap().count(Change::Unchanged)
    };
    assert_eq!(unchanged("AKIAIOSFODNN7EXAMPLE"), 1);
    assert_eq!(unchanged("AKIAI44QH8DHBEXAMPLE"), 0);
}

#[test]
fn findings_stay_apart() {
    let fingerprints = |report: &Report| -> BTreeSet<String> {
        report
            .findings
            .iter()
            .map(|f| f.fingerprint.as_str().to_owned())
            .collect()
    };
    let before = hostile();
    assert_eq!(fingerprints(&redacted(before.clone())).len(), fingerprints(&before).len());
}

#[test]
fn the_order_of_names_is_not_told() {
    let mut report = crate::support::of_size(50);
    report
        .findings
        .sort_by(|a, b| a.resource.id.cmp(&b.resource.id));
    let report = redacted(report);
    assert!(
        report
            .findings
            .is_sorted_by_key(|finding| &finding.resource.id)
    );
}

/// Enough of them that their own order would not be that of the pseudonyms by chance.
#[test]
fn nor_is_that_in_lists_messages_and_waivers() {
    let names: Vec<String> = (b'a'..=b'z')
        .map(|letter| char::from(letter).to_string())
        .collect();
    let mut report = decided();
    let waiver = report.waivers[0].clone();
    let of = |name: &String| {
        let mut waiver = waiver.clone();
        waiver.waiver.resource.clone_from(name);
        waiver
    };
    report.waivers = names.iter().map(of).collect();
    report.findings.truncate(1);
    let finding = &mut report.findings[0];
    finding.message = format!("policy is attached to: {}", names.join(", "));
    let facts: Vec<_> = names
        .iter()
        .map(|name| ("policy.attached_to", name.as_str()))
        .collect();
    finding.message_facts = Some(told(&finding.message, &facts));
    set_fact(finding, "policy.attached_to", json!(names));
    let report = redacted(report);
    let resources: Vec<_> = report
        .waivers
        .iter()
        .map(|w| w.waiver.resource.as_str())
        .collect();
    assert!(resources.len() == 26 && resources.is_sorted(), "{resources:?}");
    let finding = &report.findings[0];
    assert_eq!(finding.evidence.facts()["policy.attached_to"], json!(resources));
    assert_eq!(finding.message, format!("policy is attached to: {}", resources.join(", ")));
}

#[test]
fn a_report_is_redacted_once() {
    assert_eq!(redact(redacted(decided()), &salt()), Err(AlreadyRedacted));
}

#[test]
fn messages_keep_their_words_and_lose_their_names() {
    for (says, facts, expected) in [
        ("user zoe is 91.5 days old", &[("user.name", "zoe")][..], "user <name> is 91.5 days old"),
        (
            "user zoe (\"zoe\") has: Ops Team, b.c.",
            &[("user.name", "zoe"), ("user.groups", "Ops Team"), ("user.groups", "b.c")],
            "user <name> (\"<name>\") has: <name>, <name>.",
        ),
        // Names that are words of the message, or numbers, where they stand as names.
        (
            "zoe can use Access",
            &[("user.name", "zoe"), ("key.name", "Access")],
            "<name> can use <name>",
        ),
        ("90 is 9 days old", &[("user.name", "90")], "<name> is 9 days old"),
        // Words of AWS.
        ("used with s3", &[("key.last_used_service", "s3")], "used with s3"),
        ("not used since 2026-01-01T00:00:00Z", &[], "not used since 2026-01-01T00:00:00Z"),
        // What an author should not have written.
        (
            "ask arn:aws:iam::aws:policy/X or me@example.com",
            &[],
            "ask arn:aws:iam::aws:policy/X or <name>",
        ),
    ] {
        assert_eq!(message(says, Some(told(says, facts))), expected);
    }
}

#[test]
fn messages_without_facts_or_with_wrong_ones_are_told_in_general() {
    assert_eq!(message("zoe is idle", None), "User is idle: <name>");
    let fact = MessageFact { fact: "user.name".to_owned(), start: 0, end: 99 };
    assert_eq!(message("zoe is idle", Some(vec![fact])), "User is idle: <name>");
}

#[test]
fn what_an_escalation_does_is_told_by_its_other_facts() {
    let way = "assume role zed (sts:AssumeRole, policy switch), depending on aws:PrincipalTag/zoe";
    let escalation = json!({
        "certainty": "conditional",
        "target": "arn:aws:iam::111122223333:role/zed",
        "way": way,
        "conditions": ["aws:PrincipalTag/zoe"],
        "title": "assume a role",
        "grants": [
            { "action": "sts:AssumeRole", "policy": "arn:aws:iam::111122223333:policy/switch" },
            { "action": "sts:AssumeRole", "policy": "arn:aws:iam::111122223333:role/zed" },
        ],
    });
    let mut report = report();
    report.findings.truncate(1);
    let finding = &mut report.findings[0];
    finding.message = format!("anna can become an administrator: it may {way}");
    finding.message_facts = Some(told(
        &finding.message,
        &[("principal.name", "anna"), ("principal.escalations.way", way)],
    ));
    finding.evidence =
        serde_json::from_value(json!({ "principal.escalations": [escalation] })).unwrap();
    let redacted = redacted(report);
    let found = &redacted.findings[0].evidence.facts()["principal.escalations"][0];
    assert_eq!(found["certainty"], "conditional");
    let name = |arn: &Json| arn.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let (role, policy) = (name(&found["target"]), name(&found["grants"][0]["policy"]));
    let way = format!("assume a role: {role} (sts:AssumeRole, policy {policy})");
    assert_eq!(found["way"], way);
    let says = &redacted.findings[0].message;
    assert!(says.ends_with(&format!(" can become an administrator: it may {way}")), "{says}");
    assert_eq!(found["conditions"], json!([WITHHELD]));
    assert!(found["target"].as_str().unwrap().contains(":role/name-"));
    assert!(
        !serde_json::to_string(&redacted)
            .unwrap()
            .contains("PrincipalTag")
    );
}

#[test]
fn an_escalation_of_an_unknown_kind_is_withheld() {
    let mut report = report();
    report.findings.truncate(1);
    let escalation = json!([{ "way": "assume role zed", "target": "zed" }]);
    set_fact(&mut report.findings[0], "principal.escalations", escalation.clone());
    set_fact(&mut report.findings[0], "own.facts", escalation);
    let redacted = redacted(report);
    let evidence = redacted.findings[0].evidence.facts();
    assert_eq!(evidence["principal.escalations"][0]["way"], WITHHELD);
    assert!(!json!(evidence).to_string().contains("zed"));
}

#[test]
fn commands_are_templates() {
    let report = redacted(report());
    let finding = report
        .findings
        .iter()
        .find(|f| f.rule == "old-key")
        .unwrap();
    let command = finding.remediation.lines().last().unwrap();
    assert!(command.contains("USER-NAME") && command.contains("KEY-ID"), "{command}");
}

#[test]
fn activity_keeps_words_of_kind_and_no_name() {
    let attempt = json!({
        "person": { "kind": "user", "name": "ana", "account": "111122223333", "source": null },
        "purpose": "mfa_enrolment", "outcome": "failure", "pattern": "enrolment_unfinished",
        "first": "2026-11-18T08:00:00Z", "last": "2026-11-18T08:00:14Z",
        "account": "111122223333", "region": "us-east-1", "role": "ReadOnly", "mfa": "used",
        "factors": [
            { "name": "Virtual MFA", "state": "asked" },
            { "name": "ana's phone", "state": "asked" },
        ],
        "source": "192.0.2.10", "code": "AccessDenied", "message": "User ana may not", "events": ["a"],
    });
    let locked_out = json!({
        "person": attempt["person"], "purpose": "mfa_enrolment", "tries": 0, "first_try": null,
        "last_try": null, "sources": [], "pattern": "enrolment_unfinished", "in_since": null,
        "in_as": attempt["person"],
        "last": null, "diagnosis": {
            "cause": "It is.", "likelihood": "certain", "action": "aws iam list-mfa-devices --user-name ana",
            "action_facts": [{ "fact": "user.name", "start": 37, "end": 40 }],
        },
    });
    let event = json!({
        "id": "a", "at": "2026-11-18T08:00:00Z", "account": "111122223333", "region": "us-east-1",
        "service": "iam", "name": "EnableMFADevice", "outcome": "failure",
        "actor": { "kind": "user", "name": "ana", "role": null, "principal_id": "AIDAEXAMPLEEXAMPLE" },
        "code": "AccessDenied", "message": "User ana may not", "mfa": null,
        "factors": ["Multiple MFA Devices"], "source": "AWS Internal",
        "access_key": "AKIAIOSFODNN7EXAMPLE", "agent": "signin.amazonaws.com",
        "target": "AWS ROOT USER", "workflow": "w",
    });
    let mut report = report();
    report.activity = vec![activity(json!({
        "user": "root",
        "locked_out": [locked_out],
        "attempts": [attempt],
        "timeline": [event],
        "coverage": {
            "inputs": { "log_file": 1 }, "regions": [], "records": {
                "judged": 1, "of_no_interest": 0, "duplicates": 0, "unreadable": 0, "other_logs": 0
            },
            "gaps": [{ "input": "/home/ana/logs/a.json.gz", "what": "ana's file is broken" }],
        },
    }))];
    let shown = serde_json::to_string(&redacted(report).activity).unwrap();
    for word in [
        "\"root\"",
        "aws iam list-mfa-devices --user-name name-",
        "Virtual MFA",
        "Multiple MFA Devices",
        "AWS Internal",
        "signin.amazonaws.com",
        "AWS ROOT USER",
        "AccessDenied",
        "EnableMFADevice",
        "us-east-1",
        "2026-11-18T08:00:14Z",
    ] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    for name in [
        "ana",
        "111122223333",
        "192.0.2.10",
        "ReadOnly",
        "AIDAEXAMPLE",
        "AKIAIOSFODNN7",
        "home",
        "a.json",
        "\"a\"",
        "\"w\"",
    ] {
        assert!(!shown.contains(name), "{name} in {shown}");
    }
}
