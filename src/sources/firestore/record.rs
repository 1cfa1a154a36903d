//! A change as a record: one line of JSON in the form of [`crate::model::documents`], within the bound of a record.
//!
//! Owns that line. Must not know how changes are found.

use super::diff::{Changed, diff};
use super::message::{Template, of_changes, of_document};
use super::place::path_of;
use super::severity::{self, salience};
use super::times::{self, ours};
use super::value::{Fields, Json, sorted};
use super::window::Change;
use super::wire::Document;
use crate::model::documents::{Op, field};
use crate::model::{Severity, Timestamp};
use std::fmt::Write as _;

/// The most bytes of a line; a record holds 64 KiB.
const MAX_LINE: usize = 60 * 1024;

/// The most bytes, and fields, of what changed.
const MAX_CHANGED: usize = 16 * 1024;
const MAX_FIELDS: usize = 300;

/// The most bytes of one side of a change.
const MAX_SIDE: usize = 2 * 1024;

/// How many fields, or values in them, had no room in the line.
const LEFT_OUT: &str = "left_out";

/// How changes are told.
#[derive(Clone, Debug, Default)]
pub(super) struct Teller {
    /// The field with a document's time.
    pub(super) time_field: Option<String>,
    /// The field with its severity.
    pub(super) severity_field: Option<String>,
    /// What is said of it.
    pub(super) message: Option<Template>,
}

/// A change in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When it was.
    pub(super) time: Timestamp,
    /// The line of JSON, without its end.
    pub(super) json: String,
}

impl Teller {
    /// The line of a change; `now` is the time of what has none.
    pub(super) fn line(&self, change: &Change, now: Timestamp) -> Line {
        let none = Fields::new();
        match change {
            Change::Added(document) => {
                let words = of_document(&document.fields);
                let message = self.message(&document.fields, words);
                let own = times::own(&document.fields, self.time_field.as_deref());
                let time = own.or_else(|| updated(document)).unwrap_or(now);
                self.of(Op::Add, &document.name, document, time, &message, &[])
            }
            Change::Modified { before: Some(before), after } => {
                let changes = diff(&before.fields, &after.fields);
                let message = self.message(&after.fields, of_changes(&changes));
                self.of(Op::Modify, &after.name, after, self.changed_at(&changes, after, now), &message, &changes)
            }
            Change::Modified { before: None, after } => {
                let message = self.message(&after.fields, of_document(&after.fields));
                self.of(Op::Modify, &after.name, after, updated(after).unwrap_or(now), &message, &[])
            }
            Change::Deleted { name, before, at } => {
                let empty = Document { name: name.to_string(), ..Document::default() };
                let last = before.as_deref().unwrap_or(&empty);
                let words = match of_document(&last.fields) {
                    words if words.is_empty() => "deleted".to_owned(),
                    words => words,
                };
                let message = self.message(&last.fields, words);
                let time = at.as_ref().and_then(ours).unwrap_or(now);
                self.of(Op::Delete, name, last, time, &message, &[])
            }
            Change::Left { before, after } => {
                let fields = before.as_ref().map_or(&none, |before| &before.fields);
                let changes = if before.is_some() { diff(fields, &after.fields) } else { Vec::new() };
                let mut words = "matches the query no more".to_owned();
                if !changes.is_empty() {
                    let _ = write!(words, ": {}", of_changes(&changes));
                }
                let time = updated(after).unwrap_or(now);
                self.of(Op::Delete, &after.name, after, time, &words, &changes)
            }
        }
    }

    fn message(&self, fields: &Fields, words: String) -> String {
        match &self.message {
            Some(template) => template.fill(fields, &words),
            None => words,
        }
    }

    /// When a document changed: its own time if that is what changed, else the service's.
    fn changed_at(&self, changes: &[Changed<'_>], after: &Document, now: Timestamp) -> Timestamp {
        let field = self.time_field.as_deref();
        let is_own = field.is_some_and(|field| changes.iter().any(|change| change.path == field));
        let own = if is_own { times::own(&after.fields, field) } else { None };
        own.or_else(|| updated(after)).unwrap_or(now)
    }

    fn of(
        &self,
        op: Op,
        name: &str,
        document: &Document,
        time: Timestamp,
        message: &str,
        changes: &[Changed<'_>],
    ) -> Line {
        let severity = severity::of(op, &document.fields, changes, self.severity_field.as_deref());
        let mut out = String::from("{");
        put(&mut out, field::TIME, &time.to_jiff().to_string());
        put(&mut out, field::SEVERITY, word(severity));
        put(&mut out, field::OP, op.word());
        put(&mut out, field::DOCUMENT, path_of(name));
        put(&mut out, field::MESSAGE, message);
        if let Some(updated) = updated(document) {
            put(&mut out, field::UPDATED, &updated.to_jiff().to_string());
        }
        let mut left_out = 0;
        if !changes.is_empty() {
            let (text, left) = changed(changes);
            let _ = write!(out, r#","{}":{text}"#, field::CHANGED);
            left_out += left;
        }
        let mut fields = Json::default();
        let mut ordered = sorted(&document.fields);
        ordered.sort_by_key(|(name, value)| salience(name, Some(value)));
        fields.object(ordered, MAX_LINE.saturating_sub(out.len()).max(1024));
        left_out += fields.left_out;
        if left_out > 0 {
            let _ = write!(out, r#","{LEFT_OUT}":{left_out}"#);
        }
        let _ = write!(out, r#","{}":{}}}"#, field::FIELDS, fields.out);
        Line { time, json: out }
    }
}

fn changed(changes: &[Changed<'_>]) -> (String, usize) {
    let mut json = Json::default();
    json.out.push('{');
    let mut told = 0;
    for change in changes.iter().take(MAX_FIELDS) {
        if json.out.len() + 2 * MAX_SIDE > MAX_CHANGED {
            break;
        }
        if told > 0 {
            json.out.push(',');
        }
        told += 1;
        let _ = write!(json.out, "{}:{{", serde_json::to_string(&change.path).unwrap_or_default());
        for (side, value) in [("from", change.from), ("to", change.to)] {
            let Some(value) = value else { continue };
            if !json.out.ends_with('{') {
                json.out.push(',');
            }
            let _ = write!(json.out, r#""{side}":"#);
            let end = json.out.len() + MAX_SIDE;
            json.value(value, end);
        }
        json.out.push('}');
    }
    json.out.push('}');
    (json.out, json.left_out + changes.len() - told)
}

fn put(out: &mut String, name: &str, text: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    let _ = write!(out, "\"{name}\":{}", serde_json::to_string(text).unwrap_or_default());
}

fn updated(document: &Document) -> Option<Timestamp> {
    document.update_time.as_ref().and_then(ours)
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown | Severity::Info => "info",
        Severity::Trace => "trace",
        Severity::Debug => "debug",
        Severity::Warn => "warn",
        Severity::Error => "error",
        Severity::Fatal => "fatal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{doc, double, int, moment, name, text, time};
    use crate::sources::firestore::wire::Value;
    use std::sync::Arc;

    fn version(at: &str, fields: &[(&str, Value)]) -> Arc<Document> {
        Arc::new(Document { update_time: Some(moment(at)), ..doc("settle", fields) })
    }

    fn teller() -> Teller {
        Teller { time_field: Some("ts".to_owned()), ..Teller::default() }
    }

    #[test]
    fn changes_as_lines() {
        let check = |change: Change, expected: &str| {
            let json = teller().line(&change, Timestamp(0)).json;
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
            assert_eq!(json, expected);
        };
        let first =
            version("2026-11-21T03:13:10Z", &[("state", text("running")), ("ts", time("2026-11-21T03:13:09Z"))]);
        let second = version(
            "2026-11-21T03:13:14.218Z",
            &[("state", text("failed")), ("code", text("DEADLINE_EXCEEDED")), ("ts", time("2026-11-21T03:13:09Z"))],
        );
        check(
            Change::Added(first.clone()),
            r#"{"time":"2026-11-21T03:13:09Z","severity":"info","op":"add","document":"jobs/settle","message":"state=running","updated":"2026-11-21T03:13:10Z","fields":{"state":"running","ts":"2026-11-21T03:13:09Z"}}"#,
        );
        check(
            Change::Modified { before: Some(first), after: second.clone() },
            r#"{"time":"2026-11-21T03:13:14.218Z","severity":"error","op":"mod","document":"jobs/settle","message":"state running -> failed  code=DEADLINE_EXCEEDED","updated":"2026-11-21T03:13:14.218Z","changed":{"code":{"to":"DEADLINE_EXCEEDED"},"state":{"from":"running","to":"failed"}},"fields":{"state":"failed","code":"DEADLINE_EXCEEDED","ts":"2026-11-21T03:13:09Z"}}"#,
        );
        let at = Some(moment("2026-11-21T03:14:01Z"));
        check(
            Change::Deleted { name: name("settle").into(), before: Some(second), at },
            r#"{"time":"2026-11-21T03:14:01Z","severity":"warn","op":"del","document":"jobs/settle","message":"state=failed code=DEADLINE_EXCEEDED","updated":"2026-11-21T03:13:14.218Z","fields":{"state":"failed","code":"DEADLINE_EXCEEDED","ts":"2026-11-21T03:13:09Z"}}"#,
        );
        check(
            Change::Deleted { name: name("settle").into(), before: None, at },
            r#"{"time":"2026-11-21T03:14:01Z","severity":"warn","op":"del","document":"jobs/settle","message":"deleted","fields":{}}"#,
        );
    }

    #[test]
    fn the_time_of_a_change_is_its_own_field_if_that_changed() {
        let before = version("2026-11-21T03:00:00Z", &[("ts", time("2026-11-21T03:00:01Z"))]);
        let after = version("2026-11-21T04:00:00Z", &[("ts", time("2026-11-21T03:59:59Z"))]);
        let line = teller().line(&Change::Modified { before: Some(before), after }, Timestamp(0));
        assert_eq!(line.time.to_jiff().to_string(), "2026-11-21T03:59:59Z");
    }

    #[test]
    fn large_documents_stay_within_a_record() {
        let names: Vec<String> = (0..20_000).map(|n| format!("field_{n:05}_with_a_long_name_of_its_own")).collect();
        let fields = |value: &Value| -> Vec<(&str, Value)> {
            names.iter().map(|name| (name.as_str(), value.clone())).chain([("state", text("failed"))]).collect()
        };
        let before = version("2026-11-21T03:00:00Z", &fields(&int(1)));
        let after = version("2026-11-21T03:00:01Z", &fields(&double(2.5)));
        let check = |change: Change| {
            let json = teller().line(&change, Timestamp(0)).json;
            assert!(json.len() <= 64 * 1024, "{}", json.len());
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(read["fields"]["state"], "failed");
            read["left_out"].as_u64().unwrap_or_default()
        };
        assert!(check(Change::Added(after.clone())) > 18_000);
        assert!(check(Change::Modified { before: Some(before), after }) > 36_000);
        let long = version("2026-11-21T03:00:00Z", &[("state", text("failed")), ("t", text(&"x\n".repeat(400_000)))]);
        assert_eq!(check(Change::Added(long)), 0);
    }

    #[test]
    fn a_record_is_read_as_what_it_is() {
        let change = Change::Added(version(
            "2026-11-21T03:13:10Z",
            &[("level", text("warning")), ("message", text("a\u{1b}[2J\nb")), ("time", text("2001-01-01T00:00:00Z"))],
        ));
        let json = Teller::default().line(&change, Timestamp(0)).json;
        let mut parser = crate::parse::Parser::new(jiff::tz::TimeZone::UTC, Timestamp(0));
        let parsed = parser.line(json.as_bytes());
        assert_eq!(parsed.severity, Severity::Warn);
        assert_eq!(parsed.time.unwrap().to_jiff().to_string(), "2026-11-21T03:13:10Z");
        let (start, end) = (parsed.text.0 as usize, parsed.text.1 as usize);
        assert!(json[start..end].contains("level=warning"), "{}", &json[start..end]);
    }
}
