//! Which findings are waived, and for how long.

use std::time::Instant;

use crate::support::{of_size, report};
use portcullis_model::{AccountStatus, Report, Status, Tally, Verdict, Waiver, WaiverOutcome};
use portcullis_report::Outcome;
use portcullis_report::waivers::{
    NotAResource, ResourcePattern, State, apply, matching, unapplied, warning,
};

const ACCOUNT: &str = "111122223333";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

fn waiver(rule: &str, resource: &str, expires: &str) -> Waiver {
    Waiver {
        rule: rule.to_owned(),
        resource: resource.to_owned(),
        account: ACCOUNT.to_owned(),
        reason: "accepted".to_owned(),
        owner: "ops@example.com".to_owned(),
        expires: expires.parse().unwrap(),
    }
}

/// The sample, as of 2026-11-02 in UTC, with these waivers.
fn waived(waivers: &[Waiver]) -> Report {
    let mut report = report();
    apply(&mut report, waivers);
    report
}

fn status(report: &Report, name: &str) -> Status {
    report
        .findings
        .iter()
        .find(|finding| finding.resource.name == name)
        .unwrap()
        .status()
}

fn only(report: &Report) -> &WaiverOutcome {
    let [outcome] = report.waivers.as_slice() else {
        panic!("{:?}", report.waivers)
    };
    outcome
}

#[test]
fn the_last_day_counts_whole_and_in_utc() {
    for (as_of, expires, days_left, status) in [
        ("2026-10-30T23:59:59Z", "2026-10-31", 1, Status::Waived),
        ("2026-10-31T00:00:00Z", "2026-10-31", 0, Status::Waived),
        ("2026-10-31T23:59:59.999Z", "2026-10-31", 0, Status::Waived),
        ("2026-11-01T00:00:00Z", "2026-10-31", -1, Status::Open),
        // Already the day after there, but not in UTC; and the other way round.
        ("2026-11-01T01:00:00+02:00", "2026-10-31", 0, Status::Waived),
        ("2026-10-31T22:00:00-05:00", "2026-10-31", -1, Status::Open),
        ("2028-02-29T12:00:00Z", "2028-02-28", -1, Status::Open),
        ("2028-02-29T12:00:00Z", "2028-02-29", 0, Status::Waived),
        ("2028-02-28T12:00:00Z", "2028-03-01", 2, Status::Waived),
        ("2027-02-28T12:00:00Z", "2027-03-01", 1, Status::Waived),
        ("2026-12-31T12:00:00Z", "2027-12-31", 365, Status::Waived),
        ("1969-12-31T23:00:00Z", "1970-01-01", 1, Status::Waived),
        ("2026-11-02T00:00:00Z", "9999-12-31", 2_912_137, Status::Waived),
    ] {
        let mut report = report();
        report.accounts[0].as_of = as_of.parse().unwrap();
        apply(&mut report, &[waiver("old-key", KEY, expires)]);
        assert_eq!(only(&report).days_left, days_left, "{as_of} {expires}");
        assert_eq!(self::status(&report, KEY), status, "{as_of} {expires}");
        let expired = report.findings[1].waiver.as_ref().unwrap().expired;
        assert_eq!(expired, status == Status::Open);
    }
}

#[test]
fn a_waived_finding_stays_and_does_not_count() {
    let report = waived(&[waiver("old-key", KEY, "2026-12-31")]);
    assert_eq!(report.findings.len(), crate::support::report().findings.len());
    assert_eq!(report.findings[1].verdict, Verdict::Fail);
    assert_eq!(
        report.accounts[0].tallies["old-key"],
        Tally { fail: 2, unknown: 2, pass: 1, waived: 1, not_applicable: 0 }
    );
    assert_eq!(report.accounts[0].frameworks, crate::support::report().accounts[0].frameworks);
    let says = "Exit status 1: 2 findings have severity low or above apart from 1 waived.";
    assert_eq!(Outcome::new(&report).to_string(), says);
}

#[test]
fn an_expired_waiver_is_remembered_but_counts_again() {
    let report = waived(&[waiver("old-key", KEY, "2026-11-01")]);
    assert_eq!(status(&report, KEY), Status::Open);
    assert_eq!(report.findings[1].waiver.as_ref().unwrap().owner, "ops@example.com");
    assert_eq!(report.accounts[0].tallies["old-key"].waived, 0);
    assert_eq!(Outcome::new(&report), Outcome::new(&crate::support::report()));
}

#[test]
fn only_what_fails_is_waived() {
    let report =
        waived(&[waiver("old-key", "*k*", "2026-12-31"), waiver("old-key", "carol", "2026-12-31")]);
    assert_eq!(status(&report, "carol"), Status::Unknown);
    assert_eq!(status(&report, "key 2"), Status::Pass);
    assert_eq!(status(&report, "key 1"), Status::Waived);
    assert!(
        report
            .findings
            .iter()
            .all(|f| f.waiver.is_none() || f.verdict == Verdict::Fail)
    );
    let [keys, carol] = report.waivers.as_slice() else {
        panic!()
    };
    assert_eq!((keys.fails, keys.unknown), (1, 0));
    assert_eq!((carol.fails, carol.unknown), (0, 1));
    assert!(!carol.is_unmatched(), "carol may fail");
    assert_eq!(Outcome::new(&report).exit_status(), 1);
}

#[test]
fn rule_and_account_must_agree() {
    let elsewhere =
        Waiver { account: "444455556666".to_owned(), ..waiver("old-key", KEY, "2026-12-31") };
    let report = waived(&[elsewhere, waiver("idle-user", KEY, "2026-12-31")]);
    assert_eq!(status(&report, KEY), Status::Open);
    let anywhere = Waiver { account: "*".to_owned(), ..waiver("old-key", KEY, "2026-12-31") };
    assert_eq!(status(&waived(&[anywhere]), KEY), Status::Waived);
}

#[test]
fn of_several_the_longest_lasting_is_the_waiver() {
    let [gone, soon, late] = ["2026-10-01", "2026-11-05", "2027-01-01"];
    for (ends, expected) in [
        (vec![soon, late], late),
        (vec![late, soon], late),
        (vec![gone, soon], soon),
        (vec!["2026-09-01", gone], gone),
    ] {
        let patterns = ["AKIA*", KEY];
        let waivers: Vec<_> = ends
            .iter()
            .zip(patterns)
            .map(|(end, resource)| waiver("old-key", resource, end))
            .collect();
        let report = waived(&waivers);
        let applied = report.findings[1].waiver.as_ref().unwrap();
        assert_eq!(applied.expires.to_string(), expected);
        assert!(report.waivers.iter().all(|outcome| outcome.fails == 1), "each matches it");
        assert!(
            report
                .waivers
                .is_sorted_by_key(|outcome| outcome.waiver.expires)
        );
    }
}

#[test]
fn the_order_of_waivers_means_nothing() {
    let mut waivers: Vec<_> = ["2026-11-05", "2027-01-01", "2026-10-01"]
        .into_iter()
        .flat_map(|end| ["old-key", "idle-user"].map(|rule| waiver(rule, "k*", end)))
        .collect();
    waivers.push(Waiver { owner: "a@example.com".to_owned(), ..waivers[0].clone() });
    let one_way = waived(&waivers);
    waivers.reverse();
    assert_eq!(waived(&waivers), one_way);
}

#[test]
fn waivers_are_applied_anew() {
    let mut report = waived(&[waiver("old-key", KEY, "2026-12-31")]);
    apply(&mut report, &[]);
    assert_eq!(report, crate::support::report());
}

#[test]
fn what_was_not_judged_is_never_unmatched() {
    let idle = waiver("idle-user", "zoe", "2027-06-30");
    let judged = |change: fn(&mut Report)| {
        let mut report = report();
        change(&mut report);
        apply(&mut report, std::slice::from_ref(&idle));
        only(&report).is_unmatched()
    };
    assert!(judged(|_| ()));
    assert!(!judged(|report| report.rules.retain(|rule| rule.id != "idle-user")), "left out");
    assert!(!judged(|report| report.accounts[0].id = "444455556666".to_owned()), "not audited");
    assert!(!judged(|report| report.accounts[0].status = AccountStatus::Failed), "not collected");
    // One unknown that stands for all users, zoe perhaps among them.
    assert!(!judged(|report| report.findings[5].resource.kind = "account".to_owned()));
    assert!(judged(|report| report.findings[0].resource.kind = "account".to_owned()));
}

#[test]
fn resources_are_names_or_arns() {
    let mut finding = report().findings[0].clone();
    finding.resource.name = "svc-aws".to_owned();
    finding.resource.id =
        "arn:aws:iam::111122223333:user/ci/svc-aws/access-key/2024-01-01T00:00:00Z".to_owned();
    for (pattern, expected) in [
        ("svc-aws", true),
        ("svc-???", true),
        ("*aws*", true),
        ("SVC-AWS", false),
        ("*iam*", false),
        ("a*", false),
        ("*ci*", false),
        ("arn:aws:iam::111122223333:user/ci/*", true),
        ("arn:*:iam::*:user/ci/*T00:00:00Z", true),
        ("arn:aws:iam::44445555????:user/ci/*", false),
        ("*:user/ci/*", true),
        ("*:user/*/access-key/2024-*", true),
        ("*:svc-aws", false),
        ("*:access-key*", false),
        ("*:111122223333:*svc*", false),
    ] {
        let parsed: ResourcePattern = pattern.parse().unwrap();
        assert_eq!(parsed.matches(&finding.resource), expected, "{pattern}");
    }
}

#[test]
fn a_waiver_for_everything_is_none() {
    for everything in [
        "",
        "*",
        "**",
        "?*",
        "????",
        "*:*",
        "*:?*",
        "arn:*",
        "arn:aws:*",
        "arn:aws:iam::*",
        "arn:aws:iam::111122223333:*",
        "arn:*:*:*:*:*",
        "arn:aws:iam::111122223333:?*",
        "arn:aws:iam::111122223333:",
        "*:",
    ] {
        let error = everything.parse::<ResourcePattern>().unwrap_err();
        assert_eq!(error, NotAResource::Everything, "{everything}");
    }
    for kind in [
        "*:user/*",
        "*:?*/*",
        "*:user/*/access-key/*",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:*/*",
    ] {
        let error = kind.parse::<ResourcePattern>().unwrap_err();
        assert_eq!(error, NotAResource::EveryOfAKind, "{kind}");
    }
    for one in ["*:root", "*:account", "*:user/a*", "*:role/ops/*", "*:*/ci/*"] {
        assert!(one.parse::<ResourcePattern>().is_ok(), "{one}");
    }
    for no_arn in [
        "arn:aws:iam::user/alice",
        "a*:user/alice",
        "user:alice",
        "**:root",
        "arn*:aws:iam::1:root",
    ] {
        let error = no_arn.parse::<ResourcePattern>().unwrap_err();
        assert_eq!(error, NotAResource::NoArn, "{no_arn}");
    }
}

#[test]
fn a_pattern_that_is_none_waives_nothing() {
    let report = waived(&[waiver("old-key", "*", "2026-12-31")]);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.waiver.is_none())
    );
}

#[test]
fn what_is_wrong_with_a_waiver_is_said() {
    let says = |resource: &str, expires: &str| {
        warning(only(&waived(&[waiver("old-key", resource, expires)])))
    };
    for (resource, expires, expected) in [
        (KEY, "2026-11-17", None),
        (KEY, "2029-11-02", None),
        (
            KEY,
            "2029-11-03",
            Some("is in force for more than three years, until 2029-11-03; choose an earlier date"),
        ),
        (KEY, "2026-11-16", Some("ends in 14 days, on 2026-11-16")),
        (KEY, "2026-11-03", Some("ends in 1 day, on 2026-11-03")),
        (KEY, "2026-11-02", Some("ends today, on 2026-11-02")),
        (KEY, "2026-11-01", Some("expired on 2026-11-01; it no longer covers 1 finding")),
        ("zoe", "2026-11-01", Some("expired on 2026-11-01, and matches nothing that fails")),
        ("carol", "2026-11-01", Some("expired on 2026-11-01")),
        ("zoe", "2026-11-03", Some("matches nothing that fails")),
    ] {
        let whole = expected.map(|expected| {
            format!(
                "the waiver of ops@example.com for old-key on {resource} in {ACCOUNT} {expected}"
            )
        });
        assert_eq!(says(resource, expires), whole, "{resource} {expires}");
    }
}

#[test]
fn without_a_report_only_the_end_is_known() {
    let waivers = [waiver("old-key", "zoe", "2027-06-30"), waiver("old-key", KEY, "2026-11-01")];
    let outcomes = unapplied(&waivers, report().accounts[0].as_of);
    let states: Vec<_> = outcomes.iter().map(State::from_outcome).collect();
    assert_eq!(states, [State::Expired, State::InForce]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| !outcome.judged && outcome.fails == 0)
    );
}

#[test]
fn the_findings_of_a_waiver_are_found() {
    let names = |resource: &str| -> Vec<String> {
        let report = report();
        let found = matching(&report, &waiver("old-key", resource, "2020-01-01"));
        found
            .iter()
            .map(|finding| finding.resource.name.clone())
            .collect()
    };
    assert_eq!(names("*a*e*"), ["dave"]);
    assert_eq!(names("key ?"), ["key 1"], "key 2 passes");
}

/// Four times as many findings take about four times as long: 16 times, if each were compared with each. Other programs
/// may slow down a run, so the fastest of a few counts.
#[test]
fn many_findings_take_no_time_of_higher_order() {
    let one_each = |index| waiver("old-key", &format!("*:user-{index}"), "2026-12-31");
    let waivers: Vec<_> = (0..100).map(one_each).collect();
    let mut reports = [2_500, 10_000].map(of_size);
    let mut fastest = [f64::INFINITY; 2];
    let mut is_linear = false;
    for _ in 0..6 {
        for (report, fastest) in reports.iter_mut().zip(&mut fastest) {
            let start = Instant::now();
            apply(report, &waivers);
            *fastest = fastest.min(start.elapsed().as_secs_f64());
            assert_eq!(report.accounts[0].tallies["old-key"].waived, 100);
        }
        is_linear |= fastest[1] < fastest[0] * 10.0;
    }
    assert!(is_linear, "{fastest:?}");
}
