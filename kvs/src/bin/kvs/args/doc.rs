//! What can be typed after `kvs doc`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parse_limit;

const QUERY: &str = "\
Finds documents, by ascending id, one a line:
{\"id\":…,\"data\":{…},\"metadata\":{…},\"created_at\":…,\"updated_at\":…}

FILTER is a JSON object, all of whose members hold together:
  {\"status\": \"active\"}     the field equals the value; \"address.city\" reaches into objects
  {\"age\": {\"$gte\": 18}}    also $eq $ne $lt $lte $gt $in $exists $starts_with $contains
  {\"$or\": [{…}, {…}]}      also $and with a list, and $not with one filter";

const QUERY_EXAMPLES: &str = "\
Examples:  kvs doc query users
           kvs doc query users '{\"age\":{\"$gte\":18},\"$not\":{\"lang\":\"en\"}}' --limit 10";

#[derive(Subcommand)]
pub(crate) enum DocCommand {
    /// Writes a document, whatever was there
    ///
    /// Prints nothing; with --json the new version. Of members of one object with the same name the last counts.
    #[command(after_help = "Example:  kvs doc put users ada '{\"age\":36,\"lang\":\"en\"}'")]
    Put {
        #[command(flatten)]
        document: DocArgs,
        /// The content, a JSON object; - or none: standard input, to its end
        // Not named `json`: that is the flag.
        #[arg(value_name = "JSON")]
        content: Option<OsString>,
    },
    /// Reads a document, as JSON with its metadata and times
    #[command(after_help = "Example:  kvs doc get users ada")]
    Get(DocArgs),
    /// Removes a document; absent is fine
    #[command(after_help = "Example:  kvs doc delete users ada")]
    Delete(DocArgs),
    /// Finds documents, one a line, by ascending id
    #[command(long_about = QUERY, after_help = QUERY_EXAMPLES)]
    Query(QueryArgs),
    /// Reads documents from NDJSON: each line becomes the content of one, unchanged
    ///
    /// A field of the line is the id. A bad line ends the import: it is named by its number, all lines before it are
    /// stored, none after it is. Of members of one object with the same name the last counts. Importing the same file again
    /// changes nothing but the times.
    #[command(
        after_help = "Examples:  kvs doc import types mime-types.ndjson --id type\n           zcat users.ndjson.gz | kvs doc import users -"
    )]
    Import(ImportArgs),
}

/// Which document.
#[derive(Args)]
pub(crate) struct DocArgs {
    /// The collection: 1 to 255 bytes
    pub(crate) collection: String,
    /// The id in the collection: 1 to 1,024 bytes
    pub(crate) id: String,
}

#[derive(Args)]
pub(crate) struct QueryArgs {
    /// The collection; an unknown one is empty
    pub(crate) collection: String,
    /// Which documents; without it, all
    pub(crate) filter: Option<String>,
    /// At most so many documents
    #[arg(long, value_name = "N", value_parser = parse_limit)]
    pub(crate) limit: Option<usize>,
    /// Only ids above this one
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The collection; it needs no creation
    pub(crate) collection: String,
    /// The file; - is standard input
    pub(crate) file: PathBuf,
    /// The field that holds the id, a string or an integer
    #[arg(long, value_name = "FIELD", default_value = "id")]
    pub(crate) id: String,
}
