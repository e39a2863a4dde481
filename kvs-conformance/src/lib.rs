#![doc = include_str!("../README.md")]

#[macro_use]
mod macros;

mod case;
mod cases;
mod context;
mod failed;
mod model;
mod runner;
mod site;
mod subject;
mod support;

pub use kvs_core::async_trait;

pub use crate::case::{Case, Verdict};
pub use crate::failed::{Failed, Outcome};
pub use crate::model::lockstep;
pub use crate::runner::{cases, main, run};
pub use crate::site::Site;
pub use crate::subject::{Subject, Time};
