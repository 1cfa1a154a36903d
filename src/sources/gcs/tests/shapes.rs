//! Arrays and CSV become lines, however they are cut; archives have limits.

use super::super::shape::Shape;
use super::super::zip::Entries;
use crate::sources::files::{Context, Limits, inside};
use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

fn lines(text: &str, name: &str, content_type: &str, piece: usize) -> String {
    let head = &text.as_bytes()[..text.len().min(512)];
    let mut shape = Shape::of(head, name, content_type);
    let mut out = Vec::new();
    text.as_bytes().chunks(piece).for_each(|piece| shape.push(piece, &mut out));
    shape.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn check(text: &str, name: &str, content_type: &str, expected: &str) {
    for piece in [1, 2, 3, 5, 64, 1 << 20] {
        assert_eq!(lines(text, name, content_type, piece), expected, "{name} in pieces of {piece}");
    }
}

#[test]
fn arrays() {
    let check = |text: &str, expected: &str| check(text, "a.json", "application/json", expected);
    check("[{\"a\":1},{\"b\":[1,2]}]", "{\"a\":1}\n{\"b\":[1,2]}\n");
    check(
        "[\n  {\n    \"a\": \"x, ] } \\\" \\\\\",\n    \"b\": 2\n  },\n  {}\n]\n",
        "{\"a\":\"x, ] } \\\" \\\\\",\"b\":2}\n{}\n",
    );
    check("[{\"a\": 1}, 2, \"x y\", null]", "{\"a\":1}\n2\n\"x y\"\nnull\n");
    check("[ {\"a\": \"line\nbreak\\\nx\"} ]", "{\"a\":\"line break\\ x\"}\n");
    check("\u{feff}[{}]\n[{\"b\":1}]\n", "{}\n{\"b\":1}\n");
    // It ends in the middle: what came is shown.
    check("[{\"a\":1},{\"b\":", "{\"a\":1}\n{\"b\":");
    // These are lines.
    for text in ["{\"a\":1}\n{\"b\":2}\n", "[2026-11-21 10:00:00] hello, world\n", "[]\n", "", "[INFO] x\n"] {
        check(text, text);
    }
}

#[test]
fn csv() {
    let rows = "time,level,text,n\n2026-11-21T10:00:00Z,ERROR,\"a \"\"b\"\", c\nd\",1.5\n";
    let expected =
        "{\"time\":\"2026-11-21T10:00:00Z\",\"level\":\"ERROR\",\"text\":\"a \\\"b\\\", c\\nd\",\"n\":1.5}\n";
    for (name, kind) in [("a.csv", ""), ("a.CSV.gz", "application/gzip"), ("a", "text/csv; charset=utf-8")] {
        check(rows, name, kind, expected);
    }
    // The same without a name for it stays text.
    check(rows, "a.log", "text/plain", rows);
    let check = |text: &str, expected: &str| check(text, "a.csv", "", expected);
    check("a;b\r\n1;2\r\n\r\n3;4", "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n");
    check("a\tb\nx\\y\t\u{1}\n", "{\"a\":\"x\\\\y\",\"b\":\"\\u0001\"}\n");
    // Rows that do not fit stay as they are.
    check("a,b\n1,2,3\nonly\n4,5\n", "1,2,3\nonly\n{\"a\":4,\"b\":5}\n");
    // No header.
    check("1,2\n3,4\n", "1,2\n3,4\n");
    check("a,a\n3,4\n", "a,a\n3,4\n");
    check("a,b\n007,-1e5\n+1,0x1\n", "{\"a\":\"007\",\"b\":-1e5}\n{\"a\":\"+1\",\"b\":\"0x1\"}\n");
}

#[test]
fn a_quote_that_never_closes_costs_bounded_memory() {
    let text = format!("a,b\n\"x,{}\n1,2\n", "y".repeat(600_000));
    let out = lines(&text, "a.csv", "", 4096);
    assert!(out.contains("yyy") && out.len() > 600_000);
}

#[test]
fn entries_of_archives_are_no_bombs() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a.log", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&b"a line of a log\n".repeat(200_000)).unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let read = |limits: Limits| {
        let done = Arc::new(AtomicU64::new(archive.len() as u64));
        let context = Context { name: "a.zip".to_owned(), limits, done };
        let entry = Entries::new(Box::new(Cursor::new(archive.clone()))).next("a.zip").unwrap().unwrap();
        let mut text = inside(entry.bytes, &context).unwrap();
        let mut out = Vec::new();
        text.read_to_end(&mut out).map(|_| out.len()).map_err(|error| error.to_string())
    };
    assert_eq!(read(Limits::default()), Ok(16 * 200_000));
    let error = read(Limits { ratio: 50, grace: 100_000, ..Limits::default() }).unwrap_err();
    assert!(error.contains("as a bomb would be"), "{error}");
    let error = read(Limits { bytes: 1 << 20, ..Limits::default() }).unwrap_err();
    assert!(error.contains("an input may hold 1048576 bytes"), "{error}");
}
