//! Stores that put on the wrong condition, or with the wrong stamps.

use kvs_core::{Error, Expect, PutOptions, Stamps, Timestamp, Version};
use tokio::task::yield_now;

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [conditions(), others(), races(), stamps()]
        .into_iter()
        .flatten()
        .collect()
}

/// A store that changes the options of a put.
macro_rules! options {
    ($name:literal, |$document:ident, $options:ident| $change:expr) => {
        before($name, |_, call| {
            if let Call::PutWith {
                document: $document,
                options: $options,
                ..
            } = call
            {
                $change;
            }
        })
    };
}

/// A store that puts on another condition, which depends on what is there.
macro_rules! decides {
    ($name:literal, |$expect:ident, $current:ident| $change:expr) => {
        around($name, |saboteur, mut call| {
            Box::pin(async move {
                if let Call::PutWith {
                    collection,
                    document,
                    options,
                } = &mut call
                {
                    let $current = saboteur.sound().get_doc(collection, &document.id).await.ok();
                    let $expect = options.expect;
                    options.expect = $change;
                }
                saboteur.soundly(&mut call).await
            })
        })
    };
}

fn conditions() -> Vec<Mutation> {
    vec![
        options!("replaces where it should only create", |_document, options| {
            if options.expect == Expect::Absent {
                options.expect = Expect::Any;
            }
        })
        .found_by("documents::if_absent_leaves_a_document_alone"),
        decides!(
            "creates only over a document",
            |expect, current| match (expect, current) {
                (Expect::Absent, None) => Expect::Version(Version::from_bytes([0; 16])),
                _ => expect,
            }
        )
        .found_by("documents::if_absent_creates"),
        around("remembers for ever what was there once", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::PutWith {
                    collection,
                    document,
                    options,
                } = &mut call
                    && options.expect == Expect::Absent
                    && saboteur
                        .notes
                        .values()
                        .contains_key(&format!("{collection}\0{}", document.id))
                {
                    return Err(Error::conflict([document.id.as_str()]).during("memory", "put_with"));
                }
                if let Call::DeleteDoc { collection, id } = &call
                    && saboteur.sound().get_doc(collection, id).await.is_ok()
                {
                    saboteur
                        .notes
                        .values()
                        .insert(format!("{collection}\0{id}"), "was there".into());
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("documents::if_absent_works_after_a_delete"),
        decides!(
            "compares no versions of documents",
            |expect, current| match (expect, current) {
                (Expect::Version(_), Some(_)) => Expect::Any,
                _ => expect,
            }
        )
        .found_by("documents::if_version_refuses_an_older_version")
        .found_by("documents::a_version_of_a_document_does_not_come_back")
        .found_by("documents::the_version_of_another_document_is_a_conflict"),
        decides!(
            "creates a document whose version is gone",
            |expect, current| match (expect, current) {
                (Expect::Version(_), None) => Expect::Any,
                _ => expect,
            }
        )
        .found_by("documents::if_version_does_not_create"),
        around("takes any version that it ever gave", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::PutWith { options, .. } = &mut call
                    && let Expect::Version(version) = options.expect
                    && saboteur.notes.versions().contains_key(&version.to_string())
                {
                    options.expect = Expect::Any;
                }
                let answer = saboteur.soundly(&mut call).await;
                if let Ok(Answer::Version(version)) = answer {
                    saboteur.notes.versions().insert(version.to_string(), version);
                }
                answer
            })
        })
        .found_by("documents::the_version_of_another_document_is_a_conflict"),
        decides!(
            "never finds the version that it expects",
            |expect, _current| match expect {
                Expect::Version(_) => Expect::Version(Version::from_bytes([0; 16])),
                _ => expect,
            }
        )
        .found_by("documents::if_version_replaces"),
    ]
}

fn others() -> Vec<Mutation> {
    vec![
        after("names the collection in a conflict", |_, call, answer| {
            if let (Call::PutWith { collection, .. }, Err(Error::Conflict { .. })) = (call, &answer) {
                *answer = Err(Error::conflict([collection.as_str()]).during("memory", "put_with"));
            }
        })
        .found_by("documents::a_conflict_names_the_id"),
        options!("drops the labels where there is a condition", |document, options| {
            if options.expect != Expect::Any {
                document.metadata.clear();
            }
        })
        .found_by("documents::if_version_replaces"),
        around(
            "does not look at a document that is put on a condition",
            |saboteur, mut call| {
                Box::pin(async move {
                    let is_bound = matches!(&call, Call::PutWith { options, .. } if options.expect != Expect::Any);
                    match saboteur.soundly(&mut call).await {
                        Err(Error::InvalidDocument(_)) if is_bound => Ok(Answer::Version(Version::from_bytes([0; 16]))),
                        answer => answer,
                    }
                })
            },
        )
        .found_by("documents::objects_nest_32_levels"),
        options!("creates only, unless it is told otherwise", |_document, options| {
            if *options == PutOptions::default() {
                options.expect = Expect::Absent;
            }
        })
        .found_by("documents::default_options_ask_for_nothing"),
        around(
            "takes the version that a document carries for a condition",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call
                        && let Some(version) = document.version
                    {
                        let options = PutOptions::if_version(version);
                        let version = saboteur.sound().put_with(collection, document.clone(), options).await;
                        return version.map(Answer::Version);
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("documents::a_carried_version_is_no_condition"),
    ]
}

fn races() -> Vec<Mutation> {
    vec![
        around(
            "looks whether a document is absent, then puts it",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::PutWith {
                        collection,
                        document,
                        options,
                    } = &mut call
                        && options.expect == Expect::Absent
                        && let Err(Error::NotFound) = saboteur.sound().get_doc(collection, &document.id).await
                    {
                        yield_now().await;
                        options.expect = Expect::Any;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("documents::one_of_many_creates_the_document"),
        around(
            "looks at the version of a document, then puts it",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::PutWith {
                        collection,
                        document,
                        options,
                    } = &mut call
                        && let Expect::Version(version) = options.expect
                        && let Ok(current) = saboteur.sound().get_doc(collection, &document.id).await
                        && current.version == Some(version)
                    {
                        yield_now().await;
                        options.expect = Expect::Any;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("documents::conditional_puts_lose_nothing"),
    ]
}

fn stamps() -> Vec<Mutation> {
    vec![
        options!("ignores carried stamps", |_document, options| options.stamps =
            Stamps::Store)
        .found_by("documents::carried_stamps_are_stored"),
        options!(
            "ignores carried stamps where there is a condition",
            |_document, options| {
                if options.expect != Expect::Any {
                    options.stamps = Stamps::Store;
                }
            }
        )
        .found_by("documents::conditions_go_with_carried_stamps"),
        around(
            "keeps the birth of the document that a restored one replaces",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::PutWith {
                        collection, document, ..
                    } = &mut call
                        && let Ok(current) = saboteur.sound().get_doc(collection, &document.id).await
                    {
                        document.created_at = current.created_at;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("documents::carried_stamps_replace"),
        options!("takes a missing stamp for the epoch", |document, options| {
            if options.stamps == Stamps::Carried {
                document.created_at = document.created_at.or(Some(Timestamp::from_millis(0)));
            }
        })
        .found_by("documents::missing_stamps_are_set"),
        options!("carries both stamps or none", |document, options| {
            if document.created_at.is_none() || document.updated_at.is_none() {
                options.stamps = Stamps::Store;
            }
        })
        .found_by("documents::missing_stamps_are_set"),
        options!("has no stamps before the epoch", |document, _options| {
            let epoch = Timestamp::from_millis(0);
            document.created_at = document.created_at.map(|at| at.max(epoch));
        })
        .found_by("documents::extreme_stamps_come_back"),
        options!("keeps stamps as floats", |document, _options| {
            document.updated_at = document.updated_at.map(as_float);
        })
        .found_by("documents::extreme_stamps_come_back"),
    ]
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "that is the fault"
)]
fn as_float(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis() as f64 as i64)
}
