//! Documents that are made from the code: completions, the manual page, and the generated blocks of the README.
//!
//! Owns their layout. Must not know what a command or a setting does beyond its own description.

use super::args::Cli;
use super::output::Exit;
use crate::app::action::ACTIONS;
use crate::app::command::COMMANDS;
use crate::app::docs::{command_table, key_table};
use crate::config::{self, KEYS, Table, VARIABLES};
use crate::model::theme::ROLES;
use clap::CommandFactory;
use clap_mangen::roff::{Roff, bold, italic, roman};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// Writes the completion script of `shell`.
///
/// # Errors
/// When `out` cannot be written.
pub fn completions(shell: clap_complete::Shell, out: &mut impl Write) -> anyhow::Result<()> {
    // The generator panics when its writer fails, as a closed pipe does: so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "logdeck", &mut script);
    out.write_all(&script)?;
    Ok(())
}

/// Writes the manual page in roff: the commands, the settings, files, exit codes.
///
/// # Errors
/// When `out` cannot be written.
pub fn man(out: &mut impl Write) -> anyhow::Result<()> {
    let command = Cli::command().mut_arg("sources", |arg| arg.help("Source addresses to open; see below."));
    let page = clap_mangen::Man::new(command.clone()).manual("logdeck manual");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut built = command;
    built.build();
    commands(&built, out)?;
    settings(out)?;
    screen(out)?;
    themes(out)?;
    exit_codes(out)?;
    addresses_and_examples(&built, out)?;
    page.render_version_section(out)?;
    Ok(())
}

/// Every command with its own flags, in one page.
fn commands(command: &clap::Command, out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        describe(sub, &format!("logdeck {}", sub.get_name()), &mut roff);
    }
    roff.to_writer(out)
}

fn describe(command: &clap::Command, name: &str, roff: &mut Roff) {
    roff.control("SS", [name]);
    roff.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_global_set()) {
        if matches!(arg.get_id().as_str(), "help" | "version") {
            continue;
        }
        let mut head = Vec::new();
        if let Some(short) = arg.get_short() {
            head.push(bold(format!("-{short}")));
            head.push(roman(", "));
        }
        if let Some(long) = arg.get_long() {
            head.push(bold(format!("--{long}")));
            head.push(roman(" "));
        }
        if arg.get_action().takes_values()
            && let Some(names) = arg.get_value_names()
        {
            head.push(italic(names.join(" ")));
        }
        roff.control("TP", []);
        roff.text(head);
        roff.text([roman(arg.get_help().map(ToString::to_string).unwrap_or_default())]);
    }
    as_it_is(command, roff);
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        describe(sub, &format!("{name} {}", sub.get_name()), roff);
    }
}

fn addresses_and_examples(command: &clap::Command, out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["ADDRESSES AND EXAMPLES"]);
    as_it_is(command, &mut roff);
    roff.to_writer(out)
}

/// The text behind a command's help, line by line.
fn as_it_is(command: &clap::Command, roff: &mut Roff) {
    let Some(after) = command.get_after_help() else { return };
    roff.control("PP", []);
    roff.control("nf", []);
    for line in after.to_string().lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

fn settings(out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["CONFIGURATION"]);
    roff.text([roman(
        "Settings come from the config file (TOML; `logdeck config path` says where), then from the environment, then \
         from flags; what comes later wins. An unknown key is an error.",
    )]);
    for key in KEYS {
        let name = if key.table == Table::Yes { format!("[{}]", key.name) } else { key.name.to_owned() };
        let default = if key.default.is_empty() { "none" } else { key.default };
        roff.control("TP", []);
        roff.text([bold(name), roman(", "), bold(key.variable())]);
        roff.text([roman(format!("{} Default: {default}.", key.doc))]);
    }
    for (name, meaning) in VARIABLES {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
    roff.to_writer(out)
}

/// Keys and commands of the screen.
fn screen(out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["KEYS AND COMMANDS OF THE SCREEN"]);
    for spec in ACTIONS {
        roff.control("TP", []);
        let keys = if spec.keys.is_empty() { format!(":{}", spec.id) } else { spec.keys.join(", ") };
        roff.text([bold(keys), roman(format!("  {}", spec.id))]);
        roff.text([roman(spec.doc)]);
    }
    for spec in COMMANDS {
        roff.control("TP", []);
        roff.text([bold(format!(":{}", spec.name)), roman(" "), italic(spec.words)]);
        roff.text([roman(spec.doc)]);
    }
    roff.to_writer(out)
}

/// The roles of a theme file.
fn themes(out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["THEMES"]);
    roff.text([roman(
        "A file themes/NAME.toml beside the config file is a theme of your own. It names roles and their looks: a \
         colour (#RRGGBB, a number from 0 to 255, a name such as red or bright-cyan, or default) and any of bold, dim, \
         underline, reverse. What it leaves out comes from the theme that inherits names. The background is never \
         painted.",
    )]);
    for spec in &ROLES {
        roff.control("TP", []);
        roff.text([bold(spec.name)]);
        roff.text([roman(format!("{} dark: {}, light: {}, 16: {}.", spec.doc, spec.dark, spec.light, spec.sixteen))]);
    }
    roff.to_writer(out)
}

fn exit_codes(out: &mut impl Write) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in codes() {
        roff.control("TP", []);
        roff.text([bold(code)]);
        roff.text([roman(format!("{meaning}."))]);
    }
    roff.to_writer(out)
}

/// Every exit code with its meaning.
fn codes() -> impl Iterator<Item = (String, &'static str)> {
    let codes = Exit::ALL.into_iter().map(|(exit, meaning)| (exit.code().to_string(), meaning));
    codes.chain([("128+N".to_owned(), "signal N ended the screen; the terminal is restored")])
}

/// The text between the markers of the README that name this block; `None` when there is no such block.
pub fn block(name: &str) -> Option<String> {
    match name {
        "usage" => Some(fenced(&help(&[])?)),
        "cat" | "extract" => Some(fenced(&help(&[name])?)),
        "config" => Some(config::reference()),
        "keys" => Some(key_table()),
        "commands" => Some(command_table()),
        "themes" => Some(config::theme_reference()),
        "exit codes" => {
            let mut text = String::from("| code | meaning |\n|---|---|\n");
            for (code, meaning) in codes() {
                let _ = writeln!(text, "| {code} | {meaning} |");
            }
            Some(text)
        }
        _ => None,
    }
}

/// `text` with each block between `<!-- generated: NAME -->` and `<!-- end -->` made anew.
///
/// # Errors
/// Says which block is unknown or has no end.
pub fn regenerate(text: &str) -> Result<String, String> {
    const START: &str = "<!-- generated: ";
    const END: &str = "<!-- end -->";
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(START) {
        let after = &rest[start + START.len()..];
        let (name, body) = after.split_once(" -->\n").ok_or("a marker is not closed")?;
        let end = body.find(END).ok_or_else(|| format!("the block `{name}` has no end"))?;
        let content = block(name).ok_or_else(|| format!("there is no block `{name}`"))?;
        made.push_str(&rest[..start]);
        let _ = write!(made, "{START}{name} -->\n\n{}\n\n{END}", content.trim_end());
        rest = &body[end + END.len()..];
    }
    made.push_str(rest);
    Ok(made)
}

/// The help text of a command, 110 columns wide.
fn help(path: &[&str]) -> Option<String> {
    let mut command = Cli::command().term_width(110);
    command.build();
    let mut found = &mut command;
    for name in path {
        found = found.find_subcommand_mut(name)?;
    }
    Some(found.clone().term_width(110).render_help().to_string())
}

fn fenced(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
    format!("```text\n{}\n```\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        let mut page = Vec::new();
        man(&mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn the_man_page_has_commands_settings_and_exit_codes() {
        let page = page();
        for part in [
            "logdeck cat",
            "logdeck extract",
            "logdeck config init",
            r"\-\-severity",
            r"LOGDECK_MEMORY",
            "EXIT STATUS",
            "[keys]",
            ":theme",
            "THEMES",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn completions_know_the_commands() {
        for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
            let mut script = Vec::new();
            completions(shell, &mut script).unwrap();
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("completions") && script.contains("severity"), "{shell}");
        }
    }

    #[test]
    fn blocks_are_made_anew_and_the_rest_stays() {
        let text = "a\n<!-- generated: exit codes -->\nold\n<!-- end -->\nb\n";
        let made = regenerate(text).unwrap();
        assert!(made.starts_with("a\n<!-- generated: exit codes -->\n\n| code"));
        assert!(made.ends_with("|\n\n<!-- end -->\nb\n") && !made.contains("old"));
        assert_eq!(regenerate(&made).unwrap(), made);
        assert_eq!(regenerate("x <!-- generated: y -->\n<!-- end -->").unwrap_err(), "there is no block `y`");
        assert_eq!(regenerate("<!-- generated: usage -->\n").unwrap_err(), "the block `usage` has no end");
    }
}
