//! Every trait in one.

use crate::atomic::AtomicStore;
use crate::document::DocumentStore;
use crate::listable::ListableStore;

/// A store that implements every trait: what `kvs::open` gives, as `Arc<dyn FullStore>`.
///
/// Implemented for everything that implements the four. A store that lacks some becomes one through
/// [`Partial`](crate::Partial).
///
/// ```
/// use std::sync::Arc;
/// use kvs_core::{FullStore, Store};
/// let full: Arc<dyn FullStore> = Arc::new(kvs_memory::MemoryStore::new());
/// let store: Arc<dyn Store> = full;
/// assert_eq!(store.profile().name, "memory");
/// ```
pub trait FullStore: ListableStore + DocumentStore + AtomicStore {}

impl<S: ListableStore + DocumentStore + AtomicStore + ?Sized> FullStore for S {}
