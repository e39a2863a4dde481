//! How large things may be.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The limits of a store. [`PORTABLE`](Self::PORTABLE) is the default of every backend: what works under it works on
/// all of them.
///
/// Memory and SQLite take higher limits when asked; DynamoDB cannot. The length of keys (1,024 bytes) and collection names
/// (255 bytes) is fixed.
///
/// ```
/// use kvs_core::Limits;
/// let limits = Limits { value_bytes: 8 << 20, ..Limits::PORTABLE };
/// assert_eq!(limits.transaction_keys, 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest value, in bytes.
    pub value_bytes: usize,
    /// The largest document, in bytes: its data and its metadata, each as JSON without white space.
    pub document_bytes: usize,
    /// The most distinct keys in a transaction.
    pub transaction_keys: usize,
    /// The most bytes of keys and values in a transaction.
    pub transaction_bytes: usize,
}

impl Limits {
    /// What every backend can hold.
    pub const PORTABLE: Self = Self {
        value_bytes: 393_216,
        document_bytes: 393_216,
        transaction_keys: 100,
        transaction_bytes: 4_000_000,
    };

    /// Refuses limits below the portable ones, and values, documents or transactions above `most` bytes.
    ///
    /// A store with lower limits would not run programs that run elsewhere.
    pub fn check(&self, most: usize) -> Result<()> {
        let portable = Self::PORTABLE;
        let fields = [
            ("value_bytes", self.value_bytes, portable.value_bytes, most),
            ("document_bytes", self.document_bytes, portable.document_bytes, most),
            (
                "transaction_keys",
                self.transaction_keys,
                portable.transaction_keys,
                usize::MAX,
            ),
            (
                "transaction_bytes",
                self.transaction_bytes,
                portable.transaction_bytes,
                most,
            ),
        ];
        for (name, asked, least, most) in fields {
            if asked < least || asked > most {
                return Err(Error::config(format!(
                    "limits.{name} is {asked}; it must be {least} to {most}"
                )));
            }
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::PORTABLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_may_be_raised_but_not_lowered() {
        assert!(Limits::PORTABLE.check(usize::MAX).is_ok());
        assert!(
            Limits {
                value_bytes: 1 << 30,
                ..Limits::PORTABLE
            }
            .check(usize::MAX)
            .is_ok()
        );
        assert!(
            Limits {
                value_bytes: 1 << 30,
                ..Limits::PORTABLE
            }
            .check(1 << 29)
            .is_err()
        );
        let error = Limits {
            transaction_keys: 99,
            ..Limits::PORTABLE
        }
        .check(usize::MAX)
        .unwrap_err();
        assert!(error.to_string().contains("limits.transaction_keys is 99"), "{error}");
    }
}
