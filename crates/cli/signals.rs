//! Signals that end the process: between files, never within one.

use std::io;

/// Writes files while the signals that end the process wait: no file is left half written, and no
/// temporary one at all.
#[cfg(unix)]
pub(crate) fn delayed<T>(write: impl FnOnce() -> T) -> io::Result<T> {
    use std::sync::{Mutex, OnceLock, PoisonError};

    static WRITING: Mutex<()> = Mutex::new(());
    static WATCHED: OnceLock<()> = OnceLock::new();

    if WATCHED.set(()).is_ok() {
        end_when(|| drop(WRITING.lock()))?;
    }
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(write())
}

/// Ends the process at a signal, after waiting.
#[cfg(unix)]
fn end_when(wait: impl FnOnce() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    drop(guard);
    std::thread::spawn(move || {
        let kind = runtime.block_on(async {
            tokio::select! {
                _ = hangup.recv() => SignalKind::hangup(),
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
            }
        });
        wait();
        // What a shell reports of a process that died of the signal.
        std::process::exit(128 + kind.as_raw_value());
    });
    Ok(())
}

/// Writes files. Elsewhere a process that is ended does not hear of it.
#[cfg(not(unix))]
pub(crate) fn delayed<T>(write: impl FnOnce() -> T) -> io::Result<T> {
    Ok(write())
}
