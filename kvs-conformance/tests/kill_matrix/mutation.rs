//! One way in which a store can be wrong.

use futures_util::future::BoxFuture;
use kvs_conformance::Site;
use kvs_core::{Profile, Result};

use crate::call::{Answer, Call};
use crate::saboteur::{Saboteur, place};

/// A small change to a sound store, and the cases that must find it.
#[derive(Debug)]
pub(crate) struct Mutation {
    /// What the store does, in words: "expires a millisecond late".
    pub(crate) name: &'static str,
    /// Cases that must fail. Those that take long are run against the mutations that name them, and no others.
    pub(crate) found_by: Vec<&'static str>,
    /// So much is wrong that finding it says little of the single case.
    pub(crate) wide: bool,
    pub(crate) clock: Clockwork,
    /// Does the store keep a note of what was written, for [`Saboteur::ghost`]?
    pub(crate) remembers: bool,
    /// Which storage belongs to a site.
    pub(crate) place: fn(&Site) -> String,
    /// Changes what the subject says that its stores are.
    pub(crate) declares: fn(&mut Profile),
    /// Changes what an opened store says that it is.
    pub(crate) announces: fn(&mut Profile),
    /// What `Debug` of the handle shows.
    pub(crate) debug: Option<fn(&Saboteur) -> String>,
    /// Done when a handle is opened.
    pub(crate) opened: fn(&Saboteur),
    /// Done when a handle is dropped.
    pub(crate) dropped: fn(&Saboteur),
    pub(crate) fault: Fault,
}

/// Which clock the store reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clockwork {
    Manual,
    Wall,
}

/// What becomes of a call.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing: the profile, the place or `Debug` is wrong.
    None,
    /// The call is changed before a sound store gets it.
    Before(fn(&Saboteur, &mut Call<'_>)),
    /// The answer of a sound store is changed.
    After(fn(&Saboteur, &Call<'_>, &mut Result<Answer>)),
    /// Something else is done.
    Around(Act),
}

/// Does something in the place of the call, or before, after or beside it.
pub(crate) type Act = for<'a> fn(&'a Saboteur, Call<'a>) -> BoxFuture<'a, Result<Answer>>;

/// Changes a call before a sound store gets it.
pub(crate) fn before(name: &'static str, change: fn(&Saboteur, &mut Call<'_>)) -> Mutation {
    mutation(name, Fault::Before(change))
}

/// Changes the answer of a sound store.
pub(crate) fn after(name: &'static str, change: fn(&Saboteur, &Call<'_>, &mut Result<Answer>)) -> Mutation {
    mutation(name, Fault::After(change))
}

/// Does something in the place of a call. Whatever is not meant goes to [`Saboteur::soundly`].
pub(crate) fn around(name: &'static str, act: Act) -> Mutation {
    mutation(name, Fault::Around(act))
}

/// Leaves all calls as they are: what is wrong is said by the builder methods.
pub(crate) fn otherwise(name: &'static str) -> Mutation {
    mutation(name, Fault::None)
}

fn mutation(name: &'static str, fault: Fault) -> Mutation {
    Mutation {
        name,
        found_by: Vec::new(),
        wide: false,
        clock: Clockwork::Manual,
        remembers: false,
        place,
        declares: |_| {},
        announces: |_| {},
        debug: None,
        opened: |_| {},
        dropped: |_| {},
        fault,
    }
}

impl Mutation {
    /// Names a case that must find it.
    pub(crate) fn found_by(mut self, case: &'static str) -> Self {
        self.found_by.push(case);
        self
    }

    /// Fails too many cases for each of them to prove something.
    pub(crate) fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// On a store that reads the clock of the wall.
    pub(crate) fn on_the_wall(mut self) -> Self {
        self.clock = Clockwork::Wall;
        self
    }

    /// Keeps a note of what was written, so that what has expired can be seen: [`Saboteur::ghost`].
    pub(crate) fn remembering(mut self) -> Self {
        self.remembers = true;
        self
    }

    /// Chooses the storage of a site otherwise.
    pub(crate) fn placed(mut self, place: fn(&Site) -> String) -> Self {
        self.place = place;
        self
    }

    /// The subject declares something else than it is.
    pub(crate) fn declares(mut self, change: fn(&mut Profile)) -> Self {
        self.declares = change;
        self
    }

    /// The opened store says something else than it is.
    pub(crate) fn announces(mut self, change: fn(&mut Profile)) -> Self {
        self.announces = change;
        self
    }

    /// `Debug` of the handle shows this.
    pub(crate) fn shown_as(mut self, debug: fn(&Saboteur) -> String) -> Self {
        self.debug = Some(debug);
        self
    }

    /// Does something when a handle is opened.
    pub(crate) fn opened(mut self, act: fn(&Saboteur)) -> Self {
        self.opened = act;
        self
    }

    /// Does something when a handle is dropped.
    pub(crate) fn dropped(mut self, act: fn(&Saboteur)) -> Self {
        self.dropped = act;
        self
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Before(_) => "Before",
            Self::After(_) => "After",
            Self::Around(_) => "Around",
        })
    }
}
