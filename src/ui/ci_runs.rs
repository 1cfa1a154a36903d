//! The list of runs of watched repositories.
//!
//! Owns nothing but the drawing: columns and what stands in them come from `app`.

use super::canvas::{self, Canvas};
use super::ci::heading;
use super::header::cut;
use crate::app::{CiRuns, Role, Rows, RunRow, text};
use ratatui::style::Style;

pub(super) fn draw(runs: &CiRuns, rows: Rows, has_head: bool, canvas: &mut Canvas<'_>) {
    heading(rows.y, &runs.heading, runs.is_focused, canvas);
    let first = rows.y + 1 + u16::from(has_head);
    if has_head {
        head(runs, rows.y + 1, canvas);
    }
    for (y, row) in (first..rows.y + rows.height).zip(&runs.rows) {
        draw_row(runs, row, y, canvas);
    }
}

fn head(runs: &CiRuns, y: u16, canvas: &mut Canvas<'_>) {
    let at = &runs.columns;
    let names = [
        (at.number, "RUN"),
        (at.repo, "REPOSITORY"),
        (at.workflow, "WORKFLOW"),
        (at.branch, "BRANCH"),
        (at.result, "RESULT"),
        (at.marks, "STEPS"),
        (at.started, "STARTED"),
    ];
    for ((x, columns), name) in names {
        if columns > 0 {
            // The last column has room behind it.
            canvas.put(x, y, columns.max(name.len() as u16), name, canvas.theme.style(Role::Dim));
        }
    }
    let (x, columns) = at.took;
    canvas.text_before(x, x + columns, y, "TOOK", Role::Dim);
}

fn draw_row(runs: &CiRuns, row: &RunRow, y: u16, canvas: &mut Canvas<'_>) {
    let at = &runs.columns;
    let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
    if row.is_cursor {
        canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
    }
    let name = if row.is_cursor { Role::Accent } else { Role::Text };
    let mut column = |(x, columns): (u16, u16), text: &str, role: Role, style: Style| {
        let shown = text::shorten(text, usize::from(columns), canvas.theme.glyphs.gap);
        canvas.put(x, y, columns, &shown, canvas.theme.style(role).patch(style));
    };
    column(at.number, &row.number, name, emphasis);
    if let Some((words, role)) = &row.words {
        let x = if row.number.is_empty() { at.number.0 } else { at.number.0 + at.number.1 + 2 };
        let room = canvas.width.saturating_sub(x + 1);
        let words = cut(words, usize::from(room), canvas.theme.glyphs.cut);
        let style = canvas.theme.style(*role).patch(emphasis);
        canvas.put(x, y, room, &words, style);
    } else {
        column(at.repo, &row.repo, name, emphasis);
        column(at.workflow, &row.workflow, name, emphasis);
        column(at.branch, &row.branch, Role::Text, Style::new());
        if let Some((result, role)) = row.result {
            column(at.result, result, role, Style::new());
        }
        column(at.started, &row.started, Role::Dim, Style::new());
        let (x, columns) = at.took;
        canvas.text_before(x, x + columns, y, &row.took, Role::Dim);
        let (mut x, columns) = at.marks;
        let end = x + columns;
        for (word, role) in &row.marks {
            let room = end.saturating_sub(x);
            x = canvas.put(x, y, room, word, canvas.theme.style(*role)) + 1;
        }
    }
    if row.is_cursor && canvas.theme.reverses_cursor_row() {
        canvas.restyle(0, y, canvas.width, emphasis);
    }
}
