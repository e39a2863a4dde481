//! Stores whose faults random sequences of operations find, too.

use kvs_core::{Expect, Version};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, before};
use crate::saboteur::serial;

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        after(
            "answers a touch with a version that the entry does not have",
            |_, call, answer| {
                if let (Call::Touch { .. }, Ok(Answer::Version(version))) = (call, answer) {
                    *version = Version::from_bytes(u128::from(serial()).to_be_bytes());
                }
            },
        )
        .found_by("model::atomic_operations_agree_with_a_map")
        .found_by("model::all_operations_agree_with_the_model"),
        before("puts a document whatever version is expected", |_, call| {
            if let Call::PutWith { options, .. } = call
                && let Expect::Version(_) = options.expect
            {
                options.expect = Expect::Any;
            }
        })
        .found_by("model::documents_agree_with_a_map"),
    ]
}
