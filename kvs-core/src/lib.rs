#![doc = include_str!("../README.md")]

mod atomic;
mod backoff;
mod check;
mod clock;
mod document;
mod error;
mod ext;
mod filter;
mod forward;
mod full;
mod json;
mod key;
mod limits;
mod listable;
mod namespace;
mod partial;
mod profile;
mod query;
mod store;
mod transaction;
mod ttl;
mod version;

pub use async_trait::async_trait;
pub use bytes::Bytes;
pub use serde_json::{Map, Value};

pub use crate::atomic::{AtomicStore, UpdateFn, Versioned, counter_sum};
pub use crate::backoff::Backoff;
pub use crate::check::{Check, CheckedDocument, CheckedList, CheckedQuery};
pub use crate::clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use crate::document::{Document, DocumentStore, Expect, PutOptions, Stamps};
pub use crate::error::{Context, Error, ErrorKind, Failure, Result, TooLarge};
pub use crate::ext::{AtomicStoreExt, DocumentStoreExt, ListableStoreExt, StoreExt};
pub use crate::filter::{Expr, FieldPath, Filter, Operator};
pub use crate::full::FullStore;
pub use crate::key::{KeyName, KeyRange, MAX_COLLECTION_BYTES, MAX_KEY_BYTES};
pub use crate::limits::Limits;
pub use crate::listable::{Entry, ListOptions, ListPage, ListableStore, MAX_PAGE};
pub use crate::namespace::{MAX_NAMESPACE_BYTES, Namespace};
pub use crate::partial::Partial;
pub use crate::profile::{Consistency, Durability, Profile, Traits};
pub use crate::query::{Query, QueryPage};
pub use crate::store::{SetEntry, Store, last_of_each};
pub use crate::transaction::{Action, Committed, Precondition, Transaction, Write};
pub use crate::ttl::{Ttl, is_live};
pub use crate::version::{Version, VersionSource};
