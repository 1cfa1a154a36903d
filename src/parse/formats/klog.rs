//! klog and glog: `E0102 15:04:05.000000    1 file.go:12] message`.

use super::super::Parsed;
use super::super::time::TimeParser;
use super::cursor::{Cursor, is_number};
use super::explained;
use super::visit::Visit;
use crate::model::{Format, Severity, SeverityFrom};

/// Reads a line of klog.
#[inline]
pub(super) fn klog<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let [letter @ (b'I' | b'W' | b'E' | b'F' | b'D'), b'0' | b'1', b'0'..=b'9', b'0'..=b'3', b'0'..=b'9', b' ', ..] =
        lead.rest()
    else {
        return None;
    };
    let severity = match letter {
        b'I' => Severity::Info,
        b'W' => Severity::Warn,
        b'E' => Severity::Error,
        b'F' => Severity::Fatal,
        _ => Severity::Debug,
    };
    let mut cursor = lead;
    cursor.skip(1);
    let found = clock.klog(cursor.rest())?;
    cursor.skip(found.len);
    cursor.blanks();
    let thread = cursor.token();
    is_number(thread).then_some(())?;
    cursor.blanks();
    let place = cursor.until(b']', 256)?;
    cursor.eat(b" ");
    visit.field("pid", thread);
    visit.field("file", place);
    Some(explained(line, Format::Klog, Some(found), Some((severity, SeverityFrom::Header)), cursor.at()))
}
