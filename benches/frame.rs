//! What a frame costs, and what an event costs before it, on one core. `cargo bench --bench frame`.
//!
//! The screen has 200x50 cells, a million records are held, and every pane is open: histogram, list with columns, marks
//! and an opened record, detail with a tree.

use divan::{Bencher, black_box};
use logdeck::app::event::{Event, Key, KeyCode};
use logdeck::app::{App, Caps, Colors, Settings, update};
use logdeck::model::address::Tab;
use logdeck::model::{Batch, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use logdeck::ui;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::fmt::Write;

const MILLION: usize = 1_000_000;
const NOW: Timestamp = Timestamp(1_795_230_862_000_000_000);

fn main() {
    divan::main();
}

/// JSON lines of a service with fields, nested ones, and every 50th record a stack trace of 40 lines.
fn lines(numbers: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for number in numbers {
        let hash = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let (minute, second, milli) = (number / 60_000 % 60, number / 1000 % 60, number % 1000);
        let (level, message) = if number.is_multiple_of(50) {
            ("error", format!("panic: nil pointer{}", "\\n\\tat ledger.post(client.go:118) of a frame".repeat(40)))
        } else {
            ("info", format!("GET /api/v1/orders/{number} 200 by worker {hash:08x}"))
        };
        let _ = writeln!(
            text,
            r#"{{"time":"2026-11-21T02:{minute:02}:{second:02}.{milli:03}Z","level":"{level}","msg":"{message}","order":"{hash:x}","status":200,"trace":{{"id":"{hash:032x}","span":"{number:x}"}}}}"#,
        );
    }
    text
}

fn key(app: &mut App, code: KeyCode) {
    let mut effects = update(app, Event::Key(Key { code, ctrl: false, alt: false, shift: false }));
    while effects.contains(&logdeck::app::event::Effect::Continue) {
        effects = update(app, Event::Tick(NOW));
    }
}

fn keys(app: &mut App, text: &str) {
    for c in text.chars() {
        key(app, if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
    }
}

/// The app with a million records, following, nothing opened.
fn full() -> App {
    let settings = Settings {
        memory: 1 << 30,
        now: NOW,
        caps: Caps { colors: Colors::Truecolor, ..Caps::default() },
        ..Settings::default()
    };
    let mut app = App::new(settings);
    update(&mut app, Event::Resize(200, 50));
    for source in 0..2 {
        let source = SourceId(source);
        app.open(source, "logs/", Tab::Ci);
        let origin = OriginId::new(source, 0);
        update(&mut app, Event::Source(SourceMsg::Origin { id: origin, name: format!("service-{}.log", source.0) }));
        let mut assembler = Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, NOW), origin);
        for first in (0..MILLION / 2).step_by(500) {
            let mut batch = Batch::default();
            assembler.feed(lines(first..first + 500).as_bytes(), NOW, &mut batch);
            update(&mut app, Event::Source(SourceMsg::Batch { source, batch }));
        }
        let health = Health::new(State::Following, "");
        update(&mut app, Event::Source(SourceMsg::Health { source, health }));
    }
    update(&mut app, Event::Tick(NOW));
    assert!(app.engine().store().len() > MILLION - 10);
    app
}

fn draw(bencher: Bencher<'_, '_>, app: &App) {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(200, 50));
    bencher.bench_local(|| {
        terminal.current_buffer_mut().reset();
        ui::render(black_box(app), &mut terminal.get_frame());
    });
}

#[divan::bench]
fn list_alone(bencher: Bencher<'_, '_>) {
    draw(bencher, &full());
}

#[divan::bench]
fn every_pane(bencher: Bencher<'_, '_>) {
    let mut app = full();
    keys(&mut app, "kkkkm:columns order status trace.id\n/worker\n\n");
    key(&mut app, KeyCode::Tab);
    let layout = app.layout();
    assert!(layout.is_some_and(|layout| layout.histogram.is_some() && layout.pane.is_some()));
    assert!(app.tab().detail().is_some_and(|detail| detail.is_focused() && detail.lines().len() > 20));
    assert!(app.tab().columns().iter().len() == 3 && app.marks().len() == 1);
    draw(bencher, &app);
}

#[divan::bench]
fn opened_and_wrapped(bencher: Bencher<'_, '_>) {
    let mut app = full();
    keys(&mut app, "kkkkm:columns order status trace.id\n:unfold-all\nw");
    draw(bencher, &app);
}

/// A key with everything open: the list is put in order, and the detail pane made anew.
#[divan::bench]
fn a_key_with_every_pane(bencher: Bencher<'_, '_>) {
    let mut app = full();
    keys(&mut app, "kkkk:columns order status trace.id\n:unfold-all\n\n");
    bencher.bench_local(|| {
        keys(&mut app, "kj");
    });
}

/// A record of 60 KiB with thousands of fields in the detail pane: moving in it, as fields and as bytes.
fn a_key_in_a_huge_record(bencher: Bencher<'_, '_>, look: &str) {
    let mut line = String::from(r#"{"msg":"many""#);
    for n in 0..3500 {
        let _ = write!(line, r#","field-{n}":{n}"#);
    }
    line.push_str("}\n");
    let mut app = App::new(Settings { now: NOW, ..Settings::default() });
    update(&mut app, Event::Resize(200, 50));
    let origin = OriginId::new(SourceId(0), 0);
    app.open(SourceId(0), "huge.log", Tab::Ci);
    let mut assembler = Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, NOW), origin);
    let mut batch = Batch::default();
    assembler.feed(line.as_bytes(), NOW, &mut batch);
    assembler.idle(&mut batch);
    update(&mut app, Event::Source(SourceMsg::Batch { source: SourceId(0), batch }));
    keys(&mut app, "\n");
    key(&mut app, KeyCode::Tab);
    keys(&mut app, look);
    bencher.bench_local(|| keys(&mut app, "j"));
}

#[divan::bench]
fn a_key_in_thousands_of_fields(bencher: Bencher<'_, '_>) {
    a_key_in_a_huge_record(bencher, "");
}

#[divan::bench]
fn a_key_in_sixty_kib_of_bytes(bencher: Bencher<'_, '_>) {
    a_key_in_a_huge_record(bencher, "JJ");
}
