//! Text in columns of the terminal: how wide it is, where it is cut, how it wraps.
//!
//! Owns the arithmetic of widths. Takes only text that went through `parse::text`.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The part that is shown.
    pub text: &'t str,
    /// Where it begins in the line, in bytes.
    pub start: usize,
    /// Blanks before it, where a wide character was cut in two.
    pub pad: usize,
    /// Whether something stands behind it.
    pub cut: bool,
}

/// The part of a line that is seen when `skip` columns are scrolled away and `columns` are there.
pub fn piece(line: &str, skip: usize, columns: usize) -> Piece<'_> {
    // Only what is looked at has to be ASCII, and what follows it, which could be a mark on its last character.
    let start = skip.min(line.len());
    let end = start.saturating_add(columns).min(line.len());
    if line.as_bytes()[..(end + 1).min(line.len())].is_ascii() {
        return Piece { text: &line[start..end], start, pad: 0, cut: end < line.len() };
    }
    let (mut at, mut start, mut end) = (0, None, line.len());
    let mut pad = 0;
    for (offset, cluster) in line.grapheme_indices(true) {
        let after = at + cluster.width();
        if start.is_none() && at >= skip {
            start = Some(offset);
            pad = at - skip;
        }
        if start.is_some() && after > skip.saturating_add(columns) {
            end = offset;
            break;
        }
        at = after;
    }
    let start = start.unwrap_or(line.len());
    Piece { text: &line[start..end.max(start)], start, pad, cut: end < line.len() }
}

/// The rows that a line takes when it wraps at `columns`, as ranges of bytes; at least one, at most `limit`. Breaks at
/// a blank in the last third of a row, else anywhere.
pub fn wrap(line: &str, columns: usize, limit: usize) -> Vec<Range<usize>> {
    wrap_behind(line, columns, limit, |blank, end| blank * 3 > end * 2)
}

/// The same for sentences of our own: breaks at the last blank of a row, wherever that is.
pub fn wrap_words(line: &str, columns: usize, limit: usize) -> Vec<Range<usize>> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    wrap_behind(line, columns, limit, |blank, _| blank > indent)
}

/// Wraps at a blank that `is_late_enough`, given where it is and where the row ends, in bytes.
fn wrap_behind(
    line: &str,
    columns: usize,
    limit: usize,
    is_late_enough: impl Fn(usize, usize) -> bool,
) -> Vec<Range<usize>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let mut from = 0;
    while rows.len() < limit.max(1) {
        let rest = &line[from..];
        let piece = piece(rest, 0, columns);
        if !piece.cut {
            rows.push(from..line.len());
            return rows;
        }
        let mut end = piece.text.len();
        if end == 0 {
            // A character that is wider than the row: take it, it will be cut off.
            end = rest.graphemes(true).next().map_or(rest.len(), str::len);
        } else if !rest[end..].starts_with(' ')
            && let Some(blank) = piece.text.rfind(' ')
            && is_late_enough(blank, end)
        {
            end = blank + 1;
        }
        rows.push(from..from + end);
        from += end;
        from += line[from..].bytes().take_while(|b| *b == b' ').count();
        if from >= line.len() {
            break;
        }
    }
    rows
}

/// A name in a fixed number of columns: its beginning and its end, which tell names apart, with `gap` between them.
pub fn shorten(name: &str, columns: usize, gap: char) -> String {
    let all = width(name);
    if all <= columns {
        return name.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    around_gap(name, all, columns, (columns - 1) / 2, gap)
}

/// A path in so many columns: most of what it has is its end, which tells it from others.
pub fn shorten_path(path: &str, columns: usize, gap: char) -> String {
    let all = width(path);
    if all <= columns {
        return path.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    around_gap(path, all, columns, columns - 1 - (columns - 1) / 4, gap)
}

/// The beginning and `tail` columns of the end of a text that is `all` columns wide.
fn around_gap(text: &str, all: usize, columns: usize, tail: usize, gap: char) -> String {
    let head = piece(text, 0, columns - 1 - tail);
    let tail = piece(text, all - tail, tail);
    format!("{}{gap}{}{}", head.text, " ".repeat(tail.pad), tail.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let check = |line: &str, skip, columns, expected: (&str, usize, bool)| {
            let piece = piece(line, skip, columns);
            assert_eq!((piece.text, piece.pad, piece.cut), expected, "{line} {skip} {columns}");
            assert!(line[piece.start..].starts_with(piece.text));
        };
        check("hello", 0, 5, ("hello", 0, false));
        check("hello", 0, 4, ("hell", 0, true));
        check("hello", 2, 9, ("llo", 0, false));
        check("hello", 9, 9, ("", 0, false));
        check("日本語", 0, 5, ("日本", 0, true));
        check("日本語", 1, 5, ("本語", 1, false));
        check("日本語", 2, 1, ("", 0, true));
        check("e\u{301}a", 1, 1, ("a", 0, false));
        check("abe\u{301}", 0, 3, ("abe\u{301}", 0, false));
        check("ab日", 0, 2, ("ab", 0, true));
        check("abc", 1, usize::MAX, ("bc", 0, false));
    }

    #[test]
    fn wrapping() {
        let check = |line: &str, columns, expected: &[&str]| {
            let rows: Vec<_> = wrap(line, columns, 100).into_iter().map(|row| &line[row]).collect();
            assert_eq!(rows, expected, "{line}");
        };
        check("", 5, &[""]);
        check("one two", 10, &["one two"]);
        check("12345 7890", 7, &["12345 ", "7890"]);
        check("1234567890", 4, &["1234", "5678", "90"]);
        check("1234 6789", 4, &["1234", "6789"]);
        check("日本語", 4, &["日本", "語"]);
        check("日本", 1, &["日", "本"]);
        check("ab      ", 4, &["ab  "]);
        assert_eq!(wrap(&"x".repeat(100), 2, 3).len(), 3);
    }

    #[test]
    fn sentences_break_between_words() {
        let check = |line: &str, columns, expected: &[&str]| {
            let rows: Vec<_> = wrap_words(line, columns, 100).into_iter().map(|row| &line[row]).collect();
            assert_eq!(rows, expected, "{line}");
        };
        check("say pods:NAME", 10, &["say ", "pods:NAME"]);
        check("  needslongword", 8, &["  needsl", "ongword"]);
        check("a b", 10, &["a b"]);
    }

    #[test]
    fn names() {
        let check = |name: &str, columns, expected: &str| assert_eq!(shorten(name, columns, '~'), expected);
        check("api.log", 8, "api.log");
        check("payments-api-8mzlp", 8, "paym~zlp");
        check("日本語日本語", 6, "日~語");
        check("abc", 0, "");
    }
}
