//! Values: read, written, removed, counted, looked at.

use std::io::{self, BufRead, IsTerminal, Write};

use kvs::{Clock, Error, FullStore, ListOptions, SystemClock, Timestamp, Transaction, Ttl, Version};
use serde_json::{Value, json};

use crate::args::{DeleteArgs, SetArgs};
use crate::failure::Failure;
use crate::input::argument_or_stdin;
use crate::run::{Missing, Run};
use crate::text;

pub(crate) async fn get(run: &mut Run, key: &str) -> Result<(), Failure> {
    run.rules.check("get").key(key)?;
    let store = run.open(Missing::Refuse).await?;
    let value = store.get(key).await?;
    run.out.value(key, &value)
}

pub(crate) async fn set(run: &mut Run, args: SetArgs) -> Result<(), Failure> {
    run.rules.check("set").key(&args.key)?;
    let expected = args.if_version.as_deref().map(str::parse::<Version>).transpose()?;
    let store = run.open(Missing::Create).await?;
    let profile = store.profile();
    let value = argument_or_stdin(args.value, "value", profile.limits.value_bytes)
        .await
        .map_err(|error| error.during(profile.name, "set"))?;
    if expected.is_none() && !args.if_absent && !run.out.json {
        return Ok(store.set(&args.key, value, args.ttl).await?);
    }
    let mut transaction = Transaction::new();
    if args.if_absent {
        transaction = transaction.check_absent(&args.key);
    }
    if let Some(expected) = expected {
        transaction = transaction.check_version(&args.key, expected);
    }
    let committed = store.commit(transaction.set(&args.key, value, args.ttl)).await?;
    let version = committed.version(&args.key).map(|version| version.to_string());
    run.out.done(&json!({ "version": version }))
}

pub(crate) async fn delete(run: &mut Run, args: DeleteArgs) -> Result<(), Failure> {
    if let Some(prefix) = args.prefix {
        return delete_prefix(run, &prefix, args.yes).await;
    }
    let keys: Vec<&str> = args.keys.iter().map(String::as_str).collect();
    run.rules.check("delete").keys(&keys)?;
    let store = run.open(Missing::Refuse).await?;
    match keys.as_slice() {
        [key] => store.delete(key).await?,
        keys => store.delete_many(keys).await?,
    }
    run.out.done(&json!({ "done": true }))
}

async fn delete_prefix(run: &mut Run, prefix: &str, yes: bool) -> Result<(), Failure> {
    let store = run.open(Missing::Refuse).await?;
    let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if terminal && !yes && !confirmed(prefix).await? {
        return Err(Error::backend("nothing was deleted; --yes deletes without asking").into());
    }
    let deleted = delete_all(&*store, prefix).await?;
    run.out.done(&json!({ "done": true, "keys": deleted }))
}

pub(crate) async fn take(run: &mut Run, key: &str) -> Result<(), Failure> {
    run.rules.check("take").key(key)?;
    let store = run.open(Missing::Refuse).await?;
    let value = store.take(key).await?;
    run.out.value(key, &value)
}

pub(crate) async fn increment(run: &mut Run, key: &str, by: i64) -> Result<(), Failure> {
    run.rules.check("incr").key(key)?;
    let store = run.open(Missing::Create).await?;
    let value = store.increment(key, by).await?;
    if run.out.json {
        run.out.json(&json!({ "key": key, "value": value }))
    } else {
        run.out.line(&value.to_string())
    }
}

pub(crate) async fn stat(run: &mut Run, key: &str) -> Result<(), Failure> {
    run.rules.check("stat").key(key)?;
    let store = run.open(Missing::Refuse).await?;
    let live = store.get_versioned(key).await?;
    let (length, version) = (json!(live.value.len()), json!(live.version.to_string()));
    if run.out.json {
        let expires_at = live.expires_at.map(Timestamp::as_millis);
        return run
            .out
            .json(&json!({ "key": key, "length": length, "version": version, "expires_at": expires_at }));
    }
    run.out.fields(&[
        ("length", length),
        ("version", version),
        ("expires", expiry(live.expires_at)),
    ])
}

pub(crate) async fn touch(run: &mut Run, key: &str, ttl: Ttl) -> Result<(), Failure> {
    run.rules.check("touch").key(key)?;
    let store = run.open(Missing::Refuse).await?;
    let version = store.touch(key, ttl).await?;
    run.out.fields(&[("version", json!(version.to_string()))])
}

/// When, and how long until then.
fn expiry(expires_at: Option<Timestamp>) -> Value {
    let date = text::expiry(expires_at);
    let left = expires_at.map(|at| humantime::format_duration(at.saturating_since(SystemClock.now())));
    left.map_or_else(|| json!(date), |left| json!(format!("{date}, in {left}")))
}

/// Removes all keys with that prefix, and counts them.
async fn delete_all(store: &dyn FullStore, prefix: &str) -> Result<u64, Error> {
    let mut deleted = 0;
    let mut options = ListOptions::new(prefix);
    loop {
        let page = store.list_page(&options).await?;
        let keys: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
        store.delete_many(&keys).await?;
        deleted += u64::try_from(keys.len()).unwrap_or(u64::MAX);
        match page.next {
            Some(next) => options.after = Some(next),
            None => return Ok(deleted),
        }
    }
}

/// Asks at the terminal.
async fn confirmed(prefix: &str) -> Result<bool, Error> {
    let question = match prefix {
        "" => "delete all keys? [y/N] ".to_owned(),
        prefix => format!("delete all keys that start with {}? [y/N] ", text::key(prefix)),
    };
    let ask = move || {
        let mut answer = String::new();
        io::stderr().write_all(question.as_bytes())?;
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    };
    let failed = |error: io::Error| Error::backend("the terminal cannot be asked; use --yes").with_source(error);
    tokio::task::spawn_blocking(ask)
        .await
        .map_err(io::Error::other)
        .and_then(|answer| answer)
        .map_err(failed)
}
