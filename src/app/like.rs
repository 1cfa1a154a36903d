//! A pattern that finds a record and its likes: its message with what varies made general.
//!
//! Owns what counts as variable: numbers, ids, addresses, quoted texts, secrets. Must not know filters or keys.

use crate::analysis::pattern::{Needle, has_capital};
use crate::model::Record;
use crate::model::query::{Pattern, PatternKind};
use crate::parse::text as safe;
use crate::redact::Redactor;

/// A number, also an address, a version, or one with a decimal point.
const NUMBER: &str = "[0-9.,]+";
/// A word of letters and digits.
const ID: &str = "[0-9A-Za-z]+";
/// A UUID.
const UUID: &str = "[0-9A-Fa-f-]{36}";
/// Bytes as text.
const BASE64: &str = "[0-9A-Za-z+/_=-]+";
/// A long word with this many digits, capital and small letters is bytes as text.
const LEAST_OF_EACH: usize = 4;
const LEAST_OF_BASE64: usize = 32;
/// The most bytes of a pattern; what follows in the message is left to be anything.
const MAX_PATTERN: usize = 400;
/// The most bytes between quotes that count as one quoted text.
const MAX_QUOTED: usize = 500;
/// The most bytes before a message that its pattern takes in.
const MAX_BEFORE: usize = 48;
/// Letters that a pattern needs when it may stand anywhere in a record.
const LEAST_LETTERS: usize = 8;

/// A pattern for the hidden text of a filter that finds this record; `None` when its text says too little.
///
/// It is tried on the record before it is given, from the closest form (with what stands right before the message,
/// up to the line's end) to the loosest one.
pub(super) fn pattern_of(record: &Record<'_>, redactor: &Redactor) -> Option<String> {
    let message = safe::message(record);
    let whole = message.lines().find(|line| !line.trim().is_empty())?;
    let line = whole.trim();
    let redacted = redactor.redact(line).text;
    let body = Body::of(&redacted);
    let Body { pattern, letters, .. } = &body;
    let blank = |is_there: bool| if is_there { "\\s*" } else { "" };
    let start = format!("^{}", blank(whole.starts_with(char::is_whitespace)));
    let end = format!("{}$", blank(whole.ends_with(char::is_whitespace)));
    let general_end = if body.is_whole { &end } else { "" };
    let before = before(record, redactor);
    let mut candidates = Vec::new();
    // What is nothing but a secret would find everything.
    if body.is_solid {
        if let Some(Before { pattern: before, quote }) = &before {
            candidates.push(match quote {
                Some(quote) if body.is_whole => format!("{before}{pattern}{quote}"),
                Some(_) => format!("{before}{pattern}"),
                None => format!("{before}{pattern}{general_end}"),
            });
        }
        candidates.push(format!("{start}{pattern}{general_end}"));
        if *letters >= LEAST_LETTERS {
            candidates.extend(before.map(|before| format!("{}{pattern}", before.pattern)));
            candidates.push(pattern.clone());
        }
    }
    // The line as it is, unless a secret stands in it.
    if redacted == line {
        let literal = regex_syntax::escape(line);
        candidates.push(format!("{start}{literal}{end}"));
        if line.chars().filter(|c| c.is_alphanumeric()).count() >= LEAST_LETTERS {
            candidates.push(literal);
        }
    }
    candidates.into_iter().find(|source| finds(source, record))
}

/// Both texts as one: a record is hidden by either. Case goes on to matter in each as it did.
pub(super) fn either(old: &str, new: &str) -> String {
    if old.is_empty() {
        return new.to_owned();
    }
    let (old_case, new_case) = (has_capital(old), has_capital(new));
    let part = |text: &str, case: bool| {
        if !case && (old_case || new_case) {
            format!("(?i:{text})")
        } else if text.contains("(?") {
            // A switch in it ends with it.
            format!("(?:{text})")
        } else {
            text.to_owned()
        }
    };
    format!("{}|{}", part(old, old_case), part(new, new_case))
}

fn finds(source: &str, record: &Record<'_>) -> bool {
    let pattern = Pattern { source: source.to_owned(), kind: PatternKind::SmartRegex };
    Needle::compile(&pattern).is_ok_and(|needle| needle.is_in_record(record))
}

/// What stands right before the message in its line.
struct Before {
    pattern: String,
    /// The quote that ends the message, too.
    quote: Option<char>,
}

/// The key of a structured record's message, or the word before a plain one.
fn before(record: &Record<'_>, redactor: &Redactor) -> Option<Before> {
    let start = record.text.0 as usize;
    let head = record.raw.get(..start)?;
    let line = head.rsplit(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(&line[line.len().saturating_sub(MAX_BEFORE)..]);
    let quote = line.chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.map_or(&*line, |quote| line.trim_end_matches(quote));
    let sign = inner.trim_end();
    if let Some(key) = sign.strip_suffix([':', '=']) {
        let sign = &sign[key.len()..];
        let key = key.trim_end();
        let in_quotes = key.strip_suffix('"').and_then(|key| key.rfind('"').map(|at| &key[at + 1..]));
        let bare =
            key.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.@-".contains(c))).map_or(key, |at| &key[at + 1..]);
        let quoted = quote.map(String::from).unwrap_or_default();
        if let (Some(key), ":") = (in_quotes, sign) {
            let sign = &inner[inner.rfind(':').unwrap_or(inner.len())..];
            return Some(Before { pattern: format!("\"{}\"{sign}{quoted}", regex_syntax::escape(key)), quote });
        }
        if sign == "=" && !bare.is_empty() {
            return Some(Before { pattern: format!("{}={quoted}", regex_syntax::escape(bare)), quote });
        }
    }
    if quote.is_some() {
        return None;
    }
    let word = sign.rsplit(char::is_whitespace).next().filter(|word| !word.is_empty() && word.len() < MAX_BEFORE)?;
    let blank = if inner.len() > sign.len() { blanks(&inner[sign.len()..]) } else { "" };
    Some(Before { pattern: format!("{}{blank}", Body::of(&redactor.redact(word).text).pattern), quote: None })
}

/// A text made general.
struct Body {
    pattern: String,
    /// Letters that stand in it as they are.
    letters: usize,
    /// Whether it is about the whole text.
    is_whole: bool,
    /// Whether it asks for anything that is not blank.
    is_solid: bool,
}

impl Body {
    fn of(text: &str) -> Self {
        const NOTE: &str = "[redacted: ";
        let mut body = Self { pattern: String::new(), letters: 0, is_whole: true, is_solid: false };
        let mut rest = text;
        let mut last = ' ';
        while let Some(first) = rest.chars().next() {
            if body.pattern.len() >= MAX_PATTERN {
                body.is_whole = false;
                break;
            }
            let len = if rest.starts_with(NOTE)
                && let Some(end) = rest.find(']')
            {
                body.pattern.push_str(".*");
                end + 1
            } else if let Some(len) = quoted(rest, first, last) {
                body.pattern.push_str(&format!("{first}[^{first}]*{first}"));
                len
            } else if first.is_whitespace() {
                let len = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                body.pattern.push_str(blanks(&rest[..len]));
                len
            } else if first.is_ascii_alphanumeric() {
                body.word(rest)
            } else {
                body.literal(&rest[..first.len_utf8()]);
                first.len_utf8()
            };
            body.is_solid |= !(rest.starts_with(NOTE) || first.is_whitespace());
            last = rest[..len].chars().next_back().unwrap_or(last);
            rest = &rest[len..];
        }
        body
    }

    fn literal(&mut self, text: &str) {
        self.pattern.push_str(&regex_syntax::escape(text));
        self.letters += text.chars().filter(|c| c.is_alphabetic()).count();
    }

    /// A word or number at the start of `text`; says how long it is.
    fn word(&mut self, text: &str) -> usize {
        if is_uuid(text) {
            self.pattern.push_str(UUID);
            return 36;
        }
        let long = run(text, |byte| byte.is_ascii_alphanumeric() || b"+/_=-".contains(&byte));
        let count = |is: fn(&u8) -> bool| text.as_bytes()[..long].iter().filter(|byte| is(byte)).count();
        let kinds = [count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase)];
        if long >= LEAST_OF_BASE64 && kinds.iter().all(|count| *count >= LEAST_OF_EACH) {
            self.pattern.push_str(BASE64);
            return long;
        }
        let len = run(text, |byte| byte.is_ascii_alphanumeric());
        let word = &text[..len];
        let letters = run(word, |byte| byte.is_ascii_alphabetic());
        if letters == len {
            self.literal(word);
            return len;
        }
        if letters > 0 {
            // `worker3` is a name and a number; `af31c9` and `x2y` are ids.
            let is_numbered = word[letters..].bytes().all(|byte| byte.is_ascii_digit());
            if is_numbered && !(len >= 6 && word.bytes().all(|byte| byte.is_ascii_hexdigit())) {
                self.literal(&word[..letters]);
                self.pattern.push_str(NUMBER);
                return letters + number(&text[letters..]);
            }
            self.pattern.push_str(ID);
            return len;
        }
        let digits = number(text);
        let unit = run(&text[digits..], |byte| byte.is_ascii_alphanumeric());
        let is_unit = unit <= 3 && text[digits..digits + unit].bytes().all(|byte| byte.is_ascii_alphabetic());
        if digits < len && !is_unit {
            self.pattern.push_str(ID);
            return len;
        }
        self.pattern.push_str(NUMBER);
        if is_unit {
            self.literal(&text[digits..digits + unit]);
            return digits + unit;
        }
        digits
    }
}

/// Blanks of any number: columns differ in their width.
fn blanks(text: &str) -> &'static str {
    if text.bytes().all(|byte| byte == b' ') { " +" } else { "\\s+" }
}

/// The bytes of a quoted text, with its quotes; an apostrophe is none.
fn quoted(text: &str, quote: char, before: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'') || (quote == '\'' && before.is_alphanumeric()) {
        return None;
    }
    let end = text[1..].find(quote)?;
    let behind = text[end + 2..].chars().next();
    let closes = quote == '"' || behind.is_none_or(|c| !c.is_alphanumeric());
    (end <= MAX_QUOTED && closes).then_some(end + 2)
}

/// The bytes of a number: digits, and groups of them behind points and commas.
fn number(text: &str) -> usize {
    let mut end = run(text, |byte| byte.is_ascii_digit());
    while text[end..].starts_with(['.', ',']) {
        let more = run(&text[end + 1..], |byte| byte.is_ascii_digit());
        if more == 0 {
            break;
        }
        end += 1 + more;
    }
    end
}

fn is_uuid(text: &str) -> bool {
    let Some(head) = text.as_bytes().get(..36) else { return false };
    head.iter().enumerate().all(|(n, byte)| match n {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    }) && run(&text[36..], |byte| byte.is_ascii_alphanumeric()) == 0
}

fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, OriginId, SourceId, Timestamp};
    use crate::parse::Parser;
    use crate::parse::assemble::Assembler;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    /// The records of a file with these bytes.
    fn records(bytes: &[u8]) -> Batch {
        let mut batch = Batch::default();
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let mut assembler = Assembler::new(parser, OriginId::new(SourceId(0), 0));
        assembler.feed(bytes, Timestamp(0), &mut batch);
        assembler.idle(&mut batch);
        batch
    }

    fn pattern(batch: &Batch, row: usize) -> Option<String> {
        pattern_of(&batch.record(row), &Redactor::new())
    }

    #[test]
    fn what_varies_becomes_general() {
        let check = |text: &str, expected: &str| assert_eq!(Body::of(text).pattern, expected, "{text}");
        check("GET /v1/charge/8033 200 8ms", r"GET +/v[0-9.,]+/charge/[0-9.,]+ +[0-9.,]+ +[0-9.,]+ms");
        check("took 2.31 s", r"took +[0-9.,]+ +s");
        check("from 10.0.3.17:443", r"from +[0-9.,]+:[0-9.,]+");
        check("order 8f21 of af31c9", r"order +[0-9A-Za-z]+ +of +[0-9A-Za-z]+");
        check("worker3 at 0x7ffe12", r"worker[0-9.,]+ +at +[0-9A-Za-z]+");
        check("id 123e4567-e89b-12d3-a456-426614174000.", r"id +[0-9A-Fa-f-]{36}\.");
        check("user \"bob\" isn't 'on'", r#"user +"[^"]*" +isn't +'[^']*'"#);
        check("a [redacted: jwt] b", r"a +.* +b");
        check("a \t b", r"a\s+b");
        check("(x|y)*", r"\(x\|y\)\*");
        check("日本 5", r"日本 +[0-9.,]+");
        check("t eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abc0123 x", r"t +[0-9A-Za-z+/_=-]+ +x");
    }

    #[test]
    fn likes_are_found_and_others_are_not() {
        let check = |file: &str, expected: &str, found: &[usize]| {
            let batch = records(file.as_bytes());
            let source = pattern(&batch, 0).unwrap();
            assert_eq!(source, expected);
            let rows: Vec<_> = (0..batch.len()).filter(|row| finds(&source, &batch.record(*row))).collect();
            assert_eq!(rows, found, "{source}");
        };
        check(
            "2026-11-21T03:13:10Z INFO batch 5511 committed rows=500 in 44ms\n\
             2026-11-21T03:13:11Z INFO batch 5512 committed rows=7 in 1.5ms\n\
             2026-11-21T03:13:12Z INFO batch 5512 rolled back\n\
             2026-11-21T03:13:12Z INFO batch 5513 committed rows=7 in 1ms, late\n",
            r"INFO +batch +[0-9.,]+ +committed +rows=[0-9.,]+ +in +[0-9.,]+ms$",
            &[0, 1],
        );
        check(
            "{\"level\":\"info\",\"msg\":\"ok\",\"n\":1}\n{\"level\":\"info\",\"msg\":\"ok\",\"n\":2}\n\
             {\"level\":\"info\",\"msg\":\"not ok\"}\n{\"level\":\"info\",\"msg\":\"x\",\"state\":\"ok\"}\n",
            r#""msg":"ok""#,
            &[0, 1],
        );
        check(
            "{\"msg\":\"user \\\"bob\\\" left\"}\n{\"msg\":\"user \\\"eve\\\" left\"}\n{\"msg\":\"user left\"}\n",
            r#"^user +"[^"]*" +left$"#,
            &[0, 1],
        );
        check(
            "level=info msg=\"a b\" n=1\nlevel=info msg=\"a b\" n=2\nlevel=info msg=\"a c\"\n",
            r#"msg="a +b""#,
            &[0, 1],
        );
        check("12\n13\nx 14\n", "^[0-9.,]+$", &[0, 1]);
    }

    #[test]
    fn two_patterns_are_one() {
        let check = |old: &str, new: &str, expected: &str| assert_eq!(either(old, new), expected);
        check("", "GET", "GET");
        check("a", "b", "a|b");
        check("A", "B", "A|B");
        check("a", "B", "(?i:a)|B");
        check("A|B", "c", "A|B|(?i:c)");
        check("(?x)A b", "C", "(?:(?x)A b)|C");
    }

    #[test]
    fn a_line_that_says_nothing_has_no_pattern() {
        let batch = records(b"   \n\n");
        assert!((0..batch.len()).all(|row| pattern(&batch, row).is_none()));
    }

    #[test]
    fn secrets_do_not_stand_in_it() {
        let batch = records(b"2026-11-21T03:13:10Z INFO login password=hunter2secret done\n");
        let source = pattern(&batch, 0).unwrap();
        assert!(!source.contains("hunter") && source.contains("done"), "{source}");
    }

    proptest! {
        #[test]
        fn a_pattern_finds_the_record_that_it_was_made_of(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "\\PC{0,80}",
            words in "([A-Za-z\"'=:.,()\\[\\]{}*+?|^$\\\\0-9\\t ]{0,12} ){0,8}",
            time in any::<bool>(),
        ) {
            let head: &[u8] = if time { b"2026-11-21T03:13:10Z WARN " } else { b"" };
            let json = serde_json::json!({"level": "error", "msg": words, "n": 1}).to_string();
            for body in [bytes.as_slice(), text.as_bytes(), words.as_bytes(), json.as_bytes()] {
                let batch = records(&[head, body, b"\n"].concat());
                for row in 0..batch.len() {
                    if let Some(source) = pattern(&batch, row) {
                        prop_assert!(finds(&source, &batch.record(row)));
                    }
                }
            }
            // Words of some length always have a pattern.
            let batch = records(format!("{words} committed the batch\n").as_bytes());
            prop_assert!((0..batch.len()).all(|row| pattern(&batch, row).is_some()), "{}", words);
        }
    }
}
