//! Bytes of one origin into records: cuts lines, reads them, joins what belongs together.
//!
//! Owns the state of one stream between two reads. Must not know where the bytes come from or where records go.

use super::join::{Join, Joiner};
use super::stream::{Order, Profile, goes_on, is_piece, kind_of};
use super::{Parsed, Parser, text};
use crate::model::{Batch, Flags, Meta, OriginId, Timestamp};

/// The most bytes of one record that are held (64 KiB); what a line has beyond is counted, not held.
pub const MAX_RECORD: usize = 64 * 1024;

/// How many lines, and bytes, of the first read are looked at to learn the stream's format and first time.
const SNIFF_LINES: usize = 256;
const SNIFF_BYTES: usize = 64 * 1024;

/// Cuts a byte stream into lines, reads them, and joins what belongs together. One per origin.
#[derive(Debug)]
pub struct Assembler {
    parser: Parser,
    origin: OriginId,
    joiner: Joiner,
    profile: Profile,
    order: Order,
    /// A line whose end has not come, and how much of it is not held.
    partial: Vec<u8>,
    partial_cut: u64,
    /// The record that the next line may still belong to.
    open: Option<(Meta, Vec<u8>)>,
    /// The line before was a piece (CRI's `P`).
    piece: bool,
    started: bool,
    /// Bytes that came, where among them the line begins whose end has not come, and where the last record does.
    fed: u64,
    line_at: u64,
    record_at: u64,
    /// The order of what another stream of this origin gave before.
    floor: Option<Timestamp>,
}

impl Assembler {
    /// An assembler for the stream of one origin.
    pub fn new(parser: Parser, origin: OriginId) -> Self {
        Self {
            parser,
            origin,
            joiner: Joiner::default(),
            profile: Profile::default(),
            order: Order::default(),
            partial: Vec::new(),
            partial_cut: 0,
            open: None,
            piece: false,
            started: false,
            fed: 0,
            line_at: 0,
            record_at: 0,
            floor: None,
        }
    }

    /// No record is ordered before this: another stream of the same origin came so far.
    pub const fn not_before(&mut self, order: Timestamp) {
        self.floor = Some(order);
    }

    /// How many of the bytes that came are in records that are complete: a later run that begins there gets all the
    /// others, and none twice.
    pub const fn settled(&self) -> u64 {
        if self.open.is_some() { self.record_at } else { self.line_at }
    }

    /// Takes bytes as they come (cut anywhere) and adds the records that they complete to `out`. `received` orders
    /// records as long as no record of the stream had a time.
    pub fn feed(&mut self, bytes: &[u8], received: Timestamp, out: &mut Batch) {
        self.fed += bytes.len() as u64;
        let bytes = self.start(bytes);
        self.reopen(out);
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            if self.partial.is_empty() && self.partial_cut == 0 {
                self.line(line, 0, received, out);
            } else {
                self.keep(line);
                let whole = std::mem::take(&mut self.partial);
                let cut = std::mem::take(&mut self.partial_cut);
                self.line(&whole, cut, received, out);
                self.partial = whole;
                self.partial.clear();
            }
            rest = after;
            self.line_at = self.fed - rest.len() as u64;
        }
        self.keep(rest);
        self.hold_back(out);
    }

    /// Completes the record that is being joined, when the stream has been silent for a moment. A line without its
    /// newline stays.
    pub fn idle(&mut self, out: &mut Batch) {
        if let Some((meta, raw)) = self.open.take() {
            out.push(&meta, &raw);
            self.joiner.reset();
        }
    }

    /// Forgets a line whose end has not come: the stream broke, and the whole line will come again.
    pub fn forget_partial(&mut self) {
        self.partial.clear();
        self.partial_cut = 0;
        self.fed = self.line_at;
    }

    /// Completes everything: the stream has ended. The assembler then begins a new stream, whose order goes on.
    pub fn finish(&mut self, received: Timestamp, out: &mut Batch) {
        if !self.partial.is_empty() || self.partial_cut > 0 {
            self.reopen(out);
            let whole = std::mem::take(&mut self.partial);
            let cut = std::mem::take(&mut self.partial_cut);
            self.line(&whole, cut, received, out);
            self.hold_back(out);
            if let Some((meta, _)) = &mut self.open {
                meta.flags |= Flags::NO_NEWLINE;
            }
        }
        self.idle(out);
        self.piece = false;
        self.line_at = self.fed;
    }

    /// On the first bytes: drops a byte order mark, learns the format and the first time.
    fn start<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.started || bytes.is_empty() {
            return bytes;
        }
        self.started = true;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let sniffed = Sniffed::of(bytes, &mut self.parser);
        self.profile = sniffed.profile;
        self.order = Order::starting_at(sniffed.first_time.max(self.floor));
        bytes
    }

    /// Keeps a part of a line whose end has not come, within the bound.
    fn keep(&mut self, part: &[u8]) {
        let room = MAX_RECORD - self.partial.len();
        let held = part.len().min(room);
        self.partial.extend_from_slice(&part[..held]);
        self.partial_cut += (part.len() - held) as u64;
    }

    fn line(&mut self, line: &[u8], already_cut: u64, received: Timestamp, out: &mut Batch) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let held = &line[..line.len().min(MAX_RECORD)];
        let cut = already_cut + (line.len() - held.len()) as u64;
        let mut parsed = self.parser.line(held);
        let payload = held.get(parsed.payload as usize..).unwrap_or_default();
        let join = self.joiner.push(payload, kind_of(&parsed, held), parsed.severity);
        let goes_on = join == Join::Continue || goes_on(self.piece, &parsed);
        let belongs = goes_on && out.last_len().is_some_and(|len| len + held.len() < MAX_RECORD);
        self.piece = is_piece(&mut parsed, held);
        let dirty = text::is_dirty(held);
        if belongs {
            out.extend_last(held, Flags::MULTILINE.with(Flags::DIRTY, dirty));
            return;
        }
        self.record_at = self.line_at;
        let meta = self.meta(&parsed, held, cut, received).with_dirt(dirty);
        out.push(&meta, held);
    }

    fn meta(&mut self, parsed: &Parsed, held: &[u8], cut: u64, received: Timestamp) -> Meta {
        let (order, order_flags) = self.order.next(parsed, received);
        let broken = parsed.flags.has(Flags::PARSE_FAILED) || self.profile.is_broken_by(parsed, held);
        self.profile.count(parsed);
        let flags = (parsed.flags | order_flags).with(Flags::PARSE_FAILED, broken).with(Flags::CUT, cut > 0);
        Meta {
            time: parsed.time,
            order,
            text: (parsed.text.0.min(held.len() as u32), parsed.text.1.min(held.len() as u32)),
            severity: parsed.severity,
            severity_from: parsed.severity_from,
            format: parsed.format,
            flags,
            origin: self.origin,
            cut,
        }
    }

    /// Puts the open record behind the records that are there, so that lines can be joined to it in place.
    fn reopen(&mut self, out: &mut Batch) {
        if let Some((meta, raw)) = self.open.take() {
            out.push(&meta, &raw);
        }
    }

    /// Takes the last record out again: the next line may belong to it.
    fn hold_back(&mut self, out: &mut Batch) {
        if (self.joiner.is_open() || self.piece) && !out.is_empty() {
            self.open = out.pop();
        }
    }
}

/// What the beginning of a stream tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sniffed {
    /// Its format.
    pub profile: Profile,
    /// The first time in it: what stands before is ordered there.
    pub first_time: Option<Timestamp>,
}

impl Sniffed {
    /// Looks at the first lines (256, within 64 KiB).
    pub fn of(bytes: &[u8], parser: &mut Parser) -> Self {
        let mut sniffed = Self::default();
        let mut joiner = Joiner::default();
        let mut rest = &bytes[..bytes.len().min(SNIFF_BYTES)];
        for _ in 0..SNIFF_LINES {
            let Some(end) = memchr::memchr(b'\n', rest) else { break };
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            rest = &rest[end + 1..];
            let parsed = parser.line(line);
            let payload = line.get(parsed.payload as usize..).unwrap_or_default();
            if joiner.push(payload, kind_of(&parsed, line), parsed.severity) == Join::Begin {
                sniffed.profile.count(&parsed);
            }
            sniffed.first_time = sniffed.first_time.or(parsed.time);
        }
        sniffed
    }
}

#[cfg(test)]
mod tests;
