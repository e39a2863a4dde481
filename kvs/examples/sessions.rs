//! Sessions: a typed value that expires, and slides when it is used.
//!
//! `cargo run --example sessions` runs it in memory. With `--features sqlite,dynamodb` it runs wherever `STORE` says:
//! `STORE=sqlite:app.db`, `STORE='dynamodb://app?region=eu-west-1'`.

use std::time::Duration;

use kvs::{AtomicStore, StoreExt, Ttl};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    user: String,
    theme: String,
}

#[tokio::main]
async fn main() -> kvs::Result<()> {
    let url = std::env::var("STORE").unwrap_or_else(|_| "memory:".into());
    let store = kvs::open(url).await?;
    let half_an_hour = Duration::from_mins(30);

    let session = Session {
        user: "ada".into(),
        theme: "dark".into(),
    };
    store.set_json("session:9f86d081", &session, half_an_hour).await?;

    let session: Session = store.get_json("session:9f86d081").await?;
    println!("{} likes it {}", session.user, session.theme);

    // Each use gives it another half hour, without writing the value again.
    store.touch("session:9f86d081", Ttl::After(half_an_hour)).await?;

    store.delete("session:9f86d081").await?;
    assert!(store.get_opt("session:9f86d081").await?.is_none());
    store.close().await
}
