//! Nothing is done to the text of a key.

use std::collections::BTreeSet;

use super::distinct;
use crate::context::Context;
use crate::failed::Outcome;

cases! {
    "keys";
    "Upper and lower case are different."
        => case_is_kept [];
    "Composed and decomposed characters are different keys."
        => unicode_is_not_normalised [];
    "NUL is a character like any other, at every place of a key."
        => nul_is_a_character [];
    "Control characters are kept."
        => control_characters_are_kept [];
    "Quotes, wildcards and comment signs are characters like any other."
        => special_characters_have_no_meaning [];
    "White space is kept, also where a key is nothing else."
        => white_space_is_kept [];
    "Slashes and dots are no paths."
        => paths_are_plain_text [];
    "Separators that a format might use do not alias another key."
        => separators_do_not_alias [];
    "Emoji, right-to-left text, joiners, byte order marks and the last code points are kept."
        => all_of_unicode_is_kept [];
    "Keys that look like numbers are text."
        => numbers_are_text [];
    "Reserved words of query languages are keys."
        => reserved_words_are_keys [];
    "Names that a backend may use inside are keys."
        => internal_names_are_keys [];
    "Names of literals are keys."
        => literals_are_keys [];
    "Names of devices are keys."
        => device_names_are_keys [];
    "Keys that are prefixes of each other are all kept."
        => prefixes_of_each_other_are_kept [];
    "Keys that look like escapes or encodings are not decoded."
        => escapes_are_not_decoded [];
}

async fn case_is_kept(cx: Context) -> Outcome {
    distinct(&cx, &["key", "KEY", "Key", "kEY", "É", "é", "ß", "SS", "İ", "i", "I"]).await
}

async fn unicode_is_not_normalised(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "é",
            "e\u{301}",
            "ﬁ",
            "fi",
            "Ω",
            "\u{2126}",
            "Å",
            "\u{212B}",
            "한",
            "\u{1112}\u{1161}\u{11AB}",
        ],
    )
    .await
}

async fn nul_is_a_character(cx: Context) -> Outcome {
    distinct(
        &cx,
        &["\0", "\0\0", "a", "a\0", "a\0\0", "\0a", "a\0b", "a\0c", "ab", "\u{1}"],
    )
    .await
}

async fn control_characters_are_kept(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "\t", "\n", "\r", "\r\n", "\x1b[31m", "\x7f", "\u{85}", "\u{2028}", "a\nb", "a\rb", "ab",
        ],
    )
    .await
}

async fn special_characters_have_no_meaning(cx: Context) -> Outcome {
    let signs = [
        "%", "_", "\\", "*", "?", "[", "]", "'", "\"", "`", ";", "--", "/*", "{", "}", "$", "@", "^", "~", "''",
    ];
    let keys: Vec<String> = signs
        .iter()
        .flat_map(|sign| [(*sign).to_owned(), format!("a{sign}b"), format!("{sign}{sign}a")])
        .collect();
    let distinct_keys: Vec<String> = keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    distinct(&cx, &distinct_keys).await
}

async fn white_space_is_kept(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            " ",
            "  ",
            "a",
            " a",
            "a ",
            " a ",
            "\u{a0}a",
            "a\u{3000}",
            "\ta",
            "\u{200B}",
        ],
    )
    .await
}

async fn paths_are_plain_text(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "/",
            "//",
            ".",
            "..",
            "../x",
            "./x",
            "x",
            "/x",
            "x/",
            "a/../x",
            "C:\\x",
            "~",
            "%2e%2e",
            "file:///x",
        ],
    )
    .await
}

async fn separators_do_not_alias(cx: Context) -> Outcome {
    let keys = [
        "a:b", "a#b", "a|b", "a||b", "a/b", "a.b", "a,b", "a;b", "a\0b", "a\u{1}b", "a\u{1f}b", "a\u{ff}b", "a",
    ];
    distinct(
        &cx,
        &[&keys[..], &["a:", ":a", ":", "#", "|", "#a", "k:a", "v:a", "kv#a"]].concat(),
    )
    .await
}

async fn all_of_unicode_is_kept(cx: Context) -> Outcome {
    let keys = [
        "😀",
        "😀\u{200D}😀",
        "👨\u{200D}👩\u{200D}👧",
        "שלום",
        "مرحبا",
        "\u{200D}",
        "\u{FEFF}",
        "\u{FEFF}a",
        "a",
    ];
    let last = [
        "\u{FFFF}",
        "\u{FFFE}",
        "\u{10FFFF}",
        "\u{10FFFE}",
        "\u{D7FF}",
        "\u{E000}",
        "\u{80}",
        "\u{7FF}",
        "\u{800}",
    ];
    distinct(&cx, &[keys, last].concat()).await
}

async fn numbers_are_text(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "1",
            "01",
            "1.0",
            "1e0",
            "+1",
            " 1",
            "0x1",
            "１",
            "18446744073709551616",
            "-0",
            "0",
            "1_000",
        ],
    )
    .await
}

async fn reserved_words_are_keys(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "select", "name", "status", "ttl", "key", "value", "table", "size", "order", "SELECT", "where",
        ],
    )
    .await
}

async fn internal_names_are_keys(cx: Context) -> Outcome {
    let keys = [
        "__meta",
        "_id",
        "pk",
        "sk",
        "expires_at",
        "exp_ms",
        "rowid",
        "kvs",
        "kvs_meta",
        "kvs_entries",
        "_version",
    ];
    distinct(&cx, &keys).await
}

async fn literals_are_keys(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "null",
            "NULL",
            "true",
            "false",
            "undefined",
            "NaN",
            "nil",
            "None",
            "{}",
            "[]",
            "\"\"",
            "0",
        ],
    )
    .await
}

async fn device_names_are_keys(cx: Context) -> Outcome {
    distinct(
        &cx,
        &["CON", "con", "NUL", "COM1", "LPT1", "AUX", "PRN", "CON.txt", "nul."],
    )
    .await
}

async fn prefixes_of_each_other_are_kept(cx: Context) -> Outcome {
    let keys: Vec<String> = (1..=60).map(|length| "p".repeat(length)).collect();
    distinct(&cx, &keys).await
}

async fn escapes_are_not_decoded(cx: Context) -> Outcome {
    distinct(
        &cx,
        &[
            "\\0", "\0", "%00", "\\u0000", "&amp;", "&", "%41", "A", "\\n", "\n", "QQ==", "a+b", "a b", "a%20b",
        ],
    )
    .await
}
