//! What is written.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const POOL: usize = 1 << 16;
/// Text, since there are stores that take nothing else; still without any pattern.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// So many letters hold a counter of 64 bits.
const STAMP: usize = 11;

/// Values of one size of which no two are alike: engines that notice an overwrite with the same bytes skip the work.
#[derive(Debug, Clone)]
pub struct Values {
    pool: Vec<u8>,
    size: usize,
    next: u64,
}

impl Values {
    /// Values of `size` bytes, at least 11. Two series of different seeds share no value.
    pub fn new(size: usize, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut pool = vec![0; POOL + size];
        rng.fill(&mut pool[..]);
        for byte in &mut pool {
            *byte = LETTERS[usize::from(*byte % 64)];
        }
        Self {
            pool,
            size,
            next: seed << 40,
        }
    }
}

impl Iterator for Values {
    type Item = Vec<u8>;

    /// Random text that begins with a counter. Never ends.
    fn next(&mut self) -> Option<Vec<u8>> {
        self.next += 1;
        let start = self.next.wrapping_mul(67) as usize % POOL;
        let mut value = self.pool[start..start + self.size].to_vec();
        for (place, letter) in value.iter_mut().take(STAMP).enumerate() {
            *letter = LETTERS[(self.next >> (6 * place)) as usize % 64];
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_value_comes_twice() {
        let values: HashSet<_> = Values::new(100, 1)
            .take(50_000)
            .chain(Values::new(100, 2).take(50_000))
            .collect();
        assert_eq!(values.len(), 100_000);
    }
}
