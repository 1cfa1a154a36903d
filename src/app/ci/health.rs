//! What header and status line say of logs that are looked at.
//!
//! Owns the words. Must not know colours.

use super::look::plural;
use super::runs::roughly;
use super::{App, Log, Stage};
use crate::app::format::{bytes, thousands};
use crate::app::status::Health;
use crate::app::{Role, text};
use crate::parse::text::safe_line;

/// Below this width words are shorter.
const WIDE: u16 = 100;

impl App {
    /// What the header says while logs are shown, or are looked at.
    pub(in crate::app) fn ci_health(&self) -> Vec<Health> {
        let mut parts = if self.ci_is_shown() { self.fetch_health() } else { Vec::new() };
        let looking: Vec<_> = self.ci.scoped_looks().filter(|look| look.stage == Stage::Looking).collect();
        if !looking.is_empty() {
            let (done, of) =
                looking.iter().fold((0, 0), |sum, look| (sum.0 + look.progress.0, sum.1 + look.progress.1));
            let percent = if of > 0 { u128::from(done.min(of)) * 100 / u128::from(of) } else { 0 };
            let cancel = self.key_of("cancel");
            // A short look is not worth a word over the records.
            if done == 0 && !self.ci_is_shown() {
                return parts;
            }
            let text = match (done, of) {
                (0, _) => "looking for causes ...".to_owned(),
                (_, 0) => format!("looking for causes: {}, {cancel} cancels", bytes(done)),
                _ => format!("looking for causes: {percent} % of {}, {cancel} cancels", bytes(of)),
            };
            parts.push(Health { text, role: Role::Accent });
        }
        if !self.ci_is_shown() {
            return parts;
        }
        let (mut cancelled, mut not_text) = (0, 0);
        for look in self.ci.scoped_looks() {
            not_text += look.not_text;
            if look.stage == Stage::Cancelled {
                let seen = self.ci.scoped_logs().filter(|log| log.is_read).count();
                cancelled += look.logs.saturating_sub(seen);
            }
        }
        let broken = self.ci.scoped_logs().filter(|log| log.problem.is_some()).count()
            + self.ci.scoped_looks().map(|look| look.problems.saturating_sub(super::PROBLEMS)).sum::<usize>();
        if cancelled > 0 {
            let text = format!("cancelled: {} left out", plural(cancelled as u64, "log"));
            parts.push(Health { text, role: Role::Warn });
        }
        if broken > 0 {
            let text = format!("{} not read, or not to the end", thousands(broken as u64));
            parts.push(Health { text, role: Role::Warn });
        }
        if let Some((name, passed)) = self.ci.scoped_looks().find_map(|look| look.green.as_ref()) {
            let ago = passed.map(|passed| roughly(self.told_now().0.saturating_sub(passed.0)));
            let text = match ago.filter(|_| self.size.0 >= WIDE) {
                Some(ago) => format!("compared with {name} (passed {ago} ago)"),
                None => format!("compared with {name}"),
            };
            parts.push(Health { text, role: Role::Ok });
        } else if let Some(why) = self.ci.live.no_green().filter(|_| self.ci.scoped_looks().next().is_some()) {
            let why = safe_line(why.as_bytes());
            // Beside it the header has the run, and how asking goes.
            let room = usize::from(self.size.0 * 3 / 8);
            let why = match text::width(&why) {
                width if width <= room => why.into_owned(),
                _ => format!("{}...", text::piece(&why, 0, room.saturating_sub(3)).text.trim_end()),
            };
            parts.push(Health { text: format!("compared with nothing: {why}"), role: Role::Dim });
        }
        if self.is_another_job() {
            let text = "most lines are new: is it the same job?".to_owned();
            parts.push(Health { text, role: Role::Warn });
        }
        if not_text > 0 {
            let text = format!(
                "{} without text",
                if not_text == 1 { "1 entry".to_owned() } else { format!("{not_text} entries") }
            );
            parts.push(Health { text, role: Role::Dim });
        }
        if self.ci.live.is_on() && !self.ci.live.is_local() {
            let taken = parts.iter().map(|part| text::width(&part.text) + 3).sum();
            parts.extend(self.forge_health(taken));
            return parts;
        }
        if parts.is_empty() {
            let bytes_read = self.ci.scoped_logs().map(|log| log.extract.bytes).sum();
            let logs = self.ci.scoped_logs().filter(|log| log.is_read).count() as u64;
            let text = format!("{}, {}", plural(logs, "log"), bytes(bytes_read));
            parts.push(Health { text, role: Role::Ok });
        }
        parts
    }

    /// Whether hardly a line of the logs stands in the passing log.
    fn is_another_job(&self) -> bool {
        let new = |log: &Log| Some((log.extract.new_lines?, log.extract.lines));
        let (new, all) =
            self.ci.scoped_logs().filter_map(new).fold((0, 0), |sum, (new, all)| (sum.0 + new, sum.1 + all));
        all >= 50 && new * 10 > all * 8
    }

    /// Whether there are lists beside the causes, and causes to walk: for the keys that are worth a word.
    pub fn ci_has(&self) -> (bool, bool) {
        let lists = self.ci_layout().is_some_and(|at| at.runs.is_some() || at.logs.is_some() || at.steps.is_some());
        (lists, self.ci.causes() > 0)
    }

    /// What the status line says first while logs are shown.
    pub fn ci_status(&self) -> Vec<(String, Role)> {
        let (failed, causes) = (self.ci.failed() as u64, self.ci.causes() as u64);
        if let Some(mut parts) = self.run_status() {
            if causes > 0 {
                parts.push((plural(causes, "cause"), Role::Text));
            }
            return parts;
        }
        let logs = self.ci.scoped_logs().filter(|log| log.is_read).count() as u64;
        let state = match (failed, logs) {
            (0, _) if self.ci.is_looking() => ("LOOKING".to_owned(), Role::Accent),
            (0, _) if causes > 0 => ("no verdict".to_owned(), Role::Dim),
            (0, _) => ("no failure".to_owned(), Role::Ok),
            (1, 1) => ("FAILED".to_owned(), Role::Error),
            (failed, logs) => (format!("FAILED {} of {} logs", thousands(failed), thousands(logs)), Role::Error),
        };
        let mut parts = vec![state];
        if causes > 0 {
            let what = if failed > 0 { "cause" } else { "possible cause" };
            parts.push((plural(causes, what), Role::Text));
        }
        parts
    }
}
