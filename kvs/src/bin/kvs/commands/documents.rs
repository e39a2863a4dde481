//! `doc put`, `doc get`, `doc delete` and `doc query`.

use std::ffi::OsString;

use kvs::{Document, Error, Filter, Query};
use serde_json::json;

use crate::args::{DocArgs, QueryArgs};
use crate::failure::Failure;
use crate::input::{TEXT_PER_BYTE, argument_or_stdin, parse_object};
use crate::run::{Missing, Run};

/// Documents in one page: they may be large, and a page is held at once.
const PAGE: usize = 100;

pub(crate) async fn put(run: &mut Run, args: DocArgs, content: Option<OsString>) -> Result<(), Failure> {
    run.rules.check("doc put").collection(&args.collection)?.key(&args.id)?;
    let store = run.open(Missing::Create).await?;
    let profile = store.profile();
    let limit = profile.limits.document_bytes.saturating_mul(TEXT_PER_BYTE);
    let named = |error: Error| error.during(profile.name, "put");
    let text = argument_or_stdin(content, "document", limit).await.map_err(named)?;
    let data = parse_object(&text, "the document").map_err(named)?;
    let version = store.put(&args.collection, Document::new(args.id, data)?).await?;
    run.out.done(&json!({ "version": version.to_string() }))
}

pub(crate) async fn get(run: &mut Run, args: &DocArgs) -> Result<(), Failure> {
    run.rules.check("doc get").collection(&args.collection)?.key(&args.id)?;
    let store = run.open(Missing::Refuse).await?;
    let document = store.get_doc(&args.collection, &args.id).await?;
    run.out.line(&to_json(&document)?)
}

pub(crate) async fn delete(run: &mut Run, args: &DocArgs) -> Result<(), Failure> {
    run.rules
        .check("doc delete")
        .collection(&args.collection)?
        .key(&args.id)?;
    let store = run.open(Missing::Refuse).await?;
    store.delete_doc(&args.collection, &args.id).await?;
    run.out.done(&json!({ "done": true }))
}

pub(crate) async fn query(run: &mut Run, args: QueryArgs) -> Result<(), Failure> {
    run.rules.check("doc query").collection(&args.collection)?;
    let filter: Filter = args.filter.as_deref().unwrap_or("{}").parse()?;
    let store = run.open(Missing::Refuse).await?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut query = Query::new(filter);
    query.after = args.after;
    while left > 0 {
        query.limit = left.min(PAGE);
        let page = store.query_page(&args.collection, &query).await?;
        left -= page.documents.len().min(left);
        for document in &page.documents {
            run.out.line(&to_json(document)?)?;
        }
        run.out.flush()?;
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn to_json(document: &Document) -> Result<String, Error> {
    serde_json::to_string(document)
        .map_err(|error| Error::corrupt("a document cannot be written as JSON").with_source(error))
}
