//! What stands in a text: lines, a JSON array whose elements become lines, or CSV whose rows become JSON lines.
//!
//! Owns telling them apart and turning them into lines, piece by piece. Must not know where the text comes from.

use super::rows::Rows;

/// How a text becomes lines.
#[derive(Debug)]
pub(super) enum Shape {
    /// It is lines.
    Lines,
    /// `[{…}, {…}]`.
    Array(Array),
    /// CSV with a header.
    Rows(Rows),
}

impl Shape {
    /// The shape of a text that begins with `head`, by what its object is called and said to be.
    pub(super) fn of(head: &[u8], name: &str, content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let stem = [".gz", ".zst", ".bz2", ".xz"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let ends = |end: &str| stem.len() > end.len() && stem[stem.len() - end.len()..].eq_ignore_ascii_case(end);
        // A name may end in the middle of a character there; then it is no such name.
        let ends = |end: &str| stem.is_char_boundary(stem.len().saturating_sub(end.len())) && ends(end);
        let mut begin = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).iter().filter(|b| !b.is_ascii_whitespace());
        match (begin.next(), begin.next()) {
            (Some(b'['), Some(b'{')) => return Self::Array(Array::default()),
            // One object or more, whatever it is called.
            (Some(b'{'), _) => return Self::Lines,
            _ => {}
        }
        if kind == "text/tab-separated-values" || ends(".tsv") {
            Self::Rows(Rows::new(Some(b'\t')))
        } else if kind == "text/csv" || ends(".csv") {
            Self::Rows(Rows::new(None))
        } else {
            Self::Lines
        }
    }

    /// Takes text, cut anywhere, and adds lines to `out`.
    pub(super) fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Lines => out.extend_from_slice(text),
            Self::Array(array) => array.push(text, out),
            Self::Rows(rows) => rows.push(text, out),
        }
    }

    /// The text has ended.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Self::Rows(rows) = self {
            rows.finish(out);
        }
    }
}

/// Turns each element of a JSON array into one line, without the white space between its parts.
#[derive(Debug, Default)]
pub(super) struct Array {
    place: Place,
    /// Brackets that are open within the element.
    depth: u64,
    string: Text,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before `[` or behind `]`.
    #[default]
    Outside,
    /// A line that is no array.
    Other,
    Between,
    Element,
}

/// Whether a byte is within a string, or behind its backslash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Not,
    In,
    Escaped,
}

impl Array {
    fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.reserve(text.len());
        let mut at = 0;
        while let Some(byte) = text.get(at).copied() {
            at += 1;
            match (self.place, byte) {
                (Place::Outside, b'[') => self.place = Place::Between,
                (Place::Between, b']') => self.place = Place::Outside,
                // A byte order mark stands before the array, commas between its elements.
                (Place::Outside, 0xEF | 0xBB | 0xBF) | (Place::Between, b',') => {}
                (Place::Outside | Place::Between, _) if byte.is_ascii_whitespace() => {}
                (Place::Outside, _) => {
                    self.place = Place::Other;
                    out.push(byte);
                }
                (Place::Other, _) => {
                    out.push(byte);
                    if byte == b'\n' {
                        self.place = Place::Outside;
                    }
                }
                (Place::Between, _) => {
                    (self.place, self.depth) = (Place::Element, 0);
                    self.element(byte, out);
                }
                (Place::Element, _) if self.string == Text::In => {
                    let rest = &text[at - 1..];
                    let plain = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
                    out.extend_from_slice(&rest[..plain]);
                    at += plain;
                    match rest.get(plain) {
                        Some(b'"') => self.string = Text::Not,
                        Some(b'\\') => self.string = Text::Escaped,
                        // JSON has no line break in a string; whoever wrote one meant it.
                        Some(_) => {
                            out.push(b' ');
                            continue;
                        }
                        None => {
                            at -= 1;
                            continue;
                        }
                    }
                    out.push(rest[plain]);
                }
                (Place::Element, _) => self.element(byte, out),
            }
        }
    }

    /// A byte of an element that is not plainly within a string.
    fn element(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.string == Text::Escaped {
            self.string = Text::In;
            out.push(if byte == b'\n' { b' ' } else { byte });
            return;
        }
        match byte {
            b',' | b']' if self.depth == 0 => {
                out.push(b'\n');
                self.place = if byte == b']' { Place::Outside } else { Place::Between };
                return;
            }
            b'"' => self.string = Text::In,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ if byte.is_ascii_whitespace() => return,
            _ => {}
        }
        out.push(byte);
        if self.depth == 0 && matches!(byte, b'}' | b']') {
            out.push(b'\n');
            self.place = Place::Between;
        }
    }
}
