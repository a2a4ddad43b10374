//! Progress of a live run, for whoever watches.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use portcullis_collector::Progress;

use crate::terminal;

/// One line on standard error that is drawn over and over; nothing if it is no terminal.
pub(crate) struct ProgressLine {
    watched: bool,
    calls: Mutex<Calls>,
}

/// The calls of a run so far.
#[derive(Default)]
struct Calls {
    started: usize,
    /// Those under way, the oldest first.
    waiting: Vec<String>,
    /// How many accounts are done, and how many there are, where there are several.
    accounts: Option<(usize, usize)>,
}

impl ProgressLine {
    pub(crate) fn new() -> ProgressLine {
        ProgressLine { watched: terminal::is_watched(), calls: Mutex::default() }
    }

    /// Shows how many of so many accounts are done.
    pub(crate) fn expect_accounts(&self, count: usize) {
        self.update(|calls| calls.accounts = Some((0, count)));
    }

    /// One more account is done.
    pub(crate) fn account_done(&self) {
        self.update(|calls| {
            if let Some((done, _)) = &mut calls.accounts {
                *done += 1;
            }
        });
    }

    /// Takes the line away, for what is printed next.
    pub(crate) fn clear(&self) {
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }

    /// Changes what is known of the calls, and draws it.
    fn update(&self, change: impl FnOnce(&mut Calls)) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut calls);
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K{}", calls.describe());
        }
    }
}

impl Calls {
    fn describe(&self) -> String {
        let of_accounts = self
            .accounts
            .map_or(String::new(), |(done, all)| format!("{done} of {all} accounts done, "));
        let started = format!("collecting: {of_accounts}call {}", self.started);
        match self.waiting.as_slice() {
            [] => started,
            [oldest] => format!("{started}, waiting for {oldest}"),
            [oldest, others @ ..] => {
                format!("{started}, waiting for {oldest} and {} more", others.len())
            }
        }
    }
}

impl Progress for ProgressLine {
    fn starts(&self, operation: &str) {
        self.update(|calls| {
            calls.started += 1;
            calls.waiting.push(operation.to_owned());
        });
    }

    fn ends(&self, operation: &str) {
        self.update(|calls| {
            if let Some(place) = calls.waiting.iter().position(|waiting| waiting == operation) {
                calls.waiting.remove(place);
            }
        });
    }
}

/// The line goes away when the run ends, whatever its end.
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
}
