//! One script of library calls prints the same on every backend, byte for byte.

#![expect(clippy::unwrap_used, reason = "a script that cannot be written down fails the test")]

mod atomic;
mod documents;
#[cfg(feature = "dynamodb")]
#[path = "../dynamodb/mod.rs"]
mod dynamodb;
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
    let lines = memory.lines().count();
    assert!(lines > 200, "the script stopped after {lines} lines");
    let others = [
        ("SQLite on a file", Config::sqlite(dir.path().join("kvs.db"))),
        ("SQLite in memory", Config::sqlite(":memory:")),
        #[cfg(feature = "dynamodb")]
        ("DynamoDB", dynamodb::store()),
    ];
    for (place, config) in others {
        let text = script(config).await;
        for (number, (expected, seen)) in memory.lines().zip(text.lines()).enumerate() {
            assert_eq!(seen, expected, "line {} on {place}", number + 1);
        }
        assert_eq!(text, memory);
    }
}
