//! The tour: what one does with the library, each step printed with the call that made it.
//!
//! What is printed as a call is the source text of the call that runs: the macros of [`show`] see to that.

#[macro_use]
mod show;

mod cache;
mod conversation;
mod place;
mod preferences;
mod sessions;
mod types;

use std::sync::Arc;

use kvs::{Clock, FullStore, ManualClock, Registry, SystemClock};

use self::place::{KEPT_URL, Place};
use self::show::Show;
use crate::failure::Failure;
use crate::run::Run;

pub(crate) async fn run(run: &mut Run) -> Result<(), Failure> {
    let place = Place::choose(run.global())?;
    let show = &mut Show::new(&mut run.out, place.command());
    show.title("kvs in five steps. A line after > is Rust that was just run; what it gave is below it.")?;
    show.note(&format!("The store is {}, of which config tells.", place.shown))?;
    let config = place.config.clone();
    code!(show, let clock = ManualClock::new(SystemClock.now()));
    code!(show, let store = Registry::default().clock(clock.clone()).open(config).await?);
    show.note("Your program: kvs::open(\"sqlite:app.db\").await?. Here time is moved by hand, and nobody waits.")?;
    let toured = tour(show, &place, &store, &clock).await;
    // Closed before the temporary file goes.
    let closed = store.close().await;
    toured?;
    Ok(closed?)
}

async fn tour(
    show: &mut Show<'_>,
    place: &Place,
    store: &Arc<dyn FullStore>,
    clock: &ManualClock,
) -> Result<(), Failure> {
    clean(&**store).await?;
    sessions::run(show, &**store, clock).await?;
    cache::run(show, Arc::clone(store)).await?;
    preferences::run(show, &**store).await?;
    types::run(show, &**store).await?;
    conversation::run(show, &**store).await?;
    end(show, place)
}

/// Removes what an earlier tour left in the namespace.
async fn clean(store: &dyn FullStore) -> Result<(), kvs::Error> {
    store.delete_prefix("").await?;
    for collection in [preferences::COLLECTION, types::COLLECTION] {
        store.delete_collection(collection).await?;
    }
    Ok(())
}

fn end(show: &mut Show<'_>, place: &Place) -> Result<(), Failure> {
    show.heading("The same on another store: one line changes, and the answers do not")?;
    show.table(&[
        (r#"kvs::open("sqlite:app.db").await?"#, "a file; Ok means: on the disk"),
        (r#"kvs::open("memory:").await?"#, "this process; for tests and caches"),
        (
            r#"kvs::open("dynamodb://table?region=eu-west-1").await?"#,
            "a table; for any number of machines",
        ),
    ])?;
    match (place.temporary.is_some(), place.command()) {
        (_, None) => Ok(()),
        (true, Some(command)) => {
            show.heading("This store is gone now. To keep one in which the lines after $ work:")?;
            show.note(&format!("kvs --url {KEPT_URL} demo\n{command} list"))
        }
        (false, Some(command)) => {
            show.heading("Look into this store:")?;
            show.note(&format!("{command} list"))
        }
    }
}
