//! Where the tour takes place.

use kvs::{Config, Error, Namespace};
use tempfile::TempDir;

use crate::args::Global;
use crate::run::config;

/// So that nothing of the user's is seen or touched.
pub(super) const NAMESPACE: &str = "kvs-demo";

/// A store for the tour.
pub(super) struct Place {
    pub(super) config: Config,
    /// As one would write it; of stores that are no files only the type, as the rest may hold a credential.
    pub(super) url: String,
    /// The file goes with it.
    pub(super) temporary: Option<TempDir>,
}

impl Place {
    /// The store that was asked for, else a temporary file.
    pub(super) fn choose(global: &Global) -> Result<Self, Error> {
        if global.namespace.is_some() {
            let message = format!("the demo has a namespace of its own, {NAMESPACE}; leave --namespace out");
            return Err(Error::invalid_argument(message));
        }
        let asked = global.url.is_some() || global.config.is_some();
        let (mut config, temporary) = if asked { (config(global)?, None) } else { temporary()? };
        config.namespace = Some(NAMESPACE.parse::<Namespace>()?);
        let url = match (&config.path, config.kind.as_str()) {
            (Some(path), "sqlite") => format!("sqlite:{}", path.display()),
            (None, "memory") => "memory:".to_owned(),
            (_, kind) => format!("{kind}:…"),
        };
        Ok(Self { config, url, temporary })
    }
}

fn temporary() -> Result<(Config, Option<TempDir>), Error> {
    let dir = tempfile::Builder::new().prefix("kvs-").tempdir().map_err(|error| {
        Error::backend("no temporary directory can be made; give a file: kvs --url sqlite:demo.db demo")
            .with_source(error)
    })?;
    Ok((Config::sqlite(dir.path().join("demo.db")), Some(dir)))
}
