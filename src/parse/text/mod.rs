//! Text made safe for a terminal. The only way from raw bytes to a cell.
//!
//! Owns what a stranger's bytes look like on the screen: control characters become visible (`<1B>`), colours and links
//! lose their codes, a progress bar shows its last state, invisible and reordering characters get a name
//! (`<U+202E>`), clusters are bounded. Must not know the screen: wrapping, styles and tab stops of a pane are ui's.
//!
//! Every function here returns text without control characters except `\n` and tab ([`safe_line`]: without any).

mod class;
mod clean;
mod scan;
mod unescape;

#[cfg(test)]
mod tests;

pub use class::MAX_EXTENDERS;
pub use clean::{raw_visible, safe, safe_line};
pub use scan::is_dirty;
pub(super) use unescape::escape;
pub use unescape::unescape;

use super::formats;
use crate::model::Flags;
use crate::model::Format;
use crate::model::Record;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// Columns from one tab stop to the next.
pub const TAB_STOP: usize = 8;

/// The text of a record's message, all its lines (joined by `\n`), with nothing in it that a terminal would act on.
///
/// A record that is neither [`Flags::DIRTY`], [`Flags::ESCAPED`] nor cut is borrowed, at the price of a UTF-8 check.
/// When bytes of the record are not held, the text ends with [`cut_note`].
pub fn message<'a>(record: &Record<'a>) -> Cow<'a, str> {
    let (start, end) = record.text;
    let bytes = record.raw.get(start as usize..end as usize).unwrap_or(record.raw);
    let mut text = if record.flags.has(Flags::MULTILINE) && formats::has_prefixes(record.format) {
        Cow::Owned(safe(&without_prefixes(bytes, record.raw, record.format)).into_owned())
    } else if record.flags.has(Flags::ESCAPED) {
        // A string in the line that a Docker line carries: its quote is escaped, and it has escapes of its own.
        let is_inner = record.format == Format::DockerJson && record.raw[..start as usize].ends_with(b"\\\"");
        match unescape(bytes) {
            Cow::Owned(inner) if is_inner => Cow::Owned(unescaped(&inner).into_owned()),
            _ => unescaped(bytes),
        }
    } else {
        unchanged(bytes, record.flags)
    };
    if record.cut > 0 {
        let text = text.to_mut();
        text.push(' ');
        text.push_str(&cut_note(record.cut));
    }
    text
}

/// The lines of a message that a transport has prefixed one by one, without their prefixes; pieces of one line in one.
fn without_prefixes(text: &[u8], raw: &[u8], format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let first_end = memchr::memchr(b'\n', raw).unwrap_or(raw.len());
    let mut piece = formats::cri_partial(&raw[..first_end]);
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if n == 0 {
            out.extend_from_slice(line);
            continue;
        }
        if !piece {
            out.push(b'\n');
        }
        piece = format == Format::Cri && formats::cri_partial(line);
        out.extend_from_slice(line.get(formats::inner(line, format)..).unwrap_or(line));
    }
    out
}

/// What stands behind the text of a record of which `bytes` bytes are not held: `+1234 bytes`.
pub fn cut_note(bytes: u64) -> String {
    format!("+{bytes} {}", if bytes == 1 { "byte" } else { "bytes" })
}

/// The text with blanks for its tabs, [`TAB_STOP`] columns apart.
pub fn expand_tabs(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\t', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + TAB_STOP);
    for (row, line) in text.split('\n').enumerate() {
        if row > 0 {
            out.push('\n');
        }
        let mut column = 0;
        let mut parts = line.split('\t').peekable();
        while let Some(part) = parts.next() {
            out.push_str(part);
            column += part.width();
            if parts.peek().is_some() {
                let blanks = TAB_STOP - column % TAB_STOP;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
        }
    }
    Cow::Owned(out)
}

/// A part of the raw bytes that is the message as it stands.
fn unchanged(bytes: &[u8], flags: Flags) -> Cow<'_, str> {
    // The flag speaks for the whole record. A part of it that begins with a combining mark has lost the mark's base,
    // so a part that begins with anything but ASCII is looked at again.
    let starts_plain = bytes.first().is_none_or(u8::is_ascii);
    if !flags.has(Flags::DIRTY)
        && starts_plain
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    safe(bytes)
}

/// The inside of a JSON string. Docker ends each message with a newline that belongs to its file, not to the message.
fn unescaped(bytes: &[u8]) -> Cow<'_, str> {
    match unescape(bytes) {
        Cow::Borrowed(bytes) => safe(bytes),
        Cow::Owned(mut bytes) => {
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            if is_dirty(&bytes) {
                return Cow::Owned(safe(&bytes).into_owned());
            }
            match String::from_utf8(bytes) {
                Ok(text) => Cow::Owned(text),
                Err(error) => Cow::Owned(safe(error.as_bytes()).into_owned()),
            }
        }
    }
}
