//! Stores that break rules of the group `durability`.

mod handles;
mod losses;
mod reopening;

use kvs_core::{Bytes, Entry, ListOptions, MAX_PAGE, Result, Transaction, Ttl};

use crate::call::{Answer, Call};
use crate::mutation::Mutation;
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    [losses::all(), reopening::all(), handles::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// Has the handle done nothing before? Told once.
fn is_new(saboteur: &Saboteur) -> bool {
    let name = format!("handle {:020}", saboteur.handle);
    saboteur.notes.values().insert(name, Bytes::new()).is_none()
}

/// All entries with their values.
async fn entries(saboteur: &Saboteur) -> Result<Vec<Entry>> {
    let options = ListOptions::new("").values(true).limit(MAX_PAGE);
    Ok(saboteur.sound().list_page(&options).await?.entries)
}

/// An entry as it is written to where it lasts.
#[derive(Clone, PartialEq, Eq)]
struct Kept {
    key: String,
    value: Bytes,
    ttl: Ttl,
}

/// Changes every entry when the store is closed.
async fn keeping(saboteur: &Saboteur, mut call: Call<'_>, change: fn(&mut Kept)) -> Result<Answer> {
    if !matches!(call, Call::Close) || saboteur.is_closed() {
        return saboteur.soundly(&mut call).await;
    }
    for entry in entries(saboteur).await? {
        let whole = Kept {
            key: entry.key,
            value: entry.value.unwrap_or_default(),
            ttl: entry.expires_at.map_or(Ttl::Never, Ttl::At),
        };
        let mut kept = whole.clone();
        change(&mut kept);
        if kept != whole {
            let written = Transaction::new().set(kept.key.as_str(), kept.value, kept.ttl);
            let moved = if kept.key == whole.key {
                written
            } else {
                written.delete(whole.key)
            };
            saboteur.sound().commit(moved).await?;
        }
    }
    saboteur.soundly(&mut call).await
}
