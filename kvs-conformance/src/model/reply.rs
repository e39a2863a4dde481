//! What an operation answers, in a form that can be compared between stores.

use std::collections::BTreeMap;

use kvs_core::{Bytes, Document, Entry, Error, ErrorKind, Timestamp, Version, Versioned};

use crate::failed::{Failed, Outcome};

/// Where a version belongs: a key (with an empty first part), or a collection and an id.
pub(super) type Place = (String, String);

/// An answer. Versions stand apart, because each store has its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) content: Content,
    pub(super) versions: Vec<(Place, Version)>,
    /// The keys that a conflict names.
    pub(super) conflicts: Vec<String>,
}

/// What does not differ between stores.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Done,
    Failed(ErrorKind),
    Bool(bool),
    Number(i64),
    Bytes(Bytes),
    Slots(Vec<Option<Bytes>>),
    Keys(Vec<String>),
    Versioned(Bytes, Option<Timestamp>),
    Entries(Vec<(String, Option<Bytes>, Option<Timestamp>)>),
    /// As JSON text, in which numbers that are equal and not the same differ.
    Documents(Vec<String>),
}

impl Reply {
    pub(super) fn of(content: Content) -> Self {
        Self {
            content,
            versions: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    pub(super) fn done() -> Self {
        Self::of(Content::Done)
    }

    pub(super) fn version(place: Place, version: Version) -> Self {
        Self {
            versions: vec![(place, version)],
            ..Self::done()
        }
    }

    pub(super) fn versioned(place: Place, versioned: Versioned) -> Self {
        let content = Content::Versioned(versioned.value, versioned.expires_at);
        Self {
            versions: vec![(place, versioned.version)],
            ..Self::of(content)
        }
    }

    pub(super) fn entries(entries: Vec<Entry>) -> Self {
        let parts = |entry: Entry| (entry.key, entry.value, entry.expires_at);
        Self::of(Content::Entries(entries.into_iter().map(parts).collect()))
    }

    pub(super) fn documents(collection: &str, documents: Vec<Document>) -> Result<Self, Failed> {
        let (mut texts, mut versions) = (Vec::new(), Vec::new());
        for document in documents {
            texts.push(serde_json::to_string(&document)?);
            let version = document.version.ok_or("a document that a store gives has a version")?;
            versions.push(((collection.to_owned(), document.id), version));
        }
        Ok(Self {
            versions,
            ..Self::of(Content::Documents(texts))
        })
    }

    pub(super) fn conflict(keys: Vec<String>) -> Self {
        Self {
            conflicts: keys,
            ..Self::of(Content::Failed(ErrorKind::Conflict))
        }
    }

    pub(super) fn error(error: &Error) -> Self {
        let conflicts = match error {
            Error::Conflict { failed, .. } => failed.iter().map(|key| key.as_str().to_owned()).collect(),
            _ => Vec::new(),
        };
        Self {
            conflicts,
            ..Self::of(Content::Failed(error.kind()))
        }
    }
}

/// What the versions of the model are called in one store.
///
/// The model numbers each write; the store has its own version for it, which is learned when it first shows, and must
/// be the same from then on. Two writes of one place never have the same version.
#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<Place, Vec<(Version, Version)>>);

impl Ledger {
    /// The store's version for one of the model's. What was never learned stands for nothing in either.
    pub(super) fn translate(&self, place: &Place, model: Version) -> Version {
        let known = self
            .0
            .get(place)
            .and_then(|pairs| pairs.iter().find(|(symbol, _)| *symbol == model));
        known.map_or(model, |(_, version)| *version)
    }

    /// Does the store answer what the model expects?
    pub(super) fn agree(&mut self, expected: &Reply, seen: &Reply) -> Outcome {
        ensure_eq!(seen.content, expected.content, "the answer is the model's");
        if !expected.conflicts.is_empty() {
            let named = !seen.conflicts.is_empty() && seen.conflicts.iter().all(|key| expected.conflicts.contains(key));
            let (named_keys, failed) = (&seen.conflicts, &expected.conflicts);
            ensure!(
                named,
                "a conflict names keys that failed: it names {named_keys:?}, {failed:?} failed"
            );
        }
        let places = |reply: &Reply| {
            reply
                .versions
                .iter()
                .map(|(place, _)| place.clone())
                .collect::<Vec<_>>()
        };
        ensure_eq!(
            places(seen),
            places(expected),
            "versions are given for what was written or read"
        );
        for ((place, symbol), (_, version)) in expected.versions.iter().zip(&seen.versions) {
            self.learn(place, *symbol, *version)?;
        }
        Ok(())
    }

    fn learn(&mut self, place: &Place, symbol: Version, version: Version) -> Outcome {
        let pairs = self.0.entry(place.clone()).or_default();
        match pairs.iter().find(|pair| pair.0 == symbol || pair.1 == version) {
            Some(pair) if *pair == (symbol, version) => Ok(()),
            Some(pair) if pair.0 == symbol => Err(format!(
                "the version of {place:?} changed without a write, from {} to {version}",
                pair.1
            )
            .into()),
            Some(_) => Err(format!("a later write of {place:?} was given a version that it had before").into()),
            None => {
                pairs.push((symbol, version));
                Ok(())
            }
        }
    }
}
