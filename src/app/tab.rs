//! One tab: its view and what is open in it.
//!
//! Owns the state. Must not know keys.

use super::columns::FieldColumns;
use super::detail::Detail;
use super::filter::Entries;
use super::opened::Opened;
use super::view::{SourceSet, View};
use crate::model::Query;
use crate::model::address::Tab;
use crate::parse::Parser;
use crate::store::RecordId;

/// One tab.
#[derive(Debug)]
pub struct TabState {
    pub(super) tab: Tab,
    pub(super) view: View,
    /// The filter as the user wrote it.
    pub(super) entries: Entries,
    /// The filter that `z` took away.
    pub(super) aside: Option<(Query, Entries)>,
    pub(super) detail: Option<Detail>,
    pub(super) lines: Lines,
    /// Columns that long lines are scrolled to the left.
    pub(super) shift: usize,
    /// The row of the view at the top of the list.
    pub(super) top: usize,
    /// The records of several lines that are open.
    pub(super) opened: Opened,
    /// How many further lines of the cursor's record, opened and higher than the screen, are scrolled away.
    pub(super) inside: Option<(RecordId, usize)>,
    /// The fields that the list shows in columns.
    pub(super) columns: FieldColumns,
    /// The newest record when following ended; `None` while following, or when the view was empty.
    pub(super) paused_at: Option<RecordId>,
    pub(super) was_following: bool,
    /// Errors that came in until the tab was looked at last.
    pub(super) seen_errors: u64,
}

/// How long lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Cut off at the edge of the screen.
    Cut,
    /// Broken into several rows.
    Wrapped,
}

impl TabState {
    pub(super) fn new(tab: Tab, parser: Parser, columns: &[String]) -> Self {
        Self {
            tab,
            view: View::new(SourceSet::NONE, parser),
            entries: Entries::default(),
            aside: None,
            detail: None,
            lines: Lines::Cut,
            shift: 0,
            top: 0,
            opened: Opened::default(),
            inside: None,
            columns: FieldColumns::of(columns.iter().cloned()),
            paused_at: None,
            was_following: true,
            seen_errors: 0,
        }
    }

    /// Which one.
    pub fn tab(&self) -> Tab {
        self.tab
    }

    /// Its records.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// How long lines are shown.
    pub fn lines(&self) -> Lines {
        self.lines
    }

    /// Columns that long lines are scrolled to the left.
    pub fn shift(&self) -> usize {
        self.shift
    }

    /// The row of the view at the top of the list.
    pub fn top(&self) -> usize {
        self.top
    }

    /// The fields that the list shows in columns.
    pub fn columns(&self) -> &FieldColumns {
        &self.columns
    }

    /// Whether the filter was taken away to show what is around a line.
    pub fn is_unfiltered_for_context(&self) -> bool {
        self.aside.is_some()
    }

    /// The detail pane, if it is open.
    pub fn detail(&self) -> Option<&Detail> {
        self.detail.as_ref()
    }
}
