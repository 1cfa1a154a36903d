//! The two rows on top: tabs with their badges and the clock; scope and health of the tab.

use super::canvas::Canvas;
use crate::app::{App, Badge, Layout, Role, TabPlace, text};
use ratatui::style::Modifier;

pub(super) fn draw(app: &App, layout: &Layout, canvas: &mut Canvas<'_>) {
    tabs(app, layout.tabs, canvas);
    health(app, layout.health, canvas);
}

fn tabs(app: &App, y: u16, canvas: &mut Canvas<'_>) {
    let wide = canvas.width >= 100;
    let gap = if wide { " " } else { "" };
    let mut end = 0;
    for (n, TabPlace { tab, title, columns }) in app.tab_places().into_iter().enumerate() {
        let active = tab == app.tab().tab();
        let badge = app.badge(tab);
        let (open, close) = if active { ("[", "]") } else { (" ", " ") };
        let role = if active { Role::Accent } else { Role::Text };
        let mut x = canvas.text(columns.start, y, open, role);
        let name = format!("{}{gap}{title}", n + 1);
        let mut style = canvas.theme.style(role);
        if active {
            style = style.add_modifier(Modifier::BOLD);
        }
        x = canvas.put(x, y, canvas.width.saturating_sub(x), &name, style);
        if badge != Badge::None {
            let role = if badge == Badge::UnseenErrors { Role::Error } else { Role::Warn };
            x = canvas.text(x, y, gap, role);
            x = canvas.text(x, y, badge.sign(), role);
        }
        canvas.text(x, y, close, role);
        end = columns.end;
    }
    let clock = app.clock();
    canvas.text_before(end + 1 + u16::from(wide), canvas.width.saturating_sub(1), y, &clock, Role::Dim);
}

/// Scope on the left, health on the right. Health has the right of way: what failed has to be read.
fn health(app: &App, y: u16, canvas: &mut Canvas<'_>) {
    let gap = canvas.theme.glyphs.gap;
    let parts = app.health();
    let end = canvas.width.saturating_sub(1);
    let forms = app.scope_forms();
    let short = forms.last().cloned().unwrap_or_default();
    let least = text::width(&short).min(usize::from(canvas.width) / 4);
    let room = usize::from(end).saturating_sub(least + 4);
    let all = parts.iter().map(|part| text::width(&part.text)).sum::<usize>() + 3 * parts.len().saturating_sub(1);
    let mut start = end - all.min(room) as u16;
    let left = start;
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            if start + 3 >= end {
                break;
            }
            start = canvas.text(start, y, " | ", Role::Dim);
        }
        let columns = usize::from(end.saturating_sub(start));
        let short = cut(&part.text, columns, canvas.theme.glyphs.cut);
        start = canvas.put(start, y, end.saturating_sub(start), &short, canvas.theme.style(part.role));
    }
    let columns = usize::from(left).saturating_sub(4);
    let scope = forms.into_iter().find(|form| text::width(form) <= columns).unwrap_or(short);
    canvas.text(1, y, &text::shorten(&scope, columns, gap), Role::Text);
}

/// The beginning of a text, with a mark when something is left out.
pub(super) fn cut(text: &str, columns: usize, mark: &str) -> String {
    if text::width(text) <= columns {
        return text.to_owned();
    }
    format!("{}{mark}", text::piece(text, 0, columns.saturating_sub(1)).text)
}
