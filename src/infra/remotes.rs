//! Which repository the current directory is a clone of, told by git's files; git itself is not run.
//!
//! Owns where these files are and what their settings mean. Must not pass on the user name, password or query of a
//! remote's address.

mod address;
mod gitconfig;
mod ssh;

use super::files::open_plain;
use crate::model::ci::Forge;
use crate::model::ci::Repo;
use address::{By, Place};
use gitconfig::Setting;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A repository, and where in it we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The repository on its server.
    pub repo: Repo,
    /// The branch that is checked out; none when a commit is (detached).
    pub branch: Option<String>,
    /// The remote's name; its address where it has none.
    pub remote: String,
}

/// Why no repository is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotFound {
    /// Neither the directory nor one above it is a clone.
    #[error("{0} is not in a git repository")]
    NoRepository(PathBuf),
    /// A file of the repository cannot be read.
    #[error("git's file {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It is nobody's clone.
    #[error("the git repository {0} has no remote")]
    NoRemote(PathBuf),
    /// Its remotes are paths, or on servers of which it is not known whether they run GitHub or GitLab.
    #[error(
        "the git remote `{remote}` is on {host}, which is neither known as GitHub nor as GitLab; if it is one, set \
             `url` in [github] or [gitlab]"
    )]
    NoForge {
        /// The first remote's name.
        remote: String,
        /// Its host.
        host: String,
    },
    /// Its remotes are directories.
    #[error("the git remote `{0}` is not on a server")]
    Local(String),
}

/// What surrounds the repository.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The home directory: `.gitconfig` and ssh's aliases.
    pub home: Option<PathBuf>,
    /// Files of settings that hold for all repositories, the weakest first; [`Around::at_home`] names the usual ones.
    pub settings: Vec<PathBuf>,
    /// Servers that the user named, by host.
    pub known: Vec<(String, Forge)>,
}

impl Around {
    /// The usual files of settings: of the system, in `XDG_CONFIG_HOME` and in the home directory.
    pub fn at_home(home: Option<PathBuf>, xdg_config: Option<PathBuf>) -> Self {
        let xdg = xdg_config.or_else(|| home.as_ref().map(|home| home.join(".config")));
        let system = PathBuf::from("/etc/gitconfig");
        let of_user = [xdg.map(|dir| dir.join("git/config")), home.as_ref().map(|home| home.join(".gitconfig"))];
        Self { settings: [Some(system)].into_iter().chain(of_user).flatten().collect(), home, known: Vec::new() }
    }
}

/// Bytes that are read of one file.
const MAX_FILE: u64 = 1 << 20;
/// How deep files of settings may include others.
const MAX_DEPTH: usize = 10;
/// Files of settings that are read in all.
const MAX_FILES: usize = 100;

/// Looks in `directory` and those above it.
///
/// # Errors
/// [`NotFound`] says why nothing is known.
pub fn find(directory: &Path, around: &Around) -> Result<Found, NotFound> {
    let clone = directory.ancestors().find_map(|dir| Clone::at(dir).transpose()).transpose()?;
    let clone = clone.ok_or_else(|| NotFound::NoRepository(directory.to_owned()))?;
    let mut reader = Reader { around, settings: Vec::new(), files: 0 };
    for path in &around.settings {
        // The user's own settings only matter where they rewrite addresses.
        let _ = reader.read(path, 0);
    }
    let config = clone.common.join("config");
    reader.read(&config, 0).map_err(|error| unreadable(&config, &error))?;
    let _ = reader.read(&clone.own.join("config.worktree"), 0);
    let head = clone.own.join("HEAD");
    let text = read(&head).map_err(|error| unreadable(&head, &error))?;
    let ssh = around.home.as_ref().and_then(|home| read(&home.join(".ssh/config")).ok()).unwrap_or_default();
    let (branch, aliases) = (branch_of(&text), ssh::Aliases::parse(&ssh));
    let (remote, repo) =
        remote_of(&reader.settings, branch.as_deref(), &around.known, &aliases).map_err(|no| match no {
            NoRepo::NoRemote => NotFound::NoRemote(clone.top),
            NoRepo::NoForge { remote, host } => NotFound::NoForge { remote, host },
            NoRepo::Local(remote) => NotFound::Local(remote),
        })?;
    Ok(Found { repo, branch, remote })
}

fn unreadable(path: &Path, error: &io::Error) -> NotFound {
    NotFound::Unreadable { path: path.to_owned(), why: error.to_string() }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // Settings may well be links to another place; a pipe would be waited for.
    let path = std::fs::canonicalize(path)?;
    open_plain(&path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The directories of a clone.
#[derive(Debug)]
struct Clone {
    /// Where its files are checked out.
    top: PathBuf,
    /// Its own directory, with `HEAD`.
    own: PathBuf,
    /// That of the repository whose worktree it is, with `config`; else its own.
    common: PathBuf,
}

impl Clone {
    /// The clone at this very directory.
    fn at(top: &Path) -> Result<Option<Self>, NotFound> {
        let dot_git = top.join(".git");
        let own = match std::fs::metadata(&dot_git) {
            Ok(about) if about.is_dir() => dot_git,
            // A worktree or submodule: `gitdir: ../.git/worktrees/x`.
            Ok(_) => {
                let text = read(&dot_git).map_err(|error| unreadable(&dot_git, &error))?;
                let path = text.lines().next().and_then(|line| line.strip_prefix("gitdir:")).map(str::trim);
                let Some(path) = path.filter(|path| !path.is_empty()) else {
                    let why = "it does not begin with `gitdir:`".to_owned();
                    return Err(NotFound::Unreadable { path: dot_git, why });
                };
                top.join(path)
            }
            Err(_) if is_bare(top) => top.to_owned(),
            Err(_) => return Ok(None),
        };
        let common = read(&own.join("commondir")).ok();
        let common =
            common.as_deref().and_then(|text| text.lines().next()).map(str::trim).filter(|path| !path.is_empty());
        let common = common.map_or_else(|| own.clone(), |path| own.join(path));
        Ok(Some(Self { top: top.to_owned(), own, common }))
    }
}

fn is_bare(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("config").is_file() && dir.join("objects").is_dir()
}

/// Reads files of settings with those that they include.
struct Reader<'a> {
    around: &'a Around,
    settings: Vec<Setting>,
    files: usize,
}

impl Reader<'_> {
    fn read(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH || self.files >= MAX_FILES {
            return Ok(());
        }
        self.files += 1;
        for setting in gitconfig::parse(&read(path)?) {
            if setting.section == "include" && setting.name == "path" && setting.of.is_empty() {
                if let Some(included) = self.included(path, &setting.value) {
                    // One that is not there is none, as for git.
                    let _ = self.read(&included, depth + 1);
                }
            } else {
                self.settings.push(setting);
            }
        }
        Ok(())
    }

    fn included(&self, from: &Path, path: &str) -> Option<PathBuf> {
        if let Some(rest) = path.strip_prefix("~/") {
            return self.around.home.as_ref().map(|home| home.join(rest));
        }
        Some(from.parent()?.join(path)).filter(|_| !path.is_empty())
    }
}

/// The branch that `HEAD` names; none when it names a commit.
fn branch_of(head: &str) -> Option<String> {
    let name = head.lines().next()?.strip_prefix("ref:")?.trim().strip_prefix("refs/heads/")?;
    (!name.is_empty() && !name.contains(char::is_control)).then(|| name.to_owned())
}

/// Why settings tell no repository.
#[derive(Debug, PartialEq, Eq)]
enum NoRepo {
    NoRemote,
    NoForge { remote: String, host: String },
    Local(String),
}

/// The remote that counts and its repository: that of the branch, else `origin`, else the first whose server is known.
fn remote_of(
    settings: &[Setting],
    branch: Option<&str>,
    known: &[(String, Forge)],
    aliases: &ssh::Aliases,
) -> Result<(String, Repo), NoRepo> {
    let value = |section: &str, of: &str, name: &str| {
        let is_it = |s: &&Setting| s.section == section && s.of == of && s.name == name;
        settings.iter().rev().find(is_it).map(|setting| setting.value.as_str())
    };
    let mut names: Vec<&str> = Vec::new();
    let of_branch = branch.and_then(|branch| value("branch", branch, "remote")).filter(|name| *name != ".");
    let all = settings.iter().filter(|s| s.section == "remote" && s.name == "url" && !s.of.is_empty());
    for name in of_branch.into_iter().chain(["origin"]).chain(all.map(|s| s.of.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut problem = None;
    for name in names {
        // A branch may name an address instead of a remote.
        let first = settings.iter().find(|s| s.section == "remote" && s.of == name && s.name == "url");
        let is_address = name.contains([':', '/']);
        let Some(url) = first.map(|s| s.value.as_str()).or(is_address.then_some(name)) else { continue };
        let place = address::parse(&rewritten(url, settings));
        let shown = match (&place, first) {
            (Place::Server { host, path, .. }, None) => format!("{host}/{path}"),
            _ => name.chars().filter(|c| !c.is_control()).collect(),
        };
        let no = match place {
            Place::Local => NoRepo::Local(shown),
            Place::Server { host, path, by } => match repo(&host, &path, by, known, aliases) {
                Ok(repo) => return Ok((shown, repo)),
                Err(host) => NoRepo::NoForge { remote: shown, host },
            },
        };
        // What stands on a server says more than a path.
        if problem.is_none() || matches!((&problem, &no), (Some(NoRepo::Local(_)), NoRepo::NoForge { .. })) {
            problem = Some(no);
        }
    }
    Err(problem.unwrap_or(NoRepo::NoRemote))
}

/// An address after `insteadOf`: the longest beginning wins.
fn rewritten(url: &str, settings: &[Setting]) -> String {
    let rules = settings.iter().filter(|s| s.section == "url" && s.name == "insteadof" && !s.value.is_empty());
    let rule = rules.filter(|rule| url.starts_with(&rule.value)).max_by_key(|rule| rule.value.len());
    rule.map_or_else(|| url.to_owned(), |rule| format!("{}{}", rule.of, &url[rule.value.len()..]))
}

/// The repository at this place; the host when its service is not known.
fn repo(host: &str, path: &str, by: By, known: &[(String, Forge)], aliases: &ssh::Aliases) -> Result<Repo, String> {
    let host = match (by, aliases.host(host)) {
        (By::Ssh, Some(real)) => real,
        _ => host.to_owned(),
    };
    let host = match host.as_str() {
        "www.github.com" | "ssh.github.com" => "github.com".to_owned(),
        "altssh.gitlab.com" | "www.gitlab.com" => "gitlab.com".to_owned(),
        _ => host,
    };
    // ssh says nothing of the web's port, so the user's server may have one.
    let bare = |host: &str| {
        host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host.to_owned(), |(h, _)| h.to_owned())
    };
    let named = known
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(&host))
        .or_else(|| known.iter().find(|(other, _)| by == By::Ssh && bare(other).eq_ignore_ascii_case(&host)));
    let (host, forge) = match named {
        Some((named, forge)) => (named.to_ascii_lowercase(), *forge),
        None if host.contains("gitlab") => (host, Forge::Gitlab),
        None if host.contains("github") || host.ends_with(".ghe.com") => (host, Forge::Github),
        None => return Err(host),
    };
    let parts = path.split('/').count();
    let fits = if forge == Forge::Github { parts == 2 } else { parts >= 2 };
    if fits { Ok(Repo { forge, host, path: path.to_owned() }) } else { Err(host) }
}

#[cfg(test)]
mod tests;
