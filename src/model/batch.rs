//! Records as columns over one arena of raw bytes: what sources send, and what a segment of the store is made of.
//!
//! Owns the layout. Must not know the store's bounds or how lines are parsed.

use super::{Flags, Format, OriginId, Record, Severity, SeverityFrom, Timestamp};
use std::ops::Range;

/// The columns of one record, without its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meta {
    /// The record's own time, if it has one.
    pub time: Option<Timestamp>,
    /// The time it is ordered by (never falls within an origin).
    pub order: Timestamp,
    /// Where the message begins and ends in the raw bytes.
    pub text: (u32, u32),
    /// How bad it is.
    pub severity: Severity,
    /// Where that was read.
    pub severity_from: SeverityFrom,
    /// The format it was read as.
    pub format: Format,
    /// What is special about it.
    pub flags: Flags,
    /// Where it came from.
    pub origin: OriginId,
    /// Bytes of an over-long line that are not held.
    pub cut: u64,
}

/// Records in order of arrival. Raw bytes lie back to back in one arena, each record followed by a `\n`, so that a
/// search can run over the whole arena. An arena holds less than 4 GiB.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    arena: Vec<u8>,
    /// Where each record ends in the arena, before its separator.
    ends: Vec<u32>,
    times: Vec<i64>,
    orders: Vec<i64>,
    texts: Vec<(u32, u32)>,
    severities: Vec<u8>,
    froms: Vec<u8>,
    formats: Vec<u8>,
    flags: Vec<u16>,
    origins: Vec<OriginId>,
    /// Rare, so not a column: (row, bytes not held).
    cuts: Vec<(u32, u64)>,
}

/// "No time" in the column of times.
const NO_TIME: i64 = i64::MIN;

impl Meta {
    /// The same, marked as holding bytes that must not reach a terminal, or not.
    #[must_use]
    pub const fn with_dirt(mut self, dirty: bool) -> Self {
        self.flags = self.flags.with(Flags::DIRTY, dirty);
        self
    }
}

impl Batch {
    /// Bytes of columns that one record takes beside its raw bytes and their separator.
    pub const COLUMN_BYTES: usize = 4 + 8 + 8 + 8 + 1 + 1 + 1 + 2 + 4;

    /// An empty batch with room for `bytes` of raw text and `records` records.
    pub fn with_capacity(bytes: usize, records: usize) -> Self {
        Self {
            arena: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(records),
            times: Vec::with_capacity(records),
            orders: Vec::with_capacity(records),
            texts: Vec::with_capacity(records),
            severities: Vec::with_capacity(records),
            froms: Vec::with_capacity(records),
            formats: Vec::with_capacity(records),
            flags: Vec::with_capacity(records),
            origins: Vec::with_capacity(records),
            cuts: Vec::new(),
        }
    }

    /// Adds a record with its raw bytes.
    pub fn push(&mut self, meta: &Meta, raw: &[u8]) {
        self.push_parts(meta, &[raw]);
    }

    /// Adds a record whose raw bytes come in parts.
    pub fn push_parts(&mut self, meta: &Meta, parts: &[&[u8]]) {
        for part in parts {
            self.arena.extend_from_slice(part);
        }
        self.ends.push(self.arena.len() as u32);
        self.arena.push(b'\n');
        self.times.push(meta.time.map_or(NO_TIME, |t| t.0));
        self.orders.push(meta.order.0);
        self.texts.push(meta.text);
        self.severities.push(meta.severity as u8);
        self.froms.push(meta.severity_from as u8);
        self.formats.push(meta.format as u8);
        self.flags.push(meta.flags.0);
        self.origins.push(meta.origin);
        if meta.cut > 0 {
            self.cuts.push((self.ends.len() as u32 - 1, meta.cut));
        }
    }

    /// Adds a line to the last record, behind a `\n`; its text then reaches to the new end, if it reached to the old one.
    pub fn extend_last(&mut self, line: &[u8], flags: Flags) {
        let (Some(row), Some(end)) = (self.len().checked_sub(1), self.ends.last().copied()) else { return };
        let old_len = end - self.span(row).0 as u32;
        // The separator of the record is already the line break.
        self.arena.extend_from_slice(line);
        self.ends[row] = self.arena.len() as u32;
        self.arena.push(b'\n');
        if self.texts[row].1 == old_len {
            self.texts[row].1 = old_len + 1 + line.len() as u32;
        }
        self.flags[row] |= flags.0;
    }

    /// The length of the last record's raw bytes.
    pub fn last_len(&self) -> Option<usize> {
        let (start, end) = self.span(self.len().checked_sub(1)?);
        Some(end - start)
    }

    /// Takes the last record out.
    pub fn pop(&mut self) -> Option<(Meta, Vec<u8>)> {
        let row = self.len().checked_sub(1)?;
        let record = self.record(row);
        let meta = Meta {
            time: record.time,
            order: record.order,
            text: record.text,
            severity: record.severity,
            severity_from: record.severity_from,
            format: record.format,
            flags: record.flags,
            origin: record.origin,
            cut: record.cut,
        };
        let raw = record.raw.to_vec();
        self.arena.truncate(self.span(row).0);
        self.ends.pop();
        self.times.pop();
        self.orders.pop();
        self.texts.pop();
        self.severities.pop();
        self.froms.pop();
        self.formats.pop();
        self.flags.pop();
        self.origins.pop();
        if self.cuts.last().is_some_and(|cut| cut.0 as usize == row) {
            self.cuts.pop();
        }
        Some((meta, raw))
    }

    /// Adds all records of `other` behind those here.
    pub fn append(&mut self, other: &Self) {
        self.append_rows(other, 0..other.len());
    }

    /// Adds some records of `other` behind those here. Rows that `other` does not have are left out.
    pub fn append_rows(&mut self, other: &Self, rows: Range<usize>) {
        let rows = rows.start.min(other.len())..rows.end.min(other.len());
        if rows.is_empty() {
            return;
        }
        let (from, to) = (other.span(rows.start).0, other.span(rows.end - 1).1 + 1);
        let (base, first) = (self.arena.len(), self.len());
        self.arena.extend_from_slice(&other.arena[from..to]);
        self.ends.extend(other.ends[rows.clone()].iter().map(|end| (*end as usize - from + base) as u32));
        self.times.extend_from_slice(&other.times[rows.clone()]);
        self.orders.extend_from_slice(&other.orders[rows.clone()]);
        self.texts.extend_from_slice(&other.texts[rows.clone()]);
        self.severities.extend_from_slice(&other.severities[rows.clone()]);
        self.froms.extend_from_slice(&other.froms[rows.clone()]);
        self.formats.extend_from_slice(&other.formats[rows.clone()]);
        self.flags.extend_from_slice(&other.flags[rows.clone()]);
        self.origins.extend_from_slice(&other.origins[rows.clone()]);
        let cuts = other.cuts.iter().filter(|(row, _)| rows.contains(&(*row as usize)));
        self.cuts.extend(cuts.map(|(row, cut)| ((*row as usize - rows.start + first) as u32, *cut)));
    }

    /// Makes room for exactly this much more.
    pub fn reserve_exact(&mut self, bytes: usize, records: usize) {
        self.arena.reserve_exact(bytes);
        self.ends.reserve_exact(records);
        self.times.reserve_exact(records);
        self.orders.reserve_exact(records);
        self.texts.reserve_exact(records);
        self.severities.reserve_exact(records);
        self.froms.reserve_exact(records);
        self.formats.reserve_exact(records);
        self.flags.reserve_exact(records);
        self.origins.reserve_exact(records);
    }

    /// Bytes of raw text and records that can be added before memory has to be allocated.
    pub fn room(&self) -> (usize, usize) {
        (self.arena.capacity() - self.arena.len(), self.ends.capacity() - self.ends.len())
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.ends.clear();
        self.times.clear();
        self.orders.clear();
        self.texts.clear();
        self.severities.clear();
        self.froms.clear();
        self.formats.clear();
        self.flags.clear();
        self.origins.clear();
        self.cuts.clear();
    }

    /// Gives unused memory back.
    pub fn shrink(&mut self) {
        self.arena.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.times.shrink_to_fit();
        self.orders.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.severities.shrink_to_fit();
        self.froms.shrink_to_fit();
        self.formats.shrink_to_fit();
        self.flags.shrink_to_fit();
        self.origins.shrink_to_fit();
        self.cuts.shrink_to_fit();
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes in use: raw text, separators and columns.
    pub fn bytes(&self) -> usize {
        self.arena.len() + self.len() * Self::COLUMN_BYTES
    }

    /// Bytes that are allocated for them.
    pub fn allocated(&self) -> usize {
        self.arena.capacity()
            + self.ends.capacity() * 4
            + (self.times.capacity() + self.orders.capacity() + self.texts.capacity()) * 8
            + self.severities.capacity()
            + self.froms.capacity()
            + self.formats.capacity()
            + self.flags.capacity() * 2
            + self.origins.capacity() * 4
            + self.cuts.capacity() * 16
    }

    /// The raw bytes of all records, each followed by `\n`.
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Where the raw bytes of a record begin and end in the arena.
    pub fn span(&self, row: usize) -> (usize, usize) {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize + 1 };
        (start, self.ends[row] as usize)
    }

    /// The record whose bytes (or separator) hold this offset of the arena.
    pub fn row_at(&self, offset: usize) -> usize {
        self.ends.partition_point(|end| (*end as usize) < offset)
    }

    /// The column of order times, in nanoseconds.
    pub fn orders(&self) -> &[i64] {
        &self.orders
    }

    /// The column of severities, as [`Severity`]'s numbers.
    pub fn severities(&self) -> &[u8] {
        &self.severities
    }

    /// The column of origins.
    pub fn origins(&self) -> &[OriginId] {
        &self.origins
    }

    /// The column of flags.
    pub fn flags(&self) -> &[u16] {
        &self.flags
    }

    /// The column of formats, as [`Format`]'s numbers.
    pub fn formats(&self) -> &[u8] {
        &self.formats
    }

    /// The record in this row.
    pub fn record(&self, row: usize) -> Record<'_> {
        let (start, end) = self.span(row);
        let flags = Flags(self.flags[row]);
        let cut = if flags.has(Flags::CUT) {
            self.cuts.binary_search_by_key(&(row as u32), |c| c.0).map_or(0, |i| self.cuts[i].1)
        } else {
            0
        };
        Record {
            raw: &self.arena[start..end],
            text: self.texts[row],
            time: (self.times[row] != NO_TIME).then_some(Timestamp(self.times[row])),
            order: Timestamp(self.orders[row]),
            severity: Severity::from_u8(self.severities[row]),
            severity_from: SeverityFrom::from_u8(self.froms[row]),
            format: Format::from_u8(self.formats[row]),
            flags,
            origin: self.origins[row],
            cut,
        }
    }

    /// All records in order of arrival.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        (0..self.len()).map(|row| self.record(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(order: i64) -> Meta {
        Meta { order: Timestamp(order), ..Meta::default() }
    }

    #[test]
    fn what_goes_in_comes_out_after_an_append() {
        let mut a = Batch::default();
        a.push(&meta(1), b"one");
        let mut b = Batch::default();
        b.push(&meta(2), b"");
        b.push(&Meta { cut: 7, flags: Flags::CUT, ..meta(3) }, b"three");
        a.append(&b);
        let raws: Vec<_> = a.iter().map(|r| (r.raw.to_vec(), r.order.0, r.cut)).collect();
        assert_eq!(raws, [(b"one".to_vec(), 1, 0), (b"".to_vec(), 2, 0), (b"three".to_vec(), 3, 7)]);
        assert_eq!(a.arena(), b"one\n\nthree\n");
        b.extend_last(b"four", Flags::MULTILINE);
        assert_eq!((b.record(1).raw, b.last_len()), (&b"three\nfour"[..], Some(10)));
        let (last, raw) = b.pop().unwrap();
        assert_eq!((last.cut, raw, b.len(), b.arena()), (7, b"three\nfour".to_vec(), 1, &b"\n"[..]));
        assert_eq!([0, 2, 3, 4, 5, 9].map(|offset| a.row_at(offset)), [0, 0, 0, 1, 2, 2]);
        let mut c = Batch::default();
        c.push(&meta(9), b"zero");
        c.append_rows(&a, 2..9);
        assert_eq!((c.len(), c.arena(), c.record(1).cut), (2, &b"zero\nthree\n"[..], 7));
        c.append_rows(&a, 1..1);
        assert_eq!(c.len(), 2);
    }
}
