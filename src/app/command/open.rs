//! `:open SOURCE` and `:baseline FILE`.

use crate::app::event::Effect;
use crate::app::picker::PickerKind;
use crate::app::{App, Pane};
use crate::engine::Source;
use crate::model::address::BadAddress;
use crate::model::{Address, State};
use crate::parse::text::safe_line;

/// Names of files, for the words that are typed.
#[derive(Debug, Default)]
pub(in crate::app) struct Listing {
    /// The directory as it is typed, with its `/`; what was asked for last.
    directory: Option<String>,
    names: Vec<String>,
}

/// The files and directories where the words lead to.
pub(super) fn choices(app: &App) -> Vec<(String, String)> {
    let Some(directory) = &app.listing.directory else { return Vec::new() };
    let kind = |name: &str| if name.ends_with('/') { "directory" } else { "file" };
    app.listing.names.iter().map(|name| (format!("{directory}{name}"), kind(name).to_owned())).collect()
}

/// The directory of a path that is being typed, with its `/`; `None` for other addresses.
fn directory_of(words: &str) -> Option<&str> {
    let end = words.rfind('/').map_or(0, |slash| slash + 1);
    (!words[..end].contains(':')).then_some(&words[..end])
}

impl App {
    /// Asks for the names in the directory that is typed behind `open`, if they are not there yet.
    pub(in crate::app) fn list_when_wanted(&mut self, effects: &mut Vec<Effect>) {
        let Pane::Picker(picker) = &self.pane else {
            // The next time they may be others.
            self.listing.directory = None;
            return;
        };
        let words = match (picker.kind(), super::command_of(picker.text())) {
            (PickerKind::Palette { .. }, Some((spec, from))) if matches!(spec.name, "open" | "baseline") => {
                &picker.text()[from..]
            }
            _ => return,
        };
        let Some(directory) = directory_of(words).map(str::to_owned) else { return };
        if self.listing.directory.as_ref() == Some(&directory) {
            return;
        }
        let path = match with_home(self, &directory) {
            here if here.is_empty() => ".".into(),
            path => path.into(),
        };
        self.listing = Listing { directory: Some(directory.clone()), names: Vec::new() };
        effects.push(Effect::List { directory, path });
    }

    /// The names are there; those that nobody wants any more are dropped.
    pub(in crate::app) fn listed(&mut self, directory: &str, names: Vec<String>) {
        if self.listing.directory.as_deref() != Some(directory) {
            return;
        }
        self.listing.names = names;
        if let Pane::Picker(picker) = &mut self.pane {
            picker.forget_rows();
            self.picker_changed();
        }
    }
}

pub(super) fn run(app: &mut App, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    const EXPECTED: &str = "PATH, gs://, firestore:, pods:, github:, gitlab: or demo";
    match words {
        "" => return Err(format!("open takes a source address: {EXPECTED}")),
        "-" => return Err("standard input can only be opened at the start: logdeck -".to_owned()),
        "demo" => {
            app.say("opening the demo ...");
            effects.push(Effect::OpenDemo);
            return Ok(());
        }
        _ => {}
    }
    let address = with_home(app, words).parse::<Address>();
    let address = address.map_err(|error: BadAddress| safe_line(error.to_string().as_bytes()).into_owned())?;
    let label = address.to_string();
    let shown = safe_line(label.as_bytes()).into_owned();
    let is_open = |source: &&Source| {
        let same = source.label().parse::<Address>().is_ok_and(|open| is_same(&open, &address));
        // What could not be read may be tried again.
        same && source.health.state != State::Failed
    };
    let open_in = app.engine.sources().find(is_open).map(Source::tab);
    if let Some(tab) = open_in {
        app.active = App::index_of(tab);
        app.refresh_histogram();
        app.say(format!("{shown} is open already"));
        return Ok(());
    }
    app.say(format!("opening {shown} ..."));
    app.asked = Some(label);
    effects.push(Effect::Open(address));
    Ok(())
}

pub(super) fn baseline(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    match words {
        "" => return Err("baseline takes a FILE: the log of a run that passed; off compares with none".to_owned()),
        "off" => app.compare_with(None),
        path => app.compare_with(Some(with_home(app, path).into())),
    }
    Ok(())
}

/// `~` and `~/…` as a shell would read them.
fn with_home(app: &App, words: &str) -> String {
    match (&app.settings.home, words.strip_prefix('~')) {
        (Some(home), Some(rest)) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", home.display()),
        _ => words.to_owned(),
    }
}

/// Whether two addresses name the same; paths without a look at the disk.
fn is_same(a: &Address, b: &Address) -> bool {
    match (a, b) {
        (Address::Path(a), Address::Path(b)) => {
            // Components are compared: neither a `/` at the end nor a `.` in the middle counts.
            a.strip_prefix(".").unwrap_or(a) == b.strip_prefix(".").unwrap_or(b)
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_what_is_typed() {
        let check = |words: &str, expected: Option<&str>| assert_eq!(directory_of(words), expected, "{words}");
        check("", Some(""));
        check("ap", Some(""));
        check("/var/log/ap", Some("/var/log/"));
        check("~/", Some("~/"));
        check("gs://b/c", None);
        check("pods:a/b", None);
    }

    #[test]
    fn the_same_path_is_found_however_it_is_written() {
        let check = |a: &str, b: &str, expected| {
            assert_eq!(is_same(&a.parse().unwrap(), &b.parse().unwrap()), expected, "{a} {b}");
        };
        check("logs/", "./logs", true);
        check("a//b.log", "a/./b.log", true);
        check("a", "b", false);
        check("gs://a/b", "gs://a/b", true);
        check("gs://a/b", "gs://a/c", false);
    }
}
