//! Names that keep the entries of several programs apart in one storage.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The longest namespace, in bytes.
pub const MAX_NAMESPACE_BYTES: usize = 64;

/// A namespace: 1 to 64 of `A-Z a-z 0-9 _ -`. Upper and lower case are different.
///
/// It is part of each backend's physical format, not of the key: a namespaced store has the full length for its keys and
/// can never see the entries of another namespace.
///
/// ```
/// use kvs_core::Namespace;
/// let namespace: Namespace = "tenant-1".parse()?;
/// assert_eq!(namespace.as_str(), "tenant-1");
/// assert!("a/b".parse::<Namespace>().is_err());
/// # Ok::<(), kvs_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

impl Namespace {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Namespace {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let fits = (1..=MAX_NAMESPACE_BYTES).contains(&name.len());
        if fits
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::config(
                "the namespace is not 1 to 64 of A-Z a-z 0-9 _ -; choose another name",
            ))
        }
    }
}

impl TryFrom<String> for Namespace {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
