//! The live store as a subject of the suite.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvs::{Config, Error, FullStore, Profile, async_trait};
use kvs_conformance::{Site, Subject, Time};

use super::noted::Noted;
use super::rooms::Rooms;

pub(super) struct Live {
    name: String,
    profile: Profile,
    config: Config,
    /// `None` if every opened store is a storage of its own.
    rooms: Option<Rooms>,
    stopped: AtomicBool,
}

impl Live {
    /// Looks at the store, in a namespace that the run keeps for itself.
    pub(super) async fn begin(config: Config) -> Result<Self, Error> {
        let (profile, rooms) = Rooms::begin(config.clone()).await?;
        Ok(Self {
            name: format!("{}, a live store", profile.name),
            profile,
            config,
            rooms,
            stopped: AtomicBool::new(false),
        })
    }

    pub(super) fn rooms(&self) -> Option<&Rooms> {
        self.rooms.as_ref()
    }

    /// Lets no other case begin.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Removes all that the run has made.
    pub(super) async fn end(&self) -> Result<(), Error> {
        match &self.rooms {
            Some(rooms) => rooms.end().await.map(drop),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Subject for Live {
    fn name(&self) -> &str {
        &self.name
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    fn time(&self) -> Time {
        Time::Wall {
            granularity: Duration::from_millis(1),
        }
    }

    fn reopens(&self) -> bool {
        self.rooms.is_some()
    }

    fn patience(&self) -> Duration {
        // A write that may land late is one that a network lies before.
        Duration::from_mins(if self.profile.late_writes { 5 } else { 1 })
    }

    async fn open(&self, site: &Site) -> kvs::Result<Arc<dyn FullStore>> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::unavailable("the run was interrupted"));
        }
        let Some(rooms) = &self.rooms else {
            return kvs::open(&self.config).await;
        };
        let room = rooms.room(site).await?;
        let store = kvs::open(room.config()).await?;
        Ok(Arc::new(Noted::new(store, room)))
    }

    async fn release(&self, site: &Site) {
        if let Some(rooms) = &self.rooms {
            rooms.leave(site).await;
        }
    }
}
