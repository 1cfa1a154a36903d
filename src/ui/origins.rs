//! The list of origins, in the place of the pane: state, counts, and a line of bars for each.

use super::canvas::{self, Canvas};
use crate::app::format::{Digits, thousands, time_of_day};
use crate::app::{App, Glyphs, OriginRow, Origins, Role, Rows, SPARKS, text};
use crate::model::Severity;

const BLOCKS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 9] = [" ", "_", "_", ".", ".", ":", ":", "+", "#"];

/// Columns of the counts: records, errors, warnings, each with a blank.
const COUNTS: [u16; 3] = [11, 9, 9];
const TIME: u16 = 10;

pub(super) fn draw(app: &App, origins: &Origins, rows: Rows, canvas: &mut Canvas<'_>) {
    let keymap = &app.settings().keymap;
    let key = |id: &str| keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let right = format!(
        "{}   {} tick   {} show only these   {} close",
        origins.rows().len(),
        key("origin-toggle"),
        key("apply"),
        key("cancel")
    );
    canvas.heading(rows.y, "Origins", &right);
    let sparks = SPARKS as u16;
    let counts: u16 = COUNTS.iter().sum();
    let end = canvas.width.saturating_sub(1);
    let at = end.saturating_sub(sparks);
    let time_at = at.saturating_sub(TIME);
    let counts_at = time_at.saturating_sub(counts);
    let names = ["RECORDS", "ERR", "WRN"];
    let y = rows.y + 1;
    canvas.text(3, y, "ORIGIN", Role::Dim);
    let mut x = counts_at;
    for (name, columns) in names.iter().zip(COUNTS) {
        x += columns;
        canvas.text_before(x - columns, x - 1, y, name, Role::Dim);
    }
    canvas.text(time_at + 1, y, "LAST", Role::Dim);
    let height = usize::from(rows.height.saturating_sub(2));
    let top = origins.cursor().saturating_sub(height.saturating_sub(1));
    let zone = app.shown_zone();
    for (n, row) in origins.rows().iter().enumerate().skip(top).take(height) {
        let y = rows.y + 2 + (n - top) as u16;
        let is_cursor = n == origins.cursor();
        if is_cursor {
            canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
        }
        name(row, is_cursor, (3, counts_at), y, canvas);
        let mut x = counts_at;
        let severities = [Role::Text, Role::Severity(Severity::Error), Role::Severity(Severity::Warn)];
        for ((count, columns), role) in [row.records, row.errors, row.warnings].into_iter().zip(COUNTS).zip(severities)
        {
            x += columns;
            let role = if count == 0 { Role::Dim } else { role };
            canvas.text_before(x - columns, x - 1, y, &thousands(count), role);
        }
        if let Some(last) = row.last {
            canvas.text(time_at + 1, y, &time_of_day(last, &zone, Digits::Seconds), Role::Dim);
        }
        line(app, row, (at, y), canvas);
        if is_cursor && canvas.theme.reverses_cursor_row() {
            let style = canvas::cursor(&canvas.theme);
            canvas.restyle(0, y, canvas.width, style);
        }
    }
}

fn name(row: &OriginRow, is_cursor: bool, (from, to): (u16, u16), y: u16, canvas: &mut Canvas<'_>) {
    let room = to.saturating_sub(from);
    let tick = if row.ticked { "[x] " } else { "[ ] " };
    let role = if is_cursor { Role::Accent } else { Role::Text };
    // A state that is not ordinary needs its words more than the name needs its beginning.
    let troubled = matches!(row.role, Role::Error | Role::Warn);
    let columns = if troubled { usize::from(room) / 3 } else { usize::from(room).saturating_sub(14) };
    let name = format!("{tick}{}", text::shorten(&row.name, columns.max(8), canvas.theme.glyphs.gap));
    let x = canvas.put(from, y, room, &name, canvas.theme.style(role));
    let left = to.saturating_sub(x + 3);
    let state = text::shorten(&row.state, usize::from(left), canvas.theme.glyphs.gap);
    canvas.put(x + 2, y, left, &state, canvas.theme.style(row.role));
}

/// The bars: an origin's own highest is a whole cell. Those with errors have their colour.
fn line(app: &App, row: &OriginRow, (x, y): (u16, u16), canvas: &mut Canvas<'_>) {
    let highest = row.sparks.iter().map(|(_, all)| *all).max().unwrap_or(0);
    if highest == 0 {
        return;
    }
    let symbols = if app.settings().caps.glyphs == Glyphs::Ascii { ASCII } else { BLOCKS };
    for (n, (errors, all)) in row.sparks.iter().enumerate() {
        let eighths = (u64::from(*all) * 8).div_ceil(u64::from(highest)) as usize;
        let role = if *errors > 0 { Role::Severity(Severity::Error) } else { Role::Dim };
        canvas.text(x + n as u16, y, symbols[eighths.min(8)], role);
    }
}
