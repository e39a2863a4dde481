//! Stores that do something to the text of a key, so that two keys become one.

use kvs_core::{Error, Value};

use crate::call::Call;
use crate::mutation::{Mutation, after, before};

pub(crate) fn all() -> Vec<Mutation> {
    [characters(), meanings()].into_iter().flatten().collect()
}

fn characters() -> Vec<Mutation> {
    vec![
        before("ends keys at NUL", |_, call| {
            call.rename_keys(|key| key.split('\0').next().unwrap_or_default().to_owned());
        })
        .found_by("keys::nul_is_a_character")
        .found_by("model::plain_operations_agree_with_a_map")
        .found_by("keys::random_keys_are_distinct"),
        before("folds the case of keys", |_, call| call.rename_keys(str::to_lowercase))
            .found_by("keys::case_is_kept")
            .found_by("model::all_operations_agree_with_the_model")
            .found_by("keys::a_key_of_one_byte_works")
            .found_by("keys::reserved_words_are_keys")
            .found_by("keys::literals_are_keys")
            .found_by("keys::device_names_are_keys"),
        before("takes letters of one look for one letter", |_, call| {
            call.rename_keys(|key| {
                key.replace("e\u{301}", "é")
                    .replace('\u{2126}', "Ω")
                    .replace('\u{212B}', "Å")
                    .replace('ﬁ', "fi")
            });
        })
        .found_by("keys::unicode_is_not_normalised"),
        before("trims white space off keys", |_, call| {
            call.rename_keys(|key| key.trim().to_owned());
        })
        .found_by("keys::white_space_is_kept"),
        before("pads keys with blanks, as CHAR columns do", |_, call| {
            call.rename_keys(|key| key.trim_end_matches(' ').to_owned());
        })
        .found_by("basics::set_leaves_the_neighbours"),
        before("drops control characters from keys", |_, call| {
            call.rename_keys(|key| key.replace(|sign: char| sign.is_control() && sign != '\0', ""));
        })
        .found_by("keys::control_characters_are_kept"),
        before("has no characters beyond the sixteen bits", |_, call| {
            call.rename_keys(|key| key.replace(|sign| sign > '\u{FFFF}', "\u{FFFD}"));
        })
        .found_by("keys::all_of_unicode_is_kept"),
        before("drops marks that cannot be seen from keys", |_, call| {
            call.rename_keys(|key| key.replace(['\u{FEFF}', '\u{200B}', '\u{200D}', '\u{202E}'], ""));
        })
        .found_by("keys::all_of_unicode_is_kept"),
    ]
}

fn meanings() -> Vec<Mutation> {
    vec![
        before("takes two quotes in a key for one that is escaped", |_, call| {
            call.rename_keys(|key| key.replace("''", "'"));
        })
        .found_by("keys::special_characters_have_no_meaning"),
        before("resolves keys as paths", |_, call| {
            call.rename_keys(|key| {
                let steps = key.split('/').filter(|step| !matches!(*step, "" | "."));
                steps.collect::<Vec<_>>().join("/")
            });
        })
        .found_by("keys::paths_are_plain_text"),
        before("has one separator for all", |_, call| {
            call.rename_keys(|key| key.replace(['#', '|', ';', '\u{1f}'], ":"));
        })
        .found_by("keys::separators_do_not_alias"),
        before("takes keys that are whole numbers for numbers", |_, call| {
            call.rename_keys(|key| {
                key.parse::<i64>()
                    .map_or_else(|_| key.to_owned(), |number| number.to_string())
            });
        })
        .found_by("keys::numbers_are_text"),
        after("hides keys that begin with an underscore", |_, call, answer| {
            if matches!(call, Call::Get { key } if key.starts_with('_')) && answer.is_ok() {
                *answer = Err(Error::NotFound);
            }
        })
        .found_by("keys::internal_names_are_keys"),
        after("takes a key that reads as null for none", |_, call, answer| {
            let is_null =
                |key: &str| serde_json::from_str::<Value>(&key.to_lowercase()).is_ok_and(|json| json.is_null());
            if matches!(call, Call::Get { key } if is_null(key)) && answer.is_ok() {
                *answer = Err(Error::NotFound);
            }
        })
        .found_by("keys::literals_are_keys"),
        before("decodes percent signs in keys", |_, call| {
            call.rename_keys(|key| {
                let mut parts = key.split('%');
                let start = parts.next().unwrap_or_default().to_owned();
                parts.fold(start, |text, part| text + &decoded(part))
            });
        })
        .found_by("keys::escapes_are_not_decoded"),
    ]
}

/// What stood behind a percent sign, with it or with the character that it means.
fn decoded(part: &str) -> String {
    let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
    match code.filter(u8::is_ascii) {
        Some(code) => format!("{}{}", char::from(code), &part[2..]),
        None => format!("%{part}"),
    }
}
