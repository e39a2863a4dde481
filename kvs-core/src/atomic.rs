//! Versions, conditional writes and transactions.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::backoff::Backoff;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::transaction::{Committed, Transaction};
use crate::ttl::Ttl;
use crate::version::Version;

/// What [`AtomicStore::update`] computes the new value with: it is given the live value, or `None`.
pub type UpdateFn<'a> = dyn FnMut(Option<&Bytes>) -> Result<Bytes> + Send + 'a;

/// A store with conditional writes.
///
/// Every write, a touch included, gives the entry a new [`Version`], never used before for that key. An expired entry is
/// absent for every condition, also where it is still stored.
///
/// Where an answer is lost, an error says [`may_have_applied`](Error::may_have_applied); it is never reported as a
/// failed condition.
#[async_trait]
pub trait AtomicStore: Store {
    /// Reads a value with its version and expiry.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`].
    async fn get_versioned(&self, key: &str) -> Result<Versioned>;

    /// Evaluates all conditions against one state, then does all writes, or none. The empty transaction does nothing.
    /// A write with an expiry in the past is a write like any other, after which nothing is there.
    ///
    /// # Errors
    ///
    /// `Conflict`, naming at least one key whose condition failed; `InvalidKey`; `InvalidArgument` for contradictory
    /// conditions or two writes of one key; `TooLarge` for a value, for more than 100 keys or 4,000,000 bytes (by the
    /// default limits); `Closed`; what the storage fails with.
    async fn commit(&self, transaction: Transaction) -> Result<Committed>;

    /// Writes the value only if the key is absent. Gives the new version.
    ///
    /// # Errors
    ///
    /// `Conflict` if there is a live entry, which stays as it is; those of [`Store::set`].
    async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<Version> {
        let committed = self
            .commit(Transaction::new().check_absent(key).set(key, value, ttl))
            .await?;
        version_of(&committed, key)
    }

    /// Writes the value only if the live entry has this version. Gives the new version.
    ///
    /// # Errors
    ///
    /// `Conflict` if the version is another one or the key is absent; those of [`Store::set`].
    async fn compare_and_set(&self, key: &str, expected: Version, value: Bytes, ttl: Ttl) -> Result<Version> {
        let committed = self
            .commit(Transaction::new().check_version(key, expected).set(key, value, ttl))
            .await?;
        version_of(&committed, key)
    }

    /// Removes the entry only if it has this version.
    ///
    /// # Errors
    ///
    /// `Conflict` if the version is another one or the key is absent; those of [`Store::delete`].
    async fn compare_and_delete(&self, key: &str, expected: Version) -> Result<()> {
        self.commit(Transaction::new().check_version(key, expected).delete(key))
            .await
            .map(drop)
    }

    /// Reads and removes in one step: of several callers exactly one gets the value.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`].
    async fn take(&self, key: &str) -> Result<Bytes> {
        let mut backoff = Backoff::default();
        loop {
            let live = self.get_versioned(key).await?;
            match self.compare_and_delete(key, live.version).await {
                Ok(()) => return Ok(live.value),
                Err(error) if error.is_conflict() => backoff.wait().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Changes the expiry without rewriting the value. Gives the new version.
    ///
    /// # Errors
    ///
    /// `NotFound` if the key is absent; those of [`Store::set`].
    async fn touch(&self, key: &str, ttl: Ttl) -> Result<Version> {
        match self.commit(Transaction::new().touch(key, ttl)).await {
            Ok(committed) => version_of(&committed, key),
            Err(error) if error.is_conflict() => Err(Error::NotFound),
            Err(error) => Err(error),
        }
    }

    /// Replaces the value by what `f` makes of it, so that no concurrent write is lost.
    ///
    /// - `f` is given the live value, or `None` if the key is absent, and is called again with the newer value each time
    ///   another write came in between. An error of `f` ends the update and is returned as it is.
    /// - The expiry stays exactly as it was; an entry that is created does not expire.
    /// - Waits between attempts, a little longer each time and at random; it goes on until it succeeds.
    ///
    /// ```
    /// use kvs_core::{AtomicStore, Bytes, StoreExt, Ttl};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
    /// let store = kvs_memory::MemoryStore::new();
    /// store.set_text("cart", "apple", Ttl::Never).await?;
    /// let cart = store
    ///     .update("cart", &mut |old| {
    ///         let mut cart = old.map(|old| old.to_vec()).unwrap_or_default();
    ///         cart.extend_from_slice(b",pear");
    ///         Ok(Bytes::from(cart))
    ///     })
    ///     .await?;
    /// assert_eq!(cart.value, "apple,pear");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `f`, of [`Store::get`] but `NotFound`, and of [`Store::set`].
    async fn update(&self, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let mut backoff = Backoff::default();
        loop {
            let live = match self.get_versioned(key).await {
                Ok(live) => Some(live),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            };
            let value = f(live.as_ref().map(|live| &live.value))?;
            let outcome = match &live {
                Some(live) => self.compare_and_set(key, live.version, value.clone(), Ttl::Keep).await,
                None => self.set_if_absent(key, value.clone(), Ttl::Never).await,
            };
            match outcome {
                Ok(version) => {
                    return Ok(Versioned {
                        value,
                        version,
                        expires_at: live.and_then(|live| live.expires_at),
                    });
                }
                Err(error) if error.is_conflict() => backoff.wait().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Adds `delta` to a counter, kept as decimal text (`007` counts as 7), and gives the new number. An absent key counts as 0 and does not
    /// expire; the expiry of a present one stays as it was.
    ///
    /// ```
    /// use kvs_core::AtomicStore;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_core::Result<()> {
    /// let store = kvs_memory::MemoryStore::new();
    /// assert_eq!(store.increment("visits", 1).await?, 1);
    /// assert_eq!(store.increment("visits", 41).await?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if the value is not an integer or the sum does not fit 64 bits, with the value unharmed; those of
    /// [`update`](Self::update).
    async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let profile = self.profile();
        let mut sum = 0;
        let add = &mut |value: Option<&Bytes>| {
            sum = counter_sum(value, delta).map_err(|error| error.during(profile.name, "increment"))?;
            Ok(Bytes::from(sum.to_string()))
        };
        self.update(key, add).await?;
        Ok(sum)
    }
}

/// A value with its version and expiry.
#[derive(Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The value.
    pub value: Bytes,
    /// The version that the last write gave it.
    pub version: Version,
    /// When it expires; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Versioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Versioned")
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("version", &self.version)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// The sum of a counter's text and `delta`: what [`AtomicStore::increment`] writes, for backends that override it.
///
/// # Errors
///
/// `InvalidArgument` if the value is not a decimal integer of 64 bits, or the sum does not fit.
pub fn counter_sum(value: Option<&Bytes>, delta: i64) -> Result<i64> {
    let current = match value {
        None => 0,
        Some(value) => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .ok_or_else(|| Error::invalid_argument("the value is not a decimal integer of 64 bits; use another key"))?,
    };
    current
        .checked_add(delta)
        .ok_or_else(|| Error::invalid_argument("the sum does not fit 64 bits"))
}

/// The new version of `key`, which the transaction wrote.
fn version_of(committed: &Committed, key: &str) -> Result<Version> {
    committed
        .version(key)
        .ok_or_else(|| Error::backend("the store gave no version for a key that it wrote"))
}
