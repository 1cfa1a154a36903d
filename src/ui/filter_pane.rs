//! The filter pane, below the list: the stream stays in sight, and the count is live.

use super::canvas::Canvas;
use crate::app::format::thousands;
use crate::app::{App, FilterField, FilterPane, Role, Rows, text};
use crate::model::Severity;
use ratatui::style::Modifier;

/// Where values begin.
const VALUE: u16 = 14;

/// The least columns of a screen for the names of severities.
const LEAST_FOR_NAMES: u16 = 72;

/// Draws the pane; returns where the text cursor is.
pub(super) fn draw(app: &App, pane: &FilterPane, rows: Rows, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let room = usize::from(canvas.width).saturating_sub("-- Filter --".len() + 6);
    canvas.heading(rows.y, "Filter", &hints(app, room));
    let mut cursor = None;
    let end = rows.y + rows.height;
    let mut y = rows.y + 1;
    for field in FilterField::ALL {
        if y >= end {
            return cursor;
        }
        let focused = pane.focus() == field;
        if focused {
            canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
        }
        canvas.text(3, y, field.label(), if focused { Role::Accent } else { Role::Dim });
        match pane.edit(field) {
            None if field == FilterField::Saved => saved(app, pane, focused, y, canvas),
            None => severities(app, pane, focused, y, canvas),
            Some(_) => cursor = entry(app, pane, field, focused, y, canvas).or(cursor),
        }
        y += 1;
    }
    if y < end {
        result(app, pane, y, canvas);
    }
    if y + 1 < end {
        note(pane, y + 1, canvas);
    }
    cursor
}

fn severities(app: &App, pane: &FilterPane, focused: bool, y: u16, canvas: &mut Canvas<'_>) {
    let counts = app.counts();
    let wide = canvas.width >= 100;
    let mut x = VALUE;
    for severity in Severity::ALL.into_iter().rev() {
        let on = if severity >= pane.severity() { "[x]" } else { "[ ]" };
        let mut letter = [0; 4];
        let name = match severity {
            Severity::Unknown => "none",
            _ if canvas.width < LEAST_FOR_NAMES => severity.letter().encode_utf8(&mut letter),
            _ => severity.short(),
        };
        let mut style = canvas.theme.style(Role::Text);
        if focused && pane.choice() == severity {
            style = canvas.theme.style(Role::Accent).add_modifier(Modifier::REVERSED);
        }
        x = canvas.put(x, y, canvas.width.saturating_sub(x), &format!("{on} {name}"), style);
        if wide {
            let count = thousands(counts.severities[severity as usize]);
            x = canvas.text(x, y, &format!(" {count}"), Role::Dim);
            x += 2;
        }
        x += 1;
    }
}

/// The names of saved filters around the one with the cursor.
fn saved(app: &App, pane: &FilterPane, focused: bool, y: u16, canvas: &mut Canvas<'_>) {
    const GAP: usize = 2;
    let names: Vec<_> = app.saved().iter().map(|filter| filter.name.as_str()).collect();
    if names.is_empty() {
        canvas.text(VALUE, y, "none yet", Role::Dim);
        return;
    }
    let room = usize::from(canvas.width.saturating_sub(VALUE + 1));
    // The first name that is shown: such that the one with the cursor is there, too.
    let chosen = pane.saved().unwrap_or(0).min(names.len() - 1);
    let columns = |first: usize| names[first..=chosen].iter().map(|name| text::width(name) + GAP).sum::<usize>();
    let first = (0..=chosen).find(|first| columns(*first) <= room + GAP).unwrap_or(chosen);
    let mut x = VALUE;
    if first > 0 {
        canvas.text(x - 1, y, canvas.theme.glyphs.cut_left, Role::Dim);
    }
    for (n, name) in names.iter().enumerate().skip(first) {
        let room = canvas.width.saturating_sub(x + 1);
        let shown = super::header::cut(name, usize::from(room), canvas.theme.glyphs.cut);
        let style = if focused && pane.saved() == Some(n) {
            canvas.theme.style(Role::Accent).add_modifier(Modifier::REVERSED)
        } else {
            canvas.theme.style(Role::Text)
        };
        x = canvas.put(x, y, room, &shown, style) + GAP as u16;
        if x + 4 >= canvas.width {
            break;
        }
    }
}

fn entry(
    app: &App,
    pane: &FilterPane,
    field: FilterField,
    focused: bool,
    y: u16,
    canvas: &mut Canvas<'_>,
) -> Option<(u16, u16)> {
    let edit = pane.edit(field)?;
    let room = canvas.width.saturating_sub(VALUE + 1);
    if edit.text().is_empty() && !focused {
        canvas.text(VALUE, y, "any", Role::Dim);
        return None;
    }
    let (shown, at) = if focused {
        super::status::around_cursor(edit.text(), edit.cursor(), usize::from(room))
    } else {
        // Whoever edits a secret sees it; it need not stand there afterwards.
        let is_field = field == FilterField::Field;
        let shown = if is_field { app.without_secret(edit.text()) } else { edit.text().to_owned() };
        (super::header::cut(&shown, usize::from(room), canvas.theme.glyphs.cut), 0)
    };
    let role = if pane.error(field).is_some() { Role::Error } else { Role::Text };
    canvas.put(VALUE, y, room, &shown, canvas.theme.style(role));
    focused.then_some((VALUE + at as u16, y))
}

/// What is wrong, or what can be written in the row that has the keys.
fn note(pane: &FilterPane, y: u16, canvas: &mut Canvas<'_>) {
    let error = FilterField::ALL.into_iter().find_map(|field| pane.error(field));
    let (note, role) = error.map_or((pane.focus().hint(), Role::Dim), |error| (error, Role::Error));
    let columns = |x: u16| usize::from(canvas.width.saturating_sub(x + 1));
    // What is too long below the values begins below their names.
    let x = if text::width(note) <= columns(VALUE) { VALUE } else { 3 };
    let note = super::header::cut(note, columns(x), canvas.theme.glyphs.cut);
    canvas.text(x, y, &note, role);
}

fn result(app: &App, pane: &FilterPane, y: u16, canvas: &mut Canvas<'_>) {
    canvas.text(3, y, "Result", Role::Dim);
    let shown = thousands(app.tab().view().matching() as u64);
    let all = thousands(app.counts().records());
    let text = match app.filter_progress() {
        Some(progress) => {
            let percent = (progress.of - progress.left.min(progress.of)) * 100 / progress.of.max(1);
            format!("{shown} of {all} records so far, {percent}% filtered")
        }
        None => format!("{shown} of {all} records"),
    };
    let end = canvas.text(VALUE, y, &text, Role::Heading);
    if FilterField::ALL.into_iter().any(|field| pane.error(field).is_some()) {
        canvas.text(end, y, "  by the last filter that was understood", Role::Dim);
    }
}

/// The keys of the pane, as many as there is room for.
fn hints(app: &App, room: usize) -> String {
    let keymap = &app.settings().keymap;
    let mut parts = Vec::new();
    let saved = app.filter_pane().is_some_and(|pane| pane.focus() == FilterField::Saved);
    let words: &[(&str, &str)] = if saved {
        &[
            ("field-next", "next"),
            ("toggle", "load"),
            ("save-filter", "save as"),
            ("delete-filter", "delete"),
            ("apply", "apply"),
            ("cancel", "keep old"),
        ]
    } else {
        &[("field-next", "next"), ("toggle", "toggle"), ("apply", "apply"), ("clear", "clear"), ("cancel", "keep old")]
    };
    for (id, word) in words {
        let works = crate::app::action::by_id(id).is_some_and(|spec| spec.when.contains(&app.context()));
        if let (true, Some(key)) = (works, keymap.keys(id).first()) {
            parts.push(format!("{key} {word}"));
        }
    }
    // How to leave matters most.
    while parts.join("   ").len() > room && !parts.is_empty() {
        parts.remove(0);
    }
    parts.join("   ")
}
