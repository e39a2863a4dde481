//! Real data as documents: media types, and what can be asked of them.

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use kvs::{Document, Error, Filter, FullStore, Query};
use serde_json::Value;

use super::show::Show;
use crate::failure::Failure;

pub(super) const COLLECTION: &str = "types";

const MEDIA_TYPES: &str = include_str!("../../../../data/mime-types.ndjson");

pub(super) async fn run(show: &mut Show<'_>, store: &dyn FullStore) -> Result<(), Failure> {
    show.step("Real data as documents: 282 media types of mime-db, an npm package")?;
    show.note("64 at once: SQLite syncs them to the disk in groups, DynamoDB answers them side by side.")?;
    code!(show, let put = |media_type| store.put("types", media_type));
    code!(show, let puts = iter(media_types()?).map(put).buffer_unordered(64));
    call!(show, puts.try_collect::<Vec<_>>().await?.len());
    show.note("Which are in UTF-8 and not known to compress? A missing field is not true. The first four:")?;
    code!(show, let filter = Filter::eq("charset", "UTF-8") & Filter::ne("compressible", true));
    code!(show, let page = store.query_page("types", &Query::new(filter).limit(4)).await?);
    for document in &page.documents {
        show.answer(&document.id)?;
    }
    show.shell(r#"doc query types '{"charset":"UTF-8","compressible":{"$ne":true}}' --limit 4"#)
}

fn media_types() -> Result<Vec<Document>, Error> {
    let lines = MEDIA_TYPES.lines().map(|line| {
        let data: Value = serde_json::from_str(line)
            .map_err(|error| Error::corrupt("the demo's data is not JSON").with_source(error))?;
        let id = data["type"].as_str().unwrap_or_default().to_owned();
        Document::new(id, data)
    });
    lines.collect()
}
