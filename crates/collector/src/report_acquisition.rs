//! Getting the credential report, which AWS makes on request and at most once in four hours.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portcullis_evidence::shapes::CredentialReport;
use tokio::time::Instant;

use crate::failure::{Failure, is_denied};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The two calls that give a credential report.
pub(crate) trait ReportApi {
    /// GetCredentialReport.
    async fn get(&self) -> Result<CredentialReport, Failure>;

    /// GenerateCredentialReport: whether the report is complete (else it is being made).
    async fn generate(&self) -> Result<bool, Failure>;
}

/// How long to wait for which report.
pub(crate) struct ReportTerms {
    /// After that, an older report is taken, or none.
    pub(crate) deadline: Duration,
    /// The age up to which an existing report is taken as it is.
    pub(crate) max_age: Duration,
    /// The moment that ages count to.
    pub(crate) now: Timestamp,
}

/// What is known about the making of a new report.
enum Generation {
    /// None is known to be in the making, and none was requested.
    Idle,
    /// It is being made, on our request or another's.
    Running,
    /// AWS holds the newest that it will give: the next report that comes is the one.
    Complete,
    /// We may not ask for one, or not now; another may have.
    Refused(Failure),
}

/// The credential report: the existing one if it is young enough, else a new one, else whichever
/// there is at the deadline.
///
/// Asks for a new report once at most: that call is the one AWS throttles.
pub(crate) async fn acquire(
    api: &impl ReportApi,
    terms: &ReportTerms,
) -> Result<CredentialReport, Failure> {
    let mut pause = Pause::until(Instant::now() + terms.deadline);
    let mut generation = Generation::Idle;
    let mut best = Err(Failure::new("ReportNotPresent", "there is no credential report"));
    loop {
        let Some(answer) = pause.limit(api.get()).await else { return give_up(generation, best) };
        let wants_new = match answer {
            Ok(report) if is_final(&report, &generation, &best, terms) => return Ok(report),
            Ok(report) => {
                best = Ok(report);
                true
            }
            Err(failure) => match ReportTrouble::from_failure(&failure) {
                ReportTrouble::Lasting => return best.or(Err(failure)),
                trouble => {
                    if trouble == ReportTrouble::BeingMade {
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
            // Nobody else is making one either, or Get would have said so.
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

/// What there is at the deadline.
fn give_up(
    generation: Generation,
    best: Result<CredentialReport, Failure>,
) -> Result<CredentialReport, Failure> {
    match generation {
        Generation::Refused(refusal) => best.or(Err(refusal)),
        _ => best,
    }
}

/// Whether there is no point in waiting for a better report than this one.
fn is_final(
    report: &CredentialReport,
    generation: &Generation,
    best: &Result<CredentialReport, Failure>,
    terms: &ReportTerms,
) -> bool {
    let age = report.generated_time.map(|time| terms.now.duration_since(time));
    let is_young = age.is_some_and(|age| {
        SignedDuration::try_from(terms.max_age).is_ok_and(|max_age| age <= max_age)
    });
    is_young
        || match generation {
            Generation::Idle => false,
            Generation::Complete | Generation::Refused(_) => true,
            // AWS may show the old report for a moment while it makes the new one.
            Generation::Running => {
                !best.as_ref().is_ok_and(|old| old.generated_time == report.generated_time)
            }
        }
}

async fn ask(api: &impl ReportApi, pause: &Pause) -> Generation {
    match pause.limit(api.generate()).await {
        Some(Ok(true)) => Generation::Complete,
        Some(Ok(false)) => Generation::Running,
        Some(Err(refusal)) => Generation::Refused(refusal),
        // Whether AWS has heard of it is not known; the next wait is the last.
        None => Generation::Idle,
    }
}

/// What a failing Get means.
#[derive(Clone, Copy, PartialEq)]
enum ReportTrouble {
    /// There is no report, or one that AWS no longer gives out.
    NoReport,
    /// There will be one soon.
    BeingMade,
    /// Worth another try.
    Passing,
    /// Not worth one.
    Lasting,
}

impl ReportTrouble {
    fn from_failure(failure: &Failure) -> ReportTrouble {
        match failure.code.as_str() {
            "ReportNotPresent" | "ReportExpired" => ReportTrouble::NoReport,
            "ReportInProgress" => ReportTrouble::BeingMade,
            "ServiceFailure" | "LimitExceeded" => ReportTrouble::Passing,
            _ if failure.is_throttled() => ReportTrouble::Passing,
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

    /// The answer of a call; none if it takes until the deadline.
    async fn limit<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.deadline, call).await.ok()
    }

    /// Waits, each time about twice as long as before; false at once if the deadline has passed.
    async fn wait(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(jittered(self.next).min(left)).await;
        self.next = (self.next * 2).min(LONGEST_WAIT);
        true
    }
}

/// Between half of the time and all of it, so that audits started together do not poll together.
fn jittered(time: Duration) -> Duration {
    // A hasher with random keys is the standard library's only source of chance.
    let chance = RandomState::new().hash_one(()) % 1024;
    time.mul_f64(0.5 + f64::from(u16::try_from(chance).unwrap_or(0)) / 2048.0)
}

#[cfg(test)]
mod tests;
