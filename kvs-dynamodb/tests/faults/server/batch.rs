//! Batches of which a part is left undone.

use serde_json::{Map, Value, json};

/// Takes the items that `leave` tells out of the body of a batch request, and gives them, in the same form.
pub(super) fn take_out(body: &mut Value, leave: &dyn Fn(&Value) -> bool) -> Value {
    let mut left = Map::new();
    let Some(tables) = body["RequestItems"].as_object_mut() else {
        return Value::Object(left);
    };
    for (name, table) in tables.iter_mut() {
        let mut rest = table.clone();
        let (items, left_items) = (items(table), items(&mut rest));
        left_items.clear();
        let (out, kept) = std::mem::take(items).into_iter().partition(|item| leave(item));
        (*left_items, *items) = (out, kept);
        if !left_items.is_empty() {
            left.insert(name.clone(), rest);
        }
    }
    tables.retain(|_, table| !items(table).is_empty());
    Value::Object(left)
}

/// Adds what was left undone to the answer of the rest; `None` is the answer where there was no rest.
pub(super) fn give_back(operation: &str, answer: Option<Value>, left: Value) -> Value {
    let field = if operation == "BatchGetItem" {
        "UnprocessedKeys"
    } else {
        "UnprocessedItems"
    };
    let mut answer = answer.unwrap_or_else(|| json!({"Responses": {}}));
    let Value::Object(left) = left else { return answer };
    for (name, mut table) in left {
        let own = &mut answer[field][&name];
        if own.is_null() {
            *own = table;
        } else {
            items(own).append(items(&mut table));
        }
    }
    if answer[field].is_null() {
        answer[field] = json!({});
    }
    answer
}

/// The items of a table: a list of writes, or the keys of a read.
fn items(table: &mut Value) -> &mut Vec<Value> {
    let list = if table.is_array() { table } else { &mut table["Keys"] };
    list.as_array_mut().expect("a batch lists its items")
}
