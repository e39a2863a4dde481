//! Values of text.

use bench_harness::Values;
use bytes::Bytes;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Values of `size` bytes of which no two are alike; the same seed makes the same ones. They are text, and JSON does not
/// escape it.
pub fn series(size: usize, seed: u64) -> impl Iterator<Item = Bytes> {
    let text = |value: Vec<u8>| value.iter().map(|byte| ALPHABET[usize::from(byte & 63)]).collect();
    // The counter that makes a value unique has more bits than six a byte keep: it is spelt out in front.
    Values::new(size, seed).enumerate().map(move |(index, value)| {
        let mut value: Vec<u8> = text(value);
        let stamp = format!("{seed:x}.{index:x}.");
        let stamped = stamp.len().min(value.len());
        value[..stamped].copy_from_slice(&stamp.as_bytes()[..stamped]);
        value.into()
    })
}
