//! What stands in the list beside a record's own line: cells of chosen columns, marks, and the lines of opened records.

use super::canvas::{self, Canvas};
use super::log_table::mark_hits;
use crate::app::{App, Below, Columns, Role, Row, text};
use ratatui::style::Style;

/// The names of the chosen columns, over their cells; returns the column of the screen behind them.
pub(super) fn titles(app: &App, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) -> Option<u16> {
    let mut end = None;
    for (column, (x, width)) in app.tab().columns().iter().zip(columns.fields) {
        if width == 0 {
            continue;
        }
        end = Some(title(column.title(), (x, width), y, canvas));
    }
    end
}

/// A name over a column; returns the column of the screen behind it.
pub(super) fn title(name: &str, (x, width): (u16, u16), y: u16, canvas: &mut Canvas<'_>) -> u16 {
    let name = text::shorten(name, usize::from(width), canvas.theme.glyphs.gap);
    // The rule is dim; what stands in it has blanks around it.
    canvas.put(x.saturating_sub(1), y, 1, " ", Style::reset());
    let style = Style::reset().patch(canvas.theme.style(Role::Heading));
    let behind = canvas.put(x, y, width, &name, style);
    canvas.put(behind, y, 1, " ", Style::reset());
    behind + 1
}

/// The values of the chosen columns.
pub(super) fn cells(app: &App, row: &Row<'_>, columns: &Columns, y: u16, style: Style, canvas: &mut Canvas<'_>) {
    for (cell, (x, width)) in row.cells.iter().zip(columns.fields) {
        if width == 0 || cell.is_empty() {
            continue;
        }
        let shown = text::shorten(cell, usize::from(width), canvas.theme.glyphs.gap);
        canvas.put(x, y, width, &shown, style);
        mark_hits(app, row, &shown, 0..shown.len(), (x, y), canvas);
    }
}

/// The sign of a mark: in the first column; on the cursor's row, whose first column has the cursor, in the first gap.
pub(super) fn mark_sign(row: &Row<'_>, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) {
    if !row.is_marked {
        return;
    }
    let x = match (row.is_cursor, columns.time, columns.severity) {
        (false, ..) => 0,
        (true, (at, width), _) if width > 0 => at + width,
        (true, _, (at, width)) => at + width,
    };
    canvas.put(x, y, 1, canvas.theme.glyphs.mark, canvas.theme.style(Role::Warn));
}

/// The further lines of an opened record, as many as there are rows; `y` is the first of them.
pub(super) fn below(app: &App, row: &Row<'_>, columns: &Columns, y: u16, rows: u16, canvas: &mut Canvas<'_>) {
    let x = columns.origin.0;
    let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
    let reversed = row.is_cursor && canvas.theme.reverses_cursor_row();
    let dim = canvas.theme.style(Role::Dim);
    let from = x + 3;
    let width = canvas.width.saturating_sub(from + 1);
    for (y, line) in (y..y + rows).zip(&row.below) {
        if reversed {
            canvas.restyle(0, y, canvas.width, emphasis);
        }
        if row.is_cursor {
            let style = canvas.theme.style(Role::Accent).patch(emphasis);
            canvas.put(0, y, 1, canvas.theme.glyphs.cursor, style);
        }
        canvas.put(x, y, 1, canvas.theme.glyphs.bar, dim);
        let line = match line {
            Below::Line(line) => line,
            Below::More(words) => {
                canvas.put(from, y, width, words, dim);
                continue;
            }
        };
        let shift = app.tab().shift();
        let piece = text::piece(line, shift, usize::from(width));
        let start = from + piece.pad as u16;
        canvas.put(start, y, width, piece.text, Style::new());
        mark_hits(app, row, line, piece.start..piece.start + piece.text.len(), (start, y), canvas);
        if shift > 0 && !line.is_empty() {
            canvas.put(from - 1, y, 1, canvas.theme.glyphs.cut_left, dim);
        }
        if piece.cut {
            canvas.put(canvas.width - 1, y, 1, canvas.theme.glyphs.cut, dim);
        }
    }
}
