//! Where the token for a server is found: the setting, the environment, the service's own command line tool.
//!
//! Owns the order of these places and the rules for them: a file that others can read is refused, a command runs without
//! a shell, and a server that only a clone's remote names gets no token that was not made for it. Must not know what a
//! token is good for, nor read the environment: a lookup arrives as an argument.

mod command;

use crate::model::ci::Forge;
use crate::model::ci::TokenFrom;
use crate::ports::tokens::NoToken;
use crate::ports::tokens::Secret;
use crate::ports::tokens::Tokens;
use crate::redact::Redactor;
use command::{Command, Ran};
use rustix::fs::OFlags;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Gives a variable of the environment that is set.
pub type Lookup = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// How long a command of the settings may run.
const COMMAND: Duration = Duration::from_secs(20);
/// How long `gh` and `glab` may run.
const TOOL: Duration = Duration::from_secs(5);
/// Bytes that a token may have.
const MAX_TOKEN: usize = 16 * 1024;
/// How long it is remembered that there is no token although one was asked for.
const STALE: Duration = Duration::from_mins(1);

/// The server that a token is for.
#[derive(Clone, Debug)]
pub struct Server {
    /// The service.
    pub forge: Forge,
    /// Its host, with the port where that is not the usual one.
    pub host: String,
    /// Who named it.
    pub named: Named,
    /// The token's place, as the settings have it.
    pub from: Option<TokenFrom>,
}

/// Who named a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The user: in the settings or on the command line.
    ByUser,
    /// The remote of the clone that logdeck was started in. Its server may be anybody's, so tokens that are not bound to
    /// a host do not go there, unless the host is the service's own or the one of `GH_HOST` or `GITLAB_HOST`.
    ByClone,
}

/// Finds the token for one server, and keeps it until it is refused.
pub struct Finder {
    server: Server,
    lookup: Lookup,
    found: Mutex<Option<Known>>,
}

struct Known {
    token: Result<Option<Secret>, NoToken>,
    since: Instant,
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Tokens for Finder {
    fn token(&self) -> Result<Option<Secret>, NoToken> {
        // Held while a command runs, so that it runs once.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*found
            && (known.token.is_ok() || known.since.elapsed() < STALE)
        {
            return known.token.clone();
        }
        let token = self.find();
        *found = Some(Known { token: token.clone(), since: Instant::now() });
        token
    }

    fn refused(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Finder {
    /// Looks for nothing yet.
    pub fn new(server: Server, lookup: Lookup) -> Self {
        Self { server, lookup, found: Mutex::new(None) }
    }

    fn find(&self) -> Result<Option<Secret>, NoToken> {
        if let Some(from) = &self.server.from {
            return self.named(from).map(Some);
        }
        if let Some(secret) = self.of_environment()? {
            return Ok(Some(secret));
        }
        Ok(self.of_tool())
    }

    /// The token whose place the settings name.
    fn named(&self, from: &TokenFrom) -> Result<Secret, NoToken> {
        match from {
            TokenFrom::Env(name) => {
                let value = self.variable(name).ok_or_else(|| {
                    NoToken(format!("the settings take the token from the variable {name}, which is not set"))
                })?;
                secret(&value, &format!("the variable {name}"))
            }
            TokenFrom::Command(words) => self.of_command(words),
            TokenFrom::File(path) => of_file(&self.expanded(path)),
        }
    }

    /// A variable that is set and not empty; bytes that are no UTF-8 are replaced, which no token has.
    fn variable(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.trim().is_empty())
    }

    fn expanded(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), (self.lookup)("HOME")) {
            (Ok(rest), Some(home)) if !home.is_empty() => Path::new(&home).join(rest),
            _ => path.to_owned(),
        }
    }

    fn of_command(&self, words: &[String]) -> Result<Secret, NoToken> {
        let Some((program, arguments)) = words.split_first().filter(|(program, _)| !program.is_empty()) else {
            return Err(NoToken("the settings take the token from a command, and name none".to_owned()));
        };
        let shown = printable(program);
        let path = match self.expanded(Path::new(program)) {
            path if path.components().count() > 1 => Some(path),
            _ => self.on_path(program),
        };
        let path =
            path.ok_or_else(|| NoToken(format!("the command {shown}, which gives the token, is not on PATH")))?;
        let command = Command { program: path, arguments: arguments.to_vec(), without: Vec::new(), limit: COMMAND };
        let failed = |why: String| NoToken(format!("the command {shown}, which gives the token, {why}"));
        match command.run(MAX_TOKEN) {
            Ran::Printed(text) => secret(&text, &format!("what the command {shown} printed")),
            Ran::Failed { code, said } => {
                let code = code.map_or_else(|| "was stopped by a signal".to_owned(), |code| format!("failed ({code})"));
                let said = Redactor::new().redact(&printable(&said)).text.into_owned();
                Err(failed(if said.is_empty() { code } else { format!("{code}: {said}") }))
            }
            Ran::Slow => Err(failed(format!("did not end within {} s", COMMAND.as_secs()))),
            Ran::Impossible(error) => Err(failed(format!("cannot be run: {error}"))),
        }
    }

    /// The token that variables hold which the service's own tools read too.
    fn of_environment(&self) -> Result<Option<Secret>, NoToken> {
        if !self.is_vouched_for() {
            return Ok(None);
        }
        let found = self.variables().iter().find_map(|name| Some((name, self.variable(name)?)));
        found.map(|(name, value)| secret(&value, &format!("the variable {name}"))).transpose()
    }

    fn variables(&self) -> &'static [&'static str] {
        match self.server.forge {
            Forge::Github if self.is_github_itself() => &["GH_TOKEN", "GITHUB_TOKEN"],
            Forge::Github => &["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"],
            Forge::Gitlab => &["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN"],
        }
    }

    fn is_github_itself(&self) -> bool {
        self.server.host == "github.com" || self.server.host.ends_with(".ghe.com")
    }

    /// Whether a token that is not bound to a host may go to this one.
    fn is_vouched_for(&self) -> bool {
        let names: &[&str] = match self.server.forge {
            Forge::Github => &["GH_HOST"],
            Forge::Gitlab => &["GITLAB_HOST", "GITLAB_URI", "GL_HOST"],
        };
        let host = &self.server.host;
        let own = match self.server.forge {
            Forge::Github => "github.com",
            Forge::Gitlab => "gitlab.com",
        };
        let is_named = |name: &&str| {
            let value = self.variable(name)?;
            let value = value.trim().trim_end_matches('/');
            Some(value.split_once("://").map_or(value, |(_, rest)| rest).eq_ignore_ascii_case(host))
        };
        self.server.named == Named::ByUser || host == own || names.iter().find_map(is_named) == Some(true)
    }

    /// The token that `gh` or `glab` keeps for this host; nothing when there is no such tool or nobody is logged in.
    fn of_tool(&self) -> Option<Secret> {
        let host = self.server.host.clone();
        // A host that begins with `-` would be read as a flag.
        if host.starts_with('-') {
            return None;
        }
        let (tool, arguments) = match self.server.forge {
            Forge::Github => ("gh", ["auth", "token", "--hostname"].map(str::to_owned).to_vec()),
            Forge::Gitlab => ("glab", ["config", "get", "token", "--host"].map(str::to_owned).to_vec()),
        };
        let arguments = arguments.into_iter().chain([host]).collect();
        // These tools give what stands in the environment for any host.
        let without = ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];
        let without = without.iter().chain(&["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN"]);
        let without = without.map(|name| (*name).to_owned()).collect();
        let command = Command { program: self.on_path(tool)?, arguments, without, limit: TOOL };
        match command.run(MAX_TOKEN) {
            Ran::Printed(text) if text.trim().is_empty() => None,
            Ran::Printed(text) => secret(&text, tool)
                .inspect_err(|_| tracing::warn!(tool, "what it printed as a token has blanks or control characters"))
                .ok(),
            Ran::Failed { .. } => None,
            Ran::Slow => {
                tracing::warn!(tool, "it did not tell its token in time");
                None
            }
            Ran::Impossible(error) => {
                tracing::warn!(tool, %error, "it cannot be run");
                None
            }
        }
    }

    /// The program of this name in an absolute directory of `PATH`.
    fn on_path(&self, program: &str) -> Option<PathBuf> {
        let path = (self.lookup)("PATH")?;
        let is_program = |path: &PathBuf| {
            std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
        };
        let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
        directories.map(|directory| directory.join(program)).find(is_program)
    }
}

/// The token in a file that only its owner may read.
fn of_file(path: &Path) -> Result<Secret, NoToken> {
    let shown = printable(&path.display().to_string());
    let bad = |why: &str| NoToken(format!("the token's file {shown} {why}"));
    // Without waiting for whoever would write into a pipe of this name.
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path);
    let file = file.map_err(|error| bad(&format!("cannot be read: {error}")))?;
    let about = file.metadata().map_err(|error| bad(&format!("cannot be read: {error}")))?;
    if !about.is_file() {
        return Err(bad("is no file"));
    }
    if about.permissions().mode() & 0o077 != 0 {
        return Err(bad(&format!("can be read by others, so it is not used; run: chmod 600 {}", quoted(path))));
    }
    let mut bytes = Vec::new();
    let read = file.take(MAX_TOKEN as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| bad(&format!("cannot be read: {error}")))?;
    secret(&String::from_utf8_lossy(&bytes), &format!("the file {shown}"))
}

/// The text as a token, without the blanks around it.
fn secret(text: &str, place: &str) -> Result<Secret, NoToken> {
    let text = text.trim();
    let bad = |why: &str| Err(NoToken(format!("{place} is no token: {why}")));
    if text.is_empty() {
        return bad("it is empty");
    }
    if text.len() > MAX_TOKEN {
        return bad("it has more than 16 KiB");
    }
    if text.contains(['\n', '\r']) {
        return bad("it has several lines");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return bad("it has a blank, a control character or one that is not ASCII");
    }
    Ok(Secret::new(text.to_owned()))
}

/// A text in one short line.
fn printable(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().chars().map(one).take(200).collect()
}

fn one(c: char) -> char {
    if c.is_control() { '?' } else { c }
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,=@%".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text;
    }
    let text: String = text.chars().map(one).collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
