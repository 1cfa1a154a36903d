//! What the mouse does where it is: the wheel scrolls, a click goes there.
//!
//! Owns what lies under a place of the screen. Must not know how a terminal reports it.

use super::event::{Mouse, MouseKind};
use super::{App, Pane, Rows};

/// Rows that one step of the wheel scrolls.
const WHEEL: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: Mouse) {
        self.message = None;
        match mouse.kind {
            MouseKind::WheelUp => self.wheel(-WHEEL),
            MouseKind::WheelDown => self.wheel(WHEEL),
            MouseKind::Click => self.click(mouse.column, mouse.row),
        }
    }

    fn wheel(&mut self, rows: isize) {
        let height = self.list_height();
        let in_detail = self.ci_is_shown()
            || self.pods_have_focus()
            || self.objects_have_focus()
            || self.change_has_focus()
            || self.tab().detail().is_some_and(super::Detail::is_focused);
        let is_following = self.tab().view.is_following();
        match &mut self.pane {
            Pane::Help { .. } | Pane::Origins(_) | Pane::Debug(_) | Pane::Described(_) => self.go_lines(rows),
            Pane::Picker(picker) => (0..rows.abs()).for_each(|_| picker.step(rows.signum())),
            Pane::Prompt(_) | Pane::Filter(_) | Pane::Bars(_) | Pane::Consent(_) => {}
            Pane::None if in_detail => self.go_lines(rows),
            // The end is reached already, and goes on.
            Pane::None if rows > 0 && is_following => {}
            Pane::None => self.tab_mut().view.scroll(rows, height),
        }
    }

    fn click(&mut self, column: u16, row: u16) {
        let (Pane::None, Some(layout)) = (&self.pane, self.layout()) else { return };
        let within = |rows: Rows| (rows.y..rows.y + rows.height).contains(&row);
        if row == layout.tabs {
            let place = self.tab_places().into_iter().position(|place| place.columns.contains(&column));
            if let Some(index) = place {
                self.show_tab(index);
            }
        } else if self.ci_is_shown() {
            self.click_ci(row);
        } else if self.click_pods(row) || self.click_objects(row) || self.click_change(row) {
        } else if within(layout.list) {
            if let Some(detail) = &mut self.tab_mut().detail {
                detail.focused = false;
            }
            if let Some(position) = self.position_at(usize::from(row - layout.list.y)) {
                let height = self.list_height();
                self.tab_mut().view.go_to(position, height);
            }
        } else if layout.pane.is_some_and(within)
            && let Some(detail) = &mut self.tab_mut().detail
        {
            detail.focused = true;
        }
    }

    /// The row of the view that stands in a row of the list.
    fn position_at(&self, row: usize) -> Option<usize> {
        let tab = self.tab();
        let height = self.list_height();
        let mut end = 0;
        for (n, id) in tab.view.window(tab.top, height).enumerate() {
            end += self.height_of(id, height);
            if row < end {
                return Some(tab.top + n);
            }
        }
        None
    }

    /// The records of the list that are on the screen, in full length: as written, safe for a terminal and redacted.
    pub(super) fn plain_lines(&self) -> Vec<String> {
        let tab = self.tab();
        let height = self.list_height();
        let mut left = height;
        let mut lines = Vec::new();
        for id in tab.view.window(tab.top, height) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(self.height_of(id, height));
            let text = self.copy_text(id).unwrap_or_default();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }
}
