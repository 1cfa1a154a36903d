//! What goes to the engine: records in batches, how asking goes, health, and places to go on from.
//!
//! Owns the pace at which that is told. Must not know how documents are asked for.

use super::record::{Line, Teller};
use super::resume::Resume;
use super::window::Change;
use crate::model::documents::{News, Scope};
use crate::model::{Batch, Cursor, Flags, Health, Meta, OriginId, Timestamp};
use crate::parse::Parser;
use crate::parse::stream::Order;
use crate::parse::text;
use crate::sources::driver::{Closed, Outlet};
use jiff::tz::TimeZone;
use std::time::Duration;
use tokio::time::Instant;

/// How asking goes is told at most this often.
const PACE: Duration = Duration::from_millis(250);

/// Where everything goes.
pub(super) struct Desk {
    pub(super) out: Outlet,
    /// How changes are told.
    pub(super) teller: Teller,
    /// How asking goes; what changes it calls [`Desk::touch`].
    pub(super) scope: Scope,
    parser: Parser,
    /// The collection's path, which is the origin's name.
    name: String,
    main: Option<(OriginId, Order)>,
    pages: u32,
    is_dirty: bool,
    told: Option<Instant>,
    health: Option<Health>,
    place: Option<String>,
}

impl Desk {
    /// A desk for the documents of one collection.
    pub(super) fn new(out: Outlet, zone: &TimeZone, name: String, teller: Teller, scope: Scope) -> Self {
        let parser = Parser::new(zone.clone(), out.now());
        Self {
            out,
            teller,
            scope,
            parser,
            name,
            main: None,
            pages: 0,
            is_dirty: true,
            told: None,
            health: None,
            place: None,
        }
    }

    /// Something of the scope changed.
    pub(super) const fn touch(&mut self) {
        self.is_dirty = true;
    }

    /// When [`Desk::tell`] is next needed; nothing when there is nothing to tell.
    pub(super) fn due(&self) -> Option<Instant> {
        self.is_dirty.then(|| self.told.map_or_else(Instant::now, |told| told + PACE))
    }

    /// Tells how asking goes, if that changed.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) async fn tell(&mut self, health: Health) -> Result<(), Closed> {
        if std::mem::take(&mut self.is_dirty) {
            self.told = Some(Instant::now());
            self.out.documents_async(News::Scope(Box::new(self.scope.clone()))).await?;
        }
        if self.health.as_ref() != Some(&health) {
            self.health = Some(health.clone());
            self.out.health_async(health).await?;
        }
        Ok(())
    }

    /// Says that something cannot be had.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) async fn cannot(&self, why: impl Into<String>) -> Result<(), Closed> {
        self.out.documents_async(News::Cannot(why.into())).await
    }

    /// Changes as records, by their times.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) async fn changes(&mut self, changes: &[Change]) -> Result<(), Closed> {
        if changes.is_empty() {
            return Ok(());
        }
        let (origin, mut order) = match self.main.take() {
            Some(main) => main,
            None => (self.out.origin_async(&self.name).await?, Order::default()),
        };
        let sent = self.send(changes, origin, &mut order).await;
        self.main = Some((origin, order));
        sent
    }

    /// Older documents, which stand before all others: each page is an origin of its own, since order never falls in one.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) async fn older(&mut self, changes: &[Change]) -> Result<(), Closed> {
        self.pages += 1;
        let origin = self.out.origin_async(&format!("{} (older {})", self.name, self.pages)).await?;
        self.send(changes, origin, &mut Order::default()).await
    }

    async fn send(&mut self, changes: &[Change], origin: OriginId, order: &mut Order) -> Result<(), Closed> {
        let now = self.out.now();
        let mut lines: Vec<Line> = changes.iter().map(|change| self.teller.line(change, now)).collect();
        lines.sort_by_key(|line| line.time);
        let mut batch = Batch::default();
        for line in &lines {
            self.push(&mut batch, line, origin, order, now);
        }
        self.out.batch_async(&mut batch).await
    }

    fn push(&mut self, batch: &mut Batch, line: &Line, origin: OriginId, order: &mut Order, now: Timestamp) {
        let raw = line.json.as_bytes();
        let parsed = self.parser.line(raw);
        let (order, flags) = order.next(&parsed, now);
        let meta = Meta {
            time: parsed.time,
            order,
            text: parsed.text,
            severity: parsed.severity,
            severity_from: parsed.severity_from,
            format: parsed.format,
            flags: parsed.flags | flags | Flags::CHANGE,
            origin,
            cut: 0,
        };
        batch.push(&meta.with_dirt(text::is_dirty(raw)), raw);
    }

    /// Everything up to this place was sent.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) async fn place(&mut self, part: &str, resume: &Resume) -> Result<(), Closed> {
        let text = resume.to_text();
        if self.place.as_ref() == Some(&text) {
            return Ok(());
        }
        self.place = Some(text.clone());
        self.out.cursor_async(Cursor { part: part.to_owned(), place: Some(text) }).await
    }
}
