//! Waiting between attempts.

use std::time::Duration;

/// Exponential backoff with full jitter: each wait is a random time below a bound that doubles.
///
/// Needs a tokio runtime with its timer, as `#[tokio::main]` gives.
///
/// ```
/// use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut backoff = kvs_core::Backoff::new(Duration::from_micros(100), Duration::from_millis(5));
/// backoff.wait().await; // at most 100 µs
/// backoff.wait().await; // at most 200 µs
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    bound: Duration,
    most: Duration,
    random: u64,
}

impl Backoff {
    /// Waits at most `first`, then at most twice that, and so on up to `most`.
    pub fn new(first: Duration, most: Duration) -> Self {
        // Without random numbers the waits of two callers are alike, which only makes them meet more often.
        let random = getrandom::u64().unwrap_or(0) | 1;
        Self {
            bound: first.min(most),
            most,
            random,
        }
    }

    /// The time of the next wait.
    pub fn next_wait(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let nanos = u64::try_from(self.bound.as_nanos()).unwrap_or(u64::MAX);
        self.bound = self.bound.saturating_mul(2).min(self.most);
        Duration::from_nanos(self.random % nanos.max(1))
    }

    /// Waits.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_wait()).await;
    }
}

impl Default for Backoff {
    /// From 500 µs to 50 ms: for conflicts between writers of one store.
    fn default() -> Self {
        Self::new(Duration::from_micros(500), Duration::from_millis(50))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_bound_that_doubles_up_to_the_most() {
        let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(3));
        for bound in [1, 2, 3, 3] {
            assert!(backoff.next_wait() < Duration::from_millis(bound));
        }
    }
}
