//! The debug pane, in the place of everything between header and status.

use super::canvas::Canvas;
use crate::app::{App, BodyLine, Rows};

pub(super) fn draw(app: &App, rows: Rows, (lines, scroll): (&[BodyLine], usize), canvas: &mut Canvas<'_>) {
    let room = usize::from(rows.height).saturating_sub(1);
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let below = lines.len().saturating_sub(room + scroll);
    let right = match below {
        0 if scroll == 0 => "any other key closes".to_owned(),
        0 => format!("{} {} scroll, any other key closes", key("down"), key("up")),
        _ => format!("{below} more   {} {} scroll, any other key closes", key("down"), key("up")),
    };
    canvas.heading(rows.y, "Debug", &right);
    for (y, line) in (rows.y + 1..).zip(lines.iter().skip(scroll).take(room)) {
        canvas.text(3, y, &line.text, line.role);
    }
}
