//! Listings, and what goes over many entries: removing by prefix, reclaiming.

use futures_util::StreamExt as _;
use futures_util::stream;
use kvs_core::{CheckedList, Entry, KeyRange, ListPage, Result, Timestamp};

use crate::batch::{SIDE_BY_SIDE, deletion};
use crate::change::{Action, Change, Condition, Expression};
use crate::entries::Written;
use crate::handle::{DynamoStore, Table};
use crate::schema::{self, EXPIRES, Item, SK, Stored, VERSION};
use crate::walk::{Course, Picked, Walk};

/// How many items are removed before more are read.
const REMOVED: usize = 1_000;

impl DynamoStore {
    pub(crate) async fn list_entries(&self, list: &CheckedList) -> Result<ListPage> {
        let now = self.now();
        let course = Course {
            partitions: self.layout().entry_partitions(),
            range: &list.range,
            reverse: list.reverse,
            attributes: (!list.values).then(keys_only),
            expected: Some(list.limit),
        };
        let values = list.values;
        let mut walk = Walk::new(self.table(), course, |item| entry(item, values, now));
        let page = walk.page(list.limit).await?;
        Ok(ListPage {
            entries: page.items,
            next: page.next,
        })
    }

    /// All keys of a range.
    pub(crate) async fn list_keys(&self, range: &KeyRange) -> Result<Vec<String>> {
        let now = self.now();
        let course = Course {
            partitions: self.layout().entry_partitions(),
            range,
            reverse: false,
            attributes: Some(keys_only()),
            expected: None,
        };
        let walk = Walk::new(self.table(), course, |item| {
            let picked = entry(item, false, now)?;
            Ok(picked.map(|picked| Picked {
                item: picked.item.key,
                size: picked.size,
            }))
        });
        walk.rest().await
    }

    /// Removes all entries of a range, expired ones too.
    pub(crate) async fn remove_entries(&self, range: &KeyRange) -> Result<()> {
        let place = |key: &str| self.layout().entry(key);
        let partitions = self.layout().entry_partitions();
        self.table().remove_all(partitions, range, place).await
    }

    /// Removes all documents of a collection.
    pub(crate) async fn remove_documents(&self, collection: &str, range: &KeyRange) -> Result<()> {
        let place = |id: &str| self.layout().document(collection, id);
        let partitions = self.layout().document_partitions(collection);
        self.table().remove_all(partitions, range, place).await
    }

    /// Removes expired entries, each on the condition that it still is one. Tells how many.
    pub(crate) async fn reclaim(&self) -> Result<u64> {
        let now = self.now();
        let course = Course {
            partitions: self.layout().entry_partitions(),
            range: &KeyRange::all(),
            reverse: false,
            attributes: Some(keys_only()),
            expected: None,
        };
        let mut walk = Walk::new(self.table(), course, |mut item| {
            let expired = schema::expiry(&item)?.is_some_and(|expires_at| !kvs_core::is_live(Some(expires_at), now));
            let key = schema::take_sort_key(&mut item)?;
            Ok(expired.then_some(Picked { item: key, size: 0 }))
        });
        let mut total = 0;
        loop {
            let page = walk.page(REMOVED).await?;
            let removals = page.items.into_iter().map(|key| self.reclaim_one(key, now));
            let mut removals = stream::iter(removals).buffer_unordered(SIDE_BY_SIDE);
            while let Some(removed) = removals.next().await {
                total += u64::from(removed?);
            }
            if page.next.is_none() {
                return Ok(total);
            }
        }
    }

    async fn reclaim_one(&self, key: String, now: Timestamp) -> Result<bool> {
        let change = Change {
            key: self.layout().entry(&key),
            action: Action::Delete,
            condition: Condition::Expired(now),
        };
        let removed = self.table().remove(change).await?;
        Ok(matches!(removed, Written::Yes))
    }
}

impl Table {
    /// Removes all items of a range, which `place` finds by their sort keys.
    pub(crate) async fn remove_all(
        &self,
        partitions: Vec<String>,
        range: &KeyRange,
        place: impl Fn(&str) -> Item,
    ) -> Result<()> {
        let course = Course {
            partitions,
            range,
            reverse: false,
            attributes: Some(Expression::new("#sk").name(SK)),
            expected: None,
        };
        let mut walk = Walk::new(self, course, |mut item| {
            let item = schema::take_sort_key(&mut item)?;
            Ok(Some(Picked { item, size: 0 }))
        });
        loop {
            let page = walk.page(REMOVED).await?;
            let deletions = page.items.iter().map(|key| deletion(place(key)));
            let deletions = deletions.collect::<Result<Vec<_>>>()?;
            self.write_many(deletions).await.finish(page.items.len())?;
            if page.next.is_none() {
                return Ok(());
            }
        }
    }
}

/// What a listing without values asks for. The price of a read is that of the whole item; the transfer is not.
fn keys_only() -> Expression {
    Expression::new("#sk, #ver, #exp_ms")
        .name(SK)
        .name(VERSION)
        .name(EXPIRES)
}

/// The entry that an item is, if it is visible.
fn entry(item: Item, values: bool, now: Timestamp) -> Result<Option<Picked<Entry>>> {
    let (key, stored) = Stored::read_listed(item, values)?;
    let Some(live) = stored.live(now) else {
        return Ok(None);
    };
    let size = key.len() + live.value.len();
    let item = Entry {
        key,
        value: values.then_some(live.value),
        expires_at: live.expires_at,
    };
    Ok(Some(Picked { item, size }))
}
