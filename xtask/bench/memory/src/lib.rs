//! Stores and maps in memory, side by side.

pub mod bytes_each;
pub mod field;
pub mod reclaimed;
pub mod rows;
pub mod stores;
