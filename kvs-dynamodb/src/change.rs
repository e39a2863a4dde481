//! A change of one item on a condition, as a request of its own or as a part of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use kvs_core::{Precondition, Timestamp, Version};

use crate::schema::{self, EXPIRES, Item, PK, VERSION};

/// What happens to one item.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The primary key.
    pub(crate) key: Item,
    pub(crate) action: Action,
    pub(crate) condition: Condition,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Nothing: only the condition counts.
    Check,
    Delete,
    /// The item becomes this.
    Put(Item),
    /// Some attributes change, the others stay.
    Update(Expression),
}

/// What must hold of the item.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition {
    None,
    /// Of an entry, which may be expired.
    Entry(Precondition, Timestamp),
    /// Expired: what a sweep removes.
    Expired(Timestamp),
    /// Of a document: there is none.
    NoDocument,
    /// Of a document: it has this version.
    Document(Version),
}

/// An expression with its names and values. Every attribute goes by a placeholder, because some names are reserved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Expression {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Lets `#attribute` stand for an attribute.
    pub(crate) fn name(mut self, attribute: &str) -> Self {
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        self
    }

    /// Lets `:name` stand for a value.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    fn and(mut self, other: Self) -> (Self, String) {
        self.names.extend(other.names);
        self.values.extend(other.values);
        (self, other.text)
    }
}

impl Condition {
    fn expression(self) -> Option<Expression> {
        const LIVE: &str = "(attribute_not_exists(#exp_ms) OR #exp_ms > :now)";
        let timed = |text: String, now: Timestamp| {
            let now = schema::number(now.as_millis());
            Expression::new(text).name(EXPIRES).value("now", now)
        };
        Some(match self {
            Self::None => return None,
            Self::Entry(Precondition::Absent, now) => {
                timed("attribute_not_exists(#pk) OR #exp_ms <= :now".to_owned(), now).name(PK)
            }
            Self::Entry(Precondition::Exists, now) => timed(format!("attribute_exists(#pk) AND {LIVE}"), now).name(PK),
            Self::Entry(Precondition::Version(version), now) => timed(format!("#ver = :expected AND {LIVE}"), now)
                .name(VERSION)
                .value("expected", schema::version_value(version)),
            Self::Expired(now) => timed("#exp_ms <= :now".to_owned(), now),
            Self::NoDocument => Expression::new("attribute_not_exists(#pk)").name(PK),
            Self::Document(version) => Expression::new("#ver = :expected")
                .name(VERSION)
                .value("expected", schema::version_value(version)),
        })
    }
}

/// A change as a request of its own.
#[derive(Debug)]
pub(crate) enum Request {
    Delete(DeleteItemFluentBuilder),
    Put(PutItemFluentBuilder),
    Update(UpdateItemFluentBuilder),
}

impl Change {
    /// The request that does it; `None` for a mere check, which no single request can do. A failed condition is answered
    /// with the item as it is.
    pub(crate) fn request(self, client: &Client, table: &str) -> Option<Request> {
        let (condition, text) = parts(self.condition.expression());
        let shown = text.as_ref().map(|_| ReturnValuesOnConditionCheckFailure::AllOld);
        Some(match self.action {
            Action::Check => return None,
            Action::Delete => Request::Delete(
                client
                    .delete_item()
                    .table_name(table)
                    .set_key(Some(self.key))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(some(condition.names))
                    .set_expression_attribute_values(some(condition.values))
                    .set_return_values_on_condition_check_failure(shown),
            ),
            Action::Put(item) => Request::Put(
                client
                    .put_item()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(some(condition.names))
                    .set_expression_attribute_values(some(condition.values))
                    .set_return_values_on_condition_check_failure(shown),
            ),
            Action::Update(update) => {
                let (all, update) = condition.and(update);
                Request::Update(
                    client
                        .update_item()
                        .table_name(table)
                        .set_key(Some(self.key))
                        .update_expression(update)
                        .set_condition_expression(text)
                        .set_expression_attribute_names(some(all.names))
                        .set_expression_attribute_values(some(all.values))
                        .set_return_values_on_condition_check_failure(shown),
                )
            }
        })
    }

    /// The same as a part of a transaction.
    pub(crate) fn part(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let (condition, text) = parts(self.condition.expression());
        let item = TransactWriteItem::builder();
        Ok(match &self.action {
            Action::Check => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(self.key.clone()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(some(condition.names))
                    .set_expression_attribute_values(some(condition.values))
                    .build()?,
            ),
            Action::Delete => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(self.key.clone()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(some(condition.names))
                    .set_expression_attribute_values(some(condition.values))
                    .build()?,
            ),
            Action::Put(put) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(put.clone()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(some(condition.names))
                    .set_expression_attribute_values(some(condition.values))
                    .build()?,
            ),
            Action::Update(update) => {
                let (all, update) = condition.and(update.clone());
                item.update(
                    Update::builder()
                        .table_name(table)
                        .set_key(Some(self.key.clone()))
                        .update_expression(update)
                        .set_condition_expression(text)
                        .set_expression_attribute_names(some(all.names))
                        .set_expression_attribute_values(some(all.values))
                        .build()?,
                )
            }
        }
        .build())
    }
}

/// The names and values of a condition, and its text.
fn parts(condition: Option<Expression>) -> (Expression, Option<String>) {
    let mut condition = condition.unwrap_or_default();
    let text = std::mem::take(&mut condition.text);
    (condition, Some(text).filter(|text| !text.is_empty()))
}

/// DynamoDB refuses empty maps of names and values.
fn some<T>(map: HashMap<String, T>) -> Option<HashMap<String, T>> {
    Some(map).filter(|map| !map.is_empty())
}
