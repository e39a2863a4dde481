#![doc = include_str!("../README.md")]

#[macro_use]
mod macros;

mod case;
mod cases;
mod context;
mod exclusion;
mod failed;
mod level;
pub mod linearizability;
mod model;
mod need;
mod report;
mod runner;
mod site;
mod subject;
mod support;

pub use kvs_core::async_trait;

pub use crate::case::{Case, Verdict, cases};
pub use crate::exclusion::Exclusion;
pub use crate::failed::{Failed, Outcome};
pub use crate::level::Level;
pub use crate::model::lockstep;
pub use crate::report::{CaseResult, LevelResult, Report, Standing};
pub use crate::runner::harness::main;
pub use crate::runner::run;
pub use crate::runner::validation::{Validation, validate};
pub use crate::site::Site;
pub use crate::subject::{Subject, Time};
