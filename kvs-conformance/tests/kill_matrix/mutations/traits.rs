//! Stores that are not what they say.

use kvs_core::Error;

use crate::call::Call;
use crate::mutation::{Mutation, around, otherwise};

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        otherwise("has another name than its subject says")
            .announces(|profile| profile.name = "other")
            .found_by("traits::the_profile_is_the_declared_one")
            .found_by("traits::the_profile_outlives_close"),
        otherwise("lists, and says that it cannot")
            .declares(|profile| profile.traits.listable = false)
            .announces(|profile| profile.traits.listable = false)
            .found_by("traits::listing_is_declared_or_refused"),
        otherwise("holds documents, and says that it cannot")
            .declares(|profile| profile.traits.documents = false)
            .announces(|profile| profile.traits.documents = false)
            .found_by("traits::documents_are_declared_or_refused"),
        otherwise("works atomically, and says that it cannot")
            .declares(|profile| profile.traits.atomic = false)
            .announces(|profile| profile.traits.atomic = false)
            .found_by("traits::atomic_operations_are_declared_or_refused"),
        around("deletes a prefix before it refuses to list", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                match call {
                    Call::List { .. } | Call::ListPage { .. } | Call::DeletePrefix { .. } => {
                        answer.and(Err(Error::unsupported("there are no listings")))
                    }
                    _ => answer,
                }
            })
        })
        .declares(|profile| profile.traits.listable = false)
        .announces(|profile| profile.traits.listable = false)
        .found_by("traits::listing_is_declared_or_refused"),
        around("writes before it refuses to work atomically", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                match call {
                    Call::GetVersioned { .. }
                    | Call::Commit { .. }
                    | Call::SetIfAbsent { .. }
                    | Call::CompareAndSet { .. }
                    | Call::CompareAndDelete { .. }
                    | Call::Take { .. }
                    | Call::Touch { .. }
                    | Call::Update { .. }
                    | Call::Increment { .. } => Err(Error::unsupported("there are no versions")),
                    _ => answer,
                }
            })
        })
        .declares(|profile| profile.traits.atomic = false)
        .announces(|profile| profile.traits.atomic = false)
        .found_by("traits::atomic_operations_are_declared_or_refused"),
    ]
}
