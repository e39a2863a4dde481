//! Every operation that sends a request, and what a lost answer means for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt};
use kvs_dynamodb::{
    AtomicStore, Bytes, Document, DocumentStore, DynamoStore, Error, ErrorKind, Filter, ListOptions, ListableStore,
    PutOptions, Query, Result, SetEntry, Store, StoreExt, Transaction, Ttl, Version,
};
use serde_json::json;

use crate::server::{Fault, Request, Rule};
use crate::support::{Bench, bounded};

/// What a lost answer means for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it is asked again.
    Read,
    /// It is sent again, and repeating it is harmless.
    Repeatable,
    /// It is sent again, and knows its own write. Its condition does not hold after another write.
    Conditional,
    /// The same, but its condition is only that something is there.
    Present,
    /// It is never sent again.
    Once,
    /// It is sent again with its token.
    Token,
}

impl Kind {
    pub(crate) const ALL: &[Self] = &[
        Self::Read,
        Self::Repeatable,
        Self::Conditional,
        Self::Present,
        Self::Once,
        Self::Token,
    ];
    pub(crate) const WRITES: &[Self] = &[
        Self::Repeatable,
        Self::Conditional,
        Self::Present,
        Self::Once,
        Self::Token,
    ];
    /// All that is sent again after a lost answer.
    pub(crate) const RESENT: &[Self] = &[
        Self::Read,
        Self::Repeatable,
        Self::Conditional,
        Self::Present,
        Self::Token,
    ];
}

/// A call of the store, with all arguments.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    run: fn(Subject) -> Running<Result<()>>,
    took_effect: fn(DynamoStore) -> Running<bool>,
}

/// What an operation works on: entries and documents as [`seed`] left them, with their versions.
#[derive(Clone)]
pub(crate) struct Subject {
    store: DynamoStore,
    entry: Version,
    document: Version,
}

type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Operation {
    pub(crate) fn run(&self, subject: &Subject) -> Running<Result<()>> {
        (self.run)(subject.clone())
    }

    /// The rule for the requests that matter: those that write, if it is a write.
    pub(crate) fn meets(&self, fault: Fault) -> Rule {
        let is_read = self.is_read();
        Rule::new(fault).when(move |request| is_read || request.is_write())
    }

    /// The requests of that kind which came in.
    pub(crate) fn requests(&self, bench: &Bench) -> Vec<Request> {
        if self.is_read() {
            bench.server.requests()
        } else {
            bench.server.writes()
        }
    }

    /// Runs it, and demands that it succeeds and has its effect.
    pub(crate) async fn succeeds(&self, bench: &Bench, subject: &Subject) {
        let outcome = bounded(self.run(subject)).await;
        outcome.unwrap_or_else(|error| panic!("{self:?}: {error:?}"));
        assert!(
            self.is_read() || self.took_effect(bench).await,
            "{self:?} left no trace"
        );
    }

    /// Runs it, and demands that it fails.
    pub(crate) async fn fails(&self, subject: &Subject) -> Error {
        let outcome = bounded(self.run(subject)).await;
        outcome.expect_err(self.name)
    }

    /// Demands what an error must say after answers were lost.
    pub(crate) fn is_unknown(&self, error: &Error, kind: ErrorKind) {
        let cause = match error {
            Error::Incomplete { source, .. } => source.kind(),
            other => other.kind(),
        };
        assert_eq!(cause, kind, "{self:?}: {error:?}");
        assert_eq!(error.may_have_applied(), !self.is_read(), "{self:?}: {error:?}");
        let harmless = matches!(self.kind, Kind::Read | Kind::Repeatable);
        assert_eq!(error.is_retryable(), harmless, "{self:?}: {error:?}");
    }

    /// Whether what the operation wrote is there; a read has no effect.
    pub(crate) async fn took_effect(&self, bench: &Bench) -> bool {
        (self.took_effect)(bench.observer.clone()).await
    }

    pub(crate) fn is_read(&self) -> bool {
        self.kind == Kind::Read
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Writes what the operations find: `there` = `old`, `counter` = `41`, and the document `there`.
pub(crate) async fn seed(bench: &Bench) -> Subject {
    let observer = &bench.observer;
    observer.set_text("there", "old", Ttl::Never).await.unwrap();
    observer.set_text("counter", "41", Ttl::Never).await.unwrap();
    let document = observer.put("docs", document("there", "old")).await.unwrap();
    Subject {
        store: bench.store.clone(),
        entry: observer.get_versioned("there").await.unwrap().version,
        document,
    }
}

/// What another writer does who comes in between: no operation finds there what it left.
pub(crate) async fn write_theirs(observer: DynamoStore) {
    for key in ["there", "absent", "counter"] {
        observer.set_text(key, "1000", Ttl::Never).await.unwrap();
    }
    for id in ["there", "absent"] {
        observer.put("docs", document(id, "theirs")).await.unwrap();
    }
}

/// Another writer, who leaves nothing.
pub(crate) async fn remove_all(observer: DynamoStore) {
    observer.delete_prefix("").await.unwrap();
    observer.delete_collection("docs").await.unwrap();
}

/// Whether all is as [`write_theirs`] left it.
pub(crate) async fn is_theirs(observer: &DynamoStore) -> bool {
    let values = observer.get_many(&["there", "absent", "counter"]).await.unwrap();
    let mut theirs = values.iter().all(|value| value.as_deref() == Some(b"1000"));
    for id in ["there", "absent"] {
        theirs &= observer.get_doc("docs", id).await.unwrap().data["state"] == "theirs";
    }
    theirs
}

/// All operations, but `set` of an absent key with `Ttl::Keep`: it sends two requests.
const OPERATIONS: &[&[Operation]] = &[READS, REPEATABLE, CONDITIONAL, COUNTING, ONCE, TOKEN];

/// Runs a test for every operation of some kinds, each on a bench of its own.
pub(crate) async fn each(
    kinds: &[Kind],
    bench: impl AsyncFn() -> Bench,
    test: impl AsyncFn(&Operation, &Bench, &Subject),
) {
    let operations = OPERATIONS
        .iter()
        .copied()
        .flatten()
        .filter(|operation| kinds.contains(&operation.kind));
    let one = async |operation: &Operation| {
        let bench = bench().await;
        let subject = seed(&bench).await;
        test(operation, &bench, &subject).await;
    };
    stream::iter(operations).for_each_concurrent(6, one).await;
}

macro_rules! operation {
    ($kind:ident $name:literal: |$subject:ident| $run:expr, |$observer:ident| $took_effect:expr) => {
        Operation {
            name: $name,
            kind: Kind::$kind,
            run: |$subject| Box::pin(async move { $run.await.map(drop) }),
            took_effect: |$observer| Box::pin(async move { $took_effect }),
        }
    };
    (Read $name:literal: |$subject:ident| $run:expr) => {
        operation!(Read $name: |$subject| $run, |_store| false)
    };
}

const READS: &[Operation] = &[
    operation!(Read "get": |s| s.store.get("there")),
    operation!(Read "contains": |s| s.store.contains("there")),
    operation!(Read "get_versioned": |s| s.store.get_versioned("there")),
    operation!(Read "get_many": |s| s.store.get_many(&["there", "absent"])),
    operation!(Read "list": |s| s.store.list("")),
    operation!(Read "list_page": |s| s.store.list_page(&ListOptions::new("").values(true))),
    operation!(Read "get_doc": |s| s.store.get_doc("docs", "there")),
    operation!(Read "query": |s| s.store.query("docs", &Filter::all())),
    operation!(Read "query_page": |s| s.store.query_page("docs", &Query::default())),
    operation!(Read "commit of a check": |s| s.store.commit(Transaction::new().check_version("there", s.entry))),
];

const REPEATABLE: &[Operation] = &[
    operation!(Repeatable "set": |s| s.store.set("there", new(), Ttl::Never), |o| is_new(&o, "there").await),
    operation!(Repeatable "set with Ttl::Keep": |s| s.store.set("there", new(), Ttl::Keep), |o| is_new(&o, "there").await),
    operation!(Repeatable "delete": |s| s.store.delete("there"), |o| is_gone(&o, "there").await),
    operation!(Repeatable "set_many":
        |s| s.store.set_many(vec![SetEntry::new("there", "new"), SetEntry::new("absent", "new")]),
        |o| is_new(&o, "there").await && is_new(&o, "absent").await),
    operation!(Repeatable "delete_many":
        |s| s.store.delete_many(&["there", "counter"]), |o| is_gone(&o, "there").await && is_gone(&o, "counter").await),
    operation!(Repeatable "put": |s| s.store.put("docs", document("there", "new")), |o| is_new_doc(&o, "there").await),
    operation!(Repeatable "delete_prefix": |s| s.store.delete_prefix("the"), |o| is_gone(&o, "there").await),
    operation!(Repeatable "delete_collection":
        |s| s.store.delete_collection("docs"), |o| is_gone_doc(&o, "there").await),
    operation!(Repeatable "delete_doc":
        |s| s.store.delete_doc("docs", "there"), |o| is_gone_doc(&o, "there").await),
];

const CONDITIONAL: &[Operation] = &[
    operation!(Conditional "set_if_absent":
        |s| s.store.set_if_absent("absent", new(), Ttl::Never), |o| is_new(&o, "absent").await),
    operation!(Conditional "compare_and_set":
        |s| s.store.compare_and_set("there", s.entry, new(), Ttl::Never), |o| is_new(&o, "there").await),
    operation!(Conditional "compare_and_set with Ttl::Keep":
        |s| s.store.compare_and_set("there", s.entry, new(), Ttl::Keep), |o| is_new(&o, "there").await),
    operation!(Present "touch":
        |s| s.store.touch("there", HOUR), |o| o.get_versioned("there").await.unwrap().expires_at.is_some()),
    operation!(Present "commit of one key that exists":
        |s| s.store.commit(Transaction::new().check_exists("there").set("there", "new", Ttl::Never)),
        |o| is_new(&o, "there").await),
    operation!(Conditional "commit of one key":
        |s| s.store.commit(Transaction::new().check_version("there", s.entry).set("there", "new", HOUR)),
        |o| is_new(&o, "there").await),
    operation!(Conditional "put_with Absent":
        |s| s.store.put_with("docs", document("absent", "new"), PutOptions::if_absent()),
        |o| is_new_doc(&o, "absent").await),
    operation!(Conditional "put_with Version":
        |s| s.store.put_with("docs", document("there", "new"), PutOptions::if_version(s.document)),
        |o| is_new_doc(&o, "there").await),
];

/// A read, then a conditional write.
const COUNTING: &[Operation] = &[
    operation!(Conditional "increment": |s| s.store.increment("counter", 1), |o| o.get("counter").await.unwrap() == "42"),
    operation!(Conditional "increment of an absent key":
        |s| s.store.increment("absent", 7), |o| o.get_opt("absent").await.unwrap().is_some_and(|value| value == "7")),
    operation!(Conditional "update":
        |s| s.store.update("there", &mut |_| Ok(new())), |o| is_new(&o, "there").await),
];

const ONCE: &[Operation] = &[
    operation!(Once "take": |s| s.store.take("there"), |o| is_gone(&o, "there").await),
    operation!(Once "compare_and_delete":
        |s| s.store.compare_and_delete("there", s.entry), |o| is_gone(&o, "there").await),
    operation!(Once "commit of a conditional delete":
        |s| s.store.commit(Transaction::new().check_exists("there").delete("there")), |o| is_gone(&o, "there").await),
];

const TOKEN: &[Operation] = &[
    operation!(Token "commit of two writes":
        |s| s.store.commit(Transaction::new().set("there", "new", Ttl::Never).set("absent", "new", HOUR)),
        |o| is_new(&o, "there").await && is_new(&o, "absent").await),
    operation!(Token "commit of a check and a write":
        |s| s.store.commit(Transaction::new().check_version("there", s.entry).set("absent", "new", Ttl::Never)),
        |o| is_new(&o, "absent").await),
    operation!(Token "commit of a write and a delete":
        |s| s.store.commit(Transaction::new().set("absent", "new", Ttl::Never).delete("there")),
        |o| is_new(&o, "absent").await && is_gone(&o, "there").await),
    operation!(Token "commit of one unconditional write":
        |s| s.store.commit(Transaction::new().set("absent", "new", Ttl::Never)), |o| is_new(&o, "absent").await),
];

const HOUR: Ttl = Ttl::After(std::time::Duration::from_hours(1));

fn new() -> Bytes {
    "new".into()
}

pub(crate) fn document(id: &str, state: &str) -> Document {
    Document::new(id, json!({"state": state})).unwrap()
}

async fn is_new(observer: &DynamoStore, key: &str) -> bool {
    observer.get_opt(key).await.unwrap().is_some_and(|value| value == "new")
}

async fn is_gone(observer: &DynamoStore, key: &str) -> bool {
    !observer.contains(key).await.unwrap()
}

async fn is_gone_doc(observer: &DynamoStore, id: &str) -> bool {
    observer
        .get_doc("docs", id)
        .await
        .is_err_and(|error| error.is_not_found())
}

async fn is_new_doc(observer: &DynamoStore, id: &str) -> bool {
    let found = observer.query("docs", &Filter::eq("state", "new")).await.unwrap();
    found.iter().any(|document| document.id == id)
}
