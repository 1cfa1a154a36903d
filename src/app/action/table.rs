//! The rows: every action with its keys, where it works, and what it is called.
//!
//! Owns [`ACTIONS`]. A new key is a row here and nothing else. Must not know how an action does its work.

use super::Context::{Choice, Detail, Help, List, Picker, Prompt, Split, Start, Text};
use super::{ActionSpec, Context, Group};
use super::{global, list, look, marks, mouse, panes, picker};

const RECORDS: &[Context] = &[List, Split, Detail];
const SCROLLING: &[Context] = &[List, Split, Detail, Help];
const PANES: &[Context] = &[Split, Detail];
const SCREENS: &[Context] = &[Start, List, Split, Detail];
const EVERYWHERE: &[Context] = &[Start, List, Split, Detail, Choice, Text, Prompt, Picker, Help];

/// `"id" ["key" …] in CONTEXTS, Group "label in the help" [footer "word"]: function => "What it does.";`
macro_rules! actions {
    ($($id:literal [$($key:literal)*] in $when:expr, $group:ident $label:literal $(footer $short:literal)?: $run:path
        => $doc:literal;)*) => {
        &[$(ActionSpec {
            id: $id,
            keys: &[$($key),*],
            when: $when,
            group: Group::$group,
            doc: $doc,
            label: $label,
            short: first(&[$($short)?]),
            run: $run,
        }),*]
    };
}

const fn first(words: &'static [&'static str]) -> Option<&'static str> {
    match words {
        [word, ..] => Some(word),
        [] => None,
    }
}

/// Every action.
pub const ACTIONS: &[ActionSpec] = actions! {
    "down" ["j" "Down"] in SCROLLING, Move "line": list::down =>
        "One line down.";
    "up" ["k" "Up"] in SCROLLING, Move "line": list::up =>
        "One line up.";
    "half-down" ["Ctrl-d"] in SCROLLING, Move "half page": list::half_down =>
        "Half a page down.";
    "half-up" ["Ctrl-u"] in SCROLLING, Move "half page": list::half_up =>
        "Half a page up.";
    "page-down" ["Space" "PgDn"] in SCROLLING, Move "page": list::page_down =>
        "One page down.";
    "page-up" ["b" "PgUp"] in SCROLLING, Move "page": list::page_up =>
        "One page up.";
    "top" ["g" "Home"] in SCROLLING, Move "top, bottom": list::top =>
        "To the first line.";
    "bottom" ["G" "End"] in SCROLLING, Move "top, bottom": list::bottom =>
        "To the last line; in the list this also follows new records.";
    "left" ["h" "Left"] in RECORDS, Move "sideways": list::left =>
        "Scroll long lines to the left.";
    "right" ["l" "Right"] in RECORDS, Move "sideways": list::right =>
        "Scroll long lines to the right.";
    "follow" ["f"] in RECORDS, Move "follow, pause": list::follow =>
        "Keep the cursor on the newest record, or stop doing so.";
    "search" ["/"] in RECORDS, Find "search" footer "search": list::search =>
        "Search for text or a regular expression.";
    "next" ["n"] in RECORDS, Find "next, previous match": list::next =>
        "To the next match of the search.";
    "previous" ["N"] in RECORDS, Find "next, previous match": list::previous =>
        "To the previous match of the search.";
    "next-error" ["e"] in RECORDS, Find "next, previous error": list::next_error =>
        "To the next error.";
    "previous-error" ["E"] in RECORDS, Find "next, previous error": list::previous_error =>
        "To the previous error.";
    "filter" ["F"] in RECORDS, Find "filter pane" footer "filter": panes::open_filter =>
        "Open the filter pane: severity, time, text, hidden text, field.";
    "less-severe" ["-"] in &[List, Split, Detail, Choice], Find "severity down, up": panes::less_severe =>
        "Show records that are one level less severe, too.";
    "more-severe" ["+" "="] in &[List, Split, Detail, Choice], Find "severity down, up": panes::more_severe =>
        "Hide the records of the lowest severity that is shown.";
    "context" ["z"] in RECORDS, Find "context, unfiltered" footer "context": panes::context =>
        "Show what the filter hides around the line; again to go back to the filter.";
    "detail" ["Enter"] in &[List, Split, Detail], Look "detail" footer "detail": look::detail =>
        "Open or close the detail pane: all fields of the record and its neighbours.";
    "wrap" ["w"] in RECORDS, Look "wrap": look::wrap =>
        "Wrap long lines, or cut them off.";
    "mark" ["m"] in RECORDS, Look "mark": marks::mark =>
        "Mark the record, or take its mark away.";
    "time" ["t"] in RECORDS, Look "time: utc, local, age": look::time =>
        "Show times in UTC, in the local zone, as age, or not at all.";
    "histogram" ["H"] in RECORDS, Look "histogram": look::histogram =>
        "Show or hide the histogram: records over time by severity, whatever the filter.";
    "raw" ["J"] in PANES, Look "raw bytes": look::raw =>
        "In the detail pane: show the record as it was written.";
    "reveal" ["R"] in PANES, Look "reveal secrets": look::reveal =>
        "In the detail pane: show redacted values, on this screen only.";
    "wider" ["]"] in PANES, Look "more, fewer around": look::wider =>
        "In the detail pane: show more neighbours.";
    "narrower" ["["] in PANES, Look "more, fewer around": look::narrower =>
        "In the detail pane: show fewer neighbours.";
    "theme" ["T"] in SCREENS, Look "theme": look::theme =>
        "Next theme: auto, dark, light, 16, mono.";
    "tab-gcs" ["1"] in SCREENS, Tabs "tab": global::tab_gcs =>
        "To tab GCS.";
    "tab-firestore" ["2"] in SCREENS, Tabs "tab": global::tab_firestore =>
        "To tab Firestore.";
    "tab-pods" ["3"] in SCREENS, Tabs "tab": global::tab_pods =>
        "To tab Pods.";
    "tab-ci" ["4"] in SCREENS, Tabs "tab": global::tab_ci =>
        "To tab CI, which also shows local files.";
    "tab-summary" ["5"] in SCREENS, Tabs "tab": global::tab_summary =>
        "To tab Summary.";
    "next-pane" ["Tab"] in PANES, Tabs "next, previous pane" footer "pane": panes::next_pane =>
        "To the next pane.";
    "previous-pane" ["Shift-Tab"] in PANES, Tabs "next, previous pane": panes::next_pane =>
        "To the previous pane.";
    "copy" ["y"] in RECORDS, Out "copy the record" footer "copy": look::copy =>
        "Send the record's text, redacted, to the terminal's clipboard (OSC 52).";
    "copy-json" ["Y"] in RECORDS, Out "copy it as JSON": look::copy_json =>
        "Send the record as a JSON object, redacted, to the terminal's clipboard (OSC 52).";
    "plain-lines" ["Ctrl-l"] in RECORDS, Out "plain lines": mouse::plain_lines =>
        "Print the lines of the screen in full on the ordinary screen, to be selected with the mouse; any key returns.";
    "mouse" ["F2"] in EVERYWHERE, Out "mouse": mouse::mouse =>
        "Use the mouse (the wheel scrolls, a click goes to a record or a tab), or leave it to the terminal.";
    "redraw" ["Ctrl-r"] in EVERYWHERE, Out "draw anew": global::redraw =>
        "Draw the whole screen anew.";
    "field-next" ["Tab" "Down"] in &[Choice, Text], Panes "next, previous row" footer "next": panes::field_next =>
        "In the filter pane: to the next row.";
    "field-previous" ["Shift-Tab" "Up"] in &[Choice, Text], Panes "next, previous row": panes::field_previous =>
        "In the filter pane: to the previous row.";
    "choice-left" ["h" "Left"] in &[Choice], Panes "choose": panes::choice_left =>
        "In the filter pane: to the severity on the left.";
    "choice-right" ["l" "Right"] in &[Choice], Panes "choose": panes::choice_right =>
        "In the filter pane: to the severity on the right.";
    "toggle" ["Space"] in &[Choice], Panes "show from here up" footer "toggle": panes::toggle =>
        "In the filter pane: show this severity and those above it, or hide it and those below.";
    "clear" ["c"] in &[Choice], Panes "clear" footer "clear": panes::clear =>
        "In the filter pane: clear all rows.";
    "apply" ["Enter"] in &[Choice, Text, Prompt, Picker], Panes "apply" footer "apply": panes::apply =>
        "Take the filter or the search.";
    "pick-down" ["Down" "Ctrl-n"] in &[Picker], Panes "next, previous row" footer "next": picker::down =>
        "In a list to choose from: one row down.";
    "pick-up" ["Up" "Ctrl-p"] in &[Picker], Panes "next, previous row": picker::up =>
        "In a list to choose from: one row up.";
    "pick-toggle" ["Tab"] in &[Picker], Panes "tick": picker::toggle =>
        "In a list where several can be chosen: tick the row, or untick it.";
    "demo" ["d" "Enter"] in &[Start], Start "open the demo" footer "demo": global::demo =>
        "On the start screen: open the bundled demo, an incident in files that grow while you watch.";
    "palette" [":"] in &[Start, List, Split, Detail, Choice], Tabs "command palette": picker::palette =>
        "Find any action or command by a few letters of its name, and run it.";
    "help" ["?"] in &[Start, List, Split, Detail, Choice], Leave "this help" footer "help": global::help =>
        "Show the keys that work here.";
    "cancel" ["Esc"] in EVERYWHERE, Leave "cancel, drop the filter": global::cancel =>
        "Cancel what runs, close the pane, or drop the filter. Never quits.";
    "quit" ["q"] in &[Start, List, Split, Detail, Help], Leave "back, then quit" footer "quit": global::quit =>
        "Go back; with nothing to go back from: quit.";
    "cancel-or-quit" ["Ctrl-c"] in EVERYWHERE, Leave "cancel, then quit": global::cancel_or_quit =>
        "Cancel what runs or close the pane; with neither: quit.";
    "suspend" ["Ctrl-z"] in EVERYWHERE, Leave "suspend, fg returns": global::suspend =>
        "Suspend logdeck; the shell's `fg` returns to it.";
};
