//! What has become of findings between two reports: the table of states, by hand.

use crate::support::history::{
    NEW, OLD, at, fails, key, keys_of, list_of, listed_key, of_severity, rule, seen, unknown, user,
    waived,
};
use crate::support::{activity, set_fact};
use portcullis_model::{AccountStatus, Evidence, Finding, Gap, Report, Severity, Source, Verdict};
use portcullis_report::{Change, Diff, Incomparable};
use serde_json::{Value, json};

const EARLIER: &str = "2026-01-01T00:00:00Z";

/// What has become of each finding: change, resource, and the reason if there is one.
fn changes(old: &Report, new: &Report) -> Vec<(Change, String, Option<String>)> {
    let diff = Diff::between(old, new).unwrap();
    let told = diff.entries.iter();
    told.map(|entry| (entry.change, entry.resource.name.clone(), entry.reason.clone()))
        .collect()
}

/// The one change between reports with those findings.
fn change(old: &[Finding], new: &[Finding]) -> Option<(Change, Option<String>)> {
    let mut changes = changes(&at(OLD, old.to_vec()), &at(NEW, new.to_vec()));
    assert!(changes.len() <= 1, "{changes:?}");
    changes.pop().map(|(change, _, reason)| (change, reason))
}

fn plain(change: Change) -> (Change, Option<String>) {
    (change, None)
}

fn because(change: Change, reason: &str) -> (Change, Option<String>) {
    (change, Some(reason.to_owned()))
}

fn clear(name: &str) -> Finding {
    user(name, Verdict::Pass, "busy")
}

#[test]
fn what_fails_on_one_side_is_new_or_fixed() {
    for none in [vec![], vec![clear("a")], vec![user("a", Verdict::NotApplicable, "none")]] {
        assert_eq!(change(&none, &[fails("a")]), Some(plain(Change::New)));
        assert_eq!(change(&[fails("a")], &none), Some(plain(Change::Fixed)));
        assert_eq!(change(&none, &none), None);
    }
}

#[test]
fn what_could_not_be_judged_is_neither_fixed_nor_plainly_new() {
    let a = || unknown("a");
    let why = "could not be judged this time: access-keys is missing (access denied)";
    assert_eq!(change(&[fails("a")], &[a()]), Some(because(Change::Unknown, why)));
    assert_eq!(
        change(&[a()], &[fails("a")]),
        Some(because(Change::New, "could not be judged before"))
    );
    assert_eq!(change(&[], &[a()]), Some(because(Change::Unknown, "did not fail before")));
    let gone = "could not be judged before, and does not fail this time";
    assert_eq!(change(&[a()], &[]), Some(because(Change::Gone, gone)));
    let fixed = "could not be judged before, but had failed earlier";
    assert_eq!(change(&[seen(EARLIER, a())], &[]), Some(because(Change::Fixed, fixed)));
    assert_eq!(change(&[a()], &[a()]), None);
}

#[test]
fn a_list_that_was_not_collected_hides_what_may_be_on_it() {
    let hidden =
        "its list was not collected this time: credential-report is missing (access denied)";
    let users = || list_of("idle-user");
    let told = changes(&at(OLD, [fails("a"), fails("b")]), &at(NEW, [users(), fails("b")]));
    let list = Some("stands for a whole list, which was collected before".to_owned());
    assert_eq!(
        told,
        [
            (Change::Unknown, "account".to_owned(), list),
            (Change::Unknown, "user/a".to_owned(), Some(hidden.to_owned())),
        ]
    );
    let told = changes(&at(OLD, [users()]), &at(NEW, [fails("a")]));
    let stood = "stood for a whole list, which was not collected before but was this time";
    assert_eq!(
        told,
        [
            (
                Change::New,
                "user/a".to_owned(),
                Some("its list was not collected before".to_owned())
            ),
            (Change::Gone, "account".to_owned(), Some(stood.to_owned())),
        ]
    );
    // A list of another rule hides nothing, and a pass that is listed was judged.
    let told = changes(&at(OLD, [fails("a")]), &at(NEW, [list_of("old-key")]));
    assert_eq!(told[1].0, Change::Fixed);
    let told = changes(&at(OLD, [fails("a")]), &at(NEW, [users(), clear("a")]));
    assert_eq!(told[1].0, Change::Fixed);
    // What a list stood for never failed itself.
    let told = changes(&at(OLD, [seen(EARLIER, users())]), &at(NEW, []));
    assert_eq!(told[0].0, Change::Gone);
}

/// A user whose access keys could not be listed: nothing is known of these keys alone.
#[test]
fn the_list_of_one_user_hides_no_keys_of_others() {
    let old = at(OLD, [key("ann", "1"), key("bob", "1"), key("anna", "1")]);
    let new = at(NEW, [keys_of("ann")]);
    let told: Vec<_> = changes(&old, &new)
        .into_iter()
        .map(|(change, name, _)| (change, name))
        .collect();
    assert_eq!(
        told,
        [
            (Change::Unknown, "user/ann".to_owned()),
            (Change::Unknown, "user/ann/access-key/1".to_owned()),
            (Change::Fixed, "user/anna/access-key/1".to_owned()),
            (Change::Fixed, "user/bob/access-key/1".to_owned()),
        ]
    );
}

const MADE: &str = "2026-01-04T12:00:00Z";
const AGAIN: &str = "2026-11-02T18:00:00Z";

/// The counts of what is new, fixed, changed and unchanged.
fn counts(old: &[Finding], new: &[Finding]) -> [usize; 4] {
    let (old, new) = (at(OLD, old.to_vec()), at(NEW, new.to_vec()));
    let diff = Diff::between(&old, &new).unwrap();
    [Change::New, Change::Fixed, Change::Changed, Change::Unchanged].map(|c| diff.count(c))
}

/// Setting a key inactive and active again moves `last_rotated`, of which its identity is made.
#[test]
fn a_key_that_was_activated_again_is_the_same() {
    let key = |rotated| listed_key("dan", "AKIADAN", MADE, rotated);
    assert_eq!(counts(&[key(MADE)], &[key(AGAIN)]), [0, 0, 0, 1]);
    assert_eq!(counts(&[key(AGAIN)], &[key(MADE)]), [0, 0, 0, 1]);
    let graver = of_severity(Severity::High, key(AGAIN));
    assert_eq!(counts(&[key(MADE)], &[graver]), [0, 0, 1, 0]);
    let second = || listed_key("dan", "AKIATWO", MADE, MADE);
    assert_eq!(counts(&[key(MADE), second()], &[second(), key(AGAIN)]), [0, 0, 0, 2]);
    let unknown = Finding { verdict: Verdict::Unknown, ..key(AGAIN) };
    let why = "could not be judged this time: access key of dan (AKIADAN) is old";
    assert_eq!(change(&[key(MADE)], &[unknown]), Some(because(Change::Unknown, why)));

    let (old, new) = (at(OLD, [key(MADE)]), at(NEW, [key(AGAIN)]));
    let diff = Diff::between(&old, &new).unwrap();
    let [moved] = &diff.moved[..] else {
        panic!("{:?}", diff.moved)
    };
    assert_eq!(moved.fingerprint, &key(AGAIN).fingerprint);
    assert_eq!(moved.old.findings[0].fingerprint, key(MADE).fingerprint);
    assert_eq!(Diff::between(&old, &old).unwrap().moved, []);
}

/// Two keys of one date are told apart by a number: when one of them moves, the other takes its place.
#[test]
fn keys_that_change_places_keep_their_findings() {
    let old = [
        listed_key("dan", "AKIAONE", MADE, MADE),
        of_severity(Severity::High, listed_key("dan", "AKIATWO", MADE, &format!("{MADE}-2"))),
    ];
    let new = [
        listed_key("dan", "AKIAONE", MADE, AGAIN),
        of_severity(Severity::High, listed_key("dan", "AKIATWO", MADE, MADE)),
    ];
    assert_eq!(counts(&old, &new), [0, 0, 0, 2]);
}

/// Without ListAccessKeys, nothing tells which key it is whose `last_rotated` moved.
#[test]
fn a_key_that_cannot_be_judged_may_be_any_of_its_owner() {
    let unknown = |owner: &str| {
        let mut finding = listed_key(owner, "key 1", MADE, AGAIN);
        set_fact(&mut finding, "key.created", json!({ "missing": ["access-keys"] }));
        Finding { verdict: Verdict::Unknown, ..finding }
    };
    let old = listed_key("dan", "AKIADAN", MADE, MADE);
    let fixed = |new: Finding| counts(std::slice::from_ref(&old), &[new])[1];
    assert_eq!(fixed(unknown("dan")), 0);
    assert_eq!(fixed(unknown("danny")), 1);
    let other = Finding { verdict: Verdict::Unknown, ..listed_key("dan", "AKIATWO", MADE, AGAIN) };
    assert_eq!(fixed(other), 1);
    let passes = Finding { verdict: Verdict::Pass, ..unknown("dan") };
    assert_eq!(fixed(passes), 1);
}

/// A later date may be that of the same key, which was activated again, or of another.
#[test]
fn a_key_is_not_fixed_where_keys_are_known_by_their_dates_alone() {
    let old = at(OLD, [listed_key("dan", "AKIADAN", MADE, MADE)]);
    let change = |user: Option<&str>| {
        let gap = Gap::new(Source::AccessKeys, Gap::NOT_REQUESTED, "not asked for");
        let mut new = at(NEW, []);
        new.accounts[0].gaps = vec![match user {
            Some(user) => gap.for_resource(user),
            None => gap,
        }];
        let diff = Diff::between(&old, &new).unwrap();
        [Change::Fixed, Change::Unknown].map(|change| diff.count(change))
    };
    assert_eq!(change(None), [0, 1]);
    assert_eq!(change(Some("dan")), [0, 1]);
    assert_eq!(change(Some("danny")), [1, 0]);
}

#[test]
fn nothing_but_id_and_creation_pairs_keys() {
    let key = |rotated| listed_key("dan", "AKIADAN", MADE, rotated);
    let apart = |old: Finding, new: Finding| {
        let (old, new) = ([old], [new]);
        assert_eq!(counts(&old, &new), [1, 1, 0, 0], "{old:?} {new:?}");
        assert_eq!(counts(&new, &old), [1, 1, 0, 0]);
    };
    apart(key(MADE), listed_key("dan", "AKIAOTHER", MADE, AGAIN));
    apart(key(MADE), listed_key("dan", "AKIADAN", "2026-01-04T12:00:01Z", AGAIN));
    apart(key(MADE), listed_key("danny", "AKIADAN", MADE, AGAIN));
    apart(listed_key("x/dan", "AKIADAN", MADE, MADE), key(AGAIN));
    let bare = |rotated, created: Value| {
        let mut finding = listed_key("dan", "key 1", MADE, rotated);
        set_fact(&mut finding, "key.created", created);
        finding
    };
    let missing = || json!({ "missing": ["access-keys"] });
    apart(bare(MADE, missing()), bare(AGAIN, missing()));
    apart(bare(MADE, Value::Null), bare(AGAIN, Value::Null));
    let without = |rotated| Finding { evidence: Evidence::default(), ..key(rotated) };
    apart(without(MADE), without(AGAIN));
    apart(key(MADE), without(AGAIN));
    let of_rule = |rule: &str, finding: Finding| Finding { rule: rule.to_owned(), ..finding };
    apart(key(MADE), of_rule("idle-user", key(AGAIN)));
    let of_kind = |kind: &str, mut finding: Finding| {
        kind.clone_into(&mut finding.resource.kind);
        finding
    };
    apart(of_kind("user", key(MADE)), of_kind("user", key(AGAIN)));
    // Which of two findings is the other's is not known.
    let twice = [key(MADE), key("2026-05-01T00:00:00Z")];
    assert_eq!(counts(&twice, &[key(AGAIN)]), [1, 2, 0, 0]);
    assert_eq!(counts(&[key(AGAIN)], &twice), [2, 1, 0, 0]);
}

/// In a rule on the account, the account's own finding hides nothing else.
#[test]
fn the_account_itself_may_be_judged() {
    let of_account = |verdict| Finding { verdict, ..list_of("account-rule") };
    let with_rule = |as_of, findings: Vec<Finding>| {
        let mut report = at(as_of, findings);
        report.rules.push(rule("account-rule", "account"));
        report
    };
    let told = |old: Vec<Finding>, new: Vec<Finding>| {
        changes(&with_rule(OLD, old), &with_rule(NEW, new))
            .pop()
            .map(|(change, ..)| change)
    };
    let (fail, unknown) = (|| of_account(Verdict::Fail), || of_account(Verdict::Unknown));
    assert_eq!(told(vec![fail()], vec![]), Some(Change::Fixed));
    assert_eq!(told(vec![fail()], vec![unknown()]), Some(Change::Unknown));
    assert_eq!(told(vec![seen(EARLIER, unknown())], vec![]), Some(Change::Fixed));
}

#[test]
fn what_was_left_out_is_gone_and_what_was_added_is_labelled() {
    type Edit = fn(&mut Report);
    let cases: [(Edit, &str); 6] = [
        (|report| report.rules.truncate(0), "its rule was not judged"),
        (
            |report| report.rules[0].hash = "other".to_owned(),
            "its rule had a different test or other parameters",
        ),
        (|report| report.accounts.clear(), "its account was not audited"),
        (
            |report| report.accounts[0].partition = "aws-cn".to_owned(),
            "its account was not audited",
        ),
        (
            |report| report.accounts[0].status = AccountStatus::Failed,
            "nothing could be collected from its account",
        ),
        (
            |report| report.rules[0].hash.clear(),
            "its rule had a different test or other parameters",
        ),
    ];
    for (edit, what) in cases {
        for listed in [vec![], vec![clear("a")]] {
            let edited = |as_of| {
                let mut report = at(as_of, listed.clone());
                edit(&mut report);
                report
            };
            let gone = changes(&at(OLD, [fails("a")]), &edited(NEW));
            let reason = Some(format!("{what} this time"));
            assert_eq!(gone, [(Change::Gone, "user/a".to_owned(), reason)]);
            let new = changes(&edited(OLD), &at(NEW, [fails("a")]));
            let reason = Some(format!("{what} before"));
            assert_eq!(new, [(Change::New, "user/a".to_owned(), reason.clone())]);
            let unknown_now = changes(&edited(OLD), &at(NEW, [unknown("a")]));
            assert_eq!(unknown_now, [(Change::Unknown, "user/a".to_owned(), reason)]);
            let unknown_before = changes(&at(OLD, [unknown("a")]), &edited(NEW));
            assert_eq!(unknown_before[0].0, Change::Gone);
        }
    }
}

#[test]
fn nothing_is_fixed_by_a_rule_without_a_hash() {
    let without = |mut report: Report| {
        report.rules.iter_mut().for_each(|rule| rule.hash.clear());
        report
    };
    let (fails, clear) = (at(OLD, [fails("a")]), at(NEW, []));
    assert_eq!(changes(&fails, &without(clear.clone()))[0].0, Change::Gone);
    assert_eq!(changes(&without(fails), &without(clear))[0].0, Change::Gone);
}

/// Two accounts that could not be identified may be different ones.
#[test]
fn nothing_is_fixed_in_an_account_without_an_id() {
    let nameless = |findings: Vec<Finding>| {
        let mut report = at(OLD, findings);
        report.accounts[0].id = "unknown".to_owned();
        report
            .findings
            .iter_mut()
            .for_each(|finding| finding.account = "unknown".to_owned());
        report
    };
    let told = changes(&nameless(vec![fails("a")]), &nameless(vec![]));
    assert_eq!(told[0].0, Change::Gone);
}

/// What differs between a finding and the same finding later: what, what it was, what it is.
fn differences(old: Finding, new: Finding) -> Vec<(String, Value, Value)> {
    let (old, new) = (at(OLD, [old]), at(NEW, [new]));
    let diff = Diff::between(&old, &new).unwrap();
    let told = diff
        .entries
        .into_iter()
        .inspect(|entry| assert_eq!(entry.change, Change::Changed));
    let all = told.flat_map(|entry| entry.differences);
    all.map(|difference| (difference.what, difference.old, difference.new))
        .collect()
}

fn one(what: &str, old: impl Into<Value>, new: impl Into<Value>) -> Vec<(String, Value, Value)> {
    vec![(what.to_owned(), old.into(), new.into())]
}

#[test]
fn what_fails_again_has_changed_if_people_have_to_look_again() {
    let a = || fails("a");
    assert_eq!(
        differences(a(), of_severity(Severity::High, a())),
        one("severity", "medium", "high")
    );
    assert_eq!(differences(a(), waived(false, a())), one("waiver", "none", "in force"));
    assert_eq!(
        differences(waived(false, a()), waived(true, a())),
        one("waiver", "in force", "expired")
    );
    assert_eq!(differences(waived(true, a()), a()), one("waiver", "expired", "none"));
    let with = |name: &str, value: Value| {
        let mut finding = a();
        set_fact(&mut finding, name, value);
        finding
    };
    assert_eq!(
        differences(with("user.class", json!("human")), with("user.class", json!("service"))),
        one("user.class", "human", "service")
    );
    for (old, new) in [
        (a(), Finding { message: "is idle for 91 days".to_owned(), ..a() }),
        (with("days", json!(90.5)), with("days", json!(91))),
        (with("at", json!(OLD)), with("at", json!(NEW))),
        (with("keys", json!([{ "age": 1 }])), with("keys", json!([{ "age": 2 }]))),
        (with("mfa", json!({ "missing": ["mfa-devices"] })), with("mfa", json!(false))),
        (a(), with("told by a newer version", json!(true))),
    ] {
        assert_eq!(differences(old.clone(), new.clone()), []);
        assert_eq!(differences(new, old), []);
    }
}

#[test]
fn resources_that_share_an_id_are_compared_together() {
    use Severity::{High, Low};
    let twins = |severities: &[Severity]| -> Vec<Finding> {
        severities
            .iter()
            .map(|severity| of_severity(*severity, fails("a")))
            .collect()
    };
    assert_eq!(change(&twins(&[High, Low]), &twins(&[Low, High])), None);
    assert_eq!(change(&twins(&[High, Low]), &twins(&[High])), Some(plain(Change::Changed)));
    assert_eq!(change(&twins(&[High, Low]), &[]), Some(plain(Change::Fixed)));
    let half_known = vec![fails("a"), unknown("a")];
    assert_eq!(change(&half_known, &[fails("a")]), None);
    assert_eq!(change(&half_known, &[]), Some(plain(Change::Fixed)));
    assert_eq!(change(&half_known, &[unknown("a")]).unwrap().0, Change::Unknown);
}

#[test]
fn the_first_time_is_carried_on() {
    let first_seen = |old: Vec<Finding>, new: Vec<Finding>| {
        let (old, new) = (at(OLD, old), at(NEW, new));
        let entry = Diff::between(&old, &new).unwrap().entries.remove(0);
        entry.first_seen.map(|seen| seen.to_string())
    };
    let graver = || of_severity(Severity::High, fails("a"));
    let some = |moment: &str| Some(moment.to_owned());
    assert_eq!(first_seen(vec![], vec![fails("a")]), some(NEW));
    assert_eq!(first_seen(vec![fails("a")], vec![graver()]), some(OLD));
    assert_eq!(first_seen(vec![seen(EARLIER, fails("a"))], vec![graver()]), some(EARLIER));
    assert_eq!(first_seen(vec![], vec![seen(EARLIER, fails("a"))]), some(EARLIER));
    assert_eq!(first_seen(vec![fails("a")], vec![]), some(OLD));
    assert_eq!(first_seen(vec![seen(EARLIER, unknown("a"))], vec![fails("a")]), some(EARLIER));
    assert_eq!(first_seen(vec![], vec![unknown("a")]), None);
}

#[test]
fn what_is_less_comparable_than_it_seems_is_noted() {
    let notes = |edit: &dyn Fn(&mut Report)| {
        let (old, mut new) = (at(OLD, []), at(NEW, []));
        edit(&mut new);
        Diff::between(&old, &new).unwrap().notes
    };
    assert_eq!(notes(&|_| ()), [""; 0]);
    assert_eq!(
        notes(&|new| new.accounts[0].as_of = EARLIER.parse().unwrap()),
        ["OLD is from a later time (2026-11-02 10:00:00 UTC) than NEW (2026-01-01 00:00:00 UTC)"]
    );
    assert_eq!(
        notes(&|new| new.accounts[0].id = "444455556666".to_owned()),
        ["NEW does not hold account 111122223333", "OLD does not hold account 444455556666"]
    );
    assert_eq!(
        notes(&|new| new.accounts[0].id = "unknown".to_owned()),
        [
            "NEW does not hold account 111122223333",
            "one account could not be identified and may be any of them; none of its findings counts as fixed",
        ]
    );
    assert_eq!(
        notes(&|new| new.accounts[0].status = AccountStatus::Failed),
        ["in NEW, nothing could be collected from account 111122223333"]
    );
    assert_eq!(
        notes(&|new| {
            new.rules.remove(0);
            new.rules[0].hash = "other".to_owned();
            new.rules.push(rule("a-rule", "user"));
            new.tool.ruleset = "other".to_owned();
        }),
        [
            "only OLD judged 1 rule (idle-user)",
            "only NEW judged 1 rule (a-rule)",
            "with a different test or other parameters in NEW: 1 rule (old-key)",
        ]
    );
    assert_eq!(
        notes(&|new| new.tool.ruleset = "other".to_owned()),
        ["the rules have the same tests but differ in severity or wording"]
    );
    assert_eq!(
        notes(&|new| new.options.gate.fail_on = Severity::High),
        ["the audits used different --fail-on severities: OLD low, NEW high"]
    );
    assert_eq!(
        notes(&|new| new.options.gate.allow_unknown.push("old-key".to_owned())),
        ["the audits allowed different rules to stay unknown"]
    );
}

#[test]
fn redacted_and_open_reports_are_not_compared() {
    let (old, mut new) = (at(OLD, []), at(NEW, []));
    new.options.redacted = true;
    assert_eq!(Diff::between(&old, &new), Err(Incomparable::Redaction));
    assert_eq!(Diff::between(&new, &old), Err(Incomparable::Redaction));
}

/// A report that read a log of one region from that time on, about everybody or one person.
fn log(as_of: &str, from: &str, user: Value, findings: Vec<Finding>) -> Report {
    let region = json!({
        "account": "111122223333", "region": "us-east-1", "records": 1,
        "seen": [], "proved": []
    });
    let mut report = at(as_of, findings);
    report.activity = vec![activity(json!({
        "user": user,
        "period": { "from": from, "to": as_of },
        "coverage": { "inputs": {}, "regions": [region], "gaps": [], "records": {
            "judged": 0, "of_no_interest": 0, "duplicates": 0, "unreadable": 0, "other_logs": 0
        } },
    }))];
    report
}

#[test]
fn what_happened_is_gone_if_it_is_not_shown_again() {
    let from = "2026-10-01T00:00:00Z";
    let mut event = fails("a");
    set_fact(&mut event, "signin.at", json!("2026-10-05T08:00:00Z"));
    let change = |finding: &Finding, new: Report| {
        let old = log(OLD, from, Value::Null, vec![finding.clone()]);
        changes(&old, &new)
            .into_iter()
            .map(|(change, _, reason)| (change, reason))
            .collect::<Vec<_>>()
    };
    let why = "the records read do not show it this time";
    let everybody = || log(NEW, from, Value::Null, vec![]);
    // It cannot have been undone, so the file that had it is missing.
    assert_eq!(change(&event, everybody()), [because(Change::Gone, why)]);
    assert_eq!(change(&event, log(NEW, from, Value::Null, vec![event.clone()])), []);
    // What is not an event is fixed, unless the report is about one person.
    assert_eq!(change(&fails("a"), everybody()), [plain(Change::Fixed)]);
    let one_person = log(NEW, from, json!("ben"), vec![]);
    assert_eq!(change(&fails("a"), one_person), [because(Change::Gone, why)]);
}
