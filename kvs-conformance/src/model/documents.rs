//! What the reference answers to operations on documents.

use kvs_core::{Document, Error, ErrorKind, Filter, Timestamp, Value};

use super::op::{Expected, Put};
use super::reference::{Reference, missing};
use super::reply::{Content, Reply};
use crate::failed::Failed;

impl Put {
    /// The document as a user would build it.
    pub(super) fn document(&self) -> Result<Document, Error> {
        let mut document = Document::new(&*self.id, self.data.clone())?;
        document.metadata.clone_from(&self.metadata);
        let (created, updated, _) = self.stamps;
        document.created_at = created.map(Timestamp::from_millis);
        document.updated_at = updated.map(Timestamp::from_millis);
        Ok(document)
    }
}

impl Reference {
    pub(super) fn put(&mut self, put: &Put) -> Reply {
        let document = match self.checked(put) {
            Ok(document) => document,
            Err(error) => return Reply::error(&error),
        };
        let place = (put.collection.clone(), put.id.clone());
        let stored = self.documents.get(&place);
        let current = stored.and_then(|stored| stored.version);
        let holds = match put.expect {
            Expected::Any => true,
            Expected::Absent => stored.is_none(),
            Expected::Version(of) => current == Some(self.resolve(&place, of)),
        };
        if !holds {
            return Reply::conflict(vec![place.1]);
        }
        let carried = |stamp: Option<Timestamp>| stamp.filter(|_| put.stamps.2);
        let created = carried(document.created_at).or(stored.and_then(|stored| stored.created_at));
        let updated = carried(document.updated_at);
        let version = self.next();
        let stored = Document {
            created_at: created.or(Some(self.now)),
            updated_at: updated.or(Some(self.now)),
            version: Some(version),
            ..document
        };
        self.documents.insert(place.clone(), stored);
        Reply::version(place, version)
    }

    fn checked(&self, put: &Put) -> Result<Document, Error> {
        // The document comes first, because what refuses it takes it apart safely.
        let document = self.profile.check("put_with").document(put.document()?)?.document;
        self.profile.check("put_with").collection(&put.collection)?;
        Ok(document)
    }

    pub(super) fn document(&self, collection: &str, id: &str) -> Reply {
        if let Some(refused) = refused(collection, Some(id)) {
            return refused;
        }
        match self.documents.get(&(collection.to_owned(), id.to_owned())) {
            Some(document) => found(collection, vec![document.clone()]),
            None => missing(),
        }
    }

    pub(super) fn forget_document(&mut self, collection: &str, id: &str) -> Reply {
        if let Some(refused) = refused(collection, Some(id)) {
            return refused;
        }
        self.documents.remove(&(collection.to_owned(), id.to_owned()));
        Reply::done()
    }

    pub(super) fn forget_collection(&mut self, collection: &str) -> Reply {
        if let Some(refused) = refused(collection, None) {
            return refused;
        }
        self.documents.retain(|place, _| place.0 != collection);
        Reply::done()
    }

    pub(super) fn query(&self, collection: &str, filter: &Value, after: Option<&str>, limit: usize) -> Reply {
        if let Some(refused) = refused(collection, None) {
            return refused;
        }
        let filter = match Filter::from_json(filter) {
            Ok(filter) => filter,
            Err(error) => return Reply::error(&error),
        };
        if limit == 0 {
            return Reply::of(Content::Failed(ErrorKind::InvalidArgument));
        }
        let inside = |id: &str| after.is_none_or(|after| id > after);
        let all = self
            .documents
            .iter()
            .filter(|((of, id), _)| of == collection && inside(id));
        let matching = all.filter(|(_, document)| filter.matches(&document.data));
        found(collection, matching.map(|(_, document)| document.clone()).collect())
    }
}

/// The refusal of an invalid collection or id; the collection is checked first.
fn refused(collection: &str, id: Option<&str>) -> Option<Reply> {
    let kind = match (collection.len(), id.map(str::len)) {
        (0 | 256.., _) => ErrorKind::InvalidArgument,
        (_, Some(0 | 1_025..)) => ErrorKind::InvalidKey,
        _ => return None,
    };
    Some(Reply::of(Content::Failed(kind)))
}

fn found(collection: &str, documents: Vec<Document>) -> Reply {
    let stand_in = |failed: Failed| Reply::of(Content::Keys(vec![failed.message().to_owned()]));
    // The documents of the reference have versions and are JSON, so that this cannot fail.
    Reply::documents(collection, documents).unwrap_or_else(stand_in)
}
