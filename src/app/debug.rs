//! The debug pane: how the sources, the screen and the memory do, in numbers that are taken once a second.
//!
//! Owns the words and what is measured. Costs nothing while it is closed. Must not know how it is measured.

use super::event::Effect;
use super::format::{age, bytes, rate, thousands};
use super::status::{name, state_word};
use super::{App, BodyLine, Pane, Role, text};
use crate::model::time::SECOND;
use crate::model::{SourceId, State, Timestamp};
use std::time::Duration;

/// The pause between two measurements.
const PAUSE: i64 = SECOND;

/// What is measured outside of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meters {
    /// How long the screen is up.
    pub up: Duration,
    /// Frames that were drawn.
    pub frames: u64,
    /// What drawing the last frames took.
    pub draw: Spread,
    /// What the terminal took to accept them.
    pub write: Spread,
    /// From a key to its frame's last byte.
    pub key: Spread,
    /// Bytes of the last frame.
    pub frame_bytes: usize,
    /// Bytes that were sent to the terminal in all.
    pub sent: u64,
    /// Bytes of the frames of the last minute, if as many are remembered.
    pub minute: u64,
    /// Messages of sources that wait to be taken in, and the most that may.
    pub queue: (usize, usize),
    /// Resident memory in bytes, where the system tells.
    pub resident: Option<u64>,
}

/// How some times are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many there are; none makes the rest 0.
    pub count: usize,
    /// The last one.
    pub last: Duration,
    /// Half of them were at most this.
    pub median: Duration,
    /// All but a hundredth of them were at most this.
    pub p99: Duration,
}

impl Spread {
    /// Of these times, the last one last.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        let Some(last) = times.last().copied() else { return Self::default() };
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent).div_ceil(100).max(1) - 1];
        Self { count: times.len(), last, median: at(50), p99: at(99) }
    }
}

/// The open pane.
#[derive(Debug)]
pub(super) struct DebugPane {
    pub(super) scroll: usize,
    meters: Option<Meters>,
    /// When they were asked for last.
    asked: Timestamp,
    lines: Vec<BodyLine>,
}

fn line(text: impl Into<String>, role: Role) -> BodyLine {
    BodyLine { text: text.into(), role }
}

impl App {
    /// Opens the pane, and asks for the first numbers.
    pub(super) fn open_debug(&mut self, effects: &mut Vec<Effect>) {
        self.close_filter_pane();
        self.pane = Pane::Debug(Box::new(DebugPane { scroll: 0, meters: None, asked: self.now, lines: Vec::new() }));
        self.refresh_debug();
        effects.push(Effect::Measure);
    }

    /// Asks for new numbers, when it is time.
    pub(super) fn measure_when_due(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        if let Pane::Debug(pane) = &mut self.pane
            && (now.0 - pane.asked.0).abs() >= PAUSE
        {
            pane.asked = now;
            effects.push(Effect::Measure);
        }
    }

    /// The numbers are there. `false` when nobody wants them any more.
    pub(super) fn measured(&mut self, meters: Meters) -> bool {
        let Pane::Debug(pane) = &mut self.pane else { return false };
        pane.meters = Some(meters);
        self.refresh_debug();
        true
    }

    /// The lines of the debug pane and how far they are scrolled, while it is open.
    pub fn debug(&self) -> Option<(&[BodyLine], usize)> {
        match &self.pane {
            Pane::Debug(pane) => Some((&pane.lines, pane.scroll)),
            _ => None,
        }
    }

    fn refresh_debug(&mut self) {
        let Pane::Debug(pane) = &self.pane else { return };
        let lines = self.debug_lines(pane.meters.as_ref());
        if let Pane::Debug(pane) = &mut self.pane {
            pane.lines = lines;
        }
    }

    fn debug_lines(&self, meters: Option<&Meters>) -> Vec<BodyLine> {
        let mut lines = self.source_lines();
        lines.push(line("", Role::Text));
        lines.extend(self.memory_lines(meters));
        lines.push(line("", Role::Text));
        match meters {
            Some(meters) => lines.extend(screen_lines(meters)),
            None => lines.push(line("Measuring ...", Role::Dim)),
        }
        if !self.settings.notices.is_empty() {
            lines.push(line("", Role::Text));
            lines.push(line("SETTINGS THAT ARE LEFT OUT", Role::Heading));
            let columns = usize::from(self.size.0.saturating_sub(6));
            for notice in &self.settings.notices {
                let rows = text::wrap_words(notice, columns, 6);
                lines.extend(rows.into_iter().map(|row| line(&notice[row], Role::Warn)));
            }
        }
        lines
    }

    fn source_lines(&self) -> Vec<BodyLine> {
        let width = usize::from(self.size.0.saturating_sub(6));
        let label = width.saturating_sub(57).clamp(8, 48);
        let row = |cells: [&str; 7]| {
            let [name, state, records, size, per_second, lag, failed] = cells;
            let name = text::shorten(name, label, '~');
            let pad = " ".repeat(label.saturating_sub(text::width(&name)));
            format!("{name}{pad} {state:<9} {records:>11} {size:>10} {per_second:>9} {lag:>6} {failed:>6}")
        };
        let heading = ["SOURCES", "STATE", "RECORDS", "BYTES", "RATE", "LAG", "FAILED"];
        let mut lines = vec![line(row(heading), Role::Heading)];
        for source in self.engine.sources() {
            // What has ended is not behind.
            let newest = self.newest(source.id()).filter(|_| source.health.state != State::Done);
            let lag = newest.map_or_else(|| "-".to_owned(), |at| age(self.now.0 - at.0));
            let text = row([
                &name(source),
                state_word(source.health.state),
                &thousands(source.records()),
                &bytes(source.bytes()),
                &rate(source.rate(self.now)),
                &lag,
                &thousands(source.parse_failed()),
            ]);
            lines.push(line(text.trim_end(), Role::Text));
        }
        if lines.len() == 1 {
            lines.push(line("nothing is open", Role::Dim));
        }
        lines
    }

    /// The time of a source's newest record that is held.
    fn newest(&self, id: SourceId) -> Option<Timestamp> {
        let segments = self.engine.store().segments().iter().filter(|segment| segment.source() == id);
        segments.map(|segment| segment.orders().1).max().filter(|at| at.0 > 0)
    }

    fn memory_lines(&self, meters: Option<&Meters>) -> Vec<BodyLine> {
        let (used, budget) = self.engine.memory();
        let views: usize = self.tabs.iter().map(|tab| tab.view.allocated()).sum();
        let resident = match meters {
            None => "...".to_owned(),
            Some(meters) => meters.resident.map_or_else(|| "unknown on this system".to_owned(), bytes),
        };
        vec![
            line("MEMORY", Role::Heading),
            fact("ring", &format!("{} of {}", bytes(used as u64), bytes(budget as u64))),
            fact("evicted", &format!("{} records", thousands(self.engine.evicted()))),
            fact("views", &format!("{} of indexes in {} tabs", bytes(views as u64), self.tabs.len())),
            fact("resident", &resident),
        ]
    }
}

fn fact(name: &str, value: &str) -> BodyLine {
    line(format!("{name:<10} {value}"), Role::Text)
}

fn screen_lines(meters: &Meters) -> Vec<BodyLine> {
    let spread = |name: &str, spread: &Spread, what: &str| {
        if spread.count == 0 {
            return fact(name, "nothing measured yet");
        }
        let text = format!("{:>9} {:>9} {:>9}   {what}", ms(spread.last), ms(spread.median), ms(spread.p99));
        fact(name, text.trim_end())
    };
    let up = i64::try_from(meters.up.as_nanos()).unwrap_or(i64::MAX);
    let frames = thousands(meters.frames);
    vec![
        line(format!("{:<10} {:>9} {:>9} {:>9}", "SCREEN", "LAST", "MEDIAN", "P99"), Role::Heading),
        spread("draw", &meters.draw, "a frame into bytes"),
        spread("write", &meters.write, "the terminal takes it"),
        spread("key", &meters.key, "from a key to its frame"),
        fact("frames", &format!("{frames} in {}", age(up))),
        fact(
            "sent",
            &format!(
                "{} B last frame, {} last minute, {} in all",
                thousands(meters.frame_bytes as u64),
                bytes(meters.minute),
                bytes(meters.sent)
            ),
        ),
        fact("queue", &format!("{} of {} messages of sources waiting", meters.queue.0, meters.queue.1)),
    ]
}

/// Milliseconds, as exact as they are worth.
fn ms(time: Duration) -> String {
    let micros = time.as_micros();
    match micros {
        ..10_000 => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_have_a_middle_and_an_end() {
        let of = |micros: &[u64]| {
            let spread = Spread::of(micros.iter().map(|micros| Duration::from_micros(*micros)));
            (spread.count, spread.last.as_micros(), spread.median.as_micros(), spread.p99.as_micros())
        };
        assert_eq!(of(&[]), (0, 0, 0, 0));
        assert_eq!(of(&[7]), (1, 7, 7, 7));
        assert_eq!(of(&[9, 1, 5]), (3, 5, 5, 9));
        let hundred: Vec<u64> = (1..=200).collect();
        assert_eq!(of(&hundred), (200, 200, 100, 198));
    }

    #[test]
    fn times_are_as_exact_as_they_are_worth() {
        let check = |micros, expected: &str| assert_eq!(ms(Duration::from_micros(micros)), expected);
        check(0, "0.00 ms");
        check(1_234, "1.23 ms");
        check(56_789, "56 ms");
        check(2_345_678, "2.3 s");
    }
}
