//! All or nothing: conditions and writes on several keys.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::key::KeyName;
use crate::ttl::Ttl;
use crate::version::Version;

/// Conditions and writes that happen together or not at all.
///
/// All conditions are evaluated against one state; if all hold, all writes happen, otherwise none. Each distinct key
/// counts once and has at most one write; a touch also demands that its key exists. A transaction of conditions alone is
/// legal, and is how one reads several keys consistently: read each with its version, then commit that none has changed.
///
/// Contradictory conditions and a second write of a key are `InvalidArgument` when it is committed.
///
/// ```
/// use kvs_core::{AtomicStore, StoreExt, Transaction, Ttl};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
/// let store = kvs_memory::MemoryStore::new();
/// store.set_text("from", "10", Ttl::Never).await?;
/// let from = store.get_versioned("from").await?;
/// let committed = store
///     .commit(Transaction::new().check_version("from", from.version).set("from", "7", Ttl::Keep).check_absent("to").set(
///         "to",
///         "3",
///         Ttl::Never,
///     ))
///     .await?;
/// assert_eq!(store.get_versioned("to").await?.version, committed.version("to").unwrap());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction {
    actions: BTreeMap<ActionKey, Action>,
    /// The first mistake, told when the transaction is committed.
    mistake: Option<&'static str>,
}

impl Transaction {
    /// A transaction that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands that the key's live entry has this version.
    pub fn check_version(self, key: impl Into<String>, version: Version) -> Self {
        self.check(key.into(), Precondition::Version(version))
    }

    /// Demands that the key has no live entry.
    pub fn check_absent(self, key: impl Into<String>) -> Self {
        self.check(key.into(), Precondition::Absent)
    }

    /// Demands that the key has a live entry.
    pub fn check_exists(self, key: impl Into<String>) -> Self {
        self.check(key.into(), Precondition::Exists)
    }

    /// Writes a value.
    pub fn set(self, key: impl Into<String>, value: impl Into<Bytes>, ttl: impl Into<Ttl>) -> Self {
        self.write(
            key.into(),
            Write::Set {
                value: value.into(),
                ttl: ttl.into(),
            },
        )
    }

    /// Removes the key; absent is fine.
    pub fn delete(self, key: impl Into<String>) -> Self {
        self.write(key.into(), Write::Delete)
    }

    /// Changes the expiry, and demands that the key has a live entry.
    pub fn touch(self, key: impl Into<String>, ttl: impl Into<Ttl>) -> Self {
        let key = key.into();
        self.check(key.clone(), Precondition::Exists)
            .write(key, Write::Touch { ttl: ttl.into() })
    }

    /// The number of distinct keys.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Does it do nothing?
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The actions by ascending key, or the first mistake in building them.
    pub(crate) fn into_actions(self) -> Result<Vec<Action>> {
        match self.mistake {
            Some(mistake) => Err(Error::invalid_argument(mistake)),
            None => Ok(self.actions.into_values().collect()),
        }
    }

    fn check(mut self, key: String, check: Precondition) -> Self {
        let action = self.action(key);
        match action.check.map_or(Some(check), |earlier| earlier.and(check)) {
            Some(both) => action.check = Some(both),
            None => self.mistaken("two conditions on one key contradict each other; keep one"),
        }
        self
    }

    fn write(mut self, key: String, write: Write) -> Self {
        let action = self.action(key);
        if action.write.is_none() {
            action.write = Some(write);
        } else {
            self.mistaken("a key is written twice in one transaction; write it once");
        }
        self
    }

    fn mistaken(&mut self, mistake: &'static str) {
        self.mistake.get_or_insert(mistake);
    }

    fn action(&mut self, key: String) -> &mut Action {
        match self.actions.entry(ActionKey(key)) {
            btree_map::Entry::Occupied(occupied) => occupied.into_mut(),
            btree_map::Entry::Vacant(vacant) => {
                let key = vacant.key().0.clone();
                vacant.insert(Action {
                    key,
                    check: None,
                    write: None,
                })
            }
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ActionKey(String);

impl fmt::Debug for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KeyName::from(self.0.as_str()).fmt(f)
    }
}

/// What a transaction does to one key: at least a check or a write.
#[derive(Clone)]
pub struct Action {
    /// The key.
    pub key: String,
    /// What must hold.
    pub check: Option<Precondition>,
    /// What is written if every check of the transaction holds.
    pub write: Option<Write>,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action")
            .field("key", &KeyName::from(self.key.as_str()))
            .field("check", &self.check)
            .field("write", &self.write)
            .finish()
    }
}

/// What must hold of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// No live entry.
    Absent,
    /// A live entry.
    Exists,
    /// A live entry of this version.
    Version(Version),
}

impl Precondition {
    /// Does it hold, where `live` is the version of the live entry? The one place where conditions are decided.
    pub fn holds(self, live: Option<Version>) -> bool {
        match self {
            Self::Absent => live.is_none(),
            Self::Exists => live.is_some(),
            Self::Version(version) => live == Some(version),
        }
    }

    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Self::Exists, version @ Self::Version(_)) | (version @ Self::Version(_), Self::Exists) => Some(version),
            _ => None,
        }
    }
}

/// What is written to a key.
#[derive(Clone)]
pub enum Write {
    /// A value and its expiry.
    Set {
        /// The value.
        value: Bytes,
        /// How long it lives.
        ttl: Ttl,
    },
    /// Nothing remains.
    Delete,
    /// The value stays, the expiry changes.
    Touch {
        /// How long it lives.
        ttl: Ttl,
    },
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set { value, ttl } => write!(f, "Set({} bytes, {ttl:?})", value.len()),
            Self::Delete => f.write_str("Delete"),
            Self::Touch { ttl } => write!(f, "Touch({ttl:?})"),
        }
    }
}

/// The outcome of a transaction: the new versions.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Committed {
    versions: BTreeMap<String, Version>,
}

impl Committed {
    /// The new version of a key that was set or touched; `None` for one that was deleted or only checked.
    pub fn version(&self, key: &str) -> Option<Version> {
        self.versions.get(key).copied()
    }

    /// All new versions, by ascending key.
    pub fn versions(&self) -> impl Iterator<Item = (&str, Version)> {
        self.versions.iter().map(|(key, version)| (key.as_str(), *version))
    }
}

impl FromIterator<(String, Version)> for Committed {
    fn from_iter<I: IntoIterator<Item = (String, Version)>>(versions: I) -> Self {
        Self {
            versions: versions.into_iter().collect(),
        }
    }
}

impl fmt::Debug for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.versions
                    .iter()
                    .map(|(key, version)| (KeyName::from(key.as_str()), version)),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: Version = Version::from_bytes([1; 16]);
    const V2: Version = Version::from_bytes([2; 16]);

    #[test]
    fn checks_and_write_of_a_key_fold_into_one_action() {
        let tx = Transaction::new()
            .check_exists("k")
            .check_version("k", V1)
            .set("k", "v", Ttl::Never)
            .check_exists("k");
        let actions = tx.into_actions().unwrap();
        assert_eq!(actions.len(), 1);
        assert_eq!(actions[0].check, Some(Precondition::Version(V1)));
    }

    #[test]
    fn contradictions_and_second_writes_are_invalid() {
        let wrong = [
            Transaction::new().check_absent("k").check_exists("k"),
            Transaction::new().check_version("k", V1).check_version("k", V2),
            Transaction::new().check_absent("k").touch("k", Ttl::Never),
            Transaction::new().set("k", "v", Ttl::Never).delete("k"),
        ];
        for tx in wrong {
            assert_eq!(tx.into_actions().unwrap_err().kind(), crate::ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn debug_shows_neither_keys_nor_values() {
        let shown = format!(
            "{:?}",
            Transaction::new().set("session:0123456789", "secret", Ttl::Never)
        );
        assert!(!shown.contains("0123456789") && !shown.contains("secret"), "{shown}");
    }
}
