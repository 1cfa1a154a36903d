//! Any bytes as a compressed stream and as a zip archive: nothing may panic, and nothing may grow beyond the limits.
//! The zip reader wants a file, so the bytes go through one in the temporary directory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logdeck::sources::files::Input;
use logdeck::sources::files::Limits;
use logdeck::sources::files::discover;
use std::io::Read;

/// Small, so that a bomb is told by the limit and not by the fuzzer's patience.
const LIMITS: Limits = Limits { bytes: 1 << 20, ratio: 2000, grace: 1 << 16 };

/// The most bytes that one entry is read for.
const MOST: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(reader) = Input::decode("fuzz", bytes.to_vec(), LIMITS) {
        // UTF-16 may grow by half in UTF-8, and by more where it is broken.
        assert!(length(reader) <= 3 * LIMITS.bytes);
    }
    if !bytes.starts_with(b"PK") {
        return;
    }
    let path = std::env::temp_dir().join(format!("logdeck-fuzz-{}.zip", std::process::id()));
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    for input in discover(&[&path]).inputs {
        if let Ok(reader) = input.open() {
            length(reader.take(MOST));
        }
    }
});

/// Reads to the end or to the first error.
fn length(mut reader: impl Read) -> u64 {
    let (mut read, mut buf) = (0, [0; 16 * 1024]);
    while let Ok(n @ 1..) = reader.read(&mut buf) {
        read += n as u64;
    }
    read
}
