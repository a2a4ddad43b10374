//! The facts about the root user, decided from three sources, or from a root session.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portcullis_model::{
    Fact, Gap, MfaDevice, MfaKind, Root, RootAccessKey, RootClaim, Source, Sources, has_root_user,
};

use super::answers::Answers;
use super::credential_report::{ROOT, ReportRow};
use super::facts::{if_complete, known_or, latest};
use super::gaps::Gaps;
use super::mfa::{first_of_all, new_device, of_the_future};
use super::time::{days, may_be_since};
use crate::shapes::{AccessKeyLastUsed, RootCredentials};

/// The age up to which a credential report counts as current about the use of root.
const DAYS_OF_A_CURRENT_REPORT: f64 = 7.0;

/// A question that several sources answer.
struct Point {
    name: &'static str,
    /// The key in the account summary, which AWS always sends.
    flag: &'static str,
    /// The harmless answer.
    sound: bool,
    of: fn(&RootClaim) -> Option<bool>,
    /// The answer of a root session, which sees every credential and device.
    shown: fn(&RootCredentials) -> bool,
    /// Whether a root session shows one at all, which may be inactive.
    listed: fn(&RootCredentials) -> bool,
}

const PASSWORD: Point = Point {
    name: "password",
    flag: "AccountPasswordPresent",
    sound: false,
    of: |claim| claim.password,
    shown: |session| session.login_profile.is_some(),
    listed: |session| session.login_profile.is_some(),
};
const ACCESS_KEY: Point = Point {
    name: "access key",
    flag: "AccountAccessKeysPresent",
    sound: false,
    of: |claim| claim.access_key,
    shown: |session| session.access_keys.iter().any(|key| is_usable(&key.status)),
    listed: |session| !session.access_keys.is_empty(),
};
const CERTIFICATE: Point = Point {
    name: "signing certificate",
    flag: "AccountSigningCertificatesPresent",
    sound: false,
    of: |claim| claim.signing_certificate,
    shown: |session| {
        session
            .certificates
            .iter()
            .any(|found| is_usable(&found.status))
    },
    listed: |session| !session.certificates.is_empty(),
};
const MFA: Point = Point {
    name: "MFA",
    flag: "AccountMFAEnabled",
    sound: true,
    of: |claim| claim.mfa,
    shown: |session| !session.mfa_devices.is_empty(),
    listed: |session| !session.mfa_devices.is_empty(),
};

const POINTS: [Point; 4] = [PASSWORD, ACCESS_KEY, CERTIFICATE, MFA];

/// Whether a key or certificate with this status can be used; an unknown status counts as usable.
fn is_usable(status: &str) -> bool {
    !["inactive", "expired"]
        .iter()
        .any(|unusable| status.eq_ignore_ascii_case(unusable))
}

/// Returns the facts about root.
pub(super) fn root(answers: &Answers, devices: &Fact<Vec<MfaDevice>>, gaps: &mut Gaps) -> Root {
    if !exists(answers) {
        return no_root(answers.identity.root_arn());
    }
    let row = row(answers);
    let own = own_devices(answers, devices);
    let asked = answers.root_credentials.as_ref();
    let opened = asked.known().and_then(Option::as_ref);
    let opened = opened.filter(|asked| asked.session.is_some());
    let claims = claims(answers, row, &own, opened);
    let sources = Claims { all: &claims, opened, answers };
    let [password, access_key, certificate, mfa] = sources.credentials(row, gaps);
    let mfa = unless_doubtful(mfa, &own, opened, answers, gaps);
    let in_report = row.and_then(last_use);
    let last_use = opened.map_or(in_report, |session| last_use_with(session, in_report));
    let unseen_days = opened.map_or_else(|| unseen_days(answers), |_| Fact::Known(0.0));
    let arn = answers.identity.root_arn();
    Root {
        password_enabled: password,
        has_access_key: access_key,
        has_signing_certificate: certificate,
        has_credential: password.or(access_key).or(certificate),
        mfa_active: mfa,
        virtual_mfa_devices: own.or_else(|| virtual_devices(opened, &arn)),
        mfa_devices: asked.map(|_| opened.map(|session| all_devices(session, &arn))),
        access_keys: asked.map(|_| opened.map(access_keys)),
        arn,
        exists: true,
        last_used: last_use.map(|last| last.map(|(at, _)| at)),
        last_used_credential: last_use.map(credential),
        idle_days: last_use.map(|last| last.map(|(at, _)| days(at, answers.as_of))),
        unseen_days,
        used_since_report: used_since_report(unseen_days, gaps),
        disagreements: disagreements(&claims, row, answers, gaps),
        claims,
    }
}

/// What the sources say about root.
struct Claims<'a> {
    all: &'a [RootClaim],
    /// The root session, which outranks the claims.
    opened: Option<&'a RootCredentials>,
    answers: &'a Answers,
}

impl Claims<'_> {
    /// Returns whether root has each of the [`POINTS`].
    fn credentials(&self, row: Fact<&ReportRow>, gaps: &mut Gaps) -> [Fact<bool>; 4] {
        let unknown = Fact::Missing(Sources::NONE);
        let active_key = row.and_then(|row| row.any(row.keys.each_ref().map(|key| key.active)));
        let active_certificate =
            row.and_then(|row| row.any(row.certificates.each_ref().map(|slot| slot.active)));
        let has_password_claim = self.all.iter().any(|claim| claim.password.is_some());
        let password = if has_console(self.answers) || has_password_claim {
            self.credential(&PASSWORD, unknown, gaps)
        } else {
            Fact::Known(false)
        };
        [
            password,
            self.credential(&ACCESS_KEY, active_key, gaps),
            self.credential(&CERTIFICATE, active_certificate, gaps),
            self.credential(&MFA, unknown, gaps),
        ]
    }

    fn credential(&self, point: &Point, fallback: Fact<bool>, gaps: &mut Gaps) -> Fact<bool> {
        let Claims { all, opened, answers } = self;
        if let Some(session) = opened {
            return shown(point, session, answers, gaps);
        }
        let mut fact = decide(point, all, answers).or_else(|| fallback);
        let mut live = all.iter().filter(|claim| !is_report(claim));
        let live = live.any(|claim| (point.of)(claim).is_some());
        let has_summary = answers.summary.as_ref().known().is_some();
        let is_lost = has_summary || gaps.has_failed(Source::AccountSummary);
        if is_lost && !live && fact == Fact::Known(point.sound) {
            // The report is older than the summary's lost answer, and may be outdated.
            fact = Fact::missing(Source::AccountSummary);
        }
        explain(fact, point.flag, gaps);
        fact
    }
}

fn credential(last_use: Option<(Timestamp, &str)>) -> Option<String> {
    last_use.map(|(_, credential)| credential.to_owned())
}

/// Returns the virtual devices that a root session listed.
fn virtual_devices(opened: Option<&RootCredentials>, arn: &str) -> Fact<Vec<MfaDevice>> {
    let Some(session) = opened else {
        return Fact::Missing(Sources::NONE);
    };
    let mut devices = all_devices(session, arn);
    devices.retain(|device| device.kind == MfaKind::Virtual);
    Fact::Known(devices)
}

/// Whether there is a root user: the partition has them, or an answer shows one.
fn exists(answers: &Answers) -> bool {
    has_root_user(&answers.identity.partition)
        || row(answers).known().is_some()
        || POINTS.iter().any(|point| is_counted(point, answers))
}

/// Whether the account summary says yes to a question.
fn is_counted(point: &Point, answers: &Answers) -> bool {
    answers.counted(point.flag).is_some_and(|count| count > 0)
}

/// Returns the facts for an account without a root user.
fn no_root(arn: String) -> Root {
    Root {
        arn,
        exists: false,
        password_enabled: Fact::Known(false),
        has_access_key: Fact::Known(false),
        has_signing_certificate: Fact::Known(false),
        has_credential: Fact::Known(false),
        mfa_active: Fact::Known(false),
        virtual_mfa_devices: Fact::Known(Vec::new()),
        mfa_devices: Fact::Known(None),
        access_keys: Fact::Known(None),
        last_used: Fact::Known(None),
        last_used_credential: Fact::Known(None),
        idle_days: Fact::Known(None),
        unseen_days: Fact::Known(0.0),
        used_since_report: Fact::Known(false),
        claims: Vec::new(),
        disagreements: Fact::Known(Vec::new()),
    }
}

/// Returns the days since the report was generated, or at least an upper bound.
fn unseen_days(answers: &Answers) -> Fact<f64> {
    answers
        .report
        .as_ref()
        .and_then(|report| match report.generated_at {
            Some(made) => Fact::Known(days(made, answers.as_of).max(0.0)),
            // The report cannot be older than its newest date.
            None if report.is_bare => {
                let newest = report.rows().filter_map(ReportRow::newest).max();
                newest.map_or(Fact::missing(Source::CredentialReport), |newest| {
                    Fact::Known(days(newest, answers.as_of).max(0.0))
                })
            }
            None => Fact::missing(Source::CredentialReport),
        })
}

/// Whether root was used since the report; missing if the report is not current.
fn used_since_report(unseen_days: Fact<f64>, gaps: &mut Gaps) -> Fact<bool> {
    unseen_days.and_then(|days| {
        if days <= DAYS_OF_A_CURRENT_REPORT {
            return Fact::Known(false);
        }
        let message = format!("does not show the use of root in the last {days:.1} days");
        gaps.missing(Source::CredentialReport, ROOT, Gap::OUTDATED, message)
    })
}

/// Returns the answer of a root session; missing if the session lacks a credential that the account
/// summary counts. An inactive one that it counts is there, as it is without a session.
fn shown(
    point: &Point,
    session: &RootCredentials,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<bool> {
    let shown = (point.shown)(session);
    if shown || point.sound || !is_counted(point, answers) {
        return Fact::Known(shown);
    }
    if (point.listed)(session) {
        return Fact::Known(true);
    }
    let (name, flag) = (point.name, point.flag);
    let message = format!("shows no {name}, but {flag} is not 0 in the account summary");
    gaps.missing(Source::RootCredentials, ROOT, "Contradictory", message)
}

/// Whether root can sign in to the console at all; in GovCloud it cannot.
///
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-account-root-user.html>
fn has_console(answers: &Answers) -> bool {
    answers.identity.partition != "aws-us-gov"
}

fn row(answers: &Answers) -> Fact<&ReportRow> {
    let report = answers.report.as_ref();
    report.and_then(|report| known_or(report.root.as_ref(), Source::CredentialReport))
}

/// Returns the devices whose owner's ARN is exactly root's, unlike that of a user named `groot`.
fn own_devices(answers: &Answers, devices: &Fact<Vec<MfaDevice>>) -> Fact<Vec<MfaDevice>> {
    let arn = answers.identity.root_arn();
    devices.as_ref().map(|devices| {
        let mut own = devices.clone();
        own.retain(|device| device.owner_arn.as_ref() == Some(&arn));
        own
    })
}

/// Whether root has MFA; missing if it rests on a doubtful device.
fn unless_doubtful(
    mfa: Fact<bool>,
    own: &Fact<Vec<MfaDevice>>,
    opened: Option<&RootCredentials>,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<bool> {
    let (source, doubt) = match opened {
        Some(session) => {
            let devices = all_devices(session, &answers.identity.root_arn());
            let doubts = devices
                .iter()
                .map(|device| of_the_future(device, answers.as_of));
            (Source::RootCredentials, first_of_all(doubts))
        }
        None => (Source::VirtualMfaDevices, doubt_of_devices(own, answers)),
    };
    match doubt {
        Some(doubt) if mfa == Fact::Known(true) => {
            gaps.missing(source, ROOT, "Contradictory", doubt)
        }
        _ => mfa,
    }
}

/// Returns why no virtual device proves that root has MFA: each one's date lies in the future, or a
/// later account summary counts none.
fn doubt_of_devices(own: &Fact<Vec<MfaDevice>>, answers: &Answers) -> Option<String> {
    let summary = answers.summary.as_ref().known();
    let counted = summary.and_then(|summary| summary.get(MFA.flag).copied());
    if counted == Some(1) {
        return None;
    }
    let asked = answers.collected_at(Source::AccountSummary);
    first_of_all(own.as_ref().known()?.iter().map(|device| {
        if let Some(doubt) = of_the_future(device, answers.as_of) {
            return Some(doubt);
        }
        let dates = device.enabled.zip(asked);
        let is_new = dates.is_some_and(|(date, asked)| may_be_since(date, asked));
        let (serial, flag) = (&device.serial, MFA.flag);
        (counted == Some(0) && !is_new).then(|| {
            format!("{serial} is assigned to root, but {flag} is 0 in the account summary")
        })
    }))
}

fn claims(
    answers: &Answers,
    row: Fact<&ReportRow>,
    own: &Fact<Vec<MfaDevice>>,
    opened: Option<&RootCredentials>,
) -> Vec<RootClaim> {
    let report = row
        .known()
        .map(|row| report_claim(row, answers.report_made()));
    let summary_at = answers.collected_at(Source::AccountSummary);
    let summary = answers
        .summary
        .as_ref()
        .map(|summary| summary_claim(summary, summary_at))
        .known();
    let devices_at = answers.collected_at(Source::VirtualMfaDevices);
    let devices = own.as_ref().known().map(|own| RootClaim {
        at: devices_at.or(own.iter().filter_map(|device| device.enabled).max()),
        // Without a virtual device, root may still have one of another kind.
        mfa: (!own.is_empty()).then_some(true),
        ..silent(Source::VirtualMfaDevices)
    });
    let session_at = answers.collected_at(Source::RootCredentials);
    let session = opened.map(|session| session_claim(session, session_at));
    [report, summary, devices, session]
        .into_iter()
        .flatten()
        .collect()
}

fn report_claim(row: &ReportRow, at: Option<Timestamp>) -> RootClaim {
    let keys = row.keys.each_ref().map(|key| (key.active, key.filled));
    let certificates = row
        .certificates
        .each_ref()
        .map(|slot| (slot.active, slot.filled));
    RootClaim {
        at,
        password: row.password_enabled.known().flatten(),
        access_key: claimed(keys, row),
        signing_certificate: claimed(certificates, row),
        mfa: row.mfa_active.known(),
        ..silent(Source::CredentialReport)
    }
}

/// Returns whether a slot is in use, given whether each is active and filled. Inactive credentials
/// make no claim, since AWS does not document whether the summary counts them.
fn claimed(slots: [(Fact<bool>, Fact<bool>); 2], row: &ReportRow) -> Option<bool> {
    match (row.any(slots.map(|slot| slot.0)), row.any(slots.map(|slot| slot.1))) {
        (Fact::Known(true), _) => Some(true),
        (_, Fact::Known(false)) => Some(false),
        _ => None,
    }
}

fn summary_claim(summary: &BTreeMap<String, i64>, at: Option<Timestamp>) -> RootClaim {
    let says = |point: &Point| summary.get(point.flag).map(|&count| count > 0);
    RootClaim {
        at,
        password: says(&PASSWORD),
        access_key: says(&ACCESS_KEY),
        signing_certificate: says(&CERTIFICATE),
        mfa: says(&MFA),
        ..silent(Source::AccountSummary)
    }
}

fn session_claim(session: &RootCredentials, at: Option<Timestamp>) -> RootClaim {
    // As in the report, an inactive credential makes no claim.
    let says = |point: &Point| {
        let shown = (point.shown)(session);
        (shown || !(point.listed)(session)).then_some(shown)
    };
    RootClaim {
        at,
        password: Some((PASSWORD.shown)(session)),
        access_key: says(&ACCESS_KEY),
        signing_certificate: says(&CERTIFICATE),
        mfa: Some((MFA.shown)(session)),
        ..silent(Source::RootCredentials)
    }
}

fn all_devices(session: &RootCredentials, arn: &str) -> Vec<MfaDevice> {
    let devices = session.mfa_devices.iter();
    devices
        .map(|device| {
            new_device(&device.serial_number, Some(arn.to_owned()), Some(device.enable_date))
        })
        .collect()
}

fn access_keys(session: &RootCredentials) -> Vec<RootAccessKey> {
    let mut keys = Vec::new();
    for key in &session.access_keys {
        let last_use = key.access_key_last_used.as_ref();
        let word = |field: fn(&AccessKeyLastUsed) -> &String| {
            last_use
                .map(field)
                .filter(|text| !["", "N/A"].contains(&text.as_str()))
                .cloned()
        };
        keys.push(RootAccessKey {
            id: key.access_key_id.clone(),
            active: is_usable(&key.status),
            created: key.create_date,
            last_used: last_use.and_then(|last| last.last_used_date),
            last_used_service: word(|last| &last.service_name),
            last_used_region: word(|last| &last.region),
        });
    }
    keys
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

/// Returns the answer of the most trusted source that has one. Live answers rank above the report
/// unless known to be older, and a device ranks above the summary's flag, since it is proof. If
/// none is known to be newer, the harmful answer wins.
fn decide(point: &Point, claims: &[RootClaim], answers: &Answers) -> Fact<bool> {
    let (mut best, mut has_undated, mut in_report) = (None, false, false);
    for claim in claims {
        let (Some(says), Some(source)) = ((point.of)(claim), Source::from_name(&claim.source))
        else {
            continue;
        };
        let is_newer = answers.is_newer(source, claim.at);
        let rank = match source {
            Source::CredentialReport => 1,
            _ if is_newer == Some(false) => 0,
            Source::AccountSummary => 2,
            _ => 3,
        };
        in_report |= is_report(claim);
        has_undated |= !is_report(claim) && is_newer.is_none();
        best = best.max(Some((rank, says)));
    }
    let has_harmful = claims
        .iter()
        .any(|claim| (point.of)(claim) == Some(!point.sound));
    match best {
        Some(_) if in_report && has_undated && has_harmful => Fact::Known(!point.sound),
        Some((_, says)) => Fact::Known(says),
        None => {
            Fact::Missing(Sources::from_iter([Source::CredentialReport, Source::AccountSummary]))
        }
    }
}

fn explain(fact: Fact<bool>, flag: &str, gaps: &mut Gaps) {
    if let Fact::Missing(sources) = fact {
        let message = if sources.contains(Source::CredentialReport) {
            format!(
                "neither root's row in the credential report nor {flag} in the account summary has the value"
            )
        } else {
            format!(
                "{flag} is not in the account summary, and the credential report may be out of date"
            )
        };
        gaps.explain(sources, ROOT, "NotReported", &message);
    }
}

/// Returns the latest use of root's password or of either key, and which credential it was.
fn last_use(row: &ReportRow) -> Fact<Option<(Timestamp, &'static str)>> {
    let [first, second] = &row.keys;
    let uses = [
        (row.password_last_used, "password"),
        (first.last_used, "access key 1"),
        (second.last_used, "access key 2"),
    ];
    latest(uses.map(|(date, credential)| date.map(|date| date.map(|date| (date, credential)))))
}

/// Returns the later of the report's last use and the session's; the session's alone counts if the
/// report's is missing and the session shows every credential.
fn last_use_with(
    session: &RootCredentials,
    in_report: Fact<Option<(Timestamp, &'static str)>>,
) -> Fact<Option<(Timestamp, &'static str)>> {
    let shown = last_use_shown(session);
    let mut keys = session.access_keys.iter();
    let is_whole = session.user.is_some() && keys.all(|key| key.access_key_last_used.is_some());
    match in_report {
        Fact::Known(last) => Fact::Known(last.max(shown)),
        Fact::Missing(_) if is_whole => Fact::Known(shown),
        Fact::Missing(sources) => Fact::Missing(sources),
    }
}

/// Returns the latest use of root's password or of one of its present keys.
fn last_use_shown(session: &RootCredentials) -> Option<(Timestamp, &'static str)> {
    let password = session
        .user
        .as_ref()
        .and_then(|user| user.password_last_used);
    let mut uses: Vec<_> = password.map(|at| (at, "password")).into_iter().collect();
    for key in &session.access_keys {
        let last = key
            .access_key_last_used
            .as_ref()
            .and_then(|last| last.last_used_date);
        uses.extend(last.map(|at| (at, "access key")));
    }
    uses.into_iter().max()
}

/// Returns the points on which the claims differ; missing if there are none, but a source did not
/// answer on every point.
fn disagreements(
    claims: &[RootClaim],
    row: Fact<&ReportRow>,
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<String>> {
    let found: Vec<_> = POINTS
        .iter()
        .filter_map(|point| disagreement(point, claims))
        .collect();
    let summary = answers.summary.as_ref().and_then(|summary| {
        let is_whole = POINTS.iter().all(|point| {
            let is_needed = point.name != PASSWORD.name || has_console(answers);
            !is_needed || summary.contains_key(point.flag)
        });
        if_complete((), is_whole, Source::AccountSummary)
    });
    let report = row.and_then(ReportRow::all_read);
    let devices = answers.virtual_devices.as_ref().map(drop);
    let mut silent = Sources::NONE;
    for answered in [report, summary, devices] {
        if let Fact::Missing(sources) = answered {
            silent |= sources;
        }
    }
    if found.is_empty() && !silent.is_empty() {
        gaps.explain(silent, ROOT, "NotReported", "does not give every value for root");
        return Fact::Missing(silent);
    }
    Fact::Known(found)
}

fn disagreement(point: &Point, claims: &[RootClaim]) -> Option<String> {
    let (mut statements, mut answers) = (Vec::new(), BTreeSet::new());
    for claim in claims {
        if let Some(answer) = (point.of)(claim) {
            let word = if answer { "yes" } else { "no" };
            statements.push(format!("{} says {word}", claim.source));
            answers.insert(answer);
        }
    }
    (answers.len() > 1).then(|| format!("{}: {}", point.name, statements.join(", ")))
}
