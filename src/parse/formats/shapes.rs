//! The level behind a time, and the logger whose style it is: log4j and kin, Python, Rust, Go, or nobody's.
//!
//! Owns how far a level may stand from the time: near enough that a sentence with a level's name in it is none.

use super::super::Parsed;
use super::super::time::{Found, Iso, Named};
use super::cursor::{Cursor, is_name, is_number};
use super::visit::Visit;
use super::{explained, levels};
use crate::model::{Format, Severity, SeverityFrom};

/// How the line's time was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stamp {
    /// ISO 8601.
    Iso(Iso),
    /// `2025/01/02 15:04:05`.
    Slashed,
    /// A time of day alone.
    Clock { comma: bool },
    /// Another form.
    Other,
    /// No time in front of the level.
    Nothing,
}

impl Stamp {
    fn has_comma(self) -> bool {
        matches!(self, Self::Iso(Iso { comma: true, .. }) | Self::Clock { comma: true })
    }

    /// As Rust's loggers write it.
    fn is_rust(self) -> bool {
        matches!(self, Self::Iso(Iso { t: true, zone: Named::Z, .. }) | Self::Nothing)
    }
}

/// What the time stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Nothing.
    Open,
    /// Brackets.
    Boxed,
}

/// A level, and what stands before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'l> {
    /// Behind the level and its bracket or colon.
    pub(super) after: Cursor<'l>,
    pub(super) severity: Severity,
    pub(super) word: &'l [u8],
    pub(super) style: Style,
    /// The content of a bracket before the level that is no number.
    pub(super) thread: &'l [u8],
    /// A word before the level.
    pub(super) name: &'l [u8],
    /// A number before the level, in brackets or free.
    pub(super) pid: &'l [u8],
    /// The content of braces before the level.
    pub(super) place: &'l [u8],
    /// A `-` or `|` stands right before the level.
    pub(super) dashed: bool,
    /// It is a `|`.
    pub(super) bar: bool,
}

/// How a level is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Boxed,
    Colon,
    Free,
}

impl<'l> Level<'l> {
    /// A level at the start of a line.
    pub(super) fn alone(after: Cursor<'l>, severity: Severity, word: &'l [u8], style: Style) -> Self {
        Self { after, severity, word, style, thread: b"", name: b"", pid: b"", place: b"", dashed: false, bar: false }
    }
}

/// Reads what follows a time, when a level does.
pub(super) fn read<V: Visit>(
    line: &[u8],
    cursor: Cursor<'_>,
    stamp: Stamp,
    frame: Frame,
    found: Found,
    visit: &mut V,
) -> Option<Parsed> {
    let level = find(cursor)?;
    Some(settle(line, &level, stamp, frame, Some(found), visit))
}

/// Looks for a level behind `cursor`: before it may stand brackets, numbers, dashes and one word.
fn find(mut cursor: Cursor<'_>) -> Option<Level<'_>> {
    let mut level = Level::alone(cursor, Severity::Unknown, b"", Style::Free);
    let mut words = 0;
    for _ in 0..8 {
        cursor.gap();
        match cursor.peek()? {
            b'[' | b'{' | b'(' | b'<' => {
                let is_brace = cursor.peek() == Some(b'{');
                let content = cursor.boxed()?;
                if !is_brace && let Some(severity) = levels::boxed_coloured(content) {
                    cursor.eat(b":");
                    let word = levels::plain_word(content).trim_ascii();
                    return Some(Level { after: cursor, severity, word, style: Style::Boxed, ..level });
                }
                level.dashed = false;
                if is_brace {
                    level.place = content;
                } else if is_number(content) {
                    level.pid = content;
                } else if level.thread.is_empty() {
                    level.thread = content;
                }
            }
            b'-' | b'|' | b':' | b',' => {
                level.dashed = cursor.peek() != Some(b':');
                level.bar = cursor.peek() == Some(b'|');
                cursor.skip(1);
                if !matches!(cursor.peek(), Some(b' ' | b'\t' | b'-' | b'\x1b' | b'[')) {
                    return None;
                }
            }
            _ => {
                let start = cursor;
                let mut token = cursor.token();
                // `LEVEL[thread]`, and names that have a bracket at their end.
                if let Some(open) = memchr::memchr(b'[', token)
                    && levels::shouted(token.get(..open)?).is_some()
                {
                    cursor = start;
                    cursor.skip(open);
                    token = token.get(..open)?;
                }
                if let Some((severity, word, style)) = word_level(token) {
                    return Some(Level { after: cursor, severity, word, style, ..level });
                }
                level.dashed = false;
                if is_number(token) {
                    level.pid = token;
                } else {
                    words += 1;
                    level.name = token.strip_suffix(b":").unwrap_or(token);
                    if words > 1 {
                        return None;
                    }
                }
            }
        }
    }
    None
}

/// The level that a token is: in capitals, or before a colon, perhaps behind a channel (`production.ERROR:`).
fn word_level(token: &[u8]) -> Option<(Severity, &[u8], Style)> {
    if let Some(word) = token.strip_suffix(b":") {
        let word = match memchr::memrchr(b'.', word) {
            Some(dot) => word.get(dot + 1..).filter(|word| levels::shouted(word).is_some())?,
            None => word,
        };
        return levels::named(word).map(|severity| (severity, word, Style::Colon));
    }
    let token = token.strip_suffix(b",").unwrap_or(token);
    levels::shouted(token).map(|severity| (severity, token, Style::Free))
}

/// Names the format, finds the logger and where the message begins, and tells of the fields.
pub(super) fn settle<V: Visit>(
    line: &[u8],
    level: &Level<'_>,
    stamp: Stamp,
    frame: Frame,
    found: Option<Found>,
    visit: &mut V,
) -> Parsed {
    let mut behind = style(level, stamp, frame);
    if matches!(stamp, Stamp::Slashed) {
        behind.format = Format::GoLog;
    }
    if V::WANTED {
        visit.field("level", level.word);
        visit.field("thread", if behind.thread.is_empty() { level.thread } else { behind.thread });
        visit.field("pid", if behind.pid.is_empty() { level.pid } else { behind.pid });
        visit.field("span", behind.span);
        let place = if behind.format == Format::GoLog { level.name } else { level.place };
        visit.field("file", place);
        let logger = if behind.logger.is_empty() && place != level.name { level.name } else { behind.logger };
        visit.field(if behind.format == Format::RustLog { "target" } else { "logger" }, logger);
    }
    explained(line, behind.format, found, Some((level.severity, SeverityFrom::Header)), behind.text.at())
}

/// What stands between a level and the message.
struct Behind<'l> {
    format: Format,
    text: Cursor<'l>,
    logger: &'l [u8],
    thread: &'l [u8],
    pid: &'l [u8],
    span: &'l [u8],
}

/// What parts a logger's name from the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parting {
    Colon,
    Dash,
}

fn style<'l>(level: &Level<'l>, stamp: Stamp, frame: Frame) -> Behind<'l> {
    let mut cursor = level.after;
    cursor.gap();
    let mut behind = Behind { format: Format::Header, text: cursor, logger: b"", thread: b"", pid: b"", span: b"" };
    if let Some(spring) = spring(cursor) {
        return spring;
    }
    if level.dashed || !level.place.is_empty() {
        // `name - LEVEL - message`, `{file.py:1} LEVEL - message`.
        let parted = separator(&mut behind.text);
        let mut is_python = parted && (!level.name.is_empty() || !level.place.is_empty() || stamp.has_comma());
        // loguru's `| LEVEL | module:function:line - message`.
        if let Some((logger, Parting::Dash, after)) = logger(behind.text).filter(|_| level.bar) {
            (behind.logger, behind.text, is_python) = (logger, after, true);
        }
        is_python &= level.thread.is_empty();
        behind.format = match (is_python, level.thread.is_empty()) {
            (true, _) => Format::Python,
            (_, false) => Format::Log4j,
            _ => Format::Header,
        };
        return behind;
    }
    if frame == Frame::Boxed && flask(cursor, &mut behind) {
        return behind;
    }
    let is_plain = level.style == Style::Free && level.thread.is_empty() && level.name.is_empty();
    if is_plain && stamp.is_rust() && rust(cursor, &mut behind, stamp) {
        return behind;
    }
    if boxes(cursor, level, stamp, &mut behind) {
        return behind;
    }
    if let Some((logger, parting, after)) = logger(cursor) {
        let has_thread = !level.thread.is_empty();
        let is_python = parting == Parting::Colon && stamp.has_comma() && !has_thread;
        if has_thread || is_python || parting == Parting::Dash {
            behind.format = if is_python { Format::Python } else { Format::Log4j };
            (behind.logger, behind.text) = (logger, after);
            return behind;
        }
    }
    behind.format = match (frame, level.style) {
        // gunicorn's `[TIME +0000] [12] [INFO] message`.
        (Frame::Boxed, Style::Boxed) if !level.pid.is_empty() && level.thread.is_empty() => Format::Python,
        // Kafka's and Elasticsearch's `[TIME,123] INFO message`.
        (Frame::Boxed, _) if stamp.has_comma() => Format::Log4j,
        _ if !level.thread.is_empty() && level.style == Style::Free => Format::Log4j,
        _ => Format::Header,
    };
    separator(&mut behind.text);
    behind
}

/// Spring Boot's `1 --- [app] [main] c.e.App : message`.
fn spring(mut cursor: Cursor<'_>) -> Option<Behind<'_>> {
    let pid = cursor.token();
    (is_number(pid) && cursor.eat(b" --- ")).then_some(())?;
    let mut thread: &[u8] = b"";
    while cursor.peek() == Some(b'[') {
        thread = cursor.boxed()?.trim_ascii();
        cursor.gap();
    }
    let logger = cursor.token();
    cursor.gap();
    cursor.eat(b":").then_some(())?;
    cursor.eat(b" ");
    Some(Behind { format: Format::Log4j, text: cursor, logger, thread, pid, span: b"" })
}

/// Flask's `in module: message`.
fn flask<'l>(mut cursor: Cursor<'l>, behind: &mut Behind<'l>) -> bool {
    if !cursor.eat(b"in ") {
        return false;
    }
    let Some(module) = cursor.token().strip_suffix(b":") else { return false };
    cursor.gap();
    (behind.format, behind.logger, behind.text) = (Format::Python, module, cursor);
    true
}

/// tracing's `span{a=1}:inner: target: message` and `env_logger`'s `target: message`.
fn rust<'l>(mut cursor: Cursor<'l>, behind: &mut Behind<'l>, stamp: Stamp) -> bool {
    let start = cursor;
    while let Some(after) = span(cursor) {
        cursor = after;
    }
    let has_spans = cursor.at() > start.at();
    if has_spans {
        let len = cursor.at() - start.at();
        let spans = start.rest().get(..len).unwrap_or_default().trim_ascii_end();
        behind.span = spans.strip_suffix(b":").unwrap_or(spans);
        cursor.gap();
    }
    let target = logger(cursor).filter(|(name, parting, _)| {
        let is_path = memchr::memmem::find(name, b"::").is_some();
        *parting == Parting::Colon && (is_path || has_spans || !matches!(stamp, Stamp::Nothing))
    });
    if let Some((name, _, after)) = target {
        (behind.logger, cursor) = (name, after);
    } else if !has_spans {
        return false;
    }
    (behind.format, behind.text) = (Format::RustLog, cursor);
    true
}

/// Steps over `name{fields}:` and the blank behind it.
fn span(mut cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    cursor.gap();
    let rest = cursor.rest();
    let name = rest.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(b)).count();
    (name > 0).then_some(())?;
    cursor.skip(name);
    while cursor.colour() {}
    (cursor.peek() == Some(b'{')).then_some(())?;
    cursor.boxed()?;
    while cursor.colour() {}
    cursor.eat(b":").then_some(())?;
    while cursor.colour() {}
    Some(cursor)
}

/// Brackets behind the level: `[thread] logger - message`, `JBoss`'s `[logger] (thread) message`, Elasticsearch's
/// `[logger] [node] message`.
fn boxes<'l>(mut cursor: Cursor<'l>, level: &Level<'l>, stamp: Stamp, behind: &mut Behind<'l>) -> bool {
    if cursor.peek() != Some(b'[') {
        return false;
    }
    let adjacent = cursor.at() == level.after.at() && level.style == Style::Boxed;
    let Some(first) = cursor.boxed().map(<[u8]>::trim_ascii) else { return false };
    cursor.gap();
    let mut ahead = cursor;
    if let Some(thread) = (ahead.peek() == Some(b'(')).then(|| ahead.boxed()).flatten() {
        ahead.gap();
        (behind.format, behind.logger, behind.thread, behind.text) = (Format::Log4j, first, thread, ahead);
        return true;
    }
    if let Some((logger, _, after)) = logger(cursor) {
        (behind.format, behind.logger, behind.thread, behind.text) = (Format::Log4j, logger, first, after);
        return true;
    }
    if adjacent && is_name(first) {
        let format = if stamp.has_comma() { Format::Log4j } else { Format::Header };
        (behind.format, behind.logger, behind.text) = (format, first, cursor);
        return true;
    }
    false
}

/// A logger's name with what parts it from the message: `name: `, `name - `, `name : `.
fn logger(mut cursor: Cursor<'_>) -> Option<(&[u8], Parting, Cursor<'_>)> {
    let token = cursor.token();
    if let Some(name) = token.strip_suffix(b":") {
        cursor.gap();
        return (is_name(name) && !name.ends_with(b":")).then_some((name, Parting::Colon, cursor));
    }
    if !is_name(token) {
        return None;
    }
    cursor.gap();
    if cursor.eat(b":") {
        // tracing in colour has the colon behind the colour.
        cursor.gap();
        return Some((token, Parting::Colon, cursor));
    }
    separator(&mut cursor).then_some((token, Parting::Dash, cursor))
}

/// Steps over one `-`, `--`, `|` or `:` and the blanks behind it.
fn separator(cursor: &mut Cursor<'_>) -> bool {
    cursor.gap();
    let stepped = [&b"- "[..], b"-- ", b"| ", b": ", b"\xe2\x80\x93 "].iter().any(|mark| cursor.eat(mark));
    cursor.gap();
    stepped
}

/// Go's standard log without a level: `2025/01/02 15:04:05 file.go:1: message`.
pub(super) fn go<V: Visit>(line: &[u8], mut cursor: Cursor<'_>, found: Found, visit: &mut V) -> Option<Parsed> {
    if cursor.peek().is_some() && !cursor.eat(b" ") {
        return None;
    }
    let mut ahead = cursor;
    if let Some(place) = ahead.token().strip_suffix(b":")
        && memchr::memmem::find(place, b".go:").is_some()
    {
        visit.field("file", place);
        ahead.blanks();
        cursor = ahead;
    }
    Some(explained(line, Format::GoLog, Some(found), None, cursor.at()))
}
