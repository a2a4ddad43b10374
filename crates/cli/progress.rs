//! Shows the progress of a live run.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use portcullis_collector::Progress;
use tracing::level_filters::LevelFilter;

use crate::terminal::{self, CLEAR};

/// One line on standard error that is redrawn; nothing if that is not a terminal, or if a log is written there.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    width: Option<usize>,
    calls: Mutex<Calls>,
}

/// The calls of a run so far.
#[derive(Debug, Default)]
struct Calls {
    started: usize,
    /// The calls under way, the oldest first.
    waiting: Vec<Waiting>,
    /// The number of throttled attempts.
    throttled: usize,
    accounts: Option<Accounts>,
}

/// A call under way.
#[derive(Debug)]
struct Waiting {
    operation: String,
    /// The next attempt, if the call was throttled.
    throttled_until: Option<u32>,
}

/// The progress of a run of several accounts.
#[derive(Debug)]
struct Accounts {
    done: usize,
    all: usize,
    since: Instant,
}

impl ProgressLine {
    pub(crate) fn new() -> ProgressLine {
        let is_logged = LevelFilter::current() != LevelFilter::OFF;
        let width = terminal::watched_width().filter(|_| !is_logged);
        ProgressLine { width, calls: Mutex::default() }
    }

    /// Begins to show how many of these accounts are done.
    pub(crate) fn expect_accounts(&self, count: usize) {
        let accounts = Accounts { done: 0, all: count, since: Instant::now() };
        self.update(|calls| calls.accounts = Some(accounts));
    }

    /// Counts an account as done.
    pub(crate) fn account_done(&self) {
        self.update(|calls| {
            if let Some(accounts) = &mut calls.accounts {
                accounts.done += 1;
            }
        });
    }

    /// Clears the line for other output.
    pub(crate) fn clear(&self) {
        if self.width.is_some() {
            let _ = write!(std::io::stderr(), "{CLEAR}");
        }
    }

    /// Changes the state of the calls, and redraws the line.
    fn update(&self, change: impl FnOnce(&mut Calls)) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut calls);
        if let Some(width) = self.width {
            // A line that wraps could not be cleared.
            let line: String = calls.describe().chars().take(width - 1).collect();
            let _ = write!(std::io::stderr(), "{CLEAR}{line}");
        }
    }
}

impl Calls {
    fn describe(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.accounts.as_ref().map(Accounts::describe));
        parts.push(format!("call {}", self.started));
        if self.throttled > 0 {
            parts.push(format!("{} throttled", self.throttled));
        }
        if let [oldest, others @ ..] = self.waiting.as_slice() {
            // A throttled call explains why the run takes longer.
            let throttled = self
                .waiting
                .iter()
                .find(|call| call.throttled_until.is_some());
            let shown = throttled.unwrap_or(oldest).describe();
            parts.push(match others.len() {
                0 => format!("waiting for {shown}"),
                more => format!("waiting for {shown} and {more} more"),
            });
        }
        format!("collecting: {}", parts.join(", "))
    }
}

impl Waiting {
    fn describe(&self) -> String {
        match self.throttled_until {
            None => self.operation.clone(),
            Some(attempt) => format!("{} (throttled, attempt {attempt} follows)", self.operation),
        }
    }
}

impl Accounts {
    fn describe(&self) -> String {
        let Accounts { done, all, since } = self;
        let so_far = format!("{done} of {all} accounts done");
        let left = all.saturating_sub(*done);
        match (u32::try_from(*done), u32::try_from(left)) {
            (Ok(done @ 1..), Ok(left @ 1..)) => {
                let seconds = (since.elapsed() / done * left).as_secs() + 1;
                format!("{so_far}, about {seconds} s left")
            }
            _ => so_far,
        }
    }
}

impl Progress for ProgressLine {
    fn starts(&self, operation: &str) {
        self.update(|calls| {
            calls.started += 1;
            calls
                .waiting
                .push(Waiting { operation: operation.to_owned(), throttled_until: None });
        });
    }

    fn ends(&self, operation: &str) {
        self.update(|calls| {
            if let Some(place) = calls
                .waiting
                .iter()
                .position(|call| call.operation == operation)
            {
                calls.waiting.remove(place);
            }
        });
    }

    fn throttled(&self, operation: &str, next_attempt: u32) {
        self.update(|calls| {
            calls.throttled += 1;
            if let Some(call) = calls
                .waiting
                .iter_mut()
                .find(|call| call.operation == operation)
            {
                call.throttled_until = Some(next_attempt);
            }
        });
    }
}

/// Clears the line however the run ends.
impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_is_waited_for() {
        let line = ProgressLine::new();
        let describe = || line.calls.lock().unwrap().describe();
        line.starts("ListAccessKeys");
        assert_eq!(describe(), "collecting: call 1, waiting for ListAccessKeys");
        line.starts("GetCredentialReport");
        line.starts("ListAccessKeys");
        assert_eq!(describe(), "collecting: call 3, waiting for ListAccessKeys and 2 more");
        line.ends("ListAccessKeys");
        line.ends("ListAccessKeys");
        assert_eq!(describe(), "collecting: call 3, waiting for GetCredentialReport");
        line.ends("GetCredentialReport");
        assert_eq!(describe(), "collecting: call 3");
    }

    #[test]
    fn a_throttled_call_and_the_time_left_are_said() {
        let line = ProgressLine::new();
        let describe = || line.calls.lock().unwrap().describe();
        line.expect_accounts(3);
        line.starts("GetCredentialReport");
        line.starts("ListAccessKeys");
        line.throttled("ListAccessKeys", 3);
        let expected = "collecting: 0 of 3 accounts done, call 2, 1 throttled, waiting for ListAccessKeys \
                        (throttled, attempt 3 follows) and 1 more";
        assert_eq!(describe(), expected);
        line.ends("ListAccessKeys");
        line.account_done();
        let expected = "collecting: 1 of 3 accounts done, about 1 s left, call 2, 1 throttled, waiting for \
                        GetCredentialReport";
        assert_eq!(describe(), expected);
    }
}
