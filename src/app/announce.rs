//! Sentences about a filter that has to see all records before they can be said: how many are shown, how many are hidden.
//!
//! Owns when they are said. Must not know what keys do.

use super::App;
use super::format::thousands;
use super::view::View;
use crate::model::{Query, query::Pattern};

/// Records that one slice looks at.
const SLICE: usize = 10_000;

/// What is to be said as soon as it is known.
#[derive(Debug)]
pub(super) enum Announcement {
    /// How many records these tabs show, which have a value.
    Everywhere { tabs: Vec<usize>, words: String },
    /// How many records of the tab were hidden: those of the earlier filter that have the pattern.
    Hidden { hidden: Box<View> },
}

impl App {
    /// Says how many records have a value once these tabs were looked through.
    pub(super) fn announce_everywhere(&mut self, tabs: Vec<usize>, words: String) {
        self.announcement = Some(Announcement::Everywhere { tabs, words });
        self.announce();
    }

    /// Says how many of the records that `before` lets through have the pattern.
    pub(super) fn announce_hidden(&mut self, before: Query, pattern: Pattern) {
        let mut query = before;
        query.grep.push(pattern);
        let mut hidden = Box::new(View::new(self.tab().view.sources().clone(), self.parser.clone()));
        if hidden.set_query(query, self.engine.origin_names(), self.engine.store()).is_ok() {
            self.announcement = Some(Announcement::Hidden { hidden });
            self.announce_slice();
        }
    }

    /// One slice of the count that is to be announced.
    pub(super) fn announce_slice(&mut self) {
        if let Some(Announcement::Hidden { hidden }) = &mut self.announcement {
            hidden.advance(self.engine.store(), SLICE);
        }
        self.announce();
    }

    /// Says it, if it is known.
    pub(super) fn announce(&mut self) {
        let back = self.key_of("cancel");
        let text = match &self.announcement {
            Some(Announcement::Everywhere { tabs, words }) => {
                let tabs: Vec<_> = tabs.iter().filter_map(|tab| self.tabs.get(*tab)).collect();
                if tabs.iter().any(|tab| !tab.view.count_is_final()) {
                    return;
                }
                let records: usize = tabs.iter().map(|tab| tab.view.len()).sum();
                let with = tabs.iter().filter(|tab| !tab.view.is_empty()).count();
                let (s, tabs) = (if records == 1 { "" } else { "s" }, if with == 1 { "tab" } else { "tabs" });
                format!("{words}: {} record{s} in {with} {tabs} ({back} goes back)", thousands(records as u64))
            }
            Some(Announcement::Hidden { hidden }) if hidden.count_is_final() => {
                let count = hidden.len();
                let s = if count == 1 { "" } else { "s" };
                format!("hid {} record{s} like this ({back} goes back)", thousands(count as u64))
            }
            _ => return,
        };
        self.announcement = None;
        self.say(text);
    }
}
