//! What a terminal shows after many small frames is what it would show after one whole one.

use super::backend::Canvas;
use super::paint::Scrolling;
use crate::app::event::Event;
use crate::app::{App, Background, Caps, Colors, Glyphs, Settings, TimeStyle, update};
use crate::model::address::Tab;
use crate::model::{Batch, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::Assembler;
use crate::ui;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier, Style};
use ratatui::{Frame, Terminal};
use std::fmt::Write as _;
use std::num::NonZeroU16;

/// A terminal of another maker, as text with the style of each cell.
struct Emulator(vt100::Parser);

impl Emulator {
    fn new(width: u16, height: u16) -> Self {
        let mut parser = vt100::Parser::default();
        parser.screen_mut().set_size(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap());
        Self(parser)
    }

    fn cells(&self) -> String {
        let (rows, columns) = self.0.screen().size();
        let mut out = String::new();
        for row in 0..rows.get() {
            for column in 0..columns.get() {
                let cell = self.0.screen().cell(row, column).unwrap();
                let text = if cell.has_contents() { cell.contents() } else { " " };
                // The ink of a blank is not seen.
                let ink = if text == " " { vt100::Color::Default } else { cell.fgcolor() };
                let flags = (cell.bold() && text != " ", cell.inverse(), cell.underline(), cell.is_wide());
                let _ = write!(out, "{text}{ink:?}{:?}{flags:?}|", cell.bgcolor());
            }
            out.push('\n');
        }
        out
    }
}

fn draw(terminal: &mut Terminal<Canvas>, render: impl FnOnce(&mut Frame<'_>)) -> Vec<u8> {
    terminal.draw(render).unwrap();
    terminal.backend_mut().take()
}

fn terminal(width: u16, height: u16, scrolling: Scrolling) -> Terminal<Canvas> {
    Terminal::new(Canvas::new(Size::new(width, height), scrolling)).unwrap()
}

const WORDS: [&str; 8] = [
    "charge failed: upstream deadline exceeded",
    "批次 5512 已提交",
    "GET /healthz 200 3ms",
    "é\u{301}à ünï",
    "🦀 panic",
    "x",
    "",
    "a much longer line about nothing that is cut at the edge of every screen there is",
];

/// A list in the middle of a screen, with a heading, a status line, and perhaps a pane.
fn list(buffer: &mut Buffer, top: usize, cursor: usize, pane: u16, status: &str) {
    let Rect { width, height, .. } = buffer.area;
    let right = usize::from(width);
    buffer.set_stringn(0, 0, format!("-- Lines {top} --"), right, Style::new().fg(Color::Indexed(247)));
    let end = height.saturating_sub(1 + pane);
    for y in 1..end {
        let n = top + usize::from(y) - 1;
        let is_cursor = n == cursor;
        let style = if is_cursor { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        buffer.set_stringn(0, y, if is_cursor { ">" } else { " " }, 1, style.fg(Color::Cyan));
        let severity = [Color::Red, Color::Rgb(240, 208, 96), Color::Reset][n % 3];
        let (x, _) = buffer.set_stringn(1, y, format!("{n:05}"), right.saturating_sub(1), Style::new().fg(severity));
        buffer.set_stringn(x + 1, y, WORDS[n % WORDS.len()], right.saturating_sub(usize::from(x) + 1), style);
    }
    for y in end..height.saturating_sub(1) {
        buffer.set_stringn(0, y, format!("pane {y} {cursor}"), right, Style::new().add_modifier(Modifier::REVERSED));
    }
    buffer.set_stringn(0, height - 1, status, right, Style::new().fg(Color::Green));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn small_frames_come_to_the_same_screen_as_a_whole_one(
        (width, height) in (4_u16..70, 4_u16..24),
        steps in prop::collection::vec((-9_isize..10, 0_usize..12, 0_u16..8), 1..30),
    ) {
        let mut small = terminal(width, height, Scrolling::On);
        let mut emulator = Emulator::new(width, height);
        let mut top = 50_usize;
        for (step, cursor, pane) in steps {
            top = top.saturating_add_signed(step);
            let pane = if pane < 3 { pane.min(height - 3) } else { 0 };
            let render = |frame: &mut Frame<'_>| list(frame.buffer_mut(), top, top + cursor, pane, &format!("at {top}"));
            emulator.0.process(&draw(&mut small, render));
            let mut whole = Emulator::new(width, height);
            whole.0.process(&draw(&mut terminal(width, height, Scrolling::Off), render));
            prop_assert_eq!(emulator.cells(), whole.cells());
        }
    }
}

/// An app that follows a busy log.
struct Followed {
    app: App,
    assembler: Assembler,
    origin: OriginId,
    second: i64,
}

const START: i64 = 1_795_230_840;

impl Followed {
    fn new(width: u16, height: u16) -> Self {
        let now = Timestamp(START * 1_000_000_000);
        let caps = Caps {
            colors: Colors::Truecolor,
            glyphs: Glyphs::Unicode,
            background: Some(Background::Dark),
            words: String::new(),
        };
        let settings = Settings { caps, now, time: TimeStyle::Utc, ..Settings::default() };
        let mut app = App::new(settings);
        let (source, origin) = (SourceId(0), OriginId::new(SourceId(0), 0));
        app.open(source, "/var/log/payments", Tab::Ci);
        let assembler = Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, now), origin);
        let mut followed = Self { app, assembler, origin, second: 0 };
        followed.event(Event::Resize(width, height));
        for (n, name) in ["payments-api.log", "ledger-worker.log"].into_iter().enumerate() {
            let id = OriginId::new(source, n as u32);
            followed.event(Event::Source(SourceMsg::Origin { id, name: name.to_owned() }));
        }
        let health = Health::new(State::Following, "");
        followed.event(Event::Source(SourceMsg::Health { source, health }));
        for _ in 0..400 {
            followed.line();
        }
        followed
    }

    fn event(&mut self, event: Event) {
        update(&mut self.app, event);
    }

    /// A line comes in, as a busy service writes them.
    fn line(&mut self) {
        self.second += 1;
        let (n, now) = (self.second, Timestamp((START + self.second / 4) * 1_000_000_000));
        self.app.set_now(now);
        let time = now.to_jiff();
        let (level, message) = match n % 5 {
            0 => ("error", "charge failed: upstream deadline exceeded after 2000 ms"),
            1 => ("warn", "retry 1/3 for charge"),
            _ => ("info", "POST /v1/charge 200"),
        };
        let line = format!(
            "{{\"time\":\"{time}\",\"level\":\"{level}\",\"msg\":\"{message}\",\"order\":\"8f{n:04x}\",\"took_ms\":{}}}\n",
            n % 97
        );
        let mut batch = Batch::default();
        self.assembler.feed(line.as_bytes(), now, &mut batch);
        self.assembler.idle(&mut batch);
        self.event(Event::Source(SourceMsg::Batch { source: self.origin.source(), batch }));
    }
}

#[test]
fn one_more_line_costs_few_bytes() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut followed = Followed::new(width, height);
        let mut terminal = terminal(width, height, Scrolling::On);
        let mut emulator = Emulator::new(width, height);
        emulator.0.process(&draw(&mut terminal, |frame| ui::render(&followed.app, frame)));
        let mut sizes = Vec::new();
        for _ in 0..40 {
            followed.line();
            let bytes = draw(&mut terminal, |frame| ui::render(&followed.app, frame));
            emulator.0.process(&bytes);
            sizes.push(bytes.len());
        }
        let mut whole = Emulator::new(width, height);
        let mut plain = self::terminal(width, height, Scrolling::Off);
        whole.0.process(&draw(&mut plain, |frame| ui::render(&followed.app, frame)));
        assert_eq!(emulator.cells(), whole.cells());
        sizes.sort_unstable();
        let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
        println!("{width}x{height}: median {median}, most {most}");
        assert!(median <= 400, "{width}x{height}: {median} bytes, at most {most}");
    }
}
