//! A list to choose from, in the place of the pane: the command palette and its like.

use super::canvas::{self, Canvas};
use super::status::around_cursor;
use crate::app::{App, Picker, Role, Rows, text};

/// Columns of what is chosen, at most; the words beside it begin behind them.
const NAME: usize = 28;

/// Draws the pane; returns where the text cursor is.
pub(super) fn draw(app: &App, picker: &Picker, rows: Rows, canvas: &mut Canvas<'_>) -> (u16, u16) {
    let keymap = &app.settings().keymap;
    let key = |id: &str| keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let (all, shown) = picker.counts();
    let tick = if picker.has_ticks() { format!("{} tick   ", key("pick-toggle")) } else { String::new() };
    let right = format!("{shown} of {all}   {tick}{} take   {} close", key("apply"), key("cancel"));
    canvas.heading(rows.y, picker.title(), &right);
    let y = rows.y + 1;
    canvas.text(1, y, ":", Role::Accent);
    let room = usize::from(canvas.width.saturating_sub(5));
    let (typed, at) = around_cursor(picker.text(), picker.edit().cursor(), room);
    canvas.put(3, y, room as u16, &typed, canvas.theme.style(Role::Text));
    let height = usize::from(rows.height.saturating_sub(2));
    if shown == 0 {
        canvas.text(3, y + 1, "nothing matches", Role::Dim);
    }
    for (y, (row, is_cursor)) in (y + 1..).zip(picker.window(height)) {
        if is_cursor {
            canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
        }
        let tick = match row.ticked {
            Some(true) => "[x] ",
            Some(false) => "[ ] ",
            None => "",
        };
        let end = canvas.text_before(3, canvas.width.saturating_sub(1), y, &row.keys, Role::Dim);
        let name = format!(
            "{tick}{}",
            text::shorten(&row.text, NAME.max(usize::from(canvas.width) / 3), canvas.theme.glyphs.gap)
        );
        let role = if is_cursor { Role::Accent } else { Role::Text };
        let x = canvas.put(3, y, end.saturating_sub(4), &name, canvas.theme.style(role));
        let x = x.max(3 + NAME as u16 + 1) + 1;
        let beside = text::shorten(&row.beside, usize::from(end.saturating_sub(x + 1)), canvas.theme.glyphs.gap);
        canvas.put(x, y, end.saturating_sub(x + 1), &beside, canvas.theme.style(Role::Dim));
        if is_cursor && canvas.theme.reverses_cursor_row() {
            let style = canvas::cursor(&canvas.theme);
            canvas.restyle(0, y, canvas.width, style);
        }
    }
    (3 + at as u16, y)
}
