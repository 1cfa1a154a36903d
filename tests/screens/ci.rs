//! Logs of CI jobs: what was found in them is made here, by hand; that it is found is tested with the extraction.

use crate::support::*;
use logdeck::analysis::extract::{Block, Extract, Kind, Step, StepState, Verdict};
use logdeck::app::event::{Compared, Effect, Event};
use logdeck::app::{Colors, ExtractNews, Extracted, Glyphs, LogForm, LogFound, Settings};
use logdeck::model::address::Tab;
use logdeck::model::window::{Answer, Extent, Line, Request};
use logdeck::model::{Batch, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;

const SOURCE: SourceId = SourceId(0);

fn tell(screen: &mut Screen, what: Extracted) {
    screen.event(Event::Extract(ExtractNews { source: SOURCE, run: 1, what }));
}

/// Lines as GitHub writes them: with the time before each.
fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(|line| format!("2026-11-21T03:06:41.1234567Z {line}").into_bytes()).collect()
}

fn block(start: u64, kind: Kind, tool: &'static str, step: usize, text: &str) -> Block {
    let lines = lines(text);
    let end = start + lines.len() as u64 - 1;
    Block {
        start,
        end,
        offset: start * 60,
        score: 900,
        kind,
        tool,
        rule: "",
        step: Some(step),
        lines,
        repeats: 0,
        is_new: false,
    }
}

fn steps(states: &[(&str, StepState, u64)]) -> Vec<Step> {
    let mut start = 1;
    let mut second = 0;
    let mut step = |(name, state, lines): &(&str, StepState, u64)| {
        let at = |second: i64| Some(Timestamp(at("2026-11-21T03:00:00Z").0 + second * 1_000_000_000));
        let began = second;
        second += (*lines / 40) as i64;
        let first = start;
        start += lines;
        Step {
            name: (*name).to_owned(),
            start: first,
            offset: first * 60,
            end: start - 1,
            state: *state,
            began: at(began),
            ended: at(second),
            errors: u64::from(*state == StepState::Failed) * 9,
        }
    };
    states.iter().map(&mut step).collect()
}

const PANIC: &str = "thread 'post_retries_on_timeout' panicked at tests/ledger.rs:212:9:
assertion `left == right` failed: retry count
  left: 1
 right: 3
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";

fn integration() -> Extract {
    use StepState::{Failed, Passed, Unknown};
    Extract {
        lines: 12_408,
        bytes: 18 << 20,
        blocks: vec![
            block(9871, Kind::Test, "cargo", 4, PANIC),
            Block {
                repeats: 3,
                ..block(9402, Kind::Network, "", 4, "WARN pool timed out waiting for connection (5 of 5 in use)")
            },
        ],
        steps: steps(&[
            ("checkout", Passed, 140),
            ("setup toolchain", Passed, 1610),
            ("build", Passed, 5200),
            ("unit tests", Passed, 1911),
            ("Run cargo test --test integration -- --include-ignored", Failed, 3400),
            ("upload artifacts", Unknown, 100),
            ("notify", Unknown, 47),
        ]),
        verdict: Verdict::Failed,
        new_lines: None,
    }
}

fn passed(lines: u64) -> Extract {
    let steps = steps(&[("checkout", StepState::Passed, 40), ("build", StepState::Passed, lines - 40)]);
    Extract { lines, bytes: lines * 60, steps, verdict: Verdict::Passed, ..Extract::default() }
}

fn found(input: usize, name: &str, extract: Extract) -> Extracted {
    let name = format!("run-18842.zip!{name}");
    Extracted::Log(Box::new(LogFound { input, name, extract: Some(extract), problem: None, is_finished: true }))
}

/// An archive that was opened and is being looked at.
fn archive(width: u16, height: u16, logs: usize) -> Screen {
    archive_with(width, height, logs, settings())
}

fn archive_with(width: u16, height: u16, logs: usize, settings: Settings) -> Screen {
    let mut screen = Screen::new(width, height, settings);
    screen.app.open(SOURCE, "run-18842.zip", Tab::Ci);
    tell(&mut screen, Extracted::Began { logs, form: LogForm::Archive });
    screen
}

/// A run of four jobs, two of which failed.
fn fill(screen: &mut Screen) {
    tell(screen, found(2, "2_lint.txt", passed(310)));
    let lint = Extract {
        blocks: vec![block(
            88,
            Kind::Lint,
            "clippy",
            1,
            "error: this loop never actually loops\n  --> src/pool.rs:41:9",
        )],
        verdict: Verdict::Failed,
        ..passed(1200)
    };
    tell(screen, found(3, "3_docs.txt", passed(95)));
    tell(screen, found(1, "1_clippy (stable).txt", lint));
    tell(screen, found(0, "0_integration (ubuntu-22.04, pg15).txt", integration()));
    tell(screen, Extracted::Finished(0));
}

pub fn failed_run(width: u16, height: u16) -> Screen {
    let mut screen = archive(width, height, 4);
    fill(&mut screen);
    screen.effects.clear();
    screen
}

#[test]
fn an_archive_opens_at_the_first_cause_of_the_first_failed_job() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = failed_run(width, height);
        assert!(
            screen.has("First cause of 3") && screen.has("panicked at") && screen.has("tests/ledger.rs:212"),
            "{}",
            screen.text()
        );
        snap(format!("ci_failed_{width}x{height}"), &screen.text());
    }
    let mut screen = failed_run(120, 36);
    snap("ci_failed_120x36_styles", &screen.styles());
    let plain = Settings { caps: caps(Colors::Mono, Glyphs::Ascii), ..settings() };
    let mut mono = archive_with(80, 24, 4, plain);
    fill(&mut mono);
    snap("ci_failed_mono_80x24_styles", &mono.styles());
}

#[test]
fn e_walks_the_causes_over_all_logs_and_says_where_they_end() {
    let mut screen = failed_run(120, 36);
    let check = |screen: &mut Screen, key: &str, heading: &str, text: &str| {
        screen.keys(key);
        assert!(screen.has(heading) && screen.has(text), "{key}: {}", screen.text());
    };
    check(&mut screen, "e", "-- Cause 2 of 3 --", "9,402 ");
    check(&mut screen, "", "-- Cause 2 of 3 --", "x3 more");
    check(&mut screen, "e", "-- Cause 3 of 3 --", "this loop never actually loops");
    check(&mut screen, "", "-- clippy (stable) --", "step 2 of 2");
    check(&mut screen, "e", "-- Cause 3 of 3 --", "this is the last of 3 causes");
    check(&mut screen, "EE", "-- First cause of 3 --", "9,871 ");
    check(&mut screen, "E", "-- First cause of 3 --", "this is the first of 3 causes");
}

#[test]
fn until_somebody_moves_the_worst_log_is_shown() {
    let mut screen = archive(120, 36, 3);
    tell(&mut screen, found(1, "1_a.txt", integration()));
    assert!(screen.has("-- a --"));
    tell(&mut screen, found(0, "0_b.txt", integration()));
    assert!(screen.has("-- b --"), "it stands first in the archive: {}", screen.text());
    let mut screen = archive(120, 36, 3);
    tell(&mut screen, found(1, "1_a.txt", integration()));
    screen.keys("e");
    tell(&mut screen, found(0, "0_b.txt", integration()));
    assert!(screen.has("-- a --") && screen.has("-- Cause 4 of 4 --"), "{}", screen.text());
}

#[test]
fn lists_are_walked_too() {
    let mut screen = failed_run(120, 36);
    screen.keys("<Tab>jj");
    assert!(screen.has("-- lint --") && screen.has("This log passed."), "{}", screen.text());
    snap("ci_passed_job_120x36", &screen.text());
    screen.keys("g<Tab>k");
    assert!(screen.has(" > ok   4  unit tests") && screen.has("No cause stands in this step."), "{}", screen.text());
    screen.keys("j");
    assert!(screen.has("-- First cause of 3 --"), "{}", screen.text());
    // The causes scroll, as far as there is something below.
    let mut small = failed_run(80, 20);
    small.keys("jjj");
    assert!(!small.has("panicked at") && small.has(" right: 3"), "{}", small.text());
    small.keys("G");
    assert!(small.has("-- Cause 2 of 3 --") && small.has("pool timed out"), "{}", small.text());
}

#[test]
fn one_log_without_steps_has_all_the_room() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(width, height, settings());
        screen.app.open(SOURCE, "build.log", Tab::Ci);
        tell(&mut screen, Extracted::Began { logs: 1, form: LogForm::Files });
        assert_eq!(std::mem::take(&mut screen.effects), [Effect::Load(SOURCE)], "its records come at once");
        let text = "src/pool.c:41:9: error: 'size' undeclared (first use in this function)\n   41 |     if (size > 3)\n      |         ^~~~";
        let mut block = block(2310, Kind::Compile, "gcc", 0, text);
        (block.step, block.repeats) = (None, 2);
        for line in &mut block.lines {
            line.drain(..29);
        }
        let extract =
            Extract { lines: 2400, bytes: 99_000, blocks: vec![block], verdict: Verdict::Failed, ..Extract::default() };
        let found = LogFound {
            input: 0,
            name: "build.log".to_owned(),
            extract: Some(extract),
            problem: None,
            is_finished: true,
        };
        tell(&mut screen, Extracted::Log(Box::new(found)));
        assert!(!screen.has("size"), "it is not done");
        tell(&mut screen, Extracted::Finished(0));
        snap(format!("ci_single_{width}x{height}"), &screen.text());
    }
}

#[test]
fn a_log_that_may_grow_or_is_being_read_is_not_taken_away() {
    let look = |screen: &mut Screen, is_finished: bool| {
        tell(screen, Extracted::Began { logs: 1, form: LogForm::Files });
        let extract = Extract { steps: Vec::new(), ..integration() };
        let found = LogFound { input: 0, name: "logs/".to_owned(), extract: Some(extract), problem: None, is_finished };
        tell(screen, Extracted::Log(Box::new(found)));
        tell(screen, Extracted::Finished(0));
    };
    let mut growing = screen(120, 36);
    look(&mut growing, false);
    assert!(growing.status().contains("2 causes found: e") && growing.has("-- Lines --"), "{}", growing.text());
    growing.keys("e");
    assert!(growing.has("-- First cause of 2 --"), "{}", growing.text());
    let mut moved = screen(120, 36);
    moved.keys("kk");
    look(&mut moved, true);
    assert!(moved.status().contains("2 causes found: e") && moved.has("-- Lines --"));
    let mut resting = screen(120, 36);
    look(&mut resting, true);
    assert!(resting.has("-- First cause of 2 --"));
    // Without a cause `e` is what it always was.
    let mut healthy = screen(120, 36);
    tell(&mut healthy, Extracted::Began { logs: 1, form: LogForm::Files });
    tell(&mut healthy, Extracted::Finished(0));
    healthy.keys("ge");
    assert!(healthy.cursor_line().contains("03:13:58.104"));
}

#[test]
fn nothing_failed() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = archive(width, height, 3);
        for n in 0..3 {
            tell(&mut screen, found(n, &format!("{n}_job {n}.txt"), passed(100 + n as u64)));
        }
        tell(&mut screen, Extracted::Finished(0));
        assert!(screen.has("No failure found in 3 logs."));
        snap(format!("ci_calm_{width}x{height}"), &screen.text());
    }
}

#[test]
fn progress_is_shown_and_esc_ends_it() {
    let mut screen = archive(80, 24, 200);
    assert!(screen.has("Looking for causes in 200 logs"), "{}", screen.text());
    tell(&mut screen, Extracted::Progress { done: 43 << 20, of: 100 << 20 });
    assert!(screen.has("looking for causes: 43 % of 100.0 MiB, Esc cancels"), "{}", screen.text());
    snap("ci_progress_80x24", &screen.text());
    tell(&mut screen, found(0, "0_integration.txt", integration()));
    // Other keys never wait.
    screen.keys("e");
    assert!(screen.has("-- Cause 2 of 2 --") && screen.has("1 of 200 read, 1 failed"), "{}", screen.text());
    screen.keys("<Esc>");
    assert_eq!(screen.effects, [Effect::CancelExtract]);
    tell(&mut screen, Extracted::Cancelled);
    assert!(screen.has("cancelled: 199 logs left out") && screen.has("-- Cause 2 of 2 --"), "{}", screen.text());
    // News of an older look are not wanted.
    let what = Extracted::Began { logs: 1, form: LogForm::Archive };
    screen.event(Event::Extract(ExtractNews { source: SOURCE, run: 2, what }));
    tell(&mut screen, found(7, "7_old.txt", integration()));
    assert!(!screen.has("old"), "{}", screen.text());
    let mut screen = archive(80, 24, 200);
    screen.keys("<Ctrl-c>");
    assert_eq!(screen.effects, [Effect::CancelExtract], "it does not quit");
}

#[test]
fn esc_and_q_lead_to_all_lines_and_e_back() {
    for key in ["<Esc>", "q"] {
        let mut screen = failed_run(120, 36);
        screen.keys(key);
        assert!(screen.has("-- Lines --") || screen.has("no record so far"), "{}", screen.text());
        assert!(screen.status().contains("e goes back to the causes"), "{}", screen.status());
        screen.keys("e");
        assert!(screen.has("-- First cause of 3 --"));
        screen.keys(key);
        screen.keys("q");
        assert_eq!(screen.effects, [Effect::Load(SOURCE), Effect::Quit], "{key}");
    }
}

#[test]
fn small_archives_are_read_into_the_list_when_their_causes_are_known_large_ones_when_it_is_wanted() {
    let mut small = archive(80, 24, 1);
    assert_eq!(small.effects, []);
    tell(&mut small, found(0, "0_a.txt", passed(100)));
    tell(&mut small, Extracted::Finished(0));
    assert_eq!(small.effects, [Effect::Load(SOURCE)]);
    let mut large = archive(80, 24, 1);
    tell(&mut large, found(0, "0_a.txt", Extract { bytes: 1 << 30, ..integration() }));
    tell(&mut large, Extracted::Finished(0));
    assert_eq!(large.effects, []);
    large.keys("<Esc>");
    assert_eq!(large.effects, [Effect::Load(SOURCE)]);
}

/// The records of the run's first job, as far as they are needed.
fn stream(screen: &mut Screen, first: u64) {
    let origin = OriginId::new(SOURCE, 0);
    let name = "run-18842.zip!0_integration (ubuntu-22.04, pg15).txt".to_owned();
    screen.event(Event::Source(SourceMsg::Origin { id: origin, name }));
    let mut text = String::new();
    for line in first..9871 {
        text.push_str(&format!("2026-11-21T03:06:40.0000000Z test number {line} ... ok\n"));
    }
    for line in lines(PANIC) {
        text.push_str(&String::from_utf8(line).unwrap());
        text.push('\n');
    }
    text.push_str("2026-11-21T03:06:42.0000000Z test result: FAILED\n");
    screen.feed(origin, text.as_bytes());
    screen.health(0, Health::new(State::Done, "read 4 files"));
}

#[test]
fn enter_goes_to_the_line_in_the_whole_log_and_esc_back() {
    let mut screen = failed_run(120, 36);
    stream(&mut screen, 1);
    screen.keys("<Enter>");
    assert!(screen.cursor_line().contains("panicked at tests/ledger.rs"), "{}", screen.text());
    assert!(screen.status().contains("line 9,871 of the log: Esc goes back"), "{}", screen.status());
    assert_eq!(screen.effects, []);
    snap("ci_whole_log_120x36", &screen.text());
    screen.keys("<Enter><Esc><Esc>");
    assert!(screen.has("-- First cause of 3 --"), "{}", screen.text());
    // A step's first line, too.
    screen.keys("<Shift-Tab>kk<Enter>");
    assert!(screen.cursor_line().contains("test number 1751 "), "{}", screen.text());
}

#[test]
fn the_whole_log_is_shown_without_the_others() {
    let mut screen = failed_run(120, 36);
    stream(&mut screen, 9800);
    // The same again, as the logs of steps have it.
    let other = OriginId::new(SOURCE, 1);
    screen.event(Event::Source(SourceMsg::Origin {
        id: other,
        name: "run-18842.zip!integration/5_tests.txt".to_owned(),
    }));
    screen.feed(other, b"2026-11-21T03:06:40.0000000Z once more\n2026-11-21T03:06:41.0000000Z once more\n");
    screen.keys("<Esc>g");
    assert!(!screen.status().contains("origin"), "{}", screen.status());
    screen.keys("eg");
    for _ in 0..2 {
        screen.keys("<Enter>");
        assert!(screen.has("-- Lines --") && !screen.has("once more"), "{}", screen.text());
        assert!(screen.status().contains("origin") && !screen.status().contains("new"), "{}", screen.status());
        screen.keys("<Esc>");
        assert!(screen.has("-- First cause of 3 --"), "{}", screen.text());
    }
    screen.keys("<Esc>/once more<Enter>");
    assert!(screen.has("once more") && !screen.status().contains("origin"), "{}", screen.text());
}

#[test]
fn a_log_that_is_not_held_is_asked_for() {
    let mut screen = failed_run(120, 36);
    screen.keys("<Enter>");
    let name = "run-18842.zip!0_integration (ubuntu-22.04, pg15).txt".to_owned();
    let line = Line { input: 0, name, offset: 9871 * 60 };
    let asked = std::mem::take(&mut screen.effects);
    let [Effect::Ask(ask)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(ask.request, Request::At { line });
    let answer = |answer| Event::Source(SourceMsg::Answer { source: SOURCE, ticket: ask.ticket, answer });
    let took = std::time::Duration::from_millis(500);
    screen.event(answer(Answer::Progress { doing: "indexing", done: 43 << 20, of: 100 << 20, took }));
    assert!(screen.status().contains("indexing 43 %") && screen.has("-- First cause of 3 --"), "{}", screen.text());
    let mut assembler = Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, at(NOW)), OriginId::new(SOURCE, 0));
    let mut records = Batch::default();
    let text = (0..900).map(|n| format!("2026-11-21T03:06:40Z line {n}")).collect::<Vec<_>>().join("\n");
    assembler.feed(text.as_bytes(), at(NOW), &mut records);
    assembler.finish(at(NOW), &mut records);
    let extent = Extent { start: 8 << 20, end: 24 << 20, size: 1 << 30 };
    screen.event(answer(Answer::Window { extent, records: Box::new(records), line: Some(700) }));
    assert!(screen.cursor_line().contains("line 700"), "{}", screen.text());
    assert!(screen.has("bytes 8.0-24.0 MiB of 1.0 GiB"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.has("-- First cause of 3 --"));
}

#[test]
fn a_line_that_the_filter_hides_is_said() {
    let mut screen = failed_run(120, 36);
    stream(&mut screen, 1);
    screen.keys("<Esc>F<Tab><Tab><Tab>nothing<Enter>e<Enter>");
    assert!(screen.status().contains("the filter hides the line: z shows it"), "{}", screen.text());
}

#[test]
fn a_cause_is_copied_as_markdown_without_secrets() {
    let mut screen = archive(120, 36, 1);
    let mut extract = integration();
    extract.blocks[0].lines.push(b"Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789".to_vec());
    extract.blocks[0].lines.push(b"```\x1b[2J</details>".to_vec());
    extract.blocks[0].end += 2;
    tell(&mut screen, found(0, "0_a`b.txt", extract));
    tell(&mut screen, Extracted::Finished(0));
    screen.effects.clear();
    screen.keys("y");
    let [Effect::Copy(text)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    snap("ci_copy_markdown", text);
    assert!(!text.contains("abcdefghij") && !text.contains('\x1b'));
}

#[test]
fn what_is_new_since_a_passing_run_is_said() {
    let mut screen = archive(120, 36, 4);
    tell(&mut screen, Extracted::Green { name: "green.zip".to_owned(), passed: None });
    let mut extract = integration();
    extract.blocks[0].is_new = true;
    extract.new_lines = Some(14);
    tell(&mut screen, found(0, "0_integration.txt", extract));
    tell(&mut screen, Extracted::Finished(0));
    assert!(screen.has("new since green") && screen.has("compared with green.zip"), "{}", screen.text());
    snap("ci_baseline_120x36", &screen.text());
    screen.keys("y");
    assert!(
        matches!(screen.effects.last(), Some(Effect::Copy(text)) if text.contains("not in the passing log `green.zip`"))
    );
    screen.keys(":baseline other.zip<Enter>");
    assert_eq!(screen.effects.last(), Some(&Effect::Extract(Compared::With("other.zip".into()))));
    screen.keys(":baseline off<Enter>");
    assert_eq!(screen.effects.last(), Some(&Effect::Extract(Compared::Alone)));
    tell(&mut screen, Extracted::NoGreen("no passing log to compare with: x\x1b[2J".to_owned()));
    assert!(screen.status().contains("no passing log to compare with: x<1B>[2J"), "{}", screen.status());
    // Another job: hardly a line is the same.
    let mut other = archive(120, 36, 1);
    tell(&mut other, Extracted::Green { name: "green.zip".to_owned(), passed: None });
    tell(&mut other, found(0, "0_a.txt", Extract { new_lines: Some(12_000), ..integration() }));
    assert!(other.has("most lines are new: is it the same job?"), "{}", other.text());
}

#[test]
fn hostile_names_and_lines_reach_no_terminal() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = archive(width, height, 3);
        let mut extract = integration();
        extract.blocks[0].lines[0] =
            b"2026-11-21T03:06:41Z \x1b[2J\x1b]52;c;aGk=\x07 \xe2\x80\xaegnp.exe \xff \x1b[31merror\x1b[0m".to_vec();
        extract.blocks[0].lines[1] = vec![b'x'; 64 << 10];
        extract.blocks[0].lines[2] = b"10 %\r20 %\r100 %".to_vec();
        extract.steps[4].name = "test \u{1b}[31m\u{202e}evil\u{9b}2J".to_owned();
        tell(&mut screen, found(0, "../../.ssh/\u{1b}]0;x\u{7}\u{202e}txt.job", extract));
        tell(&mut screen, found(1, "1_\n\t.txt", passed(100)));
        tell(&mut screen, Extracted::Finished(0));
        let text = screen.text();
        assert!(!text.contains(['\x1b', '\u{202e}', '\u{9b}', '\x07']), "{text}");
        snap(format!("ci_hostile_{width}x{height}"), &text);
        screen.keys("wyl<Enter>");
        assert!(!screen.text().contains(['\x1b', '\u{202e}']));
    }
}

#[test]
fn what_cannot_be_read_is_said_with_why() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = archive(width, height, 4);
        tell(&mut screen, Extracted::Problem("run-18842.zip!9_secret.txt: it is encrypted".to_owned()));
        tell(&mut screen, found(0, "0_integration.txt", integration()));
        let broken = |input, name: &str, extract, problem: &str| {
            let name = format!("run-18842.zip!{name}");
            let problem = Some(format!("{name}: {problem}"));
            Extracted::Log(Box::new(LogFound { input, name, extract, problem, is_finished: true }))
        };
        tell(
            &mut screen,
            broken(1, "1_torn.txt", Some(passed(50)), "it ends in the middle (the archive was cut off?)"),
        );
        tell(&mut screen, broken(2, "2_gone.txt", None, "the compression method 14 is not known"));
        tell(&mut screen, Extracted::Finished(2));
        snap(format!("ci_broken_{width}x{height}"), &screen.text());
        screen.keys("<Tab>G");
        assert!(screen.has("2_") || screen.has("torn"), "{}", screen.text());
    }
    let mut screen = archive(80, 24, 0);
    tell(&mut screen, Extracted::Finished(0));
    assert!(screen.has("There is no log to look at."), "{}", screen.text());
    let mut screen = archive(80, 24, 3);
    tell(&mut screen, Extracted::Failed("a defect \x1b[2J".to_owned()));
    assert!(screen.has("a defect <1B>[2J"), "{}", screen.text());
}

#[test]
fn no_size_and_no_key_is_too_much() {
    for (width, height) in [(60, 12), (61, 13), (70, 18), (100, 20), (200, 50), (40, 8)] {
        let mut screen = failed_run(width, height);
        for keys in
            ["", "e", "<Tab>", "j", "w", "G", "l", "<Tab>", "k", "t", ":", "<Esc>", "?", "<Esc>", "<Enter>", "<Esc>"]
        {
            screen.keys(keys);
            screen.draw();
        }
    }
}

#[test]
fn wide_runs_of_steps_are_counted() {
    let mut screen = archive(80, 24, 2);
    let mut extract = integration();
    let many: Vec<_> = (0..60).map(|_| ("a", StepState::Passed, 10)).collect();
    extract.steps = steps(&many);
    extract.steps[58].state = StepState::Failed;
    tell(&mut screen, found(0, "0_integration.txt", extract));
    tell(&mut screen, found(1, "1_lint.txt", passed(90)));
    assert!(screen.has("58 ok FAIL ok"), "{}", screen.text());
}
