//! A backend of one's own, opened by name: five methods, `Partial` for the traits that it lacks, and a `Registry`.
//!
//! `cargo run --example third_party`

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kvs::{
    Bytes, Clock, Error, FullStore, ListableStore, Partial, Profile, Registry, Result, Settings, Store, StoreExt,
    SystemClock, Timestamp, Ttl, async_trait, is_live,
};

/// Keeps at most so many entries: the option `most` of its configuration.
#[derive(Debug)]
struct Tiny {
    entries: Mutex<BTreeMap<String, (Bytes, Option<Timestamp>)>>,
    most: u64,
    closed: AtomicBool,
    clock: Arc<dyn Clock>,
    profile: Profile,
}

/// What the registry calls for `tiny:?most=2`.
async fn open_tiny(mut settings: Settings) -> Result<Arc<dyn FullStore>> {
    let most = settings.take_u64("most")?.unwrap_or(1_000);
    let clock = settings.clock().unwrap_or_else(|| Arc::new(SystemClock));
    // Whatever is left in the settings is refused by name.
    settings.finish()?;
    let tiny = Tiny {
        entries: Mutex::default(),
        most,
        closed: AtomicBool::new(false),
        clock,
        profile: Profile::new("tiny"),
    };
    // A `FullStore` that answers `Unsupported` for listings, documents and transactions.
    Ok(Arc::new(Partial::new(tiny).build()))
}

#[async_trait]
impl Store for Tiny {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.profile.check("get").key(key)?.open(&self.closed)?;
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(key) {
            Some((value, expires_at)) if is_live(*expires_at, self.clock.now()) => Ok(value.clone()),
            _ => Err(Error::NotFound),
        }
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.profile.check("set").key(key)?.value(&value)?.open(&self.closed)?;
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (_, expires_at)| is_live(*expires_at, now));
        if !entries.contains_key(key) && entries.len() as u64 >= self.most {
            return Err(Error::full("no room is left; raise the option `most`").during("tiny", "set"));
        }
        let current = entries.get(key).and_then(|(_, expires_at)| *expires_at);
        entries.insert(key.to_owned(), (value, ttl.expires_at(now, current)));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.profile.check("delete").key(key)?.open(&self.closed)?;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(key);
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        Ok(())
    }

    fn profile(&self) -> &Profile {
        &self.profile
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut registry = Registry::default();
    registry.register("tiny", open_tiny)?;

    let store = registry.open("tiny:?most=2").await?;
    store.set_text("a", "1", Ttl::Never).await?;
    store.set_text("b", "2", Ttl::Never).await?;
    for attempt in [
        store.set_text("c", "3", Ttl::Never).await.map(drop),
        store.list("").await.map(drop),
        registry.open("tiny:?mots=2").await.map(drop),
    ] {
        match attempt {
            Ok(()) => println!("done"),
            Err(error) => println!("{}: {error}", error.kind()),
        }
    }
    store.close().await
}
