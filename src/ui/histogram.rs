//! The histogram above the list: bars of records over time, stacked by severity, with its axis.

use super::canvas::Canvas;
use crate::app::format::{Digits, date, thousands, time_of_day};
use crate::app::{App, BarWindow, HISTOGRAM_GUTTER, Histogram, Role, Rows};
use crate::model::time::SECOND;
use crate::model::{Severity, Timestamp};
use ratatui::style::{Modifier, Style};

/// Eighths of a cell, from none to all.
const BLOCKS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// A cell of errors, warnings, the rest, where there is only ASCII.
const ASCII: [&str; 3] = ["#", "+", ":"];

/// A hundredth of errors is seen at a bar's foot, and a twentieth of warnings.
const LEAST_ERRORS: u32 = 100;
const LEAST_WARNINGS: u32 = 20;

pub(super) fn draw(app: &App, rows: Rows, canvas: &mut Canvas<'_>) {
    let Some(histogram) = app.histogram() else {
        canvas.text(HISTOGRAM_GUTTER as u16, rows.y, "no record with a time", Role::Dim);
        return;
    };
    let height = rows.height.saturating_sub(1);
    let highest = histogram.highest().max(1);
    canvas.text_before(0, HISTOGRAM_GUTTER as u16 - 1, rows.y, &thousands(u64::from(highest)), Role::Dim);
    // Without colours, bars of blocks would not tell errors from the rest.
    let ascii = canvas.theme.is_ascii() || canvas.theme.has_no_colour();
    let chosen_bars = app.bar_window().map(|window| window.bars).unwrap_or_default();
    for (n, bar) in histogram.bars.iter().enumerate() {
        let all: u32 = bar.iter().sum();
        if all == 0 {
            continue;
        }
        // In eighths of a cell; whatever is there is seen.
        let scale = |count: u32| (u64::from(count) * u64::from(height) * 8).div_ceil(u64::from(highest)) as u16;
        let (errors, warnings, top) = (scale(bar[0]), scale(bar[0] + bar[1]), scale(all).max(1));
        for cell in 0..height {
            let from = cell * 8;
            if from >= top {
                break;
            }
            let filled = (top - from).min(8);
            // The class of the cell's lower half: a cell has one colour.
            let at = from + filled.min(4) / 2;
            // The lowest cell tells of a share that is too small for a cell of its own, but not of every single one:
            // there are always some, and bars that are all red tell nothing.
            let is_share =
                |count: u32, of_all: u32| count > 0 && u64::from(count) * u64::from(of_all) >= u64::from(all);
            let class = match cell {
                0 if is_share(bar[0], LEAST_ERRORS) => 0,
                0 if is_share(bar[1], LEAST_WARNINGS) => 1,
                0 if scale(bar[0]) < 8 && scale(bar[0] + bar[1]) < 8 => 2,
                _ if at < errors => 0,
                _ => 1 + usize::from(at >= warnings),
            };
            let role = [Role::Severity(Severity::Error), Role::Severity(Severity::Warn), Role::Dim][class];
            // A whole block reversed is a hole.
            let symbol = if ascii || chosen_bars.contains(&n) { ASCII[class] } else { BLOCKS[usize::from(filled)] };
            let (x, y) = ((HISTOGRAM_GUTTER + n) as u16, rows.y + height - 1 - cell);
            canvas.text(x, y, symbol, role);
        }
    }
    if let Some(window) = app.bar_window() {
        let (x, columns) = ((HISTOGRAM_GUTTER + window.bars.start) as u16, window.bars.len() as u16);
        for y in rows.y..rows.y + height {
            canvas.restyle(x, y, columns, Style::new().add_modifier(Modifier::REVERSED));
        }
        return chosen(app, &window, rows.y + height, canvas);
    }
    axis(app, histogram, rows.y + height, canvas);
}

/// `2026-11-21 03:13:20-03:13:40  ERR 41  WRN 12  of 240`; the status line has the keys.
fn chosen(app: &App, window: &BarWindow, y: u16, canvas: &mut Canvas<'_>) {
    let zone = app.shown_zone();
    let digits = if app.histogram().is_some_and(|bars| bars.step < SECOND) { Digits::Millis } else { Digits::Seconds };
    let clock = |time: Timestamp| time_of_day(time, &zone, digits);
    let day = date(window.from, &zone);
    let span = if window.to.0 - window.from.0 >= 86_400 * SECOND {
        format!("{day} to {}", date(window.to, &zone))
    } else if day == date(app.now(), &zone) {
        format!("{}-{}", clock(window.from), clock(window.to))
    } else {
        format!("{day} {}-{}", clock(window.from), clock(window.to))
    };
    let [errors, warnings, rest] = window.counts;
    let mut x = canvas.text(1, y, &span, Role::Accent);
    let parts = [
        (format!("ERR {}", thousands(errors)), Role::Severity(Severity::Error)),
        (format!("WRN {}", thousands(warnings)), Role::Severity(Severity::Warn)),
        (format!("of {}", thousands(errors + warnings + rest)), Role::Text),
    ];
    for (text, role) in parts {
        x = canvas.text(x + 2, y, &text, role);
    }
    // What changed in that time.
    let changes = app.changes().iter().filter(|(at, _)| (window.from..window.to).contains(at));
    let mut changes = changes.map(|(_, what)| what.as_str());
    if let Some(first) = changes.next() {
        let more = changes.count();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let room = usize::from(canvas.width.saturating_sub(x + 5)).saturating_sub(more.len());
        let words = super::header::cut(first, room, canvas.theme.glyphs.cut);
        let sign = if canvas.theme.is_ascii() { "^" } else { "▲" };
        canvas.text(x + 2, y, &format!("{sign} {words}{more}"), Role::Accent);
    }
}

/// The marks of changes below the bars. With marks the ends of the time stand beside the bars, so that nothing hides them.
fn changes(app: &App, histogram: &Histogram, y: u16, canvas: &mut Canvas<'_>) -> bool {
    let (from, to) = (histogram.from, histogram.to());
    let all = app.changes();
    let shown = all.iter().skip_while(|(at, _)| *at < from).take_while(|(at, _)| *at < to);
    let mut is_any = false;
    let sign = if canvas.theme.is_ascii() { "^" } else { "▲" };
    for (at, _) in shown {
        let bar = (at.0 - from.0) / histogram.step.max(1);
        canvas.text((HISTOGRAM_GUTTER as i64 + bar) as u16, y, sign, Role::Accent);
        is_any = true;
    }
    if is_any {
        let zone = app.shown_zone();
        let long = histogram.step >= 86_400 * SECOND / 4;
        let label = |time: Timestamp| {
            if long { date(time, &zone).split_off(5) } else { time_of_day(time, &zone, Digits::Minutes) }
        };
        canvas.text_before(0, HISTOGRAM_GUTTER as u16 - 1, y, &label(from), Role::Dim);
        let end = (HISTOGRAM_GUTTER + histogram.bars.len()) as u16;
        canvas.text(end + 1, y, &label(to), Role::Dim);
    }
    is_any
}

/// `02:44          03:14   30 m, 20 s/bar`.
fn axis(app: &App, histogram: &Histogram, y: u16, canvas: &mut Canvas<'_>) {
    if changes(app, histogram, y, canvas) {
        return;
    }
    let zone = app.shown_zone();
    let long = histogram.step >= 86_400 * SECOND / 4;
    let digits = match histogram.step {
        ..SECOND => Digits::Millis,
        _ if histogram.step < 60 * SECOND => Digits::Seconds,
        _ => Digits::Minutes,
    };
    let label = |time: Timestamp| if long { date(time, &zone) } else { time_of_day(time, &zone, digits) };
    let (from, to) = (label(histogram.from), label(histogram.to()));
    let words = format!("{} a bar, all records", span(histogram.step));
    let end = (HISTOGRAM_GUTTER + histogram.bars.len()) as u16;
    let gutter = HISTOGRAM_GUTTER as u16;
    if histogram.bars.len() < from.len() + words.len() + to.len() + 8 {
        canvas.text(gutter, y, &format!("{from}-{to}   {words}"), Role::Dim);
        return;
    }
    let start = canvas.text(gutter, y, &from, Role::Dim);
    let last = canvas.text_before(start + 2, end, y, &to, Role::Dim);
    canvas.text((start + last).saturating_sub(words.len() as u16) / 2, y, &words, Role::Dim);
}

/// `50 ms`, `20 s`, `5 m`, `6 h`, `7 d`.
fn span(nanos: i64) -> String {
    let seconds = nanos / SECOND;
    match seconds {
        ..1 => format!("{} ms", nanos / (SECOND / 1000)),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} m", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
