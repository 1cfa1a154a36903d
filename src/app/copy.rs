//! What is sent to the clipboard: a record as text or as JSON, without secrets.
//!
//! Owns the form. Must not know how a clipboard is reached.

use super::App;
use crate::model::{Flags, Format, Record};
use crate::parse::text as safe;
use crate::store::RecordId;
use serde_json::{Map, Value};

/// The most bytes that are sent: terminals ignore more than about 74 KiB of base64.
const MAX_COPY: usize = 48 << 10;

impl App {
    /// The record's lines as written, safe for a terminal and redacted.
    pub(super) fn copy_text(&self, id: RecordId) -> Option<String> {
        let record = self.engine.store().record(id)?;
        let text = safe::safe(record.raw);
        Some(bounded(self.redactor.redact(&text).text.into_owned()))
    }

    /// The record as one JSON object: `time`, `severity`, `origin`, `message`, `fields`, `raw`; redacted.
    pub(super) fn copy_json(&mut self, id: RecordId) -> Option<String> {
        let record = self.engine.store().record(id)?;
        let redact = |text: &str| Value::from(self.redactor.redact(text).text.into_owned());
        let mut object = Map::new();
        object.insert("time".into(), record.time.map_or(Value::Null, |time| time.to_jiff().to_string().into()));
        object.insert("severity".into(), record.severity.name().into());
        object.insert("origin".into(), self.origin_name(record.origin).into());
        object.insert("message".into(), redact(&safe::message(&record)));
        object.insert("fields".into(), Value::Object(self.fields_of(&record)));
        object.insert("raw".into(), redact(&safe::safe(record.raw)));
        if record.cut > 0 {
            object.insert("cut_bytes".into(), record.cut.into());
        }
        if record.flags.has(Flags::PARSE_FAILED) {
            object.insert("parse".into(), "failed".into());
        }
        let text = Value::Object(object.clone()).to_string();
        if text.len() <= MAX_COPY {
            return Some(text);
        }
        // Cut JSON would be no JSON: the raw bytes repeat what the fields say.
        object.remove("raw");
        let text = Value::Object(object.clone()).to_string();
        if text.len() <= MAX_COPY {
            return Some(text);
        }
        object.remove("fields");
        let message = object.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        object.insert("message".into(), bounded_to(message, MAX_COPY / 2).into());
        Some(Value::Object(object).to_string())
    }

    fn fields_of(&self, record: &Record<'_>) -> Map<String, Value> {
        let mut fields = Map::new();
        if record.format == Format::Note {
            return fields;
        }
        self.parser.clone().fields(record.raw, record.format, &mut |name, value| {
            let value = safe::safe(value.as_bytes());
            let name = safe::safe_line(name.as_bytes()).into_owned();
            let value = self.redactor.redact_field(&name, &value).text.into_owned();
            fields.insert(name, value.into());
            fields.len() < 500
        });
        fields
    }
}

/// As much of a text as is sent, with a note of what is left out.
pub(super) fn bounded(text: String) -> String {
    bounded_to(text, MAX_COPY)
}

fn bounded_to(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = safe::cut_note((text.len() - end) as u64);
        text.truncate(end);
        text.push(' ');
        text.push_str(&cut);
    }
    text
}
