//! What hostile bytes look like.

use super::*;
use crate::model::Record;
use crate::model::{Format, OriginId, Severity, SeverityFrom, Timestamp};
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

fn check(input: impl AsRef<[u8]>, expected: &str) {
    let input = input.as_ref();
    assert_eq!(safe(input), expected, "{:?}", String::from_utf8_lossy(input));
    assert_eq!(is_dirty(input), input != expected.as_bytes(), "{expected:?}");
}

#[test]
fn terminal_codes_become_text() {
    check("\x1B[2Jgone", "<1B>[2Jgone");
    check("a\x1B]52;c;ZXZpbA==\x07b", "a<1B>]52;c;ZXZpbA==<07>b");
    check("\x1B]52;c;?\x1B\\", "<1B>]52;c;?<1B>\\");
    check("\x1B]0;title\x07x", "<1B>]0;title<07>x");
    check("\x1B[6n", "<1B>[6n");
    check("\x1B[?1049h", "<1B>[?1049h");
    check("\x1B[>4;2m", "<1B>[>4;2m");
    check("\x1BP1;2|payload\nnext", "<1B>P1;2|payload\nnext");
    check("\x1B_apc\nnext", "<1B>_apc\nnext");
    check("\x1B]0;no end\nnext", "<1B>]0;no end\nnext");
    check("\x1B]8;;http://no.end\nnext", "<1B>]8;;http://no.end\nnext");
    check("\x1B[31", "<1B>[31");
    check("\x1B", "<1B>");
    check("\u{9B}2J", "<9B>2J");
    check(b"a\x9B2J", "a\u{FFFD}2J");
    check("a\u{85}b", "a<85>b");
    check("bell\x07 back\x08 nul\0 del\x7F esc\x1B", "bell<07> back<08> nul<00> del<7F> esc<1B>");
}

#[test]
fn every_byte_is_judged_wherever_it_stands() {
    for byte in 0..=u8::MAX {
        let dirty = !matches!(byte, b'\t' | b'\n' | b' '..=b'~');
        for len in 1..40 {
            for at in 0..len {
                let mut line = vec![b'a'; len];
                line[at] = byte;
                assert_eq!(is_dirty(&line), dirty, "{byte:#x} at {at} of {len}");
            }
        }
    }
}

#[test]
fn harmless_codes_vanish() {
    check("\x1B[1;31mERROR\x1B[0m disk \x1B[38:2::1:2:3mfull\x1B[m", "ERROR disk full");
    check("\x1B]8;;https://evil.example/?a=1\x1B\\click\x1B]8;;\x1B\\ here", "click here");
    check("\x1B]8;id=1;https://x.example\x07text\x1B]8;;\x07", "text");
    check("\x1B(B\x1B[mplain", "plain");
    check("left\x1B[0K\x1B[K\x1B[2K", "left");
}

#[test]
fn carriage_returns_leave_the_last_state() {
    check(" 10%\r 50%\r100%", "100%");
    check(" 10%\r100%\r", "100%");
    check("windows\r\nline\r\n", "windows\nline\n");
    check("kept\n10%\r20%\nkept", "kept\n20%\nkept");
    check("100%\r\x1B[0m", "100%");
    check("section_start:1560896352:build\r\x1B[0KHeader", "Header");
    check("section_start:1560896352:b[collapsed=true]\r\x1B[0K\x1B[36;1mHeader\x1B[0;m", "Header");
    check("section_end:1560896352:build\r\x1B[0K", "");
    check("\x1B[2K\x1B[1GDone", "Done");
    check("old\x1B[2K\x1B[Gnew", "new");
    check("e\r\u{301}x", "<U+0301>x");
}

#[test]
fn hidden_and_reordering_characters_are_named() {
    check("a\u{202E}b\u{2066}c\u{2069}", "a<U+202E>b<U+2066>c<U+2069>");
    check("\u{200E}\u{200F}\u{61C}", "<U+200E><U+200F><U+061C>");
    check("one\u{2028}two\u{2029}three", "one<U+2028>two<U+2029>three");
    check("pass\u{200B}word\u{AD}\u{2060}\u{200C}", "pass<U+200B>word<U+00AD><U+2060><U+200C>");
    check("\u{FEFF}start in\u{FEFF}side", "start in<U+FEFF>side");
    check("a\u{200D}b x\u{FE0F}", "a<U+200D>b x<U+FE0F>");
    check("tag\u{E0041} fill\u{3164} cgj\u{34F} \u{FFF9}", "tag<U+E0041> fill<U+3164> cgj<U+034F> <U+FFF9>");
    check("\u{13430}\u{1BCA0}\u{1D173}", "<U+13430><U+1BCA0><U+1D173>");
    check("\u{301}first", "<U+0301>first");
    check("\u{600}1", "<U+0600>1");
}

#[test]
fn harmless_text_stays() {
    for text in [
        "",
        "plain text, tabs\tand\nlines ~!",
        "Grüße, naïve café, Привет, Ελλάδα, שלום, العربية, हिन्दी में कुछ, ภาษาไทย, 日本語, 한국어",
        "e\u{301} n\u{303}",
        "✓ ✗ → ━━ │ ⠋ ▏ 🚀 👍🏽 ❤\u{FE0F} ⚠\u{FE0F} 1\u{FE0F}\u{20E3} 🇩🇪",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦 👩🏻\u{200D}❤\u{FE0F}\u{200D}💋\u{200D}👨🏻 🏳\u{FE0F}\u{200D}🌈 🙂\u{200D}↔\u{FE0F}",
        "\u{E0B0} powerline \u{FFFD}",
    ] {
        check(text, text);
        assert!(matches!(safe(text.as_bytes()), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn clusters_are_capped() {
    let marks = |n| format!("e{}x", "\u{301}".repeat(n));
    check(marks(8), &marks(8));
    check(marks(10_000), &marks(8));
    check("e\x1B[m\u{301}\x1B[m\u{302}", "e\u{301}\u{302}");
    assert_eq!(safe(format!("e{0}\x1B[m{0}", "\u{301}".repeat(6)).as_bytes()), format!("e{}", "\u{301}".repeat(8)));
    check("🏻".repeat(20), &"🏻".repeat(9));
    let chain = format!("{}👩", "👩\u{200D}".repeat(100));
    assert!(longest_cluster(&safe(chain.as_bytes())) <= 2 * usize::from(MAX_EXTENDERS) + 1);
}

#[test]
fn invalid_utf8_is_replaced() {
    check(b"a\xFFb\xE2\x82", "a\u{FFFD}b\u{FFFD}");
    check(b"\xED\xA0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}");
    check(b"\x1B]8;;\xFF\x07t", "<1B>]8;;\u{FFFD}<07>t");
}

#[test]
fn names_and_raw_bytes_hide_nothing() {
    fn check(input: &[u8], line: &str, raw: &str) {
        assert_eq!((&*safe_line(input), &*raw_visible(input)), (line, raw));
    }
    check(b"api-0", "api-0", "api-0");
    check(b"a\nb\tc", "a<0A>b<09>c", "a\nb<09>c");
    check(b"x\rapi\x1B[31m", "x<0D>api<1B>[31m", "x<0D>api<1B>[31m");
    check(b"\xFFn", "\u{FFFD}n", "<FF>n");
    check("\u{FEFF}a\u{202E}b".as_bytes(), "<U+FEFF>a<U+202E>b", "<U+FEFF>a<U+202E>b");
    check("\n\u{301}".as_bytes(), "<0A>\u{301}", "\n<U+0301>");
}

fn record(raw: &[u8], text: (u32, u32), flags: Flags, cut: u64) -> Record<'_> {
    Record {
        raw,
        text,
        time: None,
        order: Timestamp(0),
        severity: Severity::Unknown,
        severity_from: SeverityFrom::Nowhere,
        format: Format::Plain,
        flags,
        origin: OriginId::default(),
        cut,
    }
}

#[test]
fn a_message_is_its_range_decoded_and_cleaned() {
    fn check(raw: &str, flags: Flags, expected: &str) {
        let (start, end) = (raw.find('«').unwrap() as u32, raw.find('»').unwrap() as u32);
        let raw = raw.replace(['«', '»'], "");
        assert_eq!(message(&record(raw.as_bytes(), (start, end - 2), flags, 0)), expected);
    }
    let (none, dirty, escaped) = (Flags::NONE, Flags::DIRTY, Flags::ESCAPED);
    check("12:00 «hello» x", none, "hello");
    check("12:00 «\x1B[31mhello» x", dirty, "hello");
    check("e«\u{301}»", none, "<U+0301>");
    check(r#"{"m":"«say \"hi\"\n\tat x\\y \/ \u00e9 \ud83d\ude80»"}"#, escaped, "say \"hi\"\n\tat x\\y / é 🚀");
    check(r#"{"m":"«\u001b[2J\u0000 \u202e \b\f»"}"#, escaped, "<1B>[2J<00> <U+202E> <08><0C>");
    check(r#"{"log":"«done\n»"}"#, escaped, "done");
    check(r#"{"log":"«50%\r100%\r\n»"}"#, escaped, "100%");
    check(r#"{"m":"«\ud83d x \ude80 \ud83d\u0041»"}"#, escaped, "\u{FFFD} x \u{FFFD} \u{FFFD}A");
    check(r#"{"m":"«\x \u12 \u12g4 \»"}"#, escaped, r"\x \u12 \u12g4 \");
    check(r#"{"m":"«no escapes»"}"#, escaped, "no escapes");
}

#[test]
fn a_clean_message_is_borrowed_and_a_cut_one_says_so() {
    assert!(matches!(message(&record(b"x hello", (2, 7), Flags::NONE, 0)), Cow::Borrowed("hello")));
    assert_eq!(message(&record(b"hello", (0, 5), Flags::CUT, 99_934_464)), "hello +99934464 bytes");
    assert_eq!(message(&record(b"hello", (0, 5), Flags::CUT, 1)), "hello +1 byte");
    assert_eq!(message(&record(b"hello", (3, 99), Flags::NONE, 0)), "hello");
}

#[test]
fn tabs_reach_the_next_stop() {
    assert!(matches!(expand_tabs("none"), Cow::Borrowed("none")));
    for (input, expected) in [
        ("\ta", "        a"),
        ("ab\tc\td", "ab      c       d"),
        ("12345678\tx", "12345678        x"),
        ("日本\tx\n\ty", "日本    x\n        y"),
    ] {
        assert_eq!(expand_tabs(input), expected);
    }
}

fn longest_cluster(text: &str) -> usize {
    text.graphemes(true).map(|cluster| cluster.chars().count()).max().unwrap_or(0)
}

/// Bytes and characters that matter, in any order.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
        "[\x1B\r\n\t\x07\\[\\]8;mK0-9GB(?x\\\\]{1,8}".prop_map(String::into_bytes),
        "[\u{301}\u{94D}\u{915}\u{93E}\u{1100}\u{1161}\u{11A8}\u{AC00}\u{600}\u{FE0F}\u{200D}\u{20E3}👩🏻❤1#a\u{FEFF}\u{A0}\u{85}\u{1F1E6}]{1,40}"
            .prop_map(String::into_bytes),
        "[\u{300}-\u{36F}\u{600}-\u{6FF}\u{900}-\u{DFF}\u{1000}-\u{109F}\u{1780}-\u{17FF}\u{1A00}-\u{1BFF}]{1,20}"
            .prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_that_a_terminal_acts_on_comes_through(bytes in hostile()) {
        for (text, allowed) in
            [(safe(&bytes), "\n\t"), (raw_visible(&bytes), "\n"), (safe_line(&bytes), "")]
        {
            prop_assert!(text.chars().all(|c| !c.is_control() || allowed.contains(c)), "{text:?}");
            prop_assert!(!is_dirty(text.as_bytes()), "{text:?}");
            prop_assert!(longest_cluster(&text) <= 24, "{text:?}");
        }
    }

    #[test]
    fn safe_text_is_stable(bytes in hostile()) {
        let once = safe(&bytes);
        let twice = safe(once.as_bytes());
        prop_assert_eq!(&once, &twice);
        prop_assert!(matches!(twice, Cow::Borrowed(_)));
        if !is_dirty(&bytes) {
            prop_assert!(matches!(&once, Cow::Borrowed(text) if text.as_bytes() == bytes));
        }
    }

    #[test]
    fn unescaping_agrees_with_serde_json(text in any::<String>()) {
        let json = serde_json::to_string(&text).unwrap();
        let inside = unescape(&json.as_bytes()[1..json.len() - 1]);
        prop_assert_eq!(&*inside, text.as_bytes());
    }
}
