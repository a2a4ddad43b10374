//! Reports of different accounts, joined.

use crate::support::history::{NEW, OLD, at, fails, list_of, of_severity, unknown};
use crate::support::{activity, hostile, moved, rendered};
use portcullis_model::{
    AccountStatus, Finding, Report, Run, Severity, Share, Waiver, WaiverOutcome,
};
use portcullis_report::{Conflict, Format, Join, Outcome, Unmergeable, loosened, merge, waivers};
use proptest::prelude::*;
use serde_json::json;

const OTHER: &str = "444455556666";

/// That finding in each account, one a report.
fn two(first: Finding, second: Finding) -> [Report; 2] {
    [at(OLD, [first]), moved(at(NEW, [second]), "aws", OTHER)]
}

fn conflict(first: Report, second: Report) -> Conflict {
    match merge(vec![first, second]) {
        Err(Unmergeable::Pair { places: [0, 1], conflict }) => conflict,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_report_stays_as_it_is() {
    let report = || at(OLD, [fails("a"), fails("b")]);
    assert_eq!(merge(vec![report()]), Ok(report()));
    assert_eq!(merge(Vec::new()), Err(Unmergeable::Nothing));
}

#[test]
fn accounts_keep_their_times_and_findings_come_the_gravest_first() {
    let low = of_severity(Severity::Low, fails("a"));
    let [first, second] = two(low, of_severity(Severity::High, fails("z")));
    let joined = merge(vec![second.clone(), first.clone()]).unwrap();
    let times: Vec<_> = joined
        .accounts
        .iter()
        .map(|a| (a.id.as_str(), a.as_of.to_string()))
        .collect();
    assert_eq!(times, [("111122223333", OLD.to_owned()), (OTHER, NEW.to_owned())]);
    let whose: Vec<_> = joined.findings.iter().map(|f| f.account.as_str()).collect();
    assert_eq!(whose, [OTHER, "111122223333"]);
    assert_eq!(merge(vec![first, second]), Ok(joined));
}

#[test]
fn of_one_severity_the_urgent_findings_come_first() {
    let urgent = |name| Finding { urgent: true, ..fails(name) };
    let [first, second] = two(fails("a"), urgent("z"));
    let severe = of_severity(Severity::High, fails("m"));
    let third = moved(at(OLD, [severe]), "aws", "777788889999");
    let joined = merge(vec![first, second, third]).unwrap();
    let whose: Vec<_> = joined
        .findings
        .iter()
        .map(|f| f.resource.name.as_str())
        .collect();
    assert_eq!(whose, ["user/m", "user/z", "user/a"]);
}

/// Shares of one split go together: of several splits, one that is whole has all accounts.
#[test]
fn shares_that_are_missing_are_named_and_make_the_whole_incomplete() {
    let share = |text: &str| {
        let (index, count) = text.split_once('/').unwrap();
        Share { count: count.parse().unwrap(), index: index.parse().unwrap() }
    };
    let joined = |shares: &[&[&str]]| {
        let mut join = Join::default();
        for own in shares {
            let mut report = at(OLD, []);
            let shares = own.iter().map(|text| share(text)).collect();
            report.run = Run { shares, ..Run::default() };
            join.add(report, Vec::new()).unwrap();
        }
        let missing: Vec<String> = join
            .expect_all_shares()
            .iter()
            .map(Share::to_string)
            .collect();
        (missing, join.finish().unwrap())
    };
    let (missing, report) = joined(&[&["4/5"], &["1/5"], &["2/5"], &["1/5"]]);
    assert_eq!(missing, ["3/5", "5/5"]);
    assert_eq!(report.run.shares, ["1/5", "2/5", "4/5"].map(share));
    let says = "reports for some shares of the accounts are missing: 3/5, 5/5";
    assert_eq!(loosened::describe(&report), [says]);
    let outcome = Outcome::from_parts(&report, [AccountStatus::Complete], []);
    let status = "Exit status 3: nothing failed at severity low or above, but reports for some shares of the accounts are missing.";
    assert_eq!(outcome.to_string(), status);
    // What was missing once may come later.
    let mut join = Join::default();
    join.add(report, Vec::new()).unwrap();
    join.add(joined(&[&["3/5"], &["5/5"]]).1, Vec::new())
        .unwrap();
    assert_eq!(join.expect_all_shares(), []);
    assert_eq!(join.finish().unwrap().run, Run::default());
    for whole in [&[&["1/2"][..], &["2/2"], &["3/5"]][..], &[&["1/1"]], &[&[]]] {
        assert_eq!(joined(whole).0, [""; 0]);
    }
    let huge = format!("7/{}", u64::MAX);
    assert_eq!(joined(&[&[&huge]]).0[5..7], ["6", "8"].map(|it| format!("{it}/{}", u64::MAX)));
}

/// What is recorded of some accounts for a week and of others for a day is not one report.
#[test]
fn shares_of_different_periods_make_the_whole_incomplete() {
    let joined = |days: [&str; 2], with_shares: bool| {
        let mut join = Join::default();
        for (index, day) in (1..).zip(days) {
            let mut report = at(OLD, []);
            let period =
                json!({ "from": "2026-11-01T00:00:00Z", "to": format!("{day}T00:00:00Z") });
            report.activity = vec![activity(json!({ "period": period }))];
            let shares = with_shares.then_some(Share { count: 2, index });
            report.run = Run { shares: shares.into_iter().collect(), ..Run::default() };
            join.add(report, Vec::new()).unwrap();
        }
        let differ = join.compare_periods();
        assert_eq!(join.expect_all_shares(), []);
        (differ, join.finish().unwrap())
    };
    assert!(!joined(["2026-11-08", "2026-11-08"], true).0);
    assert!(!joined(["2026-11-08", "2026-11-02"], false).0, "they were not split");
    let (differ, report) = joined(["2026-11-08", "2026-11-02"], true);
    assert!(differ);
    let says = "the shares of the accounts cover different periods";
    assert_eq!(loosened::describe(&report), [says]);
    let outcome = Outcome::from_parts(&report, [AccountStatus::Complete], []);
    let status = format!("Exit status 3: nothing failed at severity low or above, but {says}.");
    assert_eq!(outcome.to_string(), status);
}

#[test]
fn an_account_is_another_in_another_partition() {
    let china = moved(at(OLD, [fails("a")]), "aws-cn", "111122223333");
    assert_eq!(
        merge(vec![at(OLD, [fails("a")]), china])
            .unwrap()
            .accounts
            .len(),
        2
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    type Edit = fn(&mut Report);
    let [first, second] = two(fails("a"), fails("b"));
    assert_eq!(
        conflict(first.clone(), at(NEW, [])),
        Conflict::SameAccount("111122223333".to_owned())
    );
    let nobodys = |report| moved(report, "aws", "unknown");
    assert_eq!(conflict(nobodys(first.clone()), nobodys(second.clone())), Conflict::Unidentified);
    let edits: [(Edit, Conflict); 7] = [
        (|report| report.options.redacted = true, Conflict::Redaction),
        (|report| report.tool.version.push('1'), Conflict::Version),
        (|report| report.tool.ruleset.push('1'), Conflict::Rules),
        (|report| report.rules.truncate(1), Conflict::Rules),
        (|report| report.rules[0].hash.push('1'), Conflict::Rules),
        (|report| report.options.gate.fail_on = Severity::High, Conflict::Options),
        (|report| report.options.rule_set.push('1'), Conflict::Options),
    ];
    for (edit, expected) in edits {
        let mut edited = second.clone();
        edit(&mut edited);
        assert_eq!(conflict(first.clone(), edited.clone()), expected);
        assert_eq!(conflict(edited, first.clone()), expected);
    }
    // Which two of many.
    let third = moved(at(OLD, []), "aws", "777788889999");
    let places = [1, 3];
    assert_eq!(
        merge(vec![first, second.clone(), third, second]),
        Err(Unmergeable::Pair { places, conflict: Conflict::SameAccount(OTHER.to_owned()) })
    );
}

#[test]
fn the_worst_account_decides() {
    let sentence =
        |reports: [Report; 2]| Outcome::new(&merge(reports.to_vec()).unwrap()).to_string();
    assert_eq!(
        sentence(two(fails("a"), fails("b"))),
        "Exit status 1: 2 findings have severity low or above."
    );
    let fine = |report: Report| Report { findings: Vec::new(), ..report };
    let [first, second] = two(fails("a"), unknown("b"));
    assert_eq!(
        sentence([fine(first.clone()), second.clone()]),
        "Exit status 3: nothing failed at severity low or above, but idle-user was not fully judged."
    );
    let mut dark = fine(second);
    dark.accounts[0].status = AccountStatus::Failed;
    assert_eq!(
        sentence([fine(first), dark]),
        "Exit status 3: nothing failed at severity low or above, but nothing could be collected from \
         1 of the 2 accounts."
    );
}

fn waiver(resource: &str, account: &str) -> Waiver {
    Waiver {
        rule: "idle-user".to_owned(),
        resource: resource.to_owned(),
        account: account.to_owned(),
        reason: "accepted".to_owned(),
        owner: "ops@example.com".to_owned(),
        expires: "2026-11-30".parse().unwrap(),
    }
}

/// What became of the waivers, decided account by account and then joined.
fn waived(reports: &[Report; 2], all: &[Waiver]) -> Vec<WaiverOutcome> {
    let mut apart = reports.clone();
    for report in &mut apart {
        waivers::apply(report, all);
    }
    let joined = merge(apart.to_vec()).unwrap();
    let mut together = merge(reports.to_vec()).unwrap();
    waivers::apply(&mut together, all);
    assert_eq!(joined, together, "as if they had been decided together");
    joined.waivers
}

#[test]
fn waivers_are_those_of_all_accounts() {
    let [first, second] = two(fails("a"), fails("a"));
    let everywhere = [waiver("user/a", "*")];
    let [outcome] = &waived(&[first.clone(), second.clone()], &everywhere)[..] else {
        panic!()
    };
    // Days are counted from the later of the two days.
    assert_eq!((outcome.fails, outcome.judged, outcome.days_left), (2, true, 27));
    // The account that has nothing for it does not make it useless, nor does one without any evidence.
    let elsewhere = [waiver("user/b", "*"), waiver("user/b", OTHER)];
    let mut dark = second.clone();
    dark.accounts[0].status = AccountStatus::Failed;
    for (second, judged) in [
        (second, [true, true]),
        (dark, [false, false]),
        (moved(at(NEW, [list_of("idle-user")]), "aws", OTHER), [false, false]),
    ] {
        let outcomes = waived(&[first.clone(), second], &elsewhere);
        assert_eq!([outcomes[0].judged, outcomes[1].judged], judged);
    }
    let mut dark = first;
    dark.accounts[0].status = AccountStatus::Failed;
    let outcomes = waived(&[dark, moved(at(NEW, []), "aws", OTHER)], &elsewhere);
    assert_eq!([outcomes[0].judged, outcomes[1].judged], [false, true]);
}

#[test]
fn every_format_writes_many_accounts() {
    let joined = merge(vec![hostile(), moved(hostile(), "aws", OTHER)]).unwrap();
    // GitHub shows the first ten of a severity, and counts the others.
    for &format in Format::ALL
        .iter()
        .filter(|format| **format != Format::Github)
    {
        let text = rendered(&joined, format);
        for id in ["111122223333", OTHER] {
            assert!(text.contains(id), "{id} in {}", format.name());
        }
    }
}

proptest! {
    /// However findings are spread over accounts, and in whatever order reports are given.
    #[test]
    fn the_order_of_reports_means_nothing(
        names in prop::collection::vec(("[a-c]", 0..3_usize), 0..9),
        turn in 0..3_usize,
    ) {
        let ids = ["111122223333", OTHER, "777788889999"];
        let of = |at_account: usize| {
            let own = names.iter().filter(|(_, account)| *account == at_account);
            let mut names: Vec<_> = own.map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            moved(at(OLD, names.into_iter().map(fails)), "aws", ids[at_account])
        };
        let mut reports: Vec<Report> = (0..3).map(of).collect();
        let count: usize = reports.iter().map(|report| report.findings.len()).sum();
        let joined = merge(reports.clone()).unwrap();
        prop_assert_eq!(joined.findings.len(), count);
        prop_assert!(joined.findings.is_sorted_by(|a, b| a.order() <= b.order()));
        prop_assert!(joined.accounts.is_sorted_by(|a, b| a.account_ref() < b.account_ref()));
        reports.rotate_left(turn);
        prop_assert_eq!(merge(reports).unwrap(), joined);
    }
}
