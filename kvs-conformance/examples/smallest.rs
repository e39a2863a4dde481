//! The smallest backend, its subject and its suite: `cargo run --example smallest`.
use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering};
use std::{collections::BTreeMap, fmt, process::ExitCode};

use kvs_conformance::{Site, Subject, async_trait};
use kvs_core::{Bytes, Clock, Error, FullStore, ManualClock, Partial, Profile, Result, Store, Timestamp, Ttl, is_live};

type Data = BTreeMap<String, (Bytes, Option<Timestamp>)>;
struct Map(tokio::sync::Mutex<Data>, ManualClock, AtomicBool, Profile); // Data, time, closed?, promises.
impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map")
    }
}
#[async_trait]
impl Store for Map {
    async fn get(&self, key: &str) -> Result<Bytes> {
        self.3.check("get").key(key)?.open(&self.2)?;
        let (entries, now) = (self.0.lock().await, self.1.now());
        let live = entries.get(key).filter(|(_, at)| is_live(*at, now));
        live.map(|(value, _)| value.clone()).ok_or(Error::NotFound)
    }
    async fn set(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        self.3.check("set").key(key)?.value(&value)?.open(&self.2)?;
        let (mut entries, now) = (self.0.lock().await, self.1.now());
        let live = entries.get(key).and_then(|(_, at)| at.filter(|at| now < *at));
        entries.insert(key.to_owned(), (value, ttl.expires_at(now, live)));
        Ok(())
    }
    async fn delete(&self, key: &str) -> Result<()> {
        self.3.check("delete").key(key)?.open(&self.2)?;
        self.0.lock().await.remove(key);
        Ok(())
    }
    async fn close(&self) -> Result<()> {
        self.2.store(true, Ordering::Release);
        Ok(())
    }
    fn profile(&self) -> &Profile {
        &self.3
    }
}
struct Smallest;
#[async_trait]
impl Subject for Smallest {
    fn name(&self) -> &'static str {
        "a map"
    }
    fn profile(&self) -> Profile {
        Profile::new("map")
    }
    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let store = Map(Data::new().into(), site.clock().clone(), false.into(), self.profile());
        Ok(Arc::new(Partial::new(store).build()))
    }
}
/// The whole test target.
pub fn main() -> ExitCode {
    kvs_conformance::main(Smallest)
}
