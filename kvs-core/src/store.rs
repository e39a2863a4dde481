//! The least that a store does: values under keys, with an expiry.

use std::collections::HashSet;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::key::KeyName;
use crate::profile::Profile;
use crate::ttl::Ttl;

/// A key-value store.
///
/// # For those who use one
///
/// - A key is UTF-8 of 1 to 1,024 bytes, and opaque: NUL, `%`, a newline, an emoji are keys like any other; nothing is
///   trimmed, folded or normalised. A value is any bytes, the empty value included.
/// - Handles are cheap to clone and share one store. Closing one closes all.
/// - Operations on one key are linearizable, unless the [`Profile`] says `Eventual`.
/// - Dropping a future is safe: the write happened or not, whole, and the store stays usable.
/// - [`StoreExt`](crate::StoreExt) adds the convenient forms: JSON, text, `Option`.
///
/// # For those who write one
///
/// Implement the five required methods; the others are correct by default, one key at a time, and worth overriding
/// where the engine does better. (The one thing that a default cannot see is that a store is closed when there is nothing
/// to do: an empty batch is then `Ok`, as is a `sweep`.) Begin each method with [`Profile::check`], in this order: arguments, then whether the
/// store is closed, then I/O. Decide expiry with [`is_live`](crate::is_live) and a [`Clock`](crate::Clock) that is
/// read once an operation. Then run `kvs-conformance`.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use kvs_core::{Bytes, Clock, Error, Profile, Result, Store, SystemClock, Timestamp, Ttl, async_trait, is_live};
///
/// #[derive(Debug)]
/// struct Tiny {
///     entries: Mutex<BTreeMap<String, (Bytes, Option<Timestamp>)>>,
///     closed: AtomicBool,
///     profile: Profile,
/// }
///
/// #[async_trait]
/// impl Store for Tiny {
///     async fn get(&self, key: &str) -> Result<Bytes> {
///         self.profile.check("get").key(key)?.open(&self.closed)?;
///         let entries = self.entries.lock().unwrap();
///         match entries.get(key) {
///             Some((value, expires_at)) if is_live(*expires_at, SystemClock.now()) => Ok(value.clone()),
///             _ => Err(Error::NotFound),
///         }
///     }
///
///     async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
///         self.profile.check("set").key(key)?.value(&value)?.open(&self.closed)?;
///         let mut entries = self.entries.lock().unwrap();
///         let now = SystemClock.now();
///         let current = entries.get(key).and_then(|(_, at)| *at).filter(|at| now < *at);
///         entries.insert(key.to_owned(), (value, ttl.expires_at(now, current)));
///         Ok(())
///     }
///
///     async fn delete(&self, key: &str) -> Result<()> {
///         self.profile.check("delete").key(key)?.open(&self.closed)?;
///         self.entries.lock().unwrap().remove(key);
///         Ok(())
///     }
///
///     async fn close(&self) -> Result<()> {
///         self.closed.store(true, Ordering::Release);
///         Ok(())
///     }
///
///     fn profile(&self) -> &Profile {
///         &self.profile
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let store = Tiny { entries: Mutex::default(), closed: AtomicBool::new(false), profile: Profile::new("tiny") };
/// store.set("greeting", "hello".into(), Ttl::Never).await?;
/// assert_eq!(store.get_many(&["greeting", "other"]).await?, [Some("hello".into()), None]);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads the value of a key.
    ///
    /// - Gives back the bytes that were set, all of them.
    /// - Changes nothing: not the expiry, and not an expired entry either.
    ///
    /// # Errors
    ///
    /// `NotFound` if the key is absent or has expired; `InvalidKey`; `Closed`; what the storage fails with.
    async fn get(&self, key: &str) -> Result<Bytes>;

    /// Writes a value and its expiry, whatever was there.
    ///
    /// - `Ok` means durable, as the profile says.
    /// - The expiry of an earlier value is replaced too; [`Ttl::Keep`] keeps it.
    /// - [`Ttl::At`] an instant in the past makes the entry absent.
    ///
    /// # Errors
    ///
    /// `InvalidKey`; `TooLarge`, with the old value unharmed; `Closed`; what the storage fails with.
    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()>;

    /// Removes a key. Absent is fine.
    ///
    /// # Errors
    ///
    /// `InvalidKey`; `Closed`; what the storage fails with.
    async fn delete(&self, key: &str) -> Result<()>;

    /// Closes the store: this handle and all others of the same store.
    ///
    /// - Waits until acknowledged writes are as durable as the profile says, and stops background work.
    /// - Afterwards every operation is `Closed`; those in flight end normally or with `Closed`.
    /// - May be called again, and at the same time, at will; a pool or client that was handed in stays open.
    ///
    /// # Errors
    ///
    /// What the storage fails with; the store is closed all the same.
    async fn close(&self) -> Result<()>;

    /// What this store promises. Works after `close` too.
    fn profile(&self) -> &Profile;

    /// Is there a live entry?
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get) but `NotFound`.
    async fn contains(&self, key: &str) -> Result<bool> {
        match self.get(key).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads many keys.
    ///
    /// - One slot for each key, in the same order; a key may be asked for twice.
    /// - Any number of keys. Not a snapshot: writes between two keys may show.
    ///
    /// # Errors
    ///
    /// `InvalidKey` if one key is invalid, before any I/O; `Closed`; what the storage fails with.
    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>> {
        self.profile().check("get_many").keys(keys)?;
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(match self.get(key).await {
                Ok(value) => Some(value),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            });
        }
        Ok(values)
    }

    /// Writes many entries.
    ///
    /// - Any number of them; of two with the same key the last wins, and the others count for nothing.
    /// - Each entry is written whole or not at all; the batch as such is not atomic (a
    ///   [`Transaction`](crate::Transaction) is).
    ///
    /// # Errors
    ///
    /// `InvalidKey` or `TooLarge` if one entry is invalid, before any I/O and with nothing written; `Incomplete` if some
    /// were applied; `Closed`; what the storage fails with.
    async fn set_many(&self, entries: Vec<SetEntry>) -> Result<()> {
        self.profile().check("set_many").entries(&entries)?;
        let entries = last_of_each(entries);
        let total = entries.len();
        for (applied, entry) in entries.into_iter().enumerate() {
            let result = self.set(&entry.key, entry.value, entry.ttl).await;
            result.map_err(|error| partial(self.profile(), "set_many", applied, total, error))?;
        }
        Ok(())
    }

    /// Removes many keys. Absent ones are fine, duplicates too.
    ///
    /// # Errors
    ///
    /// `InvalidKey` if one key is invalid, before any I/O; `Incomplete` if some were removed; `Closed`; what the storage
    /// fails with.
    async fn delete_many(&self, keys: &[&str]) -> Result<()> {
        self.profile().check("delete_many").keys(keys)?;
        for (applied, key) in keys.iter().enumerate() {
            let result = self.delete(key).await;
            result.map_err(|error| partial(self.profile(), "delete_many", applied, keys.len(), error))?;
        }
        Ok(())
    }

    /// Reclaims the room of expired entries now, instead of waiting for the background to do it. Tells how many.
    ///
    /// Nothing that can be read changes: expired entries are invisible already. An entry that is written meanwhile is
    /// never removed. A store that has nothing to reclaim answers 0, as this default does.
    ///
    /// # Errors
    ///
    /// `Closed`; what the storage fails with.
    async fn sweep(&self) -> Result<u64> {
        Ok(0)
    }
}

/// One entry of [`Store::set_many`].
#[derive(Clone, PartialEq, Eq)]
pub struct SetEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Bytes,
    /// How long it lives.
    pub ttl: Ttl,
}

impl SetEntry {
    /// An entry that never expires.
    pub fn new(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
            ttl: Ttl::Never,
        }
    }

    /// The same with a time to live.
    #[must_use]
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.ttl = ttl.into();
        self
    }
}

impl fmt::Debug for SetEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetEntry")
            .field("key", &KeyName::from(self.key.as_str()))
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("ttl", &self.ttl)
            .finish()
    }
}

/// Of entries with the same key only the last, in the order of those: what [`Store::set_many`] writes.
///
/// ```
/// use kvs_core::{SetEntry, last_of_each};
/// let entries = vec![SetEntry::new("a", "1"), SetEntry::new("b", "2"), SetEntry::new("a", "3")];
/// assert_eq!(last_of_each(entries), [SetEntry::new("b", "2"), SetEntry::new("a", "3")]);
/// ```
pub fn last_of_each(mut entries: Vec<SetEntry>) -> Vec<SetEntry> {
    let mut seen = HashSet::with_capacity(entries.len());
    let keep: Vec<bool> = entries
        .iter()
        .rev()
        .map(|entry| seen.insert(entry.key.as_str()))
        .collect();
    let mut keep = keep.into_iter().rev();
    entries.retain(|_| keep.next().unwrap_or(true));
    entries
}

/// What a batch answers that stopped after `applied` entries: the plain error where nothing can have been applied.
fn partial(profile: &Profile, operation: &'static str, applied: usize, total: usize, error: Error) -> Error {
    if applied == 0 && !error.may_have_applied() {
        return error;
    }
    Error::incomplete(applied, total, error).during(profile.name, operation)
}
