//! Handles signals that end the process, so that no unfinished or temporary file is left.

use std::io;
use std::path::PathBuf;
#[cfg(unix)]
use std::sync::{Mutex, OnceLock, PoisonError};

/// Delays signals that end the process during a short step with files. A temporary file that the step names is removed
/// when the process ends.
#[cfg(unix)]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    watch()?;
    Ok(step(&mut UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Lets signals end the first process of a container, which they do not end by default.
#[cfg(unix)]
pub(crate) fn watch_as_init() -> io::Result<()> {
    if is_init() { watch() } else { Ok(()) }
}

/// The temporary file to remove when the process ends.
#[cfg(unix)]
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Starts a thread that waits for signals, once.
#[cfg(unix)]
fn watch() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    static WATCHED: OnceLock<()> = OnceLock::new();

    if WATCHED.set(()).is_err() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(path) = &*unfinished {
                let _ = std::fs::remove_file(path);
            }
            end(signal);
        }
    });
    Ok(())
}

/// Ends the process by the signal, since a shell ends its script only then. The first process of a container cannot be
/// killed by its own signals, not even by aborting.
#[cfg(unix)]
fn end(signal: i32) {
    if is_init() {
        signal_hook::low_level::exit(128 + signal);
    }
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

#[cfg(unix)]
fn is_init() -> bool {
    std::process::id() == 1
}

/// Runs the step. Other systems do not notify a process before killing it.
#[cfg(not(unix))]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    Ok(step(&mut None))
}

/// Does nothing, since other systems have no such first process.
#[cfg(not(unix))]
pub(crate) fn watch_as_init() -> io::Result<()> {
    Ok(())
}
