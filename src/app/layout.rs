//! Where things are on the screen: rows of the panes, columns of the list. Decided here, so that scrolling knows it.
//!
//! Owns the geometry. Must not know what is drawn there.

use super::{App, Bars, Pane, TimeStyle, text};
use crate::model::address::Tab;
use std::ops::Range;

/// The least columns that the screen needs.
pub const MIN_WIDTH: u16 = 60;
/// The least rows that the screen needs.
pub const MIN_HEIGHT: u16 = 12;

/// The least rows for a histogram that nobody asked for.
const MIN_HEIGHT_OF_BARS_UNASKED: u16 = 30;
/// The least rows for a histogram.
pub(super) const MIN_HEIGHT_OF_BARS: u16 = 20;
/// Rows of the histogram: bars and axis.
const BAR_ROWS: u16 = 5;

/// The most fields that are columns.
pub const MAX_COLUMNS: usize = 8;
/// What the text keeps beside them, and what one of them needs at least.
const LEAST_TEXT: u16 = 30;
const LEAST_COLUMN: usize = 5;

/// Some rows of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The first one.
    pub y: u16,
    /// How many.
    pub height: u16,
}

/// The rows of the screen: tabs, health, then the list with its heading, perhaps a pane with its own, then the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The row of the tabs.
    pub tabs: u16,
    /// The row of scope and health.
    pub health: u16,
    /// The histogram with its axis.
    pub histogram: Option<Rows>,
    /// The list of pods or of objects above the records; its first row is its heading.
    pub upper: Option<Rows>,
    /// The row of the list's heading.
    pub heading: u16,
    /// The records.
    pub list: Rows,
    /// The pane below them; its first row is its heading.
    pub pane: Option<Rows>,
    /// The last row.
    pub status: u16,
}

/// The columns of the list; a width of 0 is a column that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Where times begin, and how wide they are.
    pub time: (u16, u16),
    /// Where severities begin: 3 columns for a word or 1 for a letter.
    pub severity: (u16, u16),
    /// Where the names of origins begin.
    pub origin: (u16, u16),
    /// Where the names of containers begin.
    pub container: (u16, u16),
    /// Where the columns of fields begin, in the order in which they were chosen.
    pub fields: [(u16, u16); MAX_COLUMNS],
    /// Where the text begins; the last column of the screen is kept for the mark of a cut line.
    pub text: (u16, u16),
}

/// A tab's name in the first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabPlace {
    /// Which tab.
    pub tab: Tab,
    /// Its name, in short where there is little room.
    pub title: &'static str,
    /// Its columns, with the place of its badge.
    pub columns: Range<u16>,
}

/// A tab's name where there is little room.
const fn short_title(tab: Tab) -> &'static str {
    match tab {
        Tab::Gcs => "GCS",
        Tab::Firestore => "Fire",
        Tab::Pods => "Pods",
        Tab::Ci => "CI",
        Tab::Summary => "Sum",
    }
}

impl Columns {
    fn new(width: u16, time: TimeStyle, (origin, container): (u16, u16)) -> Self {
        let wide = width >= 100;
        let gap = if wide { 2 } else { 1 };
        let mut x = 1;
        let mut column = |columns: u16| {
            let at = x;
            if columns > 0 {
                x += columns + gap;
            }
            (at, columns)
        };
        let time = column(match time {
            TimeStyle::Off => 0,
            TimeStyle::Age => 6,
            TimeStyle::Utc | TimeStyle::Local => {
                if wide {
                    12
                } else {
                    8
                }
            }
        });
        let severity = column(if wide { 3 } else { 1 });
        let (origin, container) = (column(origin), column(container));
        Self {
            time,
            severity,
            origin,
            container,
            fields: [(0, 0); MAX_COLUMNS],
            text: (x, width.saturating_sub(x + 1)),
        }
    }

    /// Makes room for fields between origin and text; the text keeps [`LEAST_TEXT`] columns.
    fn with_fields(mut self, wanted: impl Iterator<Item = usize>) -> Self {
        let gap = if self.severity.1 >= 3 { 2 } else { 1 };
        let mut widths: Vec<usize> = wanted.take(MAX_COLUMNS).collect();
        fit(&mut widths, gap, usize::from(self.text.1.saturating_sub(LEAST_TEXT)));
        for (column, width) in self.fields.iter_mut().zip(widths) {
            *column = (self.text.0, width as u16);
            if width > 0 {
                let taken = (width + gap) as u16;
                self.text = (self.text.0 + taken, self.text.1.saturating_sub(taken));
            }
        }
        self
    }
}

/// Narrows columns until they fit with a gap behind each: the widest first, and when all are narrow, the last ones go.
fn fit(widths: &mut [usize], gap: usize, room: usize) {
    let taken = |widths: &[usize]| widths.iter().filter(|width| **width > 0).map(|width| width + gap).sum::<usize>();
    while taken(widths) > room {
        let widest = widths.iter_mut().rev().max_by_key(|width| **width);
        match widest {
            Some(width) if *width > LEAST_COLUMN => *width -= 1,
            _ => match widths.iter_mut().rev().find(|width| **width > 0) {
                Some(last) => *last = 0,
                None => return,
            },
        }
    }
}

/// Rows of the filter pane below its heading.
pub(super) const FILTER_ROWS: u16 = 9;

impl App {
    /// The rows of the screen now; `None` when it is too small.
    pub fn layout(&self) -> Option<Layout> {
        let (bars, body) = self.body_rows()?;
        let height = self.size.1;
        let first = 3 + bars;
        let pane = match &self.pane {
            _ if self.filter_pane().is_some() => FILTER_ROWS + 1,
            Pane::Picker(_) => body - (body / 4).clamp(3, 12),
            // Few origins leave the list its rows.
            Pane::Origins(origins) => origins.wanted_rows().min(body - (body / 4).clamp(3, 12)),
            Pane::Consent(_) => self.consent_rows().min(body - (body / 4).clamp(3, 12)),
            _ if self.ci_is_shown() => 0,
            _ if self.tab().detail.is_some() => body - (body / 4).clamp(4, 12),
            _ => self.rows_of_change(body),
        };
        // A pane takes the place of pods and objects, too.
        let upper = if pane == 0 { self.rows_of_pods(body).max(self.rows_of_objects(body)) } else { 0 };
        let list = Rows { y: first + upper, height: body.saturating_sub(pane + upper) };
        let pane = (pane > 0).then_some(Rows { y: first + list.height, height: body - list.height });
        let histogram = (bars > 0).then_some(Rows { y: 2, height: bars });
        let upper = (upper > 0).then_some(Rows { y: first - 1, height: upper });
        Some(Layout { tabs: 0, health: 1, histogram, upper, heading: list.y - 1, list, pane, status: height - 1 })
    }

    /// Rows of the bars, and those that the list shares with the panes; `None` when the screen is too small.
    pub(super) fn body_rows(&self) -> Option<(u16, u16)> {
        let (width, height) = self.size;
        if width < MIN_WIDTH || height < MIN_HEIGHT {
            return None;
        }
        let bars = match self.bars {
            _ if self.ci_is_shown() => 0,
            Bars::Auto if self.histogram().is_none() => 0,
            _ if self.has_room_for_bars() => BAR_ROWS,
            _ => 0,
        };
        Some((bars, height - 4 - bars))
    }

    /// Where the tabs' names stand: ` [1 GCS]    2 Firestore    3 Pods !`. A badge has its place also when there is none, so that
    /// nothing moves.
    pub fn tab_places(&self) -> [TabPlace; Tab::ALL.len()] {
        let wide = u16::from(self.size.0 >= 100);
        let mut end = 0;
        Tab::ALL.map(|tab| {
            let title = if wide > 0 { tab.title() } else { short_title(tab) };
            let start = end + wide;
            end = start + text::width(title) as u16 + 2 * wide + 4;
            TabPlace { tab, title, columns: start..end }
        })
    }

    /// Whether the histogram is wanted, and there are rows for it.
    pub(super) fn has_room_for_bars(&self) -> bool {
        let least = match self.bars {
            Bars::Hidden => return false,
            Bars::Shown => MIN_HEIGHT_OF_BARS,
            Bars::Auto => MIN_HEIGHT_OF_BARS_UNASKED,
        };
        self.size.1 >= least && self.size.0 >= MIN_WIDTH
    }

    /// The columns of the list now.
    pub fn columns(&self) -> Columns {
        let origins: u32 = self.sources_here().map(crate::engine::Source::origins).sum();
        let names = match self.size.0 {
            _ if origins < 2 => 0,
            160.. => 24,
            100.. => 14,
            _ => 10,
        };
        // Paths of documents tell where they are.
        let names = if self.shows_changes() { 0 } else { names };
        let names = self.pod_columns().unwrap_or((names, 0));
        Columns::new(self.size.0, self.time, names).with_fields(self.tab().columns.widths(self.size.0))
    }

    /// The number of rows that the list has; at least 1, so that moving goes somewhere.
    pub(super) fn list_height(&self) -> usize {
        self.layout().map_or(1, |layout| usize::from(layout.list.height).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_as_in_the_mock_ups() {
        let columns = Columns::new(120, TimeStyle::Utc, (14, 0));
        let fields = [(0, 0); MAX_COLUMNS];
        assert_eq!(
            columns,
            Columns { time: (1, 12), severity: (15, 3), origin: (20, 14), container: (36, 0), fields, text: (36, 83) }
        );
        let columns = Columns::new(80, TimeStyle::Utc, (0, 0));
        assert_eq!(
            columns,
            Columns { time: (1, 8), severity: (10, 1), origin: (12, 0), container: (12, 0), fields, text: (12, 67) }
        );
        assert_eq!(Columns::new(80, TimeStyle::Off, (0, 0)).text, (3, 76));
    }

    #[test]
    fn fields_stand_between_origin_and_text() {
        let check = |width: u16, wanted: &[usize], fields: &[(u16, u16)], text: (u16, u16)| {
            let origin = if width >= 100 { 14 } else { 10 };
            let columns = Columns::new(width, TimeStyle::Utc, (origin, 0)).with_fields(wanted.iter().copied());
            assert_eq!((&columns.fields[..wanted.len()], columns.text), (fields, text), "{width} {wanted:?}");
        };
        check(120, &[5, 10], &[(36, 5), (43, 10)], (55, 64));
        check(80, &[24], &[(23, 24)], (48, 31));
        check(80, &[24, 24], &[(23, 12), (36, 12)], (49, 30));
        check(60, &[24, 24], &[(23, 5), (29, 0)], (29, 30));
        check(80, &[9; 8], &[(23, 5), (29, 5), (35, 5), (41, 5), (47, 0), (47, 0), (47, 0), (47, 0)], (47, 32));
    }
}
