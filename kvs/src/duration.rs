//! Durations as people write them in options and on the command line.

use std::time::Duration;

use kvs_core::{Error, Result};

/// The units, the longest spelling first, so that `ms` is not read as `s`.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads a duration: a whole number and one unit, `250ms`, `90s`, `15m`, `12h` or `30d`.
///
/// A number without a unit is refused, since nobody can tell seconds from milliseconds.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(kvs::parse_duration("15m")?, Duration::from_secs(900));
/// assert!(kvs::parse_duration("15").is_err());
/// # Ok::<(), kvs::Error>(())
/// ```
///
/// # Errors
///
/// `InvalidArgument` for anything else, and for more than 2^64 milliseconds.
pub fn parse_duration(text: &str) -> Result<Duration> {
    let parts = UNITS
        .iter()
        .find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, millis)));
    let duration = parts.and_then(|(number, millis)| {
        let is_whole = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = is_whole.then(|| number.parse().ok())??;
        number.checked_mul(*millis).map(Duration::from_millis)
    });
    duration.ok_or_else(|| {
        Error::invalid_argument(if text.starts_with('-') {
            "a duration is not negative; it is a whole number and a unit: 250ms, 90s, 15m, 12h or 30d"
        } else {
            "a duration is a whole number and a unit: 250ms, 90s, 15m, 12h or 30d"
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        let table = [
            ("0s", 0),
            ("250ms", 250),
            ("90s", 90_000),
            ("15m", 900_000),
            ("12h", 43_200_000),
            ("30d", 2_592_000_000),
        ];
        for (text, millis) in table {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let most = format!("{}d", u64::MAX);
        for text in [
            "", "s", "5", "-5s", "+5s", "5 s", "1.5s", "1h30m", "5S", "5w", "٣s", &most,
        ] {
            assert!(parse_duration(text).is_err(), "{text:?}");
        }
    }
}
