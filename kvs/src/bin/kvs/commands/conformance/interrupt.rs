//! Ctrl-C, and the signal that asks a process to end.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for signals, which from now on end nothing by themselves.
pub(super) struct Interrupts {
    #[cfg(unix)]
    signals: [Option<Signal>; 2],
}

#[cfg(unix)]
impl Interrupts {
    pub(super) fn new() -> Self {
        let signals = [SignalKind::interrupt(), SignalKind::terminate()];
        Self {
            signals: signals.map(|kind| signal(kind).ok()),
        }
    }

    /// Waits for the next one; for ever, where the system tells of none.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
impl Interrupts {
    pub(super) fn new() -> Self {
        Self {}
    }

    /// Waits for the next one; for ever, where the system tells of none.
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
