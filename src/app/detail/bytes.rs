//! A record's bytes in hexadecimal, with what they are as ASCII beside them.
//!
//! Owns the dump. Secrets in it are covered, unless they are to be shown.

use super::{DetailLine, DetailSpan, Lister, Show, span};
use crate::app::Role;
use crate::app::format::thousands;
use crate::model::Record;
use std::ops::Range;

/// The most bytes that are shown; a record holds no more.
const MAX_BYTES: usize = 64 << 10;
/// The least columns of the screen for 16 bytes a row.
const WIDE: u16 = 78;

impl Lister<'_> {
    pub(super) fn bytes(&mut self, record: &Record<'_>) {
        let raw = &record.raw[..record.raw.len().min(MAX_BYTES)];
        let covered =
            if self.secrets == Show::Yes { Vec::new() } else { merged(self.app.redactor.secrets(&ascii(raw))) };
        let per_row = if self.app.size.0 >= WIDE { 16 } else { 8 };
        self.blank();
        for (n, row) in raw.chunks(per_row).enumerate() {
            self.lines.push(DetailLine::Text(spans(row, n * per_row, per_row, &covered)));
        }
        let left = record.raw.len() - raw.len();
        if left > 0 {
            self.entry("", vec![span(format!("... {} more bytes", thousands(left as u64)), Role::Dim)]);
        }
        if raw.is_empty() {
            self.entry("", vec![span("no bytes", Role::Dim)]);
        }
    }
}

/// A text of the same length in which secrets stand at the same places: what is no character becomes `?`.
fn ascii(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// Ranges in order, those that overlap as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// One row: `   000010  68 65 6c 6c 6f 0a           hello.`
fn spans(row: &[u8], offset: usize, per_row: usize, covered: &[Range<usize>]) -> Vec<DetailSpan> {
    let mut spans = vec![span(format!("   {offset:06x}  "), Role::Dim)];
    let first = covered.partition_point(|range| range.end <= offset);
    let is_covered =
        |at: usize| covered[first..].iter().take_while(|range| range.start <= at).any(|range| at < range.end);
    let mut letters = Vec::new();
    for (n, byte) in row.iter().enumerate() {
        let hidden = is_covered(offset + n);
        let letter = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let role = match byte {
            _ if hidden => Role::Warn,
            b' '..=b'~' => Role::Text,
            _ => Role::Accent,
        };
        let hex = last_of(&mut spans, role);
        if n == 8 {
            hex.push(' ');
        }
        if hidden {
            hex.push_str("** ");
        } else {
            hex.extend([digit(byte >> 4), digit(byte & 15), ' ']);
        }
        last_of(&mut letters, role).push(if hidden { '*' } else { letter });
    }
    let missing = per_row - row.len();
    let gap = usize::from(per_row > 8 && row.len() <= 8);
    last_of(&mut spans, Role::Text).extend(std::iter::repeat_n(' ', missing * 3 + gap + 1));
    spans.append(&mut letters);
    spans
}

/// The text of the last span, or of a new one if that is of another role.
fn last_of(spans: &mut Vec<DetailSpan>, role: Role) -> &mut String {
    if spans.last().is_none_or(|last| last.role != role) {
        spans.push(span(String::with_capacity(64), role));
    }
    let last = spans.len() - 1;
    &mut spans[last].text
}

/// A hexadecimal digit.
fn digit(half: u8) -> char {
    char::from_digit(u32::from(half), 16).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_bytes() {
        let check = |row: &[u8], per_row: usize, covered: &[Range<usize>], expected: &str| {
            let text: String = spans(row, 16, per_row, covered).iter().map(|span| span.text.as_str()).collect();
            assert_eq!(text, expected);
        };
        check(b"hello\n", 8, &[], "   000010  68 65 6c 6c 6f 0a        hello.");
        let full = "   000010  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef";
        check(b"0123456789abcdef", 16, &[], full);
        let part = "   000010  30 31                                             01";
        check(b"01", 16, &[], part);
        check(b"a=\x1bsecr", 8, &[18..20, 21..30], "   000010  61 3d ** ** 65 ** **     a=**e**");
    }

    #[test]
    fn places_stay_where_bytes_are_no_text() {
        assert_eq!(ascii(b"a\xff\xfe\xe6\x97b\xe6\x97\xa5").len(), 9);
        assert_eq!(merged(vec![5..7, 1..3, 2..4, 6..9]), [1..4, 5..9]);
    }
}
