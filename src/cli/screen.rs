//! The screen's start: settings, terminal and environment become an app and a run; its end becomes an exit code.
//!
//! Owns the wiring of app, ui and runtime. Must not know what the screen shows.

use super::discover;
use super::forge::Desk;
use super::{Counts, Exit, Globals, Output};
use crate::app::event::{Effect, Event};
use crate::app::{self, App, Background, Caps, Colors, FrameNeed, Glyphs, TabInfo};
use crate::config::{Environment, LogLevel};
use crate::infra::clock::SystemClock;
use crate::infra::log::{self, Log};
use crate::model::address::Tab;
use crate::model::ci::Repo;
use crate::model::theme::{ThemeChoice, Themes};
use crate::model::{Address, SourceId, SourceMsg, Timestamp};
use crate::parse::text::safe_line;
use crate::ports::Clock;
use crate::runtime::browser::Desktop;
use crate::runtime::pace::Urgency;
use crate::runtime::terminal::{Buffer, Capabilities, Link, Picture, Position};
use crate::runtime::{self, Ended, Opening, Program, Setup, consent, saved};
use crate::sources::{Follow, SOURCES, Settings, SourceSpec};
use crate::ui;
use anyhow::Context;
use jiff::tz::TimeZone;
use std::{cell::Cell, path::PathBuf, rc::Rc, sync::Arc, time::Duration};
use tracing_subscriber::filter::LevelFilter;

/// Shows `opening` until somebody ends it.
///
/// # Errors
/// When the terminal cannot be taken over, or fails.
pub fn run(
    (opening, baseline): (Opening, Option<PathBuf>),
    capabilities: Capabilities,
    globals: &Globals<'_>,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let _log = own_log(globals, out);
    let Globals { config, environment, .. } = globals;
    let filters = environment.state_dir().map(|directory| directory.join(saved::FILE));
    let mut settings = settings(globals, capabilities);
    if let Some(path) = &filters {
        let (saved, problems) = saved::load(path);
        settings.saved = saved;
        settings.notices.extend(problems);
    }
    let app = App::new(settings);
    let consents = super::consents(environment);
    let allowed = consents.as_deref().map(consent::load).unwrap_or_default();
    let setup = Setup {
        capabilities,
        opening,
        settings: super::google::with_google(
            Settings {
                pods: super::pods::of_screen(globals, allowed, SystemClock.now()),
                ..Settings::new(config.tz.rules().clone(), Follow::On, config.memory.bytes())
            },
            globals,
        ),
        frames: config.fps.per_second(),
        clock: Arc::new(SystemClock),
        trace: environment.os("LOGDECK_TRACE_FRAMES").map(PathBuf::from),
        temp_dir: environment.os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
        filters,
        consents,
        home: environment.home().map(PathBuf::from),
        baseline,
        desk: Some(Arc::new(Desk::new(globals))),
        desktop: Desktop::of(environment, capabilities.link),
    };
    let counts = Rc::new(Cell::new(Counts::default()));
    let ended = runtime::run(Screen { app, opened: 0, counts: Rc::clone(&counts) }, setup);
    out.counts = counts.get();
    Ok(match ended.context("the terminal")? {
        Ended::Quit | Ended::HungUp => Exit::Done,
        Ended::Signal(number) => Exit::Signal(number),
    })
}

/// The app as the runtime drives it.
struct Screen {
    app: App,
    /// Sources that were opened so far: the next one's number.
    opened: u16,
    /// What came in, for `--stats`; the runtime keeps the screen, so its maker holds these too.
    counts: Rc<Cell<Counts>>,
}

impl Picture for Screen {
    fn render(&self, cells: &mut Buffer) -> Option<Position> {
        ui::paint(&self.app, cells)
    }
}

impl Program for Screen {
    fn set_now(&mut self, now: Timestamp) {
        self.app.set_now(now);
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        if let Event::Source(SourceMsg::Batch { batch, .. }) = &event {
            let mut counts = self.counts.get();
            counts.bytes += batch.arena().len() as u64;
            counts.lines += memchr::memchr_iter(b'\n', batch.arena()).count() as u64;
            counts.records += batch.len() as u64;
            self.counts.set(counts);
        }
        app::update(&mut self.app, event)
    }

    fn wants(&self) -> Option<Urgency> {
        match self.app.needs_frame() {
            FrameNeed::No => None,
            FrameNeed::Soon => Some(Urgency::Soon),
            FrameNeed::Now => Some(Urgency::AtOnce),
        }
    }

    fn drawn(&mut self) {
        self.app.drawn();
    }

    fn next_tick(&self) -> Duration {
        self.app.next_tick()
    }

    fn background(&mut self, background: Background) {
        self.app.set_background(background);
    }

    fn watch(&mut self, repo: Repo, run: Option<u64>) {
        self.app.watch(repo, run);
    }

    fn sees_runs(&self) -> bool {
        self.app.tab().tab() == Tab::Ci
    }

    fn demo_words(&self) -> String {
        self.app.demo_words()
    }

    fn open(&mut self, address: &Address, label: &str) -> SourceId {
        let id = SourceId(self.opened.min(SourceId::MAX));
        self.opened = self.opened.saturating_add(1);
        self.app.open(id, label, address.tab());
        id
    }
}

/// What the app is told once.
fn settings(globals: &Globals<'_>, capabilities: Capabilities) -> app::Settings {
    let Globals { config, environment, keymap, notices } = globals;
    let zone = config.tz.rules();
    let tab = |tab| Some(TabInfo { tab, needs: needs(tab, zone) }).filter(|info| !info.needs.is_empty());
    let mut caps = caps(capabilities, environment);
    if config.ascii {
        caps.glyphs = Glyphs::Ascii;
    }
    let themes = themes(environment);
    let mut notices: Vec<_> = notices.iter().map(|problem| brief(&problem.to_string(), environment)).collect();
    let theme = match themes.check(&config.theme) {
        Ok(()) => config.theme.clone(),
        Err(problem) => {
            notices.push(brief(&problem, environment));
            ThemeChoice::Auto
        }
    };
    app::Settings {
        memory: usize::try_from(config.memory.bytes()).unwrap_or(usize::MAX),
        caps,
        theme,
        themes,
        time: config.time,
        columns: config.columns.clone(),
        zone: zone.clone(),
        keymap: keymap.clone(),
        tabs: Tab::ALL.into_iter().filter_map(tab).collect(),
        found: discover::discover(config, environment, &std::env::current_dir().unwrap_or_default()).lines(environment),
        saved: Vec::new(),
        notices,
        home: environment.home().map(Into::into),
        now: SystemClock.now(),
    }
}

/// The user's own themes.
pub(super) fn themes(environment: &Environment) -> Themes {
    environment.config_dir().map(|directory| crate::config::themes(&directory.join("themes"))).unwrap_or_default()
}

/// A problem whose file is named shortly, so that the status line has room for what is wrong with it.
fn brief(problem: &str, environment: &Environment) -> String {
    let directory = environment.config_dir().map(|directory| format!("{}/", directory.display())).unwrap_or_default();
    safe_line(if directory.is_empty() { problem.to_owned() } else { problem.replace(&directory, "") }.as_bytes())
        .into_owned()
}

/// What the terminal can do, in the app's words.
fn caps(capabilities: Capabilities, environment: &Environment) -> Caps {
    let words = match capabilities.colours {
        Colors::Mono => "no colour",
        Colors::Ansi16 => "16 colours",
        Colors::Ansi256 => "256 colours",
        Colors::Truecolor => "true colour",
    };
    let term = environment.text("TERM").unwrap_or_default();
    let link = if capabilities.link == Link::Ssh { "  SSH" } else { "" };
    Caps {
        colors: capabilities.colours,
        glyphs: capabilities.glyphs,
        background: capabilities.background,
        words: format!("TERM={}  {words}{link}", safe_line(term.as_bytes())),
    }
}

/// What a tab without a source would need: its kinds of sources, how each is written, and what it takes.
fn needs(tab: Tab, zone: &TimeZone) -> String {
    let settings = Settings::new(zone.clone(), Follow::Off, 0);
    let line = |spec: &SourceSpec| {
        let address = spec.example.parse();
        let known = address.is_ok_and(|address| {
            let is_watched = matches!(address, Address::Github { .. } | Address::Gitlab { .. });
            is_watched || (spec.build)(&address, &settings).is_ok()
        });
        let later = if known { "" } else { " (not in this version yet)" };
        format!("{}{later}: {}\n  needs {}", spec.title, spec.form, spec.needs)
    };
    SOURCES.iter().filter(|spec| spec.tab == tab).map(line).collect::<Vec<_>>().join("\n")
}

/// Opens logdeck's own log, unless the settings say `off`. Without a home directory there is none; anything else that
/// is in the way is said, and does no harm.
fn own_log(globals: &Globals<'_>, out: &mut Output) -> Option<Log> {
    let level = match globals.config.log_level {
        LogLevel::Off => return None,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let opened = log::init(globals.environment.state_dir()?, level, &date(SystemClock.now()));
    opened.inspect_err(|error| out.warn(&error.to_string())).ok()
}

/// The date in UTC: `2025-01-02`.
fn date(now: Timestamp) -> String {
    now.to_jiff().to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keymap::Keymap;
    use crate::config::Config;
    use crate::model::{Batch, Meta};
    use crate::runtime::terminal::capabilities::detect;

    fn globals(config: Config, environment: &Environment) -> Globals<'_> {
        Globals { config, keymap: Keymap::default(), notices: Vec::new(), environment }
    }

    #[test]
    fn a_theme_that_is_not_there_is_said_and_auto_holds() {
        let environment = Environment::of_variables([("TERM", "xterm")]);
        let config = Config { theme: ThemeChoice::Own("solar".to_owned()), ..Config::default() };
        let settings = settings(&globals(config, &environment), detect(&environment).unwrap());
        assert_eq!(settings.theme, ThemeChoice::Auto);
        assert!(
            settings.notices[0].starts_with("there is no theme `solar`; there are auto,"),
            "{:?}",
            settings.notices
        );
    }

    #[test]
    fn settings_narrow_what_the_terminal_can_do() {
        let environment =
            Environment::of_variables([("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORFGBG", "15;0")]);
        let of = |ascii| {
            let config = Config { ascii, theme: ThemeChoice::Sixteen, ..Config::default() };
            settings(&globals(config, &environment), detect(&environment).unwrap())
        };
        let unicode = of(false);
        assert_eq!((unicode.caps.colors, unicode.caps.glyphs), (Colors::Ansi256, Glyphs::Unicode));
        assert_eq!(unicode.caps.background, Some(Background::Dark));
        assert_eq!(
            (unicode.caps.words.as_str(), unicode.theme),
            ("TERM=xterm-256color  256 colours", ThemeChoice::Sixteen)
        );
        assert_eq!(of(true).caps.glyphs, Glyphs::Ascii);
        assert_eq!(unicode.tabs.len(), 4);
    }

    #[test]
    fn sources_get_numbers_and_records_are_counted() {
        let environment = Environment::of_variables([("TERM", "xterm")]);
        let globals = globals(Config::default(), &environment);
        let app = App::new(settings(&globals, detect(&environment).unwrap()));
        let counts = Rc::new(Cell::new(Counts::default()));
        let mut screen = Screen { app, opened: 0, counts: Rc::clone(&counts) };
        let address = Address::Path("a.log".into());
        assert_eq!([screen.open(&address, "a"), screen.open(&address, "b")], [SourceId(0), SourceId(1)]);
        assert_eq!(screen.wants(), Some(Urgency::AtOnce));
        screen.drawn();
        assert_eq!(screen.wants(), None);
        let mut batch = Batch::default();
        batch.push(&Meta::default(), b"one\ntwo");
        screen.update(Event::Source(SourceMsg::Batch { source: SourceId(0), batch }));
        assert_eq!(counts.get(), Counts { bytes: 8, lines: 2, records: 1, temporary: 0 });
    }

    #[test]
    fn tabs_say_what_they_need() {
        let check = |tab, expected: &[&str]| {
            let text = needs(tab, &TimeZone::UTC);
            assert!(expected.iter().all(|part| text.contains(part)), "{text}");
        };
        check(Tab::Gcs, &["gs://BUCKET/PREFIX", "credentials"]);
        check(Tab::Pods, &["pods:", "kubeconfig"]);
        check(Tab::Ci, &["Files: PATH", "Standard input: -", "GitHub Actions: github:"]);
        assert_eq!(needs(Tab::Summary, &TimeZone::UTC), "");
    }

    #[test]
    fn dates() {
        assert_eq!(date(Timestamp(0)), "1970-01-01");
    }
}
