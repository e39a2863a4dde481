#![doc = include_str!("../README.md")]

mod check;
mod config;
mod connections;
mod engine;
mod error;
mod handle;
mod inline;
mod kept;
mod open;
mod remove;
mod row;
mod schema;
mod sql;
mod store;

pub use kvs_core::{
    AtomicStore, AtomicStoreExt, Bytes, Clock, Committed, Consistency, Document, DocumentStore, DocumentStoreExt,
    Durability, Entry, Error, ErrorKind, Expect, FieldPath, Filter, Finding, FullStore, KeyName, Level, Limits,
    ListOptions, ListPage, ListableStore, ListableStoreExt, ManualClock, Map, Namespace, Profile, PutOptions, Query,
    QueryPage, Result, SetEntry, Stamps, Store, StoreExt, SystemClock, Timestamp, Traits, Transaction, Ttl, UpdateFn,
    Value, Version, Versioned, async_trait,
};
pub use sqlx;

pub use crate::config::{SqliteConfig, SqliteSettings, Synchronous};
pub use crate::handle::SqliteStore;
