//! Signals that end the process: no file is left half written, and no temporary one at all.

use std::io;
use std::path::PathBuf;
#[cfg(unix)]
use std::sync::{Mutex, OnceLock, PoisonError};

/// Does something with files while the signals that end the process wait, so it should not take long. A
/// temporary file that is written afterwards goes away with the process, if it is named here.
#[cfg(unix)]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    watch()?;
    Ok(step(&mut UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Lets signals end the first process of a container, for which the system itself does nothing.
#[cfg(unix)]
pub(crate) fn watch_as_init() -> io::Result<()> {
    if is_init() { watch() } else { Ok(()) }
}

/// A temporary file that goes away with the process.
#[cfg(unix)]
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Waits for the signals in a thread of its own, which is started once.
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

/// Ends the process as the signal does. A shell ends its script only if the program died of the signal; the
/// first process of a container cannot die of one that it sends itself, and not even abort.
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

/// Runs the step. On other systems a process is not notified before it is killed.
#[cfg(not(unix))]
pub(crate) fn delayed<T>(step: impl FnOnce(&mut Option<PathBuf>) -> T) -> io::Result<T> {
    Ok(step(&mut None))
}

/// Nothing: on other systems no process is the first of a container.
#[cfg(not(unix))]
pub(crate) fn watch_as_init() -> io::Result<()> {
    Ok(())
}
