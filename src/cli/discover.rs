//! What a new user already has: a kubeconfig, gcloud's settings, a git remote. The start screen offers it.
//!
//! Owns where these lie and how their few needed lines are read. Runs no program, opens no connection, and never
//! passes on anything secret: of a remote's URL only host and path.

use crate::config::Environment;
use crate::model::Address;
use crate::parse::text::safe_line;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// A kubeconfig.
    pub kubernetes: Option<Kubernetes>,
    /// gcloud's settings.
    pub gcloud: Option<Gcloud>,
    /// A remote of the git repository that the current directory lies in.
    pub remote: Option<Remote>,
}

/// A kubeconfig file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// The file.
    pub path: PathBuf,
    /// The context it names as the current one.
    pub context: Option<String>,
}

/// gcloud's directory of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gcloud {
    /// The directory.
    pub path: PathBuf,
    /// The project of the active configuration.
    pub project: Option<String>,
}

/// A git remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name, such as `origin`.
    pub name: String,
    /// Host and path, such as `github.com/acme/api`.
    pub place: String,
    /// The source address of its CI, if the host is GitHub or a GitLab.
    pub address: Option<Address>,
}

impl Found {
    /// What was found, a line each, safe for a terminal.
    pub fn lines(&self, environment: &Environment) -> Vec<String> {
        let short = |path: &Path| match environment.home().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        };
        let mut lines = Vec::new();
        if let Some(Kubernetes { path, context }) = &self.kubernetes {
            let context = context.as_ref().map(|context| format!(", context {context}")).unwrap_or_default();
            lines.push(format!("kubeconfig {}{context}", short(path)));
        }
        if let Some(Gcloud { path, project }) = &self.gcloud {
            let project = project.as_ref().map(|project| format!(", project {project}")).unwrap_or_default();
            lines.push(format!("gcloud {}{project}", short(path)));
        }
        if let Some(Remote { name, place, .. }) = &self.remote {
            lines.push(format!("git remote {name} {place}"));
        }
        if lines.is_empty() {
            lines.push("no kubeconfig, no gcloud configuration, no git remote".to_owned());
        }
        lines.iter().map(|line| safe_line(line.as_bytes()).into_owned()).collect()
    }
}

/// Bytes that are read of any of these files.
const MAX_READ: u64 = 1 << 20;

/// Looks at the usual places, and in `dir` and the directories above it for a git repository.
pub fn discover(environment: &Environment, dir: &Path) -> Found {
    Found { kubernetes: kubernetes(environment), gcloud: gcloud(environment), remote: remote(dir) }
}

fn kubernetes(environment: &Environment) -> Option<Kubernetes> {
    let listed = environment.os("KUBECONFIG").map(|list| std::env::split_paths(list).collect::<Vec<_>>());
    let candidates = listed.or_else(|| Some(vec![environment.home()?.join(".kube/config")]))?;
    let path = candidates.into_iter().find(|path| path.is_file())?;
    let context = read(&path).and_then(|text| current_context(&text));
    Some(Kubernetes { path, context })
}

/// The value of the top-level `current-context`, which kubectl writes on one line.
fn current_context(yaml: &str) -> Option<String> {
    let value = yaml.lines().find_map(|line| line.strip_prefix("current-context:"))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

fn gcloud(environment: &Environment) -> Option<Gcloud> {
    let named = environment.os("CLOUDSDK_CONFIG").map(PathBuf::from);
    let path = named.or_else(|| Some(environment.home()?.join(".config/gcloud")))?;
    if !path.is_dir() {
        return None;
    }
    let active = read(&path.join("active_config")).map(|name| name.trim().to_owned());
    let active = active.filter(|name| !name.is_empty() && !name.contains(['/', '\0'])).unwrap_or("default".to_owned());
    let settings = read(&path.join("configurations").join(format!("config_{active}")));
    let project = settings.and_then(|text| ini(&text, "core", "project"));
    Some(Gcloud { path, project })
}

fn remote(dir: &Path) -> Option<Remote> {
    let config = dir.ancestors().find_map(git_config)?;
    // `origin` if there is one, else the first that is named.
    let names = config.lines().filter_map(|line| line.trim().strip_prefix("[remote \"")?.strip_suffix("\"]"));
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|name| *name != "origin");
    names.into_iter().find_map(|name| {
        let url = ini(&config, &format!("remote \"{name}\""), "url")?;
        let (host, path) = host_and_path(&url)?;
        Some(Remote { name: name.to_owned(), place: format!("{host}/{path}"), address: ci(&host, &path) })
    })
}

/// The text of the repository's config, if `dir` is the top of one. In a worktree or submodule `.git` is a file that
/// names the real directory.
fn git_config(dir: &Path) -> Option<String> {
    let dot_git = dir.join(".git");
    if dot_git.is_dir() {
        return read(&dot_git.join("config"));
    }
    let link = read(&dot_git)?;
    let git_dir = dir.join(link.strip_prefix("gitdir:")?.trim());
    let common = read(&git_dir.join("commondir")).map(|path| git_dir.join(path.trim()));
    read(&common.unwrap_or(git_dir).join("config"))
}

/// The value of `key` in `[section]` of a git or gcloud config.
fn ini(text: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name == section;
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            let value = value.trim();
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
    None
}

/// Host and path of a remote's URL: `https://user:secret@host/a/b.git`, `ssh://git@host:22/a/b`, `git@host:a/b.git`.
fn host_and_path(url: &str) -> Option<(String, String)> {
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| (host.to_ascii_lowercase(), path.to_owned()))
}

fn ci(host: &str, path: &str) -> Option<Address> {
    let scheme = match host {
        "github.com" | "ssh.github.com" => "github",
        _ if host.split('.').any(|label| label == "gitlab") => "gitlab",
        _ => return None,
    };
    format!("{scheme}:{path}").parse().ok()
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    // A pipe with one of these names would block for ever.
    let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|data| data.is_file()))?;
    file.take(MAX_READ).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, path: &str, text: &str) -> PathBuf {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn remotes_lose_their_secrets() {
        let check = |url: &str, expected: Option<(&str, &str)>| {
            let found = host_and_path(url);
            assert_eq!(found.as_ref().map(|(h, p)| (h.as_str(), p.as_str())), expected, "{url}");
        };
        check("https://github.com/acme/api.git", Some(("github.com", "acme/api")));
        check("https://user:ghp_secret@GitHub.com/acme/api/", Some(("github.com", "acme/api")));
        check("git@github.com:acme/api.git", Some(("github.com", "acme/api")));
        check("ssh://git@gitlab.acme.io:2222/a/b/c.git", Some(("gitlab.acme.io", "a/b/c")));
        check("https://h/a/b?token=x", Some(("h", "a/b")));
        check("../other", None);
        check("/srv/git/x.git", None);
        check("https://", None);
    }

    #[test]
    fn hosts_become_addresses() {
        let check = |host: &str, path: &str, expected: Option<&str>| {
            assert_eq!(ci(host, path).map(|address| address.to_string()).as_deref(), expected, "{host}/{path}");
        };
        check("github.com", "acme/api", Some("github:acme/api"));
        check("gitlab.com", "acme/group/api", Some("gitlab:acme/group/api"));
        check("gitlab.acme.io", "a/b", Some("gitlab:a/b"));
        check("example.org", "a/b", None);
        check("github.com", "acme", None);
    }

    #[test]
    fn the_repository_above_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let config = "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = git@github.com:me/api.git\n\
                      [remote \"origin\"]\n\turl = https://x:y@github.com/acme/api\n";
        write(dir.path(), "repo/.git/config", config);
        let deep = write(dir.path(), "repo/a/b/file", "");
        let found = remote(deep.parent().unwrap()).unwrap();
        assert_eq!((found.name.as_str(), found.place.as_str()), ("origin", "github.com/acme/api"));

        write(dir.path(), "repo/.git/worktrees/w/commondir", "../..\n");
        let link = format!("gitdir: {}\n", dir.path().join("repo/.git/worktrees/w").display());
        write(dir.path(), "w/.git", &link);
        assert_eq!(remote(&dir.path().join("w")).unwrap(), found);
    }

    #[test]
    fn named_files_win_over_the_home_directory() {
        let dir = tempfile::tempdir().unwrap();
        let kube = write(dir.path(), "kube", "apiVersion: v1\ncurrent-context: \"prod-eu1\"\n");
        let list = std::env::join_paths([dir.path().join("none"), kube.clone()]).unwrap();
        write(dir.path(), "gcloud/active_config", "work\n");
        write(dir.path(), "gcloud/configurations/config_work", "[core]\nproject = acme-prod\n");
        let gcloud = dir.path().join("gcloud");
        let environment = Environment::of_variables([
            ("KUBECONFIG", list.to_str().unwrap()),
            ("CLOUDSDK_CONFIG", gcloud.to_str().unwrap()),
        ]);
        let found = discover(&environment, dir.path());
        assert_eq!(found.kubernetes, Some(Kubernetes { path: kube, context: Some("prod-eu1".into()) }));
        assert_eq!(found.gcloud, Some(Gcloud { path: gcloud, project: Some("acme-prod".into()) }));
        let lines = found.lines(&environment);
        assert!(lines[0].ends_with("/kube, context prod-eu1") && lines[1].ends_with("/gcloud, project acme-prod"));
        assert_eq!(discover(&Environment::default(), dir.path()).kubernetes, None);
    }
}
