//! The requests of each operation, and the units that DynamoDB charges by its documented formula.
//!
//! `cargo test -p kvs-dynamodb --test requests -- --nocapture each_operation` prints the table.

use std::time::Duration;

use kvs_dynamodb::{
    AtomicStore, DocumentStore, Filter, ListOptions, ListableStore, PutOptions, Query, Reads, SetEntry, Store,
    Transaction, Ttl,
};

use crate::meter::{Meter, OVERHEAD, plus, short, times, units};

const HOUR: Ttl = Ttl::After(Duration::from_hours(1));

async fn entries(meter: &mut Meter) {
    let store = meter.bench.store.clone();
    let (read, write) = (meter.read(), meter.write());
    let value = || meter.value.clone();
    let set = store.set("a", value(), HOUR);
    meter.row("set", set, &["PutItem"], write).await;
    meter.row("get", store.get("a"), &["GetItem"], read).await;
    meter.row("contains", store.contains("a"), &["GetItem"], read).await;
    meter
        .row("contains, absent", store.contains("none"), &["GetItem"], (1.0, 0.0))
        .await;
    let set = store.set("a", meter.value(), Ttl::Keep);
    meter.row("set, Ttl::Keep", set, &["UpdateItem"], write).await;
    let set = store.set("b", meter.value(), Ttl::Keep);
    // The update that finds nothing is charged too, but an error does not tell what.
    meter
        .row("set, Ttl::Keep, absent", set, &["UpdateItem", "PutItem"], write)
        .await;
    meter.row("delete", store.delete("b"), &["DeleteItem"], write).await;
    meter
        .row("delete, absent", store.delete("b"), &["DeleteItem"], (0.0, 1.0))
        .await;
    let kept = vec![SetEntry::new("a", meter.value()).ttl(Ttl::Keep)];
    let set = store.set_many(kept);
    meter.row("set_many of 1, Ttl::Keep", set, &["UpdateItem"], write).await;
    let none = ["none", "nobody"];
    let get = store.get_many(&none);
    meter
        .row("get_many of 2, absent", get, &["BatchGetItem"], (2.0, 0.0))
        .await;
}

async fn atomics(meter: &mut Meter) {
    let store = meter.bench.store.clone();
    let (read, write) = (meter.read(), meter.write());
    let version = meter
        .row(
            "set_if_absent",
            store.set_if_absent("c", meter.value(), HOUR),
            &["PutItem"],
            write,
        )
        .await;
    let set = store.compare_and_set("c", version, meter.value(), Ttl::Never);
    let version = meter.row("compare_and_set", set, &["PutItem"], write).await;
    let set = store.compare_and_set("c", version, meter.value(), Ttl::Keep);
    meter
        .row("compare_and_set, Ttl::Keep", set, &["UpdateItem"], write)
        .await;
    let version = meter.row("touch", store.touch("c", HOUR), &["UpdateItem"], write).await;
    meter
        .row("get_versioned", store.get_versioned("c"), &["GetItem"], read)
        .await;
    meter
        .row(
            "compare_and_delete",
            store.compare_and_delete("c", version),
            &["DeleteItem"],
            write,
        )
        .await;
    store.set("c", meter.value(), HOUR).await.unwrap();
    meter.row("take", store.take("c"), &["DeleteItem"], write).await;
    store.set("c", meter.value(), HOUR).await.unwrap();
    let value = meter.value();
    let both = plus(read, write);
    meter
        .row(
            "update",
            store.update("c", &mut |_| Ok(value.clone())),
            &["GetItem", "UpdateItem"],
            both,
        )
        .await;
    meter
        .row(
            "increment, absent",
            store.increment("n", 1),
            &["GetItem", "PutItem"],
            (1.0, 1.0),
        )
        .await;
    meter
        .row(
            "increment",
            store.increment("n", 1),
            &["GetItem", "UpdateItem"],
            (1.0, 1.0),
        )
        .await;
}

async fn transactions(meter: &mut Meter) {
    let store = meter.bench.store.clone();
    let (read, write) = (meter.read(), meter.write());
    store.set("d", meter.value(), HOUR).await.unwrap();
    let check = Transaction::new().check_exists("d");
    meter
        .row("commit, one check", store.commit(check), &["GetItem"], read)
        .await;
    let one = Transaction::new().check_exists("d").set("d", meter.value(), HOUR);
    meter
        .row(
            "commit, one key with a condition",
            store.commit(one),
            &["PutItem"],
            write,
        )
        .await;
    let one = Transaction::new().check_exists("d").delete("d");
    meter
        .row(
            "commit, one delete with a condition",
            store.commit(one),
            &["DeleteItem"],
            write,
        )
        .await;
    let one = Transaction::new().set("d", meter.value(), HOUR);
    meter
        .row(
            "commit, one key",
            store.commit(one),
            &["TransactWriteItems"],
            times(2, write),
        )
        .await;
    let two = Transaction::new()
        .set("d", meter.value(), HOUR)
        .set("e", meter.value(), HOUR)
        .check_absent("e");
    meter
        .row_of_several("commit, two keys", store.commit(two), 2, 2.0 * write.1)
        .await;
    let two = Transaction::new().delete("d").delete("e");
    meter
        .row_of_several("commit, two deletes", store.commit(two), 2, 2.0 * write.1)
        .await;
    for key in ["d", "e"] {
        store.set(key, meter.value(), HOUR).await.unwrap();
    }
    let touch = Transaction::new().touch("d", HOUR).touch("e", HOUR);
    let each = 2.0 * write.1;
    meter
        .row_of_several("commit, two touches", store.commit(touch), 2, each)
        .await;
    let checks = Transaction::new().check_exists("d").check_exists("e");
    meter
        .row_of_several("commit, two checks", store.commit(checks), 2, each)
        .await;
    let keep = Transaction::new().set("d", meter.value(), Ttl::Keep);
    let requests = ["GetItem", "TransactWriteItems"];
    let both = plus(read, times(2, write));
    meter
        .row("commit, one key, Ttl::Keep", store.commit(keep), &requests, both)
        .await;
    meter
        .row("commit, nothing", store.commit(Transaction::new()), &[], (0.0, 0.0))
        .await;
}

async fn batches(meter: &mut Meter) {
    let store = meter.bench.store.clone();
    let (read, write) = (meter.read(), meter.write());
    let keys: Vec<String> = (0..120).map(|n| format!("many-{n:03}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let entries = |n: usize| {
        keys[..n]
            .iter()
            .map(|key| SetEntry::new(*key, meter.value.clone()))
            .collect::<Vec<_>>()
    };
    let (one, all) = (entries(1), entries(120));
    meter
        .row("set_many of 1", store.set_many(one), &["BatchWriteItem"], write)
        .await;
    meter
        .row(
            "set_many of 120",
            store.set_many(all),
            &["BatchWriteItem"; 5],
            times(120, write),
        )
        .await;
    meter
        .row(
            "get_many of 100",
            store.get_many(&keys[..100]),
            &["BatchGetItem"],
            times(100, read),
        )
        .await;
    meter
        .row(
            "get_many of 120",
            store.get_many(&keys),
            &["BatchGetItem"; 2],
            times(120, read),
        )
        .await;
    // A query adds up what it reads, then rounds.
    let ten = (units(10 * (meter.value.len() + OVERHEAD), 4_096), 0.0);
    let page = ListOptions::new("many-01");
    let listing = store.list_page(&page);
    meter.row("list_page of 10, a shard", listing, &["Query"], ten).await;
    let page = ListOptions::new("many-01").values(true);
    let listing = store.list_page(&page);
    meter
        .row("list_page of 10 with values, a shard", listing, &["Query"], ten)
        .await;
    meter
        .row("list of 10, a shard", store.list("many-01"), &["Query"], ten)
        .await;
    let both = plus(ten, times(10, write));
    meter
        .row(
            "delete_prefix of 10, a shard",
            store.delete_prefix("many-01"),
            &["Query", "BatchWriteItem"],
            both,
        )
        .await;
    let rest: Vec<&str> = keys.into_iter().filter(|key| !key.starts_with("many-01")).collect();
    meter
        .row(
            "delete_many of 110",
            store.delete_many(&rest),
            &["BatchWriteItem"; 5],
            times(110, write),
        )
        .await;
}

async fn documents(meter: &mut Meter) {
    let store = meter.bench.store.clone();
    let (read, write) = (meter.read(), meter.write());
    let document = meter.document("a");
    meter
        .row("put", store.put("docs", document.clone()), &["UpdateItem"], write)
        .await;
    let version = meter
        .row(
            "put, again",
            store.put("docs", document.clone()),
            &["UpdateItem"],
            write,
        )
        .await;
    let put = store.put_with("docs", document, PutOptions::if_version(version));
    meter.row("put_with, a version", put, &["UpdateItem"], write).await;
    let put = store.put_with("docs", meter.document("b"), PutOptions::if_absent());
    meter.row("put_with, absent", put, &["UpdateItem"], write).await;
    store.delete_doc("docs", "b").await.unwrap();
    meter
        .row("get_doc", store.get_doc("docs", "a"), &["GetItem"], read)
        .await;
    let all = Filter::all();
    meter
        .row("query, a shard", store.query("docs", &all), &["Query"], read)
        .await;
    let none = Filter::eq("text", "other");
    meter
        .row(
            "query that finds nothing, a shard",
            store.query("docs", &none),
            &["Query"],
            read,
        )
        .await;
    let page = Query::default();
    let query = store.query_page("docs", &page);
    meter.row("query_page, a shard", query, &["Query"], read).await;
    meter
        .row("delete_doc", store.delete_doc("docs", "a"), &["DeleteItem"], write)
        .await;
    for id in ["a", "b", "c"] {
        store.put("docs", meter.document(id)).await.unwrap();
    }
    let three = (units(3 * (meter.value.len() + OVERHEAD), 4_096), 0.0);
    let delete = store.delete_collection("docs");
    let requests = ["Query", "BatchWriteItem"];
    let both = plus(three, times(3, write));
    meter
        .row("delete_collection of 3, a shard", delete, &requests, both)
        .await;
}

#[tokio::test]
async fn each_operation_costs_the_requests_and_units_of_the_formula() {
    let mut tables = Vec::new();
    for length in [100, 10_000] {
        let mut meter = Meter::new(length, Reads::Consistent).await;
        entries(&mut meter).await;
        atomics(&mut meter).await;
        transactions(&mut meter).await;
        batches(&mut meter).await;
        documents(&mut meter).await;
        tables.push(meter.rows);
    }
    println!("| operation | requests | units of 100 bytes: read | write | of 10,000 bytes: read | write |");
    println!("|---|---|---|---|---|---|");
    for ((name, small), (_, large)) in tables[0].iter().zip(&tables[1]) {
        let requests = short(&small.requests);
        println!(
            "| {name} | {requests} | {} | {} | {} | {} |",
            small.reads, small.writes, large.reads, large.writes
        );
    }
}

#[tokio::test]
async fn eventual_reads_cost_half() {
    let mut meter = Meter::new(10_000, Reads::Eventual).await;
    let store = meter.bench.store.clone();
    let half = (meter.read().0 / 2.0, 0.0);
    store.set("a", meter.value(), HOUR).await.unwrap();
    store.put("docs", meter.document("a")).await.unwrap();
    meter.row("get", store.get("a"), &["GetItem"], half).await;
    meter
        .row("get_many", store.get_many(&["a"]), &["BatchGetItem"], half)
        .await;
    meter.row("list", store.list("a"), &["Query"], half).await;
    meter
        .row("get_doc", store.get_doc("docs", "a"), &["GetItem"], half)
        .await;
    meter
        .row("query", store.query("docs", &Filter::all()), &["Query"], half)
        .await;
}
