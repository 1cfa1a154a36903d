//! Short names of origins, and what tells those apart that have the same one.
//!
//! Owns the count of short names. Must not know columns.

use super::App;
use super::rows::short_name;
use crate::model::OriginId;
use crate::model::address::Tab;
use crate::parse::text::safe_line;
use std::borrow::Cow;
use std::collections::HashMap;

/// The origins of each short name.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_short: HashMap<String, Namesakes>,
}

/// Origins that have the same short name.
#[derive(Clone, Copy, Debug, Default)]
struct Namesakes {
    origins: u32,
    /// One bit for each tab.
    tabs: u8,
}

impl Names {
    /// A new origin of a source in this tab.
    pub(super) fn add(&mut self, name: &str, tab: Tab) {
        let namesakes = self.by_short.entry(short_name(name).to_owned()).or_default();
        namesakes.origins += 1;
        namesakes.tabs |= 1 << (tab as u8);
    }

    /// What a narrow column calls an origin: its short name; with its directory where others have that name, too, or with
    /// its tab where they are in another one.
    fn column<'n>(&self, name: &'n str, tab: Option<Tab>) -> Cow<'n, str> {
        let short = short_name(name);
        let namesakes = self.by_short.get(short).copied().unwrap_or_default();
        if let Some(tab) = tab.filter(|_| namesakes.tabs.count_ones() > 1) {
            return format!("{}:{short}", tab.title()).into();
        }
        let parts = name.split(['/', '\\']).filter(|part| !part.is_empty());
        match parts.rev().nth(1) {
            Some(directory) if namesakes.origins > 1 => format!("{directory}/{short}").into(),
            _ => short.into(),
        }
    }
}

impl App {
    /// The same where no column has the container: `8mzlp/api`.
    pub(super) fn short_origin_in_full(&self, origin: OriginId) -> Cow<'_, str> {
        let short = self.short_origin(origin);
        match self.container_of_origin(origin) {
            Some((container, _)) => format!("{short}/{container}").into(),
            None => short,
        }
    }

    /// What the list calls an origin, safe for a terminal.
    pub(super) fn short_origin(&self, origin: OriginId) -> Cow<'_, str> {
        if let Some(short) = self.pod_of_origin(origin) {
            // The container has a column of its own.
            return Cow::Borrowed(short);
        }
        let name = self.engine.origin_name(origin).unwrap_or("?");
        // In a tab's own list there are no other tabs.
        let source = self.engine.source(origin.source()).filter(|_| self.tab().shows_all);
        match self.names.column(name, source.map(crate::engine::Source::tab)) {
            Cow::Borrowed(name) => safe_line(name.as_bytes()),
            Cow::Owned(name) => Cow::Owned(safe_line(name.as_bytes()).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_the_same_is_told_apart() {
        let mut names = Names::default();
        for (name, tab) in [("a/app.log", Tab::Ci), ("b/app.log.gz", Tab::Ci), ("api.log", Tab::Ci), ("api", Tab::Pods)]
        {
            names.add(name, tab);
        }
        let check = |name: &str, tab, expected: &str| assert_eq!(names.column(name, tab), expected);
        check("a/app.log", None, "a/app");
        check("logs\\b\\app.log.gz", Some(Tab::Ci), "b/app");
        check("api.log", None, "api");
        check("api.log", Some(Tab::Ci), "CI:api");
        check("api", Some(Tab::Pods), "Pods:api");
        check("dir/only.log", Some(Tab::Ci), "only");
    }
}
