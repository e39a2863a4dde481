//! Opening: from a path, options or a pool to connections with a schema behind them.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kvs_core::{Durability, Error, ErrorKind, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};

use crate::config::{Location, SqliteConfig, SqliteSettings, Synchronous};
use crate::connections::{Connections, Patience, Shelf};
use crate::error::Failure;
use crate::kept;
use crate::schema::{self, Found};
use crate::sql::{self, Sql};

/// How large the log of a database of ours stays once it has been moved to the file.
const JOURNAL_BYTES: &str = "67108864";

/// How many rows the driver reads ahead. Each may hold a value of the largest size.
const ROWS_AHEAD: usize = 64;

/// What a store is made of.
#[derive(Debug)]
pub(crate) enum Source {
    Config(SqliteConfig),
    Options(Box<SqliteConnectOptions>, SqliteSettings),
    Pool(SqlitePool, SqliteSettings),
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connections: Connections,
    /// How a connection for reads on a caller's thread is opened, where that is possible.
    pub(crate) inline: Option<SqliteConnectOptions>,
    pub(crate) durability: Durability,
    pub(crate) sql: Sql,
}

impl Source {
    pub(crate) fn settings(&self) -> &SqliteSettings {
        match self {
            Self::Config(config) => &config.settings,
            Self::Options(_, settings) | Self::Pool(_, settings) => settings,
        }
    }

    /// Opens the database and makes sure of the tables.
    pub(crate) async fn open(self) -> Result<Opened> {
        match self {
            Self::Config(config) => open_config(config).await,
            Self::Options(options, settings) => open_options(rooted(*options)?, Manner::AS_GIVEN, &settings).await,
            Self::Pool(pool, settings) => open_pool(pool, &settings).await,
        }
    }
}

async fn open_config(config: SqliteConfig) -> Result<Opened> {
    let SqliteConfig {
        location,
        synchronous,
        create,
        read_only,
        settings,
    } = config;
    let base = SqliteConnectOptions::new()
        .disable_statement_logging()
        .row_buffer_size(ROWS_AHEAD);
    let Location::File(path) = location else {
        if read_only {
            return Err(Error::config(
                "a database in memory cannot be read only; leave read_only out",
            ));
        }
        let manner = Manner {
            durability: Some(Durability::None),
            ..Manner::AS_GIVEN
        };
        return open_options(base.in_memory(true), manner, &settings).await;
    };
    prepare_file(&path, create && !read_only)?;
    // Connections that are opened later must find the same file.
    let path = std::path::absolute(path).map_err(|error| Failure::from(error).into_error())?;
    let (level, durability) = match synchronous {
        Synchronous::Full => (SqliteSynchronous::Full, Durability::Power),
        Synchronous::Normal => (SqliteSynchronous::Normal, Durability::Process),
    };
    let options = base
        .filename(&path)
        .read_only(read_only)
        .synchronous(level)
        // What a statement of many rows changes is noted, should it fail half-way; in a file that takes a tenth of its time.
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", JOURNAL_BYTES);
    let manner = Manner {
        durability: Some(durability),
        use_wal: !read_only,
        create: create || read_only,
    };
    let opened = open_options(options, manner, &settings).await;
    opened.map_err(|error| explain(&path, error))
}

/// Connections that are opened later must find the same file, wherever the process has gone to.
fn rooted(options: SqliteConnectOptions) -> Result<SqliteConnectOptions> {
    let name = options.get_filename();
    let bytes = name.as_os_str().as_encoded_bytes();
    // A file without a name is a temporary one. A URI says where it is in its own way.
    if bytes.is_empty() || bytes.starts_with(b":memory:") || bytes.starts_with(b"file:") {
        return Ok(options);
    }
    let path = std::path::absolute(name).map_err(|error| Failure::from(error).into_error())?;
    Ok(options.filename(path))
}

/// SQLite only says that a file cannot be opened, and the system says why.
fn explain(path: &Path, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Config => kept::open(path).map_or_else(|cause| Failure::from(cause).into_error(), |_| error),
        _ => error,
    }
}

/// How connections of our own are opened.
struct Manner {
    /// Asked of the database where it is not known.
    durability: Option<Durability>,
    use_wal: bool,
    /// Make the tables where there are none, rather than refuse the file before anything in it has changed.
    create: bool,
}

impl Manner {
    /// By the options of an application, which decides on the journal itself.
    const AS_GIVEN: Self = Self {
        durability: None,
        use_wal: false,
        create: true,
    };
}

async fn open_options(options: SqliteConnectOptions, manner: Manner, settings: &SqliteSettings) -> Result<Opened> {
    // Writes wait with more patience than SQLite has; reads hardly ever meet a lock, and are left to SQLite.
    let writer = options.clone().busy_timeout(Duration::ZERO);
    let reader = options.busy_timeout(settings.busy_timeout);
    let mut first = connect(&writer, settings.busy_timeout).await?;
    let prepared = async {
        if !manner.create {
            demand_tables(&mut first, settings).await?;
        }
        if manner.use_wal {
            switch_to_wal(&mut first, settings.busy_timeout).await?;
        }
        let sql = ensure_schema(&mut first, settings).await?;
        let is_file = !main_file(&mut first).await?.is_empty();
        let durability = match manner.durability {
            Some(durability) => durability,
            None => durability_of(&mut first).await?,
        };
        Ok((sql, is_file, durability))
    }
    .await;
    let (sql, is_file, durability) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let _ = first.close().await;
            return Err(error);
        }
    };
    let (connections, inline) = if is_file {
        let first_reader = connect(&reader, settings.busy_timeout).await?;
        let readers = Shelf::new(Some(reader.clone()), settings.readers, first_reader);
        (
            Connections::file(Shelf::new(Some(writer), 1, first), readers),
            Some(reader),
        )
    } else {
        (Connections::single(first), None)
    };
    Ok(Opened {
        connections,
        inline,
        durability,
        sql,
    })
}

async fn open_pool(pool: SqlitePool, settings: &SqliteSettings) -> Result<Opened> {
    let connections = Connections::Pool(pool);
    let mut lease = connections.writer().await.map_err(Failure::into_error)?;
    let prepared = async {
        let sql = ensure_schema(&mut lease, settings).await?;
        let durability = durability_of(&mut lease).await?;
        Ok::<_, Error>((sql, durability))
    }
    .await;
    lease.give_back().await;
    let (sql, durability) = prepared?;
    Ok(Opened {
        connections,
        inline: None,
        durability,
        sql,
    })
}

pub(crate) async fn connect(options: &SqliteConnectOptions, timeout: Duration) -> Result<SqliteConnection> {
    let mut patience = Patience::new(timeout);
    loop {
        match options.connect().await.map_err(Failure::from) {
            Ok(connection) => return Ok(connection),
            Err(failure) if failure.is_busy() && patience.wait().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

/// A file that is in WAL mode stays so; changing it needs the file alone for a moment.
async fn switch_to_wal(connection: &mut SqliteConnection, timeout: Duration) -> Result<()> {
    let mut patience = Patience::new(timeout);
    loop {
        let mode = async {
            let mode: String = sqlx::query_scalar(sql::GET_JOURNAL_MODE)
                .fetch_one(&mut *connection)
                .await?;
            if mode.eq_ignore_ascii_case("wal") {
                return Ok(mode);
            }
            sqlx::query_scalar(sql::USE_WAL).fetch_one(&mut *connection).await
        };
        match mode.await.map_err(Failure::from) {
            // A disk that cannot share memory between processes keeps its old mode, which is slower and as safe.
            Ok(_) => return Ok(()),
            // A file that may not be written is used as it is.
            Err(failure) if failure.clone().into_error().kind() == ErrorKind::ReadOnly => return Ok(()),
            Err(failure) if failure.is_busy() && patience.wait().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

async fn demand_tables(connection: &mut SqliteConnection, settings: &SqliteSettings) -> Result<()> {
    let namespace = settings.namespace.as_ref();
    match schema::look(connection, namespace, &Sql::new(namespace)).await? {
        Found::Complete => Ok(()),
        Found::Missing => Err(Error::config(
            "the file holds no store of this namespace; check path and namespace, or let it be created",
        )),
    }
}

async fn ensure_schema(connection: &mut SqliteConnection, settings: &SqliteSettings) -> Result<Sql> {
    let namespace = settings.namespace.as_ref();
    let sql = Sql::new(namespace);
    let mut patience = Patience::new(settings.busy_timeout);
    loop {
        let result = async {
            if schema::look(connection, namespace, &sql).await? == Found::Complete {
                return Ok(());
            }
            run(connection, sql::BEGIN).await.map_err(Failure::into_error)?;
            let created = schema::create(connection, namespace, &sql).await;
            let ended = match created {
                Ok(()) => run(connection, sql::COMMIT).await.map_err(Failure::into_error),
                Err(error) => Err(error),
            };
            if ended.is_err() {
                // It fails where SQLite has rolled back already.
                let _ = run(connection, sql::ROLLBACK).await;
            }
            ended
        };
        match result.await {
            Ok(()) => return Ok(sql),
            Err(error) if error.kind() == ErrorKind::ReadOnly => {
                return Err(Error::read_only(
                    "the database can only be read, and holds no tables of this store yet; open it once for writing",
                )
                .with_source(error));
            }
            Err(error) if error.kind() == ErrorKind::Unavailable && patience.wait().await => {}
            Err(error) => return Err(error),
        }
    }
}

pub(crate) async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), Failure> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}

async fn main_file(connection: &mut SqliteConnection) -> Result<String> {
    let query = sqlx::query_scalar(sql::MAIN_FILE);
    let file: Option<Option<String>> = query.fetch_optional(connection).await.map_err(Failure::of_driver)?;
    Ok(file.flatten().unwrap_or_default())
}

/// What an acknowledged write survives by the settings that somebody else made.
async fn durability_of(connection: &mut SqliteConnection) -> Result<Durability> {
    let is_file = !main_file(connection).await?.is_empty();
    let query = sqlx::query_scalar(sql::GET_JOURNAL_MODE);
    let mode: String = query.fetch_one(&mut *connection).await.map_err(Failure::of_driver)?;
    let query = sqlx::query_scalar(sql::GET_SYNCHRONOUS);
    let level: i64 = query.fetch_one(connection).await.map_err(Failure::of_driver)?;
    // Without a journal on the disk the end of the process in the middle of a write damages the file.
    let has_journal = !["memory", "off"].contains(&mode.to_ascii_lowercase().as_str());
    Ok(match level {
        _ if !is_file || !has_journal => Durability::None,
        0 | 1 => Durability::Process,
        _ => Durability::Power,
    })
}

/// Says what is wrong with a path before SQLite says less, and makes a new file with mode 0600; `-wal` and `-shm` take
/// the mode of the file.
pub(crate) fn prepare_file(path: &Path, create: bool) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Err(Error::config("the path of the database is empty; name a file"));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::config("the path is a directory; name a file in it")),
        Ok(found) if !found.is_file() => Err(Error::config("the path is not a regular file; use another one")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && create => create_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::config(
            "the database file does not exist; check the path, or let it be created",
        )
        .with_source(error)),
        Err(error) => Err(Failure::from(error).into_error()),
    }
}

fn create_file(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::config("the directory of the database does not exist; create it first").with_source(error))
        }
        Err(error) => Err(Failure::from(error).into_error()),
    }
}

/// SQLite reads a name that begins with `file:` as a URI, with parameters; a path is a path.
pub(crate) fn literal(path: PathBuf) -> PathBuf {
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        Path::new(".").join(path)
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_are_rooted_and_other_names_are_left() {
        let rooted = |name: &str| rooted(SqliteConnectOptions::new().filename(name)).unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(rooted("data/kvs.db").get_filename(), here.join("data/kvs.db"));
        for name in ["/data/kvs.db", ":memory:", "", "file:kvs.db?mode=ro"] {
            assert_eq!(rooted(name).get_filename(), Path::new(name));
        }
    }
}
