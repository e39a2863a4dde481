//! `info`: what the store is and promises.

use kvs::{Profile, Traits};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::run::{Missing, Run, config};

pub(crate) async fn info(run: &mut Run) -> Result<(), Failure> {
    let config = config(run.global())?;
    let store = run.open(Missing::Refuse).await?;
    let mut fields = vec![("backend", json!(store.profile().name))];
    if let Some(path) = &config.path {
        fields.push(("path", json!(path)));
    }
    if let Some(table) = &config.table_name {
        fields.push(("table_name", json!(table)));
    }
    if let Some(region) = &config.region {
        fields.push(("region", json!(region)));
    }
    if let Some(namespace) = &config.namespace {
        fields.push(("namespace", json!(namespace.as_str())));
    }
    if let Some(format) = store.profile().format {
        fields.push(("format", json!(format)));
    }
    fields.extend(properties(store.profile()));
    run.out.fields(&fields)
}

fn properties(profile: &Profile) -> Vec<(&'static str, Value)> {
    let limits = &profile.limits;
    vec![
        ("key_bytes", json!(kvs::MAX_KEY_BYTES)),
        ("value_bytes", json!(limits.value_bytes)),
        ("document_bytes", json!(limits.document_bytes)),
        ("transaction_keys", json!(limits.transaction_keys)),
        ("transaction_bytes", json!(limits.transaction_bytes)),
        ("durability", json!(format!("{:?}", profile.durability).to_lowercase())),
        (
            "consistency",
            json!(format!("{:?}", profile.consistency).to_lowercase()),
        ),
        ("evicting", json!(profile.evicting)),
        ("late_writes", json!(profile.late_writes)),
        ("traits", json!(traits(profile.traits))),
    ]
}

/// The names of the traits, in one string.
fn traits(traits: Traits) -> String {
    let names = [
        (true, "store"),
        (traits.listable, "listable"),
        (traits.documents, "documents"),
        (traits.atomic, "atomic"),
    ];
    names
        .iter()
        .filter(|(has, _)| *has)
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(" ")
}
