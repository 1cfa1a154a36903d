//! Dirty bytes into safe text.
//!
//! Two looks: [`safe`] for the list (codes without harm vanish, a progress bar collapses), and everything shown, for
//! the raw view and for names.

use super::class::Cluster;
use super::class::Verdict;
use super::class::push_hex;
use super::class::push_name;
use super::scan::is_dirty;
use std::borrow::Cow;
use std::ops::Range;

/// Any bytes, made safe; `\n` and tabs are kept.
///
/// - Colours (SGR), erase-to-end-of-line and the codes around a link (OSC 8) vanish; every other control character is
///   shown as `<1B>`, so that the rest of its sequence is harmless text.
/// - Of a line that carriage returns overwrite, the last state is kept; one at its end vanishes.
/// - Invisible characters, and those that change the direction or break lines, are shown as `<U+202E>`; emoji keep
///   their joiners. A cluster holds at most [`super::MAX_EXTENDERS`] characters beside its base, the rest is left out.
/// - Invalid UTF-8 becomes U+FFFD. A byte order mark at the start vanishes.
pub fn safe(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(text) = clean(bytes) {
        return Cow::Borrowed(text);
    }
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let mut out = Cleaner::new(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.text(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.character(char::REPLACEMENT_CHARACTER, "");
        }
    }
    Cow::Owned(out.out)
}

/// Bytes as one line with nothing left out: for names of origins, hosts, branches, which must not look like others.
/// `\n` is shown as `<0A>`, a tab as `<09>`, invalid UTF-8 as U+FFFD.
pub fn safe_line(bytes: &[u8]) -> Cow<'_, str> {
    match clean(bytes) {
        Some(text) if memchr::memchr2(b'\n', b'\t', bytes).is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(visible(bytes, Look::Name)),
    }
}

/// Bytes with everything in them shown, for the raw view: codes, carriage returns, tabs (`<09>`), each byte of invalid
/// UTF-8 (`<FF>`). Only `\n` is kept.
pub fn raw_visible(bytes: &[u8]) -> Cow<'_, str> {
    match clean(bytes) {
        Some(text) if memchr::memchr(b'\t', bytes).is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(visible(bytes, Look::Raw)),
    }
}

/// The bytes as text, if it needs no cleaning.
fn clean(bytes: &[u8]) -> Option<&str> {
    if is_dirty(bytes) { None } else { std::str::from_utf8(bytes).ok() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Name,
    Raw,
}

fn visible(bytes: &[u8], look: Look) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    let mut cluster = Cluster::START;
    for chunk in bytes.utf8_chunks() {
        let mut chars = chunk.valid().chars();
        while let Some(c) = chars.next() {
            let keep = match c {
                '\n' => look == Look::Raw,
                ' '..='~' => true,
                _ if c.is_ascii() => false,
                _ => cluster.judge(c, chars.as_str()) == Verdict::Keep,
            };
            if keep {
                out.push(c);
            } else {
                push_name(&mut out, c);
            }
            if c.is_ascii() || !keep {
                cluster.ascii(out.as_bytes().last().copied().unwrap_or(b'\n'));
            }
        }
        match (look, chunk.invalid()) {
            (_, []) => continue,
            (Look::Name, _) => out.push(char::REPLACEMENT_CHARACTER),
            (Look::Raw, invalid) => {
                for byte in invalid {
                    out.push('<');
                    push_hex(&mut out, u32::from(*byte), 2);
                    out.push('>');
                }
            }
        }
        cluster.ascii(b'>');
    }
    out
}

/// Safe text in the making.
struct Cleaner {
    out: String,
    /// Where the current line begins in `out`.
    line: usize,
    /// A carriage return was read: the next visible character overwrites the line.
    returned: bool,
    cluster: Cluster,
}

impl Cleaner {
    fn new(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes + 16), line: 0, returned: false, cluster: Cluster::START }
    }

    /// Takes valid UTF-8.
    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += match byte {
                b' '..=b'~' | b'\t' => {
                    let run = bytes[at..].iter().position(|byte| !matches!(byte, b' '..=b'~' | b'\t'));
                    let run = run.unwrap_or(bytes.len() - at);
                    self.ascii(text, at..at + run);
                    run
                }
                b'\n' => {
                    self.out.push('\n');
                    self.line_begins();
                    1
                }
                b'\r' => {
                    self.returned = true;
                    1
                }
                0x1B => match code(&bytes[at..]) {
                    Some((Code::Harmless, len)) => len,
                    Some((Code::Erase, len)) => {
                        self.overwrite();
                        len
                    }
                    Some((Code::Return, len)) => {
                        self.returned = true;
                        len
                    }
                    None => self.character('\u{1B}', ""),
                },
                _ => {
                    let mut chars = text[at..].chars();
                    let c = chars.next().unwrap_or_default();
                    self.character(c, chars.as_str())
                }
            };
        }
    }

    /// A run of printable ASCII and tabs.
    fn ascii(&mut self, text: &str, run: Range<usize>) {
        self.overwrite();
        let run = &text[run];
        self.out.push_str(run);
        self.cluster.ascii(run.as_bytes().last().copied().unwrap_or(b' '));
    }

    /// Any other character; returns its length in bytes.
    fn character(&mut self, c: char, rest: &str) -> usize {
        self.overwrite();
        let verdict = if c.is_ascii() { Verdict::Show } else { self.cluster.judge(c, rest) };
        match verdict {
            Verdict::Keep => self.out.push(c),
            Verdict::Drop => {}
            Verdict::Show => {
                push_name(&mut self.out, c);
                self.cluster.ascii(b'>');
            }
        }
        c.len_utf8()
    }

    /// Forgets the line if a carriage return went before.
    fn overwrite(&mut self) {
        if self.returned {
            self.out.truncate(self.line);
            self.line_begins();
        }
    }

    fn line_begins(&mut self) {
        self.line = self.out.len();
        self.returned = false;
        self.cluster = Cluster::START;
    }
}

/// An escape sequence that need not be shown.
#[derive(Clone, Copy)]
enum Code {
    /// Colour, the start or end of a link, the choice of ASCII (`ESC ( B`, which `tput sgr0` sends).
    Harmless,
    /// Erase the line or a part of it: after a carriage return nothing of the line remains.
    Erase,
    /// To the first column: a carriage return in other clothes.
    Return,
}

/// The sequence that `bytes` begin with (the escape character), and its length. `None` for one that has to be shown.
/// Looks no further than the next control character, so that many sequences without an end cost no more than one.
fn code(bytes: &[u8]) -> Option<(Code, usize)> {
    match bytes.get(1)? {
        b'[' => {
            let len = bytes[2..].iter().position(|byte| !(0x30..=0x3F).contains(byte))?;
            let arguments = &bytes[2..2 + len];
            let numbers = arguments.iter().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
            match bytes[2 + len] {
                b'm' if numbers => Some((Code::Harmless, len + 3)),
                b'K' if numbers || arguments.starts_with(b"?") => Some((Code::Erase, len + 3)),
                b'G' if matches!(arguments, b"" | b"0" | b"1") => Some((Code::Return, len + 3)),
                _ => None,
            }
        }
        b']' => {
            let body = bytes.strip_prefix(b"\x1B]8;")?;
            let len = body.iter().position(u8::is_ascii_control)?;
            memchr::memchr(b';', &body[..len])?;
            match &body[len..] {
                [0x07, ..] => Some((Code::Harmless, 4 + len + 1)),
                [0x1B, b'\\', ..] => Some((Code::Harmless, 4 + len + 2)),
                _ => None,
            }
        }
        b'(' if bytes.get(2) == Some(&b'B') => Some((Code::Harmless, 3)),
        _ => None,
    }
}
