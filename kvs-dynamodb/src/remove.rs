//! Removing a namespace with all that it holds.

use kvs_core::{Error, KeyRange, Namespace, Profile, Result};

use crate::call::{Answer, Effect};
use crate::change::{Action, Change, Condition};
use crate::config::{DEFAULT_SHARDS, DynamoSettings, check_table_name};
use crate::handle::Table;
use crate::open::{agreed_shards, read_record};
use crate::schema::Layout;
use crate::table::DynamoTable;

impl DynamoTable {
    /// Removes the namespace of the settings: its entries, the documents of these collections, and last its record.
    ///
    /// - **Name all collections.** DynamoDB could find the others only by a Scan of the whole table. Documents of a
    ///   collection that is not named stay, and are seen again by whoever opens a namespace of this name with as many
    ///   shards.
    /// - Nothing of another namespace is read or written, and the table stays.
    /// - It is not one step. Where it fails, or is dropped, some items are gone and the record is not: do it again. A
    ///   namespace that does not exist, or not any more, is fine: it is looked through all the same, in the configured
    ///   number of shards, or 8.
    /// - Close the handles of the namespace before, in all processes. One that is open notices nothing, and what it
    ///   writes, or what was given up and lands late, may stay; do it again afterwards.
    /// - Each request is repeated as those of a store are. It costs what `delete_prefix("")` costs, and
    ///   `delete_collection` for each collection; and 1 `GetItem` and 1 `DeleteItem`. The permissions of a store are enough.
    ///
    /// # Errors
    ///
    /// `Config` without a namespace: what lies in a table without one is never removed in one go; also for settings that
    /// cannot be, another number of shards than the recorded one, or a missing table. `InvalidArgument` for the name of a
    /// collection that none can have; `Incompatible` for a newer format. `Incomplete`, `PermissionDenied`, `Timeout`,
    /// `Unavailable`: do it again.
    pub async fn remove_namespace(&self, settings: &DynamoSettings, collections: &[&str]) -> Result<()> {
        let removed = match checked(self.name(), settings, collections) {
            // On the heap, as are the other futures of a table.
            Ok(namespace) => Box::pin(remove(&self.as_of(settings), namespace, settings, collections)).await,
            Err(error) => Err(error),
        };
        removed.map_err(|error| error.during("dynamodb", "remove_namespace"))
    }

    /// The table as a store with these settings uses it, but never reading what is old: it would stay.
    fn as_of(&self, settings: &DynamoSettings) -> Table {
        Table {
            client: self.client().clone(),
            name: self.name().to_owned(),
            consistent: true,
            patience: settings.patience(),
        }
    }
}

fn checked<'a>(table: &str, settings: &'a DynamoSettings, collections: &[&str]) -> Result<&'a Namespace> {
    check_table_name(table)?;
    settings.check()?;
    for collection in collections {
        Profile::new("dynamodb")
            .check("remove_namespace")
            .collection(collection)?;
    }
    settings.namespace.as_ref().ok_or_else(|| {
        Error::config("no namespace is named, and a store without one is never removed; name the namespace")
    })
}

async fn remove(table: &Table, namespace: &Namespace, settings: &DynamoSettings, collections: &[&str]) -> Result<()> {
    let key = Layout::record(Some(namespace));
    let shards = match read_record(table, &key).await? {
        Some(record) => agreed_shards(&record, settings)?,
        None => settings.shards.unwrap_or(DEFAULT_SHARDS),
    };
    let (layout, all) = (Layout::new(Some(namespace), shards), KeyRange::all());
    let entry = |key: &str| layout.entry(key);
    table.remove_all(layout.entry_partitions(), &all, entry).await?;
    for collection in collections {
        let document = |id: &str| layout.document(collection, id);
        let partitions = layout.document_partitions(collection);
        table.remove_all(partitions, &all, document).await?;
    }
    let record = Change {
        key,
        action: Action::Delete,
        condition: Condition::None,
    };
    match table.change(record, Effect::Repeatable).await? {
        Answer::Done(()) | Answer::Refused(_) => Ok(()),
    }
}
