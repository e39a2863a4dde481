//! What all rows share: the runtime, the folder, the programs of stores.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::children::{Child, Program};
use crate::field::Entrant;
use crate::files::{Files, remove};
use crate::player::Player;

/// What all rows share.
pub(crate) struct Bench {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) files: Files,
    built: RefCell<BTreeMap<Program, PathBuf>>,
}

impl Bench {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            runtime: Arc::new(bench_harness::runtime()?),
            files: Files::new()?,
            built: RefCell::default(),
        })
    }

    /// A process that runs a program, which is built when it is first asked for.
    pub(crate) fn start(&self, program: Program) -> anyhow::Result<Child> {
        if let Some(path) = self.built.borrow().get(&program) {
            return Child::start(path);
        }
        let path = program.build()?;
        let child = Child::start(&path);
        self.built.borrow_mut().insert(program, path);
        child
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
            let mut player = Player::open(self, entrant, path).context(entrant.name)?;
            player.verify(value_bytes).context(entrant.name)?;
            opened.all.push(Rc::new(RefCell::new(player)));
        }
        Ok(opened)
    }
}

/// Open stores, whose files are thrown away afterwards.
#[derive(Default)]
pub(crate) struct Players {
    pub(crate) all: Vec<Rc<RefCell<Player>>>,
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
