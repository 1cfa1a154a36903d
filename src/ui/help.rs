//! The help: the keys that work here, from the table of actions, in columns.

use super::canvas::Canvas;
use crate::app::docs::{HELP_COLUMN, HelpLine};
use crate::app::{App, Role, Rows, text};

/// Where labels begin in a column.
const LABEL: u16 = 14;

pub(super) fn draw(app: &App, rows: Rows, scroll: usize, canvas: &mut Canvas<'_>) {
    let columns = app.help_columns();
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let room = usize::from(rows.height).saturating_sub(3);
    let scroll = scroll.min(tallest.saturating_sub(room));
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let find = format!("{} finds", key("find-action"));
    let right = if tallest > room {
        let closes = if canvas.width < 72 { "" } else { ", others close" };
        let below = tallest - room - scroll;
        let more = if below > 0 { format!("{below} more   ") } else { String::new() };
        format!("{more}{} {} scroll   {find}{closes}", key("down"), key("up"))
    } else {
        format!("{find}, any other key closes")
    };
    canvas.heading(rows.y, "Keys that work here", &right);
    for (n, lines) in columns.iter().enumerate() {
        let x = 3 + n as u16 * HELP_COLUMN;
        for (y, line) in (rows.y + 1..).zip(lines.iter().skip(scroll).take(room)) {
            match line {
                HelpLine::Heading(group) => {
                    canvas.text(x, y, group.title(), Role::Heading);
                }
                HelpLine::Row(row) => {
                    canvas.text(x, y, &row.keys, Role::Accent);
                    let at = x + LABEL.max(text::width(&row.keys) as u16 + 1);
                    canvas.put(
                        at,
                        y,
                        (x + HELP_COLUMN).saturating_sub(at + 1),
                        row.label,
                        canvas.theme.style(Role::Text),
                    );
                }
                HelpLine::Blank => {}
            }
        }
    }
    let version = concat!("logdeck ", env!("CARGO_PKG_VERSION"));
    let words = format!("{version}   {}", app.settings().caps.words);
    canvas.text(3, rows.y + rows.height - 1, words.trim_end(), Role::Dim);
}
