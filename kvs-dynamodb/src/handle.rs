//! The handle: how a store is opened, and what all of its operations share.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use kvs_core::{Check, Clock, Consistency, Durability, Error, Profile, Result, Timestamp, Traits, Ttl, Turns};
use kvs_core::{Version, VersionSource};
#[cfg(feature = "aws-config")]
use {crate::config::DynamoConfig, crate::connect::connect, crate::table::DynamoTable, kvs_core::Finding};

use crate::call::Patience;
use crate::config::{DynamoSettings, Reads, check_table_name};

use crate::open;
use crate::runtime::Background;
use crate::schema::{self, Expiry, Layout};

/// A store in a table of DynamoDB. A cheap handle: clones share one store, and closing one closes all.
///
/// ```no_run
/// use kvs_dynamodb::{DynamoConfig, DynamoStore, Store, StoreExt, Ttl};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_dynamodb::Result<()> {
/// let store = DynamoStore::open(DynamoConfig::new("app").region("eu-west-1")).await?;
/// store.set_text("greeting", "hello", Ttl::Never).await?;
/// assert_eq!(store.get_text("greeting").await?, "hello");
/// store.close().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DynamoStore(Arc<Inner>);

struct Inner {
    table: Table,
    layout: Layout,
    profile: Profile,
    clock: Arc<dyn Clock>,
    versions: VersionSource,
    turns: Turns,
    closed: AtomicBool,
    background: Background,
}

/// A table, and how requests are sent to it.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) consistent: bool,
    pub(crate) patience: Patience,
}

impl DynamoStore {
    /// Opens a table with a client of the store's own, and reads the record of the namespace.
    ///
    /// Costs one request; two more in a namespace that was never used. Starts a thread for the store's connections, which
    /// ends when the last handle is dropped. Nothing of the infrastructure is touched unless
    /// [`create_table`](DynamoConfig::create_table) asks for it.
    ///
    /// # Errors
    ///
    /// Those of [`from_client`](Self::from_client); `Config` also for a missing region; with `create_table` those of
    /// [`DynamoTable::create`](crate::DynamoTable::create).
    #[cfg(feature = "aws-config")]
    pub async fn open(config: DynamoConfig) -> Result<Self> {
        let during = |error: Error| error.during("dynamodb", "open");
        config.check().map_err(during)?;
        let background = Background::start()?;
        let client = background.run(Box::pin(connect(&config))).await.map_err(during)?;
        if config.create_table && config.settings.create {
            let table = DynamoTable::from_client(client.clone(), &config.table);
            background.run(table.create(&config.tags)).await?;
        }
        Self::start(
            background,
            Table::new(&client, config.table, &config.settings),
            config.settings,
        )
        .await
    }

    /// Looks whether the store would find all that it needs, and says what is wrong and how to mend it. Changes nothing.
    ///
    /// See [`DynamoTable::check`](crate::DynamoTable::check).
    ///
    /// # Errors
    ///
    /// `Config` for settings that cannot be or a missing region; `Timeout` and `Unavailable` where nothing answers.
    #[cfg(feature = "aws-config")]
    pub async fn check(config: &DynamoConfig) -> Result<Vec<Finding>> {
        let during = |error: Error| error.during("dynamodb", "check");
        config.check().map_err(during)?;
        let background = Background::start()?;
        let client = background.run(Box::pin(connect(config))).await.map_err(during)?;
        let table = DynamoTable::from_client(client, &config.table);
        background.run(table.check(&config.settings)).await
    }

    /// Removes the namespace of the configuration: its entries, the documents of these collections, and its record. What
    /// it reaches, leaves and costs is told by [`DynamoTable::remove_namespace`](crate::DynamoTable::remove_namespace).
    ///
    /// ```no_run
    /// use kvs_dynamodb::{DynamoConfig, DynamoStore};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs_dynamodb::Result<()> {
    /// let tenant = DynamoConfig::new("app").namespace("tenant-1".parse()?);
    /// DynamoStore::remove_namespace(&tenant, &["users", "orders"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`DynamoTable::remove_namespace`](crate::DynamoTable::remove_namespace); `Config` also for a missing region.
    #[cfg(feature = "aws-config")]
    pub async fn remove_namespace(config: &DynamoConfig, collections: &[&str]) -> Result<()> {
        let during = |error: Error| error.during("dynamodb", "remove_namespace");
        config.check().map_err(during)?;
        let background = Background::start()?;
        let client = background.run(Box::pin(connect(config))).await.map_err(during)?;
        let table = DynamoTable::from_client(client, &config.table);
        background
            .run(table.remove_namespace(&config.settings, collections))
            .await
    }

    /// Uses the client of an application, which stays open when the store is closed.
    ///
    /// Requests are sent with this client's credentials, region, endpoint and connections, but never with its retries:
    /// the store repeats what may be repeated, and nothing else. Its timeouts hold beside those of the settings.
    ///
    /// ```no_run
    /// use kvs_dynamodb::aws_sdk_dynamodb::Client;
    /// use kvs_dynamodb::{DynamoSettings, DynamoStore};
    /// # async fn run(client: Client) -> kvs_dynamodb::Result<()> {
    /// let store = DynamoStore::from_client(client, "app", DynamoSettings::new()).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Config` for settings that cannot be, a missing table, another number of shards than the recorded one, or a
    /// namespace that is not to be created; `Incompatible` for a newer format; `PermissionDenied`; `Unavailable`;
    /// `Timeout`.
    pub async fn from_client(client: Client, table: impl Into<String>, settings: DynamoSettings) -> Result<Self> {
        let table = table.into();
        let checked = check_table_name(&table).and_then(|()| settings.check());
        checked.map_err(|error| error.during("dynamodb", "open"))?;
        let background = Background::start()?;
        Self::start(background, Table::new(&client, table, &settings), settings).await
    }

    /// Reads the record of the namespace, and so learns its shards.
    pub(crate) async fn start(background: Background, table: Table, settings: DynamoSettings) -> Result<Self> {
        let mut profile = Profile::new("dynamodb");
        profile.format = Some(schema::FORMAT);
        profile.traits = Traits::ALL;
        profile.durability = Durability::Power;
        profile.late_writes = true;
        if settings.reads == Reads::Eventual {
            profile.consistency = Consistency::Eventual;
        }
        let shards = background.run(open::shards(&table, &settings)).await;
        let shards = shards.map_err(|error| error.during(profile.name, "open"))?;
        Ok(Self(Arc::new(Inner {
            layout: Layout::new(settings.namespace.as_ref(), shards),
            table,
            profile,
            clock: settings.clock,
            versions: VersionSource::new()?,
            turns: Turns::new(),
            closed: AtomicBool::new(false),
            background,
        })))
    }

    /// Runs what an operation sends, and names the operation in its errors.
    pub(crate) async fn run<T>(&self, operation: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        // By reference: futures are large, and each function that takes one by value copies it.
        let work = pin!(work);
        let done = self.0.background.run(work).await;
        done.map_err(|error| error.during(self.0.profile.name, operation))
    }

    pub(crate) fn background(&self) -> &Background {
        &self.0.background
    }

    /// Begins the checks of an operation.
    pub(crate) fn checks(&self, operation: &'static str) -> Check<'_> {
        self.0.profile.check(operation)
    }

    /// Set when the store is closed: the last of the checks.
    pub(crate) fn closed(&self) -> &AtomicBool {
        &self.0.closed
    }

    pub(crate) fn shut(&self) {
        self.0.closed.store(true, Ordering::Release);
    }

    pub(crate) fn store_profile(&self) -> &Profile {
        &self.0.profile
    }

    pub(crate) fn table(&self) -> &Table {
        &self.0.table
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn version(&self) -> Version {
        self.0.versions.next()
    }

    /// When an entry expires that is written at `now`, where no expiry is kept.
    pub(crate) fn expiry(&self, ttl: Ttl, now: Timestamp) -> Expiry {
        Expiry {
            expires_at: ttl.expires_at(now, None),
            now,
            real_clock: self.0.clock.is_real(),
        }
    }
}

impl Table {
    pub(crate) fn new(client: &Client, name: String, settings: &DynamoSettings) -> Self {
        Self {
            client: open::without_retries(client),
            name,
            consistent: settings.reads == Reads::Consistent,
            patience: settings.patience(),
        }
    }

    /// What is to be told where the SDK finds a request of ours incomplete.
    pub(crate) fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> Error {
        Error::backend("a request could not be made").with_source(error)
    }
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoStore")
            .field("table", &self.0.table.name)
            .field("profile", &self.0.profile)
            .field("closed", &self.0.closed)
            .finish_non_exhaustive()
    }
}
