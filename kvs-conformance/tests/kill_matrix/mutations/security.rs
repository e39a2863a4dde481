//! Stores that interpret what is data, and stores that tell what is secret.

use kvs_core::{Error, Expr, FieldPath, Filter, Operator};

use super::keys::like;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before, otherwise};

pub(crate) fn all() -> Vec<Mutation> {
    [entries(), documents(), secrets()].into_iter().flatten().collect()
}

fn entries() -> Vec<Mutation> {
    vec![
        before("doubles the quotes in the values of a batch", |_, call| {
            if let Call::SetMany { .. } = call {
                call.each_value(|value| {
                    if let Ok(text) = std::str::from_utf8(value) {
                        *value = text.replace('\'', "''").into();
                    }
                });
            }
        })
        .found_by("security::statements_in_batches_are_data"),
        around("lists by LIKE", |saboteur, mut call| {
            Box::pin(async move {
                let Call::List { prefix } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let (pattern, mut keys) = (format!("{prefix}%"), saboteur.sound().list("").await?);
                keys.retain(|key| like(key, &pattern));
                Ok(Answer::Keys(keys))
            })
        })
        .found_by("security::hostile_prefixes_are_literal"),
        before("trims the position of a page", |_, call| {
            if let Call::ListPage { options } = call {
                options.after = options.after.take().map(|after| after.trim().to_owned());
            }
        })
        .found_by("security::hostile_positions_are_literal"),
        around("deletes prefixes by LIKE", |saboteur, mut call| {
            Box::pin(async move {
                let Call::DeletePrefix { prefix } = &call else {
                    return saboteur.soundly(&mut call).await;
                };
                let pattern = format!("{prefix}%");
                for key in saboteur
                    .sound()
                    .list("")
                    .await?
                    .iter()
                    .filter(|key| like(key, &pattern))
                {
                    saboteur.sound().delete(key).await?;
                }
                Ok(Answer::Done)
            })
        })
        .found_by("security::hostile_prefixes_delete_their_own"),
        around(
            "refuses a prefix that is longer than any pattern",
            |saboteur, mut call| {
                Box::pin(async move {
                    match &call {
                        Call::List { prefix } if prefix.len() >= 50_000 => {
                            Err(Error::backend("LIKE or GLOB pattern too complex"))
                        }
                        _ => saboteur.soundly(&mut call).await,
                    }
                })
            },
        )
        .found_by("security::a_very_long_prefix_is_answered"),
    ]
}

fn documents() -> Vec<Mutation> {
    vec![
        before("makes the names of collections names of tables", |_, call| {
            if let Some(collection) = call.collection()
                && (1..=255).contains(&collection.len())
            {
                *collection = collection.replace(|sign: char| !sign.is_alphanumeric(), "_");
            }
        })
        .found_by("security::hostile_documents_are_data"),
        after("finds nothing for an operand with a quote", |_, call, answer| {
            if let (Call::Query { filter, .. }, Ok(Answer::Documents(documents))) = (call, answer)
                && let Some(operand) = operand(filter)
                && operand.contains('\'')
            {
                documents.clear();
            }
        })
        .found_by("security::hostile_operands_are_data"),
        before("takes a field that begins with $. for a path", |_, call| {
            if let Call::Query { filter, .. } = call
                && let Expr::Field {
                    path,
                    op: Operator::Exists(present),
                } = filter.expr()
                && let Some(("$", name)) = path.segments().join(".").split_once('.')
            {
                *filter = Filter::exists(FieldPath::from(name), *present);
            }
        })
        .found_by("security::hostile_fields_do_not_widen"),
    ]
}

fn secrets() -> Vec<Mutation> {
    vec![
        otherwise("shows what it holds with Debug")
            .remembering()
            .shown_as(|saboteur| format!("{:?}", saboteur.notes))
            .found_by("security::debug_of_a_store_shows_no_content"),
    ]
}

/// The text with which a field is compared.
fn operand(filter: &Filter) -> Option<&str> {
    match filter.expr() {
        Expr::Field {
            op: Operator::Eq(value) | Operator::Ne(value) | Operator::Lt(value) | Operator::Contains(value),
            ..
        } => value.as_str(),
        _ => None,
    }
}
