//! Time across sources and tabs: one timeline of all sources, going to a time, and keeping it between tabs.
//!
//! Owns which sources a tab shows and where its cursor is put in time. Must not know keys.
//!
//! A place in time is a moment until the view is filled, and a record from then on: then nothing that comes in moves
//! the line under the cursor.

use super::App;
use super::format::{Digits, date, time_of_day};
use super::tab::TabState;
use super::view::SourceSet;
use crate::model::Timestamp;
use crate::model::time::TimeSpec;
use crate::store::{Key, RecordId};

/// Where the time of another tab put a cursor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where the cursor is; it is elsewhere once the user has moved it.
    anchor: Key,
    /// The time that was brought along.
    moment: Timestamp,
    /// Whether the tab followed before.
    followed: bool,
}

impl Place {
    /// Whether its record was found: the tab can have been left before its rows were all there.
    fn is_record(&self) -> bool {
        self.anchor != Key { order: self.moment, id: RecordId(0) }
    }
}

/// A place that is being gone to, while the rows around it are being filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeking {
    tab: usize,
    moment: Timestamp,
    /// Where the cursor waits; when it is elsewhere, the user went away.
    anchor: Key,
    goal: Goal,
}

/// Which record of a time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// The first one that is not before it: the user named the time.
    From,
    /// The nearest one: the time is that of another tab.
    Nearest,
}

impl App {
    /// Shows all sources in the tab, or its own again. Filter and cursor stay.
    pub(super) fn toggle_timeline(&mut self) {
        let tab = self.tab().tab;
        let all = !self.tab().shows_all;
        if all && !self.engine.sources().any(|source| source.tab() != tab) {
            return self.say("all sources are in this tab already");
        }
        let own = self.engine.sources().filter(|source| source.tab() == tab).map(crate::engine::Source::id);
        let own: SourceSet = own.collect();
        let sources = if all { SourceSet::ALL } else { own };
        let (engine, tab) = (&self.engine, &mut self.tabs[self.active]);
        tab.shows_all = all;
        tab.view.set_sources(sources, engine.store());
        self.work();
        self.refresh_histogram();
        self.say(if all { "all sources by time" } else { "the sources of this tab" });
    }

    /// Goes to the first record that is not before a moment; says so when that is beyond the ends.
    ///
    /// # Errors
    /// The text names no moment, or there is no record with a time.
    pub(super) fn go_to_time(&mut self, text: &str) -> Result<(), String> {
        let moment = self.moment_of(text.trim())?;
        let view = &self.tab().view;
        if view.count_is_final() && self.ends().is_none() {
            let why = if view.is_empty() { "there is no record to go to" } else { "no record has a time" };
            return Err(why.to_owned());
        }
        self.seek(moment, Goal::From);
        if self.seeking.is_some() {
            self.say(format!("going to {}: not all records are filtered yet", self.moment_words(moment)));
        }
        Ok(())
    }

    fn seek(&mut self, moment: Timestamp, goal: Goal) {
        let height = self.list_height();
        let view = &mut self.tabs[self.active].view;
        view.go_to_time(moment, height);
        let Some(anchor) = view.anchor() else { return };
        self.seeking = Some(Seeking { tab: self.active, moment, anchor, goal });
        self.land();
    }

    /// Ends going to a place, once the rows around it are all there.
    pub(super) fn land(&mut self) {
        let Some(Seeking { tab, moment, anchor, goal }) = self.seeking else { return };
        let height = self.list_height();
        let TabState { view, place, .. } = &mut self.tabs[tab];
        if view.anchor() != Some(anchor) {
            self.seeking = None;
            return;
        }
        if !view.count_is_final() {
            return;
        }
        self.seeking = None;
        if let (Goal::Nearest, Some(nearest)) = (goal, view.nearest_to_time(moment)) {
            view.go_to(nearest, height);
        }
        view.pin();
        if let (Some(place), Some(here)) = (place.as_mut().filter(|place| place.anchor == anchor), view.anchor()) {
            place.anchor = here;
        }
        if goal == Goal::From && tab == self.active {
            self.message = None;
            match self.ends() {
                Some((first, _)) if moment < first => {
                    self.say(format!("before the first record, which is of {}", self.moment_words(first)));
                }
                Some((_, last)) if moment > last => {
                    self.say(format!("after the last record, which is of {}", self.moment_words(last)));
                }
                _ => {}
            }
        }
    }

    /// The times of the first and the last record of the list, without those that come before any time.
    fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        let view = &self.tab().view;
        let first = view.time_at(view.position_of_time(Timestamp::MIN.saturating_add(1))?)?;
        let newest = view.newest().and_then(|id| self.engine.store().record(id)).map(|record| record.order);
        let last = view.time_at(view.len().checked_sub(1)?).max(newest)?;
        (first > Timestamp::MIN).then_some((first, last))
    }

    /// What a typed time means: what a filter takes, and `+30s` or `-5m` from the record under the cursor. Times without
    /// a zone are read as the list shows them. A time of day is one of the day under the cursor, or else the last one
    /// before the end of the list.
    fn moment_of(&self, text: &str) -> Result<Timestamp, String> {
        let zone = &self.shown_zone();
        let here = self.tab().view.cursor().and_then(|id| self.engine.store().record(id)).map(|record| record.order);
        let here = here.filter(|here| *here > Timestamp::MIN);
        let sign = [('+', 1), ('-', -1)].into_iter().find_map(|(sign, by)| Some((by, text.strip_prefix(sign)?)));
        if let Some((by, step)) = sign {
            let (Ok(TimeSpec::Ago(nanos)), Some(here)) = (TimeSpec::parse(step, zone), here) else {
                return Err(format!("`{text}` is no step in time: write +30s or -5m"));
            };
            return Ok(here.saturating_add(nanos.saturating_mul(by)));
        }
        let spec = TimeSpec::parse(text, zone).map_err(|error| error.to_string())?;
        let ends = self.ends();
        let at = |now: Timestamp| spec.resolve(now, ends.map(|(_, last)| last), zone);
        let (TimeSpec::Clock(_), Some(here), Some((first, last))) = (&spec, here, ends) else {
            return Ok(at(self.now));
        };
        let today = at(self.end_of_day(here).unwrap_or(here));
        let days = [today, at(last)];
        Ok(days.into_iter().find(|time| (first..=last).contains(time)).unwrap_or(today))
    }

    fn end_of_day(&self, time: Timestamp) -> Option<Timestamp> {
        let day = time.to_jiff().to_zoned(self.shown_zone());
        Timestamp::from_jiff(day.end_of_day().ok()?.timestamp())
    }

    fn moment_words(&self, moment: Timestamp) -> String {
        let zone = self.shown_zone();
        format!("{} {}", date(moment, &zone), time_of_day(moment, &zone, Digits::Seconds))
    }

    /// The tab is left. The time under its cursor goes along, unless it follows: that of the line that the user went
    /// to, which may have been in another tab. A tab without records passes on what was brought to it.
    pub(super) fn leave_tab(&mut self) {
        let tab = &mut self.tabs[self.active];
        if tab.view.is_empty() && tab.view.count_is_final() {
            return;
        }
        let place = tab.view.anchor().map(|anchor| match tab.place {
            Some(place) if place.anchor == anchor => place,
            _ => Place { anchor, moment: anchor.order, followed: false },
        });
        tab.place = place.filter(|place| place.moment > Timestamp::MIN);
        self.moment = tab.place.map(|place| place.moment);
    }

    /// The tab was switched to. Its cursor goes to the record nearest to the time that was brought along, unless it was
    /// left at that time: then it is still on its own record. Without such a time a tab follows again that did so before
    /// it was brought to one.
    pub(super) fn arrive(&mut self) {
        let tab = &mut self.tabs[self.active];
        let is_empty = tab.view.is_empty() && tab.view.count_is_final();
        let old = tab.place.filter(|place| tab.view.anchor() == Some(place.anchor));
        match (self.moment, old) {
            (None, Some(place)) if place.followed => {
                tab.place = None;
                tab.view.follow();
            }
            (Some(moment), Some(place)) if place.moment == moment && place.is_record() => {}
            (Some(moment), old) if !is_empty => {
                let followed = tab.view.is_following() || old.is_some_and(|place| place.followed);
                let height = self.list_height();
                let TabState { view, place, .. } = &mut self.tabs[self.active];
                view.go_to_time(moment, height);
                *place = view.anchor().map(|anchor| Place { anchor, moment, followed });
                self.seek(moment, Goal::Nearest);
                let time = time_of_day(moment, &self.shown_zone(), Digits::Seconds);
                self.say(format!("the line nearest to {time}"));
            }
            _ => {}
        }
    }
}
