//! What a transaction demands.

use std::time::Duration;

use kvs_core::{ErrorKind, StoreExt, Transaction, Ttl, Version};

use crate::cases::support::failed_keys;
use crate::context::Context;
use crate::failed::Outcome;

const ANY: Version = Version::from_bytes([7; 16]);

cases! {
    "transactions";
    "check_exists holds for a live entry only: not for an absent, a deleted or an expired one."
        => check_exists_demands_a_live_entry [atomic, manual_clock];
    "check_absent holds for an absent, a deleted and an expired key only."
        => check_absent_demands_no_live_entry [atomic, manual_clock];
    "check_version holds for the current version of a live entry only."
        => check_version_demands_the_current_version [atomic, manual_clock];
    "A transaction of checks alone succeeds if all hold, and changes nothing."
        => checks_alone_are_legal [atomic];
    "A transaction of checks alone is a Conflict if one does not hold."
        => checks_alone_can_fail [atomic];
    "A conflict names only keys whose check failed, and at least one."
        => a_conflict_names_failed_keys_only [atomic];
    "A check of one key guards the write of another."
        => a_check_guards_another_key [atomic];
    "Checks see the state before the writes of their transaction."
        => checks_see_the_state_before_the_writes [atomic];
    "check_absent with a delete of the same key succeeds if it is absent, and is a Conflict otherwise."
        => check_absent_with_a_delete_is_legal [atomic];
    "Equal checks of one key are one check."
        => equal_checks_fold [atomic];
    "check_exists and check_version of one key fold into the stricter one."
        => exists_folds_into_version [atomic];
    "A check of the version and a touch of the same key fold into one action."
        => a_version_folds_with_a_touch [atomic];
    "It does not matter whether the check or the write of a key is named first."
        => the_order_of_check_and_write_does_not_matter [atomic];
    "Contradictory checks of one key are InvalidArgument, and nothing is written."
        => contradictory_checks_are_refused [atomic];
    "A second write of a key is InvalidArgument, and nothing is written."
        => a_second_write_is_refused [atomic];
    "A contradiction is InvalidArgument even where a check fails as well."
        => a_contradiction_comes_before_a_conflict [atomic];
}

/// A store with a live entry, one that was deleted, and one that has expired.
async fn three_fates(cx: &Context) -> Result<crate::cases::support::Shared, crate::failed::Failed> {
    let store = cx.open().await?;
    store.set("live", "v".into(), Ttl::Never).await?;
    store.set("deleted", "v".into(), Ttl::Never).await?;
    store.delete("deleted").await?;
    store
        .set("expired", "v".into(), Ttl::After(Duration::from_secs(1)))
        .await?;
    cx.clock().advance(Duration::from_secs(1));
    Ok(store)
}

async fn check_exists_demands_a_live_entry(cx: Context) -> Outcome {
    let store = three_fates(&cx).await?;
    store.commit(Transaction::new().check_exists("live")).await?;
    for key in ["absent", "deleted", "expired"] {
        let outcome = store.commit(Transaction::new().check_exists(key)).await;
        ensure_kind!(outcome, ErrorKind::Conflict, "there is no live entry under {key}");
    }
    Ok(())
}

async fn check_absent_demands_no_live_entry(cx: Context) -> Outcome {
    let store = three_fates(&cx).await?;
    store
        .commit(
            Transaction::new()
                .check_absent("absent")
                .check_absent("deleted")
                .check_absent("expired"),
        )
        .await?;
    let outcome = store.commit(Transaction::new().check_absent("live")).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "there is a live entry");
    Ok(())
}

async fn check_version_demands_the_current_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let old = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let current = store
        .compare_and_set("k", old, "w".into(), Ttl::After(Duration::from_secs(1)))
        .await?;
    store.commit(Transaction::new().check_version("k", current)).await?;
    let outcome = store.commit(Transaction::new().check_version("k", old)).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an older version does not hold");
    cx.clock().advance(Duration::from_secs(1));
    let outcome = store.commit(Transaction::new().check_version("k", current)).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "an expired entry has no version");
    Ok(())
}

async fn checks_alone_are_legal(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let checks = Transaction::new().check_version("k", before.version).check_absent("l");
    let committed = store.commit(checks).await?;
    ensure_eq!(committed.versions().count(), 0, "nothing was written");
    ensure_eq!(store.get_versioned("k").await?, before, "a check changes nothing");
    ensure_eq!(store.get_opt("l").await?, None, "a check creates nothing");
    Ok(())
}

async fn checks_alone_can_fail(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let before = store.get_versioned("k").await?;
    let outcome = store
        .commit(Transaction::new().check_exists("k").check_exists("l"))
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "one of the two does not hold");
    ensure_eq!(store.get_versioned("k").await?, before, "a check changes nothing");
    Ok(())
}

async fn a_conflict_names_failed_keys_only(cx: Context) -> Outcome {
    let store = cx.open().await?;
    for key in ["a", "b", "c"] {
        store.set(key, "v".into(), Ttl::Never).await?;
    }
    let transaction = Transaction::new()
        .check_exists("a")
        .check_absent("b")
        .check_version("c", ANY)
        .touch("d", Ttl::Never)
        .set("e", "v", Ttl::Never);
    let Err(error) = store.commit(transaction).await else {
        return Err("three checks do not hold".into());
    };
    let failed = failed_keys(&error);
    ensure!(!failed.is_empty(), "a conflict names at least one key: {error}");
    ensure!(
        failed.iter().all(|key| ["b", "c", "d"].contains(key)),
        "only b, c and d failed, named are {failed:?}"
    );
    Ok(())
}

async fn a_check_guards_another_key(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let lease = store.set_if_absent("lease", "me".into(), Ttl::Never).await?;
    let write = |value: &'static str| {
        Transaction::new()
            .check_version("lease", lease)
            .set("data", value, Ttl::Never)
    };
    store.commit(write("mine")).await?;
    store.set("lease", "another".into(), Ttl::Never).await?;
    ensure_kind!(
        store.commit(write("stale")).await,
        ErrorKind::Conflict,
        "the lease has passed on"
    );
    ensure_eq!(
        store.get_opt("data").await?,
        Some("mine".into()),
        "a write without the lease does not happen"
    );
    Ok(())
}

async fn checks_see_the_state_before_the_writes(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let create = || {
        Transaction::new()
            .check_absent("a")
            .check_absent("b")
            .set("a", "1", Ttl::Never)
            .set("b", "2", Ttl::Never)
    };
    store.commit(create()).await?;
    ensure_kind!(store.commit(create()).await, ErrorKind::Conflict, "now both exist");
    let remove = || {
        Transaction::new()
            .check_exists("a")
            .check_exists("b")
            .delete("a")
            .delete("b")
    };
    store.commit(remove()).await?;
    ensure_kind!(store.commit(remove()).await, ErrorKind::Conflict, "now both are gone");
    Ok(())
}

async fn check_absent_with_a_delete_is_legal(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.commit(Transaction::new().check_absent("k").delete("k")).await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let outcome = store.commit(Transaction::new().check_absent("k").delete("k")).await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the key is not absent");
    ensure_eq!(store.get_opt("k").await?, Some("v".into()), "nothing was removed");
    Ok(())
}

async fn equal_checks_fold(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let transaction = Transaction::new()
        .check_exists("k")
        .check_exists("k")
        .check_absent("l")
        .check_absent("l")
        .check_version("k", version)
        .check_version("k", version);
    ensure_eq!(transaction.len(), 2, "each distinct key counts once");
    store.commit(transaction).await?;
    Ok(())
}

async fn exists_folds_into_version(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    store
        .commit(Transaction::new().check_exists("k").check_version("k", version))
        .await?;
    store
        .commit(Transaction::new().check_version("k", version).check_exists("k"))
        .await?;
    for wrong in [
        Transaction::new().check_exists("k").check_version("k", ANY),
        Transaction::new().check_version("k", ANY).check_exists("k"),
    ] {
        ensure_kind!(
            store.commit(wrong).await,
            ErrorKind::Conflict,
            "the version is the stricter check"
        );
    }
    Ok(())
}

async fn a_version_folds_with_a_touch(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let version = store.set_if_absent("k", "v".into(), Ttl::Never).await?;
    let outcome = store
        .commit(Transaction::new().touch("k", Ttl::Never).check_version("k", ANY))
        .await;
    ensure_kind!(
        outcome,
        ErrorKind::Conflict,
        "the entry exists, but not with that version"
    );
    let touch = Transaction::new().touch("k", Ttl::Never).check_version("k", version);
    ensure!(
        store.commit(touch).await?.version("k").is_some(),
        "the touch gave a version"
    );
    Ok(())
}

async fn the_order_of_check_and_write_does_not_matter(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store
        .commit(Transaction::new().set("k", "v", Ttl::Never).check_absent("k"))
        .await?;
    let version = store.get_versioned("k").await?.version;
    store
        .commit(Transaction::new().set("k", "w", Ttl::Never).check_version("k", version))
        .await?;
    let outcome = store
        .commit(Transaction::new().delete("k").check_version("k", version))
        .await;
    ensure_kind!(outcome, ErrorKind::Conflict, "the version has changed");
    ensure_eq!(store.get_opt("k").await?, Some("w".into()), "the second write stands");
    Ok(())
}

async fn contradictory_checks_are_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let other = Version::from_bytes([8; 16]);
    let contradictions = [
        Transaction::new().check_absent("k").check_exists("k"),
        Transaction::new().check_exists("k").check_absent("k"),
        Transaction::new().check_absent("k").check_version("k", ANY),
        Transaction::new().check_version("k", ANY).check_version("k", other),
        Transaction::new().check_absent("k").touch("k", Ttl::Never),
        Transaction::new().touch("k", Ttl::Never).check_absent("k"),
    ];
    for transaction in contradictions {
        let outcome = store.commit(transaction.set("other", "v", Ttl::Never)).await;
        ensure_kind!(outcome, ErrorKind::InvalidArgument, "no state could fulfil both");
    }
    ensure_eq!(store.get_opt("other").await?, None, "nothing was written");
    Ok(())
}

async fn a_second_write_is_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.set("k", "v".into(), Ttl::Never).await?;
    let set = || Transaction::new().set("k", "w", Ttl::Never);
    let touch = || Transaction::new().touch("k", Ttl::Never);
    let delete = || Transaction::new().delete("k");
    let doubled = [
        set().set("k", "w", Ttl::Never),
        set().delete("k"),
        set().touch("k", Ttl::Never),
        delete().delete("k"),
        delete().set("k", "w", Ttl::Never),
        touch().touch("k", Ttl::Never),
        touch().delete("k"),
    ];
    for transaction in doubled {
        let outcome = store.commit(transaction.set("other", "v", Ttl::Never)).await;
        ensure_kind!(outcome, ErrorKind::InvalidArgument, "a key has one write");
    }
    ensure_eq!(
        store.get_many(&["k", "other"]).await?,
        [Some("v".into()), None],
        "nothing was written"
    );
    Ok(())
}

async fn a_contradiction_comes_before_a_conflict(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let transaction = Transaction::new()
        .check_exists("absent")
        .set("k", "v", Ttl::Never)
        .delete("k");
    ensure_kind!(
        store.commit(transaction).await,
        ErrorKind::InvalidArgument,
        "arguments are checked first"
    );
    Ok(())
}
