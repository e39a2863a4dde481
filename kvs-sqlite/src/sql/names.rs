//! The names of a store's tables.

use std::fmt;

use kvs_core::Namespace;

/// A quoted name of a table or index of ours. Made of constants and of the namespace, so it is safe in SQL text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// `kvs_entries`, or `kvs_entries.<namespace>`.
    ///
    /// SQLite folds the case of names, namespaces do not: each upper-case letter becomes `+` and its lower case. A
    /// namespace holds no `+` and no `.`, so no two of them give one name.
    pub(super) fn new(kind: &'static str, namespace: Option<&Namespace>) -> Self {
        let mut name = format!("kvs_{kind}");
        if let Some(namespace) = namespace {
            name.push('.');
            for character in namespace.as_str().chars() {
                if character.is_ascii_uppercase() {
                    name.push('+');
                }
                name.push(character.to_ascii_lowercase());
            }
        }
        Self(name)
    }

    /// The name without quotes, to look it up as a value.
    pub(crate) fn bare(&self) -> &str {
        &self.0
    }
}

/// Quoted, for SQL text. No name of ours holds a quote.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ_even_where_case_is_folded() {
        let namespaces = ["a", "A", "aB", "Ab", "AB", "ab", "a-b", "a_b", "0"];
        let names: HashSet<String> = namespaces
            .iter()
            .map(|namespace| {
                Name::new("entries", Some(&namespace.parse().unwrap()))
                    .to_string()
                    .to_lowercase()
            })
            .chain([Name::new("entries", None).to_string()])
            .collect();
        assert_eq!(names.len(), namespaces.len() + 1);
        assert!(names.contains("\"kvs_entries\"") && names.contains("\"kvs_entries.+a\""));
    }
}
