//! Text formats.

use super::{FieldSink, Parsed, time::TimeParser};
use crate::model::Format;

/// Reads a line of one of the text formats; `None` when it is plain text.
pub fn parse(_line: &[u8], _clock: &mut TimeParser) -> Option<Parsed> {
    None
}

/// The fields of a line of this format.
pub fn fields(_raw: &[u8], _format: Format, _sink: &mut FieldSink<'_>) {}
