//! Stores that break rules of the group `transactions`.

mod checks;
mod limits;
mod probes;
mod races;
mod writes;

use kvs_core::{Action, Profile, Transaction};

use crate::call::{Call, map_actions};
use crate::mutation::Mutation;

pub(crate) fn all() -> Vec<Mutation> {
    [checks::all(), limits::all(), writes::all(), races::all(), probes::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// Changes every action of a valid transaction.
fn each_action(call: &mut Call<'_>, change: impl FnMut(&mut Action)) {
    if let Call::Commit { transaction } = call {
        map_actions(transaction, change);
    }
}

/// What a transaction does, by ascending key, whatever the limits; nothing for one that contradicts itself.
fn actions(transaction: &Transaction) -> Vec<Action> {
    let mut profile = Profile::new("actions");
    profile.limits.value_bytes = usize::MAX;
    profile.limits.transaction_keys = usize::MAX;
    profile.limits.transaction_bytes = usize::MAX;
    let actions = profile.check("commit").transaction(transaction.clone());
    actions.unwrap_or_default()
}
