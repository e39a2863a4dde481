//! Versions, counters and transactions.

use std::sync::Arc;
use std::time::Duration;

use kvs::{Error, FullStore, ManualClock, StoreExt, Transaction, Ttl, Version};

use crate::printer::Printer;

pub(crate) async fn versions(store: &Arc<dyn FullStore>, out: &mut Printer) {
    let first = store.set_if_absent("v", "1".into(), Ttl::Never).await.unwrap();
    out.version("first", Ok(first));
    out.version("absent", store.set_if_absent("v", "2".into(), Ttl::Never).await);
    out.version("read", store.get_versioned("v").await.map(|live| live.version));
    let second = store.compare_and_set("v", first, "2".into(), Ttl::Never).await;
    out.version("second", second.as_ref().copied().map_err(|_| Error::NotFound));
    out.version("stale", store.compare_and_set("v", first, "3".into(), Ttl::Never).await);
    out.answer("stale", store.compare_and_delete("v", first).await);
    out.version(
        "foreign",
        store
            .compare_and_set("v", Version::from_bytes([0; 16]), "3".into(), Ttl::Never)
            .await,
    );
    out.answer("deleted", store.compare_and_delete("v", second.unwrap()).await);
    out.version(
        "absent",
        store.compare_and_set("v", first, "3".into(), Ttl::Never).await,
    );
    out.answer("take", store.take("b:2").await);
    out.answer("take again", store.take("b:2").await);
    for delta in [5, -7, i64::MAX, 3, i64::MIN, 0] {
        out.answer("increment", store.increment("n", delta).await);
    }
    out.answer("no number", store.increment("json", 1).await);
    out.answer(
        "update",
        store
            .update("u", &mut |old| Ok(format!("{old:?}").into()))
            .await
            .map(|live| live.value),
    );
    out.answer(
        "update",
        store
            .update("u", &mut |old| Ok(format!("{old:?}").into()))
            .await
            .map(|live| live.value),
    );
    let refuse = store.update("u", &mut |_| Err(Error::invalid_argument("no"))).await;
    out.answer("refused", refuse.map(drop));
    out.answer("left", store.get("u").await);
}

pub(crate) async fn transactions(store: &Arc<dyn FullStore>, clock: &ManualClock, out: &mut Printer) {
    store
        .set_text("x:1", "10", Ttl::After(Duration::from_mins(1)))
        .await
        .unwrap();
    let live = store.get_versioned("x:1").await.unwrap();
    let transfer = || {
        Transaction::new()
            .check_version("x:1", live.version)
            .set("x:1", "7", Ttl::Keep)
            .check_absent("x:2")
            .set("x:2", "3", Ttl::Never)
    };
    for what in ["transfer", "transfer again"] {
        let committed = store.commit(transfer()).await;
        out.answer(
            what,
            committed.map(|c| c.versions().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()),
        );
    }
    out.answer(
        "kept",
        store
            .get_versioned("x:1")
            .await
            .map(|live| (live.value, live.expires_at)),
    );
    let value = "v";
    let transactions = [
        Transaction::new(),
        Transaction::new().check_exists("x:1").check_absent("x:9"),
        Transaction::new().check_exists("x:9").set("x:1", value, Ttl::Never),
        Transaction::new().check_absent("x:1").check_exists("x:1"),
        Transaction::new().set("x:1", value, Ttl::Never).delete("x:1"),
        Transaction::new().set("", value, Ttl::Never),
        Transaction::new()
            .touch("x:9", Ttl::Never)
            .set("x:8", value, Ttl::Never),
        Transaction::new()
            .touch("x:2", Duration::from_secs(1))
            .delete("x:1")
            .set("x:3", value, Ttl::Never),
        (0..100).fold(Transaction::new(), |tx, i| tx.set(format!("y:{i}"), value, Ttl::Never)),
        (0..101).fold(Transaction::new(), |tx, i| tx.set(format!("z:{i}"), value, Ttl::Never)),
        (0..11).fold(Transaction::new(), |tx, i| {
            tx.set(format!("z:{i}"), vec![0; 390_000], Ttl::Never)
        }),
    ];
    for transaction in transactions {
        let committed = store.commit(transaction).await;
        out.answer(
            "commit",
            committed.map(|c| c.versions().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()),
        );
    }
    clock.advance(Duration::from_secs(1));
    for prefix in ["x:", "y:", "z:"] {
        out.answer(prefix, store.list(prefix).await);
    }
}
