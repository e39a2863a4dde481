//! Where a page ends.

/// Cuts a page out of a walk over keys or ids: what was found, and where the next page begins (`None` at the end).
///
/// The walk gives each key it comes by, with what was found there: `None` for an entry that has expired or a document
/// that does not match. It is left as soon as the page is full and something follows.
///
/// ```
/// use kvs_core::cut_page;
/// let walk = || [("a", Some(1)), ("b", None), ("c", Some(3))].map(|(key, found)| Ok::<_, ()>((key.to_owned(), found)));
/// assert_eq!(cut_page(1, walk()), Ok((vec![1], Some("a".to_owned()))));
/// assert_eq!(cut_page(2, walk()), Ok((vec![1, 3], None)));
/// ```
///
/// # Errors
///
/// The first one of the walk.
pub fn cut_page<T, E>(
    limit: usize,
    walk: impl IntoIterator<Item = Result<(String, Option<T>), E>>,
) -> Result<(Vec<T>, Option<String>), E> {
    let mut page = Vec::new();
    let mut last = None;
    for step in walk {
        if page.len() == limit {
            return Ok((page, last));
        }
        let (key, found) = step?;
        page.extend(found);
        last = Some(key);
    }
    Ok((page, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_beyond_the_page_is_not_met() {
        let walk = || [Ok(("a".to_owned(), Some(1))), Ok(("b".to_owned(), None)), Err("broken")];
        assert_eq!(cut_page(2, walk()), Err("broken"));
        assert_eq!(cut_page(1, walk()), Ok((vec![1], Some("a".to_owned()))));
    }
}
