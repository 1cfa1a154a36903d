//! Steps of the filter: each change remembers what was there before, and Esc goes back to it.
//!
//! Owns the stack of each tab, and the words of going back. Must not know keys.

use super::filter::{Entries, FilterField};
use super::view::Scope;
use super::{App, tab::TabState};
use crate::model::Query;

/// The most steps that a tab remembers; the oldest are forgotten.
const MAX_STEPS: usize = 20;

/// How a filter was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// By one severity; several in a row are one step.
    Threshold,
    /// By a mark of a pod; several in a row are one step.
    Marks,
    /// In one tab.
    Here,
    /// In every tab at once, by the change of this number: it is taken back in all of them, too.
    Everywhere(u64),
}

/// What was there before a change.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    pub(super) query: Query,
    pub(super) entries: Entries,
    /// The change that left it.
    pub(super) step: Step,
    /// Whether a search came after the change before.
    pub(super) searched_last: bool,
}

impl TabState {
    /// Remembers a filter that is about to be left, or was left.
    pub(super) fn remember(&mut self, earlier: Earlier) {
        let goes_on = matches!(earlier.step, Step::Threshold | Step::Marks)
            && !earlier.searched_last
            && self.earlier.last().is_some_and(|last| last.step == earlier.step);
        if !goes_on {
            if self.earlier.len() == MAX_STEPS {
                self.earlier.remove(0);
            }
            self.earlier.push(earlier);
        }
        // There and back is no step.
        self.earlier.pop_if(|last| last.query == *self.view.query());
    }
}

impl App {
    /// Sets the filter of a tab as a step that Esc takes back.
    ///
    /// # Errors
    /// The row of the filter pane that is not understood, and why; the filter stays as it was.
    pub(super) fn change_filter(
        &mut self,
        tab: usize,
        query: &Query,
        entries: Entries,
        step: Step,
    ) -> Result<(), (FilterField, String)> {
        let before = self.tabs[tab].view.query().clone();
        self.set_query_in(tab, query)?;
        self.announcement = None;
        let tab = &mut self.tabs[tab];
        let old = std::mem::replace(&mut tab.entries, entries);
        let searched_last = std::mem::take(&mut self.searched_last);
        tab.remember(Earlier { query: before, entries: old, step, searched_last });
        Ok(())
    }

    /// Goes back to the filter before the last change; a filter without any before it is dropped. `false` when there is
    /// nothing to go back to.
    pub(super) fn go_back(&mut self) -> bool {
        let active = self.active;
        let tab = &mut self.tabs[active];
        let earlier = loop {
            match tab.earlier.pop() {
                Some(earlier) if earlier.query == *tab.view.query() => {}
                Some(earlier) => break earlier,
                None if tab.view.query().is_all() => return false,
                None => {
                    let (query, entries) = (Query::default(), Entries::default());
                    break Earlier { query, entries, step: Step::Here, searched_last: self.search.is_some() };
                }
            }
        };
        let step = earlier.step;
        self.searched_last = earlier.searched_last;
        self.restore(active, earlier);
        let mut others = 0;
        if let Step::Everywhere(_) = step {
            for index in (0..self.tabs.len()).filter(|index| *index != active) {
                if let Some(earlier) = self.tabs[index].earlier.pop_if(|last| last.step == step) {
                    self.restore(index, earlier);
                    others += 1;
                }
            }
        }
        self.announcement = None;
        self.work();
        // The filter's words stand before it.
        let words = if self.filter_words().is_empty() { "filter dropped" } else { "back to the filter before" };
        let mut text = words.to_owned();
        if others > 0 {
            let s = if others == 1 { "" } else { "s" };
            text.push_str(&format!(", and in {others} other tab{s}"));
        }
        self.say(text);
        true
    }

    fn restore(&mut self, index: usize, earlier: Earlier) {
        // It was a filter before, so it compiles.
        if let Err((_, problem)) = self.set_query_in(index, &earlier.query) {
            return self.complain(problem);
        }
        let tab = &mut self.tabs[index];
        tab.entries = earlier.entries;
        if tab.view.query().is_all() {
            // There are no matches any more that lines are kept around.
            tab.view.set_scope(Scope::Matches, self.engine.store());
        }
    }
}
