//! Describes what makes a run less strict than by default, or its evidence less reliable.

use portcullis_model::{Loosening, LooseningChange, Report, Run};

use crate::words::{Shared, counted, day, few};

/// How many rules or patterns are named.
const NAMED: usize = 3;

/// Counts the verdicts that [`LooseningChange::AllowUnknown`] covers, using the report's tallies.
pub fn count(report: &mut Report) {
    let mut run = std::mem::take(&mut report.run);
    for loosening in &mut run.loosened {
        if let LooseningChange::AllowUnknown { rule, unknown } = &mut loosening.change {
            *unknown = report.tally(rule).unknown;
        }
    }
    report.run = run;
}

/// Adds the loosenings of another run without duplicates. The numbers of unknown verdicts add up.
pub(crate) fn add(joined: &mut Run, other: Run) {
    for file in other.configuration {
        if !joined.configuration.contains(&file) {
            joined.configuration.push(file);
        }
    }
    joined.shares.extend(other.shares);
    for loosening in other.loosened {
        let mut known = joined.loosened.iter_mut();
        match known.find(|known| is_same(known, &loosening)) {
            Some(known) => add_unknown(known, &loosening),
            None => joined.loosened.push(loosening),
        }
    }
}

/// Sorts loosenings by account, those about none first, and shares without duplicates.
pub(crate) fn sort(joined: &mut Run) {
    joined.shares.sort_unstable();
    joined.shares.dedup();
    joined
        .loosened
        .sort_by(|one, other| account(&one.change).cmp(&account(&other.change)));
}

fn is_same(one: &Loosening, other: &Loosening) -> bool {
    use LooseningChange::AllowUnknown;
    match (&one.change, &other.change) {
        (AllowUnknown { rule, .. }, AllowUnknown { rule: of_other, .. }) => {
            rule == of_other && one.origin == other.origin
        }
        _ => one == other,
    }
}

fn add_unknown(joined: &mut Loosening, other: &Loosening) {
    if let LooseningChange::AllowUnknown { unknown, .. } = &mut joined.change
        && let LooseningChange::AllowUnknown { unknown: more, .. } = &other.change
    {
        *unknown += more;
    }
}

/// Describes what loosens the run, in phrases that say where it was chosen.
pub fn describe(report: &Report) -> Vec<String> {
    describe_those(report, |_| true)
}

/// Does the same for some changes. Several accounts with the same change share a phrase.
pub fn describe_those(
    report: &Report,
    is_wanted: impl Fn(&LooseningChange) -> bool,
) -> Vec<String> {
    let mut phrases = Shared::default();
    for Loosening { origin, change } in &report.run.loosened {
        if is_wanted(change) {
            let mut phrase = describe_change(change);
            if let Some(origin) = origin {
                phrase = format!("{phrase} ({origin})");
            }
            phrases.add(phrase, account(change));
        }
    }
    phrases.led(report)
}

/// Says if shares are missing from the joined report, and if their periods differ.
pub fn wrong_shares(report: &Report) -> impl Iterator<Item = String> {
    let loosened = report.run.loosened.iter();
    loosened.filter_map(|Loosening { change, .. }| match change {
        LooseningChange::MissingShares { .. } | LooseningChange::DifferentPeriods => {
            Some(describe_change(change))
        }
        _ => None,
    })
}

/// The account that a change is about, if any.
fn account(change: &LooseningChange) -> Option<&str> {
    match change {
        LooseningChange::Endpoint { account, .. }
        | LooseningChange::Unverified { account }
        | LooseningChange::ReportDate { account } => Some(account),
        _ => None,
    }
}

/// The phrase for shares that do not go together.
pub const DIFFERENT_PERIODS: &str = "the shares of the accounts cover different periods";

fn describe_change(change: &LooseningChange) -> String {
    match change {
        LooseningChange::Only { rules } => format!("only {} is judged", few(rules, NAMED)),
        LooseningChange::Frameworks { frameworks } => {
            format!("only the rules of {} are judged", few(frameworks, NAMED))
        }
        LooseningChange::Skip { rule } => format!("{rule} is not judged"),
        LooseningChange::Severity { rule, default, value } => {
            format!("{rule} is {} instead of {}", value.word(), default.word())
        }
        LooseningChange::Parameter { rule, name, default, value } => {
            format!("{name} of {rule} is {value} instead of {default}")
        }
        LooseningChange::Class { class, patterns } => {
            format!("users with {} are declared {} users", few(patterns, NAMED), class.word())
        }
        LooseningChange::PasswordPolicyChanged { value } => {
            format!("the configuration says that the password policy changed on {}", day(*value))
        }
        LooseningChange::AllowUnknown { rule, unknown: 0 } => format!("{rule} may stay unknown"),
        LooseningChange::AllowUnknown { rule, unknown } => {
            format!(
                "{rule} may stay unknown, which covers {}",
                counted(*unknown as usize, "verdict")
            )
        }
        LooseningChange::FailOn { value } => {
            format!("findings less severe than {} do not affect the exit status", value.word())
        }
        LooseningChange::ExitZero => "the exit status is 0 whatever was found".to_owned(),
        LooseningChange::Baseline => "findings in the baseline do not count".to_owned(),
        LooseningChange::FewerAccounts { exclude, units } if units.is_empty() => {
            format!("{} is not audited", few(exclude, NAMED))
        }
        LooseningChange::FewerAccounts { units, .. } => {
            format!("only accounts below {} are audited", few(units, NAMED))
        }
        LooseningChange::OwnAccounts => "the accounts listed in the --accounts file count as your own".to_owned(),
        LooseningChange::SeparateReports => {
            "paths from one account into another are judged only within each of the joined reports"
                .to_owned()
        }
        LooseningChange::MissingShares { shares } => {
            format!("reports for some shares of the accounts are missing: {}", few(shares, NAMED))
        }
        LooseningChange::DifferentPeriods => DIFFERENT_PERIODS.to_owned(),
        LooseningChange::Endpoint { url, .. } => {
            format!("{url} answered instead of AWS's own endpoint")
        }
        LooseningChange::Unverified { .. } => {
            "the evidence has no manifest, so it is not verified".to_owned()
        }
        LooseningChange::ReportDate { .. } => {
            "ages are measured at the date of the credential report (`audit --as-of now` measures them today)"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Severity, UserClass};
    use serde_json::json;

    use super::*;

    #[test]
    fn each_change_is_a_phrase() {
        let rule = || "stale-access-key".to_owned();
        assert_eq!(
            describe_change(&LooseningChange::Severity {
                rule: rule(),
                default: Severity::Medium,
                value: Severity::Info,
            }),
            "stale-access-key is info instead of medium"
        );
        assert_eq!(
            describe_change(&LooseningChange::Parameter {
                rule: rule(),
                name: "max_age_days".to_owned(),
                default: json!(90),
                value: json!(400),
            }),
            "max_age_days of stale-access-key is 400 instead of 90"
        );
        assert_eq!(
            describe_change(&LooseningChange::AllowUnknown { rule: rule(), unknown: 1 }),
            "stale-access-key may stay unknown, which covers 1 verdict"
        );
        assert_eq!(
            describe_change(&LooseningChange::Class {
                class: UserClass::Service,
                patterns: ["names \"a\"", "names \"b\"", "names \"c\"", "names \"d\""]
                    .map(str::to_owned)
                    .to_vec(),
            }),
            "users with names \"a\", names \"b\", names \"c\" and 1 more are declared service users"
        );
    }
}
