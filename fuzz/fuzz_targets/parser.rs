//! Any stream: cut into records, its fields read, its messages shown. Nothing may panic, no record may be larger than
//! the limit, and no message may hold what a terminal acts on.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use logdeck::model::Batch;
use logdeck::model::OriginId;
use logdeck::model::Timestamp;
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use logdeck::parse::assemble::MAX_RECORD;
use logdeck::parse::text;

/// 2025-01-02.
const NOW: Timestamp = Timestamp(1_735_776_000_000_000_000);

fuzz_target!(|bytes: &[u8]| {
    let mut parser = Parser::new(TimeZone::UTC, NOW);
    for line in bytes.split(|byte| *byte == b'\n') {
        let parsed = parser.line(line);
        let (start, end) = parsed.text;
        assert!(start <= end && end as usize <= line.len());
    }
    let mut batch = Batch::default();
    let mut assembler = Assembler::new(parser.clone(), OriginId::default());
    // The first byte says how the stream is cut.
    let size = bytes.first().map_or(1, |byte| usize::from(*byte) + 1);
    for chunk in bytes.chunks(size) {
        assembler.feed(chunk, NOW, &mut batch);
    }
    assembler.finish(NOW, &mut batch);
    for record in batch.iter() {
        assert!(record.raw.len() <= MAX_RECORD);
        let message = text::message(&record);
        assert!(message.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')), "{message:?}");
        parser.fields(record.raw, record.format, &mut |name, value| {
            assert!(!text::is_dirty(text::safe(name.as_bytes()).as_bytes()));
            assert!(!text::is_dirty(text::safe(value.as_bytes()).as_bytes()));
            true
        });
    }
});
