//! What the errors of redb mean to a caller: decided here, and nowhere else.

use std::io::ErrorKind;

use kvs_core::Error;
use redb::Error as Redb;

/// Says what happened and what to do; the cause goes along.
pub(crate) fn translate(error: Redb) -> Error {
    let told = match &error {
        Redb::DatabaseAlreadyOpen => Error::unavailable("another program has the file for itself; close it there"),
        Redb::UpgradeRequired(_) | Redb::LockProtocolMismatch => Error::incompatible("use one version of redb alone"),
        Redb::Corrupted(_) => Error::corrupt("the file is damaged; restore it from a copy"),
        Redb::Io(cause) => match cause.kind() {
            ErrorKind::NotFound => Error::config("the directory of the file does not exist; make it first"),
            ErrorKind::PermissionDenied => Error::permission_denied("the file may not be opened; check its rights"),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::full("the disk is full; free some room"),
            _ => Error::backend("the file cannot be read or written; the cause says why"),
        },
        _ => Error::backend("redb failed; the cause says why"),
    };
    told.with_source(error)
}
