//! How an error speaks of a name that nobody knows.

/// The most characters of an unknown name that are shown: enough to find it, too little for a pasted secret.
const SHOWN: usize = 40;

/// The name in backquotes, on one line and not too long.
pub(crate) fn quoted(name: &str) -> String {
    let shown: String = name.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let rest = if name.chars().count() > SHOWN { "…" } else { "" };
    format!("`{shown}{rest}`")
}

/// `did you mean "path"? ` where one of the known names is close, else nothing.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // A hostile name costs no more than a long one.
    let name: Vec<char> = name.to_lowercase().chars().take(SHOWN).collect();
    let near = known
        .into_iter()
        .map(|known| (distance(&name, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3).min(3))
        .min();
    near.map_or_else(String::new, |(_, known)| format!("did you mean `{known}`? "))
}

/// The fewest insertions, deletions and replacements that turn one into the other.
fn distance(name: &[char], known: &str) -> usize {
    let known: Vec<char> = known.chars().collect();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (i, a) in name.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[known.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        let known = ["busy_timeout", "create", "read_only"];
        for name in ["busy_timeot", "busytimeout", "BUSY_TIMEOUT", "busy-timeout"] {
            assert_eq!(suggestion(name, known), "did you mean `busy_timeout`? ", "{name}");
        }
        assert_eq!(suggestion("shards", known), "");
        assert_eq!(suggestion(&"x".repeat(100_000), known), "");
    }

    #[test]
    fn a_long_or_odd_name_stays_on_one_line() {
        assert_eq!(quoted("a\nb"), "`a\\nb`");
        assert_eq!(quoted(&"x".repeat(50)), format!("`{}…`", "x".repeat(40)));
    }
}
