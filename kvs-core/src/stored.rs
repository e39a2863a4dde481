//! What a put makes of a stored document, and a document as the bytes of one value.

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::document::{Document, PutOptions};
use crate::error::{Error, Result};
use crate::version::Version;

impl PutOptions {
    /// What a put at `now` makes of a document that passed its checks, over the stored one: the document to store, with
    /// its stamps and the new version. A backend that reads before it writes needs no more.
    ///
    /// # Errors
    ///
    /// `Conflict` if the condition does not hold.
    pub fn apply(
        self,
        mut document: Document,
        stored: Option<&Document>,
        now: Timestamp,
        version: Version,
    ) -> Result<Document> {
        if !self.expect.holds(stored.and_then(|stored| stored.version)) {
            return Err(Error::conflict([document.id]));
        }
        let created_at = stored.and_then(|stored| stored.created_at);
        let (created_at, updated_at) = self.stamps.resolve(&document, created_at, now);
        document.created_at = Some(created_at);
        document.updated_at = Some(updated_at);
        document.version = Some(version);
        Ok(document)
    }
}

impl Document {
    /// The document as JSON, without its version: what a backend may store as one value.
    ///
    /// # Errors
    ///
    /// `InvalidDocument` if it did not pass its checks.
    pub fn to_bytes(&self) -> Result<Bytes> {
        let json = serde_json::to_vec(self);
        json.map(Bytes::from)
            .map_err(|error| Error::invalid_document("the document cannot be written as JSON").with_source(error))
    }

    /// The document that [`to_bytes`](Self::to_bytes) wrote, every number as it was, with the version of its last put.
    ///
    /// # Errors
    ///
    /// `Corrupt` if the bytes are something else.
    pub fn from_bytes(bytes: &[u8], version: Version) -> Result<Self> {
        let document: Self = serde_json::from_slice(bytes)
            .map_err(|error| Error::corrupt("what is stored as a document is none").with_source(error))?;
        Ok(Self {
            version: Some(version),
            ..document
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_makes_the_next_document_of_the_stored_one() {
        let [t1, t2] = [1, 2].map(Timestamp::from_millis);
        let [v1, v2] = [1, 2].map(|n| Version::from_bytes([n; 16]));
        let document = Document::default();
        let stored = PutOptions::if_absent().apply(document.clone(), None, t1, v1).unwrap();
        assert_eq!((stored.created_at, stored.version), (Some(t1), Some(v1)));
        let options = PutOptions::if_version(v1);
        let replaced = options.apply(document.clone(), Some(&stored), t2, v2).unwrap();
        assert_eq!((replaced.created_at, replaced.updated_at), (Some(t1), Some(t2)));
        assert_eq!(replaced.version, Some(v2));
        let error = options.apply(document, Some(&replaced), t2, v2).unwrap_err();
        assert!(error.is_conflict());
    }

    #[test]
    fn a_document_comes_back_from_its_bytes_as_it_was() {
        let version = Version::from_bytes([1; 16]);
        let data = serde_json::json!({"n": u64::MAX, "f": 0.1, "e": 2.225_073_858_507_201e-308, "s": "é\0"});
        let document = Document {
            created_at: Some(Timestamp::from_millis(1)),
            version: Some(version),
            ..Document::new("d", data).unwrap().with_metadata("label", "value")
        };
        let bytes = document.to_bytes().unwrap();
        assert_eq!(Document::from_bytes(&bytes, version).unwrap(), document);
        let error = Document::from_bytes(b"[]", version).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Corrupt);
    }
}
