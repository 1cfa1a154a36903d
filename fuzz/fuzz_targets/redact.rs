//! Any text redacted, at once and as a stream that is cut anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logdeck::redact::RedactWriter;
use logdeck::redact::Redactor;
use std::io::Write;
use std::sync::Arc;
use std::sync::LazyLock;

static REDACTOR: LazyLock<Arc<Redactor>> = LazyLock::new(|| Arc::new(Redactor::new()));

fuzz_target!(|text: &str| {
    let redacted = REDACTOR.redact(text);
    let removed: usize = redacted.found.iter().map(|found| found.bytes).sum();
    assert!(removed <= text.len());
    assert_eq!(redacted.found.is_empty(), redacted.text == text);
    let (name, value) = text.split_once('=').unwrap_or((text, text));
    let _ = REDACTOR.redact_field(name, value);

    let stream = |size: usize| {
        let mut out = Vec::new();
        let mut writer = RedactWriter::new(Arc::clone(&REDACTOR), &mut out);
        for chunk in text.as_bytes().chunks(size) {
            writer.write_all(chunk).expect("a vector takes everything");
        }
        drop(writer);
        out
    };
    let size = usize::from(text.as_bytes().first().copied().unwrap_or(0)) % 16 + 1;
    assert_eq!(stream(size), stream(text.len() + 1));
});
