//! The list of origins, in the place of the pane: state, counts, and a line of bars for each.

use super::canvas::{self, Canvas};
use crate::app::format::{Digits, age, count_in, date, time_of_day};
use crate::app::{App, Glyphs, OriginRow, Origins, Role, Rows, SPARKS, TimeStyle, text};
use crate::model::{Severity, Timestamp};

/// Eighths of a cell; a bar of nothing has a foot, too, so that the line is seen.
const BLOCKS: [&str; 9] = ["▁", "▂", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 9] = ["_", ".", ".", ":", ":", "+", "+", "#", "#"];

/// Where names begin: behind the cursor and the tick.
const NAME: u16 = 4;
/// Columns of a state, of the time of the newest record, and the blank behind each column.
const STATE: u16 = 7;
const TIME: u16 = 8;
const GAP: u16 = 1;

/// The least columns of a screen for a state and the time of the newest record.
const LEAST_FOR_ALL: u16 = 76;

/// Where the columns of a screen begin.
struct Grid {
    /// Where names end.
    names: u16,
    state: Option<u16>,
    /// Where the counts end, and how wide they are.
    counts: [(u16, u16); 3],
    time: Option<u16>,
    sparks: u16,
}

impl Grid {
    fn new(width: u16) -> Self {
        let widths = if width >= 100 { [11, 9, 9] } else { [8, 6, 6] };
        let sparks = width.saturating_sub(1 + SPARKS as u16);
        let all = width >= LEAST_FOR_ALL;
        let time = all.then(|| sparks.saturating_sub(TIME + GAP));
        let mut end = time.unwrap_or(sparks).saturating_sub(GAP);
        let mut counts = [(0, 0); 3];
        for (count, columns) in counts.iter_mut().zip(widths).rev() {
            *count = (end, columns - GAP);
            end = end.saturating_sub(columns);
        }
        let state = all.then(|| end.saturating_sub(STATE));
        Self { names: state.unwrap_or(end).saturating_sub(GAP), state, counts, time, sparks }
    }
}

pub(super) fn draw(app: &App, origins: &Origins, rows: Rows, canvas: &mut Canvas<'_>) {
    let keymap = &app.settings().keymap;
    let key = |id: &str| keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let right = format!(
        "{} of {}   {} tick   {} show only these   {} close",
        origins.cursor() + 1,
        origins.rows().len(),
        key("origin-toggle"),
        key("apply"),
        key("cancel")
    );
    canvas.heading(rows.y, "Origins", &right);
    let grid = Grid::new(canvas.width);
    let y = rows.y + 1;
    canvas.text(NAME, y, "ORIGIN", Role::Dim);
    if let Some(x) = grid.state {
        canvas.text(x, y, "STATE", Role::Dim);
    }
    for (name, (end, columns)) in ["RECORDS", "ERR", "WRN"].iter().zip(grid.counts) {
        canvas.text_before(end - columns, end, y, name, Role::Dim);
    }
    if let Some(x) = grid.time {
        canvas.text(x, y, "LAST", Role::Dim);
    }
    for (y, (n, row)) in (y + 1..).zip(origins.window(usize::from(rows.height))) {
        let is_cursor = n == origins.cursor();
        if is_cursor {
            canvas.text(1, y, canvas.theme.glyphs.cursor, Role::Accent);
        }
        if row.ticked {
            canvas.text(2, y, "*", Role::Accent);
        }
        let role = if is_cursor { Role::Accent } else { Role::Text };
        let columns = usize::from(grid.names.saturating_sub(NAME));
        // The end of a path tells more than its middle.
        let name = if text::width(&row.name) > columns { &row.short } else { &row.name };
        let name = text::shorten(name, columns, canvas.theme.glyphs.gap);
        canvas.text(NAME, y, &name, role);
        if row.id.is_some() {
            origin(app, row, &grid, y, canvas);
        } else {
            let x = grid.names + GAP;
            let room = usize::from(canvas.width.saturating_sub(x + 1));
            let words = super::header::cut(&state_and_words(row), room, canvas.theme.glyphs.cut);
            canvas.text(x, y, &words, row.role);
        }
        if is_cursor && canvas.theme.reverses_cursor_row() {
            let style = canvas::cursor(&canvas.theme);
            canvas.restyle(0, y, canvas.width, style);
        }
    }
    if let Some(row) = origins.rows().get(origins.cursor()) {
        about(row, rows, canvas);
    }
}

fn origin(app: &App, row: &OriginRow, grid: &Grid, y: u16, canvas: &mut Canvas<'_>) {
    if let Some(x) = grid.state {
        canvas.text(x, y, row.state, row.role);
    }
    let severities = [Role::Text, Role::Severity(Severity::Error), Role::Severity(Severity::Warn)];
    let counts = [row.records, row.errors, row.warnings].into_iter().zip(severities);
    for ((count, role), (end, columns)) in counts.zip(grid.counts) {
        let role = if count == 0 { Role::Dim } else { role };
        canvas.text_before(end - columns, end, y, &count_in(count, usize::from(columns)), role);
    }
    if let (Some(x), Some(last)) = (grid.time, row.last) {
        canvas.text(x, y, &last_words(app, last), Role::Dim);
    }
    sparks(app, &row.sparks, (grid.sparks, y), canvas);
}

/// The time of day; of another day, how long ago that is.
fn last_words(app: &App, last: Timestamp) -> String {
    let zone = app.shown_zone();
    let is_today = date(last, &zone) == date(app.now(), &zone);
    if is_today && app.time_style() != TimeStyle::Age {
        return time_of_day(last, &zone, Digits::Seconds);
    }
    age(app.now().0.saturating_sub(last.0))
}

/// The bars: an origin's own highest is a whole cell. Those with errors have their colour.
pub(super) fn sparks(app: &App, bars: &[(u32, u32); SPARKS], (x, y): (u16, u16), canvas: &mut Canvas<'_>) {
    let highest = bars.iter().map(|(_, all)| *all).max().unwrap_or(0).max(1);
    let symbols = if app.settings().caps.glyphs == Glyphs::Ascii { ASCII } else { BLOCKS };
    for (n, (errors, all)) in bars.iter().enumerate() {
        let eighths = (u64::from(*all) * 8).div_ceil(u64::from(highest)) as usize;
        let role = match (errors, all) {
            (_, 0) => Role::Dim,
            (0, _) => Role::Text,
            _ => Role::Severity(Severity::Error),
        };
        canvas.text(x + n as u16, y, symbols[eighths.min(8)], role);
    }
}

fn state_and_words(row: &OriginRow) -> String {
    if row.words.is_empty() { row.state.to_owned() } else { format!("{}: {}", row.state, row.words) }
}

/// What the row with the cursor had no room for: the whole name, the words of a source.
fn about(row: &OriginRow, rows: Rows, canvas: &mut Canvas<'_>) {
    let words = match row.id {
        Some(_) if row.name == row.label => row.name.clone(),
        Some(_) => format!("{}   of {}", row.name, row.label),
        None => format!("{}   {}", row.label, state_and_words(row)),
    };
    let columns = usize::from(canvas.width.saturating_sub(NAME + 1));
    let y = rows.y + rows.height.saturating_sub(2);
    for (y, part) in (y..rows.y + rows.height).zip(text::wrap_words(&words, columns, 2)) {
        canvas.text(NAME, y, &words[part], row.role);
    }
}
