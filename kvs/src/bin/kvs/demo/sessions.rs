//! Sessions that expire, and slide while they are used.

use std::time::Duration;

use kvs::{FullStore, ManualClock, StoreExt, Ttl};
use serde::{Deserialize, Serialize};

use super::show::Show;
use crate::failure::Failure;

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    user: String,
    cart: u32,
}

pub(super) async fn run(show: &mut Show<'_>, store: &dyn FullStore, clock: &ManualClock) -> Result<(), Failure> {
    show.step("Sessions that expire, and slide while they are used")?;
    code!(show, let session = Session { user: "ada".into(), cart: 3 });
    code!(show, let half_an_hour = Duration::from_mins(30));
    call!(show, store.set_json("session:9f86", &session, half_an_hour).await?);
    call!(show, store.get_json::<Session>("session:9f86").await?);
    show.note("20 minutes later she is back: the session slides, and its value is not rewritten.")?;
    call!(show, clock.advance(Duration::from_mins(20)));
    call!(show, store.touch("session:9f86", Ttl::After(half_an_hour)).await?);
    show.note("So it is there 29 minutes and 59.999 seconds later, and gone a millisecond after that.")?;
    call!(show, clock.advance(Duration::from_millis(1_799_999)));
    call!(show, store.contains("session:9f86").await?);
    call!(show, clock.advance(Duration::from_millis(1)));
    call!(show, store.contains("session:9f86").await?);
    Ok(())
}
