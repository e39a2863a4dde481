//! Stores whose queries end too early, begin in the wrong place, or give pages that do not fit together.

use kvs_core::{Document, Error, Filter, MAX_PAGE, Query, QueryPage};

use super::evaluator::page_of;
use crate::call::{Answer, Call};
use crate::mutation::{Mutation, after, around, before};

pub(super) fn all() -> Vec<Mutation> {
    [limits(), ends(), positions(), orders()]
        .into_iter()
        .flatten()
        .collect()
}

/// A store that changes a page when the query succeeded.
macro_rules! pages {
    ($name:literal, |$query:ident, $page:ident| $change:expr) => {
        after($name, |_, call, answer| {
            if let (Call::QueryPage { query: $query, .. }, Ok(Answer::QueryPage($page))) = (call, answer) {
                $change;
            }
        })
    };
}

fn limits() -> Vec<Mutation> {
    vec![
        around(
            "applies the limit before the filter, and ends at an empty page",
            |saboteur, mut call| {
                Box::pin(async move {
                    let (Call::QueryPage { collection, query }, Ok(())) = (&call, validity(&call)) else {
                        return saboteur.soundly(&mut call).await;
                    };
                    let mut asked = query.clone();
                    asked.filter = Filter::all();
                    let mut page = saboteur.sound().query_page(collection, &asked).await?;
                    page.documents.retain(|document| query.filter.matches(&document.data));
                    page.next = page.next.filter(|_| !page.documents.is_empty());
                    Ok(Answer::QueryPage(page))
                })
            },
        )
        .found_by("filters::the_limit_counts_matches"),
        before("gives one match more than the limit", |_, call| {
            if let Call::QueryPage { query, .. } = call
                && (2..MAX_PAGE).contains(&query.limit)
            {
                query.limit += 1;
            }
        })
        .found_by("filters::a_page_keeps_its_limit"),
        before("takes a limit of 0 for no limit", |_, call| {
            if let Call::QueryPage { query, .. } = call
                && query.limit == 0
            {
                query.limit = MAX_PAGE;
            }
        })
        .found_by("filters::a_limit_of_zero_is_refused"),
        pages!("asks for one more than the limit, which wraps", |query, page| {
            page.documents.truncate(query.limit.wrapping_add(1));
        })
        .found_by("filters::a_huge_limit_is_fine"),
        after("refuses a limit beyond that of a page", |_, call, answer| {
            if matches!(call, Call::QueryPage { query, .. } if query.limit > MAX_PAGE) {
                *answer = Err(Error::invalid_argument("the limit is too large"));
            }
        })
        .found_by("filters::a_huge_limit_is_fine"),
    ]
}

fn ends() -> Vec<Mutation> {
    vec![
        before("forgets the filter with the second page", |_, call| {
            if let Call::QueryPage { query, .. } = call
                && query.after.is_some()
                && query.filter.validate().is_ok()
            {
                query.filter = Filter::all();
            }
        })
        .found_by("filters::pages_make_the_query"),
        pages!("takes a search for one match for done", |query, page| {
            page.next = page.next.take().filter(|_| query.limit > 1);
        })
        .found_by("filters::a_walk_of_single_matches_ends"),
        pages!(
            "never ends a walk of single matches that found nothing",
            |query, page| {
                if query.limit == 1 && page.documents.is_empty() && page.next.is_none() {
                    page.next = Some(query.after.clone().unwrap_or_default());
                }
            }
        )
        .found_by("filters::a_walk_of_single_matches_ends"),
        pages!("ends a walk with its second page", |query, page| {
            page.next = page.next.take().filter(|_| query.after.is_none());
        })
        .found_by("filters::next_is_none_at_the_end_only"),
        pages!(
            "reads 16 matches at most, and says that it is at the end",
            |_query, page| {
                if page.documents.len() > 16 {
                    page.documents.truncate(16);
                    page.next = None;
                }
            }
        )
        .found_by("filters::the_stream_gives_what_the_query_gives"),
        after("gives 1,000 documents of a query at most", |_, _, answer| {
            if let Ok(Answer::Documents(found)) = answer {
                found.truncate(1_000);
            }
        })
        .found_by("filters::a_query_goes_beyond_a_page"),
        pages!("says of an empty page that there is more", |_query, page| {
            let asked = page.next.is_none() && page.documents.is_empty();
            page.next = page.next.take().or(asked.then(|| "~".to_owned()));
        })
        .found_by("filters::an_unknown_collection_has_one_empty_page"),
    ]
}

fn positions() -> Vec<Mutation> {
    vec![
        around("shows the document at the position again", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                let (Call::QueryPage { collection, query }, Answer::QueryPage(page)) = (&call, answer.clone()) else {
                    return Ok(answer);
                };
                let (Some(after), false) = (&query.after, page.documents.is_empty()) else {
                    return Ok(answer);
                };
                // The boundary belongs to both pages.
                let boundary = saboteur.sound().get_doc(collection, after).await;
                let boundary = boundary.ok().filter(|document| query.filter.matches(&document.data));
                let documents = boundary.into_iter().chain(page.documents).collect();
                Ok(Answer::QueryPage(cut(documents, query, page.next)))
            })
        })
        .found_by("filters::after_may_be_any_string"),
        around(
            "begins anew when the document at the position is gone",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::QueryPage { collection, query } = &mut call
                        && let Some(after) = query.after.as_deref()
                        && let Err(Error::NotFound) = saboteur.sound().get_doc(collection, after).await
                    {
                        query.after = None;
                    }
                    saboteur.soundly(&mut call).await
                })
            },
        )
        .found_by("filters::a_deleted_position_does_not_disturb"),
        around("counts how many documents it has shown", |saboteur, mut call| {
            Box::pin(async move {
                let answer = saboteur.soundly(&mut call).await?;
                let (Call::QueryPage { collection, query }, Answer::QueryPage(_)) = (&call, &answer) else {
                    return Ok(answer);
                };
                let found = saboteur.sound().query(collection, &query.filter).await?;
                let name = |after: &str| format!("{collection}\0{after}");
                let noted = query
                    .after
                    .as_deref()
                    .and_then(|after| saboteur.notes.values().get(&name(after)).cloned());
                let Some(shown) = noted else {
                    let page = page_of(found, query);
                    let shown = page.documents.len().to_string();
                    if let (None, Some(next)) = (&query.after, &page.next) {
                        saboteur.notes.values().insert(name(next), shown.into());
                    }
                    return Ok(Answer::QueryPage(page));
                };
                let shown = std::str::from_utf8(&shown).ok().and_then(|shown| shown.parse().ok());
                let rest = Query::new(query.filter.clone()).limit(query.limit);
                let found = found.into_iter().skip(shown.unwrap_or_default()).collect();
                Ok(Answer::QueryPage(page_of(found, &rest)))
            })
        })
        .found_by("filters::puts_between_pages_do_not_repeat"),
        before("begins anew where the position is longer than any id", |_, call| {
            if let Call::QueryPage { query, .. } = call {
                query.after = query
                    .after
                    .take()
                    .filter(|after| after.len() <= kvs_core::MAX_KEY_BYTES);
            }
        })
        .found_by("filters::after_may_be_longer_than_any_id"),
        after("refuses an empty position", |_, call, answer| {
            if answer.is_ok() && matches!(call, Call::QueryPage { query, .. } if query.after.as_deref() == Some("")) {
                *answer = Err(Error::invalid_key("the key is empty"));
            }
        })
        .found_by("filters::after_may_be_empty"),
        pages!("leaves out the match that follows a full page", |query, page| {
            if query.after.is_some() && query.limit > 1 && page.documents.len() == query.limit {
                page.documents.remove(0);
            }
        })
        .found_by("filters::pages_make_the_query"),
    ]
}

fn orders() -> Vec<Mutation> {
    vec![
        after("sorts documents without regard to case", |_, _, answer| {
            if let Ok(Answer::Documents(found)) = answer {
                found.sort_by_key(|document| document.id.to_lowercase());
            }
        })
        .found_by("filters::documents_come_by_the_bytes_of_their_ids"),
        after("sorts documents by the units of UTF-16", |_, _, answer| {
            if let Ok(Answer::Documents(found)) = answer {
                found.sort_by_key(|document| document.id.encode_utf16().collect::<Vec<_>>());
            }
        })
        .found_by("filters::documents_come_by_the_bytes_of_their_ids"),
        around(
            "gives documents in the order in which they were put",
            |saboteur, mut call| {
                Box::pin(async move {
                    if let Call::Put { collection, document } = &call {
                        let name = format!("{collection}\0{}", document.id);
                        let serial = format!("{:020}", crate::saboteur::serial());
                        saboteur.notes.values().entry(name).or_insert_with(|| serial.into());
                    }
                    let mut answer = saboteur.soundly(&mut call).await?;
                    if let (Call::Query { collection, .. }, Answer::Documents(found)) = (&call, &mut answer) {
                        let serials = saboteur.notes.values().clone();
                        found.sort_by_key(|document| serials.get(&format!("{collection}\0{}", document.id)).cloned());
                    }
                    Ok(answer)
                })
            },
        )
        .found_by("documents::hostile_ids_are_ids"),
    ]
}

/// An invalid argument is for the sound store to refuse.
fn validity(call: &Call<'_>) -> Result<(), Error> {
    match call {
        Call::QueryPage { query, .. } => query.filter.validate(),
        _ => Ok(()),
    }
}

/// No more documents than the limit; what is cut off comes with the next page.
fn cut(mut documents: Vec<Document>, query: &Query, next: Option<String>) -> QueryPage {
    let is_cut = documents.len() > query.limit;
    documents.truncate(query.limit);
    let last = documents.last().map(|document| document.id.clone());
    QueryPage {
        next: if is_cut { last } else { next },
        documents,
    }
}
