//! CSV with a header, as JSON lines: each row an object with the header's names.
//!
//! Owns the rules of CSV: quotes, doubled quotes, line breaks within quotes. Rows that do not fit stay as they are.

use std::borrow::Cow;

/// A row longer than this has lost its closing quote: it is taken line by line.
const MAX_ROW: usize = 256 * 1024;

/// Characters that part fields, where nobody says which: the one that the header has most of.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Turns rows into lines.
#[derive(Debug)]
pub(super) struct Rows {
    delimiter: Option<u8>,
    header: Header,
    /// The row so far.
    row: Vec<u8>,
    quotes: Quotes,
}

#[derive(Debug)]
enum Header {
    Awaited,
    /// The names, each as `"name":`.
    Names(Vec<Vec<u8>>),
    /// The first row is none: rows stay as they are.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    Closed,
    Open,
}

impl Rows {
    pub(super) const fn new(delimiter: Option<u8>) -> Self {
        Self { delimiter, header: Header::Awaited, row: Vec::new(), quotes: Quotes::Closed }
    }

    pub(super) fn push(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while let Some(at) = memchr::memchr2(b'"', b'\n', text) {
            self.row.extend_from_slice(&text[..at]);
            let byte = text[at];
            text = &text[at + 1..];
            match (byte, self.quotes) {
                (b'"', quotes) => {
                    self.row.push(b'"');
                    self.quotes = if quotes == Quotes::Open { Quotes::Closed } else { Quotes::Open };
                }
                (_, Quotes::Open) => self.row.push(b'\n'),
                _ => self.end_row(out),
            }
            self.bound(out);
        }
        self.row.extend_from_slice(text);
        self.bound(out);
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.row.is_empty() {
            self.end_row(out);
        }
    }

    /// Gives up on a row that does not end.
    fn bound(&mut self, out: &mut Vec<u8>) {
        if self.row.len() > MAX_ROW {
            out.append(&mut self.row);
            self.quotes = Quotes::Closed;
        }
    }

    fn end_row(&mut self, out: &mut Vec<u8>) {
        let row = std::mem::take(&mut self.row);
        let line = row.strip_suffix(b"\r").unwrap_or(&row);
        if !line.is_empty() {
            self.line(line, out);
        }
        self.row = row;
        self.row.clear();
    }

    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let names = match &self.header {
            Header::Names(names) => names,
            Header::Awaited => {
                let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                self.header = self.header_of(line);
                if matches!(self.header, Header::None) {
                    raw(line, out);
                }
                return;
            }
            Header::None => return raw(line, out),
        };
        let delimiter = self.delimiter.unwrap_or(b',');
        let start = out.len();
        let mut count = 0;
        for value in fields(line, delimiter) {
            let Some(name) = names.get(count) else {
                count += 1;
                break;
            };
            out.push(if count == 0 { b'{' } else { b',' });
            out.extend_from_slice(name);
            if is_number(&value) {
                out.extend_from_slice(&value);
            } else {
                quote(&value, out);
            }
            count += 1;
        }
        if count == names.len() {
            out.extend_from_slice(b"}\n");
        } else {
            out.truncate(start);
            raw(line, out);
        }
    }

    /// A header has at least two names, all different, none a number.
    fn header_of(&mut self, line: &[u8]) -> Header {
        let most = DELIMITERS.iter().rev().copied().max_by_key(|d| memchr::memchr_iter(*d, line).count());
        let delimiter = *self.delimiter.get_or_insert(most.unwrap_or(b','));
        let names: Vec<_> = fields(line, delimiter).map(Cow::into_owned).collect();
        let mut sorted: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        sorted.sort_unstable();
        let is_sound = names.len() > 1
            && names.iter().all(|name| !name.is_empty() && !is_number(name))
            && sorted.windows(2).all(|pair| pair[0] != pair[1]);
        if !is_sound {
            return Header::None;
        }
        let as_key = |name: &Vec<u8>| {
            let mut key = Vec::with_capacity(name.len() + 3);
            quote(name.trim_ascii(), &mut key);
            key.push(b':');
            key
        };
        Header::Names(names.iter().map(as_key).collect())
    }
}

fn raw(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(line);
    out.push(b'\n');
}

/// The fields of a row, without their quotes.
fn fields(row: &[u8], delimiter: u8) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let row = rest?;
        let Some(inner) = row.strip_prefix(b"\"") else {
            let end = memchr::memchr(delimiter, row);
            rest = end.map(|end| &row[end + 1..]);
            return Some(Cow::Borrowed(&row[..end.unwrap_or(row.len())]));
        };
        let mut value = Vec::new();
        let mut at = 0;
        // Up to a quote that is not doubled; what stands between it and the delimiter is kept too.
        loop {
            let Some(quote) = memchr::memchr(b'"', &inner[at..]) else {
                value.extend_from_slice(&inner[at..]);
                at = inner.len();
                break;
            };
            value.extend_from_slice(&inner[at..at + quote]);
            at += quote + 1;
            if inner.get(at) != Some(&b'"') {
                break;
            }
            value.push(b'"');
            at += 1;
        }
        let behind = &inner[at.min(inner.len())..];
        let end = memchr::memchr(delimiter, behind);
        value.extend_from_slice(&behind[..end.unwrap_or(behind.len())]);
        rest = end.map(|end| &behind[end + 1..]);
        Some(Cow::Owned(value))
    })
}

/// Whether this is a number as JSON writes it.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || whole > 17 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(behind) = rest.strip_prefix(b".") {
        let count = digits(behind);
        if count == 0 {
            return false;
        }
        rest = &behind[count..];
    }
    if let Some(behind) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let behind = behind.strip_prefix(b"-").or_else(|| behind.strip_prefix(b"+")).unwrap_or(behind);
        let count = digits(behind);
        return count > 0 && count == behind.len();
    }
    rest.is_empty()
}

/// A text as JSON writes it. Bytes that are no UTF-8 stay.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}
