//! The pictures of the README: the bundled incident, played by the real app and drawn by its real screen.
//!
//! `UPDATE_DOCS=1 cargo test --test pictures` draws them anew; without it the test says when one is old. The incident has
//! a fixed seed and clock here, so the same code gives the same pictures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

#[expect(dead_code, reason = "the screen tests use the rest")]
#[path = "screens/support.rs"]
mod support;
#[path = "pictures/svg.rs"]
mod svg;

use jiff::tz::TimeZone;
use logdeck::app::event::Event;
use logdeck::app::{Colors, Glyphs, Settings, TimeStyle};
use logdeck::demo::{Scenario, lines};
use logdeck::model::address::Tab;
use logdeck::model::{Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use std::{fs, path::Path};
use support::{Screen, at, caps};

/// Which day of the demo's many it is.
const SEED: u64 = 20;
/// When the demo opens.
const OPENS: &str = "2026-11-21T03:13:00Z";
/// How much of the past the files begin with, in seconds.
const HISTORY: i64 = 600;
const SECOND: i64 = 1_000_000;

/// The demo, as far as it was played.
struct Demo {
    screen: Screen,
    scenario: Scenario,
    /// Seconds since it was opened.
    at: i64,
}

impl Demo {
    fn open(width: u16, height: u16) -> Self {
        let settings = Settings {
            caps: caps(Colors::Truecolor, Glyphs::Unicode),
            time: TimeStyle::Utc,
            zone: TimeZone::UTC,
            now: at(OPENS),
            ..Settings::default()
        };
        let scenario = Scenario::bundled().unwrap();
        let mut screen = Screen::new(width, height, settings);
        let source = SourceId(0);
        screen.app.open(source, "demo: payments outage", Tab::Ci);
        for (n, name) in scenario.paths().enumerate() {
            let origin = OriginId::new(source, n as u32);
            screen.event(Event::Source(SourceMsg::Origin { id: origin, name: name.to_owned() }));
        }
        let mut demo = Self { screen, scenario, at: -HISTORY };
        demo.write(0);
        demo.screen.health(0, Health::new(State::Following, "demo: payments outage"));
        demo
    }

    /// The files get their lines up to this second.
    fn write(&mut self, to: i64) {
        let made = lines(&self.scenario, SEED, at(OPENS), &TimeZone::UTC, self.at * SECOND, to * SECOND);
        for file in 0..self.scenario.paths().count() {
            let text: String = made.iter().filter(|l| l.file == file).flat_map(|l| [l.text.as_str(), "\n"]).collect();
            self.screen.feed(OriginId::new(SourceId(0), file as u32), text.as_bytes());
        }
        self.at = to;
    }

    /// Plays it up to this second.
    fn play(&mut self, to: i64) {
        while self.at < to {
            self.write(self.at + 1);
            let now = Timestamp(at(OPENS).0 + self.at * SECOND * 1_000);
            self.screen.app.set_now(now);
            self.screen.event(Event::Tick(now));
        }
    }

    fn picture(&mut self) -> svg::Frame {
        svg::Frame::of(self.screen.buffer())
    }
}

/// Compares a picture with its file, or writes it when that is asked for.
fn check(name: &str, picture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures").join(name);
    if fs::read_to_string(&path).unwrap_or_default() == picture {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, picture).unwrap();
        return;
    }
    panic!("assets/pictures/{name} is old: run UPDATE_DOCS=1 cargo test --test pictures");
}

#[test]
fn the_incident_unfolds() {
    let mut demo = Demo::open(120, 36);
    // (up to this second, then these keys)
    let scenes = [
        (0, ""),
        (12, ""),
        (27, ""),
        (36, ""),
        (48, ""),
        // What is breaking?
        (49, "+++++"),
        (50, "D"),
        // Where?
        (51, "L"),
        // Why?
        (52, "<Esc>/memory limit<Enter><Enter>"),
        (64, "<Enter><Esc><Esc><Esc>DG"),
        (78, ""),
        (90, ""),
    ];
    let frames = scenes.map(|(second, keys)| {
        demo.play(second);
        demo.screen.keys(keys);
        demo.picture()
    });
    check("incident.svg", &svg::film(&frames, 3.0));
}

#[test]
fn what_broke_and_why() {
    let mut demo = Demo::open(120, 36);
    demo.play(58);
    demo.screen.keys("/memory limit<Enter><Enter>");
    check("detail.svg", &svg::still(&demo.picture()));
}

#[test]
fn a_small_terminal_has_it_all() {
    let mut demo = Demo::open(80, 24);
    demo.play(58);
    demo.screen.keys("F++++<Tab><Tab><Tab>ledger");
    check("filter.svg", &svg::still(&demo.picture()));
}
