#![doc = include_str!("../README.md")]

mod config;
mod error;
mod format;
mod store;

pub use kvs_core::{AtomicStore, DocumentStore, FullStore, ListableStore, Profile, Result, Store};

pub use crate::{config::RedbConfig, store::RedbStore};
