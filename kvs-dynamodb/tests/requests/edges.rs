//! Units at the edges of what one unit holds, to the byte, with the sizes that the README tells.

use kvs_dynamodb::{
    AtomicStore, Bytes, Document, DocumentStore, ListOptions, ListableStore, Reads, SetEntry, Store, Timestamp,
    Transaction, Ttl,
};
use serde_json::json;

use crate::meter::{Meter, units};

/// Such that neither of the two numbers that are stored of it ends in zeros, which take no room.
const LATER: Ttl = Ttl::At(Timestamp::from_millis(1_999_999_123_123));

const SIZES: [usize; 6] = [1_023, 1_024, 1_025, 4_096, 4_097, 393_217];

/// What a write and a consistent read of an item cost.
fn of(size: usize) -> ((f64, f64), (f64, f64)) {
    ((units(size, 4_096), 0.0), (0.0, units(size, 1_024)))
}

/// A value that makes an entry an item of this size.
fn value(meter: &Meter, key: &str, ttl: Ttl, size: usize) -> Bytes {
    let expiry = if ttl == Ttl::Never { 0 } else { 23 };
    let length = size - expiry - key.len() - meter.overhead(29);
    vec![7; length].into()
}

/// A document that is an item of this size.
fn document(meter: &Meter, collection: &str, id: &str, size: usize) -> Document {
    let frame = r#"{"text":""}"#.len() + "{}".len();
    let length = size - frame - collection.len() - id.len() - meter.overhead(71);
    Document::new(id, json!({"text": "x".repeat(length)})).unwrap()
}

async fn entry(meter: &mut Meter, ttl: Ttl, size: usize) {
    let store = meter.bench.store.clone();
    let (read, write) = of(size);
    let value = value(meter, "a", ttl, size);
    let set = store.set("a", value.clone(), ttl);
    meter.row("set", set, &["PutItem"], write).await;
    meter.row("get", store.get("a"), &["GetItem"], read).await;
    meter.row("contains", store.contains("a"), &["GetItem"], read).await;
    let get = store.get_versioned("a");
    let version = meter.row("get_versioned", get, &["GetItem"], read).await.version;
    let get = store.get_many(&["a"]);
    meter.row("get_many", get, &["BatchGetItem"], read).await;
    let page = ListOptions::new("a");
    meter.row("list_page", store.list_page(&page), &["Query"], read).await;
    let set = store.set("a", value.clone(), Ttl::Keep);
    meter.row("set, Ttl::Keep", set, &["UpdateItem"], write).await;
    let many = vec![SetEntry::new("a", value.clone()).ttl(ttl)];
    let set = store.set_many(many);
    meter.row("set_many", set, &["BatchWriteItem"], write).await;
    assert_ne!(store.get_versioned("a").await.unwrap().version, version);
    let touch = store.touch("a", ttl);
    let version = meter.row("touch", touch, &["UpdateItem"], write).await;
    let set = store.compare_and_set("a", version, value.clone(), ttl);
    let version = meter.row("compare_and_set", set, &["PutItem"], write).await;
    let delete = store.compare_and_delete("a", version);
    meter.row("compare_and_delete", delete, &["DeleteItem"], write).await;
    let set = store.set_if_absent("a", value.clone(), ttl);
    meter.row("set_if_absent", set, &["PutItem"], write).await;
    let both = (read.0, write.1);
    let requests = ["GetItem", "UpdateItem"];
    let update = &mut |_: Option<&Bytes>| Ok(value.clone());
    meter.row("update", store.update("a", update), &requests, both).await;
    meter.row("take", store.take("a"), &["DeleteItem"], write).await;
    store.set("a", value, ttl).await.unwrap();
    meter.row("delete", store.delete("a"), &["DeleteItem"], write).await;
}

async fn transaction(meter: &mut Meter, size: usize) {
    let store = meter.bench.store.clone();
    let value = value(meter, "a", LATER, size);
    let each = 2.0 * units(size, 1_024);
    let set = Transaction::new().set("a", value.clone(), LATER).set("b", value, LATER);
    meter.row_of_several("commit of two", store.commit(set), 2, each).await;
    let touch = Transaction::new().touch("a", LATER).touch("b", LATER);
    meter
        .row_of_several("commit of two touches", store.commit(touch), 2, each)
        .await;
    let check = Transaction::new().check_exists("a").check_exists("b");
    meter
        .row_of_several("commit of two checks", store.commit(check), 2, each)
        .await;
    let delete = Transaction::new().delete("a").delete("b");
    meter
        .row_of_several("commit of two deletes", store.commit(delete), 2, each)
        .await;
}

async fn of_document(meter: &mut Meter, size: usize) {
    let store = meter.bench.store.clone();
    let (read, write) = of(size);
    let document = document(meter, "docs", "a", size);
    // The stamps' digits are what the formula counts: neither may end in zeros.
    let at = Some(Timestamp::from_millis(1_999_999_123_123));
    let document = Document {
        created_at: at,
        updated_at: at,
        ..document
    };
    let options = kvs_dynamodb::PutOptions::default().carried_stamps();
    let put = store.put_with("docs", document.clone(), options);
    meter.row("put", put, &["UpdateItem"], write).await;
    meter
        .row("get_doc", store.get_doc("docs", "a"), &["GetItem"], read)
        .await;
    let query = kvs_dynamodb::Query::default();
    let query = store.query_page("docs", &query);
    meter.row("query_page", query, &["Query"], read).await;
    let put = store.put_with("docs", document, options);
    meter.row("put, again", put, &["UpdateItem"], write).await;
    let delete = store.delete_doc("docs", "a");
    meter.row("delete_doc", delete, &["DeleteItem"], write).await;
}

#[tokio::test]
async fn units_are_those_of_the_size_to_the_byte() {
    let mut meter = Meter::new(0, Reads::Consistent).await;
    for size in SIZES {
        for ttl in [Ttl::Never, LATER] {
            entry(&mut meter, ttl, size).await;
        }
        transaction(&mut meter, size).await;
        of_document(&mut meter, size).await;
    }
}

#[tokio::test]
async fn eventual_reads_cost_half_to_the_byte() {
    let mut meter = Meter::new(0, Reads::Eventual).await;
    let store = meter.bench.store.clone();
    for size in SIZES {
        let half = (units(size, 4_096) / 2.0, 0.0);
        let value = value(&meter, "a", LATER, size);
        store.set("a", value, LATER).await.unwrap();
        meter.row("get", store.get("a"), &["GetItem"], half).await;
        meter
            .row("get_versioned", store.get_versioned("a"), &["GetItem"], half)
            .await;
        meter.row("contains", store.contains("a"), &["GetItem"], half).await;
        let get = store.get_many(&["a"]);
        meter.row("get_many", get, &["BatchGetItem"], half).await;
        let page = ListOptions::new("a");
        meter.row("list_page", store.list_page(&page), &["Query"], half).await;
    }
    meter
        .row("get, absent", store.contains("none"), &["GetItem"], (0.5, 0.0))
        .await;
    let none = ["x", "y", "z"];
    let get = store.get_many(&none);
    meter.row("get_many, absent", get, &["BatchGetItem"], (1.5, 0.0)).await;
}

#[tokio::test]
async fn a_write_costs_the_larger_of_the_item_before_and_after() {
    let mut meter = Meter::new(0, Reads::Consistent).await;
    let store = meter.bench.store.clone();
    let large = value(&meter, "a", Ttl::Never, 5 * 1_024);
    let five = (0.0, 5.0);
    for ttl in [Ttl::Never, Ttl::Keep] {
        store.set("a", large.clone(), Ttl::Never).await.unwrap();
        let request = if ttl == Ttl::Keep { "UpdateItem" } else { "PutItem" };
        meter
            .row("set of less", store.set("a", "x".into(), ttl), &[request], five)
            .await;
        let set = store.set("a", large.clone(), ttl);
        meter.row("set of more", set, &[request], five).await;
    }
    let many = vec![SetEntry::new("a", "x")];
    meter
        .row("set_many of less", store.set_many(many), &["BatchWriteItem"], five)
        .await;
}
