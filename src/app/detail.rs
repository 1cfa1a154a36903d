//! The detail pane: everything about one record, as lines.
//!
//! Owns what is told and in which order. Must not know colours. Its lines are made anew when the record, the width or a
//! switch changes, and with each tick while neighbours can still come.

mod bytes;
mod change;
mod fields;
mod record;

pub(super) use change::ChangeParts;
pub(super) use fields::DetailField;

use super::tab::Lines;
use super::{App, Role};
use crate::parse::text as safe;
use crate::store::RecordId;
use std::collections::HashSet;

/// Where values begin.
const VALUE: usize = 14;
/// The most containers that are remembered as opened or folded by hand.
const MAX_TOGGLED: usize = 256;

/// The open pane of a tab.
#[derive(Debug)]
pub struct Detail {
    pub(super) focused: bool,
    pub(super) scroll: usize,
    /// The line with the cursor, while it is focused.
    pub(super) cursor: usize,
    pub(super) look: DetailLook,
    pub(super) secrets: Show,
    /// Neighbours before and after.
    pub(super) around: usize,
    /// The record that the lines are about.
    pub(super) id: Option<RecordId>,
    pub(super) lines: Vec<DetailLine>,
    /// What the lines of fields are about.
    fields: Vec<DetailField>,
    /// The containers, by path, that are not as their size would have it: opened by hand, or folded.
    toggled: HashSet<String>,
    /// A container that was just opened or folded.
    opening: Option<String>,
}

/// In which form the record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailLook {
    /// Its message and fields.
    Fields,
    /// Its text as it was written, control characters made visible.
    Raw,
    /// Its bytes in hexadecimal.
    Bytes,
}

impl DetailLook {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Fields => Self::Raw,
            Self::Raw => Self::Bytes,
            Self::Bytes => Self::Fields,
        }
    }
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    No,
    Yes,
}

impl Show {
    pub(super) fn toggle(&mut self) {
        *self = if *self == Self::Yes { Self::No } else { Self::Yes };
    }
}

/// A line of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailLine {
    /// A heading across the screen, with words on both sides.
    Heading(String, String),
    /// Text of several colours.
    Text(Vec<DetailSpan>),
}

/// Text of one colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailSpan {
    /// Safe for a terminal.
    pub text: String,
    /// What it is.
    pub role: Role,
}

fn span(text: impl Into<String>, role: Role) -> DetailSpan {
    DetailSpan { text: text.into(), role }
}

impl Detail {
    pub(super) fn new() -> Self {
        Self {
            focused: false,
            scroll: 0,
            cursor: 0,
            look: DetailLook::Fields,
            secrets: Show::No,
            around: 3,
            id: None,
            lines: Vec::new(),
            fields: Vec::new(),
            toggled: HashSet::new(),
            opening: None,
        }
    }

    /// Whether it has the keys.
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    /// How many lines are scrolled away.
    pub fn scroll(&self) -> usize {
        self.scroll
    }

    /// Its lines.
    pub fn lines(&self) -> &[DetailLine] {
        &self.lines
    }

    /// Whether it shows what is secret.
    pub fn reveals(&self) -> bool {
        self.secrets == Show::Yes
    }

    /// In which form it shows the record.
    pub fn look(&self) -> DetailLook {
        self.look
    }

    /// The line with the cursor, while it has the keys.
    pub fn cursor(&self) -> Option<usize> {
        self.focused.then_some(self.cursor)
    }

    /// The field that the cursor is on, with its value as filters compare it: its name (nested ones dotted) and its
    /// text, neither safe for a terminal. `None` on other lines, on a part of an array or an object, which are no
    /// fields of their own, and on a secret that is not shown.
    pub fn field_at_cursor(&self) -> Option<(String, String)> {
        let field = self.field_here()?;
        (field.is_field && !field.is_hidden).then(|| (field.path.clone(), field.value.clone()))
    }

    pub(super) fn field_here(&self) -> Option<&DetailField> {
        let cursor = self.cursor()?;
        self.fields.iter().find(|field| field.lines.contains(&cursor))
    }

    /// Puts the cursor on a line; a pane of `height` lines scrolls as far as it must.
    pub(super) fn go_to(&mut self, line: usize, height: usize) {
        self.cursor = line.min(self.lines.len().saturating_sub(1));
        let lowest = (self.cursor + 1).saturating_sub(height);
        self.scroll = self.scroll.clamp(lowest, self.cursor.max(lowest));
    }

    /// Takes the keys, or gives them back; the cursor is then on a line that is seen.
    pub(super) fn toggle_focus(&mut self, height: usize) {
        self.focused = !self.focused;
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.clamp(self.scroll, self.scroll + height.saturating_sub(1)).min(last);
    }

    /// Takes new lines for a record.
    pub(super) fn take(&mut self, id: Option<RecordId>, made: Made, height: usize) {
        if self.id != id {
            (self.scroll, self.cursor) = (0, 0);
        }
        self.id = id;
        self.lines = made.lines;
        self.fields = made.fields;
        self.scroll = self.scroll.min(self.lines.len().saturating_sub(height));
        if self.focused {
            self.go_to(self.cursor, height);
        }
        if let Some(path) = self.opening.take() {
            // What was opened is seen, as far as it fits below its own line.
            let inside = |field: &&DetailField| {
                field.lines.start >= self.cursor
                    && field.path.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.'))
            };
            let end = self.fields.iter().rev().find(inside).map_or(0, |field| field.lines.end);
            self.scroll = self.scroll.max(end.saturating_sub(height)).min(self.cursor);
        }
    }

    /// Opens the container under the cursor, or folds it. `false` when there is none.
    pub(super) fn toggle_container(&mut self) -> bool {
        let Some(path) = self.field_here().filter(|field| field.is_container).map(|field| field.path.clone()) else {
            return false;
        };
        if !self.toggled.remove(&path) && self.toggled.len() < MAX_TOGGLED {
            self.toggled.insert(path.clone());
        }
        self.opening = Some(path);
        true
    }
}

/// The lines of a record, and which of them are fields.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) lines: Vec<DetailLine>,
    pub(super) fields: Vec<DetailField>,
}

/// What stands before lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Margin {
    /// Words that say what they are.
    Labels,
    /// Signs of what changed.
    Signs,
}

/// Collects lines.
struct Lister<'a> {
    app: &'a App,
    margin: Margin,
    width: usize,
    wrap: Lines,
    secrets: Show,
    toggled: &'a HashSet<String>,
    lines: Vec<DetailLine>,
    fields: Vec<DetailField>,
}

impl App {
    /// The lines of the pane for the record under the cursor.
    pub(super) fn detail_lines(&self) -> Made {
        let tab = self.tab();
        let Some(detail) = &tab.detail else { return Made::default() };
        let record = tab.view.cursor().and_then(|id| Some((id, self.engine.store().record(id)?)));
        let Some((id, record)) = record else {
            return Made { lines: vec![DetailLine::Text(vec![span("   no record", Role::Dim)])], fields: Vec::new() };
        };
        let width = usize::from(self.size.0).saturating_sub(VALUE + 1).max(10);
        let mut lister = Lister {
            app: self,
            margin: Margin::Labels,
            width,
            wrap: tab.lines,
            secrets: detail.secrets,
            toggled: &detail.toggled,
            lines: Vec::new(),
            fields: Vec::new(),
        };
        lister.record(&record);
        match detail.look {
            DetailLook::Fields => {
                lister.message(&record);
                lister.note();
                lister.fields(&record);
                lister.notes(&record);
            }
            DetailLook::Raw => lister.raw(&record),
            DetailLook::Bytes => lister.bytes(&record),
        }
        lister.around(id, record.origin, detail.around);
        Made { lines: lister.lines, fields: lister.fields }
    }

    /// Whether the detail pane has the keys.
    pub(super) fn detail_is_focused(&self) -> bool {
        self.tab().detail.as_ref().is_some_and(|detail| detail.focused)
    }

    /// Rows of the detail pane below its heading.
    pub(super) fn detail_height(&self) -> usize {
        self.layout().and_then(|layout| layout.pane).map_or(0, |pane| usize::from(pane.height).saturating_sub(1))
    }

    /// Opens or folds the container under the detail pane's cursor. `false` when there is none.
    pub(super) fn fold_in_detail(&mut self) -> bool {
        self.tab_mut().detail.as_mut().is_some_and(Detail::toggle_container)
    }

    /// The value under the detail pane's cursor, redacted and safe for a terminal.
    pub(super) fn value_to_copy(&self) -> Option<String> {
        let field = self.tab().detail.as_ref()?.field_here()?;
        let value = safe::safe(field.value.as_bytes());
        Some(self.redactor.redact_field(&field.path, &value).text.into_owned())
    }
}
