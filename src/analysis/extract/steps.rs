//! Steps and groups of a log.
//!
//! Owns the marks that CI services put around steps, and the list of steps. Must not know rules.
//! Forms: GitHub's `##[group]Run …` and `Post job cleanup.`, GitLab's `section_start:UNIX:NAME`, Travis' `travis_fold:start:NAME`,
//! Azure's `##[section]Starting: …`.

use super::{Step, StepState};
use crate::model::Timestamp;
use crate::model::time::SECOND;

/// Steps are counted beyond this many, not kept.
const MAX_STEPS: usize = 10_000;

/// Literals by which lines that may be marks are found in raw text.
pub(super) const LITERALS: [&str; 6] =
    ["##[group]", "##[endgroup]", "##[section]", "section_start:", "travis_fold:start:", "Post job cleanup."];

/// What a line says about steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A step begins.
    Step(&'a [u8]),
    /// A group inside of a step begins.
    Group,
    /// A group ends.
    GroupEnd,
}

/// Reads a line: as it stands in the log, and clean.
pub(super) fn event<'a>(raw: &'a [u8], clean: &'a [u8]) -> Option<Event<'a>> {
    if let Some(name) = clean.strip_prefix(b"##[group]") {
        return Some(if name.starts_with(b"Run ") { Event::Step(name) } else { Event::Group });
    }
    if clean.starts_with(b"##[endgroup]") {
        return Some(Event::GroupEnd);
    }
    if let Some(name) = clean.strip_prefix(b"##[section]Starting: ") {
        return Some(Event::Step(name));
    }
    if clean == b"Post job cleanup." {
        return Some(Event::Step(b"Post job cleanup"));
    }
    for mark in [&b"section_start:"[..], b"travis_fold:start:"] {
        if let Some(at) = memchr::memmem::find(raw, mark) {
            let rest = &raw[at + mark.len()..];
            let end = rest.iter().position(|b| matches!(b, b'\r' | b'\x1b' | b'[' | b' ')).unwrap_or(rest.len());
            let name = &rest[..end];
            // GitLab: UNIX:NAME.
            let name = name.iter().position(|b| *b == b':').map_or(name, |at| &name[at + 1..]);
            return Some(Event::Step(name));
        }
    }
    None
}

/// When a section begins, as its mark says it: `section_start:UNIX:NAME`.
pub(super) fn section_time(raw: &[u8]) -> Option<Timestamp> {
    const MARK: &[u8] = b"section_start:";
    let rest = &raw[memchr::memmem::find(raw, MARK)? + MARK.len()..];
    let digits = rest.iter().take(12).take_while(|b| b.is_ascii_digit()).count();
    let seconds: i64 = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    (rest.get(digits) == Some(&b':')).then_some(Timestamp(seconds.checked_mul(SECOND)?))
}

/// The steps so far.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) list: Vec<Step>,
}

impl Steps {
    /// The step in which the log is now.
    pub(super) fn current(&self) -> Option<usize> {
        self.list.len().checked_sub(1)
    }

    /// A step begins at this line.
    pub(super) fn begin(&mut self, name: &[u8], line: u64, offset: u64, time: Option<Timestamp>) {
        if self.list.is_empty() && line > 1 {
            self.push("Set up job", 1, 0, None);
        }
        self.end(line - 1, time);
        self.push(&String::from_utf8_lossy(&name[..name.len().min(1024)]), line, offset, time);
    }

    fn push(&mut self, name: &str, start: u64, offset: u64, began: Option<Timestamp>) {
        if self.list.len() < MAX_STEPS {
            let (state, ended) = (StepState::Unknown, None);
            self.list.push(Step { name: name.to_owned(), start, offset, end: start, state, began, ended, errors: 0 });
        }
    }

    /// The current step, if there is one, ends with this line.
    pub(super) fn end(&mut self, line: u64, time: Option<Timestamp>) {
        if let Some(step) = self.list.last_mut() {
            step.end = line.max(step.start);
            step.ended = time;
        }
    }

    /// The log says that the current step failed.
    pub(super) fn fail(&mut self, state: StepState) {
        if let Some(step) = self.list.last_mut() {
            step.state = state;
        }
    }

    /// The log has ended: steps before the last one that nothing failed in have passed.
    pub(super) fn finish(&mut self, lines: u64, time: Option<Timestamp>) {
        self.end(lines, time);
        let last = self.list.len().saturating_sub(1);
        for step in &mut self.list[..last] {
            if step.state == StepState::Unknown {
                step.state = StepState::Passed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_services_are_read() {
        let check = |raw: &str, clean: &str, expected: Option<Event<'_>>| {
            assert_eq!(event(raw.as_bytes(), clean.as_bytes()), expected, "{raw:?}");
        };
        check("2022-01-01T00:00:00Z ##[group]Run make", "##[group]Run make", Some(Event::Step(b"Run make")));
        check("##[group]Fetching", "##[group]Fetching", Some(Event::Group));
        check("##[endgroup]", "##[endgroup]", Some(Event::GroupEnd));
        check("section_start:1600000000:build_script\r\x1b[0KBuild", "Build", Some(Event::Step(b"build_script")));
        check("section_start:1600000000:a[collapsed=true]\r\x1b[0K", "", Some(Event::Step(b"a")));
        check("travis_fold:start:install\r\x1b[0K$ npm ci", "$ npm ci", Some(Event::Step(b"install")));
        check("plain", "plain", None);
    }

    #[test]
    fn sections_say_when_they_begin() {
        let check = |raw: &str, expected: Option<i64>| {
            assert_eq!(section_time(raw.as_bytes()).map(|time| time.0 / SECOND), expected, "{raw:?}");
        };
        check("section_end:1:a\r\x1b[0Ksection_start:1600000000:b\r", Some(1_600_000_000));
        check("section_start:x:b", None);
        check("section_start:99999999999999:b", None);
        check("section_start:16", None);
        check("plain", None);
    }
}
