//! On which kind of file system a file lies, where the system tells.

use std::path::Path;

/// File systems that reach over a network, or otherwise lack locks and shared memory that SQLite can trust.
const REMOTE: &[&str] = &[
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.grpcfuse",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// What is kept in memory.
const VOLATILE: &[&str] = &["ramfs", "tmpfs"];

/// Whether a file system suits a database.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Suits {
    Well,
    /// Locks and shared memory cannot be relied on.
    Remote,
    /// A loss of power takes all of it.
    Volatile,
}

/// The name of the file system that holds the path; only Linux tells it in a file.
pub(super) fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    find(&mounts, &path)
}

pub(super) fn judge(file_system: &str) -> Suits {
    match file_system {
        remote if REMOTE.contains(&remote) => Suits::Remote,
        volatile if VOLATILE.contains(&volatile) => Suits::Volatile,
        _ => Suits::Well,
    }
}

/// The innermost mount that holds the path; of two at one place the later hides the earlier.
fn find(mounts: &str, path: &Path) -> Option<String> {
    let holding = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let place = unescaped(before.split(' ').nth(4)?);
        let kind = after.split(' ').next()?;
        let depth = Path::new(&place).components().count();
        path.starts_with(&place).then_some((depth, kind))
    });
    holding.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind.to_owned())
}

/// White space and the backslash are written as a backslash and three octal digits.
fn unescaped(place: &str) -> String {
    let codes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    codes.into_iter().fold(place.to_owned(), |place, (code, character)| {
        place.replace(code, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:20 / /srv rw - nfs4 server:/srv rw
23 22 8:2 / /srv/ada\\040l rw - btrfs /dev/sdb rw
24 21 0:30 / /tmp rw - ext4 /dev/sda2 rw
25 21 0:31 / /tmp rw master:3 - tmpfs tmpfs rw
a line of another form";

    #[test]
    fn the_innermost_and_latest_mount_holds_a_file() {
        let table = [
            ("/var/app.db", "ext4"),
            ("/srv/kim/app.db", "nfs4"),
            ("/srv/ada l/app.db", "btrfs"),
            ("/srv/ada/app.db", "nfs4"),
            ("/tmp/app.db", "tmpfs"),
            ("/tmpx/app.db", "ext4"),
        ];
        for (path, kind) in table {
            assert_eq!(find(MOUNTS, Path::new(path)).as_deref(), Some(kind), "{path}");
        }
        assert_eq!(find("", Path::new("/a")), None);
    }

    #[test]
    fn what_reaches_over_a_network_or_lives_in_memory_is_known() {
        assert_eq!(judge("nfs4"), Suits::Remote);
        assert_eq!(judge("tmpfs"), Suits::Volatile);
        for local in ["ext4", "xfs", "btrfs", "zfs", "overlay", "apfs", "ntfs3", "unheard of"] {
            assert_eq!(judge(local), Suits::Well, "{local}");
        }
    }
}
