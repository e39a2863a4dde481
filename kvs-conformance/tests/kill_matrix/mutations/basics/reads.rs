//! Stores that read wrongly.

use kvs_core::{Error, Ttl};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around};

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        after("cannot read before something was written", |saboteur, call, answer| {
            if call.writes() {
                saboteur.notes.count("writes");
            }
            if let (Call::Get { .. }, Err(Error::NotFound)) = (call, &*answer)
                && saboteur.notes.counted("writes") == 0
            {
                *answer = Err(Error::backend("there is no such table"));
            }
        })
        .found_by("basics::get_of_a_missing_key_is_not_found")
        .found_by("basics::get_opt_turns_a_miss_into_none"),
        around("drops an entry that was read eight times", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                if let Call::Get { key } = &call
                    && saboteur.notes.count(key) == 7
                {
                    saboteur.sound().delete(key).await?;
                }
                Ok(answer)
            })
        })
        .found_by("basics::set_then_get_gives_the_value"),
        around("takes an empty value for none in contains", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Contains { key } = &call
                    && saboteur.sound().get(key).await.is_ok_and(|value| value.is_empty())
                {
                    return Ok(Answer::Flag(false));
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::contains_tells_presence"),
        around("reads from a copy that lags, now and then", |saboteur, mut call| {
            Box::pin(async move {
                match &call {
                    Call::Set { key, .. } => {
                        let old = saboteur.sound().get(key).await;
                        saboteur.notes.values().extend(old.ok().map(|old| (key.clone(), old)));
                    }
                    Call::Get { key } if saboteur.notes.count(key) % 50 == 49 => {
                        let old = saboteur.notes.values().get(key).cloned();
                        return old.map(Answer::Value).ok_or(Error::NotFound);
                    }
                    _ => {}
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::a_read_sees_the_write_before_it"),
        around("gives an entry a new version when it is read", |saboteur, mut call| {
            Box::pin(async move {
                if let Call::Get { key } = &call {
                    // An entry that is not there stays so.
                    let _ = saboteur.sound().touch(key, Ttl::Keep).await;
                }
                saboteur.soundly(&mut call).await
            })
        })
        .found_by("basics::reads_change_nothing"),
    ]
}
