//! The app as what the loop drives.
//!
//! Owns the joint between `app`, `ui` and the loop. Must not decide anything.

use super::event_loop::Program;
use super::pace::Urgency;
use super::terminal::{Frame, Picture};
use crate::app::event::{Effect, Event};
use crate::app::{App, Background, FrameNeed, update};
use crate::model::{Address, SourceId, Timestamp};
use crate::ui;
use std::time::Duration;

impl Picture for App {
    fn render(&self, frame: &mut Frame<'_>) {
        ui::render(self, frame);
    }
}

impl Program for App {
    fn open(&mut self, id: SourceId, address: &Address, label: &str) {
        Self::open(self, id, label, address.tab());
    }

    fn set_now(&mut self, now: Timestamp) {
        Self::set_now(self, now);
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        update(self, event)
    }

    fn wants(&self) -> Option<Urgency> {
        match self.needs_frame() {
            FrameNeed::No => None,
            FrameNeed::Soon => Some(Urgency::Soon),
            FrameNeed::Now => Some(Urgency::AtOnce),
        }
    }

    fn drawn(&mut self) {
        Self::drawn(self);
    }

    fn next_tick(&self) -> Duration {
        Self::next_tick(self)
    }

    fn background(&mut self, background: Background) {
        self.set_background(background);
    }
}
