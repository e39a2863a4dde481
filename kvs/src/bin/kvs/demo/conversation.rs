//! The last turns of a conversation: a prefix, in reverse.

use kvs::{Error, FullStore, ListOptions, SetEntry};
use serde::{Deserialize, Serialize};

use super::show::Show;
use crate::failure::Failure;

const CONVERSATIONS: &str = include_str!("../../../../data/conversations.ndjson");

/// What is shown of a turn, in characters.
const SHOWN: usize = 72;

#[derive(Serialize, Deserialize)]
struct Turn {
    conversation: String,
    seq: u32,
    role: String,
    text: String,
}

pub(super) async fn run(show: &mut Show<'_>, store: &dyn FullStore) -> Result<(), Failure> {
    show.step("The last turns of a conversation, by prefix, in reverse")?;
    show.note("Keys order by their bytes, so a number of fixed width keeps the turns in order.")?;
    code!(show, let entries = entries()?);
    let first = entries.first().map(|entry| entry.key.clone()).unwrap_or_default();
    show.answer(&format!(
        "{} turns of chatterbot-corpus; the first key is {first:?}",
        entries.len()
    ))?;
    call!(show, store.set_many(entries).await?);
    code!(show, let last = ListOptions::new("chat:computers:0006:").reverse(true).limit(3).values(true));
    code!(show, let page = store.list_page(&last).await?);
    show.note("The newest comes first; here they are in the order of the conversation:")?;
    for entry in page.entries.iter().rev() {
        let turn: Turn = parse(entry.value.as_deref().unwrap_or_default())?;
        show.answer(&format!("{:9} {}", turn.role, shortened(&turn.text)))?;
    }
    Ok(())
}

/// A key for each turn, such as `chat:computers:0006:000002`.
fn entries() -> Result<Vec<SetEntry>, Error> {
    let lines = CONVERSATIONS.lines().map(|line| {
        let turn: Turn = parse(line.as_bytes())?;
        Ok(SetEntry::new(
            format!("chat:{}:{:06}", turn.conversation, turn.seq),
            line,
        ))
    });
    lines.collect()
}

fn parse(json: &[u8]) -> Result<Turn, Error> {
    serde_json::from_slice(json).map_err(|error| Error::corrupt("the demo's data is not a turn").with_source(error))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
