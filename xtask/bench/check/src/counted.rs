//! What an allocator counts.

use anyhow::Context;

use crate::Measured;
use crate::callgrind::printed_by;

/// The bytes of an entry among a million: what the program `check-bytes` prints.
pub(crate) fn bytes() -> anyhow::Result<Vec<Measured>> {
    let printed = printed_by("check-bytes")?;
    let value = printed
        .trim()
        .parse()
        .with_context(|| format!("check-bytes printed {printed:?}"))?;
    Ok(vec![Measured {
        name: "mem_bytes".to_owned(),
        value,
        unit: "bytes an entry at 1M",
    }])
}
