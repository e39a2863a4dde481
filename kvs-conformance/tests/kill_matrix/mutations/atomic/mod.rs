//! Stores that break rules of the group `atomic`.

mod conditional;
mod counters;
pub(crate) mod races;
mod removal;
mod touch;
mod update;
mod versions;

use kvs_core::{Bytes, Clock, Error, Result, Timestamp, Transaction, Ttl, Version, Versioned};

use crate::call::Answer;
use crate::mutation::Mutation;
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    let files = [
        conditional::all(),
        counters::all(),
        races::all(),
        removal::all(),
        touch::all(),
        update::all(),
        versions::all(),
    ];
    files.into_iter().flatten().collect()
}

/// Writes without a condition, and gives the version.
pub(crate) async fn write(saboteur: &Saboteur, key: &str, value: Bytes, ttl: Ttl) -> Result<Answer> {
    let committed = saboteur.sound().commit(Transaction::new().set(key, value, ttl)).await?;
    let version = committed.version(key).ok_or(Error::NotFound)?;
    Ok(Answer::Version(version))
}

/// The entry of a key that has expired and that nobody has reclaimed yet.
pub(crate) async fn remains(saboteur: &Saboteur, key: &str) -> Option<Versioned> {
    if saboteur.sound().contains(key).await.unwrap_or(true) {
        return None;
    }
    let now = saboteur.clock.now();
    saboteur.clock.set(Timestamp::from_millis(i64::MIN));
    let found = saboteur.sound().get_versioned(key).await.ok();
    saboteur.clock.set(now);
    found
}

/// The version that is now stored.
pub(crate) async fn current(saboteur: &Saboteur, key: &str) -> Option<Version> {
    saboteur.sound().get_versioned(key).await.ok().map(|live| live.version)
}
