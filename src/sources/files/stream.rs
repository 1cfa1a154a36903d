//! The records of one origin on their way to the outlet: bytes in, batches and notes out.
//!
//! Owns the order of notes among records. Must not know where the bytes come from.

use crate::model::{Batch, Format, Meta, OriginId, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::Assembler;
use crate::sources::driver::{BATCH_BYTES, BATCH_RECORDS, Closed, Outlet};
use jiff::tz::TimeZone;

/// Records are sent when so much has come together, or when the input pauses.
#[derive(Debug)]
pub(in crate::sources) struct Stream {
    assembler: Assembler,
    origin: OriginId,
    batch: Batch,
    /// Notes that stand before the first record, whose place in time is not known before it comes.
    opening: Vec<String>,
    /// The order of the last record that was sent.
    last: Option<Timestamp>,
    /// Bytes were fed since the last [`Stream::idle`].
    is_fresh: bool,
    /// Records that were sent.
    sent: u64,
}

impl Stream {
    /// The stream of the origin of this name, which is announced.
    pub(in crate::sources) fn new(name: &str, zone: &TimeZone, outlet: &Outlet) -> Result<Self, Closed> {
        let origin = outlet.origin(name)?;
        let parser = Parser::new(zone.clone(), outlet.now());
        let assembler = Assembler::new(parser, origin);
        Ok(Self {
            assembler,
            origin,
            batch: Batch::default(),
            opening: Vec::new(),
            last: None,
            is_fresh: false,
            sent: 0,
        })
    }

    /// Another stream gave records of this origin up to here; those of this one come behind them.
    pub(in crate::sources) const fn goes_on_behind(&mut self, order: Timestamp) {
        self.assembler.not_before(order);
        self.last = Some(order);
    }

    /// Records that were sent, notes included.
    pub(in crate::sources) const fn sent(&self) -> u64 {
        self.sent
    }

    /// The order of the last record that was sent.
    pub(in crate::sources) const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// How many of the bytes that came are in records that were sent; nothing while complete records wait.
    pub(in crate::sources) fn settled(&self) -> Option<u64> {
        self.batch.is_empty().then(|| self.assembler.settled())
    }

    /// Takes bytes, cut anywhere.
    pub(in crate::sources) fn feed(&mut self, bytes: &[u8], outlet: &Outlet) -> Result<(), Closed> {
        self.is_fresh = true;
        self.assembler.feed(bytes, outlet.now(), &mut self.batch);
        if self.batch.len() >= BATCH_RECORDS || self.batch.arena().len() >= BATCH_BYTES {
            self.flush(outlet)?;
        }
        Ok(())
    }

    /// The input was silent for a moment: what is complete is sent.
    pub(in crate::sources) fn idle(&mut self, outlet: &Outlet) -> Result<(), Closed> {
        if std::mem::take(&mut self.is_fresh) {
            self.assembler.idle(&mut self.batch);
        }
        self.flush(outlet)
    }

    /// The input has ended, or a new file begins. The stream can go on.
    pub(in crate::sources) fn finish(&mut self, outlet: &Outlet) -> Result<(), Closed> {
        self.is_fresh = false;
        self.assembler.finish(outlet.now(), &mut self.batch);
        self.flush(outlet)
    }

    /// A line of logdeck's own behind the records so far.
    pub(in crate::sources) fn note(&mut self, text: &str, outlet: &Outlet) -> Result<(), Closed> {
        self.assembler.idle(&mut self.batch);
        match self.batch.orders().last().copied().map(Timestamp).or(self.last) {
            None => self.opening.push(text.to_owned()),
            Some(order) => push_note(&mut self.batch, self.origin, order, text),
        }
        self.flush(outlet)
    }

    /// Sends notes that wait for a first record which will not come.
    pub(in crate::sources) fn close(&mut self, outlet: &Outlet) -> Result<(), Closed> {
        self.finish(outlet)?;
        for text in std::mem::take(&mut self.opening) {
            push_note(&mut self.batch, self.origin, outlet.now(), &text);
        }
        self.flush(outlet)
    }

    /// Sends the records that are complete.
    pub(in crate::sources) fn flush(&mut self, outlet: &Outlet) -> Result<(), Closed> {
        if let Some(first) = self.batch.orders().first()
            && !self.opening.is_empty()
        {
            let mut with_notes = Batch::default();
            for text in std::mem::take(&mut self.opening) {
                push_note(&mut with_notes, self.origin, Timestamp(*first), &text);
            }
            with_notes.append(&self.batch);
            self.batch = with_notes;
        }
        self.last = self.batch.orders().last().copied().map(Timestamp).or(self.last);
        self.sent += self.batch.len() as u64;
        outlet.batch(&mut self.batch)
    }
}

fn push_note(batch: &mut Batch, origin: OriginId, order: Timestamp, text: &str) {
    let meta = Meta { order, text: (0, text.len() as u32), format: Format::Note, origin, ..Meta::default() };
    batch.push(&meta, text.as_bytes());
}
