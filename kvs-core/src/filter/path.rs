//! How a filter names a field.

use std::fmt;

use serde_json::{Map, Value};

/// Names a field of a document, at any depth.
///
/// Text becomes a path by splitting it at each dot: `"address.city"` is the member `city` of the object `address`, and
/// the middle segment of `"a..b"` is the empty name. A path leads into objects only, never into arrays. Segments are
/// data: no character but the dot has a meaning, and nothing is trimmed or case-folded.
///
/// ```
/// use kvs_core::FieldPath;
/// assert_eq!(FieldPath::from("address.city").segments(), ["address", "city"]);
/// assert_eq!(FieldPath::literal("example.com").segments(), ["example.com"]);
/// assert_eq!(FieldPath::new(["hosts", "example.com", "port"]).to_string(), r#"hosts."example.com".port"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    segments: Vec<String>,
}

impl FieldPath {
    /// A path of these segments, outermost first. Dots in them have no meaning.
    ///
    /// A path without segments names nothing: a filter that uses one is invalid.
    pub fn new(segments: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            segments: segments.into_iter().map(Into::into).collect(),
        }
    }

    /// The field of the document itself that has exactly this name, dots included.
    pub fn literal(name: impl Into<String>) -> Self {
        Self {
            segments: vec![name.into()],
        }
    }

    /// The names from the outermost to the innermost.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Looks the field up; `None` if it is missing, or if anything on the way is missing or is not an object.
    ///
    /// ```
    /// use kvs_core::FieldPath;
    /// use serde_json::json;
    /// let data = json!({ "address": { "city": null }, "tags": ["a"] });
    /// let data = data.as_object().unwrap();
    /// assert_eq!(FieldPath::from("address.city").find(data), Some(&json!(null)));
    /// assert_eq!(FieldPath::from("address.zip").find(data), None);
    /// assert_eq!(FieldPath::from("tags.0").find(data), None);
    /// ```
    pub fn find<'a>(&self, data: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.segments.split_first()?;
        rest.iter()
            .try_fold(data.get(first)?, |value, segment| value.as_object()?.get(segment))
    }
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self::new(path.split('.'))
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        if path.contains('.') {
            path.as_str().into()
        } else {
            Self::literal(path)
        }
    }
}

impl From<&String> for FieldPath {
    fn from(path: &String) -> Self {
        path.as_str().into()
    }
}

/// Joins the segments with dots, and quotes a segment that would read as something else, or would not show.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            if segment.is_empty() || segment.contains(needs_quotes) {
                write!(f, "{segment:?}")?;
            } else {
                f.write_str(segment)?;
            }
        }
        Ok(())
    }
}

fn needs_quotes(character: char) -> bool {
    !(character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | '@' | '#' | ':' | '/'))
}
