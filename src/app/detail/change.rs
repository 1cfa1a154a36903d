//! The change of a document: what differs from the version before, and the rest of it.
//!
//! Owns what is told and in which order: first what changed, then what stayed as it was. All of it comes from the change's own
//! record. Must not know keys, or which record it is.

use super::fields::{Collector, Place, Values};
use super::{Detail, DetailLine, Lister, Made, Margin, span};
use crate::app::tab::Lines;
use crate::app::{App, Role};
use crate::model::documents::{Op, field};
use crate::model::{Record, Timestamp};
use crate::parse::json::tree::{self, Next, Node};
use std::collections::HashSet;

/// The sign of what was there before, and of what is there now.
pub(super) const REMOVED: &str = "-";
const ADDED: &str = "+";
/// Columns before a name.
const MARGIN: usize = 3;

/// The parts of a change's record.
#[derive(Debug, Default)]
pub(in crate::app) struct ChangeParts<'r> {
    /// `add`, `mod`, `del`.
    pub(in crate::app) op: String,
    /// The document's path, not safe for a terminal.
    pub(in crate::app) document: String,
    /// When the service changed it.
    pub(in crate::app) updated: Option<Timestamp>,
    /// What changed, as JSON.
    changed: Option<&'r [u8]>,
    /// The whole document, as JSON.
    pub(in crate::app) fields: Option<&'r [u8]>,
}

impl<'r> ChangeParts<'r> {
    /// The parts of a record; nothing where it is no change of a document.
    pub(in crate::app) fn of(raw: &'r [u8]) -> Option<Self> {
        let mut parts = Self::default();
        tree::walk(raw, &mut |node: &Node<'r>| {
            match &*node.name {
                field::OP if !node.is_container() => parts.op = node.value().into_owned(),
                field::DOCUMENT if !node.is_container() => parts.document = node.value().into_owned(),
                field::UPDATED if !node.is_container() => {
                    parts.updated = node.value().parse().ok().and_then(Timestamp::from_jiff);
                }
                field::CHANGED if node.is_container() => parts.changed = Some(node.text),
                field::FIELDS if node.is_container() => parts.fields = Some(node.text),
                _ => {}
            }
            Next::Over
        });
        (!parts.op.is_empty() && !parts.document.is_empty()).then_some(parts)
    }
}

/// A side of a changed field.
type Side<'r> = Option<Node<'r>>;

/// Each changed field by its path, with what it was and what it is.
fn sides(changed: &[u8]) -> Vec<(String, Side<'_>, Side<'_>)> {
    let mut sides = Vec::new();
    tree::walk(changed, &mut |node| {
        let (mut from, mut to) = (None, None);
        tree::walk(node.text, &mut |side| {
            match &*side.name {
                "from" => from = Some(side.clone()),
                "to" => to = Some(side.clone()),
                _ => {}
            }
            Next::Over
        });
        sides.push((node.name.clone().into_owned(), from, to));
        Next::Over
    });
    sides
}

impl Lister<'_> {
    fn change(&mut self, parts: &ChangeParts<'_>) {
        let is_removed = parts.op == Op::Delete.word();
        let mut collector = Collector::new(self, Values::Quoted, "expand");
        let mut changed = HashSet::new();
        for (path, from, to) in parts.changed.map(sides).unwrap_or_default() {
            for (label, side) in [(REMOVED, from), (ADDED, to)] {
                collector.label = label;
                if let Some(side) = side {
                    collector.one(&path, &side);
                }
            }
            changed.insert(path);
        }
        let differ = collector.found.len();
        collector.label = if is_removed { REMOVED } else { "" };
        if let Some(fields) = parts.fields {
            collector.tree(fields, &Place::ROOT);
        }
        let (found, more) = (collector.found, collector.more);
        let same = found.into_iter().enumerate().filter(|(n, found)| *n < differ || !changed.contains(&found.path));
        let found: Vec<_> = same.map(|(_, found)| found).collect();
        if found.is_empty() {
            let words = if parts.fields.is_some() { "it has no fields" } else { "the document is not in this record" };
            return self.lines.push(DetailLine::Text(vec![span(format!("   {words}"), Role::Dim)]));
        }
        self.print(found, more);
    }
}

impl App {
    /// The lines of the change that a record is, below `head`.
    pub(in crate::app) fn change_made(&self, pane: &Detail, record: &Record<'_>, head: Vec<DetailLine>) -> Made {
        let mut lister = Lister {
            app: self,
            margin: Margin::Signs,
            width: usize::from(self.size.0).saturating_sub(MARGIN + 1).max(10),
            wrap: Lines::Wrapped,
            secrets: pane.secrets,
            toggled: &pane.toggled,
            lines: head,
            fields: Vec::new(),
        };
        if let Some(parts) = ChangeParts::of(record.raw) {
            lister.change(&parts);
        } else {
            let key = self.key_of("detail");
            let words = format!("   This record is no change of a document. {key} shows all of it.");
            lister.lines.push(DetailLine::Text(vec![span(words, Role::Dim)]));
        }
        if record.cut > 0 {
            let words = crate::parse::text::cut_note(record.cut);
            lister.lines.push(DetailLine::Text(vec![span(format!("   {words}"), Role::Warn)]));
        }
        Made { lines: lister.lines, fields: lister.fields }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_change() {
        let raw = br#"{"time":"2026-11-21T03:13:14Z","op":"mod","document":"a/\"b\"","updated":"2026-11-21T03:13:14Z","changed":{"x.y":{"from":1},"z":{"from":"a","to":{"b":[]}}},"fields":{"z":{"b":[]}}}"#;
        let parts = ChangeParts::of(raw).unwrap();
        assert_eq!((parts.op.as_str(), parts.document.as_str()), ("mod", "a/\"b\""));
        assert_eq!(parts.updated, "2026-11-21T03:13:14Z".parse().ok().and_then(Timestamp::from_jiff));
        assert_eq!(parts.fields, Some(br#"{"z":{"b":[]}}"#.as_slice()));
        let sides = sides(parts.changed.unwrap());
        let text = |side: &Side<'_>| side.as_ref().map(|node| String::from_utf8_lossy(node.text).into_owned());
        let sides: Vec<_> = sides.iter().map(|(path, from, to)| (path.as_str(), text(from), text(to))).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(sides, [("x.y", some("1"), None), ("z", some("a"), some(r#"{"b":[]}"#))]);
        for other in ["", "{}", "plain", r#"{"op":{},"document":"x"}"#, r#"{"op":"add""#] {
            assert!(ChangeParts::of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
