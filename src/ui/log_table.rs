//! The list of records.
//!
//! Owns the look of a row. Rows are written straight into the cells: a table widget would cost half as much again.

use super::canvas::{self, Canvas};
use super::log_columns;
use super::theme::Theme;
use crate::app::format::thousands;
use crate::app::{App, Columns, Layout, Lines, Role, Row, Search, TimeStyle, text};
use crate::model::Severity;
use ratatui::style::Style;
use std::ops::Range;

pub(super) fn draw(app: &App, layout: &Layout, canvas: &mut Canvas<'_>) {
    let columns = app.columns();
    heading(app, &columns, layout.heading, canvas);
    let wrapped = app.tab().lines() == Lines::Wrapped;
    let end = layout.list.y + layout.list.height;
    let mut y = layout.list.y;
    for row in app.rows() {
        if y >= end {
            break;
        }
        let lines = if wrapped && !row.is_note { wrapped_rows(&row, &columns, end - y) } else { 1 };
        draw_row(app, &row, &columns, y, lines, canvas);
        log_columns::mark_sign(&row, &columns, y, canvas);
        y += lines;
        let below = (row.below.len() as u16).min(end - y);
        log_columns::below(app, &row, &columns, y, below, canvas);
        y += below;
    }
}

fn heading(app: &App, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) {
    let tab = app.tab();
    let left = if tab.is_unfiltered_for_context() { "Lines, unfiltered around the line" } else { "Lines" };
    let all = app.counts().records();
    let shown = tab.view().len() as u64;
    let mut right: Vec<String> = app.cursor_date().into_iter().collect();
    if let (false, Some(at)) = (tab.view().is_following(), tab.view().cursor_position()) {
        right.push(format!("line {}", thousands(at as u64 + 1)));
    }
    let records = if all == 1 { "record" } else { "records" };
    right.push(match app.filter_progress() {
        Some(progress) => {
            let percent = (progress.of - progress.left.min(progress.of)) * 100 / progress.of.max(1);
            format!("{} of {}, {percent}% filtered", thousands(shown), thousands(all))
        }
        None if shown == all => format!("{} {records}", thousands(all)),
        None => format!("{} of {} {records}", thousands(shown), thousands(all)),
    });
    let has_columns = app.tab().columns().iter().len() > 0;
    if !has_columns {
        let note = app.mark_here().map(|mark| mark_words(&mark.note));
        let room = usize::from(canvas.width).saturating_sub(text::width(&right.join("   ")) + 12);
        let left = match note {
            Some(note) => text::piece(&format!("{left}, {note}"), 0, room.max(24)).text.to_owned(),
            None => left.to_owned(),
        };
        return canvas.heading(y, &left, &right.join("   "));
    }
    // Last, so that it is what stays.
    right.extend(app.mark_here().map(|mark| mark_words(&mark.note)));
    // The names of columns stand where the columns do; the words beside them take what is left.
    let last = columns.fields.iter().map(|(x, width)| x + width).max().unwrap_or(0);
    let room = usize::from(canvas.width).saturating_sub(usize::from(last) + 6);
    while right.len() > 1 && text::width(&right.join("   ")) > room {
        right.remove(0);
    }
    let right = right.join("   ");
    let before = usize::from(columns.fields[0].0).saturating_sub(5);
    let left = if text::width(left) > before { "Lines" } else { left };
    canvas.heading(y, text::piece(left, 0, before).text, "");
    if room >= 8 {
        let right = format!(" {} ", text::shorten(&right, room, canvas.theme.glyphs.gap));
        canvas.text_before(last + 1, canvas.width - 2, y, &right, Role::Dim);
    }
    log_columns::titles(app, columns, y, canvas);
}

/// What is said of the mark under the cursor.
fn mark_words(note: &str) -> String {
    if note.is_empty() { "marked".to_owned() } else { format!("marked: {note}") }
}

fn wrapped_rows(row: &Row<'_>, columns: &Columns, limit: u16) -> u16 {
    text::wrap(&row.text, usize::from(columns.text.1), usize::from(limit)).len() as u16
}

fn draw_row(app: &App, row: &Row<'_>, columns: &Columns, y: u16, lines: u16, canvas: &mut Canvas<'_>) {
    let emphasis = if row.is_cursor { canvas::cursor(&canvas.theme) } else { Style::new() };
    let emphasised = |style: Style| style.patch(emphasis);
    if row.is_cursor && canvas.theme.reverses_cursor_row() {
        for y in y..y + lines {
            canvas.restyle(0, y, canvas.width, emphasis);
        }
    }
    if row.is_cursor {
        for y in y..y + lines {
            canvas.put(0, y, 1, canvas.theme.glyphs.cursor, emphasised(canvas.theme.style(Role::Accent)));
        }
    }
    let quiet = if row.is_cursor { Role::Accent } else { Role::Dim };
    let (at, width) = columns.time;
    if app.time_style() == TimeStyle::Age {
        canvas.text_before(at, at + width, y, &row.time, quiet);
    } else {
        canvas.put(at, y, width, &row.time, canvas.theme.style(quiet));
    }
    if row.is_note {
        let note = format!("- - {} - -", row.text);
        let from = columns.severity.0;
        canvas.put(from, y, canvas.width.saturating_sub(from + 1), &note, emphasised(canvas.theme.style(Role::Dim)));
        return;
    }
    let (at, width) = columns.severity;
    if width >= 3 {
        canvas.put(at, y, width, row.severity.short(), canvas.theme.style(Role::Severity(row.severity)));
    } else {
        let mut letter = [0; 4];
        let letter = row.severity.letter().encode_utf8(&mut letter);
        canvas.put(at, y, width, letter, canvas.theme.style(Role::Severity(row.severity)));
    }
    let (at, width) = columns.origin;
    if width > 0 {
        let name = text::shorten(&row.origin, usize::from(width), canvas.theme.glyphs.gap);
        canvas.put(at, y, width, &name, emphasised(Style::new()));
    }
    let role = match row.severity {
        Severity::Debug | Severity::Trace => Role::Dim,
        _ => Role::Text,
    };
    let style = emphasised(canvas.theme.style(role));
    log_columns::cells(app, row, columns, y, style, canvas);
    if app.tab().lines() == Lines::Wrapped {
        wrapped_text(app, row, columns, y, lines, style, canvas);
    } else {
        cut_text(app, row, columns, y, style, canvas);
    }
}

/// The marker of the lines that are folded away.
fn more_marker(row: &Row<'_>, wide: bool) -> String {
    match row.more {
        0 => String::new(),
        1 if wide => "   [+1 line]".to_owned(),
        more if wide => format!("   [+{more} lines]"),
        more => format!(" [+{more}]"),
    }
}

fn cut_text(app: &App, row: &Row<'_>, columns: &Columns, y: u16, style: Style, canvas: &mut Canvas<'_>) {
    let (x, width) = columns.text;
    let marker = more_marker(row, columns.severity.1 >= 3);
    let room = usize::from(width).saturating_sub(marker.len());
    let shift = app.tab().shift();
    let piece = text::piece(&row.text, shift, room);
    let start = x + piece.pad as u16;
    let end = canvas.put(start, y, width, piece.text, style);
    let hits = hits(app.highlight(), &row.text);
    let reversed = row.is_cursor && canvas.theme.reverses_cursor_row();
    mark(&hits, &row.text, piece.start..piece.start + piece.text.len(), (start, y), reversed, canvas);
    let dim = canvas.theme.style(Role::Dim);
    if shift > 0 && !row.text.is_empty() {
        canvas.put(x.saturating_sub(1), y, 1, canvas.theme.glyphs.cut_left, dim);
    }
    let end = canvas.put(end, y, marker.len() as u16, &marker, dim);
    let left = (x + width).saturating_sub(end);
    let fields = text::piece(&row.fields, 0, usize::from(left));
    // A few columns of a field's name tell nothing.
    let shows_fields = !piece.cut && !row.fields.is_empty() && left >= 12;
    if shows_fields {
        canvas.put(end, y, left, fields.text, dim);
        let hits = self::hits(app.highlight(), fields.text);
        mark(&hits, fields.text, 0..fields.text.len(), (end, y), reversed, canvas);
    }
    if piece.cut || (fields.cut && shows_fields) {
        canvas.put(canvas.width - 1, y, 1, canvas.theme.glyphs.cut, dim);
    }
}

fn wrapped_text(
    app: &App,
    row: &Row<'_>,
    columns: &Columns,
    y: u16,
    lines: u16,
    style: Style,
    canvas: &mut Canvas<'_>,
) {
    let (x, width) = columns.text;
    let pieces = text::wrap(&row.text, usize::from(width), usize::from(lines));
    let hits = hits(app.highlight(), &row.text);
    let reversed = row.is_cursor && canvas.theme.reverses_cursor_row();
    let mut end = x;
    let last = y + lines.saturating_sub(1);
    let mut cut = false;
    for (y, piece) in (y..y + lines).zip(pieces) {
        end = canvas.put(x, y, width, &row.text[piece.clone()], style);
        cut = piece.end < row.text.trim_end().len();
        mark(&hits, &row.text, piece, (x, y), reversed, canvas);
    }
    let dim = canvas.theme.style(Role::Dim);
    let marker = more_marker(row, columns.severity.1 >= 3);
    let room = (x + width).saturating_sub(end);
    if marker.len() <= usize::from(room) {
        canvas.put(end, last, room, &marker, dim);
    } else if !marker.is_empty() {
        cut = true;
    }
    if cut {
        canvas.put(canvas.width - 1, last, 1, canvas.theme.glyphs.cut, dim);
    }
}

/// Where the search stands in a line.
fn hits(search: Option<&Search>, line: &str) -> Vec<Range<usize>> {
    search.map(|search| search.marks(line)).unwrap_or_default()
}

/// Reverses what is searched for in the part of a line that is seen from `at` on.
pub(super) fn mark_hits(
    app: &App,
    row: &Row<'_>,
    line: &str,
    seen: Range<usize>,
    at: (u16, u16),
    canvas: &mut Canvas<'_>,
) {
    let hits = hits(app.highlight(), line);
    if !hits.is_empty() {
        let reversed = row.is_cursor && canvas.theme.reverses_cursor_row();
        mark(&hits, line, seen, at, reversed, canvas);
    }
}

/// Reverses the hits in the part of a line that is seen from `at` on.
fn mark(
    hits: &[Range<usize>],
    line: &str,
    seen: Range<usize>,
    at: (u16, u16),
    reversed: bool,
    canvas: &mut Canvas<'_>,
) {
    let style = if reversed { Theme::hit_on_reversed() } else { Theme::hit() };
    for hit in hits {
        let (start, end) = (hit.start.max(seen.start), hit.end.min(seen.end));
        if start >= end || !line.is_char_boundary(start) || !line.is_char_boundary(end) {
            continue;
        }
        let before = text::width(&line[seen.start..start]) as u16;
        let columns = text::width(&line[start..end]) as u16;
        canvas.restyle(at.0 + before, at.1, columns, style);
    }
}
