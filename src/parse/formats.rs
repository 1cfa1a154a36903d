//! Text formats.

use super::{FieldSink, Parsed, time::TimeParser};
use crate::model::Format;

/// Reads a line of one of the text formats; `None` when it is plain text.
pub fn parse(_line: &[u8], _clock: &mut TimeParser) -> Option<Parsed> {
    None
}

/// The fields of a line of this format.
pub fn fields(_raw: &[u8], _format: Format, _sink: &mut FieldSink<'_>) {}

/// Whether the line is a piece that the next one goes on (CRI's `P`).
pub fn is_piece(_line: &[u8], _parsed: &Parsed) -> bool {
    false
}
