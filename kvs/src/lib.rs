#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backends;
#[cfg(feature = "cache")]
mod cache;
mod config;
mod duration;
mod names;
mod open;
mod options;
mod registry;
mod settings;
mod url;

pub use kvs_core::{
    AtomicStore, AtomicStoreExt, Bytes, Clock, Committed, Consistency, Document, DocumentStore, DocumentStoreExt,
    Durability, Entry, Error, ErrorKind, Expect, FieldPath, Filter, Finding, FullStore, KeyName, Level, Limits,
    ListOptions, ListPage, ListableStore, ListableStoreExt, MAX_COLLECTION_BYTES, MAX_KEY_BYTES, MAX_NAMESPACE_BYTES,
    MAX_PAGE, ManualClock, Map, Namespace, Partial, Profile, PutOptions, Query, QueryPage, Result, SetEntry, Stamps,
    Store, StoreExt, SystemClock, Timestamp, Traits, Transaction, Ttl, UpdateFn, Value, Version, Versioned,
    async_trait, is_live, json_rounds_an_integer,
};

#[cfg(feature = "cache")]
pub use crate::cache::{Cache, CacheConfig};
pub use crate::config::{Config, IntoConfig};
pub use crate::duration::parse_duration;
pub use crate::open::{check, open, remove_namespace};
pub use crate::options::{OptionValue, Options};
pub use crate::registry::{Opener, Registry};
pub use crate::settings::Settings;

/// The backend in memory, for what its configuration has beyond [`Config`].
#[cfg(feature = "memory")]
pub mod memory {
    #[cfg(feature = "cache")]
    pub use kvs_memory::{MemoryCache, MemoryCacheConfig};
    pub use kvs_memory::{MemoryConfig, MemoryStore};
}

/// The backend on SQLite, for what its configuration has beyond [`Config`].
#[cfg(feature = "sqlite")]
pub mod sqlite {
    pub use kvs_sqlite::{SqliteConfig, SqliteSettings, SqliteStore, Synchronous, sqlx};
}

/// The backend on DynamoDB, for what its configuration has beyond [`Config`].
#[cfg(feature = "dynamodb")]
pub mod dynamodb {
    pub use kvs_dynamodb::{DynamoConfig, DynamoSettings, DynamoStore, DynamoTable, Reads};
}

/// The examples of the README of the repository, which must compile.
#[cfg(all(doctest, feature = "memory", feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
