#![doc = include_str!("../README.md")]

#[cfg(feature = "cache")]
mod cache;
mod config;
mod documents;
mod entries;
mod key;
mod memory;
mod op;
mod page;
mod store;
mod sweeper;

pub use kvs_core::{
    AtomicStore, AtomicStoreExt, Bytes, Clock, Committed, Consistency, Document, DocumentStore, DocumentStoreExt,
    Durability, Entry, Error, ErrorKind, Expect, FieldPath, Filter, FullStore, KeyName, Limits, ListOptions, ListPage,
    ListableStore, ListableStoreExt, MAX_COLLECTION_BYTES, MAX_KEY_BYTES, MAX_PAGE, ManualClock, Map, Partial, Profile,
    PutOptions, Query, QueryPage, Result, SetEntry, Stamps, Store, StoreExt, SystemClock, Timestamp, TooLarge, Traits,
    Transaction, Ttl, UpdateFn, Value, Version, Versioned, async_trait,
};

#[cfg(feature = "cache")]
pub use crate::cache::{MemoryCache, MemoryCacheConfig};
pub use crate::config::MemoryConfig;
pub use crate::memory::MemoryStore;
