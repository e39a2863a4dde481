//! What comes back is what went in.

use kvs_core::{Filter, Map, Query, Value};
use serde_json::{Number, json};

use crate::cases::support::{HOSTILE, Random, document};
use crate::context::Context;
use crate::failed::{Failed, Outcome};

cases! {
    "documents";
    "Nulls, booleans, empty strings, empty arrays and empty objects come back as they are."
        => nulls_and_empties_come_back [documents];
    "Integers of 64 bits come back exactly: both ends of i64, u64::MAX, 2^53 and its neighbours."
        => integers_come_back_exactly [documents];
    "Floats come back bit for bit: 0.1, -0.0, the largest, the smallest, subnormal ones."
        => floats_come_back_bit_for_bit [documents];
    "500 random finite floats come back bit for bit."
        => random_floats_come_back_bit_for_bit [documents];
    "The kind of a number stays: 1 is an integer, 1.0 is a float."
        => the_kind_of_a_number_stays [documents];
    "Strings come back as they are: every plane of Unicode, NUL, line ends, and what looks like another type."
        => strings_come_back [documents];
    "An escaped surrogate pair in JSON text is the character that it stands for."
        => surrogate_pairs_are_one_character [documents];
    "Field names come back as they are, the empty one too."
        => field_names_come_back [documents];
    "The order of fields means nothing: two spellings of one object are one value."
        => the_order_of_fields_means_nothing [documents];
    "Arrays keep their order, their nulls and their mixture of types."
        => arrays_come_back [documents];
    "A document of 1,000 fields and one with a string of 200,000 bytes come back."
        => large_documents_come_back [documents];
    "query and query_page give the same document as get_doc."
        => query_and_get_doc_agree [documents];
    "Text that looks like JSON stays text."
        => json_in_a_string_stays_a_string [documents];
}

/// Puts the value in a field and reads it by both ways.
async fn round_trip(cx: &Context, values: Vec<Value>) -> Result<Vec<Value>, Failed> {
    let store = cx.open().await?;
    store.put("c", document("d", json!({ "values": values }))?).await?;
    let mut got = store.get_doc("c", "d").await?.data;
    let found = store
        .query("c", &Filter::all())
        .await?
        .pop()
        .ok_or("a query finds the document")?;
    ensure_eq!(found.data, got, "query and get_doc give the same content");
    match got.remove("values") {
        Some(Value::Array(values)) => Ok(values),
        other => Err(format!("expected an array, seen {other:?}").into()),
    }
}

async fn ensure_round_trip(cx: &Context, values: Vec<Value>) -> Outcome {
    let got = round_trip(cx, values.clone()).await?;
    for (got, put) in got.iter().zip(&values) {
        ensure_eq!(got, put, "the value comes back as it was");
    }
    ensure_eq!(got.len(), values.len(), "no element is lost");
    Ok(())
}

async fn nulls_and_empties_come_back(cx: Context) -> Outcome {
    ensure_round_trip(
        &cx,
        vec![
            json!(null),
            json!(true),
            json!(false),
            json!(""),
            json!([]),
            json!({}),
            json!([[], {}]),
        ],
    )
    .await
}

async fn integers_come_back_exactly(cx: Context) -> Outcome {
    let two_53 = 1_i64 << 53;
    let values = vec![
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MIN + 1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(u64::MAX - 1),
        json!(i64::MAX.unsigned_abs() + 1),
        json!(two_53 - 1),
        json!(two_53),
        json!(two_53 + 1),
        json!(-two_53 - 1),
    ];
    ensure_round_trip(&cx, values).await
}

async fn ensure_same_bits(cx: &Context, floats: Vec<f64>) -> Outcome {
    let put = floats.iter().map(|float| json!(float)).collect();
    let got = round_trip(cx, put).await?;
    for (got, put) in got.iter().zip(floats) {
        let bits = got
            .as_number()
            .filter(|number| number.is_f64())
            .and_then(Number::as_f64)
            .map(f64::to_bits);
        ensure_eq!(
            bits,
            Some(put.to_bits()),
            "{put:e} comes back as the same float, seen {got}"
        );
    }
    Ok(())
}

async fn floats_come_back_bit_for_bit(cx: Context) -> Outcome {
    let floats = vec![
        0.0,
        -0.0,
        0.1,
        0.1 + 0.2,
        1.0 / 3.0,
        1e16,
        1e21,
        1e22,
        1e23,
        5e-324,
        1e-300,
        1e300,
        1.797_693_134_862_315_7e308,
        -1.797_693_134_862_315_7e308,
        f64::MIN_POSITIVE,
        f64::MIN_POSITIVE / 2.0,
        f64::EPSILON,
        9_007_199_254_740_993.0,
        18_446_744_073_709_551_615.0,
        123_456_789_012_345.67,
        2.225_073_858_507_201e-308,
    ];
    ensure_same_bits(&cx, floats).await
}

async fn random_floats_come_back_bit_for_bit(cx: Context) -> Outcome {
    let mut random = Random::new(1);
    let floats = std::iter::repeat_with(|| f64::from_bits(random.next())).filter(|float| float.is_finite());
    ensure_same_bits(&cx, floats.take(500).collect()).await
}

async fn the_kind_of_a_number_stays(cx: Context) -> Outcome {
    let got = round_trip(
        &cx,
        vec![json!(1), json!(1.0), json!(-0.0), json!(1e3), json!(u64::MAX)],
    )
    .await?;
    let floats: Vec<bool> = got.iter().map(Value::is_f64).collect();
    ensure_eq!(
        floats,
        [false, true, true, true, false],
        "integers stay integers, floats stay floats"
    );
    Ok(())
}

async fn strings_come_back(cx: Context) -> Outcome {
    let mut strings: Vec<Value> = HOSTILE.iter().map(|text| json!(text)).collect();
    strings.extend(
        [
            "",
            "\0\0",
            "\u{d7ff}\u{e000}",
            "\u{1}\u{1f}\u{80}\u{9f}",
            "2024-01-01",
            "1e5",
            "\\u0041",
        ]
        .map(Value::from),
    );
    ensure_round_trip(&cx, strings).await
}

async fn surrogate_pairs_are_one_character(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let data: Map<String, Value> = serde_json::from_str(r#"{"\u0061": "\ud83d\ude00\u00e9\u0000"}"#)?;
    store.put("c", document("d", data.into())?).await?;
    ensure_eq!(
        store.get_doc("c", "d").await?.data.get("a"),
        Some(&json!("😀é\0")),
        "escapes are resolved"
    );
    ensure_eq!(
        store.query("c", &Filter::eq("a", "😀é\0")).await?.len(),
        1,
        "a query finds it by its characters"
    );
    let lone = serde_json::from_str::<Value>(r#""\ud83d""#);
    ensure!(lone.is_err(), "a lone surrogate is no JSON");
    Ok(())
}

async fn field_names_come_back(cx: Context) -> Outcome {
    let names = HOSTILE
        .iter()
        .copied()
        .chain(["", "a.b.c", "$and", "é".repeat(300).leak() as &str]);
    let object: Map<String, Value> = names.zip(0..).map(|(name, n)| (name.to_owned(), json!(n))).collect();
    ensure_round_trip(&cx, vec![object.into()]).await
}

async fn the_order_of_fields_means_nothing(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let data: Map<String, Value> = serde_json::from_str(r#"{"b": {"y": 1, "x": 2}, "a": 3}"#)?;
    store.put("c", document("d", data.into())?).await?;
    let got = Value::from(store.get_doc("c", "d").await?.data);
    ensure_eq!(
        got,
        json!({"a": 3, "b": {"x": 2, "y": 1}}),
        "both spellings are the same value"
    );
    Ok(())
}

async fn arrays_come_back(cx: Context) -> Outcome {
    ensure_round_trip(
        &cx,
        vec![
            json!([3, 1, 2]),
            json!([null, 1, "1", true, [], {}, null]),
            json!([[[1], 2], [3]]),
        ],
    )
    .await
}

async fn large_documents_come_back(cx: Context) -> Outcome {
    let wide: Map<String, Value> = (0..1_000).map(|n| (format!("field-{n}"), json!(n))).collect();
    ensure_round_trip(&cx, vec![wide.into()]).await?;
    ensure_round_trip(&cx, vec![json!("é".repeat(100_000))]).await
}

async fn query_and_get_doc_agree(cx: Context) -> Outcome {
    let store = cx.open().await?;
    let put = document("d", json!({"a": [1, 1.5, null], "b": {"c": "x"}}))?.with_metadata("l", "m");
    store.put("c", put).await?;
    let found = store
        .query("c", &Filter::all())
        .await?
        .pop()
        .ok_or("a query finds the document")?;
    let got = store.get_doc("c", "d").await?;
    ensure_eq!(
        (&found.id, &found.data, &found.metadata),
        (&got.id, &got.data, &got.metadata),
        "the same content"
    );
    ensure!(found == got, "the same stamps and version: {found:?} and {got:?}");
    let page = store.query_page("c", &Query::default()).await?;
    ensure!(page.documents == [got], "a page has the same document, too");
    Ok(())
}

async fn json_in_a_string_stays_a_string(cx: Context) -> Outcome {
    ensure_round_trip(
        &cx,
        ["{}", "[1,2]", "null", "\"x\"", "1.50", "{\"a\":", "\\\"", "\u{2028}"]
            .map(Value::from)
            .to_vec(),
    )
    .await
}
