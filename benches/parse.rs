//! What it costs to read one line of each format. Run with `cargo bench --bench parse`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::tz::TimeZone;
use logdeck::model::{Format, Timestamp};
use logdeck::parse::{formats, time::TimeParser};

fn main() {
    divan::main();
}

/// Lines of each format, by a short name.
const LINES: &[(&str, &str)] = &[
    ("github", "2025-01-01T00:00:00.1234567Z test tokio::tests::case_1f3a2b_17 ... \x1b[32mok\x1b[0m (1.234s)"),
    ("github-colour", "2025-01-01T00:00:00.1234567Z \x1b[1m\x1b[32m   Compiling\x1b[0m serde-1f3a v1.2.3"),
    ("github-marker", "2025-01-01T00:00:00.1234567Z ##[error]Process completed with exit code 101."),
    ("klog", "E0102 15:04:05.123456       1 reflector.go:147] pkg/client: failed to list *v1.Pod: timeout"),
    ("cri", "2025-01-02T15:04:05.123456789Z stdout F GET /api/v1/orders took 12 ms, 200, 512 bytes"),
    ("cri-logfmt", "2025-01-02T15:04:05.123456789Z stdout F level=error msg=\"charge failed\" order=123 took=12ms"),
    ("kubectl", "2025-01-02T15:04:05.123456789Z handler finished the request after 12 ms"),
    ("syslog-3164", "<34>Jan  2 15:04:05 web1 sshd[1234]: Failed password for root from 10.0.0.1 port 22"),
    ("syslog-5424", "<165>1 2025-01-02T15:04:05.003Z web1 app 12 ID47 [ex@1 iut=\"3\" src=\"A\"] An event happened"),
    ("logfmt", "time=2025-01-02T15:04:05Z level=info msg=\"request done\" method=GET path=/api status=200 took=12ms"),
    ("logfmt-no-msg", "method=GET path=/api/v1/orders status=200 took=12ms remote=10.0.0.1 bytes=512 host=web1"),
    ("access", "10.0.0.1 - - [02/Jan/2025:15:04:05 +0000] \"GET /api/v1 HTTP/1.1\" 200 512 \"-\" \"curl/8.5\""),
    ("nginx-error", "2025/01/02 15:04:05 [error] 31#31: *5 open() \"/x\" failed (2: No such file), client: 1.2.3.4"),
    ("apache-error", "[Wed Oct 11 14:32:52.123456 2000] [core:error] [pid 35708:tid 43286] File does not exist"),
    ("postgres", "2025-01-02 15:04:05.123 UTC [17] ERROR:  relation \"orders\" does not exist at character 15"),
    ("python", "2025-01-02 15:04:05,123 - app.jobs.worker - ERROR - could not finish the job in time"),
    ("log4j", "2025-01-02 15:04:05,123 [http-nio-8080-exec-1] ERROR com.example.shop.Orders - it broke"),
    ("spring", "2025-01-02T15:04:05.123Z  INFO 1 --- [main] com.example.shop.App : Started App in 2.1 s"),
    ("rust", "2025-01-02T15:04:05.123456Z  INFO request{id=17}: shop::orders: order stored id=1234"),
    ("go", "2025/01/02 15:04:05 main.go:12: listening on :8080 with 4 workers and no trouble at all"),
    ("header", "2025-01-02 15:04:05 ERROR it broke at the worst of moments, as it tends to do"),
    ("maven", "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.11.0"),
    ("plain", "test tokio::tests::case_1f3a2b_17 ... ok, and then a few more words to fill the line"),
];

fn clock() -> TimeParser {
    TimeParser::new(TimeZone::UTC, Timestamp(1_795_230_862_000_000_000))
}

fn names() -> impl Iterator<Item = &'static str> {
    LINES.iter().map(|(name, _)| *name)
}

fn line_of(name: &str) -> &'static [u8] {
    LINES.iter().find(|(n, _)| *n == name).map_or(b"", |(_, line)| line.as_bytes())
}

/// The header alone: no search for words in the message.
#[divan::bench(args = names())]
fn header(bencher: Bencher<'_, '_>, name: &str) {
    let (line, mut clock) = (line_of(name), clock());
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| formats::header(black_box(line), &mut clock));
}

/// The fields, as the detail pane and `--where` read them.
#[divan::bench(args = names())]
fn fields(bencher: Bencher<'_, '_>, name: &str) {
    let (line, mut clock) = (line_of(name), clock());
    let format = formats::header(line, &mut clock).map_or(Format::Plain, |parsed| parsed.format);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        formats::fields(black_box(line), format, &mut |name, value| {
            black_box((name, value));
            true
        });
    });
}

/// A thousand GitHub Actions lines of several kinds, whose times differ: what a branch predictor makes of real input.
#[divan::bench]
fn github_mix(bencher: Bencher<'_, '_>) {
    let kinds = [
        "test serde::tests::case_00ff12_1 ... \x1b[32mok\x1b[0m (0.120s)",
        "test clap::tests::case_77ff12_2 ... \x1b[32mok\x1b[0m (2.901s)",
        "npm http fetch GET 200 https://registry.example/clap/-/1f3a2b4c-17.tgz 120ms (cache miss)",
        "\x1b[33mwarning\x1b[0m: unused variable: `x17` in src/mod_1f3a.rs:12:7",
        "Downloading 1f3a2b4c5d6e [=====] 45%",
        "  CARGO_TERM_COLOR: always",
        "##[endgroup]",
        "shell: /usr/bin/bash -e {0}",
        "   4: tokio::1f3a2b4c5d",
        "assertion `left == right` failed: got 12",
    ];
    let lines: Vec<String> = (0..1000_usize)
        .map(|n| format!("2025-01-01T00:00:{:02}.{:07}Z {}", n / 17, n * 9973 % 10_000_000, kinds[n * n * 7 % 10]))
        .collect();
    let mut clock = clock();
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        for line in &lines {
            black_box(formats::header(black_box(line.as_bytes()), &mut clock));
        }
    });
}

/// RFC 3339 alone, in the remembered minute.
#[divan::bench]
fn rfc3339(bencher: Bencher<'_, '_>) {
    let mut clock = clock();
    bencher.bench_local(|| clock.prefix(black_box(b"2025-01-01T00:00:00.1234567Z x")));
}

/// RFC 3339 alone, in a new minute each time.
#[divan::bench]
fn rfc3339_new_minute(bencher: Bencher<'_, '_>) {
    let mut clock = clock();
    bencher.bench_local(|| {
        black_box(clock.prefix(black_box(b"2025-01-01T00:00:00.1234567Z x")));
        clock.prefix(black_box(b"2025-01-01T00:01:00.1234567Z x"))
    });
}

/// A time without a zone, in a zone with summer time.
#[divan::bench]
fn assumed_zone(bencher: Bencher<'_, '_>) {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC);
    let mut clock = TimeParser::new(zone, Timestamp(1_795_230_862_000_000_000));
    bencher.bench_local(|| clock.prefix(black_box(b"2025-01-01 00:00:00,123 x")));
}
