//! Logs of CI jobs, their steps, and the causes of their failures.
//!
//! Owns the columns. What stands in them comes from `app`.

use super::canvas::{self, Canvas};
use super::ci_runs;
use super::header::cut;
use crate::app::{CiLine, CiList, CiRow, CiView, Role, Rows, text};
use ratatui::style::{Modifier, Style};

/// Where states begin, and where names do, behind the longest state.
const STATE: u16 = 3;
const NAME: u16 = 8;
/// Columns between two columns.
const GAP: u16 = 2;
/// What a name keeps of a row.
const LEAST_NAME: u16 = 16;

pub(super) fn draw(view: &CiView, canvas: &mut Canvas<'_>) {
    if let Some(rows) = view.layout.runs {
        ci_runs::draw(&view.runs, rows, view.layout.has_head, canvas);
    }
    if let Some(rows) = view.layout.logs {
        list(&view.logs, rows, canvas);
    }
    if let Some(rows) = view.layout.steps {
        list(&view.steps, rows, canvas);
    }
    causes(view, canvas);
}

pub(super) fn heading(y: u16, (left, right): &(String, String), is_focused: bool, canvas: &mut Canvas<'_>) {
    canvas.heading(y, left, right);
    if is_focused {
        let columns = text::width(left).min(usize::from(canvas.width.saturating_sub(8))) as u16;
        let style = canvas.theme.style(Role::Accent).add_modifier(Modifier::BOLD);
        canvas.restyle(3, y, columns, style);
    }
}

fn list(list: &CiList, rows: Rows, canvas: &mut Canvas<'_>) {
    heading(rows.y, &list.heading, list.is_focused, canvas);
    let widest = |of: &dyn Fn(&CiRow) -> usize| list.rows.iter().map(of).max().unwrap_or(0) as u16;
    let number = widest(&|row| row.number.len());
    let name = NAME + if number > 0 { number + GAP } else { 0 };
    // From the right: errors, lines, time taken; what is left belongs to the name and the words behind it.
    let mut end = canvas.width.saturating_sub(1);
    let mut column = |columns: u16| {
        let at = end;
        if columns > 0 {
            end = end.saturating_sub(columns + GAP);
        }
        at
    };
    let errors = column(widest(&|row| row.errors.len()));
    let lines = column(widest(&|row| row.lines.len()));
    let took = column(widest(&|row| row.took.len()));
    let width = |words: &[(String, Role)]| words.iter().map(|(word, _)| text::width(word) + 1).sum::<usize>();
    let names = widest(&|row| text::width(&row.name)).max(LEAST_NAME);
    let words = widest(&|row| width(&row.words)).min(end.saturating_sub(name + LEAST_NAME + GAP));
    let words_at = (name + names + GAP).min(end.saturating_sub(words));
    for (y, row) in (rows.y + 1..rows.y + rows.height).zip(&list.rows) {
        let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
        if row.is_cursor {
            canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
        }
        let (state, role) = row.state;
        canvas.text(STATE, y, state, role);
        canvas.text_before(NAME, NAME + number, y, &row.number, Role::Dim);
        let room = if row.words.is_empty() { end } else { words_at.saturating_sub(GAP) }.saturating_sub(name);
        let shown = text::shorten(&row.name, usize::from(room), canvas.theme.glyphs.gap);
        let role = if row.is_cursor { Role::Accent } else { Role::Text };
        canvas.put(name, y, room, &shown, canvas.theme.style(role).patch(emphasis));
        let mut x = words_at;
        for (word, role) in &row.words {
            let room = end.saturating_sub(x);
            let word = cut(word, usize::from(room), canvas.theme.glyphs.cut);
            x = canvas.put(x, y, room, &word, canvas.theme.style(*role)) + 1;
        }
        canvas.text_before(name, took, y, &row.took, Role::Dim);
        canvas.text_before(name, lines, y, &row.lines, Role::Dim);
        // Of one that did not fail they are nothing to look at first.
        let role = if row.state.1 == Role::Error { Role::Error } else { Role::Dim };
        canvas.text_before(name, errors, y, &row.errors, role);
        if row.is_cursor && canvas.theme.reverses_cursor_row() {
            canvas.restyle(0, y, canvas.width, emphasis);
        }
    }
}

fn causes(view: &CiView, canvas: &mut Canvas<'_>) {
    let Rows { y, height } = view.layout.causes;
    heading(y, &view.heading, view.is_focused, canvas);
    let (numbers, times) = view.gutter;
    let time_at = 1 + numbers + GAP;
    let text_at = time_at + if times > 0 { times + GAP } else { 0 };
    for (y, line) in (y + 1..y + height).zip(&view.causes) {
        match line {
            CiLine::Blank => {}
            CiLine::Heading(left, right) => canvas.heading(y, left, right),
            CiLine::Words(words) => {
                let mut x = 3;
                for (n, (word, role)) in words.iter().enumerate() {
                    let end = canvas.width.saturating_sub(1);
                    x += if n > 0 { 3 } else { 0 };
                    let room = end.saturating_sub(x);
                    let word = cut(word, usize::from(room), canvas.theme.glyphs.cut);
                    x = canvas.put(x, y, room, &word, canvas.theme.style(*role));
                }
            }
            CiLine::Text { number, time, text, is_cut } => {
                canvas.text_before(1, 1 + numbers, y, number, Role::Dim);
                canvas.put(time_at, y, times, time, canvas.theme.style(Role::Dim));
                let room = canvas.width.saturating_sub(text_at + 1);
                canvas.put(text_at, y, room, text, canvas.theme.style(Role::Text));
                if *is_cut {
                    let dim = canvas.theme.style(Role::Dim);
                    canvas.put(canvas.width - 1, y, 1, canvas.theme.glyphs.cut, dim);
                }
            }
        }
    }
}
