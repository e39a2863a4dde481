//! Where a page begins.

use kvs_core::ListOptions;

use super::pages::{LETTERS, all};
use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, keys, walk};

cases! {
    "listing";
    "after is exclusive."
        => after_is_exclusive [listable];
    "after may be a key that is not stored."
        => after_may_be_absent [listable];
    "after may lie outside of the prefix: below it all is listed, above it nothing; backwards the reverse."
        => after_may_lie_outside_of_the_prefix [listable];
    "An empty after lists everything forwards, and nothing backwards."
        => after_may_be_empty [listable];
    "after may be longer than any key, and keeps its place."
        => after_may_be_longer_than_any_key [listable];
    "after may be any string: NUL, the last character, wildcards."
        => after_may_be_any_string [listable];
    "after may be the prefix itself."
        => after_may_be_the_prefix [listable];
}

async fn after_is_exclusive(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, LETTERS).await?;
    ensure_eq!(
        keys(&walk(&*store, all().after("c")).await?),
        ["d", "e", "f", "g"],
        "beyond c"
    );
    ensure_eq!(
        keys(&walk(&*store, all().after("c").reverse(true)).await?),
        ["b", "a"],
        "beyond c, backwards"
    );
    Ok(())
}

async fn after_may_be_absent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "c", "e"]).await?;
    ensure_eq!(
        keys(&walk(&*store, all().after("b")).await?),
        ["c", "e"],
        "beyond the absent b"
    );
    ensure_eq!(
        keys(&walk(&*store, all().after("d").reverse(true)).await?),
        ["c", "a"],
        "beyond the absent d, backwards"
    );
    store.delete("c").await?;
    ensure_eq!(
        keys(&walk(&*store, all().after("c")).await?),
        ["e"],
        "beyond the deleted c"
    );
    Ok(())
}

async fn after_may_lie_outside_of_the_prefix(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "k1", "k2", "z"]).await?;
    let table: [(&str, bool, &[&str]); 6] = [
        ("a", false, &["k1", "k2"]),
        ("z", false, &[]),
        ("a", true, &[]),
        ("z", true, &["k2", "k1"]),
        ("k", true, &[]),
        ("l", false, &[]),
    ];
    for (after, reverse, expected) in table {
        let entries = walk(&*store, ListOptions::new("k").after(after).reverse(reverse)).await?;
        ensure_eq!(
            keys(&entries),
            expected,
            "the prefix k after {after:?}, reverse {reverse}"
        );
    }
    Ok(())
}

async fn after_may_be_empty(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, LETTERS).await?;
    ensure_eq!(
        keys(&walk(&*store, all().after("")).await?),
        LETTERS,
        "every key lies beyond the empty string"
    );
    ensure_eq!(
        walk(&*store, all().after("").reverse(true)).await?,
        [],
        "no key lies below it"
    );
    Ok(())
}

async fn after_may_be_longer_than_any_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = "k".repeat(1_024);
    fill(&*store, ["a", &longest, "z"]).await?;
    for length in [1_025, 2_000, 100_000] {
        let after = "k".repeat(length);
        ensure_eq!(
            keys(&walk(&*store, all().after(&after)).await?),
            ["z"],
            "beyond {length} times k"
        );
        let backwards = walk(&*store, all().after(&after).reverse(true)).await?;
        ensure_eq!(keys(&backwards), [&longest, "a"], "below {length} times k");
        let inside = walk(&*store, ListOptions::new("k").after(&after).reverse(true)).await?;
        ensure_eq!(keys(&inside), [&longest], "below {length} times k, with the prefix k");
    }
    Ok(())
}

async fn after_may_be_any_string(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stored = [
        "a",
        "a\0",
        "a%",
        "a_",
        "ab",
        "a\u{d7ff}",
        "a\u{e000}",
        "a\u{10ffff}",
        "b",
    ];
    fill(&*store, stored).await?;
    let others = [
        "\0",
        "a\0\0",
        "a'",
        "*",
        "'; --",
        "\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "{\"cursor\":1}",
    ];
    for after in stored.into_iter().chain(others) {
        let expected: Vec<&str> = stored.into_iter().filter(|key| *key > after).collect();
        ensure_eq!(
            keys(&walk(&*store, all().after(after).limit(2)).await?),
            expected,
            "after {after:?}"
        );
        let mut expected: Vec<&str> = stored.into_iter().filter(|key| *key < after).collect();
        expected.reverse();
        let backwards = walk(&*store, all().after(after).limit(2).reverse(true)).await?;
        ensure_eq!(keys(&backwards), expected, "after {after:?}, backwards");
    }
    Ok(())
}

async fn after_may_be_the_prefix(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["k", "k1", "k2"]).await?;
    let options = ListOptions::new("k").after("k");
    ensure_eq!(
        keys(&walk(&*store, options.clone()).await?),
        ["k1", "k2"],
        "beyond the key that is the prefix"
    );
    ensure_eq!(
        walk(&*store, options.reverse(true)).await?,
        [],
        "nothing with the prefix lies below it"
    );
    Ok(())
}
