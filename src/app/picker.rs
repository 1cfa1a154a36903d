//! A list to choose from, narrowed by typing: the command palette, fields, columns, sources.
//!
//! Owns what is typed, which rows match, and the cursor. Must not know what is chosen for.

use super::command::Entry;
use super::edit::LineEdit;
use crate::store::Key;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A row of the list. Its texts are safe for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PickerRow {
    /// What is chosen, and matched by what is typed.
    pub text: String,
    /// What stands beside it; matched, too.
    pub beside: String,
    /// What stands at the right edge, such as a key.
    pub keys: String,
    /// Whether it is ticked, where several can be chosen.
    pub ticked: Option<bool>,
}

/// What a list is for.
#[derive(Clone, Debug)]
pub(super) enum PickerKind {
    /// Actions and commands, one for each row.
    Palette(Vec<Entry>),
    /// Fields to be columns, by name; so many of them were.
    Columns { names: Vec<String>, had: usize },
    /// Marks to jump to.
    Marks(Vec<Key>),
}

/// The open list.
#[derive(Clone, Debug)]
pub struct Picker {
    title: &'static str,
    kind: PickerKind,
    edit: LineEdit,
    rows: Vec<PickerRow>,
    /// The rows that match, the best first.
    shown: Vec<usize>,
    /// Which of them has the cursor.
    cursor: usize,
    /// The rows that are ticked, in the order in which they were.
    ticks: Vec<usize>,
}

impl Picker {
    pub(super) fn new(title: &'static str, kind: PickerKind, rows: Vec<PickerRow>) -> Self {
        let shown = (0..rows.len()).collect();
        let ticks = (0..rows.len()).filter(|at| rows[*at].ticked == Some(true)).collect();
        Self { title, kind, edit: LineEdit::new(""), rows, shown, cursor: 0, ticks }
    }

    /// Its heading.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// What is typed.
    pub fn edit(&self) -> &LineEdit {
        &self.edit
    }

    pub(super) fn edit_mut(&mut self) -> &mut LineEdit {
        &mut self.edit
    }

    /// What is typed, as text.
    pub fn text(&self) -> &str {
        self.edit.text()
    }

    /// Whether it has no rows at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether several rows can be chosen.
    pub fn has_ticks(&self) -> bool {
        self.rows.iter().any(|row| row.ticked.is_some())
    }

    /// All rows, and those that match.
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.shown.len())
    }

    /// Up to `height` rows around the cursor, with whether each is the cursor's.
    pub fn window(&self, height: usize) -> impl Iterator<Item = (&PickerRow, bool)> {
        let lowest = self.shown.len().saturating_sub(height);
        let top = self.cursor.saturating_sub(height.saturating_sub(1)).min(lowest);
        let rows = self.shown.iter().enumerate().skip(top).take(height);
        rows.filter_map(|(n, at)| Some((self.rows.get(*at)?, n == self.cursor)))
    }

    /// The row with the cursor, as its number among all rows.
    pub(super) fn chosen(&self) -> Option<usize> {
        self.shown.get(self.cursor).copied()
    }

    /// Every row that is ticked, as numbers among all rows, in the order in which they were ticked.
    pub(super) fn ticked(&self) -> Vec<usize> {
        self.ticks.clone()
    }

    pub(super) fn into_kind(self) -> PickerKind {
        self.kind
    }

    /// Moves the cursor; it goes round at the ends.
    pub(super) fn step(&mut self, by: isize) {
        if !self.shown.is_empty() {
            let len = self.shown.len() as isize;
            self.cursor = (self.cursor as isize + by).rem_euclid(len) as usize;
        }
    }

    /// Ticks the cursor's row, or unticks it; the cursor goes on.
    pub(super) fn toggle(&mut self) {
        let Some(at) = self.chosen() else { return };
        if let Some(ticked) = self.rows.get_mut(at).and_then(|row| row.ticked.as_mut()) {
            *ticked = !*ticked;
            self.ticks.retain(|other| *other != at);
            if *ticked {
                self.ticks.push(at);
            }
            self.step(1);
        }
    }

    /// The text was changed: matches the rows anew. Words are matched one by one, letters in their order.
    pub(super) fn changed(&mut self) {
        let pattern = Pattern::parse(self.edit.text(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut score = |row: &PickerRow| {
            let name = pattern.score(Utf32Str::new(&row.text, &mut buffer), &mut matcher);
            let both = format!("{} {}", row.text, row.beside);
            let all = pattern.score(Utf32Str::new(&both, &mut buffer), &mut matcher);
            // A hit in the name is worth more than one in the words beside it.
            name.map(|score| score.saturating_mul(2)).max(all)
        };
        let mut scored: Vec<_> = self.rows.iter().enumerate().filter_map(|(at, row)| Some((score(row)?, at))).collect();
        scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.shown = scored.into_iter().map(|(_, at)| at).collect();
        self.cursor = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker() -> Picker {
        let row = |text: &str, beside: &str| PickerRow {
            text: text.to_owned(),
            beside: beside.to_owned(),
            ticked: Some(false),
            ..PickerRow::default()
        };
        let rows = vec![row("half-down", "half a page"), row("histogram", "bars"), row("help", "this help")];
        Picker::new("Test", PickerKind::Palette(Vec::new()), rows)
    }

    fn shown(picker: &Picker) -> Vec<&str> {
        picker.window(9).map(|(row, _)| row.text.as_str()).collect()
    }

    #[test]
    fn letters_in_their_order_narrow_the_list() {
        let check = |typed: &str, expected: &[&str]| {
            let mut picker = picker();
            picker.edit_mut().paste(typed);
            picker.changed();
            assert_eq!(shown(&picker), expected, "{typed}");
        };
        check("", &["half-down", "histogram", "help"]);
        check("hgr", &["histogram"]);
        check("bars", &["histogram"]);
        check("hlp", &["help", "half-down"]);
        check("page", &["half-down"]);
        check("zzz", &[]);
    }

    #[test]
    fn the_cursor_goes_round_and_ticks() {
        let mut picker = picker();
        picker.step(-1);
        assert_eq!(picker.chosen(), Some(2));
        picker.toggle();
        assert_eq!((picker.chosen(), picker.ticked()), (Some(0), vec![2]));
        let cursors: Vec<_> = picker.window(2).map(|(row, cursor)| (row.text.as_str(), cursor)).collect();
        assert_eq!(cursors, [("half-down", true), ("histogram", false)]);
    }
}
