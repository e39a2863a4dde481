//! What a transaction makes of a state.

use crate::atomic::Versioned;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::SetEntry;
use crate::transaction::{Action, Committed, Write};
use crate::version::{Version, VersionSource};

/// An entry to store under a key; `None` to remove what is there.
pub type EntryWrite = (String, Option<Versioned>);

/// Evaluates the conditions of a transaction against one state, which `live` reads: what to write if all of them hold.
///
/// For a backend that reads and writes under one lock or in one transaction of its engine. The outer error is the
/// engine's, the inner one a `Conflict` that names the keys whose condition failed; nothing is to be written then.
///
/// ```
/// use kvs_core::{Action, SetEntry, Timestamp, VersionSource, fold_actions};
/// let actions = vec![Action::from(SetEntry::new("a", "1")), Action::delete("b")];
/// let empty = |_: &str| Ok::<_, std::io::Error>(None);
/// let writes = fold_actions(actions, Timestamp::from_millis(0), &VersionSource::new()?, empty).unwrap()?;
/// assert!(writes[0].1.is_some() && writes[1].1.is_none());
/// # Ok::<(), kvs_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of `live`.
pub fn fold_actions<E>(
    actions: Vec<Action>,
    now: Timestamp,
    versions: &VersionSource,
    live: impl Fn(&str) -> Result<Option<Versioned>, E>,
) -> Result<Result<Vec<EntryWrite>>, E> {
    let mut writes = Vec::new();
    let mut failed = Vec::new();
    for Action { key, check, write } in actions {
        let live = live(&key)?;
        if check.is_some_and(|check| !check.holds(live.as_ref().map(|live| live.version))) {
            failed.push(key);
        } else if let Some(write) = write {
            let entry = write.apply(live, now, versions.next());
            writes.push((key, entry));
        }
    }
    Ok(if failed.is_empty() {
        Ok(writes)
    } else {
        Err(Error::conflict(failed))
    })
}

impl Action {
    /// Removes a key, whatever is there.
    pub fn delete(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            check: None,
            write: Some(Write::Delete),
        }
    }
}

impl From<SetEntry> for Action {
    /// Writes the entry, whatever is there.
    fn from(SetEntry { key, value, ttl }: SetEntry) -> Self {
        Self {
            key,
            check: None,
            write: Some(Write::Set { value, ttl }),
        }
    }
}

impl Write {
    /// What a write at `now` makes of the live entry: the entry to store under the new version, or `None` if nothing
    /// remains. A backend that reads before it writes needs no more.
    ///
    /// ```
    /// use kvs_core::{Timestamp, Ttl, Version, Write};
    /// let write = Write::Set { value: "new".into(), ttl: Ttl::Keep };
    /// let entry = write.apply(None, Timestamp::from_millis(0), Version::from_bytes([7; 16])).unwrap();
    /// assert_eq!((&entry.value[..], entry.expires_at), (&b"new"[..], None));
    /// ```
    pub fn apply(self, live: Option<Versioned>, now: Timestamp, version: Version) -> Option<Versioned> {
        let current = live.as_ref().and_then(|live| live.expires_at);
        let (value, ttl) = match self {
            Self::Set { value, ttl } => (value, ttl),
            Self::Touch { ttl } => (live?.value, ttl),
            Self::Delete => return None,
        };
        Some(Versioned {
            value,
            version,
            expires_at: ttl.expires_at(now, current),
        })
    }
}

impl FromIterator<EntryWrite> for Committed {
    /// What [`fold_actions`](crate::fold_actions) gave, once it is written.
    fn from_iter<I: IntoIterator<Item = EntryWrite>>(writes: I) -> Self {
        let versions = writes
            .into_iter()
            .filter_map(|(key, entry)| Some((key, entry?.version)));
        versions.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Precondition;
    use crate::ttl::Ttl;

    const V1: Version = Version::from_bytes([1; 16]);
    const V2: Version = Version::from_bytes([2; 16]);

    #[test]
    fn a_write_makes_the_next_entry_of_the_live_one() {
        let now = Timestamp::from_millis(1_000);
        let live = |expires_at| Versioned {
            value: "old".into(),
            version: V1,
            expires_at,
        };
        let set = |ttl| Write::Set {
            value: "new".into(),
            ttl,
        };
        let kept = set(Ttl::Keep).apply(Some(live(Some(now))), now, V2).unwrap();
        assert_eq!(
            (&kept.value[..], kept.version, kept.expires_at),
            (&b"new"[..], V2, Some(now))
        );
        let touched = Write::Touch { ttl: Ttl::Never }
            .apply(Some(live(Some(now))), now, V2)
            .unwrap();
        assert_eq!(
            (&touched.value[..], touched.version, touched.expires_at),
            (&b"old"[..], V2, None)
        );
        assert_eq!(Write::Touch { ttl: Ttl::Never }.apply(None, now, V2), None);
        assert_eq!(Write::Delete.apply(Some(live(None)), now, V2), None);
    }

    #[test]
    fn one_failed_condition_leaves_nothing_to_write() {
        let versions = VersionSource::new().unwrap();
        let action = |key: &str, check| Action {
            key: key.to_owned(),
            check,
            write: Some(Write::Set {
                value: "new".into(),
                ttl: Ttl::Never,
            }),
        };
        let none = |_: &str| Ok::<_, ()>(None);
        let fold = |actions| fold_actions(actions, Timestamp::from_millis(0), &versions, none).unwrap();
        let error = fold(vec![action("a", None), action("b", Some(Precondition::Exists))]).unwrap_err();
        assert!(matches!(&error, Error::Conflict { failed, .. } if failed.len() == 1 && failed[0].as_str() == "b"));
        let writes = fold(vec![action("a", None), action("b", Some(Precondition::Absent))]).unwrap();
        assert_eq!(writes.len(), 2);
    }

    #[test]
    fn an_error_of_the_engine_ends_it() {
        let versions = VersionSource::new().unwrap();
        let broken = |_: &str| Err("broken");
        let folded = fold_actions(vec![Action::delete("a")], Timestamp::MAX, &versions, broken);
        assert_eq!(folded.unwrap_err(), "broken");
    }
}
