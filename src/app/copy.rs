//! What is sent to the clipboard: records as text or as JSON, without secrets.
//!
//! Owns the form. Must not know how a clipboard is reached, or how much it takes.

use super::App;
use super::export::{Handed, part_of};
use super::marks::Mark;
use crate::parse::text as safe;
use crate::render::{Form, KeyPart, Renderer, key_note};
use crate::store::RecordId;
use std::borrow::Cow;
use std::sync::Arc;

/// About how many bytes of fields a mark is handed over with.
const MAX_FIELDS: usize = 2000;

impl App {
    /// The record's lines as written, safe for a terminal and redacted.
    pub(super) fn copy_text(&self, id: RecordId) -> Option<String> {
        let store = self.engine.store();
        let record = store.record(id)?;
        if part_of(store.segments(), id) == KeyPart::Middle {
            return Some(key_note(record.raw.len()));
        }
        Some(self.redactor.redact(&safe::safe(record.raw)).text.into_owned())
    }

    /// The record as one JSON object, as exports and `cat --format json` have it; redacted.
    pub(super) fn copy_json(&self, id: RecordId) -> Option<String> {
        let store = self.engine.store();
        let record = store.record(id)?;
        let blank = Renderer::new(Form::Json, Some(Arc::clone(&self.redactor)));
        let name = self.engine.origin_name(record.origin).unwrap_or("?");
        let mut renderer = blank.of_origin(&self.redactor.redact(name).text, false);
        let mut out = Vec::new();
        renderer.known_record(&record, part_of(store.segments(), id), &mut self.parser.clone(), &mut out);
        String::from_utf8(out).ok().map(|text| text.trim_end().to_owned())
    }

    /// All marked records in the order of time, each as [`App::copy_text`] has it; of those that are gone what their
    /// marks kept.
    pub(super) fn copy_marks(&self) -> String {
        let text_of = |mark: &Mark| {
            self.copy_text(mark.key.id).unwrap_or_else(|| {
                let time = mark.time.map(|time| format!("{} ", time.to_jiff())).unwrap_or_default();
                let line = format!("{time}{} {}  {}", mark.severity.name(), mark.origin, mark.text);
                self.redactor.redact(&line).text.into_owned()
            })
        };
        let texts: Vec<_> = self.marks.iter().map(text_of).collect();
        texts.join("\n")
    }

    /// A mark with what is still known of its record.
    pub(super) fn handed(&self, mark: &Mark) -> Handed {
        let mark = mark.clone();
        let store = self.engine.store();
        let part = part_of(store.segments(), mark.key.id);
        let Some(record) = store.record(mark.key.id).filter(|_| part == KeyPart::None) else {
            return Handed { mark, text: None, fields: (String::new(), 0), part };
        };
        let message = safe::message(&record).into_owned();
        let mut found = 0;
        let fields = self.parser.clone().edited_fields(&record, &message, MAX_FIELDS, &mut |name, value| {
            let redacted = self.redactor.redact_field(name, &value);
            found += redacted.found.len();
            Cow::Owned(redacted.text.into_owned())
        });
        let fields = self.redactor.redact(&fields);
        let found = (found + fields.found.len()) as u64;
        Handed { mark, text: Some(message), fields: (fields.text.into_owned(), found), part }
    }
}
