//! The list of records.
//!
//! Owns the look of a row. Rows are written straight into the cells: a table widget would cost half as much again.

use super::canvas::{self, Canvas};
use super::log_columns;
use super::theme::Theme;
use crate::app::format::thousands;
use crate::app::view::Repeats;
use crate::app::{App, Columns, Layout, Lines, Matches, Role, Row, RowKind, Search, TimeStyle, text};
use crate::model::Severity;
use ratatui::style::Style;
use std::ops::Range;

/// What the text is called that says what changed.
const CHANGE: &str = "CHANGE";

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
        let lines = if wrapped && row.kind != RowKind::Note { wrapped_rows(app, &row, end - y) } else { 1 };
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
    let left = match (tab.shows_all(), tab.is_unfiltered_for_context()) {
        (false, false) if app.shows_changes() => "Documents",
        (false, false) => "Lines",
        (false, true) => "Lines, unfiltered around the line",
        (true, false) => "All sources by time",
        (true, true) => "All sources by time, unfiltered around the line",
    };
    let all = app.counts().records();
    let shown = tab.view().matching() as u64;
    let mut right: Vec<String> = app.cursor_date().into_iter().collect();
    if let (false, Some(at)) = (tab.view().is_following(), tab.view().cursor_position()) {
        right.push(format!("line {}", thousands(at as u64 + 1)));
    }
    right.extend(app.matches().map(matches_words));
    right.extend(app.marked_words());
    right.extend(app.stale_words());
    right.extend(app.changes_words().map(str::to_owned));
    let records = if all == 1 { "record" } else { "records" };
    let rows = match tab.view().repeats() {
        Repeats::Collapsed => format!(" in {} rows", thousands(tab.view().len() as u64)),
        Repeats::Apart => String::new(),
    };
    right.push(match app.filter_progress() {
        Some(progress) => {
            let percent = (progress.of - progress.left.min(progress.of)) * 100 / progress.of.max(1);
            format!("{} of {}, {percent}% filtered", thousands(shown), thousands(all))
        }
        None if shown == all => format!("{} {records}{rows}", thousands(all)),
        None => format!("{} of {} {records}{rows}", thousands(shown), thousands(all)),
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
    let mut last = columns.fields.iter().map(|(x, width)| x + width).max().unwrap_or(0);
    if app.shows_changes() {
        last = columns.text.0 + CHANGE.len() as u16;
    }
    let room = usize::from(canvas.width).saturating_sub(usize::from(last) + 6);
    while right.len() > 1 && text::width(&right.join("   ")) > room {
        right.remove(0);
    }
    let right = right.join("   ");
    let before = usize::from(columns.fields[0].0).saturating_sub(5);
    let left = match left {
        left if text::width(left) <= before => left,
        _ if app.shows_changes() => "Docs",
        _ => "Lines",
    };
    canvas.heading(y, text::piece(left, 0, before).text, "");
    if room >= 8 {
        let right = format!(" {} ", text::shorten(&right, room, canvas.theme.glyphs.gap));
        canvas.text_before(last + 1, canvas.width - 2, y, &right, Role::Dim);
    }
    log_columns::titles(app, columns, y, canvas);
    if app.shows_changes() {
        log_columns::title(CHANGE, (columns.text.0, CHANGE.len() as u16), y, canvas);
    }
}

/// What is said of the mark under the cursor.
fn mark_words(note: &str) -> String {
    if note.is_empty() { "marked".to_owned() } else { format!("marked: {note}") }
}

/// `match 3 of 1,204`, `1,204 matches` beside them; with `+` while records are left to look at.
fn matches_words(matches: Matches) -> String {
    let Matches { at, of, is_final } = matches;
    let more = if is_final { "" } else { "+" };
    match (at, of) {
        // Which one it is, is known when all are.
        (Some(at), _) if is_final => format!("match {} of {}", thousands(at as u64), thousands(of as u64)),
        (_, 0) if is_final => "no match".to_owned(),
        (_, 1) if is_final => "1 match".to_owned(),
        (_, of) => format!("{}{more} matches", thousands(of as u64)),
    }
}

fn wrapped_rows(app: &App, row: &Row<'_>, limit: u16) -> u16 {
    text::wrap(&row.text, app.wrap_columns(), usize::from(limit)).len() as u16
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
    if row.kind == RowKind::Note {
        let note = format!("- - {} - -", row.text);
        let from = columns.severity.0;
        canvas.put(from, y, canvas.width.saturating_sub(from + 1), &note, emphasised(canvas.theme.style(Role::Dim)));
        return;
    }
    severity(row, columns.severity, y, canvas);
    let (at, width) = columns.origin;
    if width > 0 {
        let name = text::shorten(&row.origin, usize::from(width), canvas.theme.glyphs.gap);
        let role = match row.tint {
            _ if row.kind == RowKind::Context => Role::Dim,
            Some(tint) => Role::Tint(tint),
            None => Role::Text,
        };
        canvas.put(at, y, width, &name, emphasised(canvas.theme.style(role)));
        let (at, width) = columns.container;
        let name = text::shorten(row.container, usize::from(width), canvas.theme.glyphs.gap);
        canvas.put(at, y, width, &name, canvas.theme.style(Role::Dim));
    }
    let role = match row.severity {
        _ if row.kind == RowKind::Context => Role::Dim,
        Severity::Debug | Severity::Trace => Role::Dim,
        _ => Role::Text,
    };
    let style = emphasised(canvas.theme.style(role));
    log_columns::cells(app, row, columns, y, style, canvas);
    let mut columns = *columns;
    if let Some(count) = row.count() {
        let end = canvas.width.saturating_sub(1);
        let at = canvas.text_before(columns.text.0, end, y, &count, Role::Dim);
        // The mark of a cut line stands before the count.
        columns.text.1 = at.saturating_sub(columns.text.0 + 2);
    }
    let columns = &columns;
    if app.tab().lines() == Lines::Wrapped {
        wrapped_text(app, row, columns, y, lines, style, canvas);
    } else {
        cut_text(app, row, columns, y, style, canvas);
    }
}

/// The word or the letter; in small ones for a record that does not match, so that it can be told without colours.
fn severity(row: &Row<'_>, (at, width): (u16, u16), y: u16, canvas: &mut Canvas<'_>) {
    let word = if width >= 3 { row.severity.short().to_owned() } else { row.severity.letter().to_string() };
    if row.kind == RowKind::Context {
        canvas.put(at, y, width, &word.to_ascii_lowercase(), canvas.theme.style(Role::Dim));
    } else {
        canvas.put(at, y, width, &word, canvas.theme.style(Role::Severity(row.severity)));
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
        canvas.put(x + width, y, 1, canvas.theme.glyphs.cut, dim);
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
    let (x, width) = (columns.text.0, app.wrap_columns() as u16);
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
        canvas.put(x + width, last, 1, canvas.theme.glyphs.cut, dim);
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
    let style = if reversed { Theme::hit_on_reversed() } else { canvas.theme.hit() };
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
