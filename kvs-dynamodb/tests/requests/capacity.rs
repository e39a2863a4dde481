//! The page `CAPACITY.md`: what it says of units is measured, and what it computes from them is computed again.

use std::collections::HashMap;

use kvs_dynamodb::{AtomicStore, ListOptions, ListableStore, Reads, SetEntry, Store, Timestamp, Ttl};

use crate::meter::{Cost, cost};
use crate::support::{Bench, namespace, open};

const PAGE: &str = include_str!("../../CAPACITY.md");

/// Such that neither of the two numbers that are stored of it ends in zeros, which take no room.
const LIFE: Ttl = Ttl::At(Timestamp::from_millis(1_999_999_123_123));
const SESSION: usize = 920;

/// The size of a session of 920 bytes in a namespace of 256 shards whose name has three bytes.
const ITEM: f64 = 1_018.0;

/// The tables with a bold heading: the rows by what stands first in them, the cells as numbers.
struct Page(HashMap<String, HashMap<String, Vec<f64>>>);

impl Page {
    fn read() -> Self {
        let mut tables: HashMap<_, HashMap<_, _>> = HashMap::new();
        let mut current = None;
        for line in PAGE.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                _ if !line.starts_with('|') => current = None,
                [first, ..] if first.starts_with("**") => current = Some(first.trim_matches('*').to_owned()),
                [first, ..] if first.starts_with("---") => {}
                [first, rest @ ..] => {
                    let Some(table) = &current else { continue };
                    let row = rest.iter().map(|cell| number(cell)).collect();
                    tables
                        .entry(table.clone())
                        .or_default()
                        .insert((*first).to_owned(), row);
                }
                [] => {}
            }
        }
        Self(tables)
    }

    fn row(&self, table: &str, row: &str) -> &[f64] {
        let table = self.0.get(table).unwrap_or_else(|| panic!("no table {table}"));
        table.get(row).unwrap_or_else(|| panic!("no row {row}"))
    }

    fn parameter(&self, name: &str) -> f64 {
        self.row("parameter", name)[0]
    }

    /// The page says these, rounded.
    fn assert_row(&self, table: &str, row: &str, expected: impl IntoIterator<Item = f64>) {
        let expected: Vec<f64> = expected.into_iter().map(f64::round).collect();
        assert_eq!(self.row(table, row), expected, "{table}: {row}");
    }
}

fn number(cell: &str) -> f64 {
    let digits = cell.replace(',', "");
    let digits = digits.trim_end_matches(['%', ' ']);
    digits.parse().unwrap_or_else(|_| panic!("`{cell}` is no number"))
}

/// A key of 40 bytes.
fn key(n: usize) -> String {
    format!("session:{n:032x}")
}

fn sessions(count: usize) -> Vec<SetEntry> {
    let entry = |n| SetEntry::new(key(n), vec![7; SESSION]).ttl(LIFE);
    (0..count).map(entry).collect()
}

/// The operations of the page, measured, in a namespace of 8 shards without a name.
async fn measured() -> HashMap<&'static str, Cost> {
    let namespace = namespace();
    let bench = Bench::with(|config| config.shards(8).namespace(namespace.clone())).await;
    bench.server.measure();
    let store = &bench.store;
    let eventual = open(bench.config.clone().reads(Reads::Eventual)).await.unwrap();
    let mut costs = HashMap::new();
    let mut note = |name| {
        costs.insert(name, cost(&bench.server.requests()));
        bench.server.forget();
    };
    bench.server.forget();
    // The page has no namespace: what its name takes is taken from the values.
    let name = namespace.as_str().len();
    for (row, length) in [
        ("`set` of 931 bytes", 931),
        ("`set` of 932 bytes", 932),
        ("`set` of 1,000 bytes", 1_000),
        ("`set` of 920 bytes", SESSION),
    ] {
        store.delete(&key(0)).await.unwrap();
        bench.server.forget();
        store.set(&key(0), vec![7; length - name].into(), LIFE).await.unwrap();
        note(row);
    }
    store.touch(&key(0), LIFE).await.unwrap();
    note("`touch` of 920 bytes");
    store.get(&key(0)).await.unwrap();
    note("`get` of 920 bytes");
    eventual.get(&key(0)).await.unwrap();
    note("`get` of 920 bytes, eventual");
    let trimmed = |mut entry: SetEntry| {
        entry.value = entry.value.slice(name..);
        entry
    };
    store
        .set_many(sessions(1_000).into_iter().map(trimmed).collect())
        .await
        .unwrap();
    note("`set_many` of 1,000");
    let keys: Vec<String> = (0..1_000).map(key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    store.get_many(&keys).await.unwrap();
    note("`get_many` of 1,000");
    // So that each shard has more than it is asked for.
    bench
        .observer
        .set_many(sessions(2_000).into_iter().map(trimmed).collect())
        .await
        .unwrap();
    let page = store
        .list_page(&ListOptions::new("session:").limit(1_000))
        .await
        .unwrap();
    assert_eq!(page.entries.len(), 1_000);
    note("`list_page` of 1,000, 8 shards");
    costs
}

#[tokio::test]
async fn the_units_of_the_capacity_page_are_those_that_are_charged() {
    let page = Page::read();
    let measured = measured().await;
    assert_eq!(
        page.0["operation"].len(),
        measured.len(),
        "all rows, and no others, are measured"
    );
    for (operation, cost) in &measured {
        let requests = f64::from(u32::try_from(cost.requests.len()).unwrap());
        let said = page.row("operation", operation);
        assert_eq!(said, [requests, cost.reads, cost.writes], "{operation}");
    }
}

#[test]
fn the_sums_of_the_capacity_page_follow_from_its_units_and_parameters() {
    let page = Page::read();
    let (second, month) = ("a second", "a month, in dollars");
    let of = |name: &str| page.parameter(name);
    let write = page.row("operation", "`set` of 920 bytes")[2] * of("writes a second");
    let reads = of("writes a second") * of("reads for each write");
    let reads = ["`get` of 920 bytes", "`get` of 920 bytes, eventual"].map(|row| page.row("operation", row)[1] * reads);
    let reads = [0.0, reads[0], reads[1]];
    page.assert_row(second, "write units", [write; 3]);
    page.assert_row(second, "read units", reads);
    let partition = (
        of("write units a second of a partition"),
        of("read units a second of a partition"),
    );
    let load = reads.map(|read| write / partition.0 + read / partition.1);
    page.assert_row(second, "partitions, at least", load.map(f64::ceil));
    let shards = page.row(second, "shards");
    let least = load.map(|load| (1.5 * load).log2().ceil().exp2());
    assert_eq!(shards, least, "the least power of two");
    page.assert_row(
        second,
        "namespaces of 256 shards",
        shards.iter().map(|shards| shards / 256.0),
    );
    let used = load.iter().zip(shards).map(|(load, shards)| 100.0 * load / shards);
    page.assert_row(second, "load of a shard, of what a partition takes", used);

    let hours = of("hours of a month");
    let millions = hours * 3_600.0 / 1e6;
    let on_demand = (
        of("dollars for a million write units on demand"),
        of("dollars for a million read units on demand"),
    );
    let demanded = reads.map(|read| millions * (write * on_demand.0 + read * on_demand.1));
    page.assert_row(month, "on demand", demanded);
    let provisioned = (
        of("dollars for a write unit provisioned, an hour"),
        of("dollars for a read unit provisioned, an hour"),
    );
    let provisioned = reads.map(|read| hours * (write * provisioned.0 + read * provisioned.1));
    page.assert_row(month, "provisioned, used to the last unit", provisioned);
    let used = of("part of the provisioned units that is used") / 100.0;
    page.assert_row(month, "provisioned", provisioned.map(|dollars| dollars / used));

    let stored = "stored, if each write is a new session";
    let live = of("seconds that a session lives");
    let until_ttl = live + of("seconds until `ttl` after that");
    let stay = [
        live,
        until_ttl,
        until_ttl + of("seconds that DynamoDB takes to remove it"),
    ];
    let items = stay.map(|seconds| seconds * of("writes a second"));
    page.assert_row(stored, "items, in millions", items.map(|items| items / 1e6));
    let size = ITEM + of("bytes that DynamoDB adds to an item for its index");
    let gigabytes = items.map(|items| items * size / f64::from(1 << 30));
    page.assert_row(stored, "GB", gigabytes);
    page.assert_row(
        stored,
        "dollars a month",
        gigabytes.map(|gb| gb * of("dollars for a GB, a month")),
    );
    let full = gigabytes.map(|gb| (gb / of("GB of a partition")).ceil());
    page.assert_row(stored, "partitions, at least", full);
}
