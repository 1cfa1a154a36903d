//! Lines from a script: the same script, seed and moments give the same lines.
//!
//! Owns the choice of when and what. Pure: no clock, no files, no shared state, so a window can be made at any time.

use super::scenario::{Flow, Micros, SECOND, Scenario};
use super::template::Moment;
use crate::model::Timestamp;
use jiff::tz::TimeZone;

/// An entry for a file, of one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, in microseconds after the demo opens (negative before).
    pub at: i64,
    /// Which file, by its place in [`Scenario::paths`].
    pub file: usize,
    /// The text, without its line ending.
    pub text: String,
}

/// The lines between two moments (the first included), in order. The moments are microseconds after the demo opens,
/// which is at `opens`; times without a zone are written in `zone`.
pub fn lines(scenario: &Scenario, seed: u64, opens: Timestamp, zone: &TimeZone, from: i64, to: i64) -> Vec<Line> {
    let mut out = Vec::new();
    for (number, flow) in scenario.flows.iter().enumerate() {
        let window = Window { scenario, seed, opens, zone, from, to, number: number as u64, flow };
        window.events(&mut out);
    }
    out.sort_by_key(|line| line.at);
    out
}

struct Window<'w> {
    scenario: &'w Scenario,
    seed: u64,
    opens: Timestamp,
    zone: &'w TimeZone,
    from: Micros,
    to: Micros,
    number: u64,
    flow: &'w Flow,
}

impl Window<'_> {
    fn events(&self, out: &mut Vec<Line>) {
        let flow = self.flow;
        let Some(rate) = flow.rate else {
            self.event(flow.from, 0, out);
            return;
        };
        // An event before the window may have lines in it.
        let first = self.from.saturating_sub(flow.reach()).max(flow.from).div_euclid(SECOND);
        let last = self.to.min(flow.to).div_euclid(SECOND);
        for second in first..=last {
            let mut random = Random::new(&[self.seed, self.number, second as u64]);
            let expected = rate.0 + (rate.1 - rate.0) * flow.progress(second * SECOND);
            // Rates are mean values: 0.1 is an event in every tenth second or so.
            let events = (expected + random.fraction()).floor() as u64;
            for event in 0..events {
                let at = second * SECOND + random.below(SECOND as u64) as i64;
                if at >= flow.from && at < flow.to {
                    self.event(at, (second as u64) << 16 | event, out);
                }
            }
        }
    }

    /// The lines of one event that lie in the window.
    fn event(&self, start: Micros, which: u64, out: &mut Vec<Line>) {
        let mut random = Random::new(&[self.seed, self.number, which, 1]);
        let id = random.next();
        for step in &self.flow.steps {
            let spread = (step.after.1 - step.after.0).unsigned_abs();
            let at = start + step.after.0 + random.below(spread + 1) as i64;
            let mut random = Random::new(&[random.next()]);
            if at < self.from || at >= self.to {
                continue;
            }
            let times = self.scenario.files[step.file].times;
            let zone = if times.is_local() { self.zone.clone() } else { TimeZone::UTC };
            let moment = Moment {
                at: &self.opens.saturating_add(at.saturating_mul(1000)).to_jiff().to_zoned(zone),
                times,
                progress: self.flow.progress(at),
                second: at.div_euclid(SECOND),
                event: id,
            };
            let mut text = String::with_capacity(200);
            step.template.write(&moment, &mut random, &mut text);
            out.push(Line { at, file: step.file, text });
        }
    }
}

/// Repeatable random numbers (`SplitMix64`; Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Numbers that depend on all of `seeds`.
    pub(super) fn new(seeds: &[u64]) -> Self {
        let mut random = Self(0x0dec_c0de);
        for seed in seeds {
            random.0 ^= seed;
            random.0 = random.next();
        }
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// From 0 to `limit` - 1; 0 for a limit of 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// From 0 to just under 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T03:14:00Z
    const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);

    fn made(scenario: &Scenario, from: i64, to: i64) -> Vec<Line> {
        lines(scenario, 7, OPENS, &TimeZone::UTC, from * SECOND, to * SECOND)
    }

    #[test]
    fn windows_join_without_a_gap_or_a_repetition() {
        let scenario = Scenario::bundled().unwrap();
        let whole = made(&scenario, 20, 60);
        let parts = [made(&scenario, 20, 33), made(&scenario, 33, 34), made(&scenario, 34, 60)].concat();
        assert!(whole.len() > 2000, "{}", whole.len());
        assert_eq!(whole, parts);
        assert!(whole.is_sorted_by_key(|line| line.at));
    }

    #[test]
    fn another_seed_is_another_day() {
        let scenario = Scenario::bundled().unwrap();
        let other = lines(&scenario, 8, OPENS, &TimeZone::UTC, 0, SECOND);
        assert_ne!(other, made(&scenario, 0, 1));
    }

    #[test]
    fn lines_are_as_their_file_writes_them() {
        let text = "file a a.log rfc3339\nfile b b.log logback\nfile c c.log clf\nfile d d.log klog\n\
                    file e e.log postgres\nfile f f.log actions\nonce 1s\n+250ms a $time $$ $count(5,1)\n\
                    +250ms b $time x\n    | more\n+250ms c [$time]\n+250ms d E$time\n+250ms e $time\n+250ms f $time";
        let scenario = Scenario::parse(text).unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let made = lines(&scenario, 1, OPENS, &zone, 0, 2 * SECOND);
        let texts: Vec<_> = made.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "2026-11-21T03:14:01.250Z $ 6",
                "2026-11-21 05:14:01,250 x\nmore",
                "[21/Nov/2026:03:14:01 +0000]",
                "E1121 05:14:01.250000",
                "2026-11-21 03:14:01.250 UTC",
                "2026-11-21T03:14:01.2500000Z",
            ]
        );
    }

    #[test]
    fn values_of_one_event_are_the_same_in_its_lines() {
        let text = "file a a.log clf\nflow 0s..9s 2..4\n+0ms a $id(8) $same(x|y|z)\n+5ms a $id(8) $same(x|y|z)";
        let scenario = Scenario::parse(text).unwrap();
        let mut texts: Vec<_> = made(&scenario, 0, 10).into_iter().map(|line| line.text).collect();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(count, 2 * texts.len());
        assert!((15..=40).contains(&texts.len()), "{}", texts.len());
    }

    #[test]
    fn the_bundled_incident_breaks_and_recovers() {
        let scenario = Scenario::bundled().unwrap();
        let errors = |from, to| made(&scenario, from, to).iter().filter(|l| l.text.contains("\"error\"")).count();
        assert_eq!(errors(-60, 20), 0);
        assert!(errors(40, 60) > 200);
        assert_eq!(errors(80, 120), 0);
        let rate = made(&scenario, 40, 60).len() / 20;
        assert!((80..=220).contains(&rate), "{rate}");
        let history = made(&scenario, -600, 0).len();
        assert!((10_000..=40_000).contains(&history), "{history}");
        for line in made(&scenario, -5, 90).iter().filter(|line| line.file == 1) {
            assert!(serde_json::from_str::<serde_json::Value>(&line.text).is_ok(), "{}", line.text);
        }
    }
}
