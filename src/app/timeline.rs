//! Time across sources and tabs: one timeline of all sources, going to a time, and keeping it between tabs.
//!
//! Owns which sources a tab shows and where its cursor is put in time. Must not know keys.

use super::App;
use super::format::{Digits, date, time_of_day};
use super::view::SourceSet;
use crate::model::Timestamp;
use crate::model::time::TimeSpec;

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
        tab.paused_at = None;
        tab.view.set_sources(sources, engine.store());
        self.work();
        self.refresh_histogram();
        self.say(if all { "all sources by time" } else { "the sources of this tab" });
    }

    /// Goes to the first record that is not before a moment.
    ///
    /// # Errors
    /// The text names no moment.
    pub(super) fn go_to_time(&mut self, text: &str) -> Result<(), String> {
        let moment = self.moment_of(text.trim())?;
        let Some((first, last)) = self.ends() else { return Err("there is no record to go to".to_owned()) };
        let height = self.list_height();
        self.tab_mut().view.go_to_time(moment, height);
        if moment < first {
            self.say(format!("before the first record, which is of {}", self.moment_words(first)));
        } else if moment > last {
            self.say(format!("after the last record, which is of {}", self.moment_words(last)));
        }
        Ok(())
    }

    /// The times of the first and the last record of the list.
    fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        let view = &self.tab().view;
        let order = |at: usize| Some(self.engine.store().record(view.id_at(at)?)?.order);
        Some((order(0)?, order(view.len().checked_sub(1)?)?))
    }

    /// What a typed time means: what a filter takes, and `+30s` or `-5m` from the record under the cursor. A time of
    /// day is one of the day under the cursor.
    fn moment_of(&self, text: &str) -> Result<Timestamp, String> {
        // What one sees is what one types.
        let zone = &self.shown_zone();
        let here = self.tab().view.cursor().and_then(|id| self.engine.store().record(id)).map(|record| record.order);
        let sign = [('+', 1), ('-', -1)].into_iter().find_map(|(sign, by)| Some((by, text.strip_prefix(sign)?)));
        if let Some((by, step)) = sign {
            let (Ok(TimeSpec::Ago(nanos)), Some(here)) = (TimeSpec::parse(step, zone), here) else {
                return Err(format!("`{text}` is no step in time: write +30s or -5m"));
            };
            return Ok(here.saturating_add(nanos.saturating_mul(by)));
        }
        let spec = TimeSpec::parse(text, zone).map_err(|error| error.to_string())?;
        let now = match spec {
            TimeSpec::Clock(_) => here.and_then(|here| self.end_of_day(here)).unwrap_or(self.now),
            _ => self.now,
        };
        Ok(spec.resolve(now, self.ends().map(|(_, last)| last), zone))
    }

    fn end_of_day(&self, time: Timestamp) -> Option<Timestamp> {
        let day = time.to_jiff().to_zoned(self.shown_zone());
        Timestamp::from_jiff(day.end_of_day().ok()?.timestamp())
    }

    fn moment_words(&self, moment: Timestamp) -> String {
        let zone = self.shown_zone();
        format!("{} {}", date(moment, &zone), time_of_day(moment, &zone, Digits::Seconds))
    }

    /// The time that another tab is to show: that of the cursor while paused.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        self.tab().view.time_of_cursor().filter(|time| *time > Timestamp::MIN)
    }

    /// The tab was switched to: its cursor goes to the time that was brought along, unless it is there already.
    pub(super) fn arrive(&mut self, moment: Option<Timestamp>) {
        let Some(moment) = moment else { return };
        if self.moment() == Some(moment) || self.tab().view.is_empty() {
            return;
        }
        let height = self.list_height();
        self.tab_mut().view.go_to_time(moment, height);
    }
}
