//! A cache that computes once, however many ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::try_join_all;
use kvs::{Bytes, Cache, Error, FullStore};

use super::show::Show;
use crate::failure::Failure;

/// What each computation adds one to.
static COMPUTED: AtomicUsize = AtomicUsize::new(0);

pub(super) async fn run(show: &mut Show<'_>, store: Arc<dyn FullStore>) -> Result<(), Failure> {
    show.step("A cache that computes once, however many ask")?;
    show.note("In this process and in the store behind it; errors are not cached.")?;
    code!(show, let cache = Cache::new(store));
    code!(show, let ttl = Duration::from_mins(1));
    code!(show, let ask = || cache.get_or_try_insert_with("report", ttl, report));
    code!(show, let answers = try_join_all((0..20).map(|_| ask())).await?);
    let same = answers.iter().all(|answer| answer == "42");
    show.answer(&format!(
        "{} answers, {}",
        answers.len(),
        if same { "all the same" } else { "not all the same" }
    ))?;
    show.note("How often was it computed?")?;
    call!(show, COMPUTED.load(Ordering::Relaxed));
    Ok(())
}

/// Something expensive.
async fn report() -> Result<Bytes, Error> {
    COMPUTED.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok("42".into())
}
