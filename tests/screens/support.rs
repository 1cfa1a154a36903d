//! A screen that is driven by key macros, with a fixed clock and records that went through the real parser.

use jiff::tz::TimeZone;
use logdeck::app::event::{Effect, Event, Key, KeyCode};
use logdeck::app::{App, Background, Caps, Colors, Glyphs, Settings, TabInfo, TimeStyle, update};
use logdeck::model::address::Tab;
use logdeck::model::{Batch, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use logdeck::ui;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Compares with a snapshot in `tests/snapshots`.
pub fn snap(name: impl AsRef<str>, text: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name.as_ref(), text) });
}

/// The clock of every test.
pub const NOW: &str = "2026-11-21T03:14:22Z";

pub fn at(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap()).unwrap()
}

/// An app under test.
pub struct Screen {
    pub app: App,
    /// What the app wanted to be done, but for asking for more ticks.
    pub effects: Vec<Effect>,
    assemblers: HashMap<OriginId, Assembler>,
    buffer: Buffer,
    /// The text cursor at the last drawing, if it was shown.
    pub cursor: Option<(u16, u16)>,
}

pub fn caps(colors: Colors, glyphs: Glyphs) -> Caps {
    Caps {
        colors,
        glyphs,
        background: Some(Background::Dark),
        words: "TERM=tmux-256color   256 colours   SSH".to_owned(),
    }
}

pub fn settings() -> Settings {
    Settings {
        memory: 16 << 20,
        caps: caps(Colors::Truecolor, Glyphs::Ascii),
        time: TimeStyle::Utc,
        zone: TimeZone::fixed(jiff::tz::offset(1)),
        tabs: vec![TabInfo {
            tab: Tab::Gcs,
            needs: "Google Cloud Storage needs a bucket: logdeck gs://BUCKET/PREFIX".to_owned(),
        }],
        found: vec!["a kubeconfig: context prod-eu1".to_owned(), "a git remote: github.com/acme/payments".to_owned()],
        now: at(NOW),
        ..Settings::default()
    }
}

/// Lets so many seconds pass.
pub fn tick(screen: &mut Screen, seconds: i64) {
    let now = Timestamp(screen.app.now().0 + seconds * 1_000_000_000);
    screen.app.set_now(now);
    screen.event(Event::Tick(now));
}

impl Screen {
    pub fn new(width: u16, height: u16, settings: Settings) -> Self {
        let mut screen = Self {
            app: App::new(settings),
            effects: Vec::new(),
            assemblers: HashMap::new(),
            buffer: Buffer::default(),
            cursor: None,
        };
        screen.event(Event::Resize(width, height));
        screen
    }

    /// Opens a source on the CI tab with these files, each a name and its bytes, all read.
    pub fn open(&mut self, id: u16, label: &str, files: &[(&str, &str)]) {
        let source = SourceId(id);
        self.app.open(source, label, Tab::Ci);
        for (n, (name, text)) in files.iter().enumerate() {
            let origin = OriginId::new(source, n as u32);
            self.event(Event::Source(SourceMsg::Origin { id: origin, name: (*name).to_owned() }));
            self.feed(origin, text.as_bytes());
        }
        self.health(id, Health::new(State::Following, label));
    }

    /// More bytes of a file; what they complete comes in as one batch.
    pub fn feed(&mut self, origin: OriginId, bytes: &[u8]) {
        let now = self.app.now();
        let assembler =
            self.assemblers.entry(origin).or_insert_with(|| Assembler::new(Parser::new(TimeZone::UTC, now), origin));
        let mut batch = Batch::default();
        assembler.feed(bytes, now, &mut batch);
        assembler.idle(&mut batch);
        self.event(Event::Source(SourceMsg::Batch { source: origin.source(), batch }));
    }

    pub fn health(&mut self, id: u16, health: Health) {
        self.event(Event::Source(SourceMsg::Health { source: SourceId(id), health }));
    }

    /// One event, and the ticks that it asks for.
    pub fn event(&mut self, event: Event) {
        let mut effects = update(&mut self.app, event);
        let mut ticks = 0;
        while effects.contains(&Effect::Continue) {
            self.effects.extend(effects.into_iter().filter(|effect| *effect != Effect::Continue));
            let now = self.app.now();
            effects = update(&mut self.app, Event::Tick(now));
            ticks += 1;
            assert!(ticks < 10_000, "work never ends");
        }
        self.effects.extend(effects);
    }

    /// Keys as they are typed; names in angle brackets: `/error<Enter>`, `<Ctrl-d>`, `<lt>`.
    pub fn keys(&mut self, keys: &str) {
        for key in parse_keys(keys) {
            self.event(Event::Key(key));
        }
    }

    /// Draws, and gives the text: one line a row, without blanks at its end.
    pub fn text(&mut self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                if skip == 0 {
                    line.push_str(symbol);
                }
                skip = std::cmp::max(skip, unicode_width::UnicodeWidthStr::width(symbol)).saturating_sub(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Draws, and gives the styles: per row the runs of cells that are not plain.
    pub fn styles(&mut self) -> String {
        self.draw();
        let mut out = String::new();
        for y in 0..self.buffer.area.height {
            let mut runs: Vec<(u16, u16, String)> = Vec::new();
            for x in 0..self.buffer.area.width {
                let words = style_words(&self.buffer, x, y);
                match runs.last_mut() {
                    Some((_, end, last)) if *last == words && *end == x => *end = x + 1,
                    _ => runs.push((x, x + 1, words)),
                }
            }
            let runs: Vec<_> = runs.into_iter().filter(|(.., words)| !words.is_empty()).collect();
            if !runs.is_empty() {
                let runs: Vec<_> = runs.iter().map(|(from, to, words)| format!("{from}-{to} {words}")).collect();
                let _ = writeln!(out, "row {y}: {}", runs.join(", "));
            }
        }
        out
    }

    /// The row of the screen that contains `needle`.
    pub fn line(&mut self, needle: &str) -> String {
        let text = self.text();
        let found = text.lines().find(|line| line.contains(needle));
        found.unwrap_or_else(|| panic!("no `{needle}` in\n{text}")).to_owned()
    }

    pub fn has(&mut self, needle: &str) -> bool {
        self.text().contains(needle)
    }

    /// The row of the list that the cursor is on.
    pub fn cursor_line(&mut self) -> String {
        let text = self.text();
        let rows = text.lines().skip_while(|line| !line.starts_with("--")).skip(1);
        rows.take_while(|line| !line.starts_with("--"))
            .find(|line| line.starts_with('>'))
            .unwrap_or_else(|| panic!("no cursor in\n{text}"))
            .to_owned()
    }

    /// The row of the lines, the lowest list, that the cursor is on.
    pub fn cursor_of_lines(&mut self) -> String {
        let text = self.text();
        let found = text.lines().find(|line| line.starts_with('>'));
        found.unwrap_or_else(|| panic!("no cursor in\n{text}")).to_owned()
    }

    pub fn status(&mut self) -> String {
        self.text().lines().last().unwrap_or_default().to_owned()
    }

    /// Draws, and gives the cells.
    pub fn buffer(&mut self) -> &Buffer {
        self.draw();
        &self.buffer
    }

    pub fn draw(&mut self) {
        let (width, height) = self.app.size();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut cursor = None;
        let drawn = terminal.draw(|frame| ui::render(&self.app, frame)).unwrap();
        self.buffer = drawn.buffer.clone();
        if terminal.backend().cursor_visible() {
            let position = terminal.get_cursor_position().unwrap();
            cursor = Some((position.x, position.y));
        }
        self.cursor = cursor;
        self.app.drawn();
    }
}

fn parse_keys(mut keys: &str) -> Vec<Key> {
    let mut out = Vec::new();
    while let Some(first) = keys.chars().next() {
        if first == '<'
            && let Some((name, rest)) = keys[1..].split_once('>')
        {
            let name = if name == "lt" { "<" } else { name };
            out.push(name.parse().unwrap_or_else(|()| panic!("`{name}` is not a key")));
            keys = rest;
        } else {
            out.push(Key { code: KeyCode::Char(first), ctrl: false, alt: false, shift: false });
            keys = &keys[first.len_utf8()..];
        }
    }
    out
}

fn style_words(buffer: &Buffer, x: u16, y: u16) -> String {
    let cell = &buffer[(x, y)];
    let mut words = Vec::new();
    match cell.fg {
        Color::Reset => {}
        Color::Rgb(red, green, blue) => words.push(format!("#{red:02X}{green:02X}{blue:02X}")),
        color => words.push(color.to_string().to_lowercase()),
    }
    assert_eq!(cell.bg, Color::Reset, "the background is painted at {x},{y}");
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

/// JSON lines of an API and plain lines of a worker, as an incident begins.
pub fn incident() -> [(&'static str, String); 2] {
    let mut api = String::new();
    let mut worker = String::new();
    let mut line = |time: &str, level: &str, text: &str, more: &str| {
        let _ = writeln!(api, r#"{{"time":"2026-11-21T03:{time}Z","level":"{level}","msg":"{text}"{more}}}"#);
    };
    for second in 0..40 {
        let time = format!("13:{second:02}.101");
        line(&time, "info", &format!("GET /v1/charge/{} 200 {}ms", 8000 + second, 3 + second % 7), "");
        if second % 8 == 0 {
            line(&format!("13:{second:02}.377"), "debug", &format!("breaker window {second}/50"), "");
        }
    }
    line(
        "13:58.104",
        "error",
        "charge failed: upstream deadline exceeded after 2000 ms",
        r#","order":"8f21","status":504"#,
    );
    line("13:58.231", "warn", "retry 1/3 for charge", r#","order":"8f21","backoff":"250ms""#);
    line(
        "13:59.377",
        "error",
        "circuit breaker OPEN target=ledger.internal:443 failures=50/50",
        r#","target":"ledger.internal:443","failures":50,"authorization":"Bearer abcdefghijklmnopqrstuvwxyz0123456789","user_agent":"curl/8.4 \u001b[2J""#,
    );
    line("13:59.378", "warn", "shedding load: queue=1024 policy=drop-oldest", "");
    line(
        "14:00.120",
        "fatal",
        "panic recovered: nil pointer in ledger.(*Client).Post\\ngoroutine 9121 [running]:\\nledger.(*Client).Post(0x0)\\n\\t/src/client.go:118",
        "",
    );
    line("14:03.001", "info", "GET /healthz 200 3ms", "");
    for (time, level, text) in [
        ("13:10.500", "INFO", "batch 5511 committed rows=500 in 44ms"),
        ("13:41.020", "INFO", "batch 5512 committed rows=500 in 48ms"),
        (
            "14:04.915",
            "WARN",
            "p99 latency 2.31 s over objective 0.80 s; the queue of settlements is longer than the last hour's by a factor of nine",
        ),
        ("14:07.003", "ERROR", "settle job 1121 failed: lock timeout"),
    ] {
        let _ = writeln!(worker, "2026-11-21T03:{time}Z {level} {text}");
    }
    [("payments-api.log", api), ("ledger-worker.log", worker)]
}

/// A screen with the incident, following.
pub fn screen(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    screen
}
