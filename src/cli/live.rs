//! Records of running sources on standard output, and on standard error how the sources are.
//!
//! Owns the filter and the form of each origin's records, and what of a source's health is said once. Must not know in
//! which order records come, or what a source reads.

use super::{Exit, Output};
use crate::analysis::matcher::Matcher;
use crate::model::{Health, OriginId, Record, SourceId, State};
use crate::parse::Parser;
use crate::render::Renderer;
use std::collections::HashMap;
use std::io::Write;

/// What is printed, and how.
pub struct Form {
    /// Reads fields for the filter and for JSON.
    pub parser: Parser,
    /// The filter.
    pub matcher: Matcher,
    /// The format.
    pub renderer: Renderer,
    /// Whether origins are worth a column from the first record on; they are in any case once there are two.
    pub several: bool,
}

/// Prints what sources send.
pub struct Printer {
    form: Form,
    renderers: HashMap<OriginId, Renderer>,
    health: HashMap<SourceId, (State, String)>,
    buffer: Vec<u8>,
    line: Vec<u8>,
    partial: bool,
}

/// Bytes of rendered records that are handed on at once.
const CHUNK: usize = 64 << 10;

impl Printer {
    /// Nothing is printed yet.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            renderers: HashMap::new(),
            health: HashMap::new(),
            buffer: Vec::new(),
            line: Vec::new(),
            partial: false,
        }
    }

    /// An origin is there; sent before its first record.
    pub fn origin(&mut self, id: OriginId, name: &str) {
        self.form.matcher.add_origin(id, name);
        let several = self.form.several || !self.renderers.is_empty();
        if several {
            for renderer in self.renderers.values_mut() {
                renderer.show_origin();
            }
        }
        self.renderers.insert(id, self.form.renderer.of_origin(name, several));
    }

    /// One record, printed if it matches.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn record(&mut self, record: &Record<'_>, out: &mut Output) -> std::io::Result<()> {
        out.counts.records += 1;
        out.counts.lines += 1 + memchr::memchr_iter(b'\n', record.raw).count() as u64;
        out.counts.bytes += record.raw.len() as u64 + 1;
        let Some(renderer) = self.renderers.get_mut(&record.origin) else { return Ok(()) };
        if self.form.matcher.matches(record, &mut self.form.parser) {
            self.line.clear();
            self.line.extend_from_slice(record.raw);
            self.line.push(b'\n');
            renderer.record(record, &self.line, &mut self.form.parser, &mut self.buffer);
            if self.buffer.len() >= CHUNK {
                return self.hand_on(out);
            }
        } else {
            renderer.pass(record);
        }
        Ok(())
    }

    /// Gives what is rendered to standard output, whose own buffer is written with [`Output::flush`].
    ///
    /// # Errors
    /// Those of standard output.
    pub fn hand_on(&mut self, out: &mut Output) -> std::io::Result<()> {
        out.stdout().write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Says what is wrong with a source, once for each change.
    pub fn health(&mut self, source: SourceId, health: &Health, out: &mut Output) {
        let new = (health.state, health.detail.clone());
        if self.health.insert(source, new.clone()).as_ref() == Some(&new) {
            return;
        }
        match health.state {
            State::Failed | State::Partial => self.problem(&health.detail, out),
            State::Waiting => out.note(&health.detail),
            State::Starting | State::Reading | State::Following | State::Done => {}
        }
    }

    /// Says what could not be read.
    pub fn problem(&mut self, text: &str, out: &mut Output) {
        self.partial = true;
        out.warn(text);
    }

    /// How the command ends.
    pub const fn exit(&self) -> Exit {
        if self.partial { Exit::Partial } else { Exit::Done }
    }
}
