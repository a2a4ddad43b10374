//! The waiting is done in Tokio's paused time: a test of two minutes takes none.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

const MINUTES: Duration = Duration::from_mins(2);
const NOW: i64 = 1_800_000_000;

/// AWS as a script: what each Get and each Generate answers; the last Get repeats.
struct Script {
    gets: Mutex<VecDeque<Result<i64, &'static str>>>,
    generates: Mutex<VecDeque<Result<bool, &'static str>>>,
    calls: Mutex<String>,
}

impl Script {
    /// Reports by their age in hours, errors by their code.
    fn new<const G: usize>(
        gets: [Result<i64, &'static str>; G],
        generate: Option<Result<bool, &'static str>>,
    ) -> Script {
        Script {
            gets: Mutex::new(gets.into()),
            generates: Mutex::new(generate.into_iter().collect()),
            calls: Mutex::default(),
        }
    }

    /// The age in hours of the report acquired, or the code; and the calls, `g` and `G`.
    async fn run(&self) -> (Result<i64, String>, String) {
        let terms = ReportTerms { deadline: MINUTES, now: Timestamp::from_second(NOW).unwrap() };
        let report = acquire(self, &terms).await.map_err(|failure| failure.code);
        let age =
            |report: CredentialReport| (NOW - report.generated_time.unwrap().as_second()) / 3600;
        (report.map(age), self.calls.lock().unwrap().clone())
    }
}

impl ReportApi for Script {
    async fn get(&self) -> Result<CredentialReport, Failure> {
        self.calls.lock().unwrap().push('g');
        let mut gets = self.gets.lock().unwrap();
        let answer = if gets.len() > 1 {
            gets.pop_front()
        } else {
            gets.front().copied()
        };
        let age = answer
            .unwrap()
            .map_err(|code| Failure::new(code, "Unknown"))?;
        let generated_time = Some(Timestamp::from_second(NOW - age * 3600).unwrap());
        Ok(CredentialReport { content: String::new(), report_format: None, generated_time })
    }

    async fn generate(&self) -> Result<bool, Failure> {
        self.calls.lock().unwrap().push('G');
        let answer = self
            .generates
            .lock()
            .unwrap()
            .pop_front()
            .expect("one Generate at most");
        answer.map_err(|code| Failure::new(code, "Rate exceeded"))
    }
}

macro_rules! acquires {
    ($($name:ident: $gets:expr, $generate:expr => $outcome:expr, $calls:expr;)*) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            let (outcome, calls) = Script::new($gets, $generate).run().await;
            let expected: Result<i64, &str> = $outcome;
            assert_eq!((outcome, calls.as_str()), (expected.map_err(str::to_owned), $calls));
        })*
    };
}

const ABSENT: Result<i64, &str> = Err("ReportNotPresent");
const EXPIRED: Result<i64, &str> = Err("ReportExpired");
const IN_PROGRESS: Result<i64, &str> = Err("ReportInProgress");
const THROTTLED: Result<i64, &str> = Err("Throttling");
const DENIED: Result<i64, &str> = Err("AccessDenied");
const BROKEN: Result<i64, &str> = Err("ServiceFailure");

acquires! {
    a_young_report_is_taken: [Ok(3)], None => Ok(3), "g";
    four_hours_are_young_enough: [Ok(4)], None => Ok(4), "g";
    an_absent_report_is_generated:
        [ABSENT, IN_PROGRESS, IN_PROGRESS, Ok(0)], Some(Ok(false)) => Ok(0), "gGggg";
    an_expired_report_is_generated: [EXPIRED, Ok(0)], Some(Ok(false)) => Ok(0), "gGg";
    one_in_progress_is_awaited: [IN_PROGRESS, Ok(0)], None => Ok(0), "gg";
    an_old_report_is_renewed: [Ok(9), IN_PROGRESS, Ok(0)], Some(Ok(false)) => Ok(0), "gGgg";
    the_old_report_may_linger: [Ok(9), Ok(9), Ok(0)], Some(Ok(false)) => Ok(0), "gGgg";
    complete_means_no_newer_comes: [Ok(9)], Some(Ok(true)) => Ok(9), "gGg";
    an_old_date_right_after_generating_is_taken: [ABSENT, Ok(99_000)], Some(Ok(false)) => Ok(99_000), "gGg";
    denied_generate_leaves_the_old_report: [Ok(9)], Some(Err("AccessDenied")) => Ok(9), "gGg";
    throttled_generate_leaves_the_old_report: [Ok(9)], Some(Err("Throttling")) => Ok(9), "gGg";
    limited_generate_leaves_the_old_report: [Ok(9)], Some(Err("LimitExceeded")) => Ok(9), "gGg";
    the_old_report_outlasts_trouble:
        [Ok(9), DENIED], Some(Err("Throttling")) => Ok(9), "gGg";
    denied_generate_without_a_report: [ABSENT], Some(Err("AccessDenied")) => Err("AccessDenied"), "gGg";
    denied_generate_while_another_makes_one:
        [ABSENT, IN_PROGRESS, Ok(0)], Some(Err("AccessDenied")) => Ok(0), "gGgg";
    throttled_generate_while_another_makes_one:
        [ABSENT, ABSENT, IN_PROGRESS, Ok(0)], Some(Err("Throttling")) => Ok(0), "gGggg";
    denied_get_ends_it: [DENIED], None => Err("AccessDenied"), "g";
    throttled_get_is_repeated: [THROTTLED, THROTTLED, Ok(1)], None => Ok(1), "ggg";
    a_failing_service_is_asked_again: [BROKEN, ABSENT, Ok(0)], Some(Ok(false)) => Ok(0), "ggGg";
}

/// Waits of 1 s, 2 s, 4 s, 8 s and then 15 s, each halved at most: 11 to 20 in two minutes.
#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_waiting_and_there_is_no_busy_loop() {
    let start = Instant::now();
    let script = Script::new([ABSENT, IN_PROGRESS], Some(Ok(false)));
    let (outcome, calls) = script.run().await;
    assert_eq!(outcome, Err("ReportInProgress".to_owned()));
    assert!((MINUTES..MINUTES + Duration::from_secs(1)).contains(&start.elapsed()));
    assert!((12..=24).contains(&calls.len()), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_the_old_report_is_better_than_none() {
    let (outcome, _) = Script::new([Ok(9), IN_PROGRESS], Some(Ok(false)))
        .run()
        .await;
    assert_eq!(outcome, Ok(9));
}

/// What to mend is the permission to generate, or the throttling; not that there is no report.
#[tokio::test(start_paused = true)]
async fn without_a_report_the_gap_names_why_none_was_made() {
    let (outcome, _) = Script::new([ABSENT], Some(Err("Throttling"))).run().await;
    assert_eq!(outcome, Err("Throttling".to_owned()));
}

#[test]
fn jitter_takes_half_at_most() {
    for _ in 0..1000 {
        let time = jittered(Duration::from_secs(2));
        assert!((Duration::from_secs(1)..=Duration::from_secs(2)).contains(&time));
    }
}

/// A Get that never answers.
struct Silence;

impl ReportApi for Silence {
    async fn get(&self) -> Result<CredentialReport, Failure> {
        std::future::pending().await
    }

    async fn generate(&self) -> Result<bool, Failure> {
        Ok(true)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_ends_at_the_deadline() {
    let begin = Instant::now();
    let now = Timestamp::from_second(NOW).unwrap();
    let terms = ReportTerms { deadline: MINUTES, now };
    assert_eq!(acquire(&Silence, &terms).await.unwrap_err().code, "ReportNotPresent");
    assert_eq!(begin.elapsed(), MINUTES);
}
