//! The types of stores that can be opened by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use kvs_core::{Clock, Error, ErrorKind, Finding, FullStore, Result};

use crate::backends;
use crate::config::{DEFAULT_KIND, IntoConfig};
use crate::names::{quoted, suggestion};
use crate::settings::Settings;
use crate::url;

/// The types of stores that can be opened by name. The default one has the backends that are compiled in; it is what
/// [`open`](crate::open) uses.
///
/// Nothing registers itself: a registry holds what the program put there. Make one at the start and hand it on.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use kvs::{ManualClock, Partial, Registry, Settings, Store, StoreExt};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> kvs::Result<()> {
/// let clock = ManualClock::default();
/// let mut registry = Registry::default().clock(clock.clone());
/// registry.register("plain", |settings: Settings| async move {
///     settings.finish()?; // no options
///     // A stranger's store that implements `Store` alone.
///     let store = kvs::memory::MemoryStore::new();
///     Ok(Arc::new(Partial::new(store).build()) as _)
/// })?;
/// assert!(registry.open("plain:").await?.list("").await.is_err());
///
/// let store = registry.open("memory:").await?;
/// store.set_text("session", "ada", Duration::from_secs(60)).await?;
/// clock.advance(Duration::from_secs(60));
/// assert!(!store.contains("session").await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Registry {
    openers: BTreeMap<String, Arc<dyn Opener>>,
    clock: Option<Arc<dyn Clock>>,
}

/// Opens the stores of one type. Every `async fn(Settings) -> Result<Arc<dyn FullStore>>` is one.
///
/// It takes out of the [`Settings`] what the type uses, and calls [`Settings::finish`] before it opens anything.
#[async_trait]
pub trait Opener: Send + Sync + 'static {
    /// Opens a store.
    ///
    /// # Errors
    ///
    /// `Config` for a setting that is missing, wrong or not of this type; what the storage fails with.
    async fn open(&self, settings: Settings) -> Result<Arc<dyn FullStore>>;

    /// Looks at what [`open`](Self::open) would open, and says what is wrong and how to mend it, without creating or
    /// changing anything.
    ///
    /// Unless a type knows better it is opened and closed, which for some types creates what is not there.
    ///
    /// # Errors
    ///
    /// `Config`, as by `open`. What else prevents a look, [`Registry::check`] tells as a finding.
    async fn check(&self, settings: Settings) -> Result<Vec<Finding>> {
        self.open(settings).await?.close().await?;
        Ok(vec![Finding::good("open", "the store can be opened and closed")])
    }

    /// Removes the namespace of the settings with all that it holds, and nothing else. [`Registry::remove_namespace`] has
    /// seen to it that there is one.
    ///
    /// The collections are those of whose documents a type has to be told, because it cannot find them. A namespace that
    /// does not exist is fine.
    ///
    /// # Errors
    ///
    /// `Unsupported` unless a type can do it; `Config`, as by `open`; what the storage fails with.
    async fn remove_namespace(&self, settings: Settings, collections: &[&str]) -> Result<()> {
        let _ = collections;
        let kind = quoted(settings.kind());
        let message = format!("the type {kind} cannot remove a namespace; delete its keys and collections");
        Err(Error::unsupported(message))
    }
}

#[async_trait]
impl<F, O> Opener for F
where
    F: Fn(Settings) -> O + Send + Sync + 'static,
    O: Future<Output = Result<Arc<dyn FullStore>>> + Send,
{
    async fn open(&self, settings: Settings) -> Result<Arc<dyn FullStore>> {
        self(settings).await
    }
}

impl Registry {
    /// No types at all. [`Registry::default`] has those that are compiled in.
    pub fn new() -> Self {
        Self {
            openers: BTreeMap::new(),
            clock: None,
        }
    }

    /// Gives the stores that are opened from now on this clock in the place of the system's. For tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Adds a type.
    ///
    /// # Errors
    ///
    /// `Config` if the registry has that type already, so that two libraries cannot replace each other's unnoticed
    /// (begin with [`Registry::new`] to leave out one of ours), and if the name is not a letter followed by letters, digits and
    /// `+ - . _`, 64 at most: the begin of a URL.
    pub fn register(&mut self, kind: impl Into<String>, opener: impl Opener) -> Result<()> {
        let kind = kind.into();
        if !url::is_kind(&kind) {
            return Err(Error::config(format!(
                "a type cannot be named {}; take 1 to 64 letters, digits and + - . _, a letter first",
                quoted(&kind)
            )));
        }
        if self.openers.contains_key(&kind) {
            return Err(Error::config(format!(
                "the type {} is registered already; choose another name",
                quoted(&kind)
            )));
        }
        self.openers.insert(kind, Arc::new(opener));
        Ok(())
    }

    /// The types, ascending.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.openers.keys().map(String::as_str)
    }

    /// Opens a store: a [`Config`](crate::Config), or the URL form of one.
    ///
    /// # Errors
    ///
    /// `Config` for a URL that cannot be read, a type that the registry does not have, and what the type's opener
    /// refuses; what the storage fails with.
    pub async fn open(&self, config: impl IntoConfig) -> Result<Arc<dyn FullStore>> {
        let (opener, settings) = self.find(config)?;
        opener.open(settings).await
    }

    /// Looks at what [`open`](Self::open) would open, and says what is wrong and how to mend it. The types of this crate
    /// create and change nothing by it.
    ///
    /// # Errors
    ///
    /// `Config` for a URL that cannot be read, a type that the registry does not have, and what the type's opener
    /// refuses. Whatever else is wrong is a finding.
    pub async fn check(&self, config: impl IntoConfig) -> Result<Vec<Finding>> {
        let (opener, settings) = self.find(config)?;
        match opener.check(settings).await {
            Err(error) if error.kind() != ErrorKind::Config => Ok(vec![Finding::failed("open", &error)]),
            checked => checked,
        }
    }

    /// Removes the namespace of the configuration with all that it holds, and nothing else: see
    /// [`remove_namespace`](crate::remove_namespace).
    ///
    /// # Errors
    ///
    /// Those of [`remove_namespace`](crate::remove_namespace); `Unsupported` for a type that cannot do it.
    pub async fn remove_namespace(&self, config: impl IntoConfig, collections: &[&str]) -> Result<()> {
        let config = config.into_config()?;
        if config.namespace.is_none() {
            return Err(Error::config(
                "no namespace is named, and a store without one is never removed; name the namespace",
            ));
        }
        let (opener, settings) = self.find(config)?;
        opener.remove_namespace(settings, collections).await
    }

    fn find(&self, config: impl IntoConfig) -> Result<(&dyn Opener, Settings)> {
        let mut config = config.into_config()?;
        if config.kind.is_empty() {
            DEFAULT_KIND.clone_into(&mut config.kind);
        }
        let opener = self.openers.get(&config.kind);
        let opener = opener.ok_or_else(|| self.unknown(&config.kind))?;
        Ok((&**opener, Settings::new(config, self.clock.clone())))
    }

    fn unknown(&self, kind: &str) -> Error {
        let known = match self.kinds().collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "none are registered".to_owned(),
            known => format!("known are {known}"),
        };
        let name = quoted(kind);
        Error::config(match backends::missing_feature(kind) {
            Some(feature) => {
                format!("the type {name} is not compiled in; add the feature `{feature}` of the crate `kvs` ({known})")
            }
            None => format!("there is no type {name}; {}{known}", suggestion(kind, self.kinds())),
        })
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            openers: backends::compiled_in(),
            clock: None,
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.openers.keys())
            .field("clock", &self.clock)
            .finish()
    }
}
