//! Moves among logs, steps and causes.
//!
//! Owns where a key leads. Must not know which key, or how it is drawn.

use super::{App, Ci};
use crate::app::action::{Step, scrolled};
use crate::app::format::thousands;
use crate::app::view::Direction;

/// A part of the view that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::app) enum CiPane {
    /// The runs of watched repositories.
    Runs,
    /// The logs, or jobs.
    Logs,
    /// The steps of the chosen one.
    Steps,
    /// Its causes.
    #[default]
    Causes,
}

impl Ci {
    /// Where the cursor's log stands among all.
    fn place(&self) -> usize {
        self.order.iter().position(|log| *log == self.at.log).unwrap_or(0)
    }

    /// All causes, failed logs first: the place of the log, and the block.
    fn sequence(&self) -> impl Iterator<Item = (usize, usize)> {
        let causes = |(row, log): (usize, &usize)| (0..self.logs[*log].causes().len()).map(move |block| (row, block));
        self.order.iter().enumerate().flat_map(causes)
    }

    /// The number of the shown cause among all, from 1; none for an error of a log that passed.
    pub(super) fn number(&self) -> Option<usize> {
        let here = (self.place(), self.at.block?);
        self.sequence().position(|at| at == here).map(|at| at + 1)
    }

    /// The cause after or before the shown one.
    fn beside(&self, direction: Direction) -> Option<(usize, usize)> {
        // Before a log's first block stands the log itself.
        let here = (self.place(), self.at.block.map_or(0, |block| block + 1));
        let place = |(row, block): &(usize, usize)| (*row, block + 1);
        match direction {
            Direction::Forward => self.sequence().find(|at| place(at) > here),
            Direction::Backward => self.sequence().take_while(|at| place(at) < here).last(),
        }
    }
}

impl App {
    /// From now on nothing moves by itself.
    pub(in crate::app) fn touch_ci(&mut self) {
        if self.ci_is_shown() {
            self.ci.is_touched = true;
        }
    }

    /// To the next or previous cause, over all logs.
    pub(in crate::app) fn go_to_cause(&mut self, direction: Direction) {
        self.touch_ci();
        if let Some((row, block)) = self.ci.beside(direction) {
            let log = self.ci.order[row];
            return self.ci.go_to(log, block);
        }
        let causes = self.ci.causes() as u64;
        let count = thousands(causes);
        self.say(match (causes, direction) {
            (0, _) => "no cause was found".to_owned(),
            (1, _) => "this is the only cause".to_owned(),
            (_, Direction::Forward) => format!("this is the last of {count} causes"),
            (_, Direction::Backward) => format!("this is the first of {count} causes"),
        });
    }

    /// A move in the pane with the focus.
    pub(in crate::app) fn ci_go(&mut self, step: Step) {
        let Some(layout) = self.ci_layout() else { return };
        if self.ci_focus() != CiPane::Runs {
            self.touch_ci();
        }
        let height = |rows: Option<crate::app::Rows>| rows.map_or(1, |rows| usize::from(rows.height).max(2) - 1);
        match self.ci_focus() {
            CiPane::Runs => {
                let (row, all) = self.ci.run_row();
                let room = layout.runs.map_or(1, |rows| layout.room_of_runs(rows));
                self.go_to_run(scrolled(row, step, room, all.saturating_sub(1)));
            }
            CiPane::Logs => {
                let most = self.ci.row_count().saturating_sub(1);
                self.ci.go_to_row(scrolled(self.ci.row(), step, height(layout.logs), most));
            }
            CiPane::Steps => {
                let steps = self.ci.steps().len();
                let to = scrolled(self.ci.at.step, step, height(layout.steps), steps.saturating_sub(1));
                let block = self.ci.block_of_step(to);
                (self.ci.at.step, self.ci.at.block, self.ci.scroll) = (to, block, 0);
            }
            CiPane::Causes => {
                let room = usize::from(layout.causes.height.max(2)) - 1;
                self.ci.scroll = scrolled(self.ci.scroll, step, room, self.most_scrolled(room));
            }
        }
    }

    /// The pane that has the keys: one that there is.
    pub(in crate::app) fn ci_focus(&self) -> CiPane {
        let Some(layout) = self.ci_layout() else { return CiPane::Causes };
        match self.ci.focus {
            CiPane::Runs if layout.runs.is_some() => CiPane::Runs,
            _ if self.ci.live.is_on() && self.ci.has_only_words() => CiPane::Runs,
            CiPane::Logs if layout.logs.is_some() => CiPane::Logs,
            CiPane::Steps if layout.steps.is_some() => CiPane::Steps,
            _ => CiPane::Causes,
        }
    }

    /// To the next or previous pane that there is.
    pub(in crate::app) fn ci_next_pane(&mut self, direction: Direction) {
        const ALL: [CiPane; 4] = [CiPane::Runs, CiPane::Logs, CiPane::Steps, CiPane::Causes];
        let Some(layout) = self.ci_layout() else { return };
        let there: Vec<_> = ALL
            .into_iter()
            .filter(|pane| match pane {
                CiPane::Runs => layout.runs.is_some(),
                CiPane::Logs => layout.logs.is_some(),
                CiPane::Steps => layout.steps.is_some(),
                CiPane::Causes => true,
            })
            .collect();
        let at = there.iter().position(|pane| *pane == self.ci_focus()).unwrap_or(0);
        let by = if direction == Direction::Forward { 1 } else { there.len() - 1 };
        self.ci.focus = there[(at + by) % there.len()];
        if there.len() == 1 {
            self.say("there is no other pane here");
        }
    }

    /// A click goes to a row of a list, or gives the focus to what is under it.
    pub(in crate::app) fn click_ci(&mut self, y: u16) {
        let Some(layout) = self.ci_layout() else { return };
        let row_in = |rows: Option<crate::app::Rows>| {
            let rows = rows.filter(|rows| (rows.y..rows.y + rows.height).contains(&y))?;
            Some(usize::from(y - rows.y).checked_sub(1))
        };
        let top = |pane: usize, row: Option<usize>| row.map(|row| row + self.ci.tops[pane]);
        let (pane, row) = match (row_in(layout.runs), row_in(layout.logs), row_in(layout.steps)) {
            (Some(row), ..) => (CiPane::Runs, top(0, row.and_then(|row| row.checked_sub(layout.runs_head())))),
            (_, Some(row), _) => (CiPane::Logs, top(1, row)),
            (.., Some(row)) => (CiPane::Steps, top(2, row)),
            _ => (CiPane::Causes, None),
        };
        self.ci.focus = pane;
        let Some(row) = row else { return };
        let here = match pane {
            CiPane::Runs => self.ci.run_row().0,
            CiPane::Logs => self.ci.row(),
            _ => self.ci.at.step,
        };
        self.ci_go(Step::Lines(row as isize - here as isize));
    }

    /// Keeps the rows with the cursor on the screen, and what is scrolled within what there is.
    pub(in crate::app) fn settle_ci(&mut self) {
        if !self.ci_is_shown() {
            return;
        }
        let Some(layout) = self.ci_layout() else { return };
        let room = |rows: Option<crate::app::Rows>| rows.map_or(1, |rows| usize::from(rows.height.max(2)) - 1);
        let (run, runs) = self.ci.run_row();
        let rows = [
            (layout.runs.map_or(1, |rows| layout.room_of_runs(rows)), run, runs),
            (room(layout.logs), self.ci.row(), self.ci.row_count()),
            (room(layout.steps), self.ci.at.step, self.ci.steps().len()),
        ];
        for (n, (top, (room, cursor, all))) in self.ci.tops.iter_mut().zip(rows).enumerate() {
            *top = (*top).min(cursor).max((cursor + 1).saturating_sub(room));
            // Runs come in above: the one with the cursor stays where it is, even if there is nothing below.
            if n > 0 {
                *top = (*top).min(all.saturating_sub(room));
            }
        }
        let room = usize::from(layout.causes.height.max(2)) - 1;
        self.ci.scroll = self.ci.scroll.min(self.most_scrolled(room));
    }
}
