//! Where the text of one container goes: into records, and these to the engine, soon but not one by one.
//!
//! Owns batching. Must not know where the text comes from.

use super::meter::Meter;
use crate::model::{Batch, Format, Meta, OriginId, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::Assembler;
use crate::parse::text;
use crate::sources::driver::{Closed, Outlet};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The longest that a complete record waits for others.
const FLUSH: Duration = Duration::from_millis(50);

/// Silence after which the record that is being joined is complete.
const IDLE: Duration = Duration::from_millis(300);

/// Records that are sent without waiting for more.
const ENOUGH: usize = 256;

/// Where the text of one container goes.
pub struct Sink {
    out: Outlet,
    origin: OriginId,
    assembler: Assembler,
    batch: Batch,
    last: Option<Timestamp>,
    sent: Instant,
    fed: Option<Instant>,
    /// What is measured of lines, and whether some came since the last sending.
    meter: Option<Arc<Meter>>,
    is_new: bool,
}

impl Sink {
    /// A sink for this origin.
    pub fn new(origin: OriginId, zone: &TimeZone, out: &Outlet) -> Self {
        let parser = Parser::new(zone.clone(), out.now());
        Self {
            origin,
            assembler: Assembler::new(parser, origin),
            batch: Batch::default(),
            last: None,
            sent: Instant::now(),
            fed: None,
            meter: None,
            is_new: false,
            out: out.clone(),
        }
    }

    /// Measures lines as they come.
    #[must_use]
    pub fn measured(mut self, meter: Arc<Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Takes text, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.assembler.feed(bytes, self.out.now(), &mut self.batch);
            self.fed = Some(Instant::now());
            self.is_new = true;
        }
    }

    /// When [`Sink::flush`] is next needed; nothing when there is nothing to send.
    pub fn due(&self) -> Option<Instant> {
        if self.batch.is_empty() { self.fed.map(|fed| fed + IDLE) } else { Some(self.sent + FLUSH) }
    }

    /// Sends if there is enough, or what there is has waited.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn flush(&mut self) -> Result<(), Closed> {
        if self.fed.is_some_and(|fed| fed.elapsed() >= IDLE) {
            self.assembler.idle(&mut self.batch);
            self.fed = None;
        }
        if self.batch.len() >= ENOUGH || self.sent.elapsed() >= FLUSH {
            self.send().await?;
        }
        Ok(())
    }

    /// The stream broke: a line whose end has not come will come again.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn broke(&mut self) -> Result<(), Closed> {
        self.assembler.forget_partial();
        self.assembler.idle(&mut self.batch);
        self.fed = None;
        self.send().await
    }

    /// The stream has ended: everything is complete.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn finish(&mut self) -> Result<(), Closed> {
        self.assembler.finish(self.out.now(), &mut self.batch);
        self.fed = None;
        self.send().await
    }

    /// A line of logdeck's own behind what came so far. The text has to be safe for a terminal.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn note(&mut self, text: &str) -> Result<(), Closed> {
        self.assembler.idle(&mut self.batch);
        self.push_note(text);
        self.send().await
    }

    fn push_note(&mut self, text: &str) {
        let order = self.batch.orders().last().copied().map(Timestamp).or(self.last).unwrap_or_else(|| self.out.now());
        let meta =
            Meta { order, text: (0, text.len() as u32), format: Format::Note, origin: self.origin, ..Meta::default() };
        self.batch.push(&meta, text.as_bytes());
    }

    async fn send(&mut self) -> Result<(), Closed> {
        self.sent = Instant::now();
        self.last = self.batch.orders().last().copied().map(Timestamp).or(self.last);
        if self.batch.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.is_new)
            && let (Some(meter), Some(last)) = (&self.meter, self.last)
            && let Some(words) = meter.received(last, self.out.now())
        {
            self.push_note(&text::safe_line(words.as_bytes()));
        }
        self.out.batch_async(&mut self.batch).await
    }
}
