//! The checker of histories, held to histories whose verdict is known and to two checkers that share nothing with it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod broken;
mod brute;
mod cross;
mod hand;
mod model;
mod notation;
mod records;
mod scale;
mod simulate;
