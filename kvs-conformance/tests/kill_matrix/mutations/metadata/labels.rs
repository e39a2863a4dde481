//! Stores that do not give labels back as they were.

use crate::call::Call;
use crate::mutation::{Mutation, around, before};

/// Columns in which a store might keep more than labels.
const COLUMNS: [&str; 6] = ["created_at", "updated_at", "version", "expires_at", "id", "data"];

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        before("folds the case of labels", |_, call| {
            if let Some(document) = call.document() {
                let labels = std::mem::take(&mut document.metadata);
                let folded = labels.into_iter().map(|(name, value)| (name.to_lowercase(), value));
                document.metadata = folded.collect();
            }
        })
        .found_by("metadata::labels_come_back"),
        before("drops labels without a value", |_, call| {
            if let Some(document) = call.document() {
                document.metadata.retain(|_, value| !value.is_empty());
            }
        })
        .found_by("metadata::many_and_large_labels_come_back"),
        before("cuts labels at 32 KiB", |_, call| {
            if let Some(document) = call.document() {
                let labels = document.metadata.values_mut();
                labels.for_each(|value| value.truncate(value.floor_char_boundary(1 << 15)));
            }
        })
        .found_by("metadata::many_and_large_labels_come_back")
        .found_by("security::very_long_strings_are_handled"),
        around(
            "adds labels to those of the document that is replaced",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &mut call
                        && let Ok(old) = saboteur.sound().get_doc(collection, &document.id).await
                    {
                        let new = std::mem::replace(&mut document.metadata, old.metadata);
                        document.metadata.extend(new);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("metadata::labels_are_replaced")
        .found_by("documents::put_replaces_and_does_not_merge"),
        before("drops labels that are named like its own columns", |_, call| {
            if let Some(document) = call.document() {
                document.metadata.retain(|name, _| !COLUMNS.contains(&name.as_str()));
            }
        })
        .found_by("metadata::labels_are_no_stamps"),
    ]
}
