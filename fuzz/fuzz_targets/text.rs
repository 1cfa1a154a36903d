//! Any bytes made safe: no control characters, stable, and borrowed when clean.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logdeck::parse::text;
use std::borrow::Cow;

fuzz_target!(|bytes: &[u8]| {
    let safe = text::safe(bytes);
    for (shown, allowed) in [(&safe, "\n\t"), (&text::raw_visible(bytes), "\n"), (&text::safe_line(bytes), "")] {
        assert!(shown.chars().all(|c| !c.is_control() || allowed.contains(c)), "{shown:?}");
        assert!(!text::is_dirty(shown.as_bytes()), "{shown:?}");
    }
    assert_eq!(text::safe(safe.as_bytes()), safe);
    if !text::is_dirty(bytes) {
        assert!(matches!(&safe, Cow::Borrowed(same) if same.as_bytes() == bytes));
    }
    assert!(!text::expand_tabs(&safe).contains('\t'));
    let _ = text::unescape(bytes);
});
