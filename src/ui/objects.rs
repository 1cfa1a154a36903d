//! The list of objects.
//!
//! Owns nothing but the drawing: columns and what stands in them come from `app`.

use super::canvas::{self, Canvas};
use super::ci::heading;
use super::header::cut;
use crate::app::{ObjectColumns, ObjectRow, ObjectsView, Role, Rows, text};
use ratatui::style::Style;

pub(super) fn draw(view: &ObjectsView, rows: Rows, canvas: &mut Canvas<'_>) {
    heading(rows.y, &view.heading, view.is_focused, canvas);
    let first = rows.y + 1 + u16::from(view.has_head);
    if view.has_head {
        head(&view.columns, rows.y + 1, canvas);
    }
    for (y, row) in (first..rows.y + rows.height).zip(&view.rows) {
        draw_row(&view.columns, row, y, canvas);
    }
}

fn head(at: &ObjectColumns, y: u16, canvas: &mut Canvas<'_>) {
    for ((x, columns), name) in [(at.updated, "UPDATED"), (at.name, "OBJECT"), (at.state, "STATE")] {
        canvas.put(x, y, columns, name, canvas.theme.style(Role::Dim));
    }
    let (x, columns) = at.size;
    canvas.text_before(x, x + columns, y, "SIZE", Role::Dim);
}

fn draw_row(at: &ObjectColumns, row: &ObjectRow, y: u16, canvas: &mut Canvas<'_>) {
    let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
    if row.is_cursor {
        canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
    }
    if row.is_marked {
        canvas.text(2, y, "*", Role::Accent);
    }
    if let Some((words, role)) = &row.note {
        let room = canvas.width.saturating_sub(at.updated.0 + 1);
        let words = cut(words, usize::from(room), canvas.theme.glyphs.cut);
        let style = canvas.theme.style(*role).patch(emphasis);
        canvas.put(at.updated.0, y, room, &words, style);
    } else {
        object(at, row, y, emphasis, canvas);
    }
    if row.is_cursor && canvas.theme.reverses_cursor_row() {
        canvas.restyle(0, y, canvas.width, emphasis);
    }
}

fn object(at: &ObjectColumns, row: &ObjectRow, y: u16, emphasis: Style, canvas: &mut Canvas<'_>) {
    let quiet = if row.is_quiet { Role::Dim } else { Role::Text };
    let (x, columns) = at.updated;
    canvas.put(x, y, columns, &row.updated, canvas.theme.style(Role::Dim));
    let (x, columns) = at.name;
    let name = text::shorten_path(&row.name, usize::from(columns), canvas.theme.glyphs.gap);
    canvas.put(x, y, columns, &name, canvas.theme.style(quiet).patch(emphasis));
    let (x, columns) = at.size;
    canvas.text_before(x, x + columns, y, &row.size, quiet);
    let (start, columns) = at.state;
    let end = start + columns;
    let (word, role) = row.word;
    canvas.put(start, y, at.word, word, canvas.theme.style(role));
    let mut x = start + at.word;
    if let Some(percent) = row.percent {
        let glyphs = canvas.theme.glyphs;
        let done = u16::from(percent) * at.bar / 100;
        let (open, close) = glyphs.bar_ends;
        let bar = format!(
            "{open}{}{}{close}",
            glyphs.bar_done.repeat(usize::from(done)),
            glyphs.bar_left.repeat(usize::from(at.bar - done)),
        );
        x = canvas.text(x, y, &bar, Role::Accent);
        x = canvas.text(x + 1, y, &format!("{percent:>3}%"), Role::Text);
        if at.has_rate {
            canvas.put(x + 2, y, end.saturating_sub(x + 2), &row.words, canvas.theme.style(Role::Text));
        }
        return;
    }
    // What to do stays when why is cut.
    let tail = text::width(&row.tail).min(usize::from(end.saturating_sub(x)));
    let words = cut(&row.words, usize::from(end.saturating_sub(x)) - tail, canvas.theme.glyphs.cut);
    x = canvas.put(x, y, end.saturating_sub(x), &words, canvas.theme.style(quiet));
    canvas.put(x, y, end.saturating_sub(x), &row.tail, canvas.theme.style(Role::Dim));
}
