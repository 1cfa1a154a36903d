//! The list of origins: how each is, how much it said, and when.
//!
//! Owns the counts and which rows are ticked. Must not know how bars are drawn. It looks at two columns of every
//! record, so it is made anew by ticks, as the histogram is.

use super::status::{name, state_word};
use super::{App, Pane, Role};
use crate::engine::Source;
use crate::model::{Format, OriginId, Severity, SourceId, State, Timestamp};
use crate::parse::text::safe_line;
use std::collections::{HashMap, HashSet};

/// The bars of a row.
pub const SPARKS: usize = 20;

/// One origin, or a source that has none so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRow {
    /// Which; `None` for a source without any.
    pub id: Option<OriginId>,
    /// Its name, safe for a terminal.
    pub name: String,
    /// How its source is, in words, where that is worth a word.
    pub state: String,
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
    /// Records over the time of the whole list, oldest first: errors and worse, and all.
    pub sparks: [(u32, u32); SPARKS],
    /// Whether it is ticked.
    pub ticked: bool,
}

/// The open list.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    rows: Vec<OriginRow>,
    cursor: usize,
    ticked: HashSet<OriginId>,
}

impl Origins {
    /// Its rows: troubled ones first, then those with the most errors, then by name.
    pub fn rows(&self) -> &[OriginRow] {
        &self.rows
    }

    /// The row with the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn go_to(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
    }

    pub(super) fn toggle(&mut self) {
        let Some(id) = self.rows.get(self.cursor).and_then(|row| row.id) else { return };
        let ticked = self.ticked.insert(id) || !self.ticked.remove(&id);
        self.rows[self.cursor].ticked = ticked;
        self.go_to(self.cursor + 1);
    }

    /// The ticked rows, or else the cursor's.
    fn chosen(&self) -> Vec<OriginId> {
        let mut chosen: Vec<_> = self.rows.iter().filter(|row| row.ticked).filter_map(|row| row.id).collect();
        if chosen.is_empty() {
            chosen.extend(self.rows.get(self.cursor).and_then(|row| row.id));
        }
        chosen.sort_unstable();
        chosen
    }
}

/// Takes the directory away that all names begin with: it stands in the header, and the names need the room.
fn drop_common_directory(rows: &mut [OriginRow]) {
    let Some(first) = rows.first() else { return };
    let mut common = first.name.rfind('/').map_or(0, |slash| slash + 1);
    for row in rows.iter() {
        while common > 0 && !row.name.as_bytes().starts_with(&first.name.as_bytes()[..common]) {
            common = first.name[..common - 1].rfind('/').map_or(0, |slash| slash + 1);
        }
    }
    if rows.len() > 1 {
        for row in rows {
            row.name.drain(..common);
        }
    }
}

/// What is counted of an origin.
#[derive(Clone, Debug, Default)]
struct Count {
    records: u64,
    errors: u64,
    warnings: u64,
    last: Option<Timestamp>,
    sparks: [(u32, u32); SPARKS],
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
        self.refresh_origins();
    }

    /// Counts anew; the cursor stays on its origin.
    pub(super) fn refresh_origins(&mut self) {
        let Pane::Origins(origins) = &mut self.pane else { return };
        let mut origins = std::mem::take(origins);
        let here = origins.rows.get(origins.cursor).map(|row| (row.id, row.name.clone()));
        origins.rows = self.origin_rows(&origins.ticked);
        let place = here.and_then(|here| origins.rows.iter().position(|row| (row.id, row.name.clone()) == here));
        let place = place.unwrap_or(origins.cursor);
        origins.go_to(place);
        self.pane = Pane::Origins(origins);
    }

    fn origin_rows(&self, ticked: &HashSet<OriginId>) -> Vec<OriginRow> {
        let counts = self.count_origins();
        let mut rows = Vec::new();
        let mut by_source: HashMap<SourceId, Vec<OriginId>> = HashMap::new();
        for (id, _) in self.engine.origin_names() {
            by_source.entry(id.source()).or_default().push(id);
        }
        for source in self.sources_here() {
            let (state, role) = self.state_of(source);
            let row = |id, name: String, count: Count| OriginRow {
                id,
                name,
                state: state.clone(),
                role,
                records: count.records,
                errors: count.errors,
                warnings: count.warnings,
                last: count.last,
                sparks: count.sparks,
                ticked: id.is_some_and(|id| ticked.contains(&id)),
            };
            match by_source.get(&source.id()) {
                None => rows.push(row(None, name(source).into_owned(), Count::default())),
                Some(ids) => rows.extend(ids.iter().map(|id| {
                    let name = safe_line(self.engine.origin_name(*id).unwrap_or("?").as_bytes()).into_owned();
                    row(Some(*id), name, counts.get(id).cloned().unwrap_or_default())
                })),
            }
        }
        drop_common_directory(&mut rows);
        rows.sort_by(|a, b| {
            let trouble = |row: &OriginRow| !matches!(row.role, Role::Error | Role::Warn);
            (trouble(a), std::cmp::Reverse(a.errors), &a.name).cmp(&(trouble(b), std::cmp::Reverse(b.errors), &b.name))
        });
        rows
    }

    fn state_of(&self, source: &Source) -> (String, Role) {
        let role = match source.health.state {
            State::Failed => Role::Error,
            State::Partial => Role::Warn,
            State::Following | State::Done => return (state_word(source.health.state).to_owned(), Role::Dim),
            _ => Role::Dim,
        };
        let words = self.trouble(source, false);
        let state = state_word(source.health.state);
        (if words.is_empty() { state.to_owned() } else { format!("{state}: {words}") }, role)
    }

    fn count_origins(&self) -> HashMap<OriginId, Count> {
        let sources = self.tab().view.sources();
        let segments =
            || self.engine.store().segments().iter().filter(|s| sources.contains(s.source()) && !s.is_empty());
        let known = |time: &Timestamp| *time > Timestamp::MIN;
        let low = segments().map(|segment| segment.orders().0).filter(known).min().unwrap_or(Timestamp::MIN);
        let high = segments().map(|segment| segment.orders().1).filter(known).max().unwrap_or(Timestamp::MIN);
        let step = (high.0.saturating_sub(low.0) / SPARKS as i64).saturating_add(1);
        // One list a source, by the origin's number in it: looking up is one step.
        let mut lists: HashMap<SourceId, Vec<Count>> = HashMap::new();
        for segment in segments() {
            let list = lists.entry(segment.source()).or_default();
            let batch = segment.batch();
            let columns = batch.origins().iter().zip(batch.severities()).zip(batch.orders()).zip(batch.formats());
            for (((origin, severity), order), format) in columns {
                let at = origin.local() as usize;
                if list.len() <= at {
                    list.resize_with(at + 1, Count::default);
                }
                if *format == Format::Note as u8 {
                    continue;
                }
                let count = &mut list[at];
                count.records += 1;
                let is_error = *severity >= Severity::Error as u8;
                count.errors += u64::from(is_error);
                count.warnings += u64::from(*severity == Severity::Warn as u8);
                let time = Timestamp(*order);
                if known(&time) {
                    count.last = count.last.max(Some(time));
                    let spark = (time.0.saturating_sub(low.0) / step).clamp(0, SPARKS as i64 - 1) as usize;
                    count.sparks[spark].0 += u32::from(is_error);
                    count.sparks[spark].1 += 1;
                }
            }
        }
        let named = lists.into_iter().flat_map(|(source, list)| {
            list.into_iter().enumerate().map(move |(local, count)| (OriginId::new(source, local as u32), count))
        });
        named.collect()
    }

    /// Shows only the ticked origins, or the cursor's.
    pub(super) fn take_origins(&mut self, origins: &Origins) {
        let chosen = origins.chosen();
        if chosen.is_empty() {
            return self.say("this source has no record so far");
        }
        self.narrow(|query, _| query.origins = chosen);
    }
}
