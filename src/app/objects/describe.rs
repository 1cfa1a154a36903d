//! What the list knows about one object, until its service says all.
//!
//! Owns the words. The pane is in `app/described`. Must not know how a service is asked or how lines are drawn.

use super::words::{plural, state_role};
use super::{App, ObjectId};
use crate::app::described::line;
use crate::app::format::{age, bytes, thousands};
use crate::app::{BodyLine, Role};
use crate::model::objects::ObjectState;
use crate::parse::text::safe_line;

impl App {
    /// What the list knows of an object; nothing where it is no longer listed.
    pub(in crate::app) fn about_object(&self, id: &ObjectId) -> Option<Vec<BodyLine>> {
        let object = &self.objects.table.find(id)?.object;
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let mut lines = Vec::new();
        let mut row = |name: &str, text: String, role| {
            if !text.is_empty() {
                lines.push(line(format!("{name:<12}{text}"), role));
            }
        };
        row("bucket", safe(&object.key.bucket), Role::Text);
        row("name", safe(&object.key.name), Role::Text);
        row("generation", object.key.generation.to_string(), Role::Text);
        let size = if object.size < 1024 {
            bytes(object.size)
        } else {
            format!("{}, {} bytes", bytes(object.size), thousands(object.size))
        };
        row("size", size, Role::Text);
        let updated = object.updated.map(|at| {
            let time = at.to_jiff().strftime("%Y-%m-%d %H:%M:%S%.fZ");
            format!("{time} ({} ago)", age(self.now.0.saturating_sub(at.0)))
        });
        row("updated", updated.unwrap_or_default(), Role::Text);
        let (word, role) = state_role(&object.state);
        let words = match &object.state {
            ObjectState::Left(why) => format!("{word}: {}", safe(why)),
            ObjectState::Reading { done, rate } => {
                format!("{word}: {} of {}, {}/s", bytes(*done), bytes(object.size), bytes(*rate))
            }
            ObjectState::Partial { done, why, .. } => {
                format!("{word}: {} of {}, {}", bytes(*done), bytes(object.size), safe(why))
            }
            ObjectState::Failed { why, next } => {
                let next = next.map(|at| format!(", next try in {}", age(at.0.saturating_sub(self.now.0))));
                format!("{word}: {}{}", safe(why), next.unwrap_or_default())
            }
            ObjectState::Listed => "listed, not read".to_owned(),
            ObjectState::Queued | ObjectState::Read | ObjectState::Gone => word.to_owned(),
        };
        row("state", words, role);
        row("lines", plural(object.records, "line"), Role::Text);
        let account = self.objects.places.get(&id.0).and_then(|place| place.scope.as_ref());
        row("asked as", account.map(|scope| safe(&scope.account)).unwrap_or_default(), Role::Text);
        Some(lines)
    }
}
