//! What a frame costs: 200x50, a million records held. `cargo bench --bench frame`.
//!
//! `picture` is our drawing into the cells; `update_and_picture` has the key before it, as the loop does.

use divan::Bencher;
use logdeck::app::event::{Effect, Event, Key, KeyCode};
use logdeck::app::{App, Background, Caps, Colors, Glyphs, Settings, TimeStyle, update};
use logdeck::model::address::Tab;
use logdeck::model::{Batch, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use logdeck::ui;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::fmt::Write;

const MILLION: u64 = 1_000_000;
const START: i64 = 1_795_230_840;

fn main() {
    divan::main();
}

/// A million records of JSON on a screen of 200x50, with what the keys open.
fn app(keys: &str) -> App {
    let now = Timestamp((START + 3600) * 1_000_000_000);
    let caps = Caps {
        colors: Colors::Truecolor,
        glyphs: Glyphs::Unicode,
        background: Some(Background::Dark),
        words: String::new(),
    };
    let settings = Settings { caps, now, memory: 1 << 30, time: TimeStyle::Utc, ..Settings::default() };
    let mut app = App::new(settings);
    let source = SourceId(0);
    app.open(source, "/var/log/payments", Tab::Ci);
    finish(&mut app, Event::Resize(200, 50));
    for local in 0..2 {
        let id = OriginId::new(source, local);
        finish(&mut app, Event::Source(SourceMsg::Origin { id, name: format!("service-{local}.log") }));
    }
    let mut assemblers =
        [0, 1].map(|local| Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, now), OriginId::new(source, local)));
    let mut text = String::new();
    for first in (0..MILLION).step_by(512) {
        text.clear();
        for n in first..first + 512 {
            let time = Timestamp(START * 1_000_000_000 + n as i64 * 3_600_000).to_jiff();
            let level = ["info", "info", "debug", "warn", "error"][(n * n % 5) as usize];
            let written = writeln!(
                text,
                r#"{{"time":"{time}","level":"{level}","msg":"charge {n:x} accepted for the shop of the day","order":"8f{n:06x}","took_ms":{},"user":{{"id":{},"plan":"gold"}},"path":"/v1/charge"}}"#,
                n % 977,
                n % 77
            );
            assert!(written.is_ok());
        }
        let mut batch = Batch::default();
        let assembler = &mut assemblers[(first / 512 % 2) as usize];
        assembler.feed(text.as_bytes(), now, &mut batch);
        assembler.idle(&mut batch);
        finish(&mut app, Event::Source(SourceMsg::Batch { source, batch }));
    }
    finish(&mut app, Event::Source(SourceMsg::Health { source, health: Health::new(State::Following, "") }));
    for key in keys.chars() {
        finish(&mut app, Event::Key(press(key)));
    }
    app
}

/// `~` stands for Enter.
fn press(key: char) -> Key {
    let code = if key == '~' { KeyCode::Enter } else { KeyCode::Char(key) };
    Key { code, ctrl: false, alt: false, shift: false }
}

fn finish(app: &mut App, event: Event) {
    let mut effects = update(app, event);
    while effects.contains(&Effect::Continue) {
        let now = app.now();
        effects = update(app, Event::Tick(now));
    }
}

/// The list; with the histogram, a filter, a search and the detail; with repeats collapsed; the filter pane; the origins.
const SCREENS: [&str; 5] = ["", "++/8f~~", "D++/8f~~", "F", "L"];

#[divan::bench(args = SCREENS)]
fn picture(bencher: Bencher<'_, '_>, keys: &str) {
    let app = app(keys);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 50));
    bencher.bench_local(|| {
        let mut frame = terminal.get_frame();
        ui::render(&app, &mut frame);
        terminal.current_buffer_mut().reset();
    });
}

#[divan::bench(args = SCREENS)]
fn update_and_picture(bencher: Bencher<'_, '_>, keys: &str) {
    let mut app = app(keys);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 50));
    let mut down = false;
    bencher.bench_local(|| {
        down = !down;
        update(&mut app, Event::Key(press(if down { 'k' } else { 'j' })));
        let mut frame = terminal.get_frame();
        ui::render(&app, &mut frame);
        terminal.current_buffer_mut().reset();
        app.drawn();
    });
}
