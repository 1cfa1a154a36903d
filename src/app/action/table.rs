//! The rows: every action with its keys, where it works, and what it is called.
//!
//! Owns [`ACTIONS`]. A new key is a row here and nothing else. Must not know how an action does its work.

use super::Context::{
    Bars, Change, Choice, Ci, Consent, Detail, DocLines, Help, List, ObjectLines, Objects, Origins, Picker, PodLines,
    Pods, Prompt, Runs, Split, Start, Text,
};
use super::{ActionSpec, Context, Group};
use super::{
    ci, documents, finding, global, list, look, marks, mouse, objects, open, out, panes, picker, pods, rows, time,
    window,
};

const RECORDS: &[Context] = &[List, PodLines, ObjectLines, DocLines, Split, Detail];
/// Also where the list above the records has the keys.
const LINES: &[Context] = &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail];
const CAUSES: &[Context] = &[Runs, Ci];
const PODS: &[Context] = &[Pods, PodLines];
const OBJECTS: &[Context] = &[Objects, ObjectLines];
const DOCUMENTS: &[Context] = &[DocLines, Change];
const SCROLLING: &[Context] =
    &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Origins, Runs, Ci, Help];
const PAGING: &[Context] =
    &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Runs, Ci, Help];
const SIDEWAYS: &[Context] = &[List, PodLines, ObjectLines, DocLines, Split, Detail, Runs, Ci];
const PANES: &[Context] = &[Split, Detail];
const SCREENS: &[Context] =
    &[Start, List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Runs, Ci];
const TIMELINES: &[Context] = &[Start, List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail];
const EVERYWHERE: &[Context] = &[
    Start,
    Runs,
    Ci,
    List,
    PodLines,
    Pods,
    ObjectLines,
    Objects,
    DocLines,
    Change,
    Split,
    Detail,
    Choice,
    Text,
    Prompt,
    Picker,
    Origins,
    Bars,
    Consent,
    Help,
];

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
    "page-down" ["Space" "PgDn"] in &[List, PodLines, ObjectLines, DocLines, Split, Runs, Ci, Help], Move "page": list::page_down =>
        "One page down.";
    "detail-page-down" ["PgDn"] in &[Detail, Change], Move "page": list::page_down =>
        "In the detail pane: one page down.";
    "pods-page-down" ["PgDn"] in &[Pods, Objects], Move "page": list::page_down =>
        "In the list of pods or objects: one page down.";
    "page-up" ["b" "PgUp"] in PAGING, Move "page": list::page_up =>
        "One page up.";
    "top" ["g" "Home"] in SCROLLING, Move "top, bottom": list::top =>
        "To the first line; there, to the older window of a file that does not fit into memory.";
    "bottom" ["G" "End"] in SCROLLING, Move "top, bottom": list::bottom =>
        "To the last line; in the list this also follows new records.";
    "left" ["h" "Left"] in SIDEWAYS, Move "sideways": list::left =>
        "Scroll long lines to the left.";
    "right" ["l" "Right"] in SIDEWAYS, Move "sideways": list::right =>
        "Scroll long lines to the right.";
    "older-window" ["["] in &[List], Move "older, newer window": window::older =>
        "Load the part of a large file before the one in memory; a compressed one is indexed first, once.";
    "newer-window" ["]"] in &[List], Move "older, newer window": window::newer =>
        "Load the part of a large file behind the one that is shown; following returns to its end.";
    "follow" ["f"] in LINES, Move "follow, pause": list::follow =>
        "Keep the cursor on the newest record, or stop doing so.";
    "search" ["/"] in LINES, Find "search" footer "search": list::search =>
        "Search for text or a regular expression.";
    "next" ["n"] in LINES, Find "next, previous match": list::next =>
        "To the next match of the search.";
    "previous" ["N"] in LINES, Find "next, previous match": list::previous =>
        "To the previous match of the search.";
    "search-older" ["Up" "Ctrl-p"] in &[Prompt], Panes "earlier, later search": finding::history_older =>
        "In the search prompt: the search before; what was typed comes back behind the newest.";
    "search-newer" ["Down" "Ctrl-n"] in &[Prompt], Panes "earlier, later search": finding::history_newer =>
        "In the search prompt: the search after.";
    "show-all" ["O"] in RECORDS, Find "all with a value": finding::show_all =>
        "Choose a value of the record, and show all records that have it, in every tab.";
    "hide-like" ["i"] in RECORDS, Find "hide what is like it": finding::hide_like =>
        "Hide the records whose text is like this one's, whatever numbers and ids it has.";
    "count-matches" ["#"] in RECORDS, Find "count in the file": window::count =>
        "Count the lines that match the last search, in the whole file.";
    "next-error" ["e"] in LINES, Find "next, previous error": list::next_error =>
        "To the next error; when a job failed, back to its causes.";
    "previous-error" ["E"] in LINES, Find "next, previous error": list::previous_error =>
        "To the previous error.";
    "next-cause" ["e"] in CAUSES, Find "next, previous cause" footer "next cause": ci::next =>
        "To the next cause of a failure, over all logs of an archive; failed logs come first.";
    "previous-cause" ["E"] in CAUSES, Find "next, previous cause": ci::previous =>
        "To the cause before.";
    "open-run" ["Enter"] in &[Runs], Look "open the run" footer "open": ci::open_run =>
        "Go to the jobs of the run, and fetch its log if that was not done.";
    "refresh" ["r"] in CAUSES, Look "ask the service now": ci::refresh =>
        "Ask the CI service now: for runs, and again for a log that could not be had.";
    "open-page" ["o"] in CAUSES, Look "open in browser": ci::open_page =>
        "Open the page of the run or job in a browser; without one its address is printed.";
    "filter-runs" ["F"] in CAUSES, Find "choose runs": ci::filter_runs =>
        "Choose which runs are shown: by result, branch, workflow or person.";
    "whole-log" ["Enter"] in &[Ci], Look "whole log" footer "whole log": ci::whole_log =>
        "Show the whole log at the line of the cause, or of the step; Esc goes back.";
    "causes" [] in SIDEWAYS, Find "causes of failures": ci::causes =>
        "Show the logs of jobs and the causes of their failures; there: look for them again.";
    "mark-pod" ["Space"] in &[Pods], Find "mark: only these" footer "mark": pods::mark =>
        "Mark the pod, or take its mark away: while some are marked, only their lines are shown.";
    "all-pods" ["a"] in PODS, Find "all pods" footer "all": pods::all =>
        "Show the lines of all pods: takes the marks away.";
    "only-pod" ["Enter"] in &[Pods], Find "only this pod" footer "only it": pods::only =>
        "Show only the lines of this pod; Esc goes back.";
    "previous-run" ["p"] in PODS, Look "previous run" footer "previous run": pods::previous_run =>
        "Read the log of the run before, of the pod's containers, or of the line's container.";
    "describe" ["d"] in PODS, Look "describe the pod" footer "describe": pods::describe =>
        "Show all about the pod: status, containers, streams, conditions, events, owner, images.";
    "refresh-pods" ["r"] in PODS, Look "ask the cluster now": pods::refresh =>
        "Ask the cluster now, also what waits for its next try; the worst pods come first again.";
    "pods" [] in PODS, Look "list of pods": pods::show =>
        "Show the list of pods, or hide it.";
    "mark-object" ["Space"] in &[Objects], Find "mark: only these" footer "mark": objects::mark =>
        "Mark the object, or take its mark away: while some are marked, only their lines are shown.";
    "all-objects" ["a"] in OBJECTS, Find "all objects" footer "all": objects::all =>
        "Show the lines of all objects: takes the marks away.";
    "only-object" ["Enter"] in &[Objects], Find "only this object" footer "only it": objects::only =>
        "Show only the lines of this object; Esc goes back.";
    "read-object" ["o"] in &[Objects], Look "read it, read more" footer "read": objects::read =>
        "Read the object now, or more of it where a limit ended the reading.";
    "older-objects" ["["] in OBJECTS, Look "older objects": objects::older =>
        "Read the objects before the oldest that was read.";
    "stop-reading" [] in OBJECTS, Look "read no more": objects::stop =>
        "Read no more of any object; Esc on an object that is being read stops that one.";
    "describe-object" ["d"] in OBJECTS, Look "describe the object" footer "describe": objects::describe =>
        "Show all about the object: its metadata, and how far it was read.";
    "refresh-objects" ["r"] in OBJECTS, Look "list now, retry": objects::refresh =>
        "List the objects now, and try again what failed.";
    "objects" [] in OBJECTS, Look "list of objects": objects::show =>
        "Show the list of objects, or hide it.";
    "older-documents" ["["] in DOCUMENTS, Look "older documents": documents::older =>
        "Read the documents before the oldest that was read.";
    "show-change" ["v"] in DOCUMENTS, Look "the change": documents::show =>
        "Show the pane with the change under the cursor and the whole document, or hide it.";
    "expand" ["Enter" "Space" "o"] in &[Change], Look "expand, fold" footer "expand": documents::expand =>
        "In the pane with the change: open or fold the map or list under the cursor.";
    "spend-reads" ["$"] in DOCUMENTS, Look "go on over the budget": documents::spend =>
        "When the reads of this hour are spent: go on for as many again. Reads cost money.";
    "describe-documents" ["d"] in DOCUMENTS, Look "describe the query": documents::describe =>
        "Show all about the collections: account, order, reads, budget, and problems in full.";
    "refresh-documents" ["r"] in DOCUMENTS, Look "ask now": documents::refresh =>
        "Ask the database now, also where it waits for its next try.";
    "go-to-time" ["@"] in RECORDS, Find "go to a time": time::go_to =>
        "Go to a time: 14:02, 2026-01-02T15:04, 10m before now, 10m@end before the end, +30s or -5m from the line.";
    "filter" ["F"] in LINES, Find "filter pane" footer "filter": panes::open_filter =>
        "Open the filter pane: severity, time, text, hidden text, field, saved filters.";
    "less-severe" ["-"] in &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Choice], Find "severity down, up": panes::less_severe =>
        "Show records that are one level less severe, too.";
    "more-severe" ["+" "="] in &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Choice], Find "severity down, up": panes::more_severe =>
        "Hide the records of the lowest severity that is shown.";
    "context" ["z"] in RECORDS, Find "context, unfiltered" footer "context": panes::context =>
        "Show what the filter hides around the line; again to go back to the filter.";
    "keep-context" ["C"] in RECORDS, Find "lines around matches": rows::keep_context =>
        "What the filter hides: all of it, all but some lines around each match, or nothing: then it is dimmed.";
    "detail" ["Enter"] in &[List, PodLines, ObjectLines, DocLines, Split, Detail], Look "detail" footer "detail": look::detail =>
        "Open or close the detail pane: all fields of the record and its neighbours.";
    "wrap" ["w"] in SIDEWAYS, Look "wrap": look::wrap =>
        "Wrap long lines, or cut them off.";
    "collapse" ["D"] in RECORDS, Look "collapse repeats": rows::collapse =>
        "Show lines that differ only in numbers as one line with a count, or each by itself.";
    "open-record" ["o"] in RECORDS, Look "open, fold": open::open =>
        "Open the record of several lines in the list, or fold it; in the detail pane: the object or array; a problem's page.";
    "unfold-all" [] in RECORDS, Look "open all records": open::unfold_all =>
        "Open every record of several lines in the list.";
    "fold-all" [] in RECORDS, Look "fold all records": open::fold_all =>
        "Fold every record of several lines in the list.";
    "choose-columns" ["c"] in RECORDS, Look "columns from fields": open::columns =>
        "Choose fields of the records to be columns of the list.";
    "mark" ["m"] in RECORDS, Look "mark, note": marks::mark =>
        "Mark the record, or take its mark away.";
    "note" ["M"] in RECORDS, Look "mark, note": marks::note =>
        "Write a note on the record, and mark it.";
    "next-mark" ["'"] in RECORDS, Move "next, previous mark": marks::next =>
        "To the next mark in time.";
    "previous-mark" ["\""] in RECORDS, Move "next, previous mark": marks::previous =>
        "To the previous mark in time.";
    "marks" [] in RECORDS, Move "list of marks": marks::list =>
        "List all marks, to jump to one.";
    "time" ["t"] in &[List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Runs, Ci], Look "time: utc, local, age": look::time =>
        "Show times in UTC, in the local zone, as age, or not at all.";
    "histogram" ["H"] in LINES, Look "histogram": look::histogram =>
        "Show or hide the histogram: records over time by severity, whatever the filter.";
    "bars" ["B"] in LINES, Look "choose on the bars": time::bars =>
        "Choose a bar or a window on the histogram, and filter to it.";
    "origins" ["L"] in LINES, Look "list of origins": time::origins =>
        "List every origin with its state, counts and bars; show only some of them.";
    "raw" ["J"] in PANES, Look "fields, raw, bytes": look::raw =>
        "In the detail pane: show the fields, the text as it was written, or its bytes in hexadecimal.";
    "fold" ["Space"] in &[Detail], Look "open, fold object": open::fold_or_page =>
        "In the detail pane: open or fold the object or array under the cursor; elsewhere one page down.";
    "reveal" ["R"] in &[DocLines, Change, Split, Detail], Look "reveal secrets": look::reveal =>
        "In the detail pane: show redacted values, on this screen only.";
    "wider" ["]"] in PANES, Look "more, fewer around": look::wider =>
        "In the detail pane: show more neighbours.";
    "narrower" ["["] in PANES, Look "more, fewer around": look::narrower =>
        "In the detail pane: show fewer neighbours.";
    "theme" ["T"] in SCREENS, Look "theme": look::theme =>
        "Next theme: auto, dark, light, 16, mono, ascii, then your own.";
    "all-sources" ["A"] in TIMELINES, Tabs "all sources by time": time::all_sources =>
        "Show the records of all sources by time, of other tabs too; again for this tab's own.";
    "tab-gcs" ["1"] in SCREENS, Tabs "tab": global::tab_gcs =>
        "To tab GCS. While paused, the time under the cursor goes along; back again, one is on the same line.";
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
    "pods-or-lines" ["Tab" "Shift-Tab"] in PODS, Tabs "pods, or lines" footer "pods": pods::next_pane =>
        "To the list of pods, or from there to the lines.";
    "objects-or-lines" ["Tab" "Shift-Tab"] in OBJECTS, Tabs "objects, or lines" footer "objects": objects::next_pane =>
        "To the list of objects, or from there to the lines.";
    "change-or-lines" ["Tab" "Shift-Tab"] in DOCUMENTS, Tabs "change, or list" footer "change": documents::next_pane =>
        "To the pane with the change, or from there to the list.";
    "next-list" ["Tab"] in CAUSES, Tabs "next, previous list" footer "lists": ci::next_pane =>
        "Among runs, jobs or logs, steps and causes: to the next one.";
    "previous-list" ["Shift-Tab"] in CAUSES, Tabs "next, previous list": ci::previous_pane =>
        "Among runs, jobs or logs, steps and causes: to the one before.";
    "copy-cause" ["y"] in CAUSES, Out "copy as Markdown" footer "copy": ci::copy =>
        "Send the cause with its log, step and lines as Markdown, redacted, to the terminal's clipboard (OSC 52).";
    "copy-document" ["y"] in &[Change], Out "copy as JSON" footer "copy": documents::copy =>
        "Send the whole document as JSON, redacted, to the terminal's clipboard (OSC 52).";
    "copy" ["y"] in RECORDS, Out "copy the record" footer "copy": out::copy =>
        "Send the record's text, redacted, to the terminal's clipboard (OSC 52).";
    "copy-json" ["Y"] in RECORDS, Out "copy it as JSON": out::copy_json =>
        "Send the record as a JSON object, redacted, to the terminal's clipboard (OSC 52).";
    "copy-marked" ["Alt-y"] in RECORDS, Out "copy all marked": out::copy_marked =>
        "Send the text of all marked records, redacted, to the terminal's clipboard (OSC 52).";
    "export" ["x"] in RECORDS, Out "export the view": out::export =>
        "Write all records that are shown, redacted, into a new file: text, JSON lines, CSV or Markdown.";
    "handover" ["X"] in RECORDS, Out "hand over the marks": out::handover =>
        "Write all marked records and their notes, redacted, into a new Markdown file.";
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
        "In the filter pane: to the severity or saved filter on the left.";
    "choice-right" ["l" "Right"] in &[Choice], Panes "choose": panes::choice_right =>
        "In the filter pane: to the severity or saved filter on the right.";
    "toggle" ["Space"] in &[Choice], Panes "show from here up" footer "toggle": panes::toggle =>
        "In the filter pane: show this severity and those above it, or hide it and those below; load the saved filter.";
    "clear" ["c"] in &[Choice], Panes "clear" footer "clear": panes::clear =>
        "In the filter pane: clear all rows.";
    "save-filter" ["w"] in &[Choice], Panes "save, delete a filter": finding::save_filter =>
        "In the filter pane: save the filter under a name.";
    "delete-filter" ["d" "Del"] in &[Choice], Panes "save, delete a filter": finding::delete_filter =>
        "In the filter pane: delete the saved filter with the cursor; it asks once.";
    "apply" ["Enter"] in &[Choice, Text, Prompt, Picker, Origins, Bars], Panes "apply" footer "apply": panes::apply =>
        "Take the filter or the search.";
    "origin-toggle" ["Space"] in &[Origins], Panes "tick" footer "tick": time::toggle_origin =>
        "In the list of origins: tick the row, or untick it; Enter shows only the ticked ones, or the cursor's.";
    "origin-page-down" ["PgDn"] in &[Origins], Panes "page of origins": list::page_down =>
        "In the list of origins: one page down.";
    "origin-page-up" ["PgUp"] in &[Origins], Panes "page of origins": list::page_up =>
        "In the list of origins: one page up.";
    "bar-left" ["h" "Left"] in &[Bars], Panes "bar": time::bar_left =>
        "On the bars: one to the left.";
    "bar-right" ["l" "Right"] in &[Bars], Panes "bar": time::bar_right =>
        "On the bars: one to the right.";
    "bars-left" ["Ctrl-u" "PgUp"] in &[Bars], Panes "ten bars": time::bars_left =>
        "On the bars: ten to the left.";
    "bars-right" ["Ctrl-d" "PgDn"] in &[Bars], Panes "ten bars": time::bars_right =>
        "On the bars: ten to the right.";
    "bar-first" ["0" "g" "Home"] in &[Bars], Panes "first, last bar": time::bar_first =>
        "On the bars: to the first one with records.";
    "bar-last" ["$" "G" "End"] in &[Bars], Panes "first, last bar": time::bar_last =>
        "On the bars: to the last one.";
    "bar-window" ["Space" "v"] in &[Bars], Panes "begin a window": time::begin_window =>
        "On the bars: begin a window here; Enter filters to it.";
    "allow" ["y"] in &[Consent], Panes "may run, may not": pods::allow =>
        "Allow the program that a kubeconfig wants to run for credentials, now and later.";
    "refuse" ["n"] in &[Consent], Panes "may run, may not": pods::refuse =>
        "Refuse the program that a kubeconfig wants to run for credentials.";
    "pick-down" ["Down" "Ctrl-n"] in &[Picker], Panes "next, previous row" footer "next": picker::down =>
        "In a list to choose from: one row down.";
    "pick-up" ["Up" "Ctrl-p"] in &[Picker], Panes "next, previous row": picker::up =>
        "In a list to choose from: one row up.";
    "pick-toggle" ["Tab"] in &[Picker], Panes "tick, complete": picker::toggle =>
        "In a list where several can be chosen: tick the row, or untick it. In the command palette: complete the name.";
    "demo" ["d" "Enter"] in &[Start], Start "open the demo" footer "demo": global::demo =>
        "On the start screen: open the bundled demo, an incident in files that grow while you watch.";
    "debug" [] in SCREENS, Look "debug pane": look::debug =>
        "Show rates, lags, queues, frame times, bytes and memory, once a second.";
    "palette" [":"] in &[Start, Runs, Ci, List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Choice, Help], Tabs "command palette": picker::palette =>
        "Find any action or command by a few letters of its name, and run it.";
    "help" ["?"] in &[Start, Runs, Ci, List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Choice], Leave "this help" footer "help": global::help =>
        "Show the keys that work here.";
    "find-action" ["/"] in &[Help], Leave "find an action": picker::palette =>
        "In the help: find an action in the command palette.";
    "cancel" ["Esc"] in EVERYWHERE, Leave "cancel, filter before": global::cancel =>
        "Cancel what runs, close the pane, or go back to the filter before the last change. Never quits.";
    "quit" ["q"] in &[Start, Runs, Ci, List, PodLines, Pods, ObjectLines, Objects, DocLines, Change, Split, Detail, Consent, Help], Leave "back, then quit" footer "quit": global::quit =>
        "Go back; with nothing to go back from: quit.";
    "cancel-or-quit" ["Ctrl-c"] in EVERYWHERE, Leave "cancel, then quit": global::cancel_or_quit =>
        "Cancel what runs or close the pane; with neither: quit.";
    "suspend" ["Ctrl-z"] in EVERYWHERE, Leave "suspend, fg returns": global::suspend =>
        "Suspend logdeck; the shell's `fg` returns to it.";
};
