//! The detail pane.

use super::canvas;
use super::canvas::Canvas;
use super::ci::heading;
use crate::app::format::thousands;
use crate::app::{App, ChangeView, Detail, DetailLine, DetailLook, Role, Rows, text};
use ratatui::style::Style;

pub(super) fn draw(app: &App, rows: Rows, canvas: &mut Canvas<'_>) {
    let Some(detail) = app.tab().detail() else { return };
    let lines = detail.lines();
    let room = usize::from(rows.height).saturating_sub(1);
    let below = lines.len().saturating_sub(detail.scroll() + room);
    let below = if below > 0 { format!("{below} more   ") } else { String::new() };
    let mut left = "Detail".to_owned();
    let view = app.tab().view();
    let repeats = view.cursor_position().map_or(1, |row| view.records_in(row));
    if repeats > 1 {
        left.push_str(&format!(", 1 of {} repeats", thousands(repeats as u64)));
    }
    match detail.look() {
        DetailLook::Fields => {}
        DetailLook::Raw => left.push_str(", raw text"),
        DetailLook::Bytes => left.push_str(", bytes"),
    }
    if detail.reveals() {
        left.push_str(", secrets shown");
    }
    let used = text::width(&left) + text::width(&below) + 10;
    let hints = hints(app, usize::from(canvas.width).saturating_sub(used));
    canvas.heading(rows.y, &left, format!("{below}{hints}").trim_end());
    if detail.is_focused() {
        let style = canvas.theme.style(Role::Accent);
        canvas.restyle(3, rows.y, text::width(&left) as u16, style);
    }
    draw_lines(detail, rows, canvas);
}

/// The pane with the change of a document.
pub(super) fn draw_change(view: &ChangeView<'_>, rows: Rows, canvas: &mut Canvas<'_>) {
    heading(rows.y, &view.heading, view.pane.is_focused(), canvas);
    draw_lines(view.pane, rows, canvas);
}

fn draw_lines(detail: &Detail, rows: Rows, canvas: &mut Canvas<'_>) {
    let lines = detail.lines();
    let scroll = detail.scroll().min(lines.len());
    for (n, (y, line)) in (rows.y + 1..rows.y + rows.height).zip(&lines[scroll..]).enumerate() {
        match line {
            DetailLine::Heading(left, right) => canvas.heading(y, left, right),
            DetailLine::Text(spans) => {
                let mut x = 0;
                for span in spans {
                    x = canvas.text(x, y, &span.text, span.role);
                }
                let width: usize = spans.iter().map(|span| text::width(&span.text)).sum();
                if width > usize::from(canvas.width) {
                    canvas.put(canvas.width - 1, y, 1, canvas.theme.glyphs.cut, canvas.theme.style(Role::Dim));
                }
            }
        }
        if detail.cursor() == Some(scroll + n) {
            let emphasis = canvas::cursor(&canvas.theme);
            canvas.restyle(0, y, canvas.width, emphasis);
            // The label below it may be dim.
            let style = Style::reset().patch(canvas.theme.style(Role::Accent)).patch(emphasis);
            canvas.put(0, y, 1, canvas.theme.glyphs.cursor, style);
        }
    }
}

/// The keys of the pane, as many as there is room for: `J raw  R reveal  [ ] around  Tab focus  Enter close`.
fn hints(app: &App, room: usize) -> String {
    let keymap = &app.settings().keymap;
    let key = |id: &str| keymap.keys(id).first().map(ToString::to_string);
    let mut parts = Vec::new();
    for (ids, word) in [
        (&["raw"][..], "raw"),
        (&["reveal"], "reveal"),
        (&["narrower", "wider"], "around"),
        (&["next-pane"], "focus"),
        (&["detail"], "close"),
    ] {
        let keys: Vec<_> = ids.iter().filter_map(|id| key(id)).collect();
        if !keys.is_empty() {
            parts.push(format!("{} {word}", keys.join(" ")));
        }
    }
    // The last ones matter most.
    while parts.join("  ").len() > room && !parts.is_empty() {
        parts.remove(0);
    }
    parts.join("  ")
}
