//! Takes a Rust file apart just far enough to tell code, string literals, comments and tests from each other.
//!
//! A rule that searched the raw text would report its own explanation in a comment.

use std::ops::Range;

use super::tree::File;

/// A Rust file as the rules see it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) file: &'a File,
    /// The text with comments and literals blanked; every byte that is left stands where it stood.
    pub(super) code: String,
    /// Where the contents of the string literals are.
    strings: Vec<Range<usize>>,
    /// Where items under `#[cfg(test)]` are.
    tests: Vec<Range<usize>>,
}

impl<'a> Source<'a> {
    pub(super) fn parse(file: &'a File) -> Self {
        let mut lexer = Lexer {
            text: file.text.as_bytes(),
            file,
            at: 0,
            blanks: Vec::new(),
            strings: Vec::new(),
        };
        lexer.run();
        let mut code = file.text.clone().into_bytes();
        for byte in lexer.blanks.iter().flat_map(Clone::clone) {
            if code[byte] != b'\n' {
                code[byte] = b' ';
            }
        }
        // Whole literals and comments were blanked, so no character was cut.
        let code = String::from_utf8_lossy(&code).into_owned();
        Self {
            file,
            strings: lexer.strings,
            tests: find_tests(&code),
            code,
        }
    }

    /// The lines where code, not a comment or a literal, says `needle`.
    pub(super) fn lines_of<'s>(&'s self, needle: &'s str) -> impl Iterator<Item = usize> + 's {
        let found = self.code.match_indices(needle);
        found.map(|(offset, _)| self.file.line_at(offset))
    }

    /// The lines where code outside of tests says `needle`.
    pub(super) fn product_lines_of<'s>(&'s self, needle: &'s str) -> impl Iterator<Item = usize> + 's {
        let found = self.code.match_indices(needle);
        found
            .filter(|(offset, _)| !self.is_test(*offset))
            .map(|(offset, _)| self.file.line_at(offset))
    }

    /// The string literals outside of tests, each with its line.
    pub(super) fn product_strings(&self) -> impl Iterator<Item = (usize, &str)> {
        let strings = self.strings.iter();
        strings
            .filter(|range| !self.is_test(range.start))
            .map(|range| (self.file.line_at(range.start), &self.file.text[range.clone()]))
    }

    fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }
}

/// The items under `#[cfg(test)]`, each to its closing brace or semicolon.
fn find_tests(code: &str) -> Vec<Range<usize>> {
    let attribute = "#[cfg(test)]";
    let starts = code.match_indices(attribute).map(|(start, _)| start);
    starts
        .map(|start| {
            let mut depth = 0;
            let rest = code[start + attribute.len()..].bytes();
            let length = rest.take_while(|byte| {
                match byte {
                    b'{' | b'(' | b'[' => depth += 1,
                    b'}' | b')' | b']' => depth -= 1,
                    _ => {}
                }
                !(depth == 0 && matches!(byte, b'}' | b';'))
            });
            start..start + attribute.len() + length.count()
        })
        .collect()
}

struct Lexer<'a> {
    text: &'a [u8],
    file: &'a File,
    at: usize,
    blanks: Vec<Range<usize>>,
    strings: Vec<Range<usize>>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.text.get(self.at) {
            let start = self.at;
            let is_blank = match byte {
                b'/' if self.starts_with(b"//") => self.skip_past(b"\n"),
                b'/' if self.starts_with(b"/*") => self.block_comment(),
                b'"' => self.string(0, true),
                b'r' => self.raw_string(),
                b'\'' => self.character(),
                _ => false,
            };
            if is_blank {
                self.blanks.push(start..self.at);
            } else {
                self.at = start + 1;
            }
        }
    }

    fn block_comment(&mut self) -> bool {
        let mut depth = 0;
        while self.at < self.text.len() {
            if self.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if self.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
            } else {
                self.at += 1;
            }
            if depth == 0 {
                break;
            }
        }
        true
    }

    /// Reads on from an opening quote to the closing one, which so many hashes follow.
    fn string(&mut self, hashes: usize, escapes: bool) -> bool {
        let close = [&b"\""[..], &b"#".repeat(hashes)].concat();
        self.at += 1;
        let start = self.at;
        while self.at < self.text.len() && !self.starts_with(&close) {
            let escape = escapes && self.text[self.at] == b'\\';
            self.at += if escape { 2 } else { 1 };
        }
        let end = self.at.min(self.text.len());
        self.strings.push(start..end);
        self.at = (end + close.len()).min(self.text.len());
        true
    }

    /// Reads `r"…"` or `r#"…"#`; `r#name` and a name with an `r` in it are code.
    fn raw_string(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        if rest.get(hashes) != Some(&b'"') || self.in_identifier() {
            return false;
        }
        self.at += 1 + hashes;
        self.string(hashes, false)
    }

    /// Reads `'x'` or `'\n'`; the quote of a lifetime is code.
    fn character(&mut self) -> bool {
        self.at += 1;
        if self.starts_with(b"\\") {
            self.at += 2;
            return self.skip_past(b"'");
        }
        let rest = self.file.text.get(self.at..).unwrap_or_default();
        self.at += rest.chars().next().map_or(0, char::len_utf8);
        let is_character = self.starts_with(b"'");
        self.at += 1;
        is_character
    }

    fn skip_past(&mut self, end: &[u8]) -> bool {
        while self.at < self.text.len() && !self.starts_with(end) {
            self.at += 1;
        }
        self.at = (self.at + end.len()).min(self.text.len());
        true
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.starts_with(prefix)
    }

    /// Whether the byte before this one belongs to a name; `b` and `c` may stand before a raw string.
    fn in_identifier(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.text[at]);
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        match before(1) {
            Some(b'b' | b'c') => before(2).is_some_and(of_name),
            Some(byte) => of_name(byte),
            None => false,
        }
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
