//! Single items: reading one, and changing one on a condition.

use aws_sdk_dynamodb::types::ReturnValue;
use kvs_core::{Backoff, Bytes, Error, Precondition, Result, Timestamp, Ttl, UpdateFn, Version, Versioned};
use tokio::time::timeout;

use crate::call::{Answer, Effect, Refused, Retry};
use crate::change::{Action, Change, Condition, Expression, Request};
use crate::error::Refusal;
use crate::handle::{DynamoStore, Table};
use crate::schema::{self, EXPIRES, Item, Stored, TTL, VALUE, VERSION};

/// What became of a conditional write.
#[derive(Debug)]
pub(crate) enum Written {
    Yes,
    /// The condition failed; the item, if there is one, live or not.
    No(Option<Item>),
}

impl Table {
    /// Reads an item, as consistently as the settings say.
    pub(crate) async fn item(&self, place: impl Fn() -> Item) -> Result<Option<Item>> {
        self.item_of(place, None, self.consistent).await
    }

    /// Each attempt makes its request anew: one that is kept to be copied would cost every read, for the sake of few.
    async fn item_of(
        &self,
        place: impl Fn() -> Item,
        attributes: Option<&Expression>,
        consistent: bool,
    ) -> Result<Option<Item>> {
        let attempt = || {
            let request = self.client.get_item().table_name(&self.name);
            request
                .set_key(Some(place()))
                .consistent_read(consistent)
                .set_projection_expression(attributes.map(|attributes| attributes.text.clone()))
                .set_expression_attribute_names(attributes.map(|attributes| attributes.names.clone()))
                .send()
        };
        Ok(self.ask(Effect::Nothing, attempt).await?.item)
    }

    /// Writes an item whatever was there.
    async fn put(&self, item: impl Fn() -> Item) -> Result<()> {
        let attempt = || {
            let request = self.client.put_item().table_name(&self.name);
            request.set_item(Some(item())).send()
        };
        self.ask(Effect::Repeatable, attempt).await.map(drop)
    }

    /// Changes an item in one request.
    pub(crate) async fn change(&self, change: Change, effect: Effect) -> Result<Answer<()>> {
        match change.request(&self.client, &self.name) {
            Some(Request::Delete(request)) => {
                let sent = self.send(effect, || request.clone().send());
                sent.await.map(Answer::drop_output)
            }
            Some(Request::Put(request)) => {
                let sent = self.send(effect, || request.clone().send());
                sent.await.map(Answer::drop_output)
            }
            Some(Request::Update(request)) => {
                let sent = self.send(effect, || request.clone().send());
                sent.await.map(Answer::drop_output)
            }
            None => Err(Error::backend("a check alone is no request")),
        }
    }

    /// Changes an item on a condition. An attempt whose answer was lost is known by its version.
    pub(crate) async fn write(&self, change: Change, version: Version) -> Result<Written> {
        match self.change(change, Effect::Recognisable).await? {
            Answer::Done(()) => Ok(Written::Yes),
            Answer::Refused(refused) => refused.decide(Some(version)),
        }
    }

    /// Deletes an item on a condition.
    pub(crate) async fn remove(&self, change: Change) -> Result<Written> {
        match self.change(change, Effect::Once).await? {
            Answer::Done(()) => Ok(Written::Yes),
            Answer::Refused(refused) => refused.decide(None),
        }
    }
}

impl<T> Answer<T> {
    fn drop_output(self) -> Answer<()> {
        match self {
            Self::Done(_) => Answer::Done(()),
            Self::Refused(refused) => Answer::Refused(refused),
        }
    }
}

impl Refused {
    /// Decides what a refusal means, where an earlier attempt may have done the write and left this version.
    pub(crate) fn decide(self, version: Option<Version>) -> Result<Written> {
        let item = match self.refusal {
            Refusal::Condition(item) => item,
            Refusal::Transaction(_) => None,
        };
        let Some(doubt) = self.doubt else {
            return Ok(Written::No(item));
        };
        let found = item.as_ref().map(schema::version).transpose()?;
        if version.is_some() && found == version {
            Ok(Written::Yes)
        } else {
            Err(unknown(doubt))
        }
    }
}

/// What to tell where an attempt has no answer, and a later one was refused.
pub(crate) fn unknown(doubt: Error) -> Error {
    Error::unavailable("an answer was lost, and the items are not as this write leaves them; read before you decide")
        .with_source(doubt)
        .outcome_unknown()
}

impl DynamoStore {
    /// Reads the live entry.
    pub(crate) async fn live(&self, key: &str, now: Timestamp) -> Result<Option<Versioned>> {
        let item = self.table().item(|| self.layout().entry(key)).await?;
        let stored = item.map(Stored::read).transpose()?;
        Ok(stored.and_then(|stored| stored.live(now)))
    }

    /// Reads the live entry as it is now, also where reads may be older.
    async fn newest_entry(&self, key: &str, now: Timestamp) -> Result<Option<Versioned>> {
        let item = self.table().item_of(|| self.layout().entry(key), None, true).await?;
        let stored = item.map(Stored::read).transpose()?;
        Ok(stored.and_then(|stored| stored.live(now)))
    }

    /// Reads the version of the live entry, on which a condition is decided: always the newest.
    pub(crate) async fn newest(&self, key: &str, now: Timestamp) -> Result<Option<Version>> {
        self.marks(key, now, true).await
    }

    /// Is there a live entry?
    pub(crate) async fn exists(&self, key: &str, now: Timestamp) -> Result<bool> {
        let marks = self.marks(key, now, self.table().consistent).await?;
        Ok(marks.is_some())
    }

    /// Reads the version of the live entry, without its value.
    async fn marks(&self, key: &str, now: Timestamp, consistent: bool) -> Result<Option<Version>> {
        let attributes = Expression::new("#ver, #exp_ms").name(VERSION).name(EXPIRES);
        let place = || self.layout().entry(key);
        let item = self.table().item_of(place, Some(&attributes), consistent).await?;
        let stored = item.as_ref().map(Stored::read_marks).transpose()?;
        Ok(stored.and_then(|stored| stored.live(now)).map(|live| live.version))
    }

    /// Writes an entry whatever was there.
    pub(crate) async fn put_entry(&self, key: &str, value: Bytes, ttl: Ttl) -> Result<()> {
        let (now, version) = (self.now(), self.version());
        if ttl == Ttl::Keep {
            // On the heap, so that the other way, which is the usual one, does not carry its room.
            return Box::pin(self.put_entry_keeping(key, value, version, now)).await;
        }
        let expiry = self.expiry(ttl, now);
        let item = || schema::entry_item(self.layout().entry(key), value.clone(), version, expiry);
        self.table().put(item).await
    }

    /// Writes an entry whatever was there, with the expiry of what was there.
    async fn put_entry_keeping(&self, key: &str, value: Bytes, version: Version, now: Timestamp) -> Result<()> {
        let mut retry = Retry::new(self.table().patience);
        loop {
            for check in [Precondition::Exists, Precondition::Absent] {
                let change = self.set_change(key, value.clone(), Ttl::Keep, Some(check), version, now);
                match self.table().change(change, Effect::Repeatable).await? {
                    Answer::Done(()) => return Ok(()),
                    // Where this write is found, an earlier attempt made it; otherwise the other half applies.
                    Answer::Refused(Refused {
                        refusal: Refusal::Condition(Some(item)),
                        doubt: Some(_),
                    }) if schema::version(&item)? == version => return Ok(()),
                    Answer::Refused(_) => {}
                }
            }
            // The entry came and went between the two requests.
            if !retry.again().await {
                return Err(Error::unavailable("the entry comes and goes all the time; try again"));
            }
        }
    }

    /// Reads and removes in one request.
    pub(crate) async fn take_entry(&self, key: &str) -> Result<Option<Versioned>> {
        let now = self.now();
        let change = Change {
            key: self.layout().entry(key),
            action: Action::Delete,
            condition: Condition::Entry(Precondition::Exists, now),
        };
        let Some(Request::Delete(request)) = change.request(&self.table().client, &self.table().name) else {
            return Ok(None);
        };
        let request = request.return_values(ReturnValue::AllOld);
        match self.table().send(Effect::Once, || request.clone().send()).await? {
            Answer::Done(output) => {
                let stored = output.attributes.map(Stored::read).transpose()?;
                Ok(stored.and_then(|stored| stored.live(now)))
            }
            Answer::Refused(_) => Ok(None),
        }
    }

    /// Replaces the value by what `f` makes of it, until no other write came in between. Names the operation in its errors.
    ///
    /// `f` runs in the caller's context, the requests in the store's.
    pub(crate) async fn rewrite(&self, operation: &'static str, key: &str, f: &mut UpdateFn<'_>) -> Result<Versioned> {
        let during = |error: Error| error.during(self.store_profile().name, operation);
        // Turns only spare requests. Whoever waits too long, behind one that gets no answers, goes on without.
        let turn = async { timeout(self.table().patience.operation, self.turns().take(key)).await };
        let _turn = self.background().run(turn).await.ok();
        self.checks(operation).open(self.closed())?;
        let mut now = self.now();
        let mut live = self.run(operation, self.newest_entry(key, now)).await?;
        let mut backoff = Backoff::default();
        loop {
            let value = f(live.as_ref().map(|live| &live.value))?;
            self.checks(operation).value(&value)?.open(self.closed())?;
            let version = self.version();
            let check = live
                .as_ref()
                .map_or(Precondition::Absent, |live| Precondition::Version(live.version));
            let change = self.set_change(key, value.clone(), Ttl::Keep, Some(check), version, now);
            let written = self.run(operation, self.table().write(change, version)).await?;
            let Written::No(found) = written else {
                let expires_at = live.and_then(|live| live.expires_at);
                return Ok(Versioned {
                    value,
                    version,
                    expires_at,
                });
            };
            self.background().run(backoff.wait()).await;
            now = self.now();
            live = match found {
                Some(item) => Stored::read(item).map_err(during)?.live(now),
                None => self.run(operation, self.newest_entry(key, now)).await?,
            };
        }
    }

    /// Writing a value. With [`Ttl::Keep`] the check tells whether there is an expiry to keep; without a check the new
    /// entry has none.
    pub(crate) fn set_change(
        &self,
        key: &str,
        value: Bytes,
        ttl: Ttl,
        check: Option<Precondition>,
        version: Version,
        now: Timestamp,
    ) -> Change {
        let condition = check.map_or(Condition::None, |check| Condition::Entry(check, now));
        let place = self.layout().entry(key);
        let is_there = matches!(check, Some(Precondition::Exists | Precondition::Version(_)));
        let action = if ttl == Ttl::Keep && is_there {
            Action::Update(
                Expression::new("SET #val = :val, #ver = :ver")
                    .name(VALUE)
                    .name(VERSION)
                    .value("val", schema::binary(value))
                    .value("ver", schema::version_value(version)),
            )
        } else {
            Action::Put(schema::entry_item(place.clone(), value, version, self.expiry(ttl, now)))
        };
        Change {
            key: place,
            action,
            condition,
        }
    }

    /// Changing the expiry of an entry that is there.
    pub(crate) fn touch_change(
        &self,
        key: &str,
        ttl: Ttl,
        check: Precondition,
        version: Version,
        now: Timestamp,
    ) -> Change {
        let mut sets = vec!["#ver = :ver"];
        let mut removes = Vec::new();
        let mut update = Expression::default()
            .name(VERSION)
            .value("ver", schema::version_value(version));
        if ttl != Ttl::Keep {
            let expiry = self.expiry(ttl, now);
            update = update.name(EXPIRES).name(TTL);
            match expiry.expires_at {
                Some(expires_at) => {
                    sets.push("#exp_ms = :exp_ms");
                    update = update.value("exp_ms", schema::number(expires_at.as_millis()));
                }
                None => removes.push("#exp_ms"),
            }
            match expiry.ttl() {
                Some(ttl) => {
                    sets.push("#ttl = :ttl");
                    update = update.value("ttl", schema::number(ttl));
                }
                None => removes.push("#ttl"),
            }
        }
        update.text = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            update.text = format!("{} REMOVE {}", update.text, removes.join(", "));
        }
        Change {
            key: self.layout().entry(key),
            action: Action::Update(update),
            condition: Condition::Entry(check, now),
        }
    }
}
