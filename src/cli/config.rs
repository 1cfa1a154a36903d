//! `logdeck config`: writes, checks and shows the settings.
//!
//! Owns what these commands print. Must not know how settings are read.

use super::args::{ConfigCommand, GlobalArgs};
use super::{Exit, Output};
use crate::config::{self, Environment, File, KEYS, Table};
use crate::infra::files;
use crate::parse::text::safe_line;
use anyhow::{Context, bail};
use std::{
    io::{ErrorKind, Write},
    path::Path,
};

/// Why there is no usual place.
const NO_HOME: &str = "there is no home directory, so no config file is read; name one with --config or LOGDECK_CONFIG";

/// Runs one of the commands.
///
/// # Errors
/// When standard output or the file cannot be written.
pub(super) fn run(
    command: ConfigCommand,
    global: &GlobalArgs,
    environment: &Environment,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Init => init(&config::file(global.config.as_deref(), environment), out),
        ConfigCommand::Check => check(global, environment, out),
        ConfigCommand::Show => show(global, environment, out),
        ConfigCommand::Path => {
            let file = config::file(global.config.as_deref(), environment);
            let path = file.path().context(NO_HOME)?;
            writeln!(out.stdout(), "{}", path.display())?;
            Ok(Exit::Done)
        }
    }
}

fn init(file: &File, out: &mut Output) -> anyhow::Result<Exit> {
    let path = file.path().context(NO_HOME)?;
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        files::private_directory(dir).with_context(|| format!("the directory {} cannot be made", dir.display()))?;
    }
    match write_new(path) {
        Ok(()) => {
            writeln!(out.stdout(), "wrote {}", path.display())?;
            Ok(Exit::Done)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already and was left as it is; `logdeck config check` checks it", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}

fn write_new(path: &Path) -> std::io::Result<()> {
    // create_new neither follows a link nor replaces a file.
    let mut file = files::private().write(true).create_new(true).open(path)?;
    file.write_all(config::example().as_bytes())
}

fn check(global: &GlobalArgs, environment: &Environment, out: &mut Output) -> anyhow::Result<Exit> {
    let (loaded, _) = super::load(global, None, environment);
    for hint in &loaded.hints {
        out.warn(&hint.to_string());
    }
    let mut wrong: Vec<_> = loaded.problems.iter().chain(&loaded.notices).map(ToString::to_string).collect();
    let themes = super::screen::themes(environment);
    let named = themes.check(&loaded.config.theme).err();
    wrong.extend(themes.bad.into_iter().map(|(_, problem)| problem));
    // What is wrong with the file of the theme that is set was said already.
    wrong.extend(named.filter(|named| !wrong.iter().any(|problem| named.ends_with(problem.as_str()))));
    for problem in &wrong {
        out.error(problem);
    }
    if !wrong.is_empty() {
        return Ok(Exit::Failed);
    }
    let text = match (&loaded.file, loaded.file_found) {
        (File::Nowhere, _) => format!("ok: {NO_HOME}"),
        (file, true) => format!("ok: {}", file.path().unwrap_or(Path::new("")).display()),
        (file, false) => format!(
            "ok: there is no {}, so the defaults hold; `logdeck config init` writes one",
            file.path().unwrap_or(Path::new("")).display()
        ),
    };
    writeln!(out.stdout(), "{text}")?;
    Ok(Exit::Done)
}

fn show(global: &GlobalArgs, environment: &Environment, out: &mut Output) -> anyhow::Result<Exit> {
    let (loaded, _) = super::load(global, None, environment);
    for problem in loaded.problems.iter().chain(&loaded.notices) {
        out.error(&problem.to_string());
    }
    if loaded.file == File::Nowhere {
        out.warn(NO_HOME);
    }
    let by = |key| safe_line(loaded.set_by(key).to_string().as_bytes()).into_owned();
    let values = KEYS.iter().filter(|key| key.table == Table::No).map(|key| (key, loaded.value(key)));
    let (lines, unset): (Vec<_>, Vec<_>) = values.partition(|(_, value)| !value.is_empty());
    let width = lines.iter().map(|(key, value)| key.name.len() + 3 + value.chars().count()).max().unwrap_or(0).min(60);
    for (key, value) in lines {
        let line = format!("{} = {value}", key.name);
        writeln!(out.stdout(), "{line:<width$}  # {}", by(key))?;
    }
    for (key, _) in unset {
        writeln!(out.stdout(), "# {} is not set", key.name)?;
    }
    for key in KEYS.iter().filter(|key| key.table == Table::Yes) {
        let body = loaded.value(key);
        writeln!(out.stdout(), "\n[{}]  # {}", key.name, by(key))?;
        if !body.is_empty() {
            writeln!(out.stdout(), "{body}")?;
        }
    }
    Ok(if loaded.problems.is_empty() { Exit::Done } else { Exit::Failed })
}
