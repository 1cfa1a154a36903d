//! The Pods tab: what clusters tell is made here, by hand.

use crate::support::*;
use logdeck::app::event::{Effect, Event, Mouse, MouseKind};
use logdeck::app::{Badge, Colors, Glyphs};
use logdeck::model::address::Tab;
use logdeck::model::plugin::{Plugin, Variable};
use logdeck::model::pods::{
    Change, Condition, Container, ContainerKind, Exit, News, Places, Pod, PodKey, Scope, StreamState, Want,
};
use logdeck::model::{OriginId, SourceId, SourceMsg, Timestamp};
use std::sync::Arc;

const SECOND: i64 = 1_000_000_000;
const SOURCE: SourceId = SourceId(0);

fn before(seconds: i64) -> Timestamp {
    Timestamp(at(NOW).0 - seconds * SECOND)
}

pub fn news(screen: &mut Screen, news: News) {
    news_of(screen, SOURCE, news);
}

fn news_of(screen: &mut Screen, source: SourceId, news: News) {
    screen.event(Event::Source(SourceMsg::Pods { source, news }));
}

fn key(name: &str) -> PodKey {
    PodKey { namespace: "payments".to_owned(), name: name.to_owned(), uid: format!("uid-{name}") }
}

fn container(name: &str, origin: u32) -> Container {
    Container {
        name: name.to_owned(),
        image: format!("registry.example/{name}:1.5.0"),
        state: "Running".to_owned(),
        is_ready: true,
        started: Some(before(180)),
        origins: vec![OriginId::new(SOURCE, origin)],
        stream: StreamState::Following,
        ..Container::default()
    }
}

fn pod(name: &str, condition: Condition, containers: Vec<Container>) -> Pod {
    Pod {
        key: key(name),
        short: name.rsplit('-').next().unwrap_or_default().to_owned(),
        state: "Running".to_owned(),
        condition,
        ready: (containers.len() as u32, containers.len() as u32),
        node: "gke-eu1-b-77".to_owned(),
        created: Some(before(7300)),
        owner: Some(("Deployment".to_owned(), "payments-api".to_owned())),
        containers,
        ..Pod::default()
    }
}

fn killed() -> Exit {
    Exit {
        reason: "OOMKilled".to_owned(),
        code: 137,
        message: String::new(),
        started: Some(before(89)),
        ended: Some(before(41)),
    }
}

pub fn scope() -> Scope {
    Scope {
        context: "prod-eu1".to_owned(),
        namespace: "payments".to_owned(),
        server: "https://10.0.0.1:6443".to_owned(),
        last: Some(before(0)),
        ..Scope::default()
    }
}

/// The pods of the mock-up: one crashes, one was restarted, one waits.
fn list() -> Vec<Pod> {
    let mut crashing = pod(
        "payments-api-7d9f5c-2xkq9",
        Condition::Failing,
        vec![
            Container {
                state: "CrashLoopBackOff".to_owned(),
                message: "back-off 2m40s restarting failed container".to_owned(),
                is_ready: false,
                restarts: 6,
                last_exit: Some(killed()),
                stream: StreamState::Ended,
                ..container("api", 0)
            },
            Container { kind: ContainerKind::Init, ..container("istio", 1) },
        ],
    );
    crashing.state = "CrashLoopBackOff".into();
    crashing.why = "back-off 2m40s restarting failed container".into();
    (crashing.ready, crashing.restarts) = ((1, 2), 6);
    (crashing.restarted, crashing.last_exit) = (Some(before(41)), Some(killed()));
    let mut shaky = pod("payments-api-7d9f5c-8mzlp", Condition::Shaky, vec![container("api", 2)]);
    (shaky.restarts, shaky.restarted, shaky.last_exit) = (5, Some(before(185)), Some(killed()));
    let mut waiting = pod(
        "edge-6b8-tt91z",
        Condition::Waiting,
        vec![Container { stream: StreamState::Opening, origins: Vec::new(), ..container("edge", 9) }],
    );
    waiting.state = "Pending".into();
    waiting.why = "0/3 nodes are available: 3 Insufficient memory".into();
    waiting.created = Some(before(250));
    vec![
        crashing,
        shaky,
        waiting,
        pod("ledger-worker-5d9c-hh2v4", Condition::Well, vec![container("worker", 4)]),
        pod("payments-api-7d9f5c-q4w7d", Condition::Well, vec![container("api", 3)]),
    ]
}

fn lines(screen: &mut Screen) {
    let origins = ["2xkq9/api", "2xkq9/istio", "8mzlp/api", "q4w7d/api", "hh2v4/worker"];
    for (n, name) in origins.iter().enumerate() {
        let id = OriginId::new(SOURCE, n as u32);
        screen.event(Event::Source(SourceMsg::Origin { id, name: (*name).to_owned() }));
    }
    let mut feed = |n: u32, time: &str, text: &str| {
        screen.feed(OriginId::new(SOURCE, n), format!("2026-11-21T03:{time}Z {text}\n").as_bytes());
    };
    for minute in 0..13_u32 {
        let many = if minute > 9 { 3 } else { 1 };
        for n in 0..many {
            feed(2, &format!("{minute:02}:1{n}.000"), "INFO POST /v1/charge 200 41ms");
        }
    }
    for (n, time, text) in [
        (2, "13:57.881", "INFO POST /v1/charge 200 41ms"),
        (2, "13:58.104", "ERROR charge failed: upstream deadline exceeded after 2000 ms order=8f21"),
        (0, "14:00.120", "ERROR panic recovered: nil pointer in ledger.(*Client).Post"),
        (1, "14:00.544", "WARN upstream reset before headers reset=connection_termination"),
        (2, "14:12.318", "WARN heap 498 MiB of 512 MiB limit"),
        (3, "14:14.702", "INFO GET /healthz 200 2ms"),
        (3, "14:19.660", "ERROR charge failed: circuit open order=8f52"),
        (4, "14:19.900", "INFO batch 5512 committed rows=500 in 48ms"),
        (2, "14:20.018", "WARN heap 507 MiB of 512 MiB limit"),
        (2, "14:21.940", "ERROR charge failed: circuit open order=8f5e"),
    ] {
        feed(n, time, text);
    }
}

pub fn open(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.app.open(SOURCE, "pods:prod-eu1/payments", Tab::Pods);
    screen
}

/// The night of the mock-up, following.
pub fn night(width: u16, height: u16) -> Screen {
    let mut screen = open(width, height);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(
        &mut screen,
        News::Places(Places {
            contexts: vec!["prod-eu1".to_owned(), "prod-us1".to_owned()],
            namespaces: vec!["default".to_owned(), "payments".to_owned()],
        }),
    );
    news(&mut screen, News::Pods(Arc::new(list())));
    lines(&mut screen);
    news(&mut screen, News::Pods(Arc::new(list())));
    tick(&mut screen, 2);
    screen
}

pub fn wants(screen: &Screen) -> Vec<&Want> {
    let wants = screen.effects.iter().filter_map(|effect| match effect {
        Effect::Pods(_, want) => Some(want),
        _ => None,
    });
    wants.collect()
}

#[test]
fn the_night_of_the_mock_up() {
    for (width, height) in [(120, 36), (80, 24), (60, 12)] {
        let mut screen = night(width, height);
        snap(format!("pods_{width}x{height}"), &screen.text());
    }
    let mut screen = night(120, 36);
    snap("pods_120x36_styles", &screen.styles());
    screen.keys("<Tab>j<Space>");
    snap("pods_list_120x36", &screen.text());
    screen.keys("?");
    snap("pods_help_120x36", &screen.text());
    let mut screen = night(80, 24);
    screen.keys("<Tab>j<Space>");
    snap("pods_list_80x24", &screen.text());
}

#[test]
fn marked_pods_are_the_filter() {
    let mut screen = night(120, 36);
    let all = screen.text();
    screen.keys("<Tab><Space>j<Space>");
    assert!(screen.has("filter pods 2xkq9, tt91z"), "{}", screen.text());
    assert!(screen.has("nil pointer") && !screen.has("heap 507") && screen.has("2 pods marked"), "{}", screen.text());
    // Search and counts follow it, since it is the filter.
    screen.keys("<Tab>/charge<Enter>");
    assert!(screen.status().contains("no match"), "{}", screen.status());
    screen.keys("<Esc><Tab>");
    // Several marks in a row are one step.
    screen.keys("<Esc>");
    assert!(!screen.has("filter pods"), "{}", screen.text());
    screen.keys("<Space>a<Tab>G");
    screen.keys("<Esc>");
    let rows = |text: &str| text.lines().skip(1).take(34).map(str::to_owned).collect::<Vec<_>>();
    screen.keys("<Esc><Esc>G");
    assert_eq!(rows(&screen.text()), rows(&all));
}

#[test]
fn a_restart_of_a_marked_pod_stays_in_the_filter() {
    let mut screen = night(120, 36);
    screen.keys("<Tab><Space><Tab>");
    let mut pods = list();
    pods[0].containers[0].origins.push(OriginId::new(SOURCE, 7));
    news(&mut screen, News::Pods(Arc::new(pods)));
    screen.event(Event::Source(SourceMsg::Origin { id: OriginId::new(SOURCE, 7), name: "2xkq9/api".to_owned() }));
    screen.feed(OriginId::new(SOURCE, 7), b"2026-11-21T03:14:22Z INFO the new run begins\n");
    assert!(screen.has("the new run begins") && screen.has("filter pod 2xkq9"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(!screen.has("filter pod") && screen.has("the new run begins") && screen.has("heap 507"));
    // The list of origins has each container for itself.
    screen.keys("L<Enter>");
    assert!(screen.has("filter origin 8mzlp/api") && !screen.has("marked"), "{}", screen.text());
    screen.keys("<Esc>");
    // A pod without any line shows none, and says why.
    screen.keys("<Tab>j<Enter>");
    assert!(screen.has("No line so far from pod tt91z.") && screen.has("Insufficient memory"), "{}", screen.text());
    screen.keys("q");
    assert!(screen.has("heap 507") && screen.effects.iter().all(|effect| *effect != Effect::Quit));
    screen.keys("k<Enter>");
    assert!(screen.has("filter pod 8mzlp") && !screen.has("nil pointer"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.has("nil pointer") && screen.has("only it"), "{}", screen.text());
}

#[test]
fn rows_stay_under_the_cursor_while_the_list_has_the_keys() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>jjj");
    let line = screen.line(" >  ");
    let y = screen.text().lines().position(|other| other == line);
    let mut pods = list();
    pods.insert(0, pod("new-1-abcde", Condition::Failing, vec![container("api", 8)]));
    pods.swap(1, 4);
    news(&mut screen, News::Pods(Arc::new(pods)));
    assert_eq!(screen.text().lines().position(|other| other == line), y, "{}", screen.text());
    screen.keys("<Tab>");
    let text = screen.text();
    let first = text.lines().skip_while(|line| !line.contains("  POD ")).nth(1).unwrap_or_default();
    assert!(first.contains("new-1-abcde"), "{text}");
}

#[test]
fn what_is_wrong_is_said() {
    // An API server that went away: old lines are stale.
    let mut screen = night(120, 36);
    let away = Scope {
        last: Some(before(12)),
        problems: vec!["the API server https://10.0.0.1:6443 cannot be reached: connection refused".to_owned()],
        next: Some(before(-6)),
        is_insecure: true,
        ..scope()
    };
    news(&mut screen, News::Scope(Box::new(away.clone())));
    let mut pods = list();
    pods[1].containers[0].stream = StreamState::Broken { why: "reset".to_owned(), tries: 3, next: before(-6) };
    pods[4].containers[0].stream = StreamState::Refused(
        "403: pods/log is forbidden; check with kubectl auth can-i get pods/log -n payments".to_owned(),
    );
    news(&mut screen, News::Pods(Arc::new(pods.clone())));
    snap("pods_away_120x36", &screen.text());
    assert!(screen.styles().contains("row 1:"));
    let mut small = night(80, 24);
    news(&mut small, News::Scope(Box::new(away)));
    news(&mut small, News::Pods(Arc::new(pods)));
    snap("pods_away_80x24", &small.text());
    small.keys("1");
    assert_eq!(small.app.badge(Tab::Pods), Badge::Degraded);
}

#[test]
fn without_pods_it_is_said_where_and_what_to_do() {
    let mut screen = open(80, 24);
    news(&mut screen, News::Scope(Box::new(Scope { last: None, selection: "app=api".to_owned(), ..scope() })));
    tick(&mut screen, 3);
    assert!(screen.has("Listing pods in namespace payments of context prod-eu1"), "{}", screen.text());
    tick(&mut screen, 9);
    assert!(screen.has("has not answered since 03:14:22"), "{}", screen.text());
    news(&mut screen, News::Pods(Arc::new(Vec::new())));
    snap("pods_none_80x24", &screen.text());
    let forbidden =
        "403: user ann may not list pods in namespace payments; check with: kubectl auth can-i list pods -n payments";
    let mut screen = open(80, 24);
    news(
        &mut screen,
        News::Scope(Box::new(Scope {
            problems: vec![forbidden.to_owned()],
            next: Some(before(-60)),
            last: None,
            ..scope()
        })),
    );
    snap("pods_forbidden_80x24", &screen.text());
}

#[test]
fn a_pod_is_described() {
    let mut screen = night(120, 36);
    screen.keys("<Tab>d");
    assert_eq!(wants(&screen), [&Want::Describe(key("payments-api-7d9f5c-2xkq9"))]);
    assert!(screen.has("asking the cluster"), "{}", screen.text());
    let text = "Conditions:\n  Ready  False\nEvents:\n  Warning\tBackOff\u{1b}[2J  back-off restarting".to_owned();
    news(&mut screen, News::Described { pod: key("payments-api-7d9f5c-2xkq9"), text: text.clone() });
    snap("pods_described_120x36", &screen.text());
    screen.keys("jj");
    assert!(screen.has("-- Pod payments-api"));
    screen.keys("q");
    assert!(!screen.has("Conditions:") && screen.has("Enter: only it"));
    screen.keys("d");
    news(&mut screen, News::Cannot("403: events is forbidden".to_owned()));
    assert!(screen.has("   403: events is forbidden") && !screen.has("asking the cluster"), "{}", screen.text());
    screen.keys("q");
    // Nobody waits any more.
    news(&mut screen, News::Described { pod: key("payments-api-7d9f5c-2xkq9"), text });
    assert!(!screen.has("Conditions:"));
}

#[test]
fn what_is_wanted_of_the_cluster() {
    let check = |keys: &str, expected: &[Want]| {
        let mut screen = night(120, 36);
        screen.keys(keys);
        let text = screen.text();
        assert_eq!(wants(&screen), expected.iter().collect::<Vec<_>>(), "{keys}\n{text}");
    };
    let previous = |name: &str, container: Option<&str>| Want::Previous {
        pod: key(name),
        container: container.map(str::to_owned),
    };
    check("r", &[Want::Refresh]);
    check("<Tab>p", &[previous("payments-api-7d9f5c-2xkq9", None)]);
    // In the lines the container of the line is meant.
    check("p", &[previous("payments-api-7d9f5c-8mzlp", Some("api"))]);
    check("<Tab>jjjp", &[]);
    check("<Tab>j<Tab>d", &[Want::Describe(key("payments-api-7d9f5c-8mzlp"))]);
    check(":ns kube-system<Enter>", &[Want::Namespace("kube-system".to_owned())]);
    check(":ns *<Enter>", &[Want::Namespace(String::new())]);
    check(":ns <Down><Enter>", &[Want::Namespace("payments".to_owned())]);
    check(":ctx prod-us1<Enter>", &[Want::Context("prod-us1".to_owned())]);
    check(":ctx nowhere<Enter>", &[]);
    let mut screen = night(120, 36);
    screen.keys("<Tab>jjjp");
    assert!(screen.status().contains("no previous run"), "{}", screen.status());
    screen.keys(":ctx nowhere<Enter>");
    assert!(screen.has("no context `nowhere`: there are prod-eu1, prod-us1"), "{}", screen.text());
    news(&mut screen, News::Cannot("no previous run\u{1b}[2J".to_owned()));
    assert!(screen.has("no previous run<1B>[2J"), "{}", screen.text());
}

#[test]
fn two_contexts_are_one_list() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut screen = night(width, height);
        let other = SourceId(1);
        screen.app.open(other, "pods:prod-us1/payments", Tab::Pods);
        let scope = Scope { context: "prod-us1".to_owned(), ..scope() };
        news_of(&mut screen, other, News::Scope(Box::new(scope.clone())));
        assert!(screen.has("prod-us1: listing pods ..."), "{}", screen.text());
        let problems = vec!["403: nodes is forbidden".to_owned()];
        news_of(&mut screen, other, News::Scope(Box::new(Scope { problems, ..scope })));
        let mut pods = vec![pod("payments-api-55c-aaaaa", Condition::Failing, Vec::new())];
        pods[0].state = "ImagePullBackOff".to_owned();
        pods[0].why = "manifest unknown".to_owned();
        news_of(&mut screen, other, News::Pods(Arc::new(pods)));
        snap(format!("pods_two_contexts_{width}x{height}"), &screen.text());
    }
}

#[test]
fn changes_are_marks_below_the_bars() {
    let mut screen = night(120, 36);
    let what = "deployment payments-api: image api:1.4 -> api:1.5\u{1b}[2J";
    news(&mut screen, News::Change(Change { at: at("2026-11-21T03:14:21Z"), what: what.to_owned() }));
    news(&mut screen, News::Change(Change { at: at("2026-11-21T03:05:00Z"), what: "node NotReady".to_owned() }));
    tick(&mut screen, 1);
    snap("pods_changes_120x36", &screen.text());
    screen.keys("B");
    assert!(screen.has("^ deployment payments-api: image api:1.4 -> api:1.5<1B>[2J"), "{}", screen.text());
}

#[test]
fn hostile_names_stay_in_their_columns() {
    for (width, height) in [(120, 36), (80, 24), (60, 12)] {
        let mut screen = open(width, height);
        let evil = format!("\u{1b}]52;c;AAAA\u{7}\u{202e}{}", "x".repeat(240));
        let hostile = Scope {
            context: evil.clone(),
            namespace: evil.clone(),
            selection: evil.clone(),
            server: evil.clone(),
            problems: vec![evil.clone()],
            ..Scope::default()
        };
        news(&mut screen, News::Scope(Box::new(hostile)));
        let mut bad = pod(
            &evil,
            Condition::Failing,
            vec![
                Container { stream: StreamState::Refused(evil.clone()), restarts: u32::MAX, ..container(&evil, 0) },
                container("\n\t", 1),
            ],
        );
        (bad.state, bad.why, bad.short, bad.restarts) = (evil.clone(), evil.clone(), evil.clone(), u32::MAX);
        bad.last_exit = Some(Exit { reason: evil.clone(), message: evil.clone(), ..killed() });
        bad.restarted = Some(Timestamp(i64::MIN));
        news(&mut screen, News::Pods(Arc::new(vec![bad, pod("ok", Condition::Well, Vec::new())])));
        news(&mut screen, News::Change(Change { at: before(1), what: evil.clone() }));
        screen.event(Event::Source(SourceMsg::Origin { id: OriginId::new(SOURCE, 0), name: evil.clone() }));
        screen.feed(OriginId::new(SOURCE, 0), b"2026-11-21T03:14:20Z hello\n");
        for keys in ["", "<Tab><Space>", "d", "q<Enter>", "<Esc>L", "<Esc>B", "<Esc>:ns ", "<Esc>?"] {
            screen.keys(keys);
            let text = screen.text();
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{keys}\n{text:?}");
            assert!(!text.contains('\u{202e}'), "{keys}\n{text}");
        }
        news(
            &mut screen,
            News::MayRun(Plugin {
                context: evil.clone(),
                command: evil.clone(),
                path: None,
                args: vec![evil.clone(); 40],
                env: vec![Variable { name: evil.clone(), value: evil }; 40],
            }),
        );
        screen.keys("<Esc>");
        let text = screen.text();
        assert!(text.contains("Credentials") && text.contains("allow, now and later"), "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
    }
    let mut screen = open(120, 36);
    let long = "n".repeat(253);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(&mut screen, News::Pods(Arc::new(vec![pod(&long, Condition::Well, vec![container("api", 0)])])));
    assert!(screen.has("nnnn~nnnn"), "{}", screen.text());
}

#[test]
fn no_size_panics() {
    for (width, height) in [(1, 1), (60, 12), (61, 13), (79, 17), (80, 20), (99, 23), (200, 60)] {
        let mut screen = night(width, height);
        for keys in [
            "<Tab>",
            "G",
            "<Space>",
            "g<Space>",
            "d",
            "<Esc>",
            "<Enter>",
            "<Esc>",
            "<Tab><Enter>",
            "<Esc>",
            ":pods<Enter>",
            "<Tab>",
        ] {
            screen.keys(keys);
            screen.draw();
        }
    }
}

#[test]
fn without_colours_names_tell_pods_apart() {
    let mut settings = settings();
    settings.caps = caps(Colors::Ansi16, Glyphs::Unicode);
    let mut screen = Screen::new(120, 36, settings);
    screen.app.open(SOURCE, "pods:prod-eu1/payments", Tab::Pods);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(&mut screen, News::Pods(Arc::new(list())));
    lines(&mut screen);
    assert!(!screen.styles().contains('#'), "{}", screen.styles());
    assert!(screen.has(" 8mzlp  api "), "{}", screen.text());
}

#[test]
fn the_mouse_chooses_a_pod_and_a_search_goes_to_the_lines() {
    let mut screen = night(120, 36);
    let y = screen.text().lines().position(|line| line.contains("ledger-worker-5d9c")).unwrap() as u16;
    let click = |screen: &mut Screen, row| {
        screen.event(Event::Mouse(Mouse { kind: MouseKind::Click, column: 10, row }));
    };
    click(&mut screen, y);
    assert!(screen.has(" >  ledger-worker-5d9c-hh2v4"), "{}", screen.text());
    click(&mut screen, 30);
    assert!(!screen.has(" >  ledger") && screen.has("to the pods"), "{}", screen.text());
    screen.keys("<Tab>e");
    assert!(screen.has("to the pods"), "{}", screen.text());
    screen.keys("<Tab>/heap<Enter>");
    assert!(screen.has("to the pods") && screen.has(">03:14:20.018"), "{}", screen.text());
}

#[test]
fn rates_fall_when_nothing_comes() {
    let mut screen = night(120, 36);
    assert!(screen.line("payments-api-7d9f5c-8mzlp").contains(" 0.4 "), "{}", screen.text());
    for _ in 0..8 {
        tick(&mut screen, 1);
    }
    assert!(screen.line("payments-api-7d9f5c-8mzlp").contains("  0  "), "{}", screen.text());
}

#[test]
fn a_list_of_thousands_draws_what_is_seen() {
    let mut screen = night(120, 36);
    let many = (0..2_000).map(|n| pod(&format!("api-{n:04}"), Condition::Well, vec![container("api", n)])).collect();
    news(&mut screen, News::Pods(Arc::new(many)));
    screen.keys("<Tab>G");
    assert!(screen.has("2,000 of 2,000") && screen.has("api-1999"), "{}", screen.text());
}
