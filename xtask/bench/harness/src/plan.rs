//! How thoroughly to measure.

/// How many rounds a row takes, and how large its work is.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds that count.
    pub rounds: usize,
    /// Rounds before them, which do not.
    pub warmup: usize,
    /// For trying: fewer rounds, less work. Not for publishing.
    pub quick: bool,
}

impl Plan {
    /// What is published: nine rounds after two.
    pub const FULL: Self = Self {
        rounds: 9,
        warmup: 2,
        quick: false,
    };

    /// What `--quick` asks for: three rounds after one.
    pub const QUICK: Self = Self {
        rounds: 3,
        warmup: 1,
        quick: true,
    };

    /// One size or the other.
    pub fn pick<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
