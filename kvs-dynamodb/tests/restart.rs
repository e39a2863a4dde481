//! The server is killed while 64 writers are at work, and comes back with its data.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "emulator/mod.rs"]
mod emulator;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use emulator::Emulator;
use futures_util::future::join_all;
use kvs_dynamodb::{AtomicStore, DynamoConfig, DynamoStore, Result, Store, StoreExt, Transaction, Ttl};

const WRITERS: usize = 64;
const OUTAGE: Duration = Duration::from_secs(5);

/// What a writer knows after the outage.
#[derive(Default)]
struct Ledger {
    /// Keys whose write was acknowledged.
    keys: Vec<String>,
    /// How often its counter was incremented: acknowledged, and perhaps.
    counted: i64,
    perhaps: i64,
    /// Whether an error came that calls for neither patience nor a look.
    broken: Vec<String>,
}

impl Ledger {
    /// Notes an error, if there is one; tells whether there is none.
    fn note<T>(&mut self, outcome: &Result<T>) -> bool {
        if let Err(error) = outcome
            && !error.is_retryable()
            && !error.may_have_applied()
        {
            self.broken.push(format!("{error:?}"));
        }
        outcome.is_ok()
    }
}

/// Sets, commits and increments until it is told to stop.
async fn write(store: &DynamoStore, writer: usize, stop: &AtomicBool, acknowledged: &AtomicUsize) -> Ledger {
    let mut ledger = Ledger::default();
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let [a, b, c] = ["a", "b", "c"].map(|name| format!("{writer}/{round}/{name}"));
        if ledger.note(&store.set_text(&a, &a, Ttl::Never).await) {
            ledger.keys.push(a);
        }
        let both = Transaction::new()
            .set(&b, b.clone(), Ttl::Never)
            .set(&c, c.clone(), Ttl::Never);
        if ledger.note(&store.commit(both).await) {
            ledger.keys.extend([b, c]);
        }
        let outcome = store.increment(&format!("{writer}/n"), 1).await;
        ledger.perhaps += i64::from(outcome.as_ref().is_err_and(kvs_dynamodb::Error::may_have_applied));
        ledger.counted += i64::from(ledger.note(&outcome));
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    ledger
}

/// Kills the server in the middle of the work, starts it again after a while, and lets the work go on a little.
async fn outage(mut server: Emulator, options: [&str; 2], stop: &AtomicBool, rounds: &AtomicUsize) -> Emulator {
    let wait_for = async |count: usize| {
        while rounds.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    wait_for(4 * WRITERS).await;
    let port = server.port().to_owned();
    server.kill();
    tokio::time::sleep(OUTAGE).await;
    let server = Emulator::start_with(&[options.as_slice(), &["--port", &port]].concat());
    wait_for(rounds.load(Ordering::Relaxed) + 4 * WRITERS).await;
    stop.store(true, Ordering::Relaxed);
    server
}

/// Opens a store; half of the writers give up during the outage, the others wait for its end.
async fn open(url: &str, patience: Duration) -> DynamoStore {
    let config = DynamoConfig::new("restart").endpoint_url(url).create_table(true);
    let config = config
        .attempt_timeout(Duration::from_secs(2))
        .operation_timeout(patience);
    Box::pin(DynamoStore::open(config)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_a_killed_server_and_nobody_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    let options = ["--db-path", file.to_str().unwrap()];
    let server = Emulator::start_with(&options);
    let url = server.url().to_owned();
    let patient = open(&url, Duration::from_secs(30)).await;
    let hasty = open(&url, Duration::from_secs(2)).await;

    let (stop, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let writers = (0..WRITERS).map(|writer| {
        let store = if writer % 2 == 0 { &patient } else { &hasty };
        write(store, writer, &stop, &rounds)
    });
    let work = async { tokio::join!(join_all(writers), outage(server, options, &stop, &rounds)) };
    let limit = Duration::from_mins(2);
    let (ledgers, _server) = tokio::time::timeout(limit, work).await.expect("a writer hung");

    for (writer, ledger) in ledgers.iter().enumerate() {
        assert!(ledger.broken.is_empty(), "{:?}", ledger.broken);
        let keys: Vec<&str> = ledger.keys.iter().map(String::as_str).collect();
        let values = patient.get_many(&keys).await.unwrap();
        for (key, value) in keys.iter().zip(values) {
            assert_eq!(value.as_deref(), Some(key.as_bytes()), "{key} was acknowledged");
        }
        let count: i64 = patient.get_json(&format!("{writer}/n")).await.unwrap();
        let possible = ledger.counted..=ledger.counted + ledger.perhaps;
        assert!(
            possible.contains(&count),
            "writer {writer}: {count}, not in {possible:?}"
        );
    }
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.keys.len()).sum();
    let unknown: i64 = ledgers.iter().map(|ledger| ledger.perhaps).sum();
    println!("{acknowledged} keys acknowledged, all there; {unknown} increments of unknown outcome");
}
