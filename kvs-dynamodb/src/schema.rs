//! The physical format: where an entry lies in the table, and how it is written. The README describes it for readers.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use kvs_core::{Bytes, Document, Error, Map, Namespace, Result, Timestamp, Version, Versioned, is_live};

/// The number of the format that this version reads and writes.
pub(crate) const FORMAT: u32 = 1;

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const VALUE: &str = "val";
pub(crate) const VERSION: &str = "ver";
/// The expiry that decides, in milliseconds.
pub(crate) const EXPIRES: &str = "exp_ms";
/// When DynamoDB may remove the item, in seconds.
pub(crate) const TTL: &str = "ttl";
pub(crate) const DATA: &str = "data";
pub(crate) const METADATA: &str = "meta";
pub(crate) const CREATED: &str = "created_ms";
pub(crate) const UPDATED: &str = "updated_ms";
pub(crate) const FORMAT_NUMBER: &str = "format";
pub(crate) const SHARDS: &str = "shards";

/// The sort key of the record of a namespace.
pub(crate) const RECORD: &str = "kvs";

/// How long after its expiry DynamoDB may remove an item: more than clocks of hosts differ.
const GRACE_SECONDS: i64 = 3_600;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Where things of a namespace lie.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    namespace: String,
    shards: u16,
}

impl Layout {
    pub(crate) fn new(namespace: Option<&Namespace>, shards: u16) -> Self {
        let namespace = namespace.map_or("", Namespace::as_str).to_owned();
        Self { namespace, shards }
    }

    /// The primary key of the record of a namespace.
    pub(crate) fn record(namespace: Option<&Namespace>) -> Item {
        let namespace = namespace.map_or("", Namespace::as_str);
        primary_key(format!("kvs/{namespace}"), RECORD)
    }

    /// The primary key of an entry.
    pub(crate) fn entry(&self, key: &str) -> Item {
        primary_key(self.entries(self.shard(key)), key)
    }

    /// The primary key of a document.
    pub(crate) fn document(&self, collection: &str, id: &str) -> Item {
        primary_key(self.documents(self.shard(id), collection), id)
    }

    /// The partitions that hold the entries.
    pub(crate) fn entry_partitions(&self) -> Vec<String> {
        (0..self.shards).map(|shard| self.entries(shard)).collect()
    }

    /// The partitions that hold the documents of a collection.
    pub(crate) fn document_partitions(&self, collection: &str) -> Vec<String> {
        (0..self.shards)
            .map(|shard| self.documents(shard, collection))
            .collect()
    }

    fn entries(&self, shard: u16) -> String {
        format!("v/{}/{shard}", self.namespace)
    }

    /// A collection may hold any character, so it comes last.
    fn documents(&self, shard: u16, collection: &str) -> String {
        format!("d/{}/{shard}/{collection}", self.namespace)
    }

    fn shard(&self, key: &str) -> u16 {
        let hash = fnv1a(key.as_bytes());
        let folded = hash ^ (hash >> 32);
        let shard = folded % u64::from(self.shards.max(1));
        u16::try_from(shard).unwrap_or_default()
    }
}

/// An entry as it is stored, live or not.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version: Version,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) value: Bytes,
}

impl Stored {
    /// Reads an item with its value.
    pub(crate) fn read(mut item: Item) -> Result<Self> {
        let Some(AttributeValue::B(value)) = item.remove(VALUE) else {
            return Err(corrupt(VALUE));
        };
        Self::read_marks(&item).map(|marks| Self {
            value: value.into_inner().into(),
            ..marks
        })
    }

    /// Reads an item of many, and its sort key, in one pass: each look-up would hash a name, as often as there are items.
    /// Without its value, where that was not asked for.
    pub(crate) fn read_listed(item: Item, with_value: bool) -> Result<(String, Self)> {
        let (mut key, mut value, mut version, mut expires_at) = (None, None, None, None);
        for (name, attribute) in item {
            match (name.as_str(), attribute) {
                (SK, AttributeValue::S(text)) => key = Some(text),
                (VALUE, AttributeValue::B(bytes)) => value = Some(bytes.into_inner().into()),
                (VERSION, attribute) => version = version_of(&attribute),
                (EXPIRES, attribute) => {
                    let millis = integer_of(&attribute).ok_or_else(|| corrupt(EXPIRES))?;
                    expires_at = Some(Timestamp::from_millis(millis));
                }
                _ => {}
            }
        }
        let stored = Self {
            version: version.ok_or_else(|| corrupt(VERSION))?,
            expires_at,
            value: match value {
                None if with_value => return Err(corrupt(VALUE)),
                value => value.unwrap_or_default(),
            },
        };
        Ok((key.ok_or_else(|| corrupt(SK))?, stored))
    }

    /// Reads only version and expiry, which documents have too; the value is empty.
    pub(crate) fn read_marks(item: &Item) -> Result<Self> {
        Ok(Self {
            version: version(item)?,
            expires_at: expiry(item)?,
            value: Bytes::new(),
        })
    }

    /// The entry, if it is visible.
    pub(crate) fn live(self, now: Timestamp) -> Option<Versioned> {
        is_live(self.expires_at, now).then_some(Versioned {
            value: self.value,
            version: self.version,
            expires_at: self.expires_at,
        })
    }
}

/// Adds the attributes of an entry to its primary key.
pub(crate) fn entry_item(mut key: Item, value: Bytes, version: Version, expiry: Expiry) -> Item {
    key.insert(VALUE.to_owned(), binary(value));
    key.insert(VERSION.to_owned(), version_value(version));
    if let Some(expires_at) = expiry.expires_at {
        key.insert(EXPIRES.to_owned(), number(expires_at.as_millis()));
    }
    if let Some(ttl) = expiry.ttl() {
        key.insert(TTL.to_owned(), number(ttl));
    }
    key
}

/// When an entry expires, and whether DynamoDB's own expiry may help.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
    pub(crate) real_clock: bool,
}

impl Expiry {
    /// The attribute `ttl`. DynamoDB ignores one that lies years in the past, so it never lies before now.
    pub(crate) fn ttl(self) -> Option<i64> {
        let expires_at = self.expires_at.filter(|_| self.real_clock)?;
        let seconds = expires_at
            .max(self.now)
            .as_millis()
            .saturating_add(999)
            .div_euclid(1_000);
        Some(seconds.saturating_add(GRACE_SECONDS))
    }
}

/// Reads a document.
pub(crate) fn read_document(mut item: Item) -> Result<Document> {
    let data = json(&item, DATA)?;
    let metadata = json(&item, METADATA)?;
    Ok(Document {
        data: serde_json::from_str::<Map<_, _>>(data).map_err(|error| corrupt(DATA).with_source(error))?,
        metadata: serde_json::from_str(metadata).map_err(|error| corrupt(METADATA).with_source(error))?,
        created_at: timestamp(&item, CREATED)?,
        updated_at: timestamp(&item, UPDATED)?,
        version: Some(version(&item)?),
        id: take_sort_key(&mut item)?,
    })
}

/// When an item expires.
pub(crate) fn expiry(item: &Item) -> Result<Option<Timestamp>> {
    timestamp(item, EXPIRES)
}

/// The version of an item.
pub(crate) fn version(item: &Item) -> Result<Version> {
    item.get(VERSION).and_then(version_of).ok_or_else(|| corrupt(VERSION))
}

/// The sort key of an item: the key, or the id.
pub(crate) fn take_sort_key(item: &mut Item) -> Result<String> {
    match item.remove(SK) {
        Some(AttributeValue::S(key)) => Ok(key),
        _ => Err(corrupt(SK)),
    }
}

/// About the bytes that an item takes.
pub(crate) fn size(item: &Item) -> usize {
    let length = |value: &AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        _ => 0,
    };
    item.iter().map(|(name, value)| name.len() + length(value)).sum()
}

pub(crate) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn binary(bytes: Bytes) -> AttributeValue {
    AttributeValue::B(Blob::new(Vec::from(bytes)))
}

pub(crate) fn version_value(version: Version) -> AttributeValue {
    AttributeValue::B(Blob::new(version.as_bytes().as_slice()))
}

pub(crate) fn primary_key(partition: String, sort_key: &str) -> Item {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(partition)),
        (SK.to_owned(), AttributeValue::S(sort_key.to_owned())),
    ])
}

/// A number of ours that must be there.
pub(crate) fn integer(item: &Item, name: &str) -> Result<i64> {
    optional_integer(item, name)?.ok_or_else(|| corrupt(name))
}

fn optional_integer(item: &Item, name: &str) -> Result<Option<i64>> {
    let Some(value) = item.get(name) else {
        return Ok(None);
    };
    integer_of(value).map(Some).ok_or_else(|| corrupt(name))
}

fn integer_of(value: &AttributeValue) -> Option<i64> {
    value.as_n().ok()?.parse().ok()
}

fn version_of(value: &AttributeValue) -> Option<Version> {
    let bytes = <[u8; 16]>::try_from(value.as_b().ok()?.as_ref()).ok()?;
    Some(Version::from_bytes(bytes))
}

fn timestamp(item: &Item, name: &str) -> Result<Option<Timestamp>> {
    Ok(optional_integer(item, name)?.map(Timestamp::from_millis))
}

fn json<'a>(item: &'a Item, name: &str) -> Result<&'a str> {
    let text = item.get(name).and_then(|value| value.as_s().ok());
    text.map(String::as_str).ok_or_else(|| corrupt(name))
}

fn corrupt(name: &str) -> Error {
    Error::corrupt(format!(
        "an item of the table has no valid `{name}`: was it written by another program?"
    ))
}

/// FNV-1a of 64 bits: short, and the same for ever and in every language.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn shards_are_those_of_the_format() {
        let layout = Layout::new(None, 8);
        let shards = ["a", "foobar", "user:1", "user:2", "\u{10FFFF}"].map(|key| layout.shard(key));
        assert_eq!(shards, [0, 1, 1, 4, 6]);
        assert_eq!(Layout::new(None, 1).shard("foobar"), 0);
    }

    #[test]
    fn keys_of_one_kind_spread_over_the_shards() {
        let layout = Layout::new(None, 8);
        let mut counts = [0; 8];
        for number in 0..8_000 {
            counts[usize::from(layout.shard(&format!("session:{number:08}")))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn an_entry_reads_the_same_alone_and_among_many() {
        let version = Version::from_bytes([7; 16]);
        let expiry = Expiry {
            expires_at: Some(Timestamp::from_millis(5)),
            now: Timestamp::from_millis(1),
            real_clock: true,
        };
        let item = entry_item(Layout::new(None, 8).entry("k"), "value".into(), version, expiry);
        let (key, listed) = Stored::read_listed(item.clone(), true).unwrap();
        let alone = Stored::read(item.clone()).unwrap();
        assert_eq!(
            (key.as_str(), listed.version, listed.expires_at),
            ("k", version, expiry.expires_at)
        );
        assert_eq!((listed.value, listed.expires_at), (alone.value, alone.expires_at));
        for missing in [SK, VALUE, VERSION] {
            let mut item = item.clone();
            item.remove(missing);
            let named = Stored::read_listed(item, true).unwrap_err().to_string();
            assert!(named.contains(&format!("`{missing}`")), "{named}");
        }
        let mut garbled = item;
        garbled.insert(EXPIRES.to_owned(), AttributeValue::S("5".to_owned()));
        assert!(Stored::read_listed(garbled, true).is_err());
    }

    #[test]
    fn the_ttl_leaves_room_for_skewed_clocks_and_is_never_in_the_past() {
        let at = |expires_at, real_clock| Expiry {
            expires_at,
            now: Timestamp::from_millis(10_000),
            real_clock,
        };
        assert_eq!(at(Some(Timestamp::from_millis(20_001)), true).ttl(), Some(3_621));
        assert_eq!(at(Some(Timestamp::from_millis(-5)), true).ttl(), Some(3_610));
        assert_eq!(at(Some(Timestamp::from_millis(20_001)), false).ttl(), None);
        assert_eq!(at(None, true).ttl(), None);
    }
}
