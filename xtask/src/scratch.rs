//! Where tests keep their files.

use std::env;

use crate::sh;

/// A file system in memory, where Linux has one.
const IN_MEMORY: &str = "/dev/shm";

/// What must be free there: many times what all tests need at once.
const ENOUGH_KIB: u64 = 1 << 20;

/// The environment of a test run: temporary files in memory, if there is room and nobody asked for another place.
///
/// A test waits for nothing but its store then. On a disk that something else keeps busy, one sync may take seconds, and
/// a case that makes hundreds is given up as hung.
pub(crate) fn environment() -> Vec<(&'static str, &'static str)> {
    if env::var_os("TMPDIR").is_none() && free_kib(IN_MEMORY).is_some_and(|free| free >= ENOUGH_KIB) {
        println!("Temporary files are in {IN_MEMORY}; set TMPDIR to test on a disk.");
        vec![("TMPDIR", IN_MEMORY)]
    } else {
        Vec::new()
    }
}

fn free_kib(path: &str) -> Option<u64> {
    let report = sh::output("df", &["-k", "-P", path]).ok()?;
    parse(&report, path)
}

/// The fourth column of the line about that very file system: the POSIX format of `df`.
fn parse(report: &str, path: &str) -> Option<u64> {
    let columns: Vec<&str> = report.lines().nth(1)?.split_whitespace().collect();
    (*columns.last()? == path)
        .then(|| columns.get(3)?.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_room_of_the_file_system_itself_is_read() {
        let report =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 24683220 20 24683200 1% /dev/shm\n";
        assert_eq!(parse(report, "/dev/shm"), Some(24_683_200));
        let folder_of_a_disk = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda 9 4 5 44% /\n";
        assert_eq!(parse(folder_of_a_disk, "/dev/shm"), None);
        assert_eq!(parse("", "/dev/shm"), None);
    }
}
