//! A later run goes on exactly where the one before was, wherever that was stopped.

use super::stand::Stand;
use crate::demo::gcs::Meta;
use crate::sources::Follow;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write;

fn text(name: &str, lines: usize) -> String {
    let line = |n: usize| format!("2026-11-21T03:{:02}:{:02}Z ERROR {name} {n}\n  at f{n}()\n", n / 60 % 60, n % 60);
    (0..lines).map(line).collect::<Vec<_>>().concat()
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_comes_twice() {
    let mut stand = Stand::new();
    let names = ["a.log", "b.log", "c.log.gz"];
    let texts: BTreeMap<&str, String> = names.iter().map(|name| (*name, text(name, 8000))).collect();
    for (name, text) in &texts {
        let bytes = if name.ends_with("gz") { packed(text) } else { text.clone().into_bytes() };
        stand.server.state().put("logs", name, bytes, Meta::text());
    }
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut runs = 0;
    loop {
        runs += 1;
        stand.open("gs://logs", Follow::Off, stand.settings());
        // Killed after some thousand records more.
        stand.until(|told| told.is_over || told.lines.values().map(Vec::len).sum::<usize>() > 5000).await;
        let is_over = stand.told.is_over;
        stand.kill().await;
        // What was printed is what a cursor covers: records behind the last cursor come again, so they do not count.
        for (name, lines) in stand.told.covered() {
            all.entry(name).or_default().extend(lines);
        }
        if is_over {
            break;
        }
        assert!(runs < 30);
    }
    assert!(runs > 2);
    for (name, text) in &texts {
        let got = all[*name].join("\n") + "\n";
        assert!(got == *text, "{name} after {runs} runs: {} of {} bytes", got.len(), text.len());
    }
    // Another run has nothing to do but what is new.
    stand.server.clear_journal();
    stand.server.state().append("logs", "a.log", "more\n");
    stand.server.state().put("logs", "d.log", "new\n", Meta::text());
    stand.open("gs://logs", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    assert_eq!(stand.told.lines.values().flatten().collect::<Vec<_>>(), ["more", "new"]);
    assert_eq!(stand.server.reads(), 2);
}
