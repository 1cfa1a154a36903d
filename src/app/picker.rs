//! A list to choose from, narrowed by typing: the command palette, fields, columns, sources.
//!
//! Owns what is typed, which rows match and where, and the cursor. Must not know what is chosen for.

use super::command::{Choices, CommandSpec, CursorMoved, Entry};
use super::edit::LineEdit;
use crate::model::query::FieldTest;
use crate::store::Key;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;

/// A row of the list. Its texts are safe for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PickerRow {
    /// What is chosen, and matched by what is typed.
    pub text: String,
    /// What stands beside it; matched, too, as its keys are.
    pub beside: String,
    /// What stands at the right edge, such as a key.
    pub keys: String,
    /// Whether it is ticked, where several can be chosen.
    pub ticked: Option<bool>,
    /// Whether it is of no use here.
    pub faint: bool,
}

/// What a list is for.
#[derive(Clone, Debug)]
pub(super) enum PickerKind {
    /// Actions and commands, or the words that can follow a command: one for each row.
    Palette {
        /// The command whose words are typed.
        command: Option<&'static CommandSpec>,
        /// What the rows stand for.
        entries: Vec<Entry>,
    },
    /// Values of a record, one for each row.
    Values(Vec<FieldTest>),
    /// Fields to be columns, by name; so many of them were.
    Columns {
        /// One for each row.
        names: Vec<String>,
        /// How many were columns before.
        had: usize,
    },
    /// Marks, one for each row.
    Marks(Vec<Key>),
    /// Words of `:runs`, one for each row.
    Runs(Vec<String>),
}

/// The open list.
#[derive(Clone, Debug)]
pub struct Picker {
    title: &'static str,
    kind: PickerKind,
    edit: LineEdit,
    rows: Vec<PickerRow>,
    /// The rows that match, the best first.
    shown: Vec<Match>,
    /// Which of them has the cursor.
    cursor: usize,
    /// What is wrong with what was typed.
    error: Option<String>,
    /// The rows that are ticked, in the order in which they were.
    ticks: Vec<usize>,
}

/// A row that matches.
#[derive(Clone, Debug)]
struct Match {
    at: usize,
    /// The letters that match, as numbers of characters: of the row's text, and of what stands beside it.
    marks: [Vec<usize>; 2],
}

/// A row as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct ShownRow<'p> {
    /// The row.
    pub row: &'p PickerRow,
    /// The characters of its text that match, in their order.
    pub marks: &'p [usize],
    /// The same for what stands beside it.
    pub marks_beside: &'p [usize],
    /// Whether it has the cursor.
    pub is_cursor: bool,
}

impl Picker {
    pub(super) fn new(title: &'static str, kind: PickerKind, rows: Vec<PickerRow>) -> Self {
        let ticks = (0..rows.len()).filter(|at| rows[*at].ticked == Some(true)).collect();
        let edit = LineEdit::new("");
        let mut picker = Self { title, kind, edit, rows, shown: Vec::new(), cursor: 0, error: None, ticks };
        picker.changed_from(0);
        picker
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

    /// What is wrong with what was typed.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// What is typed cannot be taken: it stays to be mended.
    pub(super) fn refuse(&mut self, problem: String) {
        self.error = Some(problem);
    }

    /// Whether it has no rows at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether rows can be ticked.
    pub fn has_ticks(&self) -> bool {
        self.rows.iter().any(|row| row.ticked.is_some())
    }

    /// Whether it is the command palette.
    pub fn is_palette(&self) -> bool {
        matches!(self.kind, PickerKind::Palette { .. })
    }

    /// Whether words can be taken that are in no row.
    pub fn takes_other_words(&self) -> bool {
        matches!(&self.kind, PickerKind::Palette { command: Some(spec), .. } if !matches!(spec.choices, Choices::OneOf(_)))
    }

    /// All rows, and those that match.
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.shown.len())
    }

    /// Up to `height` rows around the cursor.
    pub fn window(&self, height: usize) -> impl Iterator<Item = ShownRow<'_>> {
        let lowest = self.shown.len().saturating_sub(height);
        let top = self.cursor.saturating_sub(height.saturating_sub(1)).min(lowest);
        let rows = self.shown.iter().enumerate().skip(top).take(height);
        rows.filter_map(|(n, found)| {
            let [marks, marks_beside] = &found.marks;
            Some(ShownRow { row: self.rows.get(found.at)?, marks, marks_beside, is_cursor: n == self.cursor })
        })
    }

    /// The row with the cursor, as its number among all rows.
    pub(super) fn chosen(&self) -> Option<usize> {
        self.shown.get(self.cursor).map(|found| found.at)
    }

    /// Whether the cursor is elsewhere than on the best row.
    pub(super) fn cursor_moved(&self) -> CursorMoved {
        if self.cursor == 0 { CursorMoved::No } else { CursorMoved::Yes }
    }

    /// Every row that is ticked, as numbers among all rows, in the order in which they were ticked.
    pub(super) fn ticked(&self) -> Vec<usize> {
        self.ticks.clone()
    }

    pub(super) fn kind(&self) -> &PickerKind {
        &self.kind
    }

    /// What a row of the palette stands for.
    pub(super) fn entry(&self, at: usize) -> Option<&Entry> {
        match &self.kind {
            PickerKind::Palette { entries, .. } => entries.get(at),
            PickerKind::Values(_) | PickerKind::Marks(_) | PickerKind::Runs(_) | PickerKind::Columns { .. } => None,
        }
    }

    /// The palette's rows are made anew with the next change.
    pub(super) fn forget_rows(&mut self) {
        if let PickerKind::Palette { command, .. } = &mut self.kind {
            *command = None;
        }
    }

    /// Puts other rows in the place of the old ones.
    pub(super) fn refill(&mut self, kind: PickerKind, rows: Vec<PickerRow>) {
        (self.kind, self.rows) = (kind, rows);
    }

    /// Puts another text in the place of what is typed.
    pub(super) fn retype(&mut self, text: &str) {
        self.edit = LineEdit::new(text);
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

    /// The text was changed: matches the rows anew with what stands from byte `from` on. Words are matched one by one:
    /// with a row's text by their letters in their order, with what stands beside it as they are.
    pub(super) fn changed_from(&mut self, from: usize) {
        let typed = self.edit.text().get(from..).unwrap_or_default();
        let new = |kind| Pattern::new(typed, CaseMatching::Smart, Normalization::Smart, kind);
        let patterns = [new(AtomKind::Fuzzy), new(AtomKind::Substring)];
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut scored: Vec<_> =
            self.rows.iter().enumerate().filter_map(|(at, row)| found(at, row, &patterns, &mut matcher)).collect();
        scored.sort_by_key(|(score, found)| (Reverse(*score), found.at));
        self.shown = scored.into_iter().map(|(_, found)| found).collect();
        self.cursor = 0;
        self.error = None;
    }
}

/// A row's score, and the letters that match: in its text if that is enough, else in all of it.
fn found(at: usize, row: &PickerRow, [fuzzy, whole]: &[Pattern; 2], matcher: &mut Matcher) -> Option<(u32, Match)> {
    let (mut buffer, mut marks) = (Vec::new(), Vec::new());
    let name = fuzzy.indices(Utf32Str::new(&row.text, &mut buffer), matcher, &mut marks);
    // A hit in the name is worth more than one in the words beside it.
    if let Some(score) = name {
        let marks = [in_order(&marks), Vec::new()];
        return Some((score.saturating_mul(2), Match { at, marks }));
    }
    marks.clear();
    let both = format!("{} {} {}", row.text, row.beside, row.keys);
    let score = whole.indices(Utf32Str::new(&both, &mut buffer), matcher, &mut marks)?;
    let length = row.text.chars().count();
    let all = in_order(&marks);
    let (of_text, beside) = all.split_at(all.partition_point(|mark| *mark < length));
    let beside = beside.iter().filter_map(|mark| mark.checked_sub(length + 1)).collect();
    Some((score, Match { at, marks: [of_text.to_vec(), beside] }))
}

fn in_order(marks: &[u32]) -> Vec<usize> {
    let mut marks: Vec<_> = marks.iter().map(|mark| *mark as usize).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
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
        Picker::new("Test", PickerKind::Palette { command: None, entries: Vec::new() }, rows)
    }

    fn typed(text: &str) -> Picker {
        let mut picker = picker();
        picker.edit_mut().paste(text);
        picker.changed_from(0);
        picker
    }

    fn shown(picker: &Picker) -> Vec<&str> {
        picker.window(9).map(|shown| shown.row.text.as_str()).collect()
    }

    #[test]
    fn letters_in_their_order_narrow_the_list() {
        let check = |text: &str, expected: &[&str]| assert_eq!(shown(&typed(text)), expected, "{text}");
        check("", &["half-down", "histogram", "help"]);
        check("hgr", &["histogram"]);
        check("bars", &["histogram"]);
        check("hlp", &["help"]);
        check("hdn", &["half-down"]);
        check("page", &["half-down"]);
        check("zzz", &[]);
    }

    #[test]
    fn the_letters_that_match_are_told() {
        let check = |text: &str, marks: &[usize], beside: &[usize]| {
            let picker = typed(text);
            let first = picker.window(1).next().unwrap();
            assert_eq!((first.marks, first.marks_beside), (marks, beside), "{text}");
        };
        check("", &[], &[]);
        check("hgr", &[0, 5, 6], &[]);
        check("bars", &[], &[0, 1, 2, 3]);
        check("hist bars", &[0, 1, 2, 3], &[0, 1, 2, 3]);
    }

    #[test]
    fn the_cursor_goes_round_and_ticks() {
        let mut picker = picker();
        picker.step(-1);
        assert_eq!(picker.chosen(), Some(2));
        picker.toggle();
        assert_eq!((picker.chosen(), picker.ticked()), (Some(0), vec![2]));
        let cursors: Vec<_> = picker.window(2).map(|shown| (shown.row.text.as_str(), shown.is_cursor)).collect();
        assert_eq!(cursors, [("half-down", true), ("histogram", false)]);
    }
}
