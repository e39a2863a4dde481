//! What a transaction writes, and that it writes all or nothing.

use std::time::Duration;

use kvs_core::{Bytes, Clock, ErrorKind, StoreExt, Timestamp, Transaction, Ttl};

use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "transactions";
    "The empty transaction does nothing and succeeds."
        => the_empty_transaction_does_nothing [atomic];
    "Sets and deletes of several keys happen together."
        => writes_happen_together [atomic];
    "Committed gives the version of every key that was set or touched, and it is the one stored."
        => committed_gives_the_stored_versions [atomic];
    "Committed gives no version for a key that was deleted or only checked."
        => committed_gives_no_version_where_nothing_was_written [atomic];
    "One failed check: nothing is set, deleted or touched, and no version changes."
        => one_failed_check_stops_everything [atomic];
    "A delete of an absent key succeeds in a transaction."
        => deleting_an_absent_key_is_fine [atomic];
    "A touch keeps the value and changes the expiry."
        => a_touch_keeps_the_value [atomic, manual_clock];
    "A touch of an absent key is a Conflict that names it, and nothing is written."
        => a_touch_of_an_absent_key_conflicts [atomic];
    "A touch of an expired key is a Conflict, and nothing is written."
        => a_touch_of_an_expired_key_conflicts [atomic, manual_clock];
    "Every set of a transaction has its own TTL."
        => every_set_has_its_own_ttl [atomic, manual_clock];
    "Keep in a transaction keeps the expiry of the live entry, and is never where there is none."
        => keep_keeps_the_live_expiry [atomic, manual_clock];
    "A transaction that sets with an expiry in the past leaves the key absent."
        => a_set_into_the_past_leaves_nothing [atomic, manual_clock];
    "A transaction that fails may be built again and committed."
        => a_conflict_spoils_nothing [atomic];
    "A transaction that is committed twice without checks applies twice, with new versions."
        => a_repeated_transaction_gives_new_versions [atomic];
    "Values of a transaction come back byte for byte, the empty one too."
        => values_come_back_byte_for_byte [atomic];
    "What a transaction wrote is seen by get and by a listing at once."
        => a_commit_is_seen_by_every_read [atomic, listable];
}

async fn the_empty_transaction_does_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let committed = store.commit(Transaction::new()).await?;
    ensure_eq!(committed.versions().count(), 0, "nothing was written");
    ensure_eq!(store.get_versioned("k").await?, before, "nothing changed");
    Ok(())
}

async fn writes_happen_together(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("old", "v".into(), Ttl::Never).await?;
    let transaction = Transaction::new()
        .set("a", "1", Ttl::Never)
        .delete("old")
        .set("b", "2", Ttl::Never);
    store.commit(transaction).await?;
    let seen = store.get_many(&["a", "b", "old"]).await?;
    ensure_eq!(
        seen,
        [Some("1".into()), Some("2".into()), None],
        "all writes took effect"
    );
    Ok(())
}

async fn committed_gives_the_stored_versions(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.set_if_absent("touched", "v".into(), Ttl::Never).await?;
    let transaction = Transaction::new()
        .set("b", "1", Ttl::Never)
        .touch("touched", Ttl::Never)
        .set("a", "2", Ttl::Never);
    let committed = store.commit(transaction).await?;
    let keys: Vec<&str> = committed.versions().map(|(key, _)| key).collect();
    ensure_eq!(
        keys,
        ["a", "b", "touched"],
        "every written key has a version, by ascending key"
    );
    for key in keys {
        let stored = store.get_versioned(key).await?.version;
        ensure_eq!(
            committed.version(key),
            Some(stored),
            "the version of {key} is the one stored"
        );
    }
    ensure!(committed.version("touched") != Some(old), "a touch gives a new version");
    Ok(())
}

async fn committed_gives_no_version_where_nothing_was_written(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("gone", "v".into(), Ttl::Never).await?;
    store.set("checked", "v".into(), Ttl::Never).await?;
    let committed = store
        .commit(
            Transaction::new()
                .delete("gone")
                .check_exists("checked")
                .check_absent("absent"),
        )
        .await?;
    for key in ["gone", "checked", "absent", "never named"] {
        ensure_eq!(committed.version(key), None, "{key} was not written");
    }
    Ok(())
}

async fn one_failed_check_stops_everything(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for key in ["a", "b", "c"] {
        store.set(key, "v".into(), Ttl::Never).await?;
    }
    let before = [
        store.get_versioned("a").await?,
        store.get_versioned("b").await?,
        store.get_versioned("c").await?,
    ];
    let soon = Ttl::After(Duration::from_secs(1));
    let writes = || {
        Transaction::new()
            .set("a", "w", soon)
            .delete("b")
            .touch("c", soon)
            .set("new", "w", Ttl::Never)
    };
    let failing = [
        writes().check_absent("a"),
        writes().check_exists("z"),
        writes().check_version("b", before[0].version),
        writes().touch("z", soon),
    ];
    for transaction in failing {
        ensure_kind!(
            store.commit(transaction).await,
            ErrorKind::Conflict,
            "one check does not hold"
        );
        let after = [
            store.get_versioned("a").await?,
            store.get_versioned("b").await?,
            store.get_versioned("c").await?,
        ];
        ensure_eq!(after, before, "nothing changed");
        ensure_eq!(
            store.get_many(&["new", "z"]).await?,
            [None, None],
            "nothing was created"
        );
    }
    Ok(())
}

async fn deleting_an_absent_key_is_fine(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .commit(Transaction::new().delete("absent").set("k", "v", Ttl::Never))
        .await?;
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "the rest was written");
    Ok(())
}

async fn a_touch_keeps_the_value(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store
        .commit(Transaction::new().touch("k", Duration::from_millis(250)))
        .await?;
    let read = store.get_versioned("k").await?;
    ensure_eq!(read.value, "v", "the value stays");
    let expected = cx.clock().now().checked_add(Duration::from_millis(250));
    ensure_eq!(read.expires_at, expected, "the expiry is now and the TTL");
    Ok(())
}

async fn a_touch_of_an_absent_key_conflicts(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let outcome = store
        .commit(Transaction::new().touch("absent", Ttl::Never).set("k", "v", Ttl::Never))
        .await;
    match outcome {
        Err(error) => ensure_eq!(
            crate::cases::support::failed_keys(&error),
            ["absent"],
            "the conflict names the key"
        ),
        Ok(_) => return Err("a touch of an absent key was accepted".into()),
    }
    ensure_eq!(
        store.get_many(&["absent", "k"]).await?,
        [None, None],
        "nothing was written"
    );
    Ok(())
}

async fn a_touch_of_an_expired_key_conflicts(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::After(Duration::from_secs(1))).await?;
    cx.clock().advance(Duration::from_secs(1));
    let outcome = store
        .commit(Transaction::new().touch("k", Ttl::Never).set("l", "v", Ttl::Never))
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an expired key is absent");
    ensure_eq!(store.get_many(&["k", "l"]).await?, [None, None], "nothing was written");
    Ok(())
}

async fn every_set_has_its_own_ttl(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let now = cx.clock().now();
    let at = |millis| Timestamp::from_millis(now.as_millis() + millis);
    let transaction = Transaction::new()
        .set("never", "v", Ttl::Never)
        .set("zero", "v", Duration::ZERO)
        .set("after", "v", Duration::from_millis(10))
        .set("rounded", "v", Duration::from_micros(1))
        .set("at", "v", at(99));
    store.commit(transaction).await?;
    let expected = [
        ("never", None),
        ("zero", None),
        ("after", Some(at(10))),
        ("rounded", Some(at(1))),
        ("at", Some(at(99))),
    ];
    for (key, expires_at) in expected {
        ensure_eq!(
            store.get_versioned(key).await?.expires_at,
            expires_at,
            "the expiry of {key}"
        );
    }
    Ok(())
}

async fn keep_keeps_the_live_expiry(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let expiry = cx.clock().now().checked_add(Duration::from_secs(9));
    store
        .set("live", "v".into(), Ttl::After(Duration::from_secs(9)))
        .await?;
    store
        .set("expired", "v".into(), Ttl::After(Duration::from_secs(1)))
        .await?;
    cx.clock().advance(Duration::from_secs(1));
    let keys = ["live", "expired", "new"];
    let transaction = keys
        .iter()
        .fold(Transaction::new(), |tx, key| tx.set(*key, "w", Ttl::Keep));
    store.commit(transaction).await?;
    for (key, expires_at) in keys.into_iter().zip([expiry, None, None]) {
        ensure_eq!(
            store.get_versioned(key).await?.expires_at,
            expires_at,
            "the expiry of {key}"
        );
    }
    Ok(())
}

async fn a_set_into_the_past_leaves_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    store
        .commit(
            Transaction::new()
                .set("k", "w", cx.clock().now())
                .set("l", "w", Ttl::Never),
        )
        .await?;
    ensure_eq!(
        store.get_many(&["k", "l"]).await?,
        [None, Some("w".into())],
        "what expires now is absent now"
    );
    Ok(())
}

async fn a_conflict_spoils_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let transaction = Transaction::new().check_exists("gate").set("k", "v", Ttl::Never);
    ensure_kind!(
        store.commit(transaction.clone()).await,
        ErrorKind::Conflict,
        "the gate is closed"
    );
    store.set("gate", "".into(), Ttl::Never).await?;
    store.commit(transaction).await?;
    ensure_eq!(
        store.get_opt("k").await?,
        Some("v".into()),
        "the same transaction succeeds once its check holds"
    );
    Ok(())
}

async fn a_repeated_transaction_gives_new_versions(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let transaction = Transaction::new().set("k", "v", Ttl::Never);
    let first = store.commit(transaction.clone()).await?.version("k");
    let second = store.commit(transaction).await?.version("k");
    ensure!(
        first.is_some() && second.is_some() && first != second,
        "two commits are two writes"
    );
    Ok(())
}

async fn values_come_back_byte_for_byte(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let values: [Bytes; 4] = [
        Bytes::new(),
        (0..=255).collect(),
        Bytes::from_static(b"\0"),
        Bytes::from_static(b"\xff\xfe"),
    ];
    let keys = ["a", "b", "c", "d"];
    let sets = keys.iter().zip(&values);
    store
        .commit(sets.fold(Transaction::new(), |tx, (key, value)| {
            tx.set(*key, value.clone(), Ttl::Never)
        }))
        .await?;
    for (key, value) in keys.iter().zip(values) {
        ensure_eq!(store.get(key).await?, value, "the value of {key}");
    }
    Ok(())
}

async fn a_commit_is_seen_by_every_read(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("old", "v".into(), Ttl::Never).await?;
    store
        .commit(
            Transaction::new()
                .set("a", "1", Ttl::Never)
                .delete("old")
                .set("b", "2", Ttl::Never),
        )
        .await?;
    ensure_eq!(
        store.list("").await?,
        ["a", "b"],
        "the listing shows what was committed"
    );
    ensure!(
        store.contains("a").await? && !store.contains("old").await?,
        "contains shows it, too"
    );
    Ok(())
}
