//! A list to choose from, in the place of the pane: the command palette and its like.

use super::canvas::{self, Canvas};
use super::header::cut;
use super::status::around_cursor;
use crate::app::{App, Picker, Role, Rows, ShownRow, text};
use ratatui::style::{Modifier, Style};

/// Columns of what is chosen, at most; the words beside it begin behind them.
const NAME: usize = 22;

/// Draws the pane; returns where the text cursor is.
pub(super) fn draw(app: &App, picker: &Picker, rows: Rows, canvas: &mut Canvas<'_>) -> (u16, u16) {
    let keymap = &app.settings().keymap;
    let key = |id: &str, verb: &str| keymap.keys(id).first().map(|key| format!("   {key} {verb}")).unwrap_or_default();
    let (all, shown) = picker.counts();
    let (sign, takes, second) = match (picker.is_palette(), picker.has_ticks()) {
        (true, _) => (":", "runs", key("pick-toggle", "completes")),
        (false, true) => ("/", "takes", key("pick-toggle", "ticks")),
        (false, false) => ("/", "takes", String::new()),
    };
    // Of very many the narrow form leaves room for the keys.
    let of = if all > 99 && canvas.width < 72 { "/" } else { " of " };
    let right = format!("{shown}{of}{all}{}{second}{}", key("apply", takes), key("cancel", "closes"));
    canvas.heading(rows.y, picker.title(), &right);
    let mut y = rows.y + 1;
    canvas.text(1, y, sign, Role::Accent);
    let room = usize::from(canvas.width.saturating_sub(5));
    let (typed, at) = around_cursor(picker.text(), picker.edit().cursor(), room);
    canvas.put(3, y, room as u16, &typed, canvas.theme.style(Role::Text));
    let cursor = (3 + at as u16, y);
    let end = rows.y + rows.height;
    if let Some(error) = picker.error() {
        let columns = usize::from(canvas.width.saturating_sub(4));
        for row in text::wrap_words(error, columns, 3) {
            y += 1;
            canvas.text(3, y, &error[row], Role::Error);
        }
    }
    y += 1;
    if shown == 0 && picker.error().is_none() {
        let words = match keymap.keys("apply").first() {
            Some(key) if picker.takes_other_words() => format!("nothing to suggest: {key} runs what is typed"),
            _ => "nothing matches".to_owned(),
        };
        canvas.text(3, y, &words, Role::Dim);
    }
    for (y, shown) in (y..end).zip(picker.window(usize::from(end.saturating_sub(y)))) {
        line(&shown, y, canvas);
    }
    cursor
}

fn line(shown: &ShownRow<'_>, y: u16, canvas: &mut Canvas<'_>) {
    let ShownRow { row, marks, marks_beside, is_cursor } = *shown;
    let mark = canvas.theme.glyphs.cut;
    if is_cursor {
        canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
    }
    let tick = match row.ticked {
        Some(true) => "[x] ",
        Some(false) => "[ ] ",
        None => "",
    };
    let end = canvas.text_before(3, canvas.width.saturating_sub(1), y, &row.keys, Role::Dim);
    let x = canvas.text(3, y, tick, Role::Text);
    let name = cut(&row.text, NAME.max(usize::from(canvas.width) / 4), mark);
    let role = match (row.faint, is_cursor) {
        (true, _) => Role::Dim,
        (false, true) => Role::Accent,
        (false, false) => Role::Text,
    };
    // With nothing but bold and reversed text an accent would be a reversed name in a reversed row.
    let style = canvas.theme.style(if canvas.theme.reverses_cursor_row() { Role::Text } else { role });
    let behind = canvas.put(x, y, end.saturating_sub(x + 1), &name, style);
    emphasise(&name, marks, x, y, canvas);
    let x = behind.max(3 + NAME as u16) + 1;
    let beside = cut(&row.beside, usize::from(end.saturating_sub(x + 1)), mark);
    canvas.put(x, y, end.saturating_sub(x + 1), &beside, canvas.theme.style(Role::Dim));
    emphasise(&beside, marks_beside, x, y, canvas);
    if is_cursor && canvas.theme.reverses_cursor_row() {
        let style = canvas::cursor(&canvas.theme);
        canvas.restyle(0, y, canvas.width, style);
    }
}

/// Marks letters of a text that stands at `x`; those that were cut off are left out.
fn emphasise(shown: &str, marks: &[usize], x: u16, y: u16, canvas: &mut Canvas<'_>) {
    let style = Style::new().add_modifier(Modifier::UNDERLINED);
    let mut marks = marks.iter().peekable();
    let mut at = x;
    for (n, c) in shown.chars().enumerate() {
        let columns = text::width(c.encode_utf8(&mut [0; 4])) as u16;
        if marks.next_if_eq(&&n).is_some() {
            canvas.restyle(at, y, columns, style);
        }
        at += columns;
    }
}
