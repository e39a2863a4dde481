//! Documents: stored whole as JSON, and matched here.

use aws_sdk_dynamodb::types::AttributeValue;
use kvs_core::{
    CheckedDocument, CheckedQuery, Document, Error, Expect, Filter, PutOptions, QueryPage, Result, Stamps, Version,
};

use crate::call::{Answer, Effect};
use crate::change::{Action, Change, Condition, Expression};
use crate::entries::Written;
use crate::handle::DynamoStore;
use crate::schema::{self, CREATED, DATA, METADATA, UPDATED, VERSION};
use crate::walk::{Course, Picked, Walk};

impl DynamoStore {
    /// Inserts or replaces a document in one request, which keeps the stamp of creation that is there.
    pub(crate) async fn put_document(
        &self,
        collection: &str,
        checked: CheckedDocument,
        options: PutOptions,
    ) -> Result<Version> {
        let version = self.version();
        let id = checked.document.id.clone();
        let change = Change {
            key: self.layout().document(collection, &id),
            action: Action::Update(self.replacement(checked, options.stamps, version)),
            condition: match options.expect {
                Expect::Any => Condition::None,
                Expect::Absent => Condition::NoDocument,
                Expect::Version(version) => Condition::Document(version),
            },
        };
        if options.expect == Expect::Any {
            return match self.table().change(change, Effect::Repeatable).await? {
                Answer::Done(()) => Ok(version),
                Answer::Refused(_) => Err(Error::backend("DynamoDB refused a condition that was not asked for")),
            };
        }
        match self.table().write(change, version).await? {
            Written::Yes => Ok(version),
            Written::No(_) => Err(Error::conflict([id])),
        }
    }

    fn replacement(&self, checked: CheckedDocument, stamps: Stamps, version: Version) -> Expression {
        let now = self.now();
        let stamp = |at: kvs_core::Timestamp| schema::number(at.as_millis());
        let (created, updated) = stamps.resolve(&checked.document, None, now);
        let carried = stamps == Stamps::Carried && checked.document.created_at.is_some();
        let creation = if carried {
            "#created_ms = :created"
        } else {
            "#created_ms = if_not_exists(#created_ms, :created)"
        };
        Expression::new(format!(
            "SET #data = :data, #meta = :meta, #ver = :ver, #updated_ms = :updated, {creation}"
        ))
        .name(DATA)
        .name(METADATA)
        .name(VERSION)
        .name(UPDATED)
        .name(CREATED)
        .value("data", AttributeValue::S(checked.data_json))
        .value("meta", AttributeValue::S(checked.metadata_json))
        .value("ver", schema::version_value(version))
        .value("created", stamp(created))
        .value("updated", stamp(updated))
    }

    /// Reads a document.
    pub(crate) async fn document(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        let item = self.table().item(|| self.layout().document(collection, id)).await?;
        item.map(schema::read_document).transpose()
    }

    /// One page of the documents that match. DynamoDB could only filter what it has read and charged, so it is not asked to.
    pub(crate) async fn query_documents(
        &self,
        collection: &str,
        query: &CheckedQuery,
        filter: &Filter,
    ) -> Result<QueryPage> {
        let course = Course {
            partitions: self.layout().document_partitions(collection),
            range: &query.range,
            reverse: false,
            attributes: None,
            expected: Some(query.limit),
        };
        let mut walk = Walk::new(self.table(), course, |item| {
            let size = schema::size(&item);
            let document = schema::read_document(item)?;
            let matches = filter.matches(&document.data);
            Ok(matches.then_some(Picked { item: document, size }))
        });
        let page = walk.page(query.limit).await?;
        Ok(QueryPage {
            documents: page.items,
            next: page.next,
        })
    }
}
