//! Finding: searches with their history and count, values in every tab, hidden likes, saved filters, and the way back.

use crate::support::*;
use logdeck::app::event::{Effect, Event, FilterChange};
use logdeck::app::{Settings, update};
use logdeck::model::address::Tab;
use logdeck::model::{Batch, Format, Meta, OriginId, SavedFilter, Severity, SourceId, SourceMsg, Timestamp};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];
const WORKER: OriginId = OriginId::new(SourceId(0), 1);

fn saved(name: &str, severity: Severity, text: &str) -> SavedFilter {
    SavedFilter { name: name.to_owned(), severity, text: text.to_owned(), ..SavedFilter::default() }
}

/// The incident, with these saved filters.
fn with_saved(width: u16, height: u16, saved: Vec<SavedFilter>) -> Screen {
    let mut screen = Screen::new(width, height, Settings { saved, ..settings() });
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    screen
}

fn two_saved() -> Vec<SavedFilter> {
    vec![saved("problems", Severity::Warn, ""), saved("charges of payments", Severity::Unknown, "charge|breaker")]
}

/// The incident, and a second source in the Pods tab whose records share an order with it.
fn two_tabs() -> Screen {
    let mut screen = screen(120, 36);
    let pods = SourceId(7);
    screen.app.open(pods, "pods:payments", Tab::Pods);
    let mut batch = Batch::default();
    for text in [r#"{"msg":"refund","order":"8f21"}"#, r#"{"msg":"refund","order":"9000"}"#] {
        let meta = Meta { format: Format::Json, origin: OriginId::new(pods, 0), text: (8, 14), ..Meta::default() };
        batch.push(&meta, text.as_bytes());
    }
    screen.event(Event::Source(SourceMsg::Batch { source: pods, batch }));
    screen
}

#[test]
fn screens() {
    let check = |name: &str, keys: &str| {
        for (width, height) in SIZES {
            let mut screen = with_saved(width, height, two_saved());
            screen.keys(keys);
            snap(format!("{name}_{width}x{height}"), &screen.text());
        }
    };
    check("finding_typing", "g/charge");
    check("finding_found", "g/charge|batch<Enter>n");
    check("finding_values", "geeO");
    check("finding_value", "geOorder<Enter>");
    check("finding_hidden", "gi");
    check("finding_hidden_pane", "giF");
    check("finding_history", "/batch<Enter>/charge<Enter>/<Up><Up>");
    check("finding_saved", "F<Shift-Tab>l<Space>");
    check("finding_save_as", "F<Shift-Tab>l<Space>w");
    let mut screen = with_saved(80, 24, two_saved());
    screen.keys("F<Shift-Tab>ll");
    snap("finding_saved_styles", &screen.styles());
    screen.keys("<Esc>/charge failed");
    snap("finding_typing_styles", &screen.styles());
}

#[test]
fn the_row_of_many_saved_filters_goes_with_the_cursor() {
    let names = (0..30).map(|n| saved(&format!("filter number {n}"), Severity::Warn, "")).collect();
    let mut screen = with_saved(60, 24, names);
    screen.keys("F<Shift-Tab>l");
    let mut check = |keys: &str, expected: &str, absent: &str| {
        screen.keys(keys);
        let row = screen.line(" Saved ");
        assert!(row.contains(expected) && !row.contains(absent) && row.chars().count() <= 60, "{keys}: {row}");
    };
    check("", "filter number 0 ", "number 3");
    check("lllll", "filter number 5", "number 1");
    check(&"l".repeat(40), "filter number 29", "number 26");
    check(&"h".repeat(40), "filter number 0 ", "number 3");
}

#[test]
fn up_and_down_walk_earlier_searches() {
    let mut screen = screen(80, 24);
    let mut check = |keys: &str, expected: &str| {
        screen.keys(keys);
        let status = screen.status();
        assert!(status.starts_with(&format!("{expected} ")), "{keys}: {status}");
    };
    check("/batch<Enter>/charge<Enter>/batch<Enter>/", "/");
    check("dra<Up>", "/batch");
    check("<Up>", "/charge");
    check("<Up>", "/charge");
    check("<Down><Down>", "/dra");
    check("<Down>", "/dra");
    // An earlier one can be changed, and is a search of its own then.
    check("<Up><Up>d<Enter>/<Up>", "/charged");
    check("<Up>", "/batch");
    check("<Esc>/<Up>", "/charged");
}

#[test]
fn matches_are_counted_while_typing_and_as_records_come() {
    let mut screen = screen(120, 36);
    let mut check = |keys: &str, expected: &str| {
        screen.keys(keys);
        let heading = screen.line("-- Lines");
        assert!(heading.contains(expected), "{keys}: {heading}");
    };
    check("g/bat", "   2 matches   ");
    check("chx", "   no match   ");
    check("<Backspace><Enter>", "   match 1 of 2   ");
    check("n", "   match 2 of 2   ");
    check("j", "   2 matches   ");
    check("N/5512", "   match 1 of 1   ");
    // What the filter hides is not counted.
    check("<Esc>F<Tab><Tab><Tab>5512<Enter>", "   match 1 of 1   ");
    check("<Esc>", "   match 2 of 2   ");
    check("<Esc>", "-- 2026-11-21   line 47   55 records");
    check("<Esc>/batch<Enter>", "   match 1 of 2   ");
    screen.feed(WORKER, b"2026-11-21T03:14:08.000Z INFO batch 5513\n2026-11-21T03:14:08.000Z INFO other\n");
    assert!(screen.line("-- Lines").contains("   match 1 of 3   "));
    // Older ones move the place.
    screen.feed(OriginId::new(SourceId(0), 2), b"2026-11-21T03:13:00.000Z INFO batch 5510\n");
    assert!(screen.line("-- Lines").contains("   match 2 of 4   "));
    screen.keys("1");
    assert!(!screen.has("match"));
    screen.keys("4");
    assert!(screen.line("-- Lines").contains("   match 2 of 4   "));
}

#[test]
fn many_matches_are_counted_in_slices() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "big.log", &[("big.log", "")]);
    let mut batch = Batch::default();
    for n in 0..60_000_i64 {
        let meta =
            Meta { order: Timestamp(n), origin: OriginId::new(SourceId(0), 0), text: (0, 10), ..Meta::default() };
        batch.push(&meta, format!("line {n:>5}").as_bytes());
    }
    screen.event(Event::Source(SourceMsg::Batch { source: SourceId(0), batch }));
    screen.keys("/");
    let effects = update(&mut screen.app, Event::Key("l".parse().unwrap()));
    assert!(effects.contains(&Effect::Continue));
    let heading = screen.line("-- Lines");
    assert!(heading.contains(" 10,000+ matches   "), "{heading}");
    let now = at(NOW);
    for _ in 0..5 {
        update(&mut screen.app, Event::Tick(now));
    }
    let heading = screen.line("-- Lines");
    assert!(heading.contains(" match 60,000 of 60,000   "), "{heading}");
    assert!(!update(&mut screen.app, Event::Tick(now)).contains(&Effect::Continue));
}

#[test]
fn a_regular_expression_that_blows_up_is_refused_with_a_reason() {
    let mut screen = screen(80, 24);
    let mut check = |keys: &str, expected: &str| {
        screen.keys(&format!("{keys}<Enter>"));
        assert!(screen.has(expected) && screen.app.prompt().is_some(), "{}", screen.text());
        screen.keys("<Esc>");
        assert!(screen.status().starts_with(" FOLLOW"), "{}", screen.status());
    };
    check("/\\w{1000}{1000}", "too large");
    check("/(((((\\w{9}){9}){9}){9}){9})", "too large");
    check("/a{99999999999}", "not a regular expression");
    check("/(", "not a regular expression");
    screen.keys("/");
    screen.event(Event::Paste("(a|b)".repeat(5000)));
    assert!(screen.has("longer than 16384 bytes"), "{}", screen.status());
}

#[test]
fn a_value_is_shown_in_every_tab_and_esc_goes_back_in_all() {
    let mut screen = two_tabs();
    // What each tab has before comes back.
    screen.keys("3F<Tab><Tab><Tab>refund<Enter>4++++/retry<Enter><Esc>");
    let (line, before) = (screen.cursor_line(), screen.text());
    assert!(line.contains("retry 1/3"), "{line}");
    screen.keys("O");
    assert!(screen.has("origin ") && screen.has("payments-api.log"), "{}", screen.text());
    screen.keys("order<Enter>");
    assert!(screen.has("order=8f21: 3 records in 2 tabs (Esc goes back)"), "{}", screen.text());
    assert_eq!(screen.cursor_line(), line);
    assert!(screen.has("charge failed") && !screen.has("shedding"), "{}", screen.text());
    screen.keys("3");
    assert!(screen.status().contains("filter order=8f21") && screen.has(" 1 of 2 records"), "{}", screen.text());
    screen.keys("<Esc>");
    let status = screen.status();
    assert!(
        status.contains("text /refund/") && status.contains("back to the filter before, and in 1 other tab"),
        "{status}"
    );
    screen.keys("4");
    assert_eq!(list(&screen.text()), list(&before));
    assert!(screen.status().contains("filter sev>=WRN"), "{}", screen.status());
}

#[test]
fn the_field_under_the_detail_s_cursor_is_meant_there() {
    let mut screen = two_tabs();
    screen.keys("4/retry<Enter><Enter><Tab>");
    let row = screen.text().lines().filter(|line| line.contains("order ")).count();
    assert!(row > 0, "{}", screen.text());
    for _ in 0..40 {
        screen.keys("j");
        if screen.app.tab().detail().unwrap().field_at_cursor().is_some_and(|(name, _)| name == "order") {
            break;
        }
    }
    screen.keys("O");
    assert!(screen.has("order=8f21: 3 records in 2 tabs"), "{}", screen.text());
}

/// The screen without the status line.
fn list(text: &str) -> String {
    text.trim_end().rsplit_once('\n').unwrap().0.to_owned()
}

#[test]
fn origins_and_severities_are_values_too() {
    let mut screen = screen(120, 36);
    screen.keys("Oorigin<Enter>");
    assert!(screen.has("origin=ledger-worker.log: 4 records in 1 tab"), "{}", screen.text());
    screen.keys("<Esc>Oseverity<Enter>");
    assert!(screen.has("severity=error: 3 records in 1 tab"), "{}", screen.text());
    screen.keys("<Esc>Onothing like this<Enter>");
    assert!(screen.status().contains("nothing was chosen"), "{}", screen.status());
}

#[test]
fn a_secret_can_be_looked_for_and_is_not_shown_or_saved() {
    let mut screen = screen(120, 36);
    screen.keys("geeO");
    assert!(screen.line("authorization").contains("[redacted"), "{}", screen.text());
    screen.keys("authorization<Enter>");
    assert!(screen.has("1 of 55 records") && !screen.has("abcdefghij"), "{}", screen.text());
    screen.keys("F");
    assert!(screen.line("   Field ").contains("[redacted") && !screen.has("abcdefghij"), "{}", screen.text());
    screen.keys("wtoken<Enter>");
    assert!(screen.has("not saved: it holds what looks like a secret"), "{}", screen.text());
    assert!(screen.effects.is_empty(), "{:?}", screen.effects);
}

#[test]
fn hidden_likes_combine_and_come_back_one_by_one() {
    let mut screen = screen(120, 36);
    screen.keys("g");
    let line = screen.cursor_line();
    assert!(line.contains("GET /v1/charge/8000"), "{line}");
    screen.keys("i");
    assert!(screen.has("hid 40 records like this (Esc goes back)"), "{}", screen.text());
    assert!(!screen.has("GET /v1") && screen.has("GET /healthz") && screen.has("breaker window"), "{}", screen.text());
    screen.keys("i");
    assert!(screen.has("hid 5 records like this"), "{}", screen.text());
    assert!(!screen.has("breaker window") && screen.has("10 of 55 records"), "{}", screen.text());
    screen.keys("F");
    let hide = screen.line("   Hide ");
    assert!(hide.contains("charge/[0-9.,]+") && hide.contains('|'), "{hide}");
    screen.keys("<Esc><Esc>");
    assert!(
        screen.status().contains("back to the filter before") && screen.has("15 of 55 records"),
        "{}",
        screen.text()
    );
    screen.keys("<Esc>");
    assert!(screen.status().contains("filter dropped"), "{}", screen.status());
    assert_eq!(screen.cursor_line(), line);
}

#[test]
fn esc_goes_back_step_by_step_with_the_cursor_on_its_record() {
    let mut screen = screen(120, 36);
    screen.keys("++++F<Tab><Tab><Tab>charge<Enter>gj");
    let line = screen.cursor_line();
    assert!(line.contains("retry 1/3"), "{line}");
    let mut check = |keys: &str, words: &str, cursor: &str| {
        screen.keys(keys);
        assert!(screen.status().contains(words), "{keys}: {}", screen.status());
        assert!(screen.cursor_line().contains(cursor), "{keys}: {}", screen.text());
    };
    check("<Esc>", "back to the filter before", "retry 1/3");
    check("<Esc>", "filter dropped", "retry 1/3");
    check("<Esc>", " PAUSED", "retry 1/3");
    // There and back is no step; neither is a pane that changed nothing.
    check("+-F<Enter>+", "sev>=TRC", "retry 1/3");
    check("<Esc>", "filter dropped", "retry 1/3");
    // A pane that is closed without taking it is none.
    check("++++F<Tab><Tab><Tab>nothing<Esc>", "sev>=WRN", "retry 1/3");
    check("<Esc>", "filter dropped", "retry 1/3");
    // The detail pane and the search's marks go first.
    check("++++/re<Enter><Enter><Esc>", "sev>=WRN", "");
    check("<Esc>", "search cleared", "");
    check("<Esc>", "filter dropped", "");
    // What came last goes first.
    check("++++/re<Enter>i<Esc>", "back to the filter before", "");
    check("<Esc>", "search cleared", "");
    check("<Esc>", "filter dropped", "");
    // Of many steps the oldest are forgotten; then the filter is dropped.
    for n in 0..30 {
        screen.keys(&format!("F<Tab><Tab><Tab><Ctrl-u>{n}<Enter>"));
    }
    let steps = (0..40).take_while(|_| {
        screen.keys("<Esc>");
        screen.status().contains("back to the filter before")
    });
    assert_eq!(steps.count(), 20);
    assert!(screen.status().contains("filter dropped"), "{}", screen.status());
}

#[test]
fn a_filter_is_saved_by_name_and_taken_again() {
    let mut screen = screen(120, 36);
    screen.keys("F<Tab><Tab><Tab>charge<Tab><Tab><Tab>");
    assert!(screen.line(" Saved").contains("none yet"));
    screen.keys("w");
    assert!(screen.has("-- Filter --") && screen.has("save filter as: "), "the pane stays in sight");
    screen.keys(" <Enter>");
    assert!(screen.has("a filter needs a name"), "{}", screen.text());
    screen.keys("charges<Enter>");
    let expected = saved("charges", Severity::Unknown, "charge");
    assert_eq!(screen.effects, [Effect::Filters(FilterChange::Put(Box::new(expected)))]);
    assert!(screen.line(" Saved").contains("charges") && screen.has("-- Filter --"), "{}", screen.text());
    screen.keys("<Enter><Esc>:filter charges<Enter>");
    assert!(screen.status().contains("filter `charges` (Esc goes back)"), "{}", screen.status());
    assert!(screen.has("filter text /charge/"));
    screen.keys(":filter nope<Enter>");
    assert!(screen.has("no filter `nope`; saved are: charges"), "{}", screen.text());
    // The palette completes its name.
    screen.keys("<Esc><Esc>:filter ch<Enter>");
    assert!(screen.has("filter text /charge/"), "{}", screen.text());
    screen.keys("<Esc>:filter-save all<Enter>");
    assert!(screen.has("nothing to save"), "{}", screen.text());
    screen.keys("<Esc>++++:filter-save bad\u{202e}<Enter>");
    assert!(screen.has("a name has letters, digits"), "{}", screen.text());
}

#[test]
fn the_pane_loads_and_deletes_saved_filters() {
    let mut screen = with_saved(80, 24, two_saved());
    screen.keys("F<Shift-Tab>l<Space>");
    assert!(screen.status().contains("sev>=WRN") && screen.has(" 7 of 55 records"), "{}", screen.text());
    screen.keys("l<Enter>");
    assert!(screen.status().contains("text /charge|breaker/") && !screen.has("-- Filter --"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.status().contains("filter dropped"), "one step: {}", screen.status());
    screen.keys("F<Shift-Tab>ld");
    assert!(screen.status().contains("d again deletes filter `problems`") && screen.effects.is_empty());
    screen.keys("d");
    assert_eq!(screen.effects, [Effect::Filters(FilterChange::Remove("problems".to_owned()))]);
    assert!(screen.line(" Saved").ends_with("   charges of payments"), "{}", screen.text());
    screen.keys("<Esc>:filter-delete problems<Enter>");
    assert!(screen.has("no filter `problems` is saved"), "{}", screen.text());
}

#[test]
fn relative_times_of_a_saved_filter_count_from_when_it_is_taken() {
    let filter = SavedFilter { since: "1m".to_owned(), ..saved("recent", Severity::Unknown, "") };
    let mut screen = with_saved(120, 36, vec![filter]);
    screen.keys(":filter recent<Enter>");
    assert!(screen.status().contains("filter since 03:13:22"), "{}", screen.status());
    screen.event(Event::Tick(at("2026-11-21T03:15:22Z")));
    screen.keys("<Esc>:filter recent<Enter>");
    assert!(screen.status().contains("filter since 03:14:22"), "{}", screen.status());
}

#[test]
fn a_saved_filter_that_is_not_understood_any_more_is_named_and_can_be_mended() {
    let broken = saved("old", Severity::Unknown, "(charge");
    let mut screen = with_saved(120, 36, vec![broken, saved("fine", Severity::Warn, "")]);
    let status = screen.status();
    assert!(status.contains("saved filter `old`: text: not a regular expression"), "{status}");
    screen.keys(":filter fine<Enter>");
    assert!(screen.status().contains("filter sev>=WRN"), "{}", screen.status());
    screen.keys(":filter old<Enter>");
    assert!(screen.has("saved filter `old`: text: "), "{}", screen.text());
    screen.keys("<Esc>F<Shift-Tab>l<Enter>");
    assert!(screen.has("-- Filter --") && screen.has("not a regular expression"), "{}", screen.text());
    screen.keys("<Tab><Tab><Tab><Tab><Home><Del><Enter>");
    assert!(screen.status().contains(" text /charge/ "), "{}", screen.text());
}

#[test]
fn what_is_wrong_with_the_file_of_filters_is_said_at_the_start() {
    let problems =
        vec!["no saved filters: filters.toml: line 3: this is\x1b[2J not TOML".to_owned(), "more".to_owned()];
    let mut screen = Screen::new(120, 36, Settings { notices: problems, ..settings() });
    let [api, _] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1)]);
    let status = screen.status();
    assert!(status.contains("no saved filters: filters.toml: line 3: this is") && !status.contains('\x1b'), "{status}");
    screen.event(Event::Done(Err("filter `x` is kept for this run only: No space left on device".to_owned())));
    assert!(screen.status().contains("No space left on device"), "{}", screen.status());
}

#[test]
fn all_tabs_are_looked_through_in_slices_before_it_is_said_what_they_hold() {
    let mut screen = two_tabs();
    let line = r#"{"time":"2026-11-21T03:14:08Z","msg":"more","order":"8f21"}"#;
    for _ in 0..30 {
        screen.feed(OriginId::new(SourceId(0), 3), format!("{line}\n").repeat(500).as_bytes());
    }
    screen.keys("Oorder");
    let mut effects = update(&mut screen.app, Event::Key("Enter".parse().unwrap()));
    assert!(effects.contains(&Effect::Continue) && !screen.has("records in"), "{}", screen.text());
    let now = at(NOW);
    let mut ticks = 0;
    while effects.contains(&Effect::Continue) {
        effects = update(&mut screen.app, Event::Tick(now));
        ticks += 1;
    }
    assert!(ticks > 2 && screen.has("order=8f21: 15,003 records in 2 tabs"), "{ticks}: {}", screen.text());
    // The same again changes nothing, and is no step.
    screen.keys("Oorder<Enter>");
    assert!(screen.has("order=8f21: 15,003 records in 2 tabs"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.status().contains("filter dropped, and in 1 other tab"), "{}", screen.status());
}

#[test]
fn a_hostile_line_is_hidden_by_its_own_pattern_and_its_values_are_safe() {
    let mut screen = Screen::new(120, 36, settings());
    let json = r#"{"msg":"a\u001b[2J\u202eb","k\u001b]0;x\u0007":"no","w":"v\n\u001b[2J\u202e","e=q":"1","origin":"x","empty":""}"#;
    let lines = [
        "clear \x1b[2J screen 7",
        "\x1b]52;c;ZXZpbA==\x07",
        "colour \x1b[1;31mERROR\x1b[0m disk full",
        "progress 10%\rprogress 100%",
        "bidi \u{202e}gnp.exe\u{2066}x",
        "(((?P<x>[[:^alpha:]])*+{9999}\\",
        "\"\"\"",
        "a|b|c",
        "|",
        "日本語 12",
        json,
    ];
    screen.open(0, "x.log", &[("a\x1b]0;x\x07.log", &format!("{}\n", lines.join("\n")))]);
    screen.feed(OriginId::new(SourceId(0), 0), b"bad \xff\xfe bytes\n");
    for line in 0..=lines.len() {
        screen.keys(&format!("g{}", "j".repeat(line)));
        let id = screen.app.tab().view().cursor().unwrap();
        screen.keys("O");
        let text = screen.text();
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
        screen.keys("<Esc>i");
        let is_there = screen.app.tab().view().position(id, screen.app.engine().store()).is_some();
        let refused = screen.status().contains("says too little");
        assert_eq!(is_there, refused, "{line}: {}", screen.text());
        assert!(!refused || line == 1, "{line}: {}", screen.text());
        screen.keys("<Esc>");
        assert_eq!(screen.app.tab().view().len(), lines.len() + 1, "{line}: {}", screen.text());
    }
    // Values can be asked for whatever they hold; fields whose names cannot be written are not offered.
    screen.keys("GkO");
    assert!(!screen.has("e=q     ") && !screen.has("]0;x<07>  "), "{}", screen.text());
    screen.keys("<Esc>");
    for row in ["empty", "0A", "msg"] {
        screen.keys(&format!("GkO{row}<Enter>"));
        assert!(screen.has("1 record in 1 tab"), "{row}: {}", screen.text());
        screen.keys("<Esc>");
    }
}

#[test]
fn whatever_is_pressed_esc_leads_back_to_everything() {
    let keys = [
        "j",
        "k",
        "g",
        "G",
        "O",
        "<Enter>",
        "i",
        "F",
        "+",
        "-",
        "<Tab>",
        "<Shift-Tab>",
        "w",
        "d",
        "l",
        "h",
        "<Space>",
        "c",
        "/",
        "charge",
        "n",
        "<Up>",
        "<Down>",
        ":filter problems<Enter>",
        ":filter-save x<Enter>",
        "z",
        "3",
        "4",
        "<Esc>",
        "<Enter>",
        "<Backspace>",
        "(",
        "[redacted: ",
        "q<Esc>",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    for (width, height) in [(60, 12), (80, 24), (250, 80)] {
        let mut screen = with_saved(width, height, two_saved());
        let pods = OriginId::new(SourceId(7), 0);
        screen.app.open(SourceId(7), "pods:payments", Tab::Pods);
        screen.feed(pods, b"{\"msg\":\"refund\",\"order\":\"8f21\"}\n");
        for _ in 0..400 {
            screen.keys(keys[below(keys.len())]);
            screen.draw();
        }
        for tab in ["3", "4"] {
            screen.keys(&"<Esc>".repeat(40));
            screen.keys(tab);
            screen.keys(&"<Esc>".repeat(40));
            assert_eq!(screen.app.filter_words(), "", "{}", screen.text());
            assert!(screen.app.matches().is_none());
        }
    }
}
