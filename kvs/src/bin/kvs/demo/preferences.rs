//! Preferences as documents, and a query.

use kvs::{Document, Filter, FullStore};
use serde_json::json;

use super::show::Show;
use crate::failure::Failure;

pub(super) const COLLECTION: &str = "preferences";

pub(super) async fn run(show: &mut Show<'_>, store: &dyn FullStore) -> Result<(), Failure> {
    show.step("Preferences as documents, and a query")?;
    code!(show, let ada = Document::new("ada", json!({ "theme": "dark", "font": { "size": 16 } }))?);
    code!(show, let kim = Document::new("kim", json!({ "theme": "dark", "font": { "size": 12 } }))?);
    code!(show, let lin = Document::new("lin", json!({ "theme": "light" }))?);
    code!(show, store.put("preferences", ada).await?);
    code!(show, store.put("preferences", kim).await?);
    code!(show, store.put("preferences", lin).await?);
    show.note("Who reads large letters in the dark? A dot reaches into nested objects.")?;
    code!(show, let filter = Filter::eq("theme", "dark") & Filter::gte("font.size", 14));
    code!(show, let found = store.query("preferences", &filter).await?);
    for document in found {
        show.answer(&format!("{} {}", document.id, json!(document.data)))?;
    }
    show.shell(r#"doc query preferences '{"theme":"dark","font.size":{"$gte":14}}'"#)
}
