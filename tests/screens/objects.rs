//! The GCS tab: what services tell about objects is made here, by hand.

use crate::support::*;
use logdeck::app::event::{Effect, Event, Mouse, MouseKind};
use logdeck::app::{Badge, Colors, FrameNeed, Glyphs, update};
use logdeck::model::address::Tab;
use logdeck::model::objects::{News, Object, ObjectKey, ObjectState, Scope, Want};
use logdeck::model::{Health, OriginId, SourceId, SourceMsg, State, Timestamp};

const SECOND: i64 = 1_000_000_000;
const MIB: u64 = 1 << 20;
const SOURCE: SourceId = SourceId(0);
const PREFIX: &str = "payments/2026/11/21/";

fn before(seconds: i64) -> Timestamp {
    Timestamp(at(NOW).0 - seconds * SECOND)
}

pub fn news(screen: &mut Screen, news: News) {
    news_of(screen, SOURCE, news);
}

fn news_of(screen: &mut Screen, source: SourceId, news: News) {
    screen.event(Event::Source(SourceMsg::Objects { source, news }));
}

fn key(name: &str) -> ObjectKey {
    ObjectKey { bucket: "acme-prod-logs".to_owned(), name: format!("{PREFIX}{name}"), generation: 1_795_230_848_000 }
}

fn object(name: &str, time: &str, size: u64, state: ObjectState) -> Object {
    Object { key: key(name), size, updated: Some(at(&format!("2026-11-21T{time}Z"))), state, ..Object::default() }
}

fn with_lines(mut object: Object, origin: u32, records: u64) -> Object {
    (object.origin, object.records) = (Some(OriginId::new(SOURCE, origin)), records);
    object
}

fn scope() -> Scope {
    Scope {
        address: format!("gs://acme-prod-logs/{PREFIX}"),
        account: "logs-reader@acme-prod.iam.gserviceaccount.com".to_owned(),
        objects: 14,
        new: 3,
        progress: Some((61 * MIB, 38 * MIB + MIB / 5)),
        has_older: true,
        last: Some(before(1)),
        ..Scope::default()
    }
}

fn denied() -> ObjectState {
    let why = "403 no storage.objects.get for logs-reader@acme-prod.iam.gserviceaccount.com".to_owned();
    ObjectState::Failed { why, next: None }
}

/// The objects of the mock-up, in no order, and those that the names of states do not show.
fn list() -> Vec<Object> {
    let reading = ObjectState::Reading { done: 41 * MIB * 51 / 1000 + 1000, rate: 21 * MIB / 10 };
    let partial = ObjectState::Partial { done: 2 * MIB, why: "64 MiB limit".to_owned(), has_more: true };
    vec![
        with_lines(
            object("ledger-worker/03/part-0007.ndjson.gz", "03:11:40", 27 * MIB / 10, ObjectState::Read),
            2,
            9_870,
        ),
        with_lines(object("ledger-worker/03/part-0006.ndjson.gz", "03:10:02", 26 * MIB / 10, partial), 3, 9_001),
        with_lines(object("payments-api/03/part-0014.ndjson.gz", "03:14:08", 41 * MIB / 10, reading), 0, 17_202),
        object("edge/03/part-0031.log", "03:08:31", 911 << 10, denied()),
        with_lines(object("payments-api/03/part-0013.ndjson.gz", "03:12:57", 8 * MIB, ObjectState::Read), 1, 48_112),
        object("edge/03/part-0030.log", "02:58:30", 900 << 10, ObjectState::Queued),
        object("edge/03/part-0029.log", "02:48:30", 900 << 10, ObjectState::Left("older than 24 h".to_owned())),
    ]
}

fn lines(screen: &mut Screen) {
    let names = [
        "payments-api/03/part-0014.ndjson.gz",
        "payments-api/03/part-0013.ndjson.gz",
        "ledger-worker/03/part-0007.ndjson.gz",
        "ledger-worker/03/part-0006.ndjson.gz",
    ];
    for (n, name) in names.iter().enumerate() {
        let id = OriginId::new(SOURCE, n as u32);
        screen.event(Event::Source(SourceMsg::Origin { id, name: (*name).to_owned() }));
    }
    for (n, time, level, text) in [
        (1, "13:58.104", "error", "charge failed: upstream deadline exceeded after 2000 ms"),
        (1, "13:58.231", "warn", "retry 1/3 for charge"),
        (1, "13:59.011", "info", "GET /healthz 200 3ms"),
        (0, "13:59.377", "error", "circuit breaker OPEN target=ledger.internal:443 failures=50/50"),
        (0, "14:00.120", "error", "panic recovered: nil pointer in ledger.(*Client).Post"),
        (2, "14:03.001", "info", "batch 5512 committed rows=500 in 48ms"),
        (0, "14:04.915", "warn", "p99 latency 2.31 s over objective 0.80 s"),
        (3, "14:05.002", "info", "batch 5513 committed rows=500 in 51ms"),
        (0, "14:07.003", "error", "charge failed: circuit open"),
    ] {
        let line = format!(r#"{{"time":"2026-11-21T03:{time}Z","level":"{level}","msg":"{text}"}}"#);
        screen.feed(OriginId::new(SOURCE, n), format!("{line}\n").as_bytes());
    }
}

fn open(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.app.open(SOURCE, format!("gs://acme-prod-logs/{PREFIX}"), Tab::Gcs);
    screen
}

/// The night of the mock-up, following.
pub fn night(width: u16, height: u16) -> Screen {
    let mut screen = open(width, height);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(&mut screen, News::Objects(list()));
    lines(&mut screen);
    screen.health(0, Health::new(State::Following, "gs://acme-prod-logs/"));
    screen
}

fn wants(screen: &Screen) -> Vec<&Want> {
    let mut wants = Vec::new();
    for effect in &screen.effects {
        if let Effect::Objects(_, want) = effect {
            wants.push(want);
        }
    }
    wants
}

#[test]
fn objects_as_in_the_mock_up() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut screen = night(width, height);
        snap(format!("objects_{width}x{height}"), &screen.text());
        if width == 120 {
            snap("objects_120x36_styles", &screen.styles());
        }
        screen.keys("<Tab>");
        snap(format!("objects_list_{width}x{height}"), &screen.text());
        screen.keys("jjjj");
        snap(format!("objects_failed_{width}x{height}"), &screen.text());
        screen.keys("d");
        snap(format!("objects_described_{width}x{height}"), &screen.text());
        let text = "Metadata:\n  content-type\tapplication/gzip\n  storage class\tSTANDARD \u{1b}[2J".to_owned();
        news(&mut screen, News::Described { object: key("edge/03/part-0031.log"), text });
        assert!(screen.has("content-type") && screen.has("<1B>[2J") && !screen.has("asking the service"));
        screen.keys("<Esc>");
        assert!(screen.has("-- part-0031.log: 403 no storage") || screen.has("edge/03/part-0031.log: 403"));
    }
}

#[test]
fn colours_and_glyphs_follow_the_terminal() {
    for (name, colors, glyphs) in [("mono", Colors::Mono, Glyphs::Ascii), ("16", Colors::Ansi16, Glyphs::Unicode)] {
        let mut settings = settings();
        settings.caps = caps(colors, glyphs);
        let mut screen = Screen::new(120, 36, settings);
        screen.app.open(SOURCE, "gs://acme-prod-logs/", Tab::Gcs);
        news(&mut screen, News::Scope(Box::new(scope())));
        news(&mut screen, News::Objects(list()));
        screen.keys("<Tab>");
        let styles = screen.styles();
        snap(format!("objects_{name}_styles"), &format!("{}{styles}", screen.text()));
    }
}

#[test]
fn marks_choose_whose_lines_are_shown() {
    let mut screen = night(120, 36);
    screen.keys("<Tab><Space><Space>");
    assert!(screen.has("part-0014 + part-0013   7 of 9 records"), "{}", screen.text());
    assert!(screen.status().contains("filter objects part-0014, part-0013"));
    assert!(!screen.has("batch 5512") && screen.has("circuit breaker OPEN"));
    screen.keys("<Esc>");
    assert!(screen.has("9 records"), "marks are one step: {}", screen.text());
    screen.keys("<Space>a");
    assert!(screen.has("9 records") && screen.status().contains("the lines of all objects are shown"));
    screen.keys("gjj<Enter>");
    assert!(screen.has("batch 5512") && !screen.has("circuit breaker"), "{}", screen.text());
    assert!(screen.status().contains("only this object's lines: Esc goes back"));
    screen.keys("<Esc>");
    assert!(screen.has("9 records") && screen.has("Space: mark"), "back in the list: {}", screen.text());
}

#[test]
fn a_marked_object_without_lines_shows_none_and_then_its_own() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>jjjj<Enter>");
    assert!(screen.has("No line so far from object part-0031."), "{}", screen.text());
    assert!(screen.has("edge/03/part-0031.log   failed: 403 no storage.objects.get"));
    let id = OriginId::new(SOURCE, 9);
    screen.event(Event::Source(SourceMsg::Origin { id, name: "edge/03/part-0031.log".to_owned() }));
    let read = with_lines(object("edge/03/part-0031.log", "03:08:31", 911 << 10, ObjectState::Read), 9, 1);
    news(&mut screen, News::Objects(vec![read]));
    screen.feed(id, b"2026-11-21T03:14:10Z INFO edge is up\n");
    assert!(screen.has("edge is up") && !screen.has("circuit breaker"), "{}", screen.text());
}

#[test]
fn what_is_wanted_is_an_effect() {
    let check = |keys: &str, expected: &[Want], said: &str| {
        let mut screen = night(120, 36);
        screen.keys(keys);
        assert_eq!(wants(&screen), expected.iter().collect::<Vec<_>>(), "{keys}");
        assert!(screen.status().contains(said), "{keys}: {}", screen.status());
    };
    let of = |name: &str| key(name);
    let newest = || of("payments-api/03/part-0014.ndjson.gz");
    check("r", &[Want::Refresh], "listing objects, and trying again what failed ...");
    check("<Tab>r", &[Want::Refresh], "trying again what failed");
    check("[", &[Want::Older], "reading older objects ...");
    check("<Tab>[", &[Want::Older], "reading older objects ...");
    check("<Tab>o", &[], "this object is being read");
    check("<Tab>jo", &[], "all of this object was read");
    check("<Tab>jjjo", &[Want::Read(of("ledger-worker/03/part-0006.ndjson.gz"))], "reading more of it ...");
    check("<Tab>jjjjo", &[Want::Read(of("edge/03/part-0031.log"))], "trying again ...");
    check("<Tab>Go", &[Want::Read(of("edge/03/part-0029.log"))], "reading it ...");
    check("<Tab>d", &[Want::Describe(newest())], "");
    check("d", &[Want::Describe(newest())], "");
    check("<Tab><Esc>", &[Want::Stop(newest())], "no more is read of this object: o goes on");
    check("<Tab>j<Esc>", &[], "");
    check("<Tab>+<Esc>", &[], "filter dropped");
    check("ko", &[Want::Read(of("ledger-worker/03/part-0006.ndjson.gz"))], "reading more of it ...");
    check("<Ctrl-c>", &[Want::StopAll], "no more is read of 2 objects");
    check(":stop-reading<Enter>", &[Want::StopAll], "no more is read of 2 objects");
    let mut screen = night(120, 36);
    screen.keys("<Ctrl-c><Ctrl-c>");
    assert_eq!(screen.effects, [Effect::Objects(SOURCE, Want::StopAll), Effect::Quit]);
    let mut all = scope();
    all.has_older = false;
    let mut screen = night(120, 36);
    news(&mut screen, News::Scope(Box::new(all)));
    screen.keys("[");
    assert!(wants(&screen).is_empty() && screen.status().contains("there are no older objects"));
}

#[test]
fn the_help_has_the_keys_of_the_list() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>?");
    snap("help_objects_120x36", &screen.text());
}

#[test]
fn loading_empty_and_error_say_who_what_and_when() {
    let mut screen = open(120, 36);
    news(
        &mut screen,
        News::Scope(Box::new(Scope { is_listing: true, last: None, objects: 0, new: 0, progress: None, ..scope() })),
    );
    tick(&mut screen, 3);
    assert!(screen.has("Listing objects under gs://acme-prod-logs/payments/2026/11/21/ ... 3s"), "{}", screen.text());
    tick(&mut screen, 9);
    snap("objects_loading_120x36", &screen.text());
    let empty = Scope { objects: 0, new: 0, progress: None, last: Some(screen.app.now()), ..scope() };
    news(&mut screen, News::Scope(Box::new(empty)));
    snap("objects_empty_120x36", &screen.text());
    let now = screen.app.now();
    let failed = Scope {
        objects: 0,
        new: 0,
        progress: None,
        last: None,
        problems: vec![
            "403 Forbidden: logs-reader@acme-prod.iam.gserviceaccount.com has no storage.objects.list on bucket acme-prod-logs; grant roles/storage.objectViewer.".to_owned(),
        ],
        next: Some(Timestamp(now.0 + 60 * SECOND)),
        ..scope()
    };
    news(&mut screen, News::Scope(Box::new(failed.clone())));
    for (width, height) in [(120, 36), (80, 24)] {
        screen.event(Event::Resize(width, height));
        snap(format!("objects_error_{width}x{height}"), &screen.text());
    }
    tick(&mut screen, 55);
    assert!(screen.has("Next try in 5s; r tries now.") && screen.has("next try in 5s"), "{}", screen.text());
    // What was listed before stays, and says how old it is.
    let mut screen = night(120, 36);
    news(&mut screen, News::Scope(Box::new(Scope { last: Some(before(80)), ..failed })));
    assert!(screen.has("403 Forbidden: logs-reader"), "{}", screen.text());
    assert!(screen.has("part-0013.ndjson.gz"));
    screen.keys("4");
    assert_eq!(screen.app.badge(Tab::Gcs), Badge::Degraded);
}

#[test]
fn everything_left_out_says_why_and_how_to_read_it() {
    let mut screen = open(80, 24);
    news(&mut screen, News::Scope(Box::new(Scope { objects: 1, new: 0, progress: None, ..scope() })));
    let left = ObjectState::Left("older than 24 h".to_owned());
    news(
        &mut screen,
        News::Objects(vec![Object { updated: Some(before(100_800)), ..object("a.log", "00:00:00", 10, left) }]),
    );
    snap("objects_left_80x24", &screen.text());
}

#[test]
fn several_prefixes_are_one_list() {
    let mut screen = open(120, 36);
    let other = SourceId(1);
    screen.app.open(other, "gs://acme-prod-logs/trades/", Tab::Gcs);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(&mut screen, News::Objects(list()));
    let trades = Scope { address: "gs://acme-prod-logs/trades/".to_owned(), objects: 2, ..scope() };
    news_of(&mut screen, other, News::Scope(Box::new(trades.clone())));
    assert!(screen.has("gs://acme-prod-logs/trades/: no objects"), "{}", screen.text());
    let mut trade = object("x", "03:13:30", 77, ObjectState::Read);
    trade.key.name = "trades/2026-11-21.csv".to_owned();
    news_of(&mut screen, other, News::Objects(vec![trade]));
    let failed = Scope { problems: vec!["429 Too Many Requests".to_owned()], next: Some(before(-9)), ..trades };
    news_of(&mut screen, other, News::Scope(Box::new(failed)));
    screen.keys("<Tab>");
    snap("objects_several_120x36", &screen.text());
    screen.keys("r");
    assert_eq!(screen.effects, [SOURCE, other].map(|source| Effect::Objects(source, Want::Refresh)));
}

#[test]
fn ten_thousand_objects_are_told_piece_by_piece() {
    let mut screen = open(120, 36);
    news(&mut screen, News::Scope(Box::new(scope())));
    let many = |from: i64| {
        let one = |n: i64| Object {
            updated: Some(before(n)),
            ..object(&format!("p-{n:05}"), "00:00:00", 9, ObjectState::Listed)
        };
        (from..from + 1_000).map(one).collect()
    };
    for page in 0..10 {
        news(&mut screen, News::Objects(many(page * 1_000)));
    }
    screen.keys("<Tab>G");
    assert!(screen.has("10,000 of 10,000") && screen.has("p-09999"), "{}", screen.text());
    let line = screen.line("p-09998");
    news(&mut screen, News::Objects(vec![object("newest", "03:14:21", 5, ObjectState::Queued)]));
    assert!(screen.has("10,001 of 10,001") && screen.line("p-09998") == line);
    screen.keys("g");
    assert!(screen.has("newest"));
    let keys = (0..9_990).map(|n| key(&format!("p-{n:05}"))).collect();
    news(&mut screen, News::Forgotten(keys));
    assert!(screen.has("1 of 11") || screen.has("p-09990"), "{}", screen.text());
}

#[test]
fn rows_below_the_cursor_stay_where_they_are() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>jj");
    let text = screen.text();
    let row = |text: &str| text.lines().position(|line| line.starts_with(" >")).unwrap();
    news(&mut screen, News::Objects(vec![object("new.log", "03:14:20", 5, ObjectState::Queued)]));
    let after = screen.text();
    assert_eq!((row(&text), text.lines().nth(row(&text))), (row(&after), after.lines().nth(row(&after))), "{after}");
}

#[test]
fn names_of_strangers_are_shown_not_obeyed() {
    let mut screen = open(80, 24);
    let evil = "a\u{1b}[2J\nb\u{202e}c\t日本語";
    let mut told = scope();
    (told.address, told.account) = (format!("gs://{evil}/"), evil.to_owned());
    told.problems = vec![format!("no {evil}"), "second".to_owned()];
    news(&mut screen, News::Scope(Box::new(told)));
    let states = [
        ObjectState::Left(evil.to_owned()),
        ObjectState::Failed { why: evil.to_owned(), next: Some(before(-5)) },
        ObjectState::Partial { done: u64::MAX, why: evil.to_owned(), has_more: true },
        ObjectState::Reading { done: u64::MAX, rate: u64::MAX },
    ];
    let objects = states.into_iter().enumerate().map(|(n, state)| {
        let mut object = object("x", "03:00:00", n as u64 * 3, state);
        object.key = ObjectKey { bucket: evil.to_owned(), name: format!("{evil}{n}"), generation: i64::MIN };
        object
    });
    let objects: Vec<_> = objects.collect();
    news(&mut screen, News::Objects(objects.clone()));
    for size in [(80, 24), (120, 36), (60, 12), (250, 80)] {
        screen.event(Event::Resize(size.0, size.1));
        for keys in ["<Tab>", "j", "<Space>", "d", "<Esc>", "j", "<Enter>", "<Esc>", "/x<Enter>", "<Tab>", "r"] {
            screen.keys(keys);
            let text = screen.text();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{keys}: {text}");
            assert!(!text.contains('\u{202e}'), "{keys}: {text}");
        }
    }
    news(&mut screen, News::Described { object: objects[0].key.clone(), text: evil.to_owned() });
    news(&mut screen, News::Cannot(evil.to_owned()));
    assert!(screen.status().contains("a<1B>[2J<0A>b<U+202E>c"), "{}", screen.status());
}

#[test]
fn the_mouse_goes_to_an_object() {
    let mut screen = night(120, 36);
    let text = screen.text();
    let row = text.lines().position(|line| line.contains("part-0007")).unwrap() as u16;
    screen.event(Event::Mouse(Mouse { kind: MouseKind::Click, column: 30, row }));
    let text = screen.text();
    assert!(text.lines().nth(usize::from(row)).unwrap().starts_with(" >"), "{text}");
    screen.event(Event::Mouse(Mouse { kind: MouseKind::WheelDown, column: 30, row }));
    assert!(screen.line("part-0029").starts_with(" >") || screen.line("part-0030").starts_with(" >"));
    let lines = text.lines().position(|line| line.contains("circuit breaker OPEN")).unwrap() as u16;
    screen.event(Event::Mouse(Mouse { kind: MouseKind::Click, column: 30, row: lines }));
    assert!(screen.has("Tab: to the objects") && screen.cursor_of_lines().contains("circuit breaker"));
}

#[test]
fn an_idle_list_is_not_drawn() {
    let mut screen = night(120, 36);
    screen.draw();
    let mut frames = 0;
    for second in 0..60 {
        let now = Timestamp(at(NOW).0 + (second + 1) * SECOND);
        screen.app.set_now(now);
        update(&mut screen.app, Event::Tick(now));
        // The service answers every five seconds, and nothing is new.
        if second % 5 == 0 {
            update(
                &mut screen.app,
                Event::Source(SourceMsg::Objects {
                    source: SOURCE,
                    news: News::Scope(Box::new(Scope { last: Some(now), ..scope() })),
                }),
            );
        }
        let before = screen.app.needs_frame();
        if before != FrameNeed::No {
            frames += 1;
            screen.draw();
        }
    }
    assert!(frames <= 22, "{frames} frames in a minute");
}
