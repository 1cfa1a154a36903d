//! The screen's start: settings, terminal and environment become what a run needs; its end becomes an exit code.
//!
//! Owns the wiring. Must not know what the screen shows.

use super::{Exit, Globals, Output};
use crate::config::{Config, LogLevel, ThemeName};
use crate::infra::clock::SystemClock;
use crate::infra::log::{self, Log};
use crate::model::Timestamp;
use crate::model::address::Tab;
use crate::ports::Clock;
use crate::runtime::terminal::{Background, Capabilities, Colours, Glyphs};
use crate::runtime::{self, Ended, Opening, Program, Setup};
use crate::sources::{Follow, SOURCES, Settings};
use anyhow::Context;
use jiff::tz::TimeZone;
use std::{path::PathBuf, sync::Arc};
use tracing_subscriber::filter::LevelFilter;

/// Shows `program` until it ends.
///
/// # Errors
/// When the terminal cannot be taken over, or fails.
pub fn run(
    program: impl Program,
    opening: Opening,
    capabilities: Capabilities,
    globals: &Globals<'_>,
) -> anyhow::Result<Exit> {
    let config = &globals.config;
    let setup = Setup {
        capabilities,
        opening,
        settings: Settings { zone: config.tz.rules().clone(), follow: Follow::On, window_bytes: config.memory.bytes() },
        frames: config.fps.per_second(),
        clock: Arc::new(SystemClock),
        trace: globals.environment.os("LOGDECK_TRACE_FRAMES").map(PathBuf::from),
        temp_dir: globals.environment.os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
    };
    let ended = runtime::run(program, setup).context("the terminal")?;
    Ok(match ended {
        Ended::Quit | Ended::HungUp => Exit::Done,
        Ended::Signal(number) => Exit::Signal(number),
    })
}

/// What the terminal can do, as far as the settings allow it to be used.
pub fn allowed(capabilities: Capabilities, config: &Config) -> Capabilities {
    let mut allowed = capabilities;
    if config.ascii {
        allowed.glyphs = Glyphs::Ascii;
    }
    match config.theme {
        ThemeName::Dark => allowed.background = Some(Background::Dark),
        ThemeName::Light => allowed.background = Some(Background::Light),
        ThemeName::Sixteen if allowed.colours != Colours::None => allowed.colours = Colours::Sixteen,
        ThemeName::Auto | ThemeName::Sixteen => {}
        ThemeName::Mono => allowed.colours = Colours::None,
    }
    allowed
}

/// What a tab without a source would need: its kinds of sources, how each is written, and what it takes.
pub fn needs(tab: Tab, zone: &TimeZone) -> String {
    let settings = Settings { zone: zone.clone(), follow: Follow::Off, window_bytes: 0 };
    let line = |spec: &crate::sources::SourceSpec| {
        let address = spec.example.parse();
        let known = address.is_ok_and(|address| (spec.build)(&address, &settings).is_ok());
        let later = if known { "" } else { " (not in this version yet)" };
        format!("{}{later}: {}\n  needs {}", spec.title, spec.form, spec.needs)
    };
    SOURCES.iter().filter(|spec| spec.tab == tab).map(line).collect::<Vec<_>>().join("\n")
}

/// Opens logdeck's own log, unless the settings say `off`. Without a home directory there is none; anything else that
/// is in the way is said, and does no harm.
pub fn own_log(globals: &Globals<'_>, out: &mut Output) -> Option<Log> {
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
    use crate::config::Environment;
    use crate::runtime::terminal::capabilities::detect;

    #[test]
    fn settings_narrow_what_the_terminal_can_do() {
        let terminal = [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORFGBG", "15;0")];
        let check = |theme: &str, ascii, expected: (Colours, Option<Background>, Glyphs)| {
            let config = Config { theme: theme.parse().unwrap(), ascii, ..Config::default() };
            let allowed = allowed(detect(&Environment::of_variables(terminal)).unwrap(), &config);
            assert_eq!((allowed.colours, allowed.background, allowed.glyphs), expected, "{theme} {ascii}");
        };
        let dark = Some(Background::Dark);
        check("auto", false, (Colours::Indexed, dark, Glyphs::Unicode));
        check("light", false, (Colours::Indexed, Some(Background::Light), Glyphs::Unicode));
        check("16", false, (Colours::Sixteen, dark, Glyphs::Unicode));
        check("mono", true, (Colours::None, dark, Glyphs::Ascii));
        let vt = detect(&Environment::of_variables([("TERM", "vt100")])).unwrap();
        let sixteen = Config { theme: ThemeName::Sixteen, ..Config::default() };
        assert_eq!(allowed(vt, &sixteen).colours, Colours::None);
    }

    #[test]
    fn tabs_say_what_they_need() {
        let check = |tab, expected: &[&str]| {
            let text = needs(tab, &TimeZone::UTC);
            assert!(expected.iter().all(|part| text.contains(part)), "{text}");
        };
        check(Tab::Gcs, &["gs://BUCKET/PREFIX", "not in this version yet", "credentials"]);
        check(Tab::Pods, &["pods:", "kubeconfig"]);
        check(Tab::Ci, &["Files: PATH", "Standard input: -", "GitHub Actions (not in this version yet)"]);
        assert_eq!(needs(Tab::Summary, &TimeZone::UTC), "");
    }

    #[test]
    fn dates() {
        assert_eq!(date(Timestamp(0)), "1970-01-01");
    }
}
