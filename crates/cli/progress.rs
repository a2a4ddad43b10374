//! Progress of a live run, for whoever watches.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis_collector::Progress;

use crate::terminal;

/// One line on standard error that is drawn over and over; nothing if it is no terminal.
pub(crate) struct ProgressLine {
    watched: bool,
    calls: AtomicUsize,
}

impl ProgressLine {
    pub(crate) fn new() -> ProgressLine {
        ProgressLine { watched: terminal::is_watched(), calls: AtomicUsize::new(0) }
    }
}

impl Progress for ProgressLine {
    fn call(&self, operation: &str) {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[Kcollecting: call {calls}, {operation}");
        }
    }
}

/// The line goes away when the run ends, whatever its end.
impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
