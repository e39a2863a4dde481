//! One script of library calls prints the same on memory and on SQLite, byte for byte.

#![expect(clippy::unwrap_used, reason = "a script that cannot be written down fails the test")]

mod atomic;
mod documents;
mod keys;
mod printer;

use kvs::{Config, ManualClock, Registry, Store, Ttl};

use self::printer::Printer;

async fn script(config: Config) -> String {
    let clock = ManualClock::default();
    let store = Registry::default().clock(clock.clone()).open(config).await.unwrap();
    let mut out = Printer::default();
    keys::values(&store, &mut out).await;
    keys::expiry(&store, &clock, &mut out).await;
    keys::listings(&store, &clock, &mut out).await;
    keys::batches(&store, &mut out).await;
    atomic::versions(&store, &mut out).await;
    atomic::transactions(&store, &clock, &mut out).await;
    documents::documents(&store, &clock, &mut out).await;
    documents::queries(&store, &mut out).await;
    out.answer("close", store.close().await);
    out.answer("get after close", store.get("a").await);
    out.answer(
        "set of an empty key after close",
        store.set("", "".into(), Ttl::Never).await,
    );
    out.answer("close again", store.close().await);
    out.text
}

#[tokio::test]
async fn the_same_script_prints_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let memory = script(Config::memory()).await;
    let file = script(Config::sqlite(dir.path().join("kvs.db"))).await;
    let in_memory = script(Config::sqlite(":memory:")).await;
    let lines = memory.lines().count();
    assert!(lines > 200, "the script stopped after {lines} lines");
    for (place, text) in [("a file", file), ("memory", in_memory)] {
        for (number, (expected, seen)) in memory.lines().zip(text.lines()).enumerate() {
            assert_eq!(seen, expected, "line {} of SQLite in {place}", number + 1);
        }
        assert_eq!(text, memory);
    }
}
