//! Web servers: access logs (common, combined, with a virtual host in front), nginx's and Apache's error logs.
//!
//! Owns their layout.

use super::super::Parsed;
use super::super::time::{Found, TimeParser};
use super::cursor::{Cursor, is_number};
use super::explained;
use super::visit::Visit;
use crate::model::{Format, Severity, SeverityFrom};

/// `[vhost ]host ident user [02/Jan/2025:15:04:05 +0000] "GET / HTTP/1.1" 200 123["referer" "agent"]`.
pub(super) fn access<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    let mut vhost: &[u8] = b"";
    let mut client = cursor.until(b' ', 128)?;
    // Nobody runs identd any more: the second column is a dash.
    if !cursor.eat(b"- ") {
        memchr::memchr2(b'.', b':', client)?;
        vhost = client;
        client = cursor.until(b' ', 64)?;
        cursor.eat(b"- ").then_some(())?;
    }
    // The user may hold blanks; the date is what is certain.
    let user = cursor.until(b'[', 96)?;
    let found = clock.prefix(cursor.rest())?;
    cursor.skip(found.len);
    (cursor.eat(b"] ") && cursor.peek() == Some(b'"')).then_some(())?;
    let text = cursor.at();
    let request = cursor.quoted()?;
    cursor.eat(b" ").then_some(())?;
    let status = cursor.token();
    let severity = of_status(status)?;
    if V::WANTED {
        for (name, value) in [("vhost", vhost), ("remote", client), ("user", user.trim_ascii())] {
            if value != b"-" {
                visit.field(name, value);
            }
        }
        self::request(request, visit);
        visit.field("status", status);
        cursor.blanks();
        let bytes = cursor.token();
        if is_number(bytes) {
            visit.field("bytes", bytes);
        }
        for name in ["referer", "agent"] {
            cursor.blanks();
            if let Some(value) = cursor.quoted().filter(|value| *value != b"-") {
                visit.field(name, value);
            }
        }
    }
    Some(explained(line, Format::Access, Some(found), Some((severity, SeverityFrom::Status)), text))
}

/// The severity of a status code: 5xx is an error, 4xx a warning. `None` when it is no status code.
pub(super) fn of_status(status: &[u8]) -> Option<Severity> {
    match status {
        [b'5', b'0'..=b'9', b'0'..=b'9'] => Some(Severity::Error),
        [b'4', b'0'..=b'9', b'0'..=b'9'] => Some(Severity::Warn),
        [b'1'..=b'3', b'0'..=b'9', b'0'..=b'9'] | b"000" => Some(Severity::Info),
        _ => None,
    }
}

/// `GET /path HTTP/1.1` in its parts; what is not of this shape is one field.
pub(super) fn request<V: Visit>(request: &[u8], visit: &mut V) {
    let mut parts = request.split(|b| *b == b' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(path), Some(protocol), None) if protocol.starts_with(b"HTTP/") => {
            visit.field("method", method);
            visit.field("path", path);
            visit.field("protocol", protocol);
        }
        _ => visit.field("request", request),
    }
}

/// nginx's `[error] 1#1: *2 message, client: 1.2.3.4, server: a`, behind its time. `None`: something else.
pub(super) fn nginx<V: Visit>(line: &[u8], mut cursor: Cursor<'_>, found: Found, visit: &mut V) -> Option<Parsed> {
    cursor.eat(b" [").then_some(())?;
    let level = cursor.until(b']', 8)?;
    let severity = level_of(level)?;
    cursor.eat(b" ").then_some(())?;
    let process = cursor.until(b'#', 16)?;
    let thread = cursor.until(b':', 24)?;
    (is_number(process) && is_number(thread)).then_some(())?;
    cursor.blanks();
    visit.field("level", level);
    visit.field("pid", process);
    visit.field("tid", thread);
    let mut connection = cursor;
    if connection.eat(b"*") {
        let number = connection.token();
        if is_number(number) {
            visit.field("connection", number);
            connection.blanks();
            cursor = connection;
        }
    }
    if V::WANTED {
        nginx_context(cursor.rest(), visit);
    }
    Some(explained(line, Format::NginxError, Some(found), Some((severity, SeverityFrom::Header)), cursor.at()))
}

/// What nginx adds behind the message: `, client: …, server: …, request: "…", upstream: "…", host: "…"`.
fn nginx_context<V: Visit>(text: &[u8], visit: &mut V) {
    let names = ["client", "server", "request", "subrequest", "upstream", "host", "referrer"];
    for name in names {
        let key = format!(", {name}: ");
        let Some(at) = memchr::memmem::find(text, key.as_bytes()) else { continue };
        let mut cursor = Cursor::new(text, at + key.len());
        if let Some(value) = cursor.quoted() {
            if name == "request" { request(value, visit) } else { visit.field(name, value) }
        } else {
            let rest = cursor.rest();
            let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
            visit.field(name, rest.get(..end).unwrap_or_default());
        }
    }
}

/// Apache's `[core:error] [pid 1:tid 2] [client 1.2.3.4:5] message`, behind its time's bracket. `None`: something else.
pub(super) fn apache<V: Visit>(line: &[u8], mut cursor: Cursor<'_>, found: Found, visit: &mut V) -> Option<Parsed> {
    cursor.blanks();
    let content = cursor.boxed()?;
    let (module, level) = match memchr::memchr(b':', content) {
        Some(colon) => (content.get(..colon)?, content.get(colon + 1..)?),
        None => (&b""[..], content),
    };
    // `trace1` to `trace8`.
    let severity = if level.starts_with(b"trace") { Severity::Trace } else { level_of(level)? };
    visit.field("module", module);
    visit.field("level", level);
    cursor.blanks();
    let mut ahead = cursor;
    while let Some(content) = ahead.boxed() {
        if let Some(ids) = content.strip_prefix(b"pid ") {
            let mut parts = ids.splitn(2, |b| *b == b':');
            visit.field("pid", parts.next().unwrap_or_default());
            visit.field("tid", parts.next().and_then(|tid| tid.strip_prefix(b"tid ")).unwrap_or_default());
        } else if let Some(client) = content.strip_prefix(b"client ") {
            visit.field("client", client);
        } else if let Some(remote) = content.strip_prefix(b"remote ") {
            visit.field("remote", remote);
        } else {
            break;
        }
        ahead.blanks();
        cursor = ahead;
    }
    Some(explained(line, Format::ApacheError, Some(found), Some((severity, SeverityFrom::Header)), cursor.at()))
}

/// A level as nginx and Apache both write it.
fn level_of(word: &[u8]) -> Option<Severity> {
    Some(match word {
        b"debug" => Severity::Debug,
        b"info" | b"notice" => Severity::Info,
        b"warn" => Severity::Warn,
        b"error" => Severity::Error,
        b"crit" | b"alert" | b"emerg" => Severity::Fatal,
        _ => return None,
    })
}
