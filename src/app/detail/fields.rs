//! The fields of a record; those that hold others as a tree that can be opened and folded.
//!
//! Owns what a line of a field says, and which containers are open at first. Must not know keys.

use super::record::marked;
use super::{DetailSpan, Lister, Show, span};
use crate::app::format::{bytes, thousands};
use crate::app::{Role, text};
use crate::model::{Format, Record};
use crate::parse::json::tree::{self, Next, Node, NodeKind};
use crate::parse::text as safe;
use std::ops::Range;

/// The most fields that are shown.
const MAX_FIELDS: usize = 500;
/// Containers of up to so many values and bytes are open at first, if they do not lie too deep.
const OPEN_VALUES: usize = 12;
const OPEN_BYTES: usize = 1 << 10;
const OPEN_DEPTH: usize = 3;
/// Objects down to here are given out as fields of their own; see `parse::json::fields`.
const FIELD_DEPTH: usize = 8;
/// Columns that a level is set in, and how many levels are.
const INDENT: usize = 2;
const MAX_INDENT: usize = 8;
/// The most bytes of containers' texts that are kept, to be copied.
const MAX_KEPT: usize = 1 << 20;

/// What some lines of the pane are about.
#[derive(Clone, Debug)]
pub(in crate::app) struct DetailField {
    /// The lines, by their numbers in the pane.
    pub(in crate::app) lines: Range<usize>,
    /// The name, with those of its containers before it, dotted. Not safe for a terminal.
    pub(in crate::app) path: String,
    /// The value as text, not safe for a terminal; of a container as it is written.
    pub(in crate::app) value: String,
    /// Whether filters know it by this name.
    pub(in crate::app) is_field: bool,
    /// Whether it can be opened or folded.
    pub(in crate::app) is_container: bool,
    /// Whether a secret was taken out of what is shown.
    pub(in crate::app) is_hidden: bool,
}

/// Whether filters know a value by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is a field.
    Field,
    /// It lies in an array, or is an object whose values are the fields.
    Part,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Spot<'p> {
    name: &'p str,
    path: &'p str,
    depth: usize,
    standing: Standing,
}

/// A field before it is a line.
pub(super) struct Found {
    /// What stands before its name.
    pub(super) label: &'static str,
    depth: usize,
    /// Safe for a terminal.
    name: String,
    pub(super) path: String,
    value: String,
    standing: Standing,
    shows: Shows,
}

enum Shows {
    /// The value, redacted; whether anything was.
    Value(String, Show),
    /// What a container is; its values follow when it is open.
    Container(String),
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// As text.
    Plain,
    /// As JSON has them: strings in quotes.
    Quoted,
}

/// Collects the fields of a record.
pub(super) struct Collector<'l, 'a> {
    lister: &'l Lister<'a>,
    message: &'l str,
    values: Values,
    /// The action that opens a container.
    opens: &'static str,
    /// What stands before the names of those that come.
    pub(super) label: &'static str,
    pub(super) found: Vec<Found>,
    /// Fields that are not shown for want of room.
    pub(super) more: usize,
    kept: usize,
}

impl Lister<'_> {
    pub(super) fn fields(&mut self, record: &Record<'_>) {
        let message = safe::message(record);
        let mut collector = Collector { message: &message, ..Collector::new(self, Values::Plain, "fold") };
        match record.format {
            Format::Json | Format::DockerJson => collector.tree(record.raw, &Place::ROOT),
            format => collector.lister.app.parser.clone().fields(record.raw, format, &mut |name, value| {
                collector.flat(name, &value);
                true
            }),
        }
        let (mut found, more) = (collector.found, collector.more);
        if let Some(first) = found.first_mut() {
            first.label = "fields";
            self.blank();
            self.print(found, more);
        }
    }

    /// Writes fields below each other, their values in one column.
    pub(super) fn print(&mut self, found: Vec<Found>, more: usize) {
        let indent = |field: &Found| field.depth.min(MAX_INDENT) * INDENT;
        let widest = found.iter().map(|field| indent(field) + text::width(&field.name)).max().unwrap_or(0);
        let deepest = found.iter().map(indent).max().unwrap_or(0);
        let column = widest.clamp(8, 24.max(deepest + 12).min(self.width / 2).max(8));
        for field in found {
            let label = field.label;
            let indent = indent(&field);
            let name = text::shorten(&field.name, column.saturating_sub(indent), '~');
            let pad = column.saturating_sub(indent + text::width(&name)) + 2;
            let head = format!("{}{name}{}", " ".repeat(indent), " ".repeat(pad));
            let from = self.lines.len();
            let (is_container, is_hidden) = match &field.shows {
                Shows::Container(words) => {
                    self.entry(label, vec![span(head, Role::Dim), span(words.as_str(), Role::Dim)]);
                    (true, false)
                }
                Shows::Value(value, hidden) => {
                    self.field(label, head, column, value);
                    (false, *hidden == Show::Yes)
                }
            };
            let Found { path, value, standing, .. } = field;
            let is_field = standing == Standing::Field;
            let lines = from..self.lines.len();
            self.fields.push(DetailField { lines, path, value, is_field, is_container, is_hidden });
        }
        if more > 0 {
            self.entry("", vec![span(format!("... {} more fields", thousands(more as u64)), Role::Dim)]);
        }
    }

    /// The value of a field behind its name, on several lines if need be.
    fn field(&mut self, label: &str, head: String, column: usize, value: &str) {
        let room = self.width.saturating_sub(column + 2).max(10);
        let mut label = label;
        let mut head = head;
        let shown = if value.contains('\n') { 12 } else { 8 };
        let mut taken = 0;
        for line in value.split('\n') {
            let line = safe::expand_tabs(line).into_owned();
            for row in text::wrap(&line, room, shown + 1 - taken) {
                taken += 1;
                if taken > shown {
                    let key = self.app.key_of("raw");
                    let words = span(format!("... ({key}: raw)"), Role::Dim);
                    return self.entry("", vec![span(" ".repeat(column + 2), Role::Dim), words]);
                }
                let mut spans: Vec<DetailSpan> =
                    vec![span(std::mem::replace(&mut head, " ".repeat(column + 2)), Role::Dim)];
                spans.extend(marked(&line[row]));
                self.entry(std::mem::take(&mut label), spans);
            }
        }
    }

    fn is_open(&self, path: &str, size: usize, values: usize, depth: usize) -> bool {
        let at_first = values <= OPEN_VALUES && size <= OPEN_BYTES && depth < OPEN_DEPTH;
        at_first != self.toggled.contains(path)
    }
}

/// Where a tree hangs.
pub(super) struct Place {
    path: String,
    depth: usize,
    standing: Standing,
}

impl Place {
    pub(super) const ROOT: Self = Self { path: String::new(), depth: 0, standing: Standing::Field };
}

impl<'l, 'a> Collector<'l, 'a> {
    pub(super) fn new(lister: &'l Lister<'a>, values: Values, opens: &'static str) -> Self {
        Self { lister, message: "", values, opens, label: "", found: Vec::new(), more: 0, kept: 0 }
    }

    /// One value under its path.
    pub(super) fn one(&mut self, path: &str, node: &Node<'_>) {
        let spot = Spot { name: path, path, depth: 0, standing: Standing::Part };
        if self.found.len() < MAX_FIELDS && node.is_container() {
            // As it is written: there is no room for two trees.
            return self.leaf(spot, &String::from_utf8_lossy(node.text), Values::Plain);
        }
        self.node(node, spot);
    }

    /// The values of an object or array.
    pub(super) fn tree(&mut self, json: &[u8], place: &Place) {
        // By depth: where a path ends, and whether an array was passed.
        let mut levels: Vec<(usize, Standing)> = Vec::new();
        let mut path = place.path.clone();
        tree::walk(json, &mut |node| {
            levels.truncate(node.depth);
            let (end, standing) = levels.last().copied().unwrap_or((place.path.len(), place.standing));
            let depth = place.depth + node.depth;
            let standing = if node.in_array || depth >= FIELD_DEPTH { Standing::Part } else { standing };
            path.truncate(end);
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&node.name);
            levels.push((path.len(), standing));
            self.node(node, Spot { name: &node.name, path: &path, depth, standing })
        });
    }

    fn node(&mut self, node: &Node<'_>, spot: Spot<'_>) -> Next {
        if self.found.len() >= MAX_FIELDS {
            self.more += 1;
            return Next::Over;
        }
        if !node.is_container() {
            let values = if node.kind == NodeKind::Text { self.values } else { Values::Plain };
            self.leaf(spot, &node.value(), values);
            return Next::Over;
        }
        let whole = String::from_utf8_lossy(node.text);
        if node.kind == NodeKind::Object {
            let spot = Spot { standing: Standing::Part, ..spot };
            return if self.container(spot, &whole) { Next::Into } else { Next::Over };
        }
        if self.is_secret(spot.path, &whole) {
            // It would not be seen in the values one by one.
            self.leaf(spot, &whole, Values::Plain);
            return Next::Over;
        }
        if self.container(spot, &whole) { Next::Into } else { Next::Over }
    }

    /// A field of a record that is no JSON object; its value may be JSON.
    fn flat(&mut self, name: &str, value: &str) {
        if self.found.len() >= MAX_FIELDS {
            self.more += 1;
            return;
        }
        let spot = Spot { name, path: name, depth: 0, standing: Standing::Field };
        let is_tree = value.starts_with(['{', '[']) && tree::is_container(value) && !self.is_secret(name, value);
        if !is_tree {
            return self.leaf(spot, value, Values::Plain);
        }
        if self.container(spot, value) {
            let place = Place { path: name.to_owned(), depth: 1, standing: Standing::Part };
            self.tree(value.as_bytes(), &place);
        }
    }

    /// Whether a list of plain values holds a secret, perhaps one that is spread over them, or has a name that says so.
    fn is_secret(&self, path: &str, whole: &str) -> bool {
        if self.lister.secrets == Show::Yes {
            return false;
        }
        let mut is_plain = true;
        tree::walk(whole.as_bytes(), &mut |node| {
            is_plain &= !node.is_container();
            if is_plain { Next::Over } else { Next::Stop }
        });
        let found = self.lister.app.redactor.redact_field(path, whole).found;
        // A name that says so covers all of it.
        !found.is_empty() && (is_plain || found.iter().any(|found| found.bytes == whole.len()))
    }

    fn leaf(&mut self, spot: Spot<'_>, value: &str, values: Values) {
        if value == self.message && self.values == Values::Plain {
            // It stands above already.
            return;
        }
        let seen = safe::safe(value.as_bytes());
        let mut shown = self.lister.redacted(Some(spot.path), &seen);
        let hidden = if shown == seen { Show::No } else { Show::Yes };
        if values == Values::Quoted && !(hidden == Show::Yes && shown.starts_with("[redacted: ")) {
            shown = format!("\"{shown}\"");
        }
        self.push(spot, value.to_owned(), Shows::Value(shown, hidden));
    }

    /// Adds a container; whether it is open.
    fn container(&mut self, spot: Spot<'_>, whole: &str) -> bool {
        let values = tree::children(whole.as_bytes());
        let is_open = values > 0 && self.lister.is_open(spot.path, whole.len(), values, spot.depth);
        let (kind, unit) = if whole.trim_start().starts_with('{') { ("map", "field") } else { ("list", "value") };
        let s = if values == 1 { "" } else { "s" };
        let mut words = format!("{kind}, {} {unit}{s}", thousands(values as u64));
        if !is_open && values > 0 {
            let key = self.lister.app.key_of(self.opens);
            words = format!("{words}, {}   ({key}: open)", bytes(whole.len() as u64));
        }
        self.kept += whole.len();
        let value = if self.kept <= MAX_KEPT { whole.to_owned() } else { String::new() };
        self.push(spot, value, Shows::Container(words));
        is_open
    }

    fn push(&mut self, spot: Spot<'_>, value: String, shows: Shows) {
        let Spot { name, path, depth, standing } = spot;
        let name = safe::safe_line(name.as_bytes()).into_owned();
        let label = self.label;
        self.found.push(Found { label, depth, name, path: path.to_owned(), value, standing, shows });
    }
}
