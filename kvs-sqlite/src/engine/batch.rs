//! The writes of a group inside their transaction: read what they depend on, work them out, write what changed.

use std::collections::BTreeMap;

use kvs_core::{
    Action, Bytes, Committed, Error, KeyRange, Precondition, Result, SetEntry, Timestamp, Ttl, Version, Versioned,
    Write as ActionWrite, counter_sum,
};
use sqlx::SqliteConnection;

use super::overlay::{Change, Entry, Overlay, Slot};
use super::{Core, Done, Op, Place, Put, Swap, Write};
use crate::error::Failure;
use crate::row::{self, EntryRow};
use crate::sql;

/// What each write answers if the transaction is committed.
pub(super) type Answers = Vec<Result<Done>>;

/// Runs the writes in order.
///
/// # Errors
///
/// What a statement fails with; the transaction is then of no use.
pub(super) async fn run(core: &Core, connection: &mut SqliteConnection, writes: &[Write]) -> Result<Answers> {
    // Read with the lock held: nobody else's write lies between this instant and ours.
    let now = core.clock.now();
    let mut overlay = Overlay::new(now);
    load(core, connection, needs(writes), &mut overlay).await?;
    let mut answers = Vec::with_capacity(writes.len());
    for write in writes {
        let answer = match &write.op {
            Op::Put(put) => put_document(core, connection, put, now).await?,
            Op::DeleteDocument(place) => delete_document(core, connection, place).await?,
            Op::DeleteRange(range) => delete_range(core, connection, range).await?,
            Op::DeleteDocuments(from) => delete_documents(core, connection, from).await?,
            Op::Sweep => sweep(core, connection, now).await?,
            op => on_keys(core, &mut overlay, op),
        };
        answers.push(answer);
    }
    flush(core, connection, overlay).await?;
    Ok(answers)
}

/// The keys whose entries must be known, and whether with the value.
fn needs(writes: &[Write]) -> BTreeMap<&str, bool> {
    let mut needs = BTreeMap::new();
    let mut need = |key, value| *needs.entry(key).or_insert(false) |= value;
    for write in writes {
        match &write.op {
            Op::Set(entry) if entry.ttl == Ttl::Keep => need(entry.key.as_str(), false),
            Op::SetMany(entries) => {
                let keep = entries.iter().filter(|entry| entry.ttl == Ttl::Keep);
                keep.for_each(|entry| need(entry.key.as_str(), false));
            }
            Op::Commit(actions) => {
                let known = actions.iter().filter(|action| depends(action));
                known.for_each(|action| need(action.key.as_str(), false));
            }
            Op::Touch(key, _) => need(key, false),
            Op::Take(key) | Op::Increment(key, _) => need(key, true),
            Op::Swap(swap) => need(swap.key.as_str(), true),
            _ => {}
        }
    }
    needs
}

/// Does the action depend on what is stored?
fn depends(action: &Action) -> bool {
    action.check.is_some()
        || match &action.write {
            Some(ActionWrite::Set { ttl, .. }) => *ttl == Ttl::Keep,
            Some(ActionWrite::Touch { .. }) => true,
            Some(ActionWrite::Delete) | None => false,
        }
}

async fn load<'a>(
    core: &Core,
    connection: &mut SqliteConnection,
    needs: BTreeMap<&'a str, bool>,
    overlay: &mut Overlay<'a>,
) -> Result<()> {
    let (full, bare): (Vec<_>, Vec<_>) = needs.into_iter().partition(|(_, value)| *value);
    for (keys, with_value) in [(full, true), (bare, false)] {
        for keys in keys.chunks(sql::MOST_KEYS) {
            let (statement, room) = if with_value {
                core.sql.get(keys.len())
            } else {
                core.sql.peek(keys.len())
            };
            let names = keys.iter().map(|(key, _)| *key);
            let rows = sqlx::query_with(statement, row::keys(names, room))
                .fetch_all(&mut *connection)
                .await;
            let mut found = BTreeMap::new();
            for row in rows.map_err(Failure::of_driver)? {
                let entry = Entry {
                    version: row::version(&row, 2)?,
                    expires_at: row::expires_at(&row, 1)?,
                    value: with_value.then(|| row::value(&row, 3)).transpose()?,
                };
                found.insert(row::key(&row)?, entry);
            }
            for (key, _) in keys {
                overlay.load(key, found.remove(*key));
            }
        }
    }
    Ok(())
}

fn on_keys<'a>(core: &Core, overlay: &mut Overlay<'a>, op: &'a Op) -> Result<Done> {
    let mut set = |entry: &'a SetEntry| overlay.set(&entry.key, entry.value.clone(), entry.ttl, core.versions.next());
    match op {
        Op::Set(entry) => set(entry),
        Op::SetMany(entries) => entries.iter().for_each(set),
        Op::DeleteMany(keys) => keys.iter().for_each(|key| overlay.delete(key)),
        Op::Commit(actions) => return commit(core, overlay, actions).map(Done::Committed),
        Op::Take(key) => return take(overlay, key).map(Done::Value),
        Op::Touch(key, ttl) => return touch(core, overlay, key, *ttl).map(Done::Version),
        Op::Swap(swap) => return Ok(swap_value(core, overlay, swap)),
        Op::Increment(key, delta) => return increment(core, overlay, key, *delta).map(Done::Sum),
        // Those that are done by statements.
        Op::Put(_) | Op::DeleteDocument(_) | Op::DeleteRange(_) | Op::DeleteDocuments(_) | Op::Sweep => {}
    }
    Ok(Done::Nothing)
}

fn commit<'a>(core: &Core, overlay: &mut Overlay<'a>, actions: &'a [Action]) -> Result<Committed> {
    let fails = |action: &&Action| {
        let live = overlay.live(&action.key).map(|live| live.version);
        action.check.is_some_and(|check| !check.holds(live))
    };
    let failed: Vec<&str> = actions.iter().filter(fails).map(|action| action.key.as_str()).collect();
    if !failed.is_empty() {
        return Err(Error::conflict(failed));
    }
    let mut versions: Vec<(String, Version)> = Vec::new();
    for action in actions {
        let version = core.versions.next();
        let written = match &action.write {
            Some(ActionWrite::Set { value, ttl }) => {
                overlay.set(&action.key, value.clone(), *ttl, version);
                true
            }
            Some(ActionWrite::Touch { ttl }) => overlay.touch(&action.key, *ttl, version),
            Some(ActionWrite::Delete) => {
                overlay.delete(&action.key);
                false
            }
            None => false,
        };
        if written {
            versions.push((action.key.clone(), version));
        }
    }
    Ok(versions.into_iter().collect())
}

fn take<'a>(overlay: &mut Overlay<'a>, key: &'a str) -> Result<Bytes> {
    let live = overlay.live(key).and_then(|live| live.value.clone());
    let value = live.ok_or(Error::NotFound)?;
    overlay.delete(key);
    Ok(value)
}

fn touch<'a>(core: &Core, overlay: &mut Overlay<'a>, key: &'a str, ttl: Ttl) -> Result<Version> {
    let version = core.versions.next();
    if overlay.touch(key, ttl, version) {
        Ok(version)
    } else {
        Err(Error::NotFound)
    }
}

fn increment<'a>(core: &Core, overlay: &mut Overlay<'a>, key: &'a str, delta: i64) -> Result<i64> {
    let live = overlay.live(key).and_then(|live| live.value.as_ref());
    let sum = counter_sum(live, delta)?;
    // An absent key has no expiry to keep, so it gets none.
    overlay.set(key, Bytes::from(sum.to_string()), Ttl::Keep, core.versions.next());
    Ok(sum)
}

fn swap_value<'a>(core: &Core, overlay: &mut Overlay<'a>, swap: &'a Swap) -> Done {
    let live = overlay.live(&swap.key);
    let (check, ttl) = match swap.expected {
        Some(version) => (Precondition::Version(version), Ttl::Keep),
        None => (Precondition::Absent, Ttl::Never),
    };
    if check.holds(live.map(|live| live.version)) {
        let version = core.versions.next();
        overlay.set(&swap.key, swap.value.clone(), ttl, version);
        return Done::Version(version);
    }
    let current = live.and_then(|live| {
        Some(Versioned {
            value: live.value.clone()?,
            version: live.version,
            expires_at: live.expires_at,
        })
    });
    Done::Current(current)
}

/// Writes what changed, in as few statements as possible.
async fn flush(core: &Core, connection: &mut SqliteConnection, overlay: Overlay<'_>) -> Result<()> {
    let (mut puts, mut touches, mut deletes) = (Vec::new(), Vec::new(), Vec::new());
    for (key, Slot { entry, change }) in overlay.into_slots() {
        match (change, entry) {
            (
                Change::Put,
                Some(Entry {
                    version,
                    expires_at,
                    value: Some(value),
                }),
            ) => {
                puts.push(EntryRow {
                    key,
                    expires_at,
                    version,
                    value,
                });
            }
            (Change::Touch, Some(entry)) => touches.push((key, entry)),
            (Change::Delete, _) => deletes.push(key),
            _ => {}
        }
    }
    for keys in deletes.chunks(sql::MOST_KEYS) {
        let (statement, room) = core.sql.delete(keys.len());
        execute(connection, statement, row::keys(keys.iter().copied(), room)).await?;
    }
    for (key, entry) in touches {
        let arguments = row::touch(key, entry.expires_at, entry.version);
        execute(connection, core.sql.touch.clone(), arguments).await?;
    }
    let mut puts = puts.into_iter();
    while puts.len() > 0 {
        let (statement, rows) = core.sql.upsert(puts.len());
        execute(connection, statement, row::entries(puts.by_ref().take(rows))).await?;
    }
    Ok(())
}

async fn put_document(
    core: &Core,
    connection: &mut SqliteConnection,
    put: &Put,
    now: Timestamp,
) -> Result<Result<Done>> {
    let Put {
        collection,
        document: checked,
        options,
    } = put;
    let id = checked.document.id.as_str();
    let query = sqlx::query_with(core.sql.peek_document.clone(), row::place(collection, id));
    let row = query
        .fetch_optional(&mut *connection)
        .await
        .map_err(Failure::of_driver)?;
    let stored = row
        .map(|row| Ok::<_, Error>((row::instant(&row, 0)?, row::version(&row, 1)?)))
        .transpose()?;
    if !options.expect.holds(stored.map(|(_, version)| version)) {
        return Ok(Err(Error::conflict([id])));
    }
    let created = stored.map(|(created, _)| created);
    let stamps = options.stamps.resolve(&checked.document, created, now);
    let version = core.versions.next();
    let arguments = row::put(collection, checked, stamps, version);
    execute(connection, core.sql.put_document.clone(), arguments).await?;
    Ok(Ok(Done::Version(version)))
}

async fn delete_document(core: &Core, connection: &mut SqliteConnection, place: &Place) -> Result<Result<Done>> {
    let arguments = row::place(&place.collection, &place.id);
    execute(connection, core.sql.delete_document.clone(), arguments).await?;
    Ok(Ok(Done::Nothing))
}

async fn delete_range(core: &Core, connection: &mut SqliteConnection, range: &KeyRange) -> Result<Result<Done>> {
    let arguments = row::range(range, sql::REMOVED_ROWS);
    remove(connection, core.sql.delete_range.clone(), arguments).await
}

async fn delete_documents(core: &Core, connection: &mut SqliteConnection, from: &Place) -> Result<Result<Done>> {
    let arguments = row::documents_from(&from.collection, &from.id, sql::REMOVED_ROWS);
    remove(connection, core.sql.delete_documents.clone(), arguments).await
}

async fn remove(
    connection: &mut SqliteConnection,
    statement: sqlx::SqlStr,
    arguments: row::Arguments,
) -> Result<Result<Done>> {
    let rows = sqlx::query_with(statement, arguments)
        .fetch_all(connection)
        .await
        .map_err(Failure::of_driver)?;
    // In the order in which the rows happened to go.
    let mut last = None;
    for row in &rows {
        last = last.max(Some(row::key(row)?));
    }
    Ok(Ok(Done::Removed(rows.len() as u64, last)))
}

/// Removes only what is expired now, inside the transaction: never what was written meanwhile.
async fn sweep(core: &Core, connection: &mut SqliteConnection, now: Timestamp) -> Result<Result<Done>> {
    let arguments = row::expired(now, sql::REMOVED_ROWS);
    let count = execute(connection, core.sql.sweep.clone(), arguments).await?;
    Ok(Ok(Done::Removed(count, None)))
}

async fn execute(connection: &mut SqliteConnection, statement: sqlx::SqlStr, arguments: row::Arguments) -> Result<u64> {
    let done = sqlx::query_with(statement, arguments).execute(connection).await;
    Ok(done.map_err(Failure::of_driver)?.rows_affected())
}
