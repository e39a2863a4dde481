//! Pages: where they begin and end, how long they are, what they show.

use std::collections::BTreeSet;

use kvs_core::{Bytes, ErrorKind, ListOptions, MAX_PAGE, Ttl};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::any;

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{Sampler, fill, keys, text, walk};

cases! {
    "listing";
    "A limit of 0 is InvalidArgument."
        => a_limit_of_zero_is_invalid [listable];
    "A page never has more entries than the limit."
        => a_page_is_never_longer_than_the_limit [listable];
    "A huge limit is cut, not refused."
        => a_huge_limit_is_cut [listable];
    "The pages of a walk together are the listing, whatever the limit."
        => pages_together_are_the_listing [listable];
    "No key is lost or repeated where pages meet: with 0, 1, and around whole pages of keys."
        => no_key_is_lost_where_pages_meet [listable];
    "The end of a walk is where next is None, and the page after the last key is empty."
        => the_end_is_where_next_is_none [listable];
    "Backwards is exactly the reverse of forwards."
        => backwards_is_the_reverse [listable];
    "Backwards with a limit gives the last keys of a prefix first."
        => backwards_gives_the_last_keys_first [listable];
    "Values come if they are asked for, whole, and otherwise not."
        => values_come_if_asked_for [listable];
    "Many large values are listed whole."
        => many_large_values_are_listed [listable];
    "Every combination of prefix, after, limit and direction gives what the definition says: 300 random ones."
        => random_options_give_what_they_say [listable];
}

pub(super) const LETTERS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

pub(super) fn all() -> ListOptions {
    ListOptions::default()
}

async fn a_limit_of_zero_is_invalid(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for options in [all().limit(0), all().limit(0).reverse(true).after("a")] {
        ensure_kind!(
            store.list_page(&options).await,
            ErrorKind::InvalidArgument,
            "a page of no entries makes no sense"
        );
    }
    Ok(())
}

async fn a_page_is_never_longer_than_the_limit(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, LETTERS).await?;
    for limit in 1..=8 {
        for reverse in [false, true] {
            let page = store.list_page(&all().limit(limit).reverse(reverse)).await?;
            ensure!(
                page.entries.len() <= limit,
                "at most {limit} entries, not {}",
                page.entries.len()
            );
        }
    }
    Ok(())
}

async fn a_huge_limit_is_cut(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, LETTERS).await?;
    for limit in [MAX_PAGE, MAX_PAGE + 1, 1 << 40, usize::MAX] {
        for reverse in [false, true] {
            let entries = walk(&*store, all().limit(limit).reverse(reverse)).await?;
            ensure_eq!(entries.len(), LETTERS.len(), "a limit of {limit} is as good as any");
        }
    }
    Ok(())
}

async fn pages_together_are_the_listing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..100).map(|n| format!("key {n}"))).await?;
    fill(&*store, ["a", "z", "key"]).await?;
    let listing = store.list("key ").await?;
    ensure_eq!(listing.len(), 100, "all keys of the prefix");
    for limit in [1, 2, 3, 7, 49, 50, 99, 100, 101, 1_000] {
        let entries = walk(&*store, ListOptions::new("key ").limit(limit)).await?;
        ensure_eq!(
            keys(&entries),
            listing,
            "the pages of at most {limit}, one after the other"
        );
    }
    Ok(())
}

async fn no_key_is_lost_where_pages_meet(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let page = 10;
    let mut stored = 0;
    for count in [0, 1, page - 1, page, page + 1, 2 * page, 10 * page + 1] {
        fill(&*store, (stored..count).map(|n| format!("{n:04}"))).await?;
        stored = count;
        let expected: Vec<String> = (0..count).map(|n| format!("{n:04}")).collect();
        ensure_eq!(
            keys(&walk(&*store, all().limit(page)).await?),
            expected,
            "{count} keys in pages of {page}"
        );
        let mut backwards = walk(&*store, all().limit(page).reverse(true)).await?;
        backwards.reverse();
        ensure_eq!(keys(&backwards), expected, "{count} keys in pages of {page}, backwards");
    }
    Ok(())
}

async fn the_end_is_where_next_is_none(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, LETTERS).await?;
    for reverse in [false, true] {
        let last = if reverse { "a" } else { "g" };
        // A full last page may still have a next, but then nothing follows.
        let after_the_end = walk(&*store, all().after(last).reverse(reverse)).await?;
        ensure_eq!(after_the_end, [], "nothing lies beyond {last:?}");
        let page = store.list_page(&all().limit(3).reverse(reverse)).await?;
        ensure!(page.next.is_some(), "three of seven keys are not the end");
    }
    Ok(())
}

async fn backwards_is_the_reverse(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(
        &*store,
        (0..60).map(|n| format!("{}{n}", if n % 2 == 0 { "é" } else { "e" })),
    )
    .await?;
    for prefix in ["", "e", "é", "e1", "\u{10ffff}"] {
        let mut forwards = walk(&*store, ListOptions::new(prefix).values(true).limit(7)).await?;
        forwards.reverse();
        let backwards = walk(&*store, ListOptions::new(prefix).values(true).limit(7).reverse(true)).await?;
        ensure_eq!(backwards, forwards, "the prefix {prefix:?}");
    }
    Ok(())
}

async fn backwards_gives_the_last_keys_first(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, (0..20).map(|n| format!("chat:1:{n:04}"))).await?;
    fill(&*store, ["chat:0:9999", "chat:2:0000", "chat:1;"]).await?;
    let mut options = ListOptions::new("chat:1:").reverse(true).limit(3).values(true);
    let mut turns = Vec::new();
    // A page may be short, so that three turns may need more than one.
    while turns.len() < 3 {
        let page = store.list_page(&options).await?;
        turns.extend(page.entries);
        let Some(next) = page.next else { break };
        options.after = Some(next);
    }
    turns.truncate(3);
    ensure_eq!(
        keys(&turns),
        ["chat:1:0019", "chat:1:0018", "chat:1:0017"],
        "the last three turns of the conversation"
    );
    ensure_eq!(turns[0].value, Some(Bytes::from("chat:1:0019")), "with their values");
    Ok(())
}

async fn values_come_if_asked_for(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("empty", Bytes::new(), Ttl::Never).await?;
    store.set("text", "value".into(), Ttl::Never).await?;
    let with = walk(&*store, all().values(true)).await?;
    let values: Vec<_> = with.into_iter().map(|entry| entry.value).collect();
    ensure_eq!(
        values,
        [Some(Bytes::new()), Some("value".into())],
        "the values, the empty one included"
    );
    let without = walk(&*store, all()).await?;
    ensure!(
        without.iter().all(|entry| entry.value.is_none()),
        "no values unless they are asked for"
    );
    Ok(())
}

async fn many_large_values_are_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for n in 0..20_u8 {
        store
            .set(&format!("key {n:02}"), vec![n; 300_000].into(), Ttl::Never)
            .await?;
    }
    let entries = walk(&*store, all().values(true)).await?;
    ensure_eq!(entries.len(), 20, "all entries, in as many pages as it takes");
    for (n, entry) in (0..20_u8).zip(&entries) {
        ensure!(
            entry.value.as_ref().is_some_and(|value| *value == vec![n; 300_000]),
            "the value {n} is whole"
        );
    }
    Ok(())
}

async fn random_options_give_what_they_say(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let mut sampler = Sampler::new(31);
    let letters = "ab\0é\u{7f}\u{10ffff}";
    let stored: BTreeSet<String> = sampler.next(&vec(text(letters, 1..5), 100))?.into_iter().collect();
    fill(&*store, &stored).await?;
    for _ in 0..300 {
        let any_text = || text(letters, 0..5);
        let options = (any_text(), option::of(any_text()), 1_usize..12, any::<bool>());
        let (prefix, after, limit, reverse) = sampler.next(&options)?;
        let beyond = |key: &&String| match &after {
            Some(after) if reverse => *key < after,
            Some(after) => *key > after,
            None => true,
        };
        let mut expected: Vec<&String> = stored
            .iter()
            .filter(|key| key.starts_with(&prefix))
            .filter(beyond)
            .collect();
        if reverse {
            expected.reverse();
        }
        let mut options = ListOptions::new(prefix).limit(limit).reverse(reverse);
        options.after.clone_from(&after);
        let seen = walk(&*store, options.clone()).await?;
        ensure_eq!(
            keys(&seen),
            expected,
            "{:?} after {after:?}, limit {limit}, reverse {reverse}",
            options.prefix
        );
    }
    Ok(())
}
