//! DynamoStore beside the bare SDK, and beside another store on DynamoDB.
//!
//! `bench-dynamodb [--quick] [--only ROW]... [--out FILE]`. It starts its servers itself: the emulator of the tests, built
//! in release below `target/emulator` unless `KVS_DYNAMODB_ENDPOINT` names one, and itself as a server of canned answers
//! (`bench-dynamodb serve`). What callgrind counts is itself too (`bench-dynamodb drive`).

mod canned;
mod counted;
mod emulator;
mod growth;
mod meter;
mod rows;
mod server;
mod stores;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["serve", delay_ms] => canned::serve(std::time::Duration::from_millis(delay_ms.parse()?)),
        ["drive", who, operation, count, url] => counted::drive(who, operation, count.parse()?, url),
        _ => bench_harness::run(rows::measure),
    }
}
