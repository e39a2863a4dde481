//! What the reference answers to operations on entries.

use std::collections::BTreeMap;

use kvs_core::{Bytes, ErrorKind, Precondition, Transaction, Ttl, Write};

use super::op::{Op, Step, Walk};
use super::reference::{Reference, entry, missing};
use super::reply::{Content, Reply};

/// Every key that an operation names, for the check that comes before all else.
fn keys(op: &Op) -> Vec<&str> {
    match op {
        Op::Get(key)
        | Op::Contains(key)
        | Op::Set(key, ..)
        | Op::Delete(key)
        | Op::GetVersioned(key)
        | Op::SetIfAbsent(key, ..)
        | Op::CompareAndSet(key, ..)
        | Op::CompareAndDelete(key, _)
        | Op::Take(key)
        | Op::Touch(key, _)
        | Op::Update(key, _)
        | Op::Increment(key, _) => vec![key],
        Op::GetMany(keys) | Op::DeleteMany(keys) => keys.iter().map(String::as_str).collect(),
        Op::SetMany(entries) => entries.iter().map(|(key, ..)| key.as_str()).collect(),
        _ => Vec::new(),
    }
}

impl Reference {
    /// The right answer, and the state after it.
    pub(super) fn expect(&mut self, op: &Op) -> Reply {
        if keys(op).iter().any(|key| !(1..=1_024).contains(&key.len())) {
            return Reply::of(Content::Failed(ErrorKind::InvalidKey));
        }
        match op {
            Op::Get(key) => self
                .value(key)
                .map_or(missing(), |value| Reply::of(Content::Bytes(value))),
            Op::Contains(key) => Reply::of(Content::Bool(self.live(key).is_some())),
            Op::Set(key, value, ttl) => {
                self.write(key, value.clone(), *ttl);
                Reply::done()
            }
            Op::Delete(key) => self.forget(std::slice::from_ref(key)),
            Op::DeleteMany(keys) => self.forget(keys),
            Op::GetMany(keys) => Reply::of(Content::Slots(keys.iter().map(|key| self.value(key)).collect())),
            Op::SetMany(entries) => {
                let last: BTreeMap<_, _> = entries.iter().map(|(key, value, ttl)| (key, (value, ttl))).collect();
                for (key, (value, ttl)) in last {
                    self.write(key, value.clone(), *ttl);
                }
                Reply::done()
            }
            Op::Sweep => Reply::done(),
            Op::Advance(millis) => {
                let by = std::time::Duration::from_millis(*millis);
                self.now = self.now.checked_add(by).unwrap_or(self.now);
                Reply::done()
            }
            Op::Walk(walk) => self.walk(walk),
            Op::List(prefix) => {
                let keys = self.all().map(|(key, _)| key.clone());
                Reply::of(Content::Keys(
                    keys.filter(|key| key.starts_with(prefix.as_str())).collect(),
                ))
            }
            Op::DeletePrefix(prefix) => {
                self.entries.retain(|key, _| !key.starts_with(prefix.as_str()));
                Reply::done()
            }
            Op::Put(put) => self.put(put),
            Op::GetDoc(collection, id) => self.document(collection, id),
            Op::DeleteDoc(collection, id) => self.forget_document(collection, id),
            Op::Query(collection, filter, after, limit) => self.query(collection, filter, after.as_deref(), *limit),
            Op::DeleteCollection(collection) => self.forget_collection(collection),
            atomic => self.atomic(atomic),
        }
    }

    fn forget(&mut self, keys: &[String]) -> Reply {
        for key in keys {
            self.entries.remove(key);
        }
        Reply::done()
    }

    fn walk(&self, walk: &Walk) -> Reply {
        if walk.limit == 0 {
            return Reply::of(Content::Failed(ErrorKind::InvalidArgument));
        }
        let beyond = |key: &String| match &walk.after {
            Some(after) if walk.reverse => key < after,
            Some(after) => key > after,
            None => true,
        };
        let found = self
            .all()
            .filter(|(key, _)| key.starts_with(&walk.prefix) && beyond(key));
        let value = |value: &Bytes| walk.values.then(|| value.clone());
        let mut entries: Vec<_> = found
            .map(|(key, held)| (key.clone(), value(&held.value), held.expires_at))
            .collect();
        if walk.reverse {
            entries.reverse();
        }
        Reply::of(Content::Entries(entries))
    }

    fn atomic(&mut self, op: &Op) -> Reply {
        match op {
            Op::GetVersioned(key) => match self.live(key) {
                Some(held) => Reply {
                    versions: vec![(entry(key), held.version)],
                    ..Reply::of(Content::Versioned(held.value.clone(), held.expires_at))
                },
                None => missing(),
            },
            Op::SetIfAbsent(key, value, ttl) => self.write_if(key, Precondition::Absent, value, *ttl),
            Op::CompareAndSet(key, of, value, ttl) => {
                let version = Precondition::Version(self.resolve(&entry(key), *of));
                self.write_if(key, version, value, *ttl)
            }
            Op::CompareAndDelete(key, of) => {
                let version = self.resolve(&entry(key), *of);
                if self.live(key).is_none_or(|held| held.version != version) {
                    return Reply::conflict(vec![key.clone()]);
                }
                self.forget(std::slice::from_ref(key))
            }
            Op::Take(key) => self.take(key),
            Op::Touch(key, ttl) => match self.value(key) {
                Some(value) => Reply::version(entry(key), self.write(key, value, *ttl)),
                None => missing(),
            },
            Op::Update(key, suffix) => self.update(key, suffix.as_ref()),
            Op::Increment(key, delta) => self.increment(key, *delta),
            Op::Commit(steps) => self.commit(steps),
            _ => Reply::done(),
        }
    }

    fn write_if(&mut self, key: &str, condition: Precondition, value: &Bytes, ttl: Ttl) -> Reply {
        if !condition.holds(self.live(key).map(|held| held.version)) {
            return Reply::conflict(vec![key.to_owned()]);
        }
        Reply::version(entry(key), self.write(key, value.clone(), ttl))
    }

    fn update(&mut self, key: &str, suffix: Option<&Bytes>) -> Reply {
        let Some(suffix) = suffix else {
            return Reply::of(Content::Failed(ErrorKind::Unavailable));
        };
        let value: Bytes = [self.value(key).unwrap_or_default(), suffix.clone()].concat().into();
        let expires_at = self.live(key).and_then(|held| held.expires_at);
        let version = self.write(key, value.clone(), Ttl::Keep);
        Reply {
            versions: vec![(entry(key), version)],
            ..Reply::of(Content::Versioned(value, expires_at))
        }
    }

    fn increment(&mut self, key: &str, delta: i64) -> Reply {
        let text = self
            .value(key)
            .map_or(Ok("0".to_owned()), |value| String::from_utf8(value.into()));
        let number = text.ok().and_then(|text| text.parse::<i64>().ok());
        match number.and_then(|number| number.checked_add(delta)) {
            Some(sum) => {
                self.write(key, sum.to_string().into(), Ttl::Keep);
                Reply::of(Content::Number(sum))
            }
            None => Reply::of(Content::Failed(ErrorKind::InvalidArgument)),
        }
    }

    /// The folding of checks and the contradictions between them are the library's own; their effect is not.
    fn commit(&mut self, steps: &[Step]) -> Reply {
        let mut transaction = Transaction::new();
        for step in steps {
            transaction = match step {
                Step::Absent(key) => transaction.check_absent(key),
                Step::Exists(key) => transaction.check_exists(key),
                Step::Version(key, of) => transaction.check_version(key, self.resolve(&entry(key), *of)),
                Step::Set(key, value, ttl) => transaction.set(key, value.clone(), *ttl),
                Step::Delete(key) => transaction.delete(key),
                Step::Touch(key, ttl) => transaction.touch(key, *ttl),
            };
        }
        let actions = match self.profile.check("commit").transaction(transaction) {
            Ok(actions) => actions,
            Err(error) => return Reply::error(&error),
        };
        let holds = |key: &str, check: Precondition| check.holds(self.live(key).map(|held| held.version));
        let failed = actions
            .iter()
            .filter(|action| action.check.is_some_and(|check| !holds(&action.key, check)));
        let failed: Vec<String> = failed.map(|action| action.key.clone()).collect();
        if !failed.is_empty() {
            return Reply::conflict(failed);
        }
        let mut reply = Reply::done();
        for action in actions {
            let key = action.key;
            match action.write {
                Some(Write::Set { value, ttl }) => reply.versions.push((entry(&key), self.write(&key, value, ttl))),
                Some(Write::Touch { ttl }) => {
                    let value = self.value(&key).unwrap_or_default();
                    reply.versions.push((entry(&key), self.write(&key, value, ttl)));
                }
                Some(Write::Delete) => drop(self.entries.remove(&key)),
                None => {}
            }
        }
        reply
    }
}
