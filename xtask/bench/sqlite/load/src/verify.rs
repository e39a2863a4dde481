//! A benchmark that measures errors is worthless.

use anyhow::{Context, ensure};
use bench_harness::Keys;
use bytes::Bytes;

use crate::{Kv, series};

const LOOKED_AT: usize = 50;

/// Whether the store holds the first values of `series(value_bytes, 0)`, returns what is set, and nothing for a key that
/// was never set.
pub async fn verify<K: Kv>(store: &K, value_bytes: usize) -> anyhow::Result<()> {
    let keys = Keys::new(LOOKED_AT);
    for (key, value) in keys.iter().zip(series(value_bytes, 0)) {
        expect(store, key, Some(&value)).await?;
    }
    for (key, value) in keys.iter().zip(series(value_bytes, u64::from(u16::MAX))) {
        store.set(key, &value).await.with_context(|| format!("setting {key}"))?;
        expect(store, key, Some(&value)).await?;
    }
    for key in Keys::absent(LOOKED_AT).iter() {
        expect(store, key, None).await?;
    }
    Ok(())
}

async fn expect<K: Kv>(store: &K, key: &str, value: Option<&Bytes>) -> anyhow::Result<()> {
    let found = store.get(key).await.with_context(|| format!("getting {key}"))?;
    ensure!(found.as_ref() == value, "{key} holds {found:?}, and {value:?} was set");
    Ok(())
}
