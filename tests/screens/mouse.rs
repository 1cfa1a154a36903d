//! What the mouse does where.

use crate::support::*;
use logdeck::app::event::{Effect, Event, Mouse, MouseKind, MouseUse};

impl Screen {
    fn mouse(&mut self, kind: MouseKind, column: u16, row: usize) {
        self.event(Event::Mouse(Mouse { kind, column, row: row as u16 }));
    }

    /// Clicks on the row of the screen that has this text.
    fn click_on(&mut self, text: &str) {
        let screen = self.text();
        let row = screen.lines().position(|line| line.contains(text));
        self.mouse(MouseKind::Click, 40, row.unwrap_or_else(|| panic!("no `{text}` in\n{screen}")));
    }
}

#[test]
fn f2_takes_the_mouse_and_gives_it_back() {
    let mut screen = screen(80, 24);
    screen.keys("<F2>");
    assert!(screen.status().contains("hold Shift to select"), "{}", screen.status());
    screen.keys("<F2>");
    assert!(screen.status().contains("it selects text again"), "{}", screen.status());
    assert_eq!(screen.effects, [Effect::Mouse(MouseUse::Captured), Effect::Mouse(MouseUse::Terminal)]);
}

#[test]
fn a_click_goes_to_the_record_whatever_its_height() {
    for keys in ["", "w"] {
        let mut screen = screen(80, 24);
        screen.keys(keys);
        for text in ["shedding load", "GET /healthz", "batch 5512"] {
            screen.click_on(text);
            assert!(screen.cursor_line().contains(text), "`{keys}` {text}: {}", screen.text());
        }
        // The second row of a record is the record's, too.
        if keys == "w" {
            screen.click_on("shedding load");
            screen.click_on("failures=50/50");
            assert!(screen.cursor_line().contains("circuit breaker"), "{}", screen.text());
        }
    }
}

#[test]
fn a_click_goes_to_a_tab() {
    for width in [80, 120] {
        for (name, active) in [("2 ", "[2"), ("5 ", "[5"), ("1 ", "[1"), ("4 ", "[4")] {
            let mut screen = screen(width, 24);
            let tabs = screen.text().lines().next().unwrap().replace(['[', ']'], " ");
            let narrow = name.trim_end();
            let column = tabs.find(&format!(" {narrow}")).unwrap() as u16 + 2;
            screen.mouse(MouseKind::Click, column, 0);
            assert!(screen.text().lines().next().unwrap().contains(active), "{width} {name}: {}", screen.text());
        }
    }
}

#[test]
fn the_wheel_scrolls_by_three() {
    let mut screen = screen(80, 24);
    let rows = |screen: &mut Screen| screen.text().lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    let before = rows(&mut screen);
    screen.mouse(MouseKind::WheelDown, 5, 10);
    assert!(screen.status().starts_with(" FOLLOW"), "at the end it goes on following");
    screen.mouse(MouseKind::WheelUp, 5, 10);
    let after = rows(&mut screen);
    assert_eq!(before[0], after[3]);
    screen.mouse(MouseKind::WheelDown, 5, 10);
    assert_eq!(rows(&mut screen)[0], before[0]);
}

#[test]
fn the_wheel_and_clicks_know_the_panes() {
    let mut screen = screen(80, 24);
    screen.keys("gee<Enter>");
    screen.click_on("-- Detail");
    let line = screen.cursor_line();
    screen.mouse(MouseKind::WheelDown, 5, 10);
    assert_eq!(screen.cursor_line(), line, "the pane has the wheel");
    screen.mouse(MouseKind::Click, 5, 3);
    assert_ne!(screen.cursor_line(), line, "and gives it back");
    screen.keys("<Esc>?");
    let help = screen.text();
    screen.mouse(MouseKind::Click, 5, 5);
    assert_eq!(screen.text(), help, "a click goes to nothing that cannot be seen");
    screen.keys("<Esc>:");
    screen.mouse(MouseKind::WheelDown, 5, 10);
    assert!(!screen.text().contains(" > down "), "{}", screen.text());
}

#[test]
fn plain_lines_are_the_records_on_the_screen_in_full() {
    let mut screen = screen(80, 24);
    screen.keys("<Ctrl-l>");
    let [Effect::PlainLines(lines)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    assert!(lines.iter().any(|line| line.ends_with("by a factor of nine")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("circuit breaker OPEN") && line.contains("[redacted: ")));
    assert!(lines.iter().all(|line| !line.contains(char::is_control) && !line.contains("abcdefghij")));
    assert!(!lines.iter().any(|line| line.contains("/v1/charge/8001")), "not on the screen");
    // Nothing to print.
    screen.effects.clear();
    screen.keys("1<Ctrl-l>");
    assert_eq!(screen.effects, []);
}
