//! Expiry, to the millisecond, on a clock that the case moves.

mod atomic;
mod clock;
mod races;
mod replace;

use std::time::Duration;

use kvs_core::{Bytes, Clock, ErrorKind, FullStore, ListOptions, StoreExt, Timestamp, Ttl};

use crate::context::Context;
use crate::failed::Outcome;
use crate::support::{fill, filled, keys, ms, secs, walk};

pub(crate) use self::atomic::CASES as ATOMIC;
pub(crate) use self::clock::CASES as CLOCK;
pub(crate) use self::races::CASES as RACES;
pub(crate) use self::replace::CASES as REPLACE;

cases! {
    "ttl";
    "A time to live of 250 ms is there at 249 and gone at 250."
        => expires_at_the_exact_millisecond [manual_clock];
    "A time to live of ten seconds is there at 9,999 ms and gone at 10,000 ms."
        => ten_seconds_are_ten_seconds [manual_clock];
    "A fraction of a millisecond is rounded up: never early."
        => fractions_of_a_millisecond_round_up [manual_clock];
    "A time to live does not depend on where in the second it begins."
        => a_second_is_a_second_wherever_it_begins [manual_clock];
    "An entry without a time to live is there after a hundred years."
        => an_entry_without_ttl_stays [manual_clock];
    "A zero duration never expires."
        => a_zero_duration_is_never [manual_clock];
    "A duration beyond what a timestamp holds never expires, and does not panic or wrap."
        => the_longest_durations_never_expire [manual_clock];
    "Times to live beyond 2038 and 2106 are exact."
        => a_hundred_years_are_exact [manual_clock];
    "An expiry at an instant is exact."
        => an_instant_is_exact [manual_clock];
    "An instant in the past, or the present one, makes the entry absent."
        => an_instant_in_the_past_makes_the_entry_absent [manual_clock];
    "An instant in the past removes the value that was there."
        => an_instant_in_the_past_removes_the_old_value [];
    "The last instant that there is lies in the future."
        => the_last_instant_is_in_the_future [manual_clock];
    "An expired entry is absent for get, contains and get_many."
        => an_expired_entry_is_absent_for_reads [manual_clock];
    "An expired entry is absent for list and list_page, forwards and backwards."
        => an_expired_entry_is_not_listed [manual_clock, listable];
    "Deleting an expired entry is Ok."
        => deleting_an_expired_entry_is_ok [manual_clock];
    "A set after the expiry makes a fresh entry, which inherits nothing."
        => a_set_after_the_expiry_is_fresh [manual_clock];
    "An entry may be set, expire and be set again many times."
        => an_entry_expires_again_and_again [manual_clock];
    "A listing shows when each entry expires."
        => a_listing_shows_the_expiry [manual_clock, listable];
    "Expiry takes only what has expired."
        => expiry_takes_only_its_own [manual_clock];
}

/// Sets `k` and asserts that it is there one millisecond before `lives`, and gone then.
async fn lives_exactly(cx: &Context, ttl: Ttl, lives: Duration) -> Outcome {
    let store = cx.open().await?;
    let clock = cx.clock();
    store.set("k", "value".into(), ttl).await?;
    clock.advance(lives.checked_sub(ms(1)).unwrap_or_default());
    ensure_eq!(
        store.get_opt("k").await?,
        Some("value".into()),
        "{ttl:?}: there one millisecond before {lives:?}"
    );
    clock.advance(ms(1));
    ensure_eq!(store.get_opt("k").await?, None, "{ttl:?}: gone at {lives:?}");
    Ok(())
}

/// `k` is there one millisecond before `lives` from now, and gone then.
pub(super) async fn expires_in(cx: &Context, store: &dyn FullStore, key: &str, lives: Duration) -> Outcome {
    cx.clock().advance(lives.checked_sub(ms(1)).unwrap_or_default());
    ensure!(
        store.contains(key).await?,
        "{key:?} is there one millisecond before {lives:?}"
    );
    cx.clock().advance(ms(1));
    ensure!(!store.contains(key).await?, "{key:?} is gone at {lives:?}");
    Ok(())
}

/// `k` is there after a very long time.
pub(super) async fn never_expires(cx: &Context, store: &dyn FullStore, key: &str) -> Outcome {
    cx.clock().advance(secs(100 * 365 * 86_400));
    ensure!(store.contains(key).await?, "{key:?} is there after a hundred years");
    Ok(())
}

async fn expires_at_the_exact_millisecond(cx: Context) -> Outcome {
    lives_exactly(&cx, Ttl::After(ms(250)), ms(250)).await
}

async fn ten_seconds_are_ten_seconds(cx: Context) -> Outcome {
    lives_exactly(&cx, secs(10).into(), secs(10)).await
}

async fn fractions_of_a_millisecond_round_up(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for (ttl, lives) in [
        (1, 1),
        (999_999, 1),
        (1_000_000, 1),
        (1_000_001, 2),
        (1_999_999, 2),
        (2_000_000, 2),
    ] {
        let ttl = Duration::from_nanos(ttl);
        store.set("k", "value".into(), Ttl::After(ttl)).await?;
        expires_in(&cx, &*store, "k", ms(lives)).await?;
    }
    Ok(())
}

async fn a_second_is_a_second_wherever_it_begins(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for millis in [0, 1, 499, 500, 501, 998, 999] {
        let second = 1_000 * (cx.clock().now().as_millis() / 1_000 + 10);
        cx.clock().set(Timestamp::from_millis(second + millis));
        store.set("k", "value".into(), Ttl::After(secs(1))).await?;
        expires_in(&cx, &*store, "k", secs(1)).await?;
    }
    Ok(())
}

async fn an_entry_without_ttl_stays(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::Never).await?;
    never_expires(&cx, &*store, "k").await
}

async fn a_zero_duration_is_never(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("after", "value".into(), Ttl::After(Duration::ZERO)).await?;
    store.set("from", "value".into(), Duration::ZERO.into()).await?;
    store.set("none", "value".into(), None.into()).await?;
    for key in ["after", "from", "none"] {
        never_expires(&cx, &*store, key).await?;
    }
    Ok(())
}

async fn the_longest_durations_never_expire(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let longest = [Duration::MAX, secs(u64::MAX), ms(u64::MAX), ms(i64::MAX.unsigned_abs())];
    for ttl in longest {
        store.set("k", "value".into(), Ttl::After(ttl)).await?;
        ensure!(store.contains("k").await?, "{ttl:?}: there at once");
    }
    cx.clock().set(Timestamp::MAX);
    ensure!(store.contains("k").await?, "there at the end of time");
    Ok(())
}

async fn a_hundred_years_are_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for years in [20, 100, 1_000] {
        let ttl = secs(years * 365 * 86_400);
        store.set("k", "value".into(), Ttl::After(ttl)).await?;
        expires_in(&cx, &*store, "k", ttl).await?;
    }
    Ok(())
}

async fn an_instant_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let at = Timestamp::from_millis(cx.clock().now().as_millis() + 12_345);
    store.set("k", "value".into(), Ttl::At(at)).await?;
    expires_in(&cx, &*store, "k", ms(12_345)).await
}

async fn an_instant_in_the_past_makes_the_entry_absent(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now().as_millis();
    for at in [now, now - 1, 1, 0, -1, i64::MIN] {
        store
            .set("k", "value".into(), Ttl::At(Timestamp::from_millis(at)))
            .await?;
        ensure_eq!(
            store.get_opt("k").await?,
            None,
            "an entry that expires at {at} is absent at {now}"
        );
    }
    Ok(())
}

async fn an_instant_in_the_past_removes_the_old_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "old".into(), Ttl::Never).await?;
    store.set("k", "new".into(), Ttl::At(Timestamp::from_millis(1))).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        None,
        "the write took place, and its value has expired"
    );
    Ok(())
}

async fn the_last_instant_is_in_the_future(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::At(Timestamp::MAX)).await?;
    never_expires(&cx, &*store, "k").await?;
    cx.clock().set(Timestamp::from_millis(i64::MAX - 1));
    ensure!(store.contains("k").await?, "there until the last millisecond");
    Ok(())
}

async fn an_expired_entry_is_absent_for_reads(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(ms(250))).await?;
    store.set("other", "value".into(), Ttl::Never).await?;
    cx.clock().advance(ms(250));
    ensure_kind!(store.get("k").await, ErrorKind::NotFound, "get");
    ensure!(!store.contains("k").await?, "contains");
    let values = store.get_many(&["k", "other", "k"]).await?;
    ensure_eq!(values, [None, Some(Bytes::from("value")), None], "get_many");
    Ok(())
}

async fn an_expired_entry_is_not_listed(cx: Context) -> Outcome {
    let store = cx.open().await?;
    fill(&*store, ["a", "c"]).await?;
    store.set("b", "value".into(), Ttl::After(ms(250))).await?;
    cx.clock().advance(ms(249));
    ensure_eq!(
        store.list("").await?,
        ["a", "b", "c"],
        "all three, one millisecond before"
    );
    cx.clock().advance(ms(1));
    ensure_eq!(store.list("").await?, ["a", "c"], "list");
    ensure_eq!(store.list("b").await?, Vec::<String>::new(), "list of just that key");
    for (reverse, expected) in [(false, ["a", "c"]), (true, ["c", "a"])] {
        for limit in [1, 2, 10] {
            let options = ListOptions::default().reverse(reverse).limit(limit).values(true);
            ensure_eq!(
                keys(&walk(&*store, options).await?),
                expected,
                "list_page, limit {limit}, reverse {reverse}"
            );
        }
    }
    Ok(())
}

async fn deleting_an_expired_entry_is_ok(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "value".into(), Ttl::After(secs(1))).await?;
    cx.clock().advance(secs(1));
    store.delete("k").await?;
    store.delete_many(&["k", "k"]).await?;
    ensure!(!store.contains("k").await?, "the entry is gone");
    Ok(())
}

async fn a_set_after_the_expiry_is_fresh(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("a", "old".into(), Ttl::After(secs(1))).await?;
    store.set("b", "old".into(), Ttl::After(secs(1))).await?;
    cx.clock().advance(secs(1));
    store.set("a", "new".into(), Ttl::After(secs(10))).await?;
    store.set("b", "new".into(), Ttl::Never).await?;
    expires_in(&cx, &*store, "a", secs(10)).await?;
    never_expires(&cx, &*store, "b").await
}

async fn an_entry_expires_again_and_again(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for round in 0..20 {
        store.set("k", format!("{round}").into(), Ttl::After(ms(5))).await?;
        ensure_eq!(store.get("k").await?, format!("{round}"), "the value of this round");
        expires_in(&cx, &*store, "k", ms(5)).await?;
    }
    Ok(())
}

async fn a_listing_shows_the_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now();
    store.set("a", "value".into(), Ttl::Never).await?;
    store
        .set("b", "value".into(), Ttl::After(Duration::from_micros(1_500)))
        .await?;
    store.set("c", "value".into(), Ttl::At(Timestamp::MAX)).await?;
    let expected = [None, now.checked_add(ms(2)), Some(Timestamp::MAX)];
    for values in [false, true] {
        let entries = walk(&*store, ListOptions::default().values(values)).await?;
        let seen: Vec<_> = entries.iter().map(|entry| entry.expires_at).collect();
        ensure_eq!(seen, expected, "the expiry of each entry, in absolute milliseconds");
    }
    Ok(())
}

async fn expiry_takes_only_its_own(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let stay = ["a", "k\0", "kk", "K", "j"];
    fill(&*store, stay).await?;
    store.set("k", "value".into(), Ttl::After(secs(1))).await?;
    cx.clock().advance(secs(1));
    ensure!(!store.contains("k").await?, "the entry has expired");
    store.sweep().await?;
    filled(&*store, stay).await
}
