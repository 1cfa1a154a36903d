//! Search: the pattern, and the walk to the next record that has it, in slices.
//!
//! Owns where a search goes on at the ends. Must not know keys.

use super::App;
use super::view::{Direction, Find, Found, Target, View};
use super::window::AtEnd;
use crate::analysis::matcher::Matcher;
use crate::analysis::pattern::Needle;
use crate::model::Severity;
use crate::model::query::{Pattern, PatternKind};
use std::ops::Range;

/// The most places that are marked in one line.
const MAX_MARKS: usize = 64;

/// Records that one slice of a search looks at.
const SLICE: usize = 5_000;

/// What the user looks for.
#[derive(Clone, Debug)]
pub struct Search {
    text: String,
    needle: Needle,
    matcher: Box<Matcher>,
}

/// A search that is under way.
#[derive(Debug)]
pub(super) struct Finding {
    find: Find,
    tab: usize,
    what: What,
    wrapped: bool,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Match,
    Error,
}

impl Search {
    /// Compiles a regular expression whose case matters if it has a capital letter.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let pattern = Pattern { source: text.to_owned(), kind: PatternKind::SmartRegex };
        let needle = Needle::compile(&pattern).map_err(|error| error.problem)?;
        let matcher = Box::new(Matcher::default().and(needle.clone()));
        Ok(Self { text: text.to_owned(), needle, matcher })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It, compiled.
    pub(super) fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Where it stands in a line of the screen, in bytes.
    pub fn marks(&self, line: &str) -> Vec<Range<usize>> {
        self.needle.ranges(line, MAX_MARKS)
    }
}

impl App {
    /// Whether there are earlier searches to walk through.
    pub fn has_searched(&self) -> bool {
        !self.history.is_empty()
    }

    /// Goes to the next match or error, or begins to.
    pub(super) fn find(&mut self, what: What, direction: Direction) {
        self.leave_pods_list();
        self.leave_objects_list();
        let target = match what {
            What::Error => Target::AtLeast(Severity::Error),
            What::Match => match &self.search {
                Some(search) => Target::Matches(search.matcher.clone()),
                None => return self.say(format!("nothing was searched for yet: {} searches", self.key_of("search"))),
            },
        };
        if what == What::Match && self.search_in_file(direction) {
            return;
        }
        let find = self.tab().view.find_from_cursor(target, direction);
        self.finding = Some(Finding { find, tab: self.active, what, wrapped: false });
        self.message = None;
        self.find_slice();
    }

    /// Whether the search stops at the end of what is held, since the file has more.
    fn is_offered(&mut self, finding: &Finding) -> bool {
        let is_end = finding.what == What::Match && !finding.wrapped;
        is_end && self.at_end_of_held(finding.find.direction()) == AtEnd::Stop
    }

    /// One slice of the search that is under way.
    pub(super) fn find_slice(&mut self) {
        let Some(mut finding) = self.finding.take() else { return };
        if finding.tab != self.active {
            return;
        }
        let height = self.records_on_screen();
        let store = self.engine.store();
        let view = &mut self.tabs[finding.tab].view;
        match view.find(&mut finding.find, store, SLICE) {
            Found::Record(id) => {
                view.go_to_record(id, store, height);
                if finding.wrapped {
                    self.say(match finding.find.direction() {
                        Direction::Forward => "went on from the first record",
                        Direction::Backward => "went on from the last record",
                    });
                } else {
                    self.message = None;
                }
            }
            Found::NotYet => {
                let what = if finding.what == What::Match { "searching" } else { "looking for errors" };
                self.message = None;
                self.say(format!("{what} ..."));
                self.finding = Some(finding);
            }
            Found::Nothing if self.is_offered(&finding) => {}
            Found::Nothing if !finding.wrapped => {
                finding.find = View::find_from_end(finding.find.target().clone(), finding.find.direction());
                finding.wrapped = true;
                self.finding = Some(finding);
                self.find_slice();
            }
            Found::Nothing => match (finding.what, &self.search) {
                (What::Match, Some(search)) => {
                    let text = crate::parse::text::safe_line(search.text.as_bytes()).into_owned();
                    self.complain(format!("no match for /{text}/"));
                }
                _ => self.complain("no error in this list"),
            },
        }
    }
}
