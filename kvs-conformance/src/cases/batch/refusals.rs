//! One invalid entry rejects the batch.

use kvs_core::{Bytes, ErrorKind, SetEntry};

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, filled};

cases! {
    "batch";
    "One invalid key rejects a set_many before anything is written, wherever it stands."
        => one_invalid_key_rejects_a_set_many [];
    "One invalid key rejects a delete_many before anything is deleted, wherever it stands."
        => one_invalid_key_rejects_a_delete_many [];
    "One invalid key rejects a get_many."
        => one_invalid_key_rejects_a_get_many [];
    "One large value rejects a set_many before anything is written, wherever it stands."
        => one_large_value_rejects_a_set_many [];
}

const VALID: [&str; 4] = ["a", "b", "c", "d"];

async fn one_invalid_key_rejects_a_set_many(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for invalid in [String::new(), "k".repeat(1_025)] {
        for place in 0..=VALID.len() {
            let mut entries: Vec<SetEntry> = VALID.map(|key| SetEntry::new(key, "value")).into();
            entries.insert(place, SetEntry::new(invalid.clone(), "value"));
            ensure_kind!(
                store.set_many(entries).await,
                ErrorKind::InvalidKey,
                "an invalid key at {place}"
            );
            ensure_eq!(
                store.get_many(&VALID).await?,
                [None, None, None, None],
                "nothing is written"
            );
        }
    }
    Ok(())
}

async fn one_invalid_key_rejects_a_delete_many(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, VALID).await?;
    let long = "k".repeat(1_025);
    for invalid in ["", &long] {
        for place in 0..=VALID.len() {
            let mut keys = VALID.to_vec();
            keys.insert(place, invalid);
            ensure_kind!(
                store.delete_many(&keys).await,
                ErrorKind::InvalidKey,
                "an invalid key at {place}"
            );
            filled(&*store, VALID).await?;
        }
    }
    Ok(())
}

async fn one_invalid_key_rejects_a_get_many(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, VALID).await?;
    for keys in [["", "a"], ["a", ""]] {
        ensure_kind!(
            store.get_many(&keys).await,
            ErrorKind::InvalidKey,
            "an invalid key in {keys:?}"
        );
    }
    Ok(())
}

async fn one_large_value_rejects_a_set_many(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let large = Bytes::from(vec![0; cx.limits().value_bytes + 1]);
    for place in 0..=VALID.len() {
        let mut entries: Vec<SetEntry> = VALID.map(|key| SetEntry::new(key, "value")).into();
        entries.insert(place, SetEntry::new("large", large.clone()));
        ensure_kind!(
            store.set_many(entries).await,
            ErrorKind::TooLarge,
            "a large value at {place}"
        );
        ensure_eq!(
            store.get_many(&VALID).await?,
            [None, None, None, None],
            "nothing is written"
        );
    }
    Ok(())
}
