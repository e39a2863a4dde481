//! Depth, numbers and comparison, by example and against an exact model.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Far more than a recursive walk or drop survives on the stack of a test thread.
const HOSTILE_LEVELS: usize = 100_000;

fn object(value: Value) -> Map<String, Value> {
    Map::from_iter([("a".to_owned(), value)])
}

fn arrays(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

fn objects(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::Object(object(inner)))
}

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// `arbitrary_precision` keeps the text of a number; an application may turn it on for the whole build.
fn numbers_hold_text() -> bool {
    number("1.50").to_string() == "1.50"
}

#[test]
fn depth_is_at_most_32_with_the_data_as_level_1() {
    assert_eq!(check_map(&object(arrays(31))), Ok(()));
    assert_eq!(check_map(&object(objects(31))), Ok(()));
    assert_eq!(check_map(&object(arrays(32))), Err(Problem::Depth));
    assert_eq!(check_map(&object(objects(32))), Err(Problem::Depth));
    assert_eq!(check_value(&arrays(32)), Ok(()));
    assert_eq!(check_value(&arrays(33)), Err(Problem::Depth));
    assert_eq!(check_value(&json!(1)), Ok(()));
    // Breadth is not depth.
    assert_eq!(check_map(&object(Value::Array(vec![arrays(30); 1_000]))), Ok(()));
}

#[test]
fn hostile_depth_is_refused_and_dropped_on_a_small_stack() {
    let attack = || {
        for value in [arrays(HOSTILE_LEVELS), objects(HOSTILE_LEVELS)] {
            let mut data = object(value);
            assert!(check_document(&data).is_err());
            normalize(&mut data);
            assert!(!equal(&Value::Null, &data["a"]));
            dismantle_map(data);
        }
    };
    std::thread::Builder::new()
        .stack_size(64 * 1024)
        .spawn(attack)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn the_document_error_says_what_to_do() {
    let error = check_document(&object(arrays(40))).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::InvalidDocument);
    assert!(error.to_string().contains("flatten it"), "{error}");
}

#[test]
fn numbers_that_fit_are_accepted() {
    for text in [
        "0",
        "-0",
        "-0.0",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
    ] {
        assert_eq!(check_map(&object(Value::Number(number(text)))), Ok(()), "{text}");
    }
    for float in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1, 1e300] {
        assert_eq!(check_map(&object(json!(float))), Ok(()), "{float}");
    }
}

#[test]
fn arbitrary_precision_lets_nothing_else_through() {
    // Without it these do not parse, or parse as the nearest float.
    for text in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "1e400",
    ] {
        let Ok(number) = text.parse::<Number>() else {
            continue;
        };
        let expected = if numbers_hold_text() {
            Err(Problem::Number)
        } else {
            Ok(())
        };
        assert_eq!(check_map(&object(json!([{ "n": number }]))), expected, "{text}");
    }
}

#[test]
fn normalizing_gives_each_number_its_default_form() {
    for (text, normal) in [
        ("1.50", "1.5"),
        ("1E2", "100.0"),
        ("-0", "-0.0"),
        ("0", "0"),
        ("-7", "-7"),
        ("18446744073709551615", "18446744073709551615"),
        ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
    ] {
        let mut data = object(json!([{ "n": number(text) }, null, true, "1.50"]));
        normalize(&mut data);
        assert_eq!(data["a"][0]["n"].to_string(), normal, "{text}");
        assert_eq!(data["a"][3], "1.50");
    }
}

#[test]
fn equality_is_deep_and_never_crosses_types() {
    for (a, b, expected) in [
        (json!(1), json!(1.0), true),
        (json!(0), json!(-0.0), true),
        (json!(1), json!(true), false),
        (json!(1), json!("1"), false),
        (json!(null), json!(false), false),
        (json!([]), json!({}), false),
        (json!([1, [2.0]]), json!([1.0, [2]]), true),
        (json!([1, 2]), json!([2, 1]), false),
        (json!([1]), json!([1, 1]), false),
        (
            json!({ "a": 1, "b": { "c": 2 } }),
            json!({ "b": { "c": 2.0 }, "a": 1 }),
            true,
        ),
        (json!({ "a": 1 }), json!({ "a": 1, "b": null }), false),
        (json!({ "a": null }), json!({ "b": null }), false),
        (json!("é"), json!("e\u{301}"), false),
    ] {
        assert_eq!(equal(&a, &b), expected, "{a} {b}");
        assert_eq!(equal(&b, &a), expected, "{b} {a}");
    }
}

#[test]
fn numbers_around_the_precision_of_floats_are_kept_apart() {
    let two_to_53: i64 = 1 << 53;
    for (a, b, expected) in [
        (json!(two_to_53 + 1), json!(9_007_199_254_740_992.0), Ordering::Greater),
        (json!(two_to_53), json!(9_007_199_254_740_992.0), Ordering::Equal),
        (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), Ordering::Less),
        (json!(u64::MAX), json!(u64::MAX - 1), Ordering::Greater),
        (json!(i64::MIN), json!(-9_223_372_036_854_775_808.0), Ordering::Equal),
        (json!(i64::MIN), json!(u64::MAX), Ordering::Less),
        (json!(-1), json!(-1.5), Ordering::Greater),
        (json!(0), json!(5e-324), Ordering::Less),
        (json!(u64::MAX), json!(f64::MAX), Ordering::Less),
        (json!(i64::MIN), json!(f64::MIN), Ordering::Greater),
    ] {
        let (Value::Number(a), Value::Number(b)) = (a, b) else {
            unreachable!()
        };
        assert_eq!(compare_numbers(&a, &b), Some(expected), "{a} {b}");
    }
}

/// Integers and floats of all sizes, and many that nearly meet.
fn numbers() -> impl Strategy<Value = Number> {
    let near = prop::sample::select(vec![0_i128, 1 << 31, 1 << 53, 1 << 62, 1 << 63, 1 << 64]);
    let near_integer = (near.clone(), -3..=3_i128, any::<bool>()).prop_filter_map("fits", |(base, offset, negate)| {
        let integer = base + offset;
        Number::from_i128(if negate { -integer } else { integer }).filter(|number| number.is_i64() || number.is_u64())
    });
    #[expect(clippy::cast_precision_loss, reason = "powers of two are exact")]
    let near_float = (near, -3..=3_i8, any::<bool>()).prop_map(|(base, steps, negate)| {
        let start = base as f64;
        let float = (0..steps.abs()).fold(start, |x, _| if steps > 0 { x.next_up() } else { x.next_down() });
        if negate { -float } else { float }
    });
    prop_oneof![
        near_integer,
        near_float.prop_filter_map("finite", Number::from_f64),
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        (-3.0..3.0).prop_filter_map("finite", Number::from_f64),
    ]
}

/// The model: the exact decimal expansion, compared digit by digit. No f64 needs more than 1,074 decimals.
fn model(number: &Number) -> (bool, String) {
    let text = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(integer), _, _) => format!("{integer}.{:01074}", 0),
        (_, Some(integer), _) => format!("{integer}.{:01074}", 0),
        (_, _, float) => format!("{:.1074}", float.unwrap()),
    };
    let digits = text.trim_start_matches('-');
    let is_negative = text.starts_with('-') && digits.contains(|digit| matches!(digit, '1'..='9'));
    (is_negative, format!("{digits:0>1500}"))
}

fn compare_by_model(a: &Number, b: &Number) -> Ordering {
    match (model(a), model(b)) {
        ((false, a), (false, b)) => a.cmp(&b),
        ((true, a), (true, b)) => b.cmp(&a),
        ((a, _), (b, _)) => b.cmp(&a),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_compare_as_their_exact_decimal_expansions(a in numbers(), b in numbers()) {
        prop_assert_eq!(compare_numbers(&a, &b), Some(compare_by_model(&a, &b)));
        prop_assert_eq!(compare_numbers(&a, &a), Some(Ordering::Equal));
    }

    #[test]
    fn every_number_is_normal_already_or_compares_equal_to_its_normal_form(a in numbers()) {
        let mut data = object(Value::Number(a.clone()));
        prop_assert_eq!(check_map(&data), Ok(()));
        normalize(&mut data);
        prop_assert!(equal(&data["a"], &Value::Number(a.clone())));
        if !numbers_hold_text() {
            prop_assert_eq!(data["a"].to_string(), a.to_string());
        }
    }
}

#[test]
fn an_integer_that_would_be_rounded_is_seen_in_the_text() {
    let kept = [
        "",
        "1",
        "-9223372036854775808",
        "18446744073709551615",
        "[1e400,-0,0.1,1e30]",
        r#"["99999999999999999999"]"#,
    ];
    for text in kept {
        assert!(!json_rounds_an_integer(text.as_bytes()), "{text}");
    }
    let rounded = [
        "18446744073709551616",
        "[-9223372036854775809]",
        r#"{"a\"":"\\","b":123456789012345678901234567890}"#,
        r#"{"a":"b"} 99999999999999999999"#,
    ];
    for text in rounded {
        assert!(json_rounds_an_integer(text.as_bytes()), "{text}");
    }
    // Cut off anywhere, it ends.
    for end in 0..rounded[2].len() {
        json_rounds_an_integer(&rounded[2].as_bytes()[..end]);
    }
}
