//! Who takes part.

use anyhow::Context;
use bench_harness::Role;
use bench_sqlite_load::Journal;

use crate::children::Program;
use crate::files::{Content, Layout};

pub(crate) const OURS: &str = "kvs-sqlite";
pub(crate) const FROM_POOL: &str = "kvs-sqlite, from_pool";
pub(crate) const FACADE: &str = "kvs facade";
pub(crate) const BASE: &str = "rusqlite, inline";
pub(crate) const SPIN: &str = "Spin's statements";
pub(crate) const POOL: &str = "sqlx pool by hand";
const HELD: &str = "sqlx, one held connection";
/// Those that are on sqlx alone.
pub(crate) const ON_SQLX: [&str; 5] = [FROM_POOL, POOL, HELD, "opendal", "keyv"];

/// A contestant, before it is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) layout: Layout,
    pub(crate) journal: Journal,
    pub(crate) engine: Engine,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    Ours,
    Tuned(&'static str, &'static str),
    FromPool,
    Facade,
    Rusqlite,
    Spin,
    Pool,
    Held,
    Child(Program, &'static str),
}

const fn ours(name: &'static str, engine: Engine) -> Entrant {
    Entrant {
        name,
        role: Role::Ours,
        layout: Layout::Ours,
        journal: Journal::Wal,
        engine,
    }
}

const fn tuned(name: &'static str, engine: Engine) -> Entrant {
    Entrant {
        role: Role::Reference,
        ..ours(name, engine)
    }
}

const fn peer(name: &'static str, layout: Layout, journal: Journal, engine: Engine) -> Entrant {
    Entrant {
        name,
        role: Role::Peer,
        layout,
        journal,
        engine,
    }
}

const REFERENCE: Entrant = Entrant {
    role: Role::Reference,
    ..peer(BASE, Layout::Plain, Journal::Wal, Engine::Rusqlite)
};

/// All on a write-ahead log; the first is the base.
pub(crate) const ON_WAL: [Entrant; 12] = [
    REFERENCE,
    ours(OURS, Engine::Ours),
    ours(FROM_POOL, Engine::FromPool),
    ours(FACADE, Engine::Facade),
    peer(SPIN, Layout::Spin, Journal::Wal, Engine::Spin),
    peer(POOL, Layout::Plain, Journal::Wal, Engine::Pool),
    peer(HELD, Layout::Plain, Journal::Wal, Engine::Held),
    peer(
        "tokio-rusqlite",
        Layout::Plain,
        Journal::Wal,
        Engine::Child(Program::Rusqlite, "tokio-rusqlite"),
    ),
    peer(
        "deadpool-sqlite",
        Layout::Plain,
        Journal::Wal,
        Engine::Child(Program::Rusqlite, "deadpool-sqlite"),
    ),
    peer(
        "async-sqlite",
        Layout::Plain,
        Journal::Wal,
        Engine::Child(Program::Rusqlite, "async-sqlite"),
    ),
    peer(
        "opendal",
        Layout::Plain,
        Journal::Wal,
        Engine::Child(Program::Sqlx, "opendal"),
    ),
    peer("keyv", Layout::Keyv, Journal::Wal, Engine::Child(Program::Sqlx, "keyv")),
];

/// Ours with settings of SQLite that it leaves alone; the first is as it ships.
pub(crate) const TUNED: [Entrant; 4] = [
    ours(OURS, Engine::Ours),
    tuned("mmap_size = 256 MB", Engine::Tuned("mmap_size", "268435456")),
    tuned("cache_size = 16 MB", Engine::Tuned("cache_size", "-16000")),
    tuned("without checkpoints", Engine::Tuned("wal_autocheckpoint", "0")),
];

/// Those who would not be on a write-ahead log by themselves.
pub(crate) const AS_THEY_COME: [Entrant; 4] = [
    peer(
        "Spin's statements, as it comes",
        Layout::Spin,
        Journal::AsItComes,
        Engine::Spin,
    ),
    peer(
        "sqlx pool by hand, as it comes",
        Layout::Plain,
        Journal::AsItComes,
        Engine::Pool,
    ),
    peer(
        "opendal, as it comes",
        Layout::Plain,
        Journal::AsItComes,
        Engine::Child(Program::Sqlx, "opendal"),
    ),
    peer(
        "keyv, as it comes",
        Layout::Keyv,
        Journal::AsItComes,
        Engine::Child(Program::Sqlx, "keyv"),
    ),
];

/// The entrant of this name.
pub(crate) fn entrant(name: &str) -> anyhow::Result<Entrant> {
    let found = ON_WAL
        .iter()
        .chain(&TUNED)
        .chain(&AS_THEY_COME)
        .find(|entrant| entrant.name == name);
    found.copied().with_context(|| format!("nobody is called {name}"))
}

impl Entrant {
    /// What its file holds.
    pub(crate) fn content(&self, entries: usize, value_bytes: usize) -> Content {
        Content {
            layout: self.layout,
            journal: self.journal,
            entries,
            value_bytes,
        }
    }

    /// Who runs the store, and what it is called there.
    pub(crate) fn program(&self) -> (Program, &'static str) {
        match self.engine {
            Engine::Child(program, store) => (program, store),
            _ => (Program::This, self.name),
        }
    }
}
