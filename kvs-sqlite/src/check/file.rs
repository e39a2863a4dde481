//! The file as the system shows it: is it there, who may read it, on what does it lie, what lies beside it.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use kvs_core::Finding;

use super::header::{self, Header};
use super::mount::{self, Suits};
use crate::error::Failure;
use crate::kept;

/// A log as long as this is not folded into the file any more: the store does it at 4 MB.
const LONG_LOG: u64 = 256 << 20;

/// How the database can be opened so that no file is made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// By its own rules, beside other processes.
    Shared,
    /// As a file that nobody writes. Opened by its rules, SQLite would make a log and an index beside it.
    Alone,
}

/// Adds what was found. `None` where there is no database to look into.
pub(super) fn look(path: &Path, read_only: bool, findings: &mut Vec<Finding>) -> Option<Access> {
    let metadata = match regular(path) {
        Ok(metadata) => metadata,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    findings.push(Finding::good(
        "file",
        format!("{}, {} bytes", shown(path), metadata.len()),
    ));
    findings.extend(mode(path, &metadata, read_only));
    findings.extend(file_system(path));
    match header::read(path) {
        Ok(Header::Empty) => {
            let advice = "check the path; the first write to the store makes its tables";
            findings.push(Finding::bad("database", "the file is empty", advice));
            None
        }
        Ok(Header::Foreign) => {
            let advice = "use another path; the file is left as it is";
            findings.push(Finding::bad("database", "the file is not a SQLite database", advice));
            None
        }
        Ok(Header::Database { page_bytes, wal }) => {
            findings.push(Finding::good(
                "database",
                format!("SQLite 3, pages of {page_bytes} bytes"),
            ));
            if wal {
                return log(path, findings);
            }
            findings.push(rollback(read_only));
            Some(Access::Shared)
        }
        Err(error) => {
            findings.push(Finding::failed("database", &Failure::from(error).into_error()));
            None
        }
    }
}

/// A file that is there and can be read.
fn regular(path: &Path) -> Result<Metadata, Finding> {
    let bad = |message: &str, advice: &str| Err(Finding::bad("file", format!("{} {message}", shown(path)), advice));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => bad("is a directory", "name a file in it"),
        Ok(found) if !found.is_file() => bad("is not a regular file", "use another path"),
        Ok(found) => match kept::open(path) {
            Ok(_) => Ok(found),
            Err(error) => Err(Finding::failed("file", &Failure::from(error).into_error())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
            if directory.is_some_and(|directory| !directory.exists()) {
                return bad(
                    "does not exist, nor does its directory",
                    "check the path, or create the directory",
                );
            }
            bad(
                "does not exist",
                "check the path; the first write to the store makes the file",
            )
        }
        Err(error) => Err(Finding::failed("file", &Failure::from(error).into_error())),
    }
}

#[cfg(unix)]
fn mode(path: &Path, metadata: &Metadata, read_only: bool) -> Vec<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    let mut findings = Vec::new();
    let others = mode & 0o077;
    if others == 0 {
        findings.push(Finding::good(
            "mode",
            format!("{mode:04o}: only its owner may open the file"),
        ));
    } else {
        let message = format!("{mode:04o}: users other than the owner may open the file");
        let advice = format!("run chmod 600 {}, if they need not", shown(path));
        findings.push(Finding::warning("mode", message, advice));
    }
    findings.extend(write_protected(metadata, read_only));
    findings
}

#[cfg(not(unix))]
fn mode(_: &Path, metadata: &Metadata, read_only: bool) -> Vec<Finding> {
    write_protected(metadata, read_only).into_iter().collect()
}

fn write_protected(metadata: &Metadata, read_only: bool) -> Option<Finding> {
    let advice = "let its owner write it, or open the store with read_only";
    (metadata.permissions().readonly() && !read_only)
        .then(|| Finding::warning("mode", "the file is write-protected", advice))
}

fn file_system(path: &Path) -> Option<Finding> {
    let kind = mount::file_system(path)?;
    Some(match mount::judge(&kind) {
        Suits::Well => Finding::good("filesystem", kind),
        Suits::Remote => Finding::warning(
            "filesystem",
            format!("{kind}: locks and shared memory of SQLite do not work over a network"),
            "move the file to a local disk",
        ),
        Suits::Volatile => Finding::warning(
            "filesystem",
            format!("{kind}: the file lies in memory, and a loss of power takes all of it"),
            "move the file to a disk, if it must survive that",
        ),
    })
}

/// A database in WAL mode and its log.
fn log(path: &Path, findings: &mut Vec<Finding>) -> Option<Access> {
    let log = fs::metadata(beside(path, "-wal")).map(|log| log.len()).ok();
    let index = beside(path, "-shm").exists();
    match (log, index) {
        (Some(length), true) if length > LONG_LOG => findings.push(Finding::warning(
            "journal",
            format!("WAL, with a log of {length} bytes that is not folded into the file"),
            "end transactions that stay open in other programs, or close and open the store",
        )),
        (Some(length @ 1..), false) => {
            // Only a writer may recover it.
            findings.push(Finding::warning(
                "journal",
                format!("WAL, with a log of {length} bytes but without its index, as after copying the files"),
                "open the store once, which folds the log into the file, then check again",
            ));
            return None;
        }
        (length, _) => {
            let length = length.unwrap_or(0);
            findings.push(Finding::good("journal", format!("WAL, with a log of {length} bytes")));
        }
    }
    Some(if log.is_some() && index {
        Access::Shared
    } else {
        Access::Alone
    })
}

fn rollback(read_only: bool) -> Finding {
    if read_only {
        return Finding::good("journal", "not in WAL mode");
    }
    let advice = "open the store once for writing: it changes the mode";
    Finding::warning(
        "journal",
        "not in WAL mode: a reader and a writer wait for each other",
        advice,
    )
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// On one line.
fn shown(path: &Path) -> String {
    path.display().to_string().replace(char::is_control, "\u{FFFD}")
}
