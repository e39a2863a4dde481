//! Which keys a prefix finds, and in which order.

mod after;
mod pages;
mod removal;
mod streams;
mod walks;

use std::collections::BTreeSet;

use kvs_core::{Document, ListOptions, MAX_KEY_BYTES, Ttl};
use serde_json::json;

use proptest::collection::vec;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{Sampler, fill, keys, text, walk};

pub(crate) use self::after::CASES as AFTER;
pub(crate) use self::pages::CASES as PAGES;
pub(crate) use self::removal::CASES as REMOVAL;
pub(crate) use self::streams::CASES as STREAMS;
pub(crate) use self::walks::CASES as WALKS;

cases! {
    "listing";
    "A store in which nothing was set lists nothing."
        => an_empty_store_lists_nothing [listable];
    "A prefix finds the key that it is, and the keys that begin with it."
        => a_prefix_finds_itself_and_longer_keys [listable];
    "The empty prefix finds every key."
        => the_empty_prefix_finds_every_key [listable];
    "A prefix that no key has finds nothing, and is no error."
        => a_prefix_that_no_key_has_finds_nothing [listable];
    "A prefix in lower case does not find upper case, nor the reverse."
        => a_prefix_is_case_sensitive [listable];
    "A prefix with an underscore is literal."
        => a_prefix_with_an_underscore_is_literal [listable];
    "A prefix with a percent sign is literal."
        => a_prefix_with_a_percent_sign_is_literal [listable];
    "A prefix with *, ?, [ or ] is literal."
        => a_prefix_with_glob_signs_is_literal [listable];
    "A prefix with a backslash or a quote is literal."
        => a_prefix_with_a_backslash_or_a_quote_is_literal [listable];
    "A prefix is no path: users/1 finds users/10 too, users/1/ does not."
        => a_prefix_is_no_path [listable];
    "A prefix with NUL is literal, and NUL does not end it."
        => a_prefix_with_nul_is_literal [listable];
    "A prefix that ends in the last character of a range, U+10FFFF included, finds just its own."
        => a_prefix_at_the_edge_of_a_range_finds_its_own [listable];
    "A prefix beside the surrogate gap, U+D7FF or U+E000, finds just its own."
        => a_prefix_beside_the_surrogate_gap_finds_its_own [listable];
    "Prefixes that differ in normalisation find different keys."
        => a_prefix_is_not_normalised [listable];
    "A prefix of 1,024 bytes finds the key that it is; a longer one finds nothing, and is no error."
        => a_prefix_longer_than_any_key_finds_nothing [listable];
    "Keys come in the order of their UTF-8 bytes."
        => keys_come_in_byte_order [listable];
    "The order does not depend on when a key was written, nor on overwrites."
        => the_order_does_not_depend_on_writes [listable];
    "Two listings of an unchanged store are equal."
        => two_listings_are_equal [listable];
    "Documents are not listed among keys."
        => documents_are_not_listed [listable, documents];
    "A key that was deleted before the listing is not in it."
        => a_deleted_key_is_never_listed [listable];
    "Random prefixes find exactly the keys that start with them: 300 of them on some 250 random keys."
        => random_prefixes_find_their_keys [listable];
}

/// Fills a store with the keys; then each prefix finds exactly those that start with it.
async fn prefixes_find(cx: &Context, stored: &[&str], prefixes: &[&str]) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, stored).await?;
    let stored: BTreeSet<&str> = stored.iter().copied().collect();
    for prefix in prefixes {
        let expected: Vec<&str> = stored.iter().copied().filter(|key| key.starts_with(prefix)).collect();
        ensure_eq!(store.list(prefix).await?, expected, "list of the prefix {prefix:?}");
        let page = walk(&*store, ListOptions::new(*prefix).limit(2)).await?;
        ensure_eq!(keys(&page), expected, "list_page of the prefix {prefix:?}");
    }
    Ok(())
}

async fn an_empty_store_lists_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    ensure_eq!(
        store.list("").await?,
        Vec::<String>::new(),
        "nothing was set, and nothing of the backend's own shows"
    );
    let page = store.list_page(&ListOptions::default()).await?;
    ensure_eq!(page.entries, [], "no entries");
    ensure_eq!(
        walk(&*store, ListOptions::default().reverse(true)).await?,
        [],
        "backwards neither"
    );
    Ok(())
}

async fn a_prefix_finds_itself_and_longer_keys(cx: Context) -> Outcome {
    prefixes_find(&cx, &["a", "ab", "abc", "b", "ac", "aa"], &["a", "ab", "abc", "b"]).await
}

async fn the_empty_prefix_finds_every_key(cx: Context) -> Outcome {
    prefixes_find(&cx, &["\0", "a", "~", "é", "\u{10FFFF}"], &[""]).await
}

async fn a_prefix_that_no_key_has_finds_nothing(cx: Context) -> Outcome {
    prefixes_find(&cx, &["a", "c"], &["b", "aa", "d", "\0", "\u{10FFFF}"]).await
}

async fn a_prefix_is_case_sensitive(cx: Context) -> Outcome {
    prefixes_find(
        &cx,
        &["user", "User", "USER", "é", "É"],
        &["user", "USER", "u", "U", "é", "É"],
    )
    .await
}

async fn a_prefix_with_an_underscore_is_literal(cx: Context) -> Outcome {
    prefixes_find(
        &cx,
        &["user_1", "userX1", "USER_1", "user_10", "user_", "user"],
        &["user_", "user_1", "_"],
    )
    .await
}

async fn a_prefix_with_a_percent_sign_is_literal(cx: Context) -> Outcome {
    prefixes_find(&cx, &["100%", "100x", "100%%", "100", "%"], &["100%", "%", "1%", "%0"]).await
}

async fn a_prefix_with_glob_signs_is_literal(cx: Context) -> Outcome {
    let stored = ["a*", "ab", "a?", "a[b]", "a]", "*", "?", "[", "a{b}", "^a", "a$"];
    prefixes_find(
        &cx,
        &stored,
        &["a*", "*", "a?", "?", "a[", "[", "[ab]", "a]", "a{", "^", ".*"],
    )
    .await
}

async fn a_prefix_with_a_backslash_or_a_quote_is_literal(cx: Context) -> Outcome {
    let stored = ["a\\b", "a\\", "a\\%", "a%", "a'b", "a'", "a\"", "a`", "a;--", "a/*"];
    prefixes_find(
        &cx,
        &stored,
        &["a\\", "a\\%", "\\", "a'", "'", "a\"", "a`", "a;", "a/*", "a' OR 1=1 --"],
    )
    .await
}

async fn a_prefix_is_no_path(cx: Context) -> Outcome {
    let stored = ["users/1", "users/10", "users/1/a", "users/2", "users", "users/"];
    prefixes_find(&cx, &stored, &["users/1", "users/1/", "users/", "users", "/", ".."]).await
}

async fn a_prefix_with_nul_is_literal(cx: Context) -> Outcome {
    prefixes_find(
        &cx,
        &["a", "a\0", "a\0b", "ab", "\0", "\0\0", "\0a"],
        &["a\0", "\0", "\0\0", "a\0b", "a"],
    )
    .await
}

async fn a_prefix_at_the_edge_of_a_range_finds_its_own(cx: Context) -> Outcome {
    let stored = [
        "a\u{7f}",
        "a\u{7f}x",
        "a\u{80}",
        "a\u{7ff}",
        "a\u{800}",
        "a\u{ffff}",
        "a\u{10000}",
        "a\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "a\u{10ffff}z",
        "b",
        "\u{10ffff}",
        "\u{10ffff}\u{10ffff}",
        "a",
    ];
    let prefixes = [
        "a\u{7f}",
        "a\u{80}",
        "a\u{7ff}",
        "a\u{ffff}",
        "a\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "\u{10ffff}",
        "\u{10ffff}\u{10ffff}",
        "\u{10ffff}a",
    ];
    prefixes_find(&cx, &stored, &prefixes).await
}

async fn a_prefix_beside_the_surrogate_gap_finds_its_own(cx: Context) -> Outcome {
    let stored = [
        "\u{d7ff}",
        "\u{d7ff}a",
        "\u{d7ff}\u{10ffff}",
        "\u{e000}",
        "\u{e000}a",
        "\u{d7fe}",
        "\u{e001}",
    ];
    prefixes_find(&cx, &stored, &["\u{d7ff}", "\u{e000}", "\u{d7fe}", "\u{e001}"]).await
}

async fn a_prefix_is_not_normalised(cx: Context) -> Outcome {
    prefixes_find(
        &cx,
        &["é1", "e\u{301}1", "e1", "ﬁ", "fi"],
        &["é", "e\u{301}", "e", "f", "ﬁ"],
    )
    .await
}

async fn a_prefix_longer_than_any_key_finds_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = "k".repeat(MAX_KEY_BYTES);
    fill(&*store, [longest.as_str(), "k", "kk"]).await?;
    ensure_eq!(
        store.list(&longest).await?,
        std::slice::from_ref(&longest),
        "the prefix of 1,024 bytes is a key"
    );
    for length in [MAX_KEY_BYTES + 1, 2_000, 100_000] {
        let prefix = "k".repeat(length);
        ensure_eq!(
            store.list(&prefix).await?,
            Vec::<String>::new(),
            "no key has {length} bytes"
        );
        let backwards = walk(&*store, ListOptions::new(prefix).reverse(true)).await?;
        ensure_eq!(backwards, [], "backwards neither, {length} bytes");
    }
    Ok(())
}

/// In byte order, which is neither alphabetical, nor by length, nor by UTF-16.
const ORDERED: [&str; 18] = [
    "\0",
    "\0\0",
    " ",
    "1",
    "10",
    "2",
    "A",
    "B",
    "_",
    "a",
    "a\0",
    "aa",
    "b",
    "~",
    "é",
    "\u{ffff}",
    "😀",
    "\u{10ffff}",
];

async fn keys_come_in_byte_order(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut shuffled = ORDERED;
    shuffled.reverse();
    shuffled.swap(1, 9);
    fill(&*store, shuffled).await?;
    ensure_eq!(store.list("").await?, ORDERED, "by UTF-8 bytes, ascending");
    Ok(())
}

async fn the_order_does_not_depend_on_writes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ORDERED).await?;
    for key in ["b", "\0", "😀"] {
        store.set(key, "a longer value than before".into(), Ttl::Never).await?;
        store.delete("aa").await?;
        store.set("aa", "again".into(), Ttl::Never).await?;
        ensure_eq!(
            store.list("").await?,
            ORDERED,
            "the order is that of the bytes after overwriting {key:?}"
        );
    }
    Ok(())
}

async fn two_listings_are_equal(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..200).map(|n| format!("key {n}"))).await?;
    let options = ListOptions::new("key 1").values(true).limit(7);
    let first = walk(&*store, options.clone()).await?;
    ensure_eq!(walk(&*store, options).await?, first, "nothing changed in between");
    Ok(())
}

async fn documents_are_not_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "c"]).await?;
    store.put("b", Document::new("b", json!({"b": 1}))?).await?;
    store.put("a", Document::new("a", json!({}))?).await?;
    ensure_eq!(store.list("").await?, ["a", "c"], "keys only");
    ensure_eq!(
        store.list("b").await?,
        Vec::<String>::new(),
        "neither collections nor ids are keys"
    );
    Ok(())
}

async fn a_deleted_key_is_never_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..50).map(|n| format!("key {n:02}"))).await?;
    for n in (0..50).step_by(2) {
        store.delete(&format!("key {n:02}")).await?;
    }
    let expected: Vec<String> = (1..50).step_by(2).map(|n| format!("key {n:02}")).collect();
    ensure_eq!(store.list("key").await?, expected, "every second key was deleted");
    Ok(())
}

async fn random_prefixes_find_their_keys(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut sampler = Sampler::new(12);
    let letters = "ab\0%_\u{7f}é\u{d7ff}\u{10ffff}";
    let stored: BTreeSet<String> = sampler.next(&vec(text(letters, 1..6), 250))?.into_iter().collect();
    fill(&*store, &stored).await?;
    for _ in 0..300 {
        let prefix = sampler.next(&text(letters, 0..5))?;
        let expected: Vec<&String> = stored.iter().filter(|key| key.starts_with(&prefix)).collect();
        let seen = store.list(&prefix).await?;
        ensure_eq!(seen.iter().collect::<Vec<_>>(), expected, "the prefix {prefix:?}");
    }
    Ok(())
}
