//! What many rounds say together.

use serde::{Deserialize, Serialize};

/// The middle of a few measurements, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lower quartile.
    pub low: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Spread {
    /// `None` if nothing was measured.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            low: quantile(&sorted, 0.25)?,
            high: quantile(&sorted, 0.75)?,
        })
    }
}

/// Between two values, in proportion.
fn quantile(sorted: &[f64], quantile: f64) -> Option<f64> {
    let at = sorted.len().checked_sub(1)? as f64 * quantile;
    let (below, above) = (*sorted.get(at.floor() as usize)?, *sorted.get(at.ceil() as usize)?);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_the_values() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(
            spread,
            Spread {
                median: 2.5,
                low: 1.75,
                high: 3.25
            }
        );
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn one_outlier_moves_nothing() {
        let spread = Spread::of([1.0, 1.0, 1.0, 1.0, 900.0]).unwrap();
        assert!(spread.median < 1.1 && spread.high < 1.1);
    }
}
