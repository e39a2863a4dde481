//! Where the tour takes place.

use kvs::{Config, Error, Namespace, OptionValue};
use tempfile::TempDir;

use crate::args::Global;
use crate::run::config;
use crate::text::shell;

/// So that nothing of the user's is seen or touched.
const NAMESPACE: &str = "kvs-demo";

/// What to give in the place of a temporary file.
pub(super) const KEPT_URL: &str = "sqlite:demo.db";

/// A store for the tour.
pub(super) struct Place {
    pub(super) config: Config,
    /// As one would write it, without what may be a credential.
    pub(super) shown: String,
    /// The file goes with it.
    pub(super) temporary: Option<TempDir>,
    /// Does it write what another process can read?
    kept: bool,
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
        Ok(Self {
            shown: shown(&config),
            kept: config.kind != "memory" && config.path.as_deref() != Some(":memory:".as_ref()),
            config,
            temporary,
        })
    }

    /// How a command on this store begins, if another process can open it.
    pub(super) fn command(&self) -> Option<String> {
        let url = if self.temporary.is_some() {
            KEPT_URL
        } else {
            &self.shown
        };
        // A URL of several parameters holds an `&`.
        self.kept
            .then(|| format!("kvs --url {} --namespace {NAMESPACE}", shell(url)))
    }
}

/// The URL, as far as it is known to hold no credential.
fn shown(config: &Config) -> String {
    match (config.kind.as_str(), &config.path, &config.table_name) {
        ("sqlite", Some(path), _) => format!("sqlite:{}", path.display()),
        ("memory", None, _) => "memory:".to_owned(),
        ("dynamodb", _, Some(table)) => {
            let endpoint = match config.options.get("endpoint_url") {
                Some(OptionValue::Text(url)) if !url.contains(['@', '&', '#']) => Some(url),
                _ => None,
            };
            let region = config.region.as_ref().map(|region| format!("region={region}"));
            let endpoint = endpoint.map(|url| format!("endpoint_url={url}"));
            let parameters: Vec<String> = region.into_iter().chain(endpoint).collect();
            match parameters.join("&") {
                none if none.is_empty() => format!("dynamodb://{table}"),
                parameters => format!("dynamodb://{table}?{parameters}"),
            }
        }
        (kind, ..) => format!("{kind}:…"),
    }
}

fn temporary() -> Result<(Config, Option<TempDir>), Error> {
    let dir = tempfile::Builder::new().prefix("kvs-").tempdir().map_err(|error| {
        Error::backend(format!(
            "no temporary directory can be made; give a file: kvs --url {KEPT_URL} demo"
        ))
        .with_source(error)
    })?;
    Ok((Config::sqlite(dir.path().join("demo.db")), Some(dir)))
}
