#![doc = include_str!("../README.md")]

mod batch;
mod call;
mod change;
mod commit;
mod config;
#[cfg(feature = "aws-config")]
mod connect;
mod documents;
mod empty;
mod entries;
mod error;
mod handle;
mod listing;
mod open;
mod range;
mod remove;
mod runtime;
mod schema;
mod store;
mod table;
mod walk;

pub use aws_sdk_dynamodb;
pub use kvs_core::{
    AtomicStore, AtomicStoreExt, Bytes, Clock, Committed, Consistency, Document, DocumentStore, DocumentStoreExt,
    Durability, Entry, Error, ErrorKind, Expect, FieldPath, Filter, Finding, FullStore, KeyName, Level, Limits,
    ListOptions, ListPage, ListableStore, ListableStoreExt, ManualClock, Map, Namespace, Profile, PutOptions, Query,
    QueryPage, Result, SetEntry, Stamps, Store, StoreExt, SystemClock, Timestamp, Traits, Transaction, Ttl, UpdateFn,
    Value, Version, Versioned, async_trait,
};

pub use crate::config::{DynamoConfig, DynamoSettings, Reads};
pub use crate::handle::DynamoStore;
pub use crate::table::DynamoTable;
