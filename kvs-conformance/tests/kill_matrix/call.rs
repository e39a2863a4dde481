//! A call of any method of a store, and its answer, as data: what a mutation changes.

use kvs_core::{
    Action, Bytes, Committed, Document, Entry, Filter, FullStore, ListOptions, ListPage, MAX_KEY_BYTES, Precondition,
    PutOptions, Query, QueryPage, Result, SetEntry, Transaction, Ttl, UpdateFn, Version, Versioned, Write,
};

/// A call on its way in.
pub(crate) enum Call<'a> {
    Get {
        key: String,
    },
    Set {
        key: String,
        value: Bytes,
        ttl: Ttl,
    },
    Delete {
        key: String,
    },
    Close,
    Contains {
        key: String,
    },
    GetMany {
        keys: Vec<String>,
    },
    SetMany {
        entries: Vec<SetEntry>,
    },
    DeleteMany {
        keys: Vec<String>,
    },
    Sweep,
    ListPage {
        options: ListOptions,
    },
    List {
        prefix: String,
    },
    DeletePrefix {
        prefix: String,
    },
    PutWith {
        collection: String,
        document: Document,
        options: PutOptions,
    },
    GetDoc {
        collection: String,
        id: String,
    },
    QueryPage {
        collection: String,
        query: Query,
    },
    DeleteDoc {
        collection: String,
        id: String,
    },
    Put {
        collection: String,
        document: Document,
    },
    Query {
        collection: String,
        filter: Filter,
    },
    DeleteCollection {
        collection: String,
    },
    GetVersioned {
        key: String,
    },
    Commit {
        transaction: Transaction,
    },
    SetIfAbsent {
        key: String,
        value: Bytes,
        ttl: Ttl,
    },
    CompareAndSet {
        key: String,
        expected: Version,
        value: Bytes,
        ttl: Ttl,
    },
    CompareAndDelete {
        key: String,
        expected: Version,
    },
    Take {
        key: String,
    },
    Touch {
        key: String,
        ttl: Ttl,
    },
    Update {
        key: String,
        change: &'a mut UpdateFn<'a>,
    },
    Increment {
        key: String,
        delta: i64,
    },
}

/// The answer of a call that succeeded.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Done,
    Value(Bytes),
    Flag(bool),
    Values(Vec<Option<Bytes>>),
    Count(u64),
    Page(ListPage),
    Keys(Vec<String>),
    Version(Version),
    Document(Document),
    Documents(Vec<Document>),
    QueryPage(QueryPage),
    Versioned(Versioned),
    Committed(Committed),
    Number(i64),
}

/// Makes the call on a sound store.
pub(crate) async fn perform(store: &dyn FullStore, call: &mut Call<'_>) -> Result<Answer> {
    let answer = match call {
        Call::Get { key } => Answer::Value(store.get(key).await?),
        Call::Set { key, value, ttl } => done(store.set(key, value.clone(), *ttl).await?),
        Call::Delete { key } => done(store.delete(key).await?),
        Call::Close => done(store.close().await?),
        Call::Contains { key } => Answer::Flag(store.contains(key).await?),
        Call::GetMany { keys } => Answer::Values(store.get_many(&borrowed(keys)).await?),
        Call::SetMany { entries } => done(store.set_many(entries.clone()).await?),
        Call::DeleteMany { keys } => done(store.delete_many(&borrowed(keys)).await?),
        Call::Sweep => Answer::Count(store.sweep().await?),
        Call::ListPage { options } => Answer::Page(store.list_page(options).await?),
        Call::List { prefix } => Answer::Keys(store.list(prefix).await?),
        Call::DeletePrefix { prefix } => done(store.delete_prefix(prefix).await?),
        _ => return perform_rest(store, call).await,
    };
    Ok(answer)
}

async fn perform_rest(store: &dyn FullStore, call: &mut Call<'_>) -> Result<Answer> {
    let answer = match call {
        Call::PutWith {
            collection,
            document,
            options,
        } => Answer::Version(store.put_with(collection, given(document), *options).await?),
        Call::GetDoc { collection, id } => Answer::Document(store.get_doc(collection, id).await?),
        Call::QueryPage { collection, query } => Answer::QueryPage(store.query_page(collection, query).await?),
        Call::DeleteDoc { collection, id } => done(store.delete_doc(collection, id).await?),
        Call::Put { collection, document } => Answer::Version(store.put(collection, given(document)).await?),
        Call::Query { collection, filter } => Answer::Documents(store.query(collection, filter).await?),
        Call::DeleteCollection { collection } => done(store.delete_collection(collection).await?),
        Call::GetVersioned { key } => Answer::Versioned(store.get_versioned(key).await?),
        Call::Commit { transaction } => Answer::Committed(store.commit(transaction.clone()).await?),
        Call::SetIfAbsent { key, value, ttl } => Answer::Version(store.set_if_absent(key, value.clone(), *ttl).await?),
        Call::CompareAndSet {
            key,
            expected,
            value,
            ttl,
        } => Answer::Version(store.compare_and_set(key, *expected, value.clone(), *ttl).await?),
        Call::CompareAndDelete { key, expected } => done(store.compare_and_delete(key, *expected).await?),
        Call::Take { key } => Answer::Value(store.take(key).await?),
        Call::Touch { key, ttl } => Answer::Version(store.touch(key, *ttl).await?),
        Call::Update { key, change } => Answer::Versioned(store.update(key, change).await?),
        Call::Increment { key, delta } => Answer::Number(store.increment(key, *delta).await?),
        _ => unreachable!("the calls of `perform`"),
    };
    Ok(answer)
}

impl Call<'_> {
    /// Changes every key that the call names. Prefixes and positions in a listing are no keys.
    pub(crate) fn each_key(&mut self, mut change: impl FnMut(&mut String)) {
        match self {
            Self::Get { key }
            | Self::Set { key, .. }
            | Self::Delete { key }
            | Self::Contains { key }
            | Self::GetVersioned { key }
            | Self::SetIfAbsent { key, .. }
            | Self::CompareAndSet { key, .. }
            | Self::CompareAndDelete { key, .. }
            | Self::Take { key }
            | Self::Touch { key, .. }
            | Self::Update { key, .. }
            | Self::Increment { key, .. } => change(key),
            Self::GetMany { keys } | Self::DeleteMany { keys } => keys.iter_mut().for_each(change),
            Self::SetMany { entries } => entries.iter_mut().for_each(|entry| change(&mut entry.key)),
            Self::Commit { transaction } => map_actions(transaction, |action| change(&mut action.key)),
            _ => {}
        }
    }

    /// Takes one key for another wherever the call names one. What is no key stays none, and none becomes one.
    pub(crate) fn rename_keys(&mut self, rename: impl Fn(&str) -> String) {
        self.each_key(|key| {
            let renamed = rename(key);
            if (1..=MAX_KEY_BYTES).contains(&key.len()) && !renamed.is_empty() {
                *key = renamed;
            }
        });
    }

    /// May the call change entries?
    pub(crate) fn writes(&self) -> bool {
        matches!(
            self,
            Self::Set { .. }
                | Self::Delete { .. }
                | Self::SetMany { .. }
                | Self::DeleteMany { .. }
                | Self::DeletePrefix { .. }
                | Self::Commit { .. }
                | Self::SetIfAbsent { .. }
                | Self::CompareAndSet { .. }
                | Self::CompareAndDelete { .. }
                | Self::Take { .. }
                | Self::Touch { .. }
                | Self::Update { .. }
                | Self::Increment { .. }
        )
    }

    /// Changes every time to live that the call gives an entry.
    pub(crate) fn each_ttl(&mut self, mut change: impl FnMut(&mut Ttl)) {
        match self {
            Self::Set { ttl, .. }
            | Self::SetIfAbsent { ttl, .. }
            | Self::CompareAndSet { ttl, .. }
            | Self::Touch { ttl, .. } => change(ttl),
            Self::SetMany { entries } => entries.iter_mut().for_each(|entry| change(&mut entry.ttl)),
            Self::Commit { transaction } => map_actions(transaction, |action| {
                if let Some(Write::Set { ttl, .. } | Write::Touch { ttl }) = &mut action.write {
                    change(ttl);
                }
            }),
            _ => {}
        }
    }

    /// Changes every value that the call writes.
    pub(crate) fn each_value(&mut self, mut change: impl FnMut(&mut Bytes)) {
        match self {
            Self::Set { value, .. } | Self::SetIfAbsent { value, .. } | Self::CompareAndSet { value, .. } => {
                change(value);
            }
            Self::SetMany { entries } => entries.iter_mut().for_each(|entry| change(&mut entry.value)),
            Self::Commit { transaction } => map_actions(transaction, |action| {
                if let Some(Write::Set { value, .. }) = &mut action.write {
                    change(value);
                }
            }),
            _ => {}
        }
    }

    /// Changes the document that the call writes.
    pub(crate) fn document(&mut self) -> Option<&mut Document> {
        match self {
            Self::Put { document, .. } | Self::PutWith { document, .. } => Some(document),
            _ => None,
        }
    }

    /// The collection that the call names.
    pub(crate) fn collection(&mut self) -> Option<&mut String> {
        match self {
            Self::PutWith { collection, .. }
            | Self::GetDoc { collection, .. }
            | Self::QueryPage { collection, .. }
            | Self::DeleteDoc { collection, .. }
            | Self::Put { collection, .. }
            | Self::Query { collection, .. }
            | Self::DeleteCollection { collection } => Some(collection),
            _ => None,
        }
    }
}

impl Answer {
    /// Changes the entries of a page.
    pub(crate) fn each_entry(&mut self, change: impl FnMut(&mut Entry)) {
        if let Self::Page(page) = self {
            page.entries.iter_mut().for_each(change);
        }
    }

    /// Changes the documents that are shown.
    pub(crate) fn each_document(&mut self, mut change: impl FnMut(&mut Document)) {
        match self {
            Self::Document(document) => change(document),
            Self::Documents(documents) => documents.iter_mut().for_each(change),
            Self::QueryPage(page) => page.documents.iter_mut().for_each(change),
            _ => {}
        }
    }
}

/// Changes the actions of a valid transaction; leaves an invalid one as it is, for the store to refuse.
pub(crate) fn map_actions(transaction: &mut Transaction, mut change: impl FnMut(&mut Action)) {
    let profile = kvs_core::Profile::new("actions");
    let Ok(actions) = profile.check("commit").transaction(transaction.clone()) else {
        return;
    };
    let changed = actions.into_iter().map(|mut action| {
        change(&mut action);
        action
    });
    *transaction = changed.fold(Transaction::new(), with_action);
}

/// The transaction with one more action.
pub(crate) fn with_action(transaction: Transaction, action: Action) -> Transaction {
    let key = action.key;
    let transaction = match action.check {
        None => transaction,
        Some(Precondition::Absent) => transaction.check_absent(&key),
        Some(Precondition::Exists) => transaction.check_exists(&key),
        Some(Precondition::Version(version)) => transaction.check_version(&key, version),
    };
    match action.write {
        None => transaction,
        Some(Write::Set { value, ttl }) => transaction.set(&key, value, ttl),
        Some(Write::Delete) => transaction.delete(&key),
        Some(Write::Touch { ttl }) => transaction.touch(&key, ttl),
    }
}

/// The document itself, of which its id stays behind: one that nests a hundred thousand levels cannot be cloned.
fn given(document: &mut Document) -> Document {
    let rest = Document {
        id: document.id.clone(),
        ..Document::default()
    };
    std::mem::replace(document, rest)
}

fn done((): ()) -> Answer {
    Answer::Done
}

fn borrowed(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}
