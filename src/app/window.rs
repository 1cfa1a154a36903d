//! Large files: other windows of a file than the one in memory, and searching and counting in all of it.
//!
//! Owns what is asked, what is said about it, and where the cursor goes when the answer comes. Must not know files:
//! what is asked is carried out beside the loop.

use super::event::Effect;
use super::format::{bytes, thousands};
use super::search::Search;
use super::view::Direction;
use super::{App, Role, status};
use crate::engine::Source;
use crate::model::query::{Pattern, PatternKind};
use crate::model::window::{Answer, Ask, Extent, Held, Request, Way};
use crate::model::{Batch, Flags, Format, SourceId, State};
use crate::parse::text::safe_line;
use crate::store::{RecordId, Segment};
use std::time::Duration;

/// Records by which the place of the cursor is found again in another window.
const RUN: usize = 4;

/// Questions about whole files.
#[derive(Debug, Default)]
pub(super) struct Far {
    /// The last question's number.
    ticket: u32,
    asked: Option<Asked>,
    offer: Option<Offer>,
}

/// A question whose answer has not come.
#[derive(Clone, Debug)]
struct Asked {
    source: SourceId,
    what: Request,
    tab: usize,
}

/// What the next `n` does: the search came to the end of what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Offer {
    /// What is searched for.
    text: String,
    direction: Direction,
    /// Where the cursor is; once it moved, the search begins in memory again.
    cursor: Option<RecordId>,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Search on in the file.
    File,
    /// There was nothing: go round in what is held.
    Round,
}

/// What to do when a search has come to the end of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// Go on at the other end of what is held.
    GoRound,
    /// Stop: it was said how to go on.
    Stop,
}

impl App {
    /// Asks for the window before or behind the one that is held.
    pub(super) fn ask_window(&mut self, way: Way) {
        let Some(source) = self.source_here() else { return };
        if self.engine.window(source).is_none() && (way == Way::Newer || !self.has_left_out(source)) {
            return self.say_edge(way);
        }
        let held = self.held(source);
        self.ask(source, Request::Window { way, held });
    }

    /// Asks for the window before this one, when the cursor is on the first row and the file has more before it. `true`
    /// when it did.
    pub(super) fn ask_older_at_top(&mut self) -> bool {
        let view = &self.tab().view;
        let is_first = view.cursor_position() == Some(0) && !view.is_following();
        let here = view.cursor().and_then(|id| self.engine.store().segments().get(id.segment())).map(Segment::source);
        let Some(source) = here.filter(|source| is_first && self.has_older(*source)) else { return false };
        let held = self.held(source);
        self.ask(source, Request::Window { way: Way::Older, held });
        true
    }

    /// Whether the file has text before what is held.
    fn has_older(&self, source: SourceId) -> bool {
        match self.engine.window(source) {
            Some(window) => window.start > 0,
            None => self.has_left_out(source),
        }
    }

    /// Asks how many lines of the file match the last search.
    pub(super) fn ask_count(&mut self) {
        let Some(pattern) = self.search.as_ref().map(pattern) else {
            return self.say(format!("nothing was searched for yet: {} searches", self.key_of("search")));
        };
        let Some(source) = self.source_here() else { return };
        self.ask(source, Request::Count { pattern });
    }

    /// Whether the search goes on in the file now, because the key was pressed again at the end of what is held.
    pub(super) fn search_in_file(&mut self, direction: Direction) -> bool {
        let offer = self.offer(direction, Next::File);
        if self.far.offer != Some(offer) {
            return false;
        }
        let (Some(source), Some(pattern)) = (self.source_here(), self.search.as_ref().map(pattern)) else {
            return false;
        };
        let held = self.held(source);
        self.ask(source, Request::Find { pattern, way: way(direction), held });
        true
    }

    /// The search has come to the end of what is held: offers to go on in the file, once for each end.
    pub(super) fn at_end_of_held(&mut self, direction: Direction) -> AtEnd {
        if self.far.offer.take() == Some(self.offer(direction, Next::Round)) {
            return AtEnd::GoRound;
        }
        let sources: Vec<_> = self.sources_here().filter(|source| source.origins() > 0).map(Source::id).collect();
        let [source] = *sources.as_slice() else { return AtEnd::GoRound };
        if !self.has_left_out(source) {
            return AtEnd::GoRound;
        }
        self.far.offer = Some(self.offer(direction, Next::File));
        let held = match self.held(source) {
            Held::Window(extent) => extent.end - extent.start,
            Held::Tail(bytes) => bytes,
        };
        let key = self.key_of(if direction == Direction::Forward { "next" } else { "previous" });
        let of = self.engine.window(source).map(|window| format!(" ({})", bytes(window.size))).unwrap_or_default();
        self.message = None;
        self.say(format!("no more matches in the {} held: {key} searches on in the file{of}", bytes(held)));
        AtEnd::Stop
    }

    /// Back to what the source sends, if a window is shown. `true` when one was.
    pub(super) fn leave_windows(&mut self) -> bool {
        let shown: Vec<_> = self.sources_here().filter(|source| source.window().is_some()).map(Source::id).collect();
        for source in &shown {
            self.outbox.push(Effect::Reopen(*source));
        }
        if !shown.is_empty() {
            self.far.asked = None;
            self.tab_mut().view.follow();
            self.say("back to the end of the file: reading it");
        }
        !shown.is_empty()
    }

    /// Takes a question back. `true` when there was one.
    pub(super) fn cancel_asked(&mut self) -> bool {
        let Some(asked) = self.far.asked.take() else { return false };
        self.outbox.push(Effect::StopAsking(asked.source));
        self.say(match asked.what {
            Request::Window { .. } => "cancelled: the rows stay as they were",
            Request::At { .. } => "cancelled: the causes stay",
            Request::Find { .. } => "search in the file cancelled",
            Request::Count { .. } => "count cancelled",
        });
        true
    }

    /// Where in the file the shown window stands: `bytes 1.2-1.5 GiB of 3.1 GiB`.
    pub(super) fn window_words(&self) -> Option<String> {
        let window = self.sources_here().find_map(Source::window)?;
        Some(format!("bytes {} of {}", stretch(window), bytes(window.size)))
    }

    /// An answer came.
    pub(super) fn answered(&mut self, source: SourceId, ticket: u32, answer: Answer) {
        if ticket != self.far.ticket {
            return;
        }
        let Some(asked) = self.far.asked.clone().filter(|asked| asked.source == source) else { return };
        if let Answer::Progress { doing, done, of, took } = answer {
            return self.say_progress(doing, done, of, took);
        }
        self.far.asked = None;
        self.message = None;
        match answer {
            Answer::Progress { .. } => {}
            Answer::Window { extent, records, line } => self.take_window(&asked, extent, &records, line),
            Answer::Edge(way) => self.say_edge(way),
            Answer::NoMatch { bytes: size, took } => {
                if let Request::Find { way, .. } = asked.what {
                    let direction = if way == Way::Newer { Direction::Forward } else { Direction::Backward };
                    self.far.offer = Some(self.offer(direction, Next::Round));
                }
                self.say(format!("no other match in the file ({}, {})", bytes(size), seconds(took)));
            }
            Answer::Counted { lines, bytes: size, took } => {
                let (s, verb) = if lines == 1 { ("", "es") } else { ("s", "") };
                let lines = thousands(lines);
                self.say(format!("{lines} line{s} match{verb} in {} ({})", bytes(size), seconds(took)));
            }
            Answer::Failed(problem) => self.complain(safe_line(problem.as_bytes())),
        }
    }

    /// Asks for the window around a line of one of the source's files, also while the source still reads.
    pub(super) fn ask_line(&mut self, source: SourceId, request: Request) {
        self.ask(source, request);
    }

    fn ask(&mut self, source: SourceId, request: Request) {
        if self.far.asked.is_some() {
            return self.say(format!("still at work on the file: {} cancels", self.key_of("cancel")));
        }
        let state = self.engine.source(source).map(|source| source.health.state);
        let is_reading =
            matches!(state, Some(State::Starting | State::Reading)) && self.engine.window(source).is_none();
        if is_reading && !matches!(request, Request::At { .. }) {
            return self.say("the file is still being read");
        }
        self.far.ticket = self.far.ticket.wrapping_add(1);
        self.far.asked = Some(Asked { source, what: request.clone(), tab: self.active });
        self.say(match &request {
            Request::Window { way: Way::Older, .. } => "reading an older window ...",
            Request::Window { way: Way::Newer, .. } => "reading a newer window ...",
            Request::At { .. } => "reading the log around the line ...",
            Request::Find { .. } => "searching in the file ...",
            Request::Count { .. } => "counting in the file ...",
        });
        self.outbox.push(Effect::Ask(Ask { source, ticket: self.far.ticket, request }));
    }

    /// The source that a question is about: that of the line under the cursor.
    fn source_here(&mut self) -> Option<SourceId> {
        let id = self.tab().view.cursor();
        let under = id.and_then(|id| self.engine.store().segments().get(id.segment())).map(Segment::source);
        let source = under.or_else(|| self.sources_here().next().map(Source::id));
        if source.is_none() {
            self.say("no file is open here");
        }
        source
    }

    fn offer(&self, direction: Direction, next: Next) -> Offer {
        let text = self.search.as_ref().map(|search| search.text().to_owned()).unwrap_or_default();
        Offer { text, direction, cursor: self.tab().view.cursor(), next }
    }

    /// Whether the source's file has more than what is held.
    fn has_left_out(&self, source: SourceId) -> bool {
        match self.engine.source(source) {
            Some(source) => match source.window() {
                Some(window) => window.start > 0 || window.end < window.size,
                None => source.health.left_out > 0 || self.engine.store().evicted(source.id()).records() > 0,
            },
            None => false,
        }
    }

    /// What of the file is held.
    fn held(&self, source: SourceId) -> Held {
        if let Some(window) = self.engine.window(source) {
            return Held::Window(window);
        }
        let segments = self.engine.store().segments().iter().filter(|segment| segment.source() == source);
        Held::Tail(segments.map(text_bytes).sum())
    }

    /// The file's records are replaced by those of a window; the cursor goes back to its record, or to the line that was
    /// looked for.
    fn take_window(&mut self, asked: &Asked, extent: Extent, records: &Batch, line: Option<u64>) {
        let source = asked.source;
        let is_visit = matches!(asked.what, Request::At { .. });
        if let Request::At { line } = &asked.what {
            self.visited(source, &line.name);
        }
        let row = match (&asked.what, line) {
            (_, Some(line)) => row_of_line(records, line),
            (Request::Window { way, .. }, None) => self.row_again(source, records, *way),
            _ => None,
        };
        let height = self.list_height();
        let offset = match line {
            Some(_) => height / 2,
            None => self.tab().view.cursor_position().map_or(0, |at| at.saturating_sub(self.tab().view.top(height))),
        };
        self.outbox.push(Effect::Pause(source));
        self.engine.show(source, Some(extent), records, self.now);
        let row = row.unwrap_or(records.len().saturating_sub(1));
        let key = self.key_of_row(source, row);
        let last = self.key_of_row(source, records.len().saturating_sub(1)).map(|key| key.id);
        for (n, tab) in self.tabs.iter_mut().enumerate() {
            if tab.view.sources().contains(source) {
                tab.view.reload(self.engine.store());
                (tab.paused_at, tab.was_following) = (last, tab.view.is_following());
                if let Some(key) = key.filter(|_| n == asked.tab) {
                    tab.view.go_to_key(key, offset);
                    tab.was_following = false;
                }
            }
        }
        // The rows around the cursor are there with the first frame.
        self.work();
        self.refresh_histogram();
        let (older, newer, follow) = (self.key_of("older-window"), self.key_of("newer-window"), self.key_of("bottom"));
        let keys = match (extent.start == 0, extent.end >= extent.size) {
            (true, _) => format!("the start of the file: {newer} newer, {follow} its end"),
            (_, true) => format!("the end of the file: {older} older, {follow} follows it"),
            _ => format!("another part of the file: {older} older, {newer} newer, {follow} its end"),
        };
        let view = &mut self.tabs[asked.tab].view;
        let is_hidden = key
            .filter(|_| line.is_some())
            .and_then(|key| self.engine.store().record(key.id))
            .is_some_and(|record| !view.matcher().matches(&record, &mut self.parser));
        if is_hidden {
            let context = self.key_of("context");
            let what = if is_visit { "line" } else { "match" };
            return self.say(format!("the filter hides the {what}: {context} shows it"));
        }
        if is_visit {
            let back = self.key_of("cancel");
            return self
                .say(format!("the log around the line: {back} goes back to the causes; {older} older, {newer} newer"));
        }
        self.say(keys);
    }

    /// The row in a window's records at which the line under the cursor stands, or what is held begins or ends.
    fn row_again(&self, source: SourceId, records: &Batch, way: Way) -> Option<usize> {
        let cursor = self.tab().view.cursor();
        let segments = || self.engine.store().segments().iter().filter(|segment| segment.source() == source);
        let edge = match way {
            Way::Older => segments().next().map(|segment| segment.id(0)),
            Way::Newer => segments().next_back().and_then(|segment| Some(segment.id(segment.len().checked_sub(1)?))),
        };
        [cursor, edge].into_iter().flatten().find_map(|id| self.row_of_run(id, records, way))
    }

    /// The row at which the same records follow each other as from `id` on (or, when that is at the end, up to it).
    fn row_of_run(&self, id: RecordId, records: &Batch, way: Way) -> Option<usize> {
        let store = self.engine.store();
        let next = |id: &RecordId| match way {
            Way::Older => store.next_in_origin(*id),
            Way::Newer => store.prev_in_origin(*id),
        };
        let is_record = |id: &RecordId| store.record(*id).is_some_and(|record| record.format != Format::Note);
        let run: Vec<&[u8]> = std::iter::successors(Some(id), next)
            .filter(is_record)
            .take(RUN)
            .filter_map(|id| store.record(id))
            .map(|record| record.raw)
            .collect();
        let at = |row: usize, n: usize| match way {
            Way::Older => row.checked_add(n),
            Way::Newer => row.checked_sub(n),
        };
        let raw = |row: usize| {
            (row < records.len()).then(|| records.span(row)).map(|(start, end)| &records.arena()[start..end])
        };
        // What the window has of the run has to be the same.
        let fits = |row: &usize| {
            let same = |(n, text): (usize, &&[u8])| at(*row, n).and_then(raw).is_none_or(|raw| raw == *text);
            run.iter().enumerate().all(same)
        };
        if run.is_empty() {
            return None;
        }
        let mut rows = 0..records.len();
        match way {
            Way::Older => rows.rfind(fits),
            Way::Newer => rows.find(fits),
        }
    }

    /// Where the n-th record of a source stands in a view.
    fn key_of_row(&self, source: SourceId, row: usize) -> Option<crate::store::Key> {
        let mut row = row;
        for segment in self.engine.store().segments().iter().filter(|segment| segment.source() == source) {
            if row < segment.len() {
                return Some(segment.key(row));
            }
            row -= segment.len();
        }
        None
    }

    fn say_edge(&mut self, way: Way) {
        self.say(match way {
            Way::Older => "this is the start of the file",
            Way::Newer => "this is the end of the file",
        });
    }

    fn say_progress(&mut self, doing: &str, done: u64, of: u64, took: Duration) {
        let percent = if of > 0 { (u128::from(done.min(of)) * 100 / u128::from(of)) as u64 } else { 0 };
        let rate = bytes((done as f64 / took.as_secs_f64().max(0.001)) as u64);
        let key = self.key_of("cancel");
        self.say(format!("{doing} {percent} % of {}, {rate}/s, {key} cancels", bytes(of)));
    }
}

fn pattern(search: &Search) -> Pattern {
    Pattern { source: search.text().to_owned(), kind: PatternKind::SmartRegex }
}

fn way(direction: Direction) -> Way {
    match direction {
        Direction::Forward => Way::Newer,
        Direction::Backward => Way::Older,
    }
}

/// `1.2-1.5 GiB`: both in the unit of the end, with as many digits as tell them apart.
fn stretch(extent: Extent) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let end = bytes(extent.end);
    let scale = UNITS.iter().position(|unit| end.ends_with(unit));
    let Some(scale) = scale else { return format!("{}-{end}", extent.start) };
    let unit = 1024_f64.powi(scale as i32 + 1);
    let (start, end) = (extent.start as f64 / unit, extent.end as f64 / unit);
    let digits = (1..4).find(|digits| (end - start) * 10_f64.powi(*digits) >= 1.0).unwrap_or(4) as usize;
    format!("{start:.digits$}-{end:.digits$} {}", UNITS[scale])
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Bytes that a segment's records took in their file, not counting what is not known: carriage returns.
fn text_bytes(segment: &Segment) -> u64 {
    let batch = segment.batch();
    let mut sum = batch.arena().len() as u64;
    for (row, (format, flags)) in batch.formats().iter().zip(batch.flags()).enumerate() {
        if *format == Format::Note as u8 {
            let (start, end) = batch.span(row);
            sum -= (end + 1 - start) as u64;
        } else if Flags(*flags).has(Flags::CUT) {
            sum += batch.record(row).cut;
        }
    }
    sum
}

/// The record that has the n-th line.
fn row_of_line(records: &Batch, line: u64) -> Option<usize> {
    let mut left = line;
    for row in 0..records.len() {
        let (start, end) = records.span(row);
        let lines = memchr::memchr_iter(b'\n', &records.arena()[start..end]).count() as u64 + 1;
        if left < lines {
            return Some(row);
        }
        left -= lines;
    }
    records.len().checked_sub(1)
}

impl App {
    /// The health part that a window has in the header.
    pub(super) fn window_health(&self) -> Option<status::Health> {
        self.window_words().map(|text| status::Health { text, role: Role::Accent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches() {
        const MIB: u64 = 1 << 20;
        let check = |start, end, expected: &str| assert_eq!(stretch(Extent { start, end, size: end }), expected);
        check(0, 16 * MIB, "0.0-16.0 MiB");
        check(1229 * MIB, 1536 * MIB, "1.2-1.5 GiB");
        check(1500 * MIB, 1516 * MIB, "1.46-1.48 GiB");
        check(5, 900, "5-900 B");
        check(3 << 40, (3 << 40) + MIB, "3.0000-3.0000 TiB");
    }

    #[test]
    fn lines_lead_to_their_records() {
        let mut records = Batch::default();
        for text in ["one", "two\nmore\nmore", "three"] {
            records.push(&crate::model::Meta::default(), text.as_bytes());
        }
        let rows: Vec<_> = (0..7).map(|line| row_of_line(&records, line)).collect();
        assert_eq!(rows, [Some(0), Some(1), Some(1), Some(1), Some(2), Some(2), Some(2)]);
        assert_eq!(row_of_line(&Batch::default(), 0), None);
    }
}
