//! `:open SOURCE`.

use crate::app::App;
use crate::app::event::Effect;
use crate::engine::Source;
use crate::model::address::BadAddress;
use crate::model::{Address, State};
use crate::parse::text::safe_line;

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
