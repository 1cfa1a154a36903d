//! Draws the app: [`render`] reads it and fills a frame's cells.
//!
//! Owns how things look. Decides nothing: what is shown, and from where, comes from `app`. All text that stands in a
//! cell went through `parse::text` on its way here.

mod canvas;
mod ci;
mod ci_runs;
mod debug;
mod detail;
mod filter_pane;
mod header;
mod help;
mod histogram;
mod log_columns;
mod log_table;
mod objects;
mod origins;
mod picker;
mod pods;
mod status;
mod theme;

use crate::app::{App, Body, Layout, MIN_HEIGHT, MIN_WIDTH, Role, Rows, text};
use canvas::Canvas;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use theme::Theme;

/// Draws everything into a frame of ratatui's.
pub fn render(app: &App, frame: &mut Frame<'_>) {
    if let Some(cursor) = paint(app, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws everything; the cells are taken to be empty. Says where the text cursor is, if it is to be shown.
pub fn paint(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let theme = Theme::new(&app.settings().caps, app.theme(), &app.settings().themes);
    let area = buffer.area;
    let mut canvas = Canvas::new(buffer, theme);
    // A frame can be of another size than the app was told last: then the next one fits.
    let layout = app.layout().filter(|layout| layout.status < area.height && app.size().0 <= area.width);
    let Some(layout) = layout else {
        too_small(app, &mut canvas, area.height);
        return None;
    };
    header::draw(app, &layout, &mut canvas);
    let mut cursor = None;
    if let Some(scroll) = app.help_scroll() {
        help::draw(app, Rows { y: 2, height: layout.status - 2 }, scroll, &mut canvas);
    } else if let Some(lines) = app.debug() {
        debug::draw(app, Rows { y: 2, height: layout.status - 2 }, lines, &mut canvas);
    } else if let Some((title, lines, scroll)) = app.described() {
        pods::described(app, Rows { y: 2, height: layout.status - 2 }, (&title, &lines, scroll), &mut canvas);
    } else {
        if let Some(rows) = layout.histogram {
            histogram::draw(app, rows, &mut canvas);
        }
        if let (Some(rows), Some(view)) = (layout.upper, app.pods_view()) {
            pods::draw(app, &view, rows, &mut canvas);
        }
        if let (Some(rows), Some(view)) = (layout.upper, app.objects_view()) {
            objects::draw(&view, rows, &mut canvas);
        }
        match app.ci_view() {
            Some(view) => ci::draw(&view, &mut canvas),
            None => body(app, &layout, &mut canvas),
        }
        if let Some(rows) = layout.pane {
            if let Some(pane) = app.filter_pane() {
                cursor = filter_pane::draw(app, pane, rows, &mut canvas);
            } else if let Some(picker) = app.picker() {
                cursor = Some(picker::draw(app, picker, rows, &mut canvas));
            } else if let Some(origins) = app.origins() {
                origins::draw(app, origins, rows, &mut canvas);
            } else if let Some(consent) = app.consent() {
                pods::consent(app, &consent, rows, &mut canvas);
            } else if let Some(view) = app.change_view() {
                detail::draw_change(&view, rows, &mut canvas);
            } else {
                detail::draw(app, rows, &mut canvas);
            }
        }
    }
    status::draw(app, &layout, &mut canvas).or(cursor).map(|(x, y)| Position { x, y })
}

fn body(app: &App, layout: &Layout, canvas: &mut Canvas<'_>) {
    match app.body() {
        Body::List => log_table::draw(app, layout, canvas),
        Body::Lines(lines) => {
            // Below the list of pods or objects it is their lines that are not there.
            let title = if layout.upper.is_some() { "Lines" } else { app.tab().tab().title() };
            canvas.heading(layout.heading, title, "");
            let list = layout.list;
            let blank = u16::from(usize::from(list.height) > lines.len());
            let end = list.y + list.height;
            let mut y = list.y + blank;
            for line in &lines {
                let columns = usize::from(canvas.width).saturating_sub(8);
                for (n, row) in text::wrap_words(&line.text, columns, 6).into_iter().enumerate() {
                    if y >= end {
                        return;
                    }
                    // What goes on below is set in, so that lines can be told apart.
                    canvas.text(if n == 0 { 3 } else { 6 }, y, &line.text[row], line.role);
                    y += 1;
                }
            }
        }
    }
}

fn too_small(app: &App, canvas: &mut Canvas<'_>, height: u16) {
    let (width, told) = app.size();
    let quit = app.settings().keymap.keys("quit").first().map(|key| format!("{key}: quit")).unwrap_or_default();
    let needs = format!("logdeck needs {MIN_WIDTH}x{MIN_HEIGHT}, this is {width}x{told}.");
    // On a few columns the sentence goes on in the rows below.
    let columns = usize::from(canvas.width).max(1);
    let x = u16::from(columns > 60);
    let one = format!("{needs}   {quit}");
    let sentences = if text::width(&one) <= columns { vec![one] } else { vec![needs, quit] };
    let rows = sentences.iter().flat_map(|words| {
        text::wrap_words(words, columns, usize::from(height)).into_iter().map(move |row| &words[row])
    });
    for (y, row) in (0..height).zip(rows) {
        canvas.text(x, y, row, Role::Text);
    }
}
