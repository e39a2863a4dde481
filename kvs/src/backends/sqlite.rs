//! The type `sqlite`.

use std::path::Path;
use std::sync::Arc;

use kvs_core::{Error, Finding, FullStore, Result, async_trait};
use kvs_sqlite::{SqliteConfig, SqliteStore, Synchronous};

use crate::registry::Opener;
use crate::settings::Settings;

const SYNCHRONOUS: [(&str, Synchronous); 2] = [("full", Synchronous::Full), ("normal", Synchronous::Normal)];

pub(super) struct Sqlite;

#[async_trait]
impl Opener for Sqlite {
    async fn open(&self, settings: Settings) -> Result<Arc<dyn FullStore>> {
        Ok(Arc::new(SqliteStore::open(config(settings)?).await?))
    }

    async fn check(&self, settings: Settings) -> Result<Vec<Finding>> {
        SqliteStore::check(&config(settings)?).await
    }

    async fn remove_namespace(&self, settings: Settings, _: &[&str]) -> Result<()> {
        SqliteStore::remove_namespace(&config(settings)?).await
    }
}

fn config(mut settings: Settings) -> Result<SqliteConfig> {
    let config = read(&mut settings)?;
    settings.finish()?;
    Ok(config)
}

fn read(settings: &mut Settings) -> Result<SqliteConfig> {
    let mut config = match settings.take_path() {
        Some(path) if path == Path::new(":memory:") => SqliteConfig::in_memory(),
        Some(path) if !path.as_os_str().is_empty() => SqliteConfig::new(path),
        // SQLite would open a file that vanishes with the connection.
        _ => {
            return Err(Error::config(
                "the type `sqlite` needs a path: `sqlite:app.db`, or `path: app.db`",
            ));
        }
    };
    if let Some(namespace) = settings.take_namespace() {
        config = config.namespace(namespace);
    }
    if let Some(limits) = settings.take_limits() {
        config = config.limits(limits);
    }
    if let Some(clock) = settings.clock() {
        config = config.clock(clock);
    }
    if let Some(timeout) = settings.take_duration("busy_timeout")? {
        config = config.busy_timeout(timeout);
    }
    if let Some(synchronous) = settings.take_word("synchronous", &SYNCHRONOUS)? {
        config = config.synchronous(synchronous);
    }
    if let Some(create) = settings.take_bool("create")? {
        config = config.create(create);
    }
    if let Some(read_only) = settings.take_bool("read_only")? {
        config = config.read_only(read_only);
    }
    if let Some(interval) = settings.take_duration("sweep_interval")? {
        config = config.sweep_interval(interval);
    }
    if let Some(readers) = settings.take_u64("readers")? {
        let too_many = |_| Error::config("the option `readers` of the type `sqlite` is too large");
        config = config.readers(readers.try_into().map_err(too_many)?);
    }
    Ok(config)
}
