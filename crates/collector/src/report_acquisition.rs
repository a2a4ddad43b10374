//! Gets the credential report, which AWS generates on request, at most once every four hours.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portcullis_evidence::shapes::CredentialReport;
use tokio::time::Instant;

use crate::failure::{Failure, is_denied};

/// The age up to which an existing credential report is used: AWS generates no other before.
pub const MAX_REPORT_AGE: SignedDuration = SignedDuration::from_hours(4);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The two calls for a credential report.
pub(crate) trait ReportApi {
    /// GetCredentialReport.
    async fn get(&self) -> Result<CredentialReport, Failure>;

    /// GenerateCredentialReport; returns whether the report is complete rather than in progress.
    async fn generate(&self) -> Result<bool, Failure>;
}

/// Which report is acceptable, and how long to wait for it.
pub(crate) struct ReportTerms {
    /// How long to wait before an older report, or none, is accepted.
    pub(crate) deadline: Duration,
    /// The time to which ages are counted.
    pub(crate) now: Timestamp,
}

/// The state of a new report.
enum Generation {
    /// None was requested, and none is known to be in progress.
    Idle,
    /// One is in progress, on our request or another's.
    Running,
    /// The next report that AWS returns is the newest.
    Complete,
    /// Our request was refused; another's may be in progress.
    Refused(Failure),
}

/// Returns the existing credential report if it is recent enough, or else a new one, or else
/// whichever exists at the deadline.
///
/// Requests a new report at most once, since AWS throttles that call.
pub(crate) async fn acquire(
    api: &impl ReportApi,
    terms: &ReportTerms,
) -> Result<CredentialReport, Failure> {
    let mut pause = Pause::until(Instant::now() + terms.deadline);
    let mut generation = Generation::Idle;
    let mut best = Err(Failure::new("ReportNotPresent", "there is no credential report"));
    loop {
        let Some(answer) = pause.limit(api.get()).await else {
            return give_up(generation, best);
        };
        let wants_new = match answer {
            Ok(report) if is_final(&report, &generation, &best, terms) => return Ok(report),
            Ok(report) => {
                best = Ok(report);
                true
            }
            Err(failure) => match ReportTrouble::from_failure(&failure) {
                ReportTrouble::Lasting => return best.or(Err(failure)),
                trouble => {
                    if trouble == ReportTrouble::InProgress {
                        generation = Generation::Running;
                    }
                    best = best.or(Err(failure));
                    trouble == ReportTrouble::NoReport
                }
            },
        };
        match generation {
            Generation::Idle if wants_new => {
                generation = ask(api, &pause).await;
                if matches!(generation, Generation::Complete) {
                    continue;
                }
            }
            // No other report is in progress either, or GetCredentialReport would have said so.
            Generation::Refused(refusal) if wants_new && is_denied(&refusal.code) => {
                return best.or(Err(refusal));
            }
            _ => {}
        }
        if !pause.wait().await {
            return give_up(generation, best);
        }
    }
}

/// Returns the result at the deadline.
fn give_up(
    generation: Generation,
    best: Result<CredentialReport, Failure>,
) -> Result<CredentialReport, Failure> {
    match generation {
        Generation::Refused(refusal) => best.or(Err(refusal)),
        _ => best,
    }
}

/// Whether waiting for a better report is pointless.
fn is_final(
    report: &CredentialReport,
    generation: &Generation,
    best: &Result<CredentialReport, Failure>,
    terms: &ReportTerms,
) -> bool {
    let is_recent = report
        .generated_time
        .is_some_and(|time| terms.now.duration_since(time) <= MAX_REPORT_AGE);
    is_recent
        || match generation {
            Generation::Idle => false,
            Generation::Complete | Generation::Refused(_) => true,
            // AWS may briefly return the old report while it generates the new one.
            Generation::Running => !best
                .as_ref()
                .is_ok_and(|old| old.generated_time == report.generated_time),
        }
}

async fn ask(api: &impl ReportApi, pause: &Pause) -> Generation {
    match pause.limit(api.generate()).await {
        Some(Ok(true)) => Generation::Complete,
        Some(Ok(false)) => Generation::Running,
        Some(Err(refusal)) => Generation::Refused(refusal),
        // It is not known whether AWS got the request. The deadline has passed, so the next wait is
        // the last.
        None => Generation::Idle,
    }
}

/// The kind of failure of GetCredentialReport.
#[derive(Clone, Copy, PartialEq)]
enum ReportTrouble {
    /// There is no report, or it has expired.
    NoReport,
    /// A report is in progress.
    InProgress,
    /// Worth another attempt.
    Temporary,
    /// Not worth another attempt.
    Lasting,
}

impl ReportTrouble {
    fn from_failure(failure: &Failure) -> ReportTrouble {
        match failure.code.as_str() {
            "ReportNotPresent" | "ReportExpired" => ReportTrouble::NoReport,
            "ReportInProgress" => ReportTrouble::InProgress,
            "ServiceFailure" | "LimitExceeded" => ReportTrouble::Temporary,
            _ if failure.is_throttled() => ReportTrouble::Temporary,
            _ => ReportTrouble::Lasting,
        }
    }
}

/// The waits between polls.
struct Pause {
    deadline: Instant,
    next: Duration,
}

impl Pause {
    fn until(deadline: Instant) -> Pause {
        Pause { deadline, next: FIRST_WAIT }
    }

    /// Returns the answer of a call; none if it takes until the deadline.
    async fn limit<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.deadline, call).await.ok()
    }

    /// Waits, each time about twice as long as before. Returns false at once if the deadline has
    /// passed.
    async fn wait(&mut self) -> bool {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return false;
        }
        tokio::time::sleep(jittered(self.next).min(remaining)).await;
        self.next = (self.next * 2).min(LONGEST_WAIT);
        true
    }
}

/// Returns a random time between half and all of `time`, so that audits started together do not
/// poll together.
fn jittered(time: Duration) -> Duration {
    // A hasher with random keys is the standard library's only source of randomness.
    let random = RandomState::new().hash_one(()) % 1024;
    time.mul_f64(0.5 + f64::from(u16::try_from(random).unwrap_or(0)) / 2048.0)
}

#[cfg(test)]
mod tests;
