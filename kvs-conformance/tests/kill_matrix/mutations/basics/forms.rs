//! Stores that take one kind of thing, or one place, for another.

use kvs_core::{Document, Value};

use crate::call::{Answer, Call};
use crate::mutation::{Mutation, around, before, otherwise};

pub(crate) fn all() -> Vec<Mutation> {
    vec![
        around("keeps documents and keys in one table", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await;
                if let Call::GetDoc { id, .. } = &call
                    && answer.is_err()
                    && saboteur.sound().get(id).await.is_ok()
                {
                    let id = id.clone();
                    return Ok(Answer::Document(Document {
                        id,
                        ..Document::default()
                    }));
                }
                answer
            })
        })
        .found_by("basics::the_store_works_as_each_of_its_traits"),
        before("reads JSON in values through doubles", |_, call| {
            call.each_value(|value| {
                if let Ok(mut json) = serde_json::from_slice::<Value>(value)
                    && (json.is_object() || json.is_array())
                {
                    through_doubles(&mut json);
                    *value = json.to_string().into();
                }
            });
        })
        .found_by("basics::json_values_round_trip")
        .found_by("values::json_bytes_are_not_reformatted"),
        before("ends lines in values with a line feed alone", |_, call| {
            call.each_value(|value| {
                if let Ok(text) = std::str::from_utf8(value)
                    && text.contains("\r\n")
                {
                    *value = text.replace("\r\n", "\n").into();
                }
            });
        })
        .found_by("basics::text_values_round_trip"),
        otherwise("ignores the namespace")
            .placed(|site| site.id().to_owned())
            .found_by("basics::namespaces_do_not_share_entries")
            .found_by("basics::deleting_in_a_namespace_leaves_the_other")
            .found_by("basics::a_listing_stays_in_its_namespace")
            .found_by("basics::namespaces_do_not_share_documents"),
        before("joins namespace and key with an underscore", |saboteur, call| {
            if !saboteur.namespace.is_empty() {
                call.rename_keys(|key| format!("{}_{key}", saboteur.namespace));
            }
        })
        .placed(|site| site.id().to_owned())
        .found_by("basics::namespace_and_key_are_not_joined"),
        otherwise("keeps every site in one place")
            .placed(|site| site.namespace().map_or_else(String::new, ToString::to_string))
            .found_by("basics::sites_share_nothing"),
    ]
}

fn through_doubles(json: &mut Value) {
    match json {
        Value::Number(number) => *json = number.as_f64().into(),
        Value::Array(items) => items.iter_mut().for_each(through_doubles),
        Value::Object(members) => members.values_mut().for_each(through_doubles),
        _ => {}
    }
}
