//! Namespaces and sites are apart.

use std::sync::Arc;

use kvs_core::{Document, ErrorKind, Filter, FullStore, StoreExt, Ttl};

use crate::context::Context;
use crate::failed::{Failed, Outcome};
use crate::support::{fill, filled};

cases! {
    "basics";
    "Two namespaces never see each other's entries."
        => namespaces_do_not_share_entries [];
    "Deleting in one namespace leaves the other one alone."
        => deleting_in_a_namespace_leaves_the_other [];
    "A listing shows the keys of its own namespace only, also where one name starts with the other."
        => a_listing_stays_in_its_namespace [listable];
    "Two namespaces never see each other's documents."
        => namespaces_do_not_share_documents [documents];
    "Two pairs of namespace and key that read alike when joined are two entries."
        => namespace_and_key_are_not_joined [];
    "Two sites share nothing."
        => sites_share_nothing [];
}

async fn two_namespaces(cx: &Context) -> Result<[Arc<dyn FullStore>; 2], Failed> {
    let one = cx.open_at(&cx.site_with_namespace("users")).await?;
    let other = cx.open_at(&cx.site_with_namespace("users-archive")).await?;
    Ok([one, other])
}

async fn namespaces_do_not_share_entries(cx: Context) -> Outcome {
    let [one, other] = two_namespaces(&cx).await?;
    let none = cx.open().await?;
    one.set("k", "one".into(), Ttl::Never).await?;
    ensure_eq!(
        other.get_opt("k").await?,
        None,
        "the other namespace does not see the key"
    );
    ensure_eq!(
        none.get_opt("k").await?,
        None,
        "the store without a namespace does not see the key"
    );
    other.set("k", "other".into(), Ttl::Never).await?;
    none.set("k", "none".into(), Ttl::Never).await?;
    ensure_eq!(
        one.get("k").await?,
        "one",
        "the key has its own value in each namespace"
    );
    ensure_eq!(
        other.get("k").await?,
        "other",
        "the key has its own value in each namespace"
    );
    Ok(())
}

async fn deleting_in_a_namespace_leaves_the_other(cx: Context) -> Outcome {
    let [one, other] = two_namespaces(&cx).await?;
    for store in [&one, &other] {
        fill(&**store, ["a", "b", "c"]).await?;
    }
    one.delete("a").await?;
    one.delete_many(&["b", "c"]).await?;
    if cx.profile().traits.listable {
        one.delete_prefix("").await?;
    }
    filled(&*other, ["a", "b", "c"]).await
}

async fn a_listing_stays_in_its_namespace(cx: Context) -> Outcome {
    let [one, other] = two_namespaces(&cx).await?;
    let none = cx.open().await?;
    fill(&*one, ["a", "-archive"]).await?;
    fill(&*other, ["b", "-archive:x"]).await?;
    fill(&*none, ["c", "users", "users-archive"]).await?;
    ensure_eq!(
        one.list("").await?,
        ["-archive", "a"],
        "the keys of the namespace users"
    );
    ensure_eq!(
        other.list("").await?,
        ["-archive:x", "b"],
        "the keys of the namespace users-archive"
    );
    ensure_eq!(
        none.list("").await?,
        ["c", "users", "users-archive"],
        "the keys without a namespace"
    );
    Ok(())
}

async fn namespaces_do_not_share_documents(cx: Context) -> Outcome {
    let [one, other] = two_namespaces(&cx).await?;
    let document = Document::new("id", serde_json::json!({"n": 1}))?;
    one.put("c", document).await?;
    ensure_kind!(
        other.get_doc("c", "id").await,
        ErrorKind::NotFound,
        "the other namespace does not see it"
    );
    ensure_eq!(other.query("c", &Filter::all()).await?, [], "nor does a query there");
    other.delete_collection("c").await?;
    ensure_eq!(one.get_doc("c", "id").await?.id, "id", "deleting there leaves it");
    Ok(())
}

async fn namespace_and_key_are_not_joined(cx: Context) -> Outcome {
    let short = cx.open_at(&cx.site_with_namespace("a")).await?;
    let long = cx.open_at(&cx.site_with_namespace("a_b")).await?;
    let none = cx.open().await?;
    for separator in ["_", ":", "/", "#", "|", "\0", "-", "."] {
        let key = format!("b{separator}c");
        short.set(&key, "short".into(), Ttl::Never).await?;
        long.set("c", "long".into(), Ttl::Never).await?;
        none.set(&format!("a{separator}{key}"), "none".into(), Ttl::Never)
            .await?;
        ensure_eq!(short.get(&key).await?, "short", "the key {key:?} in the namespace a");
        ensure_eq!(
            long.get("c").await?,
            "long",
            "the key c in the namespace a_b, beside {key:?} in a"
        );
    }
    Ok(())
}

async fn sites_share_nothing(cx: Context) -> Outcome {
    let here = cx.open().await?;
    let there = cx.open_at(&cx.new_site()).await?;
    here.set("k", "value".into(), Ttl::Never).await?;
    ensure_eq!(there.get_opt("k").await?, None, "another site has another storage");
    Ok(())
}
