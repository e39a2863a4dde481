//! The rows of the table.

mod list;
mod scale;
mod single;

pub use list::{Page, list};
pub use scale::scale;
pub use single::{Single, SingleKind, singles};
