//! Keys and values: odd keys, limits, expiry, listings, batches.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use kvs::{
    Bytes, Clock, FullStore, Limits, ListOptions, ListableStoreExt, ManualClock, SetEntry, StoreExt, Timestamp, Ttl,
};
use serde_json::json;

use crate::printer::Printer;

const KEYS: [&str; 12] = [
    "user_1",
    "userX1",
    "USER_1",
    "100%",
    "100x",
    "a\0b",
    "a\nb",
    "'; --",
    "🦀",
    "\u{10FFFF}",
    "é",
    "a",
];

pub(crate) async fn values(store: &Arc<dyn FullStore>, out: &mut Printer) {
    for (i, key) in KEYS.iter().enumerate() {
        out.answer("set", store.set(key, Bytes::from(vec![0xFF; i]), Ttl::Never).await);
    }
    for key in KEYS {
        out.answer(key, store.get(key).await);
        out.answer(key, store.contains(key).await);
    }
    let longest = "é".repeat(512);
    out.answer("longest", store.set_text(&longest, "long", None).await);
    out.answer("longest", store.get_text(&longest).await);
    out.answer("too long", store.set_text(&format!("{longest}x"), "long", None).await);
    out.answer("empty key", store.get("").await);
    out.answer("miss", store.get_opt("nobody").await);
    out.answer("miss", store.get("nobody").await);
    let limit = Limits::PORTABLE.value_bytes;
    out.answer("largest", store.set_bytes("large", vec![7; limit], None).await);
    out.answer("too large", store.set_bytes("large", vec![8; limit + 1], None).await);
    out.answer(
        "old value",
        store.get("large").await.map(|value| (value.len(), value[0])),
    );
    out.answer(
        "json",
        store.set_json("json", &json!({"a": [1, 2.5, null]}), None).await,
    );
    out.answer("json", store.get_json::<serde_json::Value>("json").await);
    out.answer("json of another type", store.get_json::<Vec<u8>>("json").await);
    out.answer("not text", store.get_text("userX1").await);
    out.answer("delete", store.delete("large").await);
    out.answer("delete again", store.delete("large").await);
    out.answer("deleted", store.contains("large").await);
}

pub(crate) async fn expiry(store: &Arc<dyn FullStore>, clock: &ManualClock, out: &mut Printer) {
    let ms = Duration::from_millis;
    let past = Timestamp::from_millis(clock.now().as_millis() - 1);
    let ttls = [
        ("t:1", Ttl::from(ms(250))),
        ("t:2", Ttl::After(Duration::from_nanos(1))),
        ("t:3", Ttl::At(past)),
        ("t:4", Ttl::At(clock.now())),
        ("t:5", Ttl::from(Duration::ZERO)),
        ("t:6", Ttl::After(Duration::MAX)),
        ("t:7", Ttl::Keep),
    ];
    for (key, ttl) in ttls {
        out.answer(key, store.set(key, key.into(), ttl).await);
    }
    for step in [0, 1, 248, 1, 1_000_000] {
        clock.advance(ms(step));
        for (key, _) in ttls {
            out.answer(
                key,
                store.get_versioned(key).await.map(|live| (live.value, live.expires_at)),
            );
        }
        out.answer("list", store.list("t:").await);
    }
    out.answer(
        "absent over expired",
        store.set_if_absent("t:1", "new".into(), Ttl::Never).await.map(drop),
    );
    out.answer("set", store.set("t:8", "v".into(), Ttl::After(ms(100))).await);
    out.answer("keep", store.set("t:8", "w".into(), Ttl::Keep).await);
    out.answer(
        "kept",
        store
            .get_versioned("t:8")
            .await
            .map(|live| (live.value, live.expires_at)),
    );
    out.answer("touch", store.touch("t:8", Ttl::After(ms(500))).await.map(drop));
    out.answer(
        "touched",
        store
            .get_versioned("t:8")
            .await
            .map(|live| (live.value, live.expires_at)),
    );
    out.answer(
        "update",
        store
            .update("t:8", &mut |_| Ok("x".into()))
            .await
            .map(|live| live.expires_at),
    );
    clock.advance(ms(500));
    out.answer("gone", store.get("t:8").await);
    out.answer("touch of the expired", store.touch("t:8", Ttl::Never).await.map(drop));
    out.answer("sweep", store.sweep().await.map(drop));
    out.answer("take of the expired", store.take("t:8").await);
}

pub(crate) async fn listings(store: &Arc<dyn FullStore>, clock: &ManualClock, out: &mut Printer) {
    let soon = Ttl::At(clock.now().checked_add(Duration::from_secs(5)).unwrap());
    for i in 0..25 {
        let ttl = if i % 3 == 0 { soon } else { Ttl::Never };
        store.set_text(&format!("l:{i:02}"), &i.to_string(), ttl).await.unwrap();
    }
    for prefix in [
        "",
        "l:",
        "l:1",
        "user_",
        "USER",
        "100%",
        "a",
        "a\0",
        "🦀",
        "\u{10FFFF}",
        "l:9",
        "nobody",
    ] {
        out.answer(prefix, store.list(prefix).await);
    }
    let options = [
        ListOptions::new("l:").limit(3),
        ListOptions::new("l:").limit(3).reverse(true).values(true),
        ListOptions::new("l:").after("l:07").limit(2).values(true),
        ListOptions::new("l:").after("l:07x").limit(2),
        ListOptions::new("l:").after("a").limit(1),
        ListOptions::new("l:").after("z").limit(1),
        ListOptions::new("l:").after("z").limit(1).reverse(true),
        ListOptions::new("l:").after("l:03").reverse(true).limit(10),
        ListOptions::new("l:").limit(usize::MAX),
        ListOptions::new("l:").limit(0),
    ];
    for options in options {
        let mut walk = options.clone();
        let mut keys = Vec::new();
        // Pages may be cut differently; what they hold together may not.
        let outcome = loop {
            match store.list_page(&walk).await {
                Err(error) => break Err(error),
                Ok(page) => {
                    keys.extend(
                        page.entries
                            .into_iter()
                            .map(|entry| (entry.key, entry.value, entry.expires_at)),
                    );
                    match page.next {
                        Some(next) => walk.after = Some(next),
                        None => break Ok(()),
                    }
                }
            }
        };
        out.answer("walk", outcome.map(|()| keys));
    }
    out.answer("keys", store.keys("l:1").try_collect::<Vec<_>>().await);
    clock.advance(Duration::from_secs(5));
    out.answer(
        "entries",
        store
            .entries("l:1")
            .map_ok(|e| (e.key, e.value))
            .try_collect::<Vec<_>>()
            .await,
    );
    out.answer("delete_prefix", store.delete_prefix("l:1").await);
    out.answer("left", store.list("l:").await);
}

pub(crate) async fn batches(store: &Arc<dyn FullStore>, out: &mut Printer) {
    let entry = |key: &str, value: &'static str| SetEntry::new(key, value);
    let batch = vec![
        entry("b:1", "1"),
        entry("b:2", "2"),
        entry("b:1", "3").ttl(Duration::from_mins(1)),
    ];
    out.answer("set_many", store.set_many(batch).await);
    out.answer("get_many", store.get_many(&["b:2", "b:1", "nobody", "b:2"]).await);
    out.answer("nothing", store.get_many(&[]).await);
    out.answer("nothing", store.set_many(Vec::new()).await);
    out.answer(
        "one is invalid",
        store.set_many(vec![entry("b:3", "3"), entry("", "4")]).await,
    );
    out.answer("none was set", store.contains("b:3").await);
    out.answer("one is invalid", store.get_many(&["b:1", ""]).await);
    out.answer("one is invalid", store.delete_many(&["b:1", ""]).await);
    out.answer("delete_many", store.delete_many(&["b:1", "nobody", "b:1"]).await);
    out.answer("left", store.list("b:").await);
    let many: Vec<SetEntry> = (0..300)
        .map(|i| SetEntry::new(format!("m:{i:03}"), i.to_string()))
        .collect();
    out.answer("300", store.set_many(many).await);
    out.answer("300", store.list("m:").await.map(|keys| keys.len()));
}
