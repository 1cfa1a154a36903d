//! Lines of a log as the causes show them: the time that the CI wrote before each, and the rest.
//!
//! Owns what is taken off. Must not know where a line is drawn.

use crate::model::Timestamp;
use crate::parse::text::{expand_tabs, safe};

/// The name of a log in its archive without what only orders it: `2_build.txt` is `build`.
pub(super) fn title(name: &str) -> &str {
    let name = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".log")).unwrap_or(name);
    let (directory, file) = name.rsplit_once('/').map_or(("", name), |(directory, file)| (directory, file));
    let digits = file.len() - file.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match file[digits..].strip_prefix('_') {
        Some(rest) if digits > 0 && !rest.is_empty() && directory.is_empty() => rest,
        _ if name.is_empty() => "?",
        _ => name,
    }
}

/// A line's time, as CI systems write it before what a program says, and where the rest begins.
pub(super) fn stamp(line: &[u8]) -> (Option<Timestamp>, usize) {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let start = if line.starts_with("\u{FEFF}".as_bytes()) { 3 } else { 0 };
    let text = &line[start..];
    let fits = |(shape, byte): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { shape == byte };
    if text.len() < SHAPE.len() || !SHAPE.iter().zip(text).all(fits) {
        return (None, start);
    }
    let rest = &text[SHAPE.len()..];
    let digits = rest.iter().take(12).take_while(|byte| matches!(byte, b'.' | b'0'..=b'9')).count();
    let end = SHAPE.len() + digits;
    let is_utc = text.get(end) == Some(&b'Z');
    let time = std::str::from_utf8(&text[..end]).ok().and_then(|text| format!("{text}Z").parse().ok());
    match time.and_then(Timestamp::from_jiff).filter(|_| is_utc) {
        Some(time) => {
            let blank = usize::from(text.get(end + 1) == Some(&b' '));
            (Some(time), start + end + 1 + blank)
        }
        None => (None, start),
    }
}

/// What a program wrote, on one line, safe for a terminal.
pub(super) fn shown(line: &[u8]) -> String {
    let text = safe(line.strip_suffix(b"\r").unwrap_or(line));
    let text = expand_tabs(&text).into_owned();
    if text.contains('\n') { text.replace('\n', " ") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_what_only_orders_them() {
        let check = |name: &str, expected: &str| assert_eq!(title(name), expected, "{name}");
        check("2_build (ubuntu, 22).txt", "build (ubuntu, 22)");
        check("build/3_Run tests.txt", "build/3_Run tests");
        check("42.txt", "42");
        check("42_", "42_");
        check("job.log", "job");
        check(".txt", "?");
    }

    #[test]
    fn the_time_that_the_ci_wrote_stands_apart() {
        let check = |line: &str, time: Option<&str>, rest: &str| {
            let (found, start) = stamp(line.as_bytes());
            let expected = time.map(|time| Timestamp::from_jiff(time.parse().unwrap()).unwrap());
            assert_eq!((found, &line[start..]), (expected, rest), "{line}");
        };
        let time = Some("2026-11-21T10:00:00.1234567Z");
        check("2026-11-21T10:00:00.1234567Z error: no", time, "error: no");
        check("\u{FEFF}2026-11-21T10:00:00.1234567Z ##[group]Run", time, "##[group]Run");
        check("2026-11-21T10:00:00Z", Some("2026-11-21T10:00:00Z"), "");
        check("2026-11-21T10:00:00 said the program", None, "2026-11-21T10:00:00 said the program");
        check("2026-13-41T10:00:00Z no", None, "2026-13-41T10:00:00Z no");
        check("x", None, "x");
        check("", None, "");
    }

    #[test]
    fn lines_are_safe_and_one_row() {
        let check = |line: &str, expected: &str| assert_eq!(shown(line.as_bytes()), expected);
        check("\u{1b}[31merror\u{1b}[0m\r", "error");
        check("a\tb", "a       b");
        check("\u{1b}[2Jx\u{202E}y", "<1B>[2Jx<U+202E>y");
    }
}
