//! Which keys an operation touches.

use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, Uniform, Zipf};
use serde::{Deserialize, Serialize};

/// The exponent of YCSB, the benchmark that most stores are measured with.
const ZIPF_EXPONENT: f64 = 0.99;
/// Odd, so that multiplying by it shuffles any number of keys that is a power of two or ten; spreads the hot keys.
const SCATTER: u64 = 0x9E37_79B9_7F4A_7C15;

/// How often each key is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    /// All keys alike.
    Uniform,
    /// A few keys most of the time, as users do.
    Zipf,
}

/// The keys of a store: 16 bytes each, of one prefix, in no particular order of use.
#[derive(Debug, Clone)]
pub struct Keys(Vec<String>);

impl Keys {
    /// The first `count` keys.
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|index| Self::name("key:", index)).collect())
    }

    /// Keys that no store holds.
    pub fn absent(count: usize) -> Self {
        Self((0..count).map(|index| Self::name("none", index)).collect())
    }

    fn name(prefix: &str, index: usize) -> String {
        format!("{prefix}{index:012}")
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of an index that a [`Sequence`] drew.
    pub fn at(&self, index: u32) -> &str {
        // An index beyond the last wraps, so that a sequence can serve stores of several sizes.
        &self.0[index as usize % self.0.len()]
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Indexes of keys, drawn before the clock starts.
#[derive(Debug, Clone)]
pub struct Sequence(Vec<u32>);

impl Sequence {
    /// `length` indexes below `keys`; the same seed draws the same ones.
    pub fn draw(distribution: Distribution, keys: usize, length: usize, seed: u64) -> anyhow::Result<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let drawn = match distribution {
            Distribution::Uniform => {
                let uniform = Uniform::new(0, keys as u32).context("a store without keys")?;
                (0..length).map(|_| uniform.sample(&mut rng)).collect()
            }
            Distribution::Zipf => {
                let zipf = Zipf::new(keys as f64, ZIPF_EXPONENT).context("a store without keys")?;
                let rank = |rng: &mut StdRng| zipf.sample(rng) as u64 - 1;
                (0..length).map(|_| scatter(rank(&mut rng), keys)).collect()
            }
        };
        Ok(Self(drawn))
    }

    /// The indexes.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}

impl IntoIterator for Sequence {
    type Item = u32;
    type IntoIter = std::vec::IntoIter<u32>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The most popular keys do not lie next to each other.
fn scatter(rank: u64, keys: usize) -> u32 {
    (rank.wrapping_mul(SCATTER) >> 16) as u32 % keys as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zipf_has_favourites_and_uniform_has_none() {
        let most_drawn = |distribution| {
            let mut counts = vec![0; 1000];
            for index in Sequence::draw(distribution, 1000, 100_000, 7).unwrap() {
                counts[index as usize] += 1;
            }
            counts.into_iter().max().unwrap()
        };
        assert!(most_drawn(Distribution::Uniform) < 200);
        assert!(most_drawn(Distribution::Zipf) > 10_000);
    }

    #[test]
    fn keys_are_16_bytes() {
        let keys = Keys::new(1001);
        assert_eq!((keys.at(1000), keys.at(1000).len()), ("key:000000001000", 16));
        assert!(
            Keys::absent(1)
                .iter()
                .all(|absent| keys.iter().all(|key| key != absent))
        );
    }
}
