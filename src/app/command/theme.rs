//! `:theme NAME`.

use crate::app::event::Effect;
use crate::app::{App, Colors, ThemeChoice};
use crate::parse::text::safe_line;

/// Every theme with a few words about it; of those that cannot be used, what is wrong with them.
pub(super) fn choices(app: &App) -> Vec<(String, String)> {
    let themes = &app.settings.themes;
    let choices = themes.choices();
    let good = choices.iter().map(|choice| (choice.to_string(), choice.doc().to_owned()));
    good.chain(themes.bad.iter().cloned()).collect()
}

pub(super) fn run(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    let themes = &app.settings.themes;
    let choice = words.parse().map_err(|()| {
        let names: Vec<_> = themes.choices().iter().map(ToString::to_string).collect();
        format!("theme takes one of {}", names.join(", "))
    })?;
    themes.check(&choice).map_err(|problem| safe_line(problem.as_bytes()).into_owned())?;
    app.take_theme(choice);
    Ok(())
}

impl App {
    /// Draws with this theme from now on, which is known to be there.
    pub(in crate::app) fn take_theme(&mut self, choice: ThemeChoice) {
        let without = match (self.settings.caps.colors, &choice) {
            (_, ThemeChoice::Mono | ThemeChoice::Ascii) => "",
            (Colors::Mono, _) => " (without colours: the terminal has none, or NO_COLOR is set)",
            _ => "",
        };
        self.say(format!("theme: {choice}{without}"));
        self.theme = choice;
    }
}
