//! The Firestore tab: what services tell about documents is made here, by hand.

use crate::support::*;
use logdeck::app::event::{Effect, Event, Mouse, MouseKind};
use logdeck::app::{Badge, Colors, FrameNeed, Glyphs, update};
use logdeck::model::address::Tab;
use logdeck::model::documents::{Mode, News, Scope, Want};
use logdeck::model::{Health, OriginId, SourceId, SourceMsg, State, Timestamp};

const SECOND: i64 = 1_000_000_000;
const SOURCE: SourceId = SourceId(0);
const ORIGIN: OriginId = OriginId::new(SOURCE, 0);
const LINK: &str = "https://console.firebase.google.com/v1/r/project/acme-prod/firestore/indexes?create_composite=ClNwcm9qZWN0cy9hY21lLXByb2QvZGF0YWJhc2VzLyhkZWZhdWx0KS9jb2xsZWN0aW9uR3JvdXBzL2dwdF9ydW5uZXJfdHJhZGVzL2luZGV4ZXMvXxABGgoKBnN0YXR1cxABGgsKB3VwZGF0ZWQQAhoMCghfX25hbWVfXxAC";

fn before(seconds: i64) -> Timestamp {
    Timestamp(at(NOW).0 - seconds * SECOND)
}

fn news(screen: &mut Screen, news: News) {
    screen.event(Event::Source(SourceMsg::Documents { source: SOURCE, news }));
}

fn told(screen: &mut Screen, scope: Scope) {
    news(screen, News::Scope(Box::new(scope)));
}

fn scope() -> Scope {
    Scope {
        project: "acme-prod".to_owned(),
        database: "(default)".to_owned(),
        collection: "jobs/*/events".to_owned(),
        account: "logs-reader@acme-prod.iam.gserviceaccount.com".to_owned(),
        mode: Mode::Live,
        documents: 118,
        reads: 412,
        budget: 10_000,
        hour_ends: Some(before(-2_700)),
        has_older: true,
        last: Some(before(1)),
        ..Scope::default()
    }
}

/// A change as sources make it: changed fields and fields are JSON.
fn change(time: &str, severity: &str, op: &str, document: &str, message: &str, changed: &str, fields: &str) -> String {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let changed = if changed.is_empty() { String::new() } else { format!(r#""changed":{changed},"#) };
    format!(
        "{{\"time\":\"2026-11-21T03:{time}Z\",\"severity\":\"{severity}\",\"op\":\"{op}\",\"document\":{},\"message\":{},\"updated\":\"2026-11-21T03:{time}Z\",{changed}\"fields\":{fields}}}\n",
        text(document),
        text(message),
    )
}

fn feed(screen: &mut Screen, line: &str) {
    screen.feed(ORIGIN, line.as_bytes());
}

const PAYLOAD: &str = r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":[1,2,{"deep":true}],"h":"text","i":null,"j":1.5,"k":"NaN","l":"2026-11-21T03:00:00Z","m":{"x":1},"n":""}"#;

fn changes(screen: &mut Screen) {
    let job = |state: &str, attempt: u32, progress: &str, more: &str| {
        format!(
            r#"{{"attempt":{attempt},"state":"{state}","progress":{progress},"owner":"ledger-worker-5d9c"{more},"token":"ghp_16C7e42F292c6912E7710c838347Ae178B4a","payload":{PAYLOAD}}}"#
        )
    };
    let lines = [
        change(
            "11:20.010",
            "info",
            "add",
            "jobs/settle-1121/events/0001",
            "state=started worker=ledger-worker-5d9c",
            "",
            r#"{"state":"started","worker":"ledger-worker-5d9c"}"#,
        ),
        change(
            "11:20.020",
            "info",
            "add",
            "jobs/settle-1121",
            "state=running attempt=1",
            "",
            &job("running", 1, "0.10", ""),
        ),
        change(
            "11:49.772",
            "info",
            "mod",
            "jobs/settle-1121",
            "progress 0.10 -> 0.25",
            r#"{"progress":{"from":0.10,"to":0.25}}"#,
            &job("running", 1, "0.25", ""),
        ),
        change(
            "12:31.305",
            "warn",
            "mod",
            "jobs/settle-1121",
            "attempt 1 -> 2  reason=\"lock timeout\"",
            r#"{"attempt":{"from":1,"to":2},"reason":{"to":"lock timeout"}}"#,
            &job("running", 2, "0.25", r#","reason":"lock timeout""#),
        ),
        change(
            "12:58.900",
            "warn",
            "mod",
            "jobs/settle-1121",
            "attempt 2 -> 3",
            r#"{"attempt":{"from":2,"to":3}}"#,
            &job("running", 3, "0.25", r#","reason":"lock timeout""#),
        ),
        change(
            "13:14.218",
            "error",
            "mod",
            "jobs/settle-1121",
            "state running -> failed  code=DEADLINE_EXCEEDED",
            r#"{"state":{"from":"running","to":"failed"},"code":{"to":"DEADLINE_EXCEEDED"},"reason":{"from":"lock timeout"},"token":{"from":"ghp_26C7e42F292c6912E7710c838347Ae178B4b","to":"ghp_16C7e42F292c6912E7710c838347Ae178B4a"},"payload.m.x":{"from":{"y":1},"to":1}}"#,
            &job("failed", 3, "0.25", r#","code":"DEADLINE_EXCEEDED""#),
        ),
        change(
            "13:14.350",
            "info",
            "add",
            "incidents/inc-4471",
            "severity=2 opened_by=auto service=payments",
            "",
            r#"{"severity":2,"opened_by":"auto","service":"payments"}"#,
        ),
        change(
            "13:40.116",
            "info",
            "mod",
            "incidents/inc-4471",
            "status open -> acknowledged  by=oncall",
            r#"{"status":{"from":"open","to":"acknowledged"},"by":{"to":"oncall"}}"#,
            r#"{"severity":2,"status":"acknowledged","by":"oncall"}"#,
        ),
        change(
            "14:01.007",
            "warn",
            "del",
            "locks/ledger-batch",
            "held 61 s by ledger-worker-5d9c",
            "",
            r#"{"owner":"ledger-worker-5d9c","seconds":61}"#,
        ),
        change("14:05.440", "info", "add", "jobs/settle-1122/events/0001", "state=queued", "", r#"{"state":"queued"}"#),
    ];
    let id = ORIGIN;
    screen.event(Event::Source(SourceMsg::Origin { id, name: "jobs".to_owned() }));
    for line in lines {
        feed(screen, &line);
    }
}

fn open(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.app.open(SOURCE, "firestore:acme-prod/jobs", Tab::Firestore);
    screen
}

/// The night of the mock-up, following.
pub fn night(width: u16, height: u16) -> Screen {
    let mut screen = open(width, height);
    told(&mut screen, scope());
    changes(&mut screen);
    screen.health(0, Health::new(State::Following, "firestore:acme-prod/jobs"));
    screen
}

/// All reads of the hour are spent.
pub fn spent(width: u16, height: u16) -> Screen {
    let mut screen = night(width, height);
    told(&mut screen, Scope { reads: 10_000, mode: Mode::Off, ..scope() });
    screen
}

fn wants(screen: &Screen) -> Vec<&Want> {
    let mut wants = Vec::new();
    for effect in &screen.effects {
        if let Effect::Documents(_, want) = effect {
            wants.push(want);
        }
    }
    wants
}

#[test]
fn changes_as_in_the_mock_up() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut screen = night(width, height);
        snap(format!("documents_{width}x{height}"), &screen.text());
        screen.keys("kkkk");
        snap(format!("documents_change_{width}x{height}"), &screen.text());
        if width == 120 {
            snap("documents_change_120x36_styles", &screen.styles());
        }
        screen.keys("<Tab>GGk");
        snap(format!("documents_focused_{width}x{height}"), &screen.text());
        screen.keys("<Esc>d");
        snap(format!("documents_described_{width}x{height}"), &screen.text());
        screen.keys("<Esc>v");
        assert!(!screen.has("version 5 of 5") && screen.status().contains("the change is hidden"));
        screen.keys("v<Enter>");
        assert!(screen.has("-- Detail") && !screen.has("version 5 of 5"), "{}", screen.text());
    }
}

#[test]
fn colours_and_glyphs_follow_the_terminal() {
    for (name, colors, glyphs) in [("mono", Colors::Mono, Glyphs::Ascii), ("16", Colors::Ansi16, Glyphs::Unicode)] {
        let mut settings = settings();
        settings.caps = caps(colors, glyphs);
        let mut screen = Screen::new(120, 36, settings);
        screen.app.open(SOURCE, "firestore:acme-prod/jobs", Tab::Firestore);
        told(&mut screen, scope());
        changes(&mut screen);
        screen.keys("kkkk<Tab>");
        let styles = screen.styles();
        snap(format!("documents_{name}_styles"), &format!("{}{styles}", screen.text()));
    }
}

#[test]
fn secrets_are_taken_out_until_they_are_wanted() {
    let mut screen = night(120, 36);
    screen.keys("kkkk");
    let text = screen.text();
    assert!(!text.contains("ghp_16C7") && !text.contains("ghp_26C7"), "{text}");
    assert_eq!(text.matches(" token  ").count(), 2, "both sides of the change, and not again below: {text}");
    screen.keys("<Tab>y");
    let [Effect::Copy(json)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!((&value["state"], &value["payload"]["g"][2]["deep"]), (&"failed".into(), &true.into()));
    assert!(value["token"].as_str().unwrap().starts_with("[redacted: "), "{json}");
    screen.keys("R");
    assert!(screen.has("\"ghp_16C7e42F292c6912E7710c838347Ae178B4a\"") && screen.has("secrets shown"));
    screen.keys("R");
    assert!(!screen.has("ghp_16C7"));
}

#[test]
fn a_map_is_expanded_and_folded() {
    let mut screen = night(120, 36);
    screen.keys("kkkk<Tab>G");
    assert!(screen.has("payload    map, 14 fields,") || screen.has("map, 14 fields"), "{}", screen.text());
    screen.keys("<Enter>");
    assert!(screen.has("deep") || screen.has("list, 3 values"), "{}", screen.text());
    screen.keys("<Space>");
    assert!(!screen.has("list, 3 values") && screen.has("map, 14 fields"));
    screen.keys("g<Enter>");
    assert!(screen.status().contains("nothing to expand here"));
    screen.keys("q");
    assert!(screen.has("Tab: focus") && screen.effects.is_empty(), "{}", screen.text());
    screen.keys("<Tab><Esc>");
    assert!(screen.has("Tab: focus") && screen.effects.is_empty(), "{}", screen.text());
}

#[test]
fn what_was_removed_and_added_says_so() {
    let mut screen = night(120, 36);
    screen.keys("k");
    assert!(screen.has(" - owner") && screen.has(" - seconds"), "{}", screen.text());
    screen.keys("j");
    assert!(screen.has("   state     \"queued\"") && !screen.has(" + state"), "{}", screen.text());
}

#[test]
fn what_is_wanted_is_an_effect() {
    let check = |keys: &str, expected: &[Want], said: &str| {
        let mut screen = night(120, 36);
        screen.keys(keys);
        assert_eq!(wants(&screen), expected.iter().collect::<Vec<_>>(), "{keys}");
        assert!(screen.status().contains(said), "{keys}: {}", screen.status());
    };
    check("r", &[Want::Refresh], "asking ...");
    check("<Tab>r", &[Want::Refresh], "asking ...");
    check("[", &[Want::Older], "reading older documents ...");
    check("$", &[], "reads of this hour are left");
    check("o", &[], "this record has one line");
    let mut screen = spent(120, 36);
    assert!(screen.has("no reads left, $: go on, new ones in 45m"), "{}", screen.text());
    screen.keys("$");
    assert_eq!(screen.effects, [Effect::Documents(SOURCE, Want::Spend)]);
    assert!(screen.status().contains("up to 10,000 more reads this hour: they cost money"));
    told(&mut screen, Scope { has_older: false, ..scope() });
    screen.keys("[");
    assert!(screen.effects.len() == 1 && screen.status().contains("there are no older documents"));
}

#[test]
fn the_help_has_the_keys_of_the_pane() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>?");
    snap("help_change_120x36", &screen.text());
}

#[test]
fn modes_are_said() {
    let mut screen = night(120, 36);
    for (mode, words) in
        [(Mode::Live, "live"), (Mode::Polling, "polling"), (Mode::Off, "stopped"), (Mode::Opening, "opening")]
    {
        told(&mut screen, Scope { mode, ..scope() });
        assert!(screen.line("-- Documents").contains(&format!("{words}   10 records")), "{}", screen.text());
    }
}

#[test]
fn loading_empty_and_error_say_who_what_and_when() {
    let mut screen = open(120, 36);
    told(&mut screen, Scope { last: None, mode: Mode::Opening, reads: 0, ..scope() });
    tick(&mut screen, 3);
    assert!(screen.has("Asking for jobs/*/events in acme-prod (default) ... 3s"), "{}", screen.text());
    tick(&mut screen, 9);
    snap("documents_loading_120x36", &screen.text());
    let now = screen.app.now();
    told(&mut screen, Scope { last: Some(now), ..scope() });
    snap("documents_empty_120x36", &screen.text());
    let problem = format!("Firestore needs an index for this query; whoever may create it can do so here: {LINK}");
    let failed = Scope {
        last: None,
        mode: Mode::Off,
        problems: vec![problem],
        next: Some(Timestamp(now.0 + 60 * SECOND)),
        ..scope()
    };
    told(&mut screen, failed.clone());
    for (width, height) in [(120, 36), (80, 24)] {
        screen.event(Event::Resize(width, height));
        let text = screen.text();
        snap(format!("documents_index_{width}x{height}"), &text);
        let joined: String = text.lines().map(str::trim).collect();
        assert!(joined.contains(LINK), "the link is there in full: {text}");
    }
    screen.keys("o");
    assert_eq!(screen.effects, [Effect::OpenPage(LINK.to_owned())]);
    screen.keys("r");
    assert_eq!(screen.effects[1..], [Effect::Documents(SOURCE, Want::Refresh)]);
    // Where changes are shown the whole of it is one key away.
    let mut screen = night(120, 36);
    told(&mut screen, Scope { last: Some(before(200)), ..failed });
    assert!(screen.has("Firestore needs an index") && screen.has("next try in"), "{}", screen.text());
    screen.keys("d");
    let joined: String = screen.text().lines().map(str::trim).collect();
    assert!(joined.contains(LINK));
    screen.keys("<Esc>o");
    assert_eq!(screen.effects, [Effect::OpenPage(LINK.to_owned())]);
    screen.keys("4");
    assert_eq!(screen.app.badge(Tab::Firestore), Badge::Degraded);
}

#[test]
fn texts_of_strangers_are_shown_not_obeyed() {
    let evil = "a\u{1b}[2J\nb\u{202e}c\t日本語 https://x.example/\u{1b}]0;x\u{7}";
    let json = serde_json::to_string(evil).unwrap();
    let mut screen = open(80, 24);
    told(
        &mut screen,
        Scope {
            project: evil.to_owned(),
            database: evil.to_owned(),
            collection: evil.to_owned(),
            account: evil.to_owned(),
            time_field: Some(evil.to_owned()),
            problems: vec![evil.to_owned(), String::new()],
            reads: u64::MAX / 2,
            budget: u64::MAX / 2,
            hour_ends: Some(Timestamp(i64::MIN)),
            ..scope()
        },
    );
    screen.draw();
    screen.event(Event::Source(SourceMsg::Origin { id: ORIGIN, name: evil.to_owned() }));
    let fields = format!(r#"{{{json}:{json},"list":[{json},{{{json}:{json}}}],"map":{{{json}:[]}}}}"#);
    let changed = format!(r#"{{{json}:{{"from":{json},"to":{{{json}:1}}}},"odd":7,"none":{{}}}}"#);
    feed(&mut screen, &change("14:01.007", "error", "mod", evil, evil, &changed, &fields));
    let many: Vec<_> = (0..5_000).map(|n| format!(r#""f{n}":{n}"#)).collect();
    feed(&mut screen, &change("14:02.007", "info", "add", "big/one", "m", "", &format!("{{{}}}", many.join(","))));
    feed(&mut screen, "{\"op\":\"mod\",\"document\":\"broken\",\"fields\":{\"a\":{\"b\":\n");
    feed(&mut screen, "no change at all\n");
    feed(&mut screen, &change("14:03.007", "info", "??", "odd", "m", "[1,2]", "[]"));
    for (width, height) in [(80, 24), (120, 36), (60, 12), (250, 80), (61, 19)] {
        screen.event(Event::Resize(width, height));
        for keys in [
            "g", "<Tab>", "jjj", "<Enter>", "R", "G", "<Tab>", "j", "j", "j", "j", "v", "v", "d", "<Esc>", "<Enter>",
            "<Esc>",
        ] {
            screen.keys(keys);
            let text = screen.text();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{keys}: {text}");
            assert!(!text.contains('\u{202e}'), "{keys}: {text}");
        }
    }
    screen.keys("g<Tab>y");
    for effect in &screen.effects {
        let Effect::Copy(json) = effect else { continue };
        assert!(!json.contains(['\u{1b}', '\u{202e}']), "{json}");
    }
    assert!(screen.effects.iter().all(|effect| *effect != Effect::OpenPage(String::new())));
    news(&mut screen, News::Cannot(evil.to_owned()));
    assert!(screen.status().contains("a<1B>[2J<0A>b<U+202E>c"), "{}", screen.status());
}

#[test]
fn the_pane_goes_with_the_cursor_and_with_what_comes_in() {
    let mut screen = night(120, 36);
    assert!(screen.has("-- jobs/settle-1122/events/0001 --") && screen.has("version 1 of 1"));
    let next = change(
        "14:21.000",
        "info",
        "mod",
        "jobs/settle-1122/events/0001",
        "state queued -> running",
        r#"{"state":{"from":"queued","to":"running"}}"#,
        r#"{"state":"running"}"#,
    );
    feed(&mut screen, &next);
    assert!(screen.has("version 2 of 2") && screen.has(" + state     \"running\""), "{}", screen.text());
    screen.keys("k");
    assert!(screen.has("version 1 of 2"), "{}", screen.text());
    let line = screen.cursor_line();
    feed(&mut screen, &next.replace("14:21", "14:22"));
    assert_eq!(screen.cursor_line(), line);
    assert!(screen.has("version 1 of 3"));
}

#[test]
fn small_screens_have_the_pane_when_it_is_wanted() {
    let mut screen = night(60, 12);
    assert!(!screen.has("version"), "{}", screen.text());
    screen.keys("v");
    assert!(screen.has("version 1 of 1"), "{}", screen.text());
    screen.keys("<Tab>");
    assert!(screen.has("Tab: back"));
}

#[test]
fn the_mouse_goes_to_the_pane() {
    let mut screen = night(120, 36);
    let row = screen.text().lines().position(|line| line.contains("\"queued\"")).unwrap() as u16;
    screen.event(Event::Mouse(Mouse { kind: MouseKind::Click, column: 9, row }));
    assert!(screen.has("Tab: back"), "{}", screen.text());
    assert!(screen.text().lines().nth(usize::from(row)).unwrap().starts_with('>'));
    screen.event(Event::Mouse(Mouse { kind: MouseKind::WheelDown, column: 9, row }));
    screen.event(Event::Mouse(Mouse { kind: MouseKind::Click, column: 9, row: 9 }));
    assert!(screen.has("Tab: focus"));
}

#[test]
fn chosen_columns_stand_beside_those_of_changes() {
    let mut screen = night(120, 36);
    screen.keys(":columns op fields.attempt<Enter>");
    assert!(screen.line("-- Documents").contains("OP") && screen.line("-- Documents").contains("fields.attempt"));
}

#[test]
fn an_idle_tab_is_not_drawn() {
    let mut screen = night(120, 36);
    let start = at(NOW).0 + 600 * SECOND;
    let mut frames = 0;
    for second in 0..300 {
        let now = Timestamp(start + second * SECOND);
        screen.app.set_now(now);
        update(&mut screen.app, Event::Tick(now));
        if screen.app.needs_frame() != FrameNeed::No {
            frames += 1;
            screen.draw();
        }
    }
    assert!(frames <= 18, "{frames} frames in five minutes");
}
