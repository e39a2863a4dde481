//! The parts that `Source` finds in a file made of traps.

use super::*;

const TEXT: &str = r##"//! "no string" and 'no
fn f<'a>(x: &'a str) -> char { g("one \" // two", '"', 'é', '\'') /* a /* b */ "c" */ }
const RAW: &str = r#"three" four"#; const R: u8 = b'"';
#[cfg(test)]
mod tests {
    fn t() { let s = "five }"; needle(); }
}
fn needle() -> &'static [u8] { b"six" }
"##;

fn file() -> File {
    File {
        path: "x.rs".to_owned(),
        text: TEXT.to_owned(),
    }
}

#[test]
fn literals_and_comments_are_no_code() {
    let file = file();
    let source = Source::parse(&file);
    assert_eq!(source.code.len(), TEXT.len());
    for gone in ["no", "one", "two", "four", "\"", "/*", "é"] {
        assert!(!source.code.contains(gone), "{gone}: {}", source.code);
    }
    for kept in ["fn f<'a>(x: &'a str)", "const R: u8 = b"] {
        assert!(source.code.contains(kept), "{kept}: {}", source.code);
    }
}

#[test]
fn strings_outside_of_tests_come_with_their_line() {
    let file = file();
    let source = Source::parse(&file);
    let strings: Vec<_> = source.product_strings().collect();
    assert_eq!(strings, [(2, r#"one \" // two"#), (3, r#"three" four"#), (8, "six")]);
}

#[test]
fn tests_can_be_left_out() {
    let file = file();
    let source = Source::parse(&file);
    assert_eq!(source.lines_of("needle").collect::<Vec<_>>(), [6, 8]);
    assert_eq!(source.product_lines_of("needle").collect::<Vec<_>>(), [8]);
}

#[test]
fn broken_source_does_not_stop_the_lexer() {
    for text in ["\"", "'", "'\\", "/*", "r#\"", "\"\\", "#[cfg(test)]", "é'é"] {
        let file = File {
            path: "x.rs".to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(Source::parse(&file).code.len(), text.len());
    }
}
