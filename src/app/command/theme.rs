//! `:theme NAME`.

use crate::app::App;
use crate::app::event::Effect;
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
    app.theme = choice;
    app.say(format!("theme: {}", app.theme));
    Ok(())
}
