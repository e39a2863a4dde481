//! Kinds, messages, and what they must not tell.

pub(crate) mod aftermath;
pub(crate) mod kinds;
pub(crate) mod messages;
