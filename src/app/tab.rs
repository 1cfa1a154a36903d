//! One tab: its view and what is open in it.
//!
//! Owns the state. Must not know keys.

use super::columns::FieldColumns;
use super::detail::Detail;
use super::earlier::Earlier;
use super::filter::Entries;
use super::opened::Opened;
use super::timeline::Place;
use super::view::{SourceSet, View};
use crate::model::Query;
use crate::model::address::Tab;
use crate::model::query::FieldTest;
use crate::parse::Parser;
use crate::store::RecordId;

/// Lines before and after each match, unless the user wants others.
const DEFAULT_AROUND: usize = 3;

/// One tab.
#[derive(Debug)]
pub struct TabState {
    pub(super) tab: Tab,
    pub(super) view: View,
    /// The filter as the user wrote it.
    pub(super) entries: Entries,
    /// Whether it shows the records of all sources, of other tabs too.
    pub(super) shows_all: bool,
    /// The filters before this one, the last one last: what Esc goes back to.
    pub(super) earlier: Vec<Earlier>,
    /// The filter's fields as they are shown: without secrets.
    pub(super) shown_fields: Vec<FieldTest>,
    /// The filter that `z` took away.
    pub(super) aside: Option<(Query, Entries)>,
    pub(super) detail: Option<Detail>,
    /// Lines that are kept before and after each match, when the filter keeps some.
    pub(super) around: usize,
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
    /// Where the time of another tab put the cursor, or where it was when the tab was left.
    pub(super) place: Option<Place>,
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
            shows_all: false,
            earlier: Vec::new(),
            shown_fields: Vec::new(),
            aside: None,
            detail: None,
            around: DEFAULT_AROUND,
            lines: Lines::Cut,
            shift: 0,
            top: 0,
            opened: Opened::default(),
            inside: None,
            columns: FieldColumns::of_tab(tab, columns),
            paused_at: None,
            was_following: true,
            place: None,
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

    /// Whether it shows the records of all sources, of other tabs too.
    pub fn shows_all(&self) -> bool {
        self.shows_all
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
