//! What the store and the filters cost, on one core. `cargo bench --bench store`.
//!
//! The records are 250 bytes of JSON lines; a million of them are held where a benchmark says so.

use divan::{Bencher, counter::ItemsCount};
use jiff::tz::TimeZone;
use logdeck::app::event::{Effect, Event, Key, KeyCode};
use logdeck::app::view::{Repeats, Scope, SourceSet, View};
use logdeck::app::{App, Settings, update};
use logdeck::model::address::Tab;
use logdeck::model::query::{Pattern, PatternKind};
use logdeck::model::{Batch, Format, Meta, OriginId, Query, Severity, SourceId, SourceMsg, Timestamp};
use logdeck::parse::Parser;
use logdeck::store::Store;
use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const MILLION: usize = 1_000_000;
const ROWS: usize = 512;
const SIZE: usize = 250;

/// A million records of two sources.
static FULL: LazyLock<Store> = LazyLock::new(|| {
    let mut store = Store::new(1 << 30);
    for (round, first) in (0..MILLION).step_by(ROWS).enumerate() {
        let source = SourceId((round % 2) as u16);
        store.append(source, &batch(source, first..(first + ROWS).min(MILLION)));
    }
    assert_eq!(store.len(), MILLION);
    store
});

fn main() {
    report_memory();
    report_filters();
    divan::main();
}

/// Records that look like those of a service: 2 % errors, a user, a path, and padding of words.
fn batch(source: SourceId, numbers: std::ops::Range<usize>) -> Batch {
    let mut batch = Batch::default();
    let mut raw = Vec::new();
    for number in numbers {
        let hash = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let severity = if hash % 50 == 0 { Severity::Error } else { Severity::from_u8(2 + (hash % 3) as u8) };
        let what = if hash % 1000 == 7 { "connection refused" } else { "request completed" };
        raw.clear();
        let written = write!(
            raw,
            r#"{{"time":{number},"level":"{severity}","msg":"{what} by worker {hash:016x}","path":"/api/v1/orders/{number}","user":"u{}","#,
            hash % 977
        );
        assert!(written.is_ok());
        while raw.len() < SIZE - 2 {
            raw.extend_from_slice(b" the quick brown fox jumps over the lazy dog");
        }
        raw.truncate(SIZE - 1);
        raw.push(b'}');
        let meta = Meta {
            order: Timestamp(number as i64 * 1000),
            text: (0, SIZE as u32),
            severity,
            format: Format::Json,
            origin: OriginId::new(source, 0),
            ..Meta::default()
        };
        batch.push(&meta, &raw);
    }
    batch
}

#[expect(clippy::print_stdout, reason = "the report of a benchmark")]
fn report_memory() {
    let budget = 256 << 20;
    let mut store = Store::new(budget);
    let source = SourceId(0);
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    for first in (0..3 * MILLION / 2).step_by(ROWS) {
        let appended = store.append(source, &batch(source, first..first + ROWS));
        view.extend(&store, &appended);
    }
    let records = store.len();
    let raw = records * SIZE;
    let allowed = raw * 115 / 100 + records * 64;
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "a full ring of {} MiB: {records} records, {:.1} MiB raw; store {:.1} MiB, index {:.1} MiB = raw x {:.3}, {:.1} \
         bytes a record beside raw (allowed {:.1} MiB)",
        budget >> 20,
        mib(raw),
        mib(store.bytes()),
        mib(view.allocated()),
        (store.bytes() + view.allocated()) as f64 / raw as f64,
        (store.bytes() + view.allocated() - raw) as f64 / records as f64,
        mib(allowed),
    );
}

/// What a changed filter costs in the app, as the keys see it: until the first screen, until it is complete, and the
/// longest stretch in which no key is looked at.
#[expect(clippy::print_stdout, reason = "the report of a benchmark")]
fn report_filters() {
    let mut app = App::new(Settings { memory: 1 << 30, ..Settings::default() });
    let _ = update(&mut app, Event::Resize(120, 36));
    for (round, first) in (0..MILLION).step_by(ROWS).enumerate() {
        let source = SourceId((round % 2) as u16);
        if round < 2 {
            app.open(source, "bench", Tab::Ci);
        }
        let batch = batch(source, first..(first + ROWS).min(MILLION));
        let _ = update(&mut app, Event::Source(SourceMsg::Batch { source, batch }));
    }
    let key = |code| Event::Key(Key { code, ctrl: false, alt: false, shift: false });
    let enter = || vec![key(KeyCode::Enter)];
    let typed = |text: &str| -> Vec<Event> { text.chars().map(|c| key(KeyCode::Char(c))).collect() };
    let escape = || vec![key(KeyCode::Esc)];
    let pane = |text: &str| -> Vec<Event> {
        // To the row of the text; a paste tries the filter once.
        let to_text = (0..3).map(|_| key(KeyCode::Tab));
        typed("F").into_iter().chain(to_text).chain([Event::Paste(text.to_owned())]).collect()
    };
    let cases: Vec<(&str, Vec<Event>, Vec<Event>)> = vec![
        ("sev>=INF", typed("+++"), escape()),
        ("sev>=ERR", typed("+++++"), escape()),
        ("text connection refused", pane("connection refused"), enter()),
        ("text worker", pane("worker"), enter()),
        ("regex refused by", pane(r"connection (refused|reset) by \w+"), enter()),
        ("regex alternatives", pane(r"(timeout|refused|reset).*orders/\d+7\b"), enter()),
        ("regex without literal", pane(r#""u\d{3}", the"#), enter()),
        ("collapse", typed("D"), typed("D")),
        ("sev>=ERR, 3 lines around", typed("+++++C"), escape()),
        ("sev>=ERR, the rest dim", typed("+++++CC"), escape()),
        ("sev>=ERR, 3 lines around, collapsed", typed("D+++++C"), typed("D")),
        ("no filter: the histogram", typed("H"), typed("H")),
        ("no filter: the list of origins", typed("L"), escape()),
    ];
    println!("a changed filter over {MILLION} records: first screen, complete, longest slice");
    for (name, keys, after) in cases {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let mut rounds: Vec<[f64; 3]> = Vec::new();
        for _ in 0..5 {
            let (last, before) = keys.split_last().map_or((None, &[][..]), |(last, before)| (Some(last), before));
            for event in before {
                finish(&mut app, event.clone());
            }
            let Some(last) = last.cloned() else { continue };
            let began = Instant::now();
            let (first, longest) = finish(&mut app, last);
            rounds.push([ms(first), ms(began.elapsed()), ms(longest)]);
            for event in &after {
                finish(&mut app, event.clone());
            }
            for _ in 0..3 {
                finish(&mut app, key(KeyCode::Esc));
            }
        }
        rounds.sort_by(|a, b| a[1].total_cmp(&b[1]));
        let [first, complete, longest] = rounds[rounds.len() / 2];
        println!("  {name:<36} {first:8.1} ms {complete:8.1} ms {longest:8.1} ms");
    }
}

/// An event and the ticks that it asks for: how long the event took, and the longest of all.
fn finish(app: &mut App, event: Event) -> (Duration, Duration) {
    let began = Instant::now();
    let mut effects = update(app, event);
    let first = began.elapsed();
    let mut longest = first;
    while effects.contains(&Effect::Continue) {
        let began = Instant::now();
        let now = app.now();
        effects = update(app, Event::Tick(now));
        longest = longest.max(began.elapsed());
    }
    (first, longest)
}

#[divan::bench(sample_count = 20)]
fn push_into_a_full_ring(bencher: Bencher<'_, '_>) {
    let batch = batch(SourceId(0), 0..ROWS);
    let mut store = Store::new(64 << 20);
    for _ in 0..1000 {
        store.append(SourceId(0), &batch);
    }
    bencher.counter(ItemsCount::new(ROWS * 1000)).bench_local(|| {
        for _ in 0..1000 {
            divan::black_box(store.append(SourceId(0), &batch));
        }
    });
}

#[divan::bench(sample_count = 10)]
fn push_into_an_empty_ring(bencher: Bencher<'_, '_>) {
    let batch = batch(SourceId(0), 0..ROWS);
    bencher.counter(ItemsCount::new(ROWS * 1000)).with_inputs(|| Store::new(256 << 20)).bench_local_values(
        |mut store| {
            for _ in 0..1000 {
                divan::black_box(store.append(SourceId(0), &batch));
            }
            store
        },
    );
}

/// Every batch is of the same moment as those before: it goes in everywhere in the index.
#[divan::bench(sample_count = 5)]
fn push_the_same_moment_with_a_view(bencher: Bencher<'_, '_>) {
    let batch = batch(SourceId(0), 0..ROWS);
    let mut store = Store::new(64 << 20);
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    bencher.counter(ItemsCount::new(ROWS * 1000)).bench_local(|| {
        for _ in 0..1000 {
            let appended = store.append(SourceId(0), &batch);
            view.extend(&store, &appended);
        }
    });
}

#[divan::bench(sample_count = 20)]
fn push_with_a_view(bencher: Bencher<'_, '_>) {
    push_rounds(bencher, 0, Repeats::Apart);
}

#[divan::bench(sample_count = 20)]
fn push_with_a_view_that_collapses(bencher: Bencher<'_, '_>) {
    push_rounds(bencher, 0, Repeats::Collapsed);
}

/// Two sources whose times overlap, one of them always late: every second batch goes in among those of the other.
#[divan::bench(sample_count = 20)]
fn push_late_with_a_view(bencher: Bencher<'_, '_>) {
    push_rounds(bencher, 2000, Repeats::Apart);
}

#[divan::bench(sample_count = 20)]
fn push_late_with_a_view_that_collapses(bencher: Bencher<'_, '_>) {
    push_rounds(bencher, 2000, Repeats::Collapsed);
}

/// Two sources in turn, the second one `late` records behind.
fn push_rounds(bencher: Bencher<'_, '_>, late: usize, repeats: Repeats) {
    const ROUNDS: usize = 200;
    let mut store = Store::new(64 << 20);
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    view.set_repeats(repeats, &store);
    let mut next = late;
    let batches = move || {
        let first = next;
        next += ROUNDS / 2 * ROWS;
        let number = |round: usize| first + round / 2 * ROWS - round % 2 * late;
        (0..ROUNDS)
            .map(|round| batch(SourceId((round % 2) as u16), number(round)..number(round) + ROWS))
            .collect::<Vec<_>>()
    };
    bencher.counter(ItemsCount::new(ROWS * ROUNDS)).with_inputs(batches).bench_local_values(|rounds| {
        for (round, batch) in rounds.iter().enumerate() {
            let appended = store.append(SourceId((round % 2) as u16), batch);
            view.extend(&store, &appended);
        }
        rounds
    });
}

#[divan::bench]
fn snapshot_of_a_million(bencher: Bencher<'_, '_>) {
    let store = &*FULL;
    bencher.bench_local(|| store.snapshot());
}

fn refilter(bencher: Bencher<'_, '_>, query: &Query, expected: std::ops::Range<usize>) {
    let store = &*FULL;
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    bencher.counter(ItemsCount::new(MILLION)).bench_local(|| {
        assert!(view.set_query(query.clone(), [], store).is_ok());
        while view.advance(store, 4096).left > 0 {}
    });
    assert!(expected.contains(&view.len()), "{}", view.len());
}

fn grep(source: &str, kind: PatternKind) -> Query {
    Query { grep: vec![Pattern { source: source.to_owned(), kind }], ..Query::default() }
}

#[divan::bench]
fn refilter_severity_and_time(bencher: Bencher<'_, '_>) {
    let since = Some(Timestamp(MILLION as i64 * 100));
    let query = Query { min_severity: Severity::Error, since, ..Query::default() };
    refilter(bencher, &query, 10_000..30_000);
}

#[divan::bench]
fn refilter_severity_half_passes(bencher: Bencher<'_, '_>) {
    let since = Some(Timestamp(1000));
    let query = Query { min_severity: Severity::Info, since, ..Query::default() };
    refilter(bencher, &query, 600_000..700_000);
}

#[divan::bench]
fn refilter_everything(bencher: Bencher<'_, '_>) {
    refilter(bencher, &Query::default(), MILLION..MILLION + 1);
}

#[divan::bench(sample_count = 20)]
fn refilter_literal_rare(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep("connection refused", PatternKind::Literal), 500..1500);
}

#[divan::bench(sample_count = 20)]
fn refilter_literal_everywhere(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep("worker", PatternKind::Literal), MILLION..MILLION + 1);
}

#[divan::bench(sample_count = 20)]
fn refilter_literal_ignoring_case(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep("connection refused", PatternKind::SmartRegex), 500..1500);
}

#[divan::bench(sample_count = 10)]
fn refilter_regex(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep(r"connection (refused|reset) by \w+", PatternKind::Regex), 500..1500);
}

#[divan::bench(sample_count = 10)]
fn refilter_regex_ignoring_case(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep(r"(timeout|refused|reset).*orders/\d+7\b", PatternKind::SmartRegex), 10..1500);
}

#[divan::bench(sample_count = 10)]
fn refilter_regex_without_literal(bencher: Bencher<'_, '_>) {
    refilter(bencher, &grep(r#""u\d{3}", the"#, PatternKind::Regex), 500_000..MILLION);
}

#[divan::bench(sample_count = 10)]
fn collapse_a_million(bencher: Bencher<'_, '_>) {
    let store = &*FULL;
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    bencher.counter(ItemsCount::new(MILLION)).bench_local(|| {
        view.set_repeats(Repeats::Apart, store);
        view.set_repeats(Repeats::Collapsed, store);
        while view.advance(store, 4096).left > 0 {}
    });
    assert!((1..=MILLION).contains(&view.len()), "{}", view.len());
}

fn keep(bencher: Bencher<'_, '_>, query: &Query, scope: Scope, expected: std::ops::Range<usize>) {
    let store = &*FULL;
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    view.set_scope(scope, store);
    bencher.counter(ItemsCount::new(MILLION)).bench_local(|| {
        assert!(view.set_query(query.clone(), [], store).is_ok());
        while view.advance(store, 4096).left > 0 {}
    });
    assert!(expected.contains(&view.len()), "{}", view.len());
}

#[divan::bench(sample_count = 20)]
fn keep_lines_around_two_percent(bencher: Bencher<'_, '_>) {
    let query = Query { min_severity: Severity::Error, ..Query::default() };
    keep(bencher, &query, Scope::Around(3), 100_000..200_000);
}

#[divan::bench(sample_count = 20)]
fn keep_lines_around_most(bencher: Bencher<'_, '_>) {
    let query = Query { min_severity: Severity::Info, ..Query::default() };
    keep(bencher, &query, Scope::Around(3), 900_000..MILLION + 1);
}

#[divan::bench(sample_count = 20)]
fn dim_the_rest(bencher: Bencher<'_, '_>) {
    let query = Query { min_severity: Severity::Error, ..Query::default() };
    keep(bencher, &query, Scope::All, MILLION..MILLION + 1);
}

#[divan::bench]
fn first_screen_of_a_filter(bencher: Bencher<'_, '_>) {
    let store = &*FULL;
    let mut view = View::new(SourceSet::ALL, Parser::new(TimeZone::UTC, Timestamp(0)));
    let query = grep("worker", PatternKind::Literal);
    bencher.bench_local(|| {
        assert!(view.set_query(query.clone(), [], store).is_ok());
        view.advance(store, 4096);
        divan::black_box(view.window(view.top(50), 50).count())
    });
}
