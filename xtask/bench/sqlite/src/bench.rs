//! What all rows share: the runtime, the folder, the children.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Context;
use bench_sqlite_load::{Draws, Job};
use tokio::runtime::Runtime;

use crate::children::{Child, Program};
use crate::field::Entrant;
use crate::files::{Files, remove};
use crate::player::Player;

/// What all rows share.
pub(crate) struct Bench {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) files: Files,
    pub(crate) draws: Rc<RefCell<AllDraws>>,
    children: RefCell<BTreeMap<Program, Rc<RefCell<Child>>>>,
}

impl Bench {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            runtime: Arc::new(bench_harness::runtime()?),
            files: Files::new()?,
            draws: Rc::default(),
            children: RefCell::default(),
        })
    }

    /// The child that runs a program; started when it is first asked for.
    pub(crate) fn child(&self, program: Program) -> anyhow::Result<Rc<RefCell<Child>>> {
        if let Some(child) = self.children.borrow().get(&program) {
            return Ok(Rc::clone(child));
        }
        let child = Rc::new(RefCell::new(Child::start(program)?));
        self.children.borrow_mut().insert(program, Rc::clone(&child));
        Ok(child)
    }

    /// Opens all of them on files of their own, and sees that they return what was set.
    pub(crate) fn open(
        &self,
        entrants: impl IntoIterator<Item = Entrant>,
        entries: usize,
        value_bytes: usize,
    ) -> anyhow::Result<Players> {
        let mut opened = Players::default();
        for entrant in entrants {
            let content = entrant.content(entries, value_bytes);
            let path = self.files.make(&self.runtime, entrant.name, &content)?;
            opened.paths.push(path.clone());
            let player = entrant.open(self, &path).context(entrant.name)?;
            player.borrow_mut().verify(value_bytes).context(entrant.name)?;
            opened.all.push(player);
        }
        Ok(opened)
    }
}

/// Open stores, whose files are thrown away afterwards.
#[derive(Default)]
pub(crate) struct Players {
    pub(crate) all: Vec<Rc<RefCell<dyn Player>>>,
    paths: Vec<PathBuf>,
}

impl Drop for Players {
    fn drop(&mut self) {
        self.all.clear();
        for path in &self.paths {
            // The folder is removed in the end, and whatever is left with it.
            let _ = remove(path);
        }
    }
}

/// Draws that were made already.
#[derive(Debug, Default)]
pub(crate) struct AllDraws(Vec<Arc<Draws>>);

impl AllDraws {
    pub(crate) fn of(&mut self, job: &Job) -> anyhow::Result<Arc<Draws>> {
        if let Some(draws) = self.0.iter().find(|draws| draws.fit(job)) {
            return Ok(Arc::clone(draws));
        }
        let draws = Arc::new(Draws::new(job)?);
        self.0.push(Arc::clone(&draws));
        Ok(draws)
    }
}
