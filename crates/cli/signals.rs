//! Signals that end the process: no file is left half written, and no temporary one at all.

use std::io;
use std::path::PathBuf;

/// Does something with files while the signals that end the process wait, so it should not take long. A
/// temporary file that is written afterwards goes away with the process, if it is named here.
#[cfg(unix)]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    use std::sync::{Mutex, OnceLock, PoisonError};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);
    static WATCHED: OnceLock<()> = OnceLock::new();

    if WATCHED.set(()).is_ok() {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(path) = &*unfinished {
                    let _ = std::fs::remove_file(path);
                }
                // A shell ends its script only if the program died of the signal.
                let _ = emulate_default_handler(signal);
            }
        });
    }
    Ok(step(&mut UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Runs the step. On other systems a process is not notified before it is killed.
#[cfg(not(unix))]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    Ok(step(&mut None))
}
