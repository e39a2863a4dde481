//! Removes expired entries from time to time.

use std::time::Duration;

use kvs_core::ErrorKind;
use tokio::sync::mpsc::WeakUnboundedSender;
use tokio::sync::oneshot;

use super::{Done, Message, Op, Write};
use crate::sql;

/// Runs until the store is closed or dropped, or turns out to be read only.
///
/// Each batch is a write like any other, in the same queue, so that sweeping never holds the lock for long. The queue is
/// held weakly: a sweeper keeps no store alive.
pub(crate) async fn run(writes: WeakUnboundedSender<Message<Write>>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        loop {
            let (reply, answer) = oneshot::channel();
            let Some(writes) = writes.upgrade() else { return };
            let sent = writes.send(Message::Do(Write { op: Op::Sweep, reply }));
            drop(writes);
            if sent.is_err() {
                return;
            }
            match answer.await {
                Ok(Ok(Done::Removed(count, _))) if count >= sql::REMOVED_ROWS => {}
                Ok(Err(error)) if error.kind() == ErrorKind::ReadOnly => return,
                // After a failure the next turn tries again; what is expired stays invisible.
                Ok(_) => break,
                Err(_) => return,
            }
        }
    }
}
