//! PostgreSQL's stderr log: a time, whatever `log_line_prefix` adds, then `LOG:  message`.
//!
//! Owns the severities of the server and the common prefixes (`%m [%p] `, `%t [%p]: user=%u,db=%d `, `%t:%r:%u@%d:[%p]:`).

use super::super::Parsed;
use super::super::time::Found;
use super::cursor::{Cursor, is_number};
use super::explained;
use super::visit::Visit;
use crate::model::{Format, Severity, SeverityFrom};

/// Reads what follows the time. `None`: not PostgreSQL.
pub(super) fn postgres<V: Visit>(line: &[u8], cursor: Cursor<'_>, found: Found, visit: &mut V) -> Option<Parsed> {
    // The server writes two blanks behind the colon, which hardly anybody else does.
    let rest = cursor.rest();
    let window = rest.get(..256.min(rest.len()))?;
    let colon = memchr::memchr_iter(b':', window).find(|at| matches!(window.get(at + 1..at + 3), Some(b"  ")))?;
    let prefix = window.get(..colon)?;
    let start = prefix.iter().rposition(|b| !(b.is_ascii_uppercase() || b.is_ascii_digit())).map_or(0, |n| n + 1);
    let (prefix, word) = prefix.split_at_checked(start)?;
    let severity = of_word(word)?;
    // Without a process or a database in the prefix, only words that no other logger has tell.
    let own = matches!(word, b"LOG" | b"STATEMENT" | b"HINT" | b"DETAIL" | b"CONTEXT");
    if !own && !prefix.iter().any(|b| matches!(b, b'[' | b'@' | b'=')) {
        return None;
    }
    if V::WANTED {
        prefix_fields(prefix, visit);
        visit.field("level", word);
    }
    let text = cursor.at() + colon + 3;
    Some(explained(line, Format::Postgres, Some(found), Some((severity, SeverityFrom::Header)), text))
}

fn of_word(word: &[u8]) -> Option<Severity> {
    Some(match word {
        b"LOG" | b"INFO" | b"NOTICE" | b"HINT" | b"DETAIL" | b"STATEMENT" | b"CONTEXT" | b"QUERY" | b"LOCATION" => {
            Severity::Info
        }
        b"ERROR" => Severity::Error,
        b"FATAL" | b"PANIC" => Severity::Fatal,
        b"WARNING" => Severity::Warn,
        [b'D', b'E', b'B', b'U', b'G', b'1'..=b'5'] | b"DEBUG" => Severity::Debug,
        _ => return None,
    })
}

/// The process, user, database, application and client that the prefix names.
fn prefix_fields<V: Visit>(prefix: &[u8], visit: &mut V) {
    for part in prefix.split(|b| matches!(b, b' ' | b',' | b':')) {
        let boxed = part.strip_prefix(b"[").and_then(|p| p.strip_suffix(b"]"));
        if let Some(number) = boxed {
            let name = if is_number(number) { "pid" } else { "line" };
            visit.field(name, number);
        } else if let Some(equals) = memchr::memchr(b'=', part) {
            let name = part.get(..equals).unwrap_or_default();
            if let Ok(name @ ("user" | "db" | "app" | "client" | "host")) = std::str::from_utf8(name) {
                visit.field(name, part.get(equals + 1..).unwrap_or_default());
            }
        } else if let Some(at) = memchr::memchr(b'@', part) {
            visit.field("user", part.get(..at).unwrap_or_default());
            visit.field("db", part.get(at + 1..).unwrap_or_default());
        }
    }
}
