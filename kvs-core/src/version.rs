//! The version that every write gives to its entry.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The mark of one write: 16 opaque bytes, never used before for that key, delete and recreate included.
///
/// Versions are equal or not; they have no order. Displays, parses and serialises as 32 hexadecimal digits. A string that
/// is no version is `InvalidArgument`; a version of another entry or store is simply not the current one, a `Conflict`.
///
/// ```
/// use kvs_core::Version;
/// let version: Version = "000102030405060708090a0b0c0d0e0f".parse()?;
/// assert_eq!(version.to_string(), "000102030405060708090a0b0c0d0e0f");
/// # Ok::<(), kvs_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u8; 16]);

impl Version {
    /// From the bytes that a backend stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes for a backend to store.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 16];
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(unparsable());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = hex(pair[0])? << 4 | hex(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Version {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// Makes versions: 8 random bytes drawn when the source was made, then a counter.
///
/// No two sources of one process or of different ones produce the same version, but for a chance of about
/// 1 in 2^64 for each pair of them.
#[derive(Debug)]
pub struct VersionSource {
    origin: u64,
    count: AtomicU64,
}

impl VersionSource {
    /// A source of its own.
    ///
    /// # Errors
    ///
    /// `Backend` where the operating system has no random numbers.
    pub fn new() -> Result<Self> {
        let origin = getrandom::u64()
            .map_err(|error| Error::backend("the operating system gave no random numbers").with_source(error))?;
        Ok(Self {
            origin,
            count: AtomicU64::new(0),
        })
    }

    /// The next version.
    pub fn next(&self) -> Version {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        Version((u128::from(self.origin) << 64 | u128::from(count)).to_be_bytes())
    }
}

fn hex(digit: u8) -> Result<u8> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(unparsable()),
    }
}

fn unparsable() -> Error {
    Error::invalid_argument("a version is 32 hexadecimal digits, as a store gave it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_32_digits_is_refused() {
        for text in [
            "",
            "00",
            "0".repeat(33).as_str(),
            "g".repeat(32).as_str(),
            "é".repeat(16).as_str(),
        ] {
            assert_eq!(
                text.parse::<Version>().unwrap_err().kind(),
                crate::ErrorKind::InvalidArgument
            );
        }
    }

    #[test]
    fn a_version_is_read_from_its_text_in_either_case() {
        let version = Version::from_bytes(*b"\x00\x01\x0a\xffsixteenbytes");
        let text = version.to_string();
        assert_eq!(text, "00010aff7369787465656e6279746573");
        assert_eq!(text.parse::<Version>().unwrap(), version);
        assert_eq!(text.to_uppercase().parse::<Version>().unwrap(), version);
    }

    #[test]
    fn a_version_is_a_string_of_json() {
        let version = Version::from_bytes([0xA5; 16]);
        let json = serde_json::to_string(&version).unwrap();
        assert_eq!(json, format!("\"{version}\""));
        assert_eq!(serde_json::from_str::<Version>(&json).unwrap(), version);
        assert!(serde_json::from_str::<Version>("\"xyz\"").is_err());
    }

    #[test]
    fn sources_do_not_repeat() {
        let (a, b) = (VersionSource::new().unwrap(), VersionSource::new().unwrap());
        let mut seen = std::collections::HashSet::new();
        assert!((0..1_000).all(|_| seen.insert(a.next()) && seen.insert(b.next())));
    }
}
