//! `list`: keys in order, as they are read.

use kvs::{Entry, ListOptions, Timestamp};
use serde_json::json;

use crate::args::ListArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::{Missing, Run};
use crate::text;

/// Keys in one page. Without their values a page stays small.
const PAGE: usize = 1_000;

#[derive(Clone, Copy)]
enum Form {
    Plain,
    Long,
    Null,
    Json,
}

pub(crate) async fn list(run: &mut Run, args: ListArgs) -> Result<(), Failure> {
    let form = match (run.out.json, args.null, args.long) {
        (true, ..) => Form::Json,
        (_, true, _) => Form::Null,
        (.., true) => Form::Long,
        _ => Form::Plain,
    };
    let store = run.open(Missing::Refuse).await?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut options = ListOptions::new(args.prefix).reverse(args.reverse);
    options.after = args.after;
    while left > 0 {
        options.limit = left.min(PAGE);
        let page = store.list_page(&options).await?;
        left -= page.entries.len().min(left);
        page.entries
            .iter()
            .try_for_each(|entry| print(&mut run.out, form, entry))?;
        // Each page shows when it is there, and a closed pipe ends the walk.
        run.out.flush()?;
        match page.next {
            Some(next) => options.after = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn print(out: &mut Output, form: Form, entry: &Entry) -> Result<(), Failure> {
    match form {
        Form::Plain => out.line(&text::key(&entry.key)),
        Form::Long => out.line(&format!(
            "{:<24}  {}",
            text::expiry(entry.expires_at),
            text::key(&entry.key)
        )),
        Form::Null => {
            out.bytes(entry.key.as_bytes())?;
            out.bytes(&[0])
        }
        Form::Json => out.json(&json!({ "key": entry.key, "expires_at": entry.expires_at.map(Timestamp::as_millis) })),
    }
}
