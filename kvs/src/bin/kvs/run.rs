//! One run of the command line: which store it works on, and that it is closed in the end.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use kvs::{Config, Error, FullStore, Namespace, Profile};

use crate::args::Global;
use crate::failure::Failure;
use crate::output::Output;

const DEFAULT_URL: &str = "sqlite:kvs.db";

/// What every command works with.
pub(crate) struct Run {
    pub(crate) out: Output,
    /// The rules of arguments, which are checked before a store is opened: a mistake creates no file.
    pub(crate) rules: Profile,
    global: Global,
    store: Option<Arc<dyn FullStore>>,
}

/// What is to be done where there is no store yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is created.
    Create,
    /// That is an error.
    Refuse,
}

impl Run {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            out: Output::new(global.json),
            rules: Profile::new("kvs"),
            global,
            store: None,
        }
    }

    /// Opens the store that was asked for.
    pub(crate) async fn open(&mut self, missing: Missing) -> Result<Arc<dyn FullStore>, Error> {
        let mut config = config(&self.global)?;
        if missing == Missing::Refuse {
            refuse_missing(&mut config)?;
        }
        let store = kvs::open(config).await?;
        self.store = Some(Arc::clone(&store));
        Ok(store)
    }

    pub(crate) fn global(&self) -> &Global {
        &self.global
    }

    /// Hands over the output and closes the store, whatever the command came to.
    pub(crate) async fn end(mut self, result: Result<(), Failure>) -> Result<(), Failure> {
        let flushed = self.out.flush();
        let closed = match self.store.take() {
            Some(store) => store.close().await.map_err(Failure::from),
            None => Ok(()),
        };
        result.and(flushed).and(closed)
    }
}

/// Which store: `--url`, else `--config`, else `$KVS_URL`, else a file in the current directory.
pub(crate) fn config(global: &Global) -> Result<Config, Error> {
    let mut config = match (&global.url, &global.config) {
        (Some(url), _) => from_url(url.clone(), "--url")?,
        (None, Some(file)) => Config::from_file(file)?,
        (None, None) => match std::env::var_os("KVS_URL").filter(|url| !url.is_empty()) {
            Some(url) => from_url(url, "KVS_URL")?,
            None => DEFAULT_URL.parse()?,
        },
    };
    if let Some(namespace) = &global.namespace {
        config.namespace = Some(namespace.parse::<Namespace>()?);
    }
    Ok(config)
}

fn from_url(url: OsString, from: &str) -> Result<Config, Error> {
    let url = url
        .into_string()
        .map_err(|_| Error::config(format!("{from} is not UTF-8; percent-encode the path")))?;
    url.parse()
}

/// A file, a table or a namespace is not to be made by a command that only reads, whatever the configuration allows.
fn refuse_missing(config: &mut Config) -> Result<(), Error> {
    match config.kind.as_str() {
        "dynamodb" => {
            config.options.set("create", false);
            config.options.set("create_table", false);
            Ok(())
        }
        "sqlite" => {
            config.options.set("create", false);
            refuse_missing_file(config)
        }
        _ => Ok(()),
    }
}

pub(crate) fn refuse_missing_file(config: &Config) -> Result<(), Error> {
    match &config.path {
        // The backend refuses it too, but does not know what the user can type.
        Some(path) if path != Path::new(":memory:") && !path.as_os_str().is_empty() && !path.exists() => {
            let message = format!(
                "there is no store {}; kvs set makes one, --url names another",
                path.display()
            );
            Err(Error::config(message))
        }
        _ => Ok(()),
    }
}
