//! What a store is opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kvs_core::{Clock, Error, Namespace, Result, SystemClock};

use crate::call::Patience;

/// The longest timeout. DynamoDB knows a repeated transaction for ten minutes, and no longer.
const LONGEST: Duration = Duration::from_mins(5);

/// The most shards: a listing sends a request to each.
pub(crate) const MOST_SHARDS: u16 = 256;

/// Shards of a new store. Each adds 1,000 writes and 3,000 reads a second of guaranteed room, and a request to listings.
pub(crate) const DEFAULT_SHARDS: u16 = 8;

/// Which table, where, and how to use it.
///
/// ```
/// use std::time::Duration;
/// use kvs_dynamodb::DynamoConfig;
/// let config = DynamoConfig::new("app").region("eu-west-1").operation_timeout(Duration::from_secs(10));
/// ```
#[derive(Clone)]
#[must_use = "a configuration does nothing until a store is opened with it"]
pub struct DynamoConfig {
    pub(crate) table: String,
    pub(crate) region: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) credentials: Option<aws_sdk_dynamodb::config::SharedCredentialsProvider>,
    pub(crate) create_table: bool,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
    pub(crate) settings: DynamoSettings,
}

/// What a read sees of the writes that were acknowledged before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Reads {
    /// All of them.
    #[default]
    Consistent,
    /// Perhaps an older state, for about a second, at half the price. Conditions are still decided on the newest state.
    Eventual,
}

impl DynamoConfig {
    /// A table, in the region and with the credentials that the environment tells: variables, the shared configuration
    /// files, a container's or an instance's role.
    pub fn new(table: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            region: None,
            endpoint_url: None,
            credentials: None,
            create_table: false,
            tags: Vec::new(),
            connect_timeout: Duration::from_secs(3),
            settings: DynamoSettings::default(),
        }
    }

    /// The region, instead of the environment's.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Another endpoint than the region's, such as `http://127.0.0.1:8000` for an emulator.
    ///
    /// At a `localhost` or loopback address an emulator is expected, which checks neither region nor credentials: where the
    /// configuration and the environment variables name none, they are `us-east-1` and made up. Profiles and roles are not
    /// looked at.
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Credentials, instead of the environment's.
    pub fn credentials(mut self, provider: impl aws_sdk_dynamodb::config::ProvideCredentials + 'static) -> Self {
        self.credentials = Some(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(provider));
        self
    }

    /// Create the table if it does not exist: on-demand billing, TTL enabled. No, unless told, and not without
    /// [`create`](Self::create); it asks for permissions
    /// that a running application need not have. Opening waits until the table is active, for up to two minutes.
    pub fn create_table(mut self, create: bool) -> Self {
        self.create_table = create;
        self
    }

    /// A tag for the table, if it is created here.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// How long a connection may take to be made: 3 s unless told; more than zero, at most five minutes.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// See [`DynamoSettings::namespace`].
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.settings = self.settings.namespace(namespace);
        self
    }

    /// See [`DynamoSettings::clock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings = self.settings.clock(clock);
        self
    }

    /// See [`DynamoSettings::shards`].
    pub fn shards(mut self, shards: u16) -> Self {
        self.settings = self.settings.shards(shards);
        self
    }

    /// See [`DynamoSettings::reads`].
    pub fn reads(mut self, reads: Reads) -> Self {
        self.settings = self.settings.reads(reads);
        self
    }

    /// See [`DynamoSettings::create`].
    pub fn create(mut self, create: bool) -> Self {
        self.settings = self.settings.create(create);
        self
    }

    /// See [`DynamoSettings::attempt_timeout`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings = self.settings.attempt_timeout(timeout);
        self
    }

    /// See [`DynamoSettings::operation_timeout`].
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.settings = self.settings.operation_timeout(timeout);
        self
    }

    #[cfg(feature = "aws-config")]
    pub(crate) fn check(&self) -> Result<()> {
        check_table_name(&self.table)?;
        possible("connect_timeout", self.connect_timeout)?;
        self.settings.check()
    }
}

impl fmt::Debug for DynamoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL of an endpoint may hold a user name and a password.
        f.debug_struct("DynamoConfig")
            .field("table", &self.table)
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url.as_ref().map(|_| "…"))
            .field("credentials", &self.credentials.as_ref().map(|_| "…"))
            .field("create_table", &self.create_table)
            .field("tags", &self.tags)
            .field("connect_timeout", &self.connect_timeout)
            .field("settings", &self.settings)
            .finish()
    }
}

/// What does not depend on how the table is reached: the part of [`DynamoConfig`] that
/// [`from_client`](crate::DynamoStore::from_client) takes too.
#[derive(Debug, Clone)]
#[must_use = "settings do nothing until a store is opened with them"]
pub struct DynamoSettings {
    pub(crate) namespace: Option<Namespace>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shards: Option<u16>,
    pub(crate) reads: Reads,
    pub(crate) create: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) operation_timeout: Duration,
}

impl DynamoSettings {
    /// The defaults: no namespace, the system's clock, the shards that the table records (8 for a new store),
    /// consistent reads, 5 s for an attempt, 30 s for an operation.
    pub fn new() -> Self {
        Self {
            namespace: None,
            clock: Arc::new(SystemClock),
            shards: None,
            reads: Reads::Consistent,
            create: true,
            attempt_timeout: Duration::from_secs(5),
            operation_timeout: Duration::from_secs(30),
        }
    }

    /// A part of the table of its own. Stores of different namespaces never see each other's entries.
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// What the time is read from; [`SystemClock`] unless told. Under another clock the attribute `ttl` is not written,
    /// so that DynamoDB does not remove what that clock calls alive; [`Store::sweep`](crate::Store::sweep) does.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The number of shards of a new store, 1 to 256. It is recorded in the table, once for each namespace, and fixed from
    /// then on: unless told, a store takes the recorded number, or 8 if there is none; another number than the recorded
    /// one is refused.
    pub fn shards(mut self, shards: u16) -> Self {
        self.shards = Some(shards);
        self
    }

    /// What a read sees: [`Reads::Consistent`] unless told.
    pub fn reads(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// Write the record of the namespace if it is not there: yes, unless told. With `false`, opening a namespace that
    /// was never written is an error of kind `Config`, and nothing has changed.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How long one request may take, its connection included: 5 s unless told; more than zero, at most five minutes. Afterwards it is given up, and sent again
    /// where that is safe.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a request is sent again before its operation fails: 30 s unless told; more than zero, at most five minutes. The last attempt
    /// may end one [`attempt_timeout`](Self::attempt_timeout) later. The operations that take many requests, such as
    /// batches, listings and queries, have that long for each request, and a batch for what is left undone without any progress.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    pub(crate) fn patience(&self) -> Patience {
        Patience {
            attempt: self.attempt_timeout,
            operation: self.operation_timeout,
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if let Some(shards) = self.shards
            && !(1..=MOST_SHARDS).contains(&shards)
        {
            return Err(Error::config(format!(
                "shards is {shards}; it must be 1 to {MOST_SHARDS}"
            )));
        }
        possible("attempt_timeout", self.attempt_timeout)?;
        possible("operation_timeout", self.operation_timeout)
    }
}

impl Default for DynamoSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// A name has 3 to 255 characters; an ARN names the table of another account.
pub(crate) fn check_table_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.starts_with("arn:") || ((3..=255).contains(&name.len()) && name.chars().all(fits)) {
        return Ok(());
    }
    Err(Error::config(
        "the name of a table has 3 to 255 of A-Z a-z 0-9 _ . - ; or name it by its ARN",
    ))
}

fn possible(name: &str, timeout: Duration) -> Result<()> {
    if timeout.is_zero() || timeout > LONGEST {
        return Err(Error::config(format!(
            "{name} is {timeout:?}; it must be more than 0 and at most 5 minutes"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kvs_core::ErrorKind;

    use super::*;

    #[test]
    fn settings_that_cannot_be_are_refused_by_name() {
        let wrong = [
            (DynamoConfig::new(""), "table"),
            (DynamoConfig::new("ab"), "table"),
            (DynamoConfig::new("a b c"), "table"),
            (DynamoConfig::new("app").shards(0), "shards"),
            (DynamoConfig::new("app").shards(257), "shards"),
            (
                DynamoConfig::new("app").connect_timeout(Duration::ZERO),
                "connect_timeout",
            ),
            (
                DynamoConfig::new("app").attempt_timeout(Duration::ZERO),
                "attempt_timeout",
            ),
            (
                DynamoConfig::new("app").operation_timeout(Duration::ZERO),
                "operation_timeout",
            ),
            (
                DynamoConfig::new("app").operation_timeout(Duration::MAX),
                "operation_timeout",
            ),
        ];
        for (config, name) in wrong {
            let error = config.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{name}");
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(DynamoConfig::new("app").shards(256).check().is_ok());
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = DynamoConfig::new("app").endpoint_url("http://user:hunter2@127.0.0.1:8000");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
