//! What somebody on call counts on, whatever is open: panes that stay, keys that are told, ways back.

use crate::support::*;
use logdeck::app::event::Event;
use logdeck::model::{OriginId, SourceId, Timestamp};

/// Records come in, and time passes until the bars are counted anew.
fn records_come_in(screen: &mut Screen, lines: &str) {
    screen.feed(OriginId::new(SourceId(1), 0), lines.as_bytes());
    let later = Timestamp(screen.app.now().0 + 5_000_000_000);
    screen.event(Event::Tick(later));
}

#[test]
fn what_is_open_stays_while_records_come_in() {
    let check = |keys: &str, open: &str| {
        let mut screen = screen(120, 36);
        screen.keys(keys);
        assert!(screen.has(open), "{keys}: {}", screen.text());
        records_come_in(&mut screen, "{\"time\":\"2026-11-21T03:14:23Z\",\"level\":\"error\",\"msg\":\"one more\"}\n");
        assert!(screen.has(open), "{keys} is gone: {}", screen.text());
    };
    check("/time", "/time");
    check("@14:0", "@ 14:0");
    check("F", "-- Filter");
    check(":th", "-- Command palette");
    check("O", "-- Show all with");
    check("?", "-- Keys that work here");
    check("L", "-- Origins");
    check("B", "Enter filter");
    check("x", "export: ");
    check(":debug<Enter>", "-- Debug");
}
