//! How deep and how large a document may be.

use kvs_core::{Document, Error, ErrorKind, Filter, Limits, Map, PutOptions, Value};
use serde_json::json;

use crate::cases::support::{document, nested_arrays, nested_objects};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "documents";
    "Objects nest 32 levels, the content itself being the first; with one more it is InvalidDocument."
        => objects_nest_32_levels [documents];
    "Arrays count like objects: 31 in the content work, 32 are InvalidDocument."
        => arrays_count_like_objects [documents];
    "A scalar at the deepest level adds no level."
        => a_scalar_adds_no_level [documents];
    "100,000 levels are InvalidDocument: the check and what follows it do not recurse."
        => a_hundred_thousand_levels_are_refused [documents];
    "A refused document changes nothing: the old one stands, with its version."
        => a_refused_document_changes_nothing [documents];
    "The size is that of the canonical JSON of data and metadata: at the limit it works, with one more byte it is TooLarge."
        => the_limit_of_size_is_exact [documents];
    "Metadata counts for the size."
        => metadata_counts [documents];
    "The size counts bytes of JSON: two for é, two for an escaped line end."
        => the_size_counts_bytes_of_json [documents];
    "A key's value limit and a document's limit are told apart: the error says document."
        => the_error_names_the_document [documents];
}

async fn objects_nest_32_levels(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", nested_objects(32))?).await?;
    ensure_eq!(
        Value::from(store.get_doc("c", "d").await?.data),
        nested_objects(32),
        "32 levels work"
    );
    let outcome = store.put("c", document("e", nested_objects(33))?).await;
    ensure_kind!(outcome, ErrorKind::InvalidDocument, "33 levels are too deep");
    let outcome = store
        .put_with("c", document("e", nested_objects(33))?, PutOptions::if_absent())
        .await;
    ensure_kind!(outcome, ErrorKind::InvalidDocument, "for a conditional put, too");
    Ok(())
}

async fn arrays_count_like_objects(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"a": nested_arrays(31)}))?).await?;
    let outcome = store.put("c", document("e", json!({"a": nested_arrays(32)}))?).await;
    ensure_kind!(outcome, ErrorKind::InvalidDocument, "33 levels are too deep");
    Ok(())
}

async fn a_scalar_adds_no_level(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let deep = (1..32).fold(json!({"scalar": 1}), |inner, _| json!({ "a": inner }));
    store.put("c", document("d", deep.clone())?).await?;
    ensure_eq!(
        Value::from(store.get_doc("c", "d").await?.data),
        deep,
        "the scalar lies in level 32"
    );
    Ok(())
}

async fn a_hundred_thousand_levels_are_refused(cx: Context) -> Outcome {
    let store = cx.open().await?;
    // Made one by one: the store drops what it is given, but nobody could drop the second if the first one failed.
    for deep in [nested_arrays, nested_objects] {
        let data: Map<String, Value> = [("a".to_owned(), deep(100_000))].into_iter().collect();
        let hostile = Document {
            id: "d".into(),
            data,
            ..Document::default()
        };
        ensure_kind!(
            store.put("c", hostile).await,
            ErrorKind::InvalidDocument,
            "100,001 levels are too deep"
        );
    }
    ensure!(store.query("c", &Filter::all()).await?.is_empty(), "nothing was put");
    Ok(())
}

async fn a_refused_document_changes_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    store.put("c", document("d", json!({"a": 1}))?).await?;
    let before = store.get_doc("c", "d").await?;
    ensure_kind!(
        store.put("c", document("d", nested_objects(33))?).await,
        ErrorKind::InvalidDocument,
        "too deep"
    );
    let large = of_size(cx.limits().document_bytes + 1);
    ensure_kind!(store.put("c", large).await, ErrorKind::TooLarge, "too large");
    ensure!(store.get_doc("c", "d").await? == before, "the old document stands");
    Ok(())
}

/// A document whose data and metadata are that many bytes of JSON together: `{"s":"…"}` and `{}`.
fn of_size(bytes: usize) -> Document {
    let text = "x".repeat(bytes - r#"{"s":""}{}"#.len());
    Document {
        id: "d".into(),
        data: [("s".to_owned(), text.into())].into_iter().collect(),
        ..Document::default()
    }
}

/// Both lengths of a `TooLarge` error about a document.
fn too_large(outcome: kvs_core::Result<kvs_core::Version>) -> Result<(usize, usize), Failed> {
    match outcome {
        Err(Error::TooLarge(error)) => {
            ensure_eq!((error.what, error.unit), ("document", "bytes"), "what is too large");
            Ok((error.length, error.limit))
        }
        Err(error) => Err(format!("expected TooLarge, seen {}: {error}", error.kind()).into()),
        Ok(_) => Err("expected TooLarge, seen success".into()),
    }
}

async fn the_limit_of_size_is_exact(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().document_bytes;
    for size in [Limits::PORTABLE.document_bytes, limit] {
        store.put("c", of_size(size)).await?;
        ensure!(
            store.get_doc("c", "d").await?.data == of_size(size).data,
            "a document of {size} bytes comes back"
        );
    }
    let seen = too_large(store.put("c", of_size(limit + 1)).await)?;
    ensure_eq!(
        seen,
        (limit + 1, limit),
        "the error tells how many bytes there were, and the limit"
    );
    ensure!(
        store.get_doc("c", "d").await?.data == of_size(limit).data,
        "the old document stands"
    );
    Ok(())
}

async fn metadata_counts(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().document_bytes;
    // `{}` becomes `{"a":"bc"}`: 8 bytes more.
    store.put("c", of_size(limit - 8).with_metadata("a", "bc")).await?;
    let seen = too_large(store.put("c", of_size(limit - 7).with_metadata("a", "bc")).await)?;
    ensure_eq!(seen, (limit + 1, limit), "labels count as their JSON");
    Ok(())
}

async fn the_size_counts_bytes_of_json(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().document_bytes;
    for (last, bytes) in [("é", 2), ("\n", 2), ("\"", 2), ("😀", 4), ("\u{1}", 6)] {
        let ending = |size: usize| {
            let mut document = of_size(size - bytes);
            if let Some(Value::String(text)) = document.data.get_mut("s") {
                text.push_str(last);
            }
            document
        };
        store.put("c", ending(limit)).await?;
        let seen = too_large(store.put("c", ending(limit + 1)).await)?;
        ensure_eq!(seen, (limit + 1, limit), "{last:?} counts {bytes} bytes");
    }
    Ok(())
}

async fn the_error_names_the_document(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let limit = cx.limits().document_bytes;
    let Err(error) = store.put("c", of_size(limit + 1)).await else {
        return Err("the document is too large".into());
    };
    let message = error.to_string();
    let numbers = [limit.to_string(), (limit + 1).to_string()];
    ensure!(
        message.contains("document"),
        "the message says what is too large: {message}"
    );
    ensure!(
        numbers.iter().all(|number| message.contains(number)),
        "the message has both lengths: {message}"
    );
    Ok(())
}
