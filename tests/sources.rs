//! Local sources against real files, archives and pipes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "sources/archives.rs"]
mod archives;
#[path = "sources/codecs.rs"]
mod codecs;
#[path = "sources/discover.rs"]
mod discover;
#[path = "sources/follow.rs"]
mod follow;
#[path = "sources/run.rs"]
mod run;
#[path = "sources/table.rs"]
mod table;
#[path = "sources/windows.rs"]
mod windows;

use logdeck::sources::files::{Discovered, Input, InputError, Limits};
use std::io::Read;

/// All that comes out of a reader, and the error at its end.
fn drain(mut reader: Box<dyn Read + Send>) -> (String, Option<InputError>) {
    let (mut text, mut buf) = (Vec::new(), [0; 1000]);
    let error = loop {
        match reader.read(&mut buf) {
            Ok(0) => break None,
            Ok(n) => text.extend_from_slice(&buf[..n]),
            Err(e) => break Some(InputError::from_read("?", e)),
        }
    };
    assert_eq!(reader.read(&mut buf).unwrap_or(0), 0, "nothing comes after the end");
    (String::from_utf8(text).unwrap(), error)
}

/// The text of compressed bytes and what was said; an input that cannot be opened has no text.
fn decode(bytes: &[u8]) -> (String, String) {
    decode_within(bytes, Limits::default())
}

fn decode_within(bytes: &[u8], limits: Limits) -> (String, String) {
    said(Input::decode("x", bytes.to_vec(), limits))
}

fn said(opened: Result<Box<dyn Read + Send>, InputError>) -> (String, String) {
    let (text, error) = opened.map_or_else(|e| (String::new(), Some(e)), drain);
    (text, error.map(|e| e.to_string()).unwrap_or_default())
}

/// The names of what was found, and what was said, without the directory.
fn found(discovered: &Discovered, dir: &std::path::Path) -> (Vec<String>, Vec<String>) {
    let short = |text: &str| text.replace(&format!("{}/", dir.display()), "").replace(&dir.display().to_string(), ".");
    let names = discovered.inputs.iter().map(|input| short(&input.name)).collect();
    let problems = discovered.problems.iter().map(|p| short(&p.to_string()));
    (names, problems.chain(discovered.notes.iter().map(|n| short(n))).collect())
}
