//! Removing all keys of a prefix.

use kvs_core::{Document, Ttl};
use serde_json::json;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, filled, secs};

cases! {
    "listing";
    "delete_prefix removes the keys that start with the prefix, and no other."
        => delete_prefix_removes_just_its_own [listable];
    "delete_prefix takes wildcards literally."
        => delete_prefix_takes_wildcards_literally [listable];
    "delete_prefix at the edges of Unicode removes no neighbour."
        => delete_prefix_at_the_edges_leaves_neighbours [listable];
    "delete_prefix of the empty prefix removes every key."
        => delete_prefix_of_nothing_removes_every_key [listable];
    "delete_prefix of a prefix that no key has is Ok."
        => delete_prefix_without_a_match_is_ok [listable];
    "delete_prefix removes thousands of keys."
        => delete_prefix_removes_thousands [listable, lasting];
    "delete_prefix leaves documents alone."
        => delete_prefix_leaves_documents [listable, documents];
    "delete_prefix works where entries have expired."
        => delete_prefix_works_among_expired_entries [listable, manual_clock];
    "Keys that delete_prefix removed can be set again."
        => removed_keys_can_be_set_again [listable];
}

async fn delete_prefix_removes_just_its_own(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(
        &*store,
        ["user:1", "user:1:a", "user:10", "user:2", "users", "a", "z", "User:1"],
    )
    .await?;
    store.delete_prefix("user:1").await?;
    ensure_eq!(
        store.list("").await?,
        ["User:1", "a", "user:2", "users", "z"],
        "what starts with user:1 is gone"
    );
    filled(&*store, ["User:1", "a", "user:2", "users", "z"]).await
}

async fn delete_prefix_takes_wildcards_literally(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stored = ["a%1", "a%2", "a*", "a?", "a[", "a_1", "ab1", "ac"];
    for (prefix, gone) in [("a_", "a_1"), ("a*", "a*"), ("a?", "a?"), ("a[", "a[")] {
        fill(&*store, stored).await?;
        store.delete_prefix(prefix).await?;
        let expected: Vec<&str> = stored.into_iter().filter(|key| *key != gone).collect();
        ensure_eq!(store.list("").await?, expected, "the prefix {prefix:?} is literal");
    }
    store.delete_prefix("a%").await?;
    ensure!(store.contains("ab1").await?, "the percent sign is literal");
    Ok(())
}

async fn delete_prefix_at_the_edges_leaves_neighbours(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stored = [
        "a",
        "a\0",
        "a\u{7f}",
        "a\u{80}",
        "a\u{d7ff}",
        "a\u{e000}",
        "a\u{10ffff}",
        "a\u{10ffff}x",
        "b",
        "\u{10ffff}",
    ];
    for prefix in ["a\0", "a\u{7f}", "a\u{d7ff}", "a\u{10ffff}", "\u{10ffff}", "a"] {
        fill(&*store, stored).await?;
        store.delete_prefix(prefix).await?;
        let expected: Vec<&str> = stored.into_iter().filter(|key| !key.starts_with(prefix)).collect();
        ensure_eq!(store.list("").await?, expected, "the prefix {prefix:?}");
    }
    Ok(())
}

async fn delete_prefix_of_nothing_removes_every_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["\0", "a", "é", "\u{10ffff}"]).await?;
    store.set("expires", "value".into(), Ttl::After(secs(3_600))).await?;
    store.delete_prefix("").await?;
    ensure_eq!(
        store.list("").await?,
        Vec::<String>::new(),
        "every key starts with nothing"
    );
    ensure!(!store.contains("a").await?, "the keys are gone for get too");
    Ok(())
}

async fn delete_prefix_without_a_match_is_ok(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.delete_prefix("a").await?;
    fill(&*store, ["a"]).await?;
    for prefix in ["b", "aa", "A", &"a".repeat(2_000)] {
        store.delete_prefix(prefix).await?;
    }
    filled(&*store, ["a"]).await
}

async fn delete_prefix_removes_thousands(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..2_500).map(|n| format!("k{n}"))).await?;
    fill(&*store, ["j", "l"]).await?;
    store.delete_prefix("k").await?;
    ensure_eq!(store.list("").await?, ["j", "l"], "all 2,500 are gone");
    Ok(())
}

async fn delete_prefix_leaves_documents(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", Document::new("a", json!({}))?).await?;
    fill(&*store, ["a", "c"]).await?;
    store.delete_prefix("").await?;
    ensure_eq!(
        store.get_doc("c", "a").await?.id,
        "a",
        "the document has nothing to do with keys"
    );
    Ok(())
}

async fn delete_prefix_works_among_expired_entries(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..50_u64 {
        store
            .set(&format!("k{n:02}"), "value".into(), secs(n % 3).into())
            .await?;
    }
    cx.clock().advance(secs(1));
    store.delete_prefix("k").await?;
    ensure_eq!(
        store.list("").await?,
        Vec::<String>::new(),
        "nothing with the prefix remains"
    );
    cx.clock().set(kvs_core::Timestamp::from_millis(1));
    ensure!(!store.contains("k02").await?, "what lived then is deleted");
    Ok(())
}

async fn removed_keys_can_be_set_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for _ in 0..3 {
        fill(&*store, ["k1", "k2"]).await?;
        store.delete_prefix("k").await?;
        ensure!(!store.contains("k1").await?, "the key is gone");
    }
    fill(&*store, ["k1"]).await?;
    filled(&*store, ["k1"]).await
}
