//! What a case works with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kvs_core::{FullStore, Limits, ManualClock, Namespace, Profile};

use crate::failed::Failed;
use crate::site::Site;
use crate::subject::{Subject, Time};

/// The subject under test and a fresh site for it. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    subject: Arc<dyn Subject>,
    profile: Profile,
    site: Site,
    /// One for each storage that was opened, whatever the namespace.
    opened: Mutex<Vec<Site>>,
}

impl Context {
    pub(crate) fn new(subject: Arc<dyn Subject>) -> Self {
        let profile = subject.profile();
        let site = Site::new();
        Self(Arc::new(Inner {
            subject,
            profile,
            site,
            opened: Mutex::default(),
        }))
    }

    /// The store under test.
    pub(crate) fn subject(&self) -> &Arc<dyn Subject> {
        &self.0.subject
    }

    /// What the subject declares.
    pub(crate) fn profile(&self) -> &Profile {
        &self.0.profile
    }

    /// The declared limits.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.profile.limits
    }

    /// The clock of the default site.
    pub(crate) fn clock(&self) -> ManualClock {
        self.0.site.clock().clone()
    }

    /// How late entries may expire: a millisecond at least, for the rounding.
    pub(crate) fn granularity(&self) -> Duration {
        let least = Duration::from_millis(1);
        match self.0.subject.time() {
            Time::Manual => least,
            Time::Wall { granularity } => granularity.max(least),
        }
    }

    /// The default site.
    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    /// Another isolated storage, with a clock of its own.
    #[expect(clippy::unused_self, reason = "a case reaches everything through its context")]
    pub(crate) fn new_site(&self) -> Site {
        Site::new()
    }

    /// The storage and the clock of the default site, in that namespace.
    pub(crate) fn site_with_namespace(&self, namespace: &str) -> Site {
        #[expect(clippy::expect_used, reason = "cases pass literals")]
        let namespace: Namespace = namespace.parse().expect("the case names a valid namespace");
        self.0.site.with_namespace(namespace)
    }

    /// Opens the default site: a fresh store at first; afterwards another one, or the same storage if the subject reopens.
    pub(crate) async fn open(&self) -> Result<Arc<dyn FullStore>, Failed> {
        self.open_at(&self.0.site).await
    }

    /// Opens a site.
    pub(crate) async fn open_at(&self, site: &Site) -> Result<Arc<dyn FullStore>, Failed> {
        self.keep(site);
        let store = self.0.subject.open(site).await;
        store.map_err(|error| Failed::from(error).while_at(format_args!("opening {}", self.0.subject.name())))
    }

    /// Lets the subject clean up, once nothing of the case is running any more.
    pub(crate) async fn release(&self) {
        let opened = std::mem::take(&mut *self.opened());
        for site in &opened {
            self.0.subject.release(site).await;
        }
    }

    fn keep(&self, site: &Site) {
        let mut opened = self.opened();
        if !opened.iter().any(|other| other.id() == site.id()) {
            opened.push(site.clone());
        }
    }

    fn opened(&self) -> MutexGuard<'_, Vec<Site>> {
        self.0.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
