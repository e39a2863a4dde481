//! Taking turns, where writers of one key would only fail each other's conditions.

use std::hash::{BuildHasher as _, RandomState};

use tokio::sync::{Mutex, MutexGuard};

/// Lets the updates of one key through one store happen one after the other, for backends that read, compute and write on
/// a condition.
///
/// Conditions alone keep such updates right; turns spare the attempts that would fail. Keys share 64 turns.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let turns = kvs_core::Turns::new();
/// let turn = turns.take("counter").await;
/// // Read, compute, write.
/// drop(turn);
/// # }
/// ```
#[derive(Debug)]
pub struct Turns {
    hasher: RandomState,
    locks: [Mutex<()>; 64],
}

impl Turns {
    /// Nobody has a turn.
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            locks: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Waits for the turn of a key, which ends when the guard is dropped. Another key may share it.
    pub async fn take(&self, key: &str) -> MutexGuard<'_, ()> {
        let [first, ..] = self.hasher.hash_one(key).to_ne_bytes();
        self.locks[usize::from(first) % self.locks.len()].lock().await
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}
