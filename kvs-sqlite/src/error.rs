//! What the errors of sqlx and SQLite mean to a caller: decided here, by code, and nowhere else.

use std::fmt;
use std::io;
use std::sync::Arc;

use kvs_core::Error;

/// An error of the driver. Cheap to clone, because one failure may be the answer to a whole group of writes.
#[derive(Debug, Clone)]
pub(crate) struct Failure(Arc<sqlx::Error>);

/// The primary result codes of SQLite, <https://sqlite.org/rescode.html>.
mod code {
    pub(super) const ERROR: u32 = 1;
    pub(super) const PERM: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const NOMEM: u32 = 7;
    pub(super) const READONLY: u32 = 8;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const TOOBIG: u32 = 18;
    pub(super) const AUTH: u32 = 23;
    pub(super) const NOTADB: u32 = 26;
}

impl Failure {
    /// Another connection holds the lock: nothing was done, and it is worth trying again.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(code::BUSY | code::LOCKED))
    }

    /// The statement itself was refused, as malformed JSON is.
    pub(crate) fn is_of_the_statement(&self) -> bool {
        self.code() == Some(code::ERROR)
    }

    /// After such a failure of a commit nobody can say what is on the disk.
    pub(crate) fn leaves_a_commit_in_doubt(&self) -> bool {
        !matches!(
            self.code(),
            Some(code::BUSY | code::LOCKED | code::READONLY | code::FULL | code::PERM | code::AUTH)
        )
    }

    /// There is no connection, and there can be no other.
    pub(crate) fn connection_lost() -> Self {
        sqlx::Error::WorkerCrashed.into()
    }

    /// The primary code, without what an extended code adds.
    fn code(&self) -> Option<u32> {
        let code: u32 = self.0.as_database_error()?.code()?.parse().ok()?;
        Some(code & 0xFF)
    }

    /// What the caller is told. Not a `From`: with a second source of errors, `?` in the closures of everyone who uses
    /// this crate would have to be told which one is meant.
    pub(crate) fn into_error(self) -> Error {
        self.translate().with_source(self)
    }

    /// For `map_err`, where a failure of the driver is the caller's at once.
    pub(crate) fn of_driver(error: sqlx::Error) -> Error {
        Self::from(error).into_error()
    }

    fn translate(&self) -> Error {
        if let Some(code) = self.code() {
            return of_code(code);
        }
        match &*self.0 {
            sqlx::Error::Io(error) => of_io(error.kind()),
            sqlx::Error::Configuration(_) => {
                Error::config("the options of the connection cannot be used; the cause says why")
            }
            sqlx::Error::PoolTimedOut => {
                Error::unavailable("the pool had no free connection in time; give it more, or hold them shorter")
            }
            sqlx::Error::PoolClosed => Error::closed_with("the pool that was handed in is closed; open another store"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::TypeNotFound { .. } => {
                Error::corrupt("a row holds a value of another type than this library writes")
            }
            _ => Error::backend("the SQLite driver failed; the cause says why"),
        }
    }
}

fn of_code(primary: u32) -> Error {
    match primary {
        code::BUSY | code::LOCKED => {
            Error::unavailable("the database was locked by another connection for too long; try again")
        }
        code::READONLY => Error::read_only("the database can only be read; open a file that may be written"),
        code::FULL => Error::full("the disk, or the configured size of the database, is full; free some room"),
        code::CORRUPT => Error::corrupt("the database file is damaged; restore it from a copy"),
        code::NOTADB => Error::corrupt("the file is not a SQLite database; use another path"),
        code::CANTOPEN => Error::config(
            "the database file cannot be opened; check that its directory exists and that both may be written",
        ),
        code::PERM | code::AUTH => Error::permission_denied("access to the database was denied; check the rights"),
        code::TOOBIG => Error::invalid_argument("the row is longer than this database allows; store less"),
        code::NOMEM => Error::backend("SQLite has no memory left"),
        _ => Error::backend("SQLite failed; the cause says why"),
    }
}

fn of_io(kind: io::ErrorKind) -> Error {
    match kind {
        io::ErrorKind::NotFound => Error::config("the database file does not exist; check the path"),
        io::ErrorKind::PermissionDenied => {
            Error::permission_denied("the database file may not be opened; check its rights")
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Error::config("the path of the database is not UTF-8, or holds a NUL; use another path")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::full("the disk is full; free some room"),
        io::ErrorKind::ReadOnlyFilesystem => Error::read_only("the disk can only be read"),
        _ => Error::backend("the disk failed; the cause says why"),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        sqlx::Error::Io(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error as StdError;

    use kvs_core::ErrorKind;
    use sqlx::error::DatabaseError;

    use super::*;

    #[derive(Debug)]
    struct Coded(u32);

    impl fmt::Display for Coded {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "(code: {})", self.0)
        }
    }

    impl StdError for Coded {}

    impl DatabaseError for Coded {
        fn message(&self) -> &'static str {
            "as given"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    fn extended(primary: u32, detail: u32) -> u32 {
        primary + (detail << 8)
    }

    fn coded(code: u32) -> Failure {
        sqlx::Error::Database(Box::new(Coded(code))).into()
    }

    #[test]
    fn every_code_has_its_kind() {
        let table = [
            (1, ErrorKind::Backend),
            (3, ErrorKind::PermissionDenied),
            (5, ErrorKind::Unavailable),
            (extended(5, 1), ErrorKind::Unavailable),
            (extended(5, 2), ErrorKind::Unavailable),
            (6, ErrorKind::Unavailable),
            (extended(6, 1), ErrorKind::Unavailable),
            (7, ErrorKind::Backend),
            (8, ErrorKind::ReadOnly),
            (extended(8, 6), ErrorKind::ReadOnly),
            (extended(10, 4), ErrorKind::Backend),
            (11, ErrorKind::Corrupt),
            (13, ErrorKind::Full),
            (14, ErrorKind::Config),
            (18, ErrorKind::InvalidArgument),
            (extended(19, 5), ErrorKind::Backend),
            (23, ErrorKind::PermissionDenied),
            (26, ErrorKind::Corrupt),
        ];
        for (code, kind) in table {
            let error = coded(code).into_error();
            assert_eq!(error.kind(), kind, "code {code}");
            assert_eq!(error.source().unwrap().to_string(), coded(code).to_string());
            assert!(!error.to_string().contains('\n'), "code {code}");
        }
    }

    #[test]
    fn what_is_no_code_has_its_kind_too() {
        let table: [(sqlx::Error, ErrorKind); 7] = [
            (sqlx::Error::PoolTimedOut, ErrorKind::Unavailable),
            (sqlx::Error::PoolClosed, ErrorKind::Closed),
            (sqlx::Error::WorkerCrashed, ErrorKind::Backend),
            (sqlx::Error::Io(io::ErrorKind::NotFound.into()), ErrorKind::Config),
            (
                sqlx::Error::Io(io::ErrorKind::PermissionDenied.into()),
                ErrorKind::PermissionDenied,
            ),
            (sqlx::Error::Io(io::ErrorKind::StorageFull.into()), ErrorKind::Full),
            (sqlx::Error::Decode("type".into()), ErrorKind::Corrupt),
        ];
        for (error, kind) in table {
            let shown = error.to_string();
            assert_eq!(Failure::from(error).into_error().kind(), kind, "{shown}");
        }
    }

    #[test]
    fn only_an_unknown_end_of_a_commit_is_in_doubt() {
        for code in [5, 6, 8, 13] {
            assert!(!coded(code).leaves_a_commit_in_doubt(), "code {code}");
        }
        for code in [extended(10, 4), 10, 1] {
            assert!(coded(code).leaves_a_commit_in_doubt(), "code {code}");
        }
        assert!(Failure::from(sqlx::Error::WorkerCrashed).leaves_a_commit_in_doubt());
    }
}
