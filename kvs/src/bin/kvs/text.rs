//! How keys, instants and values are written for people and for programs.

use std::time::{Duration, UNIX_EPOCH};

use kvs::Timestamp;

/// The last instant of the year 9999, beyond which a date has no usual form.
const LAST_DATE_MILLIS: i64 = 253_402_300_799_999;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A key for a line of its own: as it is, or as a JSON string where it holds a control character. A key that begins
/// with a quote is shown as a JSON string too, so that the two forms cannot be mistaken for each other.
pub(crate) fn key(key: &str) -> String {
    if !key.starts_with('"') && !key.contains(char::is_control) {
        return key.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in key.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            control if control.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(control)).chars()),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Text on one line: each run of line ends and other control characters becomes a space.
pub(crate) fn one_line(text: &str) -> String {
    let parts = text.split(char::is_control).map(str::trim_end);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An expiry as a date in UTC, or `never`.
pub(crate) fn expiry(expires_at: Option<Timestamp>) -> String {
    let Some(millis) = expires_at.map(Timestamp::as_millis) else {
        return "never".to_owned();
    };
    match u64::try_from(millis) {
        Ok(since_epoch) if millis <= LAST_DATE_MILLIS => {
            humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(since_epoch)).to_string()
        }
        _ => format!("{millis} ms after 1970-01-01"),
    }
}

/// An argument as a shell reads it.
pub(crate) fn shell(argument: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b":/._-%".contains(&b);
    if !argument.is_empty() && argument.bytes().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// Bytes in standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|index| chunk.get(index).copied().map_or(0, usize::from));
        let digits = [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63];
        for (index, digit) in digits.into_iter().enumerate() {
            encoded.push(if index <= chunk.len() {
                char::from(BASE64[digit])
            } else {
                '='
            });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted_only_where_needed_and_quoted_ones_are_json() {
        for plain in ["user:1", "a b", "100%", "it's", "back\\slash", "a\"b", "é🦀"] {
            assert_eq!(key(plain), plain);
        }
        for odd in ["a\nb", "a\0b", "\"a", "\u{7f}", "\u{85}\\\"", "\u{1b}[31m", "\t\r"] {
            let shown = key(odd);
            assert!(!shown.contains(char::is_control), "{shown}");
            assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), odd);
        }
    }

    #[test]
    fn base64_has_the_vectors_of_rfc_4648() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xFE]), "+//+");
    }

    #[test]
    fn an_expiry_is_a_date_where_it_has_one() {
        assert_eq!(expiry(None), "never");
        assert_eq!(
            expiry(Some(Timestamp::from_millis(1_577_836_800_250))),
            "2020-01-01T00:00:00.250Z"
        );
        assert_eq!(
            expiry(Some(Timestamp::from_millis(LAST_DATE_MILLIS))),
            "9999-12-31T23:59:59.999Z"
        );
        for beyond in [i64::MIN, -1, LAST_DATE_MILLIS + 1, i64::MAX] {
            assert!(expiry(Some(Timestamp::from_millis(beyond))).ends_with("ms after 1970-01-01"));
        }
    }

    #[test]
    fn text_comes_out_on_one_line() {
        assert_eq!(one_line("a\nb\r\n\n  c "), "a b   c");
    }
}
