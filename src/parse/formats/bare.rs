//! Lines that begin with a level and have no time in front of it: Python's default, uvicorn, Maven, `env_logger`, `JBoss`,
//! .NET's console, logrus.
//!
//! Owns which level words count there. Must not know what stands behind a level ([`super::shapes`]).

use super::super::Parsed;
use super::super::time::TimeParser;
use super::cursor::{Cursor, is_name, is_number};
use super::shapes::{self, Frame, Level, Stamp, Style};
use super::visit::Visit;
use super::{explained, levels};
use crate::model::{Format, Severity, SeverityFrom};

/// A line that begins with a level in capitals.
pub(super) fn level<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let rest = lead.rest();
    let len = rest.iter().take(12).take_while(|b| b.is_ascii_uppercase()).count();
    let word = rest.get(..len).filter(|word| word.len() >= 3)?;
    let mut cursor = lead;
    cursor.skip(len);
    while cursor.colour() {}
    match cursor.peek() {
        Some(b':') => {
            let severity = levels::named(word)?;
            cursor.skip(1);
            while cursor.colour() {}
            Some(colon(line, cursor, word, severity, visit))
        }
        Some(b' ' | b'\t') => {
            let severity = levels::leading(word)?;
            Some(free(line, cursor, word, severity, clock, visit))
        }
        // logrus: `INFO[0001] message`.
        Some(b'[') => {
            let severity = levels::leading(word)?;
            let content = cursor.boxed()?;
            let is_time = is_number(content) || clock.value(content).is_some();
            is_time.then_some(())?;
            visit.field("level", word);
            cursor.blanks();
            let found = clock.value(content).filter(|_| !is_number(content));
            Some(explained(line, Format::Header, found, Some((severity, SeverityFrom::Header)), cursor.at()))
        }
        _ => None,
    }
}

/// `LEVEL:name:message` (Python), `LEVEL:     message` (uvicorn), `LEVEL: message`.
fn colon<V: Visit>(line: &[u8], mut cursor: Cursor<'_>, word: &[u8], severity: Severity, visit: &mut V) -> Parsed {
    let header = Some((severity, SeverityFrom::Header));
    visit.field("level", word);
    let mut ahead = cursor;
    if let Some(name) = ahead.until(b':', 128)
        && is_name(name)
    {
        visit.field("logger", name);
        return explained(line, Format::Python, None, header, ahead.at());
    }
    let start = cursor.at();
    cursor.blanks();
    // uvicorn fills up to ten columns.
    let padded = cursor.at() - start + word.len() + 1 == 10;
    if padded && V::WANTED {
        uvicorn(cursor, visit);
    }
    explained(line, if padded { Format::Python } else { Format::Header }, None, header, cursor.at())
}

/// uvicorn's `1.2.3.4:5 - "GET / HTTP/1.1" 200 OK`.
fn uvicorn<V: Visit>(mut cursor: Cursor<'_>, visit: &mut V) {
    let client = cursor.token();
    if cursor.eat(b" - ")
        && let Some(request) = cursor.quoted()
    {
        cursor.gap();
        visit.field("remote", client);
        super::web::request(request, visit);
        visit.field("status", cursor.token());
    }
}

/// `LEVEL ` and anything: perhaps a time, a logger, a thread.
fn free<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    word: &[u8],
    severity: Severity,
    clock: &mut TimeParser,
    visit: &mut V,
) -> Parsed {
    let after = cursor;
    cursor.gap();
    let boxed = cursor.peek() == Some(b'[');
    let mut stamp = cursor;
    stamp.skip(usize::from(boxed));
    if let Some(found) = clock.prefix(stamp.rest()).filter(|_| !stamp.rest().iter().take(10).all(u8::is_ascii_digit)) {
        let comma = stamp.rest().get(19) == Some(&b',');
        stamp.skip(found.len);
        stamp.eat(b"]");
        stamp.gap();
        visit.field("level", word);
        // Django's usual `{levelname} {asctime} {module} {process} {thread} {message}`.
        let format = if comma { Format::Python } else { Format::Header };
        return explained(line, format, Some(found), Some((severity, SeverityFrom::Header)), stamp.at());
    }
    let level = Level::alone(after, severity, word, Style::Free);
    shapes::settle(line, &level, Stamp::Nothing, Frame::Open, None, visit)
}

/// `[ERROR] message`, `[ERROR target] message`.
pub(super) fn bracketed<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    let coloured = matches!(cursor.rest(), [b'[', b'\x1b', ..]);
    let content = if coloured {
        cursor.skip(1);
        while cursor.colour() {}
        let start = cursor;
        let len = cursor.rest().iter().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
        cursor.skip(len);
        cursor.gap();
        cursor.eat(b"]").then_some(())?;
        start.rest().get(..len)?
    } else {
        cursor.boxed()?
    };
    let mut inside = Cursor::new(content, 0);
    inside.blanks();
    let word = inside.token();
    let severity = levels::named(word).or_else(|| word.eq_ignore_ascii_case(b"success").then_some(Severity::Info))?;
    inside.blanks();
    let target = inside.rest();
    let is_target = is_name(target) && levels::shouted(word).is_some();
    if !target.is_empty() && !is_target {
        return None;
    }
    if !matches!(cursor.peek(), None | Some(b' ' | b'\t' | b':' | b'\x1b' | b'[')) {
        return None;
    }
    cursor.eat(b":");
    visit.field("level", word);
    visit.field("target", target);
    if cursor.eat(b" ")
        && let Some(found) = clock.prefix(cursor.rest()).filter(|found| found.len > 14)
    {
        cursor.skip(found.len);
        cursor.gap();
        return Some(explained(line, Format::Header, Some(found), Some((severity, SeverityFrom::Header)), cursor.at()));
    }
    let format = if target.is_empty() { Format::Header } else { Format::RustLog };
    Some(explained(line, format, None, Some((severity, SeverityFrom::Header)), cursor.at()))
}

/// .NET's console: `fail: Category[0]`, the message in the next line or behind it.
pub(super) fn dotnet<V: Visit>(line: &[u8], at: usize, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let (word, _) = lead.rest().split_first_chunk::<4>()?;
    let severity = match word {
        b"trce" => Severity::Trace,
        b"dbug" => Severity::Debug,
        b"info" => Severity::Info,
        b"warn" => Severity::Warn,
        b"fail" => Severity::Error,
        b"crit" => Severity::Fatal,
        _ => return None,
    };
    let mut cursor = lead;
    cursor.skip(4);
    while cursor.colour() {}
    cursor.eat(b": ").then_some(())?;
    let text = cursor.at();
    let category = cursor.token();
    let (name, event) = category.strip_suffix(b"]")?.split_at_checked(memchr::memrchr(b'[', category)?)?;
    let event = event.strip_prefix(b"[")?;
    (is_name(name) && is_number(event.strip_prefix(b"-").unwrap_or(event))).then_some(())?;
    visit.field("level", word);
    visit.field("logger", name);
    visit.field("event", event);
    Some(explained(line, Format::Header, None, Some((severity, SeverityFrom::Header)), text))
}
