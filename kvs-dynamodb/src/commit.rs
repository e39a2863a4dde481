//! Transactions: one key as one conditional request, several as one request with a token.

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::future::try_join_all;
use kvs_core::{Action, Committed, Error, Precondition, Result, Timestamp, Ttl, Version, Write};

use crate::call::{Answer, Effect, Refused, Retry};
use crate::change::{Action as ItemAction, Change, Condition};
use crate::entries::{Written, unknown};
use crate::error::Refusal;
use crate::handle::{DynamoStore, Table};

/// What a transaction does to one key, ready to be sent.
struct Step {
    change: Change,
    /// The condition is not the caller's: it holds the state that `Ttl::Keep` was decided on.
    induced: bool,
}

impl DynamoStore {
    /// Evaluates all conditions, then does all writes, or none.
    pub(crate) async fn commit_actions(&self, actions: &[Action]) -> Result<Committed> {
        let now = self.now();
        match actions {
            [
                Action {
                    key,
                    check: Some(check),
                    write: None,
                },
            ] => {
                if check.holds(self.newest(key, now).await?) {
                    Ok(Committed::default())
                } else {
                    Err(Error::conflict([key.as_str()]))
                }
            }
            [
                Action {
                    key,
                    check: Some(check),
                    write: Some(write),
                },
            ] => self.commit_one(key, *check, write, now).await,
            _ => self.commit_many(actions, now).await,
        }
    }

    async fn commit_one(&self, key: &str, check: Precondition, write: &Write, now: Timestamp) -> Result<Committed> {
        let version = self.version();
        let change = self.change_of(key, Some(check), Some(write), version, now);
        let removes = matches!(write, Write::Delete);
        let written = if removes {
            self.table().remove(change).await?
        } else {
            self.table().write(change, version).await?
        };
        match written {
            Written::Yes if removes => Ok(Committed::default()),
            Written::Yes => Ok([(key.to_owned(), version)].into_iter().collect()),
            Written::No(_) => Err(Error::conflict([key])),
        }
    }

    async fn commit_many(&self, actions: &[Action], now: Timestamp) -> Result<Committed> {
        let versions: Vec<Version> = actions.iter().map(|_| self.version()).collect();
        let mut retry = Retry::new(self.table().patience);
        loop {
            let mut steps = Vec::with_capacity(actions.len());
            for (action, version) in actions.iter().zip(&versions) {
                steps.push(self.step(action, *version, now));
            }
            let steps = try_join_all(steps).await?;
            match self.table().transact(&steps, self.version()).await? {
                Answer::Done(()) => return Ok(committed(actions, &versions)),
                Answer::Refused(Refused { doubt: Some(doubt), .. })
                    if actions.iter().any(|action| action.write.is_some()) =>
                {
                    return Err(unknown(doubt));
                }
                Answer::Refused(Refused { refusal, .. }) => {
                    let failed = failed_keys(actions, &steps, &refusal);
                    if !failed.is_empty() {
                        return Err(Error::conflict(failed));
                    }
                }
            }
            if !retry.again().await {
                return Err(Error::unavailable(
                    "an entry whose expiry is to be kept changes all the time; try again",
                ));
            }
        }
    }

    /// One key of a transaction. To keep the expiry of an entry that may or may not be there, it is looked up first, and
    /// must still be so.
    async fn step(&self, action: &Action, version: Version, now: Timestamp) -> Result<Step> {
        let Action { key, check, write } = action;
        let induced = check.is_none() && matches!(write, Some(Write::Set { ttl: Ttl::Keep, .. }));
        let check = if induced {
            let live = self.newest(key, now).await?;
            Some(live.map_or(Precondition::Absent, |_| Precondition::Exists))
        } else {
            *check
        };
        Ok(Step {
            change: self.change_of(key, check, write.as_ref(), version, now),
            induced,
        })
    }

    fn change_of(
        &self,
        key: &str,
        check: Option<Precondition>,
        write: Option<&Write>,
        version: Version,
        now: Timestamp,
    ) -> Change {
        let plain = |action| Change {
            key: self.layout().entry(key),
            action,
            condition: check.map_or(Condition::None, |check| Condition::Entry(check, now)),
        };
        match write {
            None => plain(ItemAction::Check),
            Some(Write::Delete) => plain(ItemAction::Delete),
            Some(Write::Set { value, ttl }) => self.set_change(key, value.clone(), *ttl, check, version, now),
            Some(Write::Touch { ttl }) => {
                self.touch_change(key, *ttl, check.unwrap_or(Precondition::Exists), version, now)
            }
        }
    }
}

impl Table {
    /// Sends a transaction, the same again after a lost answer: DynamoDB knows it by its token.
    async fn transact(&self, steps: &[Step], token: Version) -> Result<Answer<()>> {
        let parts: Result<Vec<TransactWriteItem>, _> = steps.iter().map(|step| step.change.part(&self.name)).collect();
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(parts.map_err(Self::incomplete)?))
            .client_request_token(token.to_string());
        let answer = self.send(Effect::Recognisable, || request.clone().send()).await?;
        Ok(match answer {
            Answer::Done(_) => Answer::Done(()),
            Answer::Refused(refused) => Answer::Refused(refused),
        })
    }
}

/// The keys whose conditions, as the caller gave them, failed. None if only induced ones did.
fn failed_keys<'a>(actions: &'a [Action], steps: &[Step], refusal: &Refusal) -> Vec<&'a str> {
    let Refusal::Transaction(places) = refusal else {
        return Vec::new();
    };
    let failed = actions.iter().zip(steps).zip(places);
    failed
        .filter(|((_, step), failed)| **failed && !step.induced)
        .map(|((action, _), _)| action.key.as_str())
        .collect()
}

fn committed(actions: &[Action], versions: &[Version]) -> Committed {
    let leaves_entry = |action: &Action| matches!(action.write, Some(Write::Set { .. } | Write::Touch { .. }));
    let written = actions.iter().zip(versions).filter(|(action, _)| leaves_entry(action));
    written
        .map(|(action, version)| (action.key.clone(), *version))
        .collect()
}
