//! Ctrl-C, and the signal that asks a process to end.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for signals, which from now on end nothing by themselves.
pub(super) struct Interrupts {
    #[cfg(unix)]
    terminate: Option<Signal>,
}

impl Interrupts {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// Waits for the next one; for ever, where the system tells of none.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            Ok(()) = tokio::signal::ctrl_c() => {}
            () = self.terminated() => {}
            else => std::future::pending().await,
        }
    }

    #[cfg(unix)]
    async fn terminated(&mut self) {
        let received = match &mut self.terminate {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if received.is_none() {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(not(unix))]
    async fn terminated(&mut self) {
        std::future::pending().await
    }
}
