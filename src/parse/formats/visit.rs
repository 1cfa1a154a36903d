//! Who hears of the fields that a recogniser steps over.
//!
//! Owns the two listeners: nobody (while lines are read) and a field sink (while somebody looks at a record). One
//! recogniser so serves both, and reading pays nothing for fields.

use super::super::{FieldSink, json};
use super::logfmt;
use std::borrow::Cow;

/// Hears of fields. Recognisers report only when they are sure of the format.
pub(super) trait Visit {
    /// Whether it listens at all; work for fields alone is left out when it does not.
    const WANTED: bool;
    /// A field as it stands in the line. An empty one is none.
    fn field(&mut self, name: &str, value: &[u8]);
    /// The fields of a JSON object that is wrapped in the line.
    fn json(&mut self, payload: &[u8]);
    /// The pairs of a logfmt text.
    fn pairs(&mut self, text: &[u8]);
}

/// Nobody listens.
pub(super) struct Ignore;

impl Visit for Ignore {
    const WANTED: bool = false;
    fn field(&mut self, _name: &str, _value: &[u8]) {}
    fn json(&mut self, _payload: &[u8]) {}
    fn pairs(&mut self, _text: &[u8]) {}
}

/// Hands fields on until the sink has enough.
pub(super) struct Forward<'v, 's> {
    sink: &'v mut FieldSink<'s>,
    open: bool,
}

impl<'v, 's> Forward<'v, 's> {
    pub(super) fn new(sink: &'v mut FieldSink<'s>) -> Self {
        Self { sink, open: true }
    }

    fn hand(&mut self, name: &str, value: Cow<'_, str>) -> bool {
        self.open = self.open && (self.sink)(name, value);
        self.open
    }
}

impl Visit for Forward<'_, '_> {
    const WANTED: bool = true;

    fn field(&mut self, name: &str, value: &[u8]) {
        if !value.is_empty() {
            self.hand(name, String::from_utf8_lossy(value));
        }
    }

    fn json(&mut self, payload: &[u8]) {
        json::fields(payload, &mut |name, value| self.hand(name, value));
    }

    fn pairs(&mut self, text: &[u8]) {
        logfmt::fields(text, &mut |name, value| self.hand(name, value));
    }
}
