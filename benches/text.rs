//! What it costs to look at a line, to make it safe, and to redact it.

use divan::Bencher;
use divan::black_box;
use divan::counter::BytesCount;
use logdeck::parse::text;
use logdeck::redact::Redactor;

/// 100 bytes.
const ASCII: &str =
    "2025-01-02T15:04:05.123Z INFO  http: GET /api/v1/items?limit=50 -> 200 in 12 ms, 4096 bytes to 10.0.0.7";
const JSON: &str = r#"{"time":"2025-01-02T15:04:05.123456Z","level":"info","msg":"request done","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","method":"GET","path":"/api/v1/items","status":200,"ms":12,"bytes":4096,"peer":"10.0.0.7:51234"}"#;
const CYRILLIC: &str = "2025-01-02 INFO Запрос выполнен за 12 мс, отправлено 4096 байт на узел склад-7, всё в порядке";
const CJK: &str = "2025-01-02 INFO リクエストが完了しました 所要時間 12 ミリ秒 4096 バイト";
const DEVANAGARI: &str = "2025-01-02 INFO अनुरोध पूरा हुआ, बारह मिलीसेकंड में चार हज़ार बाइट भेजे गए";
const ANSI: &str = "\x1B[32m2025-01-02T15:04:05Z\x1B[0m \x1B[1;31mERROR\x1B[0m \x1B[2mstore::ring\x1B[0m: cannot open \x1B[3mfile\x1B[0m";
const PROGRESS: &str = "Downloading 10%\rDownloading 40%\rDownloading 70%\rDownloading 100%\r\x1B[KDone";
const SECRETS: &str = "user=bob@example.com password=hunter2 Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N card=4111111111111111";
const PROSE: &str =
    "2025-01-02T15:04:05Z WARN the token was refreshed and the password policy checked; secret rotation is due";

fn main() {
    divan::main();
}

#[divan::bench(args = [ASCII, JSON, CYRILLIC, CJK, DEVANAGARI, ANSI])]
fn is_dirty(bencher: Bencher<'_, '_>, line: &str) {
    bencher.counter(BytesCount::of_str(line)).bench_local(|| text::is_dirty(black_box(line.as_bytes())));
}

#[divan::bench(args = [ASCII, CYRILLIC, CJK, ANSI, PROGRESS])]
fn safe(bencher: Bencher<'_, '_>, line: &str) {
    bencher.counter(BytesCount::of_str(line)).bench_local(|| text::safe(black_box(line.as_bytes())).len());
}

#[divan::bench(args = [ASCII, JSON, CYRILLIC, PROSE, SECRETS])]
fn redact(bencher: Bencher<'_, '_>, line: &str) {
    let redactor = Redactor::new();
    bencher.counter(BytesCount::of_str(line)).bench_local(|| redactor.redact(black_box(line)).found.len());
}

/// The first text that a redactor sees, with everything that is compiled for it.
#[divan::bench(args = [ASCII, SECRETS], sample_count = 20, sample_size = 1)]
fn redact_first(bencher: Bencher<'_, '_>, line: &str) {
    bencher.with_inputs(Redactor::new).bench_local_refs(|redactor| redactor.redact(black_box(line)).found.len());
}
