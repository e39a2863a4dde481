//! Stores that break rules of the group `listing`.

mod cursors;
mod order;
mod pages;
mod prefixes;
mod removal;

use kvs_core::{Entry, ListOptions, MAX_PAGE, Result};

use crate::call::{Answer, Call};
use crate::mutation::Mutation;
use crate::saboteur::Saboteur;

pub(crate) fn all() -> Vec<Mutation> {
    [
        prefixes::all(),
        order::all(),
        pages::all(),
        cursors::all(),
        removal::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Lists and removes by another rule than "starts with": it is given the prefix and the key.
async fn by_rule(saboteur: &Saboteur, mut call: Call<'_>, rule: fn(&str, &str) -> bool) -> Result<Answer> {
    match &call {
        Call::List { prefix } => {
            let mut keys = saboteur.sound().list("").await?;
            keys.retain(|key| rule(prefix, key));
            Ok(Answer::Keys(keys))
        }
        Call::DeletePrefix { prefix } => {
            let keys = saboteur.sound().list("").await?;
            let keys: Vec<&str> = keys
                .iter()
                .map(String::as_str)
                .filter(|key| rule(prefix, key))
                .collect();
            saboteur.sound().delete_many(&keys).await?;
            Ok(Answer::Done)
        }
        Call::ListPage { options } => {
            let mut all = options.clone();
            all.prefix.clear();
            let mut entries = entries(saboteur, all).await?;
            entries.retain(|entry| rule(&options.prefix, &entry.key));
            Ok(page(entries, options.limit))
        }
        _ => saboteur.soundly(&mut call).await,
    }
}

/// All entries that lie beyond the position, whatever the limit.
async fn entries(saboteur: &Saboteur, mut options: ListOptions) -> Result<Vec<Entry>> {
    options.limit = if options.limit == 0 { 0 } else { MAX_PAGE };
    let mut entries = Vec::new();
    loop {
        let page = saboteur.sound().list_page(&options).await?;
        entries.extend(page.entries);
        match page.next {
            Some(next) => options.after = Some(next),
            None => return Ok(entries),
        }
    }
}

/// The first page of these entries.
fn page(mut entries: Vec<Entry>, limit: usize) -> Answer {
    let more = entries.len() > limit;
    entries.truncate(limit.min(MAX_PAGE));
    let next = entries.last().filter(|_| more).map(|entry| entry.key.clone());
    Answer::Page(kvs_core::ListPage { entries, next })
}
