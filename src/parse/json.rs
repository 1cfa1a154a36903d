//! JSON records.

use super::{FieldSink, Parsed, time::TimeParser};

/// Whether the line begins like an object.
pub fn looks_like_object(line: &[u8]) -> bool {
    line.first() == Some(&b'{')
}

/// Reads one object; `None` when the line is not valid JSON.
pub fn parse(_line: &[u8], _clock: &mut TimeParser) -> Option<Parsed> {
    None
}

/// The object's fields.
pub fn fields(_raw: &[u8], _sink: &mut FieldSink<'_>) {}
