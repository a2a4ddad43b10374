//! The root user, decided from three sources.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use portcullis_model::{Fact, MfaDevice, Root, RootClaim, Source, Sources};

use super::answers::Answers;
use super::credential_report::{ROOT, Row};
use super::facts::{any, known_or, latest};
use super::gaps::Gaps;
use super::time::days;

/// One point on which sources speak.
type Point = fn(&RootClaim) -> Option<bool>;

/// All that is known about root.
pub(super) fn root(answers: &Answers, devices: &Fact<Vec<MfaDevice>>, gaps: &mut Gaps) -> Root {
    let row = row(answers);
    let own = own_devices(answers, devices);
    let claims = claims(answers, row, &own);
    let unanswered = gaps.has_failed(Source::AccountSummary);
    let mut decide = |flag: &str, point: Point, sound: bool, fallback: Fact<bool>| {
        let fact = decide(point, &claims, answers).or_else(|| fallback);
        let live = claims.iter().any(|claim| point(claim).is_some() && !is_report(claim));
        if unanswered && !live && fact == Fact::Known(sound) {
            // The report is older than the answer that is lost, and may have been overtaken.
            return Fact::missing(Source::AccountSummary);
        }
        explain(fact, flag, gaps);
        fact
    };
    let none = Fact::Missing(Sources::NONE);
    // In GovCloud, root cannot sign in to the console:
    // https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-account-root-user.html
    let has_console = answers.identity.partition != "aws-us-gov";
    let no_password = if has_console { none } else { Fact::Known(false) };
    let active_key = row.and_then(|row| any(row.keys.each_ref().map(|key| key.active)));
    let active_certificate =
        row.and_then(|row| any(row.certificates.each_ref().map(|slot| slot.active)));
    let password = decide("AccountPasswordPresent", |claim| claim.password, false, no_password);
    let access_key =
        decide("AccountAccessKeysPresent", |claim| claim.access_key, false, active_key);
    let certificate = decide(
        "AccountSigningCertificatesPresent",
        |claim| claim.signing_certificate,
        false,
        active_certificate,
    );
    let mfa = decide("AccountMFAEnabled", |claim| claim.mfa, true, none);
    let last_use = row.and_then(last_use);
    Root {
        arn: answers.identity.root_arn(),
        password_enabled: password,
        has_access_key: access_key,
        has_signing_certificate: certificate,
        has_credential: password.or(access_key).or(certificate),
        mfa_active: mfa,
        virtual_mfa_devices: own,
        last_used: last_use.map(|last| last.map(|(at, _)| at)),
        last_used_credential: last_use
            .map(|last| last.map(|(_, credential)| credential.to_owned())),
        idle_days: last_use.map(|last| last.map(|(at, _)| days(at, answers.as_of))),
        disagreements: disagreements(&claims, gaps),
        claims,
    }
}

fn row(answers: &Answers) -> Fact<&Row> {
    let report = answers.report.as_ref();
    report.and_then(|report| known_or(report.root.as_ref(), Source::CredentialReport))
}

/// The devices whose owner is exactly root, which a user named `groot` is not.
fn own_devices(answers: &Answers, devices: &Fact<Vec<MfaDevice>>) -> Fact<Vec<MfaDevice>> {
    let arn = answers.identity.root_arn();
    let of_root = |device: &&MfaDevice| device.owner_arn.as_ref() == Some(&arn);
    devices.as_ref().map(|devices| devices.iter().filter(of_root).cloned().collect())
}

fn claims(answers: &Answers, row: Fact<&Row>, own: &Fact<Vec<MfaDevice>>) -> Vec<RootClaim> {
    let report = row.known().map(|row| report_claim(row, answers.report_made()));
    let summary_at = answers.collected_at(Source::AccountSummary);
    let summary = answers.summary.as_ref().known();
    let summary = summary.map(|summary| summary_claim(summary, summary_at));
    let devices_at = answers.collected_at(Source::VirtualMfaDevices);
    let devices = own.as_ref().known().map(|own| RootClaim {
        at: devices_at.or(own.iter().filter_map(|device| device.enabled).max()),
        // Without a virtual device root may still have another kind.
        mfa: (!own.is_empty()).then_some(true),
        ..silent(Source::VirtualMfaDevices)
    });
    [report, summary, devices].into_iter().flatten().collect()
}

fn report_claim(row: &Row, at: Option<Timestamp>) -> RootClaim {
    let keys = row.keys.each_ref().map(|key| (key.active, key.filled));
    let certificates = row.certificates.each_ref().map(|slot| (slot.active, slot.filled));
    RootClaim {
        at,
        password: row.password_enabled.known(),
        access_key: claimed(keys),
        signing_certificate: claimed(certificates),
        mfa: row.mfa_active.known(),
        ..silent(Source::CredentialReport)
    }
}

/// Of slots, each active and filled or not, whether one is in use. An inactive credential is no
/// claim either way: whether the summary counts such is not documented.
fn claimed(slots: [(Fact<bool>, Fact<bool>); 2]) -> Option<bool> {
    match (any(slots.map(|slot| slot.0)), any(slots.map(|slot| slot.1))) {
        (Fact::Known(true), _) => Some(true),
        (_, Fact::Known(false)) => Some(false),
        _ => None,
    }
}

fn summary_claim(summary: &BTreeMap<String, i64>, at: Option<Timestamp>) -> RootClaim {
    let flag = |name| summary.get(name).map(|&count| count > 0);
    RootClaim {
        at,
        password: flag("AccountPasswordPresent"),
        access_key: flag("AccountAccessKeysPresent"),
        signing_certificate: flag("AccountSigningCertificatesPresent"),
        mfa: flag("AccountMFAEnabled"),
        ..silent(Source::AccountSummary)
    }
}

fn is_report(claim: &RootClaim) -> bool {
    claim.source == Source::CredentialReport.name()
}

fn silent(source: Source) -> RootClaim {
    RootClaim {
        source: source.name().to_owned(),
        at: None,
        password: None,
        access_key: None,
        signing_certificate: None,
        mfa: None,
    }
}

/// What the most trusted source says that speaks on the point: live answers before the report,
/// unless they are known to be older, and a device before the summary's flag, as it is a proof.
fn decide(point: Point, claims: &[RootClaim], answers: &Answers) -> Fact<bool> {
    let rank = |claim: &&RootClaim| match Source::from_name(&claim.source) {
        Some(Source::CredentialReport) => 1,
        _ if !answers.outranks_report(claim.at) => 0,
        Some(Source::AccountSummary) => 2,
        _ => 3,
    };
    let speaking = claims.iter().filter(|claim| point(claim).is_some());
    match speaking.max_by_key(rank).and_then(point) {
        Some(answer) => Fact::Known(answer),
        None => {
            Fact::Missing(Sources::from_iter([Source::CredentialReport, Source::AccountSummary]))
        }
    }
}

fn explain(fact: Fact<bool>, flag: &str, gaps: &mut Gaps) {
    if let Fact::Missing(sources) = fact {
        let message = format!("neither root's row in the report nor {flag} in the summary tells");
        gaps.explain(sources, ROOT, "NotTold", &message);
    }
}

/// The latest use of root's password or of either key, and which it was.
fn last_use(row: &Row) -> Fact<Option<(Timestamp, &'static str)>> {
    let [first, second] = &row.keys;
    let uses = [
        (row.password_last_used, "password"),
        (first.last_used, "access key 1"),
        (second.last_used, "access key 2"),
    ];
    latest(uses.map(|(date, credential)| date.map(|date| date.map(|date| (date, credential)))))
}

/// The points on which the claims differ. That there is none is known only once every source has spoken.
fn disagreements(claims: &[RootClaim], gaps: &mut Gaps) -> Fact<Vec<String>> {
    let points: [(&str, Point); 4] = [
        ("password", |claim| claim.password),
        ("access key", |claim| claim.access_key),
        ("signing certificate", |claim| claim.signing_certificate),
        ("MFA", |claim| claim.mfa),
    ];
    let speaks = |claim: &RootClaim| points.iter().any(|(_, point)| point(claim).is_some());
    let silent = silent_sources(claims, speaks);
    let found: Vec<_> =
        points.iter().filter_map(|(name, point)| disagreement(name, *point, claims)).collect();
    if found.is_empty() && !silent.is_empty() {
        gaps.explain(silent, ROOT, "NotTold", "says nothing about root");
        return Fact::Missing(silent);
    }
    Fact::Known(found)
}

/// The sources that do not speak of root and should; a list without a device of root rightly does not.
fn silent_sources(claims: &[RootClaim], speaks: impl Fn(&RootClaim) -> bool) -> Sources {
    let sources = [Source::CredentialReport, Source::AccountSummary, Source::VirtualMfaDevices];
    let silent = |source: &Source| {
        let claim = claims.iter().find(|claim| claim.source == source.name());
        claim.is_none_or(|claim| !speaks(claim) && *source != Source::VirtualMfaDevices)
    };
    sources.into_iter().filter(silent).collect()
}

fn disagreement(name: &str, point: Point, claims: &[RootClaim]) -> Option<String> {
    let answers: Vec<(&str, bool)> =
        claims.iter().filter_map(|claim| Some((claim.source.as_str(), point(claim)?))).collect();
    let first = answers.first()?.1;
    if answers.iter().all(|&(_, answer)| answer == first) {
        return None;
    }
    let word = |answer| if answer { "yes" } else { "no" };
    let says = answers.iter().map(|&(source, answer)| format!("{source} says {}", word(answer)));
    Some(format!("{name}: {}", says.collect::<Vec<_>>().join(", ")))
}
