//! A store behind the fault server, and one beside it that sees what is really stored.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::Credentials;
use futures_util::future::{BoxFuture, FutureExt};
use kvs_dynamodb::{DynamoConfig, DynamoStore, Namespace, Result};
use tokio::sync::OnceCell;

use crate::emulator;
use crate::server::{ACCESS_KEY, FaultServer, REGION, Upstream};

/// Both stores share a namespace that no other test uses.
pub(crate) struct Bench {
    pub(crate) server: FaultServer,
    /// The store under test.
    pub(crate) store: DynamoStore,
    /// Talks to the emulator itself.
    pub(crate) observer: DynamoStore,
    /// What `store` was opened with.
    pub(crate) config: DynamoConfig,
}

impl Bench {
    /// With timeouts that a slow machine does not reach, so that requests can be counted.
    pub(crate) async fn patient() -> Self {
        Self::with(|config| config).await
    }

    /// For faults that do not end: it gives up soon, but not while an answer is on its way.
    pub(crate) async fn hasty() -> Self {
        Self::with(|config| {
            config
                .operation_timeout(Duration::from_secs(1))
                .attempt_timeout(ATTEMPT)
        })
        .await
    }

    /// For servers that do not answer: it waits a little, twice or more.
    pub(crate) async fn impatient() -> Self {
        let (attempt, operation) = (Duration::from_millis(300), Duration::from_secs(1));
        Self::with(|config| config.attempt_timeout(attempt).operation_timeout(operation)).await
    }

    /// With one shard, so that a listing is one request, and what else `configure` says. The record of the namespace is
    /// there when the store opens.
    pub(crate) async fn with(configure: impl FnOnce(DynamoConfig) -> DynamoConfig) -> Self {
        let upstream = Upstream::new(&emulator::endpoint());
        let server = FaultServer::start(upstream.clone()).await;
        let config = configure(patient(table().await).namespace(namespace()).shards(1));
        let mut observing = config.clone().attempt_timeout(ATTEMPT).operation_timeout(OPERATION);
        observing = observing.endpoint_url(upstream.url());
        let observer = open(observing).await.unwrap();
        let config = config.endpoint_url(server.url());
        let store = open_at_last(&config).await;
        server.forget();
        Self {
            server,
            store,
            observer,
            config,
        }
    }
}

/// Opens a store. The future of that is large.
pub(crate) fn open(config: DynamoConfig) -> BoxFuture<'static, Result<DynamoStore>> {
    DynamoStore::open(config).boxed()
}

/// Opens a store that may be too impatient for a machine that is busy.
async fn open_at_last(config: &DynamoConfig) -> DynamoStore {
    loop {
        match open(config.clone()).await {
            Ok(store) => return store,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
}

const ATTEMPT: Duration = Duration::from_secs(10);
const OPERATION: Duration = Duration::from_secs(25);

/// A configuration for the emulator's tables, without an endpoint.
pub(crate) fn patient(table: &str) -> DynamoConfig {
    DynamoConfig::new(table)
        .region(REGION)
        .credentials(Credentials::new(ACCESS_KEY, "secret", None, None, "tests"))
        .attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
}

/// The table of this process.
pub(crate) async fn table() -> &'static str {
    static TABLE: OnceCell<String> = OnceCell::const_new();
    let create = async || {
        let name = unique("faults");
        Upstream::new(&emulator::endpoint()).create_table(&name).await;
        name
    };
    TABLE.get_or_init(create).await
}

/// A namespace that nobody uses.
pub(crate) fn namespace() -> Namespace {
    unique("n").parse().unwrap()
}

/// A name that no other test of any process uses.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{name}-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The output of what has to end; how soon is not asked.
pub(crate) async fn bounded<F: Future>(work: F) -> F::Output {
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, work).await.expect("it hung")
}
