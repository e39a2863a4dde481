//! Stores that the facade opens, as subjects of the suite. Each test target that uses one compiles this file.

use std::sync::Arc;

use kvs::{Config, FullStore, Profile, Registry, Traits};
use kvs_conformance::{Site, Subject, async_trait};

/// One configuration.
pub(crate) struct Facade {
    pub(crate) name: &'static str,
    pub(crate) profile: Profile,
    pub(crate) reopens: bool,
    pub(crate) config: fn(&Site) -> Config,
}

impl Facade {
    /// With all traits, and what `Profile::new` says of the rest.
    pub(crate) fn new(name: &'static str, backend: &'static str, config: fn(&Site) -> Config) -> Self {
        let mut profile = Profile::new(backend);
        profile.traits = Traits::ALL;
        profile.format = (backend != "memory").then_some(1);
        Self {
            name,
            profile,
            reopens: false,
            config,
        }
    }
}

#[async_trait]
impl Subject for Facade {
    fn name(&self) -> &str {
        self.name
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    fn reopens(&self) -> bool {
        self.reopens
    }

    async fn open(&self, site: &Site) -> kvs::Result<Arc<dyn FullStore>> {
        let mut config = (self.config)(site);
        if let Some(namespace) = site.namespace() {
            config.namespace = Some(namespace.clone());
        }
        let registry = Registry::default().clock(site.clock().clone());
        registry.open(config).await
    }
}
