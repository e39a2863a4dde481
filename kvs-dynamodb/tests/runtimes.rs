//! The store brings the runtime that its connections need, so the caller's does not matter.

mod emulator;

use std::time::Duration;

use futures_executor::block_on;
use kvs_dynamodb::{
    AtomicStore, Document, DocumentStore, DynamoConfig, DynamoStore, Filter, ListableStore, Result, SetEntry, Store,
    Transaction, Ttl,
};

async fn open(test: &str) -> Result<DynamoStore> {
    let table = format!("kvs-runtimes-{}-{test}", std::process::id());
    let config = DynamoConfig::new(table).endpoint_url(emulator::endpoint());
    DynamoStore::open(config.create_table(true)).await
}

/// Every path that a request can take.
async fn use_all(store: &DynamoStore) -> Result<()> {
    store.set("a", "1".into(), Ttl::Never).await?;
    store.set("a", "2".into(), Ttl::Keep).await?;
    store
        .set_many(vec![SetEntry::new("b", "x"), SetEntry::new("c", "y").ttl(Ttl::Keep)])
        .await?;
    assert_eq!(
        store.get_many(&["a", "b", "missing"]).await?[..2],
        [Some("2".into()), Some("x".into())]
    );
    assert_eq!(store.increment("a", 40).await?, 42);
    store.update("a", &mut |_| Ok("7".into())).await?;
    store
        .commit(
            Transaction::new()
                .check_exists("a")
                .set("d", "z", Ttl::Keep)
                .delete("b"),
        )
        .await?;
    store.touch("c", Ttl::After(Duration::from_mins(1))).await?;
    assert_eq!(store.take("d").await?, "z");
    assert_eq!(store.list("").await?, ["a", "c"]);
    store
        .put("users", Document::new("ada", serde_json::json!({"age": 36}))?)
        .await?;
    assert_eq!(store.query("users", &Filter::gte("age", 18)).await?.len(), 1);
    store.delete_prefix("").await?;
    assert_eq!(store.sweep().await?, 0);
    store.delete_collection("users").await?;
    store.close().await
}

#[test]
fn an_executor_that_is_not_tokio_will_do() {
    block_on(async { use_all(&open("none").await.unwrap()).await }).unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokio_time_that_stands_still_times_nothing_out() {
    use_all(&open("paused").await.unwrap()).await.unwrap();
}

#[test]
fn a_store_moves_from_a_runtime_that_nobody_polls_any_more() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let first = runtime();
    let store = first.block_on(async {
        let store = open("moved").await.unwrap();
        store.set("a", "1".into(), Ttl::Never).await.unwrap();
        store
    });
    runtime().block_on(use_all(&store)).unwrap();
    drop(first);
}
