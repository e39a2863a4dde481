//! `SqliteStore` beside other stores on SQLite.
//!
//! `bench-sqlite [--quick] [--only ROW]... [--out FILE]`. Its files lie in `KVS_BENCH_DIR`, or else beside the program: on
//! a disk, because what a durable write costs is the disk.

mod bench;
mod children;
mod field;
mod files;
mod player;
mod rows;
mod serve;
mod stores;
mod syscalls;

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some(children::SERVE) {
        return serve::serve();
    }
    match syscalls::asked_to_be_counted()? {
        Some(counted) => counted.run(),
        None => bench_harness::run(rows::measure),
    }
}
