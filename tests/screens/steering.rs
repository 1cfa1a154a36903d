//! Steering: the palette, its commands, themes, the debug pane, and keys of the user's own.

use crate::support::*;
use logdeck::app::action::{ACTIONS, Context};
use logdeck::app::command::COMMANDS;
use logdeck::app::debug::{Meters, Spread};
use logdeck::app::event::{Effect, Event};
use logdeck::app::keymap::Keymap;
use logdeck::app::{Colors, Glyphs, Settings, ThemeChoice, Themes};
use logdeck::model::address::Tab;
use logdeck::model::theme::{OwnTheme, ROLE_COUNT, ThemeRole};
use logdeck::model::{Address, Health, SourceId, State};
use std::time::Duration;

/// (command, what is typed behind the colon, what the screen says then, what it may not say).
const CASES: &[(&str, &str, &str, &str)] = &[
    ("open", "open other.log<Enter>", "opening other.log ...", "Command palette"),
    ("baseline", "baseline green.log<Enter>", "reading the passing log ...", "Command palette"),
    ("runs", "runs failed<Enter>", "no repository is watched", "nothing"),
    ("ns", "ns payments<Enter>", "no cluster is open", "nothing"),
    ("ctx", "ctx prod<Enter>", "no cluster is open", "nothing"),
    ("theme", "theme mono<Enter>", "theme: mono", "Command palette"),
    ("goto", "goto -10s<Enter>", "PAUSED", "Command palette"),
    ("filter", "filter nope<Enter>", "no filter `nope`: none is saved yet", "nothing"),
    ("filter-save", "filter-save all<Enter>", "no filter is active", "FOLLOW  filter"),
    ("filter-delete", "filter-delete nope<Enter>", "no filter `nope` is saved", "nothing"),
    ("export", "export x.png<Enter>", "x.png", "nothing"),
    ("handover", "handover x.md<Enter>", "nothing is marked", "FOLLOW  filter"),
    ("columns", "columns order<Enter>", " order ", "Command palette"),
    ("context", "context 2<Enter>", "keeps 2 lines around each match", "Command palette"),
];

#[test]
fn every_command_has_a_case() {
    for spec in COMMANDS {
        assert!(CASES.iter().any(|case| case.0 == spec.name), "no case for command `{}`", spec.name);
    }
}

#[test]
fn every_command_does_what_it_says() {
    for (name, typed, expected, absent) in CASES {
        let mut screen = screen(120, 36);
        screen.keys(":");
        screen.keys(typed);
        let text = screen.text();
        assert!(text.contains(expected) && !text.contains(absent), "{name}: {text}");
    }
}

#[test]
fn paths_are_completed() {
    let mut screen = Screen::new(120, 36, Settings { home: Some("/home/ann".into()), ..settings() });
    let list = |directory: &str, path: &str| Effect::List { directory: directory.to_owned(), path: path.into() };
    let listed = |screen: &mut Screen, directory: &str, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        screen.event(Event::Listed { directory: directory.to_owned(), names });
    };
    screen.keys(":open ");
    assert_eq!(screen.effects, [list("", ".")]);
    listed(&mut screen, "", &["build.log", "logs/", ".git/"]);
    screen.keys("lo<Tab>");
    assert_eq!(screen.app.picker().unwrap().text(), "open logs/");
    assert_eq!(screen.effects.last(), Some(&list("logs/", "logs/")));
    listed(&mut screen, "elsewhere/", &["x"]);
    listed(&mut screen, "logs/", &["api.log", "worker.log"]);
    let lines = screen.text();
    assert!(lines.contains(" > logs/api.log ") && lines.contains("logs/worker.log"), "{lines}");
    // What is typed counts, and not the first of the names that begin with it.
    screen.keys("<Enter>");
    assert_eq!(screen.effects.last(), Some(&Effect::Open(Address::Path("logs/".into()))));
    screen.keys(":open logs/");
    listed(&mut screen, "logs/", &["api.log", "worker.log"]);
    screen.keys("<Down><Enter>");
    assert_eq!(screen.effects.last(), Some(&Effect::Open(Address::Path("logs/worker.log".into()))));
    screen.keys(":open ~/");
    assert_eq!(screen.effects.last(), Some(&list("~/", "/home/ann/")));
    let count = screen.effects.len();
    screen.keys("<Esc>:open ");
    listed(&mut screen, "", &["build.log"]);
    screen.keys("gs://b/");
    assert!(screen.has("nothing to suggest: Enter runs what is typed"), "{}", screen.text());
    assert_eq!(screen.effects.len(), count + 1, "only what could be a path is looked up: {:?}", screen.effects);
}

/// Settings with a theme of one's own, and one that cannot be used.
fn with_themes() -> Settings {
    let mut paints = [None; ROLE_COUNT];
    paints[ThemeRole::Error as usize] = Some("#D01070 underline".parse().unwrap());
    let own = OwnTheme { name: "solar".to_owned(), inherits: ThemeChoice::Dark, paints };
    let bad = ("broken".to_owned(), "themes/broken.toml:2:9: error: `rde` is no colour or attribute".to_owned());
    Settings { themes: Themes { own: vec![own], bad: vec![bad] }, ..settings() }
}

fn with(settings: Settings, width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings);
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    screen
}

#[test]
fn the_palette() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = with(with_themes(), width, height);
        screen.keys(":");
        snap(format!("palette_{width}x{height}"), &screen.text());
        screen.keys("sev");
        snap(format!("palette_typed_{width}x{height}"), &screen.text());
        snap(format!("palette_styles_{width}x{height}"), &screen.styles());
        screen.keys("<Ctrl-u>theme ");
        snap(format!("palette_words_{width}x{height}"), &screen.text());
        screen.keys("broken<Enter>");
        snap(format!("palette_error_{width}x{height}"), &screen.text());
    }
}

#[test]
fn the_cursor_of_the_palette_is_seen_without_colour() {
    let mut settings = settings();
    settings.caps = caps(Colors::Mono, Glyphs::Ascii);
    let mut screen = with(settings, 80, 24);
    screen.keys(":wrap");
    let (text, styles) = (screen.text(), screen.styles());
    let row = text.lines().position(|line| line.starts_with(" > wrap")).unwrap();
    let style = styles.lines().find(|line| line.starts_with(&format!("row {row}:"))).unwrap();
    assert!(style.contains("reversed"), "{style}");
}

#[test]
fn what_was_used_last_comes_first_and_what_is_of_no_use_last() {
    let mut screen = screen(120, 36);
    let first = |screen: &mut Screen| screen.line(" > ").split_whitespace().nth(1).unwrap().to_owned();
    screen.keys(":");
    assert_eq!(first(&mut screen), "open");
    screen.keys("wrap<Enter>:");
    assert_eq!(first(&mut screen), "wrap");
    screen.keys("theme dark<Enter>:");
    assert_eq!(first(&mut screen), "theme");
    // Nothing is open in the detail pane: its actions stand behind those that work.
    screen.keys("<Up>");
    let last = first(&mut screen);
    assert!(ACTIONS.iter().any(|spec| spec.id == last && !spec.when.contains(&Context::List)), "{last}");
    screen.keys("<Ctrl-u>narrower<Enter>");
    assert!(screen.has("`narrower` works while the detail pane is open"), "{}", screen.text());
    screen.keys("<Esc><Enter>:narrower<Enter>");
    assert!(screen.has("2 before and after"), "{}", screen.text());
}

#[test]
fn mistakes_stay_to_be_mended() {
    let check = |typed: &str, expected: &str| {
        let mut screen = with(with_themes(), 120, 36);
        screen.keys(":");
        screen.keys(typed);
        screen.keys("<Enter>");
        let text = screen.text();
        assert!(text.contains("Command palette") && text.contains(expected), "{typed}: {text}");
        assert!(opened(&screen).is_empty(), "{typed}: {:?}", screen.effects);
        // The next letter takes the complaint away.
        screen.keys("x");
        assert!(!screen.has(expected), "{typed}");
    };
    check("!ls", "logdeck never runs a shell");
    check("zzzz", "no action or command matches `zzzz`");
    check("theme blue", "there is no theme `blue`; there are auto, dark, light, 16, mono, ascii, solar");
    check("theme ../x", "theme takes one of auto");
    check("theme broken", "broken.toml:2:9: error: `rde` is no colour");
    check("open", "open takes a source address: PATH, gs://");
    check("open github:acme", "github:OWNER/REPO");
    check("open gs:///x", "the bucket is missing (expected gs://BUCKET/PREFIX)");
    check("open -", "standard input can only be opened at the start");
}

#[test]
fn enter_on_a_command_asks_for_its_words() {
    let mut screen = with(with_themes(), 80, 24);
    screen.keys(":the na<Enter>");
    assert_eq!(screen.app.picker().unwrap().text(), "theme ");
    screen.keys("li<Enter>");
    assert!(screen.status().contains("theme: light"), "{}", screen.status());
    // Used last, it comes first.
    screen.keys(":<Enter>");
    assert_eq!(screen.app.picker().unwrap().text(), "theme ");
}

#[test]
fn actions_are_found_by_their_key() {
    let mut screen = screen(80, 24);
    screen.keys("?/Ctrl-d");
    assert!(screen.has(" > half-down "), "{}", screen.text());
}

#[test]
fn tab_completes() {
    let check = |typed: &str, expected: &str| {
        let mut screen = with(with_themes(), 120, 36);
        screen.keys(":");
        screen.keys(typed);
        screen.keys("<Tab>");
        assert_eq!(screen.app.picker().unwrap().text(), expected, "{typed}");
    };
    check("op", "open ");
    check("hist", "histogram");
    check("theme so", "theme solar");
    check("theme li", "theme light");
    // The row of a command whose words are not known reminds of them, and changes nothing that was typed.
    check("open a b.log", "open a b.log");
}

/// What was asked to be opened.
fn opened(screen: &Screen) -> Vec<Effect> {
    screen.effects.iter().filter(|effect| matches!(effect, Effect::Open(_))).cloned().collect()
}

#[test]
fn sources_are_opened_while_it_runs() {
    let mut screen = screen(120, 36);
    let address = |text: &str| Effect::Open(text.parse::<Address>().unwrap());
    screen.keys(":open pods:prod/payments<Enter>");
    assert_eq!(opened(&screen), [address("pods:prod/payments")]);
    assert!(screen.status().contains("opening pods:prod/payments ..."));
    // The tab of what was asked for is shown when it opens.
    screen.app.open(SourceId(1), "pods:prod/payments", Tab::Pods);
    assert!(screen.has("[3 Pods]"));
    screen.keys("4:open pods:prod/payments<Enter>");
    assert!(screen.has("[3 Pods]") && screen.status().contains("is open already"), "{}", screen.text());
    assert_eq!(opened(&screen).len(), 1);
    // What could not be read may be tried again.
    screen.health(1, Health::new(State::Failed, "no kubeconfig"));
    screen.keys(":open pods:prod/payments<Enter>");
    assert_eq!(opened(&screen).len(), 2);
    screen.keys(":open ./logs<Enter>");
    assert!(screen.has("[4 CI]") && screen.status().contains("logs is open already"), "{}", screen.status());
    screen.keys(":open demo<Enter>");
    assert_eq!(screen.effects.last(), Some(&Effect::OpenDemo));
    screen.event(Event::Done(Err("gs: not in this version yet".to_owned())));
    assert!(screen.status().contains("gs: not in this version yet"));
}

#[test]
fn home_is_what_a_shell_takes_it_for() {
    let settings = Settings { home: Some("/home/ann".into()), ..settings() };
    let mut screen = Screen::new(80, 24, settings);
    screen.keys(":open ~/logs<Enter>:open ~ann/logs<Enter>");
    let open = |path: &str| Effect::Open(Address::Path(path.into()));
    assert_eq!(opened(&screen), [open("/home/ann/logs"), open("~ann/logs")]);
}

#[test]
fn the_key_goes_through_all_themes() {
    let mut screen = with(with_themes(), 120, 36);
    for name in ["dark", "light", "16", "mono", "ascii", "solar", "auto"] {
        screen.keys("T");
        assert!(screen.status().contains(&format!("theme: {name}")), "{name}: {}", screen.status());
    }
    screen.keys(":theme solar<Enter>");
    assert!(screen.styles().contains("#D01070 underlined"), "{}", screen.styles());
}

#[test]
fn without_colours_a_theme_says_so() {
    let mut settings = with_themes();
    settings.caps = caps(Colors::Mono, Glyphs::Ascii);
    let mut screen = with(settings, 120, 36);
    let before = screen.styles();
    screen.keys(":theme solar<Enter>");
    assert!(screen.status().contains("theme: solar (without colours"), "{}", screen.status());
    screen.keys("<F24>");
    assert_eq!(screen.styles(), before);
}

#[test]
fn the_ascii_theme_keeps_the_layout() {
    let mut settings = with_themes();
    settings.caps = caps(Colors::Truecolor, Glyphs::Unicode);
    let mut screen = with(settings, 120, 36);
    let before = screen.text();
    screen.keys(":theme ascii<Enter>");
    let after = screen.text();
    assert!(!before.is_ascii() && after.is_ascii(), "{after}");
}

fn meters() -> Meters {
    let spread = |micros: [u64; 3]| {
        let [last, median, p99] = micros.map(Duration::from_micros);
        Spread { count: 300, last, median, p99 }
    };
    Meters {
        up: Duration::from_secs(754),
        frames: 1_204,
        draw: spread([310, 284, 1_207]),
        write: spread([95, 88, 12_400]),
        key: spread([1_400, 1_210, 15_900]),
        frame_bytes: 412,
        sent: 1_234_567,
        minute: 31_000,
        queue: (3, 64),
        resident: Some(45 << 20),
    }
}

#[test]
fn the_debug_pane() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = screen(width, height);
        let tick = |screen: &mut Screen, time: &str| {
            screen.app.set_now(at(time));
            screen.event(Event::Tick(at(time)));
        };
        tick(&mut screen, "2026-11-21T03:14:23Z");
        assert!(screen.effects.is_empty(), "nothing is measured while it is closed");
        screen.keys(":debug<Enter>");
        assert_eq!(screen.effects, [Effect::Measure]);
        screen.event(Event::Meters(meters()));
        snap(format!("debug_{width}x{height}"), &screen.text());
        // Once a second, however often there is a tick.
        for (time, count) in [("2026-11-21T03:14:23.4Z", 1), ("2026-11-21T03:14:24Z", 2), ("2026-11-21T03:14:24.2Z", 2)]
        {
            tick(&mut screen, time);
            assert_eq!(screen.effects.len(), count, "{time}");
        }
        assert_eq!(screen.app.next_tick(), Duration::from_secs(1));
        screen.keys("<Esc>");
        assert!(!screen.has("-- Debug --"));
        tick(&mut screen, "2026-11-21T03:15:24Z");
        assert_eq!(screen.effects.len(), 2);
        screen.event(Event::Meters(meters()));
        assert!(!screen.has("-- Debug --"), "late numbers open nothing");
    }
}

#[test]
fn what_has_ended_is_not_behind() {
    for (state, lag) in [(State::Following, true), (State::Done, false)] {
        let mut screen = Screen::new(100, 24, settings());
        screen.open(0, "-", &[("standard input", "2026-11-21T03:14:00Z INFO one\n")]);
        screen.health(0, Health::new(state, "x"));
        screen.keys("<Enter>");
        assert!(screen.has("standard input") && !screen.has("in -"), "{}", screen.text());
        screen.keys("<Esc>:debug<Enter>");
        screen.event(Event::Meters(meters()));
        let row = screen.line("29 B");
        assert_eq!(row.split_whitespace().rev().nth(1).is_some_and(|cell| cell.ends_with('s')), lag, "{row}");
    }
}

#[test]
fn the_debug_pane_is_complete_on_few_rows() {
    let mut screen = screen(60, 12);
    screen.keys(":debug<Enter>");
    screen.event(Event::Meters(meters()));
    assert!(screen.has("SOURCES") && !screen.has("messages of sources waiting"));
    screen.keys("G");
    assert!(screen.has("messages of sources waiting"), "{}", screen.text());
    let end = screen.text();
    screen.keys("jjjk");
    assert_ne!(screen.text(), end, "it was scrolled no further than to its end");
}

#[test]
fn the_help_is_scrolled_no_further_than_to_its_end() {
    let mut screen = screen(80, 24);
    screen.keys("?G");
    let end = screen.text();
    assert!(end.contains("suspend, fg returns"), "{end}");
    screen.keys("jj");
    assert_eq!(screen.text(), end);
    screen.keys("k");
    assert_ne!(screen.text(), end);
}

#[test]
fn settings_that_are_left_out_are_said_at_the_start() {
    let notice = "config.toml:3:1: keys: key `x` is bound to both `wrap` and `follow`; `wrap` has it";
    let one = Settings { notices: vec![notice.to_owned()], ..settings() };
    let mut screen = with(one.clone(), 120, 36);
    assert!(screen.status().contains("config.toml:3:1: keys: key `x` is bound to both"), "{}", screen.status());
    screen.keys("j");
    assert!(!screen.status().contains("config.toml"));
    screen.keys(":debug<Enter>");
    assert!(screen.has(notice), "{}", screen.text());
    let mut narrow = with(one, 80, 24);
    // What goes well at the start does not take it away.
    narrow.event(Event::Done(Ok("an invented outage".to_owned())));
    assert!(narrow.status().contains("config.toml:3:1"), "{}", narrow.status());
    narrow.keys(":debug<Enter>");
    assert!(narrow.has("`wrap` has it"), "{}", narrow.text());
    let two = Settings { notices: vec![notice.to_owned(), "theme x: no".to_owned()], ..settings() };
    let mut start = Screen::new(80, 24, two);
    assert!(start.status().contains("2 settings left out (:debug): config.toml:3:1"), "{}", start.status());
}

/// Every key that a sentence, a heading or a hint names is the one that holds.
#[test]
fn own_keys_are_named_everywhere() {
    let own = [
        ("help", "F1"),
        ("palette", "F3"),
        ("search", "F4"),
        ("filter", "F5"),
        ("detail", "F6"),
        ("apply", "F7"),
        ("cancel", "F8"),
        ("pick-toggle", "F9"),
        ("find-action", "F10"),
        ("down", "F11"),
        ("up", "F12"),
        ("tab-ci", "F13"),
        ("demo", "F14"),
        ("wrap", "F15"),
    ];
    let (keymap, conflicts) = Keymap::with(own.map(|(id, key)| (id, [key])));
    assert_eq!(conflicts, []);
    let settings = Settings { keymap, ..settings() };
    let mut screen = with(settings.clone(), 80, 24);
    assert!(screen.status().ends_with("F4 search  F5 filter  F1 help"), "{}", screen.status());
    let check = |keys: &str, expected: &str| {
        let mut screen = with(settings.clone(), 80, 24);
        screen.keys(keys);
        assert!(screen.has(expected), "{keys}: {}", screen.text());
    };
    check("<F3>", "F7 runs   F9 completes   F8 closes");
    check("<F3>wrap", "F15");
    check("<F1>", "F11 F12 scroll   F10 finds");
    check("<F4>", "F7 search   F8 cancel");
    check("n", "nothing was searched for yet: F4 searches");
    check("<F15>l", "lines are wrapped: F15 cuts them off");
    check("1", "F13   goes to CI");
    check("<F5>", "F7");
    check("<F4>zzz<F7>", "no match for /zzz/");
    let mut start = Screen::new(80, 24, settings.clone());
    assert!(start.has("F14   opens the demo"), "{}", start.text());
}

#[test]
fn an_own_key_runs_its_action_on_the_screen() {
    for spec in ACTIONS.iter().filter(|spec| spec.when.contains(&Context::List)) {
        let (keymap, _) = Keymap::with([(spec.id, ["Ctrl-F24"])]);
        let mut bound = with(Settings { keymap, ..settings() }, 120, 36);
        let mut usual = with(settings(), 120, 36);
        let Some(key) = spec.keys.first() else { continue };
        for (screen, key) in [(&mut bound, "Ctrl-F24"), (&mut usual, *key)] {
            screen.keys("gjj");
            screen.event(Event::Key(key.parse().unwrap()));
        }
        assert_eq!(bound.effects, usual.effects, "{}", spec.id);
        assert_eq!(bound.app.context(), usual.app.context(), "{}", spec.id);
        assert_eq!(bound.app.message().is_some(), usual.app.message().is_some(), "{}", spec.id);
    }
}
