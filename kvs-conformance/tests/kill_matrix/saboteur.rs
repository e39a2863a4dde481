//! The wrapper in which all mutations live: a sound store whose calls and answers one mutation changes.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use kvs_conformance::{Site, Subject, Time, async_trait};
use kvs_core::{
    Bytes, Clock, FullStore, ManualClock, Profile, Result, Store, SystemClock, Timestamp, Traits, Version, Versioned,
    is_live,
};
use kvs_memory::{MemoryConfig, MemoryStore};

use crate::call::{Answer, Call, map_actions, perform};
use crate::mutation::{Clockwork, Fault, Mutation};

/// A case that takes longer on memory hangs.
const PATIENCE: Duration = Duration::from_secs(4);

/// A subject with one mutation, or with none: the control. Opening a site again gives the same storage.
pub(crate) struct Broken {
    mutation: Option<Arc<Mutation>>,
    stores: Mutex<HashMap<String, MemoryStore>>,
    notes: Mutex<HashMap<String, Arc<Notes>>>,
}

impl Broken {
    pub(crate) fn subject(mutation: Option<Arc<Mutation>>) -> Arc<dyn Subject> {
        Arc::new(Self {
            mutation,
            stores: Mutex::default(),
            notes: Mutex::default(),
        })
    }

    fn clockwork(&self) -> Clockwork {
        self.mutation
            .as_ref()
            .map_or(Clockwork::Manual, |mutation| mutation.clock)
    }

    /// The storage that all handles at this place share.
    fn storage(&self, site: &Site) -> Result<MemoryStore> {
        let place = match &self.mutation {
            Some(mutation) => (mutation.place)(site),
            None => place(site),
        };
        let mut stores = locked(&self.stores);
        if let Some(store) = stores.get(&place) {
            return Ok(store.clone());
        }
        let config = MemoryConfig::new();
        let config = match self.clockwork() {
            Clockwork::Manual => config.clock(site.clock().clone()),
            Clockwork::Wall => config.clock(SystemClock),
        };
        let store = MemoryStore::open(config)?;
        stores.insert(place, store.clone());
        Ok(store)
    }
}

/// One storage for each site and namespace.
pub(crate) fn place(site: &Site) -> String {
    format!(
        "{}/{}",
        site.id(),
        site.namespace().map_or("", |namespace| namespace.as_str())
    )
}

#[async_trait]
impl Subject for Broken {
    fn name(&self) -> &str {
        self.mutation.as_ref().map_or("sound", |mutation| mutation.name)
    }

    fn profile(&self) -> Profile {
        let mut profile = Profile::new("memory");
        profile.traits = Traits::ALL;
        if let Some(mutation) = &self.mutation {
            (mutation.declares)(&mut profile);
        }
        profile
    }

    fn time(&self) -> Time {
        match self.clockwork() {
            Clockwork::Manual => Time::Manual,
            Clockwork::Wall => Time::Wall {
                granularity: Duration::from_millis(1),
            },
        }
    }

    fn reopens(&self) -> bool {
        true
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    async fn open(&self, site: &Site) -> Result<Arc<dyn FullStore>> {
        let live = self.storage(site)?;
        let notes = Arc::clone(locked(&self.notes).entry(site.id().to_owned()).or_default());
        let saboteur = Saboteur {
            profile: live.profile().clone(),
            live,
            ended: MemoryStore::new(),
            closed: AtomicBool::new(false),
            clock: site.clock().clone(),
            mutation: self.mutation.clone(),
            namespace: site.namespace().map(ToString::to_string).unwrap_or_default(),
            notes,
            handle: serial(),
            kept: OnceLock::new(),
        };
        let saboteur = saboteur.announced();
        if let Some(mutation) = &saboteur.mutation {
            (mutation.opened)(&saboteur);
        }
        Ok(Arc::new(saboteur))
    }
}

/// What the handles of one site share, for mutations that remember.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    values: Mutex<BTreeMap<String, Bytes>>,
    versions: Mutex<BTreeMap<String, Version>>,
    counts: Mutex<BTreeMap<String, u64>>,
    instants: Mutex<BTreeMap<String, Timestamp>>,
    /// What was last written, by namespace and key.
    written: Mutex<BTreeMap<(String, String), Versioned>>,
}

impl Notes {
    /// Values by a name that the mutation chooses.
    pub(crate) fn values(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        locked(&self.values)
    }

    /// Versions by a name that the mutation chooses.
    pub(crate) fn versions(&self) -> MutexGuard<'_, BTreeMap<String, Version>> {
        locked(&self.versions)
    }

    /// Instants by a name that the mutation chooses.
    pub(crate) fn instants(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        locked(&self.instants)
    }

    /// How often was counted under that name?
    pub(crate) fn counted(&self, name: &str) -> u64 {
        locked(&self.counts).get(name).copied().unwrap_or_default()
    }

    /// Counts once more under that name; how often before.
    pub(crate) fn count(&self, name: &str) -> u64 {
        let mut counts = locked(&self.counts);
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

/// One handle of the store.
pub(crate) struct Saboteur {
    /// The sound storage, which other handles share.
    live: MemoryStore,
    /// Answers in the place of `live` once the handle is closed: arguments are still checked first.
    ended: MemoryStore,
    closed: AtomicBool,
    profile: Profile,
    /// The clock that the store reads, unless it reads that of the wall.
    pub(crate) clock: ManualClock,
    pub(crate) namespace: String,
    pub(crate) notes: Arc<Notes>,
    /// Greater than that of every handle that was opened before.
    pub(crate) handle: u64,
    mutation: Option<Arc<Mutation>>,
    /// What the mutation made when the handle was opened. It goes with the handle.
    kept: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Saboteur {
    fn announced(mut self) -> Self {
        if let Some(mutation) = &self.mutation {
            (mutation.announces)(&mut self.profile);
        }
        self
    }

    /// The sound store below, for what a mutation does beside the call.
    pub(crate) fn sound(&self) -> &dyn FullStore {
        if self.is_closed() { &self.ended } else { &self.live }
    }

    /// The storage itself, which stays open when the handle is closed.
    pub(crate) fn storage(&self) -> &MemoryStore {
        &self.live
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Does what a sound store would.
    pub(crate) async fn soundly(&self, call: &mut Call<'_>) -> Result<Answer> {
        if matches!(call, Call::Close) {
            self.closed.store(true, Ordering::SeqCst);
            self.ended.close().await?;
            return Ok(Answer::Done);
        }
        let answer = perform(self.sound(), call).await;
        if answer.is_ok() && self.mutation.as_ref().is_some_and(|mutation| mutation.remembers) {
            self.remember(call).await;
        }
        answer
    }

    /// The entry that was last written under the key, live or not. For mutations that are `remembering`.
    pub(crate) fn written(&self, key: &str) -> Option<Versioned> {
        let place = (self.namespace.clone(), key.to_owned());
        locked(&self.notes.written).get(&place).cloned()
    }

    /// The entry that was last written under the key, if it has expired since.
    pub(crate) fn ghost(&self, key: &str) -> Option<Versioned> {
        let written = self.written(key);
        written.filter(|entry| !is_live(entry.expires_at, self.clock.now()))
    }

    /// All entries that have expired, and their keys, in order.
    pub(crate) fn ghosts(&self) -> Vec<(String, Versioned)> {
        let (written, now) = (locked(&self.notes.written), self.clock.now());
        let here = written
            .iter()
            .filter(|((namespace, _), _)| *namespace == self.namespace);
        let expired = here.filter(|(_, entry)| !is_live(entry.expires_at, now));
        expired.map(|((_, key), entry)| (key.clone(), entry.clone())).collect()
    }

    /// Notes what the call has written.
    async fn remember(&self, call: &mut Call<'_>) {
        if let Call::DeletePrefix { prefix } = call {
            locked(&self.notes.written).retain(|(_, key), _| !key.starts_with(prefix.as_str()));
        }
        let mut keys = Vec::new();
        match call {
            Call::Commit { transaction } => map_actions(transaction, |action| {
                keys.extend(action.write.is_some().then(|| action.key.clone()));
            }),
            call if call.writes() => call.each_key(|key| keys.push(key.clone())),
            _ => {}
        }
        for key in keys {
            let entry = self.sound().get_versioned(&key).await;
            let (place, mut written) = ((self.namespace.clone(), key), locked(&self.notes.written));
            match entry {
                Ok(entry) => written.insert(place, entry),
                Err(_) => written.remove(&place),
            };
        }
    }

    /// Does what the mutation makes of the call.
    pub(crate) async fn call<'a>(&'a self, mut call: Call<'a>) -> Result<Answer> {
        match self.mutation.as_ref().map(|mutation| mutation.fault) {
            None | Some(Fault::None) => self.soundly(&mut call).await,
            Some(Fault::Before(change)) => {
                change(self, &mut call);
                self.soundly(&mut call).await
            }
            Some(Fault::After(change)) => {
                let mut answer = self.soundly(&mut call).await;
                change(self, &call, &mut answer);
                answer
            }
            Some(Fault::Around(act)) => act(self, call).await,
        }
    }

    pub(crate) fn declared(&self) -> &Profile {
        &self.profile
    }

    /// Keeps something for as long as the handle lives. Only the first time counts.
    pub(crate) fn keep(&self, thing: impl Any + Send + Sync) {
        self.kept.get_or_init(|| Box::new(thing));
    }

    /// What was kept, if it is of that type.
    pub(crate) fn kept<T: Any>(&self) -> Option<&T> {
        self.kept.get()?.downcast_ref()
    }
}

impl Drop for Saboteur {
    fn drop(&mut self) {
        // A panic amid another one would end the process.
        if let Some(mutation) = self.mutation.clone().filter(|_| !thread::panicking()) {
            (mutation.dropped)(self);
        }
    }
}

impl fmt::Debug for Saboteur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutation.as_ref().and_then(|mutation| mutation.debug) {
            Some(debug) => f.write_str(&debug(self)),
            None => f.debug_struct("Saboteur").finish_non_exhaustive(),
        }
    }
}

/// A number that no other call got.
pub(crate) fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
