//! The list of origins: how each is, how much it said, and when.
//!
//! Owns which rows are ticked. Must not know how bars are drawn. `per_origin` looks at a few columns of every record, so
//! it is counted with the histogram, by ticks. How sources are is shown at once.

use super::per_origin::{self, Count, SPARKS};
use super::status::{name, state_word};
use super::{App, Pane, Role};
use crate::model::{OriginId, SourceId, State, Timestamp};
use crate::parse::text::safe_line;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// One origin, or a source that is in trouble or has no origin so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRow {
    /// Whose records they are.
    pub source: SourceId,
    /// Which; `None` for a whole source.
    pub id: Option<OriginId>,
    /// Its name, safe for a terminal.
    pub name: String,
    /// What stands for the name where there is no room for it.
    pub short: String,
    /// The address of its source, safe for a terminal.
    pub label: String,
    /// The state of its source in a word; empty where that need not be its own.
    pub state: &'static str,
    /// What a source says about that, safe for a terminal.
    pub words: String,
    /// How bad that is.
    pub role: Role,
    /// Records that are held.
    pub records: u64,
    /// Of these, errors and worse.
    pub errors: u64,
    /// Of these, warnings.
    pub warnings: u64,
    /// The order time of the newest one.
    pub last: Option<Timestamp>,
    /// Records over the time of the histogram, or else of all records, oldest first: errors and worse, and all.
    pub sparks: [(u32, u32); SPARKS],
    /// Whether it is ticked.
    pub ticked: bool,
}

/// Rows of the pane that are not origins: its heading, the names of the columns, and two about the row with the cursor.
const OTHER_ROWS: usize = 4;

/// The open list.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    rows: Vec<OriginRow>,
    cursor: usize,
    top: usize,
    ticked: HashSet<OriginId>,
    counts: HashMap<OriginId, Count>,
}

impl Origins {
    /// Its rows: sources in trouble first, then the origins of those that failed, then those with the most errors, then
    /// by name.
    pub fn rows(&self) -> &[OriginRow] {
        &self.rows
    }

    /// The row with the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The rows that are on the screen, in a pane of `height` rows, with their places.
    pub fn window(&self, height: usize) -> impl Iterator<Item = (usize, &OriginRow)> {
        self.rows.iter().enumerate().skip(self.top).take(Self::room(height))
    }

    /// The rows that it would fill.
    pub(super) fn wanted_rows(&self) -> u16 {
        u16::try_from(self.rows.len().max(1) + OTHER_ROWS).unwrap_or(u16::MAX)
    }

    /// Origins that a pane of this height shows.
    pub(super) fn room(height: usize) -> usize {
        height.saturating_sub(OTHER_ROWS).max(1)
    }

    pub(super) fn go_to(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
    }

    /// Scrolls such that the cursor is on the screen.
    pub(super) fn scroll(&mut self, height: usize) {
        let room = Self::room(height);
        let lowest = self.rows.len().saturating_sub(room);
        self.top = self.top.clamp((self.cursor + 1).saturating_sub(room), self.cursor).min(lowest);
    }

    /// Ticks the row, or unticks it; that of a source does so for all its origins.
    pub(super) fn toggle(&mut self) {
        let ids = self.ids_of(self.cursor);
        let all = ids.iter().all(|id| self.ticked.contains(id));
        for id in ids {
            if all {
                self.ticked.remove(&id)
            } else {
                self.ticked.insert(id)
            };
        }
        for row in &mut self.rows {
            row.ticked = row.id.is_some_and(|id| self.ticked.contains(&id));
        }
        self.go_to(self.cursor + 1);
    }

    /// The origin of a row, or all of a source.
    fn ids_of(&self, row: usize) -> Vec<OriginId> {
        let Some(row) = self.rows.get(row) else { return Vec::new() };
        match row.id {
            Some(id) => vec![id],
            None => self.rows.iter().filter(|other| other.source == row.source).filter_map(|row| row.id).collect(),
        }
    }

    /// The ticked rows, or else the cursor's.
    fn chosen(&self) -> Vec<OriginId> {
        let mut chosen: Vec<_> = self.rows.iter().filter(|row| row.ticked).filter_map(|row| row.id).collect();
        if chosen.is_empty() {
            chosen = self.ids_of(self.cursor);
        }
        chosen.sort_unstable();
        chosen
    }
}

impl App {
    /// The list of origins, while it is open.
    pub fn origins(&self) -> Option<&Origins> {
        match &self.pane {
            Pane::Origins(origins) => Some(origins),
            _ => None,
        }
    }

    pub(super) fn open_origins(&mut self) {
        self.close_filter_pane();
        if !self.has_sources() {
            return self.say("no source is open in this tab");
        }
        let mut origins = Origins::default();
        origins.ticked.extend(self.tab().view.query().origins.iter().copied());
        self.pane = Pane::Origins(Box::new(origins));
        self.refresh_histogram();
    }

    /// Counts anew.
    pub(super) fn refresh_origins(&mut self) {
        if self.origins().is_none() {
            return;
        }
        let counts = self.count_origins();
        if let Pane::Origins(origins) = &mut self.pane {
            origins.counts = counts;
        }
        self.list_origins();
    }

    /// Makes the rows anew, of what was counted last; the cursor stays on its origin.
    pub(super) fn list_origins(&mut self) {
        let Pane::Origins(origins) = &self.pane else { return };
        let rows = self.origin_rows(origins);
        let Pane::Origins(origins) = &mut self.pane else { return };
        let here = origins.rows.get(origins.cursor).map(|row| (row.source, row.id));
        origins.rows = rows;
        let place = here.and_then(|here| origins.rows.iter().position(|row| (row.source, row.id) == here));
        let place = place.unwrap_or(origins.cursor);
        origins.go_to(place);
    }

    /// Keeps the cursor of the list on the screen.
    pub(super) fn scroll_origins(&mut self) {
        let height = self.layout().and_then(|layout| layout.pane).map_or(0, |pane| usize::from(pane.height));
        if let Pane::Origins(origins) = &mut self.pane {
            origins.scroll(height);
        }
    }

    fn origin_rows(&self, origins: &Origins) -> Vec<OriginRow> {
        let mut by_source: HashMap<SourceId, Vec<OriginId>> = HashMap::new();
        for (id, _) in self.engine.origin_names() {
            by_source.entry(id.source()).or_default().push(id);
        }
        let mut rows = Vec::new();
        let nothing = Count::default();
        for source in self.sources_here() {
            let ids = by_source.get(&source.id()).map(Vec::as_slice).unwrap_or_default();
            let state = source.health.state;
            let role = match state {
                State::Failed => Role::Error,
                State::Partial => Role::Warn,
                State::Waiting => Role::Accent,
                _ => Role::Dim,
            };
            let row = |id: Option<OriginId>, name: String, role, count: &Count| OriginRow {
                source: source.id(),
                id,
                short: id.map_or_else(|| name.clone(), |id| self.short_origin_in_full(id).into_owned()),
                name,
                label: self::name(source).into_owned(),
                state: state_word(state),
                words: String::new(),
                role,
                records: count.records,
                errors: count.errors,
                warnings: count.warnings,
                last: count.last.filter(|last| *last > Timestamp::MIN),
                sparks: count.sparks,
                ticked: id.is_some_and(|id| origins.ticked.contains(&id)),
            };
            if role != Role::Dim || ids.is_empty() {
                let all = row(None, self::name(source).into_owned(), role, &nothing);
                rows.push(OriginRow { words: self.trouble(source, false), ..all });
            }
            for id in ids {
                let name = safe_line(self.engine.origin_name(*id).unwrap_or("?").as_bytes()).into_owned();
                let row = row(Some(*id), name, role, origins.counts.get(id).unwrap_or(&nothing));
                // Which of its origins could not be read, only the source's own words say.
                let state = if state == State::Partial { "" } else { row.state };
                let role = if role == Role::Error { role } else { Role::Dim };
                rows.push(OriginRow { state, role, ..row });
            }
        }
        let badness = |row: &OriginRow| match row.role {
            Role::Error => 0,
            Role::Warn => 1,
            Role::Accent => 2,
            _ => 3,
        };
        // A source stands above all its origins.
        let rank = |row: &OriginRow| (row.id.is_some() || badness(row) == 3, badness(row), Reverse(row.errors));
        rows.sort_by(|a, b| (rank(a), &a.name, a.id).cmp(&(rank(b), &b.name, b.id)));
        rows
    }

    fn count_origins(&self) -> HashMap<OriginId, Count> {
        // The bars of each stand below those of all.
        let range = self.histogram().map(|bars| (bars.from, bars.to().saturating_add(-1))).or(self.known_times());
        let (low, high) = range.unwrap_or((Timestamp::MAX, Timestamp::MAX));
        per_origin::count(self.segments_here(), (low, high), Timestamp::MAX)
    }

    /// Shows only the ticked origins, or the cursor's.
    pub(super) fn take_origins(&mut self, origins: &Origins) {
        let chosen = origins.chosen();
        if chosen.is_empty() {
            return self.say("this source has no origin so far");
        }
        self.narrow(|query, _| query.origins = chosen);
    }
}
