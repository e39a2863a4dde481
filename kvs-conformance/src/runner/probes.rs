//! Looks for properties that work although the subject does not declare them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kvs_core::{Bytes, FullStore, StoreExt, Ttl};

use super::supervise;
use crate::context::Context;
use crate::failed::Failed;
use crate::need::{Declared, Need};
use crate::subject::Subject;
use crate::support::secs;

/// Four times as many entries as an evicting store has room for, and together four times as many bytes.
const ENTRIES: usize = 4_000;
const VALUE: usize = 16 << 10;

/// Each property that works without being declared, in words. What cannot be found out is not told.
pub(crate) fn undeclared(subject: &Arc<dyn Subject>, declared: &Declared) -> Vec<String> {
    let probes = PROBES.iter().filter(|probe| !declared.meets(probe.declared));
    let works = probes.filter(|probe| {
        let name = "kvs-conformance probe".to_owned();
        matches!(supervise(name, Arc::clone(subject), 1, probe.works), Ok(true))
    });
    works.map(|probe| probe.words.to_owned()).collect()
}

/// One property.
struct Probe {
    declared: Need,
    words: &'static str,
    works: fn(Context) -> BoxFuture<'static, Result<bool, Failed>>,
}

const PROBES: [Probe; 3] = [
    Probe {
        declared: Need::Reopens,
        words: "a second open of the same site sees what the first wrote (`Subject::reopens`)",
        works: |cx| Box::pin(reopens(cx)),
    },
    Probe {
        declared: Need::ManualClock,
        words: "expiry follows the site's clock when the suite moves it (`Time::Manual`)",
        works: |cx| Box::pin(the_manual_clock_is_honoured(cx)),
    },
    Probe {
        declared: Need::Lasting,
        words: "nothing was dropped of 4,000 entries of 16 KiB, four times the room that the suite asks for (`evicting`)",
        works: |cx| Box::pin(keeps_everything(cx)),
    },
];

async fn reopens(cx: Context) -> Result<bool, Failed> {
    let first = cx.open().await?;
    first.set("k", "v".into(), Ttl::Never).await?;
    let second = cx.open().await?;
    let seen = second.get_opt("k").await?;
    Ok(seen.is_some_and(|value| value == "v"))
}

async fn the_manual_clock_is_honoured(cx: Context) -> Result<bool, Failed> {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(secs(3_600))).await?;
    let before = store.get_opt("k").await?;
    cx.clock().advance(secs(7_200));
    let after = store.get_opt("k").await?;
    Ok(before.is_some() && after.is_none())
}

async fn keeps_everything(cx: Context) -> Result<bool, Failed> {
    let store = cx.open().await?;
    for number in 0..ENTRIES {
        store.set(&key(number), value(number), Ttl::Never).await?;
    }
    // What an evicting store drops, it may drop a little later.
    tokio::time::sleep(secs(1)).await;
    all_are_there(&*store).await
}

async fn all_are_there(store: &dyn FullStore) -> Result<bool, Failed> {
    for number in 0..ENTRIES {
        if store.get_opt(&key(number)).await? != Some(value(number)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn key(number: usize) -> String {
    format!("key-{number}")
}

fn value(number: usize) -> Bytes {
    let mut value = number.to_le_bytes().to_vec();
    value.resize(VALUE, 0);
    value.into()
}
