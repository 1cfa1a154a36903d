//! The engine: the one owner of what sources said.
//!
//! Owns the store, the names of origins, and how each source is. Must not know the screen, tasks, or the clock: every
//! call that needs the time is told it.

mod source;

pub use source::{RATE_SECONDS, Source};

use crate::model::address::Tab;
use crate::model::window::{Answer, Extent};
use crate::model::{Batch, OriginId, SourceId, SourceMsg, State, Timestamp, documents, objects, pods};
use crate::store::{Appended, Store};
use std::collections::{BTreeMap, HashMap};

/// What a message changed.
#[derive(Clone, Debug)]
pub enum Applied {
    /// Records came in (and others had to go): every view has to be told at once.
    Records {
        /// Whose.
        source: SourceId,
        /// Which.
        appended: Appended,
    },
    /// An origin is there, or has a new name.
    Origin(OriginId),
    /// A source said how it is.
    Health(SourceId),
    /// A source's records have to go, and others may be there: every view has to be filled anew.
    Replaced(SourceId),
    /// What came of a question about a source's whole file.
    Answer(SourceId, u32, Answer),
    /// How pods are.
    Pods(SourceId, pods::News),
    /// How objects are.
    Objects(SourceId, objects::News),
    /// How documents are asked for.
    Documents(SourceId, documents::News),
    /// It is no longer wanted: a window of the source's file is shown.
    Nothing,
}

/// Sources, their records, and how they are.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    sources: BTreeMap<SourceId, Source>,
    origins: HashMap<OriginId, String>,
}

impl Engine {
    /// An engine whose store allocates at most `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self { store: Store::new(budget), sources: BTreeMap::new(), origins: HashMap::new() }
    }

    /// A source is opened: its address as text, and the tab that shows it.
    pub fn open(&mut self, id: SourceId, label: impl Into<String>, tab: Tab) {
        self.sources.insert(id, Source::new(id, label.into(), tab));
    }

    /// The source will send nothing more: memory that was kept for that is given back. Its records stay.
    pub fn close(&mut self, id: SourceId) {
        self.store.close(id);
    }

    /// Takes a message in. A source that was not opened is taken in without a label: nothing is lost.
    pub fn apply(&mut self, message: SourceMsg, now: Timestamp) -> Applied {
        match message {
            SourceMsg::Origin { id, name } => {
                if self.origins.insert(id, name).is_none() {
                    self.source_mut(id.source()).count_origin();
                }
                Applied::Origin(id)
            }
            // What a source still sends after a window took its place; it is read again when that is left.
            SourceMsg::Batch { source, .. } | SourceMsg::Health { source, .. } if self.window(source).is_some() => {
                Applied::Nothing
            }
            SourceMsg::Pods { source, news } => Applied::Pods(source, news),
            SourceMsg::Objects { source, news } => Applied::Objects(source, news),
            SourceMsg::Documents { source, news } => Applied::Documents(source, news),
            // The screen begins with the newest each time.
            SourceMsg::Cursor { .. } => Applied::Nothing,
            SourceMsg::Answer { source, ticket, answer } => Applied::Answer(source, ticket, answer),
            SourceMsg::Reopened(source) => {
                self.show(source, None, &Batch::default(), now);
                Applied::Replaced(source)
            }
            SourceMsg::Batch { source, batch } => {
                self.source_mut(source).count(&batch, now);
                let appended = self.store.append(source, &batch);
                Applied::Records { source, appended }
            }
            SourceMsg::Health { source, health } => {
                if health.state == State::Done {
                    self.close(source);
                }
                self.source_mut(source).health = health;
                Applied::Health(source)
            }
        }
    }

    /// Puts a window of the source's file (or, with `None`, what it sends from now on) in the place of its records.
    pub fn show(&mut self, id: SourceId, window: Option<Extent>, records: &Batch, now: Timestamp) {
        self.store.replace(id, records);
        if window.is_some() {
            self.store.close(id);
        }
        self.source_mut(id).show(window, records, now);
    }

    /// The window that a source shows, if it is not what it sends.
    pub fn window(&self, id: SourceId) -> Option<Extent> {
        self.source(id)?.window()
    }

    /// The records.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All sources, by id.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// One source.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(&id)
    }

    /// The name of an origin as its source found it; not yet safe for a terminal.
    pub fn origin_name(&self, id: OriginId) -> Option<&str> {
        self.origins.get(&id).map(String::as_str)
    }

    /// All origins with their names, in no order.
    pub fn origin_names(&self) -> impl Iterator<Item = (OriginId, &str)> {
        self.origins.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// Bytes in use and the most that may be.
    pub fn memory(&self) -> (usize, usize) {
        (self.store.bytes(), self.store.budget())
    }

    /// Records of all sources that had to go.
    pub fn evicted(&self) -> u64 {
        self.sources.keys().map(|id| self.store.evicted(*id).records()).sum()
    }

    fn source_mut(&mut self, id: SourceId) -> &mut Source {
        self.sources.entry(id).or_insert_with(|| Source::new(id, String::new(), Tab::Ci))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::SECOND;
    use crate::model::{Batch, Flags, Format, Health, Meta, Severity};

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    fn batch(severities: &[Severity]) -> Batch {
        let mut batch = Batch::default();
        for severity in severities {
            batch.push(&Meta { severity: *severity, ..Meta::default() }, b"line");
        }
        batch
    }

    #[test]
    fn messages_are_counted_by_source() {
        let source = SourceId(3);
        let mut engine = Engine::new(1 << 20);
        engine.open(source, "app.log", Tab::Ci);
        let origin = OriginId::new(source, 0);
        engine.apply(SourceMsg::Origin { id: origin, name: "app.log".to_owned() }, at(0));
        engine.apply(SourceMsg::Origin { id: origin, name: "app.log.1".to_owned() }, at(0));
        let mut records = batch(&[Severity::Error, Severity::Info]);
        records.push(&Meta { flags: Flags::PARSE_FAILED, ..Meta::default() }, b"{");
        records.push(&Meta { format: Format::Note, ..Meta::default() }, b"rotated");
        let applied = engine.apply(SourceMsg::Batch { source, batch: records }, at(0));
        let Applied::Records { appended, .. } = applied else { panic!("{applied:?}") };
        assert_eq!(appended.added, [(0, 0..4)]);
        let health = Health::new(State::Following, "app.log");
        engine.apply(SourceMsg::Health { source, health: health.clone() }, at(0));

        let seen = engine.source(source).unwrap();
        assert_eq!((seen.records(), seen.bytes(), seen.parse_failed(), seen.origins()), (3, 9, 1, 1));
        assert_eq!((seen.health.clone(), seen.label(), seen.tab()), (health, "app.log", Tab::Ci));
        assert_eq!(engine.store().appended(source).at_least(Severity::Error), 1);
        assert_eq!(engine.origin_name(origin), Some("app.log.1"));
        assert_eq!(engine.evicted(), 0);
    }

    #[test]
    fn a_source_that_is_done_gives_its_spare_memory_back() {
        let source = SourceId(0);
        let mut engine = Engine::new(1 << 20);
        engine.apply(SourceMsg::Batch { source, batch: batch(&[Severity::Info; 100]) }, at(0));
        let before = engine.memory().0;
        engine.apply(SourceMsg::Health { source, health: Health::new(State::Done, "read 1 file") }, at(0));
        assert!(engine.memory().0 < before, "{before}");
        assert_eq!(engine.store().len(), 100);
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let source = SourceId(0);
        let mut engine = Engine::new(1 << 20);
        // What was there at the beginning does not count.
        engine.apply(SourceMsg::Batch { source, batch: batch(&[Severity::Info; 100]) }, at(119));
        engine.apply(SourceMsg::Health { source, health: Health::new(State::Following, "") }, at(100));
        for second in 100..120 {
            let count = if second < 110 { 1 } else { 3 };
            engine.apply(SourceMsg::Batch { source, batch: batch(&[Severity::Info; 3][..count]) }, at(second));
        }
        let check = |now: i64, expected: f64| {
            let rate = engine.source(source).unwrap().rate(at(now));
            assert!((rate - expected).abs() < 0.01, "at {now}: {rate}");
        };
        check(120, 3.0);
        check(122, 3.0 * (RATE_SECONDS - 2) as f64 / RATE_SECONDS as f64);
        check(1000, 0.0);
        // The clock went back: nothing is known about that time.
        check(50, 0.0);
    }
}
