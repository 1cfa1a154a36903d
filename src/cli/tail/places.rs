//! Which places of sources are reached: those before which everything has gone out.
//!
//! Owns what of each source is still held, and which places wait for it. Must not know what a place means, nor files.

use crate::model::{Cursor, SourceId};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Places that wait for what was sent before them.
#[derive(Debug, Default)]
pub struct Places {
    sources: HashMap<SourceId, Line>,
}

/// What came of one source, by the numbers of its batches.
#[derive(Debug, Default)]
struct Line {
    /// Batches of which something is held.
    held: BTreeSet<u64>,
    /// The last batch that came.
    last: Option<u64>,
    /// Places, each with the last batch that came before it.
    waiting: VecDeque<(Option<u64>, Cursor)>,
}

impl Places {
    /// A batch came, and is held. Numbers grow.
    pub fn held(&mut self, source: SourceId, batch: u64) {
        let line = self.sources.entry(source).or_default();
        line.held.insert(batch);
        line.last = Some(batch);
    }

    /// All of a batch has gone out, or is not wanted.
    pub fn gone(&mut self, source: SourceId, batch: u64) {
        if let Some(line) = self.sources.get_mut(&source) {
            line.held.remove(&batch);
        }
    }

    /// The source says how far it is: all that it sent before belongs to it.
    pub fn place(&mut self, source: SourceId, cursor: Cursor) {
        let line = self.sources.entry(source).or_default();
        match line.waiting.back_mut() {
            // Of several without anything between, the last one counts.
            Some((behind, waiting)) if *behind == line.last && waiting.part == cursor.part => *waiting = cursor,
            _ => line.waiting.push_back((line.last, cursor)),
        }
    }

    /// Takes the places before which nothing is held any more, in their order.
    pub fn reached(&mut self) -> Vec<(SourceId, Cursor)> {
        let mut reached = Vec::new();
        for (source, line) in &mut self.sources {
            let first = line.held.first().copied();
            let is_reached = |behind: &Option<u64>| match (behind, first) {
                (Some(behind), Some(first)) => *behind < first,
                _ => true,
            };
            let count = line.waiting.iter().take_while(|(behind, _)| is_reached(behind)).count();
            reached.extend(line.waiting.drain(..count).map(|(_, cursor)| (*source, cursor)));
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(part: &str, place: &str) -> Cursor {
        Cursor { part: part.to_owned(), place: Some(place.to_owned()) }
    }

    fn reached(places: &mut Places) -> Vec<String> {
        let mut reached: Vec<_> = places
            .reached()
            .into_iter()
            .map(|(source, cursor)| format!("{}:{}={}", source.0, cursor.part, cursor.place.unwrap_or_default()))
            .collect();
        reached.sort();
        reached
    }

    #[test]
    fn a_place_waits_for_all_that_was_sent_before_it() {
        let (mut places, a) = (Places::default(), SourceId(0));
        places.place(a, cursor("x", "begin"));
        assert_eq!(reached(&mut places), ["0:x=begin"], "nothing was sent before it");
        places.held(a, 1);
        places.place(a, cursor("x", "1"));
        places.held(a, 2);
        places.place(a, cursor("y", "2"));
        places.held(a, 3);
        places.gone(a, 2);
        assert_eq!(reached(&mut places), [""; 0], "the first is still held");
        places.gone(a, 1);
        assert_eq!(reached(&mut places), ["0:x=1", "0:y=2"]);
        assert_eq!(reached(&mut places), [""; 0], "each is told once");
        places.place(a, cursor("x", "3"));
        assert_eq!(reached(&mut places), [""; 0]);
        places.gone(a, 3);
        assert_eq!(reached(&mut places), ["0:x=3"]);
    }

    #[test]
    fn sources_do_not_wait_for_each_other() {
        let (mut places, a, b) = (Places::default(), SourceId(0), SourceId(1));
        places.held(a, 1);
        places.held(b, 2);
        places.place(a, cursor("x", "1"));
        places.place(b, cursor("x", "2"));
        places.gone(b, 2);
        assert_eq!(reached(&mut places), ["1:x=2"]);
    }

    #[test]
    fn of_places_with_nothing_between_the_last_counts() {
        let (mut places, a) = (Places::default(), SourceId(0));
        places.held(a, 1);
        for n in 0..1000 {
            places.place(a, cursor("x", &n.to_string()));
        }
        assert_eq!(places.sources[&a].waiting.len(), 1);
        places.gone(a, 1);
        assert_eq!(reached(&mut places), ["0:x=999"]);
    }
}
