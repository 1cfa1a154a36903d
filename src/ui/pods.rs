//! The list of pods, and the panes about them: a question, and all about one.
//!
//! Owns nothing but the drawing: columns and what stands in them come from `app`.

use super::canvas::{self, Canvas};
use super::ci::heading;
use super::header::cut;
use super::origins::sparks;
use crate::app::{App, BodyLine, Consent, PodRow, PodsView, Role, Rows, text};
use ratatui::style::Style;

pub(super) fn draw(app: &App, view: &PodsView, rows: Rows, canvas: &mut Canvas<'_>) {
    heading(rows.y, &view.heading, view.is_focused, canvas);
    let first = rows.y + 1 + u16::from(view.has_head);
    if view.has_head {
        head(view, rows.y + 1, canvas);
    }
    for (y, row) in (first..rows.y + rows.height).zip(&view.rows) {
        draw_row(app, view, row, y, canvas);
    }
}

fn head(view: &PodsView, y: u16, canvas: &mut Canvas<'_>) {
    let at = &view.columns;
    let names = [
        (at.name, "POD"),
        (at.context, "CONTEXT"),
        (at.state, "STATE"),
        (at.restarts, "RESTARTS"),
        (at.exit, "LAST EXIT"),
        (at.sparks, "20 MIN"),
    ];
    for ((x, columns), name) in names {
        if columns > 0 {
            canvas.put(x, y, columns, name, canvas.theme.style(Role::Dim));
        }
    }
    let (x, columns) = at.rate;
    canvas.text_before(x, x + columns, y, "LINES/S", Role::Dim);
}

fn draw_row(app: &App, view: &PodsView, row: &PodRow, y: u16, canvas: &mut Canvas<'_>) {
    let at = &view.columns;
    let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
    if row.is_cursor {
        canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
    }
    if row.is_marked {
        canvas.text(2, y, "*", Role::Accent);
    }
    if let Some((words, role)) = &row.words {
        let room = canvas.width.saturating_sub(at.name.0 + 1);
        let words = cut(words, usize::from(room), canvas.theme.glyphs.cut);
        let style = canvas.theme.style(*role).patch(emphasis);
        canvas.put(at.name.0, y, room, &words, style);
    } else {
        pod(app, view, row, y, emphasis, canvas);
    }
    if row.is_cursor && canvas.theme.reverses_cursor_row() {
        canvas.restyle(0, y, canvas.width, emphasis);
    }
}

fn pod(app: &App, view: &PodsView, row: &PodRow, y: u16, emphasis: Style, canvas: &mut Canvas<'_>) {
    let at = &view.columns;
    let mut column = |(x, columns): (u16, u16), text: &str, role: Role, style: Style| {
        let shown = text::shorten(text, usize::from(columns), canvas.theme.glyphs.gap);
        canvas.put(x, y, columns, &shown, canvas.theme.style(role).patch(style));
    };
    column(at.name, &row.name, Role::Tint(row.tint), emphasis);
    column(at.context, &row.context, Role::Dim, Style::new());
    column(at.state, &row.state.0, row.state.1, Style::new());
    let (x, columns) = at.restarts;
    // Counts end where the time of the last one begins.
    let count = 2.max(text::width(&row.restarts.0) as u16);
    canvas.text_before(x, x + count, y, &row.restarts.0, Role::Text);
    let left = columns.saturating_sub(count + 1);
    canvas.put(x + count + 1, y, left, &row.restarts.1, canvas.theme.style(Role::Dim));
    let (x, columns) = at.exit;
    let exit = cut(&row.exit, usize::from(columns), canvas.theme.glyphs.cut);
    canvas.put(x, y, columns, &exit, canvas.theme.style(Role::Text));
    let (x, columns) = at.rate;
    canvas.text_before(x, x + columns, y, &row.rate.0, row.rate.1);
    let (x, columns) = at.sparks;
    match &row.trouble {
        _ if columns == 0 => {}
        Some((words, role)) => {
            let words = cut(words, usize::from(columns), canvas.theme.glyphs.cut);
            canvas.put(x, y, columns, &words, canvas.theme.style(*role));
        }
        None => sparks(app, &row.sparks, (x, y), canvas),
    }
}

/// May a program run? What it is comes first, and all of it.
pub(super) fn consent(app: &App, consent: &Consent, rows: Rows, canvas: &mut Canvas<'_>) {
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let more = if consent.more > 0 { format!("{} more to answer", consent.more) } else { String::new() };
    canvas.heading(rows.y, "Credentials", &more);
    let named = |n: usize, name: &'static str| if n == 0 { name } else { "" };
    // Blank rows are left out where they would take the keys' place.
    let texts = 3 + consent.command.len() + consent.variables.len();
    let blank = (texts + 2 < usize::from(rows.height)).then(|| (String::new(), Role::Text));
    let mut lines = vec![(consent.question.clone(), Role::Heading)];
    lines.extend(blank.clone());
    lines.push((format!("program   {}", consent.program), Role::Warn));
    for (n, row) in consent.command.iter().enumerate() {
        lines.push((format!("{:<10}{row}", named(n, "command")), Role::Text));
    }
    for (n, (row, role)) in consent.variables.iter().enumerate() {
        lines.push((format!("{:<10}{row}", named(n, "variables")), *role));
    }
    lines.extend(blank);
    let keys = format!("{} allow, now and later   {} refuse   {} not now", key("allow"), key("refuse"), key("cancel"));
    lines.push((keys, Role::Accent));
    for (y, (text, role)) in (rows.y + 1..rows.y + rows.height).zip(lines) {
        canvas.text(3, y, &text, role);
    }
}

/// All about a pod, in the place of everything between header and status.
pub(super) fn described(
    app: &App,
    rows: Rows,
    (title, lines, scroll): (&str, &[BodyLine], usize),
    canvas: &mut Canvas<'_>,
) {
    let room = usize::from(rows.height).saturating_sub(1);
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let scroll = scroll.min(lines.len().saturating_sub(room));
    let below = lines.len().saturating_sub(room + scroll);
    let right = match below {
        0 if scroll == 0 => "any other key closes".to_owned(),
        0 => format!("{} {} scroll, any other key closes", key("down"), key("up")),
        _ => format!("{below} more   {} {} scroll, any other key closes", key("down"), key("up")),
    };
    canvas.heading(rows.y, title, &right);
    for (y, line) in (rows.y + 1..).zip(lines.iter().skip(scroll).take(room)) {
        canvas.text(3, y, &line.text, line.role);
    }
}
