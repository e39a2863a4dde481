//! The namespaces of a run: each case has its own, which is written down before it is made, and forgotten once it is
//! removed. So whatever ends a run, another one finds what it has left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::Arc;

use kvs::{Config, Durability, Error, ErrorKind, FullStore, Namespace, Profile, StoreExt, Ttl};
use kvs_conformance::Site;
use tokio::sync::Mutex;

/// How many hexadecimal digits name a run.
const DIGITS: usize = 12;

/// The name of a run, which its namespaces share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunName(String);

/// The namespaces of a run in a store that keeps them.
#[derive(Debug)]
pub(super) struct Rooms {
    run: RunName,
    config: Config,
    /// A namespace of its own, with an entry for each of the others.
    ledger: Arc<dyn FullStore>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    rooms: BTreeMap<Place, Arc<Room>>,
    count: usize,
}

/// What a case knows a namespace by: the id of the site, and the namespace there.
type Place = (String, Option<Namespace>);

/// A namespace, and the collections in it, which not every store can find.
#[derive(Debug)]
pub(super) struct Room {
    config: Config,
    name: String,
    ledger: Arc<dyn FullStore>,
    collections: Mutex<BTreeSet<String>>,
}

impl Rooms {
    /// Makes the ledger of a new run; `None` with a store whose namespaces end with their handles.
    pub(super) async fn begin(config: Config) -> Result<(Profile, Option<Self>), Error> {
        let run = RunName::random();
        let ledger = kvs::open(of(&config, &run.ledger())?).await.map_err(for_writing)?;
        let profile = ledger.profile().clone();
        if profile.durability == Durability::None {
            ledger.close().await?;
            return Ok((profile, None));
        }
        let rooms = Self {
            run,
            config,
            ledger,
            open: Mutex::default(),
        };
        Ok((profile, Some(rooms)))
    }

    /// Opens the ledger of a run that is over, with all that it still tells of; `None` if there is none any more.
    pub(super) async fn of_run(config: Config, run: RunName) -> Result<Option<Self>, Error> {
        let place = of(&config, &run.ledger())?;
        let ledger = match kvs::open(place.clone().option("create", false)).await {
            Ok(ledger) => ledger,
            // What is not there can be made. An error of the configuration comes again.
            Err(error) if error.kind() == ErrorKind::Config => {
                kvs::open(place.clone()).await?.close().await?;
                kvs::remove_namespace(place, &[]).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut open = Open::default();
        for name in ledger.list("").await? {
            if !run.has_made(&name) {
                return Err(Error::config(format!(
                    "{} is no list of a run: it names a namespace that no run makes; nothing was removed",
                    run.ledger()
                )));
            }
            let collections = ledger.get_json(&name).await?;
            let place = (name.clone(), None);
            let room = Room::new(of(&config, &name)?, name, &ledger, collections);
            open.rooms.insert(place, Arc::new(room));
        }
        let open = Mutex::new(open);
        Ok(Some(Self {
            run,
            config,
            ledger,
            open,
        }))
    }

    pub(super) fn run(&self) -> &RunName {
        &self.run
    }

    /// The namespace for a site, made up when it is first asked for.
    pub(super) async fn room(&self, site: &Site) -> Result<Arc<Room>, Error> {
        let mut open = self.open.lock().await;
        let place = (site.id().to_owned(), site.namespace().cloned());
        if let Some(room) = open.rooms.get(&place) {
            return Ok(Arc::clone(room));
        }
        open.count += 1;
        let name = format!("{}-{}", self.run.ledger(), open.count);
        let room = Room::new(of(&self.config, &name)?, name, &self.ledger, BTreeSet::new());
        room.write_down(&BTreeSet::new()).await?;
        let room = Arc::new(room);
        open.rooms.insert(place, Arc::clone(&room));
        Ok(room)
    }

    /// Removes what was stored for the site. Where a write that was given up may land late it stays written down, and is
    /// removed once more in the end; so is what cannot be removed now.
    pub(super) async fn leave(&self, site: &Site) {
        let rooms = self.open.lock().await.rooms.clone();
        for (place, room) in rooms.iter().filter(|((id, _), _)| id == site.id()) {
            let removed = room.remove().await.is_ok();
            if removed && !self.ledger.profile().late_writes && room.forget().await.is_ok() {
                self.open.lock().await.rooms.remove(place);
            }
        }
    }

    /// Removes all that is left, and last the ledger, unless one of them fails. How many namespaces that were.
    pub(super) async fn end(&self) -> Result<usize, Error> {
        let rooms = std::mem::take(&mut self.open.lock().await.rooms);
        let mut failed = None;
        for room in rooms.values() {
            let removed = match room.remove().await {
                Ok(()) => room.forget().await,
                Err(error) => Err(error),
            };
            // One that stays keeps none of the others.
            failed = failed.or(removed.err());
        }
        self.ledger.close().await?;
        if let Some(error) = failed {
            return Err(error);
        }
        kvs::remove_namespace(of(&self.config, &self.run.ledger())?, &[]).await?;
        Ok(rooms.len())
    }
}

impl Room {
    fn new(config: Config, name: String, ledger: &Arc<dyn FullStore>, collections: BTreeSet<String>) -> Self {
        Self {
            config,
            name,
            ledger: Arc::clone(ledger),
            collections: Mutex::new(collections),
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// A document is about to go to the collection.
    pub(super) async fn note(&self, collection: &str) -> Result<(), Error> {
        let mut known = self.collections.lock().await;
        let possible = (1..=kvs::MAX_COLLECTION_BYTES).contains(&collection.len());
        if !possible || known.contains(collection) {
            return Ok(());
        }
        let mut more = known.clone();
        more.insert(collection.to_owned());
        self.write_down(&more).await?;
        *known = more;
        Ok(())
    }

    async fn write_down(&self, collections: &BTreeSet<String>) -> Result<(), Error> {
        self.ledger.set_json(&self.name, collections, Ttl::Never).await
    }

    async fn remove(&self) -> Result<(), Error> {
        let collections = self.collections.lock().await;
        let collections: Vec<&str> = collections.iter().map(String::as_str).collect();
        kvs::remove_namespace(&self.config, &collections).await
    }

    async fn forget(&self) -> Result<(), Error> {
        self.ledger.delete(&self.name).await
    }
}

impl RunName {
    fn random() -> Self {
        // Each `RandomState` of a process is another one, and the first is random.
        let number = RandomState::new().hash_one(std::process::id());
        Self(format!("{:012x}", number & 0xFFFF_FFFF_FFFF))
    }

    /// The namespace of the ledger, with which all others begin.
    pub(super) fn ledger(&self) -> String {
        format!("conformance-{self}")
    }

    /// Could the run have given a namespace that name?
    fn has_made(&self, name: &str) -> bool {
        let number = name
            .strip_prefix(&self.ledger())
            .and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl FromStr for RunName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let fits = name.len() == DIGITS && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let wrong = || Error::invalid_argument("a run is named by 12 of 0-9 a-f, as it told when it began");
        fits.then(|| Self(name.to_owned())).ok_or_else(wrong)
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same store in another namespace.
fn of(config: &Config, namespace: &str) -> Result<Config, Error> {
    Ok(config.clone().namespace(namespace.parse()?))
}

fn for_writing(error: Error) -> Error {
    match error.kind() {
        ErrorKind::ReadOnly => {
            Error::read_only("the suite writes, in namespaces of its own; open the store for writing")
                .with_source(error)
        }
        _ => error,
    }
}
